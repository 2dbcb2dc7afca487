package ui

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A Question is "may X do Y, to Z?", as it is asked in the address.
type Question struct {
	Who, Whom string
	Do        policy.Action
	Fixed     string  // why the visitor asks about themselves alone; empty: about anybody
	Answer    *Answer // nil: nothing was asked
}

// An Answer is yes or no and why; or neither, where it is not clear whom it is
// about.
type Answer struct {
	OK, Open  bool
	Why, Help string
	Condition int      // number of the one behind it; zero: none
	People    []Person // among whom to choose
	Field     string   // what the choice is for
}

// firstAsked stands in the question where nothing was asked yet.
const firstAsked = policy.RolesServiceAdminAssignExternal

// question takes a question from the address and answers it, by the decision
// that everything else is judged by.
func (f *face) question(c ops.Caller, r *http.Request, v *visit, m *Matrix) (Question, error) {
	q := r.URL.Query()
	out := Question{Who: short(q.Get("who")), Whom: short(q.Get("whom")), Do: firstAsked}
	action, asked := policy.ParseAction(q.Get("do"))
	if asked {
		out.Do = action
	}
	if !v.may(policy.DecisionsEvaluate) {
		out.Fixed = v.Say("ask.fixed", "Organization", v.Organization,
			"Roles", v.listed("lock.list.and", "lock.roles.", holders(policy.DecisionsEvaluate, policy.Customer)))
	}
	if out.Who == "" {
		out.Who = v.Email
	}
	if !asked {
		return out, nil
	}
	var err error
	out.Answer, err = f.answerTo(c, r, v, m, &out)
	return out, err
}

func (f *face) answerTo(c ops.Caller, r *http.Request, v *visit, m *Matrix, q *Question) (*Answer, error) {
	who, open, err := f.whoever(c, r, v, "who", q.Who)
	if open != nil || err != nil {
		return open, err
	}
	whom, open, err := f.whoever(c, r, v, "whom", q.Whom)
	if open != nil || err != nil {
		return open, err
	}
	ask := ops.Evaluate{Organization: v.org(), Subject: who.Email, Action: q.Do.String(), User: whom.Email}
	questions := []ops.Evaluate{ask}
	if whom.Email == "" && policy.Grid(q.Do, policy.Own) > policy.No && !q.Do.SignIn() {
		ask.User = who.Email
		questions = append(questions, ask)
	}
	decided, err := do(r.Context(), f, c, ops.EvaluateMany{Questions: questions})
	if errors.Is(err, kontrollrum.Denied) { // about somebody else
		no := kontrollrum.All(err)[0]
		said := v.whyNot(policy.DecisionsEvaluate, no.Code, no.Rule, no.Cell, v.Organization)
		return &Answer{Open: true, Why: v.Say("ask.others"), Help: said.why + " " + said.help}, nil
	}
	if err != nil {
		return nil, err
	}
	d := decided[0]
	about := asked{Inside: v.Inside, who: who, whom: whom, self: strings.EqualFold(who.Email, v.Email) || who.Email == string(v.user.ID)}
	out := &Answer{OK: d.OK, Condition: m.condition(q.Do, columnNamed(d.Cell))}
	if !d.OK {
		out.Why, out.Help = about.no(q.Do, d)
		if d.Rule == "" || !numbered(d.Rule) {
			out.Condition = 0
		}
		if len(decided) > 1 && decided[1].OK {
			out.Why += " " + v.Say("ask.own_yes")
		}
		return out, nil
	}
	stands, err := do(r.Context(), f, c, ops.ViewStanding{Organization: v.org(), User: who.Email})
	if err != nil {
		return nil, err
	}
	out.Why = about.yes(d, stands)
	return out, nil
}

// whoever is who a text means: by address or id, or by a name that the lists
// which the visitor may see have once. Where it is not clear, the answer asks.
func (f *face) whoever(c ops.Caller, r *http.Request, v *visit, field, text string) (who Person, open *Answer, err error) {
	switch {
	case text == "":
		return Person{}, nil, nil
	case strings.EqualFold(text, v.Email), strings.EqualFold(text, v.Name):
		return Person{Name: v.Name, Email: v.Email}, nil, nil
	}
	found, err := f.people(c, r, v, text, 8)
	if err != nil {
		return who, nil, err
	}
	var named []Person
	for _, p := range found {
		if strings.EqualFold(p.Email, text) || p.ID == text {
			return p, nil, nil
		}
		if strings.EqualFold(p.Name, text) {
			named = append(named, p)
		}
	}
	switch {
	case len(named) == 1:
		return named[0], nil, nil
	case strings.Contains(text, "@"), kontrollrum.IsID(text):
		return Person{Name: text, Email: text}, nil, nil
	case len(found) == 1:
		return found[0], nil, nil
	case len(found) == 0:
		return who, &Answer{Open: true, Why: v.Say("ask.nobody", "Text", text), Help: v.Say("ask.nobody.help")}, nil
	}
	return who, &Answer{Open: true, Why: v.Say("ask.several", "Text", text), People: found, Field: field}, nil
}

// asked is whom a question is about, to say the answer.
type asked struct {
	*Inside
	who, whom Person
	self      bool
}

// yes says what gives somebody what they may.
func (a asked) yes(d ops.Decision, stands []ops.Standing) (why string) {
	column := columnNamed(d.Cell)
	args := []any{"Role", lowerFirst(a.Say("role." + orNone(roleName(column.Role())))), "Organization", a.Organization}
	switch {
	case column == policy.Own:
		why = a.Say("ask.by.own")
	case column.Role() == policy.Supervisor:
		why = a.Say("ask.by.supervisor")
	default:
		why = a.Say("ask.by.role", args...)
	}
	for _, s := range stands {
		if s.Assignment == "" || s.Assignment != d.Assignment {
			continue
		}
		if s.Held != a.Organization {
			why = a.Say("ask.by.reach", append(args, "Held", s.Held)...)
		}
		if !s.Ends.IsZero() {
			why += " " + a.Say("ask.ends", "Time", a.when(s.Ends))
		}
	}
	switch d.Mode {
	case policy.Read.String(), policy.ServiceAdminsOnly.String(), policy.Limited.String():
		why += " " + a.Say("ask.mode."+d.Mode)
	}
	return why
}

// no says why not, to the one it is about or of somebody else, and what would help.
func (a asked) no(action policy.Action, d ops.Decision) (why, help string) {
	column := columnNamed(d.Cell)
	args := []any{"Organization", a.Organization, "Who", a.who.Name, "Whom", a.whom.Name,
		"Role", lowerFirst(a.Say("role." + orNone(roleName(column.Role())))), "Relation", ""}
	if column.Role() != policy.NoRole {
		args[len(args)-1] = lowerFirst(a.relation(column))
	}
	said := a.whyNot(action, d.Reason, d.Rule, d.Cell, a.Organization)
	stem := "ask.why."
	if a.self {
		stem = "ask.you."
	}
	why = a.say(args, stem+d.Reason, "ask.why."+d.Reason)
	switch d.Reason {
	case string(policy.NoRoleHeld), string(policy.NotPermitted), string(policy.RoleNotApplicable):
		return why + " " + said.why, ""
	}
	if why == "" {
		why = said.why
	}
	if a.self {
		help = said.help
	}
	return why, help
}

// columnNamed is the column that a decision names by its cell, own among them.
func columnNamed(cell string) policy.Column {
	if cell == policy.Own.String() {
		return policy.Own
	}
	return columnOf(cell)
}

// short is what somebody searches for, as far as anything is looked up by it.
func short(text string) string {
	const limit = 120
	text = strings.TrimSpace(strings.ToValidUTF8(text, ""))
	if utf8.RuneCountInString(text) > limit {
		text = string([]rune(text)[:limit])
	}
	return text
}
