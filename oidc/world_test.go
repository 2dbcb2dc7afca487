package oidc_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/api"
	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/oidc"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/web"
)

// engines make an empty database of each kind and return its address.
var engines = map[string]func(testing.TB) string{
	"sqlite":   func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "kontrollrum.db") },
	"postgres": func(tb testing.TB) string { return pgtest.Start(tb) },
}

// A world is an installation that is served by TLS: SUN, with its chief, a
// reader, and a plain user; and the client called app, of the control hub.
type world struct {
	testing.TB
	*node
	database string
	ahead    *atomic.Int64 // of the clock that it shows
	users    map[string]kontrollrum.UserID
	sun      kontrollrum.OrganizationID
	secret   string // of app
	log      *lockedBuffer
}

// A node is one hub of the installation, served.
type node struct {
	hub      *ops.Hub
	provider *oidc.Provider
	server   *httptest.Server
}

const (
	password = "kontrollrum-demo"
	redirect = "https://app.example/cb"
	after    = "https://app.example/out"
)

// cheapHash is of password, as quick as may be.
var cheapHash = func() string {
	hash, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		panic(err)
	}
	return hash
}()

// A lockedBuffer is written by many.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func (w *world) later(d time.Duration) { w.ahead.Add(int64(d)) }

func must[R any](w *world, c ops.Caller, op ops.Op[R]) R {
	w.Helper()
	out, err := ops.Do(w.Context(), w.hub, c, op)
	if err != nil {
		w.Fatalf("%T: %v", op, err)
	}
	return out
}

func newWorld(tb testing.TB, engine string) *world {
	tb.Helper()
	w := &world{TB: tb, database: engines[engine](tb), ahead: new(atomic.Int64), users: map[string]kontrollrum.UserID{}, log: &lockedBuffer{}}
	w.node = w.serve("")
	must(w, ops.Operator(), ops.CreateOrganization{NewOrganization: ops.NewOrganization{Plate: "SUN", Name: "Sundvik Energi", SetupDone: true, Language: "sv", TimeZone: "Europe/Stockholm"}})
	for _, name := range []string{"chief", "second", "reader", "plain"} {
		u := must(w, ops.Operator(), ops.AddPerson{AddUser: ops.AddUser{Organization: "SUN", Email: name + "@sun.example", Details: ops.Details{FirstName: "Åsa", LastName: name}}, Activate: true})
		w.users[name], w.sun = u.ID, u.Organization
	}
	must(w, ops.Operator(), ops.AssignRole{Organization: "SUN", User: string(w.users["chief"]), Role: policy.FullAdmin})
	for name, role := range map[string]policy.Role{"second": policy.FullAdmin, "reader": policy.ReadOnlyAdmin} {
		must(w, ops.User(w.users["chief"]), ops.AssignRole{Organization: "SUN", User: string(w.users[name]), Role: role})
	}
	hashes := map[string]string{}
	for name := range w.users {
		hashes[name+"@sun.example"] = cheapHash
	}
	must(w, ops.Operator(), ops.ImportPasswords{Hashes: hashes})
	w.secret = must(w, ops.Operator(), ops.AddClient{ID: "app", Name: "En app", Redirects: []string{redirect}, AfterLogout: []string{after}, Device: true}).Secret.Reveal()
	must(w, ops.Operator(), ops.EditClient{ID: "hub", Redirects: &[]string{"http://127.0.0.1/cb"}})
	return w
}

// serve serves one more node of the installation, as url where that is not empty.
func (w *world) serve(public string) *node {
	w.Helper()
	hub, err := ops.Open(context.Background(), ops.Config{Database: w.database, Now: w.now, NewID: uuid.NewString, Key: opstest.Key(), PublicURL: "https://hub.example"})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		if err := hub.Close(); err != nil {
			w.Error(err)
		}
	})
	n := &node{hub: hub}
	mux := http.NewServeMux()
	n.server = httptest.NewUnstartedServer(mux)
	n.server.Config.MaxHeaderBytes = 64 << 10 // as the hub is served
	n.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	n.server.StartTLS()
	w.Cleanup(n.server.Close)
	if public == "" {
		public = n.server.URL
	}
	n.provider, err = oidc.New(hub, oidc.Config{PublicURL: public, Log: slog.New(slog.NewJSONHandler(w.log, nil)), NewID: uuid.NewString, Now: w.now})
	if err != nil {
		w.Fatal(err)
	}
	mux.Handle("/", web.Compose(n.provider.Handler(), api.Handler(hub, api.Config{PublicURL: public, Log: slog.New(slog.NewJSONHandler(w.log, nil)), NewID: uuid.NewString, Now: w.now})))
	// What the pages do once somebody is signed in.
	mux.HandleFunc("/sign-in", func(rw http.ResponseWriter, r *http.Request) {
		id := r.URL.Query().Get("request")
		if _, err := ops.Do(r.Context(), hub, web.ByCookie(r), ops.Authorize{Request: kontrollrum.AuthorizationID(id)}); err != nil {
			http.Error(rw, err.Error(), http.StatusForbidden)
			return
		}
		http.Redirect(rw, r, "/oauth/authorize/callback?id="+url.QueryEscape(id), http.StatusSeeOther)
	})
	return n
}

// A browser keeps cookies, and stops where it would leave the hub.
type browser struct {
	*http.Client
	w *world
}

// browser is one in which somebody is signed in; nobody where name is empty.
func (w *world) browser(name string) *browser {
	w.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	home := w.server.Listener.Addr().String()
	b := &browser{w: w, Client: &http.Client{Jar: jar, Transport: w.server.Client().Transport, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host != home {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
	if name != "" {
		b.signIn(name)
	}
	return b
}

func (b *browser) signIn(name string) kontrollrum.Secret {
	b.w.Helper()
	s, err := b.w.hub.SignIn(b.w.Context(), ops.Caller{}, ops.PasswordProof{Email: name + "@sun.example", Password: kontrollrum.NewSecret(password)})
	if err != nil || s.Code != "" || s.Stage != kontrollrum.StageFull {
		b.w.Fatalf("sign in: %+v, %v", s, err)
	}
	u, _ := url.Parse(b.w.server.URL)
	b.Jar.SetCookies(u, []*http.Cookie{{Name: web.SessionCookie, Value: s.Session.Reveal(), Path: "/", Secure: true}})
	return s.Session
}

// open opens an address and returns where the browser is sent: empty where the
// hub shows a page of its own.
func (b *browser) open(address string) (to *url.URL, status int, page string) {
	b.w.Helper()
	r, err := http.NewRequestWithContext(b.w.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.w.Fatal(err)
	}
	response, err := b.Do(r)
	if err != nil {
		b.w.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.w.Fatal(err)
	}
	if location := response.Header.Get("Location"); location != "" {
		if to, err = url.Parse(location); err != nil {
			b.w.Fatal(err)
		}
	}
	return to, response.StatusCode, string(body)
}

// ask is what app asks to have somebody signed in, changed in some members;
// an empty value leaves one out.
func (w *world) ask(change ...string) (address, verifier string) {
	var random [32]byte
	_, _ = rand.Read(random[:])
	verifier = base64.RawURLEncoding.EncodeToString(random[:])
	v := url.Values{"response_type": {"code"}, "client_id": {"app"}, "redirect_uri": {redirect}, "scope": {"openid profile email offline_access urn:kontrollrum:api"}, "state": {"st&te"},
		"nonce": {"nonce"}, "code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"}}
	for i := 0; i+1 < len(change); i += 2 {
		if v.Del(change[i]); change[i+1] != "" {
			v.Set(change[i], change[i+1])
		}
	}
	return w.server.URL + "/oauth/authorize?" + v.Encode(), verifier
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// code has somebody sign in to app, and returns the code that it gets.
func (w *world) code(b *browser, change ...string) (code, verifier string) {
	w.Helper()
	address, verifier := w.ask(change...)
	to, status, page := b.open(address)
	if to == nil || to.Query().Get("code") == "" {
		w.Fatalf("no code: %d %v %s", status, to, page)
	}
	return to.Query().Get("code"), verifier
}

// post sends a form, with app's name and secret unless it names another client.
func (n *node) post(tb testing.TB, path string, change ...string) (status int, out map[string]any) {
	tb.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(change); i += 2 {
		v.Add(change[i], change[i+1])
	}
	status, _, out = n.send(tb, http.MethodPost, path, v, nil)
	return status, out
}

func (n *node) send(tb testing.TB, method, path string, v url.Values, header http.Header) (status int, answer http.Header, out map[string]any) {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, n.server.URL+path, strings.NewReader(v.Encode()))
	if err != nil {
		tb.Fatal(err)
	}
	if v != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range header {
		r.Header[name] = values
	}
	client := *n.server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		tb.Fatal(err)
	}
	_ = json.Unmarshal(body, &out) // nil where it is none
	return response.StatusCode, response.Header, out
}

// tokens are what app is given.
type tokens struct{ access, refresh, id string }

func (w *world) redeem(code, verifier string) tokens {
	w.Helper()
	status, out := w.post(w, "/oauth/token", "grant_type", "authorization_code", "client_id", "app", "client_secret", w.secret, "code", code, "redirect_uri", redirect, "code_verifier", verifier)
	if status != http.StatusOK {
		w.Fatalf("redeem: %d %v", status, out)
	}
	return given(out)
}

func given(out map[string]any) (t tokens) {
	t.access, _ = out["access_token"].(string)
	t.refresh, _ = out["refresh_token"].(string)
	t.id, _ = out["id_token"].(string)
	return t
}

func (n *node) refresh(tb testing.TB, secret, token string, change ...string) (int, map[string]any) {
	tb.Helper()
	return n.post(tb, "/oauth/token", append([]string{"grant_type", "refresh_token", "client_id", "app", "client_secret", secret, "refresh_token", token}, change...)...)
}

// alive reports whether an access token opens the API.
func (n *node) alive(tb testing.TB, access string) bool {
	tb.Helper()
	_, err := ops.Do(tb.Context(), n.hub, ops.Bearer(kontrollrum.NewSecret(access)), ops.Myself{})
	return err == nil
}
