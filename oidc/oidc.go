// Package oidc is the OpenID Provider: applications of the installation's own,
// and command lines, let people sign in through the hub and get tokens for its
// API. github.com/zitadel/oidc reads requests, finds who the client is and
// writes answers; whatever is decided is decided by an op. It knows no SQL, and
// keeps nothing but keys that it has read.
package oidc

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"github.com/zitadel/schema"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// A Config says what the provider needs beside a hub.
type Config struct {
	// PublicURL is the issuer: scheme and host as browsers reach the hub, without
	// a slash at its end. Without TLS it may only be this machine itself.
	PublicURL string
	Log       *slog.Logger
	NewID     func() string
	Now       func() time.Time
	// SignIn, SignOut and Device are paths of the pages where people do these.
	// Empty: /sign-in, /sign-out and /device.
	SignIn, SignOut, Device string
	// Page shows a person what went wrong where their browser was sent: it writes
	// the status too, and sends nobody anywhere. Nil: a few words of plain text.
	Page func(w http.ResponseWriter, r *http.Request, trackingID string, err error)
}

// A Provider is the OpenID Provider of one hub.
type Provider struct {
	hub     *ops.Hub
	library http.Handler
	decoder *schema.Decoder
	keys    *keyring
	Config
}

// Paths of the provider.
const (
	authorizePath = "/oauth/authorize"
	callbackPath  = authorizePath + "/callback"
	tokenPath     = "/oauth/token"
	keysPath      = "/oauth/keys"
	userinfoPath  = "/oauth/userinfo"
	introspect    = "/oauth/introspect"
	revokePath    = "/oauth/revoke"
	endPath       = "/oauth/end_session"
	devicePath    = "/oauth/device_authorization"
	webexPath     = "/v1/access_token"
)

// programs are the paths that programs ask at, whatever they say they accept.
var programs = []string{tokenPath, keysPath, userinfoPath, introspect, revokePath, devicePath, webexPath, oidc.DiscoveryEndpoint}

// New makes a provider. It fails where people and codes would go by plain http
// over a network (OpenID Connect Core §16.17).
func New(hub *ops.Hub, c Config) (*Provider, error) {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, errors.New("an OpenID Provider needs a public URL")
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && !ip.IsLoopback() {
		return nil, errors.New("an OpenID Provider needs TLS: begin the public URL with https://, or reach it on this machine alone")
	}
	set := func(field *string, otherwise string) {
		if *field == "" {
			*field = otherwise
		}
	}
	set(&c.SignIn, "/sign-in")
	set(&c.SignOut, "/sign-out")
	set(&c.Device, "/device")
	p := &Provider{hub: hub, decoder: schema.NewDecoder(), keys: &keyring{hub: hub, now: c.Now}, Config: c}
	p.decoder.IgnoreUnknownKeys(true)
	p.library = op.RegisterServer(&server{Provider: p}, op.Endpoints{
		Token: op.NewEndpoint(tokenPath), Introspection: op.NewEndpoint(introspect), Userinfo: op.NewEndpoint(userinfoPath),
		Revocation: op.NewEndpoint(revokePath), JwksURI: op.NewEndpoint(keysPath), DeviceAuthorization: op.NewEndpoint(devicePath),
	}, op.WithServerCORSOptions(nil), op.WithDecoder(p.decoder))
	return p, nil
}

// Handler serves the provider.
func (p *Provider) Handler() http.Handler {
	s := web.Server{Log: p.Log, NewID: p.NewID, Now: p.Now, Prefix: "OP_", Fail: p.fail, Caller: web.ByCookie, Body: 64 << 10,
		Headers: map[string]string{"Pragma": "no-cache", "Referrer-Policy": "no-referrer"}}
	return s.Handler(p.routes())
}

func (p *Provider) routes() []web.Route {
	route := func(pattern string, serve func(ops.Caller, http.ResponseWriter, *http.Request) error) web.Route {
		return web.Route{Pattern: pattern, Serve: serve}
	}
	return []web.Route{
		route("GET "+oidc.DiscoveryEndpoint, p.anywhere(p.public)),
		route("GET "+keysPath, p.anywhere(p.public)),
		route("POST "+tokenPath, p.anywhere(p.posted)),
		route("OPTIONS "+tokenPath, p.anywhere(preflight)),
		route("GET "+userinfoPath, p.anywhere(p.public)),
		route("POST "+userinfoPath, p.anywhere(p.posted)),
		route("OPTIONS "+userinfoPath, p.anywhere(preflight)),
		route("POST "+revokePath, p.anywhere(p.posted)),
		route("OPTIONS "+revokePath, p.anywhere(preflight)),
		route("POST "+introspect, p.posted),
		route("POST "+devicePath, p.posted),

		route("GET "+authorizePath, p.authorize),
		route("POST "+authorizePath, p.authorize),
		route("GET "+callbackPath, p.callback),
		route("GET "+endPath, p.endSession),
		route("POST "+endPath, p.endSession),

		route("GET /v1/authorize", p.authorizeWebex),
		route("POST "+webexPath, p.webexToken),
	}
}

// anywhere lets pages of other sites read the answer: nothing in it goes by
// what their browser sends by itself (Fetch standard, CORS protocol).
func (p *Provider) anywhere(serve func(ops.Caller, http.ResponseWriter, *http.Request) error) func(ops.Caller, http.ResponseWriter, *http.Request) error {
	return func(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		return serve(c, w, r)
	}
}

func preflight(_ ops.Caller, w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	w.Header().Set("Access-Control-Max-Age", "3600")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// posted hands a form to the library. Secrets in an address end in logs, and
// what is sent twice is read in one way here and in another there, so that
// neither is taken (RFC 6749 §3.2).
func (p *Provider) posted(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	return p.public(c, w, r)
}

// form reads a form.
func form(r *http.Request) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return kontrollrum.Wrong("content_type", r.Header.Get("Content-Type"), "send a form, application/x-www-form-urlencoded")
	}
	if err := r.ParseForm(); err != nil {
		return parsed(err)
	}
	return once(r.PostForm)
}

// parsed is what a form that cannot be read is answered with.
func parsed(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: "invalid_request", Message: "the form cannot be read"}
}

func once(values url.Values) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if len(values[name]) > 1 {
			return &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: "invalid_request", Message: "send no parameter twice"}
		}
	}
	return nil
}

// public hands a request to the library. Of the caller the library hands on
// nothing but the request's header, so there it stands.
func (p *Provider) public(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	if r.URL.RawQuery != "" {
		return &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: "invalid_request", Message: "send parameters in the body, and none in the address"}
	}
	r.Header.Set(trackingHeader, c.TrackingID)
	r.Header.Set(ipHeader, c.IP)
	r.Header.Set(agentHeader, c.UserAgent)
	p.library.ServeHTTP(&challenger{ResponseWriter: w, userinfo: r.URL.Path == userinfoPath}, r)
	return nil
}

const (
	trackingHeader = "Kontrollrum-Tracking"
	ipHeader       = "Kontrollrum-Ip"
	agentHeader    = "Kontrollrum-Agent"
)

// visitor is who asks, as far as the library hands it on: nobody, from somewhere.
func visitor(h http.Header) ops.Caller {
	return ops.Caller{TrackingID: h.Get(trackingHeader), IP: h.Get(ipHeader), UserAgent: h.Get(agentHeader)}
}

// A challenger says with a 401 how to prove who one is (RFC 6749 §5.2, RFC 6750
// §3), and with what is too much when to try again (RFC 6585 §4).
type challenger struct {
	http.ResponseWriter
	userinfo bool
}

func (w *challenger) WriteHeader(code int) {
	switch {
	case code == http.StatusUnauthorized && w.userinfo:
		w.Header().Set("WWW-Authenticate", `Bearer realm="kontrollrum", error="invalid_token"`)
	case code == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="kontrollrum"`)
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	w.ResponseWriter.WriteHeader(code)
}

// fail answers what went wrong before the library or an application is reached:
// for a browser with a page, for a program in JSON.
func (p *Provider) fail(w http.ResponseWriter, r *http.Request, trackingID string, err error) {
	person := strings.Contains(r.Header.Get("Accept"), "text/html")
	if person && p.Page != nil && !slices.Contains(programs, r.URL.Path) {
		p.Page(w, r, trackingID, err)
		return
	}
	code, text, status := "server_error", "an internal error, logged under "+trackingID, http.StatusInternalServerError
	var method *web.MethodError
	switch known := kontrollrum.All(err); {
	case errors.As(err, &method):
		code, text, status = "invalid_request", method.Error(), http.StatusMethodNotAllowed
	case len(known) > 0 && known[0].Kind == kontrollrum.Busy:
		code, text, status = "temporarily_unavailable", known[0].Message, busy(known[0])
		w.Header().Set("Retry-After", "1")
	case len(known) > 0 && known[0].Kind == kontrollrum.NotFound:
		code, text, status = "invalid_request", known[0].Message, http.StatusNotFound
	case len(known) > 0:
		code, text, status = "invalid_request", known[0].Message, http.StatusBadRequest
		if known[0].Code == "body_too_large" {
			status = http.StatusRequestEntityTooLarge
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		code, text, status = "temporarily_unavailable", "the request was given up", http.StatusServiceUnavailable
	}
	if person {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text + "\n\n" + code + " " + trackingID + "\n")) // the client is gone where this fails
		return
	}
	answer(w, status, map[string]string{"error": code, "error_description": text})
}

// busy is the status of what is to be tried again: whose fault it is that it
// must be differs.
func busy(e *kontrollrum.Error) int {
	if e.Code == ops.TooManyBegun {
		return http.StatusTooManyRequests
	}
	return http.StatusServiceUnavailable
}
