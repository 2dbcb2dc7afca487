package storetest

import (
	"context"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

func assignments(b *bench) {
	o, c1, c2 := b.organization(), b.organization(), b.organization()
	u := b.user(o, "Rolf")
	a := b.assign(o, u, policy.FullAdmin, reaching(c1, c2), func(a *kontrollrum.Assignment) {
		a.Ends, a.GivenBy, a.Reason = b.now.Add(time.Hour), newID[kontrollrum.UserID](), "Vikarie för 'Åsa' \\ %"
	})
	p := b.assign(o, u, policy.ProvisioningAdmin, reaching(), func(a *kontrollrum.Assignment) { a.Started = b.now.Add(time.Second) })
	list := func() []kontrollrum.Assignment {
		return read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.Assignment, error) {
			return tx.Assignments(ctx, o.ID, u.ID, b.now)
		})
	}
	one := func(r policy.Role) *kontrollrum.Assignment {
		return read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Assignment, error) {
			return tx.Assignment(ctx, o.ID, u.ID, r, b.now)
		})
	}
	same(b, "listed", list(), []kontrollrum.Assignment{a, p})
	same(b, "by role", one(policy.FullAdmin), &a)
	same(b, "a role not held", one(policy.ReadOnlyAdmin), nil)

	a.Ends, a.Reason = time.Time{}, ""
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateAssignment(ctx, &a) })
	same(b, "changed", one(policy.FullAdmin), &a)
	a.Customers = a.Customers[:1]
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetAssignmentCustomers(ctx, &a) })
	same(b, "limited to fewer", one(policy.FullAdmin), &a)

	for what, wrong := range map[string]kontrollrum.Assignment{
		"another exclusive role": {Role: policy.ServiceAdmin},
		"the same role twice":    {Role: policy.ProvisioningAdmin},
		"supervisor":             {Role: policy.Supervisor},
		"no role":                {},
	} {
		wrong.ID, wrong.Organization, wrong.User, wrong.Reach, wrong.Started = newID[kontrollrum.AssignmentID](), o.ID, u.ID, kontrollrum.ReachOwn, b.now
		b.fails(what+" was assigned", func(ctx context.Context, tx *store.Tx) error { return tx.InsertAssignment(ctx, &wrong, false) })
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.CloseAssignment(ctx, o.ID, a.ID, b.now) })
	same(b, "closed", list(), []kontrollrum.Assignment{p})
	b.assign(o, u, policy.ServiceAdmin) // closed, it is in nobody's way
}

func lastFullAdmin(b *bench) {
	o, elsewhere := b.organization(), b.organization()
	asked := b.user(o, "Asked")
	b.assign(o, asked, policy.FullAdmin)
	others := func() int {
		return read(b, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.OtherFullAdmins(ctx, o.ID, asked.ID) })
	}
	for _, status := range []kontrollrum.UserStatus{kontrollrum.Inactive, kontrollrum.NotVerified, kontrollrum.Verified} {
		u := b.user(o, string(status), func(u *kontrollrum.User) { u.Status = status })
		b.assign(o, u, policy.FullAdmin)
	}
	b.assign(o, b.user(o, "Ending"), policy.FullAdmin, func(a *kontrollrum.Assignment) { a.Ends = b.now.Add(24 * time.Hour) })
	b.assign(o, b.user(o, "Read"), policy.ReadOnlyAdmin)
	b.assign(o, b.user(elsewhere, "External"), policy.FullAdmin)
	b.assign(elsewhere, b.user(elsewhere, "Foreign"), policy.FullAdmin)
	closed := b.assign(o, b.user(o, "Closed"), policy.FullAdmin)
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.CloseAssignment(ctx, o.ID, closed.ID, b.now) })
	if n := others(); n != 0 {
		b.Errorf("%d others last, want none", n)
	}
	b.assign(o, b.user(o, "Lasting"), policy.FullAdmin)
	if n := others(); n != 1 {
		b.Errorf("%d others last, want one", n)
	}
}
