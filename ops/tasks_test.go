package ops_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
)

// work does all of the tasks that wait, by a clerk.
func (w *world) work(clerk string) {
	w.Helper()
	for must(w, ops.Operator(), ops.WorkTask{Clerk: clerk, Lease: time.Minute}) {
	}
}

// TestSendActivations: 120 people, of whom some were mailed today, one is gone,
// one has come in and one's mail is refused; the node that works on it stops in
// the midst, and another goes on where it was.
func TestSendActivations(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		const people = 120
		address := func(n int) string { return fmt.Sprintf("p%03d@sun.example", n) }
		for n := range people {
			must(w, w.as("chief"), ops.AddUser{Email: address(n), Silent: n >= 10, Details: ops.Details{DisplayName: address(n)}})
		}
		mailed := len(w.post())
		task := must(w, w.as("chief"), ops.SendActivations{})
		if task.Total != people+1 || !task.Ended.IsZero() || mailed != 10 || task.StartedBy != w.users["chief"] { // and one whom the world has invited
			t.Fatalf("got %+v, %d mailed", task, mailed)
		}
		if _, err := ops.Do(t.Context(), w.hub, w.as("second"), ops.SendActivations{}); !refusedAs(err, kontrollrum.Conflict, "job_running") {
			t.Errorf("another while one runs: %v", err)
		}
		must(w, w.as("chief"), ops.RemoveUser{User: address(100)})
		must(w, w.as("chief"), ops.ActivateUser{User: address(101)})

		if !must(w, ops.Operator(), ops.WorkTask{Clerk: "one", Lease: time.Minute}) {
			t.Fatal("there is nothing to do")
		}
		if v := must(w, w.as("service"), ops.ViewTask{Organization: "SUN", Task: task.ID}); v.Done+v.Skipped != 50 || !v.Ended.IsZero() {
			t.Errorf("after a step: %+v", v)
		}
		another, err := ops.Open(t.Context(), ops.Config{Database: w.database, NewID: uuid.NewString, Now: w.clock.Now, Key: opstest.Key()})
		if err != nil {
			t.Fatal(err)
		}
		defer another.Close()
		first := w.hub
		w.hub = another
		if must(w, ops.Operator(), ops.WorkTask{Clerk: "two", Lease: time.Minute}) {
			t.Error("another takes the task while the first has it")
		}
		w.clock.Advance(2 * time.Minute)
		w.work("two")
		w.hub = first

		done := must(w, w.as("chief"), ops.ViewTask{Task: task.ID})
		if done.Ended.IsZero() || done.Done != people+1-12 || done.Skipped != 12 || done.Failed != 0 {
			t.Fatalf("done: %+v", done)
		}
		letters := must(w, ops.Operator(), ops.CollectMail{Postman: "p", Want: 1000, Lease: time.Minute})
		to := map[string]int{}
		outcomes := make([]ops.Outcome, len(letters))
		for i, l := range letters {
			to[string(l.Address)]++
			outcomes[i] = ops.Outcome{Organization: l.Organization, Letter: l.ID, Task: l.Task, User: l.User}
			if string(l.Address) == address(50) {
				outcomes[i].Error = "550 no such mailbox"
			}
		}
		if len(to) != done.Done || len(letters) != done.Done {
			t.Errorf("%d letters to %d people, want %d", len(letters), len(to), done.Done)
		}
		must(w, ops.Operator(), ops.CollectMail{Postman: "p", Outcomes: outcomes})
		if v := must(w, w.as("chief"), ops.ViewTask{Task: task.ID}); v.Done != done.Done-1 || v.Failed != 1 {
			t.Errorf("after one was refused: %+v", v)
		}
		codes := map[string]int{}
		for after := 0; ; {
			page := must(w, w.as("chief"), ops.ListTaskItems{Task: task.ID, States: []kontrollrum.ItemState{kontrollrum.ItemFailed, kontrollrum.ItemSkipped}, After: after, Limit: 5})
			for _, i := range page.Items {
				codes[i.Code]++
				after = i.Number
			}
			if !page.More {
				break
			}
		}
		if fmt.Sprint(codes) != "map[already_mailed:10 already_verified:1 undeliverable:1 user_not_found:1]" {
			t.Errorf("errors: %v", codes)
		}
		undelivered := must(w, w.as("service"), ops.ListUndelivered{Organization: "SUN"})
		if len(undelivered.Items) != 1 || undelivered.Items[0].Error != "550 no such mailbox" || undelivered.Items[0].State != kontrollrum.LetterGivenUp {
			t.Errorf("undelivered: %+v", undelivered)
		}
		must(w, w.as("chief"), ops.ResendInvitation{User: address(50)}) // what never arrived is no reason to wait
		if again := must(w, w.as("chief"), ops.SendActivations{}); again.Number != done.Number+1 {
			t.Errorf("the next is number %d after %d", again.Number, done.Number)
		}
	})
}

// TestTaskOfSomebodyWhoLeft: what the starter may no longer do is not done.
func TestTaskOfSomebodyWhoLeft(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		task := must(w, w.as("second"), ops.SendActivations{})
		must(w, w.as("chief"), ops.DeactivateUser{User: email("second")})
		w.work("one")
		got := must(w, w.as("chief"), ops.ViewTask{Task: task.ID})
		if got.Failed != 1 || got.Done != 0 || got.Ended.IsZero() {
			t.Errorf("got %+v", got)
		}
		if all := w.post(); len(all) > 0 {
			t.Errorf("got %+v", all)
		}
		if n := w.rows(t, `select code from entries where action = 'users.send_activation' and outcome = 'refused'`)["user_inactive"]; n != 1 {
			t.Errorf("%d refusals", n)
		}
	})
}

func refusedAs(err error, kind kontrollrum.Kind, code string) bool {
	var e *kontrollrum.Error
	return errors.As(err, &e) && e.Kind == kind && e.Code == code
}
