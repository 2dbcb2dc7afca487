package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/oidc"
	"github.com/kontrollrum/kontrollrum/ops"
)

// How often the provider looks whether there is something to do.
const (
	logoutPace = 2 * time.Second
	keyPace    = time.Hour
)

// provider is the OpenID Provider, and begins what it does by itself: to tell
// clients of logouts, and to make new keys when the old ones have signed for
// long enough. It has shows tell people what went wrong. Nil where the public
// URL is neither TLS nor this machine.
func (s *server) provider(public string, shows func(http.ResponseWriter, *http.Request, string, error)) *oidc.Provider {
	// The library logs what it refuses by the default logger, and by nothing else.
	slog.SetDefault(slog.New(warnings{s.log.Handler()}))
	p, err := oidc.New(s.hub, oidc.Config{PublicURL: public, Log: s.log, NewID: uuid.NewString, Now: time.Now, Page: shows})
	if err != nil {
		s.log.Warn("nobody can sign in to applications", "public_url", public, "reason", err.Error())
		return nil
	}
	logouts, keys := time.NewTicker(logoutPace), time.NewTicker(keyPace)
	go p.TellLogouts(s.ctx, &http.Client{Transport: http.DefaultTransport}, logouts.C)
	go s.keepKeys(keys.C)
	return p
}

// keepKeys makes a new signing key when the newest has signed for long enough.
func (s *server) keepKeys(tick <-chan time.Time) {
	for {
		if err := s.renewKeys(); err != nil && s.ctx.Err() == nil {
			s.log.Error("signing keys", "error", err)
		}
		select {
		case <-s.ctx.Done():
			return
		case <-tick:
		}
	}
}

func (s *server) renewKeys() error {
	keys, err := s.hub.SigningKeys(s.ctx) // which makes the first
	if err != nil || time.Since(keys[0].Begins) < ops.KeyLife {
		return err
	}
	private, err := kontrollrum.NewSigningKey()
	if err == nil {
		_, err = done(s.house, s.hub, ops.RotateSigningKeys{Private: private, Due: true})
	}
	return err
}

// warnings is a handler that leaves out what is only of interest to who works on it.
type warnings struct{ slog.Handler }

// Enabled leaves out what is less than a warning.
func (h warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}
