package api

import (
	"net/http"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

func (f *face) identityProviderRoutes(at string) []web.Route {
	at += "/identityProvider"
	return []web.Route{
		{Pattern: "GET" + at, Runs: ops.ViewIdentityProvider{}, Serve: f.viewProvider, Doc: web.Doc{
			Summary: "Show the OpenID Provider where an organization's people sign in, without its secret", Response: identityProvider{}}},
		{Pattern: "PUT" + at, Runs: ops.SetIdentityProvider{}, Serve: f.setProvider, Doc: web.Doc{
			Summary: "Say at which OpenID Provider an organization's people sign in", Request: newIdentityProvider{}, Response: identityProvider{}}},
		{Pattern: "DELETE" + at, Runs: ops.RemoveIdentityProvider{}, Serve: f.removeProvider, Doc: web.Doc{
			Summary: "Let an organization's people sign in at the hub alone", Statuses: []int{http.StatusNoContent}}},
	}
}

// An identityProvider is an organization's OpenID Provider.
type identityProvider struct {
	Issuer       string   `json:"issuer"`
	ClientID     string   `json:"clientId"`
	SecretSet    string   `json:"secretSet,omitempty"` // when; absent: the client has no secret
	Name         string   `json:"name"`
	Enforced     bool     `json:"enforced"`
	Domains      []string `json:"domains"` // of addresses that lead there; the operator gives them
	Created      string   `json:"created"`
	LastModified string   `json:"lastModified"`
}

func showProvider(p *kontrollrum.IdentityProvider) identityProvider {
	return identityProvider{Issuer: p.Issuer, ClientID: p.ClientID, SecretSet: instant(p.SecretSet), Name: p.Name, Enforced: p.Enforced,
		Domains: words(p.Domains), Created: instant(p.Created), LastModified: instant(p.Modified)}
}

// A newIdentityProvider is all that is said of a provider. Without clientSecret
// the one that is kept stays, unless the issuer is another.
type newIdentityProvider struct {
	Issuer       string  `json:"issuer"`
	ClientID     string  `json:"clientId"`
	ClientSecret *string `json:"clientSecret,omitempty"`
	Name         string  `json:"name,omitempty"` // as people know it; without: the issuer's host
	Enforced     bool    `json:"enforced,omitempty"`
}

func (f *face) viewProvider(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	p, err := ops.Do(r.Context(), f.hub, c, ops.ViewIdentityProvider{Organization: id})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showProvider(p))
}

func (f *face) setProvider(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	var said newIdentityProvider
	if err := decode(r, &said); err != nil {
		return err
	}
	op := ops.SetIdentityProvider{Organization: id, Issuer: said.Issuer, ClientID: said.ClientID, Name: said.Name, Enforced: said.Enforced}
	if said.ClientSecret != nil {
		secret := kontrollrum.NewSecret(*said.ClientSecret)
		op.ClientSecret = &secret
	}
	p, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showProvider(p))
}

func (f *face) removeProvider(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	if _, err := ops.Do(r.Context(), f.hub, c, ops.RemoveIdentityProvider{Organization: id}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
