package upstream_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ui/upstream"
)

var now = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// A provider is one that a test lets say anything.
type provider struct {
	*httptest.Server
	t         *testing.T
	key       *ecdsa.PrivateKey
	says      map[string]any // of itself, over what is usual
	claims    map[string]any // in the token; nil is left out
	info      map[string]any
	sign      func(payload []byte) string
	asked     url.Values // of the token endpoint
	basic     [2]string
	discovers int
	huge      bool
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key}
	p.sign = func(payload []byte) string { return p.signed(p.key, "k1", payload) }
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.discovers++
		doc := map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"userinfo_endpoint": p.URL + "/userinfo", "id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"}}
		maps.Copy(doc, p.says)
		if p.huge {
			doc["x"] = strings.Repeat("x", 2<<20)
		}
		answer(w, doc)
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		p.asked = r.PostForm
		p.basic[0], p.basic[1], _ = r.BasicAuth()
		if r.PostForm.Get("code") != "good" {
			w.WriteHeader(http.StatusBadRequest)
			answer(w, map[string]string{"error": "invalid_grant", "error_description": strings.Repeat("long ", 1000)})
			return
		}
		payload, err := json.Marshal(p.payload())
		if err != nil {
			t.Error(err)
		}
		out := map[string]any{"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": p.sign(payload)}
		if p.claims["no token"] != nil {
			delete(out, "id_token")
		}
		answer(w, out)
	})
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer at" {
			t.Errorf("userinfo is asked with %q", r.Header.Get("Authorization"))
		}
		answer(w, p.info)
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// payload is what the token says: all that is right, and over it what the test claims.
func (p *provider) payload() map[string]any {
	out := map[string]any{"iss": p.URL, "sub": "s1", "aud": "hub", "exp": now.Add(time.Minute).Unix(), "iat": now.Unix(), "nonce": "nonce1", "auth_time": now.Unix(),
		"email": "eva@sun.example", "email_verified": true, "name": "Eva Ek", "given_name": "Eva", "family_name": "Ek", "locale": "sv", "zoneinfo": "Europe/Stockholm",
		"amr": []string{"pwd", "mfa"}, "acr": "2"}
	for name, value := range p.claims {
		if value == nil {
			delete(out, name)
		} else {
			out[name] = value
		}
	}
	return out
}

func (p *provider) signed(key crypto.Signer, id string, payload []byte) string {
	p.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	token, err := signer.Sign(payload)
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := token.CompactSerialize()
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

func (p *provider) party() *upstream.Party {
	return upstream.New(upstream.Client(true), func() time.Time { return now }, "https://hub.example/sign-in/upstream/callback")
}

func (p *provider) leg() *ops.UpstreamLeg {
	return &ops.UpstreamLeg{Issuer: p.URL, ClientID: "hub", Secret: kontrollrum.NewSecret("hemligt & ord"), Nonce: "nonce1", Verifier: strings.Repeat("v", 43)}
}

// refused is the word for why the provider's answer proves nothing; empty where it does.
func refused(t *testing.T, err error) string {
	t.Helper()
	var f *upstream.Failure
	if err != nil && !errors.As(err, &f) {
		t.Fatalf("%T is no Failure: %v", err, err)
	}
	if f == nil {
		return ""
	}
	if len(f.Error()) > 1000 {
		t.Errorf("a failure of %d bytes", len(f.Error()))
	}
	return f.Code
}

func TestAddress(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	party := p.party()
	start := &ops.UpstreamStart{Issuer: p.URL, ClientID: "hub", Email: "eva+x@sun.example", State: kontrollrum.NewSecret("state1"), Nonce: "nonce1", Verifier: strings.Repeat("v", 43)}
	for _, again := range []bool{false, true} {
		start.Fresh = again
		address, err := party.Address(t.Context(), start)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		want := url.Values{"client_id": {"hub"}, "redirect_uri": {"https://hub.example/sign-in/upstream/callback"}, "response_type": {"code"}, "scope": {"openid profile email"},
			"state": {"state1"}, "nonce": {"nonce1"}, "code_challenge_method": {"S256"}, "code_challenge": {"M3GA_49Bu_RNt2HVwyhfKcUF7lN-G2_o2Oe7_V-mTlM"}, "login_hint": {"eva+x@sun.example"}}
		if again {
			want["prompt"], want["max_age"] = []string{"login"}, []string{"0"}
		}
		got := u.Query()
		want["code_challenge"] = got["code_challenge"] // which the exchange shows to be right
		if u.Path != "/authorize" || got.Encode() != want.Encode() || len(got.Get("code_challenge")) != 43 {
			t.Errorf("got %s, want %s", got.Encode(), want.Encode())
		}
	}
	if p.discovers != 1 {
		t.Errorf("asked %d times what it is", p.discovers)
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	got, err := p.party().Claims(t.Context(), p.leg(), url.Values{"code": {"good"}, "iss": {p.URL}})
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != "s1" || got.Email != "eva@sun.example" || !got.EmailVerified || got.Name != "Eva Ek" || got.GivenName != "Eva" || got.FamilyName != "Ek" || got.Locale != "sv" ||
		got.ZoneInfo != "Europe/Stockholm" || strings.Join(got.Methods, " ") != "pwd mfa" || got.Level != "2" || !got.Authenticated.Equal(now) {
		t.Errorf("got %+v", got)
	}
	if p.asked.Get("code_verifier") != strings.Repeat("v", 43) || p.asked.Get("grant_type") != "authorization_code" || p.basic[0] != "hub" || p.basic[1] != url.QueryEscape("hemligt & ord") {
		t.Errorf("the code was redeemed with %v, %q", p.asked, p.basic)
	}
	p.says = map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_post"}}
	if _, err := p.party().Claims(t.Context(), p.leg(), url.Values{"code": {"good"}}); err != nil || p.asked.Get("client_secret") != "hemligt & ord" || p.basic[0] != "" {
		t.Errorf("by post: %v, %v, %q", err, p.asked, p.basic)
	}
	public := p.leg()
	public.Secret = kontrollrum.Secret{}
	if _, err := p.party().Claims(t.Context(), public, url.Values{"code": {"good"}}); err != nil || p.asked.Get("client_id") != "hub" || p.asked.Has("client_secret") {
		t.Errorf("without a secret: %v, %v", err, p.asked)
	}
}

// TestUserInfo: what the token leaves out is asked for; an address and that it
// is verified come from one place.
func TestUserInfo(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.claims = map[string]any{"email": nil, "email_verified": nil, "name": nil, "given_name": "Evelina"}
	p.info = map[string]any{"sub": "s1", "email": "eva@sun.example", "email_verified": "true", "name": "Eva Ek", "given_name": "Eva", "amr": []string{"mfa", "hwk"}, "acr": "9", "azp": "other"}
	ask := func() (ops.UpstreamClaims, error) {
		return p.party().Claims(t.Context(), p.leg(), url.Values{"code": {"good"}})
	}
	got, err := ask()
	if err != nil || got.Email != "eva@sun.example" || !got.EmailVerified || got.Name != "Eva Ek" || got.GivenName != "Evelina" || got.Level != "2" || len(got.Methods) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
	p.claims = map[string]any{"email": "chief@sun.example", "email_verified": nil}
	if got, err = ask(); err != nil || got.Email != "eva@sun.example" {
		t.Errorf("an address that is verified elsewhere: %+v, %v", got, err)
	}
	p.claims = map[string]any{"email_verified": false, "name": nil}
	if got, err = ask(); err != nil || got.EmailVerified {
		t.Errorf("what the token says is not verified: %+v, %v", got, err)
	}
	p.info["sub"] = "s2"
	if _, err = ask(); refused(t, err) != "other_subject_told" {
		t.Errorf("of somebody else: %v", err)
	}
}

// TestWorthNothing: every way in which an answer is not the provider's word, for
// the hub, of this sign-in.
func TestWorthNothing(t *testing.T) {
	t.Parallel()
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	good := url.Values{"code": {"good"}}
	for what, c := range map[string]struct {
		change func(*provider)
		back   url.Values
		want   string
	}{
		"wrong nonce":         {func(p *provider) { p.claims = map[string]any{"nonce": "nonce2"} }, good, "wrong_nonce"},
		"no nonce":            {func(p *provider) { p.claims = map[string]any{"nonce": nil} }, good, "wrong_nonce"},
		"another audience":    {func(p *provider) { p.claims = map[string]any{"aud": "other"} }, good, "id_token_refused"},
		"several, for other":  {func(p *provider) { p.claims = map[string]any{"aud": []string{"hub", "other"}, "azp": "other"} }, good, "other_party"},
		"several, for nobody": {func(p *provider) { p.claims = map[string]any{"aud": []string{"hub", "other"}} }, good, "other_party"},
		"another party":       {func(p *provider) { p.claims = map[string]any{"azp": "other"} }, good, "other_party"},
		"expired":             {func(p *provider) { p.claims = map[string]any{"exp": now.Add(-time.Second).Unix()} }, good, "id_token_refused"},
		"never expires":       {func(p *provider) { p.claims = map[string]any{"exp": nil} }, good, "id_token_refused"},
		"another issuer":      {func(p *provider) { p.claims = map[string]any{"iss": "https://other.example"} }, good, "id_token_refused"},
		"wrong at_hash":       {func(p *provider) { p.claims = map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"} }, good, "wrong_at_hash"},
		"no token":            {func(p *provider) { p.claims = map[string]any{"no token": true} }, good, "no_id_token"},
		"alg none": {func(p *provider) {
			p.sign = func(payload []byte) string { return b64([]byte(`{"alg":"none"}`)) + "." + b64(payload) + "." }
		}, good, "id_token_refused"},
		"signed with the secret": {func(p *provider) {
			p.sign = func(payload []byte) string {
				signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte("hemligt & ord, and longer than that by far")}, nil)
				if err != nil {
					p.t.Fatal(err)
				}
				token, err := signer.Sign(payload)
				if err != nil {
					p.t.Fatal(err)
				}
				text, _ := token.CompactSerialize()
				return text
			}
		}, good, "id_token_refused"},
		"signed by another": {func(p *provider) {
			p.sign = func(payload []byte) string { return p.signed(other, "k1", payload) }
		}, good, "id_token_refused"},
		"altered": {func(p *provider) {
			p.sign = func(payload []byte) string {
				parts := strings.Split(p.signed(p.key, "k1", payload), ".")
				return parts[0] + "." + b64([]byte(strings.Replace(string(payload), "eva@", "ena@", 1))) + "." + parts[2]
			}
		}, good, "id_token_refused"},
		"no JWT":              {func(p *provider) { p.sign = func([]byte) string { return "x" } }, good, "id_token_refused"},
		"code refused":        {func(*provider) {}, url.Values{"code": {"bad"}}, "code_refused"},
		"no code":             {func(*provider) {}, nil, "no_code"},
		"provider says no":    {func(*provider) {}, url.Values{"error": {"access_denied"}, "code": {"good"}}, "provider_refused"},
		"mixed up":            {func(*provider) {}, url.Values{"code": {"good"}, "iss": {"https://other.example"}}, "other_issuer"},
		"mixed up, unsaid":    {func(p *provider) { p.says = map[string]any{"authorization_response_iss_parameter_supported": true} }, good, "other_issuer"},
		"not who it is":       {func(p *provider) { p.says = map[string]any{"issuer": "https://other.example"} }, good, "provider_unreachable"},
		"not at all":          {func(p *provider) { p.Close() }, good, "provider_unreachable"},
		"too much":            {func(p *provider) { p.huge = true }, good, "provider_unreachable"},
		"keys from nowhere":   {func(p *provider) { p.says = map[string]any{"jwks_uri": ""} }, good, "provider_unsafe"},
		"a script to go to":   {func(p *provider) { p.says = map[string]any{"authorization_endpoint": "javascript:alert(1)"} }, good, "provider_unsafe"},
		"a file to redeem at": {func(p *provider) { p.says = map[string]any{"token_endpoint": "file:///etc/passwd"} }, good, "provider_unsafe"},
		"userinfo of a file":  {func(p *provider) { p.says = map[string]any{"userinfo_endpoint": "file:///etc/passwd"} }, good, "provider_unsafe"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			leg := p.leg()
			c.change(p)
			got, err := p.party().Claims(t.Context(), leg, c.back)
			if code := refused(t, err); code != c.want || got.Subject != "" {
				t.Errorf("got %+v, %v, want %s", got, err, c.want)
			}
		})
	}
}

// TestKeysRotate: a provider that signs with a new key is believed once it shows it.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	party := p.party()
	for range 2 {
		if _, err := party.Claims(t.Context(), p.leg(), url.Values{"code": {"good"}}); err != nil {
			t.Fatal(err)
		}
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		p.key = key
	}
}

// TestPrivateNetworks: an administrator's issuer is no way into the operator's network.
func TestPrivateNetworks(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	party := upstream.New(upstream.Client(false), func() time.Time { return now }, "https://hub.example/x")
	_, err := party.Address(t.Context(), &ops.UpstreamStart{Issuer: p.URL, ClientID: "hub"})
	if refused(t, err) != "provider_unreachable" || !strings.Contains(err.Error(), "--private-providers") || p.discovers != 0 {
		t.Errorf("got %v", err)
	}
	client := upstream.Client(false)
	for _, at := range []string{"10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "127.0.0.2", "0.0.0.0", "0.1.2.3", "100.64.0.1", "[::1]", "[::]", "[fe80::1]", "[fd00::1]",
		"[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "[2002:a00:1::1]", "224.0.0.1", "255.255.255.255"} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+at+":1/", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(r)
		if err == nil {
			answer.Body.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "private network") {
			t.Errorf("%s: %v", at, err)
		}
	}
	// Nor does a provider lead there.
	elsewhere := httptest.NewServer(http.RedirectHandler(p.URL+"/.well-known/openid-configuration", http.StatusFound))
	t.Cleanup(elsewhere.Close)
	_, err = p.party().Address(t.Context(), &ops.UpstreamStart{Issuer: elsewhere.URL, ClientID: "hub"})
	if refused(t, err) != "provider_unreachable" || p.discovers != 0 {
		t.Errorf("redirected: %v", err)
	}
}
