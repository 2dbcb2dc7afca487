package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

type subscriptionCommand struct {
	Buy    subscriptionBuy    `cmd:"" help:"Add a subscription with its seats."`
	Change subscriptionChange `cmd:"" help:"Change seats or end, or turn a trial into bought."`
	End    subscriptionEnd    `cmd:"" help:"End a subscription: its licences are given to nobody any more."`
	List   subscriptionList   `cmd:"" help:"List an organization's subscriptions with their use."`
}

// seats is how many of each product; those not named are left as they are.
type seats struct {
	Standard  *int `placeholder:"N" help:"Seats of Standard Agent."`
	Premium   *int `placeholder:"N" help:"Seats of Premium Agent."`
	Meetings  *int `placeholder:"N" help:"Seats of meetings."`
	Messaging *int `placeholder:"N" help:"Seats of messaging."`
	Calling   *int `placeholder:"N" help:"Seats of calling."`
}

func (s *seats) quantities() ops.Quantities {
	q := ops.Quantities{}
	for p, n := range map[kontrollrum.Product]*int{
		kontrollrum.StandardAgent: s.Standard, kontrollrum.PremiumAgent: s.Premium,
		kontrollrum.MeetingsHost: s.Meetings, kontrollrum.MessagingUser: s.Messaging, kontrollrum.CallingUser: s.Calling,
	} {
		if n != nil {
			q[p] = *n
		}
	}
	return q
}

type subscriptionBuy struct {
	Plate string `arg:"" help:"The organization."`
	Name  string `required:"" help:"What the subscription is called."`
	Trial bool   `help:"On trial: over when it ends."`
	Ends  date   `placeholder:"DATE" help:"Last day of the term or the trial. Without: none."`
	seats `embed:""`
}

// Run adds a subscription.
func (c *subscriptionBuy) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		s, err := done(h, hub, ops.BuySubscription{Organization: c.Plate, Name: c.Name, Trial: c.Trial, Ends: c.Ends.at, Quantities: c.quantities()})
		if err == nil {
			h.printf("%s\n", s.ID)
		}
		return err
	})
}

type subscriptionChange struct {
	Plate  string `arg:"" help:"The organization."`
	ID     string `arg:"" help:"The subscription, as subscription list shows it."`
	Bought bool   `help:"Turn a trial into a bought subscription."`
	Ends   *date  `placeholder:"DATE" help:"New last day."`
	seats  `embed:""`
}

// Run changes a subscription.
func (c *subscriptionChange) Run(h *house) error {
	op := ops.ChangeSubscription{Organization: c.Plate, Subscription: kontrollrum.SubscriptionID(c.ID), Quantities: c.quantities()}
	if c.Ends != nil {
		op.Ends = &c.Ends.at
	}
	if c.Bought {
		op.Trial = new(bool)
	}
	if op.Ends == nil && op.Trial == nil && len(op.Quantities) == 0 {
		return fmt.Errorf("nothing to change: name seats, --ends or --bought")
	}
	return h.with(func(hub *ops.Hub) error {
		s, err := done(h, hub, op)
		if err == nil {
			h.printf("Changed %s\n", s.ID)
		}
		return err
	})
}

type subscriptionEnd struct {
	Plate string `arg:"" help:"The organization."`
	ID    string `arg:"" help:"The subscription, as subscription list shows it."`
}

// Run ends a subscription.
func (c *subscriptionEnd) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		s, err := done(h, hub, ops.EndSubscription{Organization: c.Plate, Subscription: kontrollrum.SubscriptionID(c.ID)})
		if err == nil {
			h.printf("Ended %s\n", s.ID)
		}
		return err
	})
}

type subscriptionList struct {
	Plate string `arg:"" help:"The organization."`
}

// Run lists subscriptions, a line per licence.
func (c *subscriptionList) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		all, err := done(h, hub, ops.ListSubscriptions{Organization: c.Plate})
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(h.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "ID\tNAME\tSTATE\tENDS\tPRODUCT\tUSED\tBOUGHT")
		for _, s := range all {
			for _, l := range s.Licenses {
				fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%d\t%d\n", s.ID, s.Name, stateOf(&s), shown(s.Ends, "–"), l.Product, l.Used, l.Bought)
			}
		}
		return out.Flush()
	})
}

func stateOf(s *kontrollrum.Subscription) string {
	switch {
	case s.Ended:
		return "ended"
	case s.Trial:
		return "trial"
	}
	return "bought"
}
