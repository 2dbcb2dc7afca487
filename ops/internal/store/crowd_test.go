package store

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/kontrollrum/kontrollrum"
)

// crowd fills a database with an organization of each size, past everything
// that writes users one by one, and opens it twice: as a store, and bare.
func crowd(b *testing.B, database string) (*Store, *sql.DB) {
	s, err := Open(b.Context(), database) // which makes the tables
	if err != nil {
		b.Fatal(err)
	}
	fill, driver, address := fillPostgres, "pgx", database
	if s.lite != nil {
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		fill, driver = fillSQLite, "sqlite"
		address = "file:" + database + "?_pragma=cache_size(-65536)&_pragma=mmap_size(2147418112)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	start := time.Now()
	fill(b, db)
	b.Logf("%v users in %s", sizes(b), time.Since(start).Round(time.Second))
	if s.lite != nil {
		if s, err = Open(b.Context(), database); err != nil {
			b.Fatal(err)
		}
	}
	b.Cleanup(func() { s.Close() })
	return s, db
}

// people makes the rows of users of an organization, in the order of their ids.
func people(size int, keys *collation) func(i int) []any {
	random := rand.New(rand.NewPCG(1, uint64(size)))
	given := []string{"Åke", "Eva", "Anna", "Karin", "Johan", "Björn", "Sara", "Maria", "Lars", "Nils", "Per", "Olof", "Ulla", "Gun", "Ingrid", "Sven",
		"Elin", "Maja", "Alva", "Hugo", "Liam", "Noah", "Ebba", "Astrid", "Östen", "Göran", "Märta", "Kjell", "Bo", "Ali", "Fatima", "Zeynep"}
	front := []string{"Berg", "Lind", "Holm", "Sjö", "Ström", "Sand", "Ek", "Björk", "Alm", "Hög", "Norr", "Söder", "Väster", "Öster", "Ny", "Fors", "Hed",
		"Lund", "Dal", "Kvist", "Strand", "Ceder", "Wall", "Gran", "Åker"}
	back := []string{"ström", "gren", "kvist", "man", "lund", "berg", "qvist", "blad", "dahl", "stedt", "feldt", "ås", "ling", "mark", "vall", "by", "holm",
		"strand", "sten", "backe"}
	type name struct{ first, last, display, key, folded string }
	var names []name
	for _, f := range given {
		for _, l := range front {
			for _, m := range back {
				display := f + " " + l + m
				names = append(names, name{f, l + m, display, keys.key(display), Fold(display)})
			}
		}
	}
	ids := make([]string, size)
	for i := range ids {
		ids[i] = fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", random.Uint32(), random.Uint32()>>16, random.Uint32()>>20, random.Uint32()>>20, random.Uint64()>>16)
	}
	slices.Sort(ids)
	organization, created := organizationOf(size), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	return func(i int) []any {
		n := names[random.IntN(len(names))]
		status := kontrollrum.Active
		switch x := random.IntN(1000); {
		case x == 0:
			status = kontrollrum.Verified
		case x < 20:
			status = kontrollrum.Inactive
		case x < 100:
			status = kontrollrum.NotVerified
		}
		email := fmt.Sprintf("%07d@p%d.example", i, size)
		at := created + random.Int64N(300*24*3600e6)
		return []any{string(organization), ids[i], email, n.first, n.last, n.display, "", "", "", "", "", "", string(status), at, at, at,
			n.key, n.folded + "\n" + email + "\n" + ids[i]}
	}
}

// Around the users: their organizations, licences for every tenth, a few administrators.
const (
	before = `insert into organizations (id, plate, name, name_key, search, country, language, time_zone, data_region, services, state, platform,
			setup_done, own_administrators_only, overage, created, modified, version)
		values ($1, $2, '', '', '', '', '', '', '', '', 'active', '', true, false, 0, 0, 0, 1)`
	subscribed = `insert into subscriptions (organization, id, name, trial, starts, ended) values ($1, '', '', false, 0, false)`
	licensed   = `insert into licenses (organization, id, subscription, product, bought, used) values ($1, '', '', 'contact_center_standard', 10000000, 0)`
	held       = `insert into holdings (organization, user_id, license, product, contact_center, supervisor, since)
		select organization, id, '', 'contact_center_standard', true, false, 0 from users where organization = $1 and email like '%7@%'`
	assigned = `insert into assignments (organization, id, user_id, role, exclusive, external, reach, all_customers, started, given_by, reason)
		select organization, id, id, 'service_admin', true, false, 'own', false, 0, '', '' from users where organization = $1 and email like '%777@%'`
)

func fillSQLite(b *testing.B, db *sql.DB) {
	db.SetMaxOpenConns(1)
	defer db.SetMaxOpenConns(4)
	keys := newCollation()
	do := func(text string, args ...any) {
		if _, err := db.Exec(text, args...); err != nil {
			b.Fatal(text, err)
		}
	}
	for _, setting := range []string{`journal_mode = off`, `synchronous = off`, `cache_size = -524288`} {
		do(`pragma ` + setting)
	}
	indexes := map[string]string{}
	rows, err := db.Query(`select name, sql from sqlite_schema where type = 'index' and tbl_name = 'users' and sql is not null`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var name, text string
		err := rows.Scan(&name, &text)
		indexes[name] = text
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	for name := range indexes {
		do(`drop index ` + name)
	}
	for n, size := range sizes(b) {
		o := organizationOf(size)
		do(before, o, fmt.Sprint("P", size))
		do(`insert into search_organizations (number, organization) values ($1, $2)`, n+1, o)
		do(`begin`)
		user, err := db.Prepare(`insert into users (` + userColumns + `, name_key, search) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`)
		if err != nil {
			b.Fatal(err)
		}
		row := people(size, keys)
		for i := range size {
			if _, err := user.Exec(row(i)...); err != nil {
				b.Fatal(err)
			}
		}
		user.Close()
		do(`insert into search_users (number, id) select ($1 << 32) + row_number() over (order by id), id from users where organization = $2`, n+1, o)
		do(`insert into search_index (rowid, search) select ($1 << 32) + row_number() over (order by id), search from users where organization = $2`, n+1, o)
		for _, text := range []string{subscribed, licensed, held, assigned} {
			do(text, o)
		}
		do(`commit`)
	}
	for _, text := range indexes {
		do(text)
	}
	for _, setting := range []string{`journal_mode = wal`, `cache_size = -65536`, `query_only = 1`} {
		do(`pragma ` + setting)
	}
}

func fillPostgres(b *testing.B, db *sql.DB) {
	keys := newCollation()
	ctx := b.Context()
	conn, err := db.Conn(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(driver any) error {
		pg := driver.(*stdlib.Conn).Conn()
		var texts []string
		rows, _ := pg.Query(ctx, `select indexdef from pg_indexes where tablename = 'users' and indexname like 'users\_%' and indexname not like '%key'`)
		definitions, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		texts = append(texts, definitions...)
		for _, name := range []string{"users_name", "users_created", "users_last_active", "users_status", "users_search"} {
			if _, err := pg.Exec(ctx, `drop index if exists `+name); err != nil {
				return err
			}
		}
		columns := []string{"organization", "id", "email", "first_name", "last_name", "display_name", "title", "department", "phone", "location",
			"language", "time_zone", "status", "last_active", "created", "modified", "name_key", "search"}
		for _, size := range sizes(b) {
			o := organizationOf(size)
			if _, err := pg.Exec(ctx, before, o, fmt.Sprint("P", size)); err != nil {
				return err
			}
			row := people(size, keys)
			_, err := pg.CopyFrom(ctx, pgx.Identifier{"users"}, columns, pgx.CopyFromSlice(size, func(i int) ([]any, error) { return row(i), nil }))
			if err != nil {
				return err
			}
			for _, text := range []string{subscribed, licensed, held, assigned} {
				if _, err := pg.Exec(ctx, text, o); err != nil {
					return err
				}
			}
		}
		for _, text := range append(texts, `vacuum analyze`) {
			if _, err := pg.Exec(ctx, text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
