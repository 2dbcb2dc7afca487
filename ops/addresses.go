package ops

import (
	"context"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// free fails with Conflict where an address is taken, or in a domain of another
// organization: its provider would be asked who its user is.
func (t *turn) free(ctx context.Context, email kontrollrum.Email) error {
	taken, err := t.tx.AddressTaken(ctx, email)
	if err != nil {
		return err
	}
	if taken {
		return &kontrollrum.Error{Kind: kontrollrum.Conflict, Code: "email_taken", Field: "email", Value: string(email),
			Message: "the address belongs to a user already; addresses are unique in the installation"}
	}
	holder, err := t.tx.DomainHolder(ctx, email.Domain())
	if err != nil || holder == "" || holder == t.org.ID {
		return err
	}
	return &kontrollrum.Error{Kind: kontrollrum.Conflict, Code: "domain_of_other", Field: "email", Value: string(email),
		Message: "the domain belongs to another organization, where its people have their home; use an address of another domain, or make them external administrators"}
}

// ChangeEmail gives a user another address.
type ChangeEmail struct {
	Organization string
	User         string
	Email        string
}

func (o ChangeEmail) asks() Ask {
	return Ask{Action: policy.UsersChangeEmail, In: o.Organization, To: o.User, Person: true}
}

func (o ChangeEmail) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	email, err := kontrollrum.ParseEmail(o.Email)
	if err != nil {
		return nil, err
	}
	if err := t.free(ctx, email); err != nil {
		return nil, err
	}
	// Whoever reads the mail of the old address proves nothing of the new one.
	if err := t.tx.SupersedeLinks(ctx, t.org.ID, t.target.ID, "", t.now); err != nil {
		return nil, err
	}
	if err := t.notify(ctx, kontrollrum.AddressChanged, t.org.ID, t.target.ID, ""); err != nil { // to the old one
		return nil, err
	}
	return t.updated(ctx, func(u *kontrollrum.User) error { u.Email = email; return nil })
}
