// Package api speaks JSON in the wire formats of the public Webex APIs, so that
// clients written for those work against the hub by changing their base URL,
// and OpenID AuthZEN. It decodes, calls one op, encodes; it decides nothing and
// knows no SQL.
package api

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// A Config says what the API needs beside a hub.
type Config struct {
	// PublicURL is scheme and host as clients reach the server, without a slash
	// at its end: links in answers are absolute.
	PublicURL string
	Log       *slog.Logger
	NewID     func() string
	Now       func() time.Time
}

// A face is the API of one hub.
type face struct {
	hub *ops.Hub
	Config
}

// Handler serves the API.
func Handler(hub *ops.Hub, c Config) http.Handler {
	f := &face{hub, c}
	s := web.Server{Log: c.Log, NewID: c.NewID, Now: c.Now, Prefix: "NA_", Fail: fail}
	return s.Handler(f.routes())
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, err = w.Write(body)
	return err
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
