package ops_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

func TestIssuers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for issuer, want := range map[string]string{
		"https://id.example":                  "",
		"https://id.example/realms/a":         "",
		" https://id.example:8443/ ":          "",
		"http://localhost:8080":               "", // of the hub's own machine
		"http://127.0.0.1:1/x":                "",
		"http://[::1]:1":                      "",
		"http://id.example":                   "invalid invalid_issuer",
		"http://localhost.example":            "invalid invalid_issuer",
		"http://127.0.0.1.example":            "invalid invalid_issuer",
		"https://":                            "invalid invalid_issuer",
		"":                                    "invalid invalid_issuer",
		"https://id.example?x=1":              "invalid invalid_issuer",
		"https://id.example?":                 "invalid invalid_issuer",
		"https://id.example#x":                "invalid invalid_issuer",
		"https://eva:x@id.example":            "invalid invalid_issuer",
		"javascript:alert(1)":                 "invalid invalid_issuer",
		"file:///etc/passwd":                  "invalid invalid_issuer",
		"//id.example":                        "invalid invalid_issuer",
		"https://id.example/\x00":             "invalid invalid_issuer",
		"https://" + strings.Repeat("a", 255): "invalid invalid_issuer",
	} {
		_, err := ops.Do(t.Context(), w.hub, w.as("chief"), ops.SetIdentityProvider{Issuer: issuer, ClientID: "hub"})
		if got := codeOf(err); got != want {
			t.Errorf("%q: %s, want %s", issuer, got, want)
		}
	}
}

// TestIdentityProvider: what is set is shown without the secret, in the log too,
// and the secret goes to no other issuer.
func TestIdentityProvider(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			secret := func(s string) *kontrollrum.Secret { return pointer(kontrollrum.NewSecret(s)) }
			must(w, w.as("chief"), ops.SetIdentityProvider{Issuer: "https://one.example", ClientID: "hub", ClientSecret: secret("hemligt ord"), Enforced: true})
			p := must(w, w.as("chief"), ops.ViewIdentityProvider{Organization: "SUN"})
			if p.Issuer != "https://one.example" || p.Name != "one.example" || !p.Enforced || p.SecretSet.IsZero() || p.Sealed == "" || len(p.Domains) != 1 || p.Domains[0] != "old.example" {
				t.Errorf("got %+v", p)
			}
			for row := range w.rows(t, `select before, after from entries`) {
				if strings.Contains(row, "hemligt") || strings.Contains(row, p.Sealed) {
					t.Errorf("an entry tells the secret: %s", row)
				}
			}
			for row := range w.rows(t, `select secret from identity_providers`) {
				if strings.Contains(row, "hemligt") {
					t.Errorf("the database tells the secret: %s", row)
				}
			}
			log := len(w.rows(t, `select id from entries`))
			same := must(w, w.as("chief"), ops.SetIdentityProvider{Issuer: "https://one.example", ClientID: "hub", Enforced: true})
			if n := len(w.rows(t, `select id from entries`)); n != log || same.Sealed != p.Sealed || same.Modified != p.Modified {
				t.Errorf("what changes nothing leaves %d entries, %+v", n-log, same)
			}
			_, err := ops.Do(t.Context(), w.hub, w.as("chief"), ops.SetIdentityProvider{Issuer: "https://two.example", ClientID: "hub"})
			if codeOf(err) != "invalid invalid_clientSecret" {
				t.Errorf("a secret is taken along to another issuer: %v", err)
			}
			none := must(w, w.as("chief"), ops.SetIdentityProvider{Issuer: "https://two.example", ClientID: "hub", ClientSecret: secret("")})
			if none.Sealed != "" || !none.SecretSet.IsZero() {
				t.Errorf("an empty secret is %+v", none)
			}
			must(w, w.as("chief"), ops.RemoveIdentityProvider{})
			if _, err := ops.Do(t.Context(), w.hub, w.as("chief"), ops.ViewIdentityProvider{Organization: "SUN"}); !errors.Is(err, kontrollrum.NotFound) {
				t.Errorf("none is shown: %v", err)
			}
			if _, err := ops.Do(t.Context(), w.hub, w.as("chief"), ops.RemoveIdentityProvider{}); !errors.Is(err, kontrollrum.NotFound) {
				t.Errorf("removed twice: %v", err)
			}
			if got := must(w, ops.Operator(), ops.ListIdentityProviders{}); len(got) != 1 || got[0].Plate != "SUN" || got[0].Issuer != "" || len(got[0].Domains) != 1 {
				t.Errorf("with the provider went domains: %+v are left", got)
			}
		})
	}
}

// TestDomains: a domain is one organization's, and all with addresses in it are its people.
func TestDomains(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			add := func(plate, domain string) string {
				_, err := ops.Do(t.Context(), w.hub, ops.Operator(), ops.AddDomain{Organization: plate, Domain: domain})
				return codeOf(err)
			}
			for _, c := range []struct{ plate, domain, want string }{
				{"SUN", " Sun.Example", ""},
				{"SUN", "sun.example", "conflict domain_added"},
				{"VIK", "sun.example", "conflict domain_taken"},
				{"SUN", "ext.example", "conflict domain_in_use"},
				{"EXT", "xt.example", ""},
				{"SUN", "example", "invalid invalid_domain"},
				{"SUN", "*.example", "invalid invalid_domain"},
				{"SUN", "å.example", "invalid invalid_domain"},
				{"SUN", "eva@sun.example", "invalid invalid_domain"},
				{"SUN", "", "invalid invalid_domain"},
			} {
				if got := add(c.plate, c.domain); got != c.want {
					t.Errorf("%+v: %s", c, got)
				}
			}
			adds := func(plate, email string) string {
				_, err := ops.Do(t.Context(), w.hub, ops.Operator(), ops.AddUser{Organization: plate, Email: email, Details: ops.Details{DisplayName: "Ny"}})
				return codeOf(err)
			}
			for _, c := range []struct{ plate, email, want string }{
				{"VIK", "ny@SUN.example", "conflict domain_of_other"},
				{"VIK", "ny@a.sun.example", ""},
				{"SUN", "ny@sun.example", ""},
				{"SUN", "ny@vik.example", ""},
			} {
				if got := adds(c.plate, c.email); got != c.want {
					t.Errorf("%+v: %s", c, got)
				}
			}
			_, err := ops.Do(t.Context(), w.hub, w.as("vikchief"), ops.ChangeEmail{User: email("vikchief"), Email: "chef@sun.example"})
			if codeOf(err) != "conflict domain_of_other" {
				t.Errorf("an address in another's domain: %v", err)
			}
			must(w, ops.Operator(), ops.RemoveDomain{Organization: "SUN", Domain: "SUN.example"})
			if _, err := ops.Do(t.Context(), w.hub, ops.Operator(), ops.RemoveDomain{Organization: "SUN", Domain: "sun.example"}); !errors.Is(err, kontrollrum.NotFound) {
				t.Errorf("removed twice: %v", err)
			}
			if got := adds("VIK", "ny2@sun.example"); got != "" {
				t.Errorf("in a domain that is nobody's again: %s", got)
			}
		})
	}
}
