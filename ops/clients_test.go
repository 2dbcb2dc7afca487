package ops_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

var verifier = strings.Repeat("v", 43)

// proof is how the world's client proves who it is.
func (w *world) proof() ops.ClientProof { return ops.ClientProof{Client: "client", Secret: w.secret} }

// authorized is a code that somebody's sign-in gives the world's client.
func (w *world) authorized(tb testing.TB, name, scopes string) ops.RedeemCode {
	tb.Helper()
	sum := sha256.Sum256([]byte(verifier))
	a := must(w, ops.Caller{}, ops.BeginAuthorization{Client: "client", AuthorizationRequest: kontrollrum.AuthorizationRequest{Redirect: clientRedirect,
		Scopes: strings.Fields(scopes), Challenge: base64.RawURLEncoding.EncodeToString(sum[:])}})
	session := w.signIn(name)
	must(w, session, ops.Authorize{Request: a.ID})
	return ops.RedeemCode{ClientProof: w.proof(), Code: must(w, session, ops.IssueCode{Request: a.ID}).Code, Redirect: clientRedirect, Verifier: verifier}
}

// grant is what the client gets for it.
func (w *world) grant(tb testing.TB, name, scopes string) *ops.Issued {
	tb.Helper()
	out := must(w, ops.Caller{}, w.authorized(tb, name, scopes))
	if out.Error != "" {
		tb.Fatalf("not issued: %s: %s", out.Error, out.Description)
	}
	return out
}

func (w *world) alive(access kontrollrum.Secret) bool {
	_, err := ops.Do(w.Context(), w.hub, ops.Bearer(access), ops.Myself{})
	return err == nil
}

// TestWhoEnters: §5 decides at authorization, when the code comes back, and at
// every refresh; each refusal is an entry.
func TestWhoEnters(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		must(w, ops.Operator(), ops.EditClient{ID: "client", Application: pointer(policy.ManagementPortalSignIn)})
		begin := func() kontrollrum.AuthorizationID {
			return must(w, ops.Caller{}, ops.BeginAuthorization{Client: "client", AuthorizationRequest: kontrollrum.AuthorizationRequest{Redirect: clientRedirect, Challenge: "x"}}).ID
		}
		for name, want := range map[string]string{"chief": "", "service": "", "reader": "no", "supervisor": "no", "plain": "no"} {
			e, err := ops.Do(t.Context(), w.hub, w.signIn(name), ops.Authorize{Request: begin()})
			if (err == nil) != (want == "") || err != nil && !errors.Is(err, kontrollrum.Denied) {
				t.Errorf("%s: %v, %v", name, e, err)
			}
		}
		if e := must(w, w.signIn("outreader"), ops.Authorize{Request: begin()}); e.Mode != "read" || e.Organization.Plate != "SUN" {
			t.Errorf("a reader from elsewhere enters %+v", e)
		}
		if e := must(w, w.signIn("partner"), ops.Authorize{Request: begin(), Organization: "VIK"}); e.Mode != "full" || e.Organization.Plate != "VIK" {
			t.Errorf("a partner enters %+v", e)
		}
		if _, err := ops.Do(t.Context(), w.hub, w.signIn("chief"), ops.Authorize{Request: begin(), Organization: "FAR"}); !errors.Is(err, kontrollrum.NotFound) {
			t.Errorf("where they have no standing: %v", err)
		}
		// Between authorization and code, and between two refreshes, a role ends by itself.
		must(w, w.as("chief"), ops.ChangeAssignment{User: email("helper"), Role: policy.ServiceAdmin, Ends: pointer(w.clock.Now().Add(time.Hour))})
		got := w.grant(t, "helper", "offline_access")
		fresh := must(w, ops.Caller{}, ops.RefreshTokens{ClientProof: w.proof(), Token: got.Refresh})
		if fresh.Error != "" || fresh.Identity.Role != policy.ServiceAdmin {
			t.Fatalf("refreshed %+v", fresh)
		}
		w.clock.Advance(59 * time.Minute)
		code := w.authorized(t, "helper", "openid")
		w.clock.Advance(time.Minute)
		if out := must(w, ops.Caller{}, code); out.Error != ops.InvalidGrant {
			t.Errorf("the role has ended, and the code gives %+v", out)
		}
		if out := must(w, ops.Caller{}, ops.RefreshTokens{ClientProof: w.proof(), Token: fresh.Refresh}); out.Error != ops.InvalidGrant || !strings.Contains(out.Description, "not_permitted") {
			t.Errorf("the role has ended, and a refresh gives %+v", out)
		}
		must(w, w.as("chief"), ops.AssignRole{User: email("helper"), Role: policy.ServiceAdmin})
		if out := must(w, ops.Caller{}, ops.RefreshTokens{ClientProof: w.proof(), Token: fresh.Refresh}); out.Error != "" {
			t.Errorf("the role was given again, and a refresh gives %+v", out)
		}
	})
}

// TestCodesAtOnce: of many who redeem one code at the same time, one gets
// tokens, and the others end them.
func TestCodesAtOnce(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		op := w.authorized(t, "chief", "openid offline_access "+ops.ScopeAPI)
		var mu sync.Mutex
		var wg sync.WaitGroup
		var given []*ops.Issued
		for range 8 {
			wg.Go(func() {
				out, err := ops.Do(t.Context(), w.hub, ops.Caller{}, op)
				if err != nil {
					t.Error(err)
				} else if out.Error == "" {
					mu.Lock()
					defer mu.Unlock()
					given = append(given, out)
				}
			})
		}
		wg.Wait()
		if len(given) != 1 || w.alive(given[0].Access) {
			t.Errorf("%d were given tokens; want one, and these ended", len(given))
		}
	})
}

// TestIssueInterrupted: what could not be committed was not issued, and may be tried again.
func TestIssueInterrupted(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		code := w.authorized(t, "chief", "openid offline_access "+ops.ScopeAPI)
		failed := errors.New("failed")
		w.keep(t)
		w.hub.Interrupt(func() error { return failed })
		if out, err := ops.Do(t.Context(), w.hub, ops.Caller{}, code); !errors.Is(err, failed) || out != nil {
			t.Errorf("interrupted: %+v, %v", out, err)
		}
		w.hub.Interrupt(nil)
		if changes := w.state(t).changes(w.before); len(changes) > 0 {
			t.Errorf("interrupted, and it leaves %q", changes)
		}
		got := must(w, ops.Caller{}, code)
		if got.Error != "" || !w.alive(got.Access) {
			t.Fatalf("tried again: %+v", got)
		}
		refresh := ops.RefreshTokens{ClientProof: w.proof(), Token: got.Refresh}
		w.hub.Interrupt(func() error { return failed })
		if out, err := ops.Do(t.Context(), w.hub, ops.Caller{}, refresh); !errors.Is(err, failed) || out != nil {
			t.Errorf("interrupted: %+v, %v", out, err)
		}
		w.hub.Interrupt(nil)
		if out := must(w, ops.Caller{}, refresh); out.Error != "" {
			t.Errorf("tried again: %+v", out)
		}
	})
}

// TestIntrospection: clients that keep a secret are told, and others are not.
func TestIntrospection(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		other := must(w, ops.Operator(), ops.AddClient{ID: "server", Name: "Server"}).Secret
		got := w.grant(t, "chief", "openid")
		for what, c := range map[string]struct {
			proof ops.ClientProof
			known bool
		}{
			"the client": {w.proof(), true}, "another that keeps a secret": {ops.ClientProof{Client: "server", Secret: other}, true},
			"another's secret": {ops.ClientProof{Client: "client", Secret: other}, false}, "no secret": {ops.ClientProof{Client: "client"}, false},
			"a public client": {ops.ClientProof{Client: "hub"}, false}, "nobody": {ops.ClientProof{Client: "nobody", Secret: other}, false}, "nothing": {ops.ClientProof{}, false},
		} {
			for _, token := range []kontrollrum.Secret{got.Access, kontrollrum.NewSecret("another")} {
				a, err := ops.Do(t.Context(), w.hub, ops.Caller{}, ops.Introspect{ClientProof: c.proof, Token: token})
				if c.known != (err == nil) || !c.known && !errors.Is(err, kontrollrum.NotFound) || (a != nil) != (c.known && token == got.Access) {
					t.Errorf("%s: %+v, %v", what, a, err)
				}
			}
		}
		must(w, w.as("chief"), ops.DeactivateUser{User: email("second")})
		gone := w.grant(t, "director", "openid")
		must(w, w.as("chief"), ops.DeactivateUser{User: email("director")})
		if a := must(w, ops.Caller{}, ops.Introspect{ClientProof: w.proof(), Token: gone.Access}); a != nil {
			t.Errorf("of somebody who was shut out: %+v", a)
		}
		must(w, ops.Operator(), ops.RemoveClient{ID: "client"})
		if a := must(w, ops.Caller{}, ops.Introspect{ClientProof: ops.ClientProof{Client: "server", Secret: other}, Token: got.Access}); a != nil {
			t.Errorf("of a client that was removed: %+v", a)
		}
	})
}

// TestSweepGrants: what ended a while ago is forgotten, and nothing else: one
// that was kept here, and the world's own.
func TestSweepGrants(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		kept, ended := w.grant(t, "chief", "offline_access "+ops.ScopeAPI), w.grant(t, "second", "offline_access "+ops.ScopeAPI)
		must(w, ops.Caller{}, ops.RevokeGranted{ClientProof: w.proof(), Token: ended.Refresh})
		w.clock.Advance(30 * time.Hour)
		w.signIn("plain") // which sweeps
		for table, want := range map[string]int{"grants": 2, "refresh_tokens": 2, "authorizations": 0} {
			if got := len(w.rows(t, `select * from `+table)); got != want {
				t.Errorf("%d %s are left, want %d", got, table, want)
			}
		}
		if got := len(w.rows(t, `select * from tokens where grant_id <> ''`)); got != 0 {
			t.Errorf("%d access tokens are left", got)
		}
		if out := must(w, ops.Caller{}, ops.RefreshTokens{ClientProof: w.proof(), Token: kept.Refresh}); out.Error != "" || !w.alive(out.Access) {
			t.Errorf("what goes on: %+v", out)
		}
	})
}

// TestRemovedUsersGrants: what somebody gave applications ends with them, and
// the applications are told.
func TestRemovedUsersGrants(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		got := w.grant(t, "holder", "openid offline_access "+ops.ScopeAPI)
		must(w, w.as("chief"), ops.RemoveUser{User: email("holder")})
		if out := must(w, ops.Caller{}, ops.RefreshTokens{ClientProof: w.proof(), Token: got.Refresh}); out.Error != ops.InvalidGrant || w.alive(got.Access) {
			t.Errorf("removed, and refreshed: %+v", out)
		}
		told := must(w, ops.Caller{}, ops.TakeLogouts{Limit: 9})
		if len(told) != 1 || told[0].User != w.users["holder"] || told[0].Client != "client" {
			t.Errorf("to tell: %+v", told)
		}
	})
}
