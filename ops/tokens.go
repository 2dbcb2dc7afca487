package ops

import (
	"context"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// CreateToken makes a bearer token that speaks for a user, or for a registered
// application, which may only ask for decisions.
type CreateToken struct {
	User        string // by id or address
	Application string // a name, with Organization; instead of User
	// Organization, by id or plate, is where an application's tokens belong.
	Organization string
	Expires      time.Time // zero: never
	// Secret is the token's text, made by [kontrollrum.NewToken]; only its hash is kept.
	Secret func(home kontrollrum.OrganizationID) kontrollrum.Secret `json:"-"`
}

// A CreatedToken is the answer of [CreateToken]: the only time its text is seen.
type CreatedToken struct {
	kontrollrum.Token
	Secret kontrollrum.Secret
}

func (o CreateToken) asks() Ask {
	return Ask{Action: policy.TokensEdit, In: o.Organization, To: o.User}
}

func (o CreateToken) run(ctx context.Context, t *turn) (*CreatedToken, error) {
	application := strings.TrimSpace(o.Application)
	if (application == "") == (o.User == "") {
		return nil, kontrollrum.Wrong("user", o.User, "name a user, or an application and its organization")
	}
	if err := plain("application", application, 128); err != nil {
		return nil, err
	}
	if err := checkEnds(&o.Expires, t.now); err != nil {
		return nil, err
	}
	made := &CreatedToken{Token: kontrollrum.Token{
		ID: kontrollrum.TokenID(t.hub.newID()), Organization: t.org.ID, Application: application,
		Created: t.now, Expires: o.Expires,
	}, Secret: o.Secret(t.org.ID)}
	if t.target != nil {
		made.User, made.Email = t.target.ID, t.target.Email
	}
	t.after = made.Token
	return made, t.tx.InsertToken(ctx, &made.Token, made.Secret.Hash())
}

// ListTokens lists the tokens of a user, or all, newest first.
type ListTokens struct{ User string } // by id or address; empty: all

func (o ListTokens) asks() Ask {
	return Ask{Action: policy.TokensEdit, To: o.User, Nowhere: o.User == "", ReadOnly: true}
}

func (o ListTokens) run(ctx context.Context, t *turn) ([]kontrollrum.Token, error) {
	if t.target != nil {
		return t.tx.Tokens(ctx, t.target.ID)
	}
	return t.tx.Tokens(ctx, "")
}

// RevokeToken ends a token at once, on every node. Conflict where it is revoked.
type RevokeToken struct{ Token kontrollrum.TokenID }

func (o RevokeToken) asks() Ask { return Ask{Action: policy.TokensEdit, Nowhere: true} }

func (o RevokeToken) run(ctx context.Context, t *turn) (*kontrollrum.Token, error) {
	before, err := t.tx.Token(ctx, o.Token)
	if err != nil {
		return nil, err
	}
	t.org.ID = before.Organization
	return t.revoke(ctx, before)
}

// revoke ends a token now and notes both states.
func (t *turn) revoke(ctx context.Context, before *kontrollrum.Token) (*kontrollrum.Token, error) {
	if !before.Revoked.IsZero() {
		return nil, kontrollrum.Clash("token_revoked", "the token is revoked already")
	}
	after := *before
	after.Revoked = t.now
	t.before, t.after = before, &after
	return &after, t.tx.RevokeToken(ctx, before.ID, t.now)
}
