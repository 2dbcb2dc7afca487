package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// A server is what the library asks once it has read a request. What it does
// not do, implicit and hybrid flows, token exchange, client credentials and
// assertions, is answered as not implemented.
type server struct {
	op.UnimplementedServer
	*Provider
}

func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"server_error"}`)
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone where this fails
}

// told is an error as clients are told it: what is internal is not.
func told(err error) error {
	known := kontrollrum.All(err)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return op.NewStatusError(&oidc.Error{ErrorType: "temporarily_unavailable", Description: "the request was given up"}, http.StatusServiceUnavailable)
	case len(known) == 0:
		return oidc.ErrServerError().WithParent(err).WithDescription("an internal error")
	case known[0].Kind == kontrollrum.Busy:
		return op.NewStatusError(&oidc.Error{ErrorType: "temporarily_unavailable", Description: known[0].Message}, busy(known[0]))
	case known[0].Code == "client_not_found":
		return op.NewStatusError(oidc.ErrInvalidClient().WithDescription("the client is unknown, or its secret is wrong"), http.StatusUnauthorized)
	}
	return oidc.ErrInvalidRequest().WithDescription("%s", known[0].Message)
}

// refused is what an op said in the words of the protocol.
func refused(code, description string) error {
	e := &oidc.Error{ErrorType: oidc.InvalidGrant, Description: description}
	for _, known := range []*oidc.Error{oidc.ErrInvalidClient(), oidc.ErrInvalidScope(), oidc.ErrUnauthorizedClient(), oidc.ErrAuthorizationPending(),
		oidc.ErrSlowDown(), oidc.ErrAccessDenied(), oidc.ErrExpiredDeviceCode()} {
		if string(known.ErrorType) == code {
			e.ErrorType = known.ErrorType
		}
	}
	if code == ops.InvalidClient {
		return op.NewStatusError(e, http.StatusUnauthorized)
	}
	return e
}

func (s *server) Discovery(context.Context, *op.Request[struct{}]) (*op.Response, error) {
	at := func(path string) string { return s.PublicURL + path }
	secret := []oidc.AuthMethod{oidc.AuthMethodBasic, oidc.AuthMethodPost}
	return op.NewResponse(discovery{
		DiscoveryConfiguration: &oidc.DiscoveryConfiguration{
			Issuer: s.PublicURL, AuthorizationEndpoint: at(authorizePath), TokenEndpoint: at(tokenPath), IntrospectionEndpoint: at(introspect),
			UserinfoEndpoint: at(userinfoPath), RevocationEndpoint: at(revokePath), EndSessionEndpoint: at(endPath), JwksURI: at(keysPath),
			DeviceAuthorizationEndpoint: at(devicePath),
			ScopesSupported:             []string{"openid", "profile", "email", "offline_access", ops.ScopeAPI, ops.ScopeRead},
			ResponseTypesSupported:      []string{"code"}, ResponseModesSupported: []string{"query"},
			GrantTypesSupported:   []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken, oidc.GrantTypeDeviceCode},
			SubjectTypesSupported: []string{"public"}, IDTokenSigningAlgValuesSupported: []string{"RS256"},
			TokenEndpointAuthMethodsSupported: append([]oidc.AuthMethod{oidc.AuthMethodNone}, secret...), RevocationEndpointAuthMethodsSupported: append([]oidc.AuthMethod{oidc.AuthMethodNone}, secret...),
			IntrospectionEndpointAuthMethodsSupported: secret, CodeChallengeMethodsSupported: []oidc.CodeChallengeMethod{oidc.CodeChallengeMethodS256},
			ClaimsSupported: claimNames, ClaimTypesSupported: []string{"normal"}, UILocalesSupported: oidc.ParseLocales([]string{"sv", "en"}),
			BackChannelLogoutSupported: true, BackChannelLogoutSessionSupported: true,
		},
		Iss: true, Prompts: []string{"none", "login"},
	}), nil
}

// A discovery is the library's document, and what it has no word for.
type discovery struct {
	*oidc.DiscoveryConfiguration
	Iss     bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
	Prompts []string `json:"prompt_values_supported"`
}

func (s *server) Keys(ctx context.Context, _ *op.Request[struct{}]) (*op.Response, error) {
	set, err := s.keys.published(ctx)
	if err != nil {
		return nil, told(err)
	}
	return op.NewResponse(set), nil
}

// VerifyClient finds the client that a request comes from. The op that follows
// proves it again, in its own transaction: this one only reads, so that nobody
// unknown takes the turn of those who change things.
func (s *server) VerifyClient(ctx context.Context, r *op.Request[op.ClientCredentials]) (op.Client, error) {
	if r.Data.ClientAssertion != "" || r.Form.Has("client_assertion_type") {
		return nil, op.NewStatusError(oidc.ErrInvalidClient().WithDescription("assertions are not taken; send a secret"), http.StatusUnauthorized)
	}
	p := proof(r.Data)
	c, err := ops.Do(ctx, s.hub, visitor(r.Header), ops.ProveClient{ClientProof: p})
	if err != nil {
		return nil, told(err)
	}
	return &client{*c, p}, nil
}

func proof(c *op.ClientCredentials) ops.ClientProof {
	return ops.ClientProof{Client: kontrollrum.ClientID(c.ClientID), Secret: kontrollrum.NewSecret(c.ClientSecret)}
}

func (s *server) CodeExchange(ctx context.Context, r *op.ClientRequest[oidc.AccessTokenRequest]) (*op.Response, error) {
	return s.issued(ctx)(ops.Do(ctx, s.hub, visitor(r.Header), ops.RedeemCode{ClientProof: proven(r.Client), Code: kontrollrum.NewSecret(r.Data.Code),
		Redirect: r.Data.RedirectURI, Verifier: r.Data.CodeVerifier}))
}

func (s *server) RefreshToken(ctx context.Context, r *op.ClientRequest[oidc.RefreshTokenRequest]) (*op.Response, error) {
	return s.issued(ctx)(ops.Do(ctx, s.hub, visitor(r.Header), ops.RefreshTokens{ClientProof: proven(r.Client),
		Token: kontrollrum.NewSecret(r.Data.RefreshToken), Scopes: r.Data.Scopes}))
}

func (s *server) DeviceToken(ctx context.Context, r *op.ClientRequest[oidc.DeviceAccessTokenRequest]) (*op.Response, error) {
	return s.issued(ctx)(ops.Do(ctx, s.hub, visitor(r.Header), ops.RedeemDevice{ClientProof: proven(r.Client), Code: kontrollrum.NewSecret(r.Data.DeviceCode)}))
}

// issued makes an answer of what an op issued, or did not.
func (s *server) issued(ctx context.Context) func(*ops.Issued, error) (*op.Response, error) {
	return func(i *ops.Issued, err error) (*op.Response, error) {
		switch {
		case err != nil:
			return nil, told(err)
		case i.Error != "":
			return nil, refused(i.Error, i.Description)
		}
		out := &oidc.AccessTokenResponse{AccessToken: i.Access.Reveal(), TokenType: oidc.BearerToken, RefreshToken: i.Refresh.Reveal(),
			ExpiresIn: seconds(i.Ends.Sub(s.Now())), Scope: i.Scopes}
		if slices.Contains(i.Scopes, oidc.ScopeOpenID) {
			if out.IDToken, err = s.idToken(ctx, i); err != nil {
				return nil, told(err)
			}
		}
		return op.NewResponse(out), nil
	}
}

// seconds is how long that is, to the nearest second.
func seconds(d time.Duration) uint64 { return uint64(max(0, d.Round(time.Second)/time.Second)) }

func (s *server) DeviceAuthorization(ctx context.Context, r *op.ClientRequest[oidc.DeviceAuthorizationRequest]) (*op.Response, error) {
	scopes, err := scopesOf(r.Data.Scopes)
	if err != nil {
		return nil, told(err)
	}
	begun, err := ops.Do(ctx, s.hub, visitor(r.Header), ops.BeginDevice{ClientProof: proven(r.Client), Scopes: scopes})
	switch {
	case err != nil:
		return nil, told(err)
	case begun.Error != "":
		return nil, refused(begun.Error, begun.Description)
	}
	code := begun.UserCode.Reveal()
	code = code[:4] + "-" + code[4:]
	return op.NewResponse(&oidc.DeviceAuthorizationResponse{DeviceCode: begun.Code.Reveal(), UserCode: code, VerificationURI: s.PublicURL + s.Config.Device,
		VerificationURIComplete: s.PublicURL + s.Config.Device + "?user_code=" + code, ExpiresIn: int(seconds(begun.Ends.Sub(s.Now()))), Interval: int(begun.Pace / time.Second)}), nil
}

func (s *server) Introspect(ctx context.Context, r *op.Request[op.IntrospectionRequest]) (*op.Response, error) {
	a, err := ops.Do(ctx, s.hub, visitor(r.Header), ops.Introspect{ClientProof: proof(r.Data.ClientCredentials), Token: kontrollrum.NewSecret(r.Data.Token)})
	switch {
	case err != nil:
		return nil, told(err)
	case a == nil:
		return op.NewResponse(new(oidc.IntrospectionResponse)), nil
	}
	return op.NewResponse(&oidc.IntrospectionResponse{
		Active: true, Scope: a.Scopes, ClientID: string(a.Client), TokenType: oidc.BearerToken, Expiration: oidc.FromTime(a.Ends), IssuedAt: oidc.FromTime(a.Created),
		AuthTime: oidc.FromTime(a.Authenticated), Subject: string(a.User), Audience: oidc.Audience{string(a.Client)}, Issuer: s.PublicURL, JWTID: string(a.Token),
		Username: string(a.Email), AuthenticationMethodsReferences: a.Methods, Claims: map[string]any{"organization": a.Acting, "sid": a.SID},
	}), nil
}

func (s *server) UserInfo(ctx context.Context, r *op.Request[oidc.UserInfoRequest]) (*op.Response, error) {
	who, err := ops.Do(ctx, s.hub, visitor(r.Header), ops.ViewIdentity{Token: kontrollrum.NewSecret(strings.TrimSpace(r.Data.AccessToken))})
	switch {
	case err != nil:
		return nil, told(err)
	case who == nil:
		return nil, op.NewStatusError(&oidc.Error{ErrorType: "invalid_token", Description: "the access token is good for nothing"}, http.StatusUnauthorized)
	case !slices.Contains(who.Scopes, oidc.ScopeOpenID):
		return nil, op.NewStatusError(&oidc.Error{ErrorType: "insufficient_scope", Description: "ask for the scope openid"}, http.StatusForbidden)
	}
	info := userinfo(who)
	info.AppendClaims("auth_time", who.Authenticated.Unix())
	info.AppendClaims("amr", who.Methods)
	return op.NewResponse(info), nil
}

func (s *server) Revocation(ctx context.Context, r *op.ClientRequest[oidc.RevocationRequest]) (*op.Response, error) {
	if _, err := ops.Do(ctx, s.hub, visitor(r.Header), ops.RevokeGranted{ClientProof: proven(r.Client), Token: kontrollrum.NewSecret(r.Data.Token)}); err != nil {
		return nil, told(err)
	}
	return op.NewResponse(nil), nil
}

// A client is one as the library sees it, and its proof.
type client struct {
	kontrollrum.Client
	proof ops.ClientProof
}

func proven(c op.Client) ops.ClientProof {
	if known, ok := c.(*client); ok {
		return known.proof
	}
	return ops.ClientProof{}
}

func (c *client) GetID() string                    { return string(c.ID) }
func (c *client) RedirectURIs() []string           { return c.Redirects }
func (c *client) PostLogoutRedirectURIs() []string { return c.AfterLogout }
func (c *client) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c *client) LoginURL(string) string                                       { return "" } // the library sends nobody there
func (c *client) AccessTokenType() op.AccessTokenType                          { return op.AccessTokenTypeBearer }
func (c *client) IDTokenLifetime() time.Duration                               { return ops.AccessLife }
func (c *client) DevMode() bool                                                { return false }
func (c *client) IsScopeAllowed(string) bool                                   { return true }
func (c *client) IDTokenUserinfoClaimsAssertion() bool                         { return true }
func (c *client) ClockSkew() time.Duration                                     { return 0 }
func (c *client) RestrictAdditionalIdTokenScopes() func([]string) []string     { return slices.Clone }
func (c *client) RestrictAdditionalAccessTokenScopes() func([]string) []string { return slices.Clone }

func (c *client) ApplicationType() op.ApplicationType {
	if c.Public {
		return op.ApplicationTypeNative
	}
	return op.ApplicationTypeWeb
}

func (c *client) AuthMethod() oidc.AuthMethod {
	if c.Public {
		return oidc.AuthMethodNone
	}
	return oidc.AuthMethodBasic
}

func (c *client) GrantTypes() []oidc.GrantType {
	all := []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
	if c.Device {
		all = append(all, oidc.GrantTypeDeviceCode)
	}
	return all
}
