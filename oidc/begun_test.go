package oidc_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// TestTooManyBegun: whoever begins too much is told to try again, at the hub
// and never by way of an application, but for one that may ask nobody anything;
// who is not signed in has nothing kept for that.
func TestTooManyBegun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	// Begun in an hour's time, so that none of it is given back while the test goes on.
	w.later(time.Hour)
	for n := 0; ; n++ {
		_, err := ops.Do(t.Context(), w.hub, ops.Caller{IP: "127.0.0.1"}, ops.BeginDevice{ClientProof: ops.ClientProof{Client: "hub"}})
		if errors.Is(err, kontrollrum.Busy) {
			break
		}
		if err != nil || n == 3000 {
			t.Fatalf("%d begun: %v", n, err)
		}
	}
	w.later(-time.Hour)
	address, _ := w.ask()
	silent, _ := w.ask("prompt", "none")
	ask := func(address, accept string, b *browser) (*http.Response, *url.URL) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", accept)
		answer, err := b.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		to, _ := answer.Location()
		return answer, to
	}
	for _, accept := range []string{"text/html", "application/json"} {
		if answer, to := ask(address, accept, w.browser("")); answer.StatusCode != http.StatusTooManyRequests || to != nil || answer.Header.Get("Retry-After") != "1" ||
			!strings.HasPrefix(answer.Header.Get("Content-Type"), strings.Replace(accept, "html", "plain", 1)) {
			t.Errorf("%s: %d to %v, %v", accept, answer.StatusCode, to, answer.Header)
		}
	}
	if _, to := ask(silent, "text/html", w.browser("chief")); to == nil || to.Query().Get("error") != "temporarily_unavailable" || to.Host != "app.example" {
		t.Errorf("silently: %v", to)
	}
	if _, to := ask(silent, "text/html", w.browser("")); to == nil || to.Query().Get("error") != "login_required" {
		t.Errorf("silently, by nobody: %v", to)
	}
	status, header, out := w.send(t, http.MethodPost, "/oauth/device_authorization", url.Values{"client_id": {"hub"}, "scope": {"openid"}}, nil)
	if status != http.StatusTooManyRequests || header.Get("Retry-After") != "1" || out["error"] != "temporarily_unavailable" {
		t.Errorf("a device: %d %v %v", status, header, out)
	}
}
