package ui

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// roles shows who may do what, and answers a question about it. It is open to
// everybody in the hub: it shows the policy, and of people only what the answer
// to a question does.
func (f *face) roles(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "roles")
	if v == nil {
		return err
	}
	page := RolesPage{Inside: v.Inside, Matrix: matrix(), Yours: v.desk.Columns}
	if page.Question, err = f.question(c, r, v, &page.Matrix); err != nil {
		return err
	}
	if fragment(r) {
		return f.show(w, r, http.StatusOK, page.Answered())
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// rolesPeople suggests people for the question: of those whom the visitor sees
// in a list.
func (f *face) rolesPeople(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "roles")
	if v == nil {
		return err
	}
	q := r.URL.Query()
	people, err := f.people(c, r, v, cmp.Or(q.Get("who"), q.Get("whom")), 6)
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, Suggestions(people))
}

// A Person is somebody in a list that the visitor may see.
type Person struct{ ID, Name, Email string }

// people are those of the lists that the visitor may see whom a text finds.
func (f *face) people(c ops.Caller, r *http.Request, v *visit, q string, limit int) (out []Person, err error) {
	if q = short(q); q == "" {
		return nil, nil
	}
	filter := ops.Filter{Search: q, Limit: limit}
	if v.may(policy.UsersList) {
		found, err := do(r.Context(), f, c, ops.ListUsers{Organization: v.org(), Filter: filter})
		if err != nil {
			return nil, err
		}
		for _, u := range found.Items {
			out = append(out, Person{string(u.ID), u.DisplayName, string(u.Email)})
		}
	}
	if v.may(policy.ExternalAdministratorsView) {
		found, err := do(r.Context(), f, c, ops.ListExternalAdministrators{Organization: v.org(), Filter: filter})
		if err != nil {
			return nil, err
		}
		for _, e := range found.Items {
			if one := (Person{string(e.User.ID), e.User.DisplayName, string(e.User.Email)}); !slices.Contains(out, one) {
				out = append(out, one)
			}
		}
	}
	return out, nil
}

// column says a column of the matrix in words: whose role, and where they are from.
func (p *Page) column(c policy.Column) string {
	if c == policy.Own {
		return p.Say("matrix.own")
	}
	return p.Say("matrix.column", "Role", p.Say("role."+orNone(roleName(c.Role()))), "Relation", lowerFirst(p.relation(c)))
}

// relation says where those of a column are from.
func (p *Page) relation(c policy.Column) string {
	return p.Say("matrix.relation." + relationOf(c.String()))
}

// spans are the roles of the matrix's columns and how many each has.
func spans() (out []struct {
	Role policy.Role
	N    int
}) {
	for _, c := range policy.Columns() {
		if len(out) == 0 || out[len(out)-1].Role != c.Role() {
			out = append(out, struct {
				Role policy.Role
				N    int
			}{c.Role(), 0})
		}
		out[len(out)-1].N++
	}
	return out
}

// chips are the columns as they are chosen among where there is room for one:
// the visitor's own first.
func (p RolesPage) chips() (out []int) {
	for at, c := range policy.Columns() {
		if slices.Contains(p.Yours, c) {
			out = append(out, at)
		}
	}
	for at := range policy.Columns() {
		if !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return out
}

// mine reports whether the visitor stands in a column of the matrix.
func (p RolesPage) mine(at int) bool { return slices.Contains(p.Yours, policy.Columns()[at]) }

// has reports whether the visitor stands in a column of a role.
func (p RolesPage) has(r policy.Role) bool {
	return slices.ContainsFunc(p.Yours, func(c policy.Column) bool { return c.Role() == r })
}

// tag says what a condition asks for.
func (p RolesPage) tag(tag string) string {
	return p.say([]any{"Organization", p.Organization}, "matrix.tag."+tag, "refusal.rule."+tag)
}

// asking is the question with another value of one field.
func (p RolesPage) asking(field, value string) string {
	q := url.Values{"do": {p.Question.Do.String()}, "who": {p.Question.Who}, "whom": {p.Question.Whom}}
	q.Set(field, value)
	return p.In + "/roles?" + q.Encode() + "#ask"
}
