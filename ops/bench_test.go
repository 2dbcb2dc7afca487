package ops_test

import (
	"context"
	"database/sql"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// BenchmarkLicenseChange measures one licence given or taken through the door.
// Its floor is a transaction written by hand, turn by turn: the seat, the
// holding, what is read for them, and an entry, synced to disk alike.
func BenchmarkLicenseChange(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			w := newWorld(b, engine)
			ctx := b.Context()
			chief, user := w.as("chief"), string(w.users["plain"])
			license := w.licenses[string(kontrollrum.StandardAgent)]
			change := func(give bool) error {
				if give {
					_, err := ops.Do(ctx, w.hub, chief, ops.AssignLicense{User: user, License: license})
					return err
				}
				_, err := ops.Do(ctx, w.hub, chief, ops.RemoveLicense{User: user, License: license})
				return err
			}
			byHand := handwritten(b, engine, w.database, user, string(license))
			var hub, floor time.Duration
			give := true
			for b.Loop() {
				start := time.Now()
				if err := change(give); err != nil {
					b.Fatal(err)
				}
				hub += time.Since(start)
				b.StopTimer()
				start = time.Now()
				if err := byHand(ctx, !give); err != nil { // undoes it
					b.Fatal(err)
				}
				floor += time.Since(start)
				give = !give
				start = time.Now()
				if err := byHand(ctx, !give); err != nil { // and does it over, so that the hub has the other change to make
					b.Fatal(err)
				}
				floor += time.Since(start)
				b.StartTimer()
			}
			b.ReportMetric(2*float64(hub)/float64(floor), "x-floor")
			b.ReportMetric(float64(floor.Microseconds())/float64(2*b.N), "floor-µs")
		})
	}
}

// handwritten is the licence change as somebody would write it who trusts the caller.
func handwritten(b *testing.B, engine, database, user, license string) func(context.Context, bool) error {
	driver, source := "pgx", database
	if engine == "sqlite" {
		driver = "sqlite"
		source = "file:" + database + "?" + url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}}.Encode()
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	var organization string
	if err := db.QueryRow(`select organization from licenses where id = $1`, license).Scan(&organization); err != nil {
		b.Fatal(err)
	}
	return func(ctx context.Context, give bool) (err error) {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: map[string]sql.IsolationLevel{"postgres": sql.LevelSerializable}[engine]})
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
		var product, email string
		var bought, used int
		if err := tx.QueryRowContext(ctx, `select product, bought, used from licenses where organization = $1 and id = $2`, organization, license).Scan(&product, &bought, &used); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, `select email from users where organization = $1 and id = $2`, organization, user).Scan(&email); err != nil {
			return err
		}
		step := 1
		if !give {
			step = -1
		}
		exec := func(text string, args ...any) {
			if err == nil {
				_, err = tx.ExecContext(ctx, text, args...)
			}
		}
		exec(`update licenses set used = used + $3 where organization = $1 and id = $2`, organization, license, step)
		if give {
			exec(`insert into holdings (organization, user_id, license, product, contact_center, supervisor, since) values ($1, $2, $3, $4, $5, $6, $7)`,
				organization, user, license, product, true, false, 1)
		} else {
			exec(`delete from holdings where organization = $1 and user_id = $2 and license = $3`, organization, user, license)
		}
		exec(`insert into entries (organization, id, at, action, outcome, actor, actor_name, actor_email, actor_organization, actor_role, target, target_name,
			target_email, role, code, rule, cell, reason, before, after, tracking_id, ip, user_agent, search)
			values ($1, $2, 1, 'licenses.contact_center.edit', 'done', '', '', '', '', '', $3, '', $4, '', '', '', '', '', '', '', '', '', '', '')`,
			organization, uuid.NewString(), user, email)
		if err != nil {
			return err
		}
		return tx.Commit()
	}
}
