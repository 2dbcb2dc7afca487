package ui_test

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/demo"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// organization is Sundvik as it is.
func (w *world) organization() ops.OrganizationInfo {
	w.Helper()
	info, err := ops.Do(w.Context(), w.hub, w.chief(), ops.ViewOrganization{})
	if err != nil {
		w.Fatal(err)
	}
	return info
}

// settings is the settings form of Sundvik as a browser would send it, with
// some fields changed: names and values by turns.
func (w *world) settings(changes ...string) []string {
	o := w.organization()
	form := []string{"version", strconv.Itoa(o.Version), "name", o.Name, "country", o.Country, "language", o.Language, "zone", o.TimeZone,
		"mails", "on", "overage", strconv.Itoa(o.Overage)}
	for i := 0; i+1 < len(changes); i += 2 {
		found := false
		for j := 0; j < len(form); j += 2 {
			if form[j] == changes[i] {
				form[j+1], found = changes[i+1], true
			}
		}
		if !found {
			form = append(form, changes[i], changes[i+1])
		}
	}
	return form
}

// TestAccountToEveryone: each of the named people sees of Sundvik's account what
// the policy shows them, and the controls as it decides.
func TestAccountToEveryone(t *testing.T) {
	t.Parallel()
	w := open(t)
	people, err := demo.People()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		if p.Invited {
			continue
		}
		d, err := ops.Do(t.Context(), w.hub, w.bearer(p.Email), ops.EnterHub{Organization: "SUN"})
		c := w.client().enters(p.Email)
		for path, needs := range map[string]policy.Action{"account": policy.AccountViewInfo, "account/subscriptions": policy.AccountViewSubscriptions, "settings": policy.AccountViewInfo} {
			s := c.get("/o/SUN/" + path)
			want := 200
			switch {
			case err != nil:
				want = 404
			case !d.Permits[needs].OK:
				want = 403
			}
			if s.StatusCode != want {
				t.Errorf("%s at %s: %d, want %d", p.Email, path, s.StatusCode, want)
			}
			if want != 200 || path != "settings" {
				continue
			}
			locked := strings.Contains(s.text, `aria-disabled="true" aria-describedby="save-why" data-may="organization.edit_settings"`)
			open := strings.Contains(s.text, `id="save" data-may="organization.edit_settings"`) && strings.Contains(s.text, `<select class="in" id="country"`)
			if may := d.Permits[policy.OrganizationEditSettings].OK; open != may || locked == may {
				t.Errorf("%s: the form is open: %t, locked: %t; they may: %t", p.Email, open, locked, may)
			}
			if answer := c.post("/o/SUN/settings", w.settings("name", p.Email)...); !d.Permits[policy.OrganizationEditSettings].OK && (answer.StatusCode != 403 || w.organization().Name != "Sundvik Energi") {
				t.Errorf("%s saves: %d, %s", p.Email, answer.StatusCode, w.organization().Name)
			} else if answer.StatusCode == 303 {
				c.post("/o/SUN/settings", w.settings("name", "Sundvik Energi")...)
			}
		}
	}
}

// TestSettings: saved, taken back, refused beside the field, and never over
// what somebody else saved meanwhile.
func TestSettings(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client().enters("karin.holm@sundvik.example")
	early := w.settings("name", "För sent")
	saved := c.post("/o/SUN/settings", w.settings("name", " Sundvik Energi AB ", "overage", "5", "zone", "Europe/Oslo")...)
	to, err := url.Parse(saved.Header.Get("Location"))
	if err != nil || saved.StatusCode != 303 || to.Path != "/o/SUN/settings" || to.Query().Get("done") != "settings" || to.Query().Get("undo") == "" {
		t.Fatalf("saved: %d to %s", saved.StatusCode, to)
	}
	if o := w.organization(); o.Name != "Sundvik Energi AB" || o.Overage != 5 || o.TimeZone != "Europe/Oslo" || !o.AutomaticMails {
		t.Errorf("got %+v", o)
	}
	if s := c.get(to.String()); !strings.Contains(s.text, "Inställningarna är sparade.") || !strings.Contains(s.text, "Ångra") {
		t.Errorf("the receipt: %.3000s", s.text)
	}
	if s := c.post("/o/SUN/settings", early...); s.StatusCode != 409 || !strings.Contains(s.text, "För sent") || !strings.Contains(s.text, "sparat är ”Sundvik Energi AB”") {
		t.Errorf("late: %d\n%.5000s", s.StatusCode, s.text)
	}
	if s := c.post("/o/SUN/undo", "request", to.Query().Get("undo"), "next", "/o/SUN/settings"); s.StatusCode != 303 || w.organization().Name != "Sundvik Energi" || w.organization().Overage != 0 {
		t.Errorf("taken back: %d to %s, %+v", s.StatusCode, s.Header.Get("Location"), w.organization())
	}
	c.leads(c.post("/o/SUN/settings", w.settings()...), "/o/SUN/settings?done=settings_same")
	for _, wrong := range []struct{ field, value, says string }{
		{"name", "", "Skriv ett namn"}, {"country", "Sverige", "Välj ett land"}, {"language", "x y", "Välj ett språk"}, {"zone", "Stockholm", "Skriv en tidszon som"},
		{"zone", "", "Skriv en tidszon som"}, {"overage", "många", "Skriv ett helt tal"}, {"overage", "-1", "Skriv ett helt tal"}, {"name", strings.Repeat("x", 257), "Skriv ett namn"},
	} {
		s := c.post("/o/SUN/settings", w.settings(wrong.field, wrong.value, "mails", "on")...)
		if s.StatusCode != 422 || !strings.Contains(s.text, wrong.says) || !strings.Contains(s.text, `id="`+wrong.field+`-error"`) {
			t.Errorf("%s %q: %d\n%.3000s", wrong.field, wrong.value, s.StatusCode, s.text)
		}
	}
	if s := c.post("/o/SUN/settings", w.settings("factor", "on")...); s.StatusCode != 303 {
		t.Errorf("a second factor: %d", s.StatusCode)
	}
	if s := c.get("/o/SUN"); s.StatusCode != 303 || !strings.HasPrefix(s.Header.Get("Location"), "/sign-in") {
		t.Errorf("without a second factor, the session goes on: %d", s.StatusCode)
	}
}

// TestOverviewToEveryone: what needs attention leads where the visitor may go,
// and a service administrator learns of no full administrator.
func TestOverviewToEveryone(t *testing.T) {
	t.Parallel()
	w := open(t)
	links := regexp.MustCompile(`<a class="btn s" href="(/o/SUN/[a-z/]+)[^"]*" id="do-[^"]*" data-may="([a-z_.]+)"`)
	for email, want := range map[string][]string{
		"karin.holm@sundvik.example":       {"73", "inbjudningar väntar på svar", "users.list", "Hela loggen", "av 700"},
		"elin.sandberg@sundvik.example":    {"inbjudningar väntar på svar", "Hela loggen", "av 700"},
		"birgit.aune@tidvatten.example":    {"inbjudningar väntar på svar", "av 700"},
		"ingrid.sten@sundvik.example":      {"inbjudningar väntar på svar", "Hela loggen"},
		"petra.lund@nordhamn.example":      {"Allt är i sin ordning", "av 700"},
		"ali.rahimi@sundvik.example":       {"Du har ingen administratörsroll"},
		"samira.lund@sundvik.example":      {"Som arbetsledare"},
		"tomas.berg@tidvatten.example":     {"Läsläge", "användare utan licens"},
		"jonas.lindqvist@nordhamn.example": {"Andra organisationer", "Bruket Handel"},
	} {
		c := w.client().enters(email)
		s := c.get("/o/SUN")
		for _, says := range want {
			if !strings.Contains(s.text, says) {
				t.Errorf("%s: %d, no %q\n%.200s", email, s.StatusCode, says, s.text)
			}
		}
		if strings.Contains(email, "elin") || strings.Contains(email, "birgit") {
			if strings.Contains(s.text, "fullständig") && strings.Contains(s.text, "egna fullständiga") {
				t.Errorf("%s is told of full administrators", email)
			}
		}
		for _, m := range links.FindAllStringSubmatch(s.text, -1) {
			if to := c.get(m[1]); to.StatusCode != 200 && to.StatusCode != 404 { // pages that are still to come
				t.Errorf("%s is led to %s by %s: %d", email, m[1], m[2], to.StatusCode)
			}
		}
	}
}

// TestUsagePage: the chart stands in the page in figures too, over the days chosen.
func TestUsagePage(t *testing.T) {
	t.Parallel()
	c := open(t).client().enters("karin.holm@sundvik.example")
	for path, want := range map[string][]string{
		"":                   {`<title id="usage-contact_center_standard-title">Standardlicenser`, "640", "av 700", "<th scope=\"row\">"},
		"?days=30":           {`aria-current="true">30 dagar`},
		"?days=365":          {`aria-current="true">365 dagar`},
		"?days=7":            {`aria-current="true">90 dagar`},
		"?q=samar":           {"Samarbete"},
		"?q=zzz":             {"Inget abonnemang matchar", "Töm sökningen"},
		"?state=trial&q=%01": {"Inget abonnemang matchar", "Ta bort lägesfiltret"},
	} {
		s := c.get("/o/SUN/account/subscriptions" + path)
		for _, says := range want {
			if s.StatusCode != 200 || !strings.Contains(s.text, says) {
				t.Errorf("%q: %d, no %q", path, s.StatusCode, says)
			}
		}
	}
}
