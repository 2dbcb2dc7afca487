package ops_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// password is everyone's in the world.
const password = "rätt häst batteri häfta"

// cheapHash is that of password, made so that to judge it takes no time.
var cheapHash = hashOf(password)

func hashOf(password string) string {
	hash, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		panic(err)
	}
	return hash
}

// proof is what is sent to sign in.
func proof(email, password string) ops.PasswordProof {
	return ops.PasswordProof{Email: email, Password: kontrollrum.NewSecret(password)}
}

// tries signs in from somewhere with whatever is given.
func (w *world) tries(ip string, p ops.PasswordProof) *ops.Signing {
	w.Helper()
	s, err := w.hub.SignIn(w.Context(), ops.Caller{IP: ip, UserAgent: "Prov/1.0", TrackingID: "T_1"}, p)
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// signing signs a resident in by their password.
func (w *world) signing(name string) *ops.Signing {
	w.Helper()
	return w.tries("", proof(email(name), password))
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

// speaks says whom a session speaks for: a name, or nobody.
func (w *world) speaks(h *ops.Hub, session kontrollrum.Secret) string {
	w.Helper()
	u, err := ops.Do(w.Context(), h, ops.Session(session), ops.Myself{})
	switch {
	case errors.Is(err, kontrollrum.Unauthenticated):
		return "nobody"
	case err != nil:
		w.Fatal(err)
	}
	return strings.TrimPrefix(u.DisplayName, "Namn ")
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

// logged lists the entries, as action|outcome|code|actor's name|target's name|reason, and forgets them.
func (w *world) logged(t *testing.T) (out []string) {
	t.Helper()
	for row, n := range w.rows(t, `select action, outcome, code, actor_name, target_name, reason from entries`) {
		out = append(out, slices.Repeat([]string{row}, n)...)
	}
	w.exec(t, `delete from entries`)
	slices.Sort(out)
	return out
}

func (w *world) wantLogged(t *testing.T, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := w.logged(t); !slices.Equal(got, want) {
		t.Errorf("logged\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		w.exec(t, `update users set status = 'verified' where id = '`+string(w.users["plain"])+`'`)
		s := w.tries("203.0.113.7", proof("  PLAIN@sun.Example ", password))
		if s.Stage != kontrollrum.StageFull || s.User != w.users["plain"] || s.Code != "" || s.Session.Empty() || len(s.Factors) > 0 {
			t.Fatalf("%+v", s)
		}
		if life := s.Ends.Sub(w.clock.Now()); life > ops.SessionLife || life < ops.SessionLife-time.Second {
			t.Errorf("lives for %s", life)
		}
		w.wantLogged(t, "sessions.begin|done||Namn plain|Namn plain|")
		me := must(w, ops.Session(s.Session), ops.Myself{})
		if me.Status != kontrollrum.Active || w.clock.Now().Sub(me.LastActive) > time.Second {
			t.Errorf("%s, last active %s", me.Status, me.LastActive)
		}
		l := must(w, ops.Session(s.Session), ops.ListSessions{})
		if len(l) != 1 || !l[0].Current || l[0].IP != "203.0.113.7" || l[0].UserAgent != "Prov/1.0" || !slices.Equal(l[0].Methods, []string{"pwd"}) || l[0].Ends != s.Ends {
			t.Errorf("listed %+v", l)
		}
		// Only its hash is kept.
		for table, rows := range w.state(t) {
			for row := range rows {
				if strings.Contains(row, s.Session.Reveal()) {
					t.Errorf("%s holds the secret", table)
				}
			}
		}
		// The hash was made with less care than is taken now.
		for row := range w.rows(t, `select hash from passwords where user_id = '`+string(w.users["plain"])+`'`) {
			if !strings.HasPrefix(row, "$argon2id$v=19$m=19456,t=2,p=1$") {
				t.Errorf("not made anew: %s", row)
			}
		}
		w.signIn("plain")
	})
}

// TestNoEnumeration: whatever is wrong, the answer is one and the same, and as
// much is written.
func TestNoEnumeration(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		w.exec(t, `delete from passwords where user_id = '`+string(w.users["holder"])+`'`)
		longest := strings.Repeat("häst", 51) + "!"
		must(w, ops.Operator(), ops.ImportPasswords{Hashes: map[string]string{email("viewer"): hashOf(longest)}})
		if s := w.tries("", proof(email("viewer"), longest)); len(longest) != 256 || s.Code != "" {
			t.Errorf("%d bytes: %+v", len(longest), s)
		}
		w.exec(t, `delete from entries`)
		w.exec(t, `delete from attempts`)
		w.keep(t)
		shape := func(after state) string {
			tables := map[string]int{}
			for _, change := range after.changes(w.before) {
				table, _, _ := strings.Cut(change, ":")
				tables[table]++
			}
			return fmt.Sprint(tables)
		}
		var first string
		for _, c := range []struct{ name, email, password, why string }{
			{"wrong", email("plain"), "fel häst batteri häfta", "wrong_password"},
			{"empty", email("plain"), "", "wrong_password"},
			{"another's", email("plain"), cheapHash, "wrong_password"},
			{"too long", email("plain"), strings.Repeat("x", 300), "wrong_password"},
			{"one's own, and more", email("viewer"), longest + "x", "wrong_password"},
			{"unknown", "nobody@sun.example", password, "unknown_account"},
			{"no address", password, password, "unknown_account"},
			{"nothing", "", "", "unknown_account"},
			{"unset", email("holder"), password, "no_password"},
			{"unset, empty", email("holder"), "", "no_password"},
			{"deactivated", email("asleep"), password, "user_inactive"},
			{"deactivated, wrong", email("asleep"), "fel häst batteri häfta", "wrong_password"},
			{"invited", email("invited"), password, "not_verified"},
		} {
			s := w.tries("203.0.113.7", proof(c.email, c.password))
			if got := fmt.Sprintf("%+v", *s); got != fmt.Sprintf("%+v", ops.Signing{Code: ops.WrongCredentials}) {
				t.Errorf("%s: %s", c.name, got)
			}
			got := shape(w.state(t))
			if first == "" {
				first = got
			}
			if got != first || !strings.Contains(got, "+entries:1") {
				t.Errorf("%s: writes %s, else %s", c.name, got, first)
			}
			found := w.rows(t, `select code, outcome, target_email from entries`)
			target := c.email
			if !strings.Contains(target, "@") {
				target = "" // it may be a password
			}
			if found[c.why+"|refused|"+target] != 1 {
				t.Errorf("%s: logged %v", c.name, found)
			}
			w.restore(t)
		}
	})
}

// TestAttemptsByAccount: five are free, then each waits twice as long, whether
// there is such an account or not, and wherever they come from.
func TestAttemptsByAccount(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		var waits []string
		for _, who := range []string{email("plain"), "nobody@sun.example"} {
			var got []string
			for i := range 20 {
				s := w.tries(fmt.Sprintf("203.0.113.%d", i), proof(who, "fel"))
				for s.Code == ops.TooManyAttempts {
					got = append(got, s.Wait.Round(time.Second).String())
					if again := w.tries("198.51.100.1", proof(who, password)); again.Code != ops.TooManyAttempts {
						t.Fatalf("judged while it waits: %+v", again)
					}
					w.clock.Advance(s.Wait)
					s = w.tries(fmt.Sprintf("203.0.113.%d", i), proof(who, "fel"))
				}
				if s.Code != ops.WrongCredentials {
					t.Fatalf("%+v", s)
				}
			}
			waits = append(waits, strings.Join(got, " "))
		}
		want := "1s 2s 4s 8s 16s 32s 1m4s 2m8s 4m16s 8m32s 15m0s 15m0s 15m0s 15m0s 15m0s"
		if waits[0] != want || waits[1] != want {
			t.Errorf("waits %q, want each %s", waits, want)
		}
		if got := w.logged(t); len(got) != 40 || !slices.Contains(got, "sessions.begin|refused|wrong_password|visitor|Namn plain|the next attempt is judged after 4s") {
			t.Errorf("logged %d:\n%s", len(got), strings.Join(got, "\n"))
		}
		// A success begins anew.
		w.clock.Advance(15 * time.Minute)
		w.signIn("plain")
		for range 5 {
			if s := w.tries("", proof(email("plain"), "fel")); s.Code != ops.WrongCredentials {
				t.Errorf("after a success: %+v", s)
			}
		}
		if s := w.signing("plain"); s.Code != ops.TooManyAttempts {
			t.Errorf("the sixth: %+v", s)
		}
		// A day forgets.
		w.clock.Advance(24*time.Hour + time.Second)
		for range 5 {
			if s := w.tries("", proof("nobody@sun.example", "fel")); s.Code != ops.WrongCredentials {
				t.Errorf("a day later: %+v", s)
			}
		}
	})
}

// TestAttemptsByAddress: twenty are free, of whatever accounts; one's own
// success opens no way to others', and a neighbour is another.
func TestAttemptsByAddress(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		for place, c := range map[string]struct {
			from      func(i int) string
			neighbour string
		}{
			"IPv4":        {func(int) string { return "203.0.113.7" }, "203.0.113.8"},
			"IPv4 in six": {func(int) string { return "::ffff:203.0.113.9" }, "203.0.113.10"},
			"IPv6":        {func(i int) string { return fmt.Sprintf("2001:db8:1:2::%x", i+1) }, "2001:db8:1:3::1"},
		} {
			for i := range 20 {
				if s := w.tries(c.from(i), proof(fmt.Sprintf("nobody%d@%x.example", i, place), "fel")); s.Code != ops.WrongCredentials {
					t.Fatalf("%s %d: %+v", place, i, s)
				}
				if i == 10 {
					if s := w.tries(c.from(i), proof(email("plain"), password)); s.Code != "" {
						t.Fatalf("%s: one's own: %+v", place, s)
					}
				}
			}
			if s := w.tries(c.from(30), proof(email("plain"), password)); s.Code != ops.TooManyAttempts || s.Wait > time.Second {
				t.Errorf("%s: the twenty-first: %+v", place, s)
			}
			if s := w.tries(c.neighbour, proof(email("plain"), password)); s.Code != "" {
				t.Errorf("%s: a neighbour: %+v", place, s)
			}
		}
	})
}

// TestAttemptsAtOnce: many at once are as many attempts.
func TestAttemptsAtOnce(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		judged := race(t, func() bool {
			s, err := w.hub.SignIn(t.Context(), ops.Caller{}, proof(email("plain"), "fel"))
			if err != nil {
				t.Error(err)
				return false
			}
			return s.Code == ops.WrongCredentials
		})
		if judged != 5 {
			t.Errorf("%d judged, want 5", judged)
		}
	})
}

// TestSetPassword: fresh, or with the current one; and the others are out.
func TestSetPassword(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		mine, other := w.signIn("plain"), w.signing("plain")
		next := kontrollrum.NewSecret("en annan häst med batteri")
		set := func(c ops.Caller, current string) string {
			p := ops.NewPassword{New: next}
			if current != "" {
				p.Current = kontrollrum.NewSecret(current)
			}
			return refusal(w.hub.SetPassword(t.Context(), c, p))
		}
		w.logged(t)
		if got := set(mine, ""); got != "done" {
			t.Fatal(got)
		}
		w.wantLogged(t, "credentials.edit|done||Namn plain|Namn plain|")
		if got := w.speaks(w.hub, other.Session); got != "nobody" {
			t.Errorf("the other session speaks for %s", got)
		}
		must(w, mine, ops.Myself{})
		if s := w.signing("plain"); s.Code != ops.WrongCredentials {
			t.Errorf("the old password: %+v", s)
		}
		if s := w.tries("", proof(email("plain"), next.Reveal())); s.Code != "" {
			t.Errorf("the new password: %+v", s)
		}
		w.clock.Advance(ops.StepUp + time.Second)
		w.logged(t)
		if got := set(mine, ""); got != "step_up_required fresh" {
			t.Errorf("stale: %s", got)
		}
		w.wantLogged(t, "credentials.edit|refused|step_up_required|Namn plain|Namn plain|")
		for range 5 {
			if got := set(mine, "fel"); got != "invalid: invalid_current" {
				t.Errorf("stale, with a wrong one: %s", got)
			}
		}
		if got := w.logged(t); len(got) != 5 || !strings.HasPrefix(got[0], "sessions.begin|refused|wrong_password|visitor|Namn plain|") {
			t.Errorf("logged %q", got)
		}
		if got := set(mine, next.Reveal()); got != "busy: too_many_attempts" {
			t.Errorf("after five: %s", got)
		}
		w.clock.Advance(time.Second)
		if got := set(mine, next.Reveal()); got != "done" {
			t.Errorf("stale, with the current one: %s", got)
		}
		for name, c := range map[string]ops.Caller{"nobody": {}, "over": ops.Session(other.Session)} {
			if got := set(c, ""); got != "unauthenticated: unauthenticated" {
				t.Errorf("%s: %s", name, got)
			}
		}
		for name, c := range map[string]ops.Caller{"operator": ops.Operator(), "application": w.tokens["application"]} {
			if got := set(c, ""); !strings.HasPrefix(got, "not found") {
				t.Errorf("%s: %s", name, got)
			}
		}
	})
}

// TestImportPasswords: all or none, and nothing that would take too long to judge.
func TestImportPasswords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.keep(t)
	for name, c := range map[string]struct{ email, hash, want string }{
		"nobody's":     {"nobody@sun.example", cheapHash, "not found: user_not_found"},
		"no hash":      {email("target"), "secret", "invalid: invalid_hash"},
		"bcrypt":       {email("target"), "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", "invalid: invalid_hash"},
		"argon2i":      {email("target"), strings.Replace(cheapHash, "argon2id", "argon2i", 1), "invalid: invalid_hash"},
		"much memory":  {email("target"), strings.Replace(cheapHash, "m=64", "m=4194304", 1), "invalid: invalid_hash"},
		"many rounds":  {email("target"), strings.Replace(cheapHash, "t=1", "t=4000", 1), "invalid: invalid_hash"},
		"no processor": {email("target"), strings.Replace(cheapHash, "p=1", "p=0", 1), "invalid: invalid_hash"},
	} {
		_, err := ops.Do(t.Context(), w.hub, ops.Operator(), ops.ImportPasswords{Hashes: map[string]string{c.email: c.hash, email("chief"): cheapHash}})
		if got := refusal(err); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if changes := w.state(t).changes(w.before); len(changes) > 0 {
			t.Errorf("%s leaves %q", name, changes)
		}
	}
}

// TestGone: whoever asks no more waits for no hash.
func TestGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := w.hub.SignIn(ctx, ops.Caller{}, proof(email("plain"), password)); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestSweep: what has expired is forgotten, what has not is not.
func TestSweep(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		a, _ := w.passkey(w.signIn("plain"))
		w.byPasskey(a)
		w.tries("203.0.113.7", proof("nobody@sun.example", "fel"))
		old := w.counts(t)
		w.clock.Advance(25 * time.Hour)
		w.tries("203.0.113.8", proof("nobody2@sun.example", "fel"))
		if got := w.rows(t, `select subject from attempts`); len(got) != 2 {
			t.Errorf("attempts %v", slices.Collect(maps.Keys(got)))
		}
		if got := w.rows(t, `select hash from challenges`); len(got) != 0 {
			t.Errorf("challenges %v, of %v", got, old)
		}
		sessions := len(w.rows(t, `select id from sessions`))
		w.clock.Advance(31 * 24 * time.Hour)
		w.tries("203.0.113.8", proof("nobody3@sun.example", "fel"))
		if got := w.rows(t, `select id from sessions`); sessions == 0 || len(got) != 0 {
			t.Errorf("sessions %d, then %d", sessions, len(got))
		}
	})
}
