package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/kontrollrum/kontrollrum/policy"
)

// The oracle is a second reader of the article: it decides from article.txt
// and permissions.md, one cell after the other and one sentence after the
// other, and shares neither tables nor rules with the package it checks.

// An answer is what the article says to a question.
type answer struct {
	ok   bool
	mode string        // of a yes: the word that says more, or empty
	why  []policy.Code // of a no: the reasons of which one must be told
}

// answers asks the article whether the person of f may do action.
func (a article) answers(action string, f *policy.Facts) answer {
	var (
		yes        []string      // modes of the cells that permit
		objections []policy.Code // of cells that would permit
		denied     bool
		absent     bool
	)
	worn := cells(f)
	for _, c := range worn {
		s, exists := a.of(c, action)
		if !exists {
			absent = true
			continue
		}
		if s.mode == "no" {
			denied = true
			continue
		}
		if against := objectionsTo(action, s.conditions, f); len(against) > 0 {
			objections = append(objections, against...)
			continue
		}
		yes = append(yes, s.mode)
	}
	switch {
	case len(yes) > 0:
		return answer{ok: true, mode: strongest(yes)}
	case len(objections) > 0 && len(worn) == 1:
		return answer{why: objections[:1]} // one cell: the first reason is told
	case len(objections) > 0:
		return answer{why: objections}
	case denied:
		return answer{why: []policy.Code{"not_permitted"}}
	case absent:
		return answer{why: []policy.Code{"role_not_applicable"}}
	}
	return answer{why: []policy.Code{"no_role"}}
}

// cells lists the cells that speak of the person: one for each assignment, one
// for the supervisor that a Premium licence makes (§1), and one for being
// oneself the person it is done to.
func cells(f *policy.Facts) []cell {
	relation := letters[f.Relation]
	var out []cell
	for _, r := range f.Held {
		switch r {
		case policy.FullAdmin:
			out = append(out, cell{"F", relation})
		case policy.ServiceAdmin:
			out = append(out, cell{"S", relation})
		case policy.ProvisioningAdmin:
			out = append(out, cell{"P", relation})
		case policy.ReadOnlyAdmin:
			out = append(out, cell{"R", relation})
		}
	}
	if f.Supervisor && f.License == policy.Premium {
		out = append(out, cell{"V", relation})
	}
	if f.Target.Self {
		out = append(out, oneself)
	}
	return out
}

var letters = map[policy.Relation]string{policy.Customer: "C", policy.Partner: "P", policy.Other: "O"}

// objectionsTo lists what speaks against action in a cell that permits it
// under the conditions printed there; what holds of every action comes first.
func objectionsTo(action string, conditions []string, f *policy.Facts) (out []policy.Code) {
	object := func(code policy.Code, stands bool) {
		if stands {
			out = append(out, code)
		}
	}
	// A deactivated person may do nothing; at the desktop c9 is what says so.
	object("user_inactive", !f.Active && action != "agent_desktop.sign_in")
	// §3, last lines: views work, every change is refused; but a suspension must be able to end.
	object("organization_suspended", f.Suspended && changes(action) && action != "organizations.resume")
	// §3: nobody assigns a role to themselves, or raises their own.
	object("self_assignment", f.Target.Self && (handsOut(action) || takesBack(action) && f.Target.Raises))
	for _, tag := range conditions {
		switch tag {
		case "c1":
			object("external_org_has_contact_center", f.Target.HomeHasContactCenter)
		case "c2":
			object("external_user_from_partner", f.Target.HomeIsPartner)
		case "c3":
			object("exclusive_role_held", f.Target.HoldsExclusive)
		case "c4":
			object("platform_not_1_0", !f.Platform1)
		case "c5":
			object("setup_wizard_incomplete", !f.SetupComplete)
		case "c6":
			object("user_profile_lacks_permission", !profileAllows(action, f))
		case "c7":
			object("column_not_allowed", f.File.OtherColumns)
			object("user_not_found", f.File.UnknownUser)
		case "c8":
			object("standard_license_desktop_only", f.License == policy.Standard)
		case "c9":
			licensed := f.License == policy.Standard || f.License == policy.Premium
			object("no_agent_license", !licensed || !f.Active)
		case "c10":
			object("last_full_administrator", f.Target.LastFullAdmin)
		case "s1":
			object("restricted_to_own_administrators", f.OwnAdministratorsOnly)
		default:
			panic("permissions.md has no condition " + tag)
		}
	}
	// Someone who is removed or deactivated is lost to the administrators as well (c10).
	object("last_full_administrator", losesPerson(action) && f.Target.LastFullAdmin)
	return out
}

// changes says by the verb alone whether an action changes anything.
func changes(action string) bool {
	verb := action[strings.LastIndex(action, ".")+1:]
	return !strings.HasPrefix(verb, "view") && !slices.Contains([]string{"list", "export_csv", "sign_in", "evaluate"}, verb)
}

func handsOut(action string) bool {
	return strings.HasPrefix(action, "roles.") && (strings.Contains(action, ".assign_") || action == "roles.reach_customers")
}

func takesBack(action string) bool {
	return strings.HasPrefix(action, "roles.") && strings.Contains(action, ".revoke_")
}

func losesPerson(action string) bool { return action == "users.remove" || action == "users.deactivate" }

// profileAllows is c6: VIEW for view, EDIT for edit, on the object spoken of.
func profileAllows(action string, f *policy.Facts) bool {
	workingHours, holidays, overrides := f.Profile[policy.WorkingHour], f.Profile[policy.HolidayList], f.Profile[policy.Override]
	switch action {
	case "business_hours.view":
		asked := map[policy.Object]policy.Access{
			policy.WorkingHour: workingHours, policy.HolidayList: holidays, policy.Override: overrides,
		}[f.Object]
		return asked == policy.View || asked == policy.Edit
	case "business_hours.edit":
		return workingHours == policy.Edit
	case "holiday_lists.edit":
		return holidays == policy.Edit
	case "overrides.edit":
		return overrides == policy.Edit
	}
	panic("c6 does not speak of " + action)
}

// strongest returns the mode that gives most: the best answer stands (§2).
func strongest(modes []string) string {
	for _, mode := range []string{"all", "full", "yes", "read", "ccsa", "licence", "profile", "limited"} {
		if slices.Contains(modes, mode) {
			return strings.TrimPrefix(mode, "yes")
		}
	}
	panic(fmt.Sprint("no mode among ", modes))
}

// compare reports how the policy differs from the article, or nothing.
func (a article) compare(action policy.Action, f *policy.Facts) string {
	want, got := a.answers(action.String(), f), policy.May(action, f)
	switch {
	case got.OK != want.ok,
		got.OK && (got.Why != "" || got.Rule != "" || got.Cell.Mode() != want.mode),
		!got.OK && !slices.Contains(want.why, got.Why):
		return fmt.Sprintf("%s\nfor     %+v\narticle %+v\npolicy  %+v (mode %q)", action, *f, want, got, got.Cell.Mode())
	}
	return ""
}

// TestArticleDecidesAll compares every decision that the article speaks of:
// roles × relation × licence, and what each condition looks at, exhausted.
// What no condition of the action looks at is once all good and once all bad,
// so that a rule bound to too many actions is seen.
func TestArticleDecidesAll(t *testing.T) {
	t.Parallel()
	a := readArticle(t)
	var compared atomic.Int64
	t.Run("every", func(t *testing.T) {
		for _, action := range policy.Article() {
			t.Run(action.String(), func(t *testing.T) {
				t.Parallel()
				n := 0
				for f := range situations(action.String(), a.conditions(action.String())) {
					if n++; a.compare(action, f) != "" {
						t.Fatal(a.compare(action, f))
					}
				}
				compared.Add(int64(n))
			})
		}
	})
	t.Logf("%d decisions agree with the article", compared.Load())
	if want := int64(1_000_000); compared.Load() < want && !t.Failed() {
		t.Errorf("compared only %d decisions, want at least %d: the enumeration has a hole", compared.Load(), want)
	}
}

// TestArticleDecidesAny asks in situations of any kind: repeated roles, facts that no action asks for together.
func TestArticleDecidesAny(t *testing.T) {
	t.Parallel()
	a := readArticle(t)
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts().Draw(t, "facts")
		for _, action := range policy.Article() {
			if difference := a.compare(action, &f); difference != "" {
				t.Fatal(difference)
			}
		}
	})
}
