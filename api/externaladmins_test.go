package api

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// told is a list of external administrators in short.
func told(list itemsOf[externalAdmin]) string {
	var out []string
	for _, e := range list.Items {
		out = append(out, fmt.Sprintf("%s %s %s", strings.ToLower(strings.Fields(e.DisplayName)[0]), e.Roles[0], e.Via))
	}
	return strings.Join(out, ", ")
}

func TestExternalAdmins(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		w.reach()
		w.person("ELS", "frida", policy.NoRole)
		w.person("ELS", "lars", policy.NoRole)
		at := w.identityOf("SUN") + "/externalAdmins"
		w.get("karin", "POST", at, `{"email":"frida@els.example","roles":["id_full_admin"]}`, 201, nil)
		var added externalAdmin
		w.get("sven", "POST", at, `{"email":" LARS@els.example ","roles":["`+roleWireID(policy.ServiceAdmin)+`"],"ends":"2027-06-30T22:00:00Z","reason":"konsult"}`, 201, &added)
		want := externalAdmin{OrgID: string(w.orgs["ELS"]), Type: "user", ID: string(w.people["lars"]), Email: "lars@els.example", Roles: []string{"cjp.admin"},
			DisplayName: "Lars Holm", Via: "assignment", Started: added.Started, Ends: "2027-06-30T22:00:00.000Z", Reason: "konsult"} // who gave it is not for Sven to see
		if fmt.Sprint(added) != fmt.Sprint(want) {
			t.Errorf("got %+v", added)
		}
		const all = "egon cjp.admin assignment, frida id_full_admin assignment, lars cjp.admin assignment, petra id_full_admin partnership, " +
			"pia atlas-portal.partner.provision_admin partnership"
		for _, c := range []struct{ as, query, want string }{
			{"karin", "", all},
			{"rut", "", all},
			{"petra", "", all},
			{"pia", "", all},
			{"frida", "", all},
			{"karin", "?search=RID", "frida id_full_admin assignment"},
			{"karin", "?email=Pia@par.example", "pia atlas-portal.partner.provision_admin partnership"},
			{"karin", "?roles=id_full_admin", "frida id_full_admin assignment, petra id_full_admin partnership"},
			{"karin", "?roles=id_readonly_admin", ""},
			// Service administrators see service administrators.
			{"sven", "", "egon cjp.admin assignment, lars cjp.admin assignment"},
			{"egon", "", "egon cjp.admin assignment, lars cjp.admin assignment"},
			{"sven", "?roles=id_full_admin", ""},
			{"sven", "?search=frida", ""},
			{"sven", "?email=petra@par.example", ""},
		} {
			var list itemsOf[externalAdmin]
			if w.get(c.as, "GET", at+c.query, "", 200, &list); told(list) != c.want {
				t.Errorf("%s %s: got %s", c.as, c.query, told(list))
			}
		}
		for as, status := range map[string]int{"vera": 403, "olle": 403, "nora": 404, "nils": 404, "paul": 404, "": 401} {
			w.get(as, "GET", at, "", status, nil)
			w.get(as, "GET", at+"/"+w.personID("lars"), "", status, nil)
		}

		// Pages.
		var pages []string
		for target := at + "?max=2"; target != ""; {
			var list itemsOf[externalAdmin]
			out := w.get("karin", "GET", target, "", 200, &list)
			pages = append(pages, told(list))
			target = ""
			if link := out.Header().Get("Link"); link != "" {
				next, found := strings.CutSuffix(strings.TrimPrefix(link, "<"+publicURL), `>; rel="next"`)
				if !found {
					t.Fatal(link)
				}
				target = next
			}
		}
		if len(pages) != 3 || strings.Join(pages, ", ") != all {
			t.Errorf("pages %q", pages)
		}
		w.refused("karin", "GET", at+"?cursor=x", "", 400, "invalid_cursor")

		// One of them.
		for as, status := range map[string]int{"karin": 200, "sven": 404, "egon": 404, "rut": 200} {
			w.get(as, "GET", at+"/"+w.personID("frida"), "", status, nil)
		}
		w.refused("karin", "GET", at+"/"+w.personID("kalle"), "", 404, "external_administrator_not_found")
		var got externalAdmin
		if w.get("sven", "PATCH", at+"/"+w.personID("lars"), `{"ends":null,"reason":"tills vidare"}`, 200, &got); got.Ends != "" || got.Reason != "tills vidare" ||
			got.Email != "lars@els.example" {
			t.Errorf("got %+v", got)
		}
		w.refused("sven", "PATCH", at+"/"+w.personID("frida"), `{"reason":"x"}`, 404, "assignment_not_found")
		w.refused("karin", "PATCH", at+"/"+w.personID("sven"), `{"reason":"x"}`, 404, "assignment_not_found") // no external one
		w.refused("egon", "PATCH", at+"/"+w.personID("egon"), `{"reason":"x"}`, 403, "self_assignment")
		w.refused("sven", "DELETE", at+"/"+w.personID("frida"), "", 404, "assignment_not_found")
		w.refused("karin", "DELETE", at+"/"+w.personID("petra"), "", 404, "assignment_not_found") // by partnership
		w.refused("rut", "DELETE", at+"/"+w.personID("lars"), "", 403, "not_permitted")
		w.refused("egon", "DELETE", at+"/"+w.personID("lars"), "", 403, "not_permitted")
		w.get("karin", "DELETE", at+"/"+w.personID("frida")+"?reason=klar", "", 204, nil)
		w.get("egon", "DELETE", at+"/"+w.personID("egon"), "", 204, nil) // one's own
		w.refused("karin", "DELETE", at+"/"+w.personID("egon"), "", 404, "assignment_not_found")
		w.refused("egon", "GET", at, "", 404, "organization_not_found")
	})
}

func TestAddExternalAdmin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.person("ELS", "lars", policy.NoRole)
	w.person("PAR", "vera2", policy.NoRole)
	at := w.identityOf("SUN") + "/externalAdmins"
	for _, c := range []struct {
		as, who, rest string
		status        int
		code          string
	}{
		{"karin", `"email":"nobody@els.example"`, `"roles":["cjp.admin"]`, 404, "user_not_found"},
		{"karin", `"email":"nobody"`, `"roles":["cjp.admin"]`, 400, "invalid_email"},
		{"karin", `"roles":["cjp.admin"]`, `"reason":"x"`, 400, "invalid_email"},
		{"karin", `"id":"lars"`, `"roles":["cjp.admin"]`, 400, "invalid_id"},
		{"karin", `"email":"lars@els.example"`, `"roles":[]`, 400, "invalid_roles"},
		{"karin", `"email":"lars@els.example"`, `"roles":["cjp.admin","id_full_admin"]`, 400, "invalid_roles"},
		{"karin", `"email":"lars@els.example"`, `"roles":["atlas-portal.partner.provision_admin"]`, 400, "invalid_role"},
		{"karin", `"email":"olle@sun.example"`, `"roles":["cjp.admin"]`, 409, "user_not_external"},
		{"karin", `"email":"nils@nor.example"`, `"roles":["cjp.admin"]`, 403, "external_org_has_contact_center"},
		{"karin", `"email":"vera2@par.example"`, `"roles":["cjp.admin"]`, 403, "external_user_from_partner"},
		{"karin", `"email":"egon@els.example"`, `"roles":["id_full_admin"]`, 403, "exclusive_role_held"},
		{"sven", `"email":"lars@els.example"`, `"roles":["id_full_admin"]`, 403, "not_permitted"},
		{"egon", `"email":"lars@els.example"`, `"roles":["cjp.admin"]`, 403, "not_permitted"},
		{"egon", `"email":"nobody@els.example"`, `"roles":["cjp.admin"]`, 403, "not_permitted"},
		{"nora", `"email":"lars@els.example"`, `"roles":["cjp.admin"]`, 404, "organization_not_found"},
	} {
		w.refused(c.as, "POST", at, "{"+c.who+","+c.rest+"}", c.status, c.code)
	}
	w.get("karin", "POST", at, `{"id":"`+w.personID("lars")+`","roles":["cjp.admin"]}`, 201, nil)
	w.get("lars", "GET", w.identityOf("SUN"), "", 200, nil)
}

func TestVerifyEmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.person("ELS", "lars", policy.NoRole)
	at := w.identityOf("SUN") + "/externalAdmins/actions/verifyEmail"
	for _, c := range []struct {
		as, email, role, want string
	}{
		{"karin", "lars@els.example", "", "true "},
		{"sven", "Lars@ELS.example", "cjp.admin", "true "},
		{"karin", "lars@els.example", "id_readonly_admin", "true "},
		{"karin", "nils@nor.example", "", "false external_org_has_contact_center"},
		{"karin", "petra@par.example", "", "false external_user_from_partner"},
		{"karin", "egon@els.example", "", "false exclusive_role_held"},
		{"karin", "olle@sun.example", "", "false user_not_external"},
		{"karin", "nobody@els.example", "", "false user_not_found"},
	} {
		var v verdict
		w.get(c.as, "POST", at, `{"email":"`+c.email+`","role":"`+c.role+`"}`, 200, &v)
		if got := fmt.Sprint(v.Eligible, " ", v.Code); got != c.want || (v.Code == "") != (v.Message == "") || (v.ID != "") != (v.OrgID != "") {
			t.Errorf("%+v: got %+v", c, v)
		}
	}
	w.refused("karin", "POST", at, `{"email":"x"}`, 400, "invalid_email")
	w.refused("karin", "POST", at, `{"email":"lars@els.example","role":"cjp.supervisor"}`, 400, "invalid_role")
	for as, status := range map[string]int{"rut": 403, "egon": 403, "vera": 403, "pia": 403, "nora": 404, "": 401} {
		for _, email := range []string{"lars@els.example", "nobody@els.example"} { // who may not ask learns nothing of who is there
			w.get(as, "POST", at, `{"email":"`+email+`"}`, status, nil)
		}
	}
}

func TestPartnerAdmins(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		w.reach()
		w.person("PAR", "named", policy.NoRole)
		do(w, "paul", ops.AssignRole{User: string(w.people["named"]), Role: policy.ReadOnlyAdmin, Reach: kontrollrum.ReachCustomers, Customers: []string{"SUN"}})
		const base = "/v1/partner/organizations"
		one := base + "/" + w.orgID("SUN") + "/partnerAdmin/" + w.personID("named")
		managed := func(as, name string) string {
			var list itemsOf[managedOrganization]
			w.get(as, "GET", base+"?managedBy="+url.QueryEscape(w.personID(name)), "", 200, &list)
			out := ""
			for _, m := range list.Items {
				if m.OrgID != w.orgID("SUN") {
					t.Errorf("got %+v", m)
				}
				out += m.Role + " "
			}
			return strings.TrimSpace(out)
		}
		admins := func(as string) (out string) {
			var list itemsOf[partnerAdmin]
			w.get(as, "GET", base+"/"+w.orgID("SUN")+"/partnerAdmins", "", 200, &list)
			for _, a := range list.Items {
				out += strings.ToLower(a.FirstName) + " " + a.RoleInCustomerOrg + " "
			}
			return out
		}
		const readOnly = "aWRfcmVhZG9ubHlfYWRtaW4=" // id_readonly_admin
		if got := managed("paul", "named"); got != readOnly {
			t.Errorf("got %q", got)
		}
		if got := managed("named", "named"); got != readOnly {
			t.Errorf("got %q", got)
		}
		want := "named id_readonly_admin petra id_full_admin pia atlas-portal.partner.provision_admin "
		for _, as := range []string{"karin", "rut", "petra", "pia", "named"} {
			if got := admins(as); got != want {
				t.Errorf("%s: got %q", as, got)
			}
		}
		for _, as := range []string{"sven", "egon"} { // service administrators
			if got := admins(as); got != "" {
				t.Errorf("%s: got %q", as, got)
			}
		}
		for as, status := range map[string]int{"paul": 404, "nora": 404, "vera": 403, "": 401} {
			w.get(as, "GET", base+"/"+w.orgID("SUN")+"/partnerAdmins", "", status, nil)
		}
		for as, status := range map[string]int{"karin": 404, "nora": 404, "egon": 404, "pia": 403, "": 401} {
			w.get(as, "GET", base+"?managedBy="+w.personID("named"), "", status, nil)
			w.get(as, "POST", one+"/assign", "", status, nil)
			w.get(as, "DELETE", one+"/unassign", "", status, nil)
			w.get(as, "DELETE", base+"/partnerAdmin/"+w.personID("named"), "", status, nil)
		}
		w.refused("paul", "GET", base, "", 400, "invalid_managedBy")
		w.refused("paul", "POST", one+"/assign", "", 409, "customer_assigned")
		w.refused("paul", "POST", base+"/"+w.orgID("NOR")+"/partnerAdmin/"+w.personID("named")+"/assign", "", 404, "organization_not_found")
		w.refused("paul", "POST", base+"/"+w.orgID("SUN")+"/partnerAdmin/"+w.personID("petra")+"/assign", "", 409, "reaches_all_customers")
		w.refused("paul", "POST", base+"/"+w.orgID("SUN")+"/partnerAdmin/"+w.personID("paul")+"/assign", "", 403, "self_assignment")
		if out := w.get("paul", "DELETE", one+"/unassign", "", 200, nil); out.Body.Len() > 0 {
			t.Errorf("got %s", out.Body)
		}
		if got := managed("paul", "named"); got != "" {
			t.Errorf("the last customer taken away leaves %q", got)
		}
		w.refused("named", "GET", w.identityOf("SUN"), "", 404, "organization_not_found")
		w.refused("paul", "DELETE", one+"/unassign", "", 404, "assignment_not_found")
		w.get("paul", "POST", one+"/assign", "", 200, nil)
		w.get("named", "GET", w.identityOf("SUN"), "", 200, nil)
		w.get("paul", "DELETE", base+"/partnerAdmin/"+w.personID("named"), "", 204, nil)
		w.refused("paul", "DELETE", base+"/partnerAdmin/"+w.personID("named"), "", 404, "assignment_not_found")
		w.refused("paul", "POST", one+"/assign", "", 409, "no_partner_role")
	})
}
