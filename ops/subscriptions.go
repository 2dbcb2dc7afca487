package ops

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Quantities is how many seats of which products are bought.
type Quantities map[kontrollrum.Product]int

func (q Quantities) check() error {
	for p, n := range q {
		if !slices.Contains(kontrollrum.Products(), p) {
			return kontrollrum.Wrong("product", string(p), "use one of contact_center_standard, contact_center_premium, meetings, messaging, calling")
		}
		if n < 0 || n > 10_000_000 {
			return kontrollrum.Wrong("quantity", strconv.Itoa(n), "buy between 0 and 10000000 seats")
		}
	}
	return nil
}

// BuySubscription adds a subscription, bought or on trial, with its seats.
type BuySubscription struct {
	Organization string
	Name         string
	Trial        bool
	Ends         time.Time // of the term or the trial; zero: none
	Quantities   Quantities
}

func (o BuySubscription) asks() Ask {
	return Ask{Action: policy.SubscriptionsEdit, In: o.Organization}
}

func (o BuySubscription) run(ctx context.Context, t *turn) (*kontrollrum.Subscription, error) {
	if err := o.Quantities.check(); err != nil {
		return nil, err
	}
	if len(o.Quantities) == 0 {
		return nil, kontrollrum.Wrong("quantity", "", "name at least one product and its number of seats")
	}
	if strings.TrimSpace(o.Name) == "" {
		return nil, kontrollrum.Wrong("name", "", "give the subscription a name")
	}
	if err := plain("name", o.Name, 256); err != nil {
		return nil, err
	}
	if err := checkEnds(&o.Ends, t.now); err != nil {
		return nil, err
	}
	s := &kontrollrum.Subscription{ID: kontrollrum.SubscriptionID(t.hub.newID()), Organization: t.org.ID,
		Name: strings.TrimSpace(o.Name), Trial: o.Trial, Starts: t.now, Ends: o.Ends}
	if err := t.tx.SaveSubscription(ctx, s, t.now); err != nil {
		return nil, err
	}
	if err := t.add(ctx, s, o.Quantities); err != nil {
		return nil, err
	}
	t.after = s
	return s, nil
}

// add gives a subscription seats of products that it does not have yet.
func (t *turn) add(ctx context.Context, s *kontrollrum.Subscription, q Quantities) error {
	for _, p := range kontrollrum.Products() {
		n, asked := q[p]
		if !asked || slices.ContainsFunc(s.Licenses, func(l kontrollrum.License) bool { return l.Product == p }) {
			continue
		}
		l := kontrollrum.License{ID: kontrollrum.LicenseID(t.hub.newID()), Organization: t.org.ID, Subscription: s.ID, Trial: s.Trial, Product: p, Bought: n}
		if err := t.tx.InsertLicense(ctx, &l, t.now); err != nil {
			return err
		}
		s.Licenses = append(s.Licenses, l)
	}
	return nil
}

// ChangeSubscription changes a subscription's seats, end, or trial into
// bought. Conflict where more seats are in use than would be left.
type ChangeSubscription struct {
	Organization string
	Subscription kontrollrum.SubscriptionID
	Quantities   Quantities // of the products that change
	Ends         *time.Time // nil: unchanged; zero: none
	Trial        *bool      // nil: unchanged
}

func (o ChangeSubscription) asks() Ask {
	return Ask{Action: policy.SubscriptionsEdit, In: o.Organization}
}

func (o ChangeSubscription) run(ctx context.Context, t *turn) (*kontrollrum.Subscription, error) {
	if err := o.Quantities.check(); err != nil {
		return nil, err
	}
	return t.resubscribed(ctx, o.Subscription, func(s *kontrollrum.Subscription) error {
		if o.Ends != nil {
			s.Ends = *o.Ends
			if err := checkEnds(&s.Ends, t.now); err != nil {
				return err
			}
		}
		set(&s.Trial, o.Trial)
		for i := range s.Licenses {
			l := &s.Licenses[i]
			n, asked := o.Quantities[l.Product]
			if !asked {
				continue
			}
			enough, err := t.tx.SetBought(ctx, t.org.ID, l.ID, n, t.now)
			if err != nil {
				return err
			}
			if !enough {
				return kontrollrum.Clash("seats_in_use", fmt.Sprintf("%d seats of %s are in use; remove the licence from users first", l.Used, l.Product))
			}
			l.Bought = n
		}
		return t.add(ctx, s, o.Quantities)
	})
}

// EndSubscription ends a subscription now: its licences are given to nobody
// any more. Who holds one keeps it until it is removed.
type EndSubscription struct {
	Organization string
	Subscription kontrollrum.SubscriptionID
}

func (o EndSubscription) asks() Ask {
	return Ask{Action: policy.SubscriptionsEdit, In: o.Organization}
}

func (o EndSubscription) run(ctx context.Context, t *turn) (*kontrollrum.Subscription, error) {
	return t.resubscribed(ctx, o.Subscription, func(s *kontrollrum.Subscription) error {
		if s.Ended {
			return kontrollrum.Clash("subscription_ended", "the subscription is over already")
		}
		s.Ends = t.now
		return t.tx.EndSubscription(ctx, t.org.ID, s.ID, t.now)
	})
}

// resubscribed changes a subscription by f, writes it and notes both states.
func (t *turn) resubscribed(ctx context.Context, id kontrollrum.SubscriptionID, f func(*kontrollrum.Subscription) error) (*kontrollrum.Subscription, error) {
	all, err := t.tx.Subscriptions(ctx, t.org.ID, t.now)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(s kontrollrum.Subscription) bool { return s.ID == id })
	if i < 0 {
		return nil, kontrollrum.Missing("subscription")
	}
	before, after := all[i], all[i]
	after.Licenses = slices.Clone(before.Licenses)
	if err := f(&after); err != nil {
		return nil, err
	}
	if err := t.tx.SaveSubscription(ctx, &after, t.now); err != nil {
		return nil, err
	}
	if all, err = t.tx.Subscriptions(ctx, t.org.ID, t.now); err != nil { // a trial that was over may go on
		return nil, err
	}
	t.before, t.after = before, all[i]
	return &all[i], nil
}

// ListSubscriptions lists what an organization bought, with usage now.
type ListSubscriptions struct {
	Organization string
	Search       string // substring of name or id, without case and accents
}

func (o ListSubscriptions) asks() Ask {
	return Ask{Action: policy.AccountViewSubscriptions, In: o.Organization}
}

func (o ListSubscriptions) run(ctx context.Context, t *turn) ([]kontrollrum.Subscription, error) {
	if err := plain("search", o.Search, 256); err != nil {
		return nil, err
	}
	all, err := t.tx.Subscriptions(ctx, t.org.ID, t.now)
	search := store.Fold(o.Search)
	return slices.DeleteFunc(all, func(s kontrollrum.Subscription) bool {
		return !strings.Contains(store.Fold(s.Name+" "+string(s.ID)), search)
	}), err
}
