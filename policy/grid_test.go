package policy_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/policy"
)

// table reads testdata/permissions.csv without its comment lines.
func table(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/permissions.csv")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			out.WriteString(line)
		}
	}
	return out.String()
}

// rows reads the table as action → heading → field.
func rows(t *testing.T) map[string]map[string]string {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(table(t))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, field := range record {
			row[records[0][i]] = field
		}
		out[row["action"]] = row
	}
	return out
}

func TestPrintIsTheTable(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := policy.Print(&got, policy.Article()); err != nil {
		t.Fatal(err)
	}
	want := strings.SplitAfter(table(t), "\n")
	for i, line := range strings.SplitAfter(got.String(), "\n") {
		if i >= len(want) {
			t.Errorf("line %d is one too many: %q", i+1, line)
		} else if line != want[i] {
			t.Errorf("line %d\ngot  %q\nwant %q", i+1, line, want[i])
		}
	}
	if got.String() != table(t) {
		t.Error("the printed matrix is not permissions.csv, byte for byte")
	}
}

// TestGridIsTheArticle goes through every cell, those that do not exist
// included: 42 actions × 5 roles × 3 relations, and oneself.
func TestGridIsTheArticle(t *testing.T) {
	t.Parallel()
	a := readArticle(t)
	for _, action := range policy.Article() {
		for i, r := range policy.Roles() {
			for _, relation := range relations {
				c := cell{"FSPRV"[i : i+1], letters[relation]}
				want, _ := a.of(c, action.String())
				if got := policy.Grid(action, policy.ColumnOf(r, relation)).String(); got != want.mode {
					t.Errorf("%s %s: grid says %q, the article %q", action, c, got, want.mode)
				}
			}
		}
		want, _ := a.of(oneself, action.String())
		if got := policy.Grid(action, policy.Own).String(); got != want.mode {
			t.Errorf("%s own: grid says %q, the article %q", action, got, want.mode)
		}
	}
}

// TestArticleAndTableAgree holds the two statements of the law against each
// other: conditions, sources, and that neither speaks of an action unknown to the other.
func TestArticleAndTableAgree(t *testing.T) {
	t.Parallel()
	a, table := readArticle(t), rows(t)
	for action := range a.under {
		if table[action] == nil {
			t.Errorf("article.txt speaks of %q, which permissions.csv does not", action)
		}
	}
	for action, row := range table {
		tags := strings.Fields(row["conditions"])
		slices.Sort(tags)
		if got := a.conditions(action); !slices.Equal(got, tags) {
			t.Errorf("%s: the article's conditions %v, permissions.csv %v", action, got, tags)
		}
		for _, source := range sources(row["source"]) {
			named := func(key string) bool { return strings.Contains(source, key) }
			if !slices.ContainsFunc(a.under[action], named) {
				t.Errorf("%s: permissions.csv names %q, but the article speaks of it under %q", action, source, a.under[action])
			}
		}
		for c := range a.says {
			if s, _ := a.of(c, action); c != oneself && row[c.String()] != s.mode {
				t.Errorf("%s %s: the article says %q, permissions.csv %q", action, c, s.mode, row[c.String()])
			}
		}
	}
	if got, want := len(a.says)-1, len(policy.Columns()); got != want {
		t.Errorf("the article has %d cells a line, the grid %d columns", got, want)
	}
	for _, key := range a.sections() {
		if key != "oneself" && !strings.Contains(readAll(t, "testdata/permissions.csv"), key) {
			t.Errorf("no line of permissions.csv names the section %q", key)
		}
	}
}

// sources splits a source of permissions.csv, such as "Table 1 and note".
func sources(s string) []string {
	return strings.Split(strings.Replace(s, " and note", "; note", 1), "; ")
}

func readAll(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestNames(t *testing.T) {
	t.Parallel()
	seen := map[string]policy.Action{}
	for i, action := range policy.Actions() {
		name := action.String()
		if other, twice := seen[name]; twice || name == "" {
			t.Errorf("actions %d and %d are both named %q", other, i, name)
		}
		seen[name] = action
		if back, ok := policy.ParseAction(name); !ok || back != action {
			t.Errorf("ParseAction(%q) = %d, %v", name, back, ok)
		}
		if action.Source() == "" {
			t.Errorf("%s names no source", name)
		}
		if got, want := action.Changes(), changes(name); got != want {
			t.Errorf("%s: Changes is %v, its verb says %v", name, got, want)
		}
		if got, want := action.SignIn(), strings.HasSuffix(name, ".sign_in"); got != want {
			t.Errorf("%s: SignIn is %v, its verb says %v", name, got, want)
		}
	}
	for _, r := range policy.Roles() {
		if back, ok := policy.ParseRole(r.String()); !ok || back != r {
			t.Errorf("ParseRole(%q) = %d, %v", r, back, ok)
		}
		exclusive := []policy.Role{policy.FullAdmin, policy.ServiceAdmin, policy.ReadOnlyAdmin} // §1
		if got := r.Exclusive(); got != slices.Contains(exclusive, r) {
			t.Errorf("%s: Exclusive is %v", r, got)
		}
	}
	for _, unknown := range []string{"", "users", "users.", "Users.Add", "users.add ", "full", "FULL_ADMIN"} {
		if _, ok := policy.ParseAction(unknown); ok {
			t.Errorf("ParseAction(%q) found an action", unknown)
		}
		if _, ok := policy.ParseRole(unknown); ok {
			t.Errorf("ParseRole(%q) found a role", unknown)
		}
	}
	if got, want := len(policy.Article()), len(rows(t)); got != want {
		t.Errorf("%d actions of the article, %d rows in permissions.csv", got, want)
	}
}

func TestExplainNamesEveryCondition(t *testing.T) {
	t.Parallel()
	table := rows(t)
	for _, action := range policy.Actions() {
		var b strings.Builder
		if err := policy.Explain(&b, action); err != nil {
			t.Fatal(err)
		}
		head, refused, _ := strings.Cut(b.String(), "refused unless\n")
		var tags []string
		for line := range strings.Lines(refused) {
			tags = append(tags, strings.Fields(line)[0])
		}
		for _, tag := range strings.Fields(table[action.String()]["conditions"]) {
			if !slices.Contains(tags, tag) {
				t.Errorf("%s: condition %s is not explained:\n%s", action, tag, b.String())
			}
		}
		if !strings.HasPrefix(head, action.String()+"\n") || !strings.Contains(head, action.Source()) {
			t.Errorf("%s: name or source is missing:\n%s", action, b.String())
		}
		cells := map[string]string{}
		for line := range strings.Lines(head) {
			if fields := strings.Fields(line); len(fields) == 2 {
				cells[fields[0]] = fields[1]
			}
		}
		for _, column := range append(policy.Columns(), policy.Own) {
			if want := policy.Grid(action, column).String(); cells[column.String()] != want {
				t.Errorf("%s: cell %s is explained as %q, want %q", action, column, cells[column.String()], want)
			}
		}
	}
}

// TestEveryConditionBinds compares the rules that bind each action, in the
// order in which they are asked, with permissions.md §3: what holds of every
// action first, then the conditions that are printed. c10 goes further than the
// print: who is removed or deactivated is lost to the administrators as well.
func TestEveryConditionBinds(t *testing.T) {
	t.Parallel()
	table := rows(t)
	binds := map[string]int{}
	for _, action := range policy.Actions() {
		name := action.String()
		var want []string
		if name != "agent_desktop.sign_in" { // where c9 says it
			want = append(want, "active")
		}
		if stops(name) {
			want = append(want, "suspended")
		}
		if handsOut(name) || takesBack(name) { // taking back is where an assignment's term is changed
			want = append(want, "self")
		}
		want = append(want, strings.Fields(table[name]["conditions"])...)
		if losesPerson(name) {
			want = append(want, "c10")
		}
		if stepsUp(name) {
			want = append(want, "fresh")
		}
		var got []string
		for _, rule := range policy.Rules(action) {
			got = append(got, rule.Tag)
			binds[rule.Tag]++
			if rule.Text == "" || !strings.Contains(rule.Cites, "§") {
				t.Errorf("rule %s states or cites nothing: %q, %q", rule.Tag, rule.Text, rule.Cites)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is bound by %v, want %v", action, got, want)
		}
	}
	for _, tag := range []string{"c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "c10", "s1"} {
		if binds[tag] == 0 {
			t.Errorf("condition %s binds no action", tag)
		}
	}
}
