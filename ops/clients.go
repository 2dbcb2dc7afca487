package ops

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// AddClient registers an application that people sign in to through the hub.
// Conflict where the id is taken.
type AddClient struct {
	ID          kontrollrum.ClientID // empty: made
	Name        string
	Application policy.Action // a sign-in action, which decides who is let in; ControlHubSignIn where it is zero
	Public      bool          // keeps no secret
	Redirects   []string
	AfterLogout []string
	Logout      string
	Device      bool
	Webex       bool
}

// A RegisteredClient is a client and, where it was made just now, its secret:
// the only time that its text is seen.
type RegisteredClient struct {
	kontrollrum.Client
	Secret kontrollrum.Secret
}

func (AddClient) asks() Ask { return Ask{Action: policy.ClientsEdit, Nowhere: true} }

var clientName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,63}$`)

func (o AddClient) run(ctx context.Context, t *turn) (*RegisteredClient, error) {
	c := kontrollrum.Client{ID: o.ID, Name: o.Name, Application: o.Application, Public: o.Public, Redirects: o.Redirects, AfterLogout: o.AfterLogout,
		Logout: o.Logout, Device: o.Device, Webex: o.Webex, Created: t.now, Modified: t.now}
	if c.ID == "" {
		c.ID = kontrollrum.ClientID(t.hub.newID())
	} else if !clientName.MatchString(string(c.ID)) {
		return nil, kontrollrum.Wrong("id", string(c.ID), "use two to 64 small letters, digits, dots, hyphens and underscores, or none to have one made")
	}
	if !c.Application.SignIn() { // the zero Action is none of the three
		c.Application = policy.ControlHubSignIn
	}
	if err := checkClient(&c); err != nil {
		return nil, err
	}
	if there, _, err := t.tx.Client(ctx, c.ID); err != nil || there != nil {
		return nil, cmp.Or[error](err, kontrollrum.Clash("client_id_taken", "a client has this id already; choose another"))
	}
	made := &RegisteredClient{Client: c}
	hash := ""
	if !c.Public {
		made.Secret = kontrollrum.NewSecretText()
		hash = made.Secret.Hash()
	}
	t.after = c
	return made, t.tx.PutClient(ctx, &c, hash)
}

// checkClient refuses what could not be registered safely.
func checkClient(c *kontrollrum.Client) error {
	errs := []error{plain("name", c.Name, 128)}
	if c.Name == "" {
		errs = append(errs, kontrollrum.Wrong("name", "", "give a name, which people see when they sign in"))
	}
	for _, uri := range c.Redirects {
		errs = append(errs, kontrollrum.CheckRedirect("redirect", uri, c.Public))
	}
	for _, uri := range c.AfterLogout {
		errs = append(errs, kontrollrum.CheckRedirect("afterLogout", uri, c.Public))
	}
	if c.Logout != "" {
		errs = append(errs, kontrollrum.CheckRedirect("logout", c.Logout, false))
	}
	if len(c.Redirects) > 50 || len(c.AfterLogout) > 50 {
		errs = append(errs, kontrollrum.Wrong("redirect", "", "register at most 50 addresses"))
	}
	if c.Webex && c.Public {
		errs = append(errs, kontrollrum.Wrong("webex", "", "only a client with a secret may do without PKCE"))
	}
	c.Redirects, c.AfterLogout = distinct(c.Redirects), distinct(c.AfterLogout)
	return errors.Join(errs...)
}

func distinct(all []string) (out []string) {
	for _, one := range all {
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// EditClient changes a client. What is nil is left as it is. NotFound where
// there is none.
type EditClient struct {
	ID          kontrollrum.ClientID
	Name        *string
	Application *policy.Action
	Redirects   *[]string
	AfterLogout *[]string
	Logout      *string
	Device      *bool
	Webex       *bool
	NewSecret   bool // the old one is worth nothing from now on
}

func (EditClient) asks() Ask { return Ask{Action: policy.ClientsEdit, Nowhere: true} }

func (o EditClient) run(ctx context.Context, t *turn) (*RegisteredClient, error) {
	before, hash, err := t.tx.Client(ctx, o.ID)
	if err != nil || before == nil {
		return nil, cmp.Or[error](err, kontrollrum.Missing("client"))
	}
	after := *before
	set(&after.Name, o.Name)
	set(&after.Application, o.Application)
	set(&after.Redirects, o.Redirects)
	set(&after.AfterLogout, o.AfterLogout)
	set(&after.Logout, o.Logout)
	set(&after.Device, o.Device)
	set(&after.Webex, o.Webex)
	if !after.Application.SignIn() {
		return nil, kontrollrum.Wrong("application", after.Application.String(), "name one of the three applications by its sign-in action")
	}
	if err := checkClient(&after); err != nil {
		return nil, err
	}
	after.Modified = t.now
	changed := &RegisteredClient{Client: after}
	if o.NewSecret {
		if after.Public {
			return nil, kontrollrum.Wrong("secret", "", "a public client has no secret")
		}
		changed.Secret = kontrollrum.NewSecretText()
		hash = changed.Secret.Hash()
	}
	t.before, t.after = before, &after
	return changed, t.tx.PutClient(ctx, &after, hash)
}

// RemoveClient removes a client: nobody signs in to it any more, and every
// token that it holds is worth nothing at once. Conflict where it is built in.
type RemoveClient struct{ ID kontrollrum.ClientID }

func (RemoveClient) asks() Ask { return Ask{Action: policy.ClientsEdit, Nowhere: true} }

func (o RemoveClient) run(ctx context.Context, t *turn) (*kontrollrum.Client, error) {
	c, _, err := t.tx.Client(ctx, o.ID)
	if err != nil || c == nil {
		return nil, cmp.Or[error](err, kontrollrum.Missing("client"))
	}
	if c.BuiltIn {
		return nil, kontrollrum.Clash("client_built_in", "this client is part of the hub; without redirect addresses nobody signs in to it")
	}
	t.before = c
	return c, t.tx.DeleteClient(ctx, c.ID, t.now)
}

// ListClients lists every client by its id.
type ListClients struct{}

func (ListClients) asks() Ask {
	return Ask{Action: policy.ClientsEdit, Nowhere: true, ReadOnly: true}
}

func (ListClients) run(ctx context.Context, t *turn) ([]kontrollrum.Client, error) {
	return t.tx.Clients(ctx)
}

// FindClient finds a client by its id, which is no secret. NotFound where there is none.
type FindClient struct{ ID kontrollrum.ClientID }

func (FindClient) asks() Ask { return Ask{Action: policy.ClientsEdit, Gate: true, ReadOnly: true} }

func (o FindClient) run(ctx context.Context, t *turn) (*kontrollrum.Client, error) {
	if err := nameable("client", string(o.ID)); err != nil {
		return nil, err
	}
	c, _, err := t.tx.Client(ctx, o.ID)
	if err != nil || c == nil {
		return nil, cmp.Or[error](err, kontrollrum.Missing("client"))
	}
	return c, nil
}

// A ClientProof is how a client says which it is: with its secret, or without
// where it is public.
type ClientProof struct {
	Client kontrollrum.ClientID
	Secret kontrollrum.Secret `json:"-"`
}

// prove finds the client that a proof is right for; nil where it is wrong.
func (p ClientProof) prove(ctx context.Context, t *turn) (*kontrollrum.Client, error) {
	if len(p.Client) > 254 {
		return nil, nil
	}
	c, hash, err := t.tx.Client(ctx, p.Client)
	switch {
	case c == nil || err != nil:
		return nil, err
	case c.Public && p.Secret.Empty(), !c.Public && !p.Secret.Empty() && p.Secret.Hashes(hash):
		return c, nil
	}
	return nil, nil
}

// ProveClient says whether a client is who it says. NotFound where it is not.
type ProveClient struct{ ClientProof }

func (ProveClient) asks() Ask { return Ask{Action: policy.ClientsEdit, Gate: true, ReadOnly: true} }

func (o ProveClient) run(ctx context.Context, t *turn) (*kontrollrum.Client, error) {
	c, err := o.prove(ctx, t)
	if err != nil || c == nil {
		return nil, cmp.Or[error](err, kontrollrum.Missing("client"))
	}
	return c, nil
}
