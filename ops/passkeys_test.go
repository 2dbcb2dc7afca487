package ops_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// passkey sets up a passkey for whoever calls.
func (w *world) passkey(c ops.Caller) (*authenticator, []string) {
	w.Helper()
	return w.passkeyOf(newAuthenticator(w.TB), c)
}

// passkeyOf sets up a passkey on a device.
func (w *world) passkeyOf(a *authenticator, c ops.Caller) (*authenticator, []string) {
	w.Helper()
	begun := must(w, c, ops.BeginAddPasskey{})
	return a, must(w, c, ops.FinishAddPasskey{State: begun.State, Response: a.create(begun.Options), Name: "Nyckeln"})
}

// byPasskey signs in by a passkey alone.
func (w *world) byPasskey(a *authenticator) *ops.Signing {
	w.Helper()
	begun := must(w, ops.Caller{}, ops.BeginPasskey{})
	return must(w, ops.Caller{}, ops.FinishPasskey{State: begun.State, Response: a.sign(begun.Options)})
}

func TestPasskeys(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		a, codes := w.passkey(w.signIn("plain"))
		if len(codes) != 10 {
			t.Errorf("recovery codes: %q", codes)
		}
		begun := must(w, ops.Caller{}, ops.BeginPasskey{})
		if o := a.read(begun.Options).PublicKey; o.RPID != "hub.example" || o.UserVerification != "required" || len(o.AllowCredentials) != 0 {
			t.Errorf("options %s", begun.Options)
		}
		s := w.byPasskey(a)
		if s.Stage != kontrollrum.StageFull || s.User != w.users["plain"] {
			t.Fatalf("by passkey: %+v", s)
		}
		listed := must(w, ops.Session(s.Session), ops.ListSessions{})
		if got := strings.Join(listed[0].Methods, " "); got != "hwk user mfa" {
			t.Errorf("methods %q", got)
		}
		// As second factor.
		p := w.signing("plain")
		if p.Stage != kontrollrum.StageFactor || len(p.Factors) != 1 || p.Factors[0] != kontrollrum.Passkey {
			t.Fatalf("by password: %+v", p)
		}
		second := must(w, ops.Caller{}, ops.BeginPasskey{Session: p.Session})
		if o := a.read(second.Options).PublicKey; len(o.AllowCredentials) != 1 {
			t.Errorf("options %s", second.Options)
		}
		full := must(w, ops.Caller{}, ops.FinishPasskey{State: second.State, Session: p.Session, Response: a.sign(second.Options)})
		if full.Stage != kontrollrum.StageFull || full.Session == p.Session {
			t.Errorf("with the passkey: %+v", full)
		}
		if again := must(w, ops.Caller{}, ops.FinishPasskey{State: second.State, Session: p.Session, Response: a.sign(second.Options)}); again.Code != ops.SessionOver {
			t.Errorf("the partial session goes on: %+v", again)
		}
	})
}

// TestWrongPasskeys: each part of what a device says counts.
func TestWrongPasskeys(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		a, _ := w.passkey(w.signIn("plain"))
		other, _ := w.passkey(w.signIn("holder"))
		for name, c := range map[string]struct {
			why    string
			change func(*authenticator)
		}{
			"another origin":            {"wrong_passkey", func(a *authenticator) { a.origin = "https://hub.example.evil.example" }},
			"http":                      {"wrong_passkey", func(a *authenticator) { a.origin = "http://hub.example" }},
			"another relying party":     {"wrong_passkey", func(a *authenticator) { a.rp = "evil.example" }},
			"the user not verified":     {"wrong_passkey", func(a *authenticator) { a.flags = present }},
			"the user not present":      {"wrong_passkey", func(a *authenticator) { a.flags = verified }},
			"another key":               {"wrong_passkey", func(a *authenticator) { a.key = newAuthenticator(t).key }},
			"an id that is not theirs":  {"wrong_passkey", func(a *authenticator) { a.id = other.id }},
			"another's handle":          {"wrong_passkey", func(a *authenticator) { a.handle = other.handle }},
			"nobody's handle":           {"unknown_account", func(a *authenticator) { a.handle = b64([]byte("11111111-1111-4111-8111-111111111111")) }},
			"no handle":                 {"unknown_account", func(a *authenticator) { a.handle = "" }},
			"a counter that went back":  {"passkey_copied", func(a *authenticator) { a.counter = 0 }},
			"now eligible to be copied": {"wrong_passkey", func(a *authenticator) { a.flags |= eligible }},
		} {
			w.exec(t, `delete from entries`)
			wrong := *a
			c.change(&wrong)
			if s := w.byPasskey(&wrong); s.Code != ops.WrongPasskey || !s.Session.Empty() {
				t.Errorf("%s: %+v", name, s)
			}
			if got := w.rows(t, `select action, outcome, code from entries`); len(got) != 1 || got["sessions.begin|refused|"+c.why] != 1 {
				t.Errorf("%s: entries %v", name, got)
			}
			w.exec(t, `delete from attempts`)
		}
		begun := must(w, ops.Caller{}, ops.BeginPasskey{})
		for name, op := range map[string]ops.FinishPasskey{
			"no state":      {Response: a.sign(begun.Options)},
			"altered state": {State: kontrollrum.NewSecret(begun.State.Reveal() + "A"), Response: a.sign(begun.Options)},
			"no response":   {State: begun.State},
			"no JSON":       {State: begun.State, Response: []byte("{")},
		} {
			if s := must(w, ops.Caller{}, op); s.Code != ops.WrongPasskey {
				t.Errorf("%s: %+v", name, s)
			}
		}
		// A state of the one ceremony is none of the other, nor one user's another's.
		setup := must(w, w.as("plain"), ops.BeginAddPasskey{})
		if s := must(w, ops.Caller{}, ops.FinishPasskey{State: setup.State, Response: a.sign(setup.Options)}); s.Code != ops.WrongPasskey {
			t.Errorf("a setup's state: %+v", s)
		}
		for name, c := range map[string]ops.Caller{"another user": w.as("holder"), "a sign-in's state": w.as("plain")} {
			state := setup.State
			if name == "a sign-in's state" {
				state = begun.State
			}
			if _, err := ops.Do(t.Context(), w.hub, c, ops.FinishAddPasskey{State: state, Response: newAuthenticator(t).create(setup.Options)}); refusal(err) != "conflict: setup_over" {
				t.Errorf("%s: %v", name, err)
			}
		}
		p := w.signing("plain")
		second := must(w, ops.Caller{}, ops.BeginPasskey{Session: p.Session})
		h := w.signing("holder")
		if s := must(w, ops.Caller{}, ops.FinishPasskey{State: second.State, Session: h.Session, Response: other.sign(second.Options)}); s.Code != ops.WrongPasskey {
			t.Errorf("another's sign-in: %+v", s)
		}
		if s := must(w, ops.Caller{}, ops.FinishPasskey{State: second.State, Response: a.sign(second.Options)}); s.Code != ops.WrongPasskey {
			t.Errorf("a second factor's state for a sign-in by passkey alone: %+v", s)
		}
		if s := must(w, ops.Caller{}, ops.FinishPasskey{State: begun.State, Session: p.Session, Response: a.sign(begun.Options)}); s.Code != ops.WrongPasskey {
			t.Errorf("the other way round: %+v", s)
		}
		w.exec(t, `delete from attempts`)
		w.clock.Advance(5*time.Minute + time.Second)
		if s := must(w, ops.Caller{}, ops.FinishPasskey{State: begun.State, Response: a.sign(begun.Options)}); s.Code != ops.WrongPasskey {
			t.Errorf("expired: %+v", s)
		}
		must(w, w.as("chief"), ops.DeactivateUser{User: email("plain")})
		if s := w.byPasskey(a); s.Code != ops.WrongPasskey {
			t.Errorf("deactivated: %+v", s)
		}
	})
}

// TestPasskeysOnce: a challenge works once, however many come with it at once.
func TestPasskeysOnce(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		a, _ := w.passkeyOf(newAuthenticator(t).uncounted(), w.signIn("plain"))
		begun := must(w, ops.Caller{}, ops.BeginPasskey{})
		response := a.sign(begun.Options)
		won := race(t, func() bool {
			s, err := ops.Do(t.Context(), w.hub, ops.Caller{}, ops.FinishPasskey{State: begun.State, Response: response})
			if err != nil {
				t.Error(err)
				return false
			}
			return s.Code == ""
		})
		if won != 1 {
			t.Errorf("%d sign-ins by one response", won)
		}
		if s := must(w, ops.Caller{}, ops.FinishPasskey{State: begun.State, Response: a.sign(begun.Options)}); s.Code != ops.WrongPasskey {
			t.Errorf("another response to a challenge that was used: %+v", s)
		}
		setup := must(w, w.as("plain"), ops.BeginAddPasskey{})
		responses := make(chan []byte, 8)
		for range 8 {
			responses <- newAuthenticator(t).create(setup.Options)
		}
		won = race(t, func() bool {
			_, err := ops.Do(t.Context(), w.hub, w.as("plain"), ops.FinishAddPasskey{State: setup.State, Response: <-responses})
			if err != nil && !errors.Is(err, kontrollrum.Conflict) {
				t.Error(err)
			}
			return err == nil
		})
		if c := must(w, w.as("plain"), ops.ViewCredentials{}); won != 1 || len(c.Factors) != 2 {
			t.Errorf("%d passkeys by one challenge: %+v", won, c)
		}
	})
}

// race has f done by eight at once and counts how often it did.
func race(t *testing.T, f func() bool) (won int) {
	var wait sync.WaitGroup
	var mu sync.Mutex
	start := make(chan struct{})
	for range 8 {
		wait.Go(func() {
			<-start
			if f() {
				mu.Lock()
				defer mu.Unlock()
				won++
			}
		})
	}
	close(start)
	wait.Wait()
	return won
}
