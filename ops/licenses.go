package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// ListLicenses lists an organization's licences with seats bought and used.
type ListLicenses struct {
	Organization string
	Product      kontrollrum.Product // empty: all
}

func (o ListLicenses) asks() Ask {
	return Ask{Action: policy.AccountViewSubscriptions, In: o.Organization}
}

func (o ListLicenses) run(ctx context.Context, t *turn) ([]kontrollrum.License, error) {
	all, err := t.tx.Licenses(ctx, t.org.ID, "", t.now)
	if o.Product != "" {
		all = slices.DeleteFunc(all, func(l kontrollrum.License) bool { return l.Product != o.Product })
	}
	return all, err
}

// ViewLicense shows one licence.
type ViewLicense struct {
	Organization string
	License      kontrollrum.LicenseID
}

func (o ViewLicense) asks() Ask {
	return Ask{Action: policy.AccountViewSubscriptions, In: o.Organization}
}

func (o ViewLicense) run(ctx context.Context, t *turn) (*kontrollrum.License, error) {
	return t.tx.License(ctx, t.org.ID, o.License, t.now)
}

// ListLicenseHolders shows a licence and a page of the users who hold it, in id order.
type ListLicenseHolders struct {
	Organization string
	License      kontrollrum.LicenseID
	After        string
	Limit        int
}

// LicenseHolders is the answer of [ListLicenseHolders].
type LicenseHolders struct {
	kontrollrum.License
	Page[kontrollrum.User]
}

func (o ListLicenseHolders) asks() Ask { return Ask{Action: policy.UsersList, In: o.Organization} }

func (o ListLicenseHolders) run(ctx context.Context, t *turn) (out LicenseHolders, err error) {
	if err := checkAfter(store.Mark{ID: o.After}); err != nil {
		return out, err
	}
	l, err := t.tx.License(ctx, t.org.ID, o.License, t.now)
	if err != nil {
		return out, err
	}
	out.License = *l
	out.Items, out.Next.ID, err = t.tx.LicenseHolders(ctx, t.org.ID, o.License, o.After, pageSize(o.Limit))
	return out, err
}

// AssignLicense gives a user a licence, or changes the Supervisor option of one
// they hold. Conflict where no seat is left, where the licence is over, and
// where they hold the other contact-centre licence.
type AssignLicense struct {
	Organization string
	User         string
	License      kontrollrum.LicenseID
	Supervisor   *bool // nil: off on a new licence, unchanged on a held one
}

func (o AssignLicense) asks() Ask {
	return Ask{Action: policy.LicensesContactCenterEdit, In: o.Organization, To: o.User, Person: true}
}

func (o AssignLicense) look(ctx context.Context, t *turn) (Ask, error) {
	return t.lookAtLicense(ctx, o.asks(), o.License)
}

// lookAtLicense finds the licence that an op is about, and names the action by
// what it is of.
func (t *turn) lookAtLicense(ctx context.Context, ask Ask, id kontrollrum.LicenseID) (Ask, error) {
	l, err := t.tx.License(ctx, t.org.ID, id, t.now)
	if errors.Is(err, kontrollrum.NotFound) {
		return ask, nil // run says so, to whom may change licences
	}
	if err == nil && !l.Product.ContactCenter() {
		ask.Action = policy.LicensesOtherEdit
	}
	t.license = l
	return ask, err
}

func (o AssignLicense) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	l := t.license
	if l == nil {
		return nil, kontrollrum.Missing("license")
	}
	supervisor := o.Supervisor != nil && *o.Supervisor
	if supervisor && l.Product != kontrollrum.PremiumAgent {
		return nil, onlyPremium()
	}
	before, err := t.user(ctx)
	if err != nil {
		return nil, err
	}
	for i, h := range before.Holdings {
		switch {
		case h.License == l.ID && (o.Supervisor == nil || h.Supervisor == supervisor):
			return nil, kontrollrum.Clash("license_held", "the user holds this licence already")
		case h.License == l.ID:
			if err := t.tx.SetSupervisor(ctx, t.org.ID, before.ID, l.ID, supervisor); err != nil {
				return nil, err
			}
			held := slices.Clone(before.Holdings)
			held[i].Supervisor = supervisor
			return t.holds(before, held), nil
		case l.Product.ContactCenter() && h.Product.ContactCenter():
			return nil, kontrollrum.Clash("exclusive_license_held", fmt.Sprintf("the user holds %s; a user has one contact-centre licence, so remove that first", h.Product))
		}
	}
	if l.Ended {
		return nil, kontrollrum.Clash("subscription_ended", "the licence's subscription is over; choose another licence")
	}
	took, err := t.tx.TakeSeat(ctx, t.org.ID, l.ID, t.now)
	if err != nil {
		return nil, err
	}
	if !took {
		return nil, kontrollrum.Clash("no_seats_left", fmt.Sprintf("all %d seats of the licence are in use; remove it from someone or buy more", l.Bought))
	}
	h := kontrollrum.Holding{License: l.ID, Product: l.Product, Supervisor: supervisor}
	if err := t.tx.InsertHolding(ctx, t.org.ID, before.ID, h, t.now); err != nil {
		return nil, err
	}
	return t.holds(before, append(slices.Clone(before.Holdings), h)), nil
}

func onlyPremium() error {
	return kontrollrum.Wrong("supervisor", "true", "choose a Premium licence; only that carries the Supervisor option")
}

// holds notes the target as it was and with what it holds now.
func (t *turn) holds(before *kontrollrum.User, holdings []kontrollrum.Holding) *kontrollrum.User {
	after := *before
	after.Holdings = holdings
	t.change(before, &after)
	return &after
}

// RemoveLicense takes a licence from a user. Conflict where they do not hold it.
type RemoveLicense struct {
	Organization string
	User         string
	License      kontrollrum.LicenseID
}

func (o RemoveLicense) asks() Ask {
	return Ask{Action: policy.LicensesContactCenterEdit, In: o.Organization, To: o.User, Person: true}
}

func (o RemoveLicense) look(ctx context.Context, t *turn) (Ask, error) {
	return t.lookAtLicense(ctx, o.asks(), o.License)
}

func (o RemoveLicense) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	l := t.license
	if l == nil {
		return nil, kontrollrum.Missing("license")
	}
	before, err := t.user(ctx)
	if err != nil {
		return nil, err
	}
	var kept []kontrollrum.Holding
	for _, h := range before.Holdings {
		if h.License != l.ID {
			kept = append(kept, h)
		}
	}
	if len(kept) == len(before.Holdings) {
		return nil, kontrollrum.Clash("license_not_held", "the user does not hold this licence")
	}
	if err := t.drop(ctx, before.ID, l.ID); err != nil {
		return nil, err
	}
	return t.holds(before, kept), nil
}

// drop ends a holding and frees its seat.
func (t *turn) drop(ctx context.Context, user kontrollrum.UserID, license kontrollrum.LicenseID) error {
	if err := t.tx.DeleteHolding(ctx, t.org.ID, user, license); err != nil {
		return err
	}
	return t.tx.FreeSeat(ctx, t.org.ID, license, t.now)
}

// A LicenseChange is one step of [EditLicenses].
type LicenseChange struct {
	License    kontrollrum.LicenseID
	Remove     bool
	Supervisor *bool
}

// EditLicenses changes several licences of a user, each judged and recorded by
// itself: what can be done is done, and Failed says why the rest was not. Where
// nothing could be done it fails as the first of them.
type EditLicenses struct {
	Organization string
	User         string
	Changes      []LicenseChange
}

// LicensesEdited is what became of [EditLicenses].
type LicensesEdited struct {
	User   *kontrollrum.User
	Failed []error
}

func (o EditLicenses) asks() Ask {
	return Ask{Action: policy.UsersView, In: o.Organization, To: o.User, Person: true, Parts: true}
}

func (o EditLicenses) run(ctx context.Context, t *turn) (out LicensesEdited, err error) {
	for _, c := range o.Changes {
		if _, err := c.run(ctx, t); err != nil {
			if kontrollrum.All(err) == nil {
				return out, err // ours, not theirs
			}
			out.Failed = append(out.Failed, err)
		}
	}
	if len(out.Failed) > 0 && len(out.Failed) == len(o.Changes) {
		return out, out.Failed[0]
	}
	out.User, err = t.user(ctx)
	return out, err
}

// run takes one change to the target of turn t.
func (c LicenseChange) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	org, user := string(t.org.ID), string(t.target.ID)
	if c.Remove {
		return under(ctx, t, RemoveLicense{Organization: org, User: user, License: c.License})
	}
	return under(ctx, t, AssignLicense{Organization: org, User: user, License: c.License, Supervisor: c.Supervisor})
}
