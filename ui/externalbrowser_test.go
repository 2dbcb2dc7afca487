package ui_test

import (
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/internal/browsertest"
)

// TestExternalByBrowser adds somebody from elsewhere, with script and without:
// what is in the way is told beside the field as soon as the address is given.
func TestExternalByBrowser(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]bool{"script": true, "no script": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := browse(t)
			v := browsertest.Visit(t)
			said := v.Console()
			v.Size(1440, 900)
			v.NoScript(!script)
			v.Go(w.url + "/sign-in?next=/o/SUN/external/new")
			signs(v, "karin.holm@sundvik.example", password(t))
			verify := func(email string) {
				t.Helper()
				v.Fill("#email", email)
				if script {
					v.Eval(`document.querySelector("#email").dispatchEvent(new Event("change", {bubbles: true})); ""`)
				} else {
					v.Press(".verify button")
				}
			}
			v.Await("#email")
			verify("nils.moen@fjallsyn.example")
			v.Await("#checked .note.warn")
			v.Await("#give-role[aria-disabled=true]")
			if text := v.Text(); !strings.Contains(text, "Fjällsyn Telekom har ett eget kontaktcenter") || !strings.HasPrefix(v.At(), "/o/SUN/external/new?email=nils") {
				t.Errorf("at %s:\n%s", v.At(), text)
			}
			verify("lars.dal@tidvatten.example")
			v.Await("#checked .note.ok")
			v.Await("#can")
			if text := v.Text(); !strings.Contains(text, "Lars Dal kan få rollen") || !strings.Contains(text, "Vad får Lars Dal göra?") {
				t.Errorf("at %s:\n%s", v.At(), text)
			}
			if script {
				v.Click("#role-read_only_admin")
				v.Await("#checked .note.ok")
				for !strings.Contains(v.Text(), "kan få rollen skrivskyddad administratör") {
					v.Await("#role-read_only_admin:checked")
				}
				if at := v.Eval(`document.activeElement.id`); at != "role-read_only_admin" {
					t.Errorf("the focus is at %q", at)
				}
				v.Click("#role-service_admin")
			}
			v.Fill("#reason", "Nya köer")
			v.Press("#give .pri")
			v.Await("#receipt")
			if text := v.Text(); !strings.Contains(text, "Lars Dal") || !strings.Contains(text, "Nya köer") {
				t.Errorf("at %s:\n%s", v.At(), text)
			}
			v.Click("tbody tr:first-child .c-end button")
			v.Await(".menu:popover-open .bad")
			v.Click("tbody tr:first-child .c-end button")
			v.Press("#receipt button")
			v.Await("table")
			if text := v.Text(); strings.Contains(text, "Nya köer") {
				t.Errorf("taken back, at %s:\n%s", v.At(), text)
			}
			if text := said(); text != "" {
				t.Errorf("the console says:\n%s", text)
			}
		})
	}
}
