package ops

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// An Issued is what a client gets, or in Error why not, in the words of RFC
// 6749 §5.2: a proof that fails is no error.
type Issued struct {
	Error       string
	Description string // in English, for the client's developer; names no secret

	Access  kontrollrum.Secret
	Ends    time.Time // of the access token
	Refresh kontrollrum.Secret
	// RefreshEnds is when the refresh token ends unless it is used; zero where there is none.
	RefreshEnds time.Time
	Scopes      []string
	Nonce       string
	Identity    *Identity
}

// What clients are told, in the words of RFC 6749 §5.2 and RFC 8628 §3.5.
const (
	InvalidClient      = "invalid_client"
	InvalidGrant       = "invalid_grant"
	InvalidScope       = "invalid_scope"
	UnauthorizedClient = "unauthorized_client"
	Pending            = "authorization_pending"
	SlowDown           = "slow_down"
	AccessDenied       = "access_denied"
	ExpiredToken       = "expired_token"
)

func notIssued(code, description string) *Issued {
	return &Issued{Error: code, Description: description}
}

func wrongClient() *Issued {
	return notIssued(InvalidClient, "the client is unknown, or its secret is wrong")
}

// RedeemCode gives a client tokens for a code, once. A code that comes back ends
// what it was redeemed for (RFC 6749 §4.1.2); of two at the same time one gets
// tokens, and the other ends them. One that comes with a wrong verifier or
// address is worth nothing afterwards.
type RedeemCode struct {
	ClientProof
	Code     kontrollrum.Secret
	Redirect string
	Verifier string // of PKCE (RFC 7636)
	Webex    bool   // came by /v1/access_token
}

func (RedeemCode) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true} }

func (o RedeemCode) run(ctx context.Context, t *turn) (*Issued, error) {
	c, err := o.prove(ctx, t)
	if err != nil || c == nil {
		return wrongClient(), err
	}
	a, err := t.tx.AuthorizationOf(ctx, o.Code.Hash())
	switch {
	case err != nil:
		return nil, err
	case a == nil, a.Client != c.ID:
		return notIssued(InvalidGrant, "the code is unknown, or was given to another client"), nil
	case !a.Used.IsZero():
		if err := t.endFamily(ctx, a.Grant, c, "code_replayed"); err != nil {
			return nil, err
		}
		return notIssued(InvalidGrant, "the code was redeemed already; what it was redeemed for has ended"), nil
	}
	grant := kontrollrum.GrantID(t.hub.newID())
	no := o.check(a, t.now)
	var who *Identity
	if no == nil {
		who, no, err = t.enter(ctx, c, &a.Consent)
	}
	if no == nil && err == nil {
		no, err = t.stillSignedIn(ctx, &a.Consent)
	}
	if no != nil {
		grant = ""
	}
	if err == nil {
		_, err = t.tx.UseCode(ctx, a.ID, grant, t.now)
	}
	if no != nil || err != nil {
		return no, err
	}
	g := &kontrollrum.Grant{ID: grant, Client: c.ID, Consent: a.Consent, Offline: a.Webex || slices.Contains(a.Scopes, "offline_access"), SID: a.Session,
		Scopes: a.Scopes, Created: t.now, Used: t.now}
	out, err := t.give(ctx, g, who, a.Scopes)
	if err == nil {
		out.Nonce = a.Nonce
	}
	return out, err
}

// check says what is wrong with how a code comes back; nil where nothing is.
func (o RedeemCode) check(a *kontrollrum.Authorization, now time.Time) *Issued {
	switch {
	case !a.CodeEnds.After(now):
		return notIssued(InvalidGrant, "the code has expired; begin again")
	case a.Redirect != o.Redirect:
		return notIssued(InvalidGrant, "the redirect_uri is not the one that the code was asked for with")
	case a.Webex != o.Webex:
		return notIssued(InvalidGrant, "redeem the code where it was asked for")
	case a.Challenge == "" && o.Verifier != "":
		return notIssued(InvalidGrant, "a code_verifier came for a code without code_challenge")
	case a.Challenge != "" && !verifies(o.Verifier, a.Challenge):
		return notIssued(InvalidGrant, "the code_verifier does not belong to the code_challenge")
	}
	return nil
}

// verifies reports whether a verifier has the challenge (RFC 7636 §4.6, S256).
func verifies(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return len(verifier) >= 43 && len(verifier) <= 128 && base64.RawURLEncoding.EncodeToString(sum[:]) == challenge
}

// enter decides anew whether somebody may enter a client's application, as what
// they said yes to (§5). It says why not in an Issued.
func (t *turn) enter(ctx context.Context, c *kontrollrum.Client, consent *kontrollrum.Consent) (*Identity, *Issued, error) {
	sight := policy.Sight{Users: true, Administrators: policy.SeesAll, External: policy.SeesAll}
	u, err := t.tx.User(ctx, consent.Organization, consent.User, sight, t.now)
	if errors.Is(err, kontrollrum.NotFound) || err == nil && u.Status == kontrollrum.Inactive {
		return nil, &Issued{Error: InvalidGrant, Description: gone}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	e, err := take(ctx, t.as(consent.User), EnterApplication{Application: c.Application, Organization: string(consent.Acting)})
	var no *kontrollrum.Error
	switch {
	case errors.Is(err, kontrollrum.Denied) && errors.As(err, &no):
		return nil, notIssued(InvalidGrant, no.Code+": "+no.Message), nil
	case errors.Is(err, kontrollrum.NotFound):
		return nil, notIssued(InvalidGrant, "the user has no standing in the organization any more"), nil
	case err != nil:
		return nil, nil, err
	}
	home := e.Organization
	if home.ID != u.Organization {
		found, err := t.tx.Organization(ctx, placeOf(string(u.Organization)))
		if err != nil {
			return nil, nil, err
		}
		home = *found
	}
	confirmed, err := t.tx.AddressConfirmed(ctx, u.Organization, u.ID)
	if err != nil {
		return nil, nil, err
	}
	return &Identity{User: *u, Home: home, Entrance: *e, Client: *c, EmailVerified: confirmed, Session: consent.Session, Methods: consent.Methods, Authenticated: consent.Authenticated}, nil, nil
}

const gone = "the user may not sign in any more"

// stillSignedIn refuses what was said yes to in a session that has ended since.
func (t *turn) stillSignedIn(ctx context.Context, c *kontrollrum.Consent) (*Issued, error) {
	live, err := t.tx.Sessions(ctx, c.User, t.now, SessionIdle)
	if err != nil || slices.ContainsFunc(live, func(s kontrollrum.Session) bool { return s.ID == c.Session }) {
		return nil, err
	}
	return notIssued(InvalidGrant, "the session in which it was said yes has ended"), nil
}

// give makes the tokens of a grant, new where it has not ended yet at any time.
func (t *turn) give(ctx context.Context, g *kontrollrum.Grant, who *Identity, scopes []string) (*Issued, error) {
	fresh := g.Ends.IsZero()
	out := &Issued{Scopes: scopes, Identity: who, Ends: t.now.Add(AccessLife), Access: kontrollrum.NewToken(g.Organization)}
	who.Session, who.Scopes = g.SID, scopes
	g.Used, g.Ends = t.now, out.Ends
	if g.Offline {
		g.Ends = t.now.Add(RefreshLife)
		out.Refresh, out.RefreshEnds = kontrollrum.NewSecretText(), g.Ends
	}
	keep := t.tx.UpdateGrant
	if fresh {
		keep = t.tx.InsertGrant
	}
	if err := keep(ctx, g); err != nil {
		return nil, err
	}
	if g.Offline {
		if err := t.tx.InsertRefreshToken(ctx, g.ID, out.Refresh.Hash(), t.now); err != nil {
			return nil, err
		}
	}
	return out, t.tx.InsertAccessToken(ctx, kontrollrum.TokenID(t.hub.newID()), g, scopes, out.Access.Hash(), t.now, out.Ends)
}

// endFamily ends a grant and so every token of it, and notes why.
func (t *turn) endFamily(ctx context.Context, id kontrollrum.GrantID, c *kontrollrum.Client, why string) error {
	if id == "" {
		return nil
	}
	g, err := t.tx.Grant(ctx, id)
	if err != nil || g == nil {
		return err
	}
	if ended, err := t.tx.EndGrant(ctx, id, t.now); err != nil || !ended {
		return err
	}
	whose := t.as(g.User)
	if err := whose.stand(ctx, Ask{Action: policy.SessionsEnd, In: string(g.Organization)}); errors.Is(err, kontrollrum.NotFound) {
		return nil // there is nobody any more whose it was
	} else if err != nil {
		return err
	}
	whose.target, whose.actor = whose.actor, nil
	e := whose.entry(Ask{Action: policy.SessionsEnd})
	e.Outcome, e.Code, e.ActorName = kontrollrum.Refused, why, c.Name
	t.also = append(t.also, e)
	return nil
}

// RefreshTokens gives a client new tokens for a refresh token, once: it is
// decided anew who may enter what. One that comes back ends its whole family,
// and what two send at the same time is a coming back too: one gets tokens,
// the other ends them (RFC 9700 §4.14.2). Nothing is forgiven for a short while.
type RefreshTokens struct {
	ClientProof
	Token  kontrollrum.Secret
	Scopes []string // of the new access token, among those given; empty: all
}

func (RefreshTokens) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true} }

func (o RefreshTokens) run(ctx context.Context, t *turn) (*Issued, error) {
	c, err := o.prove(ctx, t)
	if err != nil || c == nil {
		return wrongClient(), err
	}
	g, used, err := t.tx.GrantOfRefresh(ctx, o.Token.Hash())
	switch {
	case err != nil:
		return nil, err
	case g == nil, g.Client != c.ID:
		return notIssued(InvalidGrant, "the refresh token is unknown, or was given to another client"), nil
	case !used.IsZero():
		if err := t.endFamily(ctx, g.ID, c, "refresh_token_replayed"); err != nil {
			return nil, err
		}
		return notIssued(InvalidGrant, "the refresh token was used already; every token of the family has ended"), nil
	case !g.Ended.IsZero(), !g.Ends.After(t.now):
		return notIssued(InvalidGrant, "the refresh token has ended; sign in again"), nil
	}
	scopes := g.Scopes
	if len(o.Scopes) > 0 {
		scopes = o.Scopes
		if slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(g.Scopes, s) }) {
			return notIssued(InvalidScope, "ask for scopes that were given"), nil
		}
	}
	who, no, err := t.enter(ctx, c, &g.Consent)
	if no != nil && no.Description == gone {
		err = t.endFamily(ctx, g.ID, c, "user_inactive")
	}
	if no != nil || err != nil {
		return no, err
	}
	if _, err := t.tx.UseRefreshToken(ctx, o.Token.Hash(), t.now); err != nil {
		return nil, err
	}
	return t.give(ctx, g, who, scopes)
}

// ListGrants lists what a user of the organization, or the caller where it
// names nobody, lets applications do for them; the last used first.
type ListGrants struct {
	Organization string
	User         string // by id or address
}

// A ListedGrant is a grant in a list. Nothing in it is a secret.
type ListedGrant struct {
	ID      kontrollrum.GrantID
	Client  kontrollrum.ClientID
	Name    string // of the client
	Offline bool   // goes on when the session ends
	Scopes  []string
	Created time.Time
	Used    time.Time // when it last got tokens
	// Organization is the one acted in, by id, plate and name. Zero where another
	// asks in one that it is not: in which others somebody acts is their own.
	Organization kontrollrum.Organization
}

func (o ListGrants) asks() Ask {
	return Ask{Action: policy.SessionsView, In: o.Organization, To: o.User}
}

func (o ListGrants) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o ListGrants) run(ctx context.Context, t *turn) ([]ListedGrant, error) {
	live, err := t.tx.Grants(ctx, t.target.ID, t.now)
	out := make([]ListedGrant, len(live))
	for i, g := range live {
		named := func(scope string) bool { return strings.HasPrefix(scope, ScopeOrganization) }
		out[i] = ListedGrant{ID: g.ID, Client: g.Client, Name: g.Name, Offline: g.Offline, Scopes: slices.DeleteFunc(g.Scopes, named), Created: g.Created, Used: g.Used}
		if g.Acting == t.org.ID || t.actor != nil && t.actor.ID == t.target.ID {
			out[i].Organization = g.Place
		}
	}
	return out, err
}

// EndGrant ends what a user of the organization, or the caller where it names
// nobody, lets an application do, with every token of it, at once and on every
// node; the application is told where it is registered to be. NotFound where
// they have no such grant, or it has ended.
type EndGrant struct {
	Organization string
	User         string // by id or address
	Grant        kontrollrum.GrantID
}

func (o EndGrant) asks() Ask { return Ask{Action: policy.SessionsEnd, In: o.Organization, To: o.User} }

func (o EndGrant) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o EndGrant) run(ctx context.Context, t *turn) (Nothing, error) {
	if err := nameable("grant", string(o.Grant)); err != nil {
		return Nothing{}, err
	}
	live, err := t.tx.Grants(ctx, t.target.ID, t.now)
	if err != nil {
		return Nothing{}, err
	}
	at := slices.IndexFunc(live, func(g store.NamedGrant) bool { return g.ID == o.Grant })
	if at < 0 {
		return Nothing{}, kontrollrum.Missing("grant")
	}
	t.before = map[string]any{"Grant": o.Grant, "Client": live[at].Client, "Name": live[at].Name}
	return Nothing{}, t.tx.EndGrantOf(ctx, t.target.ID, o.Grant, t.now)
}
