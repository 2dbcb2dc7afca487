package web

import (
	"net/http"
	"strings"
)

// Compose makes one handler of several faces, each made by [Server.Handler]. A
// path goes to the first that serves it, for whatever method; there are no
// redirects. What none serves is answered by the first face that has a path
// with the same first segment, else by pages where a browser asks for a page,
// else by the first face, so that programs are answered as they expect.
func Compose(pages http.Handler, others ...http.Handler) http.Handler {
	all := append(others[:len(others):len(others)], pages)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		choose(all, pages, r).ServeHTTP(w, r)
	})
}

func choose(all []http.Handler, pages http.Handler, r *http.Request) http.Handler {
	asked := spelt(r)
	var near http.Handler
	for _, h := range all {
		f, ok := h.(*face)
		if !ok || !f.firsts[first(asked.URL.Path)] {
			continue // without asking it about every method
		}
		if f.serves(asked) {
			return h
		}
		if near == nil {
			near = h
		}
	}
	if near != nil {
		return near
	}
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		return pages
	}
	return all[0]
}

// serves reports whether a path, as routes write it, is served for any method.
func (f *face) serves(r *http.Request) bool {
	if _, pattern := f.mux.Handler(r); pattern != anything {
		return true
	}
	return allowed(f.mux, r) != ""
}

// firsts are the segments that the paths of some routes begin with; of the
// root it is empty. Whatever path begins with a wildcard is found by none.
func firsts(routes []Route) map[string]bool {
	out := map[string]bool{}
	for _, route := range routes {
		path := route.Pattern[strings.IndexByte(route.Pattern, '/'):]
		out[strings.TrimPrefix(first(path), "{$}")] = true
	}
	return out
}

func first(path string) string {
	segment, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return segment
}

// Strict tells browsers to come by TLS alone, for a year, where the public URL
// says that they do (RFC 6797). Elsewhere it changes nothing.
func Strict(publicURL string, h http.Handler) http.Handler {
	if !strings.HasPrefix(publicURL, "https://") {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		h.ServeHTTP(w, r)
	})
}

// SameOrigin protects what goes by cookie from other sites' pages. The public
// URL counts as the hub's own, whatever name a proxy asks by.
func SameOrigin(publicURL string) (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	if publicURL == "" {
		return p, nil
	}
	return p, p.AddTrustedOrigin(publicURL)
}
