package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// refuse makes an error of the permit that t did not get for ask, and notes it
// for the log.
func (t *turn) refuse(ask Ask) error {
	no := denial(ask.Action, t.may)
	e := t.entry(ask)
	e.Outcome, e.Code, e.Rule, e.Cell = kontrollrum.Refused, no.Code, no.Rule, no.Cell
	if no.Rule == "c10" {
		e.Role = policy.FullAdmin.String() // which it tells of the target, whatever was asked
	}
	*t.refused = append(*t.refused, e)
	return no
}

// denial is the error of a permit that is none.
func denial(a policy.Action, p policy.Permit) *kontrollrum.Error {
	return &kontrollrum.Error{
		Kind: kontrollrum.Denied, Code: string(p.Why), Rule: p.Rule, Cell: p.Column.String(), Action: a.String(), Message: explain(a, p),
	}
}

// explain says in English why, and what would help.
func explain(a policy.Action, p policy.Permit) string {
	for _, r := range policy.Rules(a) {
		if r.Tag == p.Rule && p.Rule != "" {
			return fmt.Sprintf("%s is possible only where %s", a, r.Text)
		}
	}
	switch p.Why {
	case outOfScope:
		return fmt.Sprintf("%s is beyond the scopes that the access token was given for; ask for %s, or for %s where nothing is changed", a, ScopeAPI, ScopeRead)
	case policy.NoRoleHeld:
		return fmt.Sprintf("%s needs an administrator role in the organization; a full administrator there can assign one", a)
	case policy.RoleNotApplicable:
		return fmt.Sprintf("the role does not exist for where your organization stands to this one, so it gives no %s", a)
	}
	return fmt.Sprintf("the matrix says no for %s in column %s; ask an administrator whose column says yes", a, p.Column)
}

// entry is the row of the audit log for ask, as far as it is known before it runs.
func (t *turn) entry(ask Ask) kontrollrum.Entry {
	e := kontrollrum.Entry{
		ID: kontrollrum.EntryID(t.hub.newID()), Organization: t.org.ID, At: t.now, Action: ask.Action.String(), Outcome: kontrollrum.Done,
		Reason: legible(ask.Reason), Cell: t.may.Column.String(), ActorRole: t.may.Column.Role().String(),
		TrackingID: legible(t.caller.TrackingID), IP: legible(t.caller.IP), UserAgent: legible(t.caller.UserAgent),
	}
	if ask.Role != policy.NoRole {
		e.Role = ask.Role.String()
	}
	switch {
	case t.actor != nil:
		e.Actor, e.ActorName, e.ActorEmail, e.ActorOrganization = t.actor.ID, t.actor.Name, t.actor.Email, t.actor.Home
	default:
		e.ActorName = t.caller.name()
	}
	if t.target != nil {
		e.Target, e.TargetName, e.TargetEmail = t.target.ID, t.target.Name, t.target.Email
	}
	return e
}

// record writes the change down. What changes nothing leaves no entry: what is
// after as it was before is none.
func (t *turn) record(ctx context.Context, ask Ask) error {
	entries := t.also
	if ask.changes() {
		e := t.entry(ask)
		var err error
		if e.Before, err = encode(t.before); err != nil {
			return err
		}
		if e.After, err = encode(t.after); err != nil {
			return err
		}
		if len(e.Before) == 0 || !bytes.Equal(e.Before, e.After) {
			entries = append(entries, e)
		}
	}
	return insert(ctx, t.tx, entries)
}

func insert(ctx context.Context, tx *store.Tx, entries []kontrollrum.Entry) error {
	for i := range entries {
		if err := tx.InsertEntry(ctx, &entries[i]); err != nil {
			return fmt.Errorf("record: %w", err)
		}
	}
	return nil
}

func encode(v any) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	return json.Marshal(v)
}
