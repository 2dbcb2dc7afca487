package oidc_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/WebexCommunity/webex-go-sdk/v2/people"
	"github.com/WebexCommunity/webex-go-sdk/v2/webexsdk"
	webexteams "github.com/jbogarin/go-cisco-webex-teams/sdk"
	"golang.org/x/oauth2"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// TestWebexSDKs: both Go SDKs with a token from /v1/access_token, and with the
// one that a refresh brings. One of them keeps its connection in a package
// variable: not in parallel.
func TestWebexSDKs(t *testing.T) {
	w := newWorld(t, "sqlite")
	secret := must(w, ops.Operator(), ops.AddClient{ID: "bot", Name: "Bot", Redirects: []string{redirect}, Webex: true}).Secret.Reveal()
	config := oauth2.Config{ClientID: "bot", ClientSecret: secret, RedirectURL: redirect, Scopes: []string{"spark-admin:people_read", "spark-admin:people_write", "cjp:config"},
		Endpoint: oauth2.Endpoint{AuthURL: w.server.URL + "/v1/authorize", TokenURL: w.server.URL + "/v1/access_token", AuthStyle: oauth2.AuthStyleInParams}}
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, w.server.Client())
	to, _, page := w.browser("chief").open(config.AuthCodeURL("state"))
	if to == nil || to.Query().Get("code") == "" || to.Query().Get("state") != "state" || len(to.Query()) != 2 {
		t.Fatalf("sent to %v: %s", to, page)
	}
	token, err := config.Exchange(ctx, to.Query().Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	uses := func(token *oauth2.Token) {
		t.Helper()
		if token.Type() != "Bearer" || token.Extra("refresh_token_expires_in") != float64(90*24*3600) || token.Extra("scope") != "spark-admin:people_read spark-admin:people_write cjp:config" ||
			!strings.HasSuffix(token.AccessToken, "_"+string(w.sun)) || token.RefreshToken == "" || token.Extra("id_token") != nil {
			t.Errorf("token %+v", token)
		}
		one, err := webexsdk.NewClient(token.AccessToken, &webexsdk.Config{BaseURL: w.server.URL + "/v1", HttpClient: w.server.Client()})
		if err != nil {
			t.Fatal(err)
		}
		if me, err := people.New(one, nil).GetMe(); err != nil || me.DisplayName != "Åsa chief" {
			t.Errorf("me: %+v, %v", me, err)
		}
		other := webexteams.NewClient()
		webexteams.RestyClient.SetTransport(w.server.Client().Transport).SetHostURL(w.server.URL + "/v1")
		other.SetAuthToken(token.AccessToken)
		if me, _, err := other.People.GetMe(); err != nil || me.DisplayName != "Åsa chief" {
			t.Errorf("me: %+v, %v", me, err)
		}
		list, _, err := other.People.ListPeople(&webexteams.ListPeopleQueryParams{})
		if err != nil || len(list.Items) != len(w.users) {
			t.Errorf("list: %+v, %v", list, err)
		}
	}
	uses(token)
	old := *token
	old.Expiry = time.Now().Add(-time.Hour)
	fresh, err := config.TokenSource(ctx, &old).Token()
	if err != nil || fresh.RefreshToken == token.RefreshToken {
		t.Fatalf("refreshed %+v, %v", fresh, err)
	}
	uses(fresh)
	if _, err := config.TokenSource(ctx, &old).Token(); err == nil || w.alive(t, fresh.AccessToken) {
		t.Errorf("a refresh token came back: %v", err)
	}
}

// TestWebexScopes: a token that reads changes nothing.
func TestWebexScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	secret := must(w, ops.Operator(), ops.AddClient{ID: "bot", Name: "Bot", Redirects: []string{redirect}, Webex: true}).Secret.Reveal()
	b := w.browser("chief")
	give := func(scope string) (int, map[string]any) {
		v := url.Values{"response_type": {"code"}, "client_id": {"bot"}, "redirect_uri": {redirect}, "scope": {scope}}
		to, _, page := b.open(w.server.URL + "/v1/authorize?" + v.Encode())
		if to == nil {
			t.Fatal(page)
		}
		return w.post(t, "/v1/access_token", "grant_type", "authorization_code", "client_id", "bot", "client_secret", secret, "code", to.Query().Get("code"), "redirect_uri", redirect)
	}
	for scope, want := range map[string][2]bool{
		"spark-admin:people_read": {true, false}, "identity:people_read": {true, false}, "cjp:config_read": {true, false}, "spark-admin:people_write": {true, true}, "identity:people_rw": {true, true},
		"cjp:config": {true, true}, "Identity:SCIM": {true, true}, "urn:kontrollrum:api": {true, true}, "urn:kontrollrum:api:read": {true, false}, "openid": {false, false},
		"spark:all": {true, true}, "spark:kms": {false, false}, "cjp:user": {false, false}, "Identity:one_time_password": {false, false},
	} {
		status, out := give(scope)
		if status != 200 || out["scope"] != scope {
			t.Errorf("%s: %d %v", scope, status, out)
			continue
		}
		_, write := ops.Do(t.Context(), w.hub, ops.Bearer(kontrollrum.NewSecret(given(out).access)), ops.EditUser{User: "plain@sun.example", Details: ops.Details{FirstName: scope}})
		if got := [2]bool{w.alive(t, given(out).access), write == nil}; got != want {
			t.Errorf("%s: reads and writes %v, want %v (%v)", scope, got, want, write)
		}
		status, header, _ := w.send(t, http.MethodGet, "/v1/people", nil, http.Header{"Authorization": {"Bearer " + given(out).access}})
		if want[0] && status != 200 || !want[0] && (status != 403 || !strings.Contains(header.Get("WWW-Authenticate"), "insufficient_scope")) {
			t.Errorf("%s: the API answers %d %v", scope, status, header)
		}
	}

	// What is wrong is told as both worlds know it.
	for what, c := range map[string]struct {
		change []string
		status int
		want   string
	}{
		"wrong secret":   {[]string{"client_id", "bot", "client_secret", "x", "grant_type", "refresh_token"}, 401, "invalid_client"},
		"other client":   {[]string{"client_id", "app", "client_secret", w.secret, "grant_type", "refresh_token"}, 400, "unauthorized_client"},
		"public client":  {[]string{"client_id", "hub", "grant_type", "refresh_token"}, 400, "unauthorized_client"},
		"no grant":       {[]string{"client_id", "bot", "client_secret", secret}, 400, "unsupported_grant_type"},
		"wrong token":    {[]string{"client_id", "bot", "client_secret", secret, "grant_type", "refresh_token", "refresh_token", "x"}, 400, "invalid_grant"},
		"wrong code":     {[]string{"client_id", "bot", "client_secret", secret, "grant_type", "authorization_code", "code", "x"}, 400, "invalid_grant"},
		"twice the same": {[]string{"client_id", "bot", "client_id", "bot"}, 400, "invalid_request"},
	} {
		status, out := w.post(t, "/v1/access_token", c.change...)
		if status != c.status || out["error"] != c.want || out["message"] == "" || out["trackingId"] == "" || out["errors"] == nil {
			t.Errorf("%s: %d %v, want %d %s", what, status, out, c.status, c.want)
		}
	}
	// A client that is not registered for it must have PKCE, also here; and a code stays where it was asked for.
	address, _ := w.ask()
	if to, _, _ := b.open(strings.Replace(address, "/oauth/authorize", "/v1/authorize", 1)); to == nil || to.Query().Get("error") != "unauthorized_client" {
		t.Errorf("another client: sent to %v", to)
	}
	address, _ = w.ask("client_id", "bot", "code_challenge", "")
	if to, _, _ := b.open(address); to == nil || to.Query().Get("error") != "invalid_request" {
		t.Errorf("without PKCE: sent to %v", to)
	}
	v := url.Values{"response_type": {"code"}, "client_id": {"bot"}, "redirect_uri": {redirect}, "scope": {"openid"}}
	to, _, _ := b.open(w.server.URL + "/v1/authorize?" + v.Encode())
	if status, out := w.post(t, "/oauth/token", "grant_type", "authorization_code", "client_id", "bot", "client_secret", secret, "code", to.Query().Get("code"), "redirect_uri", redirect); status != 400 || out["error"] != "invalid_grant" {
		t.Errorf("redeemed elsewhere: %d %v", status, out)
	}
}

// TestStepUp: an access token is as fresh as the sign-in behind it, and the API
// says so in the words of RFC 9470.
func TestStepUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	code, verifier := w.code(w.browser("chief"))
	got := w.redeem(code, verifier)
	op := ops.AssignRole{User: "plain@sun.example", Role: fullAdmin}
	w.later(ops.StepUp + time.Second)
	if _, err := ops.Do(t.Context(), w.hub, ops.Bearer(kontrollrum.NewSecret(got.access)), op); err == nil || !strings.Contains(err.Error(), "step_up_required") {
		t.Errorf("after 15 minutes: %v", err)
	}
	_, out := w.refresh(t, w.secret, got.refresh) // which proves nothing
	if _, err := ops.Do(t.Context(), w.hub, ops.Bearer(kontrollrum.NewSecret(given(out).access)), op); err == nil {
		t.Error("a refresh made it fresh")
	}
	code, verifier = w.code(w.browser("chief"))
	if _, err := ops.Do(t.Context(), w.hub, ops.Bearer(kontrollrum.NewSecret(w.redeem(code, verifier).access)), op); err != nil {
		t.Error(err)
	}
}
