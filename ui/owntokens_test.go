package ui_test

import (
	"errors"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

var shownToken = regexp.MustCompile(`<code class="secret">([^<]+)</code>`)

// TestTokensByHand: a person makes a token, sees it once, and revokes it.
func TestTokensByHand(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client().enters("nora.widmark@sundvik.example") // who holds no role
	c.get("/profile").says(t, "Du har ingen åtkomsttoken", "Skapa åtkomsttoken")
	c.get("/profile/tokens/new").says(t, `value="90" selected`, "365 dagar, till", "Den slutar gälla om du byter lösenord")
	if s := c.post("/profile/tokens", "name", " ", "days", "30"); s.StatusCode != http.StatusUnprocessableEntity || shownToken.MatchString(s.text) {
		t.Errorf("without a name: %d", s.StatusCode)
	}
	made := c.post("/profile/tokens", "name", "Nattens <rapport>", "days", "30")
	made.says(t, "Nattens <rapport>", "Den visas bara den här gången")
	secret := shownToken.FindStringSubmatch(made.text)
	if made.StatusCode != http.StatusOK || secret == nil {
		t.Fatalf("%d\n%.3000s", made.StatusCode, made.text)
	}
	token := ops.Bearer(kontrollrum.NewSecret(html.UnescapeString(secret[1])))
	if me, err := ops.Do(t.Context(), w.hub, token, ops.Myself{}); err != nil || me.Email != "nora.widmark@sundvik.example" {
		t.Errorf("it speaks for %+v, %v", me, err)
	}
	profile := c.get("/profile?done=token_created")
	profile.says(t, "Åtkomsttoken är skapad.", "Nattens <rapport>", "1 gäller")
	if strings.Contains(profile.text, secret[1]) {
		t.Error("it is shown again")
	}
	id := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(profile.text)
	if id == nil {
		t.Fatal("no way to revoke it")
	}
	for range 2 { // pressed twice it is what was asked for
		c.leads(c.post("/profile/tokens/revoke", "token", id[1]), "/profile?done=token_revoked")
	}
	if _, err := ops.Do(t.Context(), w.hub, token, ops.Myself{}); !errors.Is(err, kontrollrum.Unauthenticated) {
		t.Errorf("revoked: %v", err)
	}
	c.get("/profile").says(t, "1 som inte gäller längre", "återkallad")
	other := w.client().enters("ali.rahimi@sundvik.example")
	if s := other.post("/profile/tokens/revoke", "token", id[1]); s.StatusCode != http.StatusNotFound {
		t.Errorf("another's: %d", s.StatusCode)
	}
}

// TestStaleToken: who signed in a while ago proves it anew, and finds the form
// as it was.
func TestStaleToken(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client().enters("nora.widmark@sundvik.example")
	w.clock.Advance(16 * time.Minute)
	c.leads(c.get("/profile/tokens/new"), "/confirm?next="+url.QueryEscape("/profile/tokens/new"))
	form := "/profile/tokens/new?days=30&name=Nattens+rapport"
	c.leads(c.post("/profile/tokens", "name", "Nattens rapport", "days", "30"), "/confirm?next="+url.QueryEscape(form))
	c.leads(c.post("/confirm", "password", password(t), "next", form), form)
	c.get(form).says(t, `value="Nattens rapport"`, `value="30" selected`)
}

// TestOwnDetails: a person changes what they are called and where they are found,
// and takes it back; the language stays.
func TestOwnDetails(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client().enters("nora.widmark@sundvik.example")
	me := func() *kontrollrum.User {
		t.Helper()
		u, err := ops.Do(t.Context(), w.hub, w.bearer("nora.widmark@sundvik.example"), ops.Myself{})
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	before := me()
	c.get("/profile/details").says(t, `value="Nora"`, `value="Widmark"`)
	form := []string{"firstName", "Nora", "lastName", "Ek", "displayName", "", "title", "Chef", "phone", "010-555 01 02", "timeZone", "Europe/Helsinki"}
	s := c.post("/profile/details", form...)
	if to := s.Header.Get("Location"); s.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/profile?done=details&undo=UI_") {
		t.Fatalf("%d to %q", s.StatusCode, to)
	}
	if u := me(); u.DisplayName != "Nora Ek" || u.Title != "Chef" || u.Phone != "010-555 01 02" || u.TimeZone != "Europe/Helsinki" || u.Language != before.Language || u.Email != before.Email {
		t.Errorf("%+v", u)
	}
	receipt := c.get(s.Header.Get("Location"))
	receipt.says(t, "Dina uppgifter är sparade.", "Nora Ek", "Europe/Helsinki", "Ångra")
	undo := regexp.MustCompile(`name="request" value="([^"]+)"`).FindStringSubmatch(receipt.text)
	if undo == nil {
		t.Fatal("nothing to take it back by")
	}
	if s := c.post("/o/SUN/undo", "request", undo[1], "next", "/profile"); s.StatusCode != http.StatusSeeOther || me().DisplayName != before.DisplayName {
		t.Errorf("taken back: %d, %q", s.StatusCode, me().DisplayName)
	}
	for field, value := range map[string]string{"displayName": strings.Repeat("x", 257), "title": "a\x01b", "timeZone": "Europe/Atlantis", "phone": strings.Repeat("1", 300)} {
		s := c.post("/profile/details", append([]string{"firstName", "Nora"}, field, value)...)
		if s.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(s.text, `id="`+field+`-error"`) {
			t.Errorf("%s: %d", field, s.StatusCode)
		}
	}
	if s := c.post("/profile/details", "firstName", "", "lastName", "", "displayName", " "); s.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(s.text, `id="displayName-error"`) {
		t.Errorf("without a name: %d", s.StatusCode)
	}
}

// TestShortcuts: single keys are switched off on a device, and on again.
func TestShortcuts(t *testing.T) {
	t.Parallel()
	c := open(t).client().enters("nora.widmark@sundvik.example")
	off := func() bool { return strings.Contains(c.get("/profile").text, `data-shortcuts="off"`) }
	if off() {
		t.Error("off at first")
	}
	c.leads(c.post("/preferences", "shortcuts", "off", "next", "/profile?done=shortcuts_off"), "/profile?done=shortcuts_off")
	c.get("/profile?done=shortcuts_off").says(t, "Kortkommandon är avstängda.", "Sätt på")
	if !off() {
		t.Error("not off")
	}
	c.post("/preferences", "theme", "dark")
	c.post("/preferences", "shortcuts", "sometimes")
	if !off() {
		t.Error("on by something else")
	}
	if c.post("/preferences", "shortcuts", "on"); off() {
		t.Error("not on again")
	}
}
