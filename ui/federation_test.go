package ui_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/internal/browsertest"
	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ui/upstream"
	"github.com/kontrollrum/kontrollrum/web"
	"github.com/kontrollrum/kontrollrum/words"
)

// Two installations: people of SUN sign in to the hub a through the hub b, which
// is their organization's identity provider there.

const federated = "kontrollrum-demo"

var federatedHash = func() string {
	hash, err := argon2id.CreateHash(federated, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		panic(err)
	}
	return hash
}()

// A federation is a and b, b being the provider of SUN's people at a.
type federation struct {
	internet
	a, b *installation
}

const callback = "/sign-in/upstream/callback"

func federate(t *testing.T, database func(testing.TB) string, enforced bool) *federation {
	t.Helper()
	f := &federation{internet: internet{}}
	f.a, f.b = f.install(t, "a", database(t)), f.install(t, "b", filepath.Join(t.TempDir(), "b.db"))
	f.link(enforced)
	return f
}

// link makes b the provider of SUN's people at a.
func (f *federation) link(enforced bool) {
	f.a.Helper()
	client := opDo(f.b, ops.AddClient{ID: "hub-a", Name: "Kontrollrum A", Redirects: []string{f.a.url + callback}})
	opDo(f.a, ops.AddDomain{Organization: "SUN", Domain: "sun.example"})
	opDo(f.a, ops.SetIdentityProvider{Organization: "SUN", Issuer: f.b.url, ClientID: "hub-a", ClientSecret: &client.Secret, Name: "Solen", Enforced: enforced})
}

func (f *federation) browser(t *testing.T) *visitor { return f.visitor(t, f.a.server) }

// leave goes from a to b's password page.
func (f *federation) leave(v *visitor, person string) {
	v.Helper()
	v.open(f.a.url + "/sign-in?next=%2Fprofile")
	v.fill("/sign-in", "email", person+"@sun.example")
	v.fill("/sign-in/upstream")
	if v.at.Host != "b.example.com" {
		v.Fatalf("at %s: %s", v.at, v.page)
	}
}

// prove signs in at b.
func (f *federation) prove(v *visitor, person string) {
	v.Helper()
	v.fill("/sign-in", "email", person+"@sun.example")
	v.fill("/sign-in/password", "password", federated)
}

func TestFederation(t *testing.T) {
	t.Parallel()
	for engine, database := range map[string]func(testing.TB) string{
		"sqlite":   func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "a.db") },
		"postgres": func(tb testing.TB) string { return pgtest.Start(tb) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f := federate(t, database, true)
			v := f.browser(t)
			f.leave(v, "eva")
			f.prove(v, "eva")
			if me := v.who(f.a); v.at.Host != "a.example.com" || v.at.Path != "/profile" || v.status != http.StatusOK || me == nil || me.ID != f.a.people["eva"] || me.DisplayName != "b eva" || me.FirstName != "b" {
				t.Fatalf("at %s (%d) as %+v: %q\n%s", v.at, v.status, me, v.trail, v.page)
			}
			// Who was only invited comes in too, and without b's password page: b knows them still.
			w := f.browser(t)
			invitation := opDo(f.a, ops.MakeLink{User: "bo@sun.example"})
			w.open(invitation.URL.Reveal())
			w.fill("/activate")
			if !strings.Contains(w.page, "Din adress är bekräftad.") || w.cookie(f.a, web.SigninCookie) != "" {
				t.Errorf("by an invitation: %s", w.page)
			}
			w.fill("/sign-in/upstream")
			f.prove(w, "bo")
			if me := w.who(f.a); me == nil || me.ID != f.a.people["bo"] || me.Status != kontrollrum.Active {
				t.Errorf("bo is %+v at %s: %s", me, w.at, w.page)
			}
			// Signed out at a, signed in at b: one press of a button.
			w.fill("/sign-out")
			if w.who(f.a) != nil {
				t.Error("bo is not signed out")
			}
			w.open(f.a.url + "/sign-in")
			w.fill("/sign-in", "email", "bo@sun.example")
			w.fill("/sign-in/upstream")
			if me := w.who(f.a); me == nil || me.ID != f.a.people["bo"] {
				t.Errorf("again: bo is %+v at %s: %s", me, w.at, w.page)
			}
			// Deactivated at a: refused, and told so. Deactivated at b: b lets nobody through.
			f.a.deactivate("bo")
			w.open(f.a.url + "/sign-in")
			w.fill("/sign-in", "email", "bo@sun.example")
			w.fill("/sign-in/upstream")
			if w.who(f.a) != nil || w.status != http.StatusForbidden || !strings.Contains(w.page, "Your account is deactivated here") {
				t.Errorf("deactivated at a: %d at %s: %s", w.status, w.at, w.page)
			}
			f.b.deactivate("eva")
			x := f.browser(t)
			f.leave(x, "eva")
			f.prove(x, "eva")
			if x.who(f.a) != nil || x.at.Host != "b.example.com" {
				t.Errorf("deactivated at b: at %s as %+v", x.at, x.who(f.a))
			}
			if me := v.who(f.a); me == nil {
				t.Error("and ends what goes on at a")
			}
		})
	}
}

// TestFederationRefused: what comes back is good once, in the browser that left,
// for the sign-in that it left for.
func TestFederationRefused(t *testing.T) {
	t.Parallel()
	f := federate(t, func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "a.db") }, false)
	stopped := func(person string) *visitor {
		v := f.browser(t)
		v.stop = callback
		f.leave(v, person)
		f.prove(v, person)
		if v.at.Path != callback || v.at.Host != "a.example.com" || v.at.Query().Get("code") == "" || v.at.Query().Get("iss") != f.b.url {
			t.Fatalf("at %s: %s", v.at, v.page)
		}
		v.stop = ""
		return v
	}
	refused := func(what string, v *visitor, address, told string) {
		t.Helper()
		v.open(address)
		if v.who(f.a) != nil || v.status != http.StatusForbidden || v.at.Host != "a.example.com" || !strings.Contains(v.page, told) {
			t.Errorf("%s: %d at %s as %+v: %s", what, v.status, v.at, v.who(f.a), v.page)
		}
	}
	const over, untrusted = "Signing in took too long, or began in another browser", "cannot be trusted"
	with := func(v *visitor, name, value string) string {
		to := *v.at
		q := to.Query()
		q.Set(name, value)
		to.RawQuery = q.Encode()
		return to.String()
	}

	v := stopped("eva")
	refused("another browser", f.browser(t), v.at.String(), over) // signing its person in as somebody else
	refused("and then the right one", v, v.at.String(), over)

	v = stopped("eva")
	other := stopped("bo")
	refused("the code of another sign-in", v, with(v, "code", other.at.Query().Get("code")), untrusted)
	refused("mixed up", other, with(other, "iss", "https://evil.example"), untrusted)

	v = stopped("eva")
	refused("no state", v, with(v, "state", ""), over)
	refused("a state of nobody's", v, with(v, "state", "x"), over)
	v = stopped("eva")
	at := v.at.String()
	v.open(at)
	if me := v.who(f.a); me == nil || me.ID != f.a.people["eva"] {
		t.Fatalf("eva is %+v at %s: %s", me, v.at, v.page)
	}
	session := v.cookie(f.a, web.SessionCookie)
	v.open(at)
	if v.status != http.StatusForbidden || v.cookie(f.a, web.SessionCookie) != session {
		t.Errorf("replayed: %d at %s", v.status, v.at)
	}

	v = f.browser(t)
	f.leave(v, "eva")
	v.open(f.a.url + callback + "?error=access_denied&iss=" + url.QueryEscape(f.b.url) + "&state=" + url.QueryEscape(stateOf(v)))
	if v.status != http.StatusForbidden || !strings.Contains(v.page, "cancelled or refused") {
		t.Errorf("b says no: %d %s", v.status, v.page)
	}
}

// TestFederationUnreachable: a provider that does not answer is no failure of ours.
func TestFederationUnreachable(t *testing.T) {
	t.Parallel()
	f := federate(t, func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "a.db") }, false)
	f.b.server.Close()
	v := f.browser(t)
	v.open(f.a.url + "/sign-in")
	v.fill("/sign-in", "email", "eva@sun.example")
	if !strings.Contains(v.page, `name="by"`) {
		t.Errorf("no way to a password: %s", v.page)
	}
	v.fill("/sign-in/upstream")
	if v.status != http.StatusForbidden || v.at.Host != "a.example.com" || !strings.Contains(v.page, "does not answer at the moment") {
		t.Errorf("%d at %s: %s", v.status, v.at, v.page)
	}
	for _, email := range []string{"", "nobody", "eva@else.example"} {
		v.send(http.MethodPost, f.a.url+"/sign-in/upstream", url.Values{"email": {email}})
		if v.at.Path != "/sign-in" || v.status != http.StatusOK {
			t.Errorf("%q leads to %s (%d)", email, v.at, v.status)
		}
	}
}

// TestFederationStepUp: whoever must prove anew who they are does it at the
// provider, which asks again.
func TestFederationStepUp(t *testing.T) {
	t.Parallel()
	f := federate(t, func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "a.db") }, true)
	v := f.browser(t)
	f.leave(v, "eva")
	f.prove(v, "eva")
	before := v.cookie(f.a, web.SessionCookie)
	v.open(f.a.url + "/confirm?next=%2Fprofile")
	if strings.Contains(v.page, `type="password"`) {
		t.Errorf("a password is asked for: %s", v.page)
	}
	v.fill("/sign-in/upstream")
	if v.at.Host != "b.example.com" || !strings.Contains(v.page, `type="password"`) {
		t.Fatalf("b does not ask again: %s: %s", v.at, v.page)
	}
	v.fill("/confirm", "password", federated)
	if after := v.cookie(f.a, web.SessionCookie); v.at.Host != "a.example.com" || v.at.Path != "/profile" || after == before || v.who(f.a) == nil {
		t.Errorf("at %s (%d): %s", v.at, v.status, v.page)
	}
	if _, err := ops.Do(t.Context(), f.a.hub, ops.Session(kontrollrum.NewSecret(before)), ops.Myself{}); err == nil {
		t.Error("the session that was renewed goes on")
	}
}

// TestFederationByBrowser: two hubs on two sites, as a browser keeps them apart:
// with script and without, whatever its policies on forms and cookies hold up.
func TestFederationByBrowser(t *testing.T) {
	t.Parallel()
	f := &federation{}
	browsertest.Serve(t, func(public string) http.Handler {
		var faces http.Handler
		f.a, faces = installed(t, "a", public, filepath.Join(t.TempDir(), "a.db"), upstream.Client(true))
		return faces
	})
	server := httptest.NewUnstartedServer(nil)
	var faces http.Handler
	f.b, faces = installed(t, "b", "http://"+server.Listener.Addr().String(), filepath.Join(t.TempDir(), "b.db"), nil)
	server.Config.Handler = faces
	server.Start()
	t.Cleanup(server.Close)
	f.link(true)
	for _, script := range []bool{true, false} {
		v := browsertest.Visit(t)
		v.NoScript(!script)
		v.Go(f.a.url + "/sign-in?next=%2Fprofile")
		v.Fill("#email", "eva@sun.example")
		v.Press("main form[action='/sign-in'] button")
		if !strings.Contains(v.Text(), "Logga in hos Solen") {
			t.Fatalf("at %s:\n%s", v.At(), v.Text())
		}
		v.Click("main form[action='/sign-in/upstream'] button")
		v.Await("#email")
		v.Fill("#email", "eva@sun.example")
		v.Press("main form[action='/sign-in'] button")
		v.Fill("#password", federated)
		v.Click("main button")
		v.Await("nav.side")
		if !strings.Contains(v.Text(), "b eva") {
			t.Errorf("script %t: at %s:\n%s", script, v.At(), v.Text())
		}
	}
}

// TestRefusalsAreSaid: whatever a sign-in at a provider comes to has words.
func TestRefusalsAreSaid(t *testing.T) {
	t.Parallel()
	book, err := words.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"provider_unreachable", "provider_refused", ops.SessionOver, ops.ProviderFailed, ops.ProviderChanged, ops.EmailNotVerified, ops.UnknownPerson,
		ops.OtherDomain, ops.OtherSubject, ops.PersonInactive, ops.NotFresh, ops.HubSuspended} {
		if key := "upstream.why." + code; book.In("sv").Say(key) == key {
			t.Errorf("nothing is said of %s", code)
		}
	}
}

// stateOf is the state that a browser left with.
func stateOf(v *visitor) string {
	for _, address := range v.trail {
		if u, err := url.Parse(address); err == nil && u.Path == "/oauth/authorize" {
			return u.Query().Get("state")
		}
	}
	return ""
}
