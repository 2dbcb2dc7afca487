package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// Cookies of the pages. Their prefix binds them to this host, to all of its
// paths and to secure connections (RFC 6265bis §4.1.3.2); browsers count
// http://localhost and http://127.0.0.1 among those.
const (
	SessionCookie  = "__Host-session" // of who is signed in
	SigninCookie   = "__Host-signin"  // of a sign-in that is not complete, which speaks for nobody
	LanguageCookie = "__Host-lang"    // chosen on this device
	ThemeCookie    = "__Host-theme"   // light, dark, or none: the system's
	KeysCookie     = "__Host-keys"    // off, or none: keys do something by themselves
)

// cookieLife is how long a device remembers a choice. What is secret lasts
// until the browser is closed, or the hub ends it.
const cookieLife = 365 * 24 * time.Hour

// KeepSecret gives the browser a secret to send along, of which no script may know.
func KeepSecret(w http.ResponseWriter, name string, secret kontrollrum.Secret) {
	setCookie(w, &http.Cookie{Name: name, Value: secret.Reveal()})
}

// KeepChoice gives the browser a choice of the device's to remember; empty: to forget.
func KeepChoice(w http.ResponseWriter, name, value string) {
	c := &http.Cookie{Name: name, Value: value, MaxAge: int(cookieLife.Seconds())}
	if value == "" {
		c.MaxAge = -1
	}
	setCookie(w, c)
}

// Forget has the browser forget a cookie.
func Forget(w http.ResponseWriter, name string) { KeepChoice(w, name, "") }

// setCookie sets c in place of one that the same answer has set before: of two
// of one name a browser takes the last, but whoever reads answers may not.
func setCookie(w http.ResponseWriter, c *http.Cookie) {
	c.Path, c.Secure, c.HttpOnly, c.SameSite = "/", true, true, http.SameSiteLaxMode
	header := w.Header()
	set := header["Set-Cookie"]
	header.Del("Set-Cookie")
	for _, line := range set {
		if !strings.HasPrefix(line, c.Name+"=") {
			header.Add("Set-Cookie", line)
		}
	}
	http.SetCookie(w, c)
}

// Kept is what a browser sends by a cookie's name; empty where it sends none.
func Kept(r *http.Request, name string) kontrollrum.Secret {
	c, err := r.Cookie(name)
	if err != nil {
		return kontrollrum.Secret{}
	}
	return kontrollrum.NewSecret(c.Value)
}

// ByCookie is whoever the browser's session speaks for; nobody without one.
func ByCookie(r *http.Request) ops.Caller {
	if session := Kept(r, SessionCookie); !session.Empty() {
		return ops.Session(session)
	}
	return ops.Caller{}
}
