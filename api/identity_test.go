package api

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// identityOf is where an organization stands, by its UUID.
func (w *world) identityOf(plate string) string {
	return "/identity/organizations/" + string(w.orgs[plate])
}

func TestIdentityOrganization(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		at := w.identityOf("SUN")
		var got identityOrganization
		out := w.get("karin", "GET", at, "", 200, &got)
		if got.ID != string(w.orgs["SUN"]) || got.DisplayName != "Sundvik Energi" || got.Plate != "SUN" || got.PreferredLanguage != "sv" || got.Meta.Version != "1" ||
			got.Platform != "new" || got.State != "active" || len(got.Services) != 1 || got.Meta.Created != "2026-11-23T08:00:00.000Z" || out.Header().Get("ETag") != `"1"` {
			t.Errorf("got %+v, ETag %s", got, out.Header().Get("ETag"))
		}
		for _, same := range []string{"/v1" + at, "/identity/organizations/" + w.orgID("SUN"), at + "/"} {
			if again := w.get("karin", "GET", same, "", 200, nil); again.Body.String() != out.Body.String() {
				t.Errorf("%s: got %s", same, again.Body)
			}
		}
		for as, status := range map[string]int{"kalle": 200, "sven": 200, "rut": 200, "egon": 200, "pia": 200, "vera": 403, "olle": 403, "nora": 404, "petra": 404, "": 401} {
			w.get(as, "GET", at, "", status, nil)
		}
		w.refused("karin", "GET", "/identity/organizations/SUN", "", 400, "invalid_orgId")
		w.refused("karin", "GET", "/identity/organizations/"+w.personID("karin"), "", 400, "invalid_orgId")
	})
}

func TestEditIdentityOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.reach()
	at := w.identityOf("SUN")
	for _, c := range []struct {
		as, ifMatch, body string
		status            int
		want              string // code and field, or the organization's name and version
	}{
		{"karin", "", `{"displayName":"Sundvik Energi AB","timeZone":"Europe/Oslo"}`, 200, "Sundvik Energi AB 2"},
		{"karin", `"2"`, `{"displayName":"Sundvik"}`, 200, "Sundvik 3"},
		{"karin", `W/"3"`, `{"preferredLanguage":"en","country":"NO"}`, 200, "Sundvik 4"},
		{"karin", `*`, `{"overage":2}`, 200, "Sundvik 5"},
		{"karin", `"4"`, `{"displayName":"Too late"}`, 412, "version_mismatch "},
		{"karin", "", `{"displayName":"Too late","meta":{"version":"4"}}`, 412, "version_mismatch "},
		{"karin", "", `{"displayName":"Sundvik","country":"SE","meta":{"version":"5","created":"2026-11-23T08:00:00.000Z"}}`, 200, "Sundvik 6"},
		{"karin", `"x"`, `{}`, 400, "invalid_If-Match If-Match"},
		{"karin", `"-1"`, `{}`, 400, "invalid_If-Match If-Match"},
		{"karin", "", `{"displayName":""}`, 400, "invalid_name displayName"},
		{"karin", "", `{"preferredLanguage":"x y"}`, 400, "invalid_language preferredLanguage"},
		{"karin", "", `{"country":"Sweden"}`, 400, "invalid_country country"},
		{"karin", "", `{"overage":"2"}`, 400, "invalid_type overage"},
		{"karin", "", `[]`, 400, "invalid_type body"},
		{"sven", "", `{"displayName":"S"}`, 403, "not_permitted "},
		{"rut", "", `{"displayName":"S"}`, 403, "not_permitted "},
		{"egon", "", `{"displayName":"S"}`, 403, "not_permitted "},
		{"nora", "", `{"displayName":"S"}`, 404, "organization_not_found "},
		{"petra", "", `{"timeZone":"Europe/Stockholm"}`, 200, "Sundvik 7"},
		{"petra", "", `{"ownAdministratorsOnly":true}`, 403, "not_permitted "}, // whom it restricts does not switch it
		{"karin", "", `{"ownAdministratorsOnly":true}`, 200, "Sundvik 8"},
		{"karin", `"8"`, `{"displayName":"Sundvik"}`, 200, "Sundvik 8"}, // as it is
		{"karin", "", `{}`, 200, "Sundvik 8"},
		{"karin", "", `{"secondFactor":true,"automaticMails":false}`, 200, "Sundvik 9"},
		{"karin", "", `{"secondFactor":"yes"}`, 400, "invalid_type secondFactor"},
	} {
		r := httptest.NewRequest("PATCH", at, strings.NewReader(c.body))
		if c.ifMatch != "" {
			r.Header.Set("If-Match", c.ifMatch)
		}
		out := w.send(c.as, r)
		var got struct {
			identityOrganization
			errorBody
		}
		decodeInto(w, out, &got)
		told := got.DisplayName + " " + got.Meta.Version
		if out.Code >= 400 {
			told = got.Errors[0].Code + " " + got.Errors[0].Field
		}
		if out.Code != c.status || told != c.want {
			t.Errorf("%+v: got %d %s", c, out.Code, out.Body)
		}
	}
	var got identityOrganization
	if w.get("karin", "GET", at, "", 200, &got); !got.SecondFactor || got.AutomaticMails {
		t.Errorf("got %+v", got)
	}
}

func TestSuspend(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.reach()
	at := w.identityOf("SUN")
	w.refused("karin", "POST", at+"/actions/suspend", "", 403, "not_permitted")
	w.refused("nora", "POST", at+"/actions/suspend", "", 404, "organization_not_found")
	var got identityOrganization
	if w.get("petra", "POST", at+"/actions/suspend", "", 200, &got); got.State != "suspended" {
		t.Errorf("got %+v", got)
	}
	w.refused("petra", "POST", at+"/actions/suspend", "", 403, "organization_suspended")
	w.refused("karin", "PATCH", at, `{"displayName":"x"}`, 403, "organization_suspended")
	w.get("karin", "GET", at, "", 200, nil)
	w.refused("karin", "POST", at+"/actions/resume", "", 403, "not_permitted")
	w.get("petra", "POST", at+"/actions/resume", "", 200, &got)
	w.refused("petra", "POST", at+"/actions/resume", "", 409, "not_suspended")
}

func TestCustomers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	at := w.identityOf("PAR") + "/customers"
	var got identityOrganization
	w.get("petra", "POST", at, `{"plate":"KND","displayName":"Kund","country":"NO","preferredLanguage":"en","timeZone":"Europe/Oslo",
		"services":["contact_center","meetings"],"platform":"1.0","provisioning":true}`, 201, &got)
	if got.Plate != "KND" || got.DisplayName != "Kund" || got.Country != "NO" || got.PreferredLanguage != "en" || got.Platform != "1.0" || len(got.Services) != 2 {
		t.Errorf("got %+v", got)
	}
	var list itemsOf[partnership]
	if w.get("petra", "GET", w.identityOf("PAR")+"/partnerships", "", 200, &list); len(list.Items) != 2 || list.Items[1].CustomerOrgID != got.ID ||
		!list.Items[1].Provisioning || list.Items[1].Managing {
		t.Errorf("got %+v", list)
	}
	e := w.refused("petra", "POST", at, `{"plate":"kund","country":"xx","preferredLanguage":"?"}`, 400, "invalid_plate")
	var fields []string
	for _, d := range e.Errors {
		fields = append(fields, d.Field)
	}
	if strings.Join(fields, " ") != "plate displayName country preferredLanguage" {
		t.Errorf("errors about %q", fields)
	}
	w.refused("petra", "POST", at, `{"plate":"SUN","displayName":"Another"}`, 409, "plate_taken")
	w.refused("pia", "POST", at, `{"plate":"KUN","displayName":"Another"}`, 403, "role_not_applicable")
	w.refused("karin", "POST", at, `{"plate":"KUN","displayName":"Another"}`, 404, "organization_not_found")
}

func TestPartnerships(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	at := w.identityOf("SUN") + "/partnerships"
	var one partnership
	w.get("karin", "POST", at, `{"partnerOrgId":"`+w.orgID("ELS")+`","managing":true,"ends":"2027-06-30T22:00:00+02:00"}`, 200, &one)
	if one != (partnership{string(w.orgs["ELS"]), string(w.orgs["SUN"]), true, false, one.Started, "2027-06-30T20:00:00.000Z"}) {
		t.Errorf("got %+v", one)
	}
	w.refused("karin", "POST", at, `{"partnerOrgId":"ELS","managing":true,"ends":"2027-06-30T20:00:00Z"}`, 409, "partnership_exists")
	for body, want := range map[string]string{
		`{"managing":true}`: "partnerOrgId", `{"partnerOrgId":"SUN","managing":true}`: "partnerOrgId", `{"partnerOrgId":"ELS"}`: "managing",
		`{"partnerOrgId":"ELS","managing":true,"ends":"tomorrow"}`: "ends", `{"partnerOrgId":"ELS","managing":true,"ends":"2020-01-01T00:00:00Z"}`: "ends",
	} {
		var e errorBody
		if w.get("karin", "POST", at, body, 400, &e); e.Errors[0].Field != want {
			t.Errorf("%s: got %+v", body, e.Errors)
		}
	}
	w.refused("karin", "POST", at, `{"partnerOrgId":"XXX","managing":true}`, 404, "organization_not_found")
	var list itemsOf[partnership]
	if w.get("rut", "GET", at, "", 200, &list); len(list.Items) != 2 || list.Items[1] != one {
		t.Errorf("got %+v", list)
	}
	w.refused("rut", "DELETE", at+"/"+w.orgID("ELS"), "", 403, "not_permitted")
	w.get("karin", "DELETE", at+"/"+w.orgID("ELS"), "", 204, nil)
	w.refused("karin", "DELETE", at+"/"+w.orgID("ELS"), "", 404, "partnership_not_found")
	w.refused("nora", "GET", at, "", 404, "organization_not_found")
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	at := w.identityOf("SUN") + "/subscriptions"
	var list itemsOf[subscription]
	w.get("sven", "GET", at, "", 200, &list)
	if len(list.Items) != 2 || list.Items[0].Name != "Main" || list.Items[0].Trial || list.Items[0].Ended || !list.Items[1].Trial ||
		len(list.Items[0].Licenses) != 2 || list.Items[0].Licenses[0] != (subscriptionLicense{w.licenseID("contact_center_standard"), "contact_center_standard", 3, 1}) {
		t.Errorf("got %+v", list)
	}
	if w.get("karin", "GET", at+"?search=TRI", "", 200, &list); len(list.Items) != 1 || list.Items[0].Name != "Trial" {
		t.Errorf("got %+v", list)
	}
	w.refused("nora", "GET", at, "", 404, "organization_not_found")
	w.refused("olle", "GET", at, "", 403, "no_role")
}

func TestUsage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	at := w.identityOf("SUN") + "/usage"
	var list itemsOf[usage]
	w.get("sven", "GET", at+"?from=2026-11-01&to=2026-11-23", "", 200, &list)
	if want := []usageDay{{"2026-11-23", 3, 1}}; list.Items[0].Product != "contact_center_standard" || !slices.Equal(list.Items[0].Days, want) {
		t.Errorf("got %+v, want %+v first", list, want)
	}
	w.refused("karin", "GET", at+"?to=yesterday", "", 400, "invalid_to")
	w.refused("karin", "GET", at+"?from=2020-01-01", "", 400, "invalid_from")
	w.refused("nora", "GET", at, "", 404, "organization_not_found")
	w.refused("olle", "GET", at, "", 403, "no_role")
}

func TestUserActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	at := w.identityOf("SUN") + "/users/" + w.personID("olle") + "/actions/"
	w.refused("karin", "POST", at+"activate", "", 409, "already_active")
	var got person
	if w.get("karin", "POST", at+"deactivate", "", 200, &got); got.LoginEnabled || got.ID != w.personID("olle") {
		t.Errorf("got %+v", got)
	}
	w.refused("olle", "GET", "/v1/people/me", "", 401, "unauthenticated")
	w.refused("karin", "POST", at+"deactivate", "", 409, "already_inactive")
	w.refused("sven", "POST", at+"activate", "", 403, "not_permitted")
	w.refused("nora", "POST", at+"activate", "", 404, "organization_not_found")
	w.get("karin", "POST", at+"activate", "", 200, &got)
	w.refused("karin", "POST", w.identityOf("SUN")+"/users/"+w.personID("nils")+"/actions/deactivate", "", 404, "user_not_found")
	w.refused("nora", "POST", w.identityOf("NOR")+"/users/"+w.personID("olle")+"/actions/deactivate", "", 404, "user_not_found")
	w.refused("karin", "POST", w.identityOf("SUN")+"/users/olle/actions/deactivate", "", 400, "invalid_userId")
}

func TestUserRoles(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		at := func(name string) string { return w.identityOf("SUN") + "/users/" + w.personID(name) + "/roles" }
		var got assignment
		w.get("karin", "POST", at("olle"), `{"role":"cjp.admin","ends":"2027-06-30T22:00:00+02:00","reason":"vikarie"}`, 201, &got)
		want := assignment{Role: "cjp.admin", OrgID: string(w.orgs["SUN"]), UserID: string(w.people["olle"]), Reach: "own", Started: got.Started,
			Ends: "2027-06-30T20:00:00.000Z", GivenBy: string(w.people["karin"]), Reason: "vikarie"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %+v", got)
		}
		for body, code := range map[string]string{
			`{"role":"id_user_admin"}`: "invalid_role", `{}`: "invalid_role", `{"role":"id_full_admin","ends":"soon"}`: "invalid_ends",
			`{"role":"atlas-portal.partner.provision_admin","reach":"far"}`: "", `{"role":"cjp.supervisor"}`: "invalid_role",
		} {
			if code != "" {
				w.refused("karin", "POST", at("vera"), body, 400, code)
			}
		}
		w.refused("karin", "POST", at("olle"), `{"role":"id_full_admin"}`, 403, "exclusive_role_held")
		w.refused("karin", "POST", at("karin"), `{"role":"id_full_admin"}`, 403, "self_assignment")
		w.refused("rut", "POST", at("vera"), `{"role":"cjp.admin"}`, 403, "not_permitted")
		w.refused("nora", "POST", at("vera"), `{"role":"cjp.admin"}`, 404, "organization_not_found")
		w.refused("karin", "POST", at("olle"), `{"role":"id_readonly_admin","ends":"2020-01-01T00:00:00Z"}`, 403, "exclusive_role_held")

		// Whoever may see the role sees it.
		var list itemsOf[assignment]
		for as, roles := range map[string]string{"karin": "id_full_admin", "rut": "id_full_admin", "sven": ""} {
			w.get(as, "GET", at("karin"), "", 200, &list)
			told := ""
			for _, a := range list.Items {
				told += a.Role
			}
			if told != roles {
				t.Errorf("%s sees %q, want %q", as, told, roles)
			}
		}
		if w.get("sven", "GET", at("olle"), "", 200, &list); len(list.Items) != 1 || list.Items[0].Reason != "vikarie" {
			t.Errorf("got %+v", list)
		}

		change := at("olle") + "/" + roleWireID(policy.ServiceAdmin)
		if w.get("sven", "PATCH", change, `{"reason":"längre"}`, 200, &got); got.Ends != want.Ends || got.Reason != "längre" {
			t.Errorf("got %+v", got)
		}
		got = assignment{}
		if w.get("karin", "PATCH", change, `{"ends":null}`, 200, &got); got.Ends != "" || got.Reason != "längre" {
			t.Errorf("got %+v", got)
		}
		for _, ends := range []string{`""`, `7`, `"2027"`, `"2020-01-01T00:00:00Z"`, `{}`} {
			w.refused("karin", "PATCH", change, `{"ends":`+ends+`}`, 400, "invalid_ends")
		}
		w.refused("karin", "PATCH", at("vera")+"/cjp.admin", `{"ends":null}`, 404, "assignment_not_found")
		w.refused("sven", "DELETE", at("karin")+"/id_full_admin", "", 403, "not_permitted")
		w.get("olle", "DELETE", change+"?reason=slut", "", 204, nil) // one's own
		w.refused("karin", "DELETE", change, "", 404, "assignment_not_found")
		w.refused("karin", "DELETE", at("olle")+"/nothing", "", 400, "invalid_role")
	})
}

// TestReach gives roles in a partner organization that reach its customers.
func TestReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.person("PAR", "named", policy.NoRole)
	at := w.identityOf("PAR") + "/users/" + w.personID("named") + "/roles"
	w.refused("petra", "POST", at, `{"role":"id_readonly_admin","reach":"far"}`, 400, "invalid_reach")
	w.refused("petra", "POST", at, `{"role":"id_readonly_admin","customers":["SUN"]}`, 400, "invalid_customers")
	w.refused("petra", "POST", at, `{"role":"id_readonly_admin","reach":"customers","customers":["NOR"]}`, 400, "invalid_customers")
	var got assignment
	w.get("petra", "POST", at, `{"role":"id_readonly_admin","reach":"customers","customers":["`+w.orgID("SUN")+`"]}`, 201, &got)
	if got.Reach != "customers" || got.All == nil || *got.All || len(got.Customers) != 1 || got.Customers[0] != string(w.orgs["SUN"]) {
		t.Errorf("got %+v", got)
	}
	w.get("named", "GET", w.identityOf("SUN"), "", 200, nil)
	do(w, "karin", ops.EndPartnership{Partner: "PAR"})
	w.refused("named", "GET", w.identityOf("SUN"), "", 404, "organization_not_found")
}

func decodeInto(w *world, out *httptest.ResponseRecorder, v any) {
	w.Helper()
	w.must(json.Unmarshal(out.Body.Bytes(), v))
}
