package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/kontrollrum/kontrollrum"
)

// lite is SQLite's connections: one that writes and several that read, each
// with the statements prepared on it. A transaction has its connection to
// itself, so nothing it prepares can wait for another connection.
type lite struct {
	path    string
	readers *sql.DB
	read    *pool
	write   *pool
	held    []*conn       // all of them
	closed  chan struct{} // closed when the database is
}

// A conn is one connection, used by one transaction at a time.
type conn struct {
	*sql.Conn
	prepared map[string]*sql.Stmt
	memory   memory // of a reading connection
}

// A pool is the connections of one kind that no transaction has. The last one
// put back is the first to be taken: it remembers most, and so does the processor.
type pool struct {
	free chan struct{} // one for each
	mu   sync.Mutex
	of   []*conn
}

func newPool(size int) *pool { return &pool{free: make(chan struct{}, size)} }

// last takes a connection, for one that was received from free.
func (p *pool) last() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.of[len(p.of)-1]
	p.of = p.of[:len(p.of)-1]
	return c
}

func (p *pool) put(c *conn) {
	p.mu.Lock()
	p.of = append(p.of, c)
	p.mu.Unlock()
	p.free <- struct{}{}
}

// openSQLite opens a file. Commits are synced in full: what was answered is
// there after a loss of power.
func openSQLite(path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// Made here so that nobody else may read it.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	writer, err := connections(path)
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	readers, err := connections(path, "query_only(1)")
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	return &Store{engine: sqliteEngine, db: writer, lite: &lite{path: path, readers: readers, closed: make(chan struct{})}}, nil
}

// connections makes connections to a file, set up alike but for more pragmas.
func connections(path string, more ...string) (*sql.DB, error) {
	pragmas := append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"cache_size(-65536)", "mmap_size(2147418112)"}, more...)
	return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+url.Values{"_txlock": {"immediate"}, "_pragma": pragmas}.Encode())
}

// connect opens the connections, once the schema is up to date.
func (l *lite) connect(ctx context.Context, writer *sql.DB) error {
	l.write, l.read = newPool(1), newPool(max(4, 2*runtime.NumCPU()))
	for range cap(l.read.free) {
		if err := l.hold(ctx, l.readers, l.read); err != nil {
			return err
		}
	}
	return l.hold(ctx, writer, l.write)
}

// hold opens a connection of a pool. From here on a lock of another process is
// waited for a moment only: the transaction runs again, unless whoever asked is gone.
func (l *lite) hold(ctx context.Context, db *sql.DB, to *pool) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	if _, err = c.ExecContext(ctx, `pragma busy_timeout = 250`); err != nil {
		return errors.Join(err, c.Close())
	}
	one := &conn{Conn: c, prepared: map[string]*sql.Stmt{}}
	l.held = append(l.held, one)
	to.put(one)
	return nil
}

// close closes every connection, each when its transaction is over.
func (l *lite) close() error {
	close(l.closed)
	var errs []error
	for range l.held {
		var c *conn
		select {
		case <-l.read.free:
			c = l.read.last()
		case <-l.write.free:
			c = l.write.last()
		}
		for _, stmt := range c.prepared {
			errs = append(errs, stmt.Close())
		}
		errs = append(errs, c.Close())
	}
	return errors.Join(append(errs, l.readers.Close())...)
}

// backup copies the database as it is now to a file that is there and empty. It
// only reads, on a connection of its own, so no change waits for it.
func (l *lite) backup(ctx context.Context, path string) error {
	db, err := connections(l.path)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `vacuum into $1`, path)
	return errors.Join(err, db.Close())
}

var (
	errClosed = errors.New("the database is closed")
	errMoved  = errors.New("somebody committed after the first facts were told")
)

// onceSQLite: a change begins by taking the write lock, for which it queues in
// this process and then, of several processes, waits at the file. A read begins
// when it needs more than its connection remembers.
func (s *Store) onceSQLite(ctx context.Context, writes bool, f func(*Tx) error) (err error) {
	pool := s.lite.read
	if writes {
		pool = s.lite.write
	}
	var c *conn
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.lite.closed:
		return errClosed
	case <-pool.free:
		c = pool.last()
	}
	defer pool.put(c)
	if err := c.forget(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	t := &Tx{on: c, s: s}
	// To begin and to end takes less time than to watch whether whoever asked is gone.
	still := context.WithoutCancel(ctx)
	begun := writes
	if writes {
		_, err = c.ExecContext(still, `begin immediate`)
	} else {
		t.memory, err = &c.memory, c.renew(still)
		t.begin = func() error { begun = true; return c.begin(still) }
	}
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if !begun {
			return
		}
		// f failed or panicked; the connection must be clean for the next.
		if _, rollback := c.ExecContext(still, `rollback`); rollback != nil {
			err = errors.Join(err, fmt.Errorf("roll back: %w", rollback))
		}
	}()
	if err = f(t); err == nil {
		err = t.failed
	}
	if err != nil || !begun {
		return err
	}
	if _, err = c.ExecContext(still, `commit`); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	begun = false
	return nil
}

// renew makes the connection forget what may no longer hold.
func (c *conn) renew(ctx context.Context) error {
	version, err := c.version(ctx)
	c.memory.renew(version)
	return err
}

// version is a number that changes if and only if another connection, of
// whatever process, has committed.
func (c *conn) version(ctx context.Context) (n int64, err error) {
	err = c.QueryRowContext(ctx, `pragma data_version`).Scan(&n)
	return n, err
}

// begin begins to read the state that the facts told are of. Asking for its
// version settles which one the transaction sees.
func (c *conn) begin(ctx context.Context) error {
	if _, err := c.ExecContext(ctx, `begin`); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	version, err := c.version(ctx)
	switch {
	case err != nil || version == c.memory.version:
		return err
	case c.memory.told:
		return errMoved
	}
	c.memory.renew(version)
	return nil
}

// maxPrepared is how many statements a connection keeps between transactions.
const maxPrepared = 256

// forget closes what was prepared where that has become many: lists are
// filtered in more ways than memory should hold.
func (c *conn) forget() error {
	if len(c.prepared) <= maxPrepared {
		return nil
	}
	var errs []error
	for _, stmt := range c.prepared {
		errs = append(errs, stmt.Close())
	}
	clear(c.prepared)
	return errors.Join(errs...)
}

// stmt returns the statement of a text, prepared once.
func (c *conn) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt := c.prepared[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := c.PrepareContext(ctx, text)
	if err == nil {
		c.prepared[text] = stmt
	}
	return stmt, err
}

func (c *conn) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	stmt, err := c.stmt(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

func (c *conn) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	stmt, err := c.stmt(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (c *conn) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	stmt, err := c.stmt(ctx, text)
	if err != nil {
		return c.Conn.QueryRowContext(ctx, text, args...) // fails the same way, as a row
	}
	return stmt.QueryRowContext(ctx, args...)
}

// index notes the search text of a new user, on SQLite.
func (t *Tx) index(ctx context.Context, u *kontrollrum.User) error {
	if t.s.lite == nil {
		return nil
	}
	// One row at a time: what may change several makes FTS5 write all it has so far.
	_, err := t.exec(ctx, `insert into search_organizations (organization) values ($1) on conflict do nothing`, u.Organization)
	if err != nil {
		return err
	}
	var number int64
	_, err = t.row(ctx, `select coalesce((select max(number) from search_users where number between o.number << 32 and (o.number << 32) + 4294967295), o.number << 32) + 1
		from search_organizations o where o.organization = $1`, []any{u.Organization}, &number)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `insert into search_users (number, id) values ($1, $2)`, number, u.ID); err != nil {
		return err
	}
	_, err = t.exec(ctx, `insert into search_index (rowid, search) values ($1, $2)`, number, searchText(u))
	return err
}

// reindex notes a user's new search text, before the user is written.
func (t *Tx) reindex(ctx context.Context, u *kontrollrum.User) error {
	if t.s.lite == nil {
		return nil
	}
	var number int64
	text := searchText(u)
	found, err := t.row(ctx, `select s.number from users u join search_users s on s.id = u.id where u.organization = $1 and u.id = $2 and u.search <> $3`,
		[]any{u.Organization, u.ID, text}, &number)
	if !found {
		return err
	}
	_, err = t.exec(ctx, `update search_index set search = $2 where rowid = $1`, number, text)
	return err
}

// unindex forgets a user's search text, before the user is deleted.
func (t *Tx) unindex(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.UserID) error {
	if t.s.lite == nil {
		return nil
	}
	var number int64
	found, err := t.row(ctx, `select s.number from users u join search_users s on s.id = u.id where u.organization = $1 and u.id = $2`, []any{o, id}, &number)
	if !found {
		return err
	}
	if _, err := t.exec(ctx, `delete from search_index where rowid = $1`, number); err != nil {
		return err
	}
	_, err = t.exec(ctx, `delete from search_users where number = $1`, number)
	return err
}

// trigrams finds users who have pieces of a term. Who has them elsewhere than
// in a row is told by LIKE. The first ones do: those of a whole address end in
// what everyone's do.
func trigrams(o kontrollrum.OrganizationID, term []rune) *source {
	var pieces []string
	for i := 0; i < len(term) && len(pieces) < 8; i += 2 {
		three := string(term[min(i, len(term)-3):][:3])
		pieces = append(pieces, `"`+strings.NewReplacer(`"`, `""`, "\x00", "\ufffd").Replace(three)+`"`)
	}
	return &source{ids: `select id from search_users where number`, rows: func(q *query) string {
		organization := `(select number << 32 from search_organizations where organization = ` + q.arg(o) + `)`
		return `select rowid from search_index where search_index match ` + q.arg(strings.Join(pieces, ` AND `)) +
			` and rowid between ` + organization + ` and ` + organization + ` + 4294967295`
	}}
}
