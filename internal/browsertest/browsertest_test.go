package browsertest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/internal/browsertest"
)

// TestVisit holds the browser to what the pages stand on: cookies that are bound
// to host and secure connections are kept at localhost and at 127.0.0.1, and
// visitors have cookies apart.
func TestVisit(t *testing.T) {
	t.Parallel()
	public := browsertest.Serve(t, func(string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := r.Cookie("__Host-session")
			if r.Method == "POST" {
				http.SetCookie(w, &http.Cookie{Name: "__Host-session", Value: r.FormValue("who"), Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
				http.Redirect(w, r, "/in", http.StatusSeeOther)
				return
			}
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self'")
			if err != nil {
				io.WriteString(w, `<form method=post><input name=who><button>Go</button></form>`)
				return
			}
			fmt.Fprintf(w, "<p>hello %s", c.Value)
		})
	})
	for _, at := range []string{public, strings.Replace(public, "localhost", "127.0.0.1", 1)} {
		v, other := browsertest.Visit(t), browsertest.Visit(t)
		v.Go(at)
		v.Fill("input", "eva")
		v.Press("button")
		if got := v.Text(); got != "hello eva" || v.At() != "/in" {
			t.Errorf("%s: %q at %s", at, got, v.At())
		}
		if c := v.Cookies(at)["__Host-session"]; !c.Secure || !c.HTTPOnly {
			t.Errorf("%s: cookie %+v", at, c)
		}
		if other.Go(at); other.Text() == v.Text() || !other.Has("form") {
			t.Errorf("%s: visitors share their cookies", at)
		}
		if len(v.Picture()) < 1000 {
			t.Error("no picture")
		}
	}
}
