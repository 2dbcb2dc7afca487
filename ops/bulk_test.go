package ops_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/policy"
)

// ids are those of residents.
func (w *world) named(names ...string) (out []string) {
	for _, name := range names {
		out = append(out, string(w.users[name]))
	}
	return out
}

// became is what has become of a task's people, as name state code.
func (w *world) became(by string, task kontrollrum.TaskID) string {
	w.Helper()
	var out []string
	for _, i := range must(w, w.as(by), ops.ListTaskItems{Organization: "SUN", Task: task}).Items {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", strings.TrimPrefix(i.Name, "Namn "), i.State, i.Code)))
	}
	return strings.Join(out, ", ")
}

// calling buys seats of a product that nobody holds.
func (w *world) calling(seats int) *kontrollrum.Subscription {
	w.Helper()
	return must(w, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: "Samtal", Quantities: ops.Quantities{kontrollrum.CallingUser: seats}})
}

// TestLicenseTask: who is given a licence, who is not and why; failures tried
// again, and all of it taken back from those who had it not before.
func TestLicenseTask(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		s := w.calling(2)
		l := s.Licenses[0].ID
		must(w, w.as("chief"), ops.AssignLicense{User: email("target"), License: l})
		start := ops.StartTask{Kind: kontrollrum.AssignTask, License: l, Users: append(w.named("target", "plain", "holder", "norplain"), uuid.NewString())}
		w.exec(t, `delete from entries`)
		k := must(w, w.as("chief"), start)
		if k.Total != 3 || k.Product != kontrollrum.CallingUser || k.Action != "licenses.other.edit" {
			t.Fatalf("got %+v", k)
		}
		w.work("one")
		if got := w.became("chief", k.ID); got != "holder done, plain failed no_seats_left, target skipped license_held" {
			t.Errorf("got %s", got)
		}
		log := w.rows(t, `select action, outcome, actor_name, target_name from entries`)
		if len(log) != 2 || log["licenses.other.edit|done|Namn chief|"] != 1 || log["licenses.other.edit|done|Namn chief|Namn holder"] != 1 {
			t.Errorf("logged %v", log)
		}
		must(w, ops.Operator(), ops.ChangeSubscription{Organization: "SUN", Subscription: s.ID, Quantities: ops.Quantities{kontrollrum.CallingUser: 9}})
		again := must(w, w.as("second"), ops.RetryTask{Task: k.ID})
		if err := do(w, "chief", ops.RetryTask{Task: again.ID}); refusal(err) != "conflict: task_running" {
			t.Errorf("again while it runs: %v", err)
		}
		w.work("one")
		if got := w.became("chief", again.ID); got != "plain done" || again.Again != k.ID || again.StartedBy != w.users["second"] {
			t.Errorf("again: %s, %+v", got, again)
		}
		if err := do(w, "chief", ops.RetryTask{Task: again.ID}); refusal(err) != "conflict: nothing_failed" {
			t.Errorf("nothing failed: %v", err)
		}
		if err := do(w, "service", ops.UndoTask{Task: k.ID}); refusal(err) != "not_permitted" {
			t.Errorf("undone by who may not: %v", err)
		}
		back := must(w, w.as("chief"), ops.UndoTask{Task: k.ID})
		w.work("one")
		if got := w.became("chief", back.ID); got != "holder done" {
			t.Errorf("undone: %s", got)
		}
		for what, id := range map[string]kontrollrum.TaskID{"twice": k.ID, "the undoing": back.ID} {
			if err := do(w, "chief", ops.UndoTask{Task: id}); refusal(err) != "conflict: not_undoable" {
				t.Errorf("undone %s: %v", what, err)
			}
		}
		w.clock.Advance(ops.UndoLife)
		if err := do(w, "chief", ops.UndoTask{Task: again.ID}); refusal(err) != "conflict: not_undoable" {
			t.Errorf("undone too late: %v", err)
		}
	})
}

// TestSupervisorTask: what undoing it must know of a licence with its option.
func TestSupervisorTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	premium := w.licenses[string(kontrollrum.PremiumAgent)]
	by := w.as("service")
	task := func(op ops.Op[*kontrollrum.Task]) kontrollrum.TaskID {
		k := must(w, by, op)
		w.work("one")
		return k.ID
	}
	given := task(ops.StartTask{Kind: kontrollrum.AssignTask, License: premium, Supervisor: pointer(true), Users: w.named("holder", "plain", "supervisor", "licensed")})
	if got := w.became("service", given); got != "holder done option_changed, licensed failed exclusive_license_held, plain done, supervisor skipped license_held" {
		t.Errorf("got %s", got)
	}
	if got := w.became("service", task(ops.UndoTask{Task: given})); got != "plain done had_supervisor" {
		t.Errorf("undone: %s", got)
	}
	taken := task(ops.StartTask{Kind: kontrollrum.RemoveTask, License: premium, Users: w.named("holder", "supervisor", "target")})
	if got := w.became("service", taken); got != "holder done had_supervisor, supervisor done had_supervisor, target skipped license_not_held" {
		t.Errorf("taken: %s", got)
	}
	task(ops.UndoTask{Task: taken})
	for _, name := range []string{"holder", "supervisor"} {
		if !slices.ContainsFunc(must(w, by, ops.ViewUser{User: email(name)}).Holdings, func(h kontrollrum.Holding) bool { return h.License == premium && h.Supervisor }) {
			t.Errorf("%s has not got it back", name)
		}
	}
}

// TestUndoTaskSince: what somebody decided after a task is left as it is when the
// task is undone, and what a retry gives back is what was taken.
func TestUndoTaskSince(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		task := func(op ops.Op[*kontrollrum.Task]) kontrollrum.TaskID {
			w.clock.Advance(time.Second)
			k := must(w, w.as("chief"), op)
			w.work("one")
			w.clock.Advance(time.Second)
			return k.ID
		}
		out := task(ops.StartTask{Kind: kontrollrum.DeactivateTask, Users: w.named("plain", "target")})
		must(w, w.as("second"), ops.ActivateUser{User: email("plain")})
		w.clock.Advance(time.Second)
		must(w, w.as("second"), ops.DeactivateUser{User: email("plain")})
		if got := w.became("chief", task(ops.UndoTask{Task: out})); got != "plain skipped changed_since, target done" {
			t.Errorf("undone: %s", got)
		}
		premium := w.licenses[string(kontrollrum.PremiumAgent)]
		taken := task(ops.StartTask{Kind: kontrollrum.RemoveTask, License: premium, Users: w.named("holder", "supervisor")})
		w.exec(t, `update licenses set bought = used where id = '`+string(premium)+`'`)
		back := task(ops.UndoTask{Task: taken})
		if got := w.became("chief", back); !strings.Contains(got, "supervisor failed no_seats_left") {
			t.Fatalf("without seats: %s", got)
		}
		w.exec(t, `update licenses set bought = used + 9 where id = '`+string(premium)+`'`)
		task(ops.RetryTask{Task: back})
		if u := must(w, w.as("chief"), ops.ViewUser{User: email("supervisor")}); !slices.ContainsFunc(u.Holdings, func(h kontrollrum.Holding) bool { return h.License == premium && h.Supervisor }) {
			t.Errorf("given back at the second try: %+v", u.Holdings)
		}
		given := task(ops.StartTask{Kind: kontrollrum.AssignTask, License: premium, Users: w.named("target")})
		must(w, w.as("second"), ops.RemoveLicense{User: email("target"), License: premium})
		w.clock.Advance(time.Second)
		must(w, w.as("second"), ops.AssignLicense{User: email("target"), License: premium})
		if got := w.became("chief", task(ops.UndoTask{Task: given})); got != "target skipped changed_since" {
			t.Errorf("a licence given again by hand: %s", got)
		}
	})
}

// TestDeactivateTask: everybody but the one who says so, and back again.
func TestDeactivateTask(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		k := must(w, w.as("chief"), ops.StartTask{Kind: kontrollrum.DeactivateTask, Users: w.named("chief", "invited", "target", "asleep")})
		w.work("one")
		if got := w.became("chief", k.ID); got != "asleep skipped already_inactive, chief skipped yourself, invited done was_not_active, target done" {
			t.Errorf("got %s", got)
		}
		if _, err := ops.Do(t.Context(), w.hub, w.as("target"), ops.Myself{}); refusal(err) != "user_inactive active" {
			t.Errorf("still let in: %v", err)
		}
		back := must(w, w.as("chief"), ops.UndoTask{Task: k.ID})
		w.work("one")
		if got := w.became("chief", back.ID); got != "target done" {
			t.Errorf("back: %s", got)
		}
		all := must(w, w.as("outsider"), ops.StartTask{Organization: "SUN", Kind: kontrollrum.DeactivateTask, All: true, Filter: ops.Filter{Roles: []policy.Role{policy.FullAdmin}}})
		w.work("one")
		if got := w.became("outsider", all.ID); got != "chief done, director done, second failed last_full_administrator" {
			t.Errorf("all full administrators: %s", got)
		}
	})
}

// TestCancelTask: what was done stays, and who waits is skipped.
func TestCancelTask(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		l := w.calling(900).Licenses[0].ID
		for n := range 70 {
			must(w, w.as("chief"), ops.AddUser{Email: fmt.Sprintf("p%02d@sun.example", n), Silent: true, Details: ops.Details{DisplayName: fmt.Sprintf("P %02d", n)}})
		}
		k := must(w, w.as("chief"), ops.StartTask{Kind: kontrollrum.AssignTask, License: l, All: true, Filter: ops.Filter{Search: "p "}})
		if k.Total != 70 {
			t.Fatalf("got %+v", k)
		}
		must(w, ops.Operator(), ops.WorkTask{Clerk: "one", Lease: time.Minute})
		over := must(w, w.as("second"), ops.CancelTask{Task: k.ID})
		if over.Done != 50 || over.Skipped != 20 || !over.Cancelled || over.Ended.IsZero() || over.Left() != 0 {
			t.Errorf("got %+v", over)
		}
		w.work("one")
		if v := must(w, w.as("chief"), ops.ViewTask{Task: k.ID}); v.Done != 50 || v.Skipped != 20 {
			t.Errorf("later: %+v", v)
		}
		if err := do(w, "chief", ops.CancelTask{Task: k.ID}); refusal(err) != "conflict: task_ended" {
			t.Errorf("twice: %v", err)
		}
		if n := w.rows(t, `select count(*) from holdings where product = 'calling'`)["50"]; n != 1 {
			t.Error("not 50 hold it")
		}
	})
}

// TestTaskByManyClerks: clerks of two nodes, of which commits fail now and then,
// take each person once, and no more seats than there are.
func TestTaskByManyClerks(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		const people, seats = 160, 90
		l := w.calling(seats).Licenses[0].ID
		for n := range people {
			must(w, w.as("chief"), ops.AddUser{Email: fmt.Sprintf("p%03d@sun.example", n), Silent: true, Details: ops.Details{DisplayName: fmt.Sprintf("P %03d", n)}})
		}
		kinds := []*kontrollrum.Task{
			must(w, w.as("chief"), ops.StartTask{Kind: kontrollrum.AssignTask, License: l, All: true, Filter: ops.Filter{Search: "p "}}),
			must(w, w.as("second"), ops.StartTask{Kind: kontrollrum.AssignTask, License: l, All: true, Filter: ops.Filter{Search: "p "}}),
		}
		another, err := ops.Open(t.Context(), ops.Config{Database: w.database, NewID: uuid.NewString, Now: w.clock.Now, Key: opstest.Key()})
		if err != nil {
			t.Fatal(err)
		}
		defer another.Close()
		var failing sync.Mutex
		steps := 0
		w.hub.Interrupt(func() error {
			failing.Lock()
			defer failing.Unlock()
			if steps++; steps%3 == 1 {
				return errors.New("the power is gone")
			}
			return nil
		})
		defer w.hub.Interrupt(nil)
		var all sync.WaitGroup
		for i, hub := range []*ops.Hub{w.hub, w.hub, another, another} {
			all.Go(func() {
				for fails := 0; fails < 20; {
					did, err := ops.Do(t.Context(), hub, ops.Operator(), ops.WorkTask{Clerk: fmt.Sprint("clerk", i), Lease: time.Minute})
					if err == nil && !did {
						return
					}
					if err != nil {
						fails++
					}
				}
			})
		}
		all.Wait()
		w.hub.Interrupt(nil)
		w.clock.Advance(2 * time.Minute) // what somebody left is taken up
		w.work("last")
		done, failed, skipped := 0, 0, 0
		for _, k := range kinds {
			v := must(w, w.as("chief"), ops.ViewTask{Task: k.ID})
			if v.Ended.IsZero() || v.Left() != 0 || v.Total != people {
				t.Errorf("%+v", v)
			}
			done, failed, skipped = done+v.Done, failed+v.Failed, skipped+v.Skipped
		}
		if done != seats || skipped+failed != 2*people-seats {
			t.Errorf("%d done, %d failed, %d skipped", done, failed, skipped)
		}
		if n := w.rows(t, `select count(*) from entries where action = 'licenses.other.edit' and outcome = 'done' and target <> ''`)[fmt.Sprint(seats)]; n != 1 {
			t.Error("not one entry for each")
		}
	})
}

// TestTaskSight: whose tasks can be seen by whom, and what a filter tells of
// roles that cannot.
func TestTaskSight(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		premium, meetings := w.licenses[string(kontrollrum.PremiumAgent)], w.licenses[string(kontrollrum.MeetingsHost)]
		byRole := ops.Filter{Roles: []policy.Role{policy.FullAdmin}}
		start := func(by string, op ops.StartTask) kontrollrum.TaskID {
			op.Organization = "SUN"
			return must(w, w.as(by), op).ID
		}
		plain := start("chief", ops.StartTask{Kind: kontrollrum.AssignTask, License: premium, Users: w.named("plain")})
		secret := start("chief", ops.StartTask{Kind: kontrollrum.AssignTask, License: premium, All: true, Filter: byRole})
		chosen := start("chief", ops.StartTask{Kind: kontrollrum.RemoveTask, License: premium, Users: w.named("director"), Filter: ops.Filter{Administrators: true}})
		other := start("chief", ops.StartTask{Kind: kontrollrum.AssignTask, License: meetings, Users: w.named("plain")})
		closed := start("chief", ops.StartTask{Kind: kontrollrum.DeactivateTask, Users: w.named("target")})
		own := start("service", ops.StartTask{Kind: kontrollrum.AssignTask, License: premium, All: true, Filter: ops.Filter{Administrators: true}})
		w.work("one")
		if got := w.became("service", own); got != "helper done, leaver failed exclusive_license_held, service done" {
			t.Errorf("all administrators, for a service administrator: %s", got)
		}
		names := map[kontrollrum.TaskID]string{plain: "plain", secret: "secret", chosen: "chosen", other: "other", closed: "closed", own: "own"}
		want := map[string]string{"chief": "own closed other chosen secret plain", "partner": "own closed other chosen secret plain", "outsider": "own closed other chosen secret plain",
			"service": "own plain", "helper": "plain", "outservice": "plain"}
		for by, want := range want {
			var got []string
			for _, k := range must(w, w.as(by), ops.ListTasks{Organization: "SUN"}).Items {
				if names[k.ID] != "" {
					got = append(got, names[k.ID])
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s sees %q, want %q", by, got, want)
			}
			for id, name := range names {
				seen := slices.Contains(got, name)
				for what, err := range map[string]error{
					"viewed": do(w, by, ops.ViewTask{Organization: "SUN", Task: id}),
					"listed": do(w, by, ops.ListTaskItems{Organization: "SUN", Task: id}),
				} {
					if (err == nil) != seen || !seen && refusal(err) != "not found: job_not_found" {
						t.Errorf("%s %s by %s: %v", name, what, by, err)
					}
				}
			}
		}
		for what, err := range map[string]error{
			"cancelled": do(w, "service", ops.CancelTask{Organization: "SUN", Task: secret}),
			"repeated":  do(w, "service", ops.RetryTask{Organization: "SUN", Task: secret}),
			"undone":    do(w, "service", ops.UndoTask{Organization: "SUN", Task: chosen}),
		} {
			if refusal(err) != "not found: job_not_found" {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := do(w, "service", ops.StartTask{Organization: "SUN", Kind: kontrollrum.AssignTask, License: premium, All: true, Filter: byRole}); refusal(err) != "conflict: nobody_chosen" {
			t.Errorf("by a role that is not seen: %v", err)
		}
		for by, want := range map[string]kontrollrum.UserID{"service": "", "second": w.users["chief"]} {
			if k := must(w, w.as(by), ops.ViewTask{Organization: "SUN", Task: plain}); k.StartedBy != want || (k.Starter == "") != (want == "") || k.StarterHome != "Org SUN" {
				t.Errorf("%s is told that it was started by %+v", by, k)
			}
		}
		for row := range w.rows(t, `select after from entries where after like '%'`) {
			if strings.Contains(row, `"Kind"`) && strings.Contains(row, string(w.users["chief"])) {
				t.Errorf("an entry tells who started a task: %s", row)
			}
		}
		if page := must(w, w.as("chief"), ops.ListTasks{Limit: 2}); len(page.Items) != 2 || !page.More || len(page.Running) != 1 || page.Running[0].ID != w.tasks["runs"] {
			t.Errorf("a page: %+v", page)
		} else if next := must(w, w.as("chief"), ops.ListTasks{Limit: 2, Before: page.Items[1].Number}); next.Items[0].Number != page.Items[1].Number-1 || len(next.Running) != 0 {
			t.Errorf("the next: %+v", next)
		}
		must(w, ops.Operator(), ops.SuspendOrganization{Organization: "SUN"})
		if all := must(w, w.as("chief"), ops.ListTasks{}); len(all.Items) < len(names) {
			t.Errorf("in a suspended organization there are %d", len(all.Items))
		}
	})
}

// TestTasksOfOthers: no task of an organization is one of another's.
func TestTasksOfOthers(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		for what, err := range map[string]error{
			"viewed":    do(w, "partner", ops.ViewTask{Organization: "VIK", Task: w.task}),
			"listed":    do(w, "partner", ops.ListTaskItems{Organization: "VIK", Task: w.task}),
			"cancelled": do(w, "partner", ops.CancelTask{Organization: "VIK", Task: w.tasks["runs"]}),
			"repeated":  do(w, "partner", ops.RetryTask{Organization: "VIK", Task: w.tasks["failed"]}),
			"undone":    do(w, "partner", ops.UndoTask{Organization: "VIK", Task: w.tasks["done"]}),
		} {
			if refusal(err) != "not found: job_not_found" {
				t.Errorf("%s: %v", what, err)
			}
		}
		if all := must(w, w.as("vikchief"), ops.ListTasks{}); len(all.Items) > 0 {
			t.Errorf("listed: %+v", all)
		}
		if err := do(w, "partner", ops.StartTask{Organization: "VIK", Kind: kontrollrum.DeactivateTask, Users: w.named("target")}); refusal(err) != "conflict: nobody_chosen" {
			t.Errorf("people of another organization: %v", err)
		}
		if err := do(w, "partner", ops.StartTask{Organization: "VIK", Kind: kontrollrum.AssignTask, License: w.licenses[string(kontrollrum.PremiumAgent)], All: true}); refusal(err) != "not found: license_not_found" {
			t.Errorf("a licence of another organization: %v", err)
		}
	})
}

// TestWrongTasks: what there is no task of.
func TestWrongTasks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	standard := w.licenses[string(kontrollrum.StandardAgent)]
	many := make([]string, ops.MaxChosen+1)
	for i := range many {
		many[i] = uuid.NewString()
	}
	for _, c := range []struct {
		op   ops.StartTask
		want string
	}{
		{ops.StartTask{}, "invalid: invalid_kind"},
		{ops.StartTask{Kind: "make_coffee", All: true}, "invalid: invalid_kind"},
		{ops.StartTask{Kind: kontrollrum.DeactivateTask}, "conflict: nobody_chosen"},
		{ops.StartTask{Kind: kontrollrum.DeactivateTask, Users: []string{"x"}}, "invalid: invalid_user"},
		{ops.StartTask{Kind: kontrollrum.DeactivateTask, Users: many}, "invalid: invalid_user"},
		{ops.StartTask{Kind: kontrollrum.DeactivateTask, All: true, Filter: ops.Filter{Search: "nobody is called that"}}, "conflict: nobody_chosen"},
		{ops.StartTask{Kind: kontrollrum.DeactivateTask, All: true, Filter: ops.Filter{Product: "x"}}, "invalid: invalid_license"},
		{ops.StartTask{Kind: kontrollrum.AssignTask, All: true}, "not found: license_not_found"},
		{ops.StartTask{Kind: kontrollrum.AssignTask, All: true, License: standard, Supervisor: pointer(true)}, "invalid: invalid_supervisor"},
		{ops.StartTask{Kind: kontrollrum.ActivationTask, All: true, Filter: ops.Filter{Statuses: []kontrollrum.UserStatus{kontrollrum.Active}}}, "conflict: nobody_chosen"},
	} {
		if err := do(w, "chief", c.op); refusal(err) != c.want {
			t.Errorf("%+v: %v, want %s", c.op, err, c.want)
		}
	}
	if n := w.rows(t, `select count(*) from tasks`)["4"]; n != 1 {
		t.Error("a task was begun")
	}
	w.exec(t, `delete from outbox`)
	k := must(w, w.as("service"), ops.StartTask{Kind: kontrollrum.ActivationTask, Users: w.named("invited", "target")})
	if err := do(w, "chief", ops.SendActivations{}); refusal(err) != "conflict: job_running" {
		t.Errorf("while some are invited: %v", err)
	}
	w.work("one")
	if got := w.became("chief", k.ID); got != "invited done, target skipped already_verified" {
		t.Errorf("got %s", got)
	}
}

// TestForeseeTask: what a task would become, of those whom it would be for.
func TestForeseeTask(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		premium, calling := w.licenses[string(kontrollrum.PremiumAgent)], w.calling(1).Licenses[0].ID
		all := w.named("holder", "supervisor", "licensed", "plain", "target", "invited", "asleep", "chief")
		for what, c := range map[string]struct {
			op   ops.StartTask
			want ops.Forecast
		}{
			"assign":         {ops.StartTask{Kind: kontrollrum.AssignTask, License: premium}, ops.Forecast{Total: 8, Will: 5, Already: 2, Other: 1, Seats: 8}},
			"with an option": {ops.StartTask{Kind: kontrollrum.AssignTask, License: premium, Supervisor: pointer(true)}, ops.Forecast{Total: 8, Will: 6, Already: 1, Other: 1, Seats: 8}},
			"too few seats":  {ops.StartTask{Kind: kontrollrum.AssignTask, License: calling}, ops.Forecast{Total: 8, Will: 1, Short: 7, Seats: 1}},
			"remove":         {ops.StartTask{Kind: kontrollrum.RemoveTask, License: premium}, ops.Forecast{Total: 8, Will: 2, Already: 6}},
			"deactivate":     {ops.StartTask{Kind: kontrollrum.DeactivateTask}, ops.Forecast{Total: 8, Will: 6, Already: 1, Self: true}},
			"activate":       {ops.StartTask{Kind: kontrollrum.ActivateTask}, ops.Forecast{Total: 8, Will: 2, Already: 6}},
			"invite":         {ops.StartTask{Kind: kontrollrum.ActivationTask}, ops.Forecast{Total: 8, Will: 1, Already: 7}},
		} {
			c.op.Users = all
			got := must(w, w.as("chief"), ops.ForeseeTask{c.op})
			if got.License = nil; *got != c.want {
				t.Errorf("%s: %+v, want %+v", what, *got, c.want)
			}
		}
		byRole := ops.StartTask{Organization: "SUN", Kind: kontrollrum.ActivationTask, All: true, Filter: ops.Filter{Administrators: true}}
		if err := do(w, "service", ops.ForeseeTask{byRole}); refusal(err) != "conflict: nobody_chosen" {
			t.Errorf("of whom there is none: %v", err)
		}
	})
}
