// Package upstream is the hub as relying party of organizations' own OpenID
// Providers (OpenID Connect Core 1.0): where to send a browser, and what a
// provider's answer proves. It knows no organization, keeps no secret and shows
// no page.
package upstream

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/kontrollrum/kontrollrum/ops"
)

// Limits to what is kept of providers.
const (
	fresh = 10 * time.Minute // how long what a provider says of itself is believed
	many  = 1000             // of how many it is kept
)

// A Party is the hub as relying party. It is safe for concurrent use.
type Party struct {
	client   *http.Client
	now      func() time.Time
	redirect string

	mu    sync.Mutex
	known map[string]*provider // by issuer
}

// New makes the relying party to which browsers come back at redirect. Client is
// what asks providers, see [Client].
func New(client *http.Client, now func() time.Time, redirect string) *Party {
	return &Party{client: client, now: now, redirect: redirect, known: map[string]*provider{}}
}

// A provider is what a provider says of itself.
type provider struct {
	*oidc.Provider
	until time.Time

	TokenMethods []string `json:"token_endpoint_auth_methods_supported"`
	SendsIssuer  bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
	JWKS         string   `json:"jwks_uri"`
}

// A Failure is why a provider's answer proves nothing: a word for the log.
type Failure struct {
	Code string
	Err  error // more about it; may be nil
}

func (f *Failure) Error() string {
	if f.Err == nil {
		return f.Code
	}
	const limit = 300 // what a provider answers may be anything
	text := f.Err.Error()
	if len(text) > limit {
		text = text[:limit] + "…"
	}
	return fmt.Sprintf("%s: %q", f.Code, text)
}

// Unwrap finds what is behind it.
func (f *Failure) Unwrap() error { return f.Err }

// discover asks a provider what it is, or remembers.
func (p *Party) discover(ctx context.Context, issuer string) (*provider, error) {
	now := p.now()
	p.mu.Lock()
	found := p.known[issuer]
	p.mu.Unlock()
	if found != nil && now.Before(found.until) {
		return found, nil
	}
	asked, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), issuer)
	if err != nil {
		return nil, &Failure{"provider_unreachable", err}
	}
	found = &provider{Provider: asked, until: now.Add(fresh)}
	if err := asked.Claims(found); err != nil {
		return nil, &Failure{"provider_unreadable", err}
	}
	addresses := []string{asked.Endpoint().AuthURL, asked.Endpoint().TokenURL, found.JWKS}
	if asked.UserInfoEndpoint() != "" { // the only one that need not be
		addresses = append(addresses, asked.UserInfoEndpoint())
	}
	for _, address := range addresses {
		if !safe(address, issuer) {
			return nil, &Failure{"provider_unsafe", fmt.Errorf("it names the address %q", address)}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= many {
		clear(p.known)
	}
	p.known[issuer] = found
	return found, nil
}

// safe reports whether an address that a provider names is over TLS, or the
// provider itself is not.
func safe(address, issuer string) bool {
	u, err := url.Parse(address)
	of, wrong := url.Parse(issuer)
	return err == nil && wrong == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && of.Scheme == "http")
}

func (p *Party) at(found *provider, id, secret string) *oauth2.Config {
	endpoint := found.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // what holds where nothing is said (Discovery §3)
	if secret == "" || len(found.TokenMethods) > 0 && !slices.Contains(found.TokenMethods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{ClientID: id, ClientSecret: secret, Endpoint: endpoint, RedirectURL: p.redirect,
		Scopes: []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail}}
}

// Address is where to send a browser for a sign-in that has begun.
func (p *Party) Address(ctx context.Context, s *ops.UpstreamStart) (string, error) {
	found, err := p.discover(ctx, s.Issuer)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(s.Nonce), oauth2.S256ChallengeOption(s.Verifier)}
	if s.Email != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", s.Email))
	}
	if s.Fresh {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return p.at(found, s.ClientID, "").AuthCodeURL(s.State.Reveal(), options...), nil
}

// Claims asks the provider who has signed in, with what the browser brought
// back, and holds its word to OpenID Connect Core §3.1.3.7: of this issuer, for
// this client, of this sign-in, signed by a key of the provider's, not expired.
// What fails is a [Failure].
func (p *Party) Claims(ctx context.Context, leg *ops.UpstreamLeg, back url.Values) (ops.UpstreamClaims, error) {
	var none ops.UpstreamClaims
	found, err := p.discover(ctx, leg.Issuer)
	if err != nil {
		return none, err
	}
	// Another provider's answer, mixed in (RFC 9207 §2.4).
	if iss := back.Get("iss"); iss != leg.Issuer && (iss != "" || found.SendsIssuer) {
		return none, &Failure{"other_issuer", fmt.Errorf("the answer says it is of %q", iss)}
	}
	if refused := back.Get("error"); refused != "" {
		return none, &Failure{"provider_refused", errors.New(refused + " " + back.Get("error_description"))}
	}
	if back.Get("code") == "" {
		return none, &Failure{"no_code", nil}
	}
	ctx = oidc.ClientContext(ctx, p.client)
	given, err := p.at(found, leg.ClientID, leg.Secret.Reveal()).Exchange(ctx, back.Get("code"), oauth2.VerifierOption(leg.Verifier))
	if err != nil {
		return none, &Failure{"code_refused", err}
	}
	raw, ok := given.Extra("id_token").(string)
	if !ok {
		return none, &Failure{"no_id_token", nil}
	}
	token, err := found.Verifier(&oidc.Config{ClientID: leg.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return none, &Failure{"id_token_refused", err}
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(leg.Nonce)) != 1 {
		return none, &Failure{"wrong_nonce", nil}
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(given.AccessToken); err != nil {
			return none, &Failure{"wrong_at_hash", err}
		}
	}
	var said claims
	if err := token.Claims(&said); err != nil {
		return none, &Failure{"claims_unreadable", err}
	}
	if party := said.Party; party != leg.ClientID && (party != "" || len(token.Audience) > 1) {
		return none, &Failure{"other_party", fmt.Errorf("it is for %q", party)}
	}
	if err := p.more(ctx, found, given, token.Subject, &said); err != nil {
		return none, err
	}
	return said.told(token.Subject), nil
}

// more asks for what the token leaves out and the provider tells elsewhere
// (Core §5.3), which must be of the same subject.
func (p *Party) more(ctx context.Context, found *provider, given *oauth2.Token, subject string, said *claims) error {
	if found.UserInfoEndpoint() == "" || said.Email != "" && said.Verified != nil && said.Name != "" {
		return nil
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(given))
	if err != nil {
		return &Failure{"userinfo_refused", err}
	}
	if info.Subject != subject {
		return &Failure{"other_subject_told", fmt.Errorf("the token is of %q, what is told of %q", subject, info.Subject)}
	}
	var told profile
	if err := info.Claims(&told); err != nil {
		return &Failure{"claims_unreadable", err}
	}
	said.fill(told)
	return nil
}

// A flag is a boolean, which some write as text.
type flag bool

// UnmarshalJSON reads true, "true" and what is none of these.
func (f *flag) UnmarshalJSON(text []byte) error {
	*f = string(text) == "true" || string(text) == `"true"`
	return nil
}

// signed are the claims that count in a token only.
type signed struct {
	Party         string          `json:"azp"`
	Methods       []string        `json:"amr"`
	Level         string          `json:"acr"`
	Authenticated json.RawMessage `json:"auth_time"`
}

// profile are the claims about the person.
type profile struct {
	Email      string `json:"email"`
	Verified   *flag  `json:"email_verified"`
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Name       string `json:"name"`
	Locale     string `json:"locale"`
	ZoneInfo   string `json:"zoneinfo"`
}

type claims struct {
	signed
	profile
}

// fill takes from told what p has not. That an address is verified goes with the address.
func (p *profile) fill(told profile) {
	if p.Email == "" || p.Verified == nil {
		p.Email, p.Verified = told.Email, told.Verified
	}
	for _, f := range []struct {
		field *string
		told  string
	}{{&p.GivenName, told.GivenName}, {&p.FamilyName, told.FamilyName}, {&p.Name, told.Name}, {&p.Locale, told.Locale}, {&p.ZoneInfo, told.ZoneInfo}} {
		if *f.field == "" {
			*f.field = f.told
		}
	}
}

func (c *claims) told(subject string) ops.UpstreamClaims {
	out := ops.UpstreamClaims{Subject: subject, Email: c.Email, EmailVerified: c.Verified != nil && bool(*c.Verified), GivenName: c.GivenName, FamilyName: c.FamilyName,
		Name: c.Name, Locale: c.Locale, ZoneInfo: c.ZoneInfo, Methods: c.Methods, Level: c.Level}
	var seconds float64
	if json.Unmarshal(c.Authenticated, &seconds) == nil && seconds > 0 && seconds < 1<<40 {
		out.Authenticated = time.Unix(int64(seconds), 0).UTC()
	}
	return out
}
