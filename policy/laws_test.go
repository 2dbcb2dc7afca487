package policy_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kontrollrum/kontrollrum/policy"
)

// worse makes a fact worse in one way. None of these may ever permit more.
var worse = append([]flip{
	{"c6", never, func(f *policy.Facts) { f.Profile[policy.WorkingHour] = policy.NoAccess }},
	{"c6", never, func(f *policy.Facts) { f.Profile[policy.HolidayList] = min(f.Profile[policy.HolidayList], policy.View) }},
	{"c6", never, func(f *policy.Facts) { f.Profile[policy.Override] = policy.NoAccess }},
	{"", always, func(f *policy.Facts) { f.Supervisor = false }},
	{"", always, func(f *policy.Facts) { f.Held = nil }},
}, slices.DeleteFunc(slices.Clone(flips), turnsSelf)...)

func turnsSelf(s flip) bool {
	var f policy.Facts
	s.bad(&f)
	return f.Target.Self
}

// TestRulesOnlyTakeAway: what is permitted is given by a cell, of an assignment
// held or of being oneself; and facts made worse never permit what was refused.
func TestRulesOnlyTakeAway(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts().Draw(t, "facts")
		for _, action := range policy.Actions() {
			before := policy.May(action, &f)
			if before.OK && !gives(action, &f) {
				t.Fatalf("%s is permitted, but no cell gives it: %+v", action, before)
			}
			for i, s := range worse {
				g := f
				if s.bad(&g); !before.OK && policy.May(action, &g).OK {
					t.Fatalf("%s was refused and is permitted when made worse (%d, %q): %+v", action, i, s.tag, g)
				}
			}
		}
	})
}

// gives reports whether any cell that speaks of the person says more than no.
func gives(action policy.Action, f *policy.Facts) bool {
	return slices.ContainsFunc(columns(f), func(c policy.Column) bool { return policy.Grid(action, c) > policy.No })
}

// columns lists the grid's columns that speak of the person.
func columns(f *policy.Facts) (out []policy.Column) {
	for _, r := range f.Held {
		out = append(out, policy.ColumnOf(r, f.Relation))
	}
	if f.Supervisor && f.License == policy.Premium {
		out = append(out, policy.ColumnOf(policy.Supervisor, f.Relation))
	}
	if f.Target.Self {
		out = append(out, policy.Own)
	}
	return out
}

// TestClosedCellsStayClosed goes through every cell that says no or does not
// exist, with every fact good and with each made worse.
func TestClosedCellsStayClosed(t *testing.T) {
	t.Parallel()
	for _, action := range policy.Actions() {
		for _, f := range wearers() {
			if gives(action, &f) {
				continue
			}
			want := policy.NoRoleHeld
			for _, c := range columns(&f) {
				want = policy.NotPermitted
				if policy.Grid(action, c) == policy.NotApplicable {
					want = policy.RoleNotApplicable
				}
			}
			for _, s := range append([]flip{{"", always, func(*policy.Facts) {}}}, worse...) {
				g := f
				s.bad(&g)
				if got := policy.May(action, &g); got.OK || got.Rule != "" || g.Held != nil && got.Why != want {
					t.Errorf("%s: closed to %q, got %+v", action, columnOf(&f), got)
				}
			}
		}
	}
}

// TestNotApplicableGivesNothing: a role where it does not exist is as good as none.
func TestNotApplicableGivesNothing(t *testing.T) {
	t.Parallel()
	for _, where := range []struct {
		relation policy.Relation
		role     policy.Role
	}{
		{policy.Partner, policy.ServiceAdmin},
		{policy.Customer, policy.ProvisioningAdmin},
		{policy.Other, policy.ProvisioningAdmin},
		{policy.Partner, policy.Supervisor},
		{policy.Other, policy.Supervisor},
	} {
		for _, action := range policy.Actions() {
			for _, profile := range profiles {
				f := good()
				f.Relation, f.Profile, f.License = where.relation, profile, policy.Premium
				if where.role == policy.Supervisor {
					f.Supervisor = true
				} else {
					f.Held = []policy.Role{where.role}
				}
				if got := policy.May(action, &f); got.OK || got.Why != policy.RoleNotApplicable {
					t.Fatalf("%s as %s, %s: %+v", action, where.role, where.relation, got)
				}
			}
		}
	}
}

// TestReadOnlyNeverWrites, whatever the facts; giving up one's own role and
// editing one's own profile are not the role's doing.
func TestReadOnlyNeverWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts().Draw(t, "facts")
		f.Held, f.Supervisor, f.Target.Self = []policy.Role{policy.ReadOnlyAdmin}, false, false
		for _, action := range policy.Actions() {
			if got := policy.May(action, &f); got.OK && (changes(action.String()) || got.Cell == policy.Full) {
				t.Fatalf("%s is permitted: %+v", action, got)
			}
		}
	})
}

// TestExternalServiceAdminsNeverReachExternals (Table 1; §4): neither give nor
// take a role of someone from elsewhere, nor see more of them than the service administrators.
func TestExternalServiceAdminsNeverReachExternals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts().Draw(t, "facts")
		f.Held, f.Supervisor, f.Target.Self = []policy.Role{policy.ServiceAdmin}, false, false
		f.Relation = rapid.SampledFrom([]policy.Relation{policy.Partner, policy.Other}).Draw(t, "external")
		for _, action := range policy.Actions() {
			if strings.HasSuffix(action.String(), "_external") && policy.May(action, &f).OK {
				t.Fatalf("%s is permitted for %+v", action, f)
			}
		}
		if sight := policy.Sees(&f); sight.External > policy.SeesServiceAdmins {
			t.Fatalf("sees %+v of external administrators", sight)
		}
	})
}

// TestSupervisorStaysWithBusinessHours: of the article's actions a supervisor
// has business hours and the desktop, in the customer organization alone.
func TestSupervisorStaysWithBusinessHours(t *testing.T) {
	t.Parallel()
	theirs := []policy.Action{
		policy.AgentDesktopSignIn, policy.BusinessHoursView, policy.BusinessHoursEdit, policy.HolidayListsEdit, policy.OverridesEdit,
	}
	f := good()
	f.License, f.Supervisor = policy.Premium, true
	for _, action := range policy.Article() {
		if got := policy.May(action, &f); got.OK != slices.Contains(theirs, action) {
			t.Errorf("%s: %+v", action, got)
		}
	}
	for _, l := range licenses[:3] { // the option without the licence makes no supervisor (§1)
		f := good()
		f.License, f.Supervisor = l.license, l.license != policy.Premium
		for _, action := range policy.Actions() {
			if got := policy.May(action, &f); got.OK || got.Why != policy.NoRoleHeld {
				t.Errorf("%s with licence %s: %+v", action, l.name, got)
			}
		}
	}
}

// TestAnotherRoleNeverTakesAway: the best answer stands (§2), wherever the role
// stands among those held, and its mode gives no less.
func TestAnotherRoleNeverTakesAway(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts().Draw(t, "facts")
		g := f
		at := rapid.IntRange(0, len(f.Held)).Draw(t, "at")
		g.Held = slices.Insert(slices.Clone(f.Held), at, rapid.SampledFrom(assignable).Draw(t, "role"))
		for _, action := range policy.Actions() {
			before, after := policy.May(action, &f), policy.May(action, &g)
			if before.OK && (!after.OK || after.Cell < before.Cell) {
				t.Fatalf("%s was %+v and is %+v with %v", action, before, after, g.Held)
			}
		}
	})
}

// TestNothingIsRefused: no facts, no permit, no action: no.
func TestNothingIsRefused(t *testing.T) {
	t.Parallel()
	if (policy.Permit{}).OK {
		t.Error("the zero Permit permits")
	}
	if got := policy.Sees(&policy.Facts{}); got != (policy.Sight{}) {
		t.Errorf("empty Facts see %+v", got)
	}
	for _, action := range policy.Actions() {
		if got := policy.May(action, &policy.Facts{}); got.OK || got.Why != policy.NoRoleHeld {
			t.Errorf("%s with empty Facts: %+v", action, got)
		}
		if got := policy.Grid(action, policy.Nobody); got != policy.NotApplicable {
			t.Errorf("%s: whoever holds nothing has the cell %s", action, got)
		}
	}
	f := good()
	f.Held, f.Target.Self = []policy.Role{policy.FullAdmin}, true
	if got := policy.May(policy.Action(len(policy.Actions())), &f); got.OK {
		t.Errorf("an action that does not exist: %+v", got)
	}
	f = good()
	f.Held = []policy.Role{policy.NoRole}
	for _, action := range policy.Actions() {
		if got := policy.May(action, &f); got.OK {
			t.Errorf("%s as no role: %+v", action, got)
		}
	}
}

// TestThePermitNamesItsReason: column, cell, assignment and rule fit the facts,
// for these reach the person refused and the audit log.
func TestThePermitNamesItsReason(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts().Draw(t, "facts")
		for _, action := range policy.Actions() {
			got := policy.May(action, &f)
			spoken := columns(&f)
			if len(spoken) == 0 {
				spoken = []policy.Column{policy.Nobody}
			}
			byRule := slices.ContainsFunc(policy.Rules(action), func(r policy.Rule) bool { return r.Tag == got.Rule })
			switch {
			case got.OK != (got.Why == ""),
				!slices.Contains(spoken, got.Column),
				got.Cell != policy.Grid(action, got.Column),
				got.Held >= 0 && policy.ColumnOf(f.Held[got.Held], f.Relation) != got.Column,
				got.Held < 0 && got.Column < policy.Own && got.Column.Role() != policy.Supervisor,
				got.Rule != "" && (got.OK || !byRule || got.Cell <= policy.No),
				got.Rule == "" && !got.OK && got.Cell > policy.No,
				got.Column == policy.Own && slices.ContainsFunc(spoken, asGood(action, got)):
				t.Fatalf("%s: %+v for %+v", action, got, f)
			}
		}
	})
}

// asGood finds a role's column that says the same as being oneself does: then
// the role is to be named, which explains more.
func asGood(action policy.Action, p policy.Permit) func(policy.Column) bool {
	return func(c policy.Column) bool { return c != policy.Own && policy.Grid(action, c) == p.Cell }
}

// TestMayAllocatesNothing: a decision is the hottest path there is. Not
// parallel: the measurement wants the process to itself.
func TestMayAllocatesNothing(t *testing.T) {
	f := good()
	f.Held = []policy.Role{policy.ServiceAdmin, policy.ReadOnlyAdmin, policy.ProvisioningAdmin}
	f.License, f.Supervisor, f.Target.Self = policy.Premium, true, true
	refused := policy.Facts{Held: f.Held}
	actions := policy.Actions()
	if n := testing.AllocsPerRun(100, func() {
		for _, action := range actions {
			policy.May(action, &f)
			policy.May(action, &refused)
		}
	}); n != 0 {
		t.Errorf("%v allocations for %d decisions, want none", n, 2*len(actions))
	}
}

// TestAgainst: what refuses in a column where its cell gives is among the rules
// that may, and each of those does for some facts.
func TestAgainst(t *testing.T) {
	t.Parallel()
	refused := map[string]bool{}
	for _, action := range policy.Actions() {
		for _, f := range wearers() {
			if len(columns(&f)) == 0 {
				continue
			}
			column := columns(&f)[0]
			for _, s := range append([]flip{{"", always, func(f *policy.Facts) { f.License = policy.Standard }}, {"", always, func(f *policy.Facts) { f.Stale = true }}}, worse...) {
				for _, raises := range []bool{false, true} {
					g := f
					s.bad(&g)
					g.Target.Raises = raises
					got := policy.May(action, &g)
					if got.Rule == "" || got.Column != column {
						continue
					}
					refused[action.String()+" "+column.String()+" "+got.Rule] = true
					if !slices.ContainsFunc(policy.Against(action, column), func(r policy.Rule) bool { return r.Tag == got.Rule }) {
						t.Errorf("%s in %s is refused by %s", action, column, got.Rule)
					}
				}
			}
		}
		for _, column := range policy.Columns() {
			for _, r := range policy.Against(action, column) {
				if !refused[action.String()+" "+column.String()+" "+r.Tag] && r.Tag != "self" {
					t.Errorf("%s in %s is never refused by %s", action, column, r.Tag)
				}
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts().Draw(t, "facts")
		for _, action := range policy.Actions() {
			got := policy.May(action, &f)
			if got.Rule != "" && !slices.ContainsFunc(policy.Against(action, got.Column), func(r policy.Rule) bool { return r.Tag == got.Rule }) {
				t.Fatalf("%s in %s is refused by %s", action, got.Column, got.Rule)
			}
		}
	})
}
