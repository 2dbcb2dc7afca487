package policy

import "slices"

// A Rule takes away what the grid gives.
type Rule struct {
	Tag   string // as permissions.md writes it: c1 … c10, s1; or the word of a rule without number
	Text  string // the condition, in English
	Cites string // the paragraph behind it

	binds   func(Action) bool
	refuses func(Action, Cell, *Facts) Code // empty where the condition holds
}

// when makes a rule's refusal: code where bad holds, else nothing.
func when(code Code, bad func(*Facts) bool) func(Action, Cell, *Facts) Code {
	return func(_ Action, _ Cell, f *Facts) Code {
		if bad(f) {
			return code
		}
		return ""
	}
}

// printed binds a rule to the actions whose line carries its tag.
func printed(tag string) func(Action) bool {
	return func(a Action) bool { return slices.Contains(a.Conditions(), tag) }
}

// rules, in the order in which they are asked: the first to refuse is told.
var rules = [...]Rule{
	{"active", "the actor is not deactivated", "§2: a person who is inactive may do nothing",
		func(a Action) bool { return a != AgentDesktopSignIn }, // there c9 says it
		when(UserInactive, func(f *Facts) bool { return !f.Active })},
	{"suspended", "the organization is not suspended", "§3: views work, every change is refused",
		func(a Action) bool { return a.Changes() && a != OrganizationsResume },
		when("organization_suspended", func(f *Facts) bool { return f.Suspended })},
	{"self", "nobody assigns a role to themselves, or raises their own", "§3",
		hands,
		func(a Action, _ Cell, f *Facts) Code {
			if f.Target.Self && (assigns(a) || f.Target.Raises) {
				return "self_assignment"
			}
			return ""
		}},
	{"c1", "the person's home organization does not have the contact center service enabled", "§3 c1",
		printed("c1"),
		when("external_org_has_contact_center", func(f *Facts) bool { return f.Target.HomeHasContactCenter })},
	{"c2", "the person's home organization is not a partner, provisioning or managing, of this customer", "§3 c2",
		printed("c2"),
		when("external_user_from_partner", func(f *Facts) bool { return f.Target.HomeIsPartner })},
	{"c3", "the person holds none of full, service and read-only administrator in this organization", "§3 c3",
		printed("c3"),
		when("exclusive_role_held", func(f *Facts) bool { return f.Target.HoldsExclusive })},
	{"c4", "the organization's contact center platform is 1.0", "§3 c4",
		printed("c4"),
		when("platform_not_1_0", func(f *Facts) bool { return !f.Platform1 })},
	{"c5", "a full administrator has completed the setup wizard", "§3 c5",
		printed("c5"),
		when("setup_wizard_incomplete", func(f *Facts) bool { return !f.SetupComplete })},
	{"c6", "the supervisor's user profile gives view, or edit, on that object", "§3 c6",
		printed("c6"),
		func(a Action, cell Cell, f *Facts) Code {
			if cell == ByProfile && !profileGives(a, f) {
				return "user_profile_lacks_permission"
			}
			return ""
		}},
	{"c7", "the file changes only the columns Contact Center Premium and Contact Center Standard, only of users who exist", "§3 c7",
		printed("c7"),
		func(_ Action, cell Cell, f *Facts) Code {
			switch {
			case cell != Limited:
				return ""
			case f.File.OtherColumns:
				return "column_not_allowed"
			case f.File.UnknownUser:
				return "user_not_found"
			}
			return ""
		}},
	{"c8", "the person does not hold a Standard licence in this organization", "§3 c8",
		printed("c8"),
		when("standard_license_desktop_only", func(f *Facts) bool { return f.License == Standard })},
	{"c9", "the person holds a Standard or Premium licence and is active", "§3 c9",
		printed("c9"),
		when("no_agent_license", func(f *Facts) bool { return f.License == NoLicense || !f.Active })},
	{"c10", "at least one active full administrator of the customer organization remains", "§3 c10",
		func(a Action) bool { return printed("c10")(a) || a == UsersRemove || a == UsersDeactivate },
		when("last_full_administrator", func(f *Facts) bool { return f.Target.LastFullAdmin })},
	{"s1", "the customer's setting Only our own administrators change external administrators is off, or the actor is the customer's own", "§3 s1",
		printed("s1"),
		// Giving up one's own role is not changing someone else's (§3).
		when("restricted_to_own_administrators", func(f *Facts) bool {
			return f.OwnAdministratorsOnly && f.Relation != Customer && !f.Target.Self
		})},
}

// bound holds, by action, a bit for each of rules that binds it.
var bound = bind()

func bind() (out [numActions]uint32) {
	for a := range numActions {
		for i, r := range rules {
			if r.binds(a) {
				out[a] |= 1 << i
			}
		}
	}
	return out
}

// Rules lists the rules that bind a, in the order in which they are asked.
func Rules(a Action) []Rule {
	var out []Rule
	for i, r := range rules {
		if bound[a]&(1<<i) != 0 {
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
