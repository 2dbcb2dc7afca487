// Package ops is everything anyone can do, each as an op, and the one door
// that ops go through: [Do] permits, runs and records an op in one
// transaction. It does not know HTTP, wire formats or words on a screen.
//
// How to add an op, in ten lines: declare a struct of plain data in the file
// of its noun; give it asks (the action and whose permission) and run (what it
// does, by the store); add it to all.go, and its action to the policy's grid
// where it is new; give it a sample in the every-op test, a route in api, and
// a line in CHANGELOG.md. In run, set t.before and t.after to what the audit
// log should show. Never ask there who the caller is.
package ops

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A Config says what a hub runs on. Time and ids come in as functions.
type Config struct {
	Database string           // a SQLite file's path or a postgres:// URL
	Now      func() time.Time // the clock
	NewID    func() string    // makes UUIDs

	// Key seals what the database must not tell. Without one nothing works that
	// needs it: sign-in, mail, the OpenID Provider.
	Key kontrollrum.Key
	// PublicURL is scheme and host as browsers reach the hub, without a slash at
	// its end: links in mails, and the relying party of passkeys.
	PublicURL string
}

// A Hub is a running installation. It is safe for concurrent use, and any
// number of hubs may share one PostgreSQL database.
type Hub struct {
	store *store.Store
	now   func() time.Time
	newID func() string
	key   kontrollrum.Key
	url   string // public

	hashes   hashes
	passkeys *webauthn.WebAuthn // nil where there can be none
	swept    atomic.Int64       // when what has expired was last forgotten, as Unix time

	interrupt func() error // a test's, before each commit; nil otherwise
}

// Open opens the database and brings its schema up to date.
func Open(ctx context.Context, c Config) (*Hub, error) {
	s, err := store.Open(ctx, c.Database)
	if err != nil {
		return nil, err
	}
	h := &Hub{store: s, now: c.Now, newID: c.NewID, key: c.Key, url: c.PublicURL, hashes: newHashes(runtime.NumCPU()), passkeys: relyingParty(c.PublicURL)}
	if err := h.checkKey(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return h, nil
}

// checkKey fails with Conflict where the installation's key is another.
func (h *Hub) checkKey(ctx context.Context) error {
	if h.key.Zero() {
		return nil
	}
	sum := h.key.MAC("installation", "check")
	return h.store.Write(ctx, func(tx *store.Tx) error {
		kept, err := tx.Installation(ctx, "key", sum)
		if err == nil && kept != sum {
			return kontrollrum.Clash("other_key", "this installation was made with another key; copy the key file of the node that made it")
		}
		return err
	})
}

// Close closes the database. Running ops fail.
func (h *Hub) Close() error { return h.store.Close() }

// Ready fails where the database does not answer.
func (h *Hub) Ready(ctx context.Context) error { return h.store.Ping(ctx) }

// Engine names the database engine: sqlite or postgres.
func (h *Hub) Engine() string { return h.store.Engine() }

// Backup writes a consistent copy of a running SQLite installation to a file
// that must not exist. It fails with Invalid on PostgreSQL, which has pg_dump.
func (h *Hub) Backup(ctx context.Context, path string) error { return h.store.Backup(ctx, path) }

// placeOf names an organization by id or plate.
func placeOf(named string) store.Place { return store.Place(named) }

// A Caller is who asks, and from where. It never says what they may. The zero
// Caller is nobody.
type Caller struct {
	bearer   string             // hash of a token
	session  string             // hash of a session's
	user     kontrollrum.UserID // known by other means than a token
	operator bool
	found    *store.Bearer // by known

	TrackingID string // of the request, for the audit log
	IP         string
	UserAgent  string
}

// Bearer is whoever a token speaks for, decided when an op runs: a token
// revoked a moment ago speaks for nobody.
func Bearer(token kontrollrum.Secret) Caller { return Caller{bearer: token.Hash()} }

// Session is whoever a session speaks for, decided when an op runs. A sign-in
// that is not complete speaks for nobody.
func Session(token kontrollrum.Secret) Caller { return Caller{session: token.Hash()} }

// User is a user whom the hub itself knows to be calling.
func User(id kontrollrum.UserID) Caller { return Caller{user: id} }

// Operator is whoever runs the command line on the installation's own machine
// and so holds its database. Never make one for a network request.
func Operator() Caller { return Caller{operator: true} }

// unknown is what nobody is told.
func unknown() error {
	return &kontrollrum.Error{Kind: kontrollrum.Unauthenticated, Code: "unauthenticated",
		Message: "send a valid bearer token in the header Authorization, or sign in"}
}

// known finds out who calls, to ask: a user's id, or nothing for the roleless.
func (c *Caller) known(ctx context.Context, t *turn, ask Ask) (string, error) {
	switch {
	case c.operator:
		return "", nil
	case c.user != "":
		return string(c.user), nil
	case c.bearer == "" && c.session == "":
		return "", unknown()
	}
	if c.found == nil { // the parts of an op are the same request, in the same transaction
		find := func() (*store.Bearer, error) { return t.tx.Bearer(ctx, c.bearer, t.now) }
		if c.session != "" {
			find = func() (*store.Bearer, error) { return t.tx.SessionBearer(ctx, c.session, t.now, SessionIdle) }
		}
		found, err := find()
		if err != nil {
			return "", fmt.Errorf("look up token: %w", err)
		}
		if found == nil {
			return "", unknown()
		}
		c.found = found
	}
	if !c.found.Speaks(ask.Enrols) {
		return "", unknown()
	}
	// A token must become neither a way to sign in nor a token that outlives it.
	if (ask.Action == policy.CredentialsEdit || ask.Action == policy.TokensCreate) && c.found.User != "" && c.found.Session == "" {
		return "", noSession()
	}
	return string(c.found.User), nil
}

// known fails with Unauthenticated where a token speaks for nobody now. The op
// that follows looks again in its own transaction.
func (h *Hub) known(ctx context.Context, c Caller, ask Ask) error {
	if c.bearer == "" && c.session == "" {
		_, err := c.known(ctx, nil, ask)
		return err
	}
	return h.store.Look(ctx, func(tx *store.Tx) error {
		_, err := c.known(ctx, &turn{tx: tx, now: h.now().UTC()}, ask)
		return err
	})
}

// roleless reports whether c is one of the two callers who hold no role.
func (c *Caller) roleless() bool { return c.operator || c.application() }

func (c *Caller) application() bool { return c.found != nil && c.found.User == "" }

func (c *Caller) column() policy.Column {
	if c.operator {
		return policy.Operator
	}
	return policy.Application
}

func (c *Caller) name() string {
	if c.application() {
		return c.found.Application
	}
	return "operator"
}
