package main

import (
	"fmt"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

type userCommand struct {
	Link userLink `cmd:"" help:"Make a link for somebody who cannot get in: to activate the account, or to choose a password."`
}

// linkFlags are of commands that print links.
type linkFlags struct {
	PublicURL string `name:"public-url" default:"http://localhost:8080" placeholder:"URL" help:"Scheme and host as browsers reach the hub. Default ${default}."`
}

// set lets the house print links as they are reached.
func (f *linkFlags) set(h *house) (err error) {
	h.public, err = publicURL(f.PublicURL, nil)
	return err
}

type userLink struct {
	linkFlags
	Email string `arg:"" help:"Address of the person. Links they have had by mail are good for nothing afterwards."`
}

// Run makes a link.
func (c *userLink) Run(h *house) error {
	if err := c.set(h); err != nil {
		return err
	}
	return h.with(func(hub *ops.Hub) error {
		made, err := done(h, hub, ops.MakeLink{User: c.Email})
		if err != nil {
			return err
		}
		purpose := "to choose a password"
		if made.Purpose == kontrollrum.ForActivation {
			purpose = "to activate the account"
		}
		fmt.Fprintf(h.stderr, "A link for %s %s, once, until %s:\n", made.Email, purpose, shown(made.Expires, ""))
		h.printf("%s\n", made.URL.Reveal())
		return nil
	})
}
