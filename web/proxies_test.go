package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/web"
)

// TestBehind: what a trusted proxy wrote is believed, and nothing else.
func TestBehind(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct{ from, header, want string }{
		{"127.0.0.1:5", "", "127.0.0.1:5"},
		{"127.0.0.1:5", "203.0.113.7", "203.0.113.7:5"},
		{"[::ffff:127.0.0.1]:5", "203.0.113.7", "203.0.113.7:5"},
		{"[fd00::1]:5", "2001:db8::7", "[2001:db8::7]:5"},
		{"127.0.0.1:5", "::ffff:203.0.113.7", "203.0.113.7:5"},
		{"127.0.0.1:5", "198.51.100.1, 203.0.113.7", "203.0.113.7:5"}, // the first was written by who asks
		{"127.0.0.1:5", "198.51.100.1|203.0.113.7, 10.1.2.3", "203.0.113.7:5"},
		{"127.0.0.1:5", "10.1.2.3", "10.1.2.3:5"},
		{"127.0.0.1:5", "nonsense", "127.0.0.1:5"},
		{"127.0.0.1:5", "203.0.113.7, unknown", "127.0.0.1:5"},
		{"203.0.113.9:5", "198.51.100.1", "203.0.113.9:5"}, // no proxy
		{"", "198.51.100.1", ""},
	} {
		var got string
		h := web.Behind(proxies, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, r.Pattern = r.RemoteAddr, "GET /" }))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.from
		for _, line := range strings.Split(c.header, "|") {
			r.Header.Add("X-Forwarded-For", line)
		}
		if h.ServeHTTP(httptest.NewRecorder(), r); got != c.want || r.Pattern != "GET /" {
			t.Errorf("from %q, %q: %q, want %q (%q)", c.from, c.header, got, c.want, r.Pattern)
		}
	}
}
