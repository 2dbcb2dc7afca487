package ui_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum/oidc"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/ui"
	"github.com/kontrollrum/kontrollrum/web"
)

// provided serves the pages, and the OpenID Provider with their errors.
func provided(tb testing.TB, h *ops.Hub, clock *opstest.Clock, public string) http.Handler {
	tb.Helper()
	log := slog.New(slog.DiscardHandler)
	config := ui.Config{PublicURL: public, Version: "0.1", Log: log, NewID: uuid.NewString, Now: clock.Now}
	shows, err := ui.Errors(config)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := oidc.New(h, oidc.Config{PublicURL: public, Log: log, NewID: uuid.NewString, Now: clock.Now, Page: shows})
	if err != nil {
		tb.Fatal(err)
	}
	return web.Compose(faces(tb, h, clock, public), p.Handler())
}

// TestStrayed: whom an application sends to the provider with something that
// cannot be served is told on a page what happened and what to do, in their
// language, and is led nowhere; programs get what they can read.
func TestStrayed(t *testing.T) {
	t.Parallel()
	w := &world{TB: t, clock: opstest.NewClock()}
	w.hub = hub(t, w.clock, opstest.PublicURL)
	server := httptest.NewTLSServer(provided(t, w.hub, w.clock, opstest.PublicURL))
	t.Cleanup(server.Close)
	w.url = server.URL
	made, err := ops.Do(t.Context(), w.hub, ops.Operator(), ops.AddClient{ID: "app", Name: "En app", Redirects: []string{"https://app.example/cb"}})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(client, redirect string, more ...string) string {
		v := url.Values{"response_type": {"code"}, "client_id": {client}, "redirect_uri": {redirect}, "scope": {"openid"}, "code_challenge": {strings.Repeat("c", 43)}, "code_challenge_method": {"S256"}}
		for i := 0; i+1 < len(more); i += 2 {
			v.Add(more[i], more[i+1])
		}
		return "/oauth/authorize?" + v.Encode()
	}
	const evil = "https://evil.example/cb"
	good := ask(string(made.ID), "https://app.example/cb")
	c := w.client()
	for _, test := range []struct {
		method, path, language string
		status                 int
		says                   []string
	}{
		{"GET", ask("nobody", evil), "sv", 404, []string{"Programmet är okänt", "kontakta den som sköter programmet"}},
		{"GET", ask("nobody", evil), "en", 404, []string{"The application is unknown", "contact whoever runs"}},
		{"GET", ask("app", evil), "sv", 400, []string{"Programmet kan inte ta emot dig", "stannar du här"}},
		{"GET", ask("app", evil), "en-GB", 400, []string{"The application cannot receive you", "you stay here"}},
		{"POST", ask("app", evil), "en", 400, []string{"Something in the request is wrong"}}, // not as a form
		{"GET", good + "&state=1&state=2", "sv", 400, []string{"Begäran går inte att läsa", "börja om"}},
		{"GET", "/oauth/authorize", "en", 404, []string{"The application is unknown"}},
		{"GET", "/oauth/authorize/callback?id=none", "sv", 404, []string{"Inloggningen gäller inte längre", "Gå tillbaka till programmet och börja om."}},
		{"GET", "/oauth/authorize/callback?id=none", "en", 404, []string{"The sign-in is no longer valid", "begin again"}},
		{"GET", "/oauth/authorize/callback", "en", 404, []string{"The sign-in is no longer valid"}},
		{"DELETE", "/oauth/authorize", "en", 405, []string{"The page cannot be opened that way"}},
		{"GET", "/oauth/nothing", "sv", 404, []string{"Sidan finns inte"}},
		{"GET", "/v1/authorize?client_id=nobody", "sv", 404, []string{"Programmet är okänt"}},
		{"GET", "/oauth/end_session?id_token_hint=x", "sv", 400, []string{"Programmet kunde inte logga ut dig", "logga ut där"}},
		{"GET", "/oauth/end_session?state=" + strings.Repeat("x", 5000), "en", 400, []string{"The application could not sign you out"}},
	} {
		c.send["Accept"], c.send["Accept-Language"] = "text/html,*/*;q=0.8", test.language
		s := c.ask(test.method, test.path, nil)
		if s.StatusCode != test.status || s.Header.Get("Location") != "" || s.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s %.90s: %d %v", test.method, test.path, s.StatusCode, s.Header)
		}
		for _, says := range append(test.says, `href="/"`, "OP_") {
			if !strings.Contains(s.text, says) {
				t.Errorf("%s %.90s in %s: it does not say %q", test.method, test.path, test.language, says)
			}
		}
		if test.method == "GET" && strings.Contains(s.text, `href="`+evil) || strings.Contains(strings.ToLower(s.text), "http-equiv") {
			t.Errorf("%.90s: it leads on", test.path)
		}
		s.header(t, "Content-Security-Policy", "style-src 'self'")
		s.header(t, "Content-Security-Policy", "frame-ancestors 'none'")
		s.header(t, "Cache-Control", "no-store")
		c.send["Accept"] = "application/json"
		if s := c.ask(test.method, test.path, nil); s.StatusCode != test.status || !strings.HasPrefix(s.Header.Get("Content-Type"), "application/json") || !strings.Contains(s.text, `"error":"invalid_request"`) {
			t.Errorf("%s %.90s, for a program: %d %s", test.method, test.path, s.StatusCode, s.text)
		}
	}
	// A program is one whatever it says it accepts.
	c.send["Accept"] = "text/html, image/gif, *; q=.2"
	for _, path := range []string{"/oauth/token", "/oauth/userinfo?x=y", "/v1/access_token"} {
		if s := c.post(path, "grant_type", "x"); strings.HasPrefix(s.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %s", path, s.text)
		}
	}
	// The way to the application and back, and what is reloaded there.
	c.send["Accept"], c.send["Accept-Language"] = "text/html", "sv"
	on := c.get(good).Header.Get("Location")
	if !strings.HasPrefix(on, "/sign-in?request=") {
		t.Fatalf("leads to %q", on)
	}
	request := strings.TrimPrefix(on, "/sign-in?request=")
	c.leads(c.post("/sign-in/password", "email", "karin.holm@sundvik.example", "password", password(t), "request", request), "/sign-in/onward?request="+request)
	c.leads(c.get("/sign-in?request="+request), "/oauth/authorize/callback?id="+request) // where the page leads on
	back := c.get("/oauth/authorize/callback?id=" + request)
	if !strings.HasPrefix(back.Header.Get("Location"), "https://app.example/cb?") {
		t.Fatalf("back: %d %s", back.StatusCode, back.text)
	}
	if s := c.get("/oauth/authorize/callback?id=" + request); s.StatusCode != http.StatusNotFound || !strings.Contains(s.text, "Inloggningen gäller inte längre") {
		t.Errorf("reloaded: %d\n%.900s", s.StatusCode, s.text)
	}
	late := strings.TrimPrefix(c.get(good).Header.Get("Location"), "/sign-in?request=")
	w.clock.Advance(ops.AuthorizationLife)
	if s := c.get("/oauth/authorize/callback?id=" + late); s.StatusCode != http.StatusNotFound || !strings.Contains(s.text, "börja om") {
		t.Errorf("late: %d", s.StatusCode)
	}
	for range 300 {
		if _, err := ops.Do(t.Context(), w.hub, ops.Caller{IP: "127.0.0.1"}, ops.BeginDevice{ClientProof: ops.ClientProof{Client: "hub"}}); err != nil {
			t.Fatal(err)
		}
	}
	if s := c.get(good); s.StatusCode != http.StatusTooManyRequests || s.Header.Get("Retry-After") != "1" || !strings.Contains(s.text, "För många inloggningar härifrån") {
		t.Errorf("too many: %d %v\n%.900s", s.StatusCode, s.Header, s.text)
	}
}
