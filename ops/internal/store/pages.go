package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A Sort is one of the four orders of the users list.
type Sort string

// The orders. Names in Swedish order; newest and latest first.
const (
	ByName       Sort = "name"
	ByEmail      Sort = "email"
	ByCreated    Sort = "created"
	ByLastActive Sort = "last_active"
)

// An order is a column with an index and whether it falls.
type order struct {
	column string
	falls  bool
}

var orders = map[Sort]order{ByName: {"name_key", false}, ByEmail: {"email", false}, ByCreated: {"created", true}, ByLastActive: {"last_active", true}}

// Valid reports whether s is one of the orders.
func (s Sort) Valid() bool { return orders[s].column != "" }

// A UserFilter says which users of an organization, in which order, from where.
type UserFilter struct {
	Search         string // substring of name, e-mail or id, without case and accents
	NamePrefix     string // of the display name, likewise
	Email          kontrollrum.Email
	IDs            []kontrollrum.UserID
	Statuses       []kontrollrum.UserStatus
	Product        kontrollrum.Product
	Unlicensed     bool // holds no licence
	Roles          []policy.Role
	Administrators bool      // holds any administrator role
	EndsBefore     time.Time // of external administrators: the role does; zero: whenever
	Partner        *bool     // of external administrators: by partnership, or by assignment here; nil: either
	Sort           Sort      // empty: by name
	After          Mark      // where the last page ended
	Limit          int
}

// A Mark is where a page ended: the sort key and the id of its last row.
type Mark struct {
	Key string
	ID  string
}

// Users lists a page of an organization's users. A role that sees does not
// show is as if nobody held it. The cost of a page does not grow with its depth.
func (t *Tx) Users(ctx context.Context, o kontrollrum.OrganizationID, f UserFilter, sees policy.Sight, now time.Time) (users []kontrollrum.User, next Mark, err error) {
	if f.Sort == "" {
		f.Sort = ByName
	}
	p := page{t: t, o: o, f: &f, sees: sees, now: now, order: orders[f.Sort], from: f.After}
	if _, err := p.key(f.After); err != nil {
		return nil, next, kontrollrum.Wrong("cursor", f.After.Key, "follow the link of the page before as it stands")
	}
	if err := p.read(ctx); err != nil {
		return nil, next, err
	}
	if len(p.users) > f.Limit {
		p.users, next = p.users[:f.Limit], p.marks[f.Limit-1]
	}
	return p.users, next, t.complete(ctx, o, p.users, sees, now)
}

// CountUsers counts an organization's users whom a filter leaves, as the list
// would show them.
func (t *Tx) CountUsers(ctx context.Context, o kontrollrum.OrganizationID, f UserFilter, sees policy.Sight, now time.Time) (n int, err error) {
	p := page{t: t, o: o, f: &f, sees: sees, now: now}
	found := p.source()
	p.sourced = found != nil
	q := p.query(`count(*)`)
	if p.sourced {
		ids := found.rows(q)
		if found.ids != "" {
			ids = found.ids + ` in (` + ids + `)`
		}
		q.add(` and id in (` + ids + `)`)
	}
	p.narrow(q)
	err = t.list(ctx, q, func(rows *sql.Rows) error { return rows.Scan(&n) })
	return n, err
}

// A page is a page of users in the making.
type page struct {
	t     *Tx
	o     kontrollrum.OrganizationID
	f     *UserFilter
	sees  policy.Sight
	now   time.Time
	order order
	// sourced says that an index finds whom a filter leaves.
	sourced bool
	from    Mark // the rest of the page is behind it
	users   []kontrollrum.User
	marks   []Mark // of the users
}

// An effort is how much is looked at before it is taken for much.
type effort struct {
	few   int   // users whom a filter leaves
	walks []int // users passed in order, where a filter leaves more
}

// read finds the page's users in one of two ways: walking in order until enough
// pass the filters, or gathering all who pass and sorting them. The first is
// fast where many pass, the second where few do, and neither is known before:
// so it counts whom the most telling filter leaves, but not far, and walks, but
// not far, and gathers in the end.
func (p *page) read(ctx context.Context) error {
	found := p.source()
	if p.sourced = found != nil; !p.sourced {
		return p.walk(ctx, Mark{})
	}
	var n int
	var q query
	q.add(`select count(*) from (select 1 from (` + found.rows(&q) + `) f limit ` + q.arg(p.t.s.effort.few+1) + `) g`)
	if err := p.t.list(ctx, &q, func(rows *sql.Rows) error { return rows.Scan(&n) }); err != nil {
		return err
	}
	if n <= p.t.s.effort.few {
		return p.gather(ctx, found)
	}
	for _, users := range p.t.s.effort.walks {
		to, err := p.ahead(ctx, users)
		if err != nil {
			return err
		}
		if err := p.walk(ctx, to); err != nil || to == (Mark{}) || len(p.users) > p.f.Limit {
			return err
		}
		p.from = to
	}
	return p.gather(ctx, found)
}

// A source is how an index finds users.
type source struct {
	rows func(*query) string // SQL of a row for each
	ids  string              // SQL that makes ids of what is in the rows; empty where they are ids
}

// source finds whom the most telling filter leaves; nil where there is none, or
// where walking finds them at once.
func (p *page) source() *source {
	f := p.f
	if f.Email != "" || len(f.IDs) > 0 {
		return nil
	}
	for _, term := range []string{f.Search, f.NamePrefix} {
		if found := p.t.s.searching(p.o, Fold(term)); found != nil {
			return found
		}
	}
	switch {
	case len(f.Roles) > 0:
		return &source{rows: func(q *query) string { return p.holders(q, f.Roles) }}
	case f.Administrators:
		return &source{rows: func(q *query) string { return p.holders(q, administrators()) }}
	case f.Product != "":
		return &source{rows: func(q *query) string {
			return `select user_id from holdings where organization = ` + q.arg(p.o) + ` and product = ` + q.arg(f.Product)
		}}
	case len(f.Statuses) == 0, len(f.Statuses) == 1 && f.Sort == ByName: // for which there is an index
		return nil
	}
	return &source{rows: func(q *query) string {
		return `select id from users where organization = ` + q.arg(p.o) + ` and status in (` + list(q, f.Statuses) + `)`
	}}
}

// ahead is where one is after passing so many users in order; zero if the list
// ends before.
func (p *page) ahead(ctx context.Context, users int) (to Mark, err error) {
	q := p.query(p.order.column + `, id`)
	p.between(q, p.order.column, Mark{})
	q.add(` limit 1 offset ` + q.arg(users))
	err = p.t.list(ctx, q, func(rows *sql.Rows) error { return rows.Scan(&to.Key, &to.ID) })
	return to, err
}

// walk adds those of the users in order, as far as to, who pass the filters.
func (p *page) walk(ctx context.Context, to Mark) error {
	q := p.query(userColumns + `, ` + p.order.column)
	p.narrow(q)
	p.between(q, p.order.column, to)
	return p.add(ctx, q)
}

// gather adds all that are left. That its order is no column's keeps an engine
// from walking.
func (p *page) gather(ctx context.Context, found *source) error {
	q := p.query(userColumns + `, ` + p.order.column)
	ids := found.rows(q)
	if found.ids != "" {
		ids = found.ids + ` in (` + ids + `)`
	}
	q.add(` and id in (` + ids + `)`)
	p.narrow(q)
	nothing := `''`
	if p.order.falls {
		nothing = `0`
	}
	p.between(q, `coalesce(`+p.order.column+`, `+nothing+`)`, Mark{})
	return p.add(ctx, q)
}

func (p *page) query(columns string) *query {
	q := new(query)
	q.add(`select ` + columns + ` from users u where organization = ` + q.arg(p.o))
	return q
}

// between keeps to what is behind where the page has come, and not behind to.
func (p *page) between(q *query, column string, to Mark) {
	behind, before, direction := ` > `, ` <= `, ``
	if p.order.falls {
		behind, before, direction = ` < `, ` >= `, ` desc`
	}
	for _, end := range []struct {
		comparison string
		Mark
	}{{behind, p.from}, {before, to}} {
		if end.ID != "" {
			key, _ := p.key(end.Mark)
			q.add(` and (` + column + `, id)` + end.comparison + `(` + q.arg(key) + `, ` + q.arg(end.ID) + `)`)
		}
	}
	q.add(` order by ` + column + direction + `, id` + direction)
}

// key is a mark's key as its column has it.
func (p *page) key(m Mark) (any, error) {
	if p.order.falls && m.ID != "" {
		return strconv.ParseInt(m.Key, 10, 64)
	}
	return m.Key, nil
}

// add reads users until the page is full and one more.
func (p *page) add(ctx context.Context, q *query) error {
	q.add(` limit ` + q.arg(p.f.Limit+1-len(p.users)))
	return p.t.list(ctx, q, func(rows *sql.Rows) error {
		var key string
		u, err := scanUser(rows.Scan, &key)
		p.users, p.marks = append(p.users, u), append(p.marks, Mark{key, string(u.ID)})
		return err
	})
}

// narrow adds the filters, each a fixed piece of SQL.
func (p *page) narrow(q *query) {
	f := p.f
	if f.Search != "" {
		q.add(` and search like ` + q.arg(like(Fold(f.Search))) + ` escape '\'`)
	}
	if f.NamePrefix != "" {
		q.add(` and search like ` + q.arg(like(Fold(f.NamePrefix))[1:]) + ` escape '\'`) // the search column begins with the name
	}
	if f.Email != "" {
		q.add(` and email = ` + q.arg(f.Email))
	}
	if len(f.IDs) > 0 {
		q.add(` and id in (` + list(q, f.IDs) + `)`)
	}
	if len(f.Statuses) > 0 {
		column := `status`
		if p.sourced {
			column = `coalesce(status, '')` // so that its index is not taken instead
		}
		q.add(` and ` + column + ` in (` + list(q, f.Statuses) + `)`)
	}
	if f.Product != "" {
		q.add(` and exists (select 1 from holdings h where h.organization = ` + q.arg(p.o) + ` and h.product = ` + q.arg(f.Product) + ` and h.user_id = u.id)`)
	}
	if f.Unlicensed {
		q.add(` and not exists (select 1 from holdings h where h.organization = ` + q.arg(p.o) + ` and h.user_id = u.id)`)
	}
	if f.Administrators {
		q.add(` and coalesce(id, '') in (` + p.holders(q, administrators()) + `)`)
	}
	if len(f.Roles) > 0 {
		q.add(` and coalesce(id, '') in (` + p.holders(q, f.Roles) + `)`)
	}
}

func administrators() []policy.Role { return policy.Roles()[:policy.Supervisor-1] }

// holders are the ids of those who hold one of the roles. One that the page's
// reader may not see is held by nobody.
func (p *page) holders(q *query, roles []policy.Role) string {
	shown := []string{""}
	for _, r := range roles {
		if r != policy.Supervisor && p.sees.Role(r, false) {
			shown = append(shown, r.String())
		}
	}
	text := `select user_id from assignments where organization = ` + q.arg(p.o) + ` and role in (` + list(q, shown) +
		`) and closed is null and (ends is null or ends > ` + q.arg(p.now.UnixMicro()) + `)`
	if slices.Contains(roles, policy.Supervisor) {
		text += ` union all select user_id from holdings where organization = ` + q.arg(p.o) + ` and product = ` + q.arg(kontrollrum.PremiumAgent) + ` and supervisor`
	}
	return text
}

func roleWords(roles []policy.Role) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = r.String()
	}
	return out
}
