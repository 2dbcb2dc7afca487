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
	mux.HandleFunc("GET /nowhere", func(http.ResponseWriter, *http.Request) {})
	return browsertest.Serve(t, func(string) http.Handler { return mux })
}

// A breach is one of axe's, as far as it is told.
type breach struct {
	ID    string
	Help  string
	Nodes []struct{ HTML, FailureSummary string }
}

// TestLook looks at every page in a browser, wide and narrow, light and dark:
// axe-core finds no breach of WCAG 2.2 AA, nothing stands outside of the
// window, and the console has nothing to say. With KONTROLLRUM_SCREENSHOTS it
// keeps pictures in that folder.
func TestLook(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	folder := os.Getenv("KONTROLLRUM_SCREENSHOTS")
	url := exhibit(t)
	v := browsertest.Visit(t)
	said := v.Console()
	for _, look := range []struct {
		language, theme string
		width, height   int64
		always          bool // else for pictures alone
	}{
		{"sv", "light", 1440, 900, true}, {"en", "dark", 390, 844, true},
		{"sv", "dark", 1440, 900, false}, {"sv", "light", 390, 844, false}, {"en", "light", 1440, 900, false},
		{"sv", "dark", 390, 844, false}, {"en", "dark", 1440, 900, false}, {"en", "light", 390, 844, false},
	} {
		if !look.always && folder == "" {
			continue
		}
		v.Size(look.width, look.height)
		for _, s := range samples(t, sampled(t, look.language, look.theme)) {
			if s.name == "onward" || s.name == "departure" {
				continue // are gone before they are seen
			}
			name := fmt.Sprintf("%s-%s-%d-%s", s.name, look.language, look.width, look.theme)
			v.Go(url + "/" + look.language + "/" + look.theme + "/" + s.name)
			if over := v.Eval(`String(document.documentElement.scrollWidth - innerWidth)`); over != "0" {
				t.Errorf("%s: %s pixels wider than the window", name, over)
			}
			if look.always {
				for _, b := range breaches(v, string(axe)) {
					t.Errorf("%s: %s: %s\n%v", name, b.ID, b.Help, b.Nodes)
				}
			}
			if folder == "" {
				continue
			}
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, name+".png"), v.Picture(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if text := said(); text != "" {
		t.Errorf("the console says:\n%s", text)
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
