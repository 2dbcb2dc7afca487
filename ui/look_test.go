package ui

import (
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
// outside of the window, also where it is 320 pixels wide (1.4.10) and where the
// text is twice as large (1.4.4), menus are open one after another, and the
// console has nothing to say. With
// KONTROLLRUM_SCREENSHOTS it keeps pictures in that folder.
func TestLook(t *testing.T) {
	t.Parallel()
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
			seen := map[string]bool{}
			for _, s := range samples(t, sampled(t, l.language, l.theme)) {
				if s.name == "onward" || s.name == "departure" {
					continue // are gone before they are seen
				}
				v.Size(l.width, l.height)
				v.Go(url + "/" + l.language + "/" + l.theme + "/" + s.name)
				fits(v, s.name)
				for _, breach := range v.Breaches("testdata/axe/axe.min.js", "html") {
					t.Errorf("%s: %s", s.name, breach)
				}
				for _, breach := range unfolded(v, seen) {
					t.Errorf("%s, opened: %s", s.name, breach)
				}
				if folder != "" {
					if err := os.WriteFile(filepath.Join(folder, s.name+"-"+l.String()+".png"), v.Picture(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if l.theme == "light" && l.width == 390 { // which colours do not change
					v.Size(320, 640)
					fits(v, s.name+" at 320")
					v.Size(1280, 900)
					v.Go(url + "/" + l.language + "/" + l.theme + "/" + s.name)
					v.Eval(`document.documentElement.style.fontSize = "200%"; ""`)
					fits(v, s.name+" with text of 200 %")
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

// unfolded are the breaches in what a page shows when it is asked to: menus,
// chips of filters, the palette, the navigation of a phone. What says the same as
// one that was seen is not looked at again.
func unfolded(v *browsertest.Visitor, seen map[string]bool) (out []string) {
	v.Helper()
	for id := range strings.FieldsSeq(v.Eval(`[...document.querySelectorAll("[popover][id]")].map((e) => e.id).join(" ")`)) {
		says := v.Eval(fmt.Sprintf(`{const e = document.getElementById(%q); e.showPopover(); e.id + e.querySelectorAll("*").length + e.innerText.trim()}`, id))
		if seen[says] || v.Eval(fmt.Sprintf(`String(document.getElementById(%q).childElementCount)`, id)) == "0" {
			continue // filled when it is opened
		}
		seen[says] = true
		out = append(out, v.Breaches("testdata/axe/axe.min.js", "#"+id)...)
		if over := v.Eval(fmt.Sprintf(`{const box = document.getElementById(%q).getBoundingClientRect(); String(box.left < 0 || box.right > innerWidth)}`, id)); over == "true" {
			out = append(out, id+" stands outside of the window")
		}
	}
	return out
}
