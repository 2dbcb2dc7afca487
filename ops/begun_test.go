package ops_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// TestBegunByNobody: what is kept before anybody is known is kept so often from
// one address, and elsewhere goes on; what somebody says yes to is not counted,
// and what nobody does is soon forgotten.
func TestBegunByNobody(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		request := ops.BeginAuthorization{Client: "client", AuthorizationRequest: kontrollrum.AuthorizationRequest{Redirect: clientRedirect, Challenge: "x"}}
		begin := func(ip string) (*kontrollrum.Authorization, error) {
			return ops.Do(t.Context(), w.hub, ops.Caller{IP: ip}, request)
		}
		device := func(ip string) error { return done(w, ops.Caller{IP: ip}, ops.BeginDevice{ClientProof: w.proof()}) }
		tooMany := func(err error) bool {
			known := kontrollrum.All(err)
			return errors.Is(err, kontrollrum.Busy) && len(known) == 1 && known[0].Code == ops.TooManyBegun
		}
		const here, network, there = "198.51.100.7", "2001:db8:1:2::%d", "198.51.100.8"
		first, err := begin(here)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range []ops.BeginAuthorization{{Client: "nobody"}, {Client: "client"}} { // keeps nothing, and is not counted
			if err := done(w, ops.Caller{IP: here}, wrong); err == nil || tooMany(err) {
				t.Errorf("%+v: %v", wrong, err)
			}
		}
		full := func() { w.exec(t, `update attempts set latest = latest + 298000000 where subject like 'begun:%'`) } // 298 more
		full()
		if err := device(here); err != nil {
			t.Errorf("the last: %v", err)
		}
		w.keep(t)
		if _, err := begin(here); !tooMany(err) {
			t.Errorf("one more: %v", err)
		}
		if err := device(here); !tooMany(err) {
			t.Errorf("one more device: %v", err)
		}
		if changes := w.state(t).changes(w.before); len(changes) > 0 {
			t.Errorf("refused, it leaves %q", changes)
		}
		if _, err := begin(there); err != nil {
			t.Errorf("elsewhere: %v", err)
		}
		if _, err := begin(""); err != nil {
			t.Errorf("nobody knows where: %v", err)
		}
		// Whoever signs in makes room for one, once.
		s := w.signIn("plain")
		s.IP = here
		must(w, s, ops.Authorize{Request: first.ID})
		must(w, s, ops.Authorize{Request: first.ID})
		if _, err := begin(here); err != nil {
			t.Errorf("one of them has gone on: %v", err)
		}
		if _, err := begin(here); !tooMany(err) {
			t.Errorf("and makes room for more than one: %v", err)
		}
		w.clock.Advance(time.Second)
		if _, err := begin(here); err != nil {
			t.Errorf("a while later: %v", err)
		}
		// Of IPv6 a network counts as one.
		if _, err := begin(fmt.Sprintf(network, 1)); err != nil {
			t.Fatal(err)
		}
		full()
		if _, err := begin(fmt.Sprintf(network, 2)); err != nil {
			t.Error(err)
		}
		if _, err := begin(fmt.Sprintf(network, 3)); !tooMany(err) {
			t.Errorf("another address of the network: %v", err)
		}
		w.clock.Advance(2 * time.Hour)
		w.signIn("plain") // which sweeps
		if n := len(w.rows(t, `select id from authorizations where code is null`)); n != 0 {
			t.Errorf("%d requests are kept that nobody went on with", n)
		}
	})
}

// TestPasskeysBegunByNobody: a challenge is handed out, and nothing is kept.
func TestPasskeysBegunByNobody(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		w.keep(t)
		for range 3 {
			must(w, ops.Caller{IP: "198.51.100.7"}, ops.BeginPasskey{})
		}
		if changes := w.state(t).changes(w.before); len(changes) > 0 {
			t.Errorf("it leaves %q", changes)
		}
	})
}
