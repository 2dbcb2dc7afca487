package ops_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// concerns is what the overview says to somebody, as text.
func (w *world) concerns(name, in string) (out []string) {
	w.Helper()
	for _, c := range must(w, w.as(name), ops.Overview{Organization: in}).Concerns {
		text := fmt.Sprintf("%s %d", c.What, c.Count)
		if about := string(c.Product) + c.Name; about != "" {
			text += " " + about
		}
		if !c.Until.IsZero() {
			text += fmt.Sprintf(" in %dh", int(c.Until.Sub(w.clock.Now()).Round(time.Hour).Hours()))
		}
		out = append(out, text)
	}
	return out
}

// TestOverview: each concern is told to those who may see what it is about.
func TestOverview(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			w.exec(t, `delete from task_items`)
			w.exec(t, `delete from tasks`)
			in := func(days int) time.Time { return w.clock.Now().Add(time.Duration(days) * 24 * time.Hour) }
			check := func(what, name, in string, want ...string) {
				t.Helper()
				if got := w.concerns(name, in); !slices.Equal(got, want) {
					t.Errorf("%s, to %s in %s:\n got %q\nwant %q", what, name, in, got, want)
				}
			}
			w.exec(t, `delete from task_items`)
			w.exec(t, `delete from tasks`)
			calm := -4 // those of SUN who hold licences
			for _, r := range residents {
				if r.home == "SUN" {
					calm++
				}
			}
			people := []string{"invitations 1", fmt.Sprintf("unlicensed %d", calm)}
			check("at first", "chief", "", people...)
			check("at first", "plain", "")
			check("at first", "supervisor", "")
			check("to nobody of their own", "norchief", "NOR", "unlicensed 6")

			trial := must(w, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: "Prov", Trial: true, Ends: in(3), Quantities: ops.Quantities{kontrollrum.CallingUser: 2}})
			must(w, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: "Avtal 2", Ends: in(30), Quantities: ops.Quantities{kontrollrum.CallingUser: 0}})
			must(w, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: "Långt", Ends: in(31), Quantities: ops.Quantities{kontrollrum.CallingUser: 0}})
			for _, name := range []string{"licensed", "holder"} {
				must(w, w.as("chief"), ops.AssignLicense{User: email(name), License: trial.Licenses[0].ID})
			}
			for name, days := range map[string]int{"guest": 9, "guestfull": 5, "guestreader": 40} {
				till := in(days)
				role := map[string]policy.Role{"guest": policy.ServiceAdmin, "guestfull": policy.FullAdmin, "guestreader": policy.ReadOnlyAdmin}[name]
				must(w, w.as("chief"), ops.ChangeAssignment{Organization: "SUN", User: email(name), Role: role, Ends: &till})
			}
			if s := must(w, w.as("outservice"), ops.Overview{Organization: "SUN"}); len(s.Recent) > 0 || len(s.Seats) == 0 {
				t.Errorf("an external service administrator is told: %+v", s)
			}
			must(w, w.as("chief"), ops.AddPartnership{Partner: "EXT", Managing: true, Ends: in(20)})
			must(w, w.as("chief"), ops.RevokeRole{User: email("director"), Role: policy.FullAdmin})
			must(w, w.as("chief"), ops.RevokeRole{User: email("second"), Role: policy.FullAdmin})
			must(w, w.as("chief"), ops.SendActivations{})
			must(w, w.as("chief"), ops.StartTask{Kind: kontrollrum.DeactivateTask, Users: w.named("asleep")}) // which a service administrator does not see
			subscriptions := []string{"trial_ends 2 Prov in 72h", "subscription_ends 0 Avtal 2 in 720h", "seats_nearly_out 0 calling"}
			both := slices.Concat(subscriptions, []string{"external_ends 2 in 120h", "partnership_ends 1 Org EXT in 480h", "one_full_admin 1"})
			check("all", "chief", "SUN", slices.Concat(both, people[:1], []string{"tasks_running 2"}, people[1:])...)
			check("without mails", "reader", "SUN", slices.Concat(both, people)...)
			check("of service administrators only", "service", "SUN", slices.Concat(subscriptions,
				[]string{"external_ends 1 in 216h", "partnership_ends 1 Org EXT in 480h"}, people[:1], []string{"tasks_running 1"}, people[1:])...)
			check("no users", "provisioner", "SUN", slices.Concat(subscriptions, []string{"external_ends 2 in 120h", "partnership_ends 1 Org EXT in 480h"})...)
			check("from the other side", "extchief", "EXT", "partnership_ends 1 Org SUN in 480h", "one_full_admin 1", "unlicensed 8")
			check("where nobody is", "partner", "VIK", "one_full_admin 1", "unlicensed 1")

			must(w, ops.Operator(), ops.EndSubscription{Organization: "SUN", Subscription: trial.ID})
			if got := w.concerns("chief", "SUN"); got[0] != "subscription_over 2 Prov" || slices.Contains(got, "seats_nearly_out 0 calling") {
				t.Errorf("after a trial: %q", got)
			}

			s := must(w, w.as("chief"), ops.Overview{})
			if len(s.Recent) != 5 || s.Recent[0].Action != "subscriptions.edit" || len(s.Seats) != 5 || s.Seats[0].Days[0].Used != 2 || s.Seats[0].Days[0].Bought != 10 {
				t.Errorf("got %+v and %+v", s.Recent, s.Seats)
			}
			if s := must(w, w.as("service"), ops.Overview{}); len(s.Recent) > 0 && s.Recent[0].Action == "roles.full_admin.revoke_internal" {
				t.Errorf("a service administrator is told of full administrators: %+v", s.Recent)
			}
			if s := must(w, w.as("plain"), ops.Overview{}); len(s.Recent)+len(s.Seats)+len(s.Letters) > 0 {
				t.Errorf("somebody without a role is told: %+v", s)
			}
		})
	}
}
