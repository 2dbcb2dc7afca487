package ops_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// last is the newest entry of SUN.
func (w *world) last() kontrollrum.Entry {
	w.Helper()
	return must(w, w.as("chief"), ops.ReadAudit{EntryFilter: ops.EntryFilter{Outcome: kontrollrum.Done, Limit: 1}}).Items[0]
}

// undo takes an entry back by somebody, and says what became of it.
func (w *world) undo(by string, e kontrollrum.EntryID) string {
	return refusal(do(w, by, ops.Undo{Organization: "SUN", Entry: e}))
}

// TestUndo: every change that can be taken back is, once, to what was before;
// what was changed again meanwhile is not.
func TestUndo(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			w.keep(t)
			premium, meetings := w.licenses[string(kontrollrum.PremiumAgent)], w.licenses[string(kontrollrum.MeetingsHost)]
			soon, later := w.clock.Now().Add(24*time.Hour).UTC().Truncate(time.Microsecond), w.clock.Now().Add(48*time.Hour).UTC().Truncate(time.Microsecond)
			on := true
			for what, c := range map[string]struct {
				first, change, other any // before it, it, and another change of the same thing
			}{
				"a licence given": {nil, ops.AssignLicense{User: email("target"), License: premium, Supervisor: &on},
					ops.AssignLicense{User: email("target"), License: premium, Supervisor: new(bool)}},
				"a licence taken": {nil, ops.RemoveLicense{User: email("supervisor"), License: premium},
					ops.AssignLicense{User: email("supervisor"), License: w.licenses[string(kontrollrum.StandardAgent)]}},
				"another licence": {nil, ops.RemoveLicense{User: email("holder"), License: meetings}, ops.RemoveUser{User: email("holder")}},
				"the Supervisor option": {nil, ops.AssignLicense{User: email("holder"), License: premium, Supervisor: &on},
					ops.RemoveLicense{User: email("holder"), License: premium}},
				"a role given": {nil, ops.AssignRole{User: email("target"), Role: policy.ServiceAdmin, Ends: soon, Reason: "prov"},
					ops.ChangeAssignment{User: email("target"), Role: policy.ServiceAdmin, Ends: &later}},
				"a role taken": {nil, ops.RevokeRole{User: email("helper"), Role: policy.ServiceAdmin},
					ops.RemoveUser{User: email("helper")}},
				"an outsider's role taken": {nil, ops.RevokeRole{Organization: "SUN", User: email("guestreader"), Role: policy.ReadOnlyAdmin}, nil},
				"a role that reaches":      {nil, ops.RevokeRole{User: email("sunprov"), Role: policy.ProvisioningAdmin}, nil},
				"an end": {nil, ops.ChangeAssignment{User: email("helper"), Role: policy.ServiceAdmin, Ends: &soon},
					ops.ChangeAssignment{User: email("helper"), Role: policy.ServiceAdmin, Ends: &later}},
				"a longer term": {ops.ChangeAssignment{User: email("helper"), Role: policy.ServiceAdmin, Ends: &soon},
					ops.ChangeAssignment{User: email("helper"), Role: policy.ServiceAdmin, Ends: &later, Reason: pointer("mer")},
					ops.RevokeRole{User: email("helper"), Role: policy.ServiceAdmin}},
				"somebody shut out":         {nil, ops.DeactivateUser{User: email("target")}, ops.ActivateUser{User: email("target")}},
				"somebody invited shut out": {nil, ops.DeactivateUser{User: email("invited")}, nil},
				"somebody let in":           {nil, ops.ActivateUser{User: email("asleep")}, nil},
				"details": {nil, ops.EditUser{User: email("target"), Details: ops.Details{DisplayName: "Ny", Title: "Chef"}},
					ops.EditUser{User: email("target"), Details: ops.Details{DisplayName: "Nyare", Title: "Högre chef"}}},
				"settings": {nil, ops.EditOrganization{Name: pointer("Ny"), OwnAdministratorsOnly: &on, Overage: pointer(3)},
					ops.EditOrganization{Name: pointer("Nyare"), OwnAdministratorsOnly: new(bool), Overage: pointer(4)}},
			} {
				if c.first != nil {
					w.done(c.first)
				}
				before := w.shape(t)
				w.done(c.change)
				e := w.last().ID
				if e = w.main(e); w.undo("chief", e) != "done" {
					t.Errorf("%s: %s", what, w.undo("chief", e))
				}
				if changes := subtractBoth(w.shape(t), before); len(changes) > 0 {
					t.Errorf("%s, taken back, leaves %q", what, changes)
				}
				if got := w.undo("chief", e); got != "conflict: undone_already" {
					t.Errorf("%s, taken back twice: %s", what, got)
				}
				if got := w.undo("chief", w.main(w.last().ID)); got != "done" {
					t.Errorf("%s: undoing undone: %s", what, got)
				}
				w.restore(t)
				if c.other != nil {
					if c.first != nil {
						w.done(c.first)
					}
					w.done(c.change)
					e := w.main(w.last().ID)
					w.done(c.other)
					if got := w.undo("chief", e); got != "conflict: changed_since" && (got != "conflict: undone_already" || what != "somebody shut out") {
						t.Errorf("%s, changed since: %s", what, got)
					}
					w.restore(t)
				}
			}
		})
	}
}

// done makes a change as chief.
func (w *world) done(op any) {
	w.Helper()
	var err error
	switch op := op.(type) {
	case ops.Op[*kontrollrum.User]:
		err = do(w, "chief", op)
	case ops.Op[*kontrollrum.Assignment]:
		err = do(w, "chief", op)
	case ops.Op[*kontrollrum.Organization]:
		err = do(w, "chief", op)
	case ops.Op[ops.Nothing]:
		err = do(w, "chief", op)
	default:
		w.Fatalf("%T", op)
	}
	if err != nil {
		w.Fatalf("%+v: %v", op, err)
	}
}

// main is the entry of the change itself, where one of the same instant only
// says that it was permitted.
func (w *world) main(e kontrollrum.EntryID) kontrollrum.EntryID {
	w.Helper()
	all := must(w, w.as("chief"), ops.ReadAudit{EntryFilter: ops.EntryFilter{Outcome: kontrollrum.Done, Limit: 2}}).Items
	if len(all) == 2 && all[0].At.Equal(all[1].At) && (all[0].Action == policy.RolesReachCustomers.String() || all[0].Action == policy.OrganizationRestrictExternal.String()) {
		return all[1].ID
	}
	return e
}

// shape is what there is, less what counts every change: when, how often, and
// by whom.
func (w *world) shape(t *testing.T) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, text := range []string{
		`select 'user', id, email, first_name, last_name, display_name, title, status from users`,
		`select 'holding', user_id, license, supervisor from holdings`,
		`select 'license', id, used from licenses`,
		`select 'role', user_id, role, reach, all_customers, coalesce(ends, 0), reason from assignments where closed is null`,
		`select 'organization', id, name, own_administrators_only, overage from organizations`,
	} {
		for row, n := range w.rows(t, text) {
			out[row] += n
		}
	}
	return out
}

func subtractBoth(one, other map[string]int) []string {
	return append(subtract(one, other), subtract(other, one)...)
}

// TestUndoGivesNoMore: who may not make the change that undoing is may not undo.
func TestUndoGivesNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.keep(t)
	premium := w.licenses[string(kontrollrum.PremiumAgent)]
	w.done(ops.AssignLicense{User: email("target"), License: premium})
	licence := w.last().ID
	w.done(ops.DeactivateUser{User: email("plain")})
	shut := w.last().ID
	w.done(ops.RevokeRole{User: email("director"), Role: policy.FullAdmin})
	role := w.last().ID
	for _, c := range []struct {
		by   string
		e    kontrollrum.EntryID
		want string
	}{
		{"reader", licence, "not_permitted"}, {"service", shut, "not_permitted"}, {"outservice", licence, "not_permitted"},
		{"plain", licence, "unauthenticated: unauthenticated"}, {"licensed", licence, "no_role"}, {"stranger", licence, "not found: organization_not_found"},
		{"service", role, "not found: entry_not_found"}, {"director", role, "no_role"}, {"chief", kontrollrum.EntryID(w.users["chief"]), "not found: entry_not_found"},
		{"service", licence, "done"}, {"partner", shut, "done"}, {"outsider", role, "done"},
	} {
		if got := w.undo(c.by, c.e); got != c.want {
			t.Errorf("%s: %s, want %s", c.by, got, c.want)
		}
	}
	// Whoever gave up their own role does not take it back.
	if err := do(w, "director", ops.RevokeRole{Organization: "SUN", User: email("director"), Role: policy.FullAdmin}); err != nil {
		t.Fatal(err)
	}
	must(w, w.as("chief"), ops.AssignRole{User: email("director"), Role: policy.ReadOnlyAdmin})
	if got := refusal(do(w, "chief", ops.Undo{Entry: w.last().ID})); got != "done" {
		t.Error(got)
	}
}

// TestUndoTooLate: thirty days, and no longer; nor a role whose term is over.
func TestUndoTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	ends := w.clock.Now().Add(time.Hour)
	w.done(ops.ChangeAssignment{User: email("helper"), Role: policy.ServiceAdmin, Ends: &ends})
	w.done(ops.RevokeRole{User: email("helper"), Role: policy.ServiceAdmin})
	role := w.last().ID
	w.done(ops.DeactivateUser{User: email("target")})
	shut := w.last().ID
	w.clock.Advance(2 * time.Hour)
	if got := w.undo("chief", role); got != "conflict: term_over" {
		t.Error(got)
	}
	w.clock.Advance(ops.UndoFor - 3*time.Hour)
	if got := w.undo("chief", shut); got != "done" {
		t.Error(got)
	}
	w.clock.Advance(3 * time.Hour)
	if got := w.undo("chief", shut); got != "conflict: too_old" {
		t.Error(got)
	}
}

// TestNotUndone: what cannot be taken back says so.
func TestNotUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for _, op := range []any{
		ops.AddUser{Email: "ny@sun.example", Details: ops.Details{FirstName: "Ny"}}, ops.RemoveUser{User: email("target")},
		ops.ChangeEmail{User: email("viewer"), Email: "annan@sun.example"}, ops.ActivateUser{User: email("invited")},
		ops.ResetCredentials{Organization: "SUN", User: email("plain")}, ops.GiveUserProfile{User: email("holder"), Profile: w.profile},
	} {
		w.done(op)
		if got := w.undo("chief", w.last().ID); got != "conflict: not_undoable" {
			t.Errorf("%T: %s", op, got)
		}
	}
	_ = do(w, "reader", ops.DeactivateUser{User: email("plain")})
	refused := must(w, w.as("chief"), ops.ReadAudit{EntryFilter: ops.EntryFilter{Outcome: kontrollrum.Refused, Limit: 1}}).Items[0]
	if got := w.undo("chief", refused.ID); got != "conflict: not_undoable" {
		t.Errorf("a refusal: %s", got)
	}
}

// TestUndoRequest: all changes of a request of one's own are taken back, in the
// order that leaves room, or none of them.
func TestUndoRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.keep(t)
	request := func(by, id string) ops.Caller {
		c := w.as(by)
		c.TrackingID = id
		return c
	}
	premium, standard := w.licenses[string(kontrollrum.PremiumAgent)], w.licenses[string(kontrollrum.StandardAgent)]
	before := w.shape(t)
	edit := ops.ReplacePerson{EditUser: ops.EditUser{Organization: "SUN", User: email("holder"), Details: ops.Details{DisplayName: "Ny", Title: "Chef"}},
		Licenses: &[]kontrollrum.LicenseID{standard}, Roles: &[]policy.Role{policy.ReadOnlyAdmin}, Active: pointer(false)}
	must(w, request("chief", "UI_1"), edit)
	undo := ops.Undo{Organization: "SUN", Request: "UI_1"}
	for _, by := range []string{"second", "service", "outsider", "plain"} {
		if got := refusal(do(w, by, undo)); got != "not found: request_not_found" {
			t.Errorf("%s undoes another's request: %s", by, got)
		}
	}
	out := must(w, request("chief", "UI_2"), undo)
	if out.Changes != 6 || out.Name != "Namn holder" {
		t.Errorf("%+v", out)
	}
	if changes := subtractBoth(w.shape(t), before); len(changes) > 0 {
		t.Errorf("taken back, it leaves %q", changes)
	}
	// And what undoing did is a request too.
	must(w, request("chief", "UI_3"), ops.Undo{Organization: "SUN", Request: "UI_2"})
	u := must(w, w.as("chief"), ops.ViewUser{User: email("holder")})
	if len(u.Holdings) != 1 || u.Holdings[0].License != standard || len(u.Assignments) != 1 || u.Status != kontrollrum.Inactive || u.Title != "Chef" {
		t.Errorf("done again: %+v", u)
	}
	w.restore(t)

	// One change of it is another now: none is taken back.
	must(w, request("chief", "UI_1"), edit)
	must(w, w.as("chief"), ops.EditLicenses{User: email("holder"), Changes: []ops.LicenseChange{{License: standard, Remove: true}, {License: premium, Supervisor: pointer(true)}}})
	now := w.shape(t)
	if got := refusal(do(w, "chief", undo)); got != "conflict: changed_since" {
		t.Errorf("changed since: %s", got)
	}
	if changes := subtractBoth(w.shape(t), now); len(changes) > 0 {
		t.Errorf("it leaves %q", changes)
	}
	if got := refusal(do(w, "chief", ops.Undo{Organization: "SUN"})); got != "not found: request_not_found" {
		t.Errorf("nothing named: %s", got)
	}
	// Who sees no audit log takes back their own all the same.
	must(w, request("outservice", "UI_9"), ops.RemoveLicense{Organization: "SUN", User: email("supervisor"), License: premium})
	must(w, w.as("outservice"), ops.Undo{Organization: "SUN", Request: "UI_9"})
}

// TestHistory: what of a person's past each caller sees, and could take back.
func TestHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	premium := w.licenses[string(kontrollrum.PremiumAgent)]
	must(w, w.as("chief"), ops.EditUser{User: email("target"), Details: ops.Details{DisplayName: "Namn target", Title: "Agent"}})
	must(w, w.as("service"), ops.AssignLicense{User: email("target"), License: premium})
	must(w, w.as("chief"), ops.AssignRole{User: email("target"), Role: policy.ReadOnlyAdmin})
	must(w, w.as("chief"), ops.DeactivateUser{User: email("target")})
	must(w, w.as("chief"), ops.ChangeEmail{User: email("target"), Email: "annan@sun.example"})
	must(w, w.as("second"), ops.AssignLicense{User: string(w.users["target"]), License: premium, Supervisor: pointer(true)})
	history := func(by string) (out []string) {
		h, err := ops.Do(t.Context(), w.hub, w.as(by), ops.ViewHistory{Organization: "SUN", User: string(w.users["target"])})
		if err != nil {
			return []string{refusal(err)}
		}
		for _, p := range h.Items {
			undo := p.Undo.Reason
			if p.Undo.OK {
				undo = "ok"
			}
			out = append(out, strings.Join([]string{p.Entry.Action, p.ActorName, undo}, "|"))
		}
		return out
	}
	for by, want := range map[string][]string{
		"chief": {"licenses.contact_center.edit|Namn second|ok", "users.change_email|Namn chief|not_undoable", "users.deactivate|Namn chief|ok",
			"roles.read_only.assign_internal|Namn chief|ok", "licenses.contact_center.edit|Namn service|changed_since", "users.edit_details|Namn chief|ok"},
		"reader": {"licenses.contact_center.edit|Namn second|not_permitted", "users.change_email|Namn chief|not_undoable", "users.deactivate|Namn chief|not_permitted",
			"roles.read_only.assign_internal|Namn chief|not_permitted", "licenses.contact_center.edit|Namn service|changed_since", "users.edit_details|Namn chief|not_permitted"},
		"service": {"licenses.contact_center.edit||ok", "users.change_email||not_undoable", "users.deactivate||not_permitted",
			"licenses.contact_center.edit|Namn service|changed_since", "users.edit_details||ok"},
		"outservice": {"not_permitted"}, "plain": {"no_role"}, "provisioner": {"not_permitted"},
	} {
		if got := history(by); !slices.Equal(got, want) {
			t.Errorf("%s sees\n%q, want\n%q", by, got, want)
		}
	}
}

// TestWhoIsHidden: a service administrator does not learn from the audit log
// who acts by a role that they may not see, however they ask.
func TestWhoIsHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	must(w, w.as("chief"), ops.DeactivateUser{User: email("target")})
	must(w, w.as("chief"), ops.AssignRole{User: email("plain"), Role: policy.ServiceAdmin})
	for what, f := range map[string]ops.EntryFilter{"all": {}, "the actor": {Actor: w.users["chief"]}, "a name": {Search: "namn chief"}, "the target's name": {Search: "namn target"}} {
		found := must(w, w.as("service"), ops.ReadAudit{EntryFilter: f}).Items
		if (len(found) > 0) != (what == "all" || what == "the target's name") {
			t.Errorf("by %s: %+v", what, found)
		}
		for _, e := range found {
			if told := string(e.Actor) + e.ActorName + string(e.ActorEmail) + e.IP + string(e.After); strings.Contains(told, "chief") || strings.Contains(told, string(w.users["chief"])) || e.ActorHome != "Org SUN" {
				t.Errorf("by %s: %+v", what, e)
			}
		}
	}
	u := must(w, w.as("service"), ops.ViewUser{User: email("plain")})
	if len(u.Assignments) != 1 || u.Assignments[0].GivenBy != "" {
		t.Errorf("%+v", u.Assignments)
	}
	// What they change themselves tells no more of who gave it, nor does their own.
	a := must(w, w.as("service"), ops.ChangeAssignment{User: email("plain"), Role: policy.ServiceAdmin, Reason: pointer("Kortare")})
	must(w, w.as("service"), ops.RevokeRole{User: email("plain"), Role: policy.ServiceAdmin})
	if me := must(w, w.as("service"), ops.Myself{}); a.GivenBy != "" || me.Assignments[0].GivenBy != "" {
		t.Errorf("%+v, %+v", a, me.Assignments)
	}
	for _, e := range must(w, w.as("service"), ops.ReadAudit{}).Items {
		if strings.Contains(string(e.Before)+string(e.After), string(w.users["chief"])) {
			t.Errorf("%s: before %s, after %s", e.Action, e.Before, e.After)
		}
	}
	chiefs := must(w, w.as("chief"), ops.ReadAudit{EntryFilter: ops.EntryFilter{Actor: w.users["chief"]}}).Items
	for _, e := range chiefs {
		if found := must(w, w.as("service"), ops.ReadAudit{EntryFilter: ops.EntryFilter{Request: e.TrackingID}}).Items; e.TrackingID != "" && len(found) > 0 {
			t.Errorf("found by the request that it hides: %+v", found)
		}
	}
}
