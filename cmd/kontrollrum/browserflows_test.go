package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// testInviteToHub takes somebody from an invitation to the hub, by every way
// to sign in, in both languages.
func testInviteToHub(t *testing.T, s *site) {
	s.organization("INV", "Inbjudna Bolaget", true)
	token := s.command("token", "create", "--user", chief("INV"))
	for language, name := range map[string]string{"sv": "Åsa Öberg", "en": "Ann O’Brien"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			of := *s
			of.TB = t
			email := "new." + language + "@invited.example"
			of.api(token, "POST", "/v1/people", map[string]any{"emails": []string{email}, "displayName": name, "firstName": strings.Fields(name)[0],
				"lastName": strings.Fields(name)[1], "preferredLanguage": language, "roles": []string{"cjp.admin"}}, http.StatusOK)
			v := of.visit(t, language)
			v.activate("INV", email, strings.Fields(name)[0])
			v.waysIn(email, strings.Fields(name)[0])
		})
	}
}

// api asks the API, and gives the answer.
func (s *site) api(token, method, path string, body any, status int) (answer map[string]any) {
	s.Helper()
	text, err := json.Marshal(body)
	s.must(err)
	r, err := http.NewRequest(method, s.public+path, strings.NewReader(string(text)))
	s.must(err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	got, err := http.DefaultClient.Do(r)
	s.must(err)
	defer got.Body.Close()
	_ = json.NewDecoder(got.Body).Decode(&answer) // some have none
	if got.StatusCode != status {
		s.Fatalf("%s %s: %s %v", method, path, got.Status, answer)
	}
	return answer
}

func (s *site) status(plate, email string) kontrollrum.UserStatus {
	s.Helper()
	return by(s, plate, ops.ViewUser{User: email}).Status
}

// activate follows an invitation as far as the hub.
func (v *visitor) activate(plate, email, first string) {
	v.Helper()
	_, link := v.site.letter(email, "/activate")
	for range 2 { // as programs do that look through mails
		v.Go(link)
		v.at("/activate")
		v.reads(v.Say("activate.title"), email, "Inbjudna Bolaget")
	}
	if got := v.site.status(plate, email); got != kontrollrum.NotVerified {
		v.Fatalf("opening the link alone makes the user %s", got)
	}
	v.submit("/activate")
	v.at("/activate")
	v.reads(v.Say("choose.title"))
	if got := v.site.status(plate, email); got != kontrollrum.Verified {
		v.Errorf("the link is accepted, and the user %s", got)
	}
	for wrong, told := range map[string]string{"kort": "fault.password_too_short", "password1234": "fault.password_common"} {
		v.Fill("#new", wrong)
		v.Fill("#again", wrong)
		v.submit("/activate/password")
		v.reads(v.Say(told))
	}
	v.Fill("#new", password)
	v.Fill("#again", password+"!")
	v.submit("/activate/password")
	v.reads(v.Say("new.again.wrong"))
	v.Fill("#new", password)
	v.Fill("#again", password)
	v.submit("/activate/password")
	v.welcomed(first)
	if got := v.site.status(plate, email); got != kontrollrum.Active {
		v.Errorf("signed in for the first time, and %s", got)
	}
	v.signOut()
	v.Go(link)
	v.reads(v.Say("link.title"), v.Say("link.why.used"))
}

// waysIn signs in by password, app, recovery code and passkey.
func (v *visitor) waysIn(email, first string) {
	v.Helper()
	v.open("/sign-in")
	v.giveEmail(email)
	v.givePassword("fel lösenord helt och hållet")
	v.reads(v.Say("password.wrong"))
	v.givePassword(password)
	v.welcomed(first)

	v.open("/profile/totp")
	secret, recovery := v.setUpTOTP("/profile/totp")
	v.Press(".console a.btn.pri")
	v.at("/profile")
	v.reads(v.Say("done.factor"), v.Say("profile.codes.left", "Count", 10))
	v.signOut()

	v.signIn(email)
	v.Fill("#code", "000000")
	v.submit("/sign-in/factor")
	v.reads(v.Say("factor.code.wrong"))
	v.giveCode(secret, 1)
	v.welcomed(first)
	v.signOut()

	v.recover(email, first, recovery[0])
	v.open("/profile")
	v.reads(v.Say("profile.codes.left", "Count", 9))
	v.signOut()
	v.signIn(email)
	v.open("/sign-in/factor?by=totp&recovery=1")
	v.Fill("#code", recovery[0])
	v.submit("/sign-in/factor")
	v.reads(v.Say("factor.recovery.wrong"))
	v.Fill("#code", recovery[1])
	v.submit("/sign-in/factor")
	v.welcomed(first)

	v.Authenticator()
	v.open("/profile")
	v.submit("/profile/passkey")
	v.at("/profile")
	v.reads(v.Say("done.factor"), v.Say("factor.kind.passkey"))
	v.signOut()

	v.open("/sign-in") // nobody has said who they are
	v.submit("/sign-in/passkey")
	v.welcomed(first)
	v.signOut()

	v.signIn(email) // as a second factor
	v.at("/sign-in/factor")
	v.submit("/sign-in/passkey")
	v.welcomed(first)
	v.signOut()
}

// recover signs in by a recovery code.
func (v *visitor) recover(email, first, code string) {
	v.Helper()
	v.signIn(email)
	v.Press(`a[href*="recovery=1"]`)
	v.reads(v.Say("factor.recovery.lede"))
	v.Fill("#code", code)
	v.submit("/sign-in/factor")
	v.welcomed(first)
}

// testForgotten chooses a new password by a link in a mail; the sessions that
// there were end. An address that is nobody's is answered the same.
func testForgotten(t *testing.T, s *site) {
	s.organization("FOR", "Glömska Bolaget", false)
	s.person("FOR", "glomsk@forgotten.example", "Greta Glömsk", "sv")
	v, elsewhere := s.visit(t, "sv"), s.visit(t, "sv")
	elsewhere.signIn("glomsk@forgotten.example")
	elsewhere.welcomed("Greta")

	var pages []string
	for _, email := range []string{"nobody@forgotten.example", "glomsk@forgotten.example"} {
		v.open("/sign-in")
		v.Press(`a[href="/forgotten"]`)
		v.Fill("#email", email)
		v.submit("/forgotten")
		v.reads(v.Say("forgotten.sent"), v.Say("forgotten.sent.text", "Email", email))
		pages = append(pages, strings.ReplaceAll(v.Text(), email, "EMAIL"))
	}
	if pages[0] != pages[1] {
		t.Errorf("who has no account is told\n%s\nand who has one\n%s", pages[0], pages[1])
	}
	_, link := s.letter("glomsk@forgotten.example", "/reset")
	v.Go(link)
	v.Go(link)
	elsewhere.open("/")
	elsewhere.welcomed("Greta")
	v.Fill("#new", "ett helt nytt lösenord")
	v.Fill("#again", "ett helt nytt lösenord")
	v.submit("/reset")
	elsewhere.open("/")
	elsewhere.at("/sign-in")

	v.Forget()
	v.signIn("glomsk@forgotten.example")
	v.reads(v.Say("password.wrong"))
	v.givePassword("ett helt nytt lösenord")
	v.welcomed("Greta")
	v.Go(link)
	v.reads(v.Say("link.why.used"))
}

// testSecondFactorDemanded: an administrator of an organization that demands a
// second factor gets no further than to set one up.
func testSecondFactorDemanded(t *testing.T, s *site) {
	s.organization("SEC", "Säkra Bolaget", false)
	s.holds("SEC", "admin@secure.example", "Siv Säker", "en", policy.FullAdmin)
	s.person("SEC", "plain@secure.example", "Per Plain", "en")
	v := s.visit(t, "en")
	v.signIn("admin@secure.example")
	v.welcomed("Siv")
	demanded := true
	by(s, "SEC", ops.EditOrganization{Organization: "SEC", SecondFactor: &demanded})
	v.open("/") // the setting is for those who are in, too
	v.at("/sign-in")

	v.signIn("plain@secure.example") // no administrator
	v.welcomed("Per")
	v.signOut()

	for _, way := range []string{"app", "passkey"} {
		if way == "passkey" {
			s.holds("SEC", "second@secure.example", "Sam Second", "en", policy.ReadOnlyAdmin)
			v.Authenticator()
			v.signIn("second@secure.example")
		} else {
			v.signIn("admin@secure.example")
		}
		v.at("/sign-in/enrol")
		v.reads(v.Say("enrol.title"), v.Say("enrol.lede"))
		for _, path := range []string{"/", "/portal", "/profile", "/profile/password", "/profile/totp"} {
			v.open(path)
			v.at("/sign-in")
		}
		v.open("/sign-in/enrol")
		if way == "app" {
			v.Press(`a[href^="/sign-in/enrol/totp"]`)
			secret, _ := v.setUpTOTP("/sign-in/enrol/totp")
			v.submit("/sign-in/enrol/done")
			v.welcomed("Siv")
			v.signOut()
			v.signIn("admin@secure.example")
			v.giveCode(secret, 1)
			v.welcomed("Siv")
		} else {
			v.submit("/sign-in/enrol/passkey")
			v.reads(v.Say("codes.title"))
			v.submit("/sign-in/enrol/done")
			v.welcomed("Sam")
		}
		v.signOut()
	}
}

// testStepUp: who signed in too long ago proves it again before their ways to
// sign in change, and returns to where they were.
func testStepUp(t *testing.T, s *site) {
	s.organization("STE", "Stegbolaget", false)
	user := s.person("STE", "step@stepup.example", "Stina Steg", "sv")
	stale := func() {
		s.query(`update sessions set authenticated = authenticated - 16 * 60 * 1000000 where user_id = $1`, string(user))
	}
	v := s.visit(t, "sv")
	v.signIn("step@stepup.example")
	before := v.Cookies(s.public)["__Host-session"].Value
	stale()
	v.open("/profile") // may be seen
	v.at("/profile")
	v.Press(`a[href="/profile/totp"]`)
	v.at("/confirm")
	v.reads(v.Say("stepup.title"), "step@stepup.example")
	v.Fill("#password", "fel lösenord helt och hållet")
	v.submit("/confirm")
	v.reads(v.Say("new.current.wrong"))
	v.Fill("#password", password)
	v.submit("/confirm")
	secret, _ := v.setUpTOTP("/profile/totp")
	if after := v.Cookies(s.public)["__Host-session"].Value; after == before {
		t.Error("the session has the same secret after its renewal")
	}
	if live := by(s, "STE", ops.ListSessions{Organization: "STE", User: string(user)}); len(live) != 1 {
		t.Errorf("%d sessions after a renewal", len(live))
	}

	stale()
	v.open("/profile/codes")
	v.submit("/profile/codes")
	v.at("/confirm")
	v.Fill("#password", password)
	v.submit("/confirm")
	v.giveCode(secret, 1) // every factor that is asked of them
	v.at("/profile")
	v.Press(`a[href="/profile/codes"]`)
	v.submit("/profile/codes")
	v.reads(v.Say("codes.title"))
}

// testWithoutScript takes somebody through password and app where no script runs.
func testWithoutScript(t *testing.T, s *site) {
	s.organization("NOS", "Inbjudna Bolaget", false) // as activate expects
	act(s, ops.AddPerson{AddUser: ops.AddUser{Organization: "NOS", Email: "noscript@plain.example", Details: ops.Details{FirstName: "Nils", LastName: "Noscript", Language: "sv"}}})
	v := s.visit(t, "sv")
	v.NoScript(true)
	v.activate("NOS", "noscript@plain.example", "Nils")
	v.signIn("noscript@plain.example")
	v.welcomed("Nils")
	v.open("/profile")
	v.Press(`a[href="/profile/totp"]`)
	secret, recovery := v.setUpTOTP("/profile/totp")
	v.Press(".console a.btn.pri")
	v.reads(v.Say("done.factor"))
	v.signOut()
	v.signIn("noscript@plain.example")
	v.giveCode(secret, 1)
	v.welcomed("Nils")
	v.signOut()
	v.recover("noscript@plain.example", "Nils", recovery[0])
	v.open("/sign-in/enrol") // signed in, and not in the middle of it
	v.at("/")

	v.open("/profile") // language and theme
	v.Press("#lang-en")
	v.Speaker = s.book.In("en")
	v.at("/profile")
	v.reads(v.Say("profile.title"))
	v.Press("#theme-dark")
	if !v.Has(`html[data-theme="dark"]`) {
		t.Error("the theme is not kept")
	}
	v.Press(fmt.Sprintf("a[href=%q]", "/profile/password"))
	v.Fill("#current", password)
	v.Fill("#new", "another new password")
	v.Fill("#again", "another new password")
	v.submit("/profile/password")
	v.reads(v.Say("done.password"))
	v.signOut()
}
