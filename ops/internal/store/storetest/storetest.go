// Package storetest is what every engine must do alike: one suite, run on each.
// It knows no engine. Its tests share one database and tell themselves apart by
// organizations of their own, so that each is also a stranger to all others.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Run runs the suite on the store that open opens.
func Run(t *testing.T, open func(*testing.T) *store.Store) {
	s := open(t)
	var plates atomic.Int64
	for name, test := range map[string]func(*bench){
		"organizations":                 organizations,
		"partnerships":                  partnerships,
		"customers of a partner":        customersOf,
		"who reaches customers":         reaches,
		"users":                         users,
		"user profiles":                 userProfiles,
		"subscriptions and licences":    subscriptions,
		"holdings":                      holdings,
		"usage":                         usage,
		"what needs attention":          attention,
		"assignments":                   assignments,
		"tokens":                        tokens,
		"credentials":                   credentials,
		"attempts":                      attempts,
		"sessions renewed":              renewed,
		"who must have a second factor": demands,
		"clients":                       clients,
		"authorizations":                authorizations,
		"grants":                        grants,
		"grants of a user":              grantLists,
		"grants end with sessions":      grantEnds,
		"device codes":                  deviceCodes,
		"signing keys":                  signingKeys,
		"identity providers":            identityProviders,
		"subjects at a provider":        subjects,
		"entries":                       entries,
		"links":                         links,
		"letters":                       letters,
		"tasks":                         tasks,
		"which entries are found":       entryFilters,
		"collation":                     collation,
		"search":                        search,
		"search takes wildcards as is":  wildcards,
		"text that no engine keeps":     strangeText,
		"pages":                         pages,
		"pages of other lists":          otherPages,
		"filters":                       filters,
		"external administrators":       externals,
		"homes and names":               homesAndNames,
		"tenants: nothing is found":     nothingFound,
		"tenants: nothing is changed":   nothingChanged,
		"standing: who is named how":    standingNames,
		"standing: what is known":       standingFacts,
		"standing by partnership":       standingPartners,
		"ends of assignments":           assignmentEnds,
		"ends of partnerships":          partnershipEnds,
		"ends of tokens and trials":     otherEnds,
		"where a user may act":          standingOrganizations,
		"last full administrator":       lastFullAdmin,
		"race for the last seats":       seatRace,
		"race for an exclusive role":    roleRace,
		"race for an address":           addressRace,
		"what failed leaves nothing":    rolledBack,
		"what panicked leaves nothing":  panicked,
		"a read changes nothing":        readOnly,
		"cancelled callers do no harm":  cancelled,
		"a transaction sees one state":  oneState,
		"what lost is tried again":      triedAgain,
		"what always loses is busy":     busy,
		"an uncommitted change is away": unseen,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(&bench{T: t, s: s, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), plates: &plates})
		})
	}
}

// A bench is where one test works: the store, a clock that stands still, and
// whatever makes the test's own world.
type bench struct {
	*testing.T
	s      *store.Store
	now    time.Time
	plates *atomic.Int64
}

// everything is a sight that shows all roles.
var everything = policy.Sight{Users: true, Administrators: policy.SeesAll, External: policy.SeesAll, Audit: policy.SeesAll}

func (b *bench) write(f func(context.Context, *store.Tx) error) {
	b.Helper()
	if err := b.s.Write(b.Context(), func(tx *store.Tx) error { return f(b.Context(), tx) }); err != nil {
		b.Fatal(err)
	}
}

// fails checks that the database itself refuses f.
func (b *bench) fails(otherwise string, f func(context.Context, *store.Tx) error) {
	b.Helper()
	err := b.s.Write(b.Context(), func(tx *store.Tx) error {
		if err := f(b.Context(), tx); err != nil {
			return errors.New(err.Error()) // so that a taken unique key is not tried again
		}
		return nil
	})
	if err == nil {
		b.Error(otherwise)
	}
}

// read returns what f finds.
func read[T any](b *bench, f func(context.Context, *store.Tx) (T, error)) (out T) {
	b.Helper()
	err := b.s.Read(b.Context(), func(tx *store.Tx) (err error) {
		out, err = f(b.Context(), tx)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// missing checks that f finds nothing.
func missing[T any](b *bench, what string, f func(context.Context, *store.Tx) (T, error)) {
	b.Helper()
	err := b.s.Read(b.Context(), func(tx *store.Tx) error {
		_, err := f(b.Context(), tx)
		return err
	})
	if !errors.Is(err, kontrollrum.NotFound) {
		b.Errorf("%s: got %v, want NotFound", what, err)
	}
}

// same checks that got is what was wanted, field by field.
func same[T any](b *bench, what string, got, want T) {
	b.Helper()
	if !reflect.DeepEqual(got, want) {
		b.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func newID[T ~string]() T { return T(uuid.NewString()) }

// organization adds one, with a plate and a domain that nobody else has.
func (b *bench) organization(change ...func(*kontrollrum.Organization)) kontrollrum.Organization {
	b.Helper()
	o := kontrollrum.Organization{
		ID: newID[kontrollrum.OrganizationID](), Plate: fmt.Sprintf("T%04d", b.plates.Add(1)), Name: "Test",
		Country: "SE", Language: "sv", TimeZone: "Europe/Stockholm", DataRegion: "local",
		State: kontrollrum.OrganizationActive, Created: b.now, Modified: b.now, Version: 1,
	}
	for _, f := range change {
		f(&o)
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertOrganization(ctx, &o) })
	return o
}

// address makes an e-mail address of a name, in the organization's own domain.
func address(o kontrollrum.Organization, name string) kontrollrum.Email {
	return kontrollrum.Email(strings.ReplaceAll(store.Fold(name), " ", ".") + "@" + strings.ToLower(o.Plate) + ".example")
}

// user adds an active user of that name.
func (b *bench) user(o kontrollrum.Organization, name string, change ...func(*kontrollrum.User)) kontrollrum.User {
	b.Helper()
	u := kontrollrum.User{
		ID: newID[kontrollrum.UserID](), Organization: o.ID, Email: address(o, name), DisplayName: name,
		Status: kontrollrum.Active, Created: b.now, Modified: b.now,
	}
	for _, f := range change {
		f(&u)
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertUser(ctx, &u) })
	return u
}

// license adds a subscription with one licence.
func (b *bench) license(o kontrollrum.Organization, p kontrollrum.Product, bought int) kontrollrum.License {
	b.Helper()
	s := kontrollrum.Subscription{ID: newID[kontrollrum.SubscriptionID](), Organization: o.ID, Name: "Avtal", Starts: b.now}
	l := kontrollrum.License{ID: newID[kontrollrum.LicenseID](), Organization: o.ID, Subscription: s.ID, Product: p, Bought: bought}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.SaveSubscription(ctx, &s, b.now), tx.InsertLicense(ctx, &l, b.now))
	})
	return l
}

// hold gives a user a seat of a licence.
func (b *bench) hold(u kontrollrum.User, l kontrollrum.License, supervisor bool) kontrollrum.Holding {
	b.Helper()
	h := kontrollrum.Holding{License: l.ID, Product: l.Product, Supervisor: supervisor}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		took, err := tx.TakeSeat(ctx, l.Organization, l.ID, b.now)
		if err == nil && !took {
			err = errors.New("no seat left")
		}
		return errors.Join(err, tx.InsertHolding(ctx, l.Organization, u.ID, h, b.now))
	})
	return h
}

// assign gives a user a role in an organization, theirs or another.
func (b *bench) assign(o kontrollrum.Organization, u kontrollrum.User, r policy.Role, change ...func(*kontrollrum.Assignment)) kontrollrum.Assignment {
	b.Helper()
	a := kontrollrum.Assignment{ID: newID[kontrollrum.AssignmentID](), Organization: o.ID, User: u.ID, Role: r, Reach: kontrollrum.ReachOwn, Started: b.now}
	for _, f := range change {
		f(&a)
	}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.InsertAssignment(ctx, &a, u.Organization != o.ID)
	})
	return a
}

// reaching makes an assignment reach customers: those named, or all.
func reaching(customers ...kontrollrum.Organization) func(*kontrollrum.Assignment) {
	return func(a *kontrollrum.Assignment) {
		a.Reach, a.AllCustomers = kontrollrum.ReachCustomers, len(customers) == 0
		for _, c := range customers {
			a.Customers = append(a.Customers, c.ID)
		}
		slices.Sort(a.Customers)
	}
}

// partner makes one organization the managing partner of another.
func (b *bench) partner(partner, customer kontrollrum.Organization, change ...func(*kontrollrum.Partnership)) kontrollrum.Partnership {
	b.Helper()
	p := kontrollrum.Partnership{Partner: partner.ID, Customer: customer.ID, Managing: true, Started: b.now}
	for _, f := range change {
		f(&p)
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetPartnership(ctx, p) })
	return p
}

func (b *bench) standing(in store.Place, actor, target string) *store.Standing {
	b.Helper()
	return b.standingAt(in, actor, target, b.now)
}

func (b *bench) standingAt(in store.Place, actor, target string, at time.Time) *store.Standing {
	b.Helper()
	return read(b, func(ctx context.Context, tx *store.Tx) (*store.Standing, error) {
		return tx.Standing(ctx, in, actor, target, at)
	})
}

// find lists the names of the users a filter finds.
func (b *bench) find(o kontrollrum.Organization, f store.UserFilter) []string {
	b.Helper()
	return names(b.users(o, f, everything))
}

func (b *bench) users(o kontrollrum.Organization, f store.UserFilter, sees policy.Sight) []kontrollrum.User {
	b.Helper()
	if f.Limit == 0 {
		f.Limit = 1000
	}
	return read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.User, error) {
		found, _, err := tx.Users(ctx, o.ID, f, sees, b.now)
		return found, err
	})
}

func names(users []kontrollrum.User) (out []string) {
	for _, u := range users {
		out = append(out, u.DisplayName)
	}
	return out
}
