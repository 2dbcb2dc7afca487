package ops

import (
	"context"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// What a person's own tokens may be.
const (
	TokenLife    = 366 * 24 * time.Hour // at the most
	MaxOwnTokens = 20                   // live ones that somebody made for themselves
)

// ListOwnTokens lists the tokens that speak for the caller, newest first: those
// they made and those the operator did, and of both also what is over.
type ListOwnTokens struct {
	Making bool // asks whether they may make one now, too
}

func (o ListOwnTokens) asks() Ask {
	if o.Making {
		return Ask{Action: policy.TokensCreate, ReadOnly: true}
	}
	return Ask{Action: policy.TokensView}
}

func (o ListOwnTokens) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (ListOwnTokens) run(ctx context.Context, t *turn) ([]kontrollrum.Token, error) {
	return t.tx.Tokens(ctx, t.actor.ID)
}

// CreateOwnToken makes a token that speaks for the caller, who has signed in a
// moment ago: no token makes another. It ends within a year, with the password
// that they have now, and with their account. Conflict where they have too many.
type CreateOwnToken struct {
	Name    string // what it is for
	Expires time.Time
	// Secret is the token's text, made by [kontrollrum.NewToken]; only its hash is kept.
	Secret func(home kontrollrum.OrganizationID) kontrollrum.Secret `json:"-"`
}

func (CreateOwnToken) asks() Ask { return Ask{Action: policy.TokensCreate} }

func (o CreateOwnToken) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o CreateOwnToken) run(ctx context.Context, t *turn) (*CreatedToken, error) {
	name := strings.TrimSpace(o.Name)
	if name == "" {
		return nil, kontrollrum.Wrong("name", o.Name, "say what the token is for")
	}
	if err := plain("name", name, 60); err != nil {
		return nil, err
	}
	if err := checkEnds(&o.Expires, t.now); err != nil {
		return nil, err
	}
	if o.Expires.IsZero() || o.Expires.After(t.now.Add(TokenLife)) {
		return nil, kontrollrum.Wrong("ends", o.Expires.Format(time.RFC3339), "choose an end within a year")
	}
	there, err := t.tx.Tokens(ctx, t.actor.ID)
	if err != nil {
		return nil, err
	}
	live := 0
	for _, k := range there {
		if k.Name != "" && k.Live(t.now) {
			live++
		}
	}
	if live >= MaxOwnTokens {
		return nil, kontrollrum.Clash("too_many_tokens", "you have as many tokens as one may have; revoke one first")
	}
	made := &CreatedToken{Token: kontrollrum.Token{
		ID: kontrollrum.TokenID(t.hub.newID()), Organization: t.actor.Home, User: t.actor.ID, Email: t.actor.Email,
		Name: name, Created: t.now, Expires: o.Expires,
	}, Secret: o.Secret(t.actor.Home)}
	t.after = made.Token
	return made, t.tx.InsertToken(ctx, &made.Token, made.Secret.Hash())
}

// RevokeOwnToken ends a token that speaks for the caller, whoever made it, at
// once and on every node. NotFound where they have no such token, Conflict
// where it is revoked.
type RevokeOwnToken struct{ Token kontrollrum.TokenID }

func (RevokeOwnToken) asks() Ask { return Ask{Action: policy.TokensRevoke} }

func (o RevokeOwnToken) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o RevokeOwnToken) run(ctx context.Context, t *turn) (*kontrollrum.Token, error) {
	before, err := t.tx.Token(ctx, o.Token)
	if err != nil {
		return nil, err
	}
	if before.User != t.actor.ID {
		return nil, kontrollrum.Missing("token")
	}
	return t.revoke(ctx, before)
}
