package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

func TestListLicenses(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		var got itemsOf[license]
		for _, as := range []string{"karin", "sven", "rut"} {
			w.get(as, "GET", "/v1/licenses/?orgId="+string(w.orgs["SUN"]), "", 200, &got)
			var lines []string
			for _, l := range got.Items {
				subscription, _, _ := strings.Cut(l.SubscriptionID, ".")
				if kontrollrum.IsID(subscription) {
					subscription = "uuid"
				}
				lines = append(lines, fmt.Sprint(l.Name, " ", l.TotalUnits, l.ConsumedUnits, l.ConsumedByUsers, l.ConsumedByWorkspaces, " ", subscription))
			}
			want := []string{"Contact Center Premium Agent 2 1 1 0 uuid", "Contact center Standard Agent 3 1 1 0 uuid", "Advanced Messaging 2 0 0 0 trialSub"}
			if !slices.Equal(lines, want) {
				t.Errorf("%s: got %q, want %q", as, lines, want)
			}
		}
		var none itemsOf[license]
		out := w.get("nora", "GET", "/v1/licenses", "", 200, &none)
		if strings.TrimSpace(out.Body.String()) != `{"items":[]}` {
			t.Errorf("no licences: %s", out.Body)
		}
	})
}

func TestViewLicense(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		w.reach()
		premium := w.licenseID(kontrollrum.PremiumAgent)
		for _, c := range []struct{ as, id string }{
			{"karin", premium}, {"karin", string(w.licenses[kontrollrum.PremiumAgent])}, {"karin", premium + "/"},
			{"karin", wireID(typeLicense, string(w.orgs["SUN"])+":CJPPRM_"+string(w.licenses[kontrollrum.PremiumAgent])+"_site.example")},
			{"petra", premium}, {"egon", premium},
			{"petra", string(w.licenses[kontrollrum.PremiumAgent]) + "?orgId=" + w.orgID("SUN")},
		} {
			var got license
			w.get(c.as, "GET", "/v1/licenses/"+c.id, "", 200, &got)
			if got.ID != premium {
				t.Errorf("%s: %s shows %+v", c.as, c.id, got)
			}
		}
		for _, c := range []struct {
			as, target string
			status     int
			code       string
		}{
			{"", premium, 401, "unauthenticated"},
			{"olle", premium, 403, "no_role"},
			{"nora", premium, 404, "organization_not_found"},
			{"nora", string(w.licenses[kontrollrum.PremiumAgent]), 404, "license_not_found"},
			{"karin", wireID(typeLicense, string(w.orgs["NOR"])+":CJPPRM_"+string(w.licenses[kontrollrum.PremiumAgent])), 404, "organization_not_found"},
			{"karin", "x", 400, "invalid_license"},
			{"karin", "%00", 400, "invalid_license"},
			{"karin", wireID(typeLicense, "x:MS_"+string(w.licenses[kontrollrum.PremiumAgent])), 400, "invalid_license"},
			{"karin", premium + "?includeAssignedTo=workspace", 400, "invalid_includeAssignedTo"},
			{"karin", premium + "?includeAssignedTo=user&limit=x", 400, "invalid_limit"},
			{"karin", premium + "?includeAssignedTo=user&next=x", 400, "invalid_next"},
			{"karin", premium + "?includeAssignedTo=user&next=" + cursor("holders", "", "\x00"), 400, "invalid_cursor"},
			{"pia", premium + "?includeAssignedTo=user", 403, "not_permitted"},
		} {
			w.refused(c.as, "GET", "/v1/licenses/"+c.target, "", c.status, c.code)
		}
	})
}

func TestLicenseHolders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	standard := w.licenseID(kontrollrum.StandardAgent)
	for _, name := range []string{"rut", "sven"} {
		do(w, "karin", ops.AssignLicense{User: string(w.people[name]), License: w.licenses[kontrollrum.StandardAgent]})
	}
	for limit, pages := range map[int]int{0: 1, 1: 3, 2: 2, 3: 1, 5000: 1} {
		var all []string
		n := 0
		for target := fmt.Sprintf("/v1/licenses/%s?includeAssignedTo=user&limit=%d", standard, limit); target != ""; n++ {
			var got licenseHeld
			out := w.get("sven", "GET", target, "", 200, &got)
			for _, u := range got.Users {
				if u.Type != "INTERNAL" || u.ID == "" || u.DisplayName == "" {
					t.Errorf("holder %+v", u)
				}
				all = append(all, u.Email)
			}
			if got.Name != "Contact center Standard Agent" || got.ConsumedUnits != 3 {
				t.Errorf("licence %+v", got.license)
			}
			link := strings.TrimSuffix(out.Header().Get("Link"), `>; rel="next"`)
			target = strings.TrimPrefix(link, "<"+publicURL)
		}
		if slices.Sort(all); n != pages || !slices.Equal(all, []string{"olle@sun.example", "rut@sun.example", "sven@sun.example"}) {
			t.Errorf("limit %d: %d pages of %q, want %d", limit, n, all, pages)
		}
	}
}

func TestEditLicenses(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		premium, standard, messaging := w.licenseID(kontrollrum.PremiumAgent), w.licenseID(kontrollrum.StandardAgent), w.licenseID(kontrollrum.MessagingUser)
		change := func(id, more string) string { return fmt.Sprintf(`{"id":%q%s}`, id, more) }
		const add, remove = `,"operation":"add"`, `,"operation":"remove"`
		rut := fmt.Sprintf(`"personId":%q`, w.personID("rut"))
		for _, c := range []struct {
			as, who, changes string
			status           int
			holds            int
			codes            string // of what failed
		}{
			{"karin", rut, change(standard, ""), 200, 1, ""},
			{"karin", rut, change(standard, remove) + "," + change(premium, add+`,"properties":{"supervisor":true,"locationId":"x"}`), 200, 1, ""},
			{"karin", `"email":"RUT@sun.example"`, change(messaging, add), 200, 2, ""},
			{"karin", rut, change(premium, `,"properties":{"supervisor":false}`), 200, 2, ""},
			{"karin", rut, change(standard, add) + "," + change(messaging, remove), 206, 1, "exclusive_license_held"},
			{"sven", rut, change(premium, remove) + "," + change(messaging, add), 206, 0, "not_permitted"},
			{"karin", fmt.Sprintf(`"personId":%q,"orgId":%q`, w.people["rut"], w.orgs["SUN"]), change(string(w.licenses[kontrollrum.PremiumAgent]), add) + "," +
				change("00000000-0000-4000-8000-000000000000", add) + "," + change(messaging, remove), 206, 1, "license_not_found license_not_held"},
		} {
			var got licensesEdited
			w.get(c.as, "PATCH", "/v1/licenses/users", fmt.Sprintf(`{%s,"licenses":[%s]}`, c.who, c.changes), c.status, &got)
			var codes []string
			for _, e := range got.Errors {
				codes = append(codes, e.Code)
			}
			if len(got.Licenses) != c.holds || strings.Join(codes, " ") != c.codes || got.PersonID != w.personID("rut") ||
				got.OrgID != w.orgID("SUN") || got.Email != "rut@sun.example" {
				t.Errorf("%s: got %+v", c.changes, got)
			}
		}
		for _, c := range []struct {
			as, body string
			status   int
			code     string
			number   int
		}{
			{"", `{` + rut + `,"licenses":[` + change(premium, remove) + `]}`, 401, "unauthenticated", 0},
			{"rut", `{` + rut + `,"licenses":[` + change(premium, remove) + `]}`, 403, "not_permitted", 0},
			{"nora", `{` + rut + `,"licenses":[` + change(premium, remove) + `]}`, 404, "user_not_found", 0},
			{"karin", `{` + rut + `,"licenses":[` + change(premium, add) + `]}`, 409, "license_held", 0},
			{"karin", `{` + rut + `,"licenses":[` + change(standard, add) + `]}`, 409, "exclusive_license_held", 400112},
			{"karin", `{"personId":"` + w.personID("sven") + `","licenses":[` + change(premium, add) + `]}`, 409, "no_seats_left", 0},
			{"karin", `{` + rut + `,"licenses":[` + change("00000000-0000-4000-8000-000000000000", "") + `]}`, 404, "license_not_found", 400000},
			{"karin", `{` + rut + `,"licenses":[` + change(messaging, `,"properties":{"supervisor":true}`) + `]}`, 400, "invalid_supervisor", 0},
			{"karin", `{` + rut + `,"licenses":[` + change("x", "") + `]}`, 400, "invalid_licenses", 0},
			{"karin", `{` + rut + `,"licenses":[` + change(premium, `,"operation":"toggle"`) + `]}`, 400, "invalid_operation", 0},
			{"karin", `{` + rut + `,"licenses":[` + change(premium, `,"properties":{"supervisor":"yes"}`) + `]}`, 400, "invalid_type", 0},
			{"karin", `{` + rut + `,"licenses":[]}`, 400, "invalid_licenses", 0},
			{"karin", `{` + rut + `,"licenses":[` + strings.TrimSuffix(strings.Repeat(change(premium, "")+",", 101), ",") + `]}`, 400, "invalid_licenses", 0},
			{"karin", `{` + rut + `,"siteUrls":[{"siteUrl":"x.example","accountType":"attendee"}]}`, 400, "site_not_found", 400216},
			{"karin", `{"licenses":[` + change(premium, "") + `]}`, 400, "invalid_personId", 0},
			{"karin", `{"email":"rut","licenses":[` + change(premium, "") + `]}`, 400, "invalid_email", 0},
			{"karin", `{"email":"nora@nor.example","licenses":[` + change(premium, "") + `]}`, 404, "user_not_found", 0},
		} {
			e := w.refused(c.as, "PATCH", "/v1/licenses/users", c.body, c.status, c.code)
			if len(e.Errors) > 0 && e.Errors[0].ErrorCode != c.number {
				t.Errorf("%s: errorCode %d, want %d", c.body, e.Errors[0].ErrorCode, c.number)
			}
		}
		var got licensesEdited
		w.get("karin", "PATCH", "/v1/licenses/users", `{`+rut+`,"siteUrls":[{"siteUrl":"x"}],"licenses":[`+change(messaging, "")+`]}`, http.StatusPartialContent, &got)
		if len(got.Licenses) != 2 || len(got.Errors) != 1 || got.Errors[0].Code != "site_not_found" {
			t.Errorf("with a site: %+v", got)
		}
	})
}
