package policy_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/policy"
)

var update = flag.Bool("update", false, "write testdata/decisions.golden anew")

const goldenHead = `# Every decision where all conditions hold that do not look at the actor: sets of roles × relation × licence × user profile.
#
# Under each action (and object, where it matters) a line per set of roles; "oneself" holds none and does it to itself.
# On a line three relations, customer | partner | other; in each four licences: none, standard, premium, premium with supervisor.
# A single mark holds for all 27 user profiles. Where they differ there are 27, three by three: access to working hours,
# within it to holiday lists, within it to overrides; each none, view, edit.
`

// TestGolden keeps every decision in sight: a change to the grid or to a rule
// shows as marks that turn, to be read and agreed to.
func TestGolden(t *testing.T) {
	t.Parallel()
	const path = "testdata/decisions.golden"
	var b strings.Builder
	b.WriteString(goldenHead)
	for _, action := range policy.Actions() {
		writeDecisions(&b, action)
	}
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, want := strings.Split(b.String(), "\n"), strings.Split(readAll(t, path), "\n")
	block := ""
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if !strings.HasPrefix(g, " ") {
			block = g
		}
		if g != w {
			t.Fatalf("%s:%d, under %s\ngot  %s\nwant %s\n-update writes the file anew", path, i+1, block, g, w)
		}
	}
}

// writeDecisions writes the block of an action, once for each object only where objects differ.
func writeDecisions(b *strings.Builder, action policy.Action) {
	var blocks []string
	same := true
	for object := range policy.Override + 1 {
		blocks = append(blocks, decisions(action, object))
		same = same && blocks[object] == blocks[0]
	}
	if same {
		fmt.Fprintf(b, "\n%s\n%s", action, blocks[0])
		return
	}
	for i, name := range []string{"working-hour", "holiday-list", "override"} {
		fmt.Fprintf(b, "\n%s %s\n%s", action, name, blocks[i])
	}
}

func decisions(action policy.Action, object policy.Object) string {
	var b strings.Builder
	line := func(label string, held []policy.Role, self bool) {
		fmt.Fprintf(&b, "  %-8s", label)
		for _, relation := range relations {
			if relation != policy.Customer {
				b.WriteString(" |")
			}
			for _, l := range licenses {
				f := good()
				f.Held, f.Relation, f.License, f.Supervisor = held, relation, l.license, l.supervisor
				f.Object, f.Target.Self = object, self
				b.WriteString(" " + marks(action, &f))
			}
		}
		b.WriteByte('\n')
	}
	line("oneself", nil, true)
	for _, held := range roleSets() {
		label := ""
		for _, r := range held {
			label += policy.ColumnOf(r, policy.Customer).String()[:1]
		}
		if label == "" {
			label = "-"
		}
		line(label, held, false)
	}
	return b.String()
}

// marks returns a mark for every user profile, or one where they agree.
func marks(action policy.Action, f *policy.Facts) string {
	yes := 0
	var may []bool
	for _, f.Profile = range profiles {
		ok := policy.May(action, f).OK
		if may = append(may, ok); ok {
			yes++
		}
	}
	switch yes {
	case 0:
		return "✘"
	case len(may):
		return "✔"
	}
	var b strings.Builder
	for i, ok := range may {
		if i > 0 && i%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteString(map[bool]string{true: "✔", false: "✘"}[ok])
	}
	return "[" + b.String() + "]"
}
