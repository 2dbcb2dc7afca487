package policy_test

import (
	"iter"
	"slices"

	"pgregory.net/rapid"

	"github.com/kontrollrum/kontrollrum/policy"
)

// assignable are the roles that an assignment can give (permissions.md §1).
var assignable = []policy.Role{policy.FullAdmin, policy.ServiceAdmin, policy.ProvisioningAdmin, policy.ReadOnlyAdmin}

var relations = []policy.Relation{policy.Customer, policy.Partner, policy.Other}

// A licensed is one of the four things that a person may hold of licences.
type licensed struct {
	name       string
	license    policy.License
	supervisor bool
}

var licenses = []licensed{
	{"none", policy.NoLicense, false},
	{"standard", policy.Standard, false},
	{"premium", policy.Premium, false},
	{"supervisor", policy.Premium, true},
}

// roleSets lists every set of at most three assignable roles, none included.
// Two exclusive ones meet in a person who holds one directly and one by partnership.
func roleSets() [][]policy.Role {
	var out [][]policy.Role
	for n := range 4 {
		for bits := range 1 << len(assignable) {
			var set []policy.Role
			for i, r := range assignable {
				if bits>>i&1 == 1 {
					set = append(set, r)
				}
			}
			if len(set) == n {
				out = append(out, set)
			}
		}
	}
	return out
}

// profiles holds every user profile: three accesses on three kinds of object.
var profiles = allProfiles()

func allProfiles() (out [][3]policy.Access) {
	accesses := []policy.Access{policy.NoAccess, policy.View, policy.Edit}
	for _, workingHours := range accesses {
		for _, holidays := range accesses {
			for _, overrides := range accesses {
				out = append(out, [3]policy.Access{workingHours, holidays, overrides})
			}
		}
	}
	return out
}

// A flip turns one fact from good to bad.
type flip struct {
	tag string            // the condition that looks at the fact, where one does
	by  func(string) bool // the actions that look at it besides
	bad func(*policy.Facts)
}

// flips holds every fact that is not about roles, licence or profile. Self is neither
// good nor bad, but looked at everywhere.
var flips = []flip{
	{"", always, func(f *policy.Facts) { f.Active = false }},
	{"", always, func(f *policy.Facts) { f.Suspended = true }},
	{"", always, func(f *policy.Facts) { f.Target.Self = true }},
	{"", takesBack, func(f *policy.Facts) { f.Target.Raises = true }},
	{"c1", never, func(f *policy.Facts) { f.Target.HomeHasContactCenter = true }},
	{"c2", never, func(f *policy.Facts) { f.Target.HomeIsPartner = true }},
	{"c3", never, func(f *policy.Facts) { f.Target.HoldsExclusive = true }},
	{"c4", never, func(f *policy.Facts) { f.Platform1 = false }},
	{"c5", never, func(f *policy.Facts) { f.SetupComplete = false }},
	{"c7", never, func(f *policy.Facts) { f.File.OtherColumns = true }},
	{"c7", never, func(f *policy.Facts) { f.File.UnknownUser = true }},
	{"c10", losesPerson, func(f *policy.Facts) { f.Target.LastFullAdmin = true }},
	{"s1", never, func(f *policy.Facts) { f.OwnAdministratorsOnly = true }},
}

func always(string) bool { return true }
func never(string) bool  { return false }

// good returns facts under which every condition holds that does not look at the actor's licence.
func good() policy.Facts {
	return policy.Facts{
		Active: true, Platform1: true, SetupComplete: true,
		Profile: [3]policy.Access{policy.Edit, policy.Edit, policy.Edit},
	}
}

// situations yields facts for an action under conditions: all combinations of
// what these look at, and the rest once all good, once all bad. The yielded
// facts are good until the next are asked for.
func situations(action string, conditions []string) iter.Seq[*policy.Facts] {
	var matter, rest []func(*policy.Facts)
	for _, s := range flips {
		if s.by(action) || slices.Contains(conditions, s.tag) {
			matter = append(matter, s.bad)
		} else {
			rest = append(rest, s.bad)
		}
	}
	byProfile := slices.Contains(conditions, "c6")
	return func(yield func(*policy.Facts) bool) {
		for f := range people() {
			for bits := range 1 << len(matter) {
				g := f
				for i, bad := range matter {
					if bits>>i&1 == 1 {
						bad(&g)
					}
				}
				h := g
				for _, bad := range rest {
					bad(&h)
				}
				h.Profile, h.Object = [3]policy.Access{}, policy.Override
				for _, f := range []policy.Facts{g, h} {
					if !byProfile {
						if !yield(&f) {
							return
						}
						continue
					}
					for f := range withProfiles(f) {
						if !yield(&f) {
							return
						}
					}
				}
			}
		}
	}
}

// people yields good facts for every set of roles, relation and licence.
func people() iter.Seq[policy.Facts] {
	return func(yield func(policy.Facts) bool) {
		for _, held := range roleSets() {
			for _, relation := range relations {
				for _, l := range licenses {
					f := good()
					f.Held, f.Relation, f.License, f.Supervisor = held, relation, l.license, l.supervisor
					if !yield(f) {
						return
					}
				}
			}
		}
	}
}

// withProfiles yields f with every user profile and every object.
func withProfiles(f policy.Facts) iter.Seq[policy.Facts] {
	return func(yield func(policy.Facts) bool) {
		for _, profile := range profiles {
			for _, object := range []policy.Object{policy.WorkingHour, policy.HolidayList, policy.Override} {
				f.Profile, f.Object = profile, object
				if !yield(f) {
					return
				}
			}
		}
	}
}

// anyFacts draws facts of every shape, sensible or not.
func anyFacts() *rapid.Generator[policy.Facts] {
	return rapid.Custom(func(t *rapid.T) policy.Facts {
		may := func(what string) bool { return rapid.Bool().Draw(t, what) }
		access := rapid.SampledFrom([]policy.Access{policy.NoAccess, policy.View, policy.Edit})
		return policy.Facts{
			Relation:   rapid.SampledFrom(relations).Draw(t, "relation"),
			Held:       rapid.SliceOfN(rapid.SampledFrom(assignable), 0, 4).Draw(t, "held"),
			Active:     rapid.IntRange(0, 4).Draw(t, "active") > 0, // mostly, or little else is asked
			License:    rapid.SampledFrom([]policy.License{policy.NoLicense, policy.Standard, policy.Premium}).Draw(t, "license"),
			Supervisor: may("supervisor"),
			Profile:    [3]policy.Access{access.Draw(t, "hours"), access.Draw(t, "holidays"), access.Draw(t, "overrides")},
			Object:     rapid.SampledFrom([]policy.Object{policy.WorkingHour, policy.HolidayList, policy.Override}).Draw(t, "object"),

			Suspended:             rapid.IntRange(0, 4).Draw(t, "suspended") == 0,
			Platform1:             may("platform 1.0"),
			SetupComplete:         may("setup complete"),
			OwnAdministratorsOnly: may("own administrators only"),

			Target: policy.Target{
				Self: may("self"), HomeHasContactCenter: may("c1"), HomeIsPartner: may("c2"),
				HoldsExclusive: may("c3"), Raises: may("raises"), LastFullAdmin: may("c10"),
			},
			File: policy.File{OtherColumns: may("other columns"), UnknownUser: may("unknown user")},
		}
	})
}
