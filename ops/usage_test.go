package ops_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// usage is a product's seats day by day, as text.
func (w *world) usage(p kontrollrum.Product, op ops.ListUsage) (out []string) {
	w.Helper()
	for _, u := range must(w, w.as("chief"), op) {
		if u.Product != p {
			continue
		}
		for _, d := range u.Days {
			out = append(out, fmt.Sprintf("%s: %d of %d", d.Day.Format("02"), d.Used, d.Bought))
		}
	}
	return out
}

// TestUsage: what was in use at the end of each day, carried forward over days
// on which nothing changed.
func TestUsage(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			const p = kontrollrum.CallingUser
			days := func(n int) { w.clock.Advance(time.Duration(n) * 24 * time.Hour) }
			give := func(name string, l kontrollrum.LicenseID) {
				must(w, w.as("chief"), ops.AssignLicense{User: email(name), License: l})
			}
			check := func(what string, op ops.ListUsage, want ...string) {
				t.Helper()
				if got := w.usage(p, op); !slices.Equal(got, want) {
					t.Errorf("%s: %q, want %q", what, got, want)
				}
			}
			check("before anything", ops.ListUsage{})
			bought := must(w, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: "Ett", Quantities: ops.Quantities{p: 4}}).Licenses[0].ID // on the 23rd
			give("target", bought)
			days(2)
			give("plain", bought)
			trial := must(w, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: "Prov", Trial: true, Ends: w.clock.Now().Add(48 * time.Hour), Quantities: ops.Quantities{p: 2}})
			days(1)
			give("holder", trial.Licenses[0].ID)
			days(3) // the trial has ended on the 27th
			must(w, w.as("chief"), ops.RemoveUser{User: email("plain")})
			want := []string{"23: 1 of 4", "24: 1 of 4", "25: 2 of 6", "26: 3 of 6", "27: 3 of 4", "28: 3 of 4", "29: 2 of 4"}
			check("since counting began", ops.ListUsage{}, want...)
			check("some days", ops.ListUsage{From: w.clock.Now().Add(-4 * 24 * time.Hour), To: w.clock.Now().Add(-2 * 24 * time.Hour)}, want[2:5]...)
			check("no days to come", ops.ListUsage{From: w.clock.Now(), To: w.clock.Now().Add(48 * time.Hour)}, want[6:]...)
			must(w, ops.Operator(), ops.ChangeSubscription{Organization: "SUN", Subscription: trial.ID, Trial: new(bool), Ends: new(time.Time)})
			days(1)
			check("a trial that was bought at last", ops.ListUsage{From: w.clock.Now().Add(-24 * time.Hour)}, "29: 2 of 6", "30: 2 of 6")

			// A database from before counting knows what there was, but not since when.
			w.exec(t, `delete from usage`)
			w.exec(t, `insert into usage (organization, license, day, bought, used) select organization, id, '', bought, used from licenses`)
			check("not counted yet", ops.ListUsage{}, "30: 2 of 6")
			days(1)
			give("licensed", trial.Licenses[0].ID)
			days(1)
			check("counted since", ops.ListUsage{}, "01: 3 of 6", "02: 3 of 6")

			for _, op := range []ops.ListUsage{{From: w.clock.Now().Add(-400 * 24 * time.Hour)}, {From: w.clock.Now().Add(24 * time.Hour)}} {
				if _, err := ops.Do(t.Context(), w.hub, w.as("chief"), op); refusal(err) != "invalid: invalid_from" {
					t.Errorf("from %v: %v", op.From, err)
				}
			}
			check("400 days", ops.ListUsage{From: w.clock.Now().Add(-399 * 24 * time.Hour)}, "01: 3 of 6", "02: 3 of 6")
		})
	}
}
