// Package demo loads the demo world: seven organizations and the people whom
// documents and tests name, forty small customers, and a crowd of 1,284 users.
// Everything goes through the same verbs as anyone's wishes: the operator makes
// the organizations and their first people, and their administrators do the
// rest. It knows no SQL and no HTTP.
package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Plates of the organizations in which most happens.
const (
	sundvik  = "SUN"
	nordhamn = "NHD"
)

// IDs makes the ids of the demo world, the same ones in the same order each
// time. It is for the hub that loads and for no other: a second hub on the same
// database would make ids that are there.
func IDs() func() string {
	space := uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://github.com/kontrollrum/kontrollrum/demo"))
	n := 0
	return func() string {
		n++
		return uuid.NewSHA1(space, fmt.Appendf(nil, "%d", n)).String()
	}
}

// A Clock is the demo world's clock: it stands at its first morning, goes on by
// a minute each time it is asked, and to the next working day's morning when
// the world waits for that.
type Clock struct{ at time.Time }

// NewClock returns a clock that stands at the first morning.
func NewClock() *Clock {
	return &Clock{time.Date(2026, time.September, 7, 6, 59, 0, 0, time.UTC)}
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.at = c.at.Add(time.Minute)
	return c.at
}

// wait goes on to the next working day's morning; a nil clock to nowhere.
func (c *Clock) wait() {
	if c == nil {
		return
	}
	for c.at = c.at.Truncate(24 * time.Hour).Add(31*time.Hour - time.Minute); c.at.Weekday() == time.Saturday || c.at.Weekday() == time.Sunday; {
		c.at = c.at.Add(24 * time.Hour)
	}
}

// Load loads the demo world into an empty database, over some weeks of its
// clock; where that is nil, at once. A hub that makes its ids with [IDs] and runs
// by the clock holds the same world, to the byte, each time.
//
// Where the demo world with its fixed ids is there already, nothing is done.
// Any other organization in the database is a Conflict, demo_not_empty. So is
// a demo world that was interrupted while it was loaded, demo_incomplete: each
// of its verbs is a transaction of its own, and the last of them makes the last
// of the small customers.
func Load(ctx context.Context, hub *ops.Hub, clock *Clock) error {
	c, err := read()
	if err != nil {
		return err
	}
	there, err := ops.Do(ctx, hub, ops.Operator(), ops.ListAllOrganizations{})
	if err != nil {
		return err
	}
	first := kontrollrum.OrganizationID(IDs()())
	ours := slices.ContainsFunc(there, func(o kontrollrum.Organization) bool { return o.ID == first && o.Plate == sundvik })
	last := smallPlate(len(c.customers) - 1)
	switch complete := slices.ContainsFunc(there, func(o kontrollrum.Organization) bool { return o.Plate == last }); {
	case ours && complete:
		return nil
	case ours:
		return kontrollrum.Clash("demo_incomplete", "the loading of the demo world was interrupted; remove this database and start again")
	case len(there) > 0:
		return kontrollrum.Clash("demo_not_empty", "the database holds organizations that are not the demo world's; name an empty one, or start without the demo")
	}
	w := world{hub: hub, clock: clock, content: c, users: map[string]kontrollrum.UserID{}, chiefs: map[string]kontrollrum.UserID{},
		licenses: map[string]map[kontrollrum.Product]kontrollrum.LicenseID{}, orders: map[string]kontrollrum.SubscriptionID{}}
	for _, load := range []func(context.Context) error{w.found, w.buy, w.settle, w.ally, w.fill, w.admit, w.grow} {
		if err := load(ctx); err != nil {
			return fmt.Errorf("load the demo world: %w", err)
		}
	}
	return nil
}

// A world is the demo world while it is loaded.
type world struct {
	hub   *ops.Hub
	clock *Clock
	content
	users    map[string]kontrollrum.UserID // by address
	active   []string                      // addresses
	chiefs   map[string]kontrollrum.UserID // by plate: the first full administrator
	licenses map[string]map[kontrollrum.Product]kontrollrum.LicenseID
	orders   map[string]kontrollrum.SubscriptionID // by plate and name
}

// chief is who acts in an organization: its first full administrator, or the
// operator as long as there is none.
func (w *world) chief(plate string) ops.Caller {
	if id, ok := w.chiefs[plate]; ok {
		return ops.User(id)
	}
	return ops.Operator()
}

// found makes the organizations.
func (w *world) found(ctx context.Context) error {
	for _, o := range w.organizations {
		if _, err := ops.Do(ctx, w.hub, ops.Operator(), ops.CreateOrganization{NewOrganization: o}); err != nil {
			return err
		}
	}
	return nil
}

// buy buys what they have.
func (w *world) buy(ctx context.Context) error {
	for _, s := range w.subscriptions {
		bought, err := ops.Do(ctx, w.hub, ops.Operator(), s)
		if err != nil {
			return err
		}
		if w.licenses[s.Organization] == nil {
			w.licenses[s.Organization] = map[kontrollrum.Product]kontrollrum.LicenseID{}
		}
		w.orders[s.Organization+" "+s.Name] = bought.ID
		for _, l := range bought.Licenses {
			w.licenses[s.Organization][l.Product] = l.ID
		}
	}
	return nil
}

// settle adds the named people, each with licence, role and profile.
func (w *world) settle(ctx context.Context) error {
	for _, p := range w.people {
		for _, step := range []func(context.Context, Person) error{w.add, w.assign, w.profile} {
			if err := step(ctx, p); err != nil {
				return fmt.Errorf("%s: %w", p.Email, err)
			}
		}
	}
	return nil
}

func (w *world) add(ctx context.Context, p Person) error {
	first, last, _ := strings.Cut(p.Name, " ")
	op := ops.AddPerson{AddUser: ops.AddUser{Organization: p.Home, Email: p.Email,
		Details: ops.Details{FirstName: first, LastName: last, Title: p.Title, Department: p.Department}, Silent: true}, Activate: !p.Invited}
	if p.License != "" {
		op.Licenses = []ops.LicenseChange{{License: w.licenses[p.Home][p.License], Supervisor: &p.Supervisor}}
	}
	u, err := ops.Do(ctx, w.hub, w.chief(p.Home), op)
	if err != nil {
		return err
	}
	w.users[p.Email] = u.ID
	if !p.Invited {
		w.active = append(w.active, p.Email)
	}
	return nil
}

func (w *world) assign(ctx context.Context, p Person) error {
	if p.Role == "" {
		return nil
	}
	role, ok := policy.ParseRole(p.Role)
	if !ok {
		return kontrollrum.Wrong("role", p.Role, "use a role of the policy")
	}
	in := p.Home
	if p.In != "" {
		in = p.In
	}
	_, err := ops.Do(ctx, w.hub, w.chief(in), ops.AssignRole{Organization: in, User: p.Email, Role: role, Reach: p.Reach})
	if _, led := w.chiefs[in]; !led && role == policy.FullAdmin {
		w.chiefs[in] = w.users[p.Email]
	}
	return err
}

func (w *world) profile(ctx context.Context, p Person) error {
	if p.Profile == nil {
		return nil
	}
	id, err := ops.Do(ctx, w.hub, w.chief(p.Home), ops.SaveUserProfile{Organization: p.Home, Name: p.Profile.Name,
		WorkingHour: policy.Access(p.Profile.WorkingHour), HolidayList: policy.Access(p.Profile.HolidayList), Override: policy.Access(p.Profile.Override)})
	if err != nil {
		return err
	}
	_, err = ops.Do(ctx, w.hub, w.chief(p.Home), ops.GiveUserProfile{Organization: p.Home, User: p.Email, Profile: id})
	return err
}

// ally lets the partners in.
func (w *world) ally(ctx context.Context) error {
	for _, p := range w.partnerships {
		if _, err := ops.Do(ctx, w.hub, w.chief(p.Customer), p); err != nil {
			return err
		}
	}
	return nil
}

// fill adds Sundvik's crowd, as many a day as come in, buys what they need, and
// deactivates those who left.
func (w *world) fill(ctx context.Context) error {
	chief := w.chief(sundvik)
	for day, some := range days(w.crowd.members(w.people, w.licenses[sundvik])) {
		w.clock.wait()
		if day == enlarged {
			if err := w.enlarge(ctx); err != nil {
				return err
			}
		}
		op := ops.AddPeople{Organization: sundvik}
		for _, m := range some {
			op.People = append(op.People, m.AddPerson)
		}
		added, err := ops.Do(ctx, w.hub, chief, op)
		if err != nil {
			return err
		}
		for i, m := range some {
			if m.Activate && !m.leaves {
				w.active = append(w.active, m.Email)
			}
			if !m.leaves {
				continue
			}
			if _, err := ops.Do(ctx, w.hub, chief, ops.DeactivateUser{Organization: sundvik, User: string(added[i].ID)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// enlarge buys Sundvik the seats that its first order does not have.
func (w *world) enlarge(ctx context.Context) error {
	more := w.enlargement
	more.Subscription = w.orders[more.Organization+" "+string(more.Subscription)]
	_, err := ops.Do(ctx, w.hub, ops.Operator(), more)
	return err
}

// admit gives whoever is active the password of the demo world.
func (w *world) admit(ctx context.Context) error {
	for some := range slices.Chunk(w.active, 500) {
		op := ops.ImportPasswords{Hashes: map[string]string{}}
		for _, email := range some {
			op.Hashes[email] = w.password.Hash
		}
		if _, err := ops.Do(ctx, w.hub, ops.Operator(), op); err != nil {
			return err
		}
	}
	return nil
}

// grow makes Nordhamn's small customers.
func (w *world) grow(ctx context.Context) error {
	for i, name := range w.customers {
		_, err := ops.Do(ctx, w.hub, w.chief(nordhamn), ops.CreateCustomer{Partner: nordhamn, Managing: true,
			NewOrganization: ops.NewOrganization{Plate: smallPlate(i), Name: name, Services: []kontrollrum.Service{kontrollrum.ContactCenter}}})
		if err != nil {
			return err
		}
	}
	return nil
}

func smallPlate(i int) string { return fmt.Sprintf("K%02d", i+1) }
