package policy_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/kontrollrum/kontrollrum/policy"
)

// TestWhatIsSeen is permissions.md §4, a line per column.
func TestWhatIsSeen(t *testing.T) {
	t.Parallel()
	const none, ccsa, all = policy.SeesNone, policy.SeesServiceAdmins, policy.SeesAll
	want := map[string]policy.Sight{
		"F/C": {Users: true, Administrators: all, External: all, Audit: all},
		"F/P": {Users: true, Administrators: all, External: all, Audit: all},
		"F/O": {Users: true, Administrators: all, External: all, Audit: all},
		// Everyone is in the list, but of administrators only the role CCSA is seen.
		"S/C": {Users: true, Administrators: ccsa, External: ccsa, Audit: ccsa},
		"S/O": {Users: true, Administrators: ccsa, External: ccsa, Audit: none},
		// No users list; the list of external administrators only.
		"P/P": {Users: false, Administrators: none, External: all, Audit: none},
		"R/C": {Users: true, Administrators: all, External: all, Audit: all},
		"R/P": {Users: true, Administrators: all, External: all, Audit: all},
		"R/O": {Users: true, Administrators: all, External: all, Audit: all},
		// Supervisors, whoever holds nothing, being oneself and cells that do not exist see nothing.
	}
	for _, f := range wearers() {
		column := columnOf(&f)
		if got := policy.Sees(&f); got != want[column] {
			t.Errorf("%q sees %+v, want %+v", column, got, want[column])
		}
		f.Suspended = true // views work in a suspended organization (§3)
		if got := policy.Sees(&f); got != want[column] {
			t.Errorf("%q, suspended, sees %+v, want %+v", column, got, want[column])
		}
		f.Active = false
		if got := policy.Sees(&f); got != (policy.Sight{}) {
			t.Errorf("%q, deactivated, sees %+v", column, got)
		}
	}
}

// TestSightHidesRoles: a scope shows a role or hides it, of whoever it speaks,
// and what shows less shows no role that more does not.
func TestSightHidesRoles(t *testing.T) {
	t.Parallel()
	scopes := []policy.Scope{policy.SeesNone, policy.SeesServiceAdmins, policy.SeesAll}
	for _, administrators := range scopes {
		for _, external := range scopes {
			sight := policy.Sight{Administrators: administrators, External: external}
			for _, r := range assignable {
				shows := func(s policy.Scope) bool {
					return s == policy.SeesAll || s == policy.SeesServiceAdmins && r == policy.ServiceAdmin
				}
				if got := sight.Role(r, false); got != shows(administrators) {
					t.Errorf("%+v shows %s of its own people: %v", sight, r, got)
				}
				if got := sight.Role(r, true); got != shows(external) {
					t.Errorf("%+v shows %s of people from elsewhere: %v", sight, r, got)
				}
				if got := administrators.Shows(r); got != shows(administrators) {
					t.Errorf("scope %d shows %s: %v", administrators, r, got)
				}
			}
			// A supervisor is no administrator: there is nothing to hide.
			if !sight.Role(policy.Supervisor, false) || !sight.Role(policy.Supervisor, true) {
				t.Errorf("%+v hides supervisors", sight)
			}
		}
	}
}

// TestServiceAdminsSeeNoOtherRole: however the facts fall, and whatever licence
// they hold, service administrators see no role but their own (§4).
func TestServiceAdminsSeeNoOtherRole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts().Draw(t, "facts")
		f.Held = []policy.Role{policy.ServiceAdmin}
		sight := policy.Sees(&f)
		for _, external := range []bool{false, true} {
			for _, r := range []policy.Role{policy.FullAdmin, policy.ReadOnlyAdmin, policy.ProvisioningAdmin} {
				if sight.Role(r, external) {
					t.Fatalf("%+v shows %s, external %v", sight, r, external)
				}
			}
		}
		if sight.Audit > policy.SeesServiceAdmins {
			t.Fatalf("the audit log shows more than service administrators: %+v", sight)
		}
	})
}

// TestSightGrowsWithRoles: another assignment never hides anything, and a sight
// is what the four views permit, no more.
func TestSightGrowsWithRoles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts().Draw(t, "facts")
		g := f
		g.Held = append([]policy.Role{rapid.SampledFrom(assignable).Draw(t, "role")}, f.Held...)
		less, more := policy.Sees(&f), policy.Sees(&g)
		if less.Users && !more.Users || less.Administrators > more.Administrators ||
			less.External > more.External || less.Audit > more.Audit {
			t.Fatalf("%v sees %+v, %v only %+v", f.Held, less, g.Held, more)
		}
		for action, scope := range map[policy.Action]policy.Scope{
			policy.AdministratorsView:         less.Administrators,
			policy.ExternalAdministratorsView: less.External,
			policy.AuditView:                  less.Audit,
		} {
			if permit := policy.May(action, &f); permit.OK != (scope > policy.SeesNone) {
				t.Fatalf("%s is %+v, the sight %+v", action, permit, less)
			}
		}
		if permit := policy.May(policy.UsersList, &f); permit.OK != less.Users {
			t.Fatalf("the users list is %+v, the sight %+v", permit, less)
		}
	})
}
