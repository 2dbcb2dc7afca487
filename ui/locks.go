package ui

import (
	"unicode"
	"unicode/utf8"

	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// reasonFor says why d does not let somebody do a, beside the control that
// would: shortly, since it stands there, and naming nobody.
func (p *Page) reasonFor(a policy.Action, d ops.Decision, organization string) reason {
	return p.whyNot(a, d.Reason, d.Rule, d.Cell, organization)
}

// whyNot is the reason of a refusal of a: what a rule says, or else which roles
// the grid asks for, which are those of people who stand where the cell's do.
func (p *Page) whyNot(a policy.Action, code, rule, cell, organization string) reason {
	args := []any{"Organization", organization, "Role", p.Say("role." + orNone(roleName(columnOf(cell).Role())))}
	switch code {
	case string(policy.NoRoleHeld), string(policy.NotPermitted), string(policy.RoleNotApplicable):
		return p.needs(a, relationOf(cell), args)
	}
	out := reason{why: p.say(args, "refusal.why."+code, "refusal.kind.denied"), help: p.say(args, "refusal.help."+code)}
	if rule != "" {
		out.rule = p.say(args, "refusal.rule."+rule)
	}
	return out
}

// needs says which role a takes: one of somebody of relation rel where that is
// enough, else the customer's own, else a partner's.
func (p *Page) needs(a policy.Action, rel string, args []any) (out reason) {
	why, help := "lock.needs", "lock.help.role"
	roles := holders(a, policy.Customer)
	switch {
	case rel == policy.Partner.String() && len(holders(a, policy.Partner)) > 0:
		roles = holders(a, policy.Partner)
	case rel == policy.Other.String() && len(holders(a, policy.Other)) > 0:
		roles = holders(a, policy.Other)
	case len(roles) == 0 && len(holders(a, policy.Partner)) > 0:
		roles, why, help = holders(a, policy.Partner), "lock.needs_partner", "lock.help.partner"
	case len(roles) > 0 && rel != "" && rel != policy.Customer.String():
		why = "lock.needs_own"
	}
	switch {
	case len(roles) > 0:
	case policy.Grid(a, policy.Own) > policy.No:
		return reason{why: p.Say("lock.self"), help: p.Say("lock.help.self")}
	default:
		return reason{why: p.Say("lock.operator"), help: p.Say("lock.help.operator")}
	}
	if !a.Changes() { // nobody sees for another
		help = "lock.help.see"
	}
	out.why = p.Say(why, append(args, "Roles", p.listed("lock.list.or", "lock.role.", roles))...)
	out.help = p.Say(help, append(args, "Roles", upperFirst(p.listed("lock.list.and", "lock.roles.", roles)))...)
	return out
}

// holders are the roles that a cell gives a to, held by people of one relation.
func holders(a policy.Action, rel policy.Relation) (out []policy.Role) {
	for _, r := range policy.Roles() {
		if policy.Grid(a, policy.ColumnOf(r, rel)) > policy.No {
			out = append(out, r)
		}
	}
	return out
}

// listed says roles one after another, the last behind an "and" or an "or".
func (p *Page) listed(join, stem string, roles []policy.Role) string {
	out := ""
	for i, r := range roles {
		switch word := p.Say(stem + r.String()); {
		case i == 0:
			out = word
		case i < len(roles)-1:
			out += ", " + word
		default:
			out = p.Say(join, "First", out, "Last", word)
		}
	}
	return out
}

// upperFirst is s as it begins a sentence.
func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// lowerFirst is s as it stands inside a sentence.
func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}
