package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

const (
	crashRounds  = 20
	crashChanges = 200 // at once, each round
)

// A crasher runs the program on one database, kills it amid changes, and looks
// at what is left.
type crasher struct {
	t        *testing.T
	program  string
	database string
	data     string // folder
	driver   string
	license  string
	token    string
	answered map[string]bool // address → its change was answered 2xx
	asked    []string
}

// TestKillSQLite kills the server, twenty times, with 200 changes under way.
func TestKillSQLite(t *testing.T) {
	t.Parallel()
	c := newCrasher(t, filepath.Join(t.TempDir(), "kontrollrum.db"), "sqlite")
	for round := range crashRounds {
		c.round(round, func(server *exec.Cmd) error { return server.Process.Kill() })
	}
	c.look()
}

// TestKillPostgres kills the server and the database in turn, ten times each.
func TestKillPostgres(t *testing.T) {
	t.Parallel()
	pg := pgtest.StartServer(t)
	c := newCrasher(t, pg.URL(), "pgx")
	for round := range crashRounds {
		if round%2 == 0 {
			c.round(round, func(server *exec.Cmd) error { return server.Process.Kill() })
			continue
		}
		c.round(round, func(server *exec.Cmd) error {
			if err := pg.Kill(); err != nil {
				return err
			}
			return server.Process.Kill()
		})
		if err := pg.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	c.look()
}

// newCrasher builds the program and makes an organization to change.
func newCrasher(t *testing.T, database, driver string) *crasher {
	c := &crasher{t: t, program: filepath.Join(t.TempDir(), "kontrollrum"), database: database, data: t.TempDir(), driver: driver, answered: map[string]bool{}}
	if out, err := exec.Command("go", "build", "-o", c.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	ctx := t.Context()
	hub, err := ops.Open(ctx, ops.Config{Database: database, Now: time.Now, NewID: uuid.NewString})
	if err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	_, err = ops.Do(ctx, hub, ops.Operator(), ops.CreateOrganization{NewOrganization: ops.NewOrganization{
		Plate: "CRA", Name: "Crash", Services: []kontrollrum.Service{kontrollrum.ContactCenter}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = ops.Do(ctx, hub, ops.Operator(), ops.AddPerson{AddUser: ops.AddUser{Organization: "CRA", Email: "admin@crash.example",
		Details: ops.Details{DisplayName: "Admin"}}, Roles: []policy.Role{policy.FullAdmin}, Activate: true})
	if err != nil {
		t.Fatal(err)
	}
	s, err := ops.Do(ctx, hub, ops.Operator(), ops.BuySubscription{Organization: "CRA", Name: "Seats",
		Quantities: ops.Quantities{kontrollrum.StandardAgent: crashRounds * crashChanges}})
	if err != nil {
		t.Fatal(err)
	}
	c.license = string(s.Licenses[0].ID)
	token, err := ops.Do(ctx, hub, ops.Operator(), ops.CreateToken{User: "admin@crash.example", Secret: kontrollrum.NewToken})
	if err != nil {
		t.Fatal(err)
	}
	c.token = token.Secret.Reveal()
	return c
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// serve starts the program and returns where it answers.
func (c *crasher) serve() (*exec.Cmd, string) {
	c.t.Helper()
	server := exec.Command(c.program, "serve", "--data", c.data, "--database", c.database, "--addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0")
	server.Stderr = io.Discard
	out, err := server.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		c.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if at := address.FindString(lines.Text()); at != "" {
			go io.Copy(io.Discard, out) //nolint:errcheck // until it is killed
			return server, at
		}
	}
	c.t.Fatalf("the server printed no address: %v", server.Wait())
	return nil, ""
}

// round asks for 200 changes at once and kills amid them.
func (c *crasher) round(round int, kill func(*exec.Cmd) error) {
	c.t.Helper()
	server, at := c.serve()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crashChanges}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var all sync.WaitGroup
	// Killed when some number of the changes has been answered and the rest are under way.
	enough, after := make(chan struct{}), 1+rand.IntN(crashChanges/2)
	for i := range crashChanges {
		email := fmt.Sprintf("u%d-%d@crash.example", round, i)
		c.asked = append(c.asked, email)
		all.Go(func() {
			if c.add(client, at, email) {
				mu.Lock()
				defer mu.Unlock()
				c.answered[email] = true
				if after--; after == 0 {
					close(enough)
				}
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(30 * time.Second):
		c.t.Error("the changes do not come through")
	}
	if err := kill(server); err != nil {
		c.t.Error(err)
	}
	all.Wait()
	_ = server.Wait() // it was killed
}

// add asks for one user with a licence and a role: one change of three entries.
func (c *crasher) add(client *http.Client, at, email string) bool {
	body, err := json.Marshal(map[string]any{
		"emails": []string{email}, "displayName": "Crash Test", "licenses": []string{c.license},
		"roles": []string{"Y2lzY29zcGFyazovL3VzL1JPTEUvY2pwLmFkbWlu"}, // ROLE/cjp.admin
	})
	if err != nil {
		c.t.Error(err)
		return false
	}
	r, err := http.NewRequestWithContext(context.Background(), "POST", at+"/v1/people", bytes.NewReader(body))
	if err != nil {
		c.t.Error(err)
		return false
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return false // killed
	}
	defer answer.Body.Close()
	told, err := io.ReadAll(answer.Body)
	switch {
	case answer.StatusCode == http.StatusOK:
		return err == nil || len(told) > 0
	case answer.StatusCode >= 500: // the database is gone
		return false
	}
	c.t.Errorf("%s: %d %s", email, answer.StatusCode, told)
	return false
}

// look starts the program once more and compares the database with what was answered.
func (c *crasher) look() {
	c.t.Helper()
	server, at := c.serve()
	if !c.add(http.DefaultClient, at, "last@crash.example") {
		c.t.Error("after the last restart a change fails")
	}
	if err := server.Process.Signal(os.Interrupt); err != nil {
		c.t.Error(err)
	}
	_ = server.Wait()

	db, err := sql.Open(c.driver, c.database)
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	users := c.count(db, `select email, count(*) from users group by email`)
	parts := []map[string]int{
		c.count(db, `select email, count(*) from addresses group by email`),
		c.count(db, `select u.email, count(*) from holdings h join users u on u.organization = h.organization and u.id = h.user_id group by u.email`),
		c.count(db, `select u.email, count(*) from assignments a join users u on u.organization = a.organization and u.id = a.user_id group by u.email`),
	}
	for _, action := range []string{"users.add", "licenses.contact_center.edit", "roles.service_admin.assign_internal"} {
		parts = append(parts, c.count(db, `select target_email, count(*) from entries where action = $1 and outcome = 'done' group by target_email`, action))
	}
	there := 0
	for _, email := range c.asked {
		user := users[email]
		for i, part := range parts {
			if part[email] != user {
				c.t.Errorf("%s is half there: user %d, part %d (address, licence, role, their entries) %d", email, user, i, part[email])
			}
		}
		if c.answered[email] && user != 1 {
			c.t.Errorf("%s was answered and is not there", email)
		}
		there += user
	}
	for license, used := range c.count(db, `select id, used from licenses`) {
		if held := c.count(db, `select license, count(*) from holdings group by license`)[license]; used != held {
			c.t.Errorf("%d seats used, %d held", used, held)
		}
	}
	c.t.Logf("%d changes asked, %d answered, %d there", len(c.asked), len(c.answered), there)
	if len(c.answered) == 0 || len(c.answered) == len(c.asked) {
		c.t.Errorf("%d of %d changes were answered: the kill hit nothing", len(c.answered), len(c.asked))
	}
}

// count runs a query that answers a name and a number a row.
func (c *crasher) count(db *sql.DB, query string, args ...any) map[string]int {
	c.t.Helper()
	out := map[string]int{}
	rows, err := db.Query(query, args...)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			c.t.Fatal(err)
		}
		out[name] = n
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	return out
}
