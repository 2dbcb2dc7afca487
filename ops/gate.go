package ops

import (
	"context"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
)

// At the gate nobody is known. An op whose ask says Gate judges a proof of who
// asks: a password, a link from a mail, a code. Whom it has proven asks for
// what follows by [turn.as], through the same door as everyone, so that the
// policy decides and an entry is left. A proof that fails is a result and no
// error: what was tried is written down in the same transaction.

// How long sessions last. Time is the hub's, in UTC.
const (
	SessionIdle = 2 * time.Hour    // without a request
	SessionLife = 12 * time.Hour   // at the most
	StepUp      = 15 * time.Minute // since the proof, for what asks for a fresh one
	seenEvery   = 5 * time.Minute  // how exactly it is known when a session was last used
)

// as is a turn of the user whom a gate op has proven to be asking.
func (t *turn) as(u kontrollrum.UserID) *turn {
	c := Caller{user: u, TrackingID: t.caller.TrackingID, IP: t.caller.IP, UserAgent: t.caller.UserAgent}
	return &turn{hub: t.hub, tx: t.tx, caller: c, now: t.now, refused: t.refused}
}

// stale reports whether c signed in too long ago for what asks for a fresh
// proof. A token that no sign-in stands behind is as fresh as it ever was.
func (c *Caller) stale(now time.Time) bool {
	return c.found != nil && !c.found.Authenticated.IsZero() && now.Sub(c.found.Authenticated) > StepUp
}

// touch notes that a session was used. Where that fails, the next request does it.
func (h *Hub) touch(ctx context.Context, found *store.Bearer) {
	if found == nil || found.Session == "" || h.now().Sub(found.Seen) < seenEvery {
		return
	}
	ctx = context.WithoutCancel(ctx)
	_ = h.store.Write(ctx, func(tx *store.Tx) error {
		return tx.TouchSession(ctx, found.Session, found.User, found.Organization, h.now().UTC())
	})
}
