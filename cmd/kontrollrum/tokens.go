package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

type tokenCommand struct {
	Create tokenCreate `cmd:"" help:"Make a token and print it: this once, and nothing else on standard output."`
	List   tokenList   `cmd:"" help:"List tokens, newest first."`
	Revoke tokenRevoke `cmd:"" help:"End a token, effective at the next request on every node."`
}

type tokenCreate struct {
	User         string `placeholder:"EMAIL" xor:"who" required:"" help:"Whom it speaks for."`
	Application  string `placeholder:"NAME" xor:"who" required:"" help:"Instead of a user: an application, which may only ask for decisions."`
	Organization string `placeholder:"PLATE" help:"With --application: where it belongs."`
	Expires      term   `placeholder:"TERM" help:"How long it is valid, such as 12h or 30d. Without: until it is revoked."`
}

// Run makes a token.
func (c *tokenCreate) Run(h *house) error {
	op := ops.CreateToken{User: c.User, Application: c.Application, Organization: c.Organization, Secret: kontrollrum.NewToken}
	if c.Expires > 0 {
		op.Expires = time.Now().Add(time.Duration(c.Expires))
	}
	return h.with(func(hub *ops.Hub) error {
		made, err := done(h, hub, op)
		if err != nil {
			return err
		}
		fmt.Fprintf(h.stderr, "Token %s of %s, valid until %s. Keep it: it is not shown again.\n", made.ID, bearer(made.Token), shown(made.Expires, "it is revoked"))
		h.printf("%s\n", made.Secret.Reveal())
		return nil
	})
}

// bearer says whom a token speaks for.
func bearer(t kontrollrum.Token) string {
	switch {
	case t.Application != "":
		return t.Application
	case t.Email == "":
		return string(t.User) // removed since
	}
	return string(t.Email)
}

type tokenList struct {
	User string `placeholder:"EMAIL" help:"Only those that speak for this user."`
}

// Run lists tokens.
func (c *tokenList) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		all, err := done(h, hub, ops.ListTokens{User: c.User})
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(h.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "ID\tOF\tCREATED\tEXPIRES\tSTATE")
		for _, t := range all {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", t.ID, bearer(t), shown(t.Created, ""), shown(t.Expires, "never"), state(t, time.Now()))
		}
		return out.Flush()
	})
}

func state(t kontrollrum.Token, now time.Time) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked"
	case !t.Expires.IsZero() && !t.Expires.After(now):
		return "expired"
	}
	return "valid"
}

type tokenRevoke struct {
	ID string `arg:"" help:"The token's id, as token list shows it; not its text."`
}

// Run ends a token.
func (c *tokenRevoke) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		t, err := done(h, hub, ops.RevokeToken{Token: kontrollrum.TokenID(c.ID)})
		if err == nil {
			h.printf("Revoked %s of %s\n", t.ID, bearer(*t))
		}
		return err
	})
}
