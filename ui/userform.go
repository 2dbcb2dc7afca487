package ui

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// An Option is one of several that a person may have.
type Option struct {
	ID, Value, Word, Hint string
	After                 string // how many seats are left once it is chosen; empty: as before
	May                   policy.Action
	Lock                  *Lock
	Today, Chosen         bool
}

// locked reports whether it may not be chosen; what is so today may stay.
func (o Option) locked() bool { return o.Lock != nil && !o.Today }

// A Delta is one difference that a form would make.
type Delta struct{ Word, From, To string }

// A pending is what the form of a person's page would have them hold. It stands
// in the address, so that nothing of it is lost on the way.
type pending struct {
	agent  ops.AgentLicense
	role   policy.Role
	ends   string // a day, as a date field gives it
	reason string
	reach  kontrollrum.Reach
	others []kontrollrum.LicenseID
}

// agentValue is a contact-centre licence as a form gives it.
func agentValue(a ops.AgentLicense) string {
	switch {
	case a.Product == "":
		return "none"
	case a.Supervisor:
		return string(a.Product) + supervising
	}
	return string(a.Product)
}

func agentOf(value, supervisor string) (a ops.AgentLicense, ok bool) {
	product, with := strings.CutSuffix(value, supervising)
	a.Product = kontrollrum.Product(product)
	if value == "none" {
		return ops.AgentLicense{}, true
	}
	a.Supervisor = a.Product == kontrollrum.PremiumAgent && (with || supervisor != "")
	return a, a.Product.ContactCenter()
}

func roleValue(r policy.Role) string { return orNone(roleName(r)) }

func exclusiveOf(value string) (policy.Role, bool) {
	r, ok := policy.ParseRole(value)
	return r, value == "none" || ok && r.Exclusive()
}

// held is what a person holds now.
func (v *visit) held(u *kontrollrum.User) (p pending) {
	p.agent = ops.AgentLicenseOf(u)
	if a := ops.ExclusiveOf(u); a != nil {
		p.role, p.reason, p.reach, p.ends = a.Role, a.Reason, a.Reach, v.lastDate(a.Ends)
	}
	for _, h := range u.Holdings {
		if !h.Product.ContactCenter() {
			p.others = append(p.others, h.License)
		}
	}
	return p
}

// wanted is what a form asks for: where it says nothing, or what there is not,
// what is so now.
func wanted(q url.Values, now pending) pending {
	p := now
	p.others = slices.Clone(now.others)
	if a, ok := agentOf(q.Get("license"), q.Get("supervisor")); ok {
		p.agent = a
	}
	if r, ok := exclusiveOf(q.Get("role")); ok {
		if p.role = r; r != now.role {
			p.ends, p.reason, p.reach = "", "", ""
		}
		if q.Has("ends") && r != policy.NoRole {
			p.ends, p.reason = q.Get("ends"), strings.TrimSpace(q.Get("reason"))
		}
		if q.Get("reach") == string(kontrollrum.ReachCustomers) && r != policy.NoRole && r != now.role {
			p.reach = kontrollrum.ReachCustomers
		}
	}
	if q.Has("others") {
		p.others = nil
		for _, id := range q["other"] {
			p.others = append(p.others, kontrollrum.LicenseID(id))
		}
	}
	return p
}

// query says p as an address does.
func (p pending) query() string {
	q := url.Values{"license": {agentValue(p.agent)}, "role": {roleValue(p.role)}, "others": {"1"}}
	if p.role != policy.NoRole {
		q.Set("ends", p.ends)
		q.Set("reason", p.reason)
		if p.reach == kontrollrum.ReachCustomers {
			q.Set("reach", string(p.reach))
		}
	}
	for _, id := range p.others {
		q.Add("other", string(id))
	}
	return q.Encode()
}

func (p pending) sameRole(q pending) bool {
	return p.role == q.role && p.ends == q.ends && p.reason == q.reason
}

// change is the op that makes of was what p is. seen is what the form was made of:
// what is otherwise by now is refused, not overwritten.
func (v *visit) change(u *kontrollrum.User, seen, p pending) (ops.ChangePerson, error) {
	op := ops.ChangePerson{Organization: v.org(), User: string(u.ID)}
	now := v.held(u)
	if p.agent != seen.agent {
		op.Agent = &ops.AgentChange{From: seen.agent, To: p.agent}
	}
	if !p.sameRole(seen) {
		ends, err := v.lastInstant(p.ends)
		if err != nil {
			return op, err
		}
		if a := ops.ExclusiveOf(u); a != nil && p.role == a.Role && p.ends == now.ends {
			ends = a.Ends // to the microsecond
		}
		op.Role = &ops.RoleChange{From: seen.role, To: p.role, Reach: p.reach, Ends: ends, Reason: p.reason}
	}
	for _, id := range p.others {
		if !slices.Contains(seen.others, id) {
			op.Give = append(op.Give, id)
		}
	}
	for _, id := range seen.others {
		if !slices.Contains(p.others, id) {
			op.Take = append(op.Take, id)
		}
	}
	return op, nil
}

// lastDate is the last day on which what ends then still counts, as a date field
// takes it; empty for no end.
func (p *Page) lastDate(ends time.Time) string {
	if ends.IsZero() {
		return ""
	}
	return ends.Add(-time.Microsecond).In(p.now.Location()).Format(time.DateOnly)
}

// lastInstant is the end of a day of a date field; zero for none.
func (p *Page) lastInstant(date string) (time.Time, error) {
	if date == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, date, p.now.Location())
	if err != nil {
		return day, kontrollrum.Wrong("ends", date, "give a date, or none")
	}
	return day.AddDate(0, 0, 1), nil
}

// A room is what seats there are of a product: free, of how many; beyond what was bought there
// may be an overage, of which nothing is told.
type room struct {
	free, all int
	there     bool
}

func roomOf(licenses []kontrollrum.License, p kontrollrum.Product) (s room) {
	for _, l := range licenses {
		if l.Product == p && !l.Ended {
			s.there, s.all, s.free = true, s.all+l.Bought, s.free+max(l.Bought-l.Used, 0)
		}
	}
	return s
}

// agentOptions are the contact-centre licences, as the platform names them.
func (p *UserPage) agentOptions(licenses []kontrollrum.License, now, want ops.AgentLicense) {
	lock := p.lockOf(policy.LicensesContactCenterEdit, p.Judged[policy.LicensesContactCenterEdit])
	p.AgentLock = lock
	option := func(a ops.AgentLicense, key string) {
		s := roomOf(licenses, a.Product)
		o := Option{ID: "license-" + strings.ReplaceAll(strings.ReplaceAll(agentValue(a), "contact_center_", ""), "+", "-"), Value: agentValue(a), May: policy.LicensesContactCenterEdit, Lock: lock,
			Word: p.Say("user.license." + key), Today: a == now, Chosen: a == want}
		if !p.Platform1 && a.Product == kontrollrum.PremiumAgent {
			o.Today, o.Chosen = now.Product == a.Product, want.Product == a.Product
		}
		if a.Product != "" {
			o.Hint = p.Say("user.license.hint." + key)
		}
		if s.there {
			o.Hint += " " + p.Say("user.seats", "Free", p.number(s.free), "All", p.number(s.all))
			if now.Product != a.Product {
				o.After = p.Say("user.seats.after", "Free", p.number(max(s.free-1, 0)))
			}
		}
		if a.Product == "" || s.there || o.Today {
			p.Agent = append(p.Agent, o)
		}
	}
	option(ops.AgentLicense{}, "none")
	option(ops.AgentLicense{Product: kontrollrum.StandardAgent}, p.platformKey("standard"))
	option(ops.AgentLicense{Product: kontrollrum.PremiumAgent}, p.platformKey("premium"))
	if p.Platform1 {
		option(ops.AgentLicense{Product: kontrollrum.PremiumAgent, Supervisor: true}, "supervisor_1_0")
	} else {
		p.Supervisor = Option{ID: "supervisor", Value: "1", May: policy.LicensesContactCenterEdit, Lock: lock, Word: p.Say("user.license.supervisor"),
			Hint: p.Say("user.license.hint.supervisor"), Today: now.Supervisor, Chosen: want.Supervisor}
	}
}

// platformKey names a licence as the platform does.
func (p *UserPage) platformKey(name string) string {
	if p.Platform1 {
		return name + "_1_0"
	}
	return name
}

// otherOptions are the licences of other services, one line each.
func (p *UserPage) otherOptions(licenses []kontrollrum.License, now, want []kontrollrum.LicenseID) {
	lock := p.lockOf(policy.LicensesOtherEdit, p.Judged[policy.LicensesOtherEdit])
	p.OthersLock = lock
	for _, l := range licenses {
		o := Option{ID: "other-" + string(l.ID), Value: string(l.ID), May: policy.LicensesOtherEdit, Lock: lock, Word: p.Say("product." + string(l.Product)),
			Today: slices.Contains(now, l.ID), Chosen: slices.Contains(want, l.ID)}
		free := max(l.Bought-l.Used, 0)
		o.Hint = p.Say("user.seats", "Free", p.number(free), "All", p.number(l.Bought))
		if !l.Product.ContactCenter() && (!l.Ended || o.Today) {
			p.Others = append(p.Others, o)
		}
	}
}

// roleOptions are the exclusive roles and none: each open where the policy lets
// the visitor give it and take what is held.
func (p *UserPage) roleOptions(now, want policy.Role) {
	var taking *Lock
	if now != policy.NoRole {
		_, take, _ := policy.Handing(now, false)
		taking = p.lockOf(take, p.Judged[take])
	}
	for _, r := range []policy.Role{policy.NoRole, policy.ServiceAdmin, policy.ReadOnlyAdmin, policy.FullAdmin} {
		o := Option{ID: "role-" + strings.ReplaceAll(roleValue(r), "_", "-"), Value: roleValue(r), Word: p.Say("user.role." + roleValue(r)), Today: r == now, Chosen: r == want, Lock: taking}
		if r == policy.NoRole {
			_, o.May, _ = policy.Handing(now, false)
			if now == policy.NoRole {
				o.May = policy.RolesServiceAdminRevokeInternal
			}
		} else {
			o.Hint = p.Say("user.role.hint." + roleValue(r))
			o.May, _, _ = policy.Handing(r, false)
			// The role that stands in the way goes with the exchange.
			if d := p.Judged[o.May]; !d.OK && (now == policy.NoRole || d.Reason != "exclusive_role_held") {
				o.Lock = p.lockOf(o.May, d)
			}
		}
		p.Roles = append(p.Roles, o)
	}
}

// deltas are the differences between what is and what is wanted, in words.
func (p *UserPage) deltas(licenses []kontrollrum.License, now, want pending) (out []Delta) {
	if now.agent != want.agent {
		out = append(out, Delta{p.Say("user.delta.license"), p.agentWord(now.agent), p.agentWord(want.agent)})
	}
	if now.role != want.role {
		out = append(out, Delta{p.Say("user.delta.role"), p.Say("user.delta.role." + roleValue(now.role)), p.Say("user.delta.role." + roleValue(want.role))})
	}
	if now.ends != want.ends && want.role != policy.NoRole {
		out = append(out, Delta{p.Say("user.delta.ends"), p.day(now.ends), p.day(want.ends)})
	}
	if now.reason != want.reason && want.role != policy.NoRole {
		out = append(out, Delta{p.Say("user.delta.reason"), cmp.Or(now.reason, p.Say("user.delta.none")), cmp.Or(want.reason, p.Say("user.delta.none"))})
	}
	if want.reach == kontrollrum.ReachCustomers && now.role != want.role {
		out = append(out, Delta{p.Say("user.delta.reach"), p.Say("user.reach.own"), p.Say("user.reach.customers")})
	}
	for _, l := range licenses {
		switch had, has := slices.Contains(now.others, l.ID), slices.Contains(want.others, l.ID); {
		case had && !has:
			out = append(out, Delta{p.Say("product." + string(l.Product)), p.Say("user.delta.yes"), p.Say("user.delta.no")})
		case has && !had:
			out = append(out, Delta{p.Say("product." + string(l.Product)), p.Say("user.delta.no"), p.Say("user.delta.yes")})
		}
	}
	return out
}

func (p *UserPage) agentWord(a ops.AgentLicense) string {
	switch word := p.Say("product." + string(a.Product)); {
	case a.Product == "":
		return p.Say("user.delta.none")
	case a.Supervisor:
		return p.Say("product.supervisor", "Name", word)
	default:
		return word
	}
}

// day tells a date field's day; that there is none where it is empty.
func (p *Page) day(date string) string {
	day, err := time.ParseInLocation(time.DateOnly, date, p.now.Location())
	if err != nil {
		return p.Say("user.delta.none")
	}
	return p.Say("time.date", "Day", day.Day(), "Month", p.Say("time.month."+itoa(int(day.Month()))), "Year", day.Year())
}

// changeable reports whether the visitor may change anything in the form.
func (p *UserPage) changeable() bool {
	for _, o := range slices.Concat(p.Agent, p.Roles, p.Others) {
		if o.Lock == nil && (!o.Today || o.May == policy.LicensesOtherEdit) {
			return true
		}
	}
	return false
}
