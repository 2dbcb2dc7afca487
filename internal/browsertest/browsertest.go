// Package browsertest gives tests a real browser: Chromium without a window.
// Only tests import it. It knows nothing of the hub's pages.
//
// One browser serves a whole test process; each [Visitor] has cookies of its own,
// as if on a device of its own. The browser ends with the process, however that
// ends: it is spoken to through a pipe, and goes when the pipe closes.
package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// errMissing is what a machine without Chromium answers, with the remedy.
var errMissing = errors.New("browsertest: no chromium, chromium-browser or google-chrome on PATH; install it (Debian: apt-get install chromium)")

// patience is how long a page may take on a busy machine.
const patience = 30 * time.Second

// shared is the browser of the test process.
var shared = sync.OnceValues(func() (context.Context, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, errMissing
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("lang", "sv-SE"), chromedp.Flag("hide-scrollbars", true),
		// One process for all pages of a site, and none in reserve: to start them took most of the time.
		chromedp.Flag("process-per-site", true), chromedp.Flag("disable-back-forward-cache", true),
		chromedp.Flag("disable-features", "site-per-process,Translate,BackForwardCache,SpareRendererForSitePerProcess"))
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	browser, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(browser); err != nil {
		return nil, fmt.Errorf("browsertest: start %s: %w", path, err)
	}
	return browser, nil
})

// refuse ends the test if err is not nil: by a skip if the browser is missing and may be.
func refuse(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, errMissing) && os.Getenv("CI") != "true" && os.Getenv("KONTROLLRUM_REQUIRE_BROWSER") != "1" {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// Serve serves the handler that open makes for a public URL until the test
// ends, and returns that URL. Its host is localhost, which browsers take for
// secure and which, unlike an address, may be the relying party of passkeys.
func Serve(tb testing.TB, open func(public string) http.Handler) string {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	public := "http://localhost:" + port
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: open(public)}} //nolint:gosec // for tests
	server.Start()
	tb.Cleanup(server.Close)
	return public
}

// A Visitor is somebody at a browser of their own.
type Visitor struct {
	testing.TB
	ctx context.Context
}

// Visit opens a browser without cookies, 1440 by 900, in Swedish and light,
// until the test ends. Without Chromium it skips the test, or fails it where
// CI=true or KONTROLLRUM_REQUIRE_BROWSER=1 is set.
func Visit(tb testing.TB) *Visitor {
	tb.Helper()
	browser, err := shared()
	refuse(tb, err)
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	tb.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // opens the tab, which lives as long as the context of this
		tb.Fatal(err)
	}
	v := &Visitor{tb, ctx}
	v.Size(1440, 900)
	v.Language("sv-SE")
	return v
}

// do does steps, or ends the test.
func (v *Visitor) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		again, cancel := context.WithTimeout(v.ctx, time.Second)
		defer cancel()
		at, _ := chromedp.Run(again, chromedp.Location())
		text, _ := chromedp.Run(again, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
		v.Fatalf("%s: %v\nat %s:\n%s", what, err, at, text)
	}
}

// read reads something off the page, or ends the test.
func read[T any](v *Visitor, what string, a chromedp.Action[T]) T {
	v.Helper()
	var out T
	v.do(what, func(ctx context.Context, t *chromedp.Target) (none chromedp.Void, err error) {
		out, err = a(ctx, t)
		return none, err
	})
	return out
}

// Go goes to an address.
func (v *Visitor) Go(url string) {
	v.Helper()
	v.do("go to "+url, chromedp.Navigate(url))
}

// Fill writes text into the field that a CSS selector names, in place of what is
// there, as if it was pasted.
func (v *Visitor) Fill(selector, text string) {
	v.Helper()
	empty := fmt.Sprintf(`document.querySelector(%q).value = ""; 0`, selector)
	v.do("fill "+selector, chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Evaluate[chromedp.Void](empty), chromedp.Focus(chromedp.CSS(selector)),
		func(ctx context.Context, t *chromedp.Target) (none chromedp.Void, err error) {
			_, err = cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
			return none, err
		})
}

// Press clicks what a CSS selector names and waits for the page that follows.
func (v *Visitor) Press(selector string) {
	v.Helper()
	v.do("press "+selector, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Click(chromedp.CSS(selector)))(ctx, t)
		return chromedp.Void{}, err
	})
}

// Click clicks what a CSS selector names, of which no page follows.
func (v *Visitor) Click(selector string) {
	v.Helper()
	v.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Hold presses the middle of what a CSS selector names, and lets it go after
// meanwhile, as a hand does that is slower than an answer.
func (v *Visitor) Hold(selector string, meanwhile func()) {
	v.Helper()
	v.do("show "+selector, chromedp.ScrollIntoView(chromedp.CSS(selector)))
	var at struct{ X, Y float64 }
	if err := json.Unmarshal([]byte(v.Eval(fmt.Sprintf(`{const box = document.querySelector(%q).getBoundingClientRect(); JSON.stringify({X: box.x + box.width / 2, Y: box.y + box.height / 2})}`, selector))), &at); err != nil {
		v.Fatal(err)
	}
	left := func(p *input.DispatchMouseEventParams) { p.Button, p.ClickCount = input.MouseButtonLeft, 1 }
	v.do("press "+selector, chromedp.MouseEvent(chromedp.MousePressed, at.X, at.Y, left))
	meanwhile()
	v.do("let go of "+selector, chromedp.MouseEvent(chromedp.MouseReleased, at.X, at.Y, left))
}

// Key presses keys one after another, where the focus is. Those that write
// nothing are named by the constants of chromedp/kb.
func (v *Visitor) Key(keys string, held ...chromedp.Modifier) {
	v.Helper()
	v.do("key "+keys, chromedp.KeyEvent(keys, chromedp.KeyModifiers(held...)))
}

// Await waits until what a CSS selector names is seen.
func (v *Visitor) Await(selector string) {
	v.Helper()
	v.do("await "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
}

// Until waits until the path that the browser is at begins with a text, and the
// page is there, however many pages lead to it by themselves.
func (v *Visitor) Until(path string) {
	v.Helper()
	v.do("await "+path, func(ctx context.Context, t *chromedp.Target) (none chromedp.Void, err error) {
		for {
			// A page that is left while it is asked is no failure.
			there, err := chromedp.Evaluate[bool](fmt.Sprintf(`location.pathname.startsWith(%q) && document.readyState == "complete"`, path))(ctx, t)
			if there && err == nil || ctx.Err() != nil {
				return none, ctx.Err()
			}
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
}

// At is the path and query that the browser is at.
func (v *Visitor) At() string {
	v.Helper()
	return read(v, "location", chromedp.Evaluate[string](`location.pathname + location.search`))
}

// Text is what is to be read on the page.
func (v *Visitor) Text() string {
	v.Helper()
	return read(v, "text", chromedp.Evaluate[string](`document.body.innerText`))
}

// Has reports whether the page has what a CSS selector names.
func (v *Visitor) Has(selector string) bool {
	v.Helper()
	return v.Eval(fmt.Sprintf(`String(document.querySelector(%q) != null)`, selector)) == "true"
}

// Eval evaluates an expression whose value, or what it promises, is a text.
func (v *Visitor) Eval(expression string) string {
	v.Helper()
	return read(v, "evaluate", chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
}

// Cookies are those that the browser keeps for an address, by name.
func (v *Visitor) Cookies(url string) map[string]network.Cookie {
	v.Helper()
	out := map[string]network.Cookie{}
	found, err := chromedp.Call(v.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{url}})
	if err != nil {
		v.Fatal(err)
	}
	for _, c := range found.Cookies {
		out[c.Name] = *c
	}
	return out
}

// Give has the browser keep a cookie as if the address had set it, bound to its host.
func (v *Visitor) Give(url, name, value string) {
	v.Helper()
	_, err := chromedp.Call(v.ctx, network.SetCookie, network.SetCookieParams{URL: url, Name: name, Value: value, Path: "/", Secure: new(true), HTTPOnly: new(true)})
	if err != nil {
		v.Fatal(err)
	}
}

// Forget has the browser forget every cookie.
func (v *Visitor) Forget() {
	v.Helper()
	if _, err := chromedp.Call(v.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		v.Fatal(err)
	}
}

// Status is the HTTP status of the page.
func (v *Visitor) Status() string {
	v.Helper()
	return v.Eval(`String(performance.getEntriesByType("navigation")[0].responseStatus)`)
}

// Size makes the window so many pixels wide and high.
func (v *Visitor) Size(width, height int64) {
	v.Helper()
	v.do("size", chromedp.EmulateViewport(width, height))
}

// Dark sets whether the system of the visitor's device is dark.
func (v *Visitor) Dark(dark bool) {
	v.Helper()
	scheme := map[bool]string{false: "light", true: "dark"}[dark]
	_, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	if err != nil {
		v.Fatal(err)
	}
}

// Language is what the browser asks pages for, such as en-GB.
func (v *Visitor) Language(tag string) {
	v.Helper()
	_, err := chromedp.Call(v.ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": tag}})
	if err != nil {
		v.Fatal(err)
	}
}

// NoScript switches scripts off, or on again.
func (v *Visitor) NoScript(off bool) {
	v.Helper()
	_, err := chromedp.Call(v.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off})
	if err != nil {
		v.Fatal(err)
	}
}

// Authenticator plugs in a device that keeps passkeys and verifies its user at once.
func (v *Visitor) Authenticator() {
	v.Helper()
	_, err := chromedp.Call(v.ctx, webauthn.Enable, webauthn.EnableParams{})
	if err == nil {
		_, err = chromedp.Call(v.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	}
	if err != nil {
		v.Fatal(err)
	}
}

// Picture is the page as it is seen, whole, as a PNG.
func (v *Visitor) Picture() []byte {
	v.Helper()
	return read(v, "screenshot", chromedp.FullScreenshot(100))
}

// Console collects what pages say to the console from now on; the function
// returns it, a message and its address a line. A page that breaks its content
// security policy says so there, and what is answered with 400 or more.
func (v *Visitor) Console() func() string {
	var mu sync.Mutex
	var said []string
	messages := chromedp.Console(v.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			mu.Lock()
			said = append(said, strings.TrimSuffix(m.String()+" at "+m.URL, " at "))
			mu.Unlock()
		}
	}()
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(said, "\n")
	}
}

// Breaches are those of WCAG 2.2 AA and of good practice that axe-core finds in
// what a CSS selector names; axe is the path of its source. Ids that stand twice
// in the page are among them.
func (v *Visitor) Breaches(axe, selector string) (out []string) {
	v.Helper()
	source, err := os.ReadFile(axe)
	if err != nil {
		v.Fatal(err)
	}
	if v.Eval(`typeof axe`) == "undefined" {
		v.Eval(string(source) + `; ""`)
	}
	text := v.Eval(fmt.Sprintf(`axe.run(%q, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], rules: {"target-size": {enabled: true}}})
		.then((r) => JSON.stringify(r.violations.map((b) => b.id + ": " + b.help + b.nodes.slice(0, 3).map((n) => "\n" + n.html + "\n" + n.failureSummary).join(""))))`, selector))
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		v.Fatal(err)
	}
	const twice = `{const ids = [...document.querySelectorAll("[id]")].map((e) => e.id); ids.filter((id, i) => ids.indexOf(id) < i).join(" ")}`
	for id := range strings.FieldsSeq(v.Eval(twice)) {
		out = append(out, "the id "+id+" stands twice")
	}
	return out
}
