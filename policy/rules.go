package policy

import (
	"math/bits"
	"slices"
)

// A Rule takes away what the grid gives.
type Rule struct {
	Tag   string // as permissions.md writes it: c1 … c10, s1; or the word of a rule without number
	Text  string // the condition, in English
	Cites string // the paragraph behind it

	binds   func(Action) bool
	cell    Cell                      // it speaks of this cell alone; zero: of every one
	refuses func(Action, *Facts) Code // empty where the condition holds
}

// when is code where bad, else nothing.
func when(bad bool, code Code) Code {
	if bad {
		return code
	}
	return ""
}

// printed binds a rule to the actions whose line carries its tag.
func printed(tag string) func(Action) bool {
	return func(a Action) bool { return slices.Contains(a.Conditions(), tag) }
}

// rules, in the order in which they are asked: the first to refuse is told.
var rules = [...]Rule{
	{"active", "the actor is not deactivated", "§2: a person who is inactive may do nothing",
		func(a Action) bool { return a != AgentDesktopSignIn }, anyCell, // at the desktop c9 says it
		func(_ Action, f *Facts) Code { return when(!f.Active, UserInactive) }},
	{"suspended", "the organization is not suspended", "§3: views work, every change is refused",
		// Neither a session nor what is asked for one is a fact of the organization: who
		// may view must get in, and out; and what is in wrong hands must end.
		func(a Action) bool {
			return a.Changes() && a != OrganizationsResume && a != SessionsBegin && a != SessionsEnd && a != CredentialsEdit && a != TokensRevoke
		}, anyCell,
		func(_ Action, f *Facts) Code { return when(f.Suspended, "organization_suspended") }},
	{"self", "nobody assigns a role to themselves, or raises their own", "§3",
		hands, anyCell,
		func(a Action, f *Facts) Code {
			return when(f.Target.Self && (f.Target.Raises || assigns(a)), "self_assignment")
		}},
	{"c1", "the person's home organization does not have the contact center service enabled", "§3 c1",
		printed("c1"), anyCell,
		func(_ Action, f *Facts) Code {
			return when(f.Target.HomeHasContactCenter, "external_org_has_contact_center")
		}},
	{"c2", "the person's home organization is not a partner, provisioning or managing, of this customer", "§3 c2",
		printed("c2"), anyCell,
		func(_ Action, f *Facts) Code { return when(f.Target.HomeIsPartner, "external_user_from_partner") }},
	{"c3", "the person holds none of full, service and read-only administrator in this organization", "§3 c3",
		printed("c3"), anyCell,
		func(_ Action, f *Facts) Code { return when(f.Target.HoldsExclusive, "exclusive_role_held") }},
	{"c4", "the organization's contact center platform is 1.0", "§3 c4",
		printed("c4"), anyCell,
		func(_ Action, f *Facts) Code { return when(!f.Platform1, "platform_not_1_0") }},
	{"c5", "a full administrator has completed the setup wizard", "§3 c5",
		printed("c5"), anyCell,
		func(_ Action, f *Facts) Code { return when(!f.SetupComplete, "setup_wizard_incomplete") }},
	{"c6", "the supervisor's user profile gives view, or edit, on that object", "§3 c6",
		printed("c6"), ByProfile,
		func(a Action, f *Facts) Code { return when(!profileGives(a, f), "user_profile_lacks_permission") }},
	{"c7", "the file changes only the columns Contact Center Premium and Contact Center Standard, only of users who exist", "§3 c7",
		printed("c7"), Limited,
		func(_ Action, f *Facts) Code {
			switch {
			case f.File.OtherColumns:
				return "column_not_allowed"
			case f.File.UnknownUser:
				return "user_not_found"
			}
			return ""
		}},
	{"c8", "the person does not hold a Standard licence in this organization", "§3 c8",
		printed("c8"), anyCell,
		func(_ Action, f *Facts) Code { return when(f.License == Standard, "standard_license_desktop_only") }},
	{"c9", "the person holds a Standard or Premium licence and is active", "§3 c9",
		printed("c9"), anyCell,
		func(_ Action, f *Facts) Code {
			return when(f.License == NoLicense || !f.Active || f.Pending, "no_agent_license")
		}},
	{"c10", "at least one active full administrator of the customer organization remains", "§3 c10",
		func(a Action) bool { return printed("c10")(a) || a == UsersRemove || a == UsersDeactivate }, anyCell,
		func(_ Action, f *Facts) Code { return when(f.Target.LastFullAdmin, "last_full_administrator") }},
	{"s1", "the customer's setting Only our own administrators change external administrators is off, or the actor is the customer's own", "§3 s1",
		printed("s1"), anyCell,
		// Giving up one's own role is not changing someone else's (§3).
		func(_ Action, f *Facts) Code {
			return when(f.OwnAdministratorsOnly && f.Relation != Customer && !f.Target.Self, "restricted_to_own_administrators")
		}},
	{"fresh", "the actor signed in, with every factor that is asked of them, within the last 15 minutes", "beyond §3: step-up, docs/decisions/0014",
		// Whoever sets the identity provider says who is who from then on, and so does,
		// of one person, whoever gives them another address or has them begin anew. A token
		// lasts for longer than the sign-in behind it.
		func(a Action) bool {
			switch a {
			case RolesFullAdminAssignInternal, RolesFullAdminAssignExternal, IdentityProviderEdit, CredentialsEdit, CredentialsReset, UsersChangeEmail, TokensCreate:
				return true
			}
			return false
		}, anyCell,
		func(_ Action, f *Facts) Code { return when(f.Stale, "step_up_required") }},
}

// A ruleSet holds a bit for each of some rules.
type ruleSet uint32

func (s ruleSet) has(i int) bool { return s&(1<<i) != 0 }

// first is the rule of s that is asked first.
func (s ruleSet) first() int { return bits.TrailingZeros32(uint32(s)) }

var (
	bound = bind() // by action: the rules that bind it
	asked = ask()  // by cell: the rules that speak of it
)

func bind() (out [numActions]ruleSet) {
	for a := range numActions {
		for i, r := range rules {
			if r.binds(a) {
				out[a] |= 1 << i
			}
		}
	}
	return out
}

func ask() (out [numCells]ruleSet) {
	for c := range out {
		for i, r := range rules {
			if r.cell == anyCell || r.cell == Cell(c) {
				out[c] |= 1 << i
			}
		}
	}
	return out
}

// objections are the rules that refuse a, whichever cell gives it.
func objections(a Action, f *Facts) (out ruleSet) {
	for left := bound[a]; left != 0; left &= left - 1 {
		i := left.first()
		if rules[i].refuses(a, f) != "" {
			out |= 1 << i
		}
	}
	return out
}

// Rules lists the rules that bind a, in the order in which they are asked.
func Rules(a Action) []Rule {
	var out []Rule
	for i, r := range rules {
		if bound[a].has(i) {
			out = append(out, r)
		}
	}
	return out
}

// Against lists those of [Rules] that may refuse what a's cell in column c
// gives, whatever the facts; none where it gives nothing.
func Against(a Action, c Column) (out []Rule) {
	if grid[a][c] <= No {
		return nil
	}
	worst := Facts{License: Standard, Stale: true, Suspended: true, OwnAdministratorsOnly: true,
		Target: Target{HomeHasContactCenter: true, HomeIsPartner: true, HoldsExclusive: true, Raises: true, LastFullAdmin: true},
		File:   File{OtherColumns: true, UnknownUser: true}}
	if c < Own {
		worst.Relation = Relation(c % 3)
	}
	oneself := worst
	oneself.Target.Self = true
	for i, r := range rules {
		if (bound[a] & asked[grid[a][c]]).has(i) && (c != Own && r.refuses(a, &worst) != "" || r.refuses(a, &oneself) != "") {
			out = append(out, r)
		}
	}
	return out
}

// assigns reports whether a hands out a role.
func assigns(a Action) bool {
	switch a {
	case RolesServiceAdminAssignInternal, RolesServiceAdminAssignExternal, RolesFullAdminAssignInternal, RolesFullAdminAssignExternal,
		RolesReadOnlyAssignInternal, RolesReadOnlyAssignExternal, RolesProvisioningAdminAssignInternal, RolesReachCustomers:
		return true
	}
	return false
}

// hands reports whether a hands a role out or takes one.
func hands(a Action) bool {
	for _, r := range Roles() {
		for _, external := range []bool{false, true} {
			if give, take, ok := Handing(r, external); ok && (a == give || a == take) {
				return true
			}
		}
	}
	return a == RolesReachCustomers
}

// profileGives says whether the user profile reaches the object of a (c6).
func profileGives(a Action, f *Facts) bool {
	switch a {
	case BusinessHoursView:
		return int(f.Object) < len(f.Profile) && f.Profile[f.Object] >= View
	case HolidayListsEdit:
		return f.Profile[HolidayList] == Edit
	case OverridesEdit:
		return f.Profile[Override] == Edit
	}
	return f.Profile[WorkingHour] == Edit
}
