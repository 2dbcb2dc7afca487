package ui_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/api"
	"github.com/kontrollrum/kontrollrum/demo"
	"github.com/kontrollrum/kontrollrum/internal/browsertest"
	"github.com/kontrollrum/kontrollrum/oidc"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/ui"
	"github.com/kontrollrum/kontrollrum/web"
)

// loaded is a database with the demo world, which every test copies.
var loaded = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "kontrollrum-ui-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	ctx, file := context.Background(), filepath.Join(folder, "demo.db")
	clock := demo.NewClock()
	hub, err := ops.Open(ctx, ops.Config{Database: file, Now: clock.Now, NewID: demo.IDs(), Key: opstest.Key(), PublicURL: opstest.PublicURL})
	if err != nil {
		return nil, err
	}
	if err := demo.Load(ctx, hub, clock); err != nil {
		return nil, err
	}
	copied := filepath.Join(folder, "copy.db")
	if err := hub.Backup(ctx, copied); err != nil {
		return nil, err
	}
	if err := hub.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(copied)
})

// A world is a hub with the demo world, and its pages.
type world struct {
	testing.TB
	hub   *ops.Hub
	clock *opstest.Clock
	url   string // of the pages

	chiefBearer ops.Caller // once it is filled
}

// hub opens the demo world for a public URL.
func hub(tb testing.TB, clock *opstest.Clock, public string) *ops.Hub {
	tb.Helper()
	bytes, err := loaded()
	if err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(tb.TempDir(), "kontrollrum.db")
	if err := os.WriteFile(file, bytes, 0o600); err != nil {
		tb.Fatal(err)
	}
	h, err := ops.Open(tb.Context(), ops.Config{Database: file, Now: clock.Now, NewID: uuid.NewString, Key: opstest.Key(), PublicURL: public})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := h.Close(); err != nil {
			tb.Error(err)
		}
	})
	return h
}

// faces are the pages and the API of a hub.
func faces(tb testing.TB, h *ops.Hub, clock *opstest.Clock, public string) http.Handler {
	tb.Helper()
	log := slog.New(slog.DiscardHandler)
	pages, err := ui.Handler(h, ui.Config{PublicURL: public, Version: "0.1", Log: log, NewID: uuid.NewString, Now: clock.Now})
	if err != nil {
		tb.Fatal(err)
	}
	others := []http.Handler{api.Handler(h, api.Config{PublicURL: public, Log: log, NewID: uuid.NewString, Now: clock.Now})}
	if strings.HasPrefix(public, "http://localhost") {
		provider, err := oidc.New(h, oidc.Config{PublicURL: public, Log: log, NewID: uuid.NewString, Now: clock.Now})
		if err != nil {
			tb.Fatal(err)
		}
		others = append(others, provider.Handler())
	}
	return web.Compose(pages, others...)
}

// open serves the pages to programs.
func open(tb testing.TB) *world {
	tb.Helper()
	w := &world{TB: tb, clock: opstest.NewClock()}
	w.hub = hub(tb, w.clock, opstest.PublicURL)
	server := httptest.NewTLSServer(faces(tb, w.hub, w.clock, opstest.PublicURL))
	tb.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// browse serves the pages to a browser.
func browse(tb testing.TB) *world {
	tb.Helper()
	w := &world{TB: tb, clock: opstest.NewClock()}
	w.url = browsertest.Serve(tb, func(public string) http.Handler {
		w.hub = hub(tb, w.clock, public)
		return faces(tb, w.hub, w.clock, public)
	})
	return w
}

// A client is a browser without script, which follows no redirect by itself.
type client struct {
	*world
	http *http.Client
	send map[string]string // headers
}

func (w *world) client() *client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	server := http.DefaultTransport.(*http.Transport).Clone()
	server.TLSClientConfig.InsecureSkipVerify = true //nolint:gosec // the test's own server
	w.Cleanup(server.CloseIdleConnections)
	return &client{w, &http.Client{Jar: jar, Transport: server, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		map[string]string{"Accept": "text/html", "Accept-Language": "sv"}}
}

// A seen is what came back.
type seen struct {
	*http.Response
	text string
}

func (c *client) ask(method, path string, form url.Values) seen {
	c.Helper()
	r, err := http.NewRequestWithContext(c.Context(), method, c.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.Fatal(err)
	}
	for name, value := range c.send {
		r.Header.Set(name, value)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := c.http.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.Fatal(err)
	}
	return seen{answer, string(text)}
}

func (c *client) get(path string) seen { c.Helper(); return c.ask("GET", path, nil) }

// post sends a form: names and values by turns.
func (c *client) post(path string, pairs ...string) seen {
	c.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return c.ask("POST", path, form)
}

// leads checks that an answer leads to a path.
func (c *client) leads(s seen, to string) {
	c.Helper()
	if s.StatusCode != http.StatusSeeOther || s.Header.Get("Location") != to {
		c.Fatalf("%d to %q, want %q\n%.2000s", s.StatusCode, s.Header.Get("Location"), to, s.text)
	}
}

// password is that of everyone in the demo world.
func password(tb testing.TB) string {
	tb.Helper()
	p, err := demo.Password()
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// enters signs somebody in, by the name before the @.
func (c *client) enters(email string) *client {
	c.Helper()
	c.leads(c.post("/sign-in/password", "email", email, "password", password(c)), "/")
	return c
}

// demand has an organization demand a second factor of its administrators.
func (w *world) demand(plate string) {
	w.Helper()
	yes := true
	if _, err := ops.Do(w.Context(), w.hub, w.chief(), ops.EditOrganization{Organization: plate, SecondFactor: &yes}); err != nil {
		w.Fatal(err)
	}
}

// chief is a full administrator of Sundvik.
func (w *world) chief() ops.Caller {
	w.Helper()
	made, err := ops.Do(w.Context(), w.hub, ops.Operator(), ops.CreateToken{User: "karin.holm@sundvik.example", Expires: w.clock.Now().Add(time.Hour), Secret: kontrollrum.NewToken})
	if err != nil {
		w.Fatal(err)
	}
	return ops.Bearer(made.Secret)
}
