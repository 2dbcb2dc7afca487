package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum/api"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ui"
	"github.com/kontrollrum/kontrollrum/ui/upstream"
	"github.com/kontrollrum/kontrollrum/web"
	"github.com/kontrollrum/kontrollrum/words"
)

// patience is how long running requests may take to end when the server stops.
const patience = 30 * time.Second

type serveCommand struct {
	Addr      string         `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen; port 0 for any that is free. Default ${default}."`
	AdminAddr string         `default:"127.0.0.1:9090" placeholder:"HOST:PORT" help:"Where /metrics, /healthz and /readyz are; empty for nowhere. Default ${default}."`
	PublicURL string         `name:"public-url" placeholder:"URL" help:"Scheme and host as clients reach the hub. Without: http:// and --addr, or localhost for this machine."`
	Demo      bool           `help:"Load the demo world where the database is empty, and print a token for each of its people."`
	Private   bool           `name:"private-providers" help:"Let organizations' identity providers be on this machine or a private network."`
	Proxies   []netip.Prefix `name:"trusted-proxies" placeholder:"NETWORK" help:"Of proxies before the hub, such as 127.0.0.1/32,10.0.0.0/8: whom they name in X-Forwarded-For is who asks. Without, all that comes through a proxy is one address, and waits for each other's wrong passwords."`
	mailFlags
	LogFormat string `default:"text" enum:"text,json" help:"Of the log on standard error: text or json."`
}

// Run serves until it is told to stop.
func (c *serveCommand) Run(h *house) error {
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	defer listener.Close()
	var admin net.Listener
	if c.AdminAddr != "" {
		if admin, err = net.Listen("tcp", c.AdminAddr); err != nil {
			return fmt.Errorf("--admin-addr: %w", err)
		}
		defer admin.Close()
	}
	public, err := publicURL(c.PublicURL, listener.Addr())
	if err != nil {
		return err
	}
	h.public = public
	if c.Demo {
		if err := h.loadDemo(); err != nil {
			return err
		}
	}
	return h.anew(func(hub *ops.Hub) error {
		s := &server{house: h, hub: hub, metrics: newMetrics(version), log: c.log(h)}
		postman, err := c.postman(s)
		if err != nil {
			return err
		}
		h.printf("Kontrollrum listens on http://%s\n", listener.Addr())
		if err := s.tells(postman, admin); err != nil {
			return err
		}
		if admin != nil {
			h.printf("Metrics and health on http://%s/metrics, /healthz, /readyz\n", admin.Addr())
			go s.admin(admin)
		}
		if c.Demo {
			if err := h.printDemo(hub, public); err != nil {
				return err
			}
		}
		faces, err := s.faces(upstream.Client(c.Private))
		if err != nil {
			return err
		}
		ctx, stop := context.WithCancel(s.ctx)
		var posting sync.WaitGroup
		posting.Go(func() { postman.Run(ctx) })
		defer posting.Wait() // until what it has in hand is noted
		defer stop()
		return s.serve(listener, web.Behind(c.Proxies, faces))
	})
}

// faces are all that the hub answers at its public address: the API for
// programs, and pages for people, each by its paths.
func (s *server) faces(providers *http.Client) (http.Handler, error) {
	if insecure(s.public) {
		s.log.Warn("nobody can sign in with a browser at this public URL: browsers keep the cookies only over https, or on the hub's own machine; give --public-url https://…", "public_url", s.public)
	}
	config := ui.Config{PublicURL: s.public, Version: version, Log: s.log, NewID: uuid.NewString, Now: time.Now, Providers: providers}
	pages, err := ui.Handler(s.hub, config)
	if err != nil {
		return nil, err
	}
	shows, err := ui.Errors(config)
	if err != nil {
		return nil, err
	}
	programs := api.Handler(s.hub, api.Config{PublicURL: s.public, Log: s.log, NewID: uuid.NewString, Now: time.Now})
	others := []http.Handler{programs}
	if p := s.provider(s.public, shows); p != nil {
		others = append(others, p.Handler())
	}
	return web.Strict(s.public, web.Compose(pages, others...)), nil
}

// insecure reports whether browsers keep no cookies of a public URL: it is
// plain HTTP, and not of their own machine.
func insecure(public string) bool {
	u, err := url.Parse(public)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}

func (c *serveCommand) log(h *house) *slog.Logger {
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(h.stderr, nil))
	}
	return slog.New(slog.NewTextHandler(h.stderr, nil))
}

// publicURL is scheme and host of the links in answers: as given, or else where the server listens.
func publicURL(given string, at net.Addr) (string, error) {
	if given == "" {
		host, port, err := net.SplitHostPort(at.String())
		if ip := net.ParseIP(host); ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
			host = "localhost" // a name, which passkeys need
		}
		return "http://" + net.JoinHostPort(host, port), err
	}
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", fmt.Errorf("--public-url %q: give scheme and host alone, such as https://hub.example.com", given)
	}
	return u.Scheme + "://" + u.Host, nil
}

// A server is a hub that is served.
type server struct {
	*house
	hub      *ops.Hub
	metrics  *metrics
	log      *slog.Logger
	letters  *words.Book // of the page of letters; nil: mail goes out
	stopping atomic.Bool
}

// serve answers until the house's context ends; then it accepts nothing more,
// lets running requests end, and returns.
func (s *server) serve(listener net.Listener, handler http.Handler) error {
	running := s.http(s.metrics.measure(handler))
	failed := make(chan error, 1)
	go func() { failed <- running.Serve(listener) }()
	s.log.Info("serving", "version", version, "engine", s.hub.Engine(), "addr", listener.Addr().String())
	select {
	case err := <-failed:
		return err
	case <-s.ctx.Done():
	}
	s.stopping.Store(true)
	s.log.Info("stopping", "patience", patience)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), patience)
	defer cancel()
	if err := running.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("requests were still running after %v: %w", patience, err), running.Close())
	}
	s.log.Info("stopped")
	return nil
}

// http is a server with limits to what a slow or greedy client may hold.
func (s *server) http(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

// admin answers the operator's machinery until the listener is closed: after
// the last request, so that what stops can be seen to stop.
func (s *server) admin(listener net.Listener) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", s.ready)
	if s.letters != nil {
		page := &mailroom{s.folder(), s.letters, listener.Addr().String()}
		mux.Handle("GET /mail", page)
		mux.Handle("GET /mail/{letter}", page)
	}
	if err := s.http(mux).Serve(listener); !errors.Is(err, net.ErrClosed) {
		s.log.Error("admin address", "error", err)
	}
}

// ready says whether to send requests here.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.hub.Ready(ctx); err != nil {
		s.log.Error("not ready", "error", err)
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}
