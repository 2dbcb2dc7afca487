package kontrollrum_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A habit is something the code of this house never does. Rules are those of DESIGN.md.
type habit struct {
	name   string
	cites  string             // the rule of the house behind it
	remedy string             // what to do instead
	in     func(source) bool  // where it holds
	find   func(source) []hit // where it is broken
	bad    string             // a file that breaks it, so that the finder itself is tested
}

type hit struct {
	pos  token.Pos
	what string
}

// A source is one file, and what its package declares.
type source struct {
	path string // from the root
	test bool   // a test, or a package for tests
	fset *token.FileSet
	file *ast.File
	vars map[string]bool // package variables
}

var habits = []habit{
	{
		name: "no init", cites: "rule 5: nothing global", remedy: "call it from main, or compute a package variable once",
		in: code, find: findInit,
		bad: `func init() {}`,
	},
	{
		name: "package variables never change", cites: "rule 5: nothing global", remedy: "make it a field of what is passed along, or a constant table",
		in: code, find: findChangedVariables,
		bad: `var table = map[string]int{}
		func f() { table["a"] = 1 }`,
	},
	{
		name: "no package variable made to change", cites: "rule 5: nothing global", remedy: "make it a field",
		in: code, find: findMutableVariables,
		bad: `import "sync"
		var mu sync.Mutex`,
	},
	{
		name: "no clock", cites: "rule 5: time comes in as a function", remedy: "take now func() time.Time, or the instant",
		in: outside("cmd/kontrollrum"), find: findCalls("time", "Now", "Since", "Until"),
		bad: `import "time"
		var start = time.Now()`,
	},
	{
		name: "no chance", cites: "rule 5: ids come in as functions", remedy: "take newID func() string; secrets are made in secret.go",
		in: outside("cmd/kontrollrum",
			"secret.go",                   // tokens are made here
			"ops/internal/store/store.go", // a random pause before trying again, which no fact depends on
		), find: findImports("crypto/rand", "math/rand"),
		bad: `import "math/rand/v2"
		var n = rand.N(6)`,
	},
	{
		name: "no environment", cites: "the picture: floor 7 alone reads the environment", remedy: "take it as an argument; main has getenv",
		in: outside("cmd/kontrollrum"), find: findCalls("os", "Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv"),
		bad: `import "os"
		var home = os.Getenv("HOME")`,
	},
	{
		name: "nothing in the context", cites: "rule 5: no actor in context", remedy: "pass it as an argument",
		in: code, find: findCalls("context", "WithValue"),
		bad: `import "context"
		func f(ctx context.Context) { ctx = context.WithValue(ctx, "k", 1) }`,
	},
	{
		name: "no default logger, client or mux", cites: "rule 5: nothing global", remedy: "pass the logger, the client, the mux",
		in:   outside("cmd/kontrollrum/provider.go"), // where the OpenID library's log, the default one, is led to the hub's
		find: findDefaults,
		bad: `import "log/slog"
		func f() { slog.Info("hello") }`,
	},
	{
		name: "SQL that both engines read alike", cites: "rule 6: one SQL text, two engines", remedy: "fold and compare in Go, bind every value as $N, take the time as an argument",
		in: storeText, find: findEngineSQL,
		bad: "var q = `select id from users where name ilike $1`",
	},
	{
		name: "engines are told apart in few files", cites: "rule 6: one SQL text, two engines", remedy: "write it so that both engines take it, or move the difference to one of engineFiles",
		in: storeText, find: findEngineNames,
		bad: `func f(s *Store) bool { return s.engine == postgresEngine }`,
	},
	{
		name: "no long file", cites: "names, comments, habits: files after nouns", remedy: "split it by noun, or give its reason in longFiles",
		in: code, find: findLength,
		bad: strings.Repeat("\n", maxLines),
	},
	{
		name: "what is exported is explained", cites: "names, comments, habits", remedy: "say what happens for zero, absent, twice and at once",
		in: documented, find: findUndocumented,
		bad: `type Naked struct{}`,
	},
	{
		name: "plain names", cites: "names, comments, habits", remedy: "call it by what it is or does",
		in: everywhere, find: findNames,
		bad: `type UserManager struct{}`,
	},
	{
		name: "no assertion library, no mocks", cites: "tests", remedy: "write if got != want, and use the real thing",
		in: everywhere, find: findImports("github.com/stretchr/testify", "github.com/golang/mock", "go.uber.org/mock", "github.com/onsi", "gotest.tools"),
		bad: `import _ "github.com/stretchr/testify/assert"`,
	},
	{
		name: "in CI a skip is an error", cites: "tests", remedy: `skip only where os.Getenv("CI") is not "true", or let pgtest decide`,
		in: everywhere, find: findSkips,
		bad: `import "testing"
		func TestX(t *testing.T) { t.Skip("later") }`,
	},
}

// engineFiles may know which of the two engines they talk to.
var engineFiles = []string{"store.go", "migrate.go", "sqlite.go", "postgres.go", "batch.go"}

const maxLines = 400

// longFiles may be longer than maxLines, for these reasons.
var longFiles = map[string]string{}

// engineWords are read by one engine only, or otherwise by the other.
var engineWords = []struct{ pattern, why string }{
	{`\bilike\b`, "PostgreSQL only"},
	{`\bnow\s*\(|\bcurrent_timestamp\b|\bdatetime\s*\(|\bstrftime\s*\(|\bunixepoch\s*\(`, "time comes from Go"},
	{`\bfor\s+(update|share|no key)\b`, "PostgreSQL only"},
	{`\w::\w`, "a cast of PostgreSQL's"},
	{`\b(any|all)\s*\(\s*\$`, "arrays are PostgreSQL's"},
	{`(^|[\s(,=<>])\?([\s),]|$)`, "placeholders are $N"},
	{`->|@>|<@|\bjsonb?_|\bjsonb?\b`, "JSON operators differ"},
	{`\b(upper|lower)\s*\(`, "beyond ASCII they differ"},
	{`\b(serial|bigserial|autoincrement|identity)\b`, "ids come from Go"},
	{`\brandom\s*\(|\bgen_random_uuid\b`, "chance comes from Go"},
	{`\bglob\b|\bregexp\b|~\*|\bsimilar to\b`, "one engine only"},
	{`\bpragma\b|\browid\b|\bpg_\w+`, "one engine only"},
	{`\bdistinct on\b|\blateral\b|\bunnest\b|\bgenerate_series\b`, "PostgreSQL only"},
	{`\binsert or (replace|ignore)\b|\breplace into\b`, "SQLite only"},
}

func TestHabits(t *testing.T) {
	t.Parallel()
	sources := parse(t)
	for _, h := range habits {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range sources {
				if !h.in(s) {
					continue
				}
				for _, hit := range h.find(s) {
					at := s.fset.Position(hit.pos)
					t.Errorf("%s:%d: %s (%s). Instead: %s", s.path, at.Line, hit.what, h.cites, h.remedy)
				}
			}
		})
	}
}

// TestHabitsCatch keeps the finders themselves honest.
func TestHabitsCatch(t *testing.T) {
	t.Parallel()
	for _, h := range habits {
		if s := one(t, "package p\n"+h.bad); len(h.find(s)) == 0 {
			t.Errorf("%s: finds nothing in\n%s", h.name, h.bad)
		}
	}
	good := one(t, `package p
		import ("sync"; "context")
		var table = map[string]int{"a": 1}
		var lazy = sync.OnceValue(f)
		// A Rule is documented.
		type Rule struct{ n int }
		// Apply is, too. It asks whether: is it so?
		func (r *Rule) Apply(ctx context.Context) {
			table := map[string]int{}
			table["b"] = 2
			r.n++
			query("select id from users where name_key = $1 order by id")
		}
		func f() int { return table["a"] }`)
	for _, h := range habits {
		for _, hit := range h.find(good) {
			t.Errorf("%s: finds fault with what is right: %s", h.name, hit.what)
		}
	}
}

func TestPackagesSayWhatTheyDo(t *testing.T) {
	t.Parallel()
	says := map[string]bool{}
	for _, s := range parse(t) {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		dir := path.Dir(s.path)
		says[dir] = says[dir] || s.file.Doc != nil && regexp.MustCompile(`^(Package|Command) `).MatchString(s.file.Doc.Text())
	}
	for dir, ok := range says {
		if !ok {
			t.Errorf("%s: no file of the package says what it does. Begin one with // Package %s …", dir, path.Base(dir))
		}
	}
}

func TestLongFilesAreStillLong(t *testing.T) {
	t.Parallel()
	for name := range longFiles {
		text, err := os.ReadFile(name)
		if err != nil || strings.Count(string(text), "\n") <= maxLines {
			t.Errorf("longFiles lists %s, which is no longer long (%v): take it out", name, err)
		}
	}
}

// Where habits hold.

func everywhere(source) bool { return true }
func code(s source) bool     { return !s.test }

func outside(places ...string) func(source) bool {
	return func(s source) bool {
		return !s.test && !slices.ContainsFunc(places, func(p string) bool { return within(s.path, p) })
	}
}

func storeText(s source) bool {
	return !s.test && path.Dir(s.path) == "ops/internal/store" && !slices.Contains(engineFiles, path.Base(s.path))
}

func documented(s source) bool {
	return !s.test && slices.Contains([]string{".", "policy", "ops"}, path.Dir(s.path))
}

// Finders.

func findInit(s source) (out []hit) {
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			out = append(out, hit{f.Pos(), "func init"})
		}
	}
	return out
}

// findChangedVariables finds assignments to, and changes inside, variables of
// this package or of an imported one.
func findChangedVariables(s source) (out []hit) {
	change := func(e ast.Expr) {
		id := root(e)
		if id == nil || id.Name == "_" {
			return
		}
		_, plain := e.(*ast.Ident)
		imported := !plain && id.Obj == nil && importOf(s.file, id.Name) != ""
		if imported || s.global(id) {
			out = append(out, hit{e.Pos(), "changes the package variable " + id.Name})
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				if n.Tok != token.DEFINE {
					change(e)
				}
			}
		case *ast.IncDecStmt:
			change(n.X)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				change(n.Key)
				change(n.Value)
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 && slices.Contains([]string{"delete", "clear", "copy"}, f.Name) {
				change(n.Args[0])
			}
		}
		return true
	})
	return out
}

// findMutableVariables finds package variables of types that are of use only where they change.
func findMutableVariables(s source) (out []hit) {
	for _, spec := range valueSpecs(s.file) {
		for _, e := range append([]ast.Expr{spec.Type}, spec.Values...) {
			if lit, ok := e.(*ast.CompositeLit); ok {
				e = lit.Type
			}
			if index, ok := e.(*ast.IndexExpr); ok {
				e = index.X // atomic.Pointer[T]
			}
			sel, ok := e.(*ast.SelectorExpr)
			if !ok {
				if _, ok := e.(*ast.ChanType); ok {
					out = append(out, hit{spec.Pos(), "a channel as package variable"})
				}
				continue
			}
			if pkg := importOf(s.file, fmt.Sprint(sel.X)); pkg == "sync" || pkg == "sync/atomic" {
				out = append(out, hit{spec.Pos(), "a package variable of type " + pkg + "." + sel.Sel.Name})
			}
		}
	}
	return out
}

func findCalls(pkg string, names ...string) func(source) []hit {
	return func(s source) (out []hit) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains(names, sel.Sel.Name) {
				if id, ok := sel.X.(*ast.Ident); ok && id.Obj == nil && importOf(s.file, id.Name) == pkg {
					out = append(out, hit{sel.Pos(), pkg + "." + sel.Sel.Name})
				}
			}
			return true
		})
		return out
	}
}

func findImports(paths ...string) func(source) []hit {
	return func(s source) (out []hit) {
		for _, i := range s.file.Imports {
			p, _ := strconv.Unquote(i.Path.Value)
			if slices.ContainsFunc(paths, func(bad string) bool { return within(p, bad) }) {
				out = append(out, hit{i.Pos(), "imports " + p})
			}
		}
		return out
	}
}

func findDefaults(s source) (out []hit) {
	for pkg, names := range map[string][]string{
		"log/slog": {"Default", "SetDefault", "Debug", "Info", "Warn", "Error", "DebugContext", "InfoContext", "WarnContext", "ErrorContext", "Log", "LogAttrs", "With"},
		"log":      {"Print", "Printf", "Println", "Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln", "Default"},
		"net/http": {"DefaultClient", "DefaultServeMux", "DefaultTransport", "Handle", "HandleFunc", "Get", "Post", "PostForm", "Head"},
	} {
		out = append(out, findCalls(pkg, names...)(s)...)
	}
	return out
}

func findEngineSQL(s source) (out []hit) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			return true
		}
		for _, found := range engineSQL(text) {
			out = append(out, hit{lit.Pos(), found})
		}
		return true
	})
	return out
}

func engineSQL(text string) (out []string) {
	for _, w := range engineWords {
		if found := regexp.MustCompile(`(?im)` + w.pattern).FindString(text); found != "" {
			out = append(out, fmt.Sprintf("SQL with %q: %s", strings.TrimSpace(found), w.why))
		}
	}
	return out
}

// TestSchemaIsOneText holds the migrations to the same words.
func TestSchemaIsOneText(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("ops/internal/store/schema/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			line, _, _ = strings.Cut(line, "--")
			for _, found := range engineSQL(line) {
				t.Errorf("%s:%d: %s (rule 6: one SQL text, two engines). Instead: let Go do it", name, i+1, found)
			}
		}
	}
}

func findEngineNames(s source) (out []hit) {
	named := regexp.MustCompile(`(?i)postgres|sqlite|pgx`)
	ast.Inspect(s.file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && named.MatchString(id.Name) {
			out = append(out, hit{id.Pos(), "tells the engines apart by " + id.Name})
		}
		return true
	})
	return out
}

func findLength(s source) []hit {
	if lines := s.fset.File(s.file.FileStart).LineCount(); lines > maxLines && longFiles[s.path] == "" && !ast.IsGenerated(s.file) {
		return []hit{{s.file.FileStart, fmt.Sprintf("%d lines, more than %d", lines, maxLines)}}
	}
	return nil
}

// wellKnown methods say by their names what they do.
var wellKnown = []string{"String", "GoString", "Error", "Unwrap", "Is", "As", "MarshalText", "UnmarshalText", "MarshalJSON", "UnmarshalJSON",
	"LogValue", "Len", "Less", "Swap", "Close", "ServeHTTP"}

func findUndocumented(s source) (out []hit) {
	bare := func(name *ast.Ident, docs ...*ast.CommentGroup) {
		if name.IsExported() && !slices.ContainsFunc(docs, func(d *ast.CommentGroup) bool { return d.Text() != "" }) {
			out = append(out, hit{name.Pos(), name.Name + " has no comment"})
		}
	}
	for _, d := range s.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil || root(d.Recv.List[0].Type).IsExported() && !slices.Contains(wellKnown, d.Name.Name) {
				bare(d.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					bare(spec.Name, d.Doc, spec.Doc, spec.Comment)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						bare(name, d.Doc, spec.Doc, spec.Comment)
					}
				}
			}
		}
	}
	return out
}

func findNames(s source) (out []hit) {
	get := regexp.MustCompile(`^Get([A-Z]|$)`)
	suffix := regexp.MustCompile(`.(Manager|Service|Impl|Helper|Helpers|Util|Utils)$`)
	for _, d := range s.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			// The OpenID library's interfaces are full of methods called Get.
			if get.MatchString(d.Name.Name) && (d.Recv == nil || !within(s.path, "oidc")) {
				out = append(out, hit{d.Pos(), d.Name.Name + ": a name that begins with Get"})
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok && suffix.MatchString(spec.Name.Name) {
					out = append(out, hit{spec.Pos(), spec.Name.Name + ": a name that says nothing"})
				}
			}
		}
	}
	if slices.Contains([]string{"pkg", "util", "utils", "types", "common", "helpers", "models"}, s.file.Name.Name) {
		out = append(out, hit{s.file.Name.Pos(), "package " + s.file.Name.Name + ": a name that says nothing"})
	}
	return out
}

// findSkips finds skips in functions that do not ask whether this is CI.
func findSkips(s source) (out []hit) {
	for _, d := range s.file.Decls {
		var asks bool
		var skips []hit
		ast.Inspect(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				asks = asks || n.Value == `"CI"`
			case *ast.CallExpr:
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) {
					if on, ok := sel.X.(*ast.Ident); ok && slices.Contains([]string{"t", "tb", "b", "f"}, on.Name) {
						skips = append(skips, hit{n.Pos(), "a skip that CI would not see"})
					}
				}
			}
			return true
		})
		if !asks {
			out = append(out, skips...)
		}
	}
	return out
}

// Reading the sources.

// parse reads every Go file of the module.
func parse(t *testing.T) []source {
	t.Helper()
	var all []source
	vars := map[string]map[string]bool{}
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || base == "data" || base == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		dir := filepath.Dir(name)
		test := strings.HasSuffix(name, "_test.go") || strings.HasSuffix(dir, "test")
		s := source{path: filepath.ToSlash(name), test: test, fset: fset, file: file}
		if !test {
			if vars[dir] == nil {
				vars[dir] = map[string]bool{}
			}
			s.vars = vars[dir]
			s.declare()
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// one parses a file that exists only here.
func one(t *testing.T, text string) source {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	s := source{path: "p/p.go", fset: fset, file: file, vars: map[string]bool{}}
	s.declare()
	return s
}

func (s source) declare() {
	for _, spec := range valueSpecs(s.file) {
		for _, name := range spec.Names {
			s.vars[name.Name] = true
		}
	}
}

// global reports whether id is a package variable and not a local one of its name.
func (s source) global(id *ast.Ident) bool {
	if id.Obj == nil { // of another file of the package
		return s.vars[id.Name]
	}
	spec, ok := id.Obj.Decl.(*ast.ValueSpec)
	return ok && slices.Contains(valueSpecs(s.file), spec)
}

// valueSpecs lists the package variables of a file.
func valueSpecs(f *ast.File) (out []*ast.ValueSpec) {
	for _, d := range f.Decls {
		if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.VAR {
			for _, spec := range d.Specs {
				out = append(out, spec.(*ast.ValueSpec))
			}
		}
	}
	return out
}

// root finds the identifier that an expression begins with: x in (*x.y)[i].z.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// importOf returns the path of the import called name in a file, or nothing.
func importOf(f *ast.File, name string) string {
	for _, i := range f.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		called := path.Base(p)
		if regexp.MustCompile(`^v[0-9]+$`).MatchString(called) {
			called = path.Base(path.Dir(p))
		}
		if i.Name != nil {
			called = i.Name.Name
		}
		if called == name {
			return p
		}
	}
	return ""
}
