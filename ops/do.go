package ops

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// An Op is one thing a caller may ask of the hub, as plain data. Its methods
// are unexported: every Op is declared in this package and runs only in Do.
type Op[R any] interface {
	asks() Ask
	run(context.Context, *turn) (R, error)
}

// A looker is an op that must look at the thing before it can say what it
// asks: which product a licence is of, which role somebody holds.
type looker interface {
	look(context.Context, *turn) (Ask, error)
}

// An Ask is what permission an op needs: to do Action in an organization and,
// where there is one, to a person.
type Ask struct {
	Action policy.Action
	// In names the organization by id or plate. Empty, it is the home of the
	// person it is done to, or else of the caller.
	In string
	// To names a person by id or e-mail address, in any case.
	To string
	// Person says that it is done to a person, so that To may not be empty.
	Person bool
	// Anyone says that the person may be of another organization.
	Anyone bool
	// Nowhere says that no organization is acted in: the operator's alone.
	Nowhere bool
	// Parts says that the op is made of others, each judged and recorded as if
	// asked for alone, so that it leaves no entry of its own.
	Parts bool

	// Gate says that nobody is known yet: the op judges a proof of who asks, and
	// what follows is asked by that user, through the door (see gate.go).
	Gate bool
	// Enrols says that it is part of setting up a second factor, so that a session
	// that waits for that alone may ask it too.
	Enrols bool
	// Proven says that the caller has just given a proof, whenever they signed in.
	Proven bool
	// Quiet says that no entry is left: what changes is the machine's own
	// bookkeeping.
	Quiet bool

	// Glance says that it reads by one statement, so that it needs no transaction.
	Glance bool
	// ReadOnly says that nothing changes though the action does: a question
	// that only those may ask who may do it.
	ReadOnly bool
	// Raises says that it gives the person more than they have.
	Raises bool
	// Keeps says that the person keeps what they have for good, so that c10 has
	// nothing to guard.
	Keeps bool

	Object policy.Object
	Role   policy.Role // concerned, for the audit log's readers
	Reason string      // the actor's own words
}

// changes reports whether a success is a change, and so recorded.
func (a Ask) changes() bool { return a.Action.Changes() && !a.ReadOnly && !a.Parts && !a.Quiet }

// writes reports whether it needs a transaction that may write.
func (a Ask) writes() bool { return a.changes() || a.Parts || a.Quiet }

// A turn is one op's run: what is known when it starts, and what it leaves behind.
type turn struct {
	hub    *Hub
	tx     *store.Tx
	caller Caller
	now    time.Time

	org    kontrollrum.Organization // acted in
	actor  *store.Person            // nil for the operator and applications
	target *store.Person            // nil where the ask names nobody
	may    policy.Permit
	sees   policy.Sight

	license *kontrollrum.License // that the op is about; nil where there is none

	before, after any                  // the thing changed, for the entry
	also          []kontrollrum.Entry  // further entries, of other organizations
	refused       *[]kontrollrum.Entry // of the whole request, of its parts too
	facts         policy.Facts
}

// Do runs op for the caller: permitted, run and recorded in one transaction,
// or none of the three. A refusal is written down in a transaction of its own.
//
// Errors are of a kind of [kontrollrum.Kind]: Unauthenticated where the caller
// is nobody, NotFound where they have no standing in the organization or may
// not see the thing, Denied with the reason where they may see but not do.
func Do[R any](ctx context.Context, h *Hub, c Caller, op Op[R]) (out R, err error) {
	ask := op.asks()
	transact := h.store.Read
	if ask.Glance {
		transact = h.store.Look
	}
	if ask.writes() {
		// Nobody takes the turn of those who change things before they are known.
		if h.store.OneWriter() && !ask.Gate {
			if err := h.known(ctx, c, ask); err != nil {
				return out, err
			}
		}
		transact = h.store.Write
	}
	var refused []kontrollrum.Entry
	var found *store.Bearer
	err = transact(ctx, func(tx *store.Tx) (err error) {
		refused = nil
		t := &turn{hub: h, tx: tx, caller: c, now: h.now().UTC().Truncate(time.Microsecond), refused: &refused}
		if out, err = take(ctx, t, op); err != nil {
			return err
		}
		found = t.caller.found
		if err = insert(ctx, tx, refused); err == nil && h.interrupt != nil {
			err = h.interrupt()
		}
		return err
	})
	if err == nil {
		h.touch(ctx, found)
		if ask.Gate && ask.writes() { // what is written before anybody is known must not grow for ever
			h.sweep(ctx)
		}
		return out, nil
	}
	if len(refused) > 0 {
		alone := context.WithoutCancel(ctx) // the caller may be gone; the log is not
		wrote := h.store.Write(alone, func(tx *store.Tx) error { return insert(alone, tx, refused) })
		if wrote != nil {
			// Whose kind counts: what could not be written down is no refusal.
			err = fmt.Errorf("record refusal of %v: %w", err, wrote)
		}
	}
	var nothing R
	return nothing, err
}

// take authorises op, runs it and writes it down, or does none of the three.
func take[R any](ctx context.Context, t *turn, op Op[R]) (out R, err error) {
	ask := op.asks()
	if ask.Gate {
		if out, err = op.run(ctx, t); err != nil {
			return out, fmt.Errorf("%s: %w", ask.Action, err)
		}
		return out, insert(ctx, t.tx, t.also)
	}
	if err := t.stand(ctx, ask); err != nil {
		return out, err // NotFound if the caller has no standing there
	}
	if l, ok := op.(looker); ok {
		if ask, err = l.look(ctx, t); err != nil {
			return out, err
		}
	}
	if err := t.permit(ctx, ask); err != nil {
		return out, err // Denied with the reason
	}
	if out, err = op.run(ctx, t); err != nil {
		return out, fmt.Errorf("%s: %w", ask.Action, err)
	}
	return out, t.record(ctx, ask)
}

// under takes op as a part of the op whose turn t is: judged and recorded as
// if asked for alone, committed or undone together.
func under[R any](ctx context.Context, t *turn, op Op[R]) (R, error) {
	return take(ctx, &turn{hub: t.hub, tx: t.tx, caller: t.caller, now: t.now, refused: t.refused}, op)
}

// stand finds out who asks and where they stand.
func (t *turn) stand(ctx context.Context, ask Ask) error {
	actor, err := t.caller.known(ctx, t, ask)
	if err != nil {
		return err
	}
	if ask.Nowhere {
		if !t.caller.operator {
			return kontrollrum.Missing("organization")
		}
		return nil
	}
	if ask.Person && ask.To == "" {
		return kontrollrum.Wrong("user", "", "name a person by id or e-mail address")
	}
	if ask.In == "" && ask.To == "" && t.caller.application() {
		ask.In = string(t.caller.found.Organization)
	}
	if err := errors.Join(nameable("organization", ask.In), nameable("user", ask.To)); err != nil {
		return err
	}
	s, err := t.tx.Standing(ctx, placeOf(ask.In), actor, strings.ToLower(ask.To), t.now)
	if err != nil {
		return err
	}
	t.org, t.actor, t.target = s.Organization, s.Actor, s.Target
	switch {
	case t.org.ID == "" && ask.To != "":
		return kontrollrum.Missing("user") // whose home was to be acted in
	case t.org.ID == "":
		return kontrollrum.Missing("organization")
	case t.caller.operator, t.caller.application() && t.caller.found.Organization == t.org.ID:
		return nil
	case t.actor == nil || t.actor.Relation(t.org.ID) != policy.Customer && len(t.actor.Held) == 0:
		if ask.In == "" && ask.To != "" {
			return kontrollrum.Missing("user")
		}
		return kontrollrum.Missing("organization")
	}
	if ask.Action.SignIn() && ask.To == "" {
		t.target = t.actor
	}
	return nil
}

// nameable refuses what is too long to be an id, a plate or an address, before
// anything is looked up by it or remembered of it.
func nameable(field, name string) error {
	if len(name) > 254 {
		return kontrollrum.Wrong(field, name[:32]+"…", "name it by an id, a plate or an address, of 254 bytes at most")
	}
	return nil
}

// permit decides, by the policy alone.
func (t *turn) permit(ctx context.Context, ask Ask) error {
	if t.caller.roleless() {
		t.may = policy.RolelessMay(ask.Action, t.caller.column())
		if !t.may.OK {
			return t.refuse(ask)
		}
		t.sees = policy.Sight{Users: true, Administrators: policy.SeesAll, External: policy.SeesAll, Audit: policy.SeesAll}
		return t.found(ask)
	}
	if !t.caller.inScope(ask) {
		t.may = policy.Permit{Why: outOfScope}
		return t.refuse(ask)
	}
	t.facts = facts(&t.org, t.actor, t.target)
	t.facts.Object, t.facts.Stale = ask.Object, t.caller.stale(t.now) && !ask.Proven
	t.facts.Target.Raises = ask.Raises
	if ask.Raises { // the role is held already, and only its term grows
		t.facts.Target.HoldsExclusive = false
	}
	if !ask.Keeps {
		if err := t.lastFullAdmin(ctx, ask.Action, t.target, &t.facts); err != nil {
			return err
		}
	}
	t.may = policy.May(ask.Action, &t.facts)
	if !t.may.OK {
		return t.refuse(ask)
	}
	t.sees = policy.Sees(&t.facts)
	return t.found(ask)
}

// found fails with NotFound where the ask names a person who is not there. Only
// who may do it learns that.
func (t *turn) found(ask Ask) error {
	if ask.To == "" || t.target != nil && (ask.Anyone || t.target.Home == t.org.ID) {
		return nil
	}
	return kontrollrum.Missing("user")
}

// lastFullAdmin loads the fact behind c10, for the actions that ask about it:
// only the organization's own, active full administrators without end date
// are sure to remain.
func (t *turn) lastFullAdmin(ctx context.Context, a policy.Action, target *store.Person, f *policy.Facts) error {
	if target == nil || !guarded(a) || target.Home != t.org.ID || target.Status != kontrollrum.Active || !target.Holds(policy.FullAdmin) {
		return nil
	}
	others, err := t.tx.OtherFullAdmins(ctx, t.org.ID, target.ID)
	f.Target.LastFullAdmin = others == 0
	return err
}

// guarded reports whether c10 may refuse a.
func guarded(a policy.Action) bool {
	for _, r := range policy.Rules(a) {
		if r.Tag == "c10" {
			return true
		}
	}
	return false
}

// facts turns where people stand into what the policy judges.
func facts(o *kontrollrum.Organization, actor, target *store.Person) policy.Facts {
	f := policy.Facts{
		Suspended:             o.State == kontrollrum.OrganizationSuspended,
		Platform1:             o.Platform == kontrollrum.Platform10,
		SetupComplete:         o.SetupDone,
		OwnAdministratorsOnly: o.OwnAdministratorsOnly,
	}
	if actor != nil {
		f.Relation = actor.Relation(o.ID)
		f.Active = actor.Status != kontrollrum.Inactive
		f.Pending = actor.Status == kontrollrum.NotVerified || actor.Status == kontrollrum.Verified
		f.License, f.Supervisor, f.Profile = actor.License, actor.Supervisor, actor.Profile
		f.Held = make([]policy.Role, len(actor.Held))
		for i, h := range actor.Held {
			f.Held[i] = h.Role
		}
	}
	if target != nil {
		f.Target = policy.Target{
			Self:                 actor != nil && actor.ID == target.ID,
			HomeHasContactCenter: target.HomeHasContactCenter,
			HomeIsPartner:        target.Partner,
			HoldsExclusive:       target.HoldsExclusive(),
		}
	}
	return f
}
