package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kontrollrum/kontrollrum/policy"
)

type policyCommand struct {
	All     bool   `xor:"what" help:"Also the actions that the article does not speak of."`
	Explain string `xor:"what" placeholder:"ACTION" help:"One action alone: its line, its source and what it is refused by."`
}

// Run prints the matrix that is enforced, as CSV, or one action of it.
func (c *policyCommand) Run(h *house) error {
	switch {
	case c.All:
		return policy.Print(h.stdout, policy.Actions())
	case c.Explain == "":
		return policy.Print(h.stdout, policy.Article())
	}
	action, ok := policy.ParseAction(c.Explain)
	if !ok {
		return fmt.Errorf("no action is called %q; near it are %s", c.Explain, strings.Join(near(c.Explain), ", "))
	}
	return policy.Explain(h.stdout, action)
}

// near lists the three actions that are written most like text.
func near(text string) []string {
	all := policy.Actions()
	slices.SortStableFunc(all, func(a, b policy.Action) int {
		return cmp.Compare(distance(text, a.String()), distance(text, b.String()))
	})
	var out []string
	for _, a := range all[:3] {
		out = append(out, a.String())
	}
	return out
}

// distance is how many letters must change, come or go to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
