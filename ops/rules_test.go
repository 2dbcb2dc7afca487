package ops_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// refusal is what a test compares of a Denied error: its code and the rule.
func refusal(err error) string {
	var e *kontrollrum.Error
	switch {
	case err == nil:
		return "done"
	case !errors.As(err, &e):
		return "internal: " + err.Error()
	case e.Kind == kontrollrum.Denied:
		return strings.TrimSpace(e.Code + " " + e.Rule)
	}
	return string(e.Kind) + ": " + e.Code
}

func do[R any](w *world, by string, op ops.Op[R]) error {
	_, err := ops.Do(w.Context(), w.hub, w.caller(by), op)
	return err
}

// assignTo assigns a role in SUN, or elsewhere.
func (w *world) assign(by, to string, r policy.Role, plate ...string) error {
	in := append(plate, "SUN")[0]
	return do(w, by, ops.AssignRole{Organization: in, User: email(to), Role: r})
}

func (w *world) revoke(by, to string, r policy.Role) error {
	return do(w, by, ops.RevokeRole{Organization: "SUN", User: email(to), Role: r})
}

// TestReceivers: c1, c2 and c3 bind every actor and every receiver of a role.
func TestReceivers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.keep(t)
	for _, c := range []struct {
		by, to string
		role   policy.Role
		want   string
	}{
		// c1: home has the contact centre. VIK has, EXT has not; inside one's own it is no matter.
		{"chief", "vikchief", policy.ServiceAdmin, "external_org_has_contact_center c1"},
		{"partner", "vikchief", policy.ServiceAdmin, "external_org_has_contact_center c1"},
		{"outsider", "vikchief", policy.ServiceAdmin, "external_org_has_contact_center c1"},
		{"service", "vikchief", policy.ServiceAdmin, "external_org_has_contact_center c1"},
		{"chief", "candidate", policy.ServiceAdmin, "done"},
		{"partner", "candidate", policy.ServiceAdmin, "done"},
		{"service", "candidate", policy.ServiceAdmin, "done"},
		{"chief", "target", policy.ServiceAdmin, "done"},
		{"chief", "vikchief", policy.FullAdmin, "done"}, // printed for service administrators only
		{"chief", "vikchief", policy.ReadOnlyAdmin, "done"},

		// c2: home is a partner of this customer.
		{"chief", "norplain", policy.ServiceAdmin, "external_user_from_partner c2"},
		{"partner", "norplain", policy.ServiceAdmin, "external_user_from_partner c2"},
		{"service", "norplain", policy.ServiceAdmin, "external_user_from_partner c2"},
		{"chief", "norplain", policy.FullAdmin, "done"},

		// c3: one of the exclusive three is held here.
		{"chief", "viewer", policy.ServiceAdmin, "exclusive_role_held c3"},
		{"chief", "helper", policy.FullAdmin, "exclusive_role_held c3"},
		{"chief", "helper", policy.ServiceAdmin, "exclusive_role_held c3"},
		{"service", "director", policy.ServiceAdmin, "exclusive_role_held c3"},
		{"chief", "guestfull", policy.ServiceAdmin, "exclusive_role_held c3"},
		{"partner", "helper", policy.ReadOnlyAdmin, "exclusive_role_held c3"},
		{"chief", "sunprov", policy.ServiceAdmin, "done"}, // provisioning is apart
		{"chief", "helper", policy.ProvisioningAdmin, "done"},
		{"chief", "sunprov", policy.ProvisioningAdmin, "conflict: role_held"},
		{"chief", "extchief", policy.ServiceAdmin, "done"}, // held elsewhere
		{"operator", "helper", policy.FullAdmin, "conflict: exclusive_role_held"},
		{"operator", "director", policy.FullAdmin, "conflict: role_held"},

		// What is never assigned.
		{"chief", "target", policy.Supervisor, "invalid: invalid_role"},
		{"chief", "target", policy.NoRole, "invalid: invalid_role"},
		{"chief", "candidate", policy.ProvisioningAdmin, "invalid: invalid_role"},

		// Nobody assigns a role to themselves.
		{"chief", "chief", policy.ReadOnlyAdmin, "self_assignment self"},
		{"service", "service", policy.ServiceAdmin, "self_assignment self"},
		{"chief", "chief", policy.ProvisioningAdmin, "self_assignment self"},
		{"partner", "partner", policy.ServiceAdmin, "self_assignment self"},
		{"plain", "plain", policy.FullAdmin, "not_permitted"},
		{"plain", "plain", policy.ServiceAdmin, "not_permitted"},
	} {
		if got := refusal(w.assign(c.by, c.to, c.role)); got != c.want {
			t.Errorf("%s gives %s the role %s: %s, want %s", c.by, c.to, c.role, got, c.want)
		}
		w.restore(t)
	}
}

// TestProvisioningPartner: c2 is of both kinds of partnership, and ends with it.
func TestProvisioningPartner(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	must(w, w.as("chief"), ops.AddPartnership{Partner: "EXT", Provisioning: true, Ends: w.clock.Now().Add(time.Hour)})
	if got := refusal(w.assign("chief", "candidate", policy.ServiceAdmin)); got != "external_user_from_partner c2" {
		t.Errorf("of a provisioning partner: %s", got)
	}
	w.clock.Advance(2 * time.Hour)
	if got := refusal(w.assign("chief", "candidate", policy.ServiceAdmin)); got != "done" {
		t.Errorf("of a former partner: %s", got)
	}
}

// TestVerifyExternal says at once what AssignRole would say.
func TestVerifyExternal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for address, want := range map[string]string{email("candidate"): "", email("vikchief"): "external_org_has_contact_center", email("norplain"): "external_user_from_partner",
		email("guest"): "exclusive_role_held", email("target"): "user_not_external", "nobody@ext.example": "user_not_found", strings.ToUpper(email("candidate")): ""} {
		v, err := ops.Do(t.Context(), w.hub, w.as("service"), ops.VerifyExternal{Organization: "SUN", Email: address})
		if err != nil || v.Code != want || v.OK != (want == "") {
			t.Errorf("%s: %+v, %v, want %q", address, v, err, want)
		}
	}
	for by, want := range map[string]string{"outservice": "not_permitted", "plain": "no_role", "stranger": "not found: organization_not_found"} {
		if got := refusal(do(w, by, ops.VerifyExternal{Organization: "SUN", Email: email("candidate")})); got != want {
			t.Errorf("%s: %s, want %s", by, got, want)
		}
	}
	for _, r := range []policy.Role{policy.ProvisioningAdmin, policy.Supervisor} {
		if got := refusal(do(w, "chief", ops.VerifyExternal{Organization: "SUN", Email: email("candidate"), Role: r})); got != "invalid: invalid_role" {
			t.Errorf("%s: %s", r, got)
		}
	}
}

// TestOwnRole: anyone may give up their own, and nobody lengthens it.
func TestOwnRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.keep(t)
	for who, role := range map[string]policy.Role{"second": policy.FullAdmin, "service": policy.ServiceAdmin, "reader": policy.ReadOnlyAdmin, "sunprov": policy.ProvisioningAdmin,
		"outsider": policy.FullAdmin, "outservice": policy.ServiceAdmin, "outreader": policy.ReadOnlyAdmin} {
		if got := refusal(w.revoke(who, who, role)); got != "done" {
			t.Errorf("%s gives up their own: %s", who, got)
		}
		w.restore(t)
		now := w.clock.Now()
		ends := func(at time.Time) error {
			return do(w, who, ops.ChangeAssignment{Organization: "SUN", User: email(who), Role: role, Ends: &at})
		}
		for _, step := range []struct {
			to   time.Time
			want string
		}{{now.Add(48 * time.Hour), "done"}, {now.Add(24 * time.Hour), "done"}, {now.Add(25 * time.Hour), "self_assignment self"}, {time.Time{}, "self_assignment self"},
			{now.Add(24 * time.Hour), "done"}, {now.Add(-time.Hour), "invalid: invalid_ends"}} {
			if got := refusal(ends(step.to)); got != step.want {
				t.Errorf("%s sets the end of their own to %s: %s, want %s", who, step.to, got, step.want)
			}
		}
		w.clock.Advance(25 * time.Hour) // it has ended
		if got := refusal(ends(w.clock.Now().Add(time.Hour))); got == "done" {
			t.Errorf("%s renews their own", who)
		}
		w.restore(t)
	}
}

// TestLastFullAdministrator: c10, in all the ways that one may be lost.
func TestLastFullAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for _, who := range []string{"second", "director"} {
		must(w, w.as("chief"), ops.RevokeRole{User: email(who), Role: policy.FullAdmin})
	}
	w.keep(t)
	last := "last_full_administrator c10"
	month := w.clock.Now().Add(30 * 24 * time.Hour)
	end := func(by string, at time.Time) error {
		return do(w, by, ops.ChangeAssignment{Organization: "SUN", User: email("chief"), Role: policy.FullAdmin, Ends: &at})
	}
	lost := func(t *testing.T, want string) {
		t.Helper()
		for what, err := range map[string]error{
			"partner revokes":     w.revoke("partner", "chief", policy.FullAdmin),
			"outsider revokes":    w.revoke("outsider", "chief", policy.FullAdmin),
			"chief gives it up":   w.revoke("chief", "chief", policy.FullAdmin),
			"partner deactivates": do(w, "partner", ops.DeactivateUser{Organization: "SUN", User: email("chief")}),
			"partner removes":     do(w, "partner", ops.RemoveUser{Organization: "SUN", User: email("chief")}),
			"chief removes":       do(w, "chief", ops.RemoveUser{Organization: "SUN", User: email("chief")}),
			"partner sets an end": end("partner", month),
			"chief sets an end":   end("chief", month),
			"partner replaces":    do(w, "partner", ops.ReplacePerson{EditUser: ops.EditUser{Organization: "SUN", User: email("chief"), Details: ops.Details{DisplayName: "x"}}, Roles: &[]policy.Role{policy.ReadOnlyAdmin}}),
		} {
			if got := refusal(err); got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
	}
	lost(t, last)
	// None of these is sure to stay.
	must(w, w.as("chief"), ops.AssignRole{User: email("target"), Role: policy.FullAdmin, Ends: month})
	must(w, w.as("chief"), ops.AssignRole{User: email("invited"), Role: policy.FullAdmin})
	must(w, w.as("chief"), ops.AssignRole{User: email("asleep"), Role: policy.FullAdmin})
	lost(t, last)
	// Not the last: to change a reason, or to lengthen what has an end already.
	if got := refusal(do(w, "partner", ops.ChangeAssignment{Organization: "SUN", User: email("chief"), Role: policy.FullAdmin, Reason: pointer("ordförande")})); got != "done" {
		t.Errorf("a reason: %s", got)
	}
	must(w, w.as("chief"), ops.ActivateUser{User: email("invited")})
	if got := refusal(end("partner", month)); got != "done" {
		t.Fatalf("with another who lasts, an end is set: %s", got)
	}
	must(w, w.as("partner"), ops.DeactivateUser{Organization: "SUN", User: email("target")})
	if got := refusal(do(w, "partner", ops.DeactivateUser{Organization: "SUN", User: email("invited")})); got != last {
		t.Errorf("the other is now the last: %s", got)
	}
	if got := refusal(end("partner", month.Add(time.Hour))); got != "done" {
		t.Errorf("lengthened: %s", got)
	}
	if got := refusal(w.revoke("partner", "chief", policy.FullAdmin)); got != "done" {
		t.Errorf("who is not the last goes: %s", got)
	}
}

// TestLengthenTheOnly: where all that is left has an end, it may be put off.
func TestLengthenTheOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	must(w, ops.Operator(), ops.CreateOrganization{NewOrganization: ops.NewOrganization{Plate: "NEW", Name: "Ny"}})
	must(w, ops.Operator(), ops.AddPartnership{Customer: "NEW", Partner: "NOR", Managing: true})
	must(w, ops.Operator(), ops.AddPerson{AddUser: ops.AddUser{Organization: "NEW", Email: "ny@new.example", Details: ops.Details{FirstName: "Ny"}}, Activate: true})
	month := w.clock.Now().Add(30 * 24 * time.Hour)
	must(w, ops.Operator(), ops.AssignRole{Organization: "NEW", User: "ny@new.example", Role: policy.FullAdmin, Ends: month})
	for _, step := range []struct {
		to   time.Time
		want string
	}{{month.Add(time.Hour), "done"}, {month.Add(time.Hour), "done"}, {month, "last_full_administrator c10"}, {time.Time{}, "done"}, {month, "last_full_administrator c10"}} {
		if got := refusal(do(w, "partner", ops.ChangeAssignment{Organization: "NEW", User: "ny@new.example", Role: policy.FullAdmin, Ends: &step.to})); got != step.want {
			t.Errorf("end %s: %s, want %s", step.to, got, step.want)
		}
	}
}

// TestOwnAdministratorsOnly: s1 shuts partners and outsiders out of changing
// external administrators, themselves excepted, and only the customer's own switch it.
func TestOwnAdministratorsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.keep(t)
	for _, by := range []string{"partner", "outsider", "service", "reader"} {
		err := do(w, by, ops.EditOrganization{Organization: "SUN", OwnAdministratorsOnly: pointer(true)})
		if got := refusal(err); got != "not_permitted" {
			t.Errorf("%s switches it on: %s", by, got)
		}
	}
	must(w, w.as("chief"), ops.EditOrganization{OwnAdministratorsOnly: pointer(true)})
	restricted := "restricted_to_own_administrators s1"
	for what, c := range map[string]struct {
		err  error
		want string
	}{
		"partner gives":         {w.assign("partner", "candidate", policy.ServiceAdmin), restricted},
		"outsider gives":        {w.assign("outsider", "candidate", policy.ServiceAdmin), restricted},
		"partner takes":         {w.revoke("partner", "guest", policy.ServiceAdmin), restricted},
		"outsider takes":        {w.revoke("outsider", "guest", policy.ServiceAdmin), restricted},
		"guest gives up":        {w.revoke("guest", "guest", policy.ServiceAdmin), "done"},
		"chief gives":           {w.assign("chief", "candidate", policy.ServiceAdmin), "done"},
		"service takes":         {w.revoke("service", "outservice", policy.ServiceAdmin), "done"},
		"partner gives inside":  {w.assign("partner", "target", policy.ServiceAdmin), "done"},
		"partner switches off":  {do(w, "partner", ops.EditOrganization{Organization: "SUN", OwnAdministratorsOnly: pointer(false)}), "not_permitted"},
		"outsider switches off": {do(w, "outsider", ops.EditOrganization{Organization: "SUN", OwnAdministratorsOnly: pointer(false)}), "not_permitted"},
		"partner leaves it":     {do(w, "partner", ops.EditOrganization{Organization: "SUN", OwnAdministratorsOnly: pointer(true), Country: pointer("NO")}), "done"},
	} {
		if got := refusal(c.err); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}
