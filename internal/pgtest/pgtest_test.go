package pgtest_test

import (
	"context"
	"database/sql"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum/internal/pgtest"
)

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.Exec(query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	a, b := open(t, pgtest.Start(t)), open(t, pgtest.Start(t))
	run(t, a, "create table x (n int)")
	run(t, b, "create table x (n int)")
}

func TestDatabaseIsDroppedAfterTheTest(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("inside", func(t *testing.T) {
		url = pgtest.Start(t)
		db, err := sql.Open("pgx", url) // left open on purpose
		if err == nil {
			err = db.Ping()
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	if err := open(t, url).Ping(); err == nil {
		t.Error("the database is still there")
	}
}

func TestKilledServerKeepsWhatItAnswered(t *testing.T) {
	t.Parallel()
	s := pgtest.StartServer(t)
	db := open(t, s.URL())
	var fsync string
	if err := db.QueryRow("show fsync").Scan(&fsync); err != nil || fsync != "on" {
		t.Fatalf("fsync is %q, %v", fsync, err)
	}
	run(t, db, "create table x (n int)")
	for i := range 2 {
		run(t, db, "insert into x values (1)")
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := db.Ping(); err == nil {
			t.Fatal("a killed server answers")
		}
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := db.QueryRow("select count(*) from x").Scan(&n); err != nil || n != i+1 {
			t.Fatalf("after kill %d the table holds %d rows, %v", i+1, n, err)
		}
	}
}

// The test runs itself as a second process, kills it, and waits until its server's folder is gone.
func TestNothingIsLeftBehind(t *testing.T) {
	const asked = "PGTEST_CHILD"
	if os.Getenv(asked) != "" {
		s := pgtest.StartServer(t)
		_, _ = io.WriteString(os.Stdout, "\n"+s.URL()+"\n")
		select {} // until killed
	}
	t.Parallel()
	pgtest.Start(t) // skips where there is no PostgreSQL
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestNothingIsLeftBehind$")
	c.Env = append(os.Environ(), asked+"=1")
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	folder := readFolder(out)
	if _, err := os.Stat(folder); err != nil {
		t.Fatalf("the second process started no server: %v", err)
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	for {
		if _, err := os.Stat(folder); os.IsNotExist(err) {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%s is still there", folder)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// readFolder finds the socket's folder in what the second process prints.
func readFolder(r io.Reader) string {
	var text []byte
	for buf := make([]byte, 256); ; {
		n, err := r.Read(buf)
		text = append(text, buf[:n]...)
		if _, rest, ok := strings.Cut(string(text), "host="); ok && strings.Contains(rest, "\n") {
			folder, _, _ := strings.Cut(rest, "\n")
			return strings.ReplaceAll(folder, "%2F", "/")
		}
		if err != nil {
			return ""
		}
	}
}
