package ops

import (
	"context"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Sign-in at an organization's own OpenID Provider goes out by [BeginUpstream]
// and comes back by [ResumeUpstream] and [FinishUpstream]; between those two a
// face asks the provider, which takes no transaction. What the browser carries
// is sealed by the installation's key, so that any node goes on with it, and
// good once.

// How long a sign-in elsewhere may take: the person there, and then the hub.
const (
	upstreamLife = 15 * time.Minute
	ticketLife   = 2 * time.Minute
)

// Purposes of what is handed out.
const (
	upstreamState  = "upstream state"
	upstreamTicket = "upstream ticket"
)

// byProvider is the method of a session that began at a provider, beside those
// that the provider tells of.
const byProvider = "fed"

// Why a sign-in at a provider did not do, in a [Signing]. Whoever comes so far
// has proven to the provider who they are.
const (
	ProviderOnly     = "provider_only"          // whoever it is signs in at their organization's provider
	ProviderFailed   = "provider_failed"        // it says no, or what it says proves nothing
	ProviderChanged  = "provider_changed"       // another was named meanwhile
	EmailNotVerified = "email_unverified"       // the provider does not vouch for the address
	UnknownPerson    = "unknown_person"         // nobody here has the address, and nobody is made
	OtherDomain      = "other_domain"           // the address is in no domain of the organization's
	OtherSubject     = "other_subject"          // the address was somebody else's at the provider
	PersonInactive   = "user_inactive"          // deactivated here
	NotFresh         = "not_fresh"              // asked to confirm, and the provider did not ask again
	HubSuspended     = "organization_suspended" // nobody new comes in
)

// RouteEmail says where whoever has an address signs in, by its domain alone:
// nobody learns which addresses there are.
type RouteEmail struct{ Email string }

// A SignInRoute is where to sign in.
type SignInRoute struct {
	Provider string // the provider's name; empty: here
	Enforced bool   // only there
}

func (RouteEmail) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true, ReadOnly: true} }

func (o RouteEmail) run(ctx context.Context, t *turn) (SignInRoute, error) {
	p, err := t.providerOf(ctx, o.Email)
	if p == nil || err != nil {
		return SignInRoute{}, err
	}
	return SignInRoute{Provider: p.Name, Enforced: p.Enforced}, nil
}

// providerOf finds the provider that an address leads to; nil where there is none.
func (t *turn) providerOf(ctx context.Context, address string) (*kontrollrum.IdentityProvider, error) {
	email, err := kontrollrum.ParseEmail(address)
	if err != nil {
		return nil, nil //nolint:nilerr // what is no address leads nowhere
	}
	o, err := t.tx.DomainHolder(ctx, email.Domain())
	if o == "" || err != nil {
		return nil, err
	}
	return t.tx.IdentityProvider(ctx, o)
}

// BeginUpstream begins a sign-in at the provider that an address leads to.
type BeginUpstream struct {
	Email   string
	Browser kontrollrum.Secret // what the browser kept of an earlier one; empty: it gets one
	Fresh   bool               // to confirm who it is: whoever is signed in there is asked again
	Along   string             // comes back as it is; at most 1 KiB
}

// An UpstreamStart is what to ask the provider with. Nil where the address
// leads to none.
type UpstreamStart struct {
	Issuer   string
	ClientID string
	Name     string
	Email    string // a hint
	State    kontrollrum.Secret
	Nonce    string
	Verifier string             // of PKCE (RFC 7636)
	Browser  kontrollrum.Secret // to be kept by the browser until it is back
	Fresh    bool
}

// A journey is what comes back in the state, sealed.
type journey struct {
	Organization kontrollrum.OrganizationID
	Issuer       string
	ClientID     string
	Nonce        string
	Verifier     string
	Browser      string // hash
	Fresh        bool
	Began        int64 // Unix time
	Along        string
}

func (BeginUpstream) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true, ReadOnly: true} }

func (o BeginUpstream) run(ctx context.Context, t *turn) (*UpstreamStart, error) {
	p, err := t.providerOf(ctx, o.Email)
	if p == nil || err != nil {
		return nil, err
	}
	if len(o.Along) > 1<<10 {
		o.Along = ""
	}
	if len(o.Browser.Reveal()) != len(kontrollrum.NewSecretText().Reveal()) {
		o.Browser = kontrollrum.NewSecretText()
	}
	out := &UpstreamStart{
		Issuer: p.Issuer, ClientID: p.ClientID, Name: p.Name, Email: o.Email, Browser: o.Browser, Fresh: o.Fresh,
		Nonce: kontrollrum.NewSecretText().Reveal(), Verifier: kontrollrum.NewSecretText().Reveal(),
	}
	out.State, err = t.hand(upstreamState, "", upstreamLife, journey{
		Organization: p.Organization, Issuer: p.Issuer, ClientID: p.ClientID, Nonce: out.Nonce, Verifier: out.Verifier,
		Browser: o.Browser.Hash(), Fresh: o.Fresh, Began: t.now.Unix(), Along: o.Along,
	})
	return out, err
}

// ResumeUpstream takes up a sign-in whose browser is back from the provider: in
// the browser that it began in, within a quarter of an hour, once.
type ResumeUpstream struct {
	State   kontrollrum.Secret
	Browser kontrollrum.Secret
}

// An UpstreamLeg is what to ask the provider with who has signed in, and the
// ticket to come back to the hub with.
type UpstreamLeg struct {
	Issuer   string
	ClientID string
	Secret   kontrollrum.Secret // of the client, for the provider alone; empty: none
	Nonce    string
	Verifier string
	Ticket   kontrollrum.Secret
	Along    string

	Code string        // why not; empty where there is a ticket
	Wait time.Duration // with TooManyAttempts: for how long
}

func (ResumeUpstream) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true} }

func (o ResumeUpstream) run(ctx context.Context, t *turn) (*UpstreamLeg, error) {
	tried, err := t.try(ctx, addressSubject(t.caller))
	if err != nil {
		return nil, err
	}
	if tried.Wait > 0 {
		return &UpstreamLeg{Code: TooManyAttempts, Wait: tried.Wait}, nil
	}
	var j journey
	pending := t.returned(upstreamState, "", o.State, &j)
	if pending == nil {
		return &UpstreamLeg{Code: SessionOver}, nil
	}
	first, err := t.once(ctx, upstreamState, pending, j.Organization, "", o.State)
	if err != nil {
		return nil, err
	}
	if !first || o.Browser.Empty() || j.Browser != o.Browser.Hash() {
		t.stopped(j.Organization, nil, "", map[bool]string{true: "other_browser", false: "replayed"}[first])
		return &UpstreamLeg{Code: SessionOver}, nil
	}
	p, err := t.tx.IdentityProvider(ctx, j.Organization)
	if err != nil {
		return nil, err
	}
	if p == nil || p.Issuer != j.Issuer || p.ClientID != j.ClientID {
		t.stopped(j.Organization, nil, "", ProviderChanged)
		return &UpstreamLeg{Code: ProviderChanged, Along: j.Along}, nil
	}
	leg := &UpstreamLeg{Issuer: j.Issuer, ClientID: j.ClientID, Nonce: j.Nonce, Verifier: j.Verifier, Along: j.Along}
	if p.Sealed != "" {
		secret, err := t.hub.key.Open(sealedFor(j.Organization), p.Sealed)
		if err != nil {
			return nil, err
		}
		leg.Secret = kontrollrum.NewSecret(secret)
	}
	leg.Ticket, err = t.hand(upstreamTicket, "", ticketLife, j)
	return leg, err
}

// FinishUpstream goes on with who somebody is at their organization's provider:
// a user of that organization whom it knew before, or whose address it vouches
// for. Nobody is made and no right is given; names, language and time zone are
// taken over. Failed says instead why the provider's word was worth nothing.
type FinishUpstream struct {
	Ticket  kontrollrum.Secret
	Claims  UpstreamClaims
	Failed  string             // for the log
	Replace kontrollrum.Secret // the session that it renews, where there is one
}

func (FinishUpstream) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true} }

func (o FinishUpstream) run(ctx context.Context, t *turn) (*Signing, error) {
	var j journey
	pending := t.returned(upstreamTicket, "", o.Ticket, &j)
	if pending == nil {
		return &Signing{Code: SessionOver}, nil
	}
	first, err := t.once(ctx, upstreamTicket, pending, j.Organization, "", o.Ticket)
	if err != nil || !first {
		return &Signing{Code: SessionOver}, err
	}
	if o.Failed != "" {
		t.stopped(j.Organization, nil, "", o.Failed)
		return &Signing{Code: ProviderFailed}, nil
	}
	p, err := t.tx.IdentityProvider(ctx, j.Organization)
	if err != nil {
		return nil, err
	}
	if p == nil || p.Issuer != j.Issuer || p.ClientID != j.ClientID {
		t.stopped(j.Organization, nil, o.Claims.Email, ProviderChanged)
		return &Signing{Code: ProviderChanged}, nil
	}
	l, linked, why, err := t.whose(ctx, p, o.Claims)
	if err != nil {
		return nil, err
	}
	org, err := t.tx.Organization(ctx, placeOf(string(p.Organization)))
	if err != nil {
		return nil, err
	}
	open := org.State == kontrollrum.OrganizationActive
	switch {
	case why != "":
	case j.Fresh && (o.Claims.Authenticated.Before(time.Unix(j.Began, 0).Add(-time.Minute))):
		why = NotFresh
	case l.Status == kontrollrum.NotVerified && !open:
		why = HubSuspended
	}
	if why != "" {
		t.stopped(j.Organization, l, o.Claims.Email, why)
		return &Signing{Code: why}, nil
	}
	if err := t.succeeded(ctx, trial{subjects: []subject{addressSubject(t.caller)}}); err != nil { // which ResumeUpstream counted
		return nil, err
	}
	as := func() *turn { return t.as(l.User) }
	if !linked {
		if _, err := take(ctx, as(), linkSubject{p.Issuer, o.Claims.Subject}); err != nil {
			return nil, err
		}
	}
	if l.Status == kontrollrum.NotVerified {
		if _, err := take(ctx, as(), verifyUser{}); err != nil {
			return nil, err
		}
	}
	if open {
		if err := t.takeOver(ctx, l.User, o.Claims); err != nil {
			return nil, err
		}
	}
	return take(ctx, as(), beginSession{methods: o.Claims.proven(), replace: o.Replace, at: o.Claims.when(t.now, time.Unix(j.Began, 0).UTC())})
}

// whose finds whom a provider speaks of, and whether it was known before; or why nobody.
func (t *turn) whose(ctx context.Context, p *kontrollrum.IdentityProvider, c UpstreamClaims) (l *store.Login, linked bool, why string, err error) {
	if c.Subject == "" || len(c.Subject) > 255 { // OpenID Connect Core §2
		return nil, false, ProviderFailed, nil
	}
	known, err := t.tx.UserOfSubject(ctx, p.Organization, p.Issuer, c.Subject)
	if err != nil {
		return nil, false, "", err
	}
	if known != "" {
		if l, err = t.tx.Login(ctx, known); err != nil || l == nil {
			return nil, false, UnknownPerson, err
		}
		return l, true, shutOut(l), nil
	}
	email, wrong := kontrollrum.ParseEmail(c.Email)
	switch {
	case wrong != nil || !c.EmailVerified:
		return nil, false, EmailNotVerified, nil
	case !slices.Contains(p.Domains, email.Domain()):
		return nil, false, OtherDomain, nil
	}
	if l, err = t.tx.LoginByEmail(ctx, email); err != nil {
		return nil, false, "", err
	}
	if l == nil || l.Organization != p.Organization {
		return nil, false, UnknownPerson, nil
	}
	before, err := t.tx.SubjectOf(ctx, p.Organization, l.User, p.Issuer)
	if before != "" {
		return l, false, OtherSubject, err
	}
	return l, false, shutOut(l), err
}

// shutOut says that a user is deactivated, or nothing.
func shutOut(l *store.Login) string {
	if l.Status == kontrollrum.Inactive {
		return PersonInactive
	}
	return ""
}

// stopped notes for the log why a sign-in at a provider ended.
func (t *turn) stopped(o kontrollrum.OrganizationID, whose *store.Login, email, why string) {
	t.failed(trial{}, whose, email, why)
	(*t.refused)[len(*t.refused)-1].Organization = o
}
