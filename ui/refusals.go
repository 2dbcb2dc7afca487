package ui

import (
	"errors"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A reason says in somebody's language why they were refused, what or who would
// help, and the rule, where it was one. It names nobody: whoever is refused may
// not see who could help, only as what.
type reason struct{ why, help, rule string }

// reason puts a refusal into words: to enter an application, or to do anything else.
func (p *Page) reason(a policy.Action, e *kontrollrum.Error, organization string) reason {
	if !a.SignIn() {
		return p.whyNot(a, e.Code, e.Rule, e.Cell, organization)
	}
	role, help := columnOf(e.Cell).Role(), e.Code
	if role == policy.NoRole && help == "not_permitted" {
		help = "no_role" // there is none that another would help in place of
	}
	args := []any{"Organization", organization, "Role", p.Say("role." + orNone(roleName(role)))}
	out := reason{why: p.say(args, "refusal.cell."+cellKey(a, e), "refusal.why."+e.Code, "refusal.kind."+string(e.Kind)), help: p.say(args, "refusal.help."+help)}
	if e.Rule != "" {
		out.rule = p.say(args, "refusal.rule."+e.Rule)
	}
	return out
}

// cellKey names the cell of section 5 that refused, where it is one of those
// that have words of their own.
func cellKey(a policy.Action, e *kontrollrum.Error) string {
	key := applicationOf(a).name + "_"
	column := columnOf(e.Cell)
	switch {
	case e.Rule != "":
		return ""
	case column.Role() == policy.NoRole:
		return key + "none"
	}
	return key + column.Role().String() + "_" + relationOf(e.Cell)
}

// columnOf is the column of the matrix that an error names by its cell.
func columnOf(cell string) policy.Column {
	for _, c := range policy.Columns() {
		if c.String() == cell {
			return c
		}
	}
	return policy.Nobody
}

// relationOf is the relation in a cell's name: the letter behind the stroke.
func relationOf(cell string) string {
	_, letter, _ := strings.Cut(cell, "/")
	for _, r := range []policy.Relation{policy.Customer, policy.Partner, policy.Other} {
		if strings.EqualFold(letter, r.String()[:1]) {
			return r.String()
		}
	}
	return ""
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// say says the first of some keys that there are words for; empty where there
// are none.
func (p *Page) say(args []any, keys ...string) string {
	for _, key := range keys {
		if said := p.Say(key, args...); said != key {
			return said
		}
	}
	return ""
}

// fault says in words what is wrong with what somebody gave, by its code, else
// by its kind: the message of an error is English, and never shown.
func (p *Page) fault(err error) string {
	for _, e := range kontrollrum.All(err) {
		if said := p.say(nil, "fault."+e.Code, "fault.kind."+strings.ReplaceAll(string(e.Kind), " ", "_")); said != "" {
			return said
		}
	}
	return p.Say("error.text.500")
}

// mendable reports whether err is something that the person can act upon where
// they are: what they gave is wrong, or does not fit what is there.
func mendable(err error) bool {
	return errors.Is(err, kontrollrum.Invalid) || errors.Is(err, kontrollrum.Conflict) || errors.Is(err, kontrollrum.Busy)
}
