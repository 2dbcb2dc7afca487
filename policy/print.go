package policy

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// Print writes the enforced matrix in the layout of permissions.csv: one row
// per action, one column per role and relation that exists.
func Print(w io.Writer, actions []Action) error {
	out := csv.NewWriter(w)
	header := []string{"action"}
	for _, c := range Columns() {
		header = append(header, c.String())
	}
	if err := out.Write(append(header, "conditions", "source")); err != nil {
		return err
	}
	for _, a := range actions {
		row := []string{a.String()}
		for _, c := range Columns() {
			row = append(row, grid[a][c].String())
		}
		if err := out.Write(append(row, strings.Join(a.Conditions(), " "), a.Source())); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Explain writes an action's line, its source and the rules that bind it.
func Explain(w io.Writer, a Action) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nsource: %s\n\n", a, a.Source())
	for _, c := range append(Columns(), Own, Operator, Application) {
		fmt.Fprintf(&b, "  %-9s %s\n", c, grid[a][c])
	}
	fmt.Fprintln(&b, "\nrefused unless")
	for _, r := range Rules(a) {
		fmt.Fprintf(&b, "  %-9s %s (%s)\n", r.Tag, r.Text, r.Cites)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
