package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/internal/browsertest"
	"github.com/kontrollrum/kontrollrum/ops"
)

// serveEvil serves a page that has the browser send a form to the hub, or
// frame a page of it: at another origin of the same site, and at another site.
func serveEvil(t *testing.T) []string {
	public := browsertest.Serve(t, func(string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			q := r.URL.Query()
			io.WriteString(w, `<!DOCTYPE html><title>Evil</title><link rel=icon href="data:,">`)
			if frames := q["frame"]; frames != nil {
				for _, at := range frames {
					fmt.Fprintf(w, `<iframe src="%s"></iframe>`, html.EscapeString(at))
				}
				return
			}
			fmt.Fprintf(w, `<form method=post action="%s" enctype="%s">`, html.EscapeString(q.Get("to")), html.EscapeString(q.Get("enctype")))
			for name, values := range q {
				if field, ok := strings.CutPrefix(name, "field."); ok {
					fmt.Fprintf(w, `<input name="%s" value="%s">`, html.EscapeString(field), html.EscapeString(values[0]))
				}
			}
			io.WriteString(w, `<button>Win</button></form>`)
		})
	})
	return []string{public, strings.Replace(public, "localhost", "127.0.0.1", 1)}
}

// attack has the browser send a form to a path of the hub from an evil origin.
func (v *visitor) attack(evil, path string, fields ...string) {
	v.Helper()
	q := url.Values{"to": {v.site.public + path}}
	for i := 0; i+1 < len(fields); i += 2 {
		q.Set("field."+fields[i], fields[i+1])
	}
	v.Go(evil + "/?" + q.Encode())
	v.Press("button")
	v.reads(v.Say("error.origin"))
}

// posts are the pages' forms that change something.
var posts = [][]string{
	{"/sign-out"}, {"/profile/password", "current", password, "new", "evil password 123", "again", "evil password 123"}, {"/preferences", "language", "en", "theme", "dark"},
	{"/sign-in", "email", "evil@origins.example"}, {"/sign-in/factor", "code", "123456"}, {"/sign-in/passkey", "state", "x", "response", "{}"}, {"/sign-in/passkey/options"},
	{"/sign-in/enrol/totp", "code", "123456"}, {"/sign-in/enrol/passkey", "state", "x"}, {"/sign-in/enrol/passkey/options"}, {"/sign-in/enrol/done"},
	{"/activate", "token", "x"}, {"/activate/password", "new", "evil password 123", "again", "evil password 123"}, {"/activate/passkey"}, {"/activate/passkey/options"},
	{"/forgotten", "email", "victim@origins.example"}, {"/reset", "token", "x", "new", "evil password 123", "again", "evil password 123"},
	{"/device", "code", "BCDF-GHJK"}, {"/device/answer", "code", "BCDF-GHJK", "answer", "allow"},
	{"/confirm", "password", password},
	{"/profile/totp", "state", "x", "code", "123456"}, {"/profile/passkey"}, {"/profile/passkey/options"}, {"/profile/factors/rename", "id", "x", "name", "Evil"},
	{"/profile/factors/remove", "id", "x", "confirmed", "1"}, {"/profile/codes"}, {"/profile/sessions/end", "session", "x"}, {"/profile/sessions/end-others"},
}

// testOrigins: no page of another origin has the hub change anything, sign
// anybody in, or be shown in a frame.
func testOrigins(t *testing.T, s *site) {
	s.organization("ORI", "Ursprungsbolaget", false)
	victim := s.person("ORI", "victim@origins.example", "Viola Victim", "sv")
	s.person("ORI", "evil@origins.example", "Elak Elaksson", "sv")
	evils := serveEvil(t)
	v := s.visit(t, "sv", "frame-ancestors", "Framing '")
	before := by(s, "ORI", ops.ViewCredentials{Organization: "ORI", User: string(victim)}).PasswordSet
	v.signIn("victim@origins.example")
	for i, evil := range evils {
		for j, p := range posts {
			if i == 0 || j < 3 { // of the same site, whose cookies are sent along, all
				v.attack(evil, p[0], p[1:]...)
			}
		}
	}
	v.open("/")
	v.welcomed("Viola")
	after := by(s, "ORI", ops.ViewCredentials{Organization: "ORI", User: string(victim)})
	if !after.PasswordSet.Equal(before) || len(after.Factors) > 0 {
		t.Errorf("an attack from another origin changed how the victim signs in: %+v", after)
	}

	// A link does not sign anybody out.
	v.open("/sign-out")
	v.open("/")
	v.welcomed("Viola")

	// In a frame nothing is shown.
	told := v.Console()
	frames := []string{s.public + "/", s.public + "/sign-in", s.public + "/profile", s.public + "/sign-out", s.public + "/device"}
	for _, evil := range evils {
		seen := strings.Count(told(), "frame-ancestors")
		v.Go(evil + "/?" + url.Values{"frame": frames}.Encode())
		s.until("frames are refused", func() bool {
			v.Eval(`""`)
			return strings.Count(told(), "frame-ancestors") >= seen+len(frames)
		})
	}

	// Nobody is signed in as somebody else by a form of somebody else's.
	v.Forget()
	for _, evil := range evils {
		v.attack(evil, "/sign-in/password", "email", "evil@origins.example", "password", password)
		for name := range v.Cookies(s.public) {
			if strings.HasPrefix(name, "__Host-s") {
				t.Errorf("a form of %s left the cookie %s", evil, name)
			}
		}
		v.open("/")
		v.at("/sign-in")
	}
	s.headers("/sign-in", "/forgotten", "/activate", "/reset", "/device", "/signed-out", "/no-such-page", "/oauth/authorize", "/v1/people", "/.well-known/openid-configuration")
}

// headers fails the test unless every answer keeps browsers from framing and
// guessing, and lets pages run nothing of others.
func (s *site) headers(paths ...string) {
	s.Helper()
	for _, path := range paths {
		r, err := http.NewRequest("GET", s.public+path, nil)
		s.must(err)
		r.Header.Set("Accept", "text/html")
		got, err := http.DefaultTransport.RoundTrip(r)
		s.must(err)
		got.Body.Close()
		h := got.Header
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
			s.Errorf("%s: content security policy %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" {
			s.Errorf("%s: browsers may guess", path)
		}
	}
}

// elsewhere are ways to write an address of somebody else's.
var elsewhere = []string{
	"https://evil.example/", "//evil.example/", `/\evil.example/`, `\\evil.example/`, "/\t/evil.example/", "///evil.example", "http:evil.example", "javascript:alert(1)",
	"/%2f/evil.example", "/..//evil.example", "https:///evil.example", "%2f%2fevil.example", "/@evil.example", " //evil.example", "data:text/html,evil", "/.//evil.example",
}

// testOpenRedirects: no link to the hub leads elsewhere.
func testOpenRedirects(t *testing.T, s *site) {
	s.organization("RED", "Omledda Bolaget", false)
	name := `Rut <img src=x onerror="alert(1)">` // nor does a name run as part of a page
	s.person("RED", "redirect@elsewhere.example", name, "sv")
	v := s.visit(t, "sv", "status of 400")
	here := func(what string) {
		t.Helper()
		if got := v.Eval("location.origin"); got != s.public {
			t.Errorf("%s leads to %s", what, got)
		}
	}
	for i, to := range elsewhere {
		path := "/sign-in?" + url.Values{"next": {to}}.Encode()
		v.open(path)
		if i == 0 { // the others find somebody who is signed in
			v.giveEmail("redirect@elsewhere.example")
			v.givePassword(password)
		}
		here(path)
		for _, path := range []string{"/confirm?", "/sign-out?"}[:1+min(1, max(0, 3-i))] {
			path += url.Values{"next": {to}}.Encode()
			v.open(path)
			here(path)
			if link := v.Eval(`String([...document.querySelectorAll("a, form")].some(e => new URL(e.href || e.action, location).hostname == "evil.example"))`); link == "true" {
				t.Errorf("%s: a link or form leads elsewhere", path)
			}
		}
	}
	v.open("/sign-in?next=/profile")
	v.at("/profile")
	v.reads(name)
	for _, to := range elsewhere {
		s.staysAfter("/preferences", url.Values{"language": {"sv"}, "next": {to}})
		s.staysAfter("/sign-out", url.Values{"next": {to}})
	}
	for _, path := range []string{
		"/oauth/end_session?post_logout_redirect_uri=https://evil.example/", "/oauth/authorize?client_id=hub&redirect_uri=https://evil.example/&response_type=code&scope=openid",
		"/oauth/authorize/callback?id=https://evil.example/", "/sign-in?request=https://evil.example/", "//evil.example/%2e%2e",
		"/\\evil.example", "/%5cevil.example", "/sign-in/upstream/callback?state=x&code=y&iss=https://evil.example",
	} {
		v.open(path)
		here(path)
	}
	v.open("/sign-in/onward?request=https://evil.example/&next=//evil.example") // goes on by itself
	v.Await(".who-line")
	here("/sign-in/onward")
}

// staysAfter fails the test unless a form of the hub's own leads to the hub.
func (s *site) staysAfter(path string, form url.Values) {
	s.Helper()
	r, err := http.NewRequest("POST", s.public+path, strings.NewReader(form.Encode()))
	s.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", s.public)
	got, err := http.DefaultTransport.RoundTrip(r)
	s.must(err)
	got.Body.Close()
	at, err := got.Request.URL.Parse(got.Header.Get("Location"))
	if err != nil || at.Scheme+"://"+at.Host != s.public || strings.ContainsAny(got.Header.Get("Location"), "\\\t") {
		s.Errorf("%s %v: leads to %q", path, form, got.Header.Get("Location"))
	}
}

// testFixation: a secret that somebody had a browser keep beforehand is not the
// one that anybody is signed in by afterwards.
func testFixation(t *testing.T, s *site) {
	s.organization("FIX", "Fixerade Bolaget", false)
	s.person("FIX", "victim@fixed.example", "Viola Victim", "sv")
	s.person("FIX", "evil@fixed.example", "Elak Elaksson", "sv")
	v := s.visit(t, "sv")
	v.signIn("evil@fixed.example")
	theirs := v.Cookies(s.public)["__Host-session"].Value
	v.open("/profile/totp") // so that a sign-in has a stage
	secret, _ := v.setUpTOTP("/profile/totp")
	again := s.visit(t, "sv")
	again.signIn("evil@fixed.example")
	half := again.Cookies(s.public)["__Host-signin"].Value
	again.giveCode(secret, 1)
	if whole := again.Cookies(s.public)["__Host-session"].Value; whole == half || half == "" || whole == "" {
		t.Errorf("the secret is the same at each stage")
	}
	if _, kept := again.Cookies(s.public)["__Host-signin"]; kept {
		t.Error("the secret of the first stage is kept")
	}

	for _, planted := range []map[string]string{
		{"__Host-session": "chosen-by-somebody-else"}, {"__Host-session": theirs}, {"__Host-signin": half}, {"__Host-session": theirs, "__Host-signin": half},
	} {
		v.Forget()
		for name, value := range planted {
			v.Give(s.public, name, value)
		}
		for name, value := range planted {
			if v.Cookies(s.public)[name].Value != value {
				t.Fatalf("the browser does not keep %s", name)
			}
		}
		v.open("/sign-out") // somebody else, maybe
		v.open("/sign-in")
		if v.Has("#email") {
			v.giveEmail("victim@fixed.example")
			v.givePassword(password)
		} else { // as the one whose session was planted, until they sign out
			v.open("/")
			v.welcomed("Elak")
			v.signOut()
			v.signIn("victim@fixed.example")
		}
		v.welcomed("Viola")
		now := v.Cookies(s.public)["__Host-session"].Value
		for name, value := range planted {
			if now == value {
				t.Errorf("%s: signed in by what was planted", name)
			}
			if who := s.whoHas(value); strings.Contains(who, "Viola") {
				t.Errorf("%s: what was planted opens the victim's profile", name)
			}
		}
		v.signOut()
		if who := s.whoHas(now); strings.Contains(who, "Viola") {
			t.Error("signed out, and the secret still opens the profile")
		}
	}
}

// whoHas is the profile page as a session's secret opens it.
func (s *site) whoHas(secret string) string {
	s.Helper()
	r, err := http.NewRequest("GET", s.public+"/profile", nil)
	s.must(err)
	r.Header.Set("Cookie", "__Host-session="+secret)
	got, err := http.DefaultTransport.RoundTrip(r)
	s.must(err)
	defer got.Body.Close()
	page, err := io.ReadAll(got.Body)
	s.must(err)
	return string(page)
}
