package ops

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// ViewHistory lists what was changed of a person, newest first, as far as the
// audit log shows it to the caller, and what they could take back of it.
type ViewHistory struct {
	Organization string
	User         string // of the organization, or from elsewhere
	Limit        int
}

// A History is the answer of [ViewHistory]. More says that there is older.
type History struct {
	Items []Past
	More  bool
}

// A Past is an entry, and whether the caller could take it back now. Where not,
// Undo names the code of [Undo] that says why, or what the policy says.
type Past struct {
	kontrollrum.Entry
	Action policy.Action // that undoing asks for, where it could be taken back
	Undo   Decision
}

func (o ViewHistory) asks() Ask {
	return Ask{Action: policy.AuditView, In: o.Organization, To: o.User, Person: true, Anyone: true}
}

func (o ViewHistory) run(ctx context.Context, t *turn) (out History, err error) {
	f := EntryFilter{Target: t.target.ID, Outcome: kontrollrum.Done, Actions: historic(), To: t.now.Add(time.Second), Limit: pageSize(o.Limit)}
	entries, more, err := t.tx.Entries(ctx, t.org.ID, f, t.sees)
	if err != nil {
		return out, err
	}
	out.More = more
	var now present
	for i := range entries {
		p, err := t.past(ctx, &entries[i], &now)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, p)
	}
	return out, nil
}

// past says of an entry whether the caller could take it back.
func (t *turn) past(ctx context.Context, e *kontrollrum.Entry, now *present) (p Past, err error) {
	p.Entry = *e
	back, err := t.reversal(ctx, e, now)
	var no *kontrollrum.Error
	switch {
	case err == nil:
		p.Action = back.action
		p.Undo, err = t.could(ctx, back)
	case errors.As(err, &no):
		p.Undo.Reason, err = no.Code, nil
	}
	return p, err
}

// historic are the actions that a person's history tells of: what changes them,
// not when they came and went.
func historic() (out []string) {
	for _, a := range policy.Actions() {
		quiet := []policy.Action{policy.SessionsBegin, policy.SessionsEnd, policy.RolesReachCustomers}
		if a.Changes() && !slices.Contains(quiet, a) {
			out = append(out, a.String())
		}
	}
	return out
}

// could judges a reversal before it is asked for. That a fresh sign-in would be
// asked for is no no.
func (t *turn) could(ctx context.Context, back *reversal) (Decision, error) {
	f := t.facts
	f.Stale, f.Target.Raises = false, back.raises
	if back.raises {
		f.Target.HoldsExclusive = false
	}
	if !back.keeps {
		if err := t.lastFullAdmin(ctx, back.action, t.target, &f); err != nil {
			return Decision{}, err
		}
	}
	p := policy.May(back.action, &f)
	return Decision{OK: p.OK, Reason: string(p.Why), Rule: p.Rule, Cell: p.Column.String()}, nil
}
