package ui_test

import (
	"context"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/oidc"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/ui"
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

// An internet is where names lead to servers of this test.
type internet map[string]string

// RoundTrip asks whoever has the name, with its certificate believed.
func (n internet) transport(server *httptest.Server) http.RoundTripper {
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if at, ok := n[address]; ok {
			address = at
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	return transport
}

// An installation is a hub with its pages and its OpenID Provider, served.
type installation struct {
	testing.TB
	hub    *ops.Hub
	url    string
	server *httptest.Server
	people map[string]kontrollrum.UserID
}

func (n internet) install(tb testing.TB, name, database string) *installation {
	tb.Helper()
	at := &installation{TB: tb, url: "https://" + name + ".example.com", people: map[string]kontrollrum.UserID{}}
	at.server = httptest.NewUnstartedServer(nil)
	at.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	at.server.StartTLS()
	tb.Cleanup(at.server.Close)
	n[name+".example.com:443"] = at.server.Listener.Addr().String()
	hub, err := ops.Open(context.Background(), ops.Config{Database: database, Now: time.Now, NewID: uuid.NewString, Key: opstest.Key(), PublicURL: at.url})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := hub.Close(); err != nil {
			tb.Error(err)
		}
	})
	at.hub = hub
	quiet := slog.New(slog.DiscardHandler)
	client := &http.Client{Transport: n.transport(at.server), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	pages, err := ui.Handler(hub, ui.Config{PublicURL: at.url, Log: quiet, NewID: uuid.NewString, Now: time.Now, Providers: client})
	if err != nil {
		tb.Fatal(err)
	}
	provider, err := oidc.New(hub, oidc.Config{PublicURL: at.url, Log: quiet, NewID: uuid.NewString, Now: time.Now})
	if err != nil {
		tb.Fatal(err)
	}
	at.server.Config.Handler = web.Compose(pages, provider.Handler())
	opDo(at, ops.CreateOrganization{NewOrganization: ops.NewOrganization{Plate: "SUN", Name: "Sundvik", SetupDone: true}})
	hashes := map[string]string{}
	for _, person := range []string{"chief", "eva", "bo"} {
		u := opDo(at, ops.AddPerson{AddUser: ops.AddUser{Organization: "SUN", Email: person + "@sun.example",
			Details: ops.Details{FirstName: name, LastName: person, DisplayName: name + " " + person}}, Activate: person != "bo" || name != "a"})
		at.people[person] = u.ID
		if name == "b" {
			hashes[person+"@sun.example"] = federatedHash
		}
	}
	opDo(at, ops.AssignRole{Organization: "SUN", User: string(at.people["chief"]), Role: policy.FullAdmin})
	if len(hashes) > 0 {
		opDo(at, ops.ImportPasswords{Hashes: hashes})
	}
	return at
}

func opDo[R any](at *installation, op ops.Op[R]) R {
	at.Helper()
	out, err := ops.Do(at.Context(), at.hub, ops.Operator(), op)
	if err != nil {
		at.Fatalf("%T: %v", op, err)
	}
	return out
}

func (at *installation) deactivate(person string) {
	at.Helper()
	if _, err := ops.Do(at.Context(), at.hub, ops.User(at.people["chief"]), ops.DeactivateUser{User: string(at.people[person])}); err != nil {
		at.Fatal(err)
	}
}

// A visitor is a browser: it keeps cookies, follows redirects and what refreshes
// itself, and sends forms.
type visitor struct {
	testing.TB
	client *http.Client
	jar    http.CookieJar
	at     *url.URL // where it is
	status int
	page   string
	trail  []string // addresses that it came by
	stop   string   // an address that it does not go to, by its path
}

func (n internet) visitor(tb testing.TB, server *httptest.Server) *visitor {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	v := &visitor{TB: tb, jar: jar}
	v.client = &http.Client{Jar: jar, Transport: n.transport(server), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return v
}

var refreshed = regexp.MustCompile(`<meta http-equiv="refresh" content="0; url=([^"]*)"`)

// open goes to an address, and on from there until a page stays.
func (v *visitor) open(address string) {
	v.Helper()
	v.send(http.MethodGet, address, nil)
}

func (v *visitor) send(method, address string, form url.Values) {
	v.Helper()
	for range 20 {
		to, err := url.Parse(address)
		if err != nil {
			v.Fatal(err)
		}
		if v.at != nil {
			to = v.at.ResolveReference(to)
		}
		v.trail = append(v.trail, to.String())
		if v.stop != "" && to.Path == v.stop {
			v.at = to
			return
		}
		var body io.Reader
		if form != nil {
			body = strings.NewReader(form.Encode())
		}
		r, err := http.NewRequestWithContext(v.Context(), method, to.String(), body)
		if err != nil {
			v.Fatal(err)
		}
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", to.Scheme+"://"+to.Host)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Accept-Language", "en")
		answer, err := v.client.Do(r)
		if err != nil {
			v.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			v.Fatal(err)
		}
		v.at, v.status, v.page = to, answer.StatusCode, string(text)
		method, form = http.MethodGet, nil
		if address = answer.Header.Get("Location"); address != "" {
			continue
		}
		found := refreshed.FindStringSubmatch(v.page)
		if found == nil {
			return
		}
		address = html.UnescapeString(found[1])
	}
	v.Fatalf("goes in circles: %q", v.trail)
}

var (
	formText  = regexp.MustCompile(`(?s)<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>`)
	inputText = regexp.MustCompile(`<input[^>]*name="([^"]*)"[^>]*>`)
	valueText = regexp.MustCompile(`value="([^"]*)"`)
)

// fill sends the page's form of an action, with its hidden values and these.
func (v *visitor) fill(action string, values ...string) {
	v.Helper()
	for _, found := range formText.FindAllStringSubmatch(v.page, -1) {
		if html.UnescapeString(found[1]) != action {
			continue
		}
		form := url.Values{}
		for _, input := range inputText.FindAllStringSubmatch(found[2], -1) {
			value := ""
			if text := valueText.FindStringSubmatch(input[0]); text != nil {
				value = html.UnescapeString(text[1])
			}
			form.Set(input[1], value)
		}
		for i := 0; i+1 < len(values); i += 2 {
			form.Set(values[i], values[i+1])
		}
		v.send(http.MethodPost, action, form)
		return
	}
	v.Fatalf("no form %s at %s: %s", action, v.at, v.page)
}

// cookie is a cookie that the browser keeps for an installation.
func (v *visitor) cookie(at *installation, name string) string {
	u, _ := url.Parse(at.url)
	for _, c := range v.jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// who is whoever is signed in to an installation; nil where nobody is.
func (v *visitor) who(at *installation) *kontrollrum.User {
	me, err := ops.Do(v.Context(), at.hub, ops.Session(kontrollrum.NewSecret(v.cookie(at, web.SessionCookie))), ops.Myself{})
	if err != nil {
		return nil
	}
	return me
}

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
	client := opDo(f.b, ops.AddClient{ID: "hub-a", Name: "Kontrollrum A", Redirects: []string{f.a.url + callback}})
	opDo(f.a, ops.AddDomain{Organization: "SUN", Domain: "sun.example"})
	opDo(f.a, ops.SetIdentityProvider{Organization: "SUN", Issuer: f.b.url, ClientID: "hub-a", ClientSecret: &client.Secret, Name: "Solen", Enforced: enforced})
	return f
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
			f.leave(w, "bo")
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
