package oidc_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/client/rs"
	zitadel "github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// TestZitadel: the relying party and the resource server of
// github.com/zitadel/oidc, unchanged.
func TestZitadel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	ctx, tls := t.Context(), w.server.Client()
	party, err := rp.NewRelyingPartyOIDC(ctx, w.server.URL, "app", w.secret, redirect, []string{"openid", "profile", "email", "offline_access", ops.ScopeAPI},
		rp.WithHTTPClient(tls), rp.WithSigningAlgsFromDiscovery())
	if err != nil {
		t.Fatal(err)
	}
	b := w.browser("chief")
	_, verifier := w.ask()
	to, _, page := b.open(rp.AuthURL("state", party, rp.WithCodeChallenge(challenge(verifier))))
	if to == nil || to.Query().Get("code") == "" {
		t.Fatalf("sent to %v: %s", to, page)
	}
	got, err := rp.CodeExchange[*zitadel.IDTokenClaims](ctx, to.Query().Get("code"), party, rp.WithCodeVerifier(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if c := got.IDTokenClaims; c.Subject != string(w.users["chief"]) || c.Name != "Åsa chief" || c.Claims["mode"] != "full" || c.Claims["role"] != "full_admin" || c.SessionID == "" || c.AuthorizedParty != "app" {
		t.Errorf("ID token %+v", c)
	}
	info, err := rp.Userinfo[*zitadel.UserInfo](ctx, got.AccessToken, "Bearer", got.IDTokenClaims.Subject, party)
	if err != nil || info.Email != "chief@sun.example" || info.Claims["organization_plate"] != "SUN" {
		t.Errorf("userinfo %+v, %v", info, err)
	}
	server, err := rs.NewResourceServerClientCredentials(ctx, w.server.URL, "app", w.secret, rs.WithClient(tls))
	if err != nil {
		t.Fatal(err)
	}
	is, err := rs.Introspect[*zitadel.IntrospectionResponse](ctx, server, got.AccessToken)
	if err != nil || !is.Active || is.Subject != string(w.users["chief"]) || is.ClientID != "app" || is.Username != "chief@sun.example" || is.Claims["organization"] != string(w.sun) ||
		!strings.Contains(strings.Join(is.Scope, " "), ops.ScopeAPI) || is.Issuer != w.server.URL {
		t.Errorf("introspected %+v, %v", is, err)
	}
	fresh, err := rp.RefreshTokens[*zitadel.IDTokenClaims](ctx, party, got.RefreshToken, "", "")
	if err != nil || fresh.AccessToken == got.AccessToken || fresh.IDTokenClaims.Subject != got.IDTokenClaims.Subject {
		t.Fatalf("refreshed %+v, %v", fresh, err)
	}
	if err := rp.RevokeToken(ctx, party, fresh.AccessToken, "access_token"); err != nil || w.alive(t, fresh.AccessToken) || !w.alive(t, got.AccessToken) {
		t.Errorf("an access token revoked: %v", err)
	}
	if err := rp.RevokeToken(ctx, party, fresh.RefreshToken, "refresh_token"); err != nil || w.alive(t, got.AccessToken) {
		t.Errorf("a refresh token revoked: %v", err)
	}
	if err := rp.RevokeToken(ctx, party, "unknown", ""); err != nil {
		t.Errorf("an unknown token revoked: %v", err)
	}
	if _, err := rp.RefreshTokens[*zitadel.IDTokenClaims](ctx, party, fresh.RefreshToken, "", ""); err == nil {
		t.Error("revoked, and refreshed")
	}
	for what, token := range map[string]string{"revoked": fresh.AccessToken, "unknown": "x", "ID token": got.IDToken, "refresh token": fresh.RefreshToken} {
		if is, err := rs.Introspect[*zitadel.IntrospectionResponse](ctx, server, token); err != nil || is.Active || is.Subject != "" || is.ClientID != "" {
			t.Errorf("%s introspected: %+v, %v", what, is, err)
		}
	}
	// Personal tokens are nobody's but their person's.
	personal := must(w, ops.Operator(), ops.CreateToken{User: "chief@sun.example", Secret: kontrollrum.NewToken}).Secret.Reveal()
	if is, err := rs.Introspect[*zitadel.IntrospectionResponse](ctx, server, personal); err != nil || is.Active {
		t.Errorf("a personal token introspected: %+v, %v", is, err)
	}
	if status, _, _ := w.send(t, http.MethodGet, "/oauth/userinfo", nil, http.Header{"Authorization": {"Bearer " + personal}}); status != http.StatusUnauthorized {
		t.Errorf("userinfo of a personal token: %d", status)
	}
	at, err := rp.EndSession(ctx, party, got.IDToken, after, "bye", "", nil)
	if err != nil || at.String() != after+"?state=bye" {
		t.Errorf("signed out to %v, %v", at, err)
	}
	if to, status, _ := b.open(rp.AuthURL("state", party, rp.WithCodeChallenge(challenge(verifier)))); to != nil || status != http.StatusForbidden {
		t.Errorf("signed out, and signed in: %v", to)
	}
}

// TestDevices: a command line is let in by a browser elsewhere.
func TestDevices(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			ctx := t.Context()
			party, err := rp.NewRelyingPartyOIDC(ctx, w.server.URL, "hub", "", "", []string{"openid", "offline_access", ops.ScopeRead}, rp.WithHTTPClient(w.server.Client()))
			if err != nil {
				t.Fatal(err)
			}
			begin := func() *zitadel.DeviceAuthorizationResponse {
				t.Helper()
				began, err := rp.DeviceAuthorization(ctx, []string{"openid", "offline_access", ops.ScopeRead}, party, nil)
				if err != nil || len(began.UserCode) != 9 || began.VerificationURI != w.server.URL+"/device" || !strings.HasSuffix(began.VerificationURIComplete, "?user_code="+began.UserCode) ||
					began.Interval != 5 || began.ExpiresIn != 600 {
					t.Fatalf("began %+v, %v", began, err)
				}
				return began
			}
			poll := func(d *zitadel.DeviceAuthorizationResponse, client ...string) (int, any) {
				t.Helper()
				status, out := w.post(t, "/oauth/token", append([]string{"grant_type", string(zitadel.GrantTypeDeviceCode), "device_code", d.DeviceCode}, client...)...)
				return status, out["error"]
			}
			hub, app := []string{"client_id", "hub"}, []string{"client_id", "app", "client_secret", w.secret}
			session := ops.Session(w.browser("").signIn("chief"))

			d := begin()
			for _, want := range []string{"authorization_pending", "slow_down", "slow_down"} {
				if status, got := poll(d, hub...); status != 400 || got != want {
					t.Errorf("polled: %d %v, want %s", status, got, want)
				}
			}
			if status, got := poll(d, app...); status != 400 || got != "invalid_grant" {
				t.Errorf("polled by another client: %d %v", status, got)
			}
			if view := must(w, session, ops.ViewDeviceCode{Code: "BCDF-GHJK"}); view.Code != ops.WrongCode {
				t.Errorf("a wrong code: %+v", view)
			}
			typed := strings.ToLower(strings.ReplaceAll(d.UserCode, "-", " "))
			if view := must(w, session, ops.ViewDeviceCode{Code: typed}); view.Code != "" || view.Client.ID != "hub" || len(view.Scopes) != 3 {
				t.Errorf("the code: %+v", view)
			}
			if view := must(w, session, ops.ApproveDevice{Code: typed}); view.Code != "" {
				t.Errorf("approved: %+v", view)
			}
			w.later(20 * time.Second)
			given, err := rp.DeviceAccessToken(ctx, d.DeviceCode, time.Duration(d.Interval)*time.Second, party)
			if err != nil || given.RefreshToken == "" || given.IDToken == "" || !w.alive(t, given.AccessToken) {
				t.Fatalf("given %+v, %v", given, err)
			}
			if _, err := ops.Do(ctx, w.hub, ops.Bearer(kontrollrum.NewSecret(given.AccessToken)), ops.AddUser{Email: "ny@sun.example", Details: ops.Details{FirstName: "Ny"}}); err == nil ||
				!strings.Contains(err.Error(), "insufficient_scope") {
				t.Errorf("a token that reads adds a user: %v", err)
			}
			if status, got := poll(d, hub...); status != 400 || got != "invalid_grant" {
				t.Errorf("redeemed again: %d %v", status, got)
			}
			if view := must(w, session, ops.ApproveDevice{Code: d.UserCode}); view.Code != ops.WrongCode {
				t.Errorf("approved again: %+v", view)
			}

			d = begin()
			must(w, session, ops.DenyDevice{Code: d.UserCode})
			if status, got := poll(d, hub...); status != 400 || got != "access_denied" {
				t.Errorf("turned away: %d %v", status, got)
			}
			d = begin()
			w.later(ops.DeviceLife)
			if status, got := poll(d, hub...); status != 400 || got != "expired_token" {
				t.Errorf("expired: %d %v", status, got)
			}
			if view := must(w, session, ops.ViewDeviceCode{Code: d.UserCode}); view.Code != ops.WrongCode {
				t.Errorf("expired, and shown: %+v", view)
			}
			// Whoever guesses waits.
			wait := false
			for range 10 {
				wait = wait || must(w, session, ops.ViewDeviceCode{Code: "BCDF-GHJK"}).Code == ops.TooManyAttempts
			}
			if !wait {
				t.Error("ten guesses in a row, and no wait")
			}
			// Who may not enter the application lets no device in; nobody does with a token.
			must(w, ops.Operator(), ops.AddClient{ID: "desk", Name: "Desk", Public: true, Device: true, Application: desktop})
			status, out := w.post(t, "/oauth/device_authorization", "client_id", "desk", "scope", "openid")
			if status != 200 {
				t.Fatalf("%d %v", status, out)
			}
			w.later(time.Hour)
			status, out = w.post(t, "/oauth/device_authorization", "client_id", "desk", "scope", "openid")
			code, _ := out["user_code"].(string)
			if _, err := ops.Do(ctx, w.hub, session, ops.ApproveDevice{Code: code}); err == nil || !strings.Contains(err.Error(), "agent_license") {
				t.Errorf("without a licence: %d %v", status, err)
			}
			if _, err := ops.Do(ctx, w.hub, ops.User(w.users["chief"]), ops.ApproveDevice{Code: code}); err == nil {
				t.Error("approved without a session")
			}
			if status, out := w.post(t, "/oauth/device_authorization", "client_id", "management-portal", "scope", "openid"); status != 400 || out["error"] != "unauthorized_client" {
				t.Errorf("a client that is not for devices: %d %v", status, out)
			}
		})
	}
}
