package ops_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// TestCollect: a letter is in one postman's hands at a time, until it is
// accounted for or the lease is over.
func TestCollect(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		collect := func(postman string, want int, done ...ops.Outcome) []ops.CollectedLetter {
			t.Helper()
			return must(w, ops.Operator(), ops.CollectMail{Postman: postman, Want: want, Lease: time.Minute, Outcomes: done})
		}
		due := func() time.Time { return must(w, ops.Operator(), ops.AwaitMail{}) }
		if at := due(); !at.IsZero() || len(collect("a", 9)) != 0 {
			t.Fatalf("an empty outbox is due at %v", at)
		}
		for _, name := range []string{"one", "two", "three"} {
			w.invite(name)
		}
		a := collect("a", 2)
		b := collect("b", 2)
		if len(a) != 2 || len(b) != 1 || a[0].Data["Name"] != "one" || b[0].Data["Name"] != "three" || b[0].Attempts != 1 {
			t.Fatalf("a got %+v, b %+v", a, b)
		}
		outcome := func(l ops.CollectedLetter, why string, again time.Duration) ops.Outcome {
			return ops.Outcome{Organization: l.Organization, Letter: l.ID, Error: why, Again: again}
		}
		// What failed comes again later; what was refused for good does not.
		collect("b", 0, outcome(b[0], "451 later\nplease", time.Hour))
		collect("a", 0, outcome(a[0], "550 never", 0), outcome(a[0], "", 0)) // and the second word counts: it was sent
		w.clock.Advance(2 * time.Minute)
		taken := collect("c", 9)
		if len(taken) != 1 || taken[0].ID != a[1].ID || taken[0].MessageID != a[1].MessageID || taken[0].URL.Reveal() != a[1].URL.Reveal() || taken[0].Attempts != 2 {
			t.Fatalf("after the lease c got %+v, want %+v", taken, a[1])
		}
		collect("a", 0, outcome(a[1], "timed out", time.Second)) // who has it no more has no say
		if at := due(); at.Before(w.clock.Now().Add(50 * time.Second)) {
			t.Errorf("due at %v, now is %v", at, w.clock.Now())
		}
		collect("c", 0, outcome(taken[0], "", 0))
		w.clock.Advance(time.Hour)
		if last := collect("c", 9); len(last) != 1 || last[0].ID != b[0].ID || !strings.HasPrefix(last[0].Error, "451 later") {
			t.Errorf("got %+v", last)
		}
		page := must(w, w.as("service"), ops.ListUndelivered{Organization: "SUN"})
		if len(page.Items) != 1 || page.Items[0].ID != b[0].ID {
			t.Errorf("undelivered: %+v", page)
		}
	})
}

// TestCollectAtOnce: of many postmen at once, one has each letter.
func TestCollectAtOnce(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		const letters, postmen = 60, 6
		for n := range letters {
			w.invite(fmt.Sprintf("p%d", n))
		}
		var mu sync.Mutex
		had := map[kontrollrum.LetterID]int{}
		var all sync.WaitGroup
		for n := range postmen {
			all.Go(func() {
				for range letters/postmen/2 + 5 {
					got, err := ops.Do(t.Context(), w.hub, ops.Operator(), ops.CollectMail{Postman: fmt.Sprint(n), Want: 2, Lease: time.Hour})
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					for _, l := range got {
						had[l.ID]++
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		for id, n := range had {
			if n != 1 {
				t.Errorf("%s was in %d hands", id, n)
			}
		}
		if len(had) != letters {
			t.Errorf("%d of %d letters", len(had), letters)
		}
	})
}

// TestUndeliveredPages: by pages one sees what one sees at once.
func TestUndeliveredPages(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		for n := range 7 {
			w.invite(fmt.Sprintf("p%d", n))
		}
		var done []ops.Outcome
		for _, l := range must(w, ops.Operator(), ops.CollectMail{Postman: "p", Want: 9, Lease: time.Minute}) {
			done = append(done, ops.Outcome{Organization: l.Organization, Letter: l.ID, Error: "no"})
		}
		must(w, ops.Operator(), ops.CollectMail{Postman: "p", Outcomes: done})
		var names []string
		op := ops.ListUndelivered{Organization: "SUN", Limit: 3}
		for {
			page := must(w, w.as("chief"), op)
			for _, l := range page.Items {
				names = append(names, l.Data["Name"])
			}
			if op.After = page.Next; op.After.ID == "" {
				break
			}
		}
		if fmt.Sprint(names) != "[p6 p5 p4 p3 p2 p1 p0]" {
			t.Errorf("got %v", names)
		}
	})
}

// TestSweepMail: what is old and done with is forgotten, what is owed is not.
func TestSweepMail(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		w.invite("one")
		w.post()
		w.invite("two")
		w.clock.Advance(ops.MailKept + 15*24*time.Hour)
		must(w, ops.Operator(), ops.SweepMail{})
		if got := w.rows(t, `select state from outbox`); fmt.Sprint(got) != "map[queued:1]" {
			t.Errorf("left: %v", got)
		}
	})
}
