package main

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/kontrollrum/kontrollrum/internal/browsertest"
	"github.com/kontrollrum/kontrollrum/words"
)

// A visitor is somebody at a browser, who reads in one language.
type visitor struct {
	*browsertest.Visitor
	*words.Speaker
	site *site
}

// visit opens a browser. Whatever a page complains of on its console fails the
// test, beside refusals that are pages themselves and what allowed matches.
func (s *site) visit(t *testing.T, language string, allowed ...string) *visitor {
	t.Helper()
	v := &visitor{browsertest.Visit(t), s.book.In(language), s}
	said := v.Console()
	v.Visitor.Language(language)
	t.Cleanup(func() {
		v.Eval(`""`) // what was said before has come
		for line := range strings.Lines(said()) {
			fine := strings.TrimSpace(line) == "" || strings.HasPrefix(line, "info: ") || refusedPage.MatchString(line) && !strings.Contains(line, "/static/")
			for _, a := range allowed {
				fine = fine || strings.Contains(line, a)
			}
			if !fine {
				t.Errorf("console: %s", strings.TrimSpace(line))
			}
		}
	})
	return v
}

// refusedPage is what the console says of a page that refuses something.
var refusedPage = regexp.MustCompile(`Failed to load resource: the server responded with a status of (401|403|404|409|410|422|429)`)

// open goes to a path of the hub.
func (v *visitor) open(path string) {
	v.Helper()
	v.Go(v.site.public + path)
}

// at fails the test unless the browser is at a path of the hub.
func (v *visitor) at(want string) {
	v.Helper()
	if got := v.Eval(`location.origin + location.pathname`); got != v.site.public+want {
		v.Fatalf("at %s, want %s:\n%s", got, want, v.Text())
	}
}

// reads fails the test unless each of some texts is to be read on the page,
// however it is set.
func (v *visitor) reads(texts ...string) {
	v.Helper()
	page := folded(v.Text())
	for _, text := range texts {
		if !strings.Contains(page, folded(text)) {
			v.Errorf("at %s there is not %q in\n%s", v.At(), text, page)
		}
	}
}

func folded(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }

// submit presses the button of the form that is sent to a path.
func (v *visitor) submit(action string) {
	v.Helper()
	v.Press(fmt.Sprintf("form[action=%q] button[type=submit]", action))
}

// giveEmail and givePassword are the two steps of signing in by password.
func (v *visitor) giveEmail(email string) {
	v.Helper()
	v.Fill("#email", email)
	v.submit("/sign-in")
}

func (v *visitor) givePassword(password string) {
	v.Helper()
	v.Fill("#password", password)
	v.submit("/sign-in/password")
}

// signIn signs in by password, from the beginning.
func (v *visitor) signIn(email string) {
	v.Helper()
	v.open("/sign-in")
	v.giveEmail(email)
	v.givePassword(password)
}

// signOut signs out by the page's button.
func (v *visitor) signOut() {
	v.Helper()
	v.Click("#me")
	v.Press("#sign-out")
	v.at("/signed-out")
	v.reads(v.Say("signedout.title"))
	if _, kept := v.Cookies(v.site.public)["__Host-session"]; kept {
		v.Error("signed out, and the browser keeps a session")
	}
}

// welcomed fails the test unless the page is the hub and greets somebody.
func (v *visitor) welcomed(first string) {
	v.Helper()
	v.at("/")
	v.reads(v.Say("hub.welcome", "Name", first))
}

// giveCode gives a code of an app, so many steps from now.
func (v *visitor) giveCode(secret string, steps int) {
	v.Helper()
	v.at("/sign-in/factor")
	v.Fill("#code", code(v, secret, steps))
	v.submit("/sign-in/factor")
}

func code(tb testing.TB, secret string, steps int) string {
	tb.Helper()
	c, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// setUpTOTP fills in the page that sets an app up, gives its first code, and
// reads the secret and the recovery codes.
func (v *visitor) setUpTOTP(action string) (secret string, recovery []string) {
	v.Helper()
	v.at(action)
	secret = strings.ReplaceAll(v.Eval(`document.querySelector("code.secret").textContent`), " ", "")
	v.Fill("#code", code(v, secret, 0))
	v.submit(action)
	v.reads(v.Say("codes.title"), v.Say("codes.once"))
	v.decode(`JSON.stringify([...document.querySelectorAll("#codes-all li code")].map(c => c.textContent))`, &recovery)
	if len(recovery) != 10 {
		v.Errorf("%d recovery codes", len(recovery))
	}
	return secret, recovery
}

// decode evaluates an expression that gives JSON.
func (v *visitor) decode(expression string, into any) {
	v.Helper()
	if err := json.Unmarshal([]byte(v.Eval(expression)), into); err != nil {
		v.Fatal(err)
	}
}

// readMail reads whom a mail in a file is to, and its plain text.
func readMail(tb testing.TB, name string) (to, text string) {
	tb.Helper()
	file, err := os.Open(name)
	if err != nil {
		return "", "" // moved meanwhile
	}
	defer file.Close()
	m, err := mail.ReadMessage(file)
	if err != nil {
		return "", ""
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	body, encoding := io.Reader(m.Body), m.Header.Get("Content-Transfer-Encoding")
	if strings.HasPrefix(kind, "multipart/") {
		for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
			p, err := parts.NextRawPart()
			if err != nil {
				tb.Fatalf("%s has no plain text: %v", name, err)
			}
			if strings.HasPrefix(p.Header.Get("Content-Type"), "text/plain") {
				body, encoding = p, p.Header.Get("Content-Transfer-Encoding")
				break
			}
		}
	}
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	read, err := io.ReadAll(body)
	if err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return m.Header.Get("To"), string(read)
}
