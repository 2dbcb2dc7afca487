package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// TestStatementsAreForgotten asks in more ways than a connection remembers.
func TestStatementsAreForgotten(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "kontrollrum.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.lite.read = only(s.lite.read)
	for i := range 2 * maxPrepared {
		err := s.Read(ctx, func(tx *Tx) error {
			f := UserFilter{IDs: make([]kontrollrum.UserID, 1+i/8), Search: strings.Repeat("x", i&1), NamePrefix: strings.Repeat("x", i&2), Unlicensed: i&4 > 0, Limit: 1}
			_, _, err := tx.Users(ctx, "SUN", f, policy.Sight{}, time.Unix(0, 0))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	c := <-s.lite.read
	if n := len(c.prepared); n == 0 || n > maxPrepared {
		t.Errorf("%d statements are kept, want at most %d", n, maxPrepared)
	}
	s.lite.read <- c
}

// only leaves one connection in a pool and closes the others.
func only(pool chan *conn) chan *conn {
	for len(pool) > 1 {
		c := <-pool
		_ = c.Close()
	}
	one := make(chan *conn, 1)
	one <- <-pool
	return one
}
