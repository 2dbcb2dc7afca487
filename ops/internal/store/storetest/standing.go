package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// standingNames: an organization is named by id, by plate, or is the home of
// the target, or else of the actor; people by id or address.
func standingNames(b *bench) {
	ours, theirs := b.organization(), b.organization()
	actor, target := b.user(ours, "Actor"), b.user(theirs, "Target")
	who := func(p *store.Person) kontrollrum.UserID {
		if p == nil {
			return ""
		}
		return p.ID
	}
	nobody := string(newID[kontrollrum.UserID]())
	for _, c := range []struct {
		what, in, actor, target   string
		org                       kontrollrum.OrganizationID
		foundActor, foundTargeted kontrollrum.UserID
	}{
		{"by id", string(theirs.ID), string(actor.ID), string(target.ID), theirs.ID, actor.ID, target.ID},
		{"by plate", theirs.Plate, string(actor.ID), string(target.ID), theirs.ID, actor.ID, target.ID},
		{"at the actor's", "", string(actor.ID), "", ours.ID, actor.ID, ""},
		{"at the target's", "", string(actor.ID), string(target.ID), theirs.ID, actor.ID, target.ID},
		{"at the target's, by address", "", string(actor.ID), string(target.Email), theirs.ID, actor.ID, target.ID},
		{"both by address", ours.Plate, string(actor.Email), string(target.Email), ours.ID, actor.ID, target.ID},
		{"one person twice", "", string(actor.ID), string(actor.Email), ours.ID, actor.ID, actor.ID},
		{"no actor", theirs.Plate, "", string(target.ID), theirs.ID, "", target.ID},
		{"no target there", theirs.Plate, string(actor.ID), nobody, theirs.ID, actor.ID, ""},
		{"nobody there", theirs.Plate, nobody, nobody, theirs.ID, "", ""},
		{"nobody asked for", string(theirs.ID), "", "", theirs.ID, "", ""},
		{"nobody's home", "", string(actor.ID), nobody, "", "", ""},
		{"nowhere", "", "", "", "", "", ""},
	} {
		s := b.standing(store.Place(c.in), c.actor, c.target)
		if s.Organization.ID != c.org || who(s.Actor) != c.foundActor || who(s.Target) != c.foundTargeted {
			b.Errorf("%s: got %s, %q, %q; want %s, %q, %q", c.what, s.Organization.ID, who(s.Actor), who(s.Target), c.org, c.foundActor, c.foundTargeted)
		}
	}
	for _, in := range []string{"NOSUCH", nobody, ours.Name, "test"} {
		missing(b, "standing in "+in, func(ctx context.Context, tx *store.Tx) (*store.Standing, error) {
			return tx.Standing(ctx, store.Place(in), string(actor.ID), string(target.ID), b.now)
		})
	}
}

// standingFacts: everything a decision needs, and only of the organization asked about.
func standingFacts(b *bench) {
	o := b.organization(func(o *kontrollrum.Organization) {
		o.Name, o.State, o.Platform, o.SetupDone, o.OwnAdministratorsOnly = "Fakta", kontrollrum.OrganizationSuspended, kontrollrum.Platform10, true, true
		o.Services = []kontrollrum.Service{kontrollrum.ContactCenter}
	})
	elsewhere := b.organization(func(o *kontrollrum.Organization) { o.Services = []kontrollrum.Service{kontrollrum.Calling} })
	own := b.user(o, "Own", func(u *kontrollrum.User) { u.Status = kontrollrum.Inactive })
	guest := b.user(elsewhere, "Guest")
	b.hold(own, b.license(o, kontrollrum.MeetingsHost, 1), false)
	b.hold(own, b.license(o, kontrollrum.PremiumAgent, 1), true)
	b.hold(guest, b.license(elsewhere, kontrollrum.StandardAgent, 1), false)
	held := b.assign(o, own, policy.FullAdmin)
	b.assign(elsewhere, guest, policy.FullAdmin)
	visiting := b.assign(o, guest, policy.ServiceAdmin)
	closed := b.assign(o, guest, policy.ProvisioningAdmin)
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.CloseAssignment(ctx, o.ID, closed.ID, b.now) })

	s := b.standing(store.Place(o.Plate), string(own.ID), string(guest.ID))
	same(b, "organization", s.Organization, kontrollrum.Organization{ID: o.ID, Plate: o.Plate, Name: "Fakta", State: kontrollrum.OrganizationSuspended,
		Platform: kontrollrum.Platform10, SetupDone: true, OwnAdministratorsOnly: true})
	same(b, "one of its own", s.Actor, &store.Person{ID: own.ID, Home: o.ID, Email: own.Email, Name: "Own", Status: kontrollrum.Inactive,
		HomeHasContactCenter: true, License: policy.Premium, Supervisor: true, Held: []store.Held{{Assignment: held.ID, Role: policy.FullAdmin, Direct: true}}})
	same(b, "a guest", s.Target, &store.Person{ID: guest.ID, Home: elsewhere.ID, Email: guest.Email, Name: "Guest", Status: kontrollrum.Active,
		Held: []store.Held{{Assignment: visiting.ID, Role: policy.ServiceAdmin, Direct: true}}})
	if !s.Target.Holds(policy.ServiceAdmin) || s.Target.Holds(policy.FullAdmin) || s.Target.Relation(o.ID) != policy.Other || s.Actor.Relation(o.ID) != policy.Customer {
		b.Errorf("relations: %+v", s)
	}
	home := b.standing("", string(guest.ID), "")
	if home.Actor.License != policy.Standard || len(home.Actor.Held) != 1 || home.Actor.Held[0].Role != policy.FullAdmin {
		b.Errorf("at home: %+v", home.Actor)
	}
}

// standingPartners: what is held in the partner organization counts in its
// customers where it reaches them, and nowhere else.
func standingPartners(b *bench) {
	partner, named, unnamed, stranger := b.organization(), b.organization(), b.organization(), b.organization()
	b.partner(partner, named)
	b.partner(partner, unnamed)
	all, some, none := b.user(partner, "All"), b.user(partner, "Some"), b.user(partner, "None")
	guest := b.user(stranger, "Guest")
	b.assign(partner, all, policy.FullAdmin, reaching())
	b.assign(partner, some, policy.ReadOnlyAdmin, reaching(named, stranger))
	b.assign(partner, some, policy.ProvisioningAdmin, reaching(), func(a *kontrollrum.Assignment) { a.Ends = b.now })
	b.assign(partner, none, policy.FullAdmin)
	b.assign(partner, guest, policy.FullAdmin, reaching())
	b.assign(named, none, policy.ServiceAdmin)
	for _, c := range []struct {
		what string
		in   kontrollrum.Organization
		u    kontrollrum.User
		rel  policy.Relation
		want []store.Held
	}{
		{"all in one customer", named, all, policy.Partner, []store.Held{{Role: policy.FullAdmin}}},
		{"all in another", unnamed, all, policy.Partner, []store.Held{{Role: policy.FullAdmin}}},
		{"all at home", partner, all, policy.Customer, []store.Held{{Role: policy.FullAdmin, Direct: true}}},
		{"all where there is no partnership", stranger, all, policy.Other, nil},
		{"some in the named", named, some, policy.Partner, []store.Held{{Role: policy.ReadOnlyAdmin}}},
		{"some in the unnamed", unnamed, some, policy.Partner, nil},
		{"some where named without partnership", stranger, some, policy.Other, nil},
		{"none in a customer, by reach", unnamed, none, policy.Partner, nil},
		{"none in a customer, directly", named, none, policy.Partner, []store.Held{{Role: policy.ServiceAdmin, Direct: true}}},
		{"a guest of the partner's", named, guest, policy.Other, nil},
	} {
		p := b.standing(store.Place(c.in.ID), string(c.u.ID), "").Actor
		var held []store.Held
		for _, h := range p.Held {
			held = append(held, store.Held{Role: h.Role, Direct: h.Direct})
		}
		same(b, c.what, held, c.want)
		same(b, c.what+": relation", p.Relation(c.in.ID), c.rel)
	}
}

// assignmentEnds: a role counts until its end and at its end no more,
// wherever it is asked about; and is then in nobody's way.
func assignmentEnds(b *bench) {
	partner, o := b.organization(), b.organization()
	b.partner(partner, o)
	u, p := b.user(o, "Ends"), b.user(partner, "Reaches")
	ends := b.now.Add(time.Hour)
	until := func(a *kontrollrum.Assignment) { a.Ends = ends }
	b.assign(o, u, policy.FullAdmin, until)
	b.assign(partner, p, policy.FullAdmin, reaching(), until)
	for at, counts := range map[time.Time]int{ends.Add(-time.Microsecond): 1, ends: 0, ends.Add(time.Microsecond): 0} {
		for what, f := range map[string]func(context.Context, *store.Tx) (int, error){
			"standing": func(ctx context.Context, tx *store.Tx) (int, error) {
				s, err := tx.Standing(ctx, store.Place(o.ID), string(u.ID), "", at)
				return len(s.Actor.Held), err
			},
			"standing by partnership": func(ctx context.Context, tx *store.Tx) (int, error) {
				s, err := tx.Standing(ctx, store.Place(o.ID), "", string(p.ID), at)
				return len(s.Target.Held), err
			},
			"assignment": func(ctx context.Context, tx *store.Tx) (int, error) {
				return found(tx.Assignment(ctx, o.ID, u.ID, policy.FullAdmin, at))
			},
			"assignments": func(ctx context.Context, tx *store.Tx) (int, error) {
				return count(tx.Assignments(ctx, o.ID, u.ID, at))
			},
			"assignments everywhere": func(ctx context.Context, tx *store.Tx) (int, error) {
				return count(tx.AssignmentsAnywhere(ctx, u.ID, at))
			},
			"administrators": func(ctx context.Context, tx *store.Tx) (int, error) {
				all, _, err := tx.Users(ctx, o.ID, store.UserFilter{Administrators: true, Limit: 9}, everything, at)
				return len(all), err
			},
			"a user's roles": func(ctx context.Context, tx *store.Tx) (int, error) {
				user, err := tx.User(ctx, o.ID, u.ID, everything, at)
				return len(user.Assignments), err
			},
			"customers": func(ctx context.Context, tx *store.Tx) (int, error) {
				return tx.CountCustomers(ctx, partner.ID, p.ID, at)
			},
			"external administrators": func(ctx context.Context, tx *store.Tx) (int, error) {
				all, _, err := tx.ExternalAdministrators(ctx, o.ID, store.UserFilter{Limit: 9}, everything, at)
				return len(all), err
			},
			"where one may act": func(ctx context.Context, tx *store.Tx) (int, error) {
				all, err := tx.StandingOrganizations(ctx, p.ID, partner.ID, "", at)
				return len(all) - 1, err // home is always there
			},
			"standing everywhere": func(ctx context.Context, tx *store.Tx) (int, error) {
				all, err := tx.Standings(ctx, p.ID, partner.ID, at)
				return len(all) - 1, err
			},
		} {
			if n := read(b, f); n != counts {
				b.Errorf("%s %s before the end: %d count, want %d", what, ends.Sub(at), n, counts)
			}
		}
	}
	b.assign(o, u, policy.ServiceAdmin, func(a *kontrollrum.Assignment) { a.Started = ends })
	early := kontrollrum.Assignment{ID: newID[kontrollrum.AssignmentID](), Organization: partner.ID, User: p.ID, Role: policy.ReadOnlyAdmin,
		Reach: kontrollrum.ReachOwn, Started: ends.Add(-time.Microsecond)}
	b.fails("a second exclusive role was assigned a moment before the first one's end", func(ctx context.Context, tx *store.Tx) error {
		return tx.InsertAssignment(ctx, &early, false)
	})
}

func partnershipEnds(b *bench) {
	partner, o := b.organization(), b.organization()
	ends := b.now.Add(time.Hour)
	b.partner(partner, o, func(p *kontrollrum.Partnership) { p.Ends = ends })
	u := b.user(partner, "Reaches")
	b.assign(partner, u, policy.FullAdmin, reaching())
	for at, counts := range map[time.Time]int{ends.Add(-time.Microsecond): 1, ends: 0, ends.Add(time.Microsecond): 0} {
		for what, f := range map[string]func(context.Context, *store.Tx) (int, error){
			"standing": func(ctx context.Context, tx *store.Tx) (int, error) {
				s, err := tx.Standing(ctx, store.Place(o.ID), string(u.ID), "", at)
				return len(s.Actor.Held), err
			},
			"relation": func(ctx context.Context, tx *store.Tx) (int, error) {
				s, err := tx.Standing(ctx, store.Place(o.ID), string(u.ID), "", at)
				return int(policy.Other - s.Actor.Relation(o.ID)), err
			},
			"partnership": func(ctx context.Context, tx *store.Tx) (int, error) {
				return found(tx.Partnership(ctx, o.ID, partner.ID, at))
			},
			"partnerships": func(ctx context.Context, tx *store.Tx) (int, error) {
				return count(tx.Partnerships(ctx, partner.ID, at))
			},
			"customers": func(ctx context.Context, tx *store.Tx) (int, error) {
				return tx.CountCustomers(ctx, partner.ID, "", at)
			},
			"external administrators": func(ctx context.Context, tx *store.Tx) (int, error) {
				all, _, err := tx.ExternalAdministrators(ctx, o.ID, store.UserFilter{Limit: 9}, everything, at)
				return len(all), err
			},
			"where one may act": func(ctx context.Context, tx *store.Tx) (int, error) {
				all, err := tx.StandingOrganizations(ctx, u.ID, partner.ID, "", at)
				return len(all) - 1, err
			},
		} {
			if n := read(b, f); n != counts {
				b.Errorf("%s %s before the end: %d count, want %d", what, ends.Sub(at), n, counts)
			}
		}
	}
}

// otherEnds: a token and a trial end at their instant; a term does not end a
// bought subscription, which renews.
func otherEnds(b *bench) {
	o := b.organization()
	ends := b.now.Add(time.Hour)
	token := kontrollrum.Token{ID: newID[kontrollrum.TokenID](), Organization: o.ID, Application: "x", Created: b.now, Expires: ends}
	trial := kontrollrum.Subscription{ID: newID[kontrollrum.SubscriptionID](), Organization: o.ID, Name: "Prov", Trial: true, Starts: b.now, Ends: ends}
	bought := kontrollrum.Subscription{ID: newID[kontrollrum.SubscriptionID](), Organization: o.ID, Name: "Avtal", Starts: b.now.Add(1000), Ends: ends}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.InsertToken(ctx, &token, string(token.ID)), tx.SaveSubscription(ctx, &trial, b.now), tx.SaveSubscription(ctx, &bought, b.now),
			tx.InsertLicense(ctx, &kontrollrum.License{ID: newID[kontrollrum.LicenseID](), Organization: o.ID, Subscription: trial.ID, Product: kontrollrum.CallingUser}, b.now))
	})
	for at, over := range map[time.Time]bool{ends.Add(-time.Microsecond): false, ends: true} {
		bearer := read(b, func(ctx context.Context, tx *store.Tx) (*store.Bearer, error) {
			return tx.Bearer(ctx, string(token.ID), at)
		})
		all := read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.Subscription, error) {
			return tx.Subscriptions(ctx, o.ID, at)
		})
		if (bearer == nil) != over || all[0].Ended != over || all[0].Licenses[0].Ended != over || all[1].Ended {
			b.Errorf("%s before the end: %+v %+v", ends.Sub(at), bearer, all)
		}
	}
}
