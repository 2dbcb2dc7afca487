package ui_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ui"
)

// A deed is a form that a page of the hub sends: what it asks for, and what it
// says where it is about maja, birgit and the Standard licence.
type deed struct{ needs, form string }

// deeds are of every route of the hub that changes something.
var deeds = map[string]deed{
	"POST /o/{organization}/users/new":                 {"users.add", "email=ny@sundvik.example&first=Ny&last=Person&license="},
	"POST /o/{organization}/settings":                  {"organization.edit_settings", "name=Nytt+namn&country=SE&language=sv&zone=Europe/Stockholm&overage=0&version=1"},
	"POST /o/{organization}/external/new":              {"roles.service_admin.assign_external", "email=lars.dal@tidvatten.example&role=service_admin&reason=prov"},
	"POST /o/{organization}/external/{user}":           {"roles.service_admin.revoke_external", "role=service_admin&reason=prov&ends=2026-12-01"},
	"POST /o/{organization}/external/{user}/renew":     {"roles.service_admin.assign_external", "role=service_admin"},
	"POST /o/{organization}/external/{user}/revoke":    {"roles.service_admin.revoke_external", "role=service_admin"},
	"POST /o/{organization}/users/{user}":              {"roles.full_admin.assign_internal", "was_license=&license=&was_role=&role=full_admin"},
	"POST /o/{organization}/users/{user}/activate":     {"users.activate", ""},
	"POST /o/{organization}/users/{user}/deactivate":   {"users.deactivate", ""},
	"POST /o/{organization}/users/{user}/edit":         {"users.edit_details", "first_name=Ny&last_name=Person&display_name=Ny+Person&title=Chef"},
	"POST /o/{organization}/users/{user}/invite":       {"users.send_activation", ""},
	"POST /o/{organization}/users/{user}/remove":       {"users.remove", "typed=Maja+%C3%96berg"},
	"POST /o/{organization}/users/{user}/reset":        {"credentials.reset", "typed=Maja+%C3%96berg"},
	"POST /o/{organization}/users/{user}/provisioning": {"roles.provisioning_admin.assign_internal", ""},
	"POST /o/{organization}/users/{user}/sessions/end": {"sessions.end", "session=s1"},
	"POST /o/{organization}/customers":                 {"customers.create", "name=Prov&plate=PRV&country=SE&language=sv&zone=Europe/Stockholm&managing=1"},
	"POST /o/{organization}/partners":                  {"partnerships.add", "partner=TVK&managing=1"},
	"POST /o/{organization}/partners/restriction":      {"organization.restrict_external", "on=1"},
	"POST /o/{organization}/partners/{partner}/end":    {"partnerships.end", "name=V%C3%A4stkust+Support"},
	"POST /o/{organization}/users/bulk":                {"users.deactivate", "do=deactivate&user={user}&sure=1"},
	"POST /o/{organization}/tasks/{task}/cancel":       {"users.send_activation", ""},
	"POST /o/{organization}/tasks/{task}/again":        {"users.send_activation", ""},
	"POST /o/{organization}/tasks/{task}/undo":         {"users.send_activation", ""},
}

// TestNothingMore: whoever the matrix does not let do something is refused
// however they ask, by every form of the hub, and nothing is changed by them.
func TestNothingMore(t *testing.T) {
	t.Parallel()
	m, w := readMatrix(t), open(t)
	maja, birgit := w.person("maja.oberg@sundvik.example"), w.person("birgit.aune@tidvatten.example")
	licenses, err := ops.Do(t.Context(), w.hub, w.chief(), ops.ListLicenses{Product: kontrollrum.StandardAgent})
	if err != nil || len(licenses) == 0 {
		t.Fatalf("no licence: %v", err)
	}
	task := w.task()
	var patterns []string
	for _, pattern := range ui.Patterns() {
		if !strings.HasPrefix(pattern, "POST /o/") {
			continue
		}
		patterns = append(patterns, pattern)
		if _, known := deeds[pattern]; !known && !judgedByItself[pattern] {
			t.Errorf("nothing is expected of %s", pattern)
		}
	}
	for _, one := range everyone {
		if one.organization != "SUN" {
			continue
		}
		c := w.client().enters(one.email)
		before := w.changes(one.email)
		for _, pattern := range patterns {
			d, known := deeds[pattern]
			if !known || one.column != "-" && m.may(t, d.needs, one.column) {
				continue
			}
			user := maja
			if strings.Contains(pattern, "/external/") {
				user = birgit
			}
			if one.email == "birgit.aune@tidvatten.example" && user == birgit && strings.Contains(d.needs, "revoke") {
				continue // one's own
			}
			path := strings.NewReplacer("{organization}", "SUN", "{user}", user, "{task}", task, "{partner}", "VKS").Replace(strings.TrimPrefix(pattern, "POST "))
			form, err := url.ParseQuery(strings.NewReplacer("{license}", string(licenses[0].ID), "{user}", user).Replace(d.form))
			if err != nil {
				t.Fatal(err)
			}
			want := []int{http.StatusForbidden, http.StatusNotFound}
			if got := c.ask("POST", path, form); !slices.Contains(want, got.StatusCode) {
				t.Errorf("%s (%s) asks %s for %s: %d to %q\n%.300s", one.email, one.column, path, d.needs, got.StatusCode, got.Header.Get("Location"), got.text)
			}
		}
		if after := w.changes(one.email); after != before {
			t.Errorf("%s (%s) changed %d things", one.email, one.column, after-before)
		}
	}
}

// judgedByItself are the forms that ask for what they name, and are tried where
// that is: undoing asks as its reversal does, many are judged one by one.
var judgedByItself = map[string]bool{
	"POST /o/{organization}/undo": true,
}

// changes counts what somebody has changed in Sundvik, by its log.
func (w *world) changes(email string) (n int) {
	w.Helper()
	log, err := ops.Do(w.Context(), w.hub, w.chief(), ops.ReadAudit{EntryFilter: ops.EntryFilter{From: w.clock.Now().Add(-time.Hour), Search: email, Outcome: kontrollrum.Done, Limit: ops.MaxPage}})
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range log.Items {
		if string(e.ActorEmail) == email {
			n++
		}
	}
	return n
}
