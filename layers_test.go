package kontrollrum_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The picture: who may import whom. A room imports from the floors below it and
// from nowhere else of this module; what stands inside a room and has no line of
// its own here belongs to the room. The root package is called kontrollrum.
const picture = `
	7  cmd/kontrollrum
	6  api  ui  oidc
	5  web  mail  demo
	4  ops
	3  ops/internal/store
	2  kontrollrum  words
	1  policy  hours  bulk
`

// Some doors have a key: packages that only these rooms may import.
const keys = `
	database/sql             ops/internal/store
	github.com/jackc/pgx/v5  ops/internal/store
	modernc.org/sqlite       ops/internal/store
	github.com/pressly/goose ops/internal/store
	net/http                 cmd/kontrollrum  api  ui  oidc  web
	net/smtp                 mail
	github.com/wneessen      mail
	os/exec                  nobody
	testing                  nobody
`

// The lowest floor is pure: the standard library, less everything that looks
// outside of its arguments.
const impure = `context  database  log  math/rand  crypto/rand  net  os  plugin  runtime  sync  syscall  testing  unsafe`

const module = "github.com/kontrollrum/kontrollrum"

func TestLayers(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr(err))
	}
	imports := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		imports[fields[0]] = fields[1:]
	}
	if len(imports) == 0 {
		t.Fatal("go list lists no package")
	}
	for _, complaint := range trespasses(imports) {
		t.Error(complaint)
	}
}

// TestLayersCatch keeps the check itself honest: each line is an import that must not be.
func TestLayersCatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ importer, imported, complaint string }{
		{"attic", "", "no room"},
		{"policy", "hours", "same floor"},
		{"api", "ui", "same floor"},
		{"policy", "", "floor above"},
		{"ops", "web", "floor above"},
		{"ops/internal/store", "ops", "floor above"},
		{"ui/parts", "ops/internal/store", ""}, // the compiler refuses this one
		{"ui", "ui/parts", ""},
		{"ops", "ops/opstest", "only tests"},
		{"api", "internal/pgtest", "only tests"},
		{"ops/opstest", "demo", ""},
		{"api", "!database/sql", "only ops/internal/store"},
		{"ops", "!github.com/jackc/pgx/v5/stdlib", "only ops/internal/store"},
		{"ops", "!net/http", "only cmd/kontrollrum"},
		{"ui", "!net/http/httptest", ""},
		{"hours", "!golang.org/x/text/width", "standard library"},
		{"policy", "!context", "pure"},
		{"bulk", "!net/url", "pure"},
		{"bulk", "!encoding/csv", ""},
		{"cmd/kontrollrum", "ops", ""},
	} {
		imported, outside := strings.CutPrefix(c.imported, "!")
		if !outside {
			imported = strings.TrimSuffix(module+"/"+imported, "/")
		}
		got := trespasses(map[string][]string{module + "/" + c.importer: {imported}})
		if c.complaint == "" && got != nil || c.complaint != "" && !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, c.complaint) }) {
			t.Errorf("%s imports %s: want a complaint of %q, got %q", c.importer, c.imported, c.complaint, got)
		}
	}
}

// trespasses lists what the picture, the keys and the lowest floor forbid.
func trespasses(imports map[string][]string) (out []string) {
	floors := floors()
	for importer, imported := range imports {
		if onlyTests(importer) {
			continue
		}
		room, ok := roomOf(floors, importer)
		if !ok {
			out = append(out, fmt.Sprintf("%s stands in no room: give it a floor in the picture of layers_test.go, or better a place in a room that exists", importer))
			continue
		}
		for _, path := range imported {
			if why := forbidden(floors, room, path); why != "" {
				out = append(out, fmt.Sprintf("%s (floor %d) imports %s: %s", importer, floors[room], path, why))
			}
		}
	}
	slices.Sort(out)
	return out
}

// forbidden says why room may not import path, or nothing.
func forbidden(floors map[string]int, room, path string) string {
	other, ours := roomOf(floors, path)
	switch {
	case onlyTests(path):
		return "only tests may; declare what is needed in a room"
	case ours && other == room:
		return ""
	case ours && floors[other] == floors[room]:
		return "it stands on the same floor; move what both need a floor down"
	case ours && floors[other] > floors[room]:
		return fmt.Sprintf("it stands a floor above (%d); take a function or a small interface instead", floors[other])
	case ours:
		return ""
	}
	for line := range strings.Lines(strings.TrimSpace(keys)) {
		if f := strings.Fields(line); within(path, f[0]) && !slices.Contains(f[1:], room) {
			return fmt.Sprintf("only %s may", strings.Join(f[1:], ", "))
		}
	}
	if floors[room] > 1 {
		return ""
	}
	if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
		return "the lowest floor uses the standard library only"
	}
	for _, p := range strings.Fields(impure) {
		if within(path, p) {
			return "the lowest floor is pure; take the value as an argument"
		}
	}
	return ""
}

// floors reads the picture: the floor of each room.
func floors() map[string]int {
	out := map[string]int{}
	for line := range strings.Lines(strings.TrimSpace(picture)) {
		fields := strings.Fields(line)
		for _, room := range fields[1:] {
			out[room] = int(fields[0][0] - '0')
		}
	}
	return out
}

// roomOf finds the room that a package of this module stands in: the nearest
// folder above it, or itself, that the picture names.
func roomOf(floors map[string]int, path string) (string, bool) {
	if path == module {
		return "kontrollrum", true
	}
	path, ours := strings.CutPrefix(path, module+"/")
	for ours && path != "" {
		if _, ok := floors[path]; ok {
			return path, true
		}
		path = path[:max(strings.LastIndexByte(path, '/'), 0)]
	}
	return "", false
}

// onlyTests reports whether a package of this module is for tests: opstest, storetest, pgtest.
func onlyTests(path string) bool {
	return within(path, module) && strings.HasSuffix(path, "test")
}

func within(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

func stderr(err error) string {
	if exit, ok := err.(*exec.ExitError); ok {
		return string(exit.Stderr)
	}
	return ""
}
