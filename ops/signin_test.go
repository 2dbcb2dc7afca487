package ops_test

import (
	"errors"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// password is everyone's in the world.
const password = "rätt häst batteri häfta"

// cheapHash is that of password, made so that to judge it takes no time.
var cheapHash = func() string {
	hash, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		panic(err)
	}
	return hash
}()

// signing signs a resident in by their password, from an address of their own.
func (w *world) signing(name string) *ops.Signing {
	w.Helper()
	s, err := w.hub.SignIn(w.Context(), ops.Caller{}, ops.PasswordProof{Email: email(name), Password: kontrollrum.NewSecret(password)})
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// signIn is a resident who has signed in.
func (w *world) signIn(name string) ops.Caller {
	w.Helper()
	s := w.signing(name)
	if s.Stage != kontrollrum.StageFull {
		w.Fatalf("%s: %+v", name, s)
	}
	return ops.Session(s.Session)
}

// bothEngines runs f in a world on each engine.
func bothEngines(t *testing.T, f func(*testing.T, *world)) {
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f(t, newWorld(t, engine))
		})
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		one, two := w.signIn("plain"), w.signIn("plain")
		listed := must(w, one, ops.ListSessions{})
		if len(listed) != 2 || listed[0].Current == listed[1].Current {
			t.Fatalf("listed %+v", listed)
		}
		must(w, one, ops.EndOtherSessions{})
		if _, err := ops.Do(t.Context(), w.hub, two, ops.Myself{}); !errors.Is(err, kontrollrum.Unauthenticated) {
			t.Errorf("the other goes on: %v", err)
		}
		must(w, one, ops.Myself{})
		w.clock.Advance(ops.SessionIdle + time.Second)
		if _, err := ops.Do(t.Context(), w.hub, one, ops.Myself{}); !errors.Is(err, kontrollrum.Unauthenticated) {
			t.Errorf("an idle session goes on: %v", err)
		}
	})
}
