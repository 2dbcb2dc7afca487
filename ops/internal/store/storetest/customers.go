package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

func (b *bench) customers(partner kontrollrum.Organization) []store.Customer {
	b.Helper()
	return read(b, func(ctx context.Context, tx *store.Tx) ([]store.Customer, error) {
		return tx.Customers(ctx, partner.ID, b.now)
	})
}

func named(name string) func(*kontrollrum.Organization) {
	return func(o *kontrollrum.Organization) { o.Name = name }
}

// subscribe adds a subscription with a licence of which so many seats are in use.
func (b *bench) subscribe(o kontrollrum.Organization, p kontrollrum.Product, bought, used int, change func(*kontrollrum.Subscription)) {
	b.Helper()
	s := kontrollrum.Subscription{ID: newID[kontrollrum.SubscriptionID](), Organization: o.ID, Name: "Avtal", Starts: b.now.Add(-time.Hour)}
	change(&s)
	l := kontrollrum.License{ID: newID[kontrollrum.LicenseID](), Organization: o.ID, Subscription: s.ID, Product: p, Bought: used}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		err := errors.Join(tx.SaveSubscription(ctx, &s, b.now), tx.InsertLicense(ctx, &l, b.now))
		for range used {
			_, taken := tx.TakeSeat(ctx, o.ID, l.ID, b.now)
			err = errors.Join(err, taken)
		}
		_, changed := tx.SetBought(ctx, o.ID, l.ID, bought, b.now)
		return errors.Join(err, changed)
	})
}

// customersOf: what a partner's list is made of, of its own customers only.
func customersOf(b *bench) {
	partner, other := b.organization(), b.organization()
	full := b.organization(named("Ängsbacka"), func(o *kontrollrum.Organization) {
		o.Services, o.Platform, o.Overage = []kontrollrum.Service{kontrollrum.ContactCenter}, kontrollrum.Platform10, 9
		o.State = kontrollrum.OrganizationSuspended
	})
	bare := b.organization(named("Zeta"))
	late, stranger := b.organization(named("Åre")), b.organization()
	p := b.partner(partner, full, func(p *kontrollrum.Partnership) {
		p.Provisioning, p.Ends, p.GivenBy = true, b.now.Add(time.Hour), newID[kontrollrum.UserID]()
	})
	b.partner(partner, bare)
	b.partner(partner, late, func(p *kontrollrum.Partnership) { p.Ends = b.now })
	b.partner(other, full)
	b.partner(other, stranger)
	day := 24 * time.Hour
	at := func(s *kontrollrum.Subscription, d time.Duration) { s.Ends = b.now.Add(d) }
	b.subscribe(full, kontrollrum.StandardAgent, 5, 3, func(s *kontrollrum.Subscription) { at(s, 90*day) })
	b.subscribe(full, kontrollrum.StandardAgent, 7, 1, func(s *kontrollrum.Subscription) { at(s, 60*day) })
	b.subscribe(full, kontrollrum.PremiumAgent, 2, 4, func(s *kontrollrum.Subscription) { at(s, -day) }) // renewed
	b.subscribe(full, kontrollrum.CallingUser, 3, 4, func(s *kontrollrum.Subscription) { s.Trial = true; at(s, 20*day) })
	b.subscribe(full, kontrollrum.PremiumAgent, 99, 0, func(s *kontrollrum.Subscription) { s.Trial = true; at(s, -day) }) // over
	b.subscribe(stranger, kontrollrum.PremiumAgent, 99, 0, func(*kontrollrum.Subscription) {})
	for _, e := range []struct {
		in, from kontrollrum.Organization
		at       time.Duration
	}{{full, partner, -2 * day}, {full, partner, -3 * day}, {full, full, -day}, {full, other, -day}, {partner, partner, -day}, {bare, other, -day}} {
		b.entry(e.in, func(x *kontrollrum.Entry) { x.ActorOrganization, x.At = e.from.ID, b.now.Add(e.at) })
	}
	got := b.customers(partner)
	if len(got) != 2 || got[0].ID != bare.ID || got[0].Key >= got[1].Key {
		b.Fatalf("got %+v, want Zeta and Ängsbacka", got)
	}
	same(b, "all of it", got[1].Customer, kontrollrum.Customer{
		Organization: kontrollrum.Organization{ID: full.ID, Plate: full.Plate, Name: full.Name, Services: full.Services, State: full.State,
			Platform: full.Platform, Overage: 9},
		Partnership: p, Acted: b.now.Add(-2 * day),
		Standard: kontrollrum.Seats{Bought: 12, Used: 4}, Premium: kontrollrum.Seats{Bought: 2, Used: 4},
		Over: kontrollrum.Seats{Bought: 2, Used: 4}, OverProduct: kontrollrum.PremiumAgent,
		Trial: b.now.Add(20 * day), Renewal: b.now.Add(60 * day)})
	if c := got[0]; !c.Acted.IsZero() || c.Over != (kontrollrum.Seats{}) || !c.Trial.IsZero() || !c.Renewal.IsZero() || c.Search == "" {
		b.Errorf("nothing of it: %+v", c)
	}
	partners := read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.Partner, error) {
		return tx.PartnersOf(ctx, full.ID, b.now)
	})
	if len(partners) != 2 || !slices.Contains(partners, kontrollrum.Partner{Partnership: p, Plate: partner.Plate, Name: partner.Name}) {
		b.Errorf("the customer's partners are %+v", partners)
	}
	if others := b.customers(full); others != nil {
		b.Errorf("a customer has customers: %+v", others)
	}
}

// reaches: by which roles a partner's people may act in which customers.
func reaches(b *bench) {
	partner, other := b.organization(), b.organization()
	one, two, former := b.organization(), b.organization(), b.organization()
	b.partner(partner, one)
	b.partner(partner, two)
	b.partner(partner, former, func(p *kontrollrum.Partnership) { p.Ends = b.now })
	b.partner(other, one)
	all, some := b.user(partner, "All"), b.user(partner, "Some")
	b.assign(partner, all, policy.FullAdmin, reaching())
	b.assign(partner, some, policy.ReadOnlyAdmin, reaching(two))
	b.assign(one, some, policy.ServiceAdmin)
	b.assign(former, some, policy.ServiceAdmin)
	b.assign(partner, b.user(partner, "Home"), policy.FullAdmin)
	b.assign(partner, b.user(partner, "Shut out", func(u *kontrollrum.User) { u.Status = kontrollrum.Inactive }), policy.ReadOnlyAdmin, reaching())
	b.assign(partner, b.user(partner, "Over"), policy.ReadOnlyAdmin, reaching(), func(a *kontrollrum.Assignment) {
		a.Started, a.Ends = b.now.Add(-time.Hour), b.now
	})
	closed := b.assign(partner, b.user(partner, "Closed"), policy.ReadOnlyAdmin, reaching())
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.CloseAssignment(ctx, partner.ID, closed.ID, b.now)
	})
	b.assign(other, b.user(other, "Another's"), policy.FullAdmin, reaching())
	b.assign(one, b.user(other, "Another's guest"), policy.FullAdmin)
	b.assign(one, b.user(one, "Its own"), policy.FullAdmin)

	got := read(b, func(ctx context.Context, tx *store.Tx) ([]store.Reach, error) {
		return tx.Reaches(ctx, partner.ID, b.now)
	})
	want := []store.Reach{{User: all.ID, Role: policy.FullAdmin}, {User: some.ID, Role: policy.ReadOnlyAdmin, Customer: two.ID},
		{User: some.ID, Role: policy.ServiceAdmin, Customer: one.ID}}
	if all.ID > some.ID {
		want = slices.Concat(want[1:], want[:1])
	}
	same(b, "reached", got, want)
}
