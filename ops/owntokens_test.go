package ops_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
)

// ownToken is what makes a token for a month.
func (w *world) ownToken(name string) ops.CreateOwnToken {
	return ops.CreateOwnToken{Name: name, Expires: w.clock.Now().Add(30 * 24 * time.Hour), Secret: kontrollrum.NewToken}
}

// TestOwnTokens: who has signed in a moment ago makes a token, which speaks for
// them on every node until they revoke it, and for nobody after.
func TestOwnTokens(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		other := opstest.Open(t, w.database, w.clock)
		me := w.signIn("reader")
		w.logged(t)
		made := must(w, me, w.ownToken("  Nattens rapport "))
		w.wantLogged(t, "tokens.create|done||Namn reader|Namn reader|")
		if made.Name != "Nattens rapport" || made.User != w.users["reader"] || made.Secret.Empty() {
			t.Errorf("made %+v", made)
		}
		listed := must(w, me, ops.ListOwnTokens{})
		if len(listed) != 2 || listed[0] != made.Token || listed[1].Name != "" { // the second is the operator's
			t.Errorf("listed %+v", listed)
		}
		speaks := func(h *ops.Hub) string {
			_, err := ops.Do(t.Context(), h, ops.Bearer(made.Secret), ops.ListUsers{})
			return refusal(err)
		}
		if speaks(w.hub) != "done" || speaks(other) != "done" {
			t.Errorf("it speaks: %s, %s", speaks(w.hub), speaks(other))
		}
		must(w, me, ops.RevokeOwnToken{Token: made.ID})
		w.wantLogged(t, "tokens.revoke|done||Namn reader|Namn reader|")
		for _, h := range []*ops.Hub{w.hub, other} {
			if got := speaks(h); got != "unauthenticated: unauthenticated" {
				t.Errorf("revoked: %s", got)
			}
		}
		if err := done(w, me, ops.RevokeOwnToken{Token: made.ID}); refusal(err) != "conflict: token_revoked" {
			t.Errorf("twice: %v", err)
		}
		must(w, me, ops.RevokeOwnToken{Token: listed[1].ID}) // what speaks for me is mine to end, whoever made it
	})
}

// TestOwnTokensAreOwn: nobody revokes another's, whatever they hold.
func TestOwnTokensAreOwn(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		made := must(w, w.signIn("plain"), w.ownToken("min"))
		for _, name := range []string{"chief", "target", "stranger"} {
			if err := done(w, w.signIn(name), ops.RevokeOwnToken{Token: made.ID}); refusal(err) != "not found: token_not_found" {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, op := range []ops.Op[*kontrollrum.Token]{ops.RevokeOwnToken{Token: made.ID}, ops.RevokeOwnToken{}} {
			if err := done(w, ops.Operator(), op); refusal(err) != "not found: organization_not_found" {
				t.Errorf("the operator: %v", err)
			}
		}
		if err := done(w, ops.Bearer(made.Secret), ops.Myself{}); err != nil {
			t.Errorf("it speaks no more: %v", err)
		}
	})
}

// TestTokensMakeNone: neither a token, nor an application with whatever scope,
// nor who signed in a while ago makes a token.
func TestTokensMakeNone(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		me := w.signIn("plain")
		made := must(w, me, w.ownToken("min"))
		for name, c := range map[string]ops.Caller{
			"a token of one's own":   ops.Bearer(made.Secret),
			"one of the operator's":  w.caller("plain"),
			"an application":         ops.Bearer(w.granted(me, ops.ScopeAPI).Access),
			"one that may read only": ops.Bearer(w.granted(me, ops.ScopeRead).Access),
		} {
			for _, err := range []error{done(w, c, w.ownToken("ny")), done(w, c, ops.ListOwnTokens{Making: true})} {
				if refusal(err) != "unauthenticated: no_session" {
					t.Errorf("%s: %v", name, err)
				}
			}
			if err := done(w, c, ops.ListOwnTokens{}); err != nil {
				t.Errorf("%s sees none: %v", name, err)
			}
		}
		if err := done(w, ops.Bearer(w.granted(me, ops.ScopeRead).Access), ops.RevokeOwnToken{Token: made.ID}); refusal(err) != "insufficient_scope" {
			t.Errorf("who may read only revokes: %v", err)
		}
		w.clock.Advance(ops.StepUp + time.Second)
		for _, err := range []error{done(w, me, w.ownToken("ny")), done(w, me, ops.ListOwnTokens{Making: true})} {
			if refusal(err) != "step_up_required fresh" {
				t.Errorf("stale: %v", err)
			}
		}
		must(w, me, ops.RevokeOwnToken{Token: made.ID}) // to end it is never too late
	})
}

// TestOwnTokenBounds: a name, an end within a year, and no more than some.
func TestOwnTokenBounds(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		me, now := w.signIn("plain"), w.clock.Now()
		for _, c := range []struct {
			name string
			ends time.Time
			want string
		}{
			{"", now.Add(time.Hour), "invalid: invalid_name"},
			{" \t", now.Add(time.Hour), "invalid: invalid_name"},
			{strings.Repeat("å", 61), now.Add(time.Hour), "invalid: invalid_name"},
			{"a\x00b", now.Add(time.Hour), "invalid: invalid_name"},
			{"x", time.Time{}, "invalid: invalid_ends"},
			{"x", now, "invalid: invalid_ends"},
			{"x", now.Add(ops.TokenLife + time.Second), "invalid: invalid_ends"},
			{strings.Repeat("å", 60), now.Add(ops.TokenLife), "done"},
		} {
			if err := done(w, me, ops.CreateOwnToken{Name: c.name, Expires: c.ends, Secret: kontrollrum.NewToken}); refusal(err) != c.want {
				t.Errorf("%q till %s: %v, want %s", c.name, c.ends, err, c.want)
			}
		}
		for range ops.MaxOwnTokens - 1 {
			must(w, me, w.ownToken("x"))
		}
		if err := done(w, me, w.ownToken("x")); refusal(err) != "conflict: too_many_tokens" {
			t.Errorf("one more: %v", err)
		}
		must(w, me, ops.RevokeOwnToken{Token: must(w, me, ops.ListOwnTokens{})[0].ID})
		must(w, me, w.ownToken("x"))
	})
}

// TestOwnTokensEnd: with the password they were made by, with a reset, with the
// account; those of the operator go on where the account does.
func TestOwnTokensEnd(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			who     string
			end     func()
			own     string
			machine string
		}{
			"another password": {"target", func() {
				if err := w.hub.SetPassword(t.Context(), w.signIn("target"), ops.NewPassword{Current: kontrollrum.NewSecret(password), New: kontrollrum.NewSecret("ett helt annat lösenord")}); err != nil {
					t.Fatal(err)
				}
			}, "unauthenticated: unauthenticated", "done"},
			"reset":       {"plain", func() { must(w, w.as("chief"), ops.ResetCredentials{User: email("plain")}) }, "unauthenticated: unauthenticated", "done"},
			"deactivated": {"licensed", func() { must(w, w.as("chief"), ops.DeactivateUser{User: email("licensed")}) }, "unauthenticated: unauthenticated", "unauthenticated: unauthenticated"},
			"let in again": {"supervisor", func() {
				must(w, w.as("chief"), ops.DeactivateUser{User: email("supervisor")})
				must(w, w.as("chief"), ops.ActivateUser{User: email("supervisor")})
			}, "unauthenticated: unauthenticated", "done"},
			"removed":   {"leaver", func() { must(w, w.as("chief"), ops.RemoveUser{User: email("leaver")}) }, "unauthenticated: unauthenticated", "unauthenticated: unauthenticated"},
			"suspended": {"vikchief", func() { must(w, ops.Operator(), ops.SuspendOrganization{Organization: "VIK"}) }, "done", "done"}, // views work
		} {
			w.endsTokens(t, name, c.who, c.end, c.own, c.machine)
		}
		w.endsTokens(t, "over", "second", func() { w.clock.Advance(31 * 24 * time.Hour) }, "unauthenticated: unauthenticated", "done")
		if err := done(w, w.signIn("vikchief"), w.ownToken("ny")); refusal(err) != "organization_suspended suspended" {
			t.Errorf("one more in a suspended organization: %v", err)
		}
	})
}

func (w *world) endsTokens(t *testing.T, name, who string, end func(), own, machine string) {
	t.Helper()
	me := w.signIn(who)
	given := must(w, ops.Operator(), ops.CreateToken{User: email(who), Secret: kontrollrum.NewToken})
	made := must(w, me, w.ownToken("min"))
	end()
	if got := refusal(done(w, ops.Bearer(made.Secret), ops.Myself{})); got != own {
		t.Errorf("%s: one's own token: %s, want %s", name, got, own)
	}
	if got := refusal(done(w, ops.Bearer(given.Secret), ops.Myself{})); got != machine {
		t.Errorf("%s: the operator's token: %s, want %s", name, got, machine)
	}
}
