package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/demo"
	"github.com/kontrollrum/kontrollrum/ops"
)

// header checks that a header has a part.
func (s seen) header(t *testing.T, name, part string) {
	t.Helper()
	if got := s.Header.Get(name); !strings.Contains(got, part) {
		t.Errorf("%s %s: %s is %q, want %q in it", s.Request.Method, s.Request.URL.Path, name, got, part)
	}
}

// TestHeaders: what every answer says, whoever asks for whatever.
func TestHeaders(t *testing.T) {
	t.Parallel()
	c := open(t).client()
	for _, s := range []seen{c.get("/sign-in"), c.get("/"), c.get("/nothing"), c.post("/nothing"), c.post("/sign-in", "email", "x"), c.ask("DELETE", "/sign-in", nil), c.get("/activate?token=x")} {
		s.header(t, "Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'")
		s.header(t, "Content-Security-Policy", "form-action 'self'")
		s.header(t, "Content-Security-Policy", "frame-ancestors 'none'")
		s.header(t, "X-Content-Type-Options", "nosniff")
		s.header(t, "Cache-Control", "no-store")
		s.header(t, "Trackingid", "UI_")
	}
	c.get("/sign-in").header(t, "Referrer-Policy", "same-origin")
	c.get("/activate?token=x").header(t, "Referrer-Policy", "same-origin")
	c.get("/reset?token=x").header(t, "Referrer-Policy", "same-origin")
}

// TestErrors: what is not there or not done so is told in the person's
// language, and to programs as they expect.
func TestErrors(t *testing.T) {
	t.Parallel()
	c := open(t).client()
	for _, test := range []struct {
		method, path, language string
		status                 int
		says                   string
	}{
		{"GET", "/nothing", "sv", 404, "Sidan finns inte"},
		{"GET", "/nothing", "en-GB", 404, "There is no such page"},
		{"GET", "/nothing", "de", 404, "Sidan finns inte"},
		{"GET", "/static/0/kontrollrum.css", "sv", 404, "Sidan finns inte"},
		{"DELETE", "/sign-in", "en", 405, "The page cannot be opened that way"},
		{"POST", "/profile/codes", "en", 401, "You are not signed in"},
		{"GET", "/activate?token=x", "en", 410, "It is not whole."},
		{"GET", "/reset", "sv", 410, "Den är inte hel."},
	} {
		c.send["Accept-Language"] = test.language
		if s := c.ask(test.method, test.path, nil); s.StatusCode != test.status || !strings.Contains(s.text, test.says) {
			t.Errorf("%s %s in %s: %d\n%.900s", test.method, test.path, test.language, s.StatusCode, s.text)
		}
	}
	c.send["Accept"] = "application/json"
	if s := c.get("/nothing"); s.StatusCode != 404 || !strings.HasPrefix(s.text, "{") {
		t.Errorf("a program is answered %d %.200s", s.StatusCode, s.text)
	}
	c.send["Accept"] = "text/html"
	if s := c.get("/v1/people"); s.StatusCode != 401 || !strings.HasPrefix(s.text, "{") {
		t.Errorf("the API answers a browser %d %.200s", s.StatusCode, s.text)
	}
	if s := c.post("/sign-in", "email", strings.Repeat("x", 1<<17)); s.StatusCode != 413 && s.StatusCode != 422 {
		t.Errorf("a form that is too large: %d", s.StatusCode)
	}
}

// TestOrigins: another site's page changes nothing, whatever it sends.
func TestOrigins(t *testing.T) {
	t.Parallel()
	c := open(t).client().enters("karin.holm@sundvik.example")
	for _, path := range []string{"/sign-out", "/preferences", "/profile/codes", "/profile/sessions/end-others", "/profile/applications/end", "/sign-in/password", "/activate"} {
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			c.send[name] = value
			if s := c.post(path, "language", "en"); s.StatusCode != http.StatusForbidden || !strings.Contains(s.text, "annan webbplats") || len(s.Cookies()) > 0 {
				t.Errorf("%s with %s: %d, cookies %v", path, name, s.StatusCode, s.Cookies())
			}
			delete(c.send, name)
		}
	}
	if s := c.get("/"); s.StatusCode != 200 {
		t.Errorf("signed out after all: %d", s.StatusCode)
	}
}

// TestRedirects: nobody is led elsewhere by way of the hub.
func TestRedirects(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, next := range []string{"//evil.example", `/\evil.example`, "https://evil.example", "/%2Fevil.example", "/%5Cevil.example", "/\t/evil.example", "javascript:alert(1)"} {
		c := w.client()
		c.leads(c.post("/sign-in/password", "email", "karin.holm@sundvik.example", "password", password(t), "next", next), "/")
		c.leads(c.post("/preferences", "theme", "dark", "next", next), "/")
		if s := c.ask("GET", "/sign-in?next="+strings.NewReplacer("\t", "%09", `\`, "%5C", "%", "%25").Replace(next), nil); s.Header.Get("Location") != "/" {
			t.Errorf("%q leads to %q", next, s.Header.Get("Location"))
		}
	}
	c := w.client()
	c.leads(c.get("/profile?done=password"), "/sign-in?next=%2Fprofile%3Fdone%3Dpassword")
	c.leads(c.post("/sign-in/password", "email", "karin.holm@sundvik.example", "password", password(t), "next", "/profile?done=password"), "/profile?done=password")
}

// TestFixation: a session's secret is another after each step, and what was
// there before is worth nothing.
func TestFixation(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client()
	const planted = "0123456789012345678901234567890123456789012"
	c.send["Cookie"] = "__Host-session=" + planted + "; __Host-signin=" + planted
	s := c.post("/sign-in/password", "email", "karin.holm@sundvik.example", "password", password(t))
	c.leads(s, "/")
	found := false
	for _, cookie := range s.Cookies() {
		if cookie.Name != "__Host-session" {
			continue
		}
		found = true
		if cookie.Value == planted || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
			t.Errorf("cookie %+v", cookie)
		}
	}
	if !found {
		t.Error("no session")
	}
	thief := w.client()
	thief.send["Cookie"] = "__Host-session=" + planted
	thief.leads(thief.get("/"), "/sign-in?told=ended")
}

// TestConstantAnswers: an address that nobody has is answered as one that
// somebody has.
func TestConstantAnswers(t *testing.T) {
	t.Parallel()
	w := open(t)
	told := func(path string, pairs ...string) [2]string {
		var out [2]string
		for i, email := range []string{"karin.holm@sundvik.example", "nobody.here@sundvik.example"} {
			s := w.client().post(path, append([]string{"email", email}, pairs...)...)
			out[i] = s.Status + strings.ReplaceAll(s.text, email, "EMAIL")
		}
		return out
	}
	for path, pairs := range map[string][]string{"/sign-in": nil, "/sign-in/password": {"password", "wrong password"}, "/forgotten": nil} {
		if got := told(path, pairs...); got[0] != got[1] {
			t.Errorf("%s tells who is there:\n%s\n%s", path, got[0], got[1])
		}
	}
}

// TestTooMany: whoever tries too often waits, and is told for how long.
func TestTooMany(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client()
	for range 12 {
		if s := c.post("/sign-in/password", "email", "karin.holm@sundvik.example", "password", "wrong"); s.StatusCode == http.StatusTooManyRequests {
			if s.Header.Get("Retry-After") == "" || !strings.Contains(s.text, "För många försök") {
				t.Errorf("retry after %q\n%.1500s", s.Header.Get("Retry-After"), s.text)
			}
			return
		}
	}
	t.Error("nobody ever waits")
}

// TestWhoEnters tries the three applications for each of the demo world's
// people, and holds what comes of it to what the hub says of their entrances
// (permissions.md §5).
func TestWhoEnters(t *testing.T) {
	t.Parallel()
	people, err := demo.People()
	if err != nil {
		t.Fatal(err)
	}
	w := open(t)
	paths := map[string]string{"control_hub.sign_in": "/", "management_portal.sign_in": "/portal", "agent_desktop.sign_in": "/desktop"}
	words := map[string]string{"full": "Full åtkomst", "read": "Läsläge", "limited": "Egen profil"}
	for _, person := range people {
		if person.Invited {
			continue
		}
		c := w.client().enters(person.Email)
		made, err := ops.Do(t.Context(), w.hub, ops.Operator(), ops.CreateToken{User: person.Email, Expires: w.clock.Now().Add(time.Hour), Secret: kontrollrum.NewToken})
		if err != nil {
			t.Fatal(err)
		}
		entrances, err := ops.Do(t.Context(), w.hub, ops.Bearer(made.Secret), ops.ListEntrances{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entrances[:min(len(entrances), 9)] {
			s := c.get(paths[e.Application.String()] + "?organization=" + e.Organization.Plate)
			switch {
			case e.Refusal != nil:
				if s.StatusCode != http.StatusForbidden || !strings.Contains(s.text, "Det här skulle hjälpa") {
					t.Errorf("%s at %s of %s: %d, want a refusal\n%.3000s", person.Email, e.Application, e.Organization.Plate, s.StatusCode, s.text)
				}
			case s.StatusCode != http.StatusOK || e.Application.String() != "agent_desktop.sign_in" && !strings.Contains(s.text, words[e.Mode]):
				t.Errorf("%s at %s of %s: %d, want %s\n%.3000s", person.Email, e.Application, e.Organization.Plate, s.StatusCode, e.Mode, s.text)
			}
			if english := "the matrix says"; strings.Contains(s.text, english) || strings.Contains(s.text, "is possible only where") {
				t.Errorf("%s at %s: the page speaks English", person.Email, e.Application)
			}
		}
		for path, status := range map[string]int{"/profile": 200, "/?organization=ZZZ": 404} {
			if s := c.get(path); s.StatusCode != status {
				t.Errorf("%s at %s: %d", person.Email, path, s.StatusCode)
			}
		}
	}
}
