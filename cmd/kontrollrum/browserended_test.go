package main

import (
	"fmt"
	"testing"

	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// testEnded: what is taken from somebody in one browser puts them out at the
// next click in another.
func testEnded(t *testing.T, s *site) {
	s.organization("END", "Slutbolaget", true)
	token := s.command("token", "create", "--user", chief("END"))
	at := "/identity/organizations/" + string(by(s, "END", ops.ViewOrganization{Organization: "END"}).ID) + "/users/"
	user := func(email, name string) string {
		return string(s.holds("END", email, name, "sv", policy.ServiceAdmin))
	}

	boss := s.visit(t, "sv")
	boss.signIn(chief("END"))
	ask := func(method, path string) {
		t.Helper()
		status := boss.Eval(fmt.Sprintf(`fetch(%q, {method: %q, headers: {Authorization: "Bearer %s"}}).then(r => String(r.ok))`, path, method, token))
		if status != "true" {
			t.Fatalf("%s %s is refused", method, path)
		}
	}

	// A role.
	id := user("revoked@ended.example", "Rut Rollös")
	v := s.visit(t, "sv")
	v.signIn("revoked@ended.example")
	v.reads(v.Say("mode.full"))
	ask("DELETE", at+id+"/roles/cjp.admin")
	v.Press(`.side a[href="/profile"]`)
	v.at("/sign-in")
	v.reads(v.Say("signin.again"))
	v.giveEmail("revoked@ended.example")
	v.givePassword(password)
	v.at("/profile") // where they were going
	v.open("/")
	v.reads(v.Say("mode.limited"))
	v.Forget()

	// The person.
	id = user("deactivated@ended.example", "Dan Deaktiv")
	v.signIn("deactivated@ended.example")
	ask("POST", at+id+"/actions/deactivate")
	v.Press(`.side a[href="/portal"]`)
	v.at("/sign-in")
	v.giveEmail("deactivated@ended.example")
	v.givePassword(password)
	v.reads(v.Say("password.wrong"))
	v.Forget()

	// One session, from another of the same person.
	user("twice@ended.example", "Tove Tvåfalt")
	v.signIn("twice@ended.example")
	other := s.visit(t, "sv")
	other.signIn("twice@ended.example")
	third := s.visit(t, "sv")
	third.signIn("twice@ended.example")
	v.open("/profile")
	v.reads(v.Say("profile.sessions.count", "Count", 3))
	v.Press(`form[action="/profile/sessions/end"] button[aria-label]`) // the first that is not this one: the last used
	v.reads(v.Say("done.session"), v.Say("profile.sessions.count", "Count", 2))
	third.Press(`.side a[href="/profile"]`)
	third.at("/sign-in")
	other.Press(`.side a[href="/profile"]`)
	other.at("/profile")
	v.submit("/profile/sessions/end-others")
	v.reads(v.Say("done.sessions"), v.Say("profile.sessions.only"))
	other.Press(`.side a[href="/portal"]`)
	other.at("/sign-in")

	// The organization.
	s.command("organization", "suspend", "END")
	for _, who := range []*visitor{v, boss} {
		who.open("/")
		who.at("/sign-in")
	}
	s.command("organization", "resume", "END")
	v.signIn("twice@ended.example")
	v.welcomed("Tove")
}
