package ops

import (
	"context"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// ListUsage lists, for each product that an organization has licences of, how
// many seats were bought and used at the end of each day, in UTC, from one day
// through another, today as far as it has come. It begins no earlier than
// counting did, and tells nothing of days to come.
type ListUsage struct {
	Organization string
	From         time.Time // zero: 89 days before To
	To           time.Time // zero: today
}

// A Usage is a product's seats over some days, at least one.
type Usage struct {
	Product kontrollrum.Product
	Days    []UsageDay // each of them, in order
}

// A UsageDay is how many seats of a product there were at the end of a day.
type UsageDay struct {
	Day    time.Time // its midnight
	Bought int
	Used   int
}

// maxUsage is the most days that may be asked for.
const maxUsage = 400

const oneDay = 24 * time.Hour

func (o ListUsage) asks() Ask {
	return Ask{Action: policy.AccountViewSubscriptions, In: o.Organization}
}

func (o ListUsage) run(ctx context.Context, t *turn) ([]Usage, error) {
	today := t.now.Truncate(oneDay)
	from, to := o.From.UTC().Truncate(oneDay), o.To.UTC().Truncate(oneDay)
	if o.To.IsZero() || to.After(today) {
		to = today
	}
	if o.From.IsZero() {
		from = to.Add(-89 * oneDay)
	}
	if from.After(to) || to.Sub(from) >= maxUsage*oneDay {
		return nil, kontrollrum.Wrong("from", from.Format(time.DateOnly), "ask for 1 to 400 days, none of them after today")
	}
	subscriptions, err := t.tx.Subscriptions(ctx, t.org.ID, t.now)
	if err != nil {
		return nil, err
	}
	counts, err := t.tx.SeatCounts(ctx, t.org.ID, from, to)
	if err != nil {
		return nil, err
	}
	from = began(counts, from, today)
	if from.After(to) {
		return nil, nil
	}
	var out []Usage
	for _, p := range kontrollrum.Products() {
		u := Usage{Product: p}
		for _, s := range subscriptions {
			for _, l := range s.Licenses {
				if l.Product == p {
					u.add(&s, slices.DeleteFunc(slices.Clone(counts), func(c kontrollrum.SeatCount) bool { return c.License != l.ID }), from, to)
				}
			}
		}
		if len(u.Days) > 0 {
			out = append(out, u)
		}
	}
	return out, nil
}

// began is the first day from one on of which something is known.
func began(counts []kontrollrum.SeatCount, from, today time.Time) time.Time {
	first := today
	for _, c := range counts {
		if !c.Day.IsZero() && c.Day.Before(first) {
			first = c.Day
		}
	}
	if first.Before(from) {
		return from
	}
	return first
}

// add adds a licence's seats, by its counts in order: each holds until the next.
// What a trial gave is not bought any more from the day on which it ended,
// though nothing was changed then.
func (u *Usage) add(s *kontrollrum.Subscription, counts []kontrollrum.SeatCount, from, to time.Time) {
	if u.Days == nil {
		for day := from; !day.After(to); day = day.Add(oneDay) {
			u.Days = append(u.Days, UsageDay{Day: day})
		}
	}
	var now kontrollrum.SeatCount
	for i := range u.Days {
		d := &u.Days[i]
		for len(counts) > 0 && !counts[0].Day.After(d.Day) {
			now, counts = counts[0], counts[1:]
		}
		d.Used += now.Used
		if lapsed := s.Trial && s.Ended && !s.Ends.IsZero() && !s.Ends.After(d.Day.Add(oneDay)); !lapsed {
			d.Bought += now.Bought
		}
	}
}
