package oidc

import (
	"errors"
	"net/http"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// authorizeWebex is /v1/authorize, as the Webex SDKs know it: for clients that
// are registered for it, without PKCE, and with a refresh token in any case.
func (p *Provider) authorizeWebex(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return p.begin(c, w, r, true)
}

// A webexTokens is the answer of /v1/access_token.
type webexTokens struct {
	AccessToken         string `json:"access_token"`
	ExpiresIn           uint64 `json:"expires_in"`
	RefreshToken        string `json:"refresh_token"`
	RefreshTokenExpires uint64 `json:"refresh_token_expires_in"`
	TokenType           string `json:"token_type"`
	Scope               string `json:"scope"`
}

// A webexError is an error of both worlds: family A of the wire, and RFC 6749.
type webexError struct {
	Message     string        `json:"message"`
	Errors      []webexDetail `json:"errors"`
	TrackingID  string        `json:"trackingId"`
	Error       string        `json:"error"`
	Description string        `json:"error_description"`
}

type webexDetail struct {
	Description string `json:"description"`
}

// webexToken is /v1/access_token: the secret in the body, the refresh token
// rolls.
func (p *Provider) webexToken(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	refuse := func(status int, code, description string) error {
		answer(w, status, webexError{description, []webexDetail{{description}}, c.TrackingID, code, description})
		return nil
	}
	if err := form(r); err != nil {
		var tooLarge *http.MaxBytesError
		if known := kontrollrum.All(err); len(known) > 0 && !errors.As(err, &tooLarge) {
			return refuse(http.StatusBadRequest, "invalid_request", known[0].Message)
		}
		return err
	}
	f := r.PostForm
	proof := ops.ClientProof{Client: kontrollrum.ClientID(f.Get("client_id")), Secret: kontrollrum.NewSecret(f.Get("client_secret"))}
	client, err := ops.Do(r.Context(), p.hub, visitorOf(c), ops.ProveClient{ClientProof: proof})
	switch {
	case errors.Is(err, kontrollrum.NotFound), errors.Is(err, kontrollrum.Invalid):
		return refuse(http.StatusUnauthorized, ops.InvalidClient, "the client is unknown, or its secret is wrong")
	case err != nil:
		return err
	case !client.Webex:
		return refuse(http.StatusBadRequest, ops.UnauthorizedClient, "the client is not registered for this address; use "+tokenPath)
	}
	var out *ops.Issued
	switch f.Get("grant_type") {
	case "authorization_code":
		out, err = ops.Do(r.Context(), p.hub, visitorOf(c), ops.RedeemCode{ClientProof: proof, Code: kontrollrum.NewSecret(f.Get("code")), Redirect: f.Get("redirect_uri"),
			Verifier: f.Get("code_verifier"), Webex: true})
	case "refresh_token":
		out, err = ops.Do(r.Context(), p.hub, visitorOf(c), ops.RefreshTokens{ClientProof: proof, Token: kontrollrum.NewSecret(f.Get("refresh_token"))})
	default:
		return refuse(http.StatusBadRequest, "unsupported_grant_type", "use authorization_code or refresh_token")
	}
	if err != nil {
		return err
	}
	if out.Error != "" {
		return refuse(http.StatusBadRequest, out.Error, out.Description)
	}
	now := p.Now()
	answer(w, http.StatusOK, webexTokens{out.Access.Reveal(), seconds(out.Ends.Sub(now)), out.Refresh.Reveal(), seconds(out.RefreshEnds.Sub(now)), "Bearer", strings.Join(out.Scopes, " ")})
	return nil
}
