package ui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/internal/browsertest"
	"github.com/kontrollrum/kontrollrum/ops"
)

// exhibit serves every sample at /language/theme/name, under the content policy
// of the pages.
func exhibit(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	assets, err := readAssets()
	if err != nil {
		t.Fatal(err)
	}
	f := &face{assets: assets}
	mux.HandleFunc("GET /static/{hash}/{file...}", func(w http.ResponseWriter, r *http.Request) {
		if err := f.asset(ops.Caller{}, w, r); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
		}
	})
	for _, language := range languages {
		for _, theme := range []string{"light", "dark"} {
			for _, s := range samples(t, sampled(t, language.tag, theme)) {
				mux.HandleFunc(fmt.Sprintf("GET /%s/%s/%s", language.tag, theme, s.name), func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Security-Policy", contentPolicy)
					if err := f.show(w, r, http.StatusOK, s.page); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
	mux.HandleFunc("GET /o/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }) // what a script asks for
	mux.HandleFunc("GET /nowhere", func(http.ResponseWriter, *http.Request) {})
	return browsertest.Serve(t, func(string) http.Handler { return mux })
}

// A breach is one of axe's, as far as it is told.
type breach struct {
	ID    string
	Help  string
	Nodes []struct{ HTML, FailureSummary string }
}

// looks are the eight in which every page is looked at.
func looks() (out []look) {
	for _, language := range languages {
		for _, theme := range []string{"light", "dark"} {
			out = append(out, look{language.tag, theme, 1440, 900}, look{language.tag, theme, 390, 844})
		}
	}
	return out
}

type look struct {
	language, theme string
	width, height   int64
}

func (l look) String() string { return fmt.Sprintf("%s-%d-%s", l.language, l.width, l.theme) }

// TestLook looks at every page in a browser, wide and narrow, light and dark, in
// both languages: axe-core finds no breach of WCAG 2.2 AA, nothing stands
// outside of the window, also where it is 320 pixels wide (1.4.10), and the console has nothing to say. With
// KONTROLLRUM_SCREENSHOTS it keeps pictures in that folder.
func TestLook(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	folder := os.Getenv("KONTROLLRUM_SCREENSHOTS")
	if folder != "" {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	url := exhibit(t)
	for _, l := range looks() {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			v := browsertest.Visit(t)
			said := v.Console()
			for _, s := range samples(t, sampled(t, l.language, l.theme)) {
				if s.name == "onward" || s.name == "departure" {
					continue // are gone before they are seen
				}
				v.Size(l.width, l.height)
				v.Go(url + "/" + l.language + "/" + l.theme + "/" + s.name)
				fits(v, s.name)
				for _, b := range breaches(v, string(axe)) {
					t.Errorf("%s: %s: %s\n%v", s.name, b.ID, b.Help, b.Nodes)
				}
				if folder != "" {
					if err := os.WriteFile(filepath.Join(folder, s.name+"-"+l.String()+".png"), v.Picture(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if l.theme == "light" && l.width == 390 { // which colours do not change
					v.Size(320, 640)
					fits(v, s.name+" at 320")
				}
			}
			if text := said(); text != "" {
				t.Errorf("the console says:\n%s", text)
			}
		})
	}
}

// fits checks that nothing of the page stands outside of the window.
func fits(v *browsertest.Visitor, what string) {
	v.Helper()
	if over := v.Eval(`String(document.documentElement.scrollWidth - innerWidth)`); over != "0" {
		v.Errorf("%s: %s pixels wider than the window", what, over)
	}
}

// breaches are those that axe-core finds on the page.
func breaches(v *browsertest.Visitor, axe string) (out []breach) {
	v.Helper()
	v.Eval(axe + `; ""`)
	text := v.Eval(`axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], rules: {"target-size": {enabled: true}}})
		.then((r) => JSON.stringify(r.violations.map((b) => ({ID: b.id, Help: b.help, Nodes: b.nodes.slice(0, 3).map((n) => ({HTML: n.html, FailureSummary: n.failureSummary}))}))))`)
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&out); err != nil {
		v.Fatal(err)
	}
	return out
}
