package ops_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A model is the world once more, in memory, as plainly as it can be said. It
// asks the policy, and loads its facts in its own way.
type model struct {
	now      time.Time
	people   map[string]*actor // by name
	licenses map[string]*seats
	places   map[string]*place   // by plate
	partners map[[2]string]bool  // partner and customer
	lasting  map[string]struct{} // plates that have had a full administrator who lasts
	done     int                 // entries of what was done
	refused  int
}

type actor struct {
	id     kontrollrum.UserID
	home   string
	email  string
	status kontrollrum.UserStatus
	roles  []*role
	seats  map[string]bool // licences held; true: with the Supervisor option
}

type role struct {
	role      policy.Role
	in        string
	ends      time.Time
	reach     bool
	customers []string // that it reaches; none: all
}

type seats struct {
	id      kontrollrum.LicenseID
	at      string
	product kontrollrum.Product
	bought  int
}

type place struct {
	id            kontrollrum.OrganizationID
	suspended, s1 bool
	overage       int
}

// newModel is the model of the world as newWorld makes it.
func newModel(w *world) *model {
	m := &model{now: w.clock.Now(), people: map[string]*actor{}, licenses: map[string]*seats{}, places: map[string]*place{},
		partners: map[[2]string]bool{}, lasting: map[string]struct{}{}}
	for _, plate := range []string{"SUN", "VIK", "SUS", "NOR", "EXT", "FAR"} {
		m.places[plate] = &place{id: w.organization(plate), suspended: plate == "SUS"}
		m.partners[[2]string{"NOR", plate}] = plate == "SUN" || plate == "VIK" || plate == "SUS"
	}
	for _, r := range residents {
		a := &actor{id: w.users[r.name], home: r.home, email: email(r.name), status: kontrollrum.Active, seats: map[string]bool{}}
		switch r.name {
		case "invited":
			a.status = kontrollrum.NotVerified
		case "asleep":
			a.status = kontrollrum.Inactive
		}
		if r.role != policy.NoRole {
			held := &role{role: r.role, in: r.home, reach: len(r.customers) > 0}
			if r.in != "" {
				held.in = r.in
			}
			if held.reach && r.customers[0] != "all" {
				held.customers = r.customers
			}
			a.roles = append(a.roles, held)
		}
		m.people[r.name] = a
	}
	m.people["leaver"].roles = append(m.people["leaver"].roles, &role{role: policy.ReadOnlyAdmin, in: "VIK"})
	for product, id := range w.licenses {
		l := &seats{id: id, at: "SUN", product: kontrollrum.Product(product), bought: 10}
		if product == "FAR" {
			l.at, l.product, l.bought = "FAR", kontrollrum.MeetingsHost, 3
		}
		m.licenses[product] = l
	}
	for _, h := range furniture {
		m.people[h.user].seats[string(h.product)] = h.supervisor
	}
	return m
}

// current lists the roles of a that have not ended.
func (m *model) current(a *actor) (out []*role) {
	for _, r := range a.roles {
		if r.ends.IsZero() || r.ends.After(m.now) {
			out = append(out, r)
		}
	}
	return out
}

// direct finds what a holds in the place itself: a role, or any exclusive one.
func (m *model) direct(a *actor, plate string, r policy.Role) *role {
	for _, h := range m.current(a) {
		if h.in == plate && (h.role == r || r == policy.NoRole && h.role.Exclusive()) {
			return h
		}
	}
	return nil
}

func (m *model) facts(by *actor, plate string, to *actor) policy.Facts {
	at := m.places[plate]
	f := policy.Facts{Active: by.status != kontrollrum.Inactive, Suspended: at.suspended, OwnAdministratorsOnly: at.s1,
		Platform1: plate == "SUN" || plate == "VIK", SetupComplete: true, Relation: policy.Other}
	switch {
	case by.home == plate:
		f.Relation = policy.Customer
	case m.partners[[2]string{by.home, plate}]:
		f.Relation = policy.Partner
	}
	for _, r := range m.current(by) {
		if r.in == plate || r.in == by.home && r.reach && f.Relation == policy.Partner && (r.customers == nil || slices.Contains(r.customers, plate)) {
			f.Held = append(f.Held, r.role)
		}
	}
	for name, supervisor := range by.seats {
		switch l := m.licenses[name]; {
		case l.at == plate && l.product == kontrollrum.StandardAgent:
			f.License = policy.Standard
		case l.at == plate && l.product == kontrollrum.PremiumAgent:
			f.License, f.Supervisor = policy.Premium, supervisor
		}
	}
	if to != nil {
		f.Target = policy.Target{Self: by == to, HomeHasContactCenter: to.home == "SUN" || to.home == "VIK",
			HomeIsPartner: m.partners[[2]string{to.home, plate}], HoldsExclusive: m.direct(to, plate, policy.NoRole) != nil}
		f.Target.LastFullAdmin = to.home == plate && to.status == kontrollrum.Active && m.direct(to, plate, policy.FullAdmin) != nil && m.lastingIn(plate, to) == 0
	}
	return f
}

// lastingIn counts the place's own, active full administrators without end, one aside.
func (m *model) lastingIn(plate string, except *actor) (n int) {
	for _, a := range m.people {
		if r := m.direct(a, plate, policy.FullAdmin); a != except && a.home == plate && a.status == kontrollrum.Active && r != nil && r.ends.IsZero() {
			n++
		}
	}
	return n
}

// judge says what the policy answers: nothing where it permits.
func (m *model) judge(by string, plate string, to *actor, a policy.Action, change ...func(*policy.Facts)) string {
	if by == "operator" {
		if p := policy.RolelessMay(a, policy.Operator); !p.OK {
			return string(p.Why)
		}
		return ""
	}
	f := m.facts(m.people[by], plate, to)
	if f.Relation != policy.Customer && len(f.Held) == 0 {
		return "not found: organization_not_found"
	}
	for _, c := range change {
		c(&f)
	}
	p := policy.May(a, &f)
	switch {
	case p.OK:
		return ""
	case p.Rule != "":
		return string(p.Why) + " " + p.Rule
	}
	return string(p.Why)
}

func (m *model) used(license string) (n int) {
	for _, a := range m.people {
		if _, held := a.seats[license]; held {
			n++
		}
	}
	return n
}

// rows is what the database must hold, in the words of modelQuery.
func (m *model) rows() map[string]int {
	out := map[string]int{fmt.Sprintf("entries %d %d", m.done, m.refused): 1}
	for plate, p := range m.places {
		out[fmt.Sprintf("place %s %d %d %d", p.id, number(p.suspended), number(p.s1), p.overage)]++
		for other, q := range m.places {
			if m.partners[[2]string{plate, other}] {
				out[fmt.Sprintf("partner %s %s", p.id, q.id)]++
			}
		}
	}
	for name, l := range m.licenses {
		out[fmt.Sprintf("seats %s %s %d %d", m.places[l.at].id, l.id, l.bought, m.used(name))]++
	}
	for _, a := range m.people {
		out[fmt.Sprintf("user %s %s %s %s", m.places[a.home].id, a.id, a.email, a.status)]++
		for _, r := range m.current(a) {
			ends := int64(0)
			if !r.ends.IsZero() {
				ends = r.ends.UnixMicro()
			}
			out[fmt.Sprintf("role %s %s %s %d", m.places[r.in].id, a.id, r.role, ends)]++
		}
		for name, supervisor := range a.seats {
			out[fmt.Sprintf("holds %s %s %d", a.id, m.licenses[name].id, number(supervisor))]++
		}
	}
	return out
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// modelQuery reads the database in the words of rows.
func (m *model) modelQuery() string {
	yes := func(condition string) string { return `case when ` + condition + ` then 1 else 0 end` }
	return fmt.Sprintf(`
		select 'entries ' || coalesce(sum(%s), 0) || ' ' || coalesce(sum(%s), 0) from entries union all
		select 'place ' || id || ' ' || %s || ' ' || %s || ' ' || overage from organizations union all
		select 'partner ' || partner || ' ' || customer from partnerships where ends is null or ends > %d union all
		select 'seats ' || organization || ' ' || id || ' ' || bought || ' ' || used from licenses union all
		select 'user ' || organization || ' ' || id || ' ' || email || ' ' || status from users union all
		select 'role ' || organization || ' ' || user_id || ' ' || role || ' ' || coalesce(ends, 0) from assignments where closed is null and (ends is null or ends > %d) union all
		select 'holds ' || user_id || ' ' || license || ' ' || %s from holdings`,
		yes(`outcome = 'done'`), yes(`outcome = 'refused'`), yes(`state = 'suspended'`), yes(`own_administrators_only`), m.now.UnixMicro(), m.now.UnixMicro(), yes(`supervisor`))
}

// wrong says which invariant the model itself breaks: the hub must never have
// let it come so far.
func (m *model) wrong() string {
	for name, a := range m.people {
		exclusive, agents := map[string]int{}, 0
		for _, r := range m.current(a) {
			if r.role.Exclusive() {
				exclusive[r.in]++
			}
			if exclusive[r.in] > 1 {
				return name + " holds two exclusive roles in " + r.in
			}
		}
		for l := range a.seats {
			agents += number(m.licenses[l].product.ContactCenter())
			if m.licenses[l].at != a.home {
				return name + " holds a licence of " + m.licenses[l].at
			}
		}
		if agents > 1 {
			return name + " holds two contact-centre licences"
		}
	}
	for name, l := range m.licenses {
		if n := m.used(name); n > l.bought+m.places[l.at].overage {
			return fmt.Sprintf("%d seats of %s are used", n, name)
		}
	}
	for plate := range m.places {
		if m.lastingIn(plate, nil) > 0 {
			m.lasting[plate] = struct{}{}
		} else if _, had := m.lasting[plate]; had {
			return plate + " has lost its last full administrator"
		}
	}
	return ""
}
