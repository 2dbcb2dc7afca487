package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

type providerCommand struct {
	Set    providerSet    `cmd:"" help:"Say at which OpenID Provider an organization's people sign in."`
	Show   providerShow   `cmd:"" help:"Show the organizations that have a provider or domains."`
	Remove providerRemove `cmd:"" help:"Let an organization's people sign in at the hub alone."`
}

type providerSet struct {
	Plate            string `arg:"" help:"The organization."`
	Issuer           string `required:"" placeholder:"URL" help:"As the provider writes it itself."`
	ClientID         string `required:"" placeholder:"ID" help:"Under which the provider knows the hub."`
	ClientSecretFile string `placeholder:"FILE" help:"Holds the client's secret; an empty file: none. Without: the one that was set stays."`
	Name             string `help:"As people know it. Without: the issuer's host."`
	Enforced         bool   `help:"People with an address in one of the organization's domains sign in nowhere else."`
}

// Run sets a provider.
func (c *providerSet) Run(h *house) error {
	op := ops.SetIdentityProvider{Organization: c.Plate, Issuer: c.Issuer, ClientID: c.ClientID, Name: c.Name, Enforced: c.Enforced}
	if c.ClientSecretFile != "" {
		text, err := os.ReadFile(c.ClientSecretFile)
		if err != nil {
			return fmt.Errorf("--client-secret-file: %w", err)
		}
		secret := kontrollrum.NewSecret(strings.TrimSpace(string(text)))
		op.ClientSecret = &secret
	}
	return h.with(func(hub *ops.Hub) error {
		p, err := done(h, hub, op)
		if err != nil {
			return err
		}
		h.printf("People of %s sign in at %s\n", c.Plate, p.Issuer)
		if len(p.Domains) == 0 {
			h.printf("It has no domain yet, so nobody is led there: kontrollrum domain add %s DOMAIN\n", c.Plate)
		}
		return nil
	})
}

type providerShow struct {
	Plate string `arg:"" optional:"" help:"Only this organization."`
}

// Run lists providers and domains.
func (c *providerShow) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		all, err := done(h, hub, ops.ListIdentityProviders{})
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(h.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "PLATE\tNAME\tISSUER\tCLIENT\tSECRET\tENFORCED\tDOMAINS")
		for _, p := range all {
			if c.Plate == "" || c.Plate == p.Plate {
				fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%t\t%s\n", p.Plate, dash(p.Name), dash(p.Issuer), dash(p.ClientID), shown(p.SecretSet, "none"),
					p.Enforced, dash(strings.Join(p.Domains, " ")))
			}
		}
		return out.Flush()
	})
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

type providerRemove struct {
	Plate string `arg:"" help:"The organization."`
}

// Run removes a provider.
func (c *providerRemove) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		_, err := done(h, hub, ops.RemoveIdentityProvider{Organization: c.Plate})
		if err == nil {
			h.printf("People of %s sign in at the hub\n", c.Plate)
		}
		return err
	})
}

type domainCommand struct {
	Add    domainAdd    `cmd:"" help:"Give an organization a domain: who has an address there is led to its provider, and is added by no other organization."`
	Remove domainRemove `cmd:"" help:"Take a domain from an organization."`
}

type domainAdd struct {
	Plate  string `arg:"" help:"The organization."`
	Domain string `arg:"" help:"What stands behind the @ of addresses."`
}

// Run gives a domain. Whether it is theirs, the operator has found out.
func (c *domainAdd) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		all, err := done(h, hub, ops.AddDomain{Organization: c.Plate, Domain: c.Domain})
		if err == nil {
			h.printf("%s has %s\n", c.Plate, strings.Join(all, ", "))
		}
		return err
	})
}

type domainRemove struct {
	Plate  string `arg:"" help:"The organization."`
	Domain string `arg:"" help:"The domain."`
}

// Run takes a domain.
func (c *domainRemove) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		left, err := done(h, hub, ops.RemoveDomain{Organization: c.Plate, Domain: c.Domain})
		if err == nil {
			h.printf("%s has %s\n", c.Plate, dash(strings.Join(left, ", ")))
		}
		return err
	})
}
