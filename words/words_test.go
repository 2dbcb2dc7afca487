package words_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/kontrollrum/kontrollrum/words"
)

// texts are the keys of one language and their texts, forms apart.
func texts(t *testing.T, tag string) map[string]string {
	t.Helper()
	names, err := filepath.Glob("*." + tag + ".toml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no texts in %s: %v", tag, err)
	}
	out := map[string]string{}
	for _, name := range names {
		var found map[string]any
		if _, err := toml.DecodeFile(name, &found); err != nil {
			t.Fatal(err)
		}
		for key, value := range found {
			if _, twice := out[key]; twice {
				t.Errorf("%s: %s stands in two files", name, key)
			}
			switch value := value.(type) {
			case string:
				out[key] = value
			case map[string]any: // forms
				for _, form := range []string{"one", "other"} {
					text, _ := value[form].(string)
					if text == "" {
						t.Errorf("%s: %s has no form %s", name, key, form)
					}
					out[key] += text + "\n"
				}
				if len(value) != 2 {
					t.Errorf("%s: %s has other forms than one and other; write keys in quotes", name, key)
				}
			}
		}
	}
	return out
}

var field = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

// TestBothLanguages: a key stands in both, says something, and speaks of the same.
func TestBothLanguages(t *testing.T) {
	t.Parallel()
	sv, en := texts(t, "sv"), texts(t, "en")
	fields := func(text string) []string {
		set := map[string]bool{}
		for _, m := range field.FindAllStringSubmatch(text, -1) {
			set[m[1]] = true
		}
		return slices.Sorted(maps.Keys(set))
	}
	for key, text := range sv {
		other, ok := en[key]
		switch {
		case !ok:
			t.Errorf("%s has no English", key)
		case strings.TrimSpace(text) == "" || strings.TrimSpace(other) == "":
			t.Errorf("%s says nothing", key)
		case !slices.Equal(fields(text), fields(other)):
			t.Errorf("%s speaks of %v in Swedish and of %v in English", key, fields(text), fields(other))
		}
	}
	for key := range en {
		if _, ok := sv[key]; !ok {
			t.Errorf("%s has no Swedish", key)
		}
	}
}

// TestEveryKeyIsUsed: a key stands as a text in the code, or begins with a
// stem that does: "refusal." + code.
func TestEveryKeyIsUsed(t *testing.T) {
	t.Parallel()
	var code strings.Builder
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".templ") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		code.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all := code.String()
	for key := range texts(t, "sv") {
		stem := key[:strings.LastIndexByte(key, '.')+1]
		if !strings.Contains(all, `"`+key+`"`) && (stem == "" || !strings.Contains(all, `"`+stem+`"`)) {
			t.Errorf("nobody says %s", key)
		}
	}
}

func TestSay(t *testing.T) {
	t.Parallel()
	book, err := words.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ header, want string }{
		{"", "sv"}, {"en-GB,en;q=0.9", "en"}, {"sv-SE", "sv"}, {"de, en;q=0.5", "en"}, {"fi", "sv"}, {"no such; header", "sv"},
		{strings.Repeat("en,", 200), "sv"},
	} {
		if got := book.Negotiate(tt.header).Language(); got != tt.want {
			t.Errorf("%.20q: %s, want %s", tt.header, got, tt.want)
		}
	}
	for _, tag := range words.Languages() {
		for key := range texts(t, tag) {
			if said := book.In(tag).Say(key, "Count", 2); said == key {
				t.Errorf("%s: %s is not said", tag, key)
			}
		}
	}
}
