package ops_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/policy"
)

// An alliance is a partner organization, NHD, with two customers, SUN and BRU,
// and TVK, which is nothing to anybody.
type alliance struct {
	*testing.T
	hub   *ops.Hub
	users map[string]kontrollrum.UserID
	orgs  map[string]kontrollrum.OrganizationID
}

func ally(t *testing.T) *alliance {
	t.Helper()
	w := &alliance{t, opstest.Open(t, "", opstest.NewClock()), map[string]kontrollrum.UserID{}, map[string]kontrollrum.OrganizationID{}}
	for _, plate := range []string{"NHD", "SUN", "BRU", "TVK"} {
		o := try(w, ops.Operator(), ops.CreateOrganization{NewOrganization: ops.NewOrganization{Plate: plate, Name: plate + " AB"}})
		w.orgs[plate] = o.ID
		w.add(plate, "chief."+plate, policy.FullAdmin)
	}
	for _, customer := range []string{"SUN", "BRU"} {
		try(w, w.as("chief."+customer), ops.AddPartnership{Partner: "NHD", Managing: true})
	}
	w.add("NHD", "all")
	w.add("NHD", "named")
	w.add("NHD", "nothing")
	w.add("NHD", "service", policy.ServiceAdmin)
	w.add("NHD", "reader", policy.ReadOnlyAdmin)
	try(w, w.as("chief.NHD"), ops.AssignRole{User: w.email("all"), Role: policy.ReadOnlyAdmin, Reach: kontrollrum.ReachCustomers})
	try(w, w.as("chief.NHD"), ops.AssignRole{User: w.email("named"), Role: policy.ProvisioningAdmin, Customers: []string{"BRU"}})
	return w
}

func (w *alliance) email(name string) string { return name + "@kontrollrum.example" }

func (w *alliance) add(plate, name string, roles ...policy.Role) {
	w.Helper()
	by := ops.Operator()
	if id, ok := w.users["chief."+plate]; ok {
		by = ops.User(id)
	}
	u := try(w, by, ops.AddPerson{AddUser: ops.AddUser{Organization: plate, Email: w.email(name), Details: ops.Details{FirstName: name}}, Roles: roles, Activate: true})
	w.users[name] = u.ID
}

func (w *alliance) as(name string) ops.Caller { return ops.User(w.users[name]) }

// customers lists the plates that a person's named assignment reaches, as the chief sees it.
func (w *alliance) customers(name string) (plates []string) {
	w.Helper()
	for _, m := range try(w, w.as("chief.NHD"), ops.ListPartnerOrganizations{User: w.email(name)}) {
		for plate, id := range w.orgs {
			if id == m.Organization {
				plates = append(plates, plate)
			}
		}
	}
	slices.Sort(plates)
	return plates
}

func try[R any](w *alliance, c ops.Caller, op ops.Op[R]) R {
	w.Helper()
	out, err := ops.Do(context.Background(), w.hub, c, op)
	if err != nil {
		w.Fatalf("%T: %v", op, err)
	}
	return out
}

// codeOf is what an op fails with: kind and code.
func codeOf(err error) string {
	var e *kontrollrum.Error
	if !errors.As(err, &e) {
		return ""
	}
	return string(e.Kind) + " " + e.Code
}

func TestPartnerAdmins(t *testing.T) {
	t.Parallel()
	w := ally(t)
	for _, c := range []struct {
		name string
		do   func() error
		want string   // error
		left []string // customers of named
	}{
		{"one more", w.assign("chief.NHD", "SUN", "named"), "", []string{"BRU", "SUN"}},
		{"twice", w.assign("chief.NHD", "SUN", "named"), "conflict customer_assigned", []string{"BRU", "SUN"}},
		{"not a customer", w.assign("chief.NHD", "TVK", "named"), "not found organization_not_found", []string{"BRU", "SUN"}},
		{"no organization", w.assign("chief.NHD", "XXX", "named"), "not found organization_not_found", []string{"BRU", "SUN"}},
		{"reaches all", w.assign("chief.NHD", "SUN", "all"), "conflict reaches_all_customers", []string{"BRU", "SUN"}},
		{"no role that reaches", w.assign("chief.NHD", "SUN", "reader"), "conflict no_partner_role", []string{"BRU", "SUN"}},
		{"nobody", w.assign("chief.NHD", "SUN", "nobody"), "not found user_not_found", []string{"BRU", "SUN"}},
		{"a customer's chief", w.assign("chief.SUN", "SUN", "named"), "not found user_not_found", []string{"BRU", "SUN"}},
		{"a stranger", w.assign("chief.TVK", "SUN", "named"), "not found user_not_found", []string{"BRU", "SUN"}},
		{"a colleague without role", w.assign("nothing", "SUN", "named"), "denied no_role", []string{"BRU", "SUN"}},
		{"a service administrator", w.unassign("service", "SUN", "named"), "denied not_permitted", []string{"BRU", "SUN"}},
		{"oneself", w.assign("named", "SUN", "named"), "denied not_permitted", []string{"BRU", "SUN"}},
		{"not all at once", w.unassign("chief.NHD", "SUN", "all"), "conflict reaches_all_customers", []string{"BRU", "SUN"}},
		{"never assigned", w.unassign("chief.NHD", "TVK", "named"), "not found assignment_not_found", []string{"BRU", "SUN"}},
		{"no such place", w.unassign("chief.NHD", "XXX", "named"), "not found assignment_not_found", []string{"BRU", "SUN"}},
		{"give one up", w.unassign("named", "BRU", "named"), "", []string{"SUN"}},
		{"the last", w.unassign("chief.NHD", "SUN", "named"), "", nil},
		{"and again", w.assign("chief.NHD", "BRU", "named"), "", []string{"BRU"}},
		{"remove", w.remove("chief.NHD", "named"), "", nil},
		{"remove twice", w.remove("chief.NHD", "named"), "not found assignment_not_found", nil},
		{"remove one who reaches none", w.remove("chief.NHD", "reader"), "not found assignment_not_found", nil},
		{"a service administrator removes", w.remove("service", "all"), "denied not_permitted", nil},
		{"leave", w.remove("all", "all"), "", nil},
	} {
		if err := c.do(); codeOf(err) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if got := w.customers("named"); !slices.Equal(got, c.left) {
			t.Errorf("%s: the person reaches %q, want %q", c.name, got, c.left)
		}
	}
	if _, err := ops.Do(context.Background(), w.hub, w.as("named"), ops.ViewOrganization{Organization: "BRU"}); !errors.Is(err, kontrollrum.NotFound) {
		t.Errorf("who reaches no customer any more still sees one: %v", err)
	}
}

func (w *alliance) assign(by, customer, user string) func() error {
	return func() error {
		_, err := ops.Do(context.Background(), w.hub, w.as(by), ops.AssignPartnerAdmin{Customer: customer, User: w.email(user)})
		return err
	}
}

func (w *alliance) unassign(by, customer, user string) func() error {
	return func() error {
		_, err := ops.Do(context.Background(), w.hub, w.as(by), ops.UnassignPartnerAdmin{Customer: customer, User: w.email(user)})
		return err
	}
}

func (w *alliance) remove(by, user string) func() error {
	return func() error {
		_, err := ops.Do(context.Background(), w.hub, w.as(by), ops.RemovePartnerAdmin{User: w.email(user)})
		return err
	}
}

// TestLastCustomerIsNotAll: an assignment whose last customer was taken away
// reaches none, and says so in the log.
func TestLastCustomerIsNotAll(t *testing.T) {
	t.Parallel()
	w := ally(t)
	if err := w.unassign("chief.NHD", "BRU", "named")(); err != nil {
		t.Fatal(err)
	}
	for _, plate := range []string{"SUN", "BRU"} {
		if _, err := ops.Do(context.Background(), w.hub, w.as("named"), ops.ViewOrganization{Organization: plate}); !errors.Is(err, kontrollrum.NotFound) {
			t.Errorf("%s is open: %v", plate, err)
		}
	}
	log := try(w, w.as("chief.NHD"), ops.ReadAudit{EntryFilter: ops.EntryFilter{Limit: 1}})
	if e := log.Items[0]; e.Action != "roles.provisioning_admin.revoke_internal" || e.Role != "provisioning_admin" || e.TargetEmail != "named@kontrollrum.example" ||
		len(e.Before) == 0 || len(e.After) == 0 || e.ActorHome != "NHD AB" {
		t.Errorf("got entry %+v", e)
	}
	user := try(w, w.as("chief.NHD"), ops.ViewUser{User: w.email("named")})
	if a := user.Assignments[0]; a.AllCustomers || len(a.Customers) != 0 {
		t.Errorf("got %+v", a)
	}
}

// TestPartnerAdminsAreSeen: by the customer, all partners' people; by the
// partner, whom their own people reach; by service administrators, none.
func TestPartnerAdminsAreSeen(t *testing.T) {
	t.Parallel()
	w := ally(t)
	w.add("SUN", "sun.service", policy.ServiceAdmin)
	names := func(by, customer string) (out []string) {
		for _, e := range try(w, w.as(by), ops.ListPartnerAdmins{Organization: customer}) {
			out = append(out, e.User.DisplayName)
		}
		return out
	}
	if got := names("chief.SUN", "SUN"); !slices.Equal(got, []string{"all"}) {
		t.Errorf("SUN's partner administrators are %q", got)
	}
	if got := names("chief.BRU", ""); !slices.Equal(got, []string{"all", "named"}) {
		t.Errorf("BRU's partner administrators are %q", got)
	}
	if got := names("named", "BRU"); !slices.Equal(got, []string{"all", "named"}) {
		t.Errorf("a provisioning administrator sees %q", got)
	}
	if got := names("sun.service", "SUN"); got != nil {
		t.Errorf("a service administrator sees %q", got)
	}
	if got := w.customers("all"); !slices.Equal(got, []string{"BRU", "SUN"}) {
		t.Errorf("all reaches %q", got)
	}
	if got := try(w, w.as("service"), ops.ListPartnerOrganizations{User: w.email("all")}); got != nil {
		t.Errorf("a service administrator sees that %v are reached", got)
	}
	for name, op := range map[string]ops.Op[[]kontrollrum.ExternalAdministrator]{
		"chief.TVK": ops.ListPartnerAdmins{Organization: "SUN"}, "nothing": ops.ListPartnerAdmins{Organization: "SUN"},
	} {
		if _, err := ops.Do(context.Background(), w.hub, w.as(name), op); codeOf(err) != "not found organization_not_found" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := ops.Do(context.Background(), w.hub, w.as("chief.SUN"), ops.ListPartnerOrganizations{User: w.email("all")}); codeOf(err) != "not found user_not_found" {
		t.Errorf("a customer's chief: got %v", err)
	}
}

// TestExternalAdministratorByPerson: roles are changed and revoked without
// naming them, and what the caller may not see is not there.
func TestExternalAdministratorByPerson(t *testing.T) {
	t.Parallel()
	w := ally(t)
	w.add("SUN", "sun.service", policy.ServiceAdmin)
	w.add("TVK", "full")
	w.add("TVK", "guest")
	later := time.Date(2027, 6, 30, 22, 0, 0, 0, time.UTC)
	try(w, w.as("chief.SUN"), ops.AddExternalAdministrator{AssignRole: ops.AssignRole{Organization: "SUN", User: w.email("full"), Role: policy.FullAdmin}})
	try(w, w.as("chief.SUN"), ops.AddExternalAdministrator{AssignRole: ops.AssignRole{Organization: "SUN", User: w.email("guest"), Role: policy.ServiceAdmin, Ends: later}})
	change := func(by, user string, ends time.Time) error {
		_, err := ops.Do(context.Background(), w.hub, w.as(by), ops.ChangeAssignment{Organization: "SUN", User: w.email(user), Ends: &ends})
		return err
	}
	revoke := func(by, user string) error {
		_, err := ops.Do(context.Background(), w.hub, w.as(by), ops.RevokeRole{Organization: "SUN", User: w.email(user)})
		return err
	}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"not seen, not changed", change("sun.service", "full", later), "not found assignment_not_found"},
		{"not seen, not revoked", revoke("sun.service", "full"), "not found assignment_not_found"},
		{"by partnership", revoke("chief.SUN", "all"), "not found assignment_not_found"},
		{"nobody", revoke("chief.SUN", "nobody"), "not found assignment_not_found"},
		{"seen", change("sun.service", "guest", later.Add(-time.Hour)), ""},
		{"oneself, longer", change("guest", "guest", later), "denied self_assignment"},
		{"by a partner's reader", revoke("all", "guest"), "denied not_permitted"},
		{"revoked", revoke("sun.service", "guest"), ""},
		{"given up", revoke("full", "full"), ""},
	} {
		if codeOf(c.err) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, c.err, c.want)
		}
	}
	_, err := ops.Do(context.Background(), w.hub, w.as("chief.SUN"), ops.AddExternalAdministrator{AssignRole: ops.AssignRole{User: w.email("sun.service"), Role: policy.ServiceAdmin}})
	if codeOf(err) != "denied exclusive_role_held" {
		t.Errorf("got %v", err)
	}
	w.add("SUN", "own")
	_, err = ops.Do(context.Background(), w.hub, w.as("chief.SUN"), ops.AddExternalAdministrator{AssignRole: ops.AssignRole{User: w.email("own"), Role: policy.ServiceAdmin}})
	if codeOf(err) != "conflict user_not_external" {
		t.Errorf("got %v", err)
	}
}
