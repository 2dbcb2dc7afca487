package ui

import (
	"slices"
	"strings"

	"github.com/kontrollrum/kontrollrum/policy"
)

// A Matrix is the policy as people read it: a row per action, a column per role
// and relation, and the conditions by number.
type Matrix struct {
	Article    []Rows // what the article speaks of
	Beyond     []Rows // what it does not
	Conditions []Condition
	Always     []string // rules without number: they bind whoever it is
	Oneself    []policy.Action
}

// Rows are a group of a matrix.
type Rows struct {
	Name string
	Rows []Row
}

// A Row is what the policy says of an action.
type Row struct {
	Action policy.Action
	Cells  []Glyph // by the columns that exist, in their order
	Own    Glyph
}

// A Glyph is a cell as it is drawn.
type Glyph struct {
	Gives     bool
	Read      bool // it gives to see alone
	Condition int  // by its number; zero: none
}

// A Condition is what a numbered cell depends on: all of its tags, which are
// those of rules and the words of cells.
type Condition struct {
	Number int
	Adds   int      // number of another, whose tags it has too; zero: none
	Tags   []string // beside those of the other
	all    []string
}

// groups are the parts of the matrix, by the nouns of the actions in them. The
// last takes what the others do not.
var groups = []struct {
	name  string
	nouns []string
}{
	{"contact_center", []string{"contact_center", "management_portal", "agent_desktop", "business_hours", "holiday_lists", "overrides"}},
	{"users", []string{"users", "mail", "tasks"}},
	{"licenses", []string{"licenses"}},
	{"administrators", []string{"roles", "administrators", "external_administrators", "decisions"}},
	{"organizations", []string{"customers", "partnerships", "organizations"}},
	{"sign_in", []string{"control_hub", "sessions", "credentials", "identity_provider", "tokens", "own_tokens"}},
	{"account", []string{"account", "organization", "service_status", "audit"}},
	{"other", nil},
}

// groupOf is the name of the group that an action stands in.
func groupOf(a policy.Action) string {
	noun, _, _ := strings.Cut(a.String(), ".")
	for _, g := range groups {
		if slices.Contains(g.nouns, noun) {
			return g.name
		}
	}
	return groups[len(groups)-1].name
}

// matrix draws the policy.
func matrix() Matrix {
	var m Matrix
	article := len(policy.Article())
	for i, a := range policy.Actions() {
		row := Row{Action: a}
		for _, c := range policy.Columns() {
			row.Cells = append(row.Cells, m.glyph(a, c))
		}
		row.Own = m.glyph(a, policy.Own)
		switch {
		case i >= article && byOperator(a):
			m.Beyond = put(m.Beyond, "operator", row)
		case i >= article:
			m.Beyond = put(m.Beyond, groupOf(a), row)
		default:
			m.Article = put(m.Article, groupOf(a), row)
			if row.Own.Gives {
				m.Oneself = append(m.Oneself, a)
			}
		}
		for _, r := range policy.Rules(a) {
			if !numbered(r.Tag) && !slices.Contains(m.Always, r.Tag) {
				m.Always = append(m.Always, r.Tag)
			}
		}
	}
	return m
}

// put adds a row to its group, which begins where its first row stands; the
// operator's come last.
func put(all []Rows, name string, row Row) []Rows {
	for i := range all {
		if all[i].Name == name {
			all[i].Rows = append(all[i].Rows, row)
			return all
		}
	}
	all = append(all, Rows{name, []Row{row}})
	slices.SortStableFunc(all, func(a, b Rows) int {
		switch {
		case a.Name == b.Name || a.Name != "operator" && b.Name != "operator":
			return 0
		case a.Name == "operator":
			return 1
		}
		return -1
	})
	return all
}

// byOperator reports whether a is done from the command line alone.
func byOperator(a policy.Action) bool {
	return policy.Grid(a, policy.Operator) > policy.No && policy.Grid(a, policy.Own) <= policy.No &&
		!slices.ContainsFunc(policy.Columns(), func(c policy.Column) bool { return policy.Grid(a, c) > policy.No })
}

// glyph draws a cell, and numbers its condition where it is the first to have it.
func (m *Matrix) glyph(a policy.Action, c policy.Column) Glyph {
	cell := policy.Grid(a, c)
	g := Glyph{Gives: cell > policy.No, Read: cell == policy.Read}
	if tags := tagsOf(a, c); len(tags) > 0 {
		g.Condition = m.number(tags)
	}
	return g
}

// tagsOf are what a cell depends on: the numbered rules that may refuse there,
// and what the cell's own word says.
func tagsOf(a policy.Action, c policy.Column) (out []string) {
	for _, r := range policy.Against(a, c) {
		if numbered(r.Tag) {
			out = append(out, r.Tag)
		}
	}
	switch cell := policy.Grid(a, c); {
	case cell == policy.ServiceAdminsOnly:
		out = append(out, cell.String())
	case cell == policy.Limited && len(out) == 0 && c == policy.Own:
		out = append(out, "own")
	case cell == policy.Limited && len(out) == 0:
		out = append(out, cell.String())
	}
	return out
}

// numbered reports whether a rule is one of those that are numbered: c1 … c10, s1.
func numbered(tag string) bool { return tag[len(tag)-1] >= '0' && tag[len(tag)-1] <= '9' }

// number is that of a condition, in the order in which they appear. One that
// another is a part of says that it adds to it.
func (m *Matrix) number(tags []string) int {
	at := Condition{Number: len(m.Conditions) + 1, Tags: tags, all: tags}
	for _, c := range m.Conditions {
		if slices.Equal(c.all, tags) {
			return c.Number
		}
		if len(c.all) < len(tags) && len(c.all) > m.tags(at.Adds) && !slices.ContainsFunc(c.all, func(tag string) bool { return !slices.Contains(tags, tag) }) {
			at.Adds = c.Number
			at.Tags = slices.DeleteFunc(slices.Clone(tags), func(tag string) bool { return slices.Contains(c.all, tag) })
		}
	}
	m.Conditions = append(m.Conditions, at)
	return at.Number
}

// tags is how many a condition has.
func (m *Matrix) tags(number int) int {
	if number == 0 {
		return 0
	}
	return len(m.Conditions[number-1].all)
}

// condition is the number of what a cell depends on; zero for nothing.
func (m *Matrix) condition(a policy.Action, c policy.Column) int {
	tags := tagsOf(a, c)
	for _, one := range m.Conditions {
		if len(tags) > 0 && slices.Equal(one.all, tags) {
			return one.Number
		}
	}
	return 0
}
