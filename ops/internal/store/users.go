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
	return []any{u.Organization, u.ID, u.Email, u.FirstName, u.LastName, u.DisplayName, u.Title, u.Department,
		u.Phone, u.Location, u.Language, u.TimeZone, u.Status, never(u.LastActive), micros(u.Created), micros(u.Modified),
		t.s.keys.key(u.DisplayName), searchText(u)}
}

// searchText is what searches look at. No term reaches from one part into the next.
func searchText(u *kontrollrum.User) string {
	return Fold(u.DisplayName + "\n" + string(u.Email) + "\n" + string(u.ID))
}

// InsertUser adds a user and takes the address.
func (t *Tx) InsertUser(ctx context.Context, u *kontrollrum.User) error {
	_, err := t.exec(ctx, `insert into addresses (email, user_id, organization) values ($1, $2, $3)`, u.Email, u.ID, u.Organization)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `insert into users (`+userColumns+`, name_key, search)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`, t.userValues(u)...)
	if err != nil {
		return err
	}
	return t.index(ctx, u)
}

// UpdateUser writes a user's fields, the address included.
func (t *Tx) UpdateUser(ctx context.Context, u *kontrollrum.User) error {
	if err := t.reindex(ctx, u); err != nil {
		return err
	}
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
	if err := t.unindex(ctx, o, id); err != nil {
		return err
	}
	for _, text := range []string{
		`delete from upstream_subjects where organization = $1 and user_id = $2`,
		`delete from passwords where organization = $1 and user_id = $2`,
		`delete from factors where organization = $1 and user_id = $2`,
		`delete from recovery_codes where organization = $1 and user_id = $2`,
		`delete from sessions where organization = $1 and user_id = $2`,
		`delete from challenges where organization = $1 and user_id = $2`,
		`delete from links where organization = $1 and user_id = $2`,
		`delete from outbox where organization = $1 and user_id = $2`,
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

// UserProfileOf returns the id of a user's profile, empty where they have none.
func (t *Tx) UserProfileOf(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID) (id string, err error) {
	_, err = t.row(ctx, `select coalesce(user_profile, '') from users where organization = $1 and id = $2`, []any{o, user}, &id)
	return id, err
}

// UserProfile returns what the user profile of a name gives; found is false
// where there is none.
func (t *Tx) UserProfile(ctx context.Context, o kontrollrum.OrganizationID, name string) (gives [3]policy.Access, found bool, err error) {
	found, err = t.row(ctx, `select working_hour, holiday_list, override from user_profiles where organization = $1 and name = $2`,
		[]any{o, name}, &gives[0], &gives[1], &gives[2])
	return gives, found, err
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
				if sees.Administrators != policy.SeesAll {
					a.GivenBy = "" // who may give roles, which is another's to know
				}
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
