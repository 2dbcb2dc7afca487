package api

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"

	"github.com/kontrollrum/kontrollrum/ops"
)

// tour comes to every route once, and to what is under /identity under prefix.
func (c *contract) tour(prefix string) {
	c.Helper()
	c.reach()
	c.open()
	c.family()
	c.identity(prefix + "/identity/organizations/" + string(c.orgs["SUN"]))
	c.partners(prefix)
	c.access()
	c.audit()
}

// member reads a string out of an answer.
func member(out *httptest.ResponseRecorder, name string) string {
	var v map[string]any
	_ = json.Unmarshal(out.Body.Bytes(), &v)
	text, _ := v[name].(string)
	return text
}

func (c *contract) open() {
	c.step("", "GET", "/openapi.json", "", 200)
	c.step("", "GET", "/.well-known/authzen-configuration", "", 200)
	c.step("karin", "GET", "/v1/adminAudit/eventCategories", "", 200)
}

func (c *contract) family() {
	org := c.orgID("SUN")
	for _, query := range []string{"", "&max=2", "&administrators=true", "&id=" + c.personID("karin") + "," + c.personID("nils")} {
		c.step("karin", "GET", "/v1/people?orgId="+org+query, "", 200)
	}
	c.step("sven", "GET", "/v1/people?orgId="+org, "", 200)
	for _, as := range []string{"karin", "vera", "olle"} {
		c.step(as, "GET", "/v1/people/me", "", 200)
	}
	eva := member(c.step("karin", "POST", "/v1/people", `{"emails":["eva.ek@sun.example"],"displayName":"Eva Ek","firstName":"Eva","lastName":"Ek",
		"orgId":"`+org+`","title":"Agent","phoneNumbers":[{"type":"work","value":"+46 8 123"}],"roles":["`+roleWireID(policy.ServiceAdmin)+`"],
		"licenses":["`+c.licenseID(kontrollrum.StandardAgent)+`"]}`, 200), "id")
	c.step("karin", "GET", "/v1/people/"+eva, "", 200)
	c.step("karin", "PUT", "/v1/people/"+eva, `{"displayName":"Eva Ek","roles":[],"licenses":[],"loginEnabled":true}`, 200)
	c.step("karin", "PUT", "/v1/people/"+eva+"?minResponse=true", `{"displayName":"Eva Eek"}`, 200)
	c.step("karin", "PATCH", "/v1/licenses/users", `{"personId":"`+eva+`","orgId":"`+org+`","licenses":[{"id":"`+c.licenseID(kontrollrum.StandardAgent)+`","operation":"add"}]}`, 200)
	c.step("karin", "PATCH", "/v1/licenses/users", `{"personId":"`+eva+`","orgId":"`+org+`","licenses":[{"id":"`+c.licenseID(kontrollrum.StandardAgent)+`","operation":"remove"},
		{"id":"`+c.licenseID(kontrollrum.MessagingUser)+`","operation":"remove"}]}`, 206)
	c.step("karin", "DELETE", "/v1/people/"+eva, "", 204)
	c.step("karin", "GET", "/v1/licenses?orgId="+org, "", 200)
	for _, query := range []string{"", "?includeAssignedTo=user"} {
		c.step("karin", "GET", "/v1/licenses/"+c.licenseID(kontrollrum.PremiumAgent)+query, "", 200)
	}
	c.step("karin", "GET", "/v1/roles", "", 200)
	c.step("karin", "GET", "/v1/roles/"+roleWireID(policy.FullAdmin), "", 200)
	c.step("karin", "GET", "/v1/organizations", "", 200)
	c.step("karin", "GET", "/v1/organizations/"+org, "", 200)
}

func (c *contract) identity(at string) {
	c.step("karin", "GET", at, "", 200)
	c.step("karin", "PATCH", at, `{"schemas":["`+identitySchema+`"],"displayName":"Sundvik Energi","preferredLanguage":"en","country":"NO","overage":1,
		"secondFactor":true,"automaticMails":false}`, 200)
	c.step("petra", "POST", at+"/actions/suspend", "", 200)
	c.step("petra", "POST", at+"/actions/resume", "", 200)
	c.step("karin", "GET", at+"/subscriptions?search=main", "", 200)
	c.step("karin", "GET", at+"/usage?from=2026-11-01", "", 200)
	c.step("karin", "POST", at+"/customers", `{"plate":"KND","displayName":"Kund","services":["contact_center"],"platform":"1.0"}`, 201)
	c.step("karin", "POST", at+"/partnerships", `{"partnerOrgId":"ELS","provisioning":true,"ends":"2027-06-30T22:00:00Z"}`, 200)
	c.step("karin", "GET", at+"/partnerships", "", 200)
	c.step("karin", "DELETE", at+"/partnerships/"+c.orgID("ELS"), "", 204)
	c.step("karin", "PUT", at+"/identityProvider", `{"issuer":"https://id.sun.example","clientId":"hub","clientSecret":"s","name":"Sun","enforced":true}`, 200)
	c.step("rut", "GET", at+"/identityProvider", "", 200)
	c.step("karin", "DELETE", at+"/identityProvider", "", 204)

	olle := at + "/users/" + c.personID("olle")
	c.step("karin", "POST", olle+"/actions/deactivate", "", 200)
	c.step("karin", "POST", olle+"/actions/activate", "", 200)
	c.step("karin", "POST", olle+"/roles", `{"role":"id_readonly_admin","ends":"2027-06-30T22:00:00+02:00","reason":"vikarie"}`, 201)
	c.step("karin", "GET", olle+"/roles", "", 200)
	c.step("karin", "PATCH", olle+"/roles/id_readonly_admin", `{"ends":null,"reason":"tills vidare"}`, 200)
	c.step("karin", "DELETE", olle+"/roles/id_readonly_admin?reason=klar", "", 204)

	c.jobs(at)

	c.person("ELS", "lars", policy.NoRole)
	admins := at + "/externalAdmins"
	c.step("karin", "POST", admins+"/actions/verifyEmail", `{"email":"lars@els.example"}`, 200)
	c.step("karin", "POST", admins+"/actions/verifyEmail", `{"email":"pia@par.example","role":"cjp.admin"}`, 200)
	c.step("karin", "POST", admins, `{"email":"Lars@els.example","roles":["cjp.admin"],"ends":"2027-06-30T22:00:00Z","reason":"konsult"}`, 201)
	c.step("karin", "GET", admins, "", 200)
	c.step("karin", "GET", admins+"?max=1&search=holm&roles=cjp.admin", "", 200)
	lars := admins + "/" + string(c.people["lars"])
	c.step("karin", "GET", lars, "", 200)
	c.step("sven", "PATCH", lars, `{"ends":"2027-01-31T23:00:00Z"}`, 200)
	c.step("karin", "DELETE", lars, "", 204)
}

func (c *contract) jobs(at string) {
	for _, name := range []string{"ny", "bo"} {
		c.invite(name, true)
	}
	c.step("karin", "POST", at+"/users/"+c.personID("ny")+"/actions/resendInvitation", "", 200)
	jobs := at + "/jobs/sendActivationEmails"
	id := member(c.step("karin", "POST", jobs, "", 202), "id")
	c.step("karin", "GET", jobs+"/"+id+"/status", "", 200)
	for operate(c.world, ops.WorkTask{Clerk: "c", Lease: time.Minute}) {
	}
	c.refuseMail()
	c.step("karin", "GET", jobs+"/"+id+"/status", "", 200)
	for _, query := range []string{"", "?max=1"} {
		c.step("sven", "GET", jobs+"/"+id+"/errors"+query, "", 200)
		c.step("sven", "GET", at+"/undeliveredMail"+query, "", 200)
	}
}

func (c *contract) partners(prefix string) {
	c.person("PAR", "named", policy.NoRole)
	c.organization("BRU", "Bruket")
	do(c.world, "paul", ops.AssignRole{User: string(c.people["named"]), Role: policy.ReadOnlyAdmin, Reach: kontrollrum.ReachCustomers, Customers: []string{"SUN"}})
	at, named := "/v1/partner/organizations", c.personID("named")
	c.step("paul", "GET", at+"?managedBy="+named, "", 200)
	c.step("karin", "GET", at+"/"+c.orgID("SUN")+"/partnerAdmins", "", 200)
	c.step("paul", "DELETE", at+"/"+c.orgID("SUN")+"/partnerAdmin/"+named+"/unassign", "", 200)
	c.step("paul", "POST", at+"/"+c.orgID("SUN")+"/partnerAdmin/"+named+"/assign", "", 200)
	c.step("paul", "DELETE", at+"/partnerAdmin/"+named, "", 204)
}

func (c *contract) access() {
	question := `{"subject":{"type":"user","id":"%s"},"action":{"name":"users.add"},"resource":{"type":"organization","id":"SUN"}}`
	c.step("karin", "POST", evaluationPath, fmt.Sprintf(question, "karin@sun.example"), 200)
	c.step("karin", "POST", evaluationPath, fmt.Sprintf(question, "sven@sun.example"), 200)
	c.step("karin", "POST", evaluationsPath, fmt.Sprintf(question, "sven@sun.example"), 200)
	c.step("karin", "POST", evaluationsPath, `{"action":{"name":"users.add"},"resource":{"type":"organization","id":"SUN"},
		"evaluations":[{"subject":{"type":"user","id":"karin@sun.example"}},{"subject":{"type":"user","id":"sven@sun.example"}}]}`, 200)
}

func (c *contract) audit() {
	c.step("sven", "DELETE", "/v1/people/"+c.personID("karin"), "", 403) // so that there is a refusal
	for _, query := range []string{"", "&max=3&offset=1", "&outcome=refused", "&eventCategories=ROLES&eventCategories=USERS"} {
		for _, as := range []string{"karin", "sven"} {
			c.step(as, "GET", "/v1/adminAudit/events?orgId="+c.orgID("SUN")+"&from=2026-11-01T00:00:00.000Z&to=2026-12-01T00:00:00.000Z"+query, "", 200)
		}
	}
}
