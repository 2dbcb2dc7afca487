package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

type organizationCommand struct {
	Create  organizationCreate  `cmd:"" help:"Make an organization with its first full administrator, invited; and the installation, where there is none."`
	List    organizationList    `cmd:"" help:"List all organizations."`
	Suspend organizationSuspend `cmd:"" help:"Stop every change in an organization; views go on."`
	Resume  organizationResume  `cmd:"" help:"End a suspension."`
}

type organizationCreate struct {
	linkFlags
	Plate      string                `required:"" help:"Short code: three to six capitals and digits, a capital first."`
	Name       string                `required:"" help:"Full name."`
	Country    string                `default:"SE" help:"ISO 3166-1, two capitals."`
	Language   string                `default:"sv" help:"BCP 47: sv or en."`
	TimeZone   string                `default:"Europe/Stockholm" help:"IANA time zone."`
	Service    []kontrollrum.Service `help:"Services: calling, contact_center, meetings, messaging; may be repeated."`
	Platform   kontrollrum.Platform  `help:"Of the contact centre: 1.0 or new. Without: new."`
	AdminEmail string                `required:"" placeholder:"EMAIL" help:"Address of the first full administrator."`
	AdminName  string                `required:"" placeholder:"NAME" help:"Display name of the first full administrator."`
}

// Run makes an organization.
func (c *organizationCreate) Run(h *house) error {
	if err := c.set(h); err != nil {
		return err
	}
	return h.anew(func(hub *ops.Hub) error {
		o, err := done(h, hub, ops.FoundOrganization{
			NewOrganization: ops.NewOrganization{Plate: c.Plate, Name: c.Name, Country: c.Country, Language: c.Language,
				TimeZone: c.TimeZone, Services: c.Service, Platform: c.Platform},
			Administrator: ops.AddUser{Email: c.AdminEmail, Details: ops.Details{DisplayName: c.AdminName}},
		})
		if err != nil {
			return err
		}
		h.printf("Made %s, %s (%s), with %s as full administrator\n", o.Plate, o.Name, o.ID, c.AdminEmail)
		h.printf("They are invited by mail, and by this link, which is good until %s:\n%s\n", shown(o.Link.Expires, ""), o.Link.URL.Reveal())
		return nil
	})
}

type organizationList struct{}

// Run lists all organizations.
func (organizationList) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		all, err := done(h, hub, ops.ListAllOrganizations{})
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(h.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "PLATE\tNAME\tCOUNTRY\tSTATE\tID")
		for _, o := range all {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", o.Plate, o.Name, o.Country, o.State, o.ID)
		}
		return out.Flush()
	})
}

type organizationSuspend struct {
	Plate string `arg:"" help:"The organization."`
}

// Run suspends an organization.
func (c *organizationSuspend) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		o, err := done(h, hub, ops.SuspendOrganization{Organization: c.Plate})
		if err == nil {
			h.printf("Suspended %s\n", o.Plate)
		}
		return err
	})
}

type organizationResume struct {
	Plate string `arg:"" help:"The organization."`
}

// Run ends a suspension.
func (c *organizationResume) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		o, err := done(h, hub, ops.ResumeOrganization{Organization: c.Plate})
		if err == nil {
			h.printf("Resumed %s\n", o.Plate)
		}
		return err
	})
}

type partnershipCommand struct {
	Add partnershipAdd `cmd:"" help:"Let a partner in, or change the kinds and the end of a partnership."`
	End partnershipEnd `cmd:"" help:"End a partnership, and at once what the partner's people could do."`
}

type partnershipAdd struct {
	Customer     string `required:"" placeholder:"PLATE" help:"The customer organization."`
	Partner      string `required:"" placeholder:"PLATE" help:"The partner organization."`
	Managing     bool   `help:"The partner manages the subscription."`
	Provisioning bool   `help:"The partner set the services up."`
	Ends         date   `placeholder:"DATE" help:"Last day. Without: until it is ended."`
}

// Run adds or changes a partnership.
func (c *partnershipAdd) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		p, err := done(h, hub, ops.AddPartnership{Customer: c.Customer, Partner: c.Partner, Managing: c.Managing, Provisioning: c.Provisioning, Ends: c.Ends.at})
		if err == nil {
			h.printf("%s is partner of %s until %s\n", c.Partner, c.Customer, shown(p.Ends, "that is ended"))
		}
		return err
	})
}

type partnershipEnd struct {
	Customer string `required:"" placeholder:"PLATE" help:"The customer organization."`
	Partner  string `required:"" placeholder:"PLATE" help:"The partner organization."`
}

// Run ends a partnership.
func (c *partnershipEnd) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		_, err := done(h, hub, ops.EndPartnership{Customer: c.Customer, Partner: c.Partner})
		if err == nil {
			h.printf("%s is no partner of %s any more\n", c.Partner, c.Customer)
		}
		return err
	})
}
