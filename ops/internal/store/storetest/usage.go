package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
)

// usage: each change of seats is a day's count, the last of a day stands, and
// what came before the days asked for is told by each licence's last.
func usage(b *bench) {
	o, other := b.organization(), b.organization()
	u, v := b.user(o, "Ett"), b.user(o, "Två")
	l := b.license(o, kontrollrum.MeetingsHost, 5)
	b.hold(b.user(other, "Annan"), b.license(other, kontrollrum.MeetingsHost, 7), false)
	day := func(n int) time.Time { return b.now.Truncate(24*time.Hour).AddDate(0, 0, n) }
	counts := func(from, to int) (out []string) {
		for _, c := range read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.SeatCount, error) {
			return tx.SeatCounts(ctx, o.ID, day(from), day(to).Add(time.Hour))
		}) {
			if c.License != l.ID {
				b.Errorf("a count of licence %s", c.License)
			}
			out = append(out, fmt.Sprintf("%d: %d of %d", int(c.Day.Sub(day(0)).Hours())/24, c.Used, c.Bought))
		}
		return out
	}
	at := func(n int, f func(ctx context.Context, tx *store.Tx, now time.Time) error) {
		b.write(func(ctx context.Context, tx *store.Tx) error { return f(ctx, tx, day(n).Add(23*time.Hour)) })
	}
	take := func(u kontrollrum.User) func(context.Context, *store.Tx, time.Time) error {
		return func(ctx context.Context, tx *store.Tx, now time.Time) error {
			_, err := tx.TakeSeat(ctx, o.ID, l.ID, now)
			return errors.Join(err, tx.InsertHolding(ctx, o.ID, u.ID, kontrollrum.Holding{License: l.ID, Product: l.Product}, now))
		}
	}
	same(b, "bought", counts(0, 0), []string{"0: 0 of 5"})
	at(0, take(u))
	same(b, "the last of a day stands", counts(0, 0), []string{"0: 1 of 5"})
	at(2, take(v))
	at(4, func(ctx context.Context, tx *store.Tx, now time.Time) error {
		_, err := tx.SetBought(ctx, o.ID, l.ID, 9, now)
		return err
	})
	at(5, func(ctx context.Context, tx *store.Tx, now time.Time) error {
		return errors.Join(tx.DeleteHolding(ctx, o.ID, u.ID, l.ID), tx.FreeSeat(ctx, o.ID, l.ID, now))
	})
	at(6, func(ctx context.Context, tx *store.Tx, now time.Time) error {
		return tx.EndSubscription(ctx, o.ID, l.Subscription, now)
	})
	at(7, func(ctx context.Context, tx *store.Tx, now time.Time) error {
		return errors.Join(tx.DeleteHolding(ctx, o.ID, v.ID, l.ID), tx.FreeSeat(ctx, o.ID, l.ID, now))
	})
	same(b, "all", counts(0, 7), []string{"0: 1 of 5", "2: 2 of 5", "4: 2 of 9", "5: 1 of 9", "6: 1 of 0", "7: 0 of 0"})
	same(b, "from a day without", counts(3, 5), []string{"2: 2 of 5", "4: 2 of 9", "5: 1 of 9"})
	same(b, "days without", counts(8, 9), []string{"7: 0 of 0"})
	same(b, "before all", counts(-9, -1), nil)
	b.write(func(ctx context.Context, tx *store.Tx) error {
		if took, err := tx.TakeSeat(ctx, o.ID, newID[kontrollrum.LicenseID](), b.now); took || err != nil {
			return errors.Join(errors.New("a seat of no licence"), err)
		}
		return nil
	})
	same(b, "after a seat of no licence", counts(-9, 0), []string{"0: 1 of 5"})
}
