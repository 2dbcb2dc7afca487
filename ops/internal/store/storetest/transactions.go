package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// several runs f n times at once and returns how often it said yes.
func (b *bench) several(n int, f func(i int) (bool, error)) int {
	var yes atomic.Int64
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			switch did, err := f(i); {
			case err != nil:
				b.Error(err)
			case did:
				yes.Add(1)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(yes.Load())
}

func seatRace(b *bench) {
	o := b.organization(func(o *kontrollrum.Organization) { o.Overage = 2 })
	l := b.license(o, kontrollrum.StandardAgent, 3)
	var users []kontrollrum.User
	for i := range 16 {
		users = append(users, b.user(o, fmt.Sprintf("Namn %d", i)))
	}
	got := b.several(len(users), func(i int) (took bool, err error) {
		err = b.s.Write(b.Context(), func(tx *store.Tx) error {
			if took, err = tx.TakeSeat(b.Context(), o.ID, l.ID, b.now); err != nil || !took {
				return err
			}
			return tx.InsertHolding(b.Context(), o.ID, users[i].ID, kontrollrum.Holding{License: l.ID, Product: l.Product}, b.now)
		})
		return took, err
	})
	used := read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.License, error) {
		return tx.License(ctx, o.ID, l.ID, b.now)
	}).Used
	holders := len(b.users(o, store.UserFilter{Product: l.Product}, everything))
	if got != 5 || used != 5 || holders != 5 {
		b.Errorf("of 3 seats and 2 over, %d were taken, %d are used, %d held", got, used, holders)
	}
}

func roleRace(b *bench) {
	o := b.organization()
	u := b.user(o, "Contested")
	roles := []policy.Role{policy.FullAdmin, policy.ServiceAdmin, policy.ReadOnlyAdmin}
	got := b.several(12, func(i int) (did bool, err error) {
		err = b.s.Write(b.Context(), func(tx *store.Tx) error {
			held, err := tx.Assignments(b.Context(), o.ID, u.ID, b.now)
			if did = len(held) == 0; err != nil || !did {
				return err
			}
			return tx.InsertAssignment(b.Context(), &kontrollrum.Assignment{ID: newID[kontrollrum.AssignmentID](), Organization: o.ID, User: u.ID,
				Role: roles[i%len(roles)], Reach: kontrollrum.ReachOwn, Started: b.now}, false)
		})
		return did, err
	})
	held := b.users(o, store.UserFilter{}, everything)[0].Assignments
	if got != 1 || len(held) != 1 {
		b.Errorf("%d assigned a role, %d are held", got, len(held))
	}
}

func addressRace(b *bench) {
	o, other := b.organization(), b.organization()
	got := b.several(8, func(i int) (did bool, err error) {
		err = b.s.Write(b.Context(), func(tx *store.Tx) error {
			taken, err := tx.AddressTaken(b.Context(), address(o, "wanted"))
			if did = !taken; err != nil || taken {
				return err
			}
			return tx.InsertUser(b.Context(), &kontrollrum.User{ID: newID[kontrollrum.UserID](), Organization: []kontrollrum.OrganizationID{o.ID, other.ID}[i%2],
				Email: address(o, "wanted"), DisplayName: "W", Status: kontrollrum.Active, Created: b.now, Modified: b.now})
		})
		return did, err
	})
	if got != 1 {
		b.Errorf("%d took the same address", got)
	}
}

var errOwn = errors.New("changed my mind")

func rolledBack(b *bench) {
	t := b.tenant()
	before := b.snapshot(t)
	err := b.s.Write(b.Context(), func(tx *store.Tx) error {
		if err := b.everything(tx, t); err != nil {
			return err
		}
		return errOwn
	})
	if !errors.Is(err, errOwn) {
		b.Errorf("got %v, want the error of the transaction", err)
	}
	same(b, "after a failure", b.snapshot(t), before)
}

// everything writes of every kind in one transaction.
func (b *bench) everything(tx *store.Tx, t tenant) error {
	u := kontrollrum.User{ID: newID[kontrollrum.UserID](), Organization: t.org.ID, Email: kontrollrum.Email(newID[string]() + "@x.example"), DisplayName: "New",
		Status: kontrollrum.Active, Created: b.now, Modified: b.now}
	t.org.Name, t.user.DisplayName, t.assignment.Reason = "changed", "changed", "changed"
	ctx := b.Context()
	_, err := tx.TakeSeat(ctx, t.org.ID, t.license.ID, b.now)
	return errors.Join(err, tx.InsertUser(ctx, &u), tx.UpdateOrganization(ctx, &t.org), tx.UpdateUser(ctx, &t.user), tx.UpdateAssignment(ctx, &t.assignment),
		tx.InsertHolding(ctx, t.org.ID, u.ID, kontrollrum.Holding{License: t.license.ID, Product: t.license.Product}, b.now),
		tx.EndPartnership(ctx, t.org.ID, t.partner.ID),
		tx.InsertAssignment(ctx, &kontrollrum.Assignment{ID: newID[kontrollrum.AssignmentID](), Organization: t.org.ID, User: u.ID, Role: policy.ReadOnlyAdmin, Reach: kontrollrum.ReachOwn, Started: b.now}, false),
		tx.InsertEntry(ctx, &kontrollrum.Entry{ID: newID[kontrollrum.EntryID](), Organization: t.org.ID, At: b.now, Action: "users.add", Outcome: kontrollrum.Done}))
}

// panicked: whoever recovers finds the store as it was, and usable.
func panicked(b *bench) {
	t := b.tenant()
	before := b.snapshot(t)
	for range 20 { // more than there are connections to leave in a bad state
		for _, transact := range []func(context.Context, func(*store.Tx) error) error{b.s.Write, b.s.Read} {
			func() {
				defer func() {
					if recover() != errOwn {
						b.Error("the panic was swallowed")
					}
				}()
				_ = transact(b.Context(), func(tx *store.Tx) error {
					_, _ = tx.TakeSeat(b.Context(), t.org.ID, t.license.ID, b.now)
					panic(errOwn)
				})
			}()
		}
	}
	same(b, "after panics", b.snapshot(t), before)
	b.entry(t.org)
}

func readOnly(b *bench) {
	t := b.tenant()
	before := b.snapshot(t)
	err := b.s.Read(b.Context(), func(tx *store.Tx) error {
		return tx.InsertEntry(b.Context(), &kontrollrum.Entry{ID: newID[kontrollrum.EntryID](), Organization: t.org.ID, At: b.now, Action: "users.add", Outcome: kontrollrum.Done})
	})
	if err == nil {
		b.Error("a read wrote")
	}
	same(b, "after a read that would write", b.snapshot(t), before)
}

// cancelled: whoever hangs up, at whatever moment, leaves all or nothing of a
// change, and the connection clean for the next.
func cancelled(b *bench) {
	o := b.organization()
	for i := range 80 {
		ctx, cancel := context.WithCancel(b.Context())
		first, second := newID[kontrollrum.EntryID](), newID[kontrollrum.EntryID]()
		timer := time.AfterFunc(time.Duration(rand.Int64N(int64(1500*time.Microsecond))), cancel)
		if i%10 == 0 {
			cancel()
		}
		err := b.s.Write(ctx, func(tx *store.Tx) error {
			for _, id := range []kontrollrum.EntryID{first, second} {
				if err := tx.InsertEntry(ctx, &kontrollrum.Entry{ID: id, Organization: o.ID, At: b.now, Action: "users.add", Outcome: kontrollrum.Done}); err != nil {
					return err
				}
			}
			return nil
		})
		_ = b.s.Read(ctx, func(tx *store.Tx) error {
			_, _, err := tx.Users(ctx, o.ID, store.UserFilter{Limit: 9}, everything, b.now)
			return err
		})
		timer.Stop()
		cancel()
		n := 0
		for _, e := range b.log(o, store.EntryFilter{}) { // fails if the connection is not clean
			if e.ID == first || e.ID == second {
				n++
			}
		}
		if n == 1 || n == 0 && err == nil {
			b.Fatalf("error %v, and %d of 2 are there", err, n)
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			b.Fatalf("cancelled, it says: %v", err)
		}
	}
	b.entry(o)
}

// oneState: a read that has begun sees nothing of a change made after.
func oneState(b *bench) {
	o := b.organization()
	err := b.s.Read(b.Context(), func(tx *store.Tx) error {
		for i := range 2 {
			found, _, err := tx.Users(b.Context(), o.ID, store.UserFilter{Limit: 9}, everything, b.now)
			if err != nil || len(found) != 0 {
				return fmt.Errorf("read %d finds %d: %w", i, len(found), err)
			}
			b.user(o, fmt.Sprint("Late ", i))
		}
		return nil
	})
	if err != nil {
		b.Error(err)
	}
}

func unseen(b *bench) {
	o := b.organization()
	b.write(func(ctx context.Context, tx *store.Tx) error {
		err := tx.InsertEntry(ctx, &kontrollrum.Entry{ID: newID[kontrollrum.EntryID](), Organization: o.ID, At: b.now, Action: "users.add", Outcome: kontrollrum.Done})
		if n := len(b.log(o, store.EntryFilter{})); n != 0 {
			b.Errorf("%d entries are seen before they are committed", n)
		}
		return err
	})
	same(b, "committed", len(b.log(o, store.EntryFilter{})), 1)
}

// Whatever the engine, a transaction that another one got ahead of is run again.
var errLost = fmt.Errorf("insert: %w", &pgconn.PgError{Code: "40001"})

func triedAgain(b *bench) {
	o := b.organization()
	runs := 0
	b.write(func(ctx context.Context, tx *store.Tx) error {
		err := tx.InsertEntry(ctx, &kontrollrum.Entry{ID: newID[kontrollrum.EntryID](), Organization: o.ID, At: b.now, Action: "users.add", Outcome: kontrollrum.Done})
		if runs++; runs < 4 && err == nil {
			return errLost
		}
		return err
	})
	if n := len(b.log(o, store.EntryFilter{})); runs != 4 || n != 1 {
		b.Errorf("%d runs left %d entries", runs, n)
	}
}

func busy(b *bench) {
	runs := 0
	err := b.s.Read(b.Context(), func(*store.Tx) error { runs++; return errLost })
	if !errors.Is(err, kontrollrum.Busy) || runs < 10 {
		b.Errorf("after %d runs: %v, want Busy", runs, err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	runs = 0
	err = b.s.Write(ctx, func(*store.Tx) error { runs++; cancel(); return errLost })
	if !errors.Is(err, context.Canceled) || runs != 1 {
		b.Errorf("after %d runs, with the caller gone: %v", runs, err)
	}
}
