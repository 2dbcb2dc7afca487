package main

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/mail/mailtest"
	"github.com/kontrollrum/kontrollrum/ops"
)

const (
	mailLetters = 5000
	mailWorkers = 8
	mailEvery   = 350 // letters between one thing that breaks and the next
)

// TestMailKillSQLite sends 5,000 letters while the mail server and the hub are
// killed in turn: none is lost, and what came twice was in flight at a kill.
func TestMailKillSQLite(t *testing.T) {
	t.Parallel()
	mailKill(t, filepath.Join(t.TempDir(), "kontrollrum.db"), "sqlite")
}

// TestMailKillPostgres is TestMailKillSQLite on PostgreSQL.
func TestMailKillPostgres(t *testing.T) {
	t.Parallel()
	mailKill(t, pgtest.Start(t), "pgx")
}

func mailKill(t *testing.T, database, driver string) {
	program := filepath.Join(t.TempDir(), "kontrollrum")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	fillOutbox(t, database, driver)
	there := mailtest.Start(t, mailtest.Options{})
	data := t.TempDir()
	start := func() *exec.Cmd {
		hub := exec.Command(program, "serve", "--data", data, "--database", database, "--addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0",
			"--smtp-url", "smtp://"+there.Address(), "--mail-from", "hub@crash.example",
			"--mail-workers", fmt.Sprint(mailWorkers), "--mail-retry", "100ms", "--mail-lease", "1s")
		out, err := hub.StdoutPipe()
		if err == nil {
			err = hub.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if regexp.MustCompile(`Metrics and health`).MatchString(lines.Text()) {
				go io.Copy(io.Discard, out) //nolint:errcheck // until it is killed
				return hub
			}
		}
		t.Fatalf("the hub does not start: %v", hub.Wait())
		return nil
	}
	began := time.Now()
	hub := start()
	await := func(what string, reached func() bool) {
		for end := time.Now().Add(waiting); !reached(); time.Sleep(2 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: %d letters have come", what, there.Count())
			}
		}
	}
	hubs, servers := 0, 0
	for n := mailEvery; n < mailLetters; n += mailEvery {
		await("before the next kill", func() bool { return there.Count() >= n })
		if n/mailEvery%2 == 0 {
			if err := hub.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = hub.Wait() // it was killed
			hubs++
			hub = start()
			continue
		}
		there.Kill()
		servers++
		time.Sleep(100 * time.Millisecond)
		there.Restart()
	}
	db, err := sql.Open(driver, database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	owed := func() (n int) {
		if err := db.QueryRow(`select count(*) from outbox where sent is null`).Scan(&n); err != nil {
			return -1 // busy
		}
		return n
	}
	await("at the end", func() bool { return there.Count() >= mailLetters && owed() == 0 })
	took := time.Since(began)
	if err := hub.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = hub.Wait() // it was killed

	count, to := map[string]int{}, map[string]string{}
	for _, l := range there.Letters() {
		count[l.ID]++
		if was := to[l.ID]; was != "" && was != l.To {
			t.Errorf("%s went to %s and to %s", l.ID, was, l.To)
		}
		to[l.ID] = l.To
	}
	people := map[string]bool{}
	for _, address := range to {
		people[address] = true
	}
	doubles := there.Count() - len(count)
	if len(count) != mailLetters || len(people) != mailLetters {
		t.Errorf("%d letters came to %d people, want %d", len(count), len(people), mailLetters)
	}
	if most := (hubs + servers) * mailWorkers; doubles > most {
		t.Errorf("%d came twice, at most %d were in flight", doubles, most)
	}
	t.Logf("%d letters in %v (%.0f/s), the hub killed %d times, the mail server %d times: none lost, %d came once more", mailLetters,
		took.Round(10*time.Millisecond), float64(mailLetters)/took.Seconds(), hubs, servers, doubles)
}

// fillOutbox makes an organization and invites somebody, and writes as many
// copies of the letter, each to an address and with a link of its own.
func fillOutbox(t *testing.T, database, driver string) {
	t.Helper()
	ctx := t.Context()
	hub, err := ops.Open(ctx, ops.Config{Database: database, Now: time.Now, NewID: uuid.NewString})
	if err == nil {
		defer hub.Close()
		_, err = ops.Do(ctx, hub, ops.Operator(), ops.FoundOrganization{NewOrganization: ops.NewOrganization{Plate: "CRA", Name: "Crash"},
			Administrator: ops.AddUser{Email: "p0@crash.example", Details: ops.Details{DisplayName: "Crash"}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open(driver, database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < mailLetters; n++ {
		link, letter, address := uuid.NewString(), uuid.NewString(), fmt.Sprintf("p%d@crash.example", n)
		_, err := tx.ExecContext(ctx, `insert into links (id, organization, user_id, purpose, email, created, expires)
			select $1, organization, user_id, purpose, $2, created, expires from links where email = 'p0@crash.example'`, link, address)
		if err == nil {
			_, err = tx.ExecContext(ctx, `insert into outbox (organization, id, user_id, kind, address, language, data, link, task, message_id, created, due, attempts, state, claim, error)
				select organization, $1, user_id, kind, $2, language, data, $3, task, $4, created, due, attempts, state, claim, error from outbox where address = 'p0@crash.example'`,
				letter, address, link, letter+"@crash.example")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}
