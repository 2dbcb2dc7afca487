package policy_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// A cell of the article's tables: a role, and where it is held. Both are
// letters of permissions.md §1; what is said of everyone has neither.
type cell struct{ role, relation string }

func (c cell) String() string {
	if c == oneself {
		return "own"
	}
	return c.role + "/" + c.relation
}

var oneself cell

// A saying is what a cell says of one action.
type saying struct {
	mode       string   // yes, no, or the word that says more
	conditions []string // tags of permissions.md §3, in the order said
}

// An article is testdata/article.txt, read.
type article struct {
	says  map[cell]map[string]saying // by cell and action; a cell without entry does not exist
	under map[string][]string        // by action: keys of the sections that speak of it
}

// The article's words for roles and organizations.
var (
	roleWords = map[string]string{
		"Fullständig administratör":              "F",
		"Tjänstadministratör för Contact Center": "S",
		"Reserveringsadministratör":              "P",
		"Skrivskyddad administratör":             "R",
		"Arbetsledare":                           "V",
		"Var och en":                             "",
	}
	organizationWords = map[string]string{
		"Kundorganisation":          "C",
		"Partnerorganisation":       "P",
		"Alla andra organisationer": "O",
		"Alla organisationer":       "",
	}
)

// readArticle parses testdata/article.txt, whose head explains its form. A line
// that it cannot place is an error: nothing the article says may be passed over.
func readArticle(t *testing.T) article {
	t.Helper()
	text, err := os.ReadFile("testdata/article.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := article{says: map[cell]map[string]saying{}, under: map[string][]string{}}
	var section, role string
	var cells []cell
	for n, line := range strings.Split(string(text), "\n") {
		mark, rest, _ := strings.Cut(line, " ")
		ok := true
		switch {
		case line == "" || mark == "#":
		case mark == "§":
			_, section, ok = strings.Cut(rest, " | ")
			role, cells = "", nil
		case mark == "*":
			role, ok = roleWords[rest]
			cells = nil
		case mark == "@":
			cells = nil
			for name := range strings.SplitSeq(rest, ", ") {
				relation, known := organizationWords[name]
				cells = append(cells, cell{role, relation})
				ok = ok && known
			}
		case line == "ej tillämpligt":
			for _, c := range cells {
				ok = ok && out.says[c] == nil
			}
		case mark == "+" || mark == "-":
			ok = len(cells) > 0 && section != "" && out.say(section, cells, mark == "+", rest)
		default:
			ok = false
		}
		if !ok {
			t.Fatalf("article.txt:%d: cannot place %q", n+1, line)
		}
	}
	if len(out.says) == 0 {
		t.Fatal("article.txt says nothing")
	}
	return out
}

// say notes one line of the article for each of cells. It reports false where
// the line is malformed or contradicts another.
func (a article) say(section string, cells []cell, may bool, line string) bool {
	_, line, ok := strings.Cut(line, " : ")
	if !ok {
		return false
	}
	line, tags, _ := strings.Cut(strings.TrimSuffix(line, "]"), " [")
	for word := range strings.FieldsSeq(line) {
		action, mode, said := strings.Cut(word, "=")
		switch {
		case !may && (said || tags != ""):
			return false
		case !may:
			mode = "no"
		case !said:
			mode = "yes"
		}
		for _, c := range cells {
			if a.says[c] == nil {
				a.says[c] = map[string]saying{}
			}
			s, again := a.says[c][action]
			if again && s.mode != mode {
				return false
			}
			s.mode = mode
			for tag := range strings.FieldsSeq(tags) {
				if !slices.Contains(s.conditions, tag) {
					s.conditions = append(s.conditions, tag)
				}
			}
			a.says[c][action] = s
		}
		a.under[action] = append(a.under[action], section)
	}
	return true
}

// of returns what c says of action. It reports false where the cell does not
// exist; what an existing cell does not speak of is denied.
func (a article) of(c cell, action string) (saying, bool) {
	said, exists := a.says[c]
	if !exists {
		return saying{}, false
	}
	if s, ok := said[action]; ok {
		return s, true
	}
	return saying{mode: "no"}, true
}

// conditions returns every tag that some cell prints for action, in order.
func (a article) conditions(action string) []string {
	tags := map[string]bool{}
	for _, said := range a.says {
		for _, tag := range said[action].conditions {
			tags[tag] = true
		}
	}
	return slices.Sorted(maps.Keys(tags))
}

// sections returns the keys of the sections of the article.
func (a article) sections() []string {
	keys := map[string]bool{}
	for _, under := range a.under {
		for _, key := range under {
			keys[key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}
