package oidc_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	coreos "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// TestGoOIDC: github.com/coreos/go-oidc with golang.org/x/oauth2, unchanged.
func TestGoOIDC(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			ctx := coreos.ClientContext(t.Context(), w.server.Client())
			provider, err := coreos.NewProvider(ctx, w.server.URL)
			if err != nil {
				t.Fatal(err)
			}
			config := oauth2.Config{ClientID: "app", ClientSecret: w.secret, RedirectURL: redirect, Endpoint: provider.Endpoint(),
				Scopes: []string{"openid", "profile", "email", "offline_access", ops.ScopeAPI, ops.ScopeOrganization + "SUN"}}
			verifier := oauth2.GenerateVerifier()
			_, link, _ := strings.Cut(must(w, ops.Operator(), ops.MakeLink{User: "chief@sun.example"}).URL.Reveal(), "?token=")
			must(w, ops.Caller{}, ops.AcceptLink{Token: kontrollrum.NewSecret(link)}) // which confirms the address
			b := w.browser("chief")
			to, _, page := b.open(config.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier), coreos.Nonce("nonce")))
			if to == nil || to.Query().Get("state") != "state" || to.Query().Get("iss") != w.server.URL || !strings.HasPrefix(to.String(), redirect+"?") {
				t.Fatalf("sent to %v: %s", to, page)
			}
			token, err := config.Exchange(ctx, to.Query().Get("code"), oauth2.VerifierOption(verifier))
			if err != nil {
				t.Fatal(err)
			}
			if d := time.Until(token.Expiry); d < 50*time.Minute || d > 61*time.Minute || !strings.HasSuffix(token.AccessToken, "_"+string(w.sun)) {
				t.Errorf("token %q for %v", token.AccessToken, d)
			}
			raw, _ := token.Extra("id_token").(string)
			id, err := provider.VerifierContext(ctx, &coreos.Config{ClientID: "app"}).Verify(ctx, raw)
			if err != nil {
				t.Fatal(err)
			}
			if err := id.VerifyAccessToken(token.AccessToken); err != nil || id.Nonce != "nonce" || id.Subject != string(w.users["chief"]) {
				t.Errorf("ID token %+v, %v", id, err)
			}
			type claims struct {
				Mode, Organization, Role, Name, Email, Locale, Zoneinfo, SID string
				Plate                                                        string `json:"organization_plate"`
				Verified                                                     bool   `json:"email_verified"`
				AuthTime                                                     int64  `json:"auth_time"`
				AMR                                                          []string
			}
			check := func(what string, c claims) {
				t.Helper()
				if c.Mode != "full" || c.Organization != string(w.sun) || c.Plate != "SUN" || c.Role != "full_admin" || c.Name != "Åsa chief" || c.Email != "chief@sun.example" ||
					!c.Verified || c.Locale != "sv" || c.Zoneinfo != "Europe/Stockholm" || c.SID == "" {
					t.Errorf("%s: %+v", what, c)
				}
			}
			var c claims
			if err := id.Claims(&c); err != nil || c.AuthTime == 0 || !slices.Equal(c.AMR, []string{"pwd"}) {
				t.Errorf("claims %+v, %v", c, err)
			}
			check("ID token", c)
			info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
			if err != nil || info.Subject != id.Subject || info.Email != "chief@sun.example" || !info.EmailVerified {
				t.Fatalf("userinfo %+v, %v", info, err)
			}
			c = claims{}
			if err := info.Claims(&c); err != nil {
				t.Error(err)
			}
			check("userinfo", c)
			if c.AuthTime == 0 || !slices.Equal(c.AMR, []string{"pwd"}) {
				t.Errorf("userinfo: %+v", c)
			}
			me, err := ops.Do(ctx, w.hub, ops.Bearer(kontrollrum.NewSecret(token.AccessToken)), ops.Myself{})
			if err != nil || me.ID != w.users["chief"] {
				t.Errorf("the API: %+v, %v", me, err)
			}

			// Refreshes, each time with what it was given last.
			for range 3 {
				old := *token
				old.Expiry = time.Now().Add(-time.Hour)
				if token, err = config.TokenSource(ctx, &old).Token(); err != nil {
					t.Fatal(err)
				}
				if token.AccessToken == old.AccessToken || token.RefreshToken == old.RefreshToken || !w.alive(t, token.AccessToken) {
					t.Error("refreshed, and not new")
				}
			}
			refreshed, _ := token.Extra("id_token").(string)
			again, err := provider.VerifierContext(ctx, &coreos.Config{ClientID: "app"}).Verify(ctx, refreshed)
			if err != nil || again.Subject != id.Subject || again.Nonce != "" || again.VerifyAccessToken(token.AccessToken) != nil {
				t.Errorf("ID token of a refresh: %+v, %v", again, err)
			}

			// Signs out where the discovery document says.
			var found struct {
				End string `json:"end_session_endpoint"`
			}
			if err := provider.Claims(&found); err != nil {
				t.Fatal(err)
			}
			to, _, page = b.open(found.End + "?" + url.Values{"id_token_hint": {raw}, "post_logout_redirect_uri": {after}, "state": {"bye"}}.Encode())
			if to == nil || to.String() != after+"?state=bye" {
				t.Errorf("signed out to %v: %s", to, page)
			}
			address, _ := w.ask()
			if to, status, _ := b.open(address); to != nil || status != http.StatusForbidden {
				t.Errorf("signed out, and signed in: %v %d", to, status)
			}
			if !w.alive(t, token.AccessToken) {
				t.Error("offline access ended with the session")
			}
		})
	}
}
