package oidc_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	coreos "github.com/coreos/go-oidc/v3/oidc"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

const desktop = policy.AgentDesktopSignIn

// TestRequestOfAnother: whoever knows of a request alone gets no code for it,
// and a code goes to nobody but the browser in which it was said yes.
func TestRequestOfAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	address, _ := w.ask()
	to, _, _ := w.stopped(address)
	id := to.Query().Get("request")
	victim := w.browser("").signIn("chief")
	must(w, ops.Session(victim), ops.Authorize{Request: kontrollrum.AuthorizationID(id)})
	for what, b := range map[string]*browser{"nobody": w.browser(""), "another": w.browser("second"), "the same in another browser": w.browser("chief")} {
		if to, status, _ := b.open(w.server.URL + "/oauth/authorize/callback?id=" + id); to != nil || status != http.StatusNotFound {
			t.Errorf("%s: %d, sent to %v", what, status, to)
		}
	}
	if _, err := ops.Do(t.Context(), w.hub, ops.Session(victim), ops.IssueCode{Request: kontrollrum.AuthorizationID(id)}); err != nil {
		t.Error(err)
	}
	if _, err := ops.Do(t.Context(), w.hub, ops.Session(victim), ops.IssueCode{Request: kontrollrum.AuthorizationID(id)}); err == nil {
		t.Error("two codes for one request")
	}
	// Nobody says yes by a token, or to what is over.
	address, _ = w.ask()
	to, _, _ = w.stopped(address)
	id = to.Query().Get("request")
	for what, c := range map[string]ops.Caller{"a user": ops.User(w.users["chief"]), "nobody": {}, "the operator": ops.Operator()} {
		if _, err := ops.Do(t.Context(), w.hub, c, ops.Authorize{Request: kontrollrum.AuthorizationID(id)}); err == nil {
			t.Errorf("%s said yes", what)
		}
	}
	w.later(ops.AuthorizationLife)
	if _, err := ops.Do(t.Context(), w.hub, ops.Session(victim), ops.Authorize{Request: kontrollrum.AuthorizationID(id)}); err == nil {
		t.Error("said yes to what is over")
	}
	if to, status, _ := w.browser("chief").open(w.server.URL + "/oauth/authorize/callback?id=" + strings.Repeat("x", 300)); to != nil || status >= 500 {
		t.Errorf("a long id: %d %v", status, to)
	}
}

// TestLogout: who is signed out, and where people are sent.
func TestLogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	must(w, ops.Operator(), ops.AddClient{ID: "other", Name: "Annan", Redirects: []string{redirect}, AfterLogout: []string{"https://other.example/out"}})
	b := w.browser("chief")
	code, verifier := w.code(b, "scope", "openid "+ops.ScopeAPI)
	bound := w.redeem(code, verifier)
	if bound.refresh != "" {
		t.Error("a refresh token without offline_access")
	}
	parts := strings.Split(bound.id, ".")
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	claims["sub"] = string(w.users["second"])
	altered, _ := json.Marshal(claims)
	body := base64.RawURLEncoding.EncodeToString(altered)
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	hmac := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))
	end := func(change ...string) (string, int) {
		v := url.Values{}
		for i := 0; i+1 < len(change); i += 2 {
			v.Add(change[i], change[i+1])
		}
		stay := w.browser("")
		stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		to, status, _ := stay.open(w.server.URL + "/oauth/end_session?" + v.Encode())
		if to == nil {
			return "", status
		}
		return to.String(), status
	}
	for what, change := range map[string][]string{
		"alg none":                   {"id_token_hint", none + "." + parts[1] + ".", "post_logout_redirect_uri", after},
		"alg none, signed":           {"id_token_hint", none + "." + parts[1] + "." + parts[2], "post_logout_redirect_uri", after},
		"HS256":                      {"id_token_hint", hmac + "." + parts[1] + "." + parts[2], "post_logout_redirect_uri", after},
		"altered":                    {"id_token_hint", parts[0] + "." + body + "." + parts[2], "post_logout_redirect_uri", after},
		"no token":                   {"id_token_hint", "x", "post_logout_redirect_uri", after},
		"open redirect":              {"id_token_hint", bound.id, "post_logout_redirect_uri", "https://evil.example/"},
		"nearly":                     {"id_token_hint", bound.id, "post_logout_redirect_uri", after + "/"},
		"where codes go":             {"id_token_hint", bound.id, "post_logout_redirect_uri", redirect},
		"another client's":           {"id_token_hint", bound.id, "post_logout_redirect_uri", "https://other.example/out"},
		"another client's, by name":  {"id_token_hint", bound.id, "client_id", "other", "post_logout_redirect_uri", "https://other.example/out"},
		"one's own and then another": {"id_token_hint", bound.id, "post_logout_redirect_uri", after, "post_logout_redirect_uri", "https://evil.example/"},
	} {
		if to, status := end(change...); to != "" || status != http.StatusBadRequest {
			t.Errorf("%s: %d, sent to %s", what, status, to)
		}
	}
	if to, _ := end("post_logout_redirect_uri", "https://evil.example/", "client_id", "app"); to != "/sign-out" {
		t.Errorf("without a hint: sent to %s", to)
	}
	if n := len(w.sessions("chief")); n != 1 || !w.alive(t, bound.access) {
		t.Fatalf("signed out by what was refused: %d sessions", n)
	}
	w.later(2 * time.Hour / 3) // the ID token is still a hint when it has expired
	if to, _ := end("id_token_hint", bound.id); to != "/sign-in" {
		t.Errorf("sent to %s", to)
	}
	if n := len(w.sessions("chief")); n != 0 {
		t.Errorf("signed out, and %d sessions", n)
	}
	if to, _ := end("id_token_hint", bound.id, "post_logout_redirect_uri", after); to != after {
		t.Errorf("signed out again: sent to %s", to)
	}
}

func (w *world) sessions(name string) []ops.ListedSession {
	return must(w, ops.User(w.users[name]), ops.ListSessions{})
}

// TestBackChannelLogout: clients are told of sessions that end, until they say
// that they know.
func TestBackChannelLogout(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			var mu sync.Mutex
			var told []string
			fails := 2
			app := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				if fails > 0 {
					fails--
					http.Redirect(rw, r, "/elsewhere", http.StatusTemporaryRedirect)
					return
				}
				told = append(told, r.PostFormValue("logout_token"))
			}))
			t.Cleanup(app.Close)
			address := app.URL + "/bye"
			must(w, ops.Operator(), ops.EditClient{ID: "app", Logout: &address})
			b := w.browser("chief")
			code, verifier := w.code(b, "scope", "openid "+ops.ScopeAPI)
			bound := w.redeem(code, verifier)
			code, verifier = w.code(b)
			offline := w.redeem(code, verifier)
			sid := w.sessions("chief")[0].ID

			// A session that is renewed is the same to clients.
			renewed, err := w.hub.SignIn(t.Context(), ops.Caller{}, ops.PasswordProof{Email: "chief@sun.example", Password: kontrollrum.NewSecret(password), Replace: b.cookie()})
			if err != nil || renewed.Code != "" {
				t.Fatal(renewed, err)
			}
			if !w.alive(t, bound.access) {
				t.Error("a session was renewed, and what was given in it has ended")
			}
			must(w, ops.Caller{}, ops.SignOut{Session: renewed.Session})
			if w.alive(t, bound.access) || !w.alive(t, offline.access) {
				t.Error("want what was given for the session ended, and not what outlives it")
			}
			tick := make(chan time.Time)
			go w.provider.TellLogouts(t.Context(), app.Client(), tick)
			for range 8 {
				tick <- time.Time{}
				tick <- time.Time{} // the one before is done
				w.later(5 * time.Minute)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(told) != 1 {
				t.Fatalf("told %d times, want once", len(told))
			}
			provider, err := coreos.NewProvider(coreos.ClientContext(t.Context(), w.server.Client()), w.server.URL)
			if err != nil {
				t.Fatal(err)
			}
			token, err := provider.VerifierContext(coreos.ClientContext(t.Context(), w.server.Client()), &coreos.Config{ClientID: "app", SkipExpiryCheck: true}).Verify(t.Context(), told[0])
			var claims struct {
				SID, JTI, Nonce string
				Events          map[string]any
			}
			if err != nil || token.Claims(&claims) != nil || claims.SID != string(sid) || claims.JTI == "" || claims.Nonce != "" || token.Subject != string(w.users["chief"]) ||
				claims.Events["http://schemas.openid.net/event/backchannel-logout"] == nil {
				t.Errorf("told %+v, %v", claims, err)
			}
		})
	}
}

// cookie is the session that the browser keeps.
func (b *browser) cookie() kontrollrum.Secret {
	u, _ := url.Parse(b.w.server.URL)
	for _, c := range b.Jar.Cookies(u) {
		return kontrollrum.NewSecret(c.Value)
	}
	return kontrollrum.Secret{}
}

// TestKeys: a key is published before it signs and for as long as what it
// signed is good; two hubs sign with the same; what is stolen is worth nothing.
func TestKeys(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			twin := w.serve(w.server.URL)
			published := func(n *node) (out []string) {
				_, _, set := n.send(t, http.MethodGet, "/oauth/keys", nil, nil)
				keys, _ := set["keys"].([]any)
				for _, k := range keys {
					k, _ := k.(map[string]any)
					if len(k) != 6 || k["kty"] != "RSA" || k["alg"] != "RS256" || k["use"] != "sig" || k["d"] != nil {
						t.Errorf("key %v", k)
					}
					out = append(out, k["kid"].(string))
				}
				return out
			}
			signs := func() string {
				code, verifier := w.code(w.browser("chief"), "scope", "openid")
				head, _, _ := strings.Cut(w.redeem(code, verifier).id, ".")
				text, _ := base64.RawURLEncoding.DecodeString(head)
				var header struct{ Kid, Alg, Typ string }
				if err := json.Unmarshal(text, &header); err != nil || header.Alg != "RS256" {
					t.Errorf("header %s", text)
				}
				return header.Kid
			}
			old := signs()
			if got := published(twin); !slices.Equal(got, []string{old}) {
				t.Fatalf("the other hub publishes %v, want %s", got, old)
			}
			private, err := kontrollrum.NewSigningKey()
			if err != nil {
				t.Fatal(err)
			}
			if k := must(w, ops.Operator(), ops.RotateSigningKeys{Private: private, Due: true}); k != nil {
				t.Errorf("a key before it is due: %+v", k)
			}
			fresh := must(w, ops.Operator(), ops.RotateSigningKeys{Private: private}).ID
			for _, n := range []*node{w.node, twin} {
				if got := published(n); len(got) != 2 || !slices.Contains(got, old) || !slices.Contains(got, fresh) {
					t.Errorf("published %v, want both", got)
				}
			}
			if got := signs(); got != old {
				t.Errorf("signed by %s before its time", got)
			}
			w.later(ops.KeyNotice)
			if got := signs(); got != fresh {
				t.Errorf("signed by %s, want the new one", got)
			}
			if got := published(twin); len(got) != 2 {
				t.Errorf("what the old one signed is good, and it is gone: %v", got)
			}
			w.later(ops.AccessLife + time.Hour)
			if got := published(twin); !slices.Equal(got, []string{fresh}) {
				t.Errorf("published %v, want the new one alone", got)
			}
			w.later(ops.KeyLife)
			if private, err = kontrollrum.NewSigningKey(); err != nil {
				t.Fatal(err)
			}
			if k := must(w, ops.Operator(), ops.RotateSigningKeys{Private: private, Due: true}); k == nil {
				t.Error("due, and no key")
			}
			stolen := must(w, ops.Operator(), ops.RotateSigningKeys{Private: private, Now: true}).ID
			if got := published(twin); !slices.Equal(got, []string{stolen}) || signs() != stolen {
				t.Errorf("published %v, want %s alone at once", got, stolen)
			}
		})
	}
}

// TestTwoHubs: what is revoked on one hub is worth nothing on the other at its next use.
func TestTwoHubs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "postgres")
	twin := w.serve(w.server.URL)
	give := func() tokens {
		code, verifier := w.code(w.browser("reader"))
		got := w.redeem(code, verifier)
		if !w.alive(t, got.access) || !twin.alive(t, got.access) {
			t.Fatal("a token opens nothing")
		}
		return got
	}
	one := give()
	if status, _ := twin.post(t, "/oauth/revoke", "client_id", "app", "client_secret", w.secret, "token", one.access); status != 200 || w.alive(t, one.access) || twin.alive(t, one.access) {
		t.Errorf("an access token: %d", status)
	}
	if status, _ := twin.post(t, "/oauth/revoke", "client_id", "app", "client_secret", w.secret, "token", one.refresh); status != 200 {
		t.Errorf("a refresh token: %d", status)
	}
	if status, _ := w.refresh(t, w.secret, one.refresh); status != 400 {
		t.Errorf("revoked, and refreshed: %d", status)
	}
	two := give()
	status, out := twin.refresh(t, w.secret, two.refresh)
	if three := given(out); status != 200 || !w.alive(t, three.access) {
		t.Fatalf("refreshed by the other: %d %v", status, out)
	}
	if status, _ := w.refresh(t, w.secret, two.refresh); status != 400 || twin.alive(t, given(out).access) {
		t.Errorf("replayed at the other: %d", status)
	}
	four := give()
	if _, err := ops.Do(t.Context(), twin.hub, ops.User(w.users["chief"]), ops.RevokeRole{User: "reader@sun.example"}); err != nil {
		t.Fatal(err)
	}
	if status, _ := w.refresh(t, w.secret, four.refresh); status != 400 || w.alive(t, four.access) {
		t.Errorf("the role revoked at the other: %d", status)
	}

	// Many at the same time: one is given tokens, and then they have all ended.
	code, verifier := w.code(w.browser("chief"))
	five := w.redeem(code, verifier)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var winners []tokens
	for i := range 8 {
		n := []*node{w.node, twin}[i%2]
		wg.Go(func() {
			if status, out := n.refresh(t, w.secret, five.refresh); status == 200 {
				mu.Lock()
				defer mu.Unlock()
				winners = append(winners, given(out))
			}
		})
	}
	wg.Wait()
	if len(winners) != 1 || w.alive(t, winners[0].access) {
		t.Errorf("%d were given tokens; want one, and these ended by the others", len(winners))
	}
}

// TestNoSecretsInLogs: nothing that opens anything is written to the log.
func TestNoSecretsInLogs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	b := w.browser("chief")
	code, verifier := w.code(b)
	got := w.redeem(code, verifier)
	w.post(t, "/oauth/token", "grant_type", "authorization_code", "client_id", "app", "client_secret", w.secret, "code", code, "redirect_uri", redirect, "code_verifier", verifier)
	w.refresh(t, w.secret, got.refresh)
	w.post(t, "/oauth/introspect", "client_id", "app", "client_secret", w.secret, "token", got.access)
	w.post(t, "/oauth/revoke", "client_id", "app", "client_secret", "wrong-secret-of-app", "token", got.access)
	w.send(t, http.MethodGet, "/oauth/userinfo", nil, http.Header{"Authorization": {"Bearer " + got.access}})
	b.open(w.server.URL + "/oauth/end_session?id_token_hint=" + got.id + "&post_logout_redirect_uri=https://evil.example/")
	log := w.log.String()
	if !strings.Contains(log, tokenRoute) {
		t.Fatalf("nothing is logged: %s", log)
	}
	for what, secret := range map[string]string{"code": code, "verifier": verifier, "access token": got.access, "refresh token": got.refresh, "ID token": got.id, "secret": w.secret,
		"wrong secret": "wrong-secret-of-app", "session": b.cookie().Reveal(), "password": password} {
		if secret == "" || strings.Contains(log, secret) {
			t.Errorf("the log has the %s", what)
		}
	}
}

const tokenRoute = "POST /oauth/token"

const fullAdmin = policy.FullAdmin
