package ops_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// tables looks at a hub's database from beside it, and can put it back as it was.
type tables struct {
	db     *sql.DB
	engine string
	names  []string
	before state // as it was kept
}

func openTables(tb testing.TB, engine, database string) *tables {
	tb.Helper()
	driver, list := "pgx", `select table_name from information_schema.tables where table_schema = 'public'`
	if engine == "sqlite" {
		driver, database = "sqlite", "file:"+database+"?_pragma=busy_timeout(10000)"
		list = `select name from sqlite_master where type = 'table' and name not like 'sqlite%' and name not like 'search%'`
	}
	db, err := sql.Open(driver, database)
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(1) // so that what is switched off for a connection is for all
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	x := &tables{db: db, engine: engine}
	for row := range x.rows(tb, list) {
		if !strings.HasPrefix(row, "goose_") {
			x.names = append(x.names, row)
		}
	}
	slices.Sort(x.names)
	if len(x.names) < 10 {
		tb.Fatalf("only %d tables", len(x.names))
	}
	return x
}

func (x *tables) exec(tb testing.TB, text string) {
	tb.Helper()
	if _, err := x.db.ExecContext(tb.Context(), text); err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
}

// rows reads what a query returns, each row as a line of text, and how often it occurs.
func (x *tables) rows(tb testing.TB, query string) map[string]int {
	tb.Helper()
	rows, err := x.db.QueryContext(tb.Context(), query)
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	out := map[string]int{}
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(sql.NullString)
		}
		if err := rows.Scan(cells...); err != nil {
			tb.Fatal(err)
		}
		line := make([]string, len(cells))
		for i, c := range cells {
			if c := c.(*sql.NullString); c.Valid {
				line[i] = c.String
			} else {
				line[i] = "-"
			}
		}
		out[strings.Join(line, "|")]++
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return out
}

// A state is every row of every table.
type state map[string]map[string]int

func (x *tables) state(tb testing.TB) state {
	tb.Helper()
	out := state{}
	for _, name := range x.names {
		out[name] = x.rows(tb, `select * from `+name)
	}
	return out
}

// changes lists what differs from before: -table: row, +table: row.
func (s state) changes(before state) (out []string) {
	for name, rows := range s {
		for row, n := range rows {
			for range n - before[name][row] {
				out = append(out, "+"+name+": "+row)
			}
		}
		for row, n := range before[name] {
			for range n - rows[row] {
				out = append(out, "-"+name+": "+row)
			}
		}
	}
	slices.Sort(out)
	return out
}

// counts is how many rows each table has.
func (x *tables) counts(tb testing.TB) map[string]int {
	tb.Helper()
	var each []string
	for _, name := range x.names {
		each = append(each, `select '`+name+`', count(*) from `+name)
	}
	return x.rows(tb, strings.Join(each, " union all "))
}

// keep keeps all rows, for restore and to compare with. Only once.
func (x *tables) keep(tb testing.TB) {
	tb.Helper()
	x.exec(tb, map[string]string{"sqlite": `attach ':memory:' as kept`, "postgres": `create schema kept`}[x.engine])
	for _, name := range x.names {
		x.exec(tb, `create table kept.`+name+` as select * from `+name)
	}
	x.before = x.state(tb)
}

// restore puts every row back as it was kept.
func (x *tables) restore(tb testing.TB) {
	tb.Helper()
	var text strings.Builder
	text.WriteString(map[string]string{"sqlite": `pragma foreign_keys = off; begin immediate;`, "postgres": `begin; set local session_replication_role = replica;`}[x.engine])
	for _, name := range x.names {
		fmt.Fprintf(&text, "delete from %s; insert into %s select * from kept.%s;", name, name, name)
	}
	text.WriteString(`commit`)
	x.exec(tb, text.String())
}
