package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

type clientCommand struct {
	Add    clientAdd    `cmd:"" help:"Register an application that people sign in to through the hub; its secret is printed this once."`
	Edit   clientEdit   `cmd:"" help:"Change an application, or give it a new secret."`
	List   clientList   `cmd:"" help:"List applications."`
	Remove clientRemove `cmd:"" help:"Remove an application: its tokens are worth nothing at once."`
}

type clientAdd struct {
	Name        string   `arg:"" help:"What people see when they sign in."`
	ID          string   `placeholder:"ID" help:"Its client_id. Without: one is made."`
	Application string   `enum:"control_hub,management_portal,agent_desktop" default:"control_hub" placeholder:"NAME" help:"Whose doors it has: control_hub, management_portal or agent_desktop. Default ${default}."`
	Public      bool     `help:"It keeps no secret: it runs in a browser, on a phone or on a command line."`
	Redirect    []string `sep:"none" placeholder:"URL" help:"Where it takes codes, exactly; as often as there are."`
	AfterLogout []string `sep:"none" placeholder:"URL" help:"Where people may be sent once they are signed out, exactly."`
	Logout      string   `placeholder:"URL" help:"Where it is told that a session has ended (back-channel logout)."`
	Device      bool     `help:"It may let people in by a code that they type elsewhere."`
	Webex       bool     `help:"It speaks to /v1/authorize and /v1/access_token as the Webex SDKs do, without PKCE."`
}

// Run registers an application.
func (c *clientAdd) Run(h *house) error {
	application, _ := policy.ParseAction(c.Application + ".sign_in")
	return h.with(func(hub *ops.Hub) error {
		made, err := done(h, hub, ops.AddClient{ID: kontrollrum.ClientID(c.ID), Name: c.Name, Application: application, Public: c.Public, Redirects: c.Redirect,
			AfterLogout: c.AfterLogout, Logout: c.Logout, Device: c.Device, Webex: c.Webex})
		if err != nil {
			return err
		}
		h.registered(made)
		return nil
	})
}

// registered prints a client's id and, where it was made just now, its secret.
func (h *house) registered(c *ops.RegisteredClient) {
	h.printf("client_id %s\n", c.ID)
	if !c.Secret.Empty() {
		fmt.Fprintln(h.stderr, "Keep the secret: it is not shown again.")
		h.printf("client_secret %s\n", c.Secret.Reveal())
	}
}

type clientEdit struct {
	ID          string    `arg:"" help:"Its client_id, as client list shows it."`
	Name        *string   `placeholder:"NAME" help:"New name."`
	Application *string   `placeholder:"NAME" help:"New doors: control_hub, management_portal or agent_desktop."`
	Redirect    *[]string `sep:"none" placeholder:"URL" help:"All addresses where it takes codes from now on; one empty: none."`
	AfterLogout *[]string `sep:"none" placeholder:"URL" help:"All addresses where people may be sent from now on; one empty: none."`
	Logout      *string   `placeholder:"URL" help:"Where it is told that a session has ended; empty: nowhere."`
	Device      *bool     `negatable:"" help:"It may let people in by a code, or not."`
	Webex       *bool     `negatable:"" help:"It may speak as the Webex SDKs do, or not."`
	NewSecret   bool      `help:"A new secret, printed this once; the old one is worth nothing."`
}

// Run changes an application.
func (c *clientEdit) Run(h *house) error {
	op := ops.EditClient{ID: kontrollrum.ClientID(c.ID), Name: c.Name, Redirects: filled(c.Redirect), AfterLogout: filled(c.AfterLogout), Logout: c.Logout,
		Device: c.Device, Webex: c.Webex, NewSecret: c.NewSecret}
	if c.Application != nil {
		application, ok := policy.ParseAction(*c.Application + ".sign_in")
		if !ok {
			return fmt.Errorf("--application %q: use control_hub, management_portal or agent_desktop", *c.Application)
		}
		op.Application = &application
	}
	return h.with(func(hub *ops.Hub) error {
		changed, err := done(h, hub, op)
		if err == nil {
			h.registered(changed)
		}
		return err
	})
}

// filled is all that is not empty; nil where nothing was given.
func filled(all *[]string) *[]string {
	if all == nil {
		return nil
	}
	out := []string{}
	for _, one := range *all {
		if one != "" {
			out = append(out, one)
		}
	}
	return &out
}

type clientList struct{}

// Run lists applications, a line each.
func (c *clientList) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		all, err := done(h, hub, ops.ListClients{})
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(h.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "CLIENT_ID\tNAME\tDOORS\tKIND\tREDIRECTS")
		for _, one := range all {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", one.ID, one.Name, strings.TrimSuffix(one.Application.String(), ".sign_in"), kind(&one), strings.Join(one.Redirects, " "))
		}
		return out.Flush()
	})
}

// kind says in a few words what an application may do.
func kind(c *kontrollrum.Client) string {
	words := []string{"secret"}
	if c.Public {
		words[0] = "public"
	}
	if c.Device {
		words = append(words, "device")
	}
	if c.Webex {
		words = append(words, "webex")
	}
	if c.BuiltIn {
		words = append(words, "built in")
	}
	return strings.Join(words, ", ")
}

type clientRemove struct {
	ID string `arg:"" help:"Its client_id, as client list shows it."`
}

// Run removes an application.
func (c *clientRemove) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		gone, err := done(h, hub, ops.RemoveClient{ID: kontrollrum.ClientID(c.ID)})
		if err == nil {
			h.printf("Removed %s\n", gone.Name)
		}
		return err
	})
}

type keysCommand struct {
	Rotate keysRotate `cmd:"" help:"Have a new key sign: in an hour, once every application knows it. The hub does so by itself every 90 days."`
}

type keysRotate struct {
	Now bool `help:"At once, and what the old keys signed is worth nothing: for when one was stolen."`
}

// Run makes a signing key.
func (c *keysRotate) Run(h *house) error {
	private, err := kontrollrum.NewSigningKey()
	if err != nil {
		return err
	}
	return h.with(func(hub *ops.Hub) error {
		k, err := done(h, hub, ops.RotateSigningKeys{Private: private, Now: c.Now})
		if err == nil {
			h.printf("Key %s signs from %s\n", k.ID, k.Begins.Format(time.RFC3339))
		}
		return err
	})
}
