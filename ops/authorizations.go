package ops

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// How long the OpenID Provider's things last.
const (
	AuthorizationLife = 10 * time.Minute    // of a request, until somebody says yes
	CodeLife          = time.Minute         // of a code, until it is redeemed (RFC 6749 §4.1.2: ten minutes at most)
	AccessLife        = time.Hour           // of an access token, and of an ID token
	RefreshLife       = 90 * 24 * time.Hour // of a grant since it was last used
	keepGrants        = 24 * time.Hour      // how long it is known of one that has ended
)

// BeginAuthorization keeps what a client asks for, until somebody says yes to
// it. Invalid where people would be sent where the client is not registered,
// or without PKCE (RFC 7636) where it is asked for. Busy, [TooManyBegun], where
// many from one address are not gone on with.
type BeginAuthorization struct {
	Client kontrollrum.ClientID
	kontrollrum.AuthorizationRequest
}

func (BeginAuthorization) asks() Ask {
	return Ask{Action: policy.SessionsBegin, Gate: true, Quiet: true}
}

func (o BeginAuthorization) run(ctx context.Context, t *turn) (*kontrollrum.Authorization, error) {
	c, _, err := t.tx.Client(ctx, o.Client)
	switch {
	case err != nil || c == nil:
		return nil, cmp.Or[error](err, kontrollrum.Missing("client"))
	case !c.RedirectsTo(o.Redirect):
		return nil, kontrollrum.Wrong("redirect_uri", o.Redirect, "register the address with the client, exactly as it is sent")
	case o.Challenge == "" && !(o.Webex && c.Webex):
		return nil, kontrollrum.Wrong("code_challenge", "", "send a code_challenge of the method S256 (RFC 7636)")
	}
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	a := &kontrollrum.Authorization{ID: kontrollrum.AuthorizationID(kontrollrum.NewSecretText().Reveal()), Client: c.ID, AuthorizationRequest: o.AuthorizationRequest,
		Created: t.now, Ends: t.now.Add(AuthorizationLife)}
	return a, t.tx.InsertAuthorization(ctx, a)
}

// ViewAuthorization shows what a client asks for, to the pages where people
// sign in. NotFound where it is unknown, over or redeemed already.
type ViewAuthorization struct{ Request kontrollrum.AuthorizationID }

// An AuthorizationView is what sign-in pages must know of a request.
type AuthorizationView struct {
	Client       kontrollrum.Client
	Request      kontrollrum.AuthorizationRequest
	Organization string    // asked for, by id or plate; empty: none
	Hint         string    // the address to sign in with
	After        time.Time // whoever proved who they are before must do so again; zero: need not
}

func (ViewAuthorization) asks() Ask {
	return Ask{Action: policy.SessionsBegin, Gate: true, ReadOnly: true}
}

func (o ViewAuthorization) run(ctx context.Context, t *turn) (*AuthorizationView, error) {
	a, c, err := t.asked(ctx, o.Request)
	if err != nil {
		return nil, err
	}
	return &AuthorizationView{Client: *c, Request: a.AuthorizationRequest, Organization: a.AuthorizationRequest.Organization, Hint: a.Hint, After: after(a, t.now)}, nil
}

// after is since when a proof must have been given; zero: whenever.
func after(a *kontrollrum.Authorization, now time.Time) (then time.Time) {
	if a.MaxAge != nil {
		then = now.Add(-time.Duration(*a.MaxAge) * time.Second)
	}
	if a.Login || a.MaxAge != nil && then.After(a.Created) {
		return a.Created // a proof given for this request is fresh
	}
	return then
}

// asked finds a request that still waits to be said yes to, and its client.
func (t *turn) asked(ctx context.Context, id kontrollrum.AuthorizationID) (*kontrollrum.Authorization, *kontrollrum.Client, error) {
	if err := nameable("request", string(id)); err != nil {
		return nil, nil, err
	}
	a, err := t.tx.Authorization(ctx, id)
	if err != nil || a == nil || !a.Ends.After(t.now) || !a.CodeEnds.IsZero() {
		return nil, nil, cmp.Or[error](err, kontrollrum.Missing("authorization"))
	}
	c, _, err := t.tx.Client(ctx, a.Client)
	if err != nil || c == nil {
		return nil, nil, cmp.Or[error](err, kontrollrum.Missing("authorization"))
	}
	return a, c, nil
}

// Authorize says yes to a client's request, for whoever is signed in: by a
// session only. Denied with the reason where the client's application is
// closed to them (§5), or with step_up_required where they proved too long ago
// who they are. Conflict where somebody else was asked for.
type Authorize struct {
	Request      kontrollrum.AuthorizationID
	Organization string // to act in, by id or plate; empty: as was asked, or as EnterApplication chooses
}

func (o Authorize) asks() Ask { return Ask{Action: policy.SessionsBegin} }

func (o Authorize) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o Authorize) run(ctx context.Context, t *turn) (*Entrance, error) {
	a, c, err := t.asked(ctx, o.Request)
	if err != nil {
		return nil, err
	}
	s, err := t.signedIn(ctx)
	switch {
	case err != nil:
		return nil, err
	case a.AuthorizationRequest.User != "" && a.AuthorizationRequest.User != t.actor.ID:
		return nil, kontrollrum.Clash("other_user", "the application asks for somebody else; sign out and sign in as them")
	case s.Authenticated.Before(after(a, t.now)):
		return nil, &kontrollrum.Error{Kind: kontrollrum.Denied, Code: "step_up_required", Rule: "fresh", Action: c.Application.String(),
			Message: "the application asks for a fresh proof of who you are; sign in again"}
	}
	in := o.Organization
	if in == "" {
		in = a.AuthorizationRequest.Organization
	}
	e, err := under(ctx, t, EnterApplication{Application: c.Application, Organization: in})
	if err != nil {
		return nil, err
	}
	t.after = map[string]any{"Client": c.ID, "Name": c.Name, "Organization": e.Organization.Plate, "Mode": e.Mode}
	if a.Session == "" { // for the first time
		if err := t.goOn(ctx); err != nil {
			return nil, err
		}
	}
	return e, t.tx.ConsentTo(ctx, a.ID, consentOf(s, e))
}

// consentOf is what somebody says yes with: their session, and where it led them.
func consentOf(s *kontrollrum.Session, e *Entrance) *kontrollrum.Consent {
	return &kontrollrum.Consent{User: s.User, Organization: s.Organization, Session: s.ID, Acting: e.Organization.ID, Methods: s.Methods, Authenticated: s.Authenticated}
}

// signedIn is the session that the caller asks by. Whoever asks by anything
// else cannot say yes: a token must not beget others.
func (t *turn) signedIn(ctx context.Context) (*kontrollrum.Session, error) {
	if t.session() == "" {
		return nil, noSession()
	}
	s, err := t.tx.Session(ctx, t.caller.session, t.now, SessionIdle)
	if err != nil || s == nil {
		return nil, cmp.Or[error](err, unknown())
	}
	return s, nil
}

func noSession() error {
	return &kontrollrum.Error{Kind: kontrollrum.Unauthenticated, Code: "no_session", Message: "sign in with a browser"}
}

// IssueCode makes the code that a client redeems, for the browser in which
// somebody said yes and for no other: whoever knows of the request alone gets
// none. NotFound where nobody has said yes, or the code was given already.
type IssueCode struct{ Request kontrollrum.AuthorizationID }

// An IssuedCode is where the browser goes with it.
type IssuedCode struct {
	kontrollrum.AuthorizationRequest
	Code kontrollrum.Secret
}

func (o IssueCode) asks() Ask { return Ask{Action: policy.SessionsBegin, Quiet: true} }

func (o IssueCode) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o IssueCode) run(ctx context.Context, t *turn) (*IssuedCode, error) {
	a, _, err := t.asked(ctx, o.Request)
	if err != nil {
		return nil, err
	}
	if a.Session == "" || a.Session != t.session() {
		return nil, kontrollrum.Missing("authorization")
	}
	code := kontrollrum.NewSecretText()
	first, err := t.tx.GiveCode(ctx, a.ID, code.Hash(), t.now.Add(CodeLife))
	if err != nil || !first {
		return nil, cmp.Or[error](err, kontrollrum.Missing("authorization"))
	}
	return &IssuedCode{a.AuthorizationRequest, code}, nil
}

// Scopes of the hub's own.
const (
	ScopeAPI  = "urn:kontrollrum:api"      // opens the API: all that its user may do
	ScopeRead = "urn:kontrollrum:api:read" // opens what of it changes nothing

	// ScopeOrganization begins the scope that names the organization to act in.
	ScopeOrganization = "urn:kontrollrum:organization:"
)

const outOfScope = "insufficient_scope"

// inScope reports whether what c asks by opens the API for it. Everything but
// an access token does; that one by its scopes (RFC 6750 §3.1).
func (c *Caller) inScope(ask Ask) bool {
	if c.found == nil || c.found.Grant == "" {
		return true
	}
	read, change := opens(strings.Fields(c.found.Scopes))
	return change || read && !ask.writes()
}

// opens says what of the API some scopes open. Of those of the Webex APIs, one
// that ends in read opens what changes nothing, and one that is known to write
// all; what is about anything else, messages or keys, opens nothing here.
func opens(scopes []string) (read, change bool) {
	for _, s := range scopes {
		_, rest, _ := strings.Cut(s, ":")
		switch {
		case s == ScopeAPI:
			return true, true
		case s == ScopeRead:
			read = true
		case WebexScope(s) && strings.HasSuffix(rest, "_read"):
			read = true
		case WebexScope(s) && (strings.HasSuffix(rest, "_write") || strings.HasSuffix(rest, "_rw") ||
			slices.Contains([]string{"all", "config", "Config", "Organization", "SCIM"}, rest)):
			return true, true
		}
	}
	return read, change
}

// WebexScope reports whether a scope is one of the Webex APIs' (wire formats of
// the families A, B and C).
func WebexScope(s string) bool {
	family, rest, _ := strings.Cut(s, ":")
	switch family {
	case "spark-admin", "spark", "identity", "Identity", "cjp":
		return rest != "" && strings.Trim(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
	}
	return false
}
