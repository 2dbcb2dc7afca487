package oidc_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// TestRedirects: people are sent where the client is registered, and nowhere
// that is nearly the same.
func TestRedirects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	b := w.browser("chief")
	for _, uri := range []string{
		"", "https://app.example/cb/", "https://app.example/cb?x=1", "https://app.example/cb#", "https://app.example/cb#x", "https://app.example/CB", "https://app.example/", "https://app.example",
		"http://app.example/cb", "https://app.example:443/cb", "https://app.example:8443/cb", "https://APP.example/cb", "https://app.example./cb", "https://app.example.evil.example/cb",
		"https://evil.example/cb", "https://evil.example/https://app.example/cb", "https://app.example@evil.example/cb", "https://x@app.example/cb", "https://app.example/cb/../cb",
		"https://app.example/%63b", "https://app.example//cb", "//app.example/cb", "/cb", "https:app.example/cb", "https://app.example/cb%00", " https://app.example/cb", "https://app.example/cb ",
		"https://app.example/cb\n", "javascript:alert(1)", "data:text/html,x", "https%3A%2F%2Fapp.example%2Fcb", "http://127.0.0.1/cb", "https://sub.app.example/cb", "https://app.example\\@evil.example/cb",
	} {
		address, _ := w.ask("redirect_uri", uri)
		to, status, _ := b.open(address)
		if to != nil || status != http.StatusBadRequest {
			t.Errorf("%q: %d, sent to %v", uri, status, to)
		}
	}
	// Loopback addresses of public clients: another port, and nothing else.
	for uri, want := range map[string]bool{
		"http://127.0.0.1/cb": true, "http://127.0.0.1:49152/cb": true, "http://127.0.0.1:49152/cb/": false, "http://localhost:49152/cb": false, "https://127.0.0.1:49152/cb": false,
		"http://127.0.0.2:49152/cb": false, "http://127.0.0.1:49152/cb?x=1": false, "http://[::1]:49152/cb": false, "http://127.0.0.1:49152/other": false, "http://x@127.0.0.1:49152/cb": false,
		"http://127.0.0.1.evil.example/cb": false, "http://2130706433/cb": false,
	} {
		address, _ := w.ask("client_id", "hub", "redirect_uri", uri)
		if to, _, _ := b.open(address); (to != nil && to.Query().Get("code") != "") != want {
			t.Errorf("%q: sent to %v", uri, to)
		}
	}
}

// TestWrongRequests: what is wrong with a request is told the application, at
// its own address, with its state.
func TestWrongRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	b := w.browser("chief")
	for _, c := range []struct {
		change []string
		want   string
	}{
		{[]string{"code_challenge", ""}, "invalid_request"},
		{[]string{"code_challenge", "", "code_challenge_method", ""}, "invalid_request"},
		{[]string{"code_challenge_method", "plain"}, "invalid_request"},
		{[]string{"code_challenge_method", ""}, "invalid_request"}, // which would mean plain
		{[]string{"code_challenge", "short"}, "invalid_request"},
		{[]string{"code_challenge", strings.Repeat("a", 44)}, "invalid_request"},
		{[]string{"response_type", "token"}, "unsupported_response_type"},
		{[]string{"response_type", "id_token"}, "unsupported_response_type"},
		{[]string{"response_type", "id_token token"}, "unsupported_response_type"},
		{[]string{"response_type", "code token"}, "unsupported_response_type"},
		{[]string{"response_type", "code id_token"}, "unsupported_response_type"},
		{[]string{"response_type", "none"}, "unsupported_response_type"},
		{[]string{"response_type", ""}, "unsupported_response_type"},
		{[]string{"response_mode", "fragment"}, "invalid_request"},
		{[]string{"response_mode", "form_post"}, "invalid_request"},
		{[]string{"scope", ""}, "invalid_scope"},
		{[]string{"scope", "nonsense"}, "invalid_scope"},
		{[]string{"scope", "openid " + strings.Repeat("x", 4000)}, "invalid_scope"},
		{[]string{"prompt", "none login"}, "invalid_request"},
		{[]string{"request", "eyJ"}, "request_not_supported"},
		{[]string{"request_uri", "https://evil.example/r"}, "request_uri_not_supported"},
		{[]string{"id_token_hint", "eyJhbGciOiJub25lIn0.e30."}, "login_required"},
		{[]string{"nonce", strings.Repeat("n", 2000)}, "invalid_request"},
		{[]string{"login_hint", strings.Repeat("n", 300)}, "invalid_request"},
		{[]string{"state", strings.Repeat("s", 5000)}, "invalid_request"},
		{[]string{"scope", "openid urn:kontrollrum:organization:NOSUCH", "prompt", "none"}, "access_denied"},
	} {
		address, _ := w.ask(c.change...)
		to, status, page := b.open(address)
		if to == nil || !strings.HasPrefix(to.String(), redirect+"?") || to.Query().Get("error") != c.want || to.Query().Get("code") != "" || to.Query().Get("iss") != w.server.URL {
			t.Errorf("%.80q: %d, sent to %v: %s", c.change, status, to, page)
			continue
		}
		if state := to.Query().Get("state"); state != "st&te" && len(c.change[1]) < 5000 {
			t.Errorf("%q: state %q", c.change, state)
		}
	}
	for what, address := range map[string]string{
		"unknown client":    first(w.ask("client_id", "nobody")),
		"no client":         first(w.ask("client_id", "")),
		"max_age below":     first(w.ask("max_age", "-1")),
		"max_age no number": first(w.ask("max_age", "x")),
		"twice":             first(w.ask()) + "&redirect_uri=https://evil.example/cb",
		"state twice":       first(w.ask()) + "&state=x",
		"half an escape":    first(w.ask()) + "&x=%",
	} {
		if to, status, _ := b.open(address); to != nil || status < 400 || status > 404 {
			t.Errorf("%s: %d, sent to %v", what, status, to)
		}
	}
	address, _ := w.ask("x", strings.Repeat("x", 1<<20))
	if to, status, _ := b.open(address); to != nil || status != http.StatusRequestHeaderFieldsTooLarge && status != http.StatusRequestURITooLong {
		t.Errorf("an address of 1 MiB: %d, sent to %v", status, to)
	}
}

func first(a, _ string) string { return a }

// TestPrompts: none, login and max_age.
func TestPrompts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	silent := func(b *browser, change ...string) string {
		address, _ := w.ask(append([]string{"prompt", "none"}, change...)...)
		to, _, _ := b.open(address)
		if to == nil {
			return "a page"
		}
		if to.Query().Get("code") != "" {
			return "code"
		}
		return to.Query().Get("error")
	}
	chief := w.browser("chief")
	for want, got := range map[string]string{"code": silent(chief), "login_required": silent(w.browser(""))} {
		if got != want {
			t.Errorf("prompt=none: %s, want %s", got, want)
		}
	}
	w.later(10 * time.Minute)
	if got := silent(chief, "max_age", "60"); got != "login_required" {
		t.Errorf("max_age=60 after ten minutes: %s", got)
	}
	if got := silent(chief, "max_age", "3600"); got != "code" {
		t.Errorf("max_age=3600 after ten minutes: %s", got)
	}
	address, _ := w.ask("prompt", "login")
	if to, status, page := chief.open(address); to != nil || status != http.StatusForbidden || !strings.Contains(page, "step_up_required") {
		t.Errorf("prompt=login: %d %v %s", status, to, page)
	}
	// Whoever the hint names, and nobody else.
	code, verifier := w.code(w.browser("reader"))
	hint := w.redeem(code, verifier).id
	if got := silent(chief, "id_token_hint", hint); got != "login_required" {
		t.Errorf("the hint of another: %s", got)
	}
	if got := silent(w.browser("reader"), "id_token_hint", hint); got != "code" {
		t.Errorf("one's own hint: %s", got)
	}
	// What the pages are told.
	address, _ = w.ask("prompt", "login", "login_hint", "reader@sun.example", "scope", "openid urn:kontrollrum:organization:SUN", "ui_locales", "en sv")
	to, _, _ := w.stopped(address)
	view := must(w, ops.Caller{}, ops.ViewAuthorization{Request: kontrollrum.AuthorizationID(to.Query().Get("request"))})
	if view.Client.Name != "En app" || view.Hint != "reader@sun.example" || view.Organization != "SUN" || view.After.IsZero() || view.Request.Languages != "en sv" {
		t.Errorf("view %+v", view)
	}
}

// stopped opens an address in a browser that goes nowhere by itself.
func (w *world) stopped(address string) (*url.URL, int, string) {
	b := w.browser("")
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b.open(address)
}

// TestCodes: a code is redeemed once, by whom it was given to, with what it was
// asked for with, in time.
func TestCodes(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			other := must(w, ops.Operator(), ops.AddClient{ID: "other", Name: "Annan", Redirects: []string{redirect}}).Secret.Reveal()
			b := w.browser("chief")
			send := func(code, verifier string, change ...string) (int, string) {
				v := url.Values{"grant_type": {"authorization_code"}, "client_id": {"app"}, "client_secret": {w.secret}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {verifier}}
				for i := 0; i+1 < len(change); i += 2 {
					if v.Del(change[i]); change[i+1] != "" {
						v.Set(change[i], change[i+1])
					}
				}
				status, _, out := w.send(t, http.MethodPost, "/oauth/token", v, nil)
				text, _ := out["error"].(string)
				return status, text
			}
			for _, c := range []struct {
				what   string
				change []string
				status int
				want   string
				burnt  bool
			}{
				{"another client", []string{"client_id", "other", "client_secret", other}, 400, "invalid_grant", false},
				{"another client's secret", []string{"client_secret", other}, 401, "invalid_client", false},
				{"no secret", []string{"client_secret", ""}, 401, "invalid_client", false},
				{"a public client", []string{"client_id", "hub", "client_secret", ""}, 400, "invalid_grant", false},
				{"a public client with a secret", []string{"client_id", "hub"}, 401, "invalid_client", false},
				{"unknown client", []string{"client_id", "nobody"}, 401, "invalid_client", false},
				{"no redirect_uri", []string{"redirect_uri", ""}, 400, "invalid_request", false},
				{"other redirect_uri", []string{"redirect_uri", redirect + "/"}, 400, "invalid_grant", true},
				{"no verifier", []string{"code_verifier", ""}, 400, "invalid_grant", true},
				{"wrong verifier", []string{"code_verifier", strings.Repeat("a", 43)}, 400, "invalid_grant", true},
				{"the challenge as verifier", []string{"code_verifier", "challenge"}, 400, "invalid_grant", true},
				{"wrong code", []string{"code", "wrong"}, 400, "invalid_grant", false},
				{"no code", []string{"code", ""}, 400, "invalid_request", false},
				{"no grant_type", []string{"grant_type", ""}, 400, "invalid_request", false},
				{"password", []string{"grant_type", "password"}, 400, "unsupported_grant_type", false},
				{"client credentials", []string{"grant_type", "client_credentials"}, 400, "unauthorized_client", false},
				{"an assertion", []string{"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_secret", "", "client_assertion", "x.y.z"}, 401, "invalid_client", false},
			} {
				code, verifier := w.code(b)
				if c.what == "the challenge as verifier" {
					c.change[1] = challenge(verifier)
				}
				if status, got := send(code, verifier, c.change...); status != c.status || got != c.want {
					t.Errorf("%s: %d %s, want %d %s", c.what, status, got, c.status, c.want)
				}
				if status, _ := send(code, verifier); (status == 400) != c.burnt {
					t.Errorf("%s, and then right: %d", c.what, status)
				}
			}

			code, verifier := w.code(b)
			given := w.redeem(code, verifier)
			if !w.alive(t, given.access) {
				t.Fatal("a token opens nothing")
			}
			if status, got := send(code, verifier); status != 400 || got != "invalid_grant" {
				t.Errorf("replayed: %d %s", status, got)
			}
			if w.alive(t, given.access) {
				t.Error("the code came back, and its token is alive")
			}
			if status, out := w.refresh(t, w.secret, given.refresh); status != 400 {
				t.Errorf("the code came back, and its refresh token gives %d %v", status, out)
			}

			code, verifier = w.code(b)
			w.later(ops.CodeLife)
			if status, got := send(code, verifier); status != 400 || got != "invalid_grant" {
				t.Errorf("expired: %d %s", status, got)
			}
			code, verifier = w.code(b)
			must(w, ops.User(w.users["second"]), ops.DeactivateUser{User: "chief@sun.example"})
			if status, got := send(code, verifier); status != 400 || got != "invalid_grant" {
				t.Errorf("shut out in between: %d %s", status, got)
			}
		})
	}
}

// TestRefreshTokens: rotation, the end of a family, and who may enter what, each time.
func TestRefreshTokens(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			other := must(w, ops.Operator(), ops.AddClient{ID: "other", Name: "Annan", Redirects: []string{redirect}}).Secret.Reveal()
			begin := func(name string) tokens {
				code, verifier := w.code(w.browser(name))
				return w.redeem(code, verifier)
			}
			one := begin("chief")
			if status, _ := w.post(t, "/oauth/token", "grant_type", "refresh_token", "client_id", "other", "client_secret", other, "refresh_token", one.refresh); status != 400 {
				t.Errorf("by another client: %d", status)
			}
			if status, out := w.refresh(t, w.secret, one.refresh, "scope", "openid spark-admin:people_read"); status != 400 || out["error"] != "invalid_scope" {
				t.Errorf("more scopes: %d %v", status, out)
			}
			status, out := w.refresh(t, w.secret, one.refresh, "scope", "openid")
			if status != 200 || out["scope"] != "openid" {
				t.Fatalf("fewer scopes: %d %v", status, out)
			}
			narrow := given(out)
			if w.alive(t, narrow.access) {
				t.Error("a token for openid opens the API")
			}
			status, out = w.refresh(t, w.secret, narrow.refresh)
			if two := given(out); status != 200 || !w.alive(t, two.access) {
				t.Fatalf("all scopes again: %d %v", status, out)
			}
			two := given(out)
			if status, out := w.refresh(t, w.secret, one.refresh); status != 400 || out["error"] != "invalid_grant" {
				t.Errorf("used before: %d %v", status, out)
			}
			if w.alive(t, two.access) || w.alive(t, one.access) {
				t.Error("a refresh token came back, and its family is alive")
			}
			if status, _ := w.refresh(t, w.secret, two.refresh); status != 400 {
				t.Errorf("the family has ended, and gives %d", status)
			}
			log := must(w, ops.User(w.users["chief"]), ops.ReadAudit{Organization: "SUN"})
			if !slices.ContainsFunc(log.Items, func(e kontrollrum.Entry) bool {
				return e.Code == "refresh_token_replayed" && e.Target == w.users["chief"] && e.ActorName == "En app"
			}) {
				t.Errorf("no entry says that a refresh token came back: %+v", log.Items)
			}

			// A role is revoked: at once, and no refresh brings it back.
			reader := begin("reader")
			must(w, ops.User(w.users["chief"]), ops.RevokeRole{User: "reader@sun.example"})
			if w.alive(t, reader.access) {
				t.Error("a role was revoked, and the token is alive")
			}
			if status, out := w.refresh(t, w.secret, reader.refresh); status != 400 {
				t.Errorf("a role was revoked, and a refresh gives %d %v", status, out)
			}
			// Deactivated, suspended, left alone for 90 days.
			second := begin("second")
			must(w, ops.User(w.users["chief"]), ops.DeactivateUser{User: "second@sun.example"})
			if status, _ := w.refresh(t, w.secret, second.refresh); status != 400 || w.alive(t, second.access) {
				t.Errorf("deactivated: %d", status)
			}
			three := begin("chief")
			w.later(89 * 24 * time.Hour)
			if status, out = w.refresh(t, w.secret, three.refresh); status != 200 {
				t.Fatalf("after 89 days: %d %v", status, out)
			}
			w.later(90 * 24 * time.Hour)
			if status, _ := w.refresh(t, w.secret, given(out).refresh); status != 400 {
				t.Errorf("after 90 days more: %d", status)
			}
			four := begin("chief")
			must(w, ops.Operator(), ops.SuspendOrganization{Organization: "SUN"})
			if status, _ := w.refresh(t, w.secret, four.refresh); status != 400 || w.alive(t, four.access) {
				t.Errorf("suspended: %d", status)
			}
		})
	}
}

// TestOnlyPosts: what takes secrets takes them in a body alone.
func TestOnlyPosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	v := url.Values{"grant_type": {"refresh_token"}, "client_id": {"app"}, "client_secret": {w.secret}, "refresh_token": {"x"}}
	for _, path := range []string{"/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/device_authorization", "/v1/access_token"} {
		if status, _, _ := w.send(t, http.MethodGet, path+"?"+v.Encode(), nil, nil); status != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d", path, status)
		}
		if path != "/v1/access_token" {
			if status, _, _ := w.send(t, http.MethodPost, path+"?"+v.Encode(), url.Values{}, nil); status != http.StatusBadRequest {
				t.Errorf("POST %s with parameters in the address: %d", path, status)
			}
		}
		if status, _, _ := w.send(t, http.MethodPost, path, v, http.Header{"Content-Type": {"application/json"}}); status != http.StatusBadRequest {
			t.Errorf("%s with JSON: %d", path, status)
		}
		twice := url.Values{"grant_type": {"refresh_token", "refresh_token"}, "client_id": {"app"}}
		if status, _, _ := w.send(t, http.MethodPost, path, twice, form); status != http.StatusBadRequest {
			t.Errorf("%s with a parameter twice: %d", path, status)
		}
		if status, _, _ := w.send(t, http.MethodPost, path, url.Values{"x": {strings.Repeat("x", 100<<10)}}, form); status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s with 100 KiB: %d", path, status)
		}
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("app:"+w.secret))
	if status, _, _ := w.send(t, http.MethodPost, "/oauth/token", v, http.Header{"Authorization": {basic}}); status != http.StatusBadRequest {
		t.Errorf("two ways to prove who one is: %d", status)
	}
	v.Del("client_id")
	v.Del("client_secret")
	if status, _, out := w.send(t, http.MethodPost, "/oauth/token", v, http.Header{"Authorization": {basic}}); status != http.StatusBadRequest || out["error"] != "invalid_grant" {
		t.Errorf("Basic: %d %v", status, out)
	}
	status, header, _ := w.send(t, http.MethodPost, "/oauth/token", v, http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("app:wrong"))}})
	if status != http.StatusUnauthorized || !strings.HasPrefix(header.Get("WWW-Authenticate"), "Basic") || header.Get("Cache-Control") != "no-store" {
		t.Errorf("a wrong secret: %d %v", status, header)
	}
	if status, header, _ := w.send(t, http.MethodGet, "/oauth/userinfo", nil, http.Header{"Authorization": {"Bearer wrong"}}); status != http.StatusUnauthorized || !strings.Contains(header.Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("userinfo with a wrong token: %d %v", status, header)
	}
	if status, _, _ := w.send(t, http.MethodGet, "/oauth/userinfo?access_token=x", nil, nil); status != http.StatusBadRequest {
		t.Errorf("a token in the address: %d", status)
	}
}
