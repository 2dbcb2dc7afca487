package api

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/policy"
)

// question is a question about SUN; user and object may be empty.
func question(subject, action, user, object string) string {
	properties := map[string]string{}
	if user != "" {
		properties["user"] = user
	}
	if object != "" {
		properties["object"] = object
	}
	text, _ := json.Marshal(properties)
	return fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":%q},"resource":{"type":"organization","id":"SUN","properties":%s}}`, subject, action, text)
}

func TestEvaluation(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		w.reach()
		w.application("crm")
		for _, c := range []struct{ as, subject, action, user, object, want string }{
			{"karin", "karin@sun.example", "users.add", "", "", "true F/C"},
			{"crm", "Karin@SUN.example", "users.add", "", "", "true F/C"},
			{"crm", w.personID("karin"), "users.add", "", "", "true F/C"},
			{"crm", strings.ToUpper(string(w.people["karin"])), "users.add", "", "", "true F/C"},
			{"crm", "petra@par.example", "users.add", "", "", "true F/P"},
			{"crm", "egon@els.example", "users.list", "", "", "true S/O"},
			{"crm", "sven@sun.example", "users.add", "", "", "false S/C not_permitted"},
			{"crm", "sven@sun.example", "administrators.view", "", "", "true S/C ccsa"},
			{"crm", "sven@sun.example", "roles.service_admin.assign_internal", "olle@sun.example", "", "true S/C"},
			{"crm", "sven@sun.example", "roles.service_admin.assign_internal", w.personID("karin"), "", "false S/C exclusive_role_held c3"},
			{"crm", "karin@sun.example", "users.remove", "nora@nor.example", "", "false F/C user_not_found"},
			{"crm", "karin@sun.example", "management_portal.sign_in", "", "", "true F/C full"},
			{"crm", "olle@sun.example", "agent_desktop.sign_in", "", "", "true own licence"},
			{"crm", "vera@sun.example", "business_hours.edit", "", "working-hour", "false V/C user_profile_lacks_permission c6"},
			{"crm", "nora@nor.example", "users.add", "", "", "false  no_role"},
			{"crm", "nobody@sun.example", "users.add", "", "", "false  subject_not_found"},
			{"crm", "x", "users.add", "", "", "false  subject_not_found"},
			{"crm", "karin@sun.example", "users.fly", "", "", "false  unknown_action"},
			{"nora", "karin@sun.example", "users.add", "", "", "false  organization_not_found"},
			{"sven", "sven@sun.example", "users.add", "", "", "false S/C not_permitted"}, // about oneself
			{"olle", "olle@sun.example", "users.view", "olle@sun.example", "", "true own"},
		} {
			var d decision
			w.get(c.as, "POST", evaluationPath, question(c.subject, c.action, c.user, c.object), 200, &d)
			got := strings.TrimRight(fmt.Sprintf("%t %s %s%s %s", d.Decision, d.Context.Cell, d.Context.Reason, d.Context.Mode, d.Context.Rule), " ")
			if got != c.want {
				t.Errorf("%+v: got %q", c, got)
			}
			if held := c.want == "true F/P"; held && d.Context.Assignment == "" {
				t.Errorf("%+v: which assignment gave it is not told: %+v", c, d)
			}
		}
		// Of others ask full administrators and applications.
		for as, code := range map[string]string{"sven": "not_permitted", "rut": "not_permitted", "egon": "not_permitted", "olle": "no_role"} {
			for _, subject := range []string{"karin@sun.example", "nobody@sun.example"} {
				w.refused(as, "POST", evaluationPath, question(subject, "users.add", "", ""), 403, code)
				w.refused(as, "POST", evaluationsPath, `{"evaluations":[`+question(as+"@sun.example", "users.add", "", "")+","+question(subject, "users.add", "", "")+`]}`, 403, code)
			}
		}
		w.refused("", "POST", evaluationPath, question("karin@sun.example", "users.add", "", ""), 401, "unauthenticated")
		w.refused("", "POST", evaluationsPath, question("karin@sun.example", "users.add", "", ""), 401, "unauthenticated")
	})
}

// TestEvaluationElsewhere: an application answers to one organization, and for
// those of others it is as if they were not there.
func TestEvaluationElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.application("crm")
	for _, plate := range []string{"NOR", "XXX", w.orgID("PAR"), string(w.orgs["ELS"]), w.orgID("PAR") + "x", ""} {
		body := strings.ReplaceAll(question("nora@nor.example", "users.add", "", ""), "SUN", plate)
		if plate == "" {
			w.refused("crm", "POST", evaluationPath, body, 400, "invalid_resource")
			continue
		}
		if out := w.get("crm", "POST", evaluationPath, body, 200, nil); out.Body.String() != `{"decision":false,"context":{"reason":"organization_not_found"}}` {
			t.Errorf("%s: got %s", plate, out.Body)
		}
	}
}

func TestMalformedEvaluation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	const subject, action, resource = `"subject":{"type":"user","id":"karin@sun.example"}`, `"action":{"name":"users.add"}`, `"resource":{"type":"organization","id":"SUN"}`
	for body, code := range map[string]string{
		"": "empty_body", "{": "invalid_json", "null": "invalid_subject", "[]": "invalid_type", "{}": "invalid_subject",
		`{` + action + `,` + resource + `}`: "invalid_subject", `{` + subject + `,` + resource + `}`: "invalid_action", `{` + subject + `,` + action + `}`: "invalid_resource",
		`{"subject":{"id":"karin@sun.example"},` + action + `,` + resource + `}`:                                  "invalid_subject",
		`{"subject":{"type":"user"},` + action + `,` + resource + `}`:                                             "invalid_subject",
		`{"subject":"karin",` + action + `,` + resource + `}`:                                                     "invalid_type",
		`{` + subject + `,"action":{},` + resource + `}`:                                                          "invalid_action",
		`{` + subject + `,"action":{"name":123},` + resource + `}`:                                                "invalid_type",
		`{` + subject + `,` + action + `,"resource":{"id":"SUN"}}`:                                                "invalid_resource",
		`{` + subject + `,` + action + `,"resource":{"type":"organization"}}`:                                     "invalid_resource",
		question("karin@sun.example", "business_hours.edit", "", "door"):                                          "invalid_resource.properties.object",
		`{` + subject + `,` + action + `,"resource":{"type":"organization","id":"SUN","properties":{"user":""}}}`: "invalid_resource.properties.user",
		`{` + subject + `,` + action + `,"resource":{"type":"organization","id":"SUN","properties":{"user":7}}}`:  "invalid_resource.properties.user",
	} {
		w.refused("karin", "POST", evaluationPath, body, 400, code)
		w.refused("karin", "POST", evaluationsPath, body, 400, code)
	}
	for kind, text := range map[string]string{"subject": `{"type":"robot","id":"karin@sun.example"}`, "organization": `{"type":"door","id":"SUN"}`} {
		body := `{` + subject + `,` + action + `,"resource":` + text + `}`
		if kind == "subject" {
			body = `{"subject":` + text + `,` + action + `,` + resource + `}`
		}
		var d decision
		if w.get("karin", "POST", evaluationPath, body, 200, &d); d.Decision || d.Context.Reason != kind+"_not_found" {
			t.Errorf("%s: got %+v", kind, d)
		}
	}
	r := httptest.NewRequest("POST", evaluationPath, strings.NewReader("hello"))
	r.Header.Set("Content-Type", "text/plain")
	if out := w.send("karin", r); out.Code != 400 {
		t.Errorf("text: %d", out.Code)
	}
	// What is not known is let pass.
	w.get("karin", "POST", evaluationPath, `{"foo":{"a":1},"context":{"time":"2026-11-23T08:00:00Z"},`+subject+`,"action":{"name":"users.add","properties":{"a":1}},`+resource+`}`, 200, nil)
}

func TestEvaluations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.application("crm")
	karin, sven := `{"type":"user","id":"karin@sun.example"}`, `{"type":"user","id":"sven@sun.example"}`
	for _, c := range []struct{ name, body, want string }{
		{"defaults", `{"subject":` + karin + `,"action":{"name":"users.add"},"resource":{"type":"organization","id":"SUN"},
			"evaluations":[{},{"subject":` + sven + `},{"action":{"name":"users.fly"}},{"resource":{"id":"NOR"}},{"subject":{"id":"nobody@sun.example"}}]}`,
			"yes not_permitted unknown_action organization_not_found subject_not_found"},
		{"nothing at the top", `{"evaluations":[` + question("karin@sun.example", "users.add", "", "") + `,` + question("sven@sun.example", "users.add", "", "") + `]}`, "yes not_permitted"},
		{"something missing", `{"subject":` + karin + `,"evaluations":[{"action":{"name":"users.add"}},{"resource":{"type":"organization","id":"SUN"}},
			{"action":{"name":"users.add"},"resource":{"type":"organization","id":"SUN"}}]}`, "organization_not_found unknown_action yes"},
		{"execute all", `{"options":{"evaluations_semantic":"execute_all"},` + mixed, "yes not_permitted yes"},
		{"deny on first deny", `{"options":{"evaluations_semantic":"deny_on_first_deny"},` + mixed, "yes not_permitted"},
		{"permit on first permit", `{"options":{"evaluations_semantic":"permit_on_first_permit","other":1},` + mixed, "yes"},
		{"none", `{"options":{},"evaluations":[],` + question("karin@sun.example", "users.add", "", "")[1:], "alone"},
		{"no list", question("karin@sun.example", "users.add", "", ""), "alone"},
	} {
		var got struct {
			Evaluations []decision `json:"evaluations"`
			Decision    *bool      `json:"decision"`
		}
		w.get("crm", "POST", evaluationsPath, c.body, 200, &got)
		var told []string
		for _, d := range got.Evaluations {
			told = append(told, map[bool]string{true: "yes", false: d.Context.Reason}[d.Decision])
		}
		if got.Decision != nil && *got.Decision {
			told = append(told, "alone")
		}
		if strings.Join(told, " ") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, told, c.want)
		}
	}
	w.refused("crm", "POST", evaluationsPath, `{"options":{"evaluations_semantic":"some"},`+mixed, 400, "invalid_options.evaluations_semantic")
	many := func(n int) string {
		return `{"evaluations":[` + strings.TrimSuffix(strings.Repeat(`{},`, n), ",") + `]}`
	}
	w.get("crm", "POST", evaluationsPath, many(1000), 200, nil)
	w.refused("crm", "POST", evaluationsPath, many(1001), 400, "invalid_evaluations")
}

// mixed are a yes, a no and a yes.
const mixed = `"action":{"name":"users.add"},"resource":{"type":"organization","id":"SUN"},"evaluations":[
	{"subject":{"type":"user","id":"karin@sun.example"}},{"subject":{"type":"user","id":"sven@sun.example"}},{"subject":{"type":"user","id":"kalle@sun.example"}}]}`

func TestAccessHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for as, body := range map[string]string{"karin": question("karin@sun.example", "users.add", "", ""), "": "{}", "nora": "{"} {
		for _, path := range []string{evaluationPath, evaluationsPath} {
			r := httptest.NewRequest("POST", path, strings.NewReader(body))
			r.Header.Set("X-Request-ID", "bfe9eb29 å")
			if out := w.send(as, r); out.Header().Get("X-Request-ID") != "bfe9eb29 å" {
				t.Errorf("%s %s: X-Request-ID %q", as, path, out.Header().Get("X-Request-ID"))
			}
		}
	}
	var c accessConfiguration
	w.get("", "GET", "/.well-known/authzen-configuration", "", 200, &c)
	if c != (accessConfiguration{publicURL, publicURL + "/access/v1/evaluation", publicURL + "/access/v1/evaluations"}) {
		t.Errorf("got %+v", c)
	}
}

// TestObjects: every object of user profiles can be asked about.
func TestObjects(t *testing.T) {
	t.Parallel()
	seen := map[policy.Object]bool{}
	for _, o := range objects {
		seen[o] = true
	}
	if len(objects) != len(policy.Facts{}.Profile) || len(seen) != len(objects) {
		t.Errorf("objects %v", objects)
	}
}
