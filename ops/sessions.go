package ops

import (
	"context"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// keepSessions is how long it is known of a session that is over.
const keepSessions = 30 * 24 * time.Hour

// ListSessions lists the live sessions of a user of the organization, or of the
// caller where it names nobody; the last used first.
type ListSessions struct {
	Organization string
	User         string // by id or address
}

// A ListedSession is a session in a list.
type ListedSession struct {
	kontrollrum.Session
	Current bool // the caller's own, this one
}

func (o ListSessions) asks() Ask {
	return Ask{Action: policy.SessionsView, In: o.Organization, To: o.User}
}

func (o ListSessions) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o ListSessions) run(ctx context.Context, t *turn) ([]ListedSession, error) {
	live, err := t.tx.Sessions(ctx, t.target.ID, t.now, SessionIdle)
	out := make([]ListedSession, len(live))
	for i, s := range live {
		out[i] = ListedSession{s, s.ID == t.session()}
	}
	return out, err
}

// session is the one that the caller asks by; empty where it is none.
func (t *turn) session() kontrollrum.SessionID {
	if t.caller.found == nil {
		return ""
	}
	return t.caller.found.Session
}

// EndSession ends a session of a user of the organization, or of the caller
// where it names nobody, at once and on every node. NotFound where they have no
// such session, or it is over.
type EndSession struct {
	Organization string
	User         string // by id or address
	Session      kontrollrum.SessionID
}

func (o EndSession) asks() Ask {
	return Ask{Action: policy.SessionsEnd, In: o.Organization, To: o.User}
}

func (o EndSession) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o EndSession) run(ctx context.Context, t *turn) (Nothing, error) {
	there, err := t.tx.EndSession(ctx, t.target.ID, o.Session, t.now)
	if err == nil && !there {
		err = kontrollrum.Missing("session")
	}
	t.before = map[string]any{"Session": o.Session}
	return Nothing{}, err
}

// EndOtherSessions ends every session of the caller but the one they ask by.
type EndOtherSessions struct{}

func (EndOtherSessions) asks() Ask { return Ask{Action: policy.SessionsEnd} }

func (o EndOtherSessions) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (EndOtherSessions) run(ctx context.Context, t *turn) (Nothing, error) {
	t.before = map[string]any{"Except": t.session()}
	return Nothing{}, t.tx.EndSessions(ctx, t.actor.ID, t.session(), t.now)
}

// SignOut ends the session of a secret, at whatever stage. One that is over or
// never was is nothing to end.
type SignOut struct{ Session kontrollrum.Secret }

func (SignOut) asks() Ask { return Ask{Action: policy.SessionsEnd, Gate: true} }

func (o SignOut) run(ctx context.Context, t *turn) (Nothing, error) {
	s, err := t.tx.Session(ctx, o.Session.Hash(), t.now, SessionIdle)
	if s == nil || err != nil {
		return Nothing{}, err
	}
	return take(ctx, t.as(s.User), EndSession{Session: s.ID})
}

// replace ends the session of a secret, where there is one, that s is in the place of.
func (t *turn) replace(ctx context.Context, secret kontrollrum.Secret, s *kontrollrum.Session) error {
	if secret.Empty() {
		return nil
	}
	old, err := t.tx.Session(ctx, secret.Hash(), t.now, SessionIdle)
	if old == nil || err != nil {
		return err
	}
	if old.User == s.User {
		return t.tx.RenewSession(ctx, s.User, old.ID, s.ID, t.now)
	}
	_, err = t.tx.EndSession(ctx, old.User, old.ID, t.now)
	return err
}
