package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/demo"
	"github.com/kontrollrum/kontrollrum/ops"
)

// demoTokens is how long the tokens of the demo world's people are valid.
const demoTokens = 12 * time.Hour

// loadDemo loads the demo world by a hub of its own, with the world's ids and clock.
func (h *house) loadDemo() error {
	key, err := h.key()
	if err != nil {
		return err
	}
	clock := demo.NewClock()
	hub, err := ops.Open(h.ctx, ops.Config{Database: h.database, Now: clock.Now, NewID: demo.IDs(), Key: key, PublicURL: h.public})
	if err != nil {
		return err
	}
	return errors.Join(demo.Load(h.ctx, hub, clock), hub.Close())
}

// printDemo prints whom one may be in the demo world, each with a new token.
func (h *house) printDemo(hub *ops.Hub, public string) error {
	people, err := demo.People()
	if err != nil {
		return err
	}
	expires := time.Now().Add(demoTokens)
	password, err := demo.Password()
	if err != nil {
		return err
	}
	h.printf("\nSign in at %s as any of these people, with the password %s (maja.oberg is invited and has none yet).\n", public, password)
	h.printf("Each also has a token for the API, valid until %s:\n\n", shown(expires, ""))
	out := tabwriter.NewWriter(h.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "USER\tHOME\tIS\tHOLDS\tTOKEN")
	for _, p := range people {
		made, err := done(h, hub, ops.CreateToken{User: p.Email, Expires: expires, Secret: kontrollrum.NewToken})
		if errors.Is(err, kontrollrum.NotFound) {
			continue // somebody tried out how to remove a user
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", p.Email, p.Home, p.Column, p.Holds, made.Secret.Reveal())
	}
	if err := out.Flush(); err != nil {
		return err
	}
	h.printf("\nTry: curl -H \"Authorization: Bearer TOKEN\" '%s/v1/people?max=3'\n\n", public)
	return nil
}
