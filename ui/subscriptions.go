package ui

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// The usageSpans of usage that can be chosen, in days.
var usageSpans = []int{30, 90, 365}

// manySubscriptions is how many make a search worth its room.
const manySubscriptions = 6

// states of subscriptions, in the order of the filter.
var subscriptionStates = []string{"active", "trial", "ending", "over", "ended"}

const endsSoon = 30 * 24 * time.Hour

// subscriptions shows what an organization bought and tries, how much of it is
// in use, and how that came to be: Account > Subscriptions.
func (f *face) subscriptions(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "account")
	if v == nil {
		return err
	}
	q := r.URL.Query()
	page := SubscriptionsPage{Inside: v.Inside, Search: strings.TrimSpace(q.Get("q")), Days: usageSpans[1]}
	if n, err := atoi(q.Get("days")); err == nil && slices.Contains(usageSpans, n) {
		page.Days = n
	}
	if slices.Contains(subscriptionStates, q.Get("state")) {
		page.State = q.Get("state")
	}
	all, err := do(r.Context(), f, c, ops.ListSubscriptions{Organization: v.org()})
	if err != nil {
		return f.locked(w, r, v, err)
	}
	found := all
	if page.Search != "" {
		found, err = do(r.Context(), f, c, ops.ListSubscriptions{Organization: v.org(), Search: page.Search})
		if errors.Is(err, kontrollrum.Invalid) {
			found, err = nil, nil // what cannot be searched for is found nowhere
		}
		if err != nil {
			return err
		}
	}
	usage, err := do(r.Context(), f, c, ops.ListUsage{Organization: v.org(), From: v.now.AddDate(0, 0, 1-page.Days)})
	if err != nil {
		return err
	}
	page.fill(all, found, usage)
	return f.show(w, r, http.StatusOK, page.View())
}

// fill tells subscriptions and usage in words.
func (p *SubscriptionsPage) fill(all, found []kontrollrum.Subscription, usage []ops.Usage) {
	p.All = len(all)
	for i := range found {
		if s := p.subscription(&found[i]); p.State == "" || p.State == s.State {
			p.Subscriptions = append(p.Subscriptions, s)
		}
	}
	for i := range usage {
		p.Charts = append(p.Charts, p.chart(&usage[i]))
	}
}

// subscription tells one, as it is now.
func (p *SubscriptionsPage) subscription(s *kontrollrum.Subscription) Subscription {
	out := Subscription{ID: string(s.ID), Name: s.Name, Trial: s.Trial, Starts: p.dated(s.Starts), Ends: p.until(s.Ends), State: subscriptionState(s, p.now)}
	if s.Ends.After(p.now) && !s.Ended {
		out.Left, out.LeftKnown = p.daysTo(s.Ends), true
	}
	products := kontrollrum.Products()
	licenses := slices.Clone(s.Licenses)
	slices.SortFunc(licenses, func(a, b kontrollrum.License) int {
		return slices.Index(products, a.Product) - slices.Index(products, b.Product)
	})
	for _, l := range licenses {
		q := Quantity{Product: string(l.Product), Used: p.number(l.Used), Bought: p.number(l.Bought), Seats: seats(l.Used, l.Bought)}
		if s.Ended {
			q.Seats.State = ""
			if l.Used > 0 {
				q.Seats.State, q.Seats.Left = "bad", -l.Used
			}
		}
		out.Quantities = append(out.Quantities, q)
	}
	return out
}

// subscriptionState is the state that says most.
func subscriptionState(s *kontrollrum.Subscription, now time.Time) string {
	over := slices.ContainsFunc(s.Licenses, func(l kontrollrum.License) bool { return l.Used > l.Bought })
	switch {
	case s.Ended:
		return "ended"
	case over:
		return "over"
	case s.Trial:
		return "trial"
	case s.Ends.After(now) && s.Ends.Sub(now) <= endsSoon:
		return "ending"
	}
	return "active"
}

// lamps of the states.
var subscriptionLamps = map[string]string{"active": "ok", "trial": "wait", "ending": "warn", "over": "bad", "ended": "off"}
