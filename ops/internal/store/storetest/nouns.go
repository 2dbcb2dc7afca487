package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Every noun is written with every field set, read back, changed and read again.

func organizations(b *bench) {
	o := b.organization(func(o *kontrollrum.Organization) {
		o.Name, o.Country, o.Language, o.TimeZone, o.DataRegion = "Åre Kraft & \"Ljus\" 'AB' \\ %_", "NO", "nb", "Europe/Oslo", "norr"
		o.Services = []kontrollrum.Service{kontrollrum.Calling, kontrollrum.ContactCenter}
		o.Platform, o.SetupDone, o.OwnAdministratorsOnly, o.Overage, o.Version = kontrollrum.Platform10, true, true, 7, 3
		o.Modified = o.Created.Add(123456 * time.Microsecond)
	})
	find := func(in string) *kontrollrum.Organization {
		return read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Organization, error) {
			return tx.Organization(ctx, store.Place(in))
		})
	}
	same(b, "by id", *find(string(o.ID)), o)
	same(b, "by plate", *find(o.Plate), o)
	for _, nobody := range []string{"", "NOSUCH", string(newID[kontrollrum.OrganizationID]()), o.Name} {
		missing(b, nobody, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Organization, error) {
			return tx.Organization(ctx, store.Place(nobody))
		})
	}
	o.Name, o.Country, o.Language, o.TimeZone, o.Services, o.State = "Östersund Kraft", "SE", "sv", "Europe/Stockholm", nil, kontrollrum.OrganizationSuspended
	o.Platform, o.SetupDone, o.OwnAdministratorsOnly, o.Overage, o.Version, o.Modified = "", false, false, 0, 4, b.now.Add(time.Hour)
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateOrganization(ctx, &o) })
	same(b, "changed", *find(o.Plate), o)

	count := func() int {
		return read(b, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.CountOrganizations(ctx) })
	}
	before := count()
	b.organization()
	if after := count(); after <= before { // others count at the same time
		b.Errorf("one more organization makes %d of %d", after, before)
	}
}

func partnerships(b *bench) {
	partner, customer, other := b.organization(), b.organization(), b.organization()
	full := func(p *kontrollrum.Partnership) {
		p.Provisioning, p.Ends, p.GivenBy = true, b.now.Add(time.Hour), newID[kontrollrum.UserID]()
	}
	p := b.partner(partner, customer, full)
	of := func(customer, partner kontrollrum.Organization) *kontrollrum.Partnership {
		return read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Partnership, error) {
			return tx.Partnership(ctx, customer.ID, partner.ID, b.now)
		})
	}
	list := func(o kontrollrum.Organization) []kontrollrum.Partnership {
		return read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.Partnership, error) {
			return tx.Partnerships(ctx, o.ID, b.now)
		})
	}
	same(b, "found", of(customer, partner), &p)
	same(b, "the other way round", of(partner, customer), nil)
	same(b, "from the customer's side", list(customer), []kontrollrum.Partnership{p})
	same(b, "from the partner's side", list(partner), []kontrollrum.Partnership{p})
	same(b, "from nobody's side", list(other), nil)

	q := b.partner(partner, customer, func(q *kontrollrum.Partnership) { q.Managing, q.Provisioning = false, true })
	same(b, "replaced", list(customer), []kontrollrum.Partnership{q})
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndPartnership(ctx, partner.ID, customer.ID) })
	same(b, "ended the wrong way round", list(customer), []kontrollrum.Partnership{q})
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndPartnership(ctx, customer.ID, partner.ID) })
	same(b, "ended", of(customer, partner), nil)
}

func users(b *bench) {
	o := b.organization()
	u := b.user(o, "Åsa O'Neil", func(u *kontrollrum.User) {
		u.FirstName, u.LastName, u.Title, u.Department, u.Phone, u.Location = "Åsa", "O'Neil", "Chef", "Kund\\service", "+46 8 123", "Åre"
		u.Language, u.TimeZone, u.Status = "sv", "Europe/Stockholm", kontrollrum.NotVerified
		u.LastActive, u.Modified = b.now.Add(-time.Microsecond), b.now.Add(time.Hour)
	})
	find := func() kontrollrum.User {
		return *read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.User, error) {
			return tx.User(ctx, o.ID, u.ID, everything, b.now)
		})
	}
	taken := func(e kontrollrum.Email) bool {
		return read(b, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.AddressTaken(ctx, e) })
	}
	same(b, "added", find(), u)
	same(b, "listed", b.users(o, store.UserFilter{}, everything), []kontrollrum.User{u})

	old := u.Email
	u.Email, u.FirstName, u.LastName, u.DisplayName, u.Title = address(o, "Örjan"), "Örjan", "Ö", "Örjan Ö", ""
	u.Department, u.Phone, u.Location, u.Language, u.TimeZone = "a", "b", "c", "en-GB", "Europe/Oslo"
	u.Status, u.LastActive, u.Modified = kontrollrum.Active, time.Time{}, b.now
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateUser(ctx, &u) })
	same(b, "changed", find(), u)
	same(b, "found by the new name", b.find(o, store.UserFilter{Search: "orjan o"}), []string{"Örjan Ö"})
	same(b, "found by the old name", b.find(o, store.UserFilter{Search: "neil"}), nil)
	if taken(old) || !taken(u.Email) {
		b.Errorf("old address taken: %t, new address taken: %t", taken(old), taken(u.Email))
	}
	if s := b.standing("", string(u.ID), string(u.Email)); s.Actor == nil || s.Target == nil {
		b.Error("a changed address does not name its user")
	}

	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteUser(ctx, o.ID, u.ID) })
	missing(b, "deleted", func(ctx context.Context, tx *store.Tx) (*kontrollrum.User, error) {
		return tx.User(ctx, o.ID, u.ID, everything, b.now)
	})
	if taken(u.Email) {
		b.Error("a deleted user's address is still taken")
	}
}

func userProfiles(b *bench) {
	o, elsewhere := b.organization(), b.organization()
	u := b.user(o, "Vera")
	save := func(in kontrollrum.Organization, name string, gives ...policy.Access) (id string) {
		b.write(func(ctx context.Context, tx *store.Tx) (err error) {
			id, err = tx.SaveUserProfile(ctx, in.ID, newID[string](), name, [3]policy.Access(gives))
			return err
		})
		return id
	}
	id := save(o, "Chefer", policy.View, policy.Edit, policy.NoAccess)
	if again := save(o, "Chefer", policy.Edit, policy.NoAccess, policy.View); again != id {
		b.Errorf("saved again it is %s, want %s", again, id)
	}
	gives := func(name string) [3]policy.Access {
		return read(b, func(ctx context.Context, tx *store.Tx) ([3]policy.Access, error) {
			gives, found, err := tx.UserProfile(ctx, o.ID, name)
			if found != (name == "Chefer") {
				b.Errorf("a profile named %s is found: %t", name, found)
			}
			return gives, err
		})
	}
	of := func() string {
		return read(b, func(ctx context.Context, tx *store.Tx) (string, error) { return tx.UserProfileOf(ctx, o.ID, u.ID) })
	}
	same(b, "what it gives", gives("Chefer"), [3]policy.Access{policy.Edit, policy.NoAccess, policy.View})
	same(b, "what none gives", gives("Andra"), [3]policy.Access{})
	same(b, "the profile of who has none", of(), "")
	foreign := save(elsewhere, "Chefer", policy.Edit, policy.Edit, policy.Edit)
	same(b, "without a profile", b.standing("", string(u.ID), "").Actor.Profile, [3]policy.Access{})
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetUserProfile(ctx, o.ID, u.ID, id) })
	same(b, "with a profile", b.standing("", string(u.ID), "").Actor.Profile, [3]policy.Access{policy.Edit, policy.NoAccess, policy.View})

	same(b, "the profile of who has one", of(), id)
	b.fails("another organization's profile was given", func(ctx context.Context, tx *store.Tx) error {
		return tx.SetUserProfile(ctx, o.ID, u.ID, foreign)
	})
}

func subscriptions(b *bench) {
	o := b.organization()
	s := kontrollrum.Subscription{ID: newID[kontrollrum.SubscriptionID](), Organization: o.ID, Name: "Prov", Trial: true, Starts: b.now, Ends: b.now.Add(time.Hour)}
	l := kontrollrum.License{ID: newID[kontrollrum.LicenseID](), Organization: o.ID, Subscription: s.ID, Trial: true, Product: kontrollrum.PremiumAgent, Bought: 3}
	list := func() []kontrollrum.Subscription {
		return read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.Subscription, error) {
			return tx.Subscriptions(ctx, o.ID, b.now)
		})
	}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.SaveSubscription(ctx, &s, b.now), tx.InsertLicense(ctx, &l, b.now))
	})
	s.Licenses = []kontrollrum.License{l}
	same(b, "added", list(), []kontrollrum.Subscription{s})

	s.Name, s.Trial, s.Ends = "Avtal", false, time.Time{}
	s.Licenses[0].Trial = false
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.SaveSubscription(ctx, &s, b.now) })
	same(b, "changed", list(), []kontrollrum.Subscription{s})
	same(b, "licence", read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.License, error) {
		return tx.License(ctx, o.ID, l.ID, b.now)
	}), &s.Licenses[0])
	s.Ended = true
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.SaveSubscription(ctx, &s, b.now) })
	if list()[0].Ended {
		b.Error("saved, it is over")
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndSubscription(ctx, o.ID, s.ID, b.now) })
	s.Licenses[0].Ended = true
	same(b, "ended", list(), []kontrollrum.Subscription{s})
	for _, id := range []kontrollrum.LicenseID{"", newID[kontrollrum.LicenseID]()} {
		missing(b, "licence "+string(id), func(ctx context.Context, tx *store.Tx) (*kontrollrum.License, error) {
			return tx.License(ctx, o.ID, id, b.now)
		})
	}
}

func holdings(b *bench) {
	o := b.organization()
	u := b.user(o, "Premia")
	premium, standard, meetings := b.license(o, kontrollrum.PremiumAgent, 2), b.license(o, kontrollrum.StandardAgent, 2), b.license(o, kontrollrum.MeetingsHost, 2)
	first, second := b.hold(u, premium, false), b.hold(u, meetings, false)
	held := func() []kontrollrum.Holding { return b.users(o, store.UserFilter{}, everything)[0].Holdings }
	used := func(l kontrollrum.License) int {
		return read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.License, error) {
			return tx.License(ctx, o.ID, l.ID, b.now)
		}).Used
	}
	got := held()
	if len(got) != 2 || got[0] != first && got[1] != first || got[0] != second && got[1] != second {
		b.Errorf("held: %+v", got)
	}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.SetSupervisor(ctx, o.ID, u.ID, premium.ID, true)
	})
	if s := b.standing("", string(u.ID), ""); s.Actor.License != policy.Premium || !s.Actor.Supervisor {
		b.Errorf("standing: %+v", s.Actor)
	}
	if used(premium) != 1 || used(standard) != 0 {
		b.Errorf("used: %d and %d", used(premium), used(standard))
	}
	for what, wrong := range map[string]kontrollrum.Holding{
		"a second contact-centre licence":    {License: standard.ID, Product: standard.Product},
		"the same licence twice":             {License: meetings.ID, Product: meetings.Product},
		"a licence that is not there":        {License: newID[kontrollrum.LicenseID](), Product: meetings.Product},
		"supervisor on what carries no such": {License: standard.ID, Product: standard.Product, Supervisor: true},
	} {
		b.fails(what+" was held", func(ctx context.Context, tx *store.Tx) error { return tx.InsertHolding(ctx, o.ID, u.ID, wrong, b.now) })
	}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.DeleteHolding(ctx, o.ID, u.ID, premium.ID), tx.FreeSeat(ctx, o.ID, premium.ID, b.now))
	})
	same(b, "after one is taken", held(), []kontrollrum.Holding{second})
	b.fails("fewer than no seats are used", func(ctx context.Context, tx *store.Tx) error { return tx.FreeSeat(ctx, o.ID, premium.ID, b.now) })

	set := func(bought int) (enough bool) {
		b.write(func(ctx context.Context, tx *store.Tx) (err error) {
			enough, err = tx.SetBought(ctx, o.ID, meetings.ID, bought, b.now)
			return err
		})
		return enough
	}
	if set(0) || !set(1) || used(meetings) != 1 {
		b.Error("bought seats may fall to those used and no further")
	}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		o.Overage = 1
		return tx.UpdateOrganization(ctx, &o)
	})
	if !set(0) {
		b.Error("bought seats may fall to those used less the overage")
	}
}

func tokens(b *bench) {
	o := b.organization()
	u := b.user(o, "Token")
	forUser := kontrollrum.Token{ID: newID[kontrollrum.TokenID](), Organization: o.ID, User: u.ID, Name: "Växelns tavla", Created: b.now, Expires: b.now.Add(time.Hour)}
	forApp := kontrollrum.Token{ID: newID[kontrollrum.TokenID](), Organization: o.ID, Application: "växel", Created: b.now.Add(time.Second)}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.InsertToken(ctx, &forUser, "hash of "+string(forUser.ID)), tx.InsertToken(ctx, &forApp, "hash of "+string(forApp.ID)))
	})
	bearer := func(hash string) *store.Bearer {
		return read(b, func(ctx context.Context, tx *store.Tx) (*store.Bearer, error) { return tx.Bearer(ctx, hash, b.now) })
	}
	find := func(id kontrollrum.TokenID) *kontrollrum.Token {
		return read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Token, error) { return tx.Token(ctx, id) })
	}
	same(b, "a user's bearer", bearer("hash of "+string(forUser.ID)), &store.Bearer{User: u.ID, Organization: o.ID})
	same(b, "an application's bearer", bearer("hash of "+string(forApp.ID)), &store.Bearer{Organization: o.ID, Application: "växel"})
	same(b, "nobody's bearer", bearer(string(forUser.ID)), nil)

	forUser.Email = u.Email
	same(b, "by id", find(forUser.ID), &forUser)
	same(b, "of a user", read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.Token, error) { return tx.Tokens(ctx, u.ID) }), []kontrollrum.Token{forUser})
	missing(b, "unknown token", func(ctx context.Context, tx *store.Tx) (*kontrollrum.Token, error) {
		return tx.Token(ctx, newID[kontrollrum.TokenID]())
	})
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.RevokeToken(ctx, forApp.ID, b.now) })
	forApp.Revoked = b.now
	same(b, "revoked", find(forApp.ID), &forApp)
	same(b, "a revoked token's bearer", bearer("hash of "+string(forApp.ID)), nil)

	early, given := forUser, forUser
	early.ID, early.Revoked = newID[kontrollrum.TokenID](), b.now
	given.ID, given.Name = newID[kontrollrum.TokenID](), ""
	elsewhere := b.organization()
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.InsertToken(ctx, &early, "hash of "+string(early.ID)), tx.RevokeToken(ctx, early.ID, b.now),
			tx.InsertToken(ctx, &given, "hash of "+string(given.ID)), tx.RevokeOwnTokens(ctx, elsewhere.ID, u.ID, b.now))
	})
	same(b, "of another organization's user", find(forUser.ID), &forUser)
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.RevokeOwnTokens(ctx, o.ID, u.ID, b.now.Add(time.Second))
	})
	forUser.Revoked = b.now.Add(time.Second)
	same(b, "revoked with all of one's own", find(forUser.ID), &forUser)
	same(b, "revoked before", find(early.ID), &early)
	same(b, "the operator's", find(given.ID), &given)
	same(b, "the bearer of one of all", bearer("hash of "+string(forUser.ID)), nil)

	u.Status = kontrollrum.Inactive
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateUser(ctx, &u) })
	same(b, "a deactivated user's bearer", bearer("hash of "+string(given.ID)), nil)
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteUser(ctx, o.ID, u.ID) })
	missing(b, "a removed user's token", func(ctx context.Context, tx *store.Tx) (*kontrollrum.Token, error) { return tx.Token(ctx, forUser.ID) })
}
