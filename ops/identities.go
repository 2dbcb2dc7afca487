package ops

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// An Identity is who signed in to a client, as what, and how.
type Identity struct {
	User kontrollrum.User
	Home kontrollrum.Organization
	Entrance
	Client        kontrollrum.Client
	EmailVerified bool // they have shown that they read its mail; that an administrator wrote it is no proof
	Session       kontrollrum.SessionID
	Methods       []string
	Authenticated time.Time
	Scopes        []string
}

// ViewIdentity says who signed in to the client that an access token was given
// to, as it is now. The answer is nil where the token is good for nothing.
type ViewIdentity struct{ Token kontrollrum.Secret }

func (ViewIdentity) asks() Ask { return Ask{Action: policy.SessionsView, Gate: true, ReadOnly: true} }

func (o ViewIdentity) run(ctx context.Context, t *turn) (*Identity, error) {
	a, err := t.tx.Access(ctx, o.Token.Hash(), t.now)
	if err != nil || a == nil {
		return nil, err
	}
	c, _, err := t.tx.Client(ctx, a.Client)
	if err != nil || c == nil {
		return nil, err
	}
	quiet := &turn{hub: t.hub, tx: t.tx, caller: t.caller, now: t.now, refused: new([]kontrollrum.Entry)} // nothing is written here
	who, no, err := quiet.enter(ctx, c, &a.Consent)
	if err != nil || no != nil {
		return nil, err
	}
	who.Session, who.Scopes = a.SID, a.Scopes
	return who, nil
}

// Introspect tells a client that keeps a secret what an access token is good
// for now (RFC 7662). One that is good for nothing is nil, whatever is wrong
// with it. NotFound where the client is not who it says.
type Introspect struct {
	ClientProof
	Token kontrollrum.Secret
}

// An Access is what an access token is good for.
type Access = store.Access

func (Introspect) asks() Ask {
	return Ask{Action: policy.SessionsView, Gate: true, ReadOnly: true, Glance: true}
}

func (o Introspect) run(ctx context.Context, t *turn) (*Access, error) {
	if err := nameable("client", string(o.Client)); err != nil {
		return nil, err
	}
	a, secret, err := t.tx.AccessFor(ctx, o.Client, o.Token.Hash(), t.now)
	if err != nil {
		return nil, err
	}
	if a != nil && secret != "" && o.Secret.Hashes(secret) {
		return a, nil
	}
	// Nothing is told of the token to who is not who they say.
	c, err := o.prove(ctx, t)
	if err != nil || c == nil || c.Public {
		return nil, cmp.Or[error](err, kontrollrum.Missing("client"))
	}
	return nil, nil
}

// RevokeGranted ends what a client no longer needs: with a refresh token the
// whole family, with an access token that one (RFC 7009). What is unknown,
// over, or was given to another client is nothing to end. NotFound where the
// client is not who it says.
type RevokeGranted struct {
	ClientProof
	Token kontrollrum.Secret
}

func (RevokeGranted) asks() Ask { return Ask{Action: policy.SessionsEnd, Gate: true} }

func (o RevokeGranted) run(ctx context.Context, t *turn) (Nothing, error) {
	c, err := o.prove(ctx, t)
	if err != nil || c == nil {
		return Nothing{}, cmp.Or[error](err, kontrollrum.Missing("client"))
	}
	hash := o.Token.Hash()
	if g, _, err := t.tx.GrantOfRefresh(ctx, hash); err != nil || g != nil {
		if err == nil && g.Client == c.ID {
			_, err = t.tx.EndGrant(ctx, g.ID, t.now)
		}
		return Nothing{}, err
	}
	a, err := t.tx.Access(ctx, hash, t.now)
	if err != nil || a == nil || a.Client != c.ID {
		return Nothing{}, err
	}
	return Nothing{}, t.tx.RevokeToken(ctx, a.Token, t.now)
}

// EndSessionKnownAs ends the session of a user that clients know by an id: what
// an ID token names, which its bearer sends to have it ended. One that is over
// is nothing to end.
type EndSessionKnownAs struct {
	User kontrollrum.UserID
	SID  kontrollrum.SessionID
}

func (EndSessionKnownAs) asks() Ask { return Ask{Action: policy.SessionsEnd, Gate: true} }

func (o EndSessionKnownAs) run(ctx context.Context, t *turn) (Nothing, error) {
	id, err := t.tx.SessionKnownAs(ctx, o.User, o.SID)
	if id == "" || err != nil {
		return Nothing{}, err
	}
	_, err = take(ctx, t.as(o.User), EndSession{Session: id})
	if errors.Is(err, kontrollrum.NotFound) {
		err = nil
	}
	return Nothing{}, err
}
