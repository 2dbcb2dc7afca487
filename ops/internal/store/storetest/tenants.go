package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A tenant is an organization with one of everything.
type tenant struct {
	org        kontrollrum.Organization
	user       kontrollrum.User
	license    kontrollrum.License
	assignment kontrollrum.Assignment
	entry      kontrollrum.Entry
	partner    kontrollrum.Organization
}

func (b *bench) tenant() tenant {
	b.Helper()
	t := tenant{org: b.organization(), partner: b.organization()}
	t.user = b.user(t.org, "Tenant")
	t.license = b.license(t.org, kontrollrum.PremiumAgent, 5)
	b.hold(t.user, t.license, true)
	t.assignment = b.assign(t.org, t.user, policy.FullAdmin)
	t.entry = b.entry(t.org, func(e *kontrollrum.Entry) { e.Actor, e.Target = t.user.ID, t.user.ID })
	b.partner(t.partner, t.org)
	return t
}

// snapshot is all that the store tells of a tenant.
func (b *bench) snapshot(t tenant) string {
	b.Helper()
	return read(b, func(ctx context.Context, tx *store.Tx) (string, error) {
		organization, err1 := tx.Organization(ctx, store.Place(t.org.ID))
		all, _, err2 := tx.Users(ctx, t.org.ID, store.UserFilter{Limit: 99}, everything, b.now)
		subscribed, err3 := tx.Subscriptions(ctx, t.org.ID, b.now)
		assigned, err4 := tx.Assignments(ctx, t.org.ID, t.user.ID, b.now)
		logged, _, err5 := tx.Entries(ctx, t.org.ID, store.EntryFilter{Limit: 99, To: b.now.Add(time.Hour)}, everything)
		partners, err6 := tx.Partnerships(ctx, t.org.ID, b.now)
		counts, err8 := tx.SeatCounts(ctx, t.org.ID, b.now, b.now)
		stands, err7 := tx.Standing(ctx, "", string(t.user.ID), string(t.user.Email), b.now)
		if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
			return "", err
		}
		return fmt.Sprintf("%+v\n%+v\n%+v\n%+v\n%+v\n%+v\n%+v\n%+v\n%+v", organization, all, subscribed, counts, assigned, logged, partners, stands.Actor, stands.Target), nil
	})
}

// nothingFound: no listing or finder of one organization, given another's ids,
// finds anything.
func nothingFound(b *bench) {
	ours, theirs := b.tenant(), b.tenant()
	o, now := ours.org.ID, b.now
	for what, f := range map[string]func(context.Context, *store.Tx) (int, error){
		"user": func(ctx context.Context, tx *store.Tx) (int, error) {
			return found(tx.User(ctx, o, theirs.user.ID, everything, now))
		},
		"licence": func(ctx context.Context, tx *store.Tx) (int, error) {
			return found(tx.License(ctx, o, theirs.license.ID, now))
		},
		"licences": func(ctx context.Context, tx *store.Tx) (int, error) {
			return count(tx.Licenses(ctx, o, theirs.license.ID, now))
		},
		"holders": func(ctx context.Context, tx *store.Tx) (int, error) {
			users, _, err := tx.LicenseHolders(ctx, o, theirs.license.ID, "", 9)
			return len(users), err
		},
		"assignment": func(ctx context.Context, tx *store.Tx) (int, error) {
			return found(tx.Assignment(ctx, o, theirs.user.ID, policy.FullAdmin, now))
		},
		"assignments": func(ctx context.Context, tx *store.Tx) (int, error) {
			return count(tx.Assignments(ctx, o, theirs.user.ID, now))
		},
		"users by id": func(ctx context.Context, tx *store.Tx) (int, error) {
			users, _, err := tx.Users(ctx, o, store.UserFilter{IDs: []kontrollrum.UserID{theirs.user.ID}, Limit: 9}, everything, now)
			return len(users), err
		},
		"users by address": func(ctx context.Context, tx *store.Tx) (int, error) {
			users, _, err := tx.Users(ctx, o, store.UserFilter{Email: theirs.user.Email, Limit: 9}, everything, now)
			return len(users), err
		},
		"users by search": func(ctx context.Context, tx *store.Tx) (int, error) {
			users, _, err := tx.Users(ctx, o, store.UserFilter{Search: string(theirs.user.ID), Limit: 9}, everything, now)
			return len(users), err
		},
		"external administrators": func(ctx context.Context, tx *store.Tx) (int, error) {
			all, _, err := tx.ExternalAdministrators(ctx, o, store.UserFilter{IDs: []kontrollrum.UserID{theirs.user.ID}, Limit: 9}, everything, now)
			return len(all), err
		},
		"entries by actor": func(ctx context.Context, tx *store.Tx) (int, error) {
			all, _, err := tx.Entries(ctx, o, store.EntryFilter{Actor: theirs.user.ID, Limit: 9, To: now.Add(1)}, everything)
			return len(all), err
		},
		"entries by target": func(ctx context.Context, tx *store.Tx) (int, error) {
			all, _, err := tx.Entries(ctx, o, store.EntryFilter{Target: theirs.user.ID, Limit: 9, To: now.Add(1)}, everything)
			return len(all), err
		},
		"partnership": func(ctx context.Context, tx *store.Tx) (int, error) {
			return found(tx.Partnership(ctx, o, theirs.partner.ID, now))
		},
		"customers": func(ctx context.Context, tx *store.Tx) (int, error) {
			all, err := tx.Customers(ctx, ours.partner.ID, now)
			return len(all) - 1, err // ours is one
		},
		"who reaches them": func(ctx context.Context, tx *store.Tx) (int, error) {
			return count(tx.Reaches(ctx, ours.partner.ID, now))
		},
		"last full administrator": func(ctx context.Context, tx *store.Tx) (int, error) {
			n, err := tx.OtherFullAdmins(ctx, o, theirs.user.ID)
			return n - 1, err // ours is another one
		},
		"standing": func(ctx context.Context, tx *store.Tx) (int, error) {
			s, err := tx.Standing(ctx, store.Place(o), string(theirs.user.ID), string(theirs.user.ID), now)
			return len(s.Actor.Held) + len(s.Target.Held) + int(s.Actor.License) + int(s.Actor.Relation(o)-policy.Other), err
		},
		"where they may act": func(ctx context.Context, tx *store.Tx) (int, error) {
			all, err := tx.StandingOrganizations(ctx, theirs.user.ID, theirs.org.ID, ours.org.Plate, now)
			return len(all), err
		},
	} {
		if n := read(b, func(ctx context.Context, tx *store.Tx) (int, error) { return f(ctx, tx) }); n != 0 {
			b.Errorf("%s finds %d", what, n)
		}
	}
}

// found counts what a finder finds: one or none.
func found[T any](v *T, err error) (int, error) {
	if v == nil || errors.Is(err, kontrollrum.NotFound) {
		return 0, nil
	}
	return 1, err
}

func count[T any](all []T, err error) (int, error) { return len(all), err }

// nothingChanged: nothing written for one organization, with another's ids,
// changes the other.
func nothingChanged(b *bench) {
	ours, theirs := b.tenant(), b.tenant()
	o, before := ours.org.ID, b.snapshot(theirs)
	changed := theirs.user
	changed.Organization, changed.DisplayName, changed.Email = o, "Ours now", address(ours.org, "stolen")
	moved := theirs.assignment
	moved.Organization, moved.Reason = o, "ours now"
	for what, f := range map[string]func(context.Context, *store.Tx) error{
		"user":         func(ctx context.Context, tx *store.Tx) error { return tx.UpdateUser(ctx, &changed) },
		"deleted user": func(ctx context.Context, tx *store.Tx) error { return tx.DeleteUser(ctx, o, theirs.user.ID) },
		"user profile": func(ctx context.Context, tx *store.Tx) error { return tx.SetUserProfile(ctx, o, theirs.user.ID, "x") },
		"assignment":   func(ctx context.Context, tx *store.Tx) error { return tx.UpdateAssignment(ctx, &moved) },
		"closed assignment": func(ctx context.Context, tx *store.Tx) error {
			return tx.CloseAssignment(ctx, o, theirs.assignment.ID, b.now)
		},
		"partnership": func(ctx context.Context, tx *store.Tx) error { return tx.EndPartnership(ctx, o, theirs.partner.ID) },
		"holding": func(ctx context.Context, tx *store.Tx) error {
			return tx.DeleteHolding(ctx, o, theirs.user.ID, theirs.license.ID)
		},
		"supervisor": func(ctx context.Context, tx *store.Tx) error {
			return tx.SetSupervisor(ctx, o, theirs.user.ID, theirs.license.ID, false)
		},
		"freed seat": func(ctx context.Context, tx *store.Tx) error { return tx.FreeSeat(ctx, o, theirs.license.ID, b.now) },
		"taken seat": func(ctx context.Context, tx *store.Tx) error {
			took, err := tx.TakeSeat(ctx, o, theirs.license.ID, b.now)
			if took {
				b.Error("a seat of theirs was taken")
			}
			return err
		},
		"ended subscription": func(ctx context.Context, tx *store.Tx) error {
			return tx.EndSubscription(ctx, o, theirs.license.Subscription, b.now)
		},
		"bought seats": func(ctx context.Context, tx *store.Tx) error {
			set, err := tx.SetBought(ctx, o, theirs.license.ID, 100, b.now)
			if set {
				b.Error("theirs were bought")
			}
			return err
		},
	} {
		err := b.s.Write(b.Context(), func(tx *store.Tx) error {
			if err := f(b.Context(), tx); err != nil {
				return errors.New(err.Error())
			}
			return nil
		})
		if after := b.snapshot(theirs); after != before {
			b.Fatalf("%s (%v):\n got %s\nwant %s", what, err, after, before)
		}
	}
}

// standingOrganizations lists home, assignments and what partnerships open, in name order.
func standingOrganizations(b *bench) {
	named := func(name string) kontrollrum.Organization {
		return b.organization(func(o *kontrollrum.Organization) { o.Name = name })
	}
	home, assigned, ended := named("Östra"), named("assigned"), named("Ended")
	customer, limited, over, stranger := named("Ålands"), named("Zeta"), named("Over"), named("Stranger")
	u := b.user(home, "Partner")
	b.assign(home, u, policy.FullAdmin, reaching(customer, over, stranger))
	b.assign(assigned, u, policy.ReadOnlyAdmin)
	b.assign(ended, u, policy.ReadOnlyAdmin, func(a *kontrollrum.Assignment) { a.Ends = b.now })
	for _, o := range []kontrollrum.Organization{customer, limited} {
		b.partner(home, o)
	}
	b.partner(home, over, func(p *kontrollrum.Partnership) { p.Ends = b.now })
	list := func(search string) (out []string) {
		for _, o := range read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.Organization, error) {
			return tx.StandingOrganizations(ctx, u.ID, home.ID, search, b.now)
		}) {
			out = append(out, o.Name)
		}
		return out
	}
	same(b, "all", list(""), []string{"assigned", "Ålands", "Östra"})
	everywhere := read(b, func(ctx context.Context, tx *store.Tx) (map[kontrollrum.OrganizationID]*store.Standing, error) {
		return tx.Standings(ctx, u.ID, home.ID, b.now)
	})
	if len(everywhere) != 3 {
		b.Errorf("standing in %d organizations, want 3", len(everywhere))
	}
	for id, s := range everywhere {
		there := b.standing(store.Place(id), string(u.ID), "")
		same(b, "standing in one of them", s.Actor, there.Actor)
		same(b, "one of them", s.Organization, there.Organization)
	}
	same(b, "search", list("AL"), []string{"Ålands"})
	same(b, "search by plate", list(assigned.Plate), []string{"assigned"})
	same(b, "search by a wildcard", list("%"), nil)
	b.assign(home, u, policy.ProvisioningAdmin, reaching())
	same(b, "one that reaches all customers", list(""), []string{"assigned", "Zeta", "Ålands", "Östra"})
}
