package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/ops/internal/store/storetest"
)

// engines make an empty database of each kind and return its address.
var engines = map[string]func(*testing.T) string{
	"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "new", "kontrollrum.db") },
	"postgres": func(t *testing.T) string { return pgtest.Start(t) },
}

func TestStore(t *testing.T) {
	t.Parallel()
	for name, database := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T) *store.Store {
				s := open(t, database(t))
				if s.Engine() != name {
					t.Errorf("engine %s, want %s", s.Engine(), name)
				}
				return s
			})
		})
	}
}

func open(t *testing.T, database string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestOpenAtOnce: of nodes that start at the same moment on an empty database
// one migrates, the others wait, and all work.
func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	for name, database := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := database(t)
			var stores [8]*store.Store
			var errs [8]error
			var wg sync.WaitGroup
			for i := range stores {
				wg.Go(func() { stores[i], errs[i] = store.Open(t.Context(), address) })
			}
			wg.Wait()
			if err := errors.Join(errs[:]...); err != nil {
				t.Fatal(err)
			}
			for _, s := range stores {
				err := s.Write(t.Context(), func(tx *store.Tx) error { return insert(t.Context(), tx) })
				if err := errors.Join(err, s.Ping(t.Context()), s.Close()); err != nil {
					t.Error(err)
				}
			}
			if n := count(t, open(t, address)); n != len(stores) {
				t.Errorf("opened again, it has %d organizations, want %d", n, len(stores))
			}
		})
	}
}

func insert(ctx context.Context, tx *store.Tx) error {
	n, err := tx.CountOrganizations(ctx)
	if err != nil {
		return err
	}
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	return tx.InsertOrganization(ctx, &kontrollrum.Organization{ID: kontrollrum.OrganizationID(uuid.NewString()), Plate: "P" + string(rune('A'+n/26%26)) + string(rune('A'+n%26)),
		State: kontrollrum.OrganizationActive, Created: now, Modified: now, Version: 1})
}

func count(t *testing.T, s *store.Store) (n int) {
	t.Helper()
	err := s.Read(t.Context(), func(tx *store.Tx) (err error) {
		n, err = tx.CountOrganizations(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestBackup: a copy made while changes go on opens, and is one state of the original.
func TestBackup(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := open(t, filepath.Join(folder, "kontrollrum.db"))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 500 {
			select {
			case <-stop:
				return
			default:
			}
			if err := s.Write(t.Context(), func(tx *store.Tx) error { return insert(t.Context(), tx) }); err != nil {
				t.Error(err)
			}
		}
	})
	for _, name := range []string{"a.db", "b.db", "å b'c.db"} {
		path := filepath.Join(folder, name)
		before := count(t, s)
		if err := s.Backup(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		after := count(t, s)
		copied := open(t, path)
		if n := count(t, copied); n < before || n > after {
			t.Errorf("%s: the copy has %d organizations, the original had %d before and %d after", name, n, before, after)
		}
		if err := copied.Write(t.Context(), func(tx *store.Tx) error { return insert(t.Context(), tx) }); err != nil {
			t.Error(err)
		}
		if err := s.Backup(t.Context(), path); !errors.Is(err, kontrollrum.Invalid) {
			t.Errorf("onto a file that exists: %v, want Invalid", err)
		}
	}
	close(stop)
	wg.Wait()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Backup(gone, filepath.Join(folder, "d.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("with the caller gone: %v", err)
	}
	if err := s.Backup(t.Context(), filepath.Join(folder, "none", "e.db")); err == nil {
		t.Error("into a folder that does not exist: no error")
	}
}

func TestBackupElsewhere(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Start(t))
	if err := s.Backup(t.Context(), filepath.Join(t.TempDir(), "a.db")); !errors.Is(err, kontrollrum.Invalid) {
		t.Errorf("on PostgreSQL: %v, want Invalid", err)
	}
}

// TestOpenGivenUp: whoever gives up while a database is opened, at whatever
// moment, is let go, and the next one opens it.
func TestOpenGivenUp(t *testing.T) {
	t.Parallel()
	for name, database := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := database(t)
			open(t, address)
			started := time.Now()
			open(t, address)
			takes := time.Since(started)
			for range 30 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.Int64N(int64(takes))))
				done := make(chan error)
				go func() {
					s, err := store.Open(ctx, address)
					if err == nil {
						err = s.Close()
					}
					done <- err
				}()
				select {
				case err := <-done:
					if err != nil && !errors.Is(err, context.DeadlineExceeded) {
						t.Log(err)
					}
				case <-time.After(30 * time.Second):
					t.Fatal("it is still being opened")
				}
				cancel()
			}
			open(t, address)
		})
	}
}

// TestOpenFails: what cannot be opened says so and leaves nothing running.
func TestOpenFails(t *testing.T) {
	t.Parallel()
	for _, database := range []string{t.TempDir(), "postgres://nobody@127.0.0.1:1/none?connect_timeout=1", "postgres://%zz", "/proc/no/such/folder/x.db"} {
		s, err := store.Open(t.Context(), database)
		if err == nil {
			_ = s.Close()
			t.Errorf("%s opens", database)
		}
	}
}

// TestOpenURL: a URL is never taken for a path, and its password never told.
func TestOpenURL(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, database := range []string{"mysql://u:s3cret@h/db", "postgre://u:s3cret@h/db", "://u:s3cret@h"} {
		s, err := store.Open(t.Context(), database)
		if err == nil {
			_ = s.Close()
		}
		if !errors.Is(err, kontrollrum.Invalid) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want Invalid without the password", database, err)
		}
	}
	if left, err := filepath.Glob("*"); len(left) > 0 || err != nil {
		t.Errorf("it leaves %q, %v", left, err)
	}
	address := strings.Replace(pgtest.Start(t), "postgres://", "POSTGRES://", 1)
	if s := open(t, address); s.Engine() != "postgres" {
		t.Errorf("%s is opened as %s", address, s.Engine())
	}
}
