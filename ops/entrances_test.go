package ops_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

var applications = []policy.Action{policy.ControlHubSignIn, policy.ManagementPortalSignIn, policy.AgentDesktopSignIn}

// entered is what became of entering, in words.
func entered(e *ops.Entrance, err error) string {
	if err != nil {
		return refusal(err)
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Organization.Plate, e.Mode, e.Role))
}

// TestEntrances: permissions.md §5, row by row, for the organization named and
// for none named.
func TestEntrances(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		standard, premium := w.licenses[string(kontrollrum.StandardAgent)], w.licenses[string(kontrollrum.PremiumAgent)]
		for name, license := range map[string]kontrollrum.LicenseID{"second": standard, "director": premium, "helper": premium, "viewer": standard, "sunprov": premium} {
			must(w, w.as("chief"), ops.AssignLicense{User: email(name), License: license})
		}
		w.logged(t)
		for _, c := range []struct{ who, hub, portal, desktop string }{
			{"chief", "SUN full full_admin", "SUN full full_admin", "no_agent_license c9"},
			{"second", "SUN full full_admin", "standard_license_desktop_only c8", "SUN full full_admin"},
			{"director", "SUN full full_admin", "SUN full full_admin", "SUN full full_admin"},
			{"service", "SUN full service_admin", "SUN full service_admin", "no_agent_license c9"},
			{"helper", "SUN full service_admin", "SUN full service_admin", "SUN full service_admin"},
			{"reader", "SUN read read_only_admin", "not_permitted", "no_agent_license c9"},
			{"viewer", "SUN read read_only_admin", "not_permitted", "SUN full read_only_admin"},
			{"supervisor", "SUN limited supervisor", "not_permitted", "SUN full supervisor"},
			{"licensed", "SUN limited", "not_permitted", "SUN full"},
			{"plain", "SUN limited", "not_permitted", "no_agent_license c9"},
			{"partner", "SUN full full_admin", "SUN full full_admin", "no_agent_license c9"},
			{"provisioner", "SUN full provisioning_admin", "SUN full provisioning_admin", "no_agent_license c9"},
			{"partnerreader", "SUN read read_only_admin", "SUN read read_only_admin", "no_agent_license c9"},
			{"outsider", "SUN full full_admin", "SUN full full_admin", "no_agent_license c9"},
			{"outservice", "SUN full service_admin", "SUN full service_admin", "no_agent_license c9"},
			{"outreader", "SUN read read_only_admin", "SUN read read_only_admin", "no_agent_license c9"},
			{"candidate", "not found: organization_not_found", "not found: organization_not_found", "not found: organization_not_found"},
			{"stranger", "not found: organization_not_found", "not found: organization_not_found", "not found: organization_not_found"},
		} {
			caller := w.signIn(c.who)
			listed := map[string]string{}
			for _, e := range must(w, caller, ops.ListEntrances{}) {
				if e.Organization.Plate == "SUN" {
					listed[e.Application.String()] = entered(&e, nil)
					if e.Refusal != nil {
						listed[e.Application.String()] = refusal(e.Refusal)
					}
				}
			}
			home := must(w, w.as(c.who), ops.Myself{}).Organization
			for _, e := range must(w, caller, ops.ListEntrances{Only: w.organization("SUN")}) {
				if e.Organization.Plate != "SUN" && e.Organization.ID != home {
					t.Errorf("%s: of SUN and home alone, listed is %s", c.who, e.Organization.Plate)
				}
				if e.Organization.Plate == "SUN" && listed[e.Application.String()] == "" {
					t.Errorf("%s: listed alone, and not among all", c.who)
				}
			}
			for i, want := range []string{c.hub, c.portal, c.desktop} {
				got := entered(ops.Do(t.Context(), w.hub, caller, ops.EnterApplication{Application: applications[i], Organization: "SUN"}))
				if got != want {
					t.Errorf("%s, %s: %s, want %s", c.who, applications[i], got, want)
				}
				if l := listed[applications[i].String()]; l != want && !strings.HasPrefix(want, "not found") || l != "" && strings.HasPrefix(want, "not found") {
					t.Errorf("%s, %s: listed as %q, want %s", c.who, applications[i], l, want)
				}
			}
		}
		refused := 0
		for _, row := range w.logged(t) {
			if strings.Contains(row, ".sign_in|refused|") {
				refused++
			}
		}
		if refused != 16 {
			t.Errorf("%d refusals are logged, want 16", refused)
		}
	})
}

// TestEntranceByDefault: home, unless elsewhere there is more than oneself.
func TestEntranceByDefault(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		must(w, w.as("vikchief"), ops.AssignRole{Organization: "VIK", User: email("outreader"), Role: policy.FullAdmin})
		for _, c := range []struct{ who, hub, portal, desktop string }{
			{"chief", "SUN full full_admin", "SUN full full_admin", "no_agent_license c9"},
			{"plain", "SUN limited", "not_permitted", "no_agent_license c9"},
			{"partner", "NOR full full_admin", "NOR full full_admin", "no_agent_license c9"},
			{"provisioner", "SUN full provisioning_admin", "SUN full provisioning_admin", "no_agent_license c9"},
			{"outsider", "SUN full full_admin", "SUN full full_admin", "no_agent_license c9"},
			{"outreader", "SUN read read_only_admin", "SUN read read_only_admin", "no_agent_license c9"}, // before VIK, by name
			{"candidate", "EXT limited", "not_permitted", "no_agent_license c9"},
			{"leaver", "SUN full service_admin", "standard_license_desktop_only c8", "SUN full service_admin"}, // reads in VIK, too
		} {
			w.logged(t)
			refused := 0
			for i, want := range []string{c.hub, c.portal, c.desktop} {
				if c.who == "leaver" && i == 1 {
					want = "VIK read read_only_admin"
				}
				got := entered(ops.Do(t.Context(), w.hub, w.as(c.who), ops.EnterApplication{Application: applications[i]}))
				if got != want {
					t.Errorf("%s, %s: %s, want %s", c.who, applications[i], got, want)
				}
				if !strings.Contains(want, " full") && !strings.Contains(want, " read") && !strings.Contains(want, " limited") {
					refused++
				}
			}
			if got := w.logged(t); len(got) != refused {
				t.Errorf("%s: logged %q, want %d refusals", c.who, got, refused)
			}
		}
		for name, c := range map[string]ops.Caller{"operator": ops.Operator(), "application": w.tokens["application"]} {
			if _, err := ops.Do(t.Context(), w.hub, c, ops.EnterApplication{Application: policy.ControlHubSignIn}); !strings.HasPrefix(refusal(err), "not found") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := ops.Do(t.Context(), w.hub, w.as("chief"), ops.EnterApplication{Application: policy.UsersAdd}); refusal(err) != "invalid: invalid_application" {
			t.Errorf("no application: %v", err)
		}
	})
}
