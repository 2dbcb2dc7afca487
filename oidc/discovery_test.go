package oidc_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/oidc"
	"github.com/kontrollrum/kontrollrum/ops"
)

// TestDiscovery: the document says what is served, and nothing else; pages of
// other sites may read what goes by no cookie.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	status, header, d := w.send(t, http.MethodGet, "/.well-known/openid-configuration", nil, nil)
	text, _ := json.Marshal(d)
	if status != 200 || header.Get("Access-Control-Allow-Origin") != "*" || header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%d %v", status, header)
	}
	for member, want := range map[string]string{
		"issuer": `"` + w.server.URL + `"`, "response_types_supported": `["code"]`, "grant_types_supported": `["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:device_code"]`,
		"code_challenge_methods_supported": `["S256"]`, "id_token_signing_alg_values_supported": `["RS256"]`, "response_modes_supported": `["query"]`,
		"authorization_response_iss_parameter_supported": `true`, "backchannel_logout_supported": `true`, "request_uri_parameter_supported": `false`,
		"token_endpoint_auth_methods_supported": `["none","client_secret_basic","client_secret_post"]`,
	} {
		if got, _ := json.Marshal(d[member]); string(got) != want {
			t.Errorf("%s is %s, want %s", member, got, want)
		}
	}
	for _, word := range []string{"implicit", "token-exchange", "jwt-bearer", "client_credentials", "private_key_jwt", "fragment", "form_post", "id_token token", "phone", "address"} {
		if strings.Contains(string(text), `"`+word) {
			t.Errorf("the document speaks of %s", word)
		}
	}
	for member, at := range d {
		if at, _ := at.(string); strings.HasSuffix(member, "_endpoint") || member == "jwks_uri" {
			status, _, _ := w.send(t, http.MethodOptions, strings.TrimPrefix(at, w.server.URL), nil, nil)
			if status == http.StatusNotFound {
				t.Errorf("%s: nothing is served at %s", member, at)
			}
		}
	}
	for path, want := range map[string]string{"/oauth/token": "*", "/oauth/userinfo": "*", "/oauth/revoke": "*", "/oauth/keys": "*", "/oauth/introspect": "", "/oauth/authorize": "", "/oauth/end_session": "", "/v1/access_token": ""} {
		if _, header, _ := w.send(t, http.MethodOptions, path, nil, http.Header{"Origin": {"https://front.example"}, "Access-Control-Request-Method": {"POST"}}); header.Get("Access-Control-Allow-Origin") != want && path != "/oauth/keys" {
			t.Errorf("OPTIONS %s lets in %q", path, header.Get("Access-Control-Allow-Origin"))
		}
	}
}

// TestIssuers: codes and tokens go by TLS, or stay on the machine.
func TestIssuers(t *testing.T) {
	t.Parallel()
	for public, want := range map[string]bool{
		"https://hub.example": true, "http://127.0.0.1:8080": true, "http://localhost:8080": true, "http://[::1]:8080": true, "http://hub.example": false, "http://10.0.0.1": false,
		"http://127.0.0.1.example": false, "": false, "hub.example": false, "ftp://hub.example": false,
	} {
		if _, err := oidc.New(nil, oidc.Config{PublicURL: public}); (err == nil) != want {
			t.Errorf("%s: %v", public, err)
		}
	}
}

// TestStepUpOverHTTP: the API says in the words of RFC 9470 that a fresh
// sign-in is asked for.
func TestStepUpOverHTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	code, verifier := w.code(w.browser("chief"))
	got := w.redeem(code, verifier)
	w.later(ops.StepUp * 2)
	role := base64.RawURLEncoding.EncodeToString([]byte("ciscospark://us/ROLE/id_full_admin"))
	body := strings.NewReader(`{"emails":["ny@sun.example"],"displayName":"Ny","roles":["` + role + `"]}`)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/v1/people", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+got.access)
	r.Header.Set("Content-Type", "application/json")
	response, err := w.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if challenge := response.Header.Get("WWW-Authenticate"); response.StatusCode != http.StatusUnauthorized || !strings.Contains(challenge, `error="insufficient_user_authentication"`) || !strings.Contains(challenge, "max_age=900") {
		t.Errorf("%d %s", response.StatusCode, challenge)
	}
}
