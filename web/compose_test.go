package web_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// named serves patterns with its name, and fails with its name and the error's code.
func named(t *testing.T, name string, patterns ...string) http.Handler {
	origins, err := web.SameOrigin("https://hub.example")
	if err != nil {
		t.Fatal(err)
	}
	s := web.Server{
		Log: slog.New(slog.DiscardHandler), NewID: func() string { return "1" }, Now: time.Now, Body: 10, Origins: origins,
		Headers: map[string]string{"Content-Security-Policy": "default-src 'self'", "Referrer-Policy": "same-origin"},
		Fail: func(w http.ResponseWriter, _ *http.Request, _ string, err error) {
			code := err.Error()
			if known := kontrollrum.All(err); len(known) > 0 {
				code = known[0].Code
			}
			fmt.Fprintf(w, "%s failed: %s", name, code)
		},
	}
	var routes []web.Route
	for _, p := range patterns {
		routes = append(routes, web.Route{Pattern: p, Serve: func(_ ops.Caller, w http.ResponseWriter, r *http.Request) error {
			if _, err := io.ReadAll(r.Body); err != nil {
				return err
			}
			_, err := io.WriteString(w, name+" "+p)
			return err
		}})
	}
	return s.Handler(routes)
}

func TestCompose(t *testing.T) {
	t.Parallel()
	h := web.Compose(named(t, "pages", "GET /{$}", "GET /sign-in", "POST /sign-in"),
		named(t, "api", "GET /v1/people", "GET /v1/people/{id}"), named(t, "oidc", "/oauth/{rest...}", "POST /v1/access_token"))
	for _, c := range []struct{ method, path, accept, want string }{
		{"GET", "/", "text/html", "pages GET /{$}"},
		{"GET", "/", "*/*", "pages GET /{$}"},
		{"GET", "/sign-in/", "", "pages GET /sign-in"},
		{"GET", "//sign-in", "", "pages GET /sign-in"},
		{"DELETE", "/sign-in", "", "pages failed: method not allowed; use GET, HEAD, POST"},
		{"GET", "/v1/people", "text/html", "api GET /v1/people"},
		{"GET", "/x/../v1/people/", "", "api GET /v1/people"},
		{"GET", "/v1/people/a%2Fb", "", "api GET /v1/people/{id}"},
		{"DELETE", "/v1/people", "", "api failed: method not allowed; use GET, HEAD"},
		{"POST", "/v1/access_token", "", "oidc POST /v1/access_token"},
		{"GET", "/v1/access_token", "", "oidc failed: method not allowed; use POST"},
		{"GET", "/v1/nothing", "text/html", "api failed: no_such_route"},
		{"PATCH", "/oauth/token", "", "oidc /oauth/{rest...}"},
		{"GET", "/nothing", "text/html,*/*", "pages failed: no_such_route"},
		{"GET", "/nothing", "application/json", "api failed: no_such_route"},
		{"POST", "/nothing", "", "api failed: no_such_route"},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(c.method, c.path, nil)
		r.Header.Set("Accept", c.accept)
		h.ServeHTTP(w, r)
		if w.Body.String() != c.want || w.Header().Get("Location") != "" {
			t.Errorf("%s %s, accepting %q: %q, want %q", c.method, c.path, c.accept, w.Body, c.want)
		}
		if r.Pattern == "" {
			t.Errorf("%s %s: whoever wraps the handler finds no pattern", c.method, c.path)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	h := named(t, "pages", "GET /sign-in", "POST /sign-in")
	for _, c := range []struct{ method, site, origin, want string }{
		{"POST", "same-origin", "http://node.example", "pages POST /sign-in"},
		{"POST", "none", "", "pages POST /sign-in"},
		{"POST", "", "", "pages POST /sign-in"}, // no browser
		{"POST", "", "http://node.example", "pages POST /sign-in"},
		{"POST", "", "https://hub.example", "pages POST /sign-in"}, // through a proxy
		{"POST", "cross-site", "https://evil.example", "pages failed: cross_origin"},
		{"POST", "same-site", "https://other.hub.example", "pages failed: cross_origin"},
		{"POST", "", "https://evil.example", "pages failed: cross_origin"},
		{"POST", "", "null", "pages failed: cross_origin"},
		{"GET", "cross-site", "", "pages GET /sign-in"}, // a link
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(c.method, "http://node.example/sign-in", nil)
		for name, value := range map[string]string{"Sec-Fetch-Site": c.site, "Origin": c.origin} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		h.ServeHTTP(w, r)
		if w.Body.String() != c.want {
			t.Errorf("%s from %s %s: %q, want %q", c.method, c.site, c.origin, w.Body, c.want)
		}
		if w.Header().Get("Content-Security-Policy") != "default-src 'self'" || w.Header().Get("Referrer-Policy") != "same-origin" {
			t.Errorf("headers %v", w.Header())
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/sign-in", strings.NewReader("eleven byte")))
	if w.Body.String() != "pages failed: body_too_large" {
		t.Errorf("eleven bytes where ten may be: %q", w.Body)
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	web.KeepSecret(w, web.SigninCookie, kontrollrum.NewSecret("one"))
	web.KeepSecret(w, web.SessionCookie, kontrollrum.NewSecret("two"))
	web.Forget(w, web.SigninCookie)
	web.KeepChoice(w, web.ThemeCookie, "dark")
	want := []string{
		"__Host-session=two; Path=/; HttpOnly; Secure; SameSite=Lax",
		"__Host-signin=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
		"__Host-theme=dark; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax",
	}
	if got := w.Header()["Set-Cookie"]; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("cookies %q", got)
	}
	r := httptest.NewRequest("GET", "/", nil)
	if !web.Kept(r, web.SessionCookie).Empty() || web.ByCookie(r) != (ops.Caller{}) {
		t.Error("somebody without a cookie")
	}
	r.Header.Set("Cookie", "__Host-session=two")
	if web.Kept(r, web.SessionCookie).Reveal() != "two" || web.ByCookie(r) == (ops.Caller{}) {
		t.Error("nobody by a cookie")
	}
}

func TestStrict(t *testing.T) {
	t.Parallel()
	for public, want := range map[string]string{"https://hub.example": "max-age=31536000", "http://localhost:8080": ""} {
		w := httptest.NewRecorder()
		web.Strict(public, named(t, "x", "GET /{$}")).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if got := w.Header().Get("Strict-Transport-Security"); got != want {
			t.Errorf("%s: %q", public, got)
		}
	}
}
