package ops_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
)

// TestGrantsOneByOne: a person sees what they let applications do, and ends one
// of them; it is over on every node, the others go on, and the application is told.
func TestGrantsOneByOne(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		other := opstest.Open(t, w.database, w.clock)
		session := w.signing("plain")
		me := ops.Session(session.Session)
		kept, ended, bound := w.granted(me, "offline_access", ops.ScopeAPI), w.granted(me, "openid", "offline_access", ops.ScopeAPI), w.granted(me, ops.ScopeAPI)
		listed := must(w, me, ops.ListGrants{})
		if len(listed) != 3 || listed[0].Offline || !listed[1].Offline || listed[1].Name != "Klient" || listed[1].Client != "client" || listed[1].Organization.Plate != "SUN" ||
			!slices.Equal(listed[1].Scopes, []string{"openid", "offline_access", ops.ScopeAPI}) || listed[1].Created.IsZero() || listed[1].Used.Before(listed[1].Created) {
			t.Fatalf("listed %+v", listed)
		}
		must(w, ops.Bearer(ended.Access), ops.Myself{}) // so that it is remembered
		w.logged(t)
		end := ops.EndGrant{Grant: listed[1].ID}
		must(w, me, end)
		w.wantLogged(t, "sessions.end|done||Namn plain|Namn plain|")
		for _, h := range []*ops.Hub{w.hub, other} {
			if _, err := ops.Do(t.Context(), h, ops.Bearer(ended.Access), ops.Myself{}); !errors.Is(err, kontrollrum.Unauthenticated) {
				t.Errorf("it has ended, and its token opens the API: %v", err)
			}
		}
		if out := must(w, ops.Caller{}, ops.RefreshTokens{ClientProof: w.proof(), Token: ended.Refresh}); out.Error != ops.InvalidGrant {
			t.Errorf("it has ended, and is refreshed: %+v", out)
		}
		if told := must(w, ops.Caller{}, ops.TakeLogouts{Limit: 9}); len(told) != 1 || told[0].User != w.users["plain"] || told[0].Client != "client" {
			t.Errorf("to tell: %+v", told)
		}
		if !w.alive(kept.Access) || !w.alive(bound.Access) {
			t.Error("another ends with it")
		}
		if err := done(w, me, end); !errors.Is(err, kontrollrum.NotFound) {
			t.Errorf("twice: %v", err)
		}
		must(w, ops.Caller{}, ops.SignOut{Session: session.Session})
		if left := must(w, w.signIn("plain"), ops.ListGrants{}); len(left) != 1 || left[0].ID != listed[2].ID {
			t.Errorf("the session has ended, and there are left %+v", left)
		}
		w.clock.Advance(ops.RefreshLife)
		if left := must(w, w.signIn("plain"), ops.ListGrants{}); len(left) != 0 {
			t.Errorf("not used for ninety days, and there are left %+v", left)
		}
	})
}

// TestOthersGrants: nobody ends what another gave, whichever way they name it,
// but a full administrator of theirs; and that one is not told where else
// somebody acts.
func TestOthersGrants(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		for what, c := range map[string]struct {
			by string
			op ops.EndGrant
		}{
			"as one's own":                  {"plain", ops.EndGrant{Grant: w.given}},
			"a chief's own":                 {"chief", ops.EndGrant{Grant: w.given}},
			"under a colleague's name":      {"chief", ops.EndGrant{User: email("plain"), Grant: w.given}},
			"from elsewhere":                {"vikchief", ops.EndGrant{User: email("target"), Grant: w.given}},
			"elsewhere, under another name": {"extchief", ops.EndGrant{Organization: "EXT", User: email("guest"), Grant: w.given}},
			"there is none":                 {"chief", ops.EndGrant{User: email("target"), Grant: "\x00"}},
		} {
			if err := done(w, w.as(c.by), c.op); !errors.Is(err, kontrollrum.NotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := done(w, w.as("vikchief"), ops.ListGrants{User: email("target")}); !errors.Is(err, kontrollrum.NotFound) {
			t.Errorf("listed from elsewhere: %v", err)
		}
		if left := must(w, w.as("target"), ops.ListGrants{}); len(left) != 1 {
			t.Fatalf("left %+v", left)
		}
		must(w, w.as("chief"), ops.EndGrant{User: email("target"), Grant: w.given})

		a := must(w, ops.Caller{}, ops.BeginAuthorization{Client: "client", AuthorizationRequest: kontrollrum.AuthorizationRequest{Redirect: clientRedirect, Organization: "SUN",
			Challenge: "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM", Scopes: []string{"offline_access", ops.ScopeOrganization + "SUN"}}})
		guest := w.signIn("guest")
		must(w, guest, ops.Authorize{Request: a.ID})
		code := must(w, guest, ops.IssueCode{Request: a.ID})
		must(w, ops.Caller{}, ops.RedeemCode{ClientProof: w.proof(), Code: code.Code, Redirect: clientRedirect, Verifier: verifier})
		own := must(w, guest, ops.ListGrants{})
		if len(own) != 1 || own[0].Organization.Plate != "SUN" || !slices.Equal(own[0].Scopes, []string{"offline_access"}) {
			t.Fatalf("their own %+v", own)
		}
		if seen := must(w, w.as("extchief"), ops.ListGrants{User: email("guest")}); len(seen) != 1 || seen[0].Organization.ID != "" || seen[0].Organization.Plate != "" || len(seen[0].Scopes) != 1 {
			t.Errorf("their administrator sees %+v", seen)
		}
		must(w, w.as("extchief"), ops.EndGrant{User: email("guest"), Grant: own[0].ID})
	})
}
