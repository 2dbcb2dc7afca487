package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	<-s.lite.read.free
	c := s.lite.read.last() // which all of them had
	if n := len(c.prepared); n == 0 || n > maxPrepared {
		t.Errorf("%d statements are kept, want at most %d", n, maxPrepared)
	}
	s.lite.read.put(c)
}

// TestNoScans: what is asked of one organization, or about one thing, costs
// what it finds, however much the installation holds.
func TestNoScans(t *testing.T) {
	t.Parallel()
	ctx, now := context.Background(), time.Unix(0, 0)
	s, err := Open(ctx, filepath.Join(t.TempDir(), "kontrollrum.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	questions := map[string]func(*Tx) error{
		"a token":          func(tx *Tx) error { _, err := tx.Token(ctx, "x"); return err },
		"tokens of a user": func(tx *Tx) error { _, err := tx.Tokens(ctx, "x"); return err },
		"customers":        func(tx *Tx) error { _, err := tx.Customers(ctx, "NHD", now); return err },
		"who reaches them": func(tx *Tx) error { _, err := tx.Reaches(ctx, "NHD", now); return err },
	}
	for _, f := range []UserFilter{{}, {Search: "x"}, {Email: "x"}, {IDs: []kontrollrum.UserID{"x", "y"}}, {Roles: []policy.Role{policy.FullAdmin}}, {After: Mark{"x", "y"}}} {
		questions[fmt.Sprintf("external administrators %+v", f)] = func(tx *Tx) error {
			_, _, err := tx.ExternalAdministrators(ctx, "SUN", f, policy.Sight{External: policy.SeesAll}, now)
			return err
		}
	}
	for what, ask := range questions {
		var plan planned
		err := s.Read(ctx, func(tx *Tx) error {
			plan.runner, tx.on = tx.on, &plan
			return ask(tx)
		})
		if err != nil && !errors.Is(err, kontrollrum.NotFound) || len(plan.steps) == 0 {
			t.Fatalf("%s: %v, planned in %d steps", what, err, len(plan.steps))
		}
		for _, step := range plan.steps {
			if strings.HasPrefix(step, "SCAN") {
				t.Errorf("%s: %s\n\t%s", what, step, strings.Join(plan.steps, "\n\t"))
			}
		}
	}
}

// planned is a runner that notes how SQLite goes about what it is asked.
type planned struct {
	runner
	steps []string
}

func (p *planned) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	rows, err := p.runner.QueryContext(ctx, `explain query plan `+text, args...)
	err = each(rows, err, func(rows *sql.Rows) error {
		var id, parent, unused int
		var step string
		err := rows.Scan(&id, &parent, &unused, &step)
		p.steps = append(p.steps, step)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p.runner.QueryContext(ctx, text, args...)
}
