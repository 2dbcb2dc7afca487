// Package pgtest gives tests a throw-away PostgreSQL, started from the binaries
// of the machine. Only tests import it. It knows nothing of the hub's schema.
//
// Nothing is left behind, however the tests end: each server has a small shell
// as its keeper, which holds the reading end of a pipe. The pipe closes when the
// test process is gone, be it by return, panic, timeout or SIGKILL; the keeper
// then stops the server and deletes its folder. No TestMain is needed.
package pgtest

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // database/sql's driver "pgx"
)

// errMissing is what a machine without PostgreSQL answers, with the remedy.
var errMissing = errors.New("pgtest: no PostgreSQL found on PATH or in /usr/lib/postgresql/*/bin; " +
	"install it (Debian: apt-get install postgresql)")

// shared is the server that all databases of [Start] live on: one per test
// process, in a hurry, since nobody will miss its data.
var shared = sync.OnceValues(func() (*Server, error) {
	return start("fsync=off", "synchronous_commit=off", "full_page_writes=off")
})

var databases atomic.Int64

// Start returns the URL of a new, empty database and drops it after the test,
// whoever is still connected to it. Without PostgreSQL it skips the test, or
// fails it where CI=true or KONTROLLRUM_REQUIRE_POSTGRES=1 is set.
func Start(tb testing.TB) string {
	tb.Helper()
	s, err := shared()
	refuse(tb, err)
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := s.exec("create database " + name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.exec("drop database if exists " + name + " with (force)"); err != nil {
			tb.Error(err)
		}
	})
	return s.url(name)
}

// refuse ends the test if err is not nil: by a skip if PostgreSQL is missing and may be.
func refuse(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, errMissing) && os.Getenv("CI") != "true" && os.Getenv("KONTROLLRUM_REQUIRE_POSTGRES") != "1" {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// A Server is a PostgreSQL of a test's own, with a folder of its own. It listens
// on a Unix socket only.
type Server struct {
	folder string
	keeper io.WriteCloser // a line starts the server again, the end deletes it
}

// StartServer starts a server that keeps what it has promised: fsync is on.
// Settings are written name=value. It is deleted after the test.
func StartServer(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	s, err := start(settings...)
	refuse(tb, err)
	tb.Cleanup(func() { s.keeper.Close() })
	return s
}

// URL is the address of the server's first database. It survives Kill and Restart.
func (s *Server) URL() string { return s.url("postgres") }

// Kill ends every process of the server at once, as a power failure would. It
// returns when they are gone.
func (s *Server) Kill() error {
	text, err := os.ReadFile(filepath.Join(s.folder, "data", "postmaster.pid"))
	if err != nil {
		return fmt.Errorf("pgtest: kill: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	postmaster, err := strconv.Atoi(first)
	if err != nil {
		return fmt.Errorf("pgtest: kill: %w", err)
	}
	_ = syscall.Kill(postmaster, syscall.SIGSTOP) // so that it starts no more of them, once it has stopped
	for state, _ := stat(postmaster); state != "" && state != "T" && state != "Z"; state, _ = stat(postmaster) {
		time.Sleep(time.Millisecond)
	}
	all := append(children(postmaster), postmaster)
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	for _, pid := range all {
		for state, _ := stat(pid); state != "" && state != "Z"; state, _ = stat(pid) {
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// Restart starts the server again after Kill and returns when it has recovered.
func (s *Server) Restart() error {
	if _, err := io.WriteString(s.keeper, "again\n"); err != nil {
		return fmt.Errorf("pgtest: restart: %w", err)
	}
	return s.wait()
}

// keeper runs the server, again for every line it reads; where its input ends, it
// stops the server, removes the shared memory a killed one leaves, and the folder.
const keeper = `
while "$0/postgres" "$@" >>log 2>&1 & pid=$!; read -r _; do wait $pid; done
kill -QUIT $pid; wait $pid
set -- $(sed -n 7p data/postmaster.pid 2>/dev/null)
[ -z "$2" ] || ipcrm -m "$2"
cd / && rm -rf "$OLDPWD"`

func start(settings ...string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	// Not TMPDIR: a socket's path must be short, and another user reaches this one.
	folder, err := os.MkdirTemp("/tmp", "pgtest")
	if err != nil {
		return nil, err
	}
	as, err := unprivileged(folder)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(name, args...)
		c.Dir, c.Env, c.SysProcAttr = folder, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}, as
		return c
	}
	// Swedish by default: text that forgot its collate "C" sorts otherwise than on SQLite and is found out.
	out, err := command(filepath.Join(bin, "initdb"), "--no-sync", "--username=postgres", "--auth=trust", "--encoding=UTF8",
		"--locale=C", "--locale-provider=icu", "--icu-locale=sv", "--pgdata=data").CombinedOutput()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pgtest: initdb: %w\n%s", err, out), os.RemoveAll(folder))
	}
	args := []string{"-c", keeper, bin, "-D", "data", "-k", folder, "-c", "listen_addresses=",
		"-c", "max_connections=200", "-c", "dynamic_shared_memory_type=mmap"} // mmap: it lies in the folder
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	c := command("/bin/sh", args...)
	pipe, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pgtest: keeper: %w", err), os.RemoveAll(folder))
	}
	go c.Wait()
	s := &Server{folder, pipe}
	return s, s.wait()
}

// unprivileged makes folder the home of the user the server runs as: our own, or
// for root, whom PostgreSQL refuses, one who may nothing else. The server's group
// is its own, so that an interrupt from the keyboard does not reach it before us.
func unprivileged(folder string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{Setpgid: true}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, fmt.Errorf("pgtest: running as root: %w", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	as := &syscall.SysProcAttr{Setpgid: true, Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return as, os.Chown(folder, uid, gid)
}

// binaries returns the folder of initdb and postgres. PATH may hold links to them.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errMissing
	}
	return filepath.Dir(found[len(found)-1]), nil
}

func (s *Server) url(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database, RawQuery: url.Values{"host": {s.folder}}.Encode()}
	return u.String()
}

func (s *Server) exec(query string) error {
	db, err := sql.Open("pgx", s.URL())
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		return fmt.Errorf("pgtest: %s: %w", query, err)
	}
	return nil
}

// wait returns when the server answers.
func (s *Server) wait() error {
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		err := s.exec("select 1")
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.folder, "log"))
			return fmt.Errorf("pgtest: the server does not start: %w\n%s", errors.Join(err, s.keeper.Close()), log)
		}
	}
}

// children lists the processes whose parent is pid.
func children(pid int) (out []int) {
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range all {
		child, _ := strconv.Atoi(filepath.Base(folder))
		if _, parent := stat(child); parent == strconv.Itoa(pid) {
			out = append(out, child)
		}
	}
	return out
}

// stat reads a process's state, empty if there is none, and its parent.
func stat(pid int) (state, parent string) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 2 {
		return "", ""
	}
	return fields[0], fields[1]
}
