package ui_test

import (
	"encoding/csv"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// by is somebody of the demo world, as a caller.
func (w *world) by(email string) ops.Caller {
	w.Helper()
	u, err := ops.Do(w.Context(), w.hub, w.chief(), ops.ListUsers{Organization: "SUN", Filter: ops.Filter{Search: email}})
	if err != nil || len(u.Items) != 1 {
		w.Fatal(email, len(u.Items), err)
	}
	return ops.User(u.Items[0].ID)
}

// happens makes entries of every kind that matters: given, taken, changed and refused.
func (w *world) happens() {
	w.Helper()
	karin, elin := w.by("karin.holm@sundvik.example"), w.by("elin.sandberg@sundvik.example")
	nora, maja := "nora.widmark@sundvik.example", "maja.oberg@sundvik.example"
	for _, err := range []error{
		tried(w, karin, ops.AssignRole{Organization: "SUN", User: nora, Role: policy.ReadOnlyAdmin, Reason: `=HYPERLINK("http://evil.example")`}),
		tried(w, karin, ops.RevokeRole{Organization: "SUN", User: nora, Role: policy.ReadOnlyAdmin}),
		tried(w, elin, ops.AssignRole{Organization: "SUN", User: nora, Role: policy.ServiceAdmin}),
		tried(w, elin, ops.EditUser{Organization: "SUN", User: maja, Details: ops.Details{DisplayName: "+Maja <b>Öberg</b>", Title: "Chef"}}),
	} {
		if err != nil {
			w.Fatal(err)
		}
	}
	if tried(w, elin, ops.AddUser{Organization: "SUN", Email: "x@sundvik.example", Details: ops.Details{FirstName: "X"}}) == nil ||
		tried(w, elin, ops.AssignRole{Organization: "SUN", User: "karin.holm@sundvik.example", Role: policy.ServiceAdmin}) == nil {
		w.Fatal("a service administrator may too much")
	}
}

func tried[R any](w *world, c ops.Caller, op ops.Op[R]) error {
	_, err := ops.Do(w.Context(), w.hub, c, op)
	return err
}

// log is what the audit log tells a caller, by filters.
func (w *world) log(c ops.Caller, f ops.EntryFilter) (out []kontrollrum.Entry) {
	w.Helper()
	for f.Limit = ops.MaxPage; ; {
		page, err := ops.Do(w.Context(), w.hub, c, ops.ReadAudit{Organization: "SUN", EntryFilter: f})
		if err != nil {
			w.Fatal(err)
		}
		out = append(out, page.Items...)
		if !page.More {
			return out
		}
		f.After = page.Next
	}
}

func entryIDs(entries []kontrollrum.Entry) (out []string) {
	for _, e := range entries {
		out = append(out, string(e.ID))
	}
	return out
}

var nextPage = regexp.MustCompile(`<a [^>]*href="([^"]+)"[^>]* id="next-page"`)
var entryLink = regexp.MustCompile(`data-row="/o/SUN/audit/([0-9a-f-]{36})"`)

// walk reads a list page by page and gives the ids of its entries and all text.
func (c *client) walk(path string) (ids []string, text string) {
	c.Helper()
	for path != "" {
		s := c.get(path)
		if s.StatusCode != 200 {
			c.Fatalf("%s: %d %.300s", path, s.StatusCode, s.text)
		}
		for _, m := range entryLink.FindAllStringSubmatch(s.text, -1) {
			ids = append(ids, m[1])
		}
		at := strings.Index(s.text, `id="log"`)
		end := strings.Index(s.text, "</main>")
		text += s.text[at:end]
		path = ""
		if m := nextPage.FindStringSubmatch(s.text); m != nil {
			path = html.UnescapeString(m[1])
		}
	}
	return ids, text
}

// TestAuditIsTheLog walks the list to its end, by every filter, as those who see
// all and as a service administrator, and compares it with the log and with both
// exports.
func TestAuditIsTheLog(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.happens()
	nora := w.log(w.chief(), ops.EntryFilter{Search: "nora.widmark"})[0].Target
	year := w.clock.Now().AddDate(-1, 0, 0)
	for _, email := range []string{"karin.holm@sundvik.example", "elin.sandberg@sundvik.example"} {
		c, caller := w.client().enters(email), w.by(email)
		for _, one := range []struct {
			query string
			ops.EntryFilter
		}{
			{"period=365", ops.EntryFilter{From: year}},
			{"", ops.EntryFilter{From: w.clock.Now().AddDate(0, 0, -30)}},
			{"period=365&outcome=refused", ops.EntryFilter{From: year, Outcome: kontrollrum.Refused}},
			{"period=365&what=users.edit_details", ops.EntryFilter{From: year, Actions: []string{"users.edit_details"}}},
			{"period=365&what=ROLES", ops.EntryFilter{From: year, Actions: ops.ActionsOf([]string{"ROLES"})}},
			{"target=" + string(nora), ops.EntryFilter{From: year, Target: nora}},
			{"period=365&q=n%C3%B6ra.wid", ops.EntryFilter{From: year, Search: "nora.wid"}},
			{"period=1", ops.EntryFilter{From: w.clock.Now().AddDate(0, 0, -1)}},
		} {
			want := entryIDs(w.log(caller, one.EntryFilter))
			if len(want) == 0 {
				t.Fatalf("%s by %q finds nothing", email, one.query)
			}
			got, text := c.walk("/o/SUN/audit?" + one.query)
			if !slices.Equal(got, want) {
				t.Errorf("%s by %q: %d entries, want %d", email, one.query, len(got), len(want))
			}
			if email == "elin.sandberg@sundvik.example" && regexp.MustCompile(`(?i)(fullständig|skrivskyddad) administratör|Karin Holm gjort`).MatchString(text) {
				t.Errorf("%s by %q is told of other administrators", email, one.query)
			}
			c.exports(t, one.query, want)
		}
	}
}

// exports compares both exports with the ids of the list.
func (c *client) exports(t *testing.T, query string, want []string) {
	t.Helper()
	s := c.get("/o/SUN/audit/export.csv?" + query)
	s.header(t, "Content-Disposition", `attachment; filename="sun-audit-2026-`)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(s.text, "\ufeff"))).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%q: %v", query, err)
	}
	at := slices.Index(rows[0], "id")
	var got []string
	for _, row := range rows[1:] {
		got = append(got, row[at])
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q as CSV: %d entries, want %d", query, len(got), len(want))
	}
	var objects []struct {
		ID, Action, Outcome, Actor, ActorRole, Role string
		Before, After                               any
	}
	if err := json.Unmarshal([]byte(c.get("/o/SUN/audit/export.json?"+query).text), &objects); err != nil {
		t.Fatalf("%q: %v", query, err)
	}
	got = nil
	for _, o := range objects {
		got = append(got, o.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q as JSON: %d entries, want %d", query, len(got), len(want))
	}
}

// TestAuditEntries opens every kind of entry: nothing is unsaid, what is hidden
// is not there, and what was typed is no markup.
func TestAuditEntries(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.happens()
	karin, elin := w.client().enters("karin.holm@sundvik.example"), w.client().enters("elin.sandberg@sundvik.example")
	anna := w.client().enters("anna.berg@hamnvik.example")
	seen := map[string]bool{}
	all := w.log(w.chief(), ops.EntryFilter{})
	shown := entryIDs(w.log(w.by("elin.sandberg@sundvik.example"), ops.EntryFilter{}))
	for _, e := range all {
		if key := e.Action + string(e.Outcome) + e.ActorName; seen[key] {
			continue
		} else {
			seen[key] = true
		}
		path := "/o/SUN/audit/" + string(e.ID)
		s := karin.get(path)
		text := said(parsed(t, s.text))
		if s.StatusCode != 200 || strings.Contains(s.text, "<no value>") || strings.Contains(text, "audit.") || strings.Contains(s.text, "<b>Öberg") {
			t.Errorf("%s: %d %q", e.Action, s.StatusCode, text)
		}
		if got, want := elin.get(path), slices.Contains(shown, string(e.ID)); (got.StatusCode == 200) != want || !want && got.StatusCode != 404 {
			t.Errorf("a service administrator opens %s: %d, want %v", e.Action, got.StatusCode, want)
		}
		if got := anna.get("/o/HAM/audit/" + string(e.ID)); got.StatusCode != 404 {
			t.Errorf("another organization opens %s: %d", e.Action, got.StatusCode)
		}
	}
	if len(seen) < 12 {
		t.Errorf("only %d kinds", len(seen))
	}
	for action, want := range map[string]string{
		"users.edit_details":                          "Visningsnamn Före: Maja Öberg Efter: +Maja <b>Öberg</b> Titel",
		"users.add refused":                           "Som tjänstadministratör för kontaktcenter (kund) får Elin Sandberg inte det. Kräver fullständig administratör.",
		"roles.service_admin.assign_internal refused": "Personen har redan en administratörsroll här",
		"roles.read_only.revoke_internal":             "Vad som togs bort",
	} {
		name, outcome, _ := strings.Cut(action, " ")
		f := ops.EntryFilter{Actions: []string{name}, Outcome: kontrollrum.Outcome(outcome)}
		e := w.log(w.chief(), f)[0]
		if text := said(parsed(t, karin.get("/o/SUN/audit/"+string(e.ID)).text)); !strings.Contains(text, want) {
			t.Errorf("%s says\n%s\nwant %s", action, text[max(0, strings.Index(text, "Vad som")):], want)
		}
	}
	e := w.log(w.chief(), ops.EntryFilter{Actions: []string{"users.edit_details"}})[0]
	if s := karin.get("/o/SUN/audit/" + string(e.ID)); !strings.Contains(s.text, `data-may="users.edit_details"`) || !strings.Contains(s.text, `action="/o/SUN/undo"`) {
		t.Error("a change of details is not offered to be taken back")
	}
	if s := karin.get("/o/SUN/audit/nothing"); s.StatusCode != 404 {
		t.Errorf("no such entry: %d", s.StatusCode)
	}
}

// TestAuditIsClosed to those whom the policy gives no audit log: page, entry and exports.
func TestAuditIsClosed(t *testing.T) {
	t.Parallel()
	w := open(t)
	e := w.log(w.chief(), ops.EntryFilter{Actions: []string{"users.add"}})[0]
	for _, s := range standings {
		if s.outside || s.pending {
			continue
		}
		f := s.facts(policy.AuditView)
		want := map[bool]int{true: 200, false: 403}[policy.May(policy.AuditView, &f).OK]
		c := w.client().enters(s.name + ".example")
		for _, path := range []string{"", "/" + string(e.ID), "/export.csv?period=1", "/export.json?period=1"} {
			got := c.get("/o/SUN/audit" + path)
			if got.StatusCode != want {
				t.Errorf("%s %s: %d, want %d", s.name, path, got.StatusCode, want)
			}
			if want == 403 && !strings.Contains(got.text, "Kräver") {
				t.Errorf("%s %s: no reason is given", s.name, path)
			}
		}
	}
	c := w.client().enters("karin.holm@sundvik.example")
	for query, says := range map[string]string{
		"period=dates&from=2026-11-20&to=2026-11-01": "Den sista dagen ligger före den första",
		"period=dates&from=2020-01-01&to=2026-11-01": "Perioden är längre än ett år",
		"after=xxx":                          "Länken till sidan gäller inte längre",
		"q=" + url.QueryEscape("zzz nobody"): "Ingenting i loggen passar",
		"what=nothing&outcome=x&actor=x&target=y&period=no": "Utfall",
	} {
		if got := c.get("/o/SUN/audit?" + query); got.StatusCode != 200 || !strings.Contains(got.text, says) {
			t.Errorf("%s: %d, without %q", query, got.StatusCode, says)
		}
	}
	c.send["HX-Request"], c.send["HX-Target"] = "true", "log"
	if got := c.get("/o/SUN/audit?q=nora"); strings.Contains(got.text, "<main") || !strings.Contains(got.text, `id="log"`) || got.Header.Get("HX-Push-Url") != "/o/SUN/audit?q=nora" {
		t.Errorf("a part of the page: %q %.200s", got.Header.Get("HX-Push-Url"), got.text)
	}
}
