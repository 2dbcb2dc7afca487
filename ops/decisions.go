package ops

import (
	"context"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Evaluate answers "may X do Y, to Z?" for other applications (OpenID AuthZEN
// Authorization API 1.0). Whoever asks about others is a full administrator of
// the organization or a registered application.
type Evaluate struct {
	Organization string // by id or plate
	Subject      string // by id or address
	Action       string
	User         string // the person it is done to, by id or address; or empty
	Object       policy.Object
}

// A Decision is the answer: whether, and why.
type Decision struct {
	OK         bool
	Reason     string // code; empty where OK
	Rule       string
	Cell       string
	Mode       string // where the cell says more than yes or no
	Assignment kontrollrum.AssignmentID
}

func (o Evaluate) asks() Ask {
	return Ask{Action: policy.DecisionsEvaluate, In: o.Organization, To: o.Subject, Anyone: true}
}

func (o Evaluate) run(ctx context.Context, t *turn) (d Decision, err error) {
	action, ok := policy.ParseAction(o.Action)
	if !ok {
		return d, kontrollrum.Wrong("action", o.Action, "use an action of the matrix, such as users.add")
	}
	actor, target := t.target, t.target
	if o.User != "" || !action.SignIn() {
		target = nil
	}
	if o.User != "" {
		s, err := t.tx.Standing(ctx, placeOf(string(t.org.ID)), "", o.User, t.now)
		if err != nil {
			return d, err
		}
		if s.Target == nil {
			return d, kontrollrum.Missing("user")
		}
		target = s.Target
	}
	f := facts(&t.org, actor, target)
	f.Object = o.Object
	if err := t.lastFullAdmin(ctx, action, target, &f); err != nil {
		return d, err
	}
	p := policy.May(action, &f)
	d = Decision{OK: p.OK, Reason: string(p.Why), Rule: p.Rule, Cell: p.Column.String(), Mode: p.Cell.Mode()}
	if p.Held >= 0 {
		d.Assignment = actor.Held[p.Held].Assignment
	}
	return d, nil
}
