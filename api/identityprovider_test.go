package api

import (
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/ops"
)

func TestIdentityProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.reach()
	at := w.identityOf("SUN") + "/identityProvider"
	_, err := ops.Do(t.Context(), w.hub, ops.Operator(), ops.AddDomain{Organization: "SUN", Domain: "sun.example"})
	w.must(err)
	w.refused("karin", "GET", at, "", 404, "identity_provider_not_found")
	w.refused("karin", "DELETE", at, "", 404, "identity_provider_not_found")
	const body = `{"issuer":"https://id.sun.example","clientId":"hub","clientSecret":"hemligt ord","enforced":true}`
	for as, status := range map[string]int{"sven": 403, "rut": 403, "egon": 403, "petra": 403, "vera": 403, "nora": 404, "": 401} {
		w.get(as, "PUT", at, body, status, nil)
	}
	var got identityProvider
	out := w.get("karin", "PUT", at, body, 200, &got)
	if got.Issuer != "https://id.sun.example" || got.ClientID != "hub" || got.SecretSet == "" || got.Name != "id.sun.example" || !got.Enforced ||
		len(got.Domains) != 1 || got.Domains[0] != "sun.example" || got.Created == "" || strings.Contains(out.Body.String(), "hemligt") {
		t.Errorf("got %s", out.Body)
	}
	for as, status := range map[string]int{"karin": 200, "sven": 200, "rut": 200, "petra": 200, "egon": 200, "vera": 403, "nora": 404, "": 401} {
		if out := w.get(as, "GET", at, "", status, nil); strings.Contains(out.Body.String(), "hemligt") {
			t.Errorf("%s is told the secret: %s", as, out.Body)
		}
	}
	for body, code := range map[string]string{
		`{"issuer":"http://id.sun.example","clientId":"hub"}`:        "invalid_issuer",
		`{"issuer":"https://id.sun.example"}`:                        "invalid_clientId",
		`{"issuer":"https://other.example","clientId":"hub"}`:        "invalid_clientSecret",
		`{"issuer":"https://id.sun.example","clientId":7}`:           "invalid_type",
		`{"issuer":"https://id.sun.example","clientId":"hub","x":1}`: "", // what is not known is let be
	} {
		if code == "" {
			w.get("karin", "PUT", at, body, 200, nil)
			continue
		}
		if e := w.refused("karin", "PUT", at, body, 400, code); strings.Contains(e.Message, "hemligt") {
			t.Errorf("%s: %+v", body, e)
		}
	}
	w.get("karin", "DELETE", at, "", 204, nil)
	w.refused("karin", "GET", at, "", 404, "identity_provider_not_found")
}
