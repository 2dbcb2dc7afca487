package api

import (
	"slices"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/policy"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.application("crm")
	for _, as := range []string{"karin", "olle", "crm"} {
		var all itemsOf[role]
		w.get(as, "GET", "/v1/roles/?Paginate=true", "", 200, &all)
		if len(all.Items) != len(policy.Roles()) {
			t.Errorf("%s: %+v", as, all)
		}
		for _, one := range all.Items {
			var got role
			if w.get(as, "GET", "/v1/roles/"+one.ID, "", 200, &got); got != one {
				t.Errorf("%s: listed as %+v, shown as %+v", as, one, got)
			}
		}
	}
	var got role
	if w.get("karin", "GET", "/v1/roles/cjp.admin", "", 200, &got); got.Name != "Contact Center Service Administrator" {
		t.Errorf("by name: %+v", got)
	}
	w.refused("", "GET", "/v1/roles", "", 401, "unauthenticated")
	w.refused("", "GET", "/v1/roles/cjp.admin", "", 401, "unauthenticated")
	for _, id := range []string{"id_user_admin", "%00", wireID(typeRole, "x"), wireID(typePerson, "cjp.admin")} {
		w.refused("karin", "GET", "/v1/roles/"+id, "", 404, "role_not_found")
	}
}

func TestOrganizations(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		w.reach()
		for as, want := range map[string]string{
			"karin": "Sundvik Energi", "olle": "Sundvik Energi", "nora": "Nordhamn", "egon": "Elsewhere|Sundvik Energi",
			"petra": "Partner|Sundvik Energi", "pia": "Partner|Sundvik Energi", "paul": "Partner",
		} {
			var got itemsOf[organization]
			w.get(as, "GET", "/v1/organizations/", "", 200, &got)
			var found []string
			for _, o := range got.Items {
				found = append(found, o.DisplayName)
				if o.DisplayName == "Sundvik Energi" && as != "olle" {
					var one organization
					if w.get(as, "GET", "/v1/organizations/"+o.ID, "", 200, &one); one != o || o.Created != "2026-11-23T08:00:00.000Z" {
						t.Errorf("%s: listed as %+v, shown as %+v", as, o, one)
					}
				}
			}
			if slices.Sort(found); strings.Join(found, "|") != want {
				t.Errorf("%s: %q, want %q", as, found, want)
			}
		}
		w.get("karin", "GET", "/v1/organizations/"+string(w.orgs["SUN"])+"/", "", 200, nil)
		w.refused("", "GET", "/v1/organizations", "", 401, "unauthenticated")
		w.refused("olle", "GET", "/v1/organizations/"+w.orgID("SUN"), "", 403, "no_role")
		w.refused("nora", "GET", "/v1/organizations/"+w.orgID("SUN"), "", 404, "organization_not_found")
		w.refused("karin", "GET", "/v1/organizations/"+w.personID("karin"), "", 400, "invalid_organization")
		w.refused("karin", "GET", "/v1/organizations?search=%00", "", 400, "invalid_query")
		w.refused("karin", "DELETE", "/v1/organizations/"+w.orgID("SUN"), "", 405, "method_not_allowed")
		w.refused("karin", "GET", "/v1/nothing", "", 404, "no_such_route")
	})
}

// TestTenants asks for what is of SUN as people of other organizations: nothing
// is there for them, and no word of it in the answers.
func TestTenants(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		person, org, license := w.personID("olle"), w.orgID("SUN"), w.licenseID("contact_center_standard")
		for _, c := range []struct{ method, target, body string }{
			{"GET", "/v1/people?orgId=" + org, ""},
			{"GET", "/v1/people?administrators=true&orgId=" + org, ""},
			{"POST", "/v1/people", `{"emails":["x@sun.example"],"displayName":"X","orgId":"` + org + `"}`},
			{"GET", "/v1/people/" + person, ""},
			{"PUT", "/v1/people/" + person, `{"displayName":"X"}`},
			{"PUT", "/v1/people/" + person, `{"displayName":"X","orgId":"` + org + `"}`},
			{"DELETE", "/v1/people/" + person, ""},
			{"GET", "/v1/licenses?orgId=" + org, ""},
			{"GET", "/v1/licenses/" + license, ""},
			{"GET", "/v1/licenses/" + license + "?includeAssignedTo=user", ""},
			{"GET", "/v1/licenses/" + string(w.licenses["contact_center_standard"]) + "?includeAssignedTo=user&orgId=" + org, ""},
			{"PATCH", "/v1/licenses/users", `{"personId":"` + person + `","licenses":[{"id":"` + license + `","operation":"remove"}]}`},
			{"PATCH", "/v1/licenses/users", `{"email":"olle@sun.example","orgId":"` + org + `","licenses":[{"id":"` + license + `","operation":"remove"}]}`},
			{"GET", "/v1/organizations/" + org, ""},
		} {
			for _, as := range []string{"nora", "nils", "petra"} {
				var e errorBody
				out := w.get(as, c.method, c.target, c.body, 404, &e)
				if problem := family(out, &e); problem != "" || containsAny(out.Body.String(), "Olle", "olle", "Sundvik", "SUN", "contact_center") {
					t.Errorf("%s: %s %s: %s %s", as, c.method, c.target, problem, out.Body)
				}
			}
		}
		for _, target := range []string{"/v1/people", "/v1/people?id=" + person, "/v1/people?email=olle@sun.example", "/v1/licenses", "/v1/organizations"} {
			out := w.get("nora", "GET", target, "", 200, nil)
			if containsAny(out.Body.String(), "Olle", "olle@", "Sundvik") {
				t.Errorf("nora: %s: %s", target, out.Body)
			}
		}
		var p people
		if w.get("karin", "GET", "/v1/people?license=contact_center_standard", "", 200, &p); names(p) != "olle" {
			t.Errorf("strangers changed something: %q", names(p))
		}
	})
}

func containsAny(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
}
