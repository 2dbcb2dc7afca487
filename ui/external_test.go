package ui_test

import (
	"errors"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/demo"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// bearer is somebody of the demo world, for what the test itself asks.
func (w *world) bearer(email string) ops.Caller {
	w.Helper()
	made, err := ops.Do(w.Context(), w.hub, ops.Operator(), ops.CreateToken{User: email, Expires: w.clock.Now().Add(time.Hour), Secret: kontrollrum.NewToken})
	if err != nil {
		w.Fatal(err)
	}
	return ops.Bearer(made.Secret)
}

// A pressable is something on a page that changes or leads to a change.
type pressable struct {
	row    string // path of the row that it stands in
	action string
	locked bool
}

var (
	rowOrControl = regexp.MustCompile(`<tr[^>]*data-row="([^"]*)"|</table>|<(?:a|button|input)[^>]*data-may="([^"]*)"[^>]*>`)
	mainPart     = regexp.MustCompile(`(?s)<main.*</main>`)
)

// controls are those of the page itself, without its frame.
func (s seen) controls() (out []pressable) {
	row := ""
	for _, m := range rowOrControl.FindAllStringSubmatch(mainPart.FindString(s.text), -1) {
		switch {
		case m[2] != "":
			out = append(out, pressable{row, m[2], strings.Contains(m[0], `aria-disabled="true"`)})
		default:
			row = html.UnescapeString(m[1])
		}
	}
	return out
}

// TestExternalsAsThePolicySays: for each of the demo world's people the pages
// open, and each control on them is open, as the policy decides and no other way.
func TestExternalsAsThePolicySays(t *testing.T) {
	t.Parallel()
	people, err := demo.People()
	if err != nil {
		t.Fatal(err)
	}
	w := open(t)
	until := w.clock.Now().Add(20 * 24 * time.Hour)
	for _, guest := range []string{"birgit.aune", "maria.ek", "tomas.berg"} {
		if _, err := ops.Do(t.Context(), w.hub, w.chief(), ops.ChangeExternalAdministrator{ChangeAssignment: ops.ChangeAssignment{Organization: "SUN", User: guest + "@tidvatten.example", Ends: &until}}); err != nil {
			t.Fatal(err)
		}
	}
	seen, shut := 0, 0
	for _, person := range people {
		if person.Invited {
			continue
		}
		c, me := w.client().enters(person.Email), w.bearer(person.Email)
		desk, err := ops.Do(t.Context(), w.hub, me, ops.EnterHub{Organization: "SUN"})
		list, add := c.get("/o/SUN/external"), c.get("/o/SUN/external/new")
		if err != nil {
			want := map[bool]int{true: http.StatusNotFound, false: http.StatusForbidden}[errors.Is(err, kontrollrum.NotFound)]
			if list.StatusCode != want || add.StatusCode != want {
				t.Errorf("%s: %d and %d, want %d", person.Email, list.StatusCode, add.StatusCode, want)
			}
			continue
		}
		gives := func() bool {
			return slices.ContainsFunc([]policy.Role{policy.FullAdmin, policy.ServiceAdmin, policy.ReadOnlyAdmin}, func(r policy.Role) bool {
				give, _, _ := policy.Handing(r, true)
				return desk.Permits[give].OK
			})
		}()
		status := func(ok bool) int { return map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[ok] }
		if want := status(desk.Permits[policy.ExternalAdministratorsView].OK); list.StatusCode != want {
			t.Errorf("%s at the list: %d, want %d", person.Email, list.StatusCode, want)
		}
		if want := status(gives); add.StatusCode != want {
			t.Errorf("%s at adding: %d, want %d", person.Email, add.StatusCode, want)
		}
		pages := []string{list.text}
		for _, c2 := range list.controls() {
			if c2.row != "" && !slices.Contains(pages, c2.row) {
				pages = append(pages, c2.row)
			}
		}
		check := func(page string, cs []pressable) {
			for _, c := range cs {
				action, ok := policy.ParseAction(c.action)
				if !ok {
					t.Errorf("%s: no action %q", page, c.action)
					continue
				}
				want := desk.Permits[action].OK
				if c.row != "" {
					judged, err := ops.Do(t.Context(), w.hub, me, ops.Judge{Organization: "SUN", User: c.row[strings.LastIndex(c.row, "/")+1:]})
					if err != nil {
						t.Fatal(err)
					}
					// To lengthen is to give to whoever holds it already.
					want = judged[action].OK || judged[action].Reason == "exclusive_role_held"
				}
				if c.locked == want {
					t.Errorf("%s at %s (%s): %s locked: %t", person.Email, page, c.row, action, c.locked)
				}
				if seen++; c.locked {
					shut++
				}
			}
		}
		if list.StatusCode == http.StatusOK {
			check("list", list.controls())
			for _, path := range pages[1:] {
				one := c.get(path)
				cs := one.controls()
				for i := range cs {
					cs[i].row = path
				}
				if one.StatusCode != http.StatusOK || len(cs) == 0 {
					t.Errorf("%s at %s: %d, %d controls", person.Email, path, one.StatusCode, len(cs))
				}
				check(path, cs)
			}
		}
		if add.StatusCode == http.StatusOK {
			check("new", add.controls())
		}
	}
	if seen < 100 || shut < 20 {
		t.Errorf("only %d controls seen, %d of them locked", seen, shut)
	}
}

// verified is what the page says of an address.
func (c *client) verified(email, role string) seen {
	c.Helper()
	return c.get("/o/SUN/external/new?" + url.Values{"email": {email}, "role": {role}, "term": {"30"}, "reason": {"Köer & kö"}}.Encode())
}

func (s seen) says(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(s.text), text) {
			t.Errorf("%s %s (%d) does not say %q\n%.6000s", s.Request.Method, s.Request.URL, s.StatusCode, text, mainPart.FindString(s.text))
		}
	}
}

// TestVerifyExternals: before anything is sent the page says who it is and
// which condition fails, by role.
func TestVerifyExternals(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client().enters("karin.holm@sundvik.example")
	locked := regexp.MustCompile(`id="give-role"[^>]*aria-disabled="true"`)
	for _, tt := range []struct {
		email, role string
		ok          bool
		says        []string
	}{
		{"lars.dal@tidvatten.example", "service_admin", true, []string{"Lars Dal", "Tidvatten Konsult", ">TVK<", "kan få rollen tjänstadministratör", "Vad får Lars Dal göra?"}},
		{"LARS.DAL@tidvatten.example", "full_admin", true, []string{"kan få rollen fullständig administratör"}},
		{"nils.moen@fjallsyn.example", "service_admin", false, []string{"Nils Moen", "Fjällsyn Telekom har ett eget kontaktcenter", "Välj någon från en organisation utan kontaktcenter"}},
		{"nils.moen@fjallsyn.example", "read_only_admin", true, []string{"kan få rollen skrivskyddad administratör"}}, // c1 is the service administrator's
		{"vera.hall@nordhamn.example", "service_admin", false, []string{"Vera Hall", "Nordhamn Drift är partner till Sundvik Energi", "en roll som når kunder"}},
		{"sara.palm@vastkust.example", "service_admin", false, []string{"Sara Palm", "Västkust Support är partner till Sundvik Energi"}},
		{"maria.ek@tidvatten.example", "service_admin", false, []string{"Maria Ek har redan en administratörsroll i Sundvik Energi"}},
		{"nobody@tidvatten.example", "service_admin", false, []string{"Ingen i Kontrollrum har adressen nobody@tidvatten.example"}},
		{"nora.widmark@sundvik.example", "service_admin", false, []string{"hör till Sundvik Energi och är inte extern", "/o/SUN/users/"}},
	} {
		s := c.verified(tt.email, tt.role)
		s.says(t, tt.says...)
		if s.StatusCode != http.StatusOK || locked.MatchString(s.text) == tt.ok {
			t.Errorf("%s as %s: %d, locked %t", tt.email, tt.role, s.StatusCode, !tt.ok)
		}
		s.says(t, `value="Köer & kö"`, `id="term-30" value="30" checked`) // nothing that was filled in is lost
	}
	c.verified("lars", "service_admin").says(t, "Skriv en hel e-postadress")
}

// TestVerifyTellsNothing: a service administrator does not learn which role
// somebody holds, nor that there are others than their own kind.
func TestVerifyTellsNothing(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client().enters("elin.sandberg@sundvik.example")
	told := func(name, email string) string {
		s := c.verified(email, "service_admin")
		s.says(t, "har redan en administratörsroll i Sundvik Energi")
		return strings.NewReplacer(name, "NAMN", email, "ADRESS", url.QueryEscape(email), "ADRESS").Replace(mainPart.FindString(s.text))
	}
	full := told("Maria Ek", "maria.ek@tidvatten.example")
	for name, email := range map[string]string{"Birgit Aune": "birgit.aune@tidvatten.example", "Tomas Berg": "tomas.berg@tidvatten.example"} {
		if told(name, email) != full {
			t.Errorf("%s is told of otherwise", name)
		}
	}
	list := c.get("/o/SUN/external")
	list.says(t, "Birgit Aune", "Med din roll ser du bara tjänstadministratörer")
	for _, name := range []string{"Maria Ek", "Tomas Berg", "Jonas Lindqvist", "Karin Holm", "partnerskap"} {
		if strings.Contains(mainPart.FindString(list.text), name) {
			t.Errorf("she sees %s", name)
		}
	}
	if s := c.get("/o/SUN/external?role=full_admin"); !strings.Contains(s.text, "Ingen matchar") {
		t.Errorf("a filter shows more: %.2000s", mainPart.FindString(s.text))
	}
}

// TestAddExternalByHand: from the address to the receipt, then renewed, changed,
// revoked and taken back, without script.
func TestAddExternalByHand(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client().enters("karin.holm@sundvik.example")
	const lars = "lars.dal@tidvatten.example"
	held := func() *ops.External {
		t.Helper()
		page, err := ops.Do(t.Context(), w.hub, w.chief(), ops.JudgeExternals{Organization: "SUN", Filter: ops.Filter{Email: lars}})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) == 0 {
			return nil
		}
		return &page.Items[0]
	}
	for _, tt := range []struct {
		form []string
		says string
	}{
		{[]string{"role", "service_admin", "term", "90"}, "Skriv en hel e-postadress"},
		{[]string{"email", lars, "role", "service_admin", "term", "date"}, "Välj en dag i framtiden"},
		{[]string{"email", lars, "role", "service_admin", "term", "date", "date", "2020-01-01"}, "Välj en dag i framtiden"},
		{[]string{"email", lars, "role", "service_admin", "term", "date", "date", "i morgon"}, "Välj en dag i framtiden"},
		{[]string{"email", lars, "role", "service_admin", "term", "90", "reason", strings.Repeat("x", 257)}, "Skriv högst 256 tecken"},
		{[]string{"email", "nils.moen@fjallsyn.example", "role", "service_admin", "term", "90"}, "har ett eget kontaktcenter"},
		{[]string{"email", "nobody@tidvatten.example", "role", "service_admin", "term", "90"}, "Ingen i Kontrollrum har adressen"},
		{[]string{"email", "maria.ek@tidvatten.example", "role", "service_admin", "term", "none"}, "har redan en administratörsroll"},
	} {
		s := c.post("/o/SUN/external/new", tt.form...)
		if s.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", tt.form, s.StatusCode)
		}
		s.says(t, tt.says)
	}
	s := c.post("/o/SUN/external/new", "email", lars, "role", "service_admin", "term", "30", "reason", " Nya köer ")
	receipt := s.Header.Get("Location")
	if s.StatusCode != http.StatusSeeOther || !strings.HasPrefix(receipt, "/o/SUN/external?done=external_added&name=Lars+Dal&undo=UI_") {
		t.Fatalf("%d to %q", s.StatusCode, receipt)
	}
	c.get(receipt).says(t, "Lars Dal är nu extern administratör.", "Ångra", "om 30 dagar", "Nya köer")
	x := held()
	path := "/o/SUN/external/" + string(x.User.ID)

	first := x.Assignment.Ends
	s = c.post(path+"/renew", "role", "service_admin", "next", "/o/SUN/external?ends=30")
	if to := s.Header.Get("Location"); !strings.HasPrefix(to, "/o/SUN/external?done=external_renewed&ends=30&name=Lars+Dal&undo=UI_") || !held().Assignment.Ends.Equal(first.AddDate(0, 0, 90)) {
		t.Errorf("renewed: %d to %q, till %s", s.StatusCode, to, held().Assignment.Ends)
	}
	last := w.clock.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	c.post(path, "date", last, "reason", "Längre")
	if a := held().Assignment; a.Reason != "Längre" || a.Ends.In(time.Local).Before(w.clock.Now().AddDate(0, 1, 0)) {
		t.Errorf("changed: %+v", a)
	}
	c.get(path).says(t, `value="`+last+`"`, "Längre", "Förläng 90 dagar", "Återkalla rollen")
	c.post(path, "date", "2020-01-01", "reason", "").says(t, "Välj en dag i framtiden")
	c.post(path, "date", "", "reason", "")
	if a := held().Assignment; a.Reason != "" || !a.Ends.IsZero() {
		t.Errorf("without end: %+v", a)
	}
	s = c.post(path+"/revoke", "role", "service_admin", "next", "https://elsewhere.example/")
	if to := s.Header.Get("Location"); held() != nil || !strings.HasPrefix(to, "/o/SUN/external?done=external_revoked&name=Lars+Dal&undo=UI_") {
		t.Errorf("revoked: %d to %q", s.StatusCode, to)
	}
	undo := regexp.MustCompile(`name="request" value="([^"]+)"`).FindStringSubmatch(c.get(s.Header.Get("Location")).text)
	if undo == nil {
		t.Fatal("nothing to take it back by")
	}
	if s := c.post("/o/SUN/undo", "request", undo[1], "next", "/o/SUN/external"); s.StatusCode != http.StatusSeeOther || held() == nil {
		t.Errorf("taken back: %d\n%.2000s", s.StatusCode, s.text)
	}
	if s := c.get("/o/SUN/external/" + string(x.User.Organization)); s.StatusCode != http.StatusNotFound {
		t.Errorf("nobody: %d", s.StatusCode)
	}
}

// TestStaleAddition: who signed in a while ago proves it anew before they make a
// full administrator, and finds the form as it was.
func TestStaleAddition(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client().enters("karin.holm@sundvik.example")
	w.clock.Advance(16 * time.Minute)
	s := c.post("/o/SUN/external/new", "email", "lars.dal@tidvatten.example", "role", "full_admin", "term", "30", "reason", "Nytt")
	at, err := url.Parse(s.Header.Get("Location"))
	if err != nil || s.StatusCode != http.StatusSeeOther || at.Path != "/confirm" {
		t.Fatalf("%d to %q", s.StatusCode, s.Header.Get("Location"))
	}
	c.leads(c.post("/confirm", "password", password(t), "next", at.Query().Get("next")), at.Query().Get("next"))
	c.get(at.Query().Get("next")).says(t, `value="lars.dal@tidvatten.example"`, `id="role-full_admin" value="full_admin" checked`, "kan få rollen fullständig administratör", `value="Nytt"`)
}

// TestLeave: an external administrator gives up their own role where they have
// typed what they leave, and is out.
func TestLeave(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client().enters("birgit.aune@tidvatten.example")
	list := c.get("/o/SUN/external")
	path := regexp.MustCompile(`data-row="([^"]*)"`).FindStringSubmatch(list.text)
	if path == nil {
		t.Fatalf("%d\n%.3000s", list.StatusCode, list.text)
	}
	c.get(path[1]).says(t, "Skriv SUN för att bekräfta", "Det kan du inte ångra själv")
	if s := c.post(path[1]+"/revoke", "plate", "FEL"); s.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the wrong plate: %d", s.StatusCode)
	}
	c.leads(c.post(path[1]+"/revoke", "plate", "sun"), "/sign-in?next=%2F")
	c.leads(c.get("/o/SUN/external"), "/sign-in?next=%2Fo%2FSUN%2Fexternal&told=ended")
	if s := c.enters("birgit.aune@tidvatten.example").get("/o/SUN/external"); s.StatusCode != http.StatusNotFound {
		t.Errorf("after: %d", s.StatusCode)
	}
}
