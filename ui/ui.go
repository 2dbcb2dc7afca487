// Package ui speaks HTML: the pages that people sign in by, the hub that they
// work in, and their own profile. A handler decodes, asks ops and shows a page of what
// they gave; it decides nothing and knows no SQL. Everything but passkeys
// works without script.
package ui

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ui/upstream"
	"github.com/kontrollrum/kontrollrum/web"
	"github.com/kontrollrum/kontrollrum/words"
)

// A Config says what the pages need beside a hub.
type Config struct {
	PublicURL string // scheme and host as browsers reach the hub
	Version   string // of the program, for the foot of the pages
	Log       *slog.Logger
	NewID     func() string
	Now       func() time.Time
	Providers *http.Client // asks organizations' identity providers; see upstream.Client
}

// htmxConfig keeps the script library to what the content policy allows, and has
// it show what an error answers as a page of its own.
const htmxConfig = `{"allowEval":false,"allowScriptTags":false,"includeIndicatorStyles":false,"historyCacheSize":0,"refreshOnHistoryMiss":true,"selfRequestsOnly":true,` +
	`"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"422","swap":true},{"code":"...","swap":false,"error":true}]}`

// maxForm is the most that a form may hold, in bytes.
const maxForm = 64 << 10

// contentPolicy lets a page use what the hub itself serves and nothing else: no
// script or style inside of it. What a form leads to may be another site only
// by way of a page of the hub's, since browsers hold redirects of forms to it too.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// A face is the pages of one hub.
type face struct {
	hub    *ops.Hub
	book   *words.Book
	assets *assets
	party  *upstream.Party
	Config
}

// Handler serves the pages.
func Handler(hub *ops.Hub, c Config) (http.Handler, error) {
	f, err := newFace(hub, c)
	if err != nil {
		return nil, err
	}
	origins, err := web.SameOrigin(c.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("public URL: %w", err)
	}
	s := web.Server{
		Log: c.Log, NewID: c.NewID, Now: c.Now, Prefix: "UI_", Body: maxForm, Origins: origins, Fail: f.fail,
		Caller:  web.ByCookie,
		Headers: headers,
	}
	return s.Handler(f.routes()), nil
}

// headers stand with every page.
var headers = map[string]string{"Content-Security-Policy": contentPolicy, "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"}

// Errors returns what shows as a page what went wrong where another face sends
// people: in the browser's language, and leading nobody anywhere.
func Errors(c Config) (func(w http.ResponseWriter, r *http.Request, trackingID string, err error), error) {
	f, err := newFace(nil, c)
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request, trackingID string, err error) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		f.tell(w, r, trackingID, err)
	}, nil
}

func newFace(hub *ops.Hub, c Config) (*face, error) {
	book, err := words.Read()
	if err != nil {
		return nil, fmt.Errorf("read words: %w", err)
	}
	assets, err := readAssets()
	if err != nil {
		return nil, err
	}
	if c.Providers == nil {
		c.Providers = upstream.Client(false)
	}
	return &face{hub, book, assets, upstream.New(c.Providers, c.Now, c.PublicURL+upstreamPath+"/callback"), c}, nil
}

// show writes a page. It is made whole before anything is sent, so that what
// fails in the middle is an error and no half page.
func (f *face) show(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	var body strings.Builder
	if err := page.Render(r.Context(), &body); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return send(w, r, status, body.String())
}

// to sends the browser to a page with GET, whatever was asked.
func to(w http.ResponseWriter, path string) error {
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// A Page is what every page has.
type Page struct {
	*words.Speaker
	Theme string // light, dark, or empty: the system's
	// Shortcuts is off where single keys do nothing (WCAG 2.1.4).
	Shortcuts string
	Assets    string // path that the hub's own files are below
	Version   string
	Next      string // where a form goes on to; empty: the start
	Request   string // id of the authorization request that a sign-in is part of
	here      string // path and query that shows this page again
	book      *words.Book
	now       time.Time
}

// page is what r's page has, for a person whose language is known, or for nobody.
func (f *face) page(r *http.Request, language string) *Page {
	p := &Page{
		Speaker: f.speaker(r, language), Assets: f.assets.root, Version: f.Version, now: f.Now(),
		Next: own(r.FormValue("next")), Request: plain(r.FormValue("request")), here: r.URL.RequestURI(), book: f.book,
	}
	if theme := web.Kept(r, web.ThemeCookie).Reveal(); theme == "light" || theme == "dark" {
		p.Theme = theme
	}
	if web.Kept(r, web.KeysCookie).Reveal() == "off" {
		p.Shortcuts = "off"
	}
	return p
}

// speaker is who speaks to r's person: in their language, else as the device
// was told, else as the browser asks.
func (f *face) speaker(r *http.Request, language string) *words.Speaker {
	kept := web.Kept(r, web.LanguageCookie).Reveal()
	if language == "" && kept == "" {
		return f.book.Negotiate(r.Header.Get("Accept-Language"))
	}
	return f.book.In(language, kept)
}

// plain is a text as far as it is an id: letters, digits, - and _, 128 of them at most.
func plain(id string) string {
	if len(id) > 128 || strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}) {
		return ""
	}
	return id
}

// do runs op for c.
func do[R any](ctx context.Context, f *face, c ops.Caller, op ops.Op[R]) (R, error) {
	return ops.Do(ctx, f.hub, c, op)
}

// code is the code of an error of ours; empty for another.
func code(err error) string {
	if known := kontrollrum.All(err); len(known) > 0 {
		return known[0].Code
	}
	return ""
}
