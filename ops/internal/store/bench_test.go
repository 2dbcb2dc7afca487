package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Benchmarks of the users list. Each is measured against its floor, the same SQL
// written by hand, in the same run: x-floor is how many times the floor's time it
// takes, x-smallest how many times its own in the smallest organization.
// KONTROLLRUM_BENCH_USERS is the size of the largest, by default a million.

// sizes are those of the organizations of a benchmark, all in one database.
func sizes(b *testing.B) []int {
	largest, err := strconv.Atoi(cmp.Or(os.Getenv("KONTROLLRUM_BENCH_USERS"), "1000000"))
	if err != nil {
		b.Fatal(err)
	}
	out := []int{10_000, 100_000, largest}
	slices.Sort(out)
	return slices.Compact(out)
}

func organizationOf(size int) kontrollrum.OrganizationID {
	return kontrollrum.OrganizationID(fmt.Sprintf("%08d-0000-4000-8000-000000000000", size))
}

func BenchmarkUsers(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			database := filepath.Join(b.TempDir(), "hub.db")
			if engine == "postgres" {
				database = pgtest.Start(b)
			}
			s, db := crowd(b, database)
			for _, c := range cases {
				var smallest float64
				for _, size := range sizes(b) {
					b.Run(c.name+"/"+strconv.Itoa(size), func(b *testing.B) {
						took := c.compare(b, s, db, organizationOf(size), size)
						smallest = cmp.Or(smallest, took)
						b.ReportMetric(took/smallest, "x-smallest")
					})
				}
			}
		})
	}
}

// A pageCase is a page asked for, and the SQL one would write for it alone.
type pageCase struct {
	name   string
	filter UserFilter
	deep   bool   // from the middle of the list
	floor  string // what follows organization = $1; $2 and $3 are the mark of a deep page
	match  string // how SQLite's index is asked for a search
}

var cases = []pageCase{
	{name: "name", filter: UserFilter{Sort: ByName}, floor: `order by name_key, id`},
	{name: "name-deep", filter: UserFilter{Sort: ByName}, deep: true, floor: `and (name_key, id) > ($2, $3) order by name_key, id`},
	{name: "email", filter: UserFilter{Sort: ByEmail}, floor: `order by email, id`},
	{name: "email-deep", filter: UserFilter{Sort: ByEmail}, deep: true, floor: `and (email, id) > ($2, $3) order by email, id`},
	{name: "created", filter: UserFilter{Sort: ByCreated}, floor: `order by created desc, id desc`},
	{name: "created-deep", filter: UserFilter{Sort: ByCreated}, deep: true, floor: `and (created, id) < ($2, $3) order by created desc, id desc`},
	{name: "last-active", filter: UserFilter{Sort: ByLastActive}, floor: `order by last_active desc, id desc`},
	{name: "last-active-deep", filter: UserFilter{Sort: ByLastActive}, deep: true, floor: `and (last_active, id) < ($2, $3) order by last_active desc, id desc`},
	{name: "status-rare", filter: UserFilter{Sort: ByName, Statuses: []kontrollrum.UserStatus{kontrollrum.Verified}},
		floor: `and status = 'verified' order by name_key, id`},
	{name: "status-rare-by-created", filter: UserFilter{Sort: ByCreated, Statuses: []kontrollrum.UserStatus{kontrollrum.Verified}},
		floor: `and status = 'verified' order by coalesce(created, 0) desc, id desc`},
	{name: "status-common-by-created", filter: UserFilter{Sort: ByCreated, Statuses: []kontrollrum.UserStatus{kontrollrum.Active}},
		floor: `and coalesce(status, '') = 'active' order by created desc, id desc`},
	{name: "role", filter: UserFilter{Sort: ByName, Roles: []policy.Role{policy.ServiceAdmin}},
		floor: `and id in (select user_id from assignments where organization = $1 and role = 'service_admin' and closed is null) order by coalesce(name_key, ''), id`},
	{name: "licence", filter: UserFilter{Sort: ByName, Product: kontrollrum.StandardAgent},
		floor: `and exists (select 1 from holdings h where h.organization = $1 and h.product = 'contact_center_standard' and h.user_id = u.id) order by name_key, id`},
	{name: "search-common", filter: UserFilter{Sort: ByName, Search: "berg"}, floor: `and search like '%berg%' order by name_key, id`},
	{name: "search-some", filter: UserFilter{Sort: ByName, Search: "Östen"}, match: `"ost" AND "ste" AND "ten"`,
		floor: `and search like '%osten%' order by coalesce(name_key, ''), id`},
	{name: "search-rare", filter: UserFilter{Sort: ByName, Search: "Fatima Cedersten"}, match: `"fat" AND "a c" AND "ced" AND "ers" AND "ten"`,
		floor: `and search like '%fatima cedersten%' order by coalesce(name_key, ''), id`},
	{name: "search-one", filter: UserFilter{Sort: ByName, Search: "0007777@"}, match: `"000" AND "777" AND "77@"`,
		floor: `and search like '%0007777@%' order by coalesce(name_key, ''), id`},
	{name: "search-none", filter: UserFilter{Sort: ByName, Search: "xyzzy"}, match: `"xyz" AND "yzz" AND "zzy"`,
		floor: `and search like '%xyzzy%' order by coalesce(name_key, ''), id`},
}

// compare measures the page and then its floor as often, in nanoseconds.
func (c pageCase) compare(b *testing.B, s *Store, db *sql.DB, o kontrollrum.OrganizationID, size int) float64 {
	filter, now := c.filter, time.Now()
	filter.Limit = 50
	args := []any{o}
	if c.deep {
		filter.After = middle(b, db, orders[filter.Sort].column, o, size)
		args = append(args, filter.After.Key, filter.After.ID)
	}
	read := func() (n int) {
		err := s.Read(b.Context(), func(t *Tx) error {
			users, _, err := t.Users(b.Context(), o, filter, policy.Sight{Users: true, Administrators: policy.SeesAll}, now)
			n = len(users)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	byHand := c.byHand(b, s, db, args)
	for range 10 { // every connection has now read what it will
		if n, m := read(), byHand(); n != m {
			b.Fatalf("%d users, by hand %d", n, m)
		}
	}
	for b.Loop() {
		read()
	}
	took, start := b.Elapsed(), time.Now()
	for range b.N {
		byHand()
	}
	b.ReportMetric(float64(took)/float64(time.Since(start)), "x-floor")
	return float64(took) / float64(b.N)
}

// byHand reads the page with its licences and roles in as little as it takes.
func (c pageCase) byHand(b *testing.B, s *Store, db *sql.DB, args []any) func() int {
	prepare := func(text string) *sql.Stmt {
		stmt, err := db.Prepare(text)
		if err != nil {
			b.Fatal(text, err)
		}
		b.Cleanup(func() { stmt.Close() })
		return stmt
	}
	match := ``
	if c.match != "" && s.lite != nil {
		match = ` and id in (select id from search_users where number in (select rowid from search_index where search_index match '` + c.match + `'
			and rowid between (select number << 32 from search_organizations where organization = $1) and (select number + 1 << 32 from search_organizations where organization = $1)))`
	}
	page := prepare(`select ` + userColumns + ` from users u where organization = $1` + match + ` ` + c.floor + ` limit 50`)
	holdings := prepare(`select user_id, license, product, supervisor from holdings where organization = $1 and user_id in (` + marks + `)`)
	assignments := prepare(`select ` + assignmentColumns + ` from assignments where organization = $1 and user_id in (` + marks + `) and closed is null`)
	return func() int {
		rows, err := page.Query(args...)
		users, err := scanUsers(rows, err)
		ids := make([]any, 51)
		ids[0] = args[0]
		for i := range 50 {
			ids[i+1] = ""
			if i < len(users) {
				ids[i+1] = users[i].ID
			}
		}
		if err == nil {
			rows, err = holdings.Query(ids...)
			err = each(rows, err, func(rows *sql.Rows) error {
				var id string
				var h kontrollrum.Holding
				return rows.Scan(&id, &h.License, &h.Product, &h.Supervisor)
			})
		}
		if err == nil {
			rows, err = assignments.Query(ids...)
			err = each(rows, err, func(rows *sql.Rows) error {
				_, err := scanAssignment(rows.Scan)
				return err
			})
		}
		if err != nil {
			b.Fatal(err)
		}
		return len(users)
	}
}

const marks = `$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
	$27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51`

func middle(b *testing.B, db *sql.DB, column string, o kontrollrum.OrganizationID, size int) (m Mark) {
	err := db.QueryRow(`select `+column+`, id from users where organization = $1 order by `+column+`, id limit 1 offset $2`, o, size/2).Scan(&m.Key, &m.ID)
	if err != nil {
		b.Fatal(err)
	}
	return m
}
