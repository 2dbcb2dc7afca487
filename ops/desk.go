package ops

import (
	"context"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// EnterHub lets the caller into the control hub, as [EnterApplication] does, and
// shows what every page there stands on: who they are, where, and what they may
// do. Denied with the reason where they may not come in.
type EnterHub struct{ Organization string } // by id or plate; empty: as in EnterApplication

// A Desk is the answer of [EnterHub].
type Desk struct {
	Entrance                  // into the control hub
	User     kontrollrum.User // the caller, with their roles at home
	Home     string           // name of their own organization
	HomeAt   string           // its plate
	Doors    []Entrance       // the three applications, here
	Columns  []policy.Column  // as which the caller acts here
	// Permits says of every action whether the caller may do it here at all. What
	// asks for a fresh proof counts as allowed: the caller can give one.
	Permits   map[policy.Action]Decision
	Customers int                // whom the organization acted in is partner of, as far as the caller sees them
	Running   []kontrollrum.Task // here, where the caller may see tasks
}

func (o EnterHub) asks() Ask { return Ask{Action: policy.ControlHubSignIn, In: o.Organization} }

func (o EnterHub) look(ctx context.Context, t *turn) (Ask, error) {
	return EnterApplication{policy.ControlHubSignIn, o.Organization}.look(ctx, t)
}

func (o EnterHub) run(ctx context.Context, t *turn) (*Desk, error) {
	entry, err := EnterApplication{Application: policy.ControlHubSignIn}.run(ctx, t)
	if err != nil {
		return nil, err
	}
	d := &Desk{Entrance: *entry, Home: entry.Organization.Name, HomeAt: entry.Organization.Plate, Permits: map[policy.Action]Decision{}}
	u, err := t.tx.User(ctx, t.actor.Home, t.actor.ID, policy.Sight{Users: true, Administrators: policy.SeesAll}, t.now)
	if err != nil {
		return nil, err
	}
	d.User = *u
	if t.actor.Home != t.org.ID {
		home, err := t.tx.Organization(ctx, placeOf(string(t.actor.Home)))
		if err != nil {
			return nil, err
		}
		d.Home, d.HomeAt = home.Name, home.Plate
	}
	for _, application := range []policy.Action{policy.ControlHubSignIn, policy.ManagementPortalSignIn, policy.AgentDesktopSignIn} {
		d.Doors = append(d.Doors, t.door(application, entry.Organization))
	}
	f := facts(&t.org, t.actor, nil)
	for _, a := range policy.Actions() {
		d.Permits[a] = decided(t.actor, policy.May(a, &f))
	}
	var only kontrollrum.UserID
	if t.actor.Home == t.org.ID { // one's own reach shows one's customers
		f.Target.Self = true
		customers := policy.May(policy.CustomersView, &f)
		d.Permits[policy.CustomersView] = decided(t.actor, customers)
		if customers.Cell == policy.Limited {
			only = t.actor.ID
		}
	}
	d.Columns = t.columns()
	if d.Permits[policy.TasksView].OK {
		if d.Running, err = t.running(ctx); err != nil {
			return nil, err
		}
	}
	if d.Permits[policy.CustomersView].OK {
		d.Customers, err = t.tx.CountCustomers(ctx, t.org.ID, only, t.now)
	}
	return d, err
}

// door is the entrance to an application where t stands.
func (t *turn) door(application policy.Action, org kontrollrum.Organization) Entrance {
	e := Entrance{Organization: org, Application: application}
	if may := t.entrance(application); may.OK {
		e.Mode, e.Role = mode(may.Cell), may.Column.Role()
	} else {
		e.Refusal = denial(application, may.Permit)
	}
	return e
}

// columns are those of the matrix that the actor stands in here.
func (t *turn) columns() (out []policy.Column) {
	relation := t.actor.Relation(t.org.ID)
	for _, h := range t.actor.Held {
		out = append(out, policy.ColumnOf(h.Role, relation))
	}
	if t.actor.Supervisor {
		out = append(out, policy.ColumnOf(policy.Supervisor, relation))
	}
	return out
}

// decided makes a decision of a permit.
func decided(who *store.Person, p policy.Permit) Decision {
	d := Decision{OK: p.OK, Reason: string(p.Why), Rule: p.Rule, Cell: p.Column.String()}
	if p.Held >= 0 {
		d.Assignment = who.Held[p.Held].Assignment
	}
	if p.OK {
		d.Mode = p.Cell.Mode()
	}
	return d
}

// Judge says what the caller may do to a person, of all that can be done to
// them here: a user of the organization or somebody from elsewhere. Somebody
// unknown is judged as anybody from elsewhere, so that it tells nobody who there
// is. A fresh proof is not asked for. It leaves no entry.
type Judge struct {
	Organization string // by id or plate; empty: the caller's home
	User         string // by id or address
}

func (o Judge) asks() Ask { return Ask{Action: policy.DecisionsEvaluate, In: o.Organization} }

// look lets everyone ask what they may do themselves.
func (o Judge) look(_ context.Context, t *turn) (Ask, error) {
	ask := o.asks()
	if t.actor == nil {
		return ask, kontrollrum.Missing("user") // the operator and applications judge nobody
	}
	t.target, ask.To, ask.Anyone = t.actor, string(t.actor.ID), true
	return ask, nil
}

func (o Judge) run(ctx context.Context, t *turn) (map[policy.Action]Decision, error) {
	if o.User == "" {
		return nil, kontrollrum.Wrong("user", "", "name a person by id or e-mail address")
	}
	if err := nameable("user", o.User); err != nil {
		return nil, err
	}
	s, err := t.tx.Standing(ctx, placeOf(string(t.org.ID)), string(t.actor.ID), strings.ToLower(o.User), t.now)
	if err != nil {
		return nil, err
	}
	if s.Target == nil {
		s.Target = &store.Person{}
	}
	out := map[policy.Action]Decision{}
	for _, a := range policy.Actions() {
		if !concerns(a, s.Target.Home != t.org.ID) {
			continue
		}
		f := facts(&t.org, s.Actor, s.Target)
		if err := t.lastFullAdmin(ctx, a, s.Target, &f); err != nil {
			return nil, err
		}
		out[a] = decided(s.Actor, policy.May(a, &f))
	}
	return out, nil
}
