package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

var scopes = []policy.Scope{policy.SeesNone, policy.SeesServiceAdmins, policy.SeesAll}

// A question is one field of a filter, and the same asked in Go.
type question struct {
	field string
	set   func(*store.UserFilter)
	asks  func(kontrollrum.User, policy.Scope) bool
	few   bool // combinations
}

// filters: each filter, and pairs of them, finds what the same question asked
// in Go of every user finds, for each sight; and nobody's role beyond it.
func filters(b *bench) {
	o := b.organization()
	licenses := []kontrollrum.License{b.license(o, kontrollrum.StandardAgent, 50), b.license(o, kontrollrum.PremiumAgent, 50), b.license(o, kontrollrum.MeetingsHost, 50)}
	direct := []policy.Role{policy.NoRole, policy.FullAdmin, policy.ServiceAdmin, policy.ReadOnlyAdmin, policy.ProvisioningAdmin}
	for i := range 40 { // 5 roles by 4 licences by 2, and the statuses across them
		u := b.user(o, fmt.Sprintf("Namn %02d", i), func(u *kontrollrum.User) { u.Status = kontrollrum.UserStatuses()[(i+i/4)%4] })
		if r := direct[i%5]; r != policy.NoRole {
			b.assign(o, u, r)
		}
		if n := i / 5 % 4; n > 0 {
			b.hold(u, licenses[n-1], n == 2 && i%2 == 0)
		}
		if i%10 == 3 {
			b.assign(o, u, policy.ProvisioningAdmin)
		}
	}
	ended := b.user(o, "Namn 40")
	b.assign(o, ended, policy.FullAdmin, func(a *kontrollrum.Assignment) { a.Ends = b.now })
	everyone := b.users(o, store.UserFilter{}, everything)

	holds := func(u kontrollrum.User, roles []policy.Role, sees policy.Scope) bool {
		return slices.ContainsFunc(u.Assignments, func(a kontrollrum.Assignment) bool { return slices.Contains(roles, a.Role) && sees.Shows(a.Role) }) ||
			slices.Contains(roles, policy.Supervisor) && u.Supervisor()
	}
	questions := []question{
		{"", func(*store.UserFilter) {}, func(kontrollrum.User, policy.Scope) bool { return true }, false},
		{"status", func(f *store.UserFilter) { f.Statuses = kontrollrum.UserStatuses()[:1] }, func(u kontrollrum.User, _ policy.Scope) bool { return u.Status == kontrollrum.NotVerified }, true},
		{"status", func(f *store.UserFilter) { f.Statuses = kontrollrum.UserStatuses()[2:] }, func(u kontrollrum.User, _ policy.Scope) bool {
			return u.Status == kontrollrum.Active || u.Status == kontrollrum.Inactive
		}, false},
		{"product", func(f *store.UserFilter) { f.Product = kontrollrum.PremiumAgent }, func(u kontrollrum.User, _ policy.Scope) bool {
			return slices.ContainsFunc(u.Holdings, func(h kontrollrum.Holding) bool { return h.Product == kontrollrum.PremiumAgent })
		}, false},
		{"unlicensed", func(f *store.UserFilter) { f.Unlicensed = true }, func(u kontrollrum.User, _ policy.Scope) bool { return len(u.Holdings) == 0 }, true},
		{"administrators", func(f *store.UserFilter) { f.Administrators = true }, func(u kontrollrum.User, s policy.Scope) bool { return holds(u, policy.Roles()[:4], s) }, false},
		{"search", func(f *store.UserFilter) { f.Search = "NAMN 1" }, func(u kontrollrum.User, _ policy.Scope) bool {
			return strings.HasPrefix(u.DisplayName, "Namn 1")
		}, false},
		{"email", func(f *store.UserFilter) { f.Email = everyone[7].Email }, func(u kontrollrum.User, _ policy.Scope) bool { return u.ID == everyone[7].ID }, true},
		{"ids", func(f *store.UserFilter) { f.IDs = []kontrollrum.UserID{everyone[3].ID, "x", everyone[8].ID} }, func(u kontrollrum.User, _ policy.Scope) bool {
			return u.ID == everyone[3].ID || u.ID == everyone[8].ID
		}, true},
	}
	for _, roles := range [][]policy.Role{{policy.FullAdmin}, {policy.ServiceAdmin}, {policy.ProvisioningAdmin}, {policy.ReadOnlyAdmin}, {policy.Supervisor},
		{policy.FullAdmin, policy.ServiceAdmin}, {policy.Supervisor, policy.ReadOnlyAdmin}} {
		questions = append(questions, question{"roles", func(f *store.UserFilter) { f.Roles = roles },
			func(u kontrollrum.User, s policy.Scope) bool { return holds(u, roles, s) }, len(roles) == 1})
	}
	for i, one := range questions {
		for _, other := range questions[i+1:] {
			alone := one.field == "" // every other is paired with a few only, to be done in time
			if one.field == other.field || !alone && other.few {
				continue
			}
			var f store.UserFilter
			one.set(&f)
			other.set(&f)
			for _, scope := range scopes {
				var want []string
				for _, u := range everyone {
					if one.asks(u, scope) && other.asks(u, scope) {
						want = append(want, u.DisplayName)
					}
				}
				got := b.users(o, f, policy.Sight{Administrators: scope})
				if n := read(b, func(ctx context.Context, tx *store.Tx) (int, error) {
					return tx.CountUsers(ctx, o.ID, f, policy.Sight{Administrators: scope}, b.now)
				}); n != len(want) {
					b.Errorf("%s and %s count %d, want %d", one.field, other.field, n, len(want))
				}
				same(b, fmt.Sprintf("%+v seen as %d", f, scope), names(got), want)
				for _, u := range got {
					for _, a := range u.Assignments {
						if !scope.Shows(a.Role) {
							b.Errorf("%+v seen as %d shows a %s", f, scope, a.Role)
						}
					}
				}
			}
		}
	}
}

// externals: by assignment here and by partnership, each seen as far as the
// sight goes, and only the customers that the assignment reaches.
func externals(b *bench) {
	o, other, outside, partner := b.organization(), b.organization(), b.organization(), b.organization()
	b.partner(partner, o)
	b.partner(partner, other)
	b.assign(o, b.user(outside, "Full utifrån"), policy.FullAdmin)
	service := b.user(outside, "Tjänst utifrån")
	b.assign(o, service, policy.ServiceAdmin, func(a *kontrollrum.Assignment) { a.Ends = b.now.Add(time.Hour) })
	b.assign(o, b.user(outside, "Slut"), policy.ReadOnlyAdmin, func(a *kontrollrum.Assignment) { a.Ends = b.now })
	b.assign(o, b.user(o, "Egen"), policy.FullAdmin)
	b.assign(partner, b.user(partner, "Alla kunder"), policy.FullAdmin, reaching())
	b.assign(partner, b.user(partner, "Denna kund"), policy.ProvisioningAdmin, reaching(o))
	b.assign(partner, b.user(partner, "Annan kund"), policy.ReadOnlyAdmin, reaching(other))
	b.assign(partner, b.user(partner, "Bara hemma"), policy.FullAdmin)
	b.assign(partner, b.user(outside, "Gäst hos partnern"), policy.ReadOnlyAdmin, reaching())

	all := []string{"Alla kunder full_admin true", "Denna kund provisioning_admin true", "Full utifrån full_admin false", "Tjänst utifrån service_admin false"}
	yes, no := true, false
	for _, c := range []struct {
		what string
		f    store.UserFilter
		sees policy.Scope
		want []string
	}{
		{"all", store.UserFilter{}, policy.SeesAll, all},
		{"by partnership", store.UserFilter{Partner: &yes}, policy.SeesAll, all[:2]},
		{"by assignment", store.UserFilter{Partner: &no}, policy.SeesAll, all[2:]},
		{"by an end", store.UserFilter{EndsBefore: b.now.Add(time.Hour + time.Microsecond)}, policy.SeesAll, all[3:]},
		{"by an end that comes first", store.UserFilter{EndsBefore: b.now.Add(time.Hour)}, policy.SeesAll, nil},
		{"service administrators", store.UserFilter{}, policy.SeesServiceAdmins, all[3:]},
		{"none", store.UserFilter{}, policy.SeesNone, nil},
		{"by role", store.UserFilter{Roles: []policy.Role{policy.FullAdmin}}, policy.SeesAll, []string{all[0], all[2]}},
		{"by a role that is not seen", store.UserFilter{Roles: []policy.Role{policy.FullAdmin}}, policy.SeesServiceAdmins, nil},
		{"by supervisor, which none can be", store.UserFilter{Roles: []policy.Role{policy.Supervisor}}, policy.SeesAll, nil},
		{"by search", store.UserFilter{Search: "UTIFRAN"}, policy.SeesAll, all[2:]},
		{"by a wildcard", store.UserFilter{Search: "%"}, policy.SeesAll, nil},
		{"by address", store.UserFilter{Email: service.Email}, policy.SeesAll, all[3:]},
		{"by id", store.UserFilter{IDs: []kontrollrum.UserID{service.ID}}, policy.SeesAll, all[3:]},
	} {
		found, _ := b.externals(o, c.f, policy.Sight{External: c.sees})
		var got []string
		for _, e := range found {
			got = append(got, fmt.Sprint(e.User.DisplayName, " ", e.Assignment.Role, " ", e.Partner))
			if e.Assignment.User != e.User.ID || e.Assignment.Started != b.now {
				b.Errorf("%s: %+v", c.what, e)
			}
		}
		same(b, c.what, got, c.want)
	}
	later := b.now.Add(-time.Nanosecond) // the one that ends now still counts a moment before
	if at := b.standingAt(store.Place(o.ID), "", string(address(outside, "Slut")), later); len(at.Target.Held) != 1 {
		b.Errorf("a moment before its end: %+v", at.Target.Held)
	}
}

func homesAndNames(b *bench) {
	o, partner, outside := b.organization(), b.organization(), b.organization()
	b.partner(partner, o)
	b.partner(outside, partner) // another's partner
	outside.Services = []kontrollrum.Service{kontrollrum.ContactCenter}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateOrganization(ctx, &outside) })
	homes := func(ids ...kontrollrum.OrganizationID) map[kontrollrum.OrganizationID]store.Home {
		return read(b, func(ctx context.Context, tx *store.Tx) (map[kontrollrum.OrganizationID]store.Home, error) {
			return tx.Homes(ctx, o.ID, ids, b.now)
		})
	}
	same(b, "homes", homes(partner.ID, outside.ID, newID[kontrollrum.OrganizationID]()), map[kontrollrum.OrganizationID]store.Home{
		partner.ID: {ID: string(partner.ID), Name: partner.Name, Plate: partner.Plate, Partner: true},
		outside.ID: {ID: string(outside.ID), Name: outside.Name, Plate: outside.Plate, HasContactCenter: true},
	})
	same(b, "no homes", homes(), map[kontrollrum.OrganizationID]store.Home{})
	one, other := b.user(o, "Ett"), b.user(outside, "Två")
	names := func(ids ...kontrollrum.UserID) map[kontrollrum.UserID]string {
		return read(b, func(ctx context.Context, tx *store.Tx) (map[kontrollrum.UserID]string, error) {
			return tx.Names(ctx, ids)
		})
	}
	same(b, "names", names(one.ID, other.ID, newID[kontrollrum.UserID](), ""), map[kontrollrum.UserID]string{one.ID: "Ett", other.ID: "Två"})
	same(b, "no names", names(), map[kontrollrum.UserID]string{})
}
