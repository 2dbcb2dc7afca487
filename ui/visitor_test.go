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
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/oidc"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/ui"
	"github.com/kontrollrum/kontrollrum/web"
)

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

// install makes an installation that is served by TLS, under a name.
func (n internet) install(tb testing.TB, name, database string) *installation {
	tb.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	server.StartTLS()
	tb.Cleanup(server.Close)
	n[name+".example.com:443"] = server.Listener.Addr().String()
	client := &http.Client{Transport: n.transport(server), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	at, faces := installed(tb, name, "https://"+name+".example.com", database, client)
	at.server, server.Config.Handler = server, faces
	return at
}

// installed makes an installation: SUN with chief, eva and bo, who sign in at b
// by password, and of whom bo is only invited at a.
func installed(tb testing.TB, name, public, database string, providers *http.Client) (*installation, http.Handler) {
	tb.Helper()
	at := &installation{TB: tb, url: public, people: map[string]kontrollrum.UserID{}}
	hub, err := ops.Open(context.Background(), ops.Config{Database: database, Now: time.Now, NewID: uuid.NewString, Key: opstest.Key(), PublicURL: public})
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
	pages, err := ui.Handler(hub, ui.Config{PublicURL: public, Log: quiet, NewID: uuid.NewString, Now: time.Now, Providers: providers})
	if err != nil {
		tb.Fatal(err)
	}
	provider, err := oidc.New(hub, oidc.Config{PublicURL: public, Log: quiet, NewID: uuid.NewString, Now: time.Now})
	if err != nil {
		tb.Fatal(err)
	}
	opDo(at, ops.CreateOrganization{NewOrganization: ops.NewOrganization{Plate: "SUN", Name: "Sundvik", SetupDone: true}})
	hashes := map[string]string{}
	for _, person := range []string{"chief", "eva", "bo"} {
		u := opDo(at, ops.AddPerson{AddUser: ops.AddUser{Organization: "SUN", Email: person + "@sun.example",
			Details: ops.Details{FirstName: name, LastName: person, DisplayName: name + " " + person}}, Activate: person != "bo" || name != "a"})
		at.people[person] = u.ID
		if name == "b" {
			hashes[person+"@sun.example"] = federatedHash
			_, link, _ := strings.Cut(opDo(at, ops.MakeLink{User: string(u.ID)}).URL.Reveal(), "?token=")
			if _, err := ops.Do(tb.Context(), hub, ops.Caller{}, ops.AcceptLink{Token: kontrollrum.NewSecret(link)}); err != nil { // which confirms the address
				tb.Fatal(err)
			}
		}
	}
	opDo(at, ops.AssignRole{Organization: "SUN", User: string(at.people["chief"]), Role: policy.FullAdmin})
	if len(hashes) > 0 {
		opDo(at, ops.ImportPasswords{Hashes: hashes})
	}
	return at, web.Compose(pages, provider.Handler())
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
