package ops_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/policy"
)

// TestSessionsEnd: whatever ends a person's right to be in ends their sessions,
// at their next request and on every node.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		other := opstest.Open(t, w.database, w.clock)
		for name, c := range map[string]struct {
			who string
			end func()
		}{
			"role revoked": {"helper", func() { must(w, w.as("chief"), ops.RevokeRole{User: email("helper"), Role: policy.ServiceAdmin}) }},
			"role abroad revoked": {"guest", func() {
				must(w, w.as("chief"), ops.RevokeRole{Organization: "SUN", User: email("guest"), Role: policy.ServiceAdmin})
			}},
			"deactivated": {"holder", func() { must(w, w.as("chief"), ops.DeactivateUser{User: email("holder")}) }},
			"removed":     {"leaver", func() { must(w, w.as("chief"), ops.RemoveUser{User: email("leaver")}) }},
			"suspended":   {"vikchief", func() { must(w, ops.Operator(), ops.SuspendOrganization{Organization: "VIK"}) }},
			"ended by a chief": {"target", func() {
				for _, s := range must(w, w.as("chief"), ops.ListSessions{User: email("target")}) {
					must(w, w.as("chief"), ops.EndSession{User: email("target"), Session: s.ID})
				}
			}},
			"ended elsewhere": {"viewer", func() { must(w, w.signIn("viewer"), ops.EndOtherSessions{}) }},
			"reset":           {"reader", func() { must(w, w.as("chief"), ops.ResetCredentials{User: email("reader")}) }},
		} {
			s, bystander := w.signing(c.who), w.signing("plain")
			for _, h := range []*ops.Hub{w.hub, other, w.hub, other} { // so that it is remembered
				if got := w.speaks(h, s.Session); got != c.who {
					t.Errorf("%s: it speaks for %s", name, got)
				}
			}
			c.end()
			for i, h := range []*ops.Hub{other, w.hub} {
				if got := w.speaks(h, s.Session); got != "nobody" {
					t.Errorf("%s: on node %d it speaks for %s", name, i, got)
				}
				if got := w.speaks(h, bystander.Session); got != "plain" {
					t.Errorf("%s: another's on node %d speaks for %s", name, i, got)
				}
			}
		}
		if s := w.signing("vikchief"); s.Stage != kontrollrum.StageFull || w.speaks(other, s.Session) != "vikchief" {
			t.Errorf("of a suspended organization, who may view gets in: %+v", s)
		}
	})
}

// TestSessionLimits: two hours idle, twelve at most, however busy.
func TestSessionLimits(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		for range 3 { // so that it is remembered, and nothing is written that makes it forgotten
			s := w.signing("plain")
			w.clock.Advance(time.Minute)
			for range 10 {
				if got := w.speaks(w.hub, s.Session); got != "plain" {
					t.Errorf("it speaks for %s", got)
				}
			}
			w.clock.Advance(ops.SessionIdle)
			if got := w.speaks(w.hub, s.Session); got != "nobody" {
				t.Errorf("remembered, and idle, it speaks for %s", got)
			}
		}
		busy, idle := w.signing("plain"), w.signing("plain")
		begun := w.clock.Now()
		for w.clock.Now().Sub(begun) < ops.SessionLife-time.Hour {
			w.clock.Advance(ops.SessionIdle - 6*time.Minute) // it is known to five minutes when it was used
			if got := w.speaks(w.hub, busy.Session); got != "plain" {
				t.Fatalf("after %s it speaks for %s", w.clock.Now().Sub(begun), got)
			}
		}
		if got := w.speaks(w.hub, idle.Session); got != "nobody" {
			t.Errorf("idle it speaks for %s", got)
		}
		w.clock.Advance(ops.SessionLife - w.clock.Now().Sub(begun) - time.Minute)
		if got := w.speaks(w.hub, busy.Session); got != "plain" {
			t.Errorf("a minute before its end it speaks for %s", got)
		}
		w.clock.Advance(time.Minute)
		if got := w.speaks(w.hub, busy.Session); got != "nobody" {
			t.Errorf("after its end it speaks for %s", got)
		}
		if l := must(w, w.as("plain"), ops.ListSessions{}); len(l) != 0 {
			t.Errorf("listed %+v", l)
		}
	})
}

// TestStepUp: who signed in a while ago does it again before they make a full
// administrator, and the session that was is another then.
func TestStepUp(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		old := w.signing("second")
		assign := func(s *ops.Signing) string {
			_, err := ops.Do(t.Context(), w.hub, ops.Session(s.Session), ops.AssignRole{User: email("target"), Role: policy.FullAdmin})
			return refusal(err)
		}
		w.clock.Advance(ops.StepUp + time.Second)
		w.logged(t)
		if got := assign(old); got != "step_up_required fresh" {
			t.Fatalf("stale: %s", got)
		}
		w.wantLogged(t, "roles.full_admin.assign_internal|refused|step_up_required|Namn second|Namn target|")
		if got := w.speaks(w.hub, old.Session); got != "second" {
			t.Errorf("it speaks for %s", got)
		}
		p := proof(email("second"), "fel")
		p.Replace = old.Session
		if s := w.tries("", p); s.Code != ops.WrongCredentials || w.speaks(w.hub, old.Session) != "second" {
			t.Errorf("a wrong password: %+v", s)
		}
		p.Password = kontrollrum.NewSecret(password)
		anew := w.tries("", p)
		if w.speaks(w.hub, old.Session) != "nobody" || w.speaks(w.hub, anew.Session) != "second" {
			t.Errorf("the old one speaks for %s, the new one for %s", w.speaks(w.hub, old.Session), w.speaks(w.hub, anew.Session))
		}
		if got := assign(anew); got != "done" {
			t.Errorf("fresh: %s", got)
		}
		// With a second factor it is fresh, and in the place of the old one, when that is proven.
		a, _ := w.app(ops.Session(anew.Session))
		w.clock.Advance(ops.StepUp + time.Second)
		p.Replace = anew.Session
		half := w.tries("", p)
		if half.Stage != kontrollrum.StageFactor || w.speaks(w.hub, anew.Session) != "second" {
			t.Errorf("half way: %+v", half)
		}
		if s := must(w, ops.Caller{}, ops.ProveCode{Session: half.Session, Code: a.code(0), Replace: anew.Session}); s.Code != "" || w.speaks(w.hub, anew.Session) != "nobody" {
			t.Errorf("all the way: %+v", s)
		}
	})
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		s, other := w.signing("plain"), w.signing("plain")
		w.app(ops.Session(other.Session))
		half := w.signing("plain")
		w.logged(t)
		w.keep(t)
		for _, never := range []kontrollrum.Secret{{}, kontrollrum.NewSecretText(), s.Session} { // s is over by the factor
			must(w, ops.Caller{}, ops.SignOut{Session: never})
		}
		if changes := w.state(t).changes(w.before); len(changes) > 0 {
			t.Errorf("to sign out of nothing leaves %q", changes)
		}
		must(w, ops.Caller{}, ops.SignOut{Session: other.Session})
		w.wantLogged(t, "sessions.end|done||Namn plain|Namn plain|")
		if got := w.speaks(w.hub, other.Session); got != "nobody" {
			t.Errorf("it speaks for %s", got)
		}
		must(w, ops.Caller{}, ops.SignOut{Session: half.Session})
		if s := w.proves(half, "000000"); s.Code != ops.SessionOver {
			t.Errorf("half a session: %+v", s)
		}
	})
}

// TestGatesAgain: a proof that must be judged again, since another transaction
// came between, leaves what one run leaves; and one that fails after it leaves
// nothing, so that what works once is not used up.
func TestGatesAgain(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		app, codes := w.app(w.as("plain"))
		key, _ := w.passkey(w.as("holder"))
		w.exec(t, `update organizations set second_factor = true where plate = 'VIK'`)
		enrol := w.signing("vikchief")
		w.passkey(ops.Session(enrol.Session))
		half, begun := w.signing("plain"), must(w, ops.Caller{}, ops.BeginPasskey{})
		response := key.sign(begun.Options)
		w.keep(t)
		failed := errors.New("the disk is full")
		for name, do := range map[string]func() (*ops.Signing, error){
			"a password": func() (*ops.Signing, error) {
				return w.hub.SignIn(t.Context(), ops.Caller{IP: "203.0.113.7"}, proof(email("licensed"), password))
			},
			"a code": func() (*ops.Signing, error) {
				return ops.Do(t.Context(), w.hub, ops.Caller{}, ops.ProveCode{Session: half.Session, Code: app.code(1)})
			},
			"a recovery code": func() (*ops.Signing, error) {
				return ops.Do(t.Context(), w.hub, ops.Caller{}, ops.ProveCode{Session: half.Session, Code: codes[0]})
			},
			"a passkey": func() (*ops.Signing, error) {
				return ops.Do(t.Context(), w.hub, ops.Caller{}, ops.FinishPasskey{State: begun.State, Response: response})
			},
			"a factor set up": func() (*ops.Signing, error) {
				return ops.Do(t.Context(), w.hub, ops.Caller{}, ops.CompleteEnrolment{Session: enrol.Session})
			},
		} {
			done := func() map[string]int {
				s, err := do()
				if err != nil || s.Stage != kontrollrum.StageFull {
					t.Errorf("%s: %+v, %v", name, s, err)
				}
				return w.counts(t)
			}
			once := done()
			w.restore(t)
			runs := 0
			w.hub.Interrupt(func() error {
				if runs++; runs%3 != 0 {
					return &pgconn.PgError{Code: "40001", Message: "could not serialize access"}
				}
				return nil
			})
			if again := done(); !maps.Equal(once, again) {
				t.Errorf("%s: once leaves %v, run again %v", name, once, again)
			}
			w.restore(t)
			w.hub.Interrupt(func() error { return failed })
			if _, err := do(); !errors.Is(err, failed) {
				t.Errorf("%s: %v", name, err)
			}
			w.hub.Interrupt(nil)
			if changes := w.state(t).changes(w.before); len(changes) > 0 {
				t.Errorf("%s, failed, leaves %q", name, changes)
			}
			done()
			w.restore(t)
		}
	})
}

// TestFixation: a session's secret is another at each stage, and the one that
// was is worth nothing.
func TestFixation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	a, _ := w.app(w.as("plain"))
	half := w.signing("plain")
	full := w.proves(half, a.code(1))
	must(w, w.as("chief"), ops.EditOrganization{SecondFactor: pointer(true)})
	enrol := w.signing("second")
	w.passkey(ops.Session(enrol.Session))
	enrolled := must(w, ops.Caller{}, ops.CompleteEnrolment{Session: enrol.Session})
	var all []string
	for _, s := range []*ops.Signing{half, full, enrol, enrolled} {
		all = append(all, s.Session.Reveal())
	}
	for _, s := range []*ops.Signing{half, enrol} {
		if got := w.speaks(w.hub, s.Session); got != "nobody" {
			t.Errorf("%s speaks for %s", s.Stage, got)
		}
		if _, err := ops.Do(t.Context(), w.hub, ops.Session(s.Session), ops.ViewCredentials{}); !errors.Is(err, kontrollrum.Unauthenticated) {
			t.Errorf("%s: %v", s.Stage, err)
		}
	}
	slices.Sort(all)
	if len(slices.Compact(all)) != 4 || strings.Contains(strings.Join(all, ""), " ") {
		t.Errorf("secrets %q", all)
	}
}
