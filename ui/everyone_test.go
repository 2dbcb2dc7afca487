package ui_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/internal/browsertest"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ui"
)

// everyone are the people of the demo world's table, where they stand and in
// which column of the matrix; an empty column is nobody's, and a dash says that
// they stand nowhere near.
var everyone = []struct{ email, organization, column string }{
	{"karin.holm@sundvik.example", "SUN", "F/C"},
	{"bo.lind@sundvik.example", "SUN", "F/C"},
	{"jonas.lindqvist@nordhamn.example", "SUN", "F/P"},
	{"jonas.lindqvist@nordhamn.example", "NHD", "F/C"},
	{"maria.ek@tidvatten.example", "SUN", "F/O"},
	{"elin.sandberg@sundvik.example", "SUN", "S/C"},
	{"greta.nord@sundvik.example", "SUN", "S/C"},
	{"birgit.aune@tidvatten.example", "SUN", "S/O"},
	{"petra.lund@nordhamn.example", "SUN", "P/P"},
	{"ingrid.sten@sundvik.example", "SUN", "R/C"},
	{"henrik.wall@nordhamn.example", "SUN", "R/P"},
	{"henrik.wall@nordhamn.example", "NHD", "R/C"},
	{"tomas.berg@tidvatten.example", "SUN", "R/O"},
	{"samira.lund@sundvik.example", "SUN", "V/C"},
	{"amir.haddad@sundvik.example", "SUN", "V/C"},
	{"ali.rahimi@sundvik.example", "SUN", ""},
	{"nora.widmark@sundvik.example", "SUN", ""},
	{"lars.dal@tidvatten.example", "SUN", "-"},
	{"nils.moen@fjallsyn.example", "SUN", "-"},
	{"vera.hall@nordhamn.example", "SUN", "-"},
	{"sara.palm@vastkust.example", "SUN", "-"},
	{"olle.strand@bruket.example", "BRU", "F/C"},
	{"anna.berg@hamnvik.example", "HAM", "F/C"},
	{"per.dahl@hamnvik.example", "HAM", "S/C"},
}

// beyond are the columns that may do what the article does not speak of, as
// docs/decisions say.
var beyond = map[string]string{
	"organizations.list":                       "F/C F/P F/O S/C S/O P/P R/C R/P R/O V/C",
	"customers.view":                           "F/C R/C",
	"customers.create":                         "F/C",
	"tasks.view":                               "F/C F/P F/O S/C S/O",
	"mail.view":                                "F/C F/P F/O S/C S/O",
	"partnerships.add":                         "F/C",
	"partnerships.end":                         "F/C",
	"organization.restrict_external":           "F/C",
	"users.change_email":                       "F/C",
	"roles.provisioning_admin.assign_internal": "F/C",
	"roles.provisioning_admin.revoke_internal": "F/C",
	"roles.reach_customers":                    "F/C",
	"sessions.view":                            "F/C F/P F/O",
	"sessions.end":                             "F/C F/P F/O",
	"credentials.view":                         "F/C F/P F/O",
	"credentials.reset":                        "F/C",
	"control_hub.sign_in":                      "F/C F/P F/O S/C S/O P/P R/C R/P R/O V/C",
	"subscriptions.edit":                       "",
	"decisions.evaluate":                       "F/C F/P F/O",
}

// A matrix says which columns may do what: permissions.csv, and beyond.
type matrix map[string]map[string]string

func readMatrix(tb testing.TB) matrix {
	tb.Helper()
	file, err := os.Open("testdata/permissions.csv")
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	m := matrix{}
	for _, line := range lines[1:] {
		m[line[0]] = map[string]string{}
		for i := 1; i <= 10; i++ {
			m[line[0]][lines[0][i]] = line[i]
		}
	}
	for action, columns := range beyond {
		m[action] = map[string]string{}
		for column := range strings.FieldsSeq(columns) {
			m[action][column] = "yes"
		}
	}
	return m
}

// may reports whether a column may do an action.
func (m matrix) may(tb testing.TB, action, column string) bool {
	tb.Helper()
	cells, known := m[action]
	if !known {
		tb.Errorf("nothing is expected of %s", action)
	}
	return cells[column] != "" && cells[column] != "no"
}

// pages are those of the hub in an organization, by pattern: what each needs;
// nothing where everybody inside may open it. {user} is somebody whom nothing
// is said of, and the others are made by the test.
var hubPages = map[string]string{
	"GET /o/{organization}":                        "",
	"GET /o/{organization}/find":                   "",
	"GET /o/{organization}/keys":                   "",
	"GET /o/{organization}/users":                  "users.list",
	"GET /o/{organization}/users/counts":           "users.list",
	"GET /o/{organization}/users/new":              "users.add",
	"GET /o/{organization}/users/{user}/menu":      "users.view",
	"GET /o/{organization}/users/{user}":           "users.view",
	"GET /o/{organization}/users/{user}/edit":      "users.edit_details",
	"GET /o/{organization}/users/{user}/remove":    "users.remove",
	"GET /o/{organization}/users/{user}/reset":     "credentials.reset",
	"GET /o/{organization}/account":                "account.view_info",
	"GET /o/{organization}/account/subscriptions":  "account.view_subscriptions",
	"GET /o/{organization}/settings":               "account.view_info",
	"GET /o/{organization}/roles":                  "",
	"GET /o/{organization}/roles/people":           "",
	"GET /o/{organization}/customers":              "customers.view",
	"GET /o/{organization}/customers.csv":          "customers.view",
	"GET /o/{organization}/external":               "external_administrators.view",
	"GET /o/{organization}/external/new":           "roles.service_admin.assign_external",
	"GET /o/{organization}/external/{user}":        "external_administrators.view",
	"GET /o/{organization}/users/bulk":             "users.list", // and leads there
	"GET /o/{organization}/tasks":                  "tasks.view",
	"GET /o/{organization}/tasks/{task}":           "tasks.view",
	"GET /o/{organization}/audit":                  "audit.view",
	"GET /o/{organization}/audit/export.csv":       "audit.view",
	"GET /o/{organization}/audit/export.json":      "audit.view",
	"GET /o/{organization}/audit/{entry}":          "audit.view",
	"GET /o/{organization}/customers/new":          "customers.create",
	"GET /o/{organization}/partners":               "account.view_info",
	"GET /o/{organization}/partners/new":           "partnerships.add",
	"GET /o/{organization}/partners/{partner}":     "partnerships.add",
	"GET /o/{organization}/partners/{partner}/end": "partnerships.end",
}

// An offer is what a page offers, or would.
type offer struct {
	Action string
	Locked bool
	What   string
	Row    string // text of the line of a list that it stands in
	Whose  string // text of the top of the page
}

// home reports whether a column is that of somebody at home.
func home(column string) bool { return column == "" || strings.HasSuffix(column, "/C") }

// roled are people on whose pages roles are taken and given, behind the pattern
// of a page to tell them apart.
var roled = map[string]string{"#full": "bo.lind@sundvik.example", "#service": "greta.nord@sundvik.example", "#read": "ingrid.sten@sundvik.example", "#partner": "vera.hall@nordhamn.example", "#provisioning": "petra.lund@nordhamn.example"}

// revokes are what it takes to take their roles from them.
var revokes = map[string]string{"#full": "roles.full_admin.revoke_internal", "#service": "roles.service_admin.revoke_internal", "#read": "roles.read_only.revoke_internal"}

// TestEveryone: in a browser, each of the demo world's people opens every page
// of the hub, or is told why not, as the matrix says; and each control there is
// open to them or locked as the matrix says.
func TestEveryone(t *testing.T) {
	t.Parallel()
	m, w, v := readMatrix(t), browse(t), browsertest.Visit(t)
	v.Size(1440, 900)
	var patterns []string
	for _, pattern := range ui.Patterns() {
		if strings.HasPrefix(pattern, "GET /o/") {
			if pattern == "GET /o/{organization}/users/{user}" { // people with each of the roles, and one with none
				for name := range roled {
					patterns = append(patterns, pattern+name)
				}
			}
			patterns = append(patterns, pattern)
			if _, known := hubPages[pattern]; !known {
				t.Errorf("nothing is expected of %s", pattern)
			}
		}
	}
	somebody := w.person("maja.oberg@sundvik.example")
	outsider := w.person("birgit.aune@tidvatten.example")
	task, entry := w.task(), w.added()
	if _, err := w.hub.SignIn(t.Context(), ops.Caller{}, ops.PasswordProof{Email: "greta.nord@sundvik.example", Password: kontrollrum.NewSecret(password(t))}); err != nil {
		t.Fatal(err) // so that there is a session to end
	}
	offered := map[string]bool{}
	for _, one := range everyone {
		v.Forget()
		v.Go(w.url + "/sign-in")
		signs(v, one.email, password(t))
		for _, pattern := range patterns {
			user, roleHolder, held := somebody, false, ""
			for name, email := range roled {
				if rest, of := strings.CutSuffix(pattern, name); of {
					pattern, roleHolder, held = rest, true, revokes[name]
					if user = w.person(email); strings.HasSuffix(email, "@nordhamn.example") != (one.organization == "NHD") || one.email == email {
						pattern = ""
					}
				}
			}
			if pattern == "" {
				continue
			}
			if strings.Contains(pattern, "/external/") {
				user = outsider
			}
			path := strings.NewReplacer("{organization}", one.organization, "{user}", user, "{task}", task, "{entry}", entry, "{partner}", "VKS").Replace(strings.TrimPrefix(pattern, "GET "))
			if strings.Contains(strings.TrimPrefix(pattern, "GET /o/{organization}"), "{") && one.organization != "SUN" && !(roleHolder && one.organization == "NHD") { // what is there is Sundvik's
				continue
			}
			needs, status := hubPages[pattern], ""
			file := strings.HasSuffix(path, ".csv") || strings.HasSuffix(path, ".json")
			if file {
				status = v.Eval(fmt.Sprintf(`fetch(%q).then((r) => String(r.status))`, path))
			} else {
				v.Go(w.url + path)
				status = v.Status()
			}
			want := "200"
			switch {
			case one.column == "-":
				want = "404"
			case needs == "customers.view" && home(one.column): // one's own reach, of which most have none (docs/decisions/0022)
			case needs != "" && !m.may(t, needs, one.column):
				want = "403"
			}
			if status != want {
				t.Errorf("%s (%s) opens %s: %s, want %s\n%.400s", one.email, one.column, path, status, want, v.Text())
				continue
			}
			if one.column == "-" || file {
				continue
			}
			for _, c := range offers(v) {
				offered[c.Action] = true
				may := m.may(t, c.Action, one.column)
				if strings.HasSuffix(c.Action, ".assign_internal") && held != "" && !m.may(t, held, one.column) {
					may = false // who holds one of the exclusive roles is given another in exchange only (c3)
				}
				if strings.Contains(c.Action, ".revoke_") && strings.Contains(c.Row+c.Whose, one.email) {
					may = true // one's own role anyone may give up (§3)
				}
				if may == c.Locked {
					t.Errorf("%s (%s) on %s: %s asks for %s, locked: %t", one.email, one.column, path, c.What, c.Action, c.Locked)
				}
			}
		}
	}
	for _, action := range slices.Sorted(maps.Keys(m)) {
		if !offered[action] && unoffered[action] == "" {
			t.Errorf("no page offers %s", action)
		}
	}
}

// unoffered are the actions that no control of the hub asks for by itself, and why.
var unoffered = map[string]string{
	"control_hub.sign_in":             "entered by the link of a customer or an organization",
	"agent_desktop.sign_in":           "entered from the menu, where it is open: an application of its own",
	"management_portal.sign_in":       "entered from the menu, where it is open: an application of its own",
	"organizations.list":              "the switcher of organizations, which everybody has",
	"decisions.evaluate":              "the question box, which everybody may ask about themselves",
	"sessions.view":                   "seen on a user's page, not done",
	"credentials.view":                "seen on a user's page, not done",
	"users.change_email":              "a field of the form of somebody's details",
	"users.export_csv":                "CSV has no page yet",
	"users.import_csv":                "CSV has no page yet",
	"service_status.view":             "service status has no page yet",
	"contact_center.view":             "the contact centre service has no page yet",
	"contact_center.view_platform":    "the contact centre service has no page yet",
	"contact_center.configure":        "the contact centre service has no page yet",
	"contact_center.run_setup_wizard": "the contact centre service has no page yet",
	"contact_center.set_up_1_0":       "the contact centre service has no page yet",
	"business_hours.view":             "business hours have no page yet",
	"business_hours.edit":             "business hours have no page yet",
	"holiday_lists.edit":              "business hours have no page yet",
	"overrides.edit":                  "business hours have no page yet",
}

// offers are those of the page that the browser is at, the menu's too.
func offers(v *browsertest.Visitor) (out []offer) {
	v.Helper()
	text := v.Eval(`JSON.stringify([...document.querySelectorAll(".side [data-may], main [data-may], body > [data-may]")].map((e) => ({
		Action: e.dataset.may, Locked: e.hasAttribute("data-locked") || e.closest("[aria-disabled=true]") != null,
		What: e.id || e.getAttribute("href") || e.textContent.trim().slice(0, 40),
		Row: (e.closest("tr") || {innerText: ""}).innerText, Whose: (document.querySelector("main .head, main .who-line") || {innerText: ""}).innerText})))`)
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		v.Fatal(fmt.Errorf("%s: %w", text, err))
	}
	return out
}

// person is the id of somebody of the demo world.
func (w *world) person(email string) string {
	w.Helper()
	if strings.HasSuffix(email, "@nordhamn.example") {
		made, err := ops.Do(w.Context(), w.hub, ops.Operator(), ops.CreateToken{User: email, Expires: w.clock.Now().Add(time.Hour), Secret: kontrollrum.NewToken})
		if err != nil {
			w.Fatal(err)
		}
		return string(made.User)
	}
	if !strings.HasSuffix(email, "@sundvik.example") {
		found, err := ops.Do(w.Context(), w.hub, w.chief(), ops.ListExternalAdministrators{Filter: ops.Filter{Search: email}})
		if err != nil || len(found.Items) != 1 {
			w.Fatalf("%s: %d found, %v", email, len(found.Items), err)
		}
		return string(found.Items[0].User.ID)
	}
	u, err := ops.Do(w.Context(), w.hub, w.chief(), ops.ViewUser{User: email})
	if err != nil {
		w.Fatal(err)
	}
	return string(u.ID)
}

// added is the id of an entry of Sundvik's log: that somebody was added.
func (w *world) added() string {
	w.Helper()
	log, err := ops.Do(w.Context(), w.hub, w.chief(), ops.ReadAudit{EntryFilter: ops.EntryFilter{Actions: []string{"users.add"}, Limit: 1}})
	if err != nil || len(log.Items) != 1 {
		w.Fatalf("no entry: %v", err)
	}
	return string(log.Items[0].ID)
}
