// Package opstest opens hubs on temporary databases for tests.
package opstest

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// A Clock is a clock that a test moves.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock returns a clock that stands at the demo world's first morning.
func NewClock() *Clock {
	return &Clock{at: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
}

// Now returns the clock's time, a microsecond later each time it is asked, so
// that what happens later is later.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Microsecond)
	return c.at
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// PublicURL is where browsers would reach the hubs of tests.
const PublicURL = "https://hub.example"

// Key is the key of every test's installation.
func Key() kontrollrum.Key {
	key, err := kontrollrum.ParseKey("a29udHJvbGxydW0gdGVzdCBrZXkgb2YgMzIgYnl0ZXM=")
	if err != nil {
		panic(err)
	}
	return key
}

// Open opens a hub on an empty SQLite database, or on another where database
// is not empty, closed when the test ends.
func Open(tb testing.TB, database string, clock *Clock) *ops.Hub {
	tb.Helper()
	if database == "" {
		database = filepath.Join(tb.TempDir(), "kontrollrum.db")
	}
	h, err := ops.Open(context.Background(), ops.Config{Database: database, Now: clock.Now, NewID: uuid.NewString, Key: Key(), PublicURL: PublicURL})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := h.Close(); err != nil {
			tb.Error(err)
		}
	})
	return h
}
