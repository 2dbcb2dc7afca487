// Package store keeps the hub's facts in SQLite or PostgreSQL: one schema, one
// SQL text, no opinion. It decides nothing; the compiler keeps everyone but
// package ops out. What differs between the two engines stands in this file and
// in migrate.go.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver named pgx
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/kontrollrum/kontrollrum"
)

// A Store is one open database. It is safe for concurrent use.
type Store struct {
	engine engine
	db     *sql.DB // PostgreSQL: every connection; SQLite: the writing one
	lite   *lite   // SQLite only
	// alone is held by a change that met another and runs again (PostgreSQL), and
	// shared by those that have not met any: where many want the same row they
	// take turns instead of stopping each other, and elsewhere run side by side.
	alone sync.RWMutex
	keys  *collation

	trigrams bool // PostgreSQL: it has the extension that search needs
	effort   effort
}

type engine string

const (
	sqliteEngine   engine = "sqlite"
	postgresEngine engine = "postgres"
)

// Open opens a database and brings its schema up to date. A postgres:// URL is
// a PostgreSQL database; what is no URL the path of a SQLite file, created
// with its folder where there is none. Any other URL is Invalid, and told of by
// its scheme only: it may hold a password.
func Open(ctx context.Context, database string) (*Store, error) {
	var s *Store
	var err error
	switch scheme, rest, url := strings.Cut(database, "://"); {
	case !url:
		s, err = openSQLite(database)
	case strings.EqualFold(scheme, "postgres") || strings.EqualFold(scheme, "postgresql"):
		s, err = openPostgres("postgres://" + rest)
	default:
		err = kontrollrum.Wrong("database", scheme+"://", "give the path of a file, or a postgres:// URL")
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s.keys, s.effort = newCollation(), effort{few: 2000, walks: []int{500, 5000}}
	if err = s.migrate(ctx); err != nil {
		err = fmt.Errorf("migrate database: %w", err)
	} else if s.lite != nil {
		err = s.lite.connect(ctx, s.db)
	} else {
		err = s.db.QueryRowContext(ctx, `select exists (select from pg_indexes where indexname = 'users_search')`).Scan(&s.trigrams)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func openPostgres(address string) (*Store, error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(32)
	return &Store{engine: postgresEngine, db: db}, nil
}

// Close closes every connection.
func (s *Store) Close() error {
	if s.lite != nil {
		return errors.Join(s.lite.close(), s.db.Close())
	}
	return s.db.Close()
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return s.Read(ctx, func(t *Tx) error {
		_, err := t.CountOrganizations(ctx)
		return err
	})
}

// Engine names the engine: sqlite or postgres.
func (s *Store) Engine() string { return string(s.engine) }

// OneWriter reports whether changes are made one after the other.
func (s *Store) OneWriter() bool { return s.lite != nil }

// Backup writes a consistent copy of a running SQLite database to a file that
// must not exist.
func (s *Store) Backup(ctx context.Context, path string) error {
	if s.engine != sqliteEngine {
		return kontrollrum.Wrong("database", string(s.engine), "back PostgreSQL up with pg_dump")
	}
	// Made here so that at no time anybody else may read it.
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return kontrollrum.Wrong("to", path, "name a file that does not exist yet")
	}
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if err = errors.Join(file.Close(), s.lite.backup(ctx, path)); err != nil {
		return errors.Join(fmt.Errorf("back up: %w", err), os.Remove(path))
	}
	return nil
}

// A Tx is one transaction. Reads see one state of the database.
type Tx struct {
	on     runner
	s      *Store
	memory *memory // of facts that still hold; nil where there is none
	// begin begins the transaction before its first statement; nil once it has.
	// What is told from memory alone needs no transaction.
	begin func() error
	// failed is the first statement's failure. It ends the transaction: an engine
	// may have rolled back, and what followed would stand alone.
	failed error
}

// A runner runs SQL within a transaction, prepared once per connection.
type runner interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// Read runs f in a read-only transaction.
func (s *Store) Read(ctx context.Context, f func(*Tx) error) error {
	return s.transact(ctx, false, f)
}

// Look runs f, which reads by one statement, or by several that need not see
// one state. On PostgreSQL it costs no more than they do.
func (s *Store) Look(ctx context.Context, f func(*Tx) error) error {
	if s.lite != nil {
		return s.Read(ctx, f)
	}
	return told(ctx, f(&Tx{on: s.db, s: s}))
}

// Write runs f in a transaction and commits what it did, or nothing where f
// fails. It runs f again where another transaction came between, so f must
// have no effect but through its Tx.
func (s *Store) Write(ctx context.Context, f func(*Tx) error) error {
	return s.transact(ctx, true, f)
}

// attempts is how often a transaction is tried before its caller is told to come back.
const attempts = 60

func (s *Store) transact(ctx context.Context, writes bool, f func(*Tx) error) error {
	for try := 1; ; try++ {
		err := s.once(ctx, writes, try, f)
		if err == nil || !again(err) {
			return told(ctx, err)
		}
		if try == attempts {
			return &kontrollrum.Error{Kind: kontrollrum.Busy, Code: "busy", Message: "too many changes at once; try again in a moment"}
		}
		// Whoever loses again, to another node or process, waits a random while,
		// so that the losers do not meet once more.
		pause := time.Duration(rand.Int64N(1 + int64(min(try-1, 20))*int64(4*time.Millisecond)))
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (s *Store) once(ctx context.Context, writes bool, try int, f func(*Tx) error) error {
	if s.lite != nil {
		return s.onceSQLite(ctx, writes, f)
	}
	return s.oncePostgres(ctx, writes, try, f)
}

// oncePostgres: changes are serializable; reads see one snapshot.
func (s *Store) oncePostgres(ctx context.Context, writes bool, try int, f func(*Tx) error) error {
	options := &sql.TxOptions{Isolation: sql.LevelSerializable}
	switch {
	case writes && try == 1:
		s.alone.RLock()
		defer s.alone.RUnlock()
	case writes:
		s.alone.Lock()
		defer s.alone.Unlock()
	default:
		options = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	tx, err := s.db.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // f failed or panicked; after a commit it does nothing
	t := &Tx{on: tx, s: s}
	if err = f(t); err == nil {
		err = t.failed
	}
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// again reports whether a transaction failed only because of another one.
func again(err error) bool {
	if errors.Is(err, errMoved) {
		return true
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// serialization_failure, deadlock_detected; and a unique key that a
		// concurrent transaction took: run again, the check before it now sees it.
		return pg.Code == "40001" || pg.Code == "40P01" || pg.Code == "23505"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		code := lite.Code() & 0xff
		return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
	}
	return false
}

// told says what became of a transaction in words that are the same on both
// engines, where the caller is gone or has sent text that PostgreSQL cannot keep.
func told(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var pg *pgconn.PgError
	switch {
	case kontrollrum.All(err) != nil:
		return err
	case ctx.Err() != nil && !errors.Is(err, ctx.Err()):
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	case errors.As(err, &pg) && pg.Code == "22021": // character_not_in_repertoire
		return &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: "invalid_text", Message: "use text in UTF-8 without the character NUL"}
	}
	return err
}

// ready makes ready for a statement.
func (t *Tx) ready() error {
	if t.begin != nil && t.failed == nil {
		t.failed, t.begin = t.begin(), nil
	}
	return t.failed
}

// query runs a text that returns rows.
func (t *Tx) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	rows, err := t.on.QueryContext(ctx, text, args...)
	t.failed = err
	return rows, err
}

// exec runs a text and returns how many rows it changed.
func (t *Tx) exec(ctx context.Context, text string, args ...any) (int64, error) {
	if err := t.ready(); err != nil {
		return 0, err
	}
	result, err := t.on.ExecContext(ctx, text, args...)
	if t.failed = err; err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row scans the one row a text returns; found is false where there is none.
func (t *Tx) row(ctx context.Context, text string, args []any, into ...any) (found bool, err error) {
	if err := t.ready(); err != nil {
		return false, err
	}
	err = t.on.QueryRowContext(ctx, text, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	t.failed = err
	return err == nil, err
}

// each calls scan once a row.
func each(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// micros is an instant as it is stored; nil for the zero time.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// instant is the inverse of micros, in UTC.
func instant(n sql.NullInt64) time.Time {
	if !n.Valid || n.Int64 == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n.Int64).UTC()
}
