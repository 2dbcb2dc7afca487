package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

func TestAddPerson(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		var p person
		w.get("karin", "POST", "/v1/people/", fmt.Sprintf(`{"emails":["Eva.Ek@sun.example","second@sun.example"],"firstName":"Eva","lastName":"Ek",
			"orgId":%q,"roles":[%q],"licenses":[%q,%q],"department":"Service","title":"Agent","location":"Umeå","preferredLanguage":"sv",
			"timezone":"Europe/Stockholm","phoneNumbers":[{"type":"mobile","value":"070"},{"type":"work","value":"08-123","primary":true}],
			"addresses":[{"type":"work","country":"SE"}],"manager":"Karin","siteUrls":["x.example#attendee"],"avatar":null}`,
			w.orgs["SUN"], roleWireID(policy.ServiceAdmin), w.licenseID(kontrollrum.PremiumAgent), w.licenses[kontrollrum.MessagingUser]), 200, &p)
		if p.DisplayName != "Eva Ek" || !slices.Equal(p.Emails, []string{"eva.ek@sun.example"}) || p.PhoneNumbers[0].Value != "08-123" ||
			!p.InvitePending || !p.LoginEnabled || p.Status != "pending" || p.Location != "Umeå" || p.TimeZone != "Europe/Stockholm" ||
			!slices.Equal(p.Roles, []string{roleWireID(policy.ServiceAdmin)}) || len(p.Licenses) != 2 || p.Type != "person" {
			t.Errorf("got %+v", p)
		}
		var seen person
		w.get("karin", "GET", "/v1/people/"+p.ID, "", 200, &seen)
		if fmt.Sprint(seen) != fmt.Sprint(p) {
			t.Errorf("answered %+v, shows %+v", p, seen)
		}
		out := w.get("karin", "POST", "/v1/people?minResponse=true", `{"emails":["b@sun.example"],"displayName":"B"}`, 200, nil)
		var brief map[string]any
		if err := json.Unmarshal(out.Body.Bytes(), &brief); err != nil || len(brief) != 1 || brief["id"] == "" {
			t.Errorf("brief: %s", out.Body)
		}
		var off person
		w.get("karin", "POST", "/v1/people", `{"emails":["off@sun.example"],"displayName":"Av","loginEnabled":false}`, 200, &off)
		if off.LoginEnabled || off.InvitePending || off.Status != "inactive" {
			t.Errorf("shut out from the start: %+v", off)
		}
		for _, c := range []struct {
			as, body string
			status   int
			code     string
		}{
			{"", `{"emails":["c@sun.example"],"displayName":"C"}`, 401, "unauthenticated"},
			{"sven", `{"emails":["c@sun.example"],"displayName":"C"}`, 403, "not_permitted"},
			{"nora", `{"emails":["c@sun.example"],"displayName":"C","orgId":"` + w.orgID("SUN") + `"}`, 404, "organization_not_found"},
			{"karin", `{"emails":["VERA@sun.example"],"displayName":"C"}`, 409, "email_taken"},
			{"karin", `{"emails":["nora@nor.example"],"displayName":"C"}`, 409, "email_taken"},
			{"karin", `{"displayName":"C"}`, 400, "invalid_email"},
			{"karin", `{"emails":[],"displayName":"C"}`, 400, "invalid_email"},
			{"karin", `{"emails":"c@sun.example","displayName":"C"}`, 400, "invalid_type"},
			{"karin", `{"emails":["c@sun.example"]}`, 400, "invalid_displayName"},
			{"karin", `{"emails":["c@sun.example"],"displayName":"C\u0000"}`, 400, "invalid_text"},
			{"karin", `{"emails":["c@sun.example"],"displayName":"C\u0007"}`, 400, "invalid_displayName"},
			{"karin", `{"emails":["c@sun.example"],"displayName":"` + strings.Repeat("x", 257) + `"}`, 400, "invalid_displayName"},
			{"karin", `{"emails":["c@sun.example"],"displayName":"C","timezone":"Mars/Base"}`, 400, "invalid_timeZone"},
			{"karin", `{"emails":["c@sun.example"],"displayName":"C","roles":["boss"]}`, 400, "invalid_roles"},
			{"karin", `{"emails":["c@sun.example"],"displayName":"C","roles":["cjp.supervisor"]}`, 400, "invalid_role"},
			{"karin", `{"emails":["c@sun.example"],"displayName":"C","roles":["id_full_admin","cjp.admin"]}`, 403, "exclusive_role_held"},
			{"karin", `{"emails":["c@sun.example"],"displayName":"C","licenses":["x"]}`, 400, "invalid_licenses"},
			{"karin", `{"emails":["c@sun.example"],"displayName":"C","licenses":["00000000-0000-4000-8000-000000000000"]}`, 404, "license_not_found"},
			{"karin", `{"emails":["c@sun.example"],"displayName":"C","licenses":["` + w.licenseID(kontrollrum.PremiumAgent) + `"]}`, 409, "no_seats_left"},
			{"karin", `{"emails":["c@sun.example"],"displayName":"C","loginEnabled":"maybe"}`, 400, "invalid_type"},
		} {
			w.refused(c.as, "POST", "/v1/people", c.body, c.status, c.code)
		}
		var all people
		if w.get("karin", "GET", "/v1/people", "", 200, &all); len(all.Items) != 9 {
			t.Errorf("what was refused left somebody behind: %s", names(all))
		}
	})
}

// TestSentBack sends back to PUT what GET shows: nothing happens, nothing is
// written down, whoever does it and whatever of the roles they see.
func TestSentBack(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		entries := func() int {
			return len(do(w, "karin", ops.ReadAudit{EntryFilter: ops.EntryFilter{Limit: 1000}}).Items)
		}
		before := entries()
		for _, c := range []struct{ as, who string }{{"karin", "karin"}, {"karin", "vera"}, {"karin", "sven"}, {"sven", "karin"}, {"sven", "rut"}, {"rut", "sven"}, {"vera", "vera"}} {
			shown := w.get(c.as, "GET", "/v1/people/"+w.personID(c.who), "", 200, nil).Body.String()
			again := w.get(c.as, "PUT", "/v1/people/"+w.personID(c.who), shown, 200, nil).Body.String()
			if again != shown {
				t.Errorf("%s sends %s back: %s, was %s", c.as, c.who, again, shown)
			}
			if after := entries(); after != before {
				t.Errorf("%s sends %s back: %d entries more", c.as, c.who, after-before)
			}
		}
		var p person
		if w.get("kalle", "GET", "/v1/people/"+w.personID("karin"), "", 200, &p); len(p.Roles) != 1 {
			t.Errorf("karin holds %q after those who do not see it sent her back", p.Roles)
		}
	})
}

func TestReplacePerson(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		const head = `"displayName":"Vera","firstName":"Vera"`
		premium, standard := w.licenseID(kontrollrum.PremiumAgent), w.licenseID(kontrollrum.StandardAgent)
		for _, c := range []struct {
			body string
			want string // roles and licences by number, and members
		}{
			{`{` + head + `,"title":"Agent","department":"Service","phoneNumbers":[{"value":"1"}],"timezone":"Europe/Oslo"}`, "1 1 Vera  Agent Service 1 Europe/Oslo true"},
			{`{` + head + `,"id":"` + w.personID("karin") + `","lastName":"Falk"}`, "1 1 Vera Falk   1 Europe/Oslo true"},
			{`{` + head + `,"phoneNumbers":[],"timezone":"","roles":["cjp.supervisor","cjp.admin"]}`, "2 1 Vera      true"},
			{`{` + head + `,"roles":["id_readonly_admin"]}`, "2 1 Vera      true"},
			{`{` + head + `,"roles":[]}`, "1 1 Vera      true"},
			{`{` + head + `,"licenses":["` + premium + `","` + premium + `"]}`, "1 1 Vera      true"},
			{`{` + head + `,"licenses":["` + standard + `"]}`, "0 1 Vera      true"},
			{`{` + head + `,"licenses":[]}`, "0 0 Vera      true"},
			{`{` + head + `,"licenses":null,"roles":null,"loginEnabled":null}`, "0 0 Vera      true"},
			{`{` + head + `,"loginEnabled":false}`, "0 0 Vera      false"},
			{`{` + head + `}`, "0 0 Vera      false"},
			{`{` + head + `,"loginEnabled":"true"}`, "0 0 Vera      true"},
			{`{` + head + `,"loginEnabled":"false","emails":["v@sun.example"]}`, "0 0 Vera      false"},
		} {
			var p person
			w.get("karin", "PUT", "/v1/people/"+w.personID("vera"), c.body, 200, &p)
			phone := ""
			if p.PhoneNumbers != nil {
				phone = p.PhoneNumbers[0].Value
			}
			got := fmt.Sprintf("%d %d %s %s %s %s %s %s %t", len(p.Roles), len(p.Licenses), p.FirstName, p.LastName, p.Title, p.Department, phone, p.TimeZone, p.LoginEnabled)
			if got != c.want || p.ID != w.personID("vera") {
				t.Errorf("%s: got %q, want %q", c.body, got, c.want)
			}
		}
		for _, c := range []struct {
			as, who, body string
			status        int
			code          string
		}{
			{"karin", "olle", `{"firstName":"Olle"}`, 400, "invalid_displayName"},
			{"karin", "olle", `{"displayName":"O","emails":["karin@sun.example"]}`, 409, "email_taken"},
			{"karin", "olle", `{"displayName":"O","orgId":"` + w.orgID("NOR") + `"}`, 404, "organization_not_found"},
			{"sven", "olle", `{"displayName":"O","emails":["o@sun.example"]}`, 403, "not_permitted"},
			{"sven", "olle", `{"displayName":"O","roles":["id_full_admin"]}`, 403, "not_permitted"},
			{"sven", "karin", `{"displayName":"Karin Holm","firstName":"Karin","lastName":"Holm","roles":["cjp.admin"]}`, 403, "exclusive_role_held"},
			{"olle", "olle", `{"displayName":"O","roles":["id_full_admin"]}`, 403, "not_permitted"},
			{"rut", "olle", `{"displayName":"O"}`, 403, "not_permitted"},
			{"nora", "olle", `{"displayName":"O"}`, 404, "user_not_found"},
		} {
			w.refused(c.as, "PUT", "/v1/people/"+w.personID(c.who), c.body, c.status, c.code)
		}
		e := w.refused("sven", "PUT", "/v1/people/"+w.personID("olle"), `{"displayName":"O","roles":["id_full_admin"]}`, 403, "not_permitted")
		if d := e.Errors[0]; d.Action != "roles.full_admin.assign_internal" || d.Cell != "S/C" {
			t.Errorf("refused as %+v", d)
		}
	})
}
