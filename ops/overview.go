package ops

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Overview says what needs attention in an organization, of what the caller may
// see there: counted in one transaction. To whom the hub is open for their own
// matters only, it says nothing.
type Overview struct{ Organization string } // by id or plate; empty: as in EnterApplication

// A Situation is the answer of [Overview].
type Situation struct {
	Concerns []Concern            // the gravest first
	Seats    []Usage              // of each product, of one day: now; none where the caller may not see them
	Letters  []kontrollrum.Letter // some that did not arrive, the newest first
	Recent   []kontrollrum.Entry  // the last of the audit log
}

// A Concern is one thing that needs attention.
type Concern struct {
	What    Matter
	Count   int                 // of what it is about: people, seats, mails
	Product kontrollrum.Product // whose seats; empty: it is not about seats
	Name    string              // of a subscription or a partner; empty: it is about none, or several
	Until   time.Time           // when it happens, the first of several; zero: now
}

// A Matter is what a concern is about.
type Matter string

// The matters, the gravest first.
const (
	NoFullAdmin      Matter = "no_full_admin"     // nobody of the organization's own could do all
	SeatsOver        Matter = "seats_over"        // Count more are in use than bought
	MailUndelivered  Matter = "mail_undelivered"  // Count letters
	SubscriptionOver Matter = "subscription_over" // Count of its seats are held still
	TrialEnds        Matter = "trial_ends"        // within 30 days
	SubscriptionEnds Matter = "subscription_ends" // likewise
	SeatsNearlyOut   Matter = "seats_nearly_out"  // Count are left: a twentieth at most
	ExternalEnds     Matter = "external_ends"     // Count external administrators, within 30 days
	PartnershipEnds  Matter = "partnership_ends"  // within 30 days
	SetupIncomplete  Matter = "setup_incomplete"  // of the contact centre
	TasksFailed      Matter = "tasks_failed"      // Count of the last seven days
	OneFullAdmin     Matter = "one_full_admin"    // without whom nobody could do all
	Invitations      Matter = "invitations"       // Count people have not followed theirs yet
	TasksRunning     Matter = "tasks_running"     // Count
	Unlicensed       Matter = "unlicensed"        // Count people
)

// Matters lists them all.
func Matters() []Matter {
	return []Matter{NoFullAdmin, SeatsOver, MailUndelivered, SubscriptionOver, TrialEnds, SubscriptionEnds, SeatsNearlyOut, ExternalEnds, PartnershipEnds,
		SetupIncomplete, TasksFailed, OneFullAdmin, Invitations, TasksRunning, Unlicensed}
}

const (
	soon       = 30 * oneDay // before an end
	lately     = 7 * oneDay  // after a task's
	recentRows = 5
)

func (o Overview) asks() Ask { return Ask{Action: policy.ControlHubSignIn, In: o.Organization} }

func (o Overview) look(ctx context.Context, t *turn) (Ask, error) {
	return EnterApplication{policy.ControlHubSignIn, o.Organization}.look(ctx, t)
}

func (o Overview) run(ctx context.Context, t *turn) (*Situation, error) {
	s := &Situation{}
	if t.may.Cell == policy.Limited {
		return s, nil
	}
	for _, part := range []struct {
		action policy.Action
		look   func(context.Context, *turn) error
	}{{policy.AccountViewSubscriptions, s.subscriptions}, {policy.ExternalAdministratorsView, s.externals}, {policy.AccountViewInfo, s.partnerships},
		{policy.ContactCenterView, s.setup}, {policy.AuditView, s.recent}, {policy.ControlHubSignIn, s.counts}} {
		if t.might(part.action).OK {
			if err := part.look(ctx, t); err != nil {
				return nil, err
			}
		}
	}
	matters := Matters()
	slices.SortStableFunc(s.Concerns, func(a, b Concern) int { return slices.Index(matters, a.What) - slices.Index(matters, b.What) })
	return s, nil
}

// might says whether the actor may do a here, to nobody in particular.
func (t *turn) might(a policy.Action) policy.Permit {
	f := facts(&t.org, t.actor, nil)
	return policy.May(a, &f)
}

func (s *Situation) add(c Concern) { s.Concerns = append(s.Concerns, c) }

// near reports whether an end is soon, and not over.
func (t *turn) near(ends time.Time) bool {
	return ends.After(t.now) && !ends.After(t.now.Add(soon))
}

func (s *Situation) subscriptions(ctx context.Context, t *turn) error {
	all, err := t.tx.Subscriptions(ctx, t.org.ID, t.now)
	if err != nil {
		return err
	}
	seats := map[kontrollrum.Product]*UsageDay{}
	for _, sub := range all {
		held := 0
		for _, l := range sub.Licenses {
			held += l.Used
			if sub.Ended {
				continue
			}
			if seats[l.Product] == nil {
				seats[l.Product] = &UsageDay{Day: t.now}
			}
			seats[l.Product].Bought += l.Bought
			seats[l.Product].Used += l.Used
		}
		switch {
		case sub.Ended && held > 0:
			s.add(Concern{What: SubscriptionOver, Count: held, Name: sub.Name})
		case sub.Ended:
		case t.near(sub.Ends) && sub.Trial:
			s.add(Concern{What: TrialEnds, Count: held, Name: sub.Name, Until: sub.Ends})
		case t.near(sub.Ends):
			s.add(Concern{What: SubscriptionEnds, Count: held, Name: sub.Name, Until: sub.Ends})
		}
	}
	for _, p := range kontrollrum.Products() {
		d := seats[p]
		if d == nil {
			continue
		}
		s.Seats = append(s.Seats, Usage{p, []UsageDay{*d}})
		switch left := d.Bought - d.Used; {
		case left < 0:
			s.add(Concern{What: SeatsOver, Count: -left, Product: p})
		case d.Used > 0 && 20*left <= d.Bought:
			s.add(Concern{What: SeatsNearlyOut, Count: left, Product: p})
		}
	}
	return nil
}

// externals counts the administrators from elsewhere whose roles end soon, of
// those whose roles the caller sees.
func (s *Situation) externals(ctx context.Context, t *turn) error {
	all, _, err := t.tx.ExternalAdministrators(ctx, t.org.ID, Filter{Limit: MaxPage}, t.sees, t.now)
	c := Concern{What: ExternalEnds}
	for _, x := range all {
		if t.near(x.Assignment.Ends) {
			c.Count++
			if c.Until.IsZero() || x.Assignment.Ends.Before(c.Until) {
				c.Until = x.Assignment.Ends
			}
		}
	}
	if c.Count > 0 {
		s.add(c)
	}
	return err
}

func (s *Situation) partnerships(ctx context.Context, t *turn) error {
	all, err := t.tx.Partnerships(ctx, t.org.ID, t.now)
	if err != nil {
		return err
	}
	for _, p := range all {
		if !t.near(p.Ends) {
			continue
		}
		other := p.Partner
		if other == t.org.ID {
			if !t.customers() {
				continue
			}
			other = p.Customer
		}
		org, err := t.tx.Organization(ctx, placeOf(string(other)))
		if err != nil {
			return err
		}
		s.add(Concern{What: PartnershipEnds, Count: 1, Name: org.Name, Until: p.Ends})
	}
	return nil
}

// customers reports whether the caller may see every customer of where they stand.
func (t *turn) customers() bool {
	may := t.might(policy.CustomersView)
	return t.actor.Home == t.org.ID && may.OK && may.Cell != policy.Limited
}

func (s *Situation) setup(ctx context.Context, t *turn) error {
	org, err := t.tx.Organization(ctx, placeOf(string(t.org.ID)))
	if err == nil && !org.SetupDone && slices.Contains(org.Services, kontrollrum.ContactCenter) {
		s.add(Concern{What: SetupIncomplete, Count: 1})
	}
	return err
}

// recent reads the last changes and refusals, less the daily coming and going of
// people who sign in.
func (s *Situation) recent(ctx context.Context, t *turn) (err error) {
	to := t.now.Add(time.Second)
	var changes []string
	for _, a := range policy.Actions() {
		if noun, _, _ := strings.Cut(a.String(), "."); a.Changes() && !slices.Contains([]string{"sessions", "credentials", "tokens"}, noun) {
			changes = append(changes, a.String())
		}
	}
	s.Recent, _, err = t.tx.Entries(ctx, t.org.ID, EntryFilter{From: to.Add(-365 * oneDay), To: to, Actions: changes, Limit: recentRows}, t.sees)
	return err
}

// counts adds what is counted of people, mails and tasks, each to whom it may be told.
func (s *Situation) counts(ctx context.Context, t *turn) error {
	n, err := t.tx.Attention(ctx, t.org.ID)
	if err != nil {
		return err
	}
	add := func(what Matter, count int) {
		if count > 0 {
			s.add(Concern{What: what, Count: count})
		}
	}
	if t.might(policy.UsersList).OK {
		add(Invitations, n.Invited)
		add(Unlicensed, n.Unlicensed)
	}
	if t.might(policy.MailView).OK {
		add(MailUndelivered, n.Undelivered)
		if n.Undelivered > 0 {
			if s.Letters, _, err = t.tx.Undelivered(ctx, t.org.ID, store.Mark{}, recentRows); err != nil {
				return err
			}
		}
	}
	if t.might(policy.TasksView).OK {
		if err := s.tasks(ctx, t, add); err != nil {
			return err
		}
	}
	if t.sees.Administrators == policy.SeesAll {
		switch n.FullAdmins {
		case 0:
			add(NoFullAdmin, 1)
		case 1:
			add(OneFullAdmin, 1)
		}
	}
	return nil
}

// tasks adds those that run and that have failed lately, of which may be seen.
func (s *Situation) tasks(ctx context.Context, t *turn, add func(Matter, int)) error {
	running, err := t.running(ctx)
	if err != nil {
		return err
	}
	failed, err := t.tx.Tasks(ctx, t.org.ID, store.TaskFilter{FailedSince: t.now.Add(-lately), Limit: pageSize(0)}, t.taskSight())
	add(TasksRunning, len(running))
	add(TasksFailed, len(failed))
	return err
}
