package ops

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// UndoFor is how long a change can be taken back.
const UndoFor = 30 * 24 * time.Hour

// maxUndone is the most changes of one request that are taken back together.
const maxUndone = 500

// Undo takes back the change of one entry of the audit log, or all changes of
// one request of the caller's own: each by the op that anyone would ask for
// instead, judged and recorded as if asked for alone, and all made or none. What
// of a request was taken back already stays so.
//
// NotFound where there is no such entry for the caller to see, or no such
// request of theirs. Conflict where it is too late (too_old), where what was
// changed is no more as the change left it (changed_since), or is again as it
// was (undone_already), where the role's term would be over (term_over), and
// for what cannot be taken back at all (not_undoable): docs/decisions/0020.
type Undo struct {
	Organization string
	Entry        kontrollrum.EntryID
	Request      string // its tracking id; where no entry is named
}

// Undone is the answer of [Undo].
type Undone struct {
	Changes int
	Name    string // of the person they were made to, where it is one
}

func (o Undo) asks() Ask {
	return Ask{Action: policy.AuditView, In: o.Organization, Parts: true}
}

// look lets everyone ask about what they did themselves.
func (o Undo) look(_ context.Context, t *turn) (Ask, error) {
	ask := o.asks()
	switch {
	case o.Entry != "":
	case t.actor == nil || o.Request == "":
		return ask, kontrollrum.Missing("request")
	default:
		t.target = t.actor
		ask.Action, ask.To, ask.Anyone = policy.UsersView, string(t.actor.ID), true
	}
	return ask, nil
}

func (o Undo) run(ctx context.Context, t *turn) (*Undone, error) {
	entries, err := o.entries(ctx, t)
	if err != nil {
		return nil, err
	}
	// What one op did it did at one instant: what was given is taken first, so
	// that there is room for what was taken.
	slices.SortStableFunc(entries, func(a, b kontrollrum.Entry) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(gave(&b), gave(&a)))
	})
	out := &Undone{}
	people := map[kontrollrum.UserID]string{}
	for i := range entries {
		e := &entries[i]
		if o.Entry == "" && companion(e) {
			continue
		}
		back, err := t.reversal(ctx, e, &present{})
		var no *kontrollrum.Error
		if o.Entry == "" && errors.As(err, &no) && no.Code == undoneAlready().Code {
			continue // and the rest is taken back
		}
		if err != nil {
			return nil, err
		}
		if err := back.do(ctx, t); err != nil {
			return nil, outdated(err)
		}
		out.Changes++
		people[e.Target] = e.TargetName
	}
	if out.Changes == 0 {
		return nil, undoneAlready()
	}
	for id, name := range people {
		if len(people) == 1 {
			out.Name, err = t.nameOf(ctx, id, name)
		}
	}
	return out, err
}

// nameOf is what a person is called now, or otherwise where they are of another
// organization.
func (t *turn) nameOf(ctx context.Context, id kontrollrum.UserID, otherwise string) (string, error) {
	u, err := t.tx.User(ctx, t.org.ID, id, t.sees, t.now)
	switch {
	case errors.Is(err, kontrollrum.NotFound):
		return otherwise, nil
	case err != nil:
		return "", err
	}
	return u.DisplayName, nil
}

// entries are those to take back, newest first.
func (o Undo) entries(ctx context.Context, t *turn) ([]kontrollrum.Entry, error) {
	if o.Entry != "" {
		found, _, err := t.tx.Entries(ctx, t.org.ID, EntryFilter{ID: o.Entry, To: t.now.Add(time.Second), Limit: 1}, t.sees)
		if err == nil && len(found) == 0 {
			err = kontrollrum.Missing("entry")
		}
		return found, err
	}
	// What they did themselves is no secret to them, whatever they may see else.
	sees := policy.Sight{Audit: policy.SeesAll}
	f := EntryFilter{Actor: t.actor.ID, Request: o.Request, Outcome: kontrollrum.Done, From: t.now.Add(-UndoFor), To: t.now.Add(time.Second), Limit: maxUndone}
	found, more, err := t.tx.Entries(ctx, t.org.ID, f, sees)
	switch {
	case err == nil && len(found) == 0:
		err = kontrollrum.Missing("request")
	case err == nil && more:
		err = notUndoable("the request made more changes than are taken back at once; take them back one by one")
	}
	return found, err
}

// outdated says of what is wrong with giving back what once was right that the
// world has changed since.
func outdated(err error) error {
	if errors.Is(err, kontrollrum.Invalid) {
		return errors.Join(changedSince(), err)
	}
	return err
}

func notUndoable(message string) *kontrollrum.Error {
	return kontrollrum.Clash("not_undoable", message)
}

func changedSince() *kontrollrum.Error {
	return kontrollrum.Clash("changed_since", "it was changed since; look at how it is now, and change that")
}

func termOver() *kontrollrum.Error {
	return kontrollrum.Clash("term_over", "the role would have ended by now; assign it anew, with another end")
}
