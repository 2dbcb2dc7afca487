package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

const userColumns = `organization, id, email, first_name, last_name, display_name, title, department, phone, location,
	language, time_zone, status, last_active, created, modified`

func scanUser(scan func(...any) error, more ...any) (u kontrollrum.User, err error) {
	var active, created, modified sql.NullInt64
	err = scan(append([]any{&u.Organization, &u.ID, &u.Email, &u.FirstName, &u.LastName, &u.DisplayName, &u.Title, &u.Department,
		&u.Phone, &u.Location, &u.Language, &u.TimeZone, &u.Status, &active, &created, &modified}, more...)...)
	u.LastActive, u.Created, u.Modified = instant(active), instant(created), instant(modified)
	return u, err
}

// never is how the absence of an instant is stored where it must sort.
func never(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func (t *Tx) userValues(u *kontrollrum.User) []any {
	search := Fold(u.DisplayName + "\n" + string(u.Email) + "\n" + string(u.ID)) // no term reaches from one into the next
	return []any{u.Organization, u.ID, u.Email, u.FirstName, u.LastName, u.DisplayName, u.Title, u.Department,
		u.Phone, u.Location, u.Language, u.TimeZone, u.Status, never(u.LastActive), micros(u.Created), micros(u.Modified),
		t.s.keys.key(u.DisplayName), search}
}

// InsertUser adds a user and takes the address.
func (t *Tx) InsertUser(ctx context.Context, u *kontrollrum.User) error {
	_, err := t.exec(ctx, `insert into addresses (email, user_id, organization) values ($1, $2, $3)`, u.Email, u.ID, u.Organization)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `insert into users (`+userColumns+`, name_key, search)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`, t.userValues(u)...)
	return err
}

// UpdateUser writes a user's fields, the address included.
func (t *Tx) UpdateUser(ctx context.Context, u *kontrollrum.User) error {
	_, err := t.exec(ctx, `update addresses set email = $3 where organization = $1 and user_id = $2 and email <> $3`, u.Organization, u.ID, u.Email)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `update users set email = $3, first_name = $4, last_name = $5, display_name = $6, title = $7, department = $8,
		phone = $9, location = $10, language = $11, time_zone = $12, status = $13, last_active = $14, created = $15, modified = $16,
		name_key = $17, search = $18 where organization = $1 and id = $2`, t.userValues(u)...)
	return err
}

// DeleteUser removes a user with tokens; holdings and assignments must be gone.
func (t *Tx) DeleteUser(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.UserID) error {
	for _, text := range []string{
		`delete from tokens where organization = $1 and user_id = $2`,
		`delete from addresses where organization = $1 and user_id = $2`,
		`delete from users where organization = $1 and id = $2`,
	} {
		if _, err := t.exec(ctx, text, o, id); err != nil {
			return err
		}
	}
	return nil
}

// AddressTaken reports whether an address belongs to a user of the installation.
func (t *Tx) AddressTaken(ctx context.Context, email kontrollrum.Email) (bool, error) {
	var one int
	return t.row(ctx, `select 1 from addresses where email = $1`, []any{email}, &one)
}

// User finds a user of an organization with licences and, as far as sees
// shows them, roles; or fails with NotFound.
func (t *Tx) User(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.UserID, sees policy.Sight, now time.Time) (*kontrollrum.User, error) {
	rows, err := t.query(ctx, `select `+userColumns+` from users where organization = $1 and id = $2`, o, id)
	users, err := scanUsers(rows, err)
	if err != nil {
		return nil, err
	}
	if len(users) == 0 {
		return nil, kontrollrum.Missing("user")
	}
	if err := t.complete(ctx, o, users, sees, now); err != nil {
		return nil, err
	}
	return &users[0], nil
}

func scanUsers(rows *sql.Rows, err error) (out []kontrollrum.User, _ error) {
	err = each(rows, err, func(rows *sql.Rows) error {
		u, err := scanUser(rows.Scan)
		out = append(out, u)
		return err
	})
	return out, err
}

// SetUserProfile gives a user a profile of the organization.
func (t *Tx) SetUserProfile(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, profile string) error {
	_, err := t.exec(ctx, `update users set user_profile = $3 where organization = $1 and id = $2`, o, user, profile)
	return err
}

// UserProfileExists reports whether an organization has a user profile of that id.
func (t *Tx) UserProfileExists(ctx context.Context, o kontrollrum.OrganizationID, id string) (bool, error) {
	var one int
	return t.row(ctx, `select 1 from user_profiles where organization = $1 and id = $2`, []any{o, id}, &one)
}

// SaveUserProfile adds a user profile or replaces what one of that name gives.
func (t *Tx) SaveUserProfile(ctx context.Context, o kontrollrum.OrganizationID, id, name string, gives [3]policy.Access) (string, error) {
	var kept string
	_, err := t.row(ctx, `insert into user_profiles (organization, id, name, working_hour, holiday_list, override)
		values ($1, $2, $3, $4, $5, $6) on conflict (organization, name) do update set working_hour = excluded.working_hour,
		holiday_list = excluded.holiday_list, override = excluded.override returning id`, []any{o, id, name, gives[0], gives[1], gives[2]}, &kept)
	return kept, err
}

// A Sort is one of the four orders of the users list.
type Sort string

// The orders. Names in Swedish order; newest and latest first.
const (
	ByName       Sort = "name"
	ByEmail      Sort = "email"
	ByCreated    Sort = "created"
	ByLastActive Sort = "last_active"
)

// sorts: the column of each order and whether it falls.
var sorts = map[Sort]struct {
	column string
	falls  bool
}{ByName: {"name_key", false}, ByEmail: {"email", false}, ByCreated: {"created", true}, ByLastActive: {"last_active", true}}

// Valid reports whether s is one of the orders.
func (s Sort) Valid() bool { return sorts[s].column != "" }

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
	Administrators bool // holds any administrator role
	Sort           Sort // empty: by name
	After          Mark // where the last page ended
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
	order := sorts[f.Sort]
	var q query
	q.add(`select ` + userColumns + `, name_key from users u where organization = ` + q.arg(o))
	f.narrow(&q, o, sees, now)
	comparison, direction := " > ", ""
	if order.falls {
		comparison, direction = " < ", " desc"
	}
	if f.After.ID != "" {
		var key any = f.After.Key
		if order.falls {
			if key, err = strconv.ParseInt(f.After.Key, 10, 64); err != nil {
				return nil, next, kontrollrum.Wrong("cursor", f.After.Key, "follow the link of the page before as it stands")
			}
		}
		q.add(` and (` + order.column + `, id)` + comparison + `(` + q.arg(key) + `, ` + q.arg(f.After.ID) + `)`)
	}
	q.add(` order by ` + order.column + direction + `, id` + direction + ` limit ` + q.arg(f.Limit+1))
	rows, err := t.query(ctx, q.text.String(), q.args...)
	var nameKeys []string
	err = each(rows, err, func(rows *sql.Rows) error {
		var nameKey string
		u, err := scanUser(rows.Scan, &nameKey)
		users, nameKeys = append(users, u), append(nameKeys, nameKey)
		return err
	})
	if err != nil {
		return nil, next, err
	}
	if len(users) > f.Limit {
		users = users[:f.Limit]
		last := users[f.Limit-1]
		next.ID = string(last.ID)
		switch f.Sort {
		case ByEmail:
			next.Key = string(last.Email)
		case ByCreated:
			next.Key = strconv.FormatInt(last.Created.UnixMicro(), 10)
		case ByLastActive:
			next.Key = strconv.FormatInt(never(last.LastActive), 10)
		default:
			next.Key = nameKeys[f.Limit-1]
		}
	}
	return users, next, t.complete(ctx, o, users, sees, now)
}

// narrow adds the filters, each a fixed piece of SQL.
func (f *UserFilter) narrow(q *query, o kontrollrum.OrganizationID, sees policy.Sight, now time.Time) {
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
		q.add(` and status in (` + list(q, f.Statuses) + `)`)
	}
	if f.Product != "" {
		q.add(` and exists (select 1 from holdings h where h.organization = ` + q.arg(o) + ` and h.product = ` + q.arg(f.Product) + ` and h.user_id = u.id)`)
	}
	if f.Unlicensed {
		q.add(` and not exists (select 1 from holdings h where h.organization = ` + q.arg(o) + ` and h.user_id = u.id)`)
	}
	if f.Administrators {
		holding(q, o, policy.Roles()[:policy.Supervisor-1], sees, now)
	}
	if len(f.Roles) > 0 {
		holding(q, o, f.Roles, sees, now)
	}
}

// holding keeps those who hold one of the roles. One that sees does not show is
// held by nobody.
func holding(q *query, o kontrollrum.OrganizationID, roles []policy.Role, sees policy.Sight, now time.Time) {
	var shown []policy.Role
	for _, r := range roles {
		if r != policy.Supervisor && sees.Role(r, false) {
			shown = append(shown, r)
		}
	}
	among := []string{"false"}
	if len(shown) > 0 {
		among = append(among, `u.id in (select user_id from assignments where organization = `+q.arg(o)+` and role in (`+list(q, roleWords(shown))+
			`) and closed is null and (ends is null or ends > `+q.arg(now.UnixMicro())+`))`)
	}
	if slices.Contains(roles, policy.Supervisor) {
		among = append(among, `exists (select 1 from holdings h where h.organization = `+q.arg(o)+` and h.user_id = u.id and h.supervisor)`)
	}
	q.add(` and (` + strings.Join(among, " or ") + `)`)
}

func roleWords(roles []policy.Role) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = r.String()
	}
	return out
}

// A query is put together from fixed pieces; values only ever become arguments.
type query struct {
	text strings.Builder
	args []any
}

func (q *query) add(piece string) { q.text.WriteString(piece) }

// arg takes a value and returns its placeholder.
func (q *query) arg(v any) string {
	q.args = append(q.args, v)
	return "$" + strconv.Itoa(len(q.args))
}

func list[T any](q *query, values []T) string {
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = q.arg(v)
	}
	return strings.Join(marks, ", ")
}

// complete adds licences and shown roles to users of one organization, a fixed
// number of round trips for any page.
func (t *Tx) complete(ctx context.Context, o kontrollrum.OrganizationID, users []kontrollrum.User, sees policy.Sight, now time.Time) error {
	batch := 50 // one statement for every page length, and one for a single user
	if len(users) == 1 {
		batch = 1
	}
	for part := range slices.Chunk(users, batch) {
		args := []any{o}
		at := make(map[kontrollrum.UserID]*kontrollrum.User, len(part))
		marks := make([]string, batch)
		for i := range batch {
			id := kontrollrum.UserID("")
			if i < len(part) {
				id = part[i].ID
				at[id] = &part[i]
			}
			args = append(args, id)
			marks[i] = "$" + strconv.Itoa(len(args))
		}
		in := strings.Join(marks, ", ")
		rows, err := t.query(ctx, `select user_id, license, product, supervisor from holdings
			where organization = $1 and user_id in (`+in+`) order by since, license`, args...)
		err = each(rows, err, func(rows *sql.Rows) error {
			var id kontrollrum.UserID
			var h kontrollrum.Holding
			err := rows.Scan(&id, &h.License, &h.Product, &h.Supervisor)
			at[id].Holdings = append(at[id].Holdings, h)
			return err
		})
		if err != nil {
			return err
		}
		args = append(args, now.UnixMicro())
		rows, err = t.query(ctx, `select `+assignmentColumns+` from assignments where organization = $1 and user_id in (`+in+`)
			and closed is null and (ends is null or ends > $`+strconv.Itoa(len(args))+`) order by started, id`, args...)
		err = each(rows, err, func(rows *sql.Rows) error {
			a, err := scanAssignment(rows.Scan)
			if u := at[a.User]; u != nil && sees.Role(a.Role, false) {
				u.Assignments = append(u.Assignments, a)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
