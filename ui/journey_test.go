package ui_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/internal/browsertest"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// signs signs somebody in at the sign-in page that the browser is at.
func signs(v *browsertest.Visitor, email, password string) {
	v.Helper()
	v.Fill("#email", email)
	v.Press("main form[action='/sign-in'] button")
	v.Fill("#password", password)
	v.Press("main form[action='/sign-in/password'] button")
}

// TestApplicationByBrowser signs in to an application of another origin: the
// way back to it passes the content policy, which holds redirects of forms. The
// second time nobody is asked. Script is off.
func TestApplicationByBrowser(t *testing.T) {
	t.Parallel()
	w := browse(t)
	app := strings.Replace(browsertest.Serve(t, func(string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "back with %t", r.FormValue("code") != "" && r.FormValue("state") == "s")
		})
	}), "localhost", "127.0.0.1", 1)
	if _, err := ops.Do(t.Context(), w.hub, ops.Operator(), ops.AddClient{ID: "app", Name: "En app", Public: true, Redirects: []string{app + "/back"}}); err != nil {
		t.Fatal(err)
	}
	ask := w.url + "/oauth/authorize?" + url.Values{"client_id": {"app"}, "redirect_uri": {app + "/back"}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"}}.Encode()
	v := browsertest.Visit(t)
	v.NoScript(true)
	v.Go(ask)
	if !strings.HasPrefix(v.At(), "/sign-in?request=") {
		t.Fatalf("at %s:\n%s", v.At(), v.Text())
	}
	signs(v, "karin.holm@sundvik.example", password(t))
	v.Until("/back")
	if !strings.Contains(v.Text(), "back with true") {
		t.Errorf("at %s: %s", v.At(), v.Text())
	}
	v.Go(ask)
	if !strings.HasPrefix(v.At(), "/back") || !strings.Contains(v.Text(), "back with true") {
		t.Errorf("the second time at %s:\n%s", v.At(), v.Text())
	}
}

// TestClosedApplication: whoever may not enter an application that asks for
// them sees why, and what is open to them.
func TestClosedApplication(t *testing.T) {
	t.Parallel()
	w := browse(t)
	if _, err := ops.Do(t.Context(), w.hub, ops.Operator(), ops.AddClient{ID: "desk", Name: "Ett skrivbord", Application: policy.AgentDesktopSignIn, Public: true,
		Redirects: []string{"https://desk.example/back"}}); err != nil {
		t.Fatal(err)
	}
	v := browsertest.Visit(t)
	v.Go(w.url + "/oauth/authorize?" + url.Values{"client_id": {"desk"}, "redirect_uri": {"https://desk.example/back"}, "response_type": {"code"}, "scope": {"openid"},
		"state": {"s"}, "code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"}}.Encode())
	signs(v, "karin.holm@sundvik.example", password(t))
	v.Await("dl.facts")
	if text := v.Text(); !strings.Contains(text, "Agentskrivbordet är stängt för dig") || !strings.Contains(text, "kan tilldela dig en kontaktcenterlicens") || !strings.Contains(text, "Hanteringsportal") {
		t.Errorf("at %s:\n%s", v.At(), text)
	}
}

// TestLinksByBrowser activates an account by its link, with a passkey and with
// a password, and finds the link used; then chooses another password by a link.
func TestLinksByBrowser(t *testing.T) {
	t.Parallel()
	w := browse(t)
	link := func(email string) string {
		made, err := ops.Do(t.Context(), w.hub, ops.Operator(), ops.MakeLink{User: email})
		if err != nil {
			t.Fatal(err)
		}
		return made.URL.Reveal()
	}
	v := browsertest.Visit(t)
	v.NoScript(true)
	first := link("maja.oberg@sundvik.example")
	for range 2 { // opened twice, as by a program that looks through mails
		v.Go(first)
	}
	if text := v.Text(); !strings.Contains(text, "Maja Öberg") || !strings.Contains(text, "Sundvik Energi") {
		t.Fatalf("at %s:\n%s", v.At(), text)
	}
	v.Press("form[action='/activate'] button")
	v.Fill("#new", "short")
	v.Fill("#again", "short")
	v.Press("form[action='/activate/password'] button")
	if !v.Has("#new[aria-invalid=true]") {
		t.Errorf("a short password is taken:\n%s", v.Text())
	}
	v.Fill("#new", "vinden vänder vid Vinga")
	v.Fill("#again", "vinden vänder vid Vinga")
	v.Press("form[action='/activate/password'] button")
	if v.At() != "/" || !strings.Contains(v.Text(), "Välkommen, Maja") {
		t.Fatalf("at %s:\n%s", v.At(), v.Text())
	}
	v.Click("#me")
	v.Press("#sign-out")
	v.Go(first)
	if !strings.Contains(v.Text(), "redan använd") {
		t.Errorf("used, and yet:\n%s", v.Text())
	}
	v.Go(link("maja.oberg@sundvik.example"))
	v.Fill("#new", "havet ligger still i dag")
	v.Fill("#again", "havet ligger still i dag")
	v.Press("form[action='/reset'] button")
	if v.At() != "/" {
		t.Fatalf("at %s:\n%s", v.At(), v.Text())
	}
	v.Click("#me")
	v.Press("#sign-out")
	v.Go(w.url)
	signs(v, "maja.oberg@sundvik.example", "havet ligger still i dag")
	if v.At() != "/" {
		t.Fatalf("with the new password at %s:\n%s", v.At(), v.Text())
	}
}

// TestSessionsByBrowser ends one browser's session from another: it is out at
// its next click.
func TestSessionsByBrowser(t *testing.T) {
	t.Parallel()
	w := browse(t)
	one, other := browsertest.Visit(t), browsertest.Visit(t)
	for _, v := range []*browsertest.Visitor{one, other} {
		v.Go(w.url + "/sign-in")
		signs(v, "elin.sandberg@sundvik.example", password(t))
	}
	one.Go(w.url + "/profile")
	one.Press("form[action='/profile/sessions/end-others'] button")
	if !strings.Contains(one.Text(), "Alla andra sessioner är avslutade") {
		t.Errorf("%s", one.Text())
	}
	other.Go(w.url + "/portal")
	if !strings.HasPrefix(other.At(), "/sign-in?") || !strings.Contains(other.Text(), "Din session är slut") {
		t.Errorf("at %s:\n%s", other.At(), other.Text())
	}
	// The language is the person's from then on, wherever they sign in.
	one.Press("#lang-en")
	if one.At() != "/profile" || !strings.Contains(one.Text(), "My profile") {
		t.Errorf("at %s:\n%s", one.At(), one.Text())
	}
	signs(other, "elin.sandberg@sundvik.example", password(t))
	if !strings.Contains(other.Text(), "Management portal") {
		t.Errorf("at %s:\n%s", other.At(), other.Text())
	}
	// On a narrow window the menu is behind a button, without script too.
	one.Size(390, 844)
	one.NoScript(true)
	one.Go(w.url + "/")
	one.Click(".menu-btn")
	for _, way := range []string{"#lang-s-sv", "#theme-s-dark", "#nav-s form[action='/sign-out'] button"} {
		one.Await(way)
	}
	picture(one, "menu-en-390-light")
	one.Press("#nav-s form[action='/sign-out'] button")
	if one.At() != "/signed-out" {
		t.Errorf("at %s", one.At())
	}
}
