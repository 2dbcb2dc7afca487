package ops

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// SetIdentityProvider says at which OpenID Provider an organization's people
// sign in: those with an address in one of its domains (see [AddDomain]). It
// adds the provider or replaces what was said. Another issuer forgets who
// people were at the one before.
type SetIdentityProvider struct {
	Organization string
	Issuer       string // URL: https, or http of the hub's own machine
	ClientID     string
	// ClientSecret is the client's; nil keeps what there is, empty is none. Another
	// issuer is not told the secret that was meant for the one before.
	ClientSecret *kontrollrum.Secret `json:"-"`
	Name         string              // as people know it; empty: the issuer's host
	Enforced     bool                // its people sign in nowhere else
}

func (o SetIdentityProvider) asks() Ask {
	return Ask{Action: policy.IdentityProviderEdit, In: o.Organization}
}

func (o SetIdentityProvider) run(ctx context.Context, t *turn) (*kontrollrum.IdentityProvider, error) {
	o.Issuer, o.ClientID, o.Name = strings.TrimSpace(o.Issuer), strings.TrimSpace(o.ClientID), strings.TrimSpace(o.Name)
	if err := o.check(); err != nil {
		return nil, err
	}
	before, err := t.tx.IdentityProvider(ctx, t.org.ID)
	if err != nil {
		return nil, err
	}
	after := &kontrollrum.IdentityProvider{Organization: t.org.ID, Created: t.now}
	if before != nil {
		t.before, *after = before, *before
	} else if after.Domains, err = t.tx.Domains(ctx, t.org.ID); err != nil {
		return nil, err
	}
	after.Issuer, after.ClientID, after.Name, after.Enforced = o.Issuer, o.ClientID, or(o.Name, hostOf(o.Issuer)), o.Enforced
	if before != nil && before.Issuer != after.Issuer {
		if o.ClientSecret == nil && !before.SecretSet.IsZero() {
			return nil, kontrollrum.Wrong("clientSecret", "", "give the client's secret at the new issuer, or an empty one where it has none")
		}
		if err := t.tx.DeleteSubjects(ctx, t.org.ID, ""); err != nil {
			return nil, err
		}
	}
	if o.ClientSecret != nil {
		after.Sealed, after.SecretSet = "", time.Time{}
		if !o.ClientSecret.Empty() {
			after.Sealed, after.SecretSet = t.hub.key.Seal(sealedFor(t.org.ID), o.ClientSecret.Reveal()), t.now
		}
	}
	if before == nil || !sameProvider(before, after) {
		after.Modified = t.now
	}
	t.after = after
	return after, t.tx.SaveIdentityProvider(ctx, after)
}

// sameProvider reports whether nothing was changed that a provider is.
func sameProvider(a, b *kontrollrum.IdentityProvider) bool {
	return a.Issuer == b.Issuer && a.ClientID == b.ClientID && a.Sealed == b.Sealed && a.Name == b.Name && a.Enforced == b.Enforced
}

// sealedFor is what an organization's client secret is sealed for, so that
// another's row does not open it.
func sealedFor(o kontrollrum.OrganizationID) string { return "identity provider " + string(o) }

func (o SetIdentityProvider) check() error {
	errs := []error{checkIssuer(o.Issuer), plain("name", o.Name, 80), plain("clientId", o.ClientID, 255)}
	if o.ClientID == "" {
		errs = append(errs, kontrollrum.Wrong("clientId", "", "give the id under which the provider knows the hub"))
	}
	if o.ClientSecret != nil {
		if err := plain("clientSecret", o.ClientSecret.Reveal(), 1024); err != nil {
			errs = append(errs, kontrollrum.Wrong("clientSecret", "", "use text in UTF-8 of at most 1024 characters, without control characters"))
		}
	}
	return errors.Join(errs...)
}

// checkIssuer holds an issuer to OpenID Connect Discovery §3: https, no query,
// no fragment. Of the hub's own machine it may be http, for trying out.
func checkIssuer(issuer string) error {
	wrong := kontrollrum.Wrong("issuer", issuer, "give the provider's issuer URL as it writes it itself, such as https://login.example.com")
	if err := plain("issuer", issuer, 255); err != nil {
		return err
	}
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "":
		return wrong
	case u.Scheme == "https", u.Scheme == "http" && ownMachine(u.Hostname()):
		return nil
	}
	return wrong
}

func ownMachine(host string) bool {
	at, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && at.IsLoopback()
}

func hostOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return issuer
	}
	return u.Host
}

// RemoveIdentityProvider lets an organization's people sign in here again, and
// forgets who they were at the provider. Domains stay. NotFound where there is none.
type RemoveIdentityProvider struct{ Organization string }

func (o RemoveIdentityProvider) asks() Ask {
	return Ask{Action: policy.IdentityProviderEdit, In: o.Organization}
}

func (o RemoveIdentityProvider) run(ctx context.Context, t *turn) (Nothing, error) {
	before, err := t.provider(ctx)
	if err != nil {
		return Nothing{}, err
	}
	t.before = before
	return Nothing{}, t.tx.DeleteIdentityProvider(ctx, t.org.ID)
}

// ViewIdentityProvider shows an organization's identity provider, without its
// secret, to whoever may see the organization's other settings. NotFound where
// there is none.
type ViewIdentityProvider struct{ Organization string }

func (o ViewIdentityProvider) asks() Ask {
	return Ask{Action: policy.AccountViewInfo, In: o.Organization}
}

func (o ViewIdentityProvider) run(ctx context.Context, t *turn) (*kontrollrum.IdentityProvider, error) {
	return t.provider(ctx)
}

// provider finds the identity provider of the organization acted in.
func (t *turn) provider(ctx context.Context) (*kontrollrum.IdentityProvider, error) {
	p, err := t.tx.IdentityProvider(ctx, t.org.ID)
	if err == nil && p == nil {
		err = kontrollrum.Missing("identity_provider")
	}
	return p, err
}

// AddDomain gives an organization a domain: whoever signs in with an address
// there is led to its identity provider, and no other organization adds them.
// The operator's: an administrator's word is no proof of whose a domain is
// (docs/decisions/0018). Conflict where another organization has it, or people in it.
type AddDomain struct {
	Organization string
	Domain       string
}

func (o AddDomain) asks() Ask { return Ask{Action: policy.DomainsEdit, In: o.Organization} }

func (o AddDomain) run(ctx context.Context, t *turn) ([]string, error) {
	domain, err := kontrollrum.ParseDomain(o.Domain)
	if err != nil {
		return nil, err
	}
	holder, err := t.tx.DomainHolder(ctx, domain)
	if err != nil {
		return nil, err
	}
	switch holder {
	case t.org.ID:
		return nil, kontrollrum.Clash("domain_added", "the organization has the domain already")
	case "":
	default:
		return nil, kontrollrum.Clash("domain_taken", "another organization has the domain")
	}
	used, err := t.tx.DomainUsedElsewhere(ctx, t.org.ID, domain)
	if err != nil {
		return nil, err
	}
	if used {
		return nil, kontrollrum.Clash("domain_in_use", "people of other organizations have addresses in the domain; give them other addresses, or another home, first")
	}
	t.after = map[string]string{"Domain": domain}
	if err := t.tx.InsertDomain(ctx, t.org.ID, domain, t.now); err != nil {
		return nil, err
	}
	return t.tx.Domains(ctx, t.org.ID)
}

// RemoveDomain takes a domain from an organization. NotFound where it has it not.
type RemoveDomain struct {
	Organization string
	Domain       string
}

func (o RemoveDomain) asks() Ask { return Ask{Action: policy.DomainsEdit, In: o.Organization} }

func (o RemoveDomain) run(ctx context.Context, t *turn) ([]string, error) {
	domain, err := kontrollrum.ParseDomain(o.Domain)
	if err != nil {
		return nil, err
	}
	t.before = map[string]string{"Domain": domain}
	had, err := t.tx.DeleteDomain(ctx, t.org.ID, domain)
	if err == nil && !had {
		err = kontrollrum.Missing("domain")
	}
	if err != nil {
		return nil, err
	}
	return t.tx.Domains(ctx, t.org.ID)
}

// ListIdentityProviders lists the identity providers and domains of the whole
// installation, by plate: the operator's. What has domains alone has no issuer.
type ListIdentityProviders struct{}

func (ListIdentityProviders) asks() Ask {
	return Ask{Action: policy.DomainsEdit, Nowhere: true, ReadOnly: true}
}

func (ListIdentityProviders) run(ctx context.Context, t *turn) ([]PlacedProvider, error) {
	return t.tx.IdentityProviders(ctx)
}

// A PlacedProvider is an identity provider with its organization's plate.
type PlacedProvider = store.PlacedProvider

// elsewhere is ProviderOnly where a user signs in at their organization's
// provider and nowhere else, or nothing.
func (t *turn) elsewhere(ctx context.Context, home kontrollrum.OrganizationID, email kontrollrum.Email) (string, error) {
	p, err := t.tx.IdentityProvider(ctx, home)
	if p == nil || err != nil || !p.Enforced || !slices.Contains(p.Domains, email.Domain()) {
		return "", err
	}
	return ProviderOnly, nil
}
