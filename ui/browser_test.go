package ui_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/kontrollrum/kontrollrum/internal/browsertest"
)

// TestSignInByBrowser signs in with a password, sets up an app, signs out, and
// in again with both: without script and with it.
func TestSignInByBrowser(t *testing.T) {
	t.Parallel()
	for _, script := range []bool{true, false} {
		w := browse(t)
		v := browsertest.Visit(t)
		v.NoScript(!script)
		v.Go(w.url + "/portal")
		if v.At() != "/sign-in?next=%2Fportal" {
			t.Fatalf("at %s", v.At())
		}
		v.Fill("#email", "karin.holm@sundvik.example")
		v.Press("main form[action='/sign-in'] button")
		v.Fill("#password", "not the password")
		v.Press("main button")
		if !v.Has("#password[aria-invalid=true]") {
			t.Error("nothing is said of a wrong password")
		}
		v.Fill("#password", password(t))
		v.Press("main button")
		if v.At() != "/portal" {
			t.Fatalf("at %s", v.At())
		}
		for name, c := range v.Cookies(w.url) {
			if !c.Secure || !c.HTTPOnly || c.SameSite != "Lax" || c.Path != "/" || !strings.HasPrefix(name, "__Host-") {
				t.Errorf("cookie %s: %+v", name, c)
			}
		}
		v.Go(w.url + "/profile/totp")
		secret := strings.ReplaceAll(v.Eval(`document.querySelector(".secret").textContent`), " ", "")
		v.Fill("#code", code(t, secret, w.clock.Now()))
		v.Press("main form button")
		if !strings.Contains(v.Text(), "Spara dina återställningskoder") {
			t.Fatalf("no recovery codes:\n%s", v.Text())
		}
		recovery := v.Eval(`document.querySelector(".codes code").textContent`)
		v.Press("main a.btn.pri")
		v.Click("#me")
		v.Press("#sign-out")
		if v.At() != "/signed-out" {
			t.Fatalf("at %s", v.At())
		}
		for _, proof := range []func() string{func() string { return code(t, secret, w.clock.Now()) }, func() string { return recovery }} {
			w.clock.Advance(time.Minute)
			v.Go(w.url + "/sign-in")
			v.Fill("#email", "karin.holm@sundvik.example")
			v.Press("main form[action='/sign-in'] button")
			v.Fill("#password", password(t))
			v.Press("main button")
			if proof() == recovery {
				v.Press("main a[href*='recovery=1']")
			}
			v.Fill("#code", proof())
			v.Press("main form[action='/sign-in/factor'] button")
			if v.At() != "/" || !strings.Contains(v.Text(), "Välkommen, Karin") {
				t.Fatalf("at %s:\n%s", v.At(), v.Text())
			}
			v.Click("#me")
			v.Press("#sign-out")
		}
	}
}

func code(tb testing.TB, secret string, at time.Time) string {
	tb.Helper()
	c, err := totp.GenerateCode(secret, at)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// TestPasskeyByBrowser adds a passkey and signs in with it alone.
func TestPasskeyByBrowser(t *testing.T) {
	t.Parallel()
	w := browse(t)
	v := browsertest.Visit(t)
	v.Authenticator()
	said := v.Console()
	v.Go(w.url + "/sign-in")
	v.Fill("#email", "elin.sandberg@sundvik.example")
	v.Press("main form[action='/sign-in'] button")
	v.Fill("#password", password(t))
	v.Press("main button")
	v.Go(w.url + "/profile")
	v.Press("form[action='/profile/passkey'] button")
	if !strings.Contains(v.Text(), "Spara dina återställningskoder") {
		t.Fatalf("no recovery codes at %s:\n%s\n%s", v.At(), v.Text(), said())
	}
	v.Press("main a.btn.pri")
	v.Click("#me")
	v.Press("#sign-out")
	v.Go(w.url + "/sign-in?next=/profile")
	v.Press("form[action='/sign-in/passkey'] button")
	if v.At() != "/profile" {
		t.Fatalf("at %s:\n%s\n%s", v.At(), v.Text(), said())
	}
	v.Click("#me")
	v.Press("#sign-out")
	// As second factor.
	v.Go(w.url + "/sign-in")
	v.Fill("#email", "elin.sandberg@sundvik.example")
	v.Press("main form[action='/sign-in'] button")
	v.Fill("#password", password(t))
	v.Press("main form[action='/sign-in/password'] button")
	if !strings.HasPrefix(v.At(), "/sign-in/factor") {
		t.Fatalf("at %s", v.At())
	}
	v.Press("form[action='/sign-in/passkey'] button")
	if v.At() != "/" {
		t.Fatalf("at %s:\n%s\n%s", v.At(), v.Text(), said())
	}
	if said() != "" {
		t.Errorf("the console says:\n%s", said())
	}
}

// TestEnrolByBrowser is let in only with a second factor where one is demanded.
func TestEnrolByBrowser(t *testing.T) {
	t.Parallel()
	w := browse(t)
	w.demand("SUN")
	v := browsertest.Visit(t)
	v.Go(w.url + "/sign-in")
	v.Fill("#email", "ingrid.sten@sundvik.example")
	v.Press("main form[action='/sign-in'] button")
	v.Fill("#password", password(t))
	v.Press("main button")
	if v.At() != "/sign-in/enrol" {
		t.Fatalf("at %s", v.At())
	}
	v.Go(w.url + "/")
	if v.At() != "/sign-in" {
		t.Errorf("without a factor at %s", v.At())
	}
	v.Go(w.url + "/sign-in/enrol/totp")
	secret := strings.ReplaceAll(v.Eval(`document.querySelector(".secret").textContent`), " ", "")
	v.Fill("#code", code(t, secret, w.clock.Now()))
	v.Press("main form button")
	v.Press("main form button.pri")
	if v.At() != "/" {
		t.Fatalf("at %s:\n%s", v.At(), v.Text())
	}
}

// picture keeps a picture of a page for whoever asks for them: make screenshots.
func picture(v *browsertest.Visitor, name string) {
	v.Helper()
	folder := os.Getenv("KONTROLLRUM_SCREENSHOTS")
	if folder == "" {
		return
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		v.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), v.Picture(), 0o644); err != nil {
		v.Fatal(err)
	}
}
