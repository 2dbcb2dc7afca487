package oidc

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// Limits to what a client may have kept for it, in bytes.
const (
	maxState = 4 << 10
	maxNonce = 1 << 10
	maxScope = 2 << 10
)

var challengeText = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`) // of SHA-256 in base64url

// A wrongRequest is answered where the application waits, since its address
// has been found to be its own (RFC 6749 §4.1.2.1).
type wrongRequest struct{ code, description string }

func (e *wrongRequest) Error() string { return e.code + ": " + e.description }

func wrong(code, description string) error { return &wrongRequest{code, description} }

// authorize keeps what a client asks for and sends the browser to sign in, or,
// where nobody may be asked anything (prompt=none), answers at once.
func (p *Provider) authorize(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return p.begin(c, w, r, false)
}

func (p *Provider) begin(c ops.Caller, w http.ResponseWriter, r *http.Request, webex bool) error {
	if r.Method == http.MethodPost {
		if err := form(r); err != nil {
			return err
		}
	}
	if err := r.ParseForm(); err != nil {
		return parsed(err)
	}
	if err := once(r.Form); err != nil {
		return err
	}
	asked, err := op.ParseAuthorizeRequest(r, p.decoder)
	if err != nil {
		return &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: "invalid_request", Message: "a parameter cannot be read"}
	}
	client, err := ops.Do(r.Context(), p.hub, visitorOf(c), ops.FindClient{ID: kontrollrum.ClientID(asked.ClientID)})
	if err != nil {
		return err
	}
	if !client.RedirectsTo(asked.RedirectURI) {
		return kontrollrum.Wrong("redirect_uri", asked.RedirectURI, "the application sent an address that is not registered for it; its operator registers it exactly as it is sent")
	}
	back := &returning{Provider: p, uri: asked.RedirectURI, state: asked.State, webex: webex}
	err = p.ask(c, w, r, asked, client, back)
	var no *wrongRequest
	switch known := kontrollrum.All(err); {
	case errors.As(err, &no):
		back.refuse(w, r, no.code, no.description)
	case len(known) > 0 && known[0].Kind == kontrollrum.Invalid:
		back.refuse(w, r, "invalid_request", known[0].Message)
	default:
		return err
	}
	return nil
}

// ask has a request that came from the client's own address kept.
func (p *Provider) ask(c ops.Caller, w http.ResponseWriter, r *http.Request, asked *oidc.AuthRequest, client *kontrollrum.Client, back *returning) error {
	if len(asked.State) > maxState {
		back.state = ""
		return wrong("invalid_request", "state is longer than 4096 bytes")
	}
	request, err := p.request(r, asked, client, back.webex)
	if err != nil {
		return err
	}
	silently := slices.Contains(asked.Prompt, oidc.PromptNone)
	if silently { // nothing is kept for nobody
		if _, err := ops.Do(r.Context(), p.hub, c, ops.Myself{}); err != nil {
			return silent(err)
		}
	}
	a, err := ops.Do(r.Context(), p.hub, visitorOf(c), ops.BeginAuthorization{Client: client.ID, AuthorizationRequest: *request})
	switch {
	case silently && errors.Is(err, kontrollrum.Busy):
		return wrong("temporarily_unavailable", "try again in a moment") // nobody would see a page
	case err != nil:
		return err
	case !silently:
		http.Redirect(w, r, p.SignIn+"?request="+url.QueryEscape(string(a.ID)), http.StatusSeeOther)
		return nil
	}
	if _, err := ops.Do(r.Context(), p.hub, c, ops.Authorize{Request: a.ID}); err != nil {
		return silent(err)
	}
	return p.issue(r.Context(), c, w, r, a.ID)
}

// silent is why somebody whom nothing may be asked is not let in (OpenID
// Connect Core §3.1.2.6).
func silent(err error) error {
	known := kontrollrum.All(err)
	switch {
	case len(known) == 0:
		return err
	case known[0].Kind == kontrollrum.Unauthenticated, known[0].Code == "step_up_required", known[0].Code == "other_user":
		return wrong("login_required", "nobody is signed in, or not as freshly as was asked")
	case known[0].Kind == kontrollrum.Denied, known[0].Kind == kontrollrum.NotFound:
		return wrong("access_denied", known[0].Code+": "+known[0].Message)
	}
	return err
}

// request checks what a client asks for.
func (p *Provider) request(r *http.Request, asked *oidc.AuthRequest, client *kontrollrum.Client, webex bool) (*kontrollrum.AuthorizationRequest, error) {
	scopes, err := scopesOf(asked.Scopes)
	switch {
	case r.Form.Has("request"):
		return nil, wrong("request_not_supported", "send parameters by themselves")
	case r.Form.Has("request_uri"):
		return nil, wrong("request_uri_not_supported", "send parameters by themselves")
	case asked.ResponseType != oidc.ResponseTypeCode:
		return nil, wrong("unsupported_response_type", "ask for response_type=code")
	case asked.ResponseMode != "" && asked.ResponseMode != oidc.ResponseModeQuery:
		return nil, wrong("invalid_request", "only response_mode=query is served")
	case err != nil:
		return nil, err
	case len(asked.Nonce) > maxNonce:
		return nil, wrong("invalid_request", "nonce is longer than 1024 bytes")
	case len(asked.LoginHint) > 254:
		return nil, wrong("invalid_request", "login_hint is longer than an address")
	case webex && !client.Webex:
		return nil, wrong("unauthorized_client", "the client is not registered for this address; use "+authorizePath)
	case asked.CodeChallenge == "" && !webex:
		return nil, wrong("invalid_request", "send a code_challenge (RFC 7636)")
	case asked.CodeChallenge != "" && asked.CodeChallengeMethod != oidc.CodeChallengeMethodS256:
		return nil, wrong("invalid_request", "send code_challenge_method=S256")
	case asked.CodeChallenge != "" && !challengeText.MatchString(asked.CodeChallenge):
		return nil, wrong("invalid_request", "code_challenge is no SHA-256 in base64url")
	}
	if _, err := op.ValidateAuthReqPrompt(asked.Prompt, nil); err != nil {
		return nil, wrong("invalid_request", "prompt=none stands alone")
	}
	out := &kontrollrum.AuthorizationRequest{
		Redirect: asked.RedirectURI, State: asked.State, Nonce: asked.Nonce, Scopes: scopes, Challenge: asked.CodeChallenge,
		Login: slices.Contains(asked.Prompt, oidc.PromptLogin) || slices.Contains(asked.Prompt, oidc.PromptSelectAccount),
		Hint:  asked.LoginHint, Organization: ops.OrganizationAsked(scopes), Webex: webex,
	}
	if asked.MaxAge != nil {
		age := int(min(*asked.MaxAge, 1<<30))
		out.MaxAge = &age
	}
	for _, tag := range asked.UILocales[:min(len(asked.UILocales), 10)] {
		out.Languages = strings.TrimSpace(out.Languages + " " + tag.String())
	}
	if asked.IDTokenHint != "" {
		claims, err := p.hinted(r.Context(), asked.IDTokenHint)
		if err != nil {
			return nil, wrong("login_required", "the id_token_hint is not the hub's")
		}
		out.User = kontrollrum.UserID(claims.Subject)
	}
	return out, nil
}

// scopesOf checks scopes, leaves out those that nobody here knows, and each
// that stands twice (RFC 6749 §3.3).
func scopesOf(asked []string) (out []string, err error) {
	if len(strings.Join(asked, " ")) > maxScope {
		return nil, wrong("invalid_scope", "the scopes are longer than 2048 bytes")
	}
	for _, s := range asked {
		switch {
		case slices.Contains(out, s):
		case slices.Contains([]string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail, oidc.ScopeOfflineAccess, ops.ScopeAPI, ops.ScopeRead}, s), ops.WebexScope(s),
			strings.HasPrefix(s, ops.ScopeOrganization):
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, wrong("invalid_scope", "ask for a scope, such as openid")
	}
	return out, nil
}

// hinted reads an ID token that comes back, expired or not, if it is the hub's.
func (p *Provider) hinted(ctx context.Context, token string) (*oidc.IDTokenClaims, error) {
	claims, err := op.VerifyIDTokenHint[*oidc.IDTokenClaims](ctx, token, op.NewIDTokenHintVerifier(p.PublicURL, p.keys, op.WithSupportedIDTokenHintSigningAlgorithms("RS256")))
	if err != nil && !errors.As(err, new(op.IDTokenHintExpiredError)) {
		return nil, err
	}
	return claims, nil
}

// callback sends the browser in which somebody said yes back to the
// application, with a code.
func (p *Provider) callback(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := once(r.URL.Query()); err != nil {
		return err
	}
	err := p.issue(r.Context(), c, w, r, kontrollrum.AuthorizationID(r.URL.Query().Get("id")))
	if errors.Is(err, kontrollrum.Unauthenticated) {
		return kontrollrum.Missing("authorization") // of this browser
	}
	return err
}

func (p *Provider) issue(ctx context.Context, c ops.Caller, w http.ResponseWriter, r *http.Request, id kontrollrum.AuthorizationID) error {
	made, err := ops.Do(ctx, p.hub, c, ops.IssueCode{Request: id})
	if err != nil {
		return err
	}
	back := &returning{Provider: p, uri: made.Redirect, state: made.State, webex: made.Webex}
	back.to(w, r, url.Values{"code": {made.Code.Reveal()}})
	return nil
}

// A returning is the way back to an application.
type returning struct {
	*Provider
	uri, state string
	webex      bool // as the Webex SDKs know it: without iss
}

func (b *returning) refuse(w http.ResponseWriter, r *http.Request, code, description string) {
	b.to(w, r, url.Values{"error": {code}, "error_description": {description}})
}

func (b *returning) to(w http.ResponseWriter, r *http.Request, v url.Values) {
	if b.state != "" {
		v.Set("state", b.state)
	}
	if !b.webex {
		v.Set("iss", b.PublicURL) // RFC 9207
	}
	http.Redirect(w, r, with(b.uri, v), http.StatusSeeOther)
}

// with adds to what a registered address asks already, and changes none of it.
func with(uri string, v url.Values) string {
	if len(v) == 0 {
		return uri
	}
	if strings.Contains(uri, "?") {
		return uri + "&" + v.Encode()
	}
	return uri + "?" + v.Encode()
}

// visitorOf is nobody, from where c is.
func visitorOf(c ops.Caller) ops.Caller {
	return ops.Caller{TrackingID: c.TrackingID, IP: c.IP, UserAgent: c.UserAgent}
}

// endSession ends the session that an ID token names, and sends the browser
// where the application is registered to have it (OpenID Connect RP-Initiated
// Logout). Without one the person is asked: no link may sign anybody out.
func (p *Provider) endSession(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parsed(err)
	}
	if err := once(r.Form); err != nil {
		return err
	}
	hint, id, to, state := r.Form.Get("id_token_hint"), r.Form.Get("client_id"), r.Form.Get("post_logout_redirect_uri"), r.Form.Get("state")
	if len(state) > maxState {
		return kontrollrum.Wrong("state", "", "it is longer than 4096 bytes")
	}
	if hint == "" {
		http.Redirect(w, r, p.SignOut, http.StatusSeeOther)
		return nil
	}
	claims, err := p.hinted(r.Context(), hint)
	if err != nil {
		return kontrollrum.Wrong("id_token_hint", "", "the application sent an ID token that is not the hub's")
	}
	if id != "" && id != claims.AuthorizedParty {
		return kontrollrum.Wrong("client_id", id, "the application sent another application's ID token")
	}
	if to != "" {
		client, err := ops.Do(r.Context(), p.hub, visitorOf(c), ops.FindClient{ID: kontrollrum.ClientID(claims.AuthorizedParty)})
		if err != nil {
			return err
		}
		if !client.SignsOutTo(to) {
			return kontrollrum.Wrong("post_logout_redirect_uri", to, "the application sent an address that is not registered for it; its operator registers it exactly as it is sent")
		}
	}
	gone := ops.EndSessionKnownAs{User: kontrollrum.UserID(claims.Subject), SID: kontrollrum.SessionID(claims.SessionID)}
	if _, err := ops.Do(r.Context(), p.hub, visitorOf(c), gone); err != nil {
		return err
	}
	if to == "" {
		http.Redirect(w, r, p.SignIn, http.StatusSeeOther)
		return nil
	}
	v := url.Values{}
	if state != "" {
		v.Set("state", state)
	}
	http.Redirect(w, r, with(to, v), http.StatusSeeOther)
	return nil
}
