package ops_test

import (
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// TestSeats: a seat is used by who holds it, whatever their status, until it is
// removed; never more than bought and the overage.
func TestSeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	s := must(w, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: "Två", Quantities: ops.Quantities{kontrollrum.CallingUser: 2}})
	l := s.Licenses[0].ID
	give := func(name string) error {
		return do(w, "chief", ops.AssignLicense{Organization: "SUN", User: email(name), License: l})
	}
	take := func(name string) error {
		return do(w, "chief", ops.RemoveLicense{Organization: "SUN", User: email(name), License: l})
	}
	overage := func(n int) error { return do(w, "chief", ops.EditOrganization{Overage: &n}) }
	buy := func(n int) error {
		return do(w, "operator", ops.ChangeSubscription{Organization: "SUN", Subscription: s.ID, Quantities: ops.Quantities{kontrollrum.CallingUser: n}})
	}
	for _, step := range []struct {
		what string
		f    func() error
		want string
		used int
	}{
		{"to an invited user", func() error { return give("invited") }, "done", 1},
		{"to a deactivated user", func() error { return give("asleep") }, "done", 2},
		{"a third", func() error { return give("target") }, "conflict: no_seats_left", 2},
		{"twice", func() error { return give("asleep") }, "conflict: license_held", 2},
		{"with an overage", func() error { return overage(1) }, "done", 2},
		{"a third with it", func() error { return give("target") }, "done", 3},
		{"a fourth", func() error { return give("plain") }, "conflict: no_seats_left", 3},
		{"the overage is in use", func() error { return overage(0) }, "conflict: seats_in_use", 3},
		{"fewer bought than in use", func() error { return buy(1) }, "conflict: seats_in_use", 3},
		{"as many", func() error { return buy(3) }, "done", 3},
		{"the overage is free", func() error { return overage(0) }, "done", 3},
		{"one freed", func() error { return take("asleep") }, "done", 2},
		{"freed twice", func() error { return take("asleep") }, "conflict: license_not_held", 2},
		{"a user removed", func() error { return do(w, "chief", ops.RemoveUser{User: email("target")}) }, "done", 1},
		{"over", func() error {
			return do(w, "operator", ops.EndSubscription{Organization: "SUN", Subscription: s.ID})
		}, "done", 1},
		{"of what is over", func() error { return give("plain") }, "conflict: subscription_ended", 1},
		{"freed of what is over", func() error { return take("invited") }, "done", 0},
	} {
		if got := refusal(step.f()); got != step.want {
			t.Errorf("%s: %s, want %s", step.what, got, step.want)
		}
		if found := must(w, w.as("chief"), ops.ViewLicense{License: l}); found.Used != step.used {
			t.Errorf("%s: %d used, want %d", step.what, found.Used, step.used)
		}
	}
}

// TestTrials: a trial ends by itself, and goes on where it is prolonged or bought;
// what was ended stays so.
func TestTrials(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	month := 30 * 24 * time.Hour
	trial := func(name string) *kontrollrum.Subscription {
		return must(w, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: name, Trial: true, Ends: w.clock.Now().Add(month), Quantities: ops.Quantities{kontrollrum.CallingUser: 5}})
	}
	prolonged, bought, ended := trial("Förlängd"), trial("Köpt"), trial("Avslutad")
	give := func(s *kontrollrum.Subscription) string {
		err := do(w, "chief", ops.AssignLicense{Organization: "SUN", User: email("target"), License: s.Licenses[0].ID})
		if err == nil {
			must(w, w.as("chief"), ops.RemoveLicense{User: email("target"), License: s.Licenses[0].ID})
		}
		return refusal(err)
	}
	for _, s := range []*kontrollrum.Subscription{prolonged, bought, ended} {
		if got := give(s); got != "done" {
			t.Errorf("%s, in its term: %s", s.Name, got)
		}
	}
	must(w, ops.Operator(), ops.EndSubscription{Organization: "SUN", Subscription: ended.ID})
	w.clock.Advance(month)
	for _, s := range []*kontrollrum.Subscription{prolonged, bought, ended} {
		if got := give(s); got != "conflict: subscription_ended" {
			t.Errorf("%s, past its term: %s", s.Name, got)
		}
	}
	change := func(s *kontrollrum.Subscription, op ops.ChangeSubscription, over bool) {
		t.Helper()
		op.Organization, op.Subscription = "SUN", s.ID
		after, err := ops.Do(t.Context(), w.hub, ops.Operator(), op)
		if err != nil || after.Ended != over {
			t.Errorf("%s: %+v, %v; want ended: %t", s.Name, after, err, over)
		}
		want := "done"
		if over {
			want = "conflict: subscription_ended"
		}
		if got := give(s); got != want {
			t.Errorf("%s, changed: %s, want %s", s.Name, got, want)
		}
	}
	later := w.clock.Now().Add(month)
	change(prolonged, ops.ChangeSubscription{Quantities: ops.Quantities{kontrollrum.CallingUser: 6}}, true)
	change(prolonged, ops.ChangeSubscription{Ends: &later}, false)
	change(bought, ops.ChangeSubscription{Trial: pointer(false)}, false)
	change(ended, ops.ChangeSubscription{Ends: &later}, true)
	change(ended, ops.ChangeSubscription{Trial: pointer(false)}, true)
}
