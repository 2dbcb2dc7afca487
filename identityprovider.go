package kontrollrum

import (
	"regexp"
	"strings"
	"time"
)

// An IdentityProvider is an OpenID Provider of an organization's own, at which
// those of its people sign in whose addresses are in one of its domains.
type IdentityProvider struct {
	Organization OrganizationID
	Issuer       string // URL, as the provider itself writes it
	ClientID     string // the hub's, at the provider
	// Sealed is the client's secret, sealed by the installation's key; empty where
	// the client has none. It leaves the hub for the provider only.
	Sealed    string    `json:"-"`
	SecretSet time.Time // zero: no secret
	Name      string    // as its people know it
	Enforced  bool      // they sign in nowhere else
	Domains   []string  // sorted; whoever has an address there is led to the provider
	Created   time.Time
	Modified  time.Time
}

var domainText = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)

// ParseDomain checks a domain, of what stands behind the @ of addresses, and
// folds its case.
func ParseDomain(s string) (string, error) {
	folded := strings.ToLower(strings.TrimSpace(s))
	if len(folded) > 253 || !domainText.MatchString(folded) {
		return "", Wrong("domain", s, "write a domain such as example.com, in ASCII (xn-- where it has other letters)")
	}
	return folded, nil
}

// Domain is what stands behind an address's @.
func (e Email) Domain() string {
	_, domain, _ := strings.Cut(string(e), "@")
	return domain
}
