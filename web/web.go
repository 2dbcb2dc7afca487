// Package web is the plumbing that all faces share: routes, who calls, tracking
// ids, limits, status codes and the access log. It knows no wire format and no noun.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// A Route is one line of the map of everything the server answers.
type Route struct {
	Pattern string // of http.ServeMux: method and path
	Runs    any    // the op behind it, or []any of which the query chooses one; nil where anyone may come
	Serve   func(ops.Caller, http.ResponseWriter, *http.Request) error
	Doc     Doc
}

// A Doc is what a description of the API says of a route beside its pattern.
// The zero Doc says nothing.
type Doc struct {
	ID       string  // unique name of the operation; empty: the op's
	Summary  string  // one line
	Query    []Param // members of the query string
	Request  any     // a value of the body's type; nil where there is none
	Response any     // a value of the answer's type, or []any of which it is one; nil where there is none
	Statuses []int   // of success, the usual one first; none: 200
}

// A Param is one member of a query string.
type Param struct {
	Name     string
	Text     string // what it means
	Type     string // of JSON Schema; empty: string. An array is a repeated member
	Required bool
}

// A Server serves routes.
type Server struct {
	Log    *slog.Logger
	NewID  func() string // for tracking ids
	Now    func() time.Time
	Prefix string // of tracking ids: the family's

	// Caller says who asks. Nil: whoever the Authorization header speaks for.
	Caller func(*http.Request) ops.Caller
	// Headers stand in every answer, over those that the plumbing sets by itself.
	Headers map[string]string
	// Body is the most that a request's body may hold, in bytes; zero: [MaxBody].
	Body int64
	// Origins refuses changes that another site has a browser ask for. Nil where
	// no route goes by what a browser sends by itself.
	Origins *http.CrossOriginProtection

	// Fail writes an error in the family's body. It never writes twice.
	Fail func(w http.ResponseWriter, r *http.Request, trackingID string, err error)
}

// MaxBody is the most a request's body may hold, in bytes.
const MaxBody = 1 << 20

// Errors of the plumbing itself.
var (
	errNoRoute  = &kontrollrum.Error{Kind: kontrollrum.NotFound, Code: "no_such_route", Message: "nothing is served at this path; see /openapi.json"}
	errTooLarge = &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: "body_too_large", Message: "send at most 1 MiB"}
	errOrigin   = &kontrollrum.Error{Kind: kontrollrum.Denied, Code: "cross_origin", Message: "the request comes from a page of another site; begin at the hub's own"}
)

// A MethodError says that the path is served, but not for the method.
type MethodError struct{ Allow string }

func (e *MethodError) Error() string { return "method not allowed; use " + e.Allow }

// Handler makes one handler of the routes. A path is served however it is
// spelt: with a slash at its end, with empty segments, with dots. There are no
// redirects, and what no route answers gets the family's body too. Whoever
// wraps the handler finds the route's pattern in the request afterwards.
func (s *Server) Handler(routes []Route) http.Handler {
	mux := http.NewServeMux()
	for _, route := range routes {
		mux.Handle(route.Pattern, s.serve(route))
	}
	mux.Handle(anything, s.serve(Route{Serve: func(_ ops.Caller, w http.ResponseWriter, r *http.Request) error {
		allow := allowed(mux, r)
		if allow == "" {
			return errNoRoute
		}
		w.Header().Set("Allow", allow)
		return &MethodError{allow}
	}}))
	return &face{mux, firsts(routes)}
}

// A face is the handler of some routes.
type face struct {
	mux    *http.ServeMux
	firsts map[string]bool // segments that its paths begin with
}

func (f *face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked := spelt(r)
	f.mux.ServeHTTP(w, asked)
	r.Pattern = asked.Pattern
}

// anything is the pattern of what no route answers.
const anything = "/"

// spelt returns r with its path as routes write it.
func spelt(r *http.Request) *http.Request {
	escaped := r.URL.EscapedPath()
	clean := escaped
	if !strings.HasPrefix(clean, "/") {
		clean = "/" + clean
	}
	clean = path.Clean(clean)
	plain, err := url.PathUnescape(clean)
	if clean == escaped || err != nil {
		return r
	}
	to := *r.URL
	to.Path, to.RawPath = plain, clean
	out := r.WithContext(r.Context())
	out.URL, out.RequestURI = &to, to.RequestURI()
	return out
}

// allowed lists the methods that a request's path is served for.
func allowed(mux *http.ServeMux, r *http.Request) string {
	var out []string
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		asked := r.Clone(r.Context())
		asked.Method = method
		if _, pattern := mux.Handler(asked); pattern != anything {
			out = append(out, method)
		}
	}
	return strings.Join(out, ", ")
}

// serve wraps one route: tracking id, limit, caller, errors, access log.
func (s *Server) serve(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.Now()
		trackingID := s.trackingID(r)
		seen := &recorder{ResponseWriter: w}
		header := w.Header()
		header.Set("Trackingid", trackingID)
		header.Set("Cache-Control", "no-store")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		for name, value := range s.Headers {
			header.Set(name, value)
		}
		limit := s.Body
		if limit == 0 {
			limit = MaxBody
		}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, limit) // of w itself, which then closes the connection
		}
		err := s.guarded(route, seen, r, trackingID)
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			err = errTooLarge
		}
		if err != nil && !seen.written() {
			s.Fail(seen, r, trackingID, err)
		}
		s.log(r, route, seen, trackingID, start, err)
	})
}

// guarded runs the route and turns a panic into an error.
func (s *Server) guarded(route Route, w http.ResponseWriter, r *http.Request, trackingID string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { //nolint:errorlint // the documented sentinel
				panic(p)
			}
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if s.Origins != nil && s.Origins.Check(r) != nil {
		return errOrigin
	}
	return route.Serve(s.caller(r, trackingID), w, r)
}

// ByBearer is whoever the Authorization header speaks for; nobody without one.
func ByBearer(r *http.Request) ops.Caller {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); strings.EqualFold(scheme, "Bearer") && token != "" {
		return ops.Bearer(kontrollrum.NewSecret(token))
	}
	return ops.Caller{}
}

// caller is who asks, and from where.
func (s *Server) caller(r *http.Request, trackingID string) ops.Caller {
	by := s.Caller
	if by == nil {
		by = ByBearer
	}
	c := by(r)
	c.TrackingID = trackingID
	c.UserAgent = printable(r.UserAgent(), 256)
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		c.IP = host
	}
	return c
}

// trackingID keeps what the client sent, for correlation, if it is plain.
func (s *Server) trackingID(r *http.Request) string {
	sent := r.Header.Get("Trackingid")
	if sent != "" && len(sent) <= 128 && printable(sent, 128) == sent {
		return sent
	}
	return s.Prefix + s.NewID()
}

// printable cuts text to what a log and a header may hold.
func printable(text string, limit int) string {
	if len(text) > limit {
		text = text[:limit]
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return -1
		}
		return r
	}, text)
}

func (s *Server) log(r *http.Request, route Route, seen *recorder, trackingID string, start time.Time, err error) {
	level := slog.LevelInfo
	attrs := []slog.Attr{slog.String("method", r.Method), slog.String("route", route.Pattern), slog.Int("status", seen.status()),
		slog.Int64("bytes", seen.bytes), slog.Duration("took", s.Now().Sub(start)), slog.String("tracking_id", trackingID)}
	if err != nil {
		text := err.Error()
		if seen.status() < 500 {
			text = brief(text)
		}
		attrs = append(attrs, slog.String("error", text))
		if seen.status() >= 500 && !errors.Is(r.Context().Err(), context.Canceled) { // the client went away
			level = slog.LevelError
		}
	}
	s.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// brief cuts what a client's own mistake is told as: no request may write much
// to the log. What failed in the hub is told whole.
func brief(text string) string {
	const limit = 1 << 10
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

// A recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	code  int
	bytes int64
}

func (w *recorder) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.code == 0 {
		w.code = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) written() bool { return w.code != 0 }

func (w *recorder) status() int {
	if w.code == 0 {
		return http.StatusOK
	}
	return w.code
}
