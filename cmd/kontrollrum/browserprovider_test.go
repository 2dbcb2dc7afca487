package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/internal/browsertest"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// An app is an application at an origin of its own, open in a visitor's browser.
type app struct {
	*visitor
	origin string
	client string
}

// serveApp serves the application of testdata/oauth4webapi on another site,
// and gives its origin.
func serveApp(t *testing.T) string {
	public := browsertest.Serve(t, func(string) http.Handler {
		files := http.FileServer(http.Dir("testdata/oauth4webapi"))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, ".js") {
				files.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<!DOCTYPE html><title>App</title><link rel=icon href="data:,"><script type=module src="/app.js"></script><p>app`)
		})
	})
	return strings.Replace(public, "localhost", "127.0.0.1", 1)
}

// call has the application do something, and gives what comes of it.
func (a *app) call(call string) map[string]any {
	a.Helper()
	a.Await("html[data-ready]")
	var out map[string]any
	a.decode(call, &out)
	return out
}

// begin goes from the application to the hub.
func (a *app) begin(scope string) {
	a.Helper()
	a.Go(a.origin)
	a.call(fmt.Sprintf(`begin(%q, %q, %q)`, a.site.public, a.client, scope))
}

// finish ends it, back at the application, and gives the ID token's claims.
func (a *app) finish() map[string]any {
	a.Helper()
	a.Until("/callback")
	claims := a.call("finish()")
	if claims["failed"] != nil {
		a.Fatalf("sign-in by the provider: %v", claims)
	}
	return claims
}

func (a *app) has(claims map[string]any, want map[string]any) {
	a.Helper()
	for name, value := range want {
		if claims[name] != value {
			a.Errorf("%s is %v, want %v", name, claims[name], value)
		}
	}
}

const everything = "openid profile email offline_access urn:kontrollrum:api"

// testProvider signs people in to an application elsewhere, by a library that
// nobody here wrote.
func testProvider(t *testing.T, s *site) {
	s.organization("OID", "Öppna Bolaget", true)
	s.organization("OIX", "Yttre Bolaget", false)
	origin := serveApp(t)
	for _, application := range []string{"control_hub", "management_portal"} {
		s.command("client", "add", "Appen", "--id", "app."+application, "--application", application, "--public",
			"--redirect", origin+"/callback", "--after-logout", origin+"/bye")
	}
	organization := string(by(s, "OID", ops.ViewOrganization{Organization: "OID"}).ID)
	admin := string(s.holds("OID", "admin@provider.example", "Ada Admin", "sv", policy.FullAdmin))
	reader := string(s.person("OIX", "reader@provider.example", "Lars Läsare", "en"))
	by(s, "OID", ops.AssignRole{Organization: "OID", User: "reader@provider.example", Role: policy.ReadOnlyAdmin})
	s.person("OID", "nobody@provider.example", "Nina Ingen", "sv")

	a := &app{s.visit(t, "sv", "status of 400", "status of 401"), origin, "app.management_portal"}
	signIn := func(email string) map[string]any {
		t.Helper()
		a.begin(everything)
		a.Until("/sign-in")
		a.giveEmail(email)
		a.givePassword(password)
		return a.finish()
	}
	claims := signIn("admin@provider.example")
	a.has(claims, map[string]any{"iss": s.public, "azp": a.client, "sub": admin, "mode": "full", "organization": organization, "organization_plate": "OID",
		"role": "full_admin", "email": "admin@provider.example", "name": "Ada Admin"})
	if access := fmt.Sprint(claims["access"]); !strings.HasSuffix(access, "_"+organization) {
		t.Errorf("the access token does not end in the organization's id")
	}
	a.has(a.call("userinfo()"), map[string]any{"sub": admin, "mode": "full", "organization": organization, "role": "full_admin"})
	a.has(a.call("refresh()"), map[string]any{"rotated": true, "sub": admin, "mode": "full", "role": "full_admin"})
	a.has(a.call("userinfo()"), map[string]any{"sub": admin})

	// Again, signed in already: nobody is asked anything.
	a.begin(everything)
	a.has(a.finish(), map[string]any{"sub": admin, "mode": "full"})
	a.has(a.call("refresh()"), map[string]any{"rotated": true})
	a.has(a.call("refresh(true)"), map[string]any{"failed": "invalid_grant"}) // replayed: the whole family ends
	a.has(a.call("refresh()"), map[string]any{"failed": "invalid_grant"})
	a.refusedUserinfo()

	// Signed out by the application: the hub's session has ended, and what was
	// not given to outlive it.
	a.begin(strings.ReplaceAll(everything, " offline_access", ""))
	a.finish()
	a.has(a.call("userinfo()"), map[string]any{"sub": admin})
	a.call("signOut()")
	a.Until("/bye")
	a.refusedUserinfo()
	a.open("/")
	a.at("/sign-in")
	signIn("admin@provider.example")

	// Revoked by the application itself.
	a.begin(everything)
	a.finish()
	a.has(a.call("revoke()"), map[string]any{"failed": nil})
	a.has(a.call("refresh()"), map[string]any{"failed": "invalid_grant"})
	a.refusedUserinfo()

	// A token whose sign-in is old does not assign a full administrator.
	a.begin(everything)
	a.finish()
	s.query(`update grants set authenticated = authenticated - 16 * 60 * 1000000 where user_id = $1 and ended is null`, admin)
	path := s.public + "/identity/organizations/" + organization + "/users/" + string(s.person("OID", "next@provider.example", "Nils Nästa", "sv")) + "/roles"
	token := fmt.Sprint(a.call("userinfo()")["sub"])
	if token != admin {
		t.Errorf("an old sign-in is refused what anyone may ask")
	}
	s.challenged(a.Eval(`JSON.parse(sessionStorage.getItem("kept")).access`), path, `{"role":"id_full_admin"}`)

	// Whom the portal does not let in is told why, at the hub.
	a.Forget()
	a.begin(everything)
	a.Until("/sign-in")
	a.giveEmail("nobody@provider.example")
	a.givePassword(password)
	a.Await("form[action='/sign-out']")
	if got := a.Eval("location.origin"); got != s.public {
		t.Errorf("who is refused is at %s", got)
	}
	if a.Status() != "403" {
		t.Errorf("the refusal's status is %s", a.Status())
	}
	a.reads(a.Say("refused.title.portal"), a.Say("refusal.cell.portal_none", "Organization", "Öppna Bolaget"),
		a.Say("refusal.help.no_role", "Organization", "Öppna Bolaget"))

	// A reader from elsewhere, in English; then the role goes, and the tokens with it.
	a.Forget()
	a.Speaker = s.book.In("en")
	a.has(signIn("reader@provider.example"), map[string]any{"sub": reader, "mode": "read", "organization": organization, "organization_plate": "OID", "role": "read_only_admin"})
	by(s, "OID", ops.RevokeRole{Organization: "OID", User: "reader@provider.example", Role: policy.ReadOnlyAdmin})
	a.has(a.call("refresh()"), map[string]any{"failed": "invalid_grant"})
	a.refusedUserinfo()

	// Who has nothing but a profile enters the hub, limited.
	a.Forget()
	a.client = "app.control_hub"
	a.has(signIn("nobody@provider.example"), map[string]any{"mode": "limited", "organization": organization, "role": nil})
}

func (a *app) refusedUserinfo() {
	a.Helper()
	if got := a.call("userinfo()"); got["failed"] == nil {
		a.Errorf("what has ended still opens userinfo: %v", got)
	}
}

// challenged fails the test unless a change is answered with a demand to sign
// in again (RFC 9470).
func (s *site) challenged(token, url, body string) {
	s.Helper()
	r, err := http.NewRequest("POST", url, strings.NewReader(body))
	s.must(err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	got, err := http.DefaultClient.Do(r)
	s.must(err)
	defer got.Body.Close()
	if challenge := got.Header.Get("WWW-Authenticate"); got.StatusCode != http.StatusUnauthorized || !strings.Contains(challenge, "insufficient_user_authentication") {
		s.Errorf("%s, %s: want a demand to sign in again", got.Status, challenge)
	}
}
