package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Behind has what comes through proxies that the operator trusts be of whoever
// asked them. Without it all of them would be one address, whose mistakes
// everybody waits for. Each proxy adds whom it heard from to X-Forwarded-For, at
// the end: of what stands there only as much is believed as trusted ones wrote.
// From anywhere else the header says nothing.
func Behind(proxies []netip.Prefix, h http.Handler) http.Handler {
	if len(proxies) == 0 {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from, port, err := net.SplitHostPort(r.RemoteAddr); err == nil {
			if asked := asker(proxies, from, r.Header.Values("X-Forwarded-For")); asked != from {
				to := r.WithContext(r.Context())
				to.RemoteAddr = net.JoinHostPort(asked, port)
				h.ServeHTTP(w, to)
				r.Pattern = to.Pattern // which whoever measures reads
				return
			}
		}
		h.ServeHTTP(w, r)
	})
}

// asker is the last address that no trusted proxy has.
func asker(proxies []netip.Prefix, from string, forwarded []string) string {
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for trusted(proxies, from) && len(hops) > 0 {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1]))
		if err != nil { // or nobody, or written by who may write anything
			return from
		}
		from, hops = hop.Unmap().WithZone("").String(), hops[:len(hops)-1]
	}
	return from
}

func trusted(proxies []netip.Prefix, address string) bool {
	at, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	for _, p := range proxies {
		if p.Contains(at.Unmap().WithZone("")) {
			return true
		}
	}
	return false
}
