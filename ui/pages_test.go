package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/words"
)

func setupOf(secret string) *ops.TOTPSetup {
	return &ops.TOTPSetup{Secret: secret, URI: "otpauth://totp/Kontrollrum:karin.holm@sundvik.example?secret=" + secret + "&issuer=Kontrollrum"}
}

// unsaid finds a key where its text should be: a word that begins as keys do.
func unsaid(t *testing.T) *regexp.Regexp {
	t.Helper()
	files, err := filepath.Glob("../words/*.sv.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no words: %v", err)
	}
	firsts := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^\[?"([a-z_]+)\.`).FindAllStringSubmatch(string(text), -1) {
			firsts[m[1]] = true
		}
	}
	return regexp.MustCompile(`(^|[\s"(>])(` + strings.Join(slices.Sorted(maps.Keys(firsts)), "|") + `)\.[a-z_0-9]+(\.[a-z_0-9]+)*($|[\s")<])|<no value>`)
}

// actions are what holds names of actions, which look like keys.
var actions = regexp.MustCompile(` (data-may|id|value)="[a-z_.0-9]+"|<code>[a-z_.0-9]+</code>`)

// TestPages holds every page in both languages to what every page must be.
func TestPages(t *testing.T) {
	t.Parallel()
	unsaid := unsaid(t)
	for _, language := range words.Languages() {
		p := sampled(t, language, "")
		p.Next, p.Request = "/portal", "7b0c"
		for _, s := range samples(t, p) {
			t.Run(language+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				var text strings.Builder
				if err := s.page.Render(t.Context(), &text); err != nil {
					t.Fatal(err)
				}
				if found := unsaid.FindString(actions.ReplaceAllString(text.String(), "")); found != "" {
					t.Errorf("there are no words for %q", found)
				}
				root, err := html.Parse(strings.NewReader(text.String()))
				if err != nil {
					t.Fatal(err)
				}
				inspect(t, root, language)
			})
		}
	}
}

// attr is an attribute of an element.
func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// all lists the elements below n, in order.
func all(n *html.Node) (out []*html.Node) {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode {
			out = append(out, c)
		}
	}
	return out
}

func textOf(n *html.Node) string {
	var out strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			out.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(out.String())
}

func inspect(t *testing.T, root *html.Node, language string) {
	t.Helper()
	ids, labels := map[string]int{}, map[string]bool{}
	h1, primary, titles := 0, 0, 0
	elements := all(root)
	for _, n := range elements {
		if id, ok := attr(n, "id"); ok {
			ids[id]++
		}
		if id, ok := attr(n, "for"); ok {
			labels[id] = true
		}
	}
	for id, times := range ids {
		if times > 1 || id == "" {
			t.Errorf("the id %q stands %d times", id, times)
		}
	}
	for _, n := range elements {
		for _, a := range n.Attr {
			switch {
			case a.Key == "style", strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s %s>: the content policy forbids it", n.Data, a.Key)
			case slices.Contains([]string{"aria-describedby", "aria-labelledby", "popovertarget"}, a.Key):
				for id := range strings.FieldsSeq(a.Val) {
					if ids[id] == 0 {
						t.Errorf("<%s %s=%q> names nothing", n.Data, a.Key, a.Val)
					}
				}
			case (a.Key == "href" || a.Key == "action" || a.Key == "src") && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") &&
				!strings.HasPrefix(a.Val, "data:image/png;") && !strings.HasPrefix(a.Val, "otpauth:"):
				t.Errorf("<%s %s=%q> leads elsewhere", n.Data, a.Key, a.Val)
			}
		}
		class, _ := attr(n, "class")
		if slices.Contains(strings.Fields(class), "pri") {
			primary++
		}
		switch n.Data {
		case "html":
			if got, _ := attr(n, "lang"); got != language {
				t.Errorf("lang %q", got)
			}
		case "title":
			if textOf(n) == "" {
				t.Error("no title")
			}
			if n.Namespace == "" { // and not a drawing's
				titles++
			}
		case "h1":
			h1++
		case "style":
			t.Error("a style inside the page")
		case "script":
			if _, ok := attr(n, "src"); !ok || textOf(n) != "" {
				t.Error("a script inside the page")
			}
		case "form":
			if method, _ := attr(n, "method"); method != "post" && method != "get" {
				t.Errorf("a form by %q", method)
			}
		case "button":
			if label, _ := attr(n, "aria-label"); textOf(n) == "" && label == "" {
				t.Error("a button without a word")
			}
			if kind, _ := attr(n, "type"); kind == "" {
				t.Errorf("the button %q says not what it is for", textOf(n))
			}
		case "img":
			if alt, _ := attr(n, "alt"); alt == "" {
				t.Error("a picture without words")
			}
		case "input", "select":
			kind, _ := attr(n, "type")
			id, _ := attr(n, "id")
			aside, _ := attr(n, "aria-hidden")
			if kind != "hidden" && aside == "" && !labels[id] {
				t.Errorf("the field %q has no label", id)
			}
			if kind == "password" {
				if auto, _ := attr(n, "autocomplete"); auto != "current-password" && auto != "new-password" {
					t.Errorf("the field %q does not say which password", id)
				}
			}
		}
	}
	if h1 != 1 || titles != 1 {
		t.Errorf("%d headings, %d titles", h1, titles)
	}
	if primary > 1 {
		t.Errorf("%d buttons are the primary one", primary)
	}
}

// TestOwn: a link leads nobody elsewhere, however it is spelt.
func TestOwn(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"/", "/portal", "/profile?done=password", "/?organization=SUN", "/oauth/x?y=https://elsewhere.example", "/a%20b", "/a/"} {
		if own(next) != next {
			t.Errorf("%q is refused", next)
		}
	}
	for _, next := range []string{"", "portal", "//evil.example", "///evil.example", `/\evil.example`, `\/evil.example`, `/\/evil.example`, "https://evil.example", "HTTPS://evil.example",
		"javascript:alert(1)", "/%2F/evil.example", "/%2fevil.example", "/%5Cevil.example", "/%5c%5cevil.example", "/./evil", "/.//evil.example", "/x/..//evil.example", "/x/%2e%2e//evil.example", "/\tevil", "/\n/evil.example",
		"/%0a/evil.example", "/%09/evil.example", " /portal", "/portal#x", "/å", "http:/portal", "//", "/" + strings.Repeat("x", 2048)} {
		if got := own(next); got != "" {
			t.Errorf("%q leads to %q", next, got)
		}
	}
}

// FuzzOwn: what is taken is a path of this host to a browser too, which reads
// \ as / and passes over tabs and line ends.
func FuzzOwn(f *testing.F) {
	for _, seed := range []string{"/portal?x=y", "//evil.example", `/\evil.example`, "/%2Fevil"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := own(next)
		if got == "" {
			return
		}
		read := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(got)
		if got != next || !strings.HasPrefix(read, "/") || strings.HasPrefix(read, "//") {
			t.Errorf("%q leads to %q", next, got)
		}
	})
}

// TestGenerated: the Go files are those of the templates as they are now.
func TestGenerated(t *testing.T) {
	t.Parallel()
	sums, err := os.ReadFile("testdata/generated.sum")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(sums)) {
		fields := strings.Fields(line)
		text, err := os.ReadFile(fields[1])
		if got := sha256.Sum256(text); err != nil || hex.EncodeToString(got[:]) != fields[0] {
			t.Errorf("%s is another than when the pages were generated (%v): make generate", fields[1], err)
		}
		listed[fields[1]] = true
	}
	for _, pattern := range []string{"*.templ", "parts/*.templ"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			if !listed[name] || !listed[strings.TrimSuffix(name, ".templ")+"_templ.go"] {
				t.Errorf("%s has no Go file: make generate", name)
			}
		}
	}
}
