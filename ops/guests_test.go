package ops_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// TestExternalsJudged: what the list says may be changed is what can be, row by
// row, by everyone who may see it, whatever the customer has set (s1).
func TestExternalsJudged(t *testing.T) {
	t.Parallel()
	failed := errors.New("not today")
	bothEngines(t, func(t *testing.T, w *world) {
		soon, later := w.clock.Now().Add(20*24*time.Hour), w.clock.Now().Add(90*24*time.Hour)
		for _, name := range []string{"guest", "guestfull", "guestreader", "outservice"} {
			must(w, w.as("chief"), ops.ChangeExternalAdministrator{ChangeAssignment: ops.ChangeAssignment{Organization: "SUN", User: email(name), Ends: &soon}})
		}
		sooner := w.clock.Now().Add(time.Hour)
		judged := 0
		for _, restricted := range []bool{false, true} {
			must(w, w.as("chief"), ops.EditOrganization{Organization: "SUN", OwnAdministratorsOnly: &restricted})
			for _, by := range []string{"chief", "partner", "outsider", "service", "outservice", "provisioner", "reader", "partnerreader", "outreader"} {
				page := must(w, w.as(by), ops.JudgeExternals{Organization: "SUN"})
				plain := must(w, w.as(by), ops.ListExternalAdministrators{Organization: "SUN"})
				if len(page.Items) != len(plain.Items) || len(page.Items) == 0 {
					t.Errorf("%s: %d rows, want %d", by, len(page.Items), len(plain.Items))
				}
				for _, x := range page.Items {
					if x.Home.Plate == "" || x.Home.Name == "" || x.Self != (x.User.ID == w.users[by]) {
						t.Errorf("%s sees %+v", by, x)
					}
					if x.Partner {
						if x.Change.OK || x.Lengthen.OK {
							t.Errorf("%s changes %s here", by, x.User.Email)
						}
						continue
					}
					try := func(ask func(ops.Caller) error) string {
						w.hub.Interrupt(func() error { return failed })
						defer w.hub.Interrupt(nil)
						err := ask(w.as(by))
						var no *kontrollrum.Error
						if errors.As(err, &no) && no.Kind == kontrollrum.Denied {
							return no.Code + " " + no.Cell
						}
						return fmt.Sprint(err)
					}
					said := func(d ops.Decision) string {
						if d.OK {
							return failed.Error()
						}
						return d.Reason + " " + d.Cell
					}
					change := ops.ChangeAssignment{Organization: "SUN", User: string(x.User.ID), Role: x.Assignment.Role}
					shorter, longer := change, change
					shorter.Ends, longer.Ends = &sooner, &later
					for what, c := range map[string][2]string{
						"revokes": {said(x.Change), try(func(c ops.Caller) error {
							return done(w, c, ops.RevokeRole{Organization: "SUN", User: change.User, Role: change.Role})
						})},
						"shortens": {said(x.Change), try(func(c ops.Caller) error {
							return done(w, c, ops.ChangeExternalAdministrator{ChangeAssignment: shorter})
						})},
						"lengthens": {said(x.Lengthen), try(func(c ops.Caller) error { return done(w, c, ops.ChangeExternalAdministrator{ChangeAssignment: longer}) })},
					} {
						if what == "lengthens" && x.Assignment.Ends.IsZero() {
							continue // without end there is nothing to lengthen
						}
						if c[0] != c[1] {
							t.Errorf("restricted %t: %s %s %s: said %q, got %q", restricted, by, what, x.User.Email, c[0], c[1])
						}
						judged++
					}
				}
			}
		}
		if judged < 100 {
			t.Errorf("only %d judged", judged)
		}
	})
}

// TestGiversHidden: who gave a role is an administrator, and is named to those
// alone who see all administrators.
func TestGiversHidden(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		must(w, w.as("second"), ops.AddExternalAdministrator{AssignRole: ops.AssignRole{Organization: "SUN", User: email("candidate"), Role: policy.ServiceAdmin}})
		for by, want := range map[string]string{"chief": "Namn second", "second": "Namn second", "reader": "Namn second", "partner": "Namn second", "service": "", "outservice": "", "provisioner": ""} {
			page := must(w, w.as(by), ops.JudgeExternals{Organization: "SUN", Filter: ops.Filter{Email: kontrollrum.Email(email("candidate"))}})
			if len(page.Items) != 1 || page.Items[0].GivenBy != want {
				t.Errorf("%s sees %+v, want it given by %q", by, page.Items, want)
			}
		}
	})
}

// TestExternalFilters: by when the role ends and by which way it is held.
func TestExternalFilters(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		soon := w.clock.Now().Add(20 * 24 * time.Hour)
		must(w, w.as("chief"), ops.ChangeExternalAdministrator{ChangeAssignment: ops.ChangeAssignment{Organization: "SUN", User: email("guest"), Ends: &soon}})
		yes, no := true, false
		for what, c := range map[string]struct {
			f    ops.Filter
			want []string
		}{
			"ends within the month": {ops.Filter{EndsBefore: w.clock.Now().Add(30 * 24 * time.Hour)}, []string{"guest"}},
			"ends within the week":  {ops.Filter{EndsBefore: w.clock.Now().Add(7 * 24 * time.Hour)}, nil},
			"by partnership":        {ops.Filter{Partner: &yes}, []string{"named", "partner", "partnerreader", "provisioner"}},
			"by assignment":         {ops.Filter{Partner: &no}, []string{"guest", "guestfull", "guestreader", "outreader", "outservice", "outsider"}},
		} {
			var got []string
			for _, x := range must(w, w.as("chief"), ops.JudgeExternals{Organization: "SUN", Filter: c.f}).Items {
				got = append(got, x.User.DisplayName[len("Namn "):])
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %q, want %q", what, got, c.want)
			}
		}
	})
}
