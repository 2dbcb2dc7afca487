package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

const assignmentColumns = `id, organization, user_id, role, reach, all_customers, started, ends, given_by, reason`

func scanAssignment(scan func(...any) error, more ...any) (a kontrollrum.Assignment, err error) {
	var role string
	var started, ends sql.NullInt64
	err = scan(append([]any{&a.ID, &a.Organization, &a.User, &role, &a.Reach, &a.AllCustomers, &started, &ends, &a.GivenBy, &a.Reason}, more...)...)
	a.Role, _ = policy.ParseRole(role)
	a.Started, a.Ends = instant(started), instant(ends)
	return a, err
}

// Assignment finds the open assignment of a role to a user, or nil.
func (t *Tx) Assignment(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, role policy.Role, now time.Time) (*kontrollrum.Assignment, error) {
	all, err := t.assignments(ctx, `and role = $4`, o, user, now.UnixMicro(), role.String())
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// Assignments lists what a user holds directly in an organization.
func (t *Tx) Assignments(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, now time.Time) ([]kontrollrum.Assignment, error) {
	return t.assignments(ctx, ``, o, user, now.UnixMicro())
}

// AssignmentsAnywhere lists what a user holds in every organization.
func (t *Tx) AssignmentsAnywhere(ctx context.Context, user kontrollrum.UserID, now time.Time) (out []kontrollrum.Assignment, err error) {
	rows, err := t.query(ctx, `select `+assignmentColumns+` from assignments
		where user_id = $1 and closed is null and (ends is null or ends > $2) order by organization, started, id`, user, now.UnixMicro())
	return t.scanAssignments(ctx, rows, err)
}

func (t *Tx) assignments(ctx context.Context, more string, args ...any) ([]kontrollrum.Assignment, error) {
	rows, err := t.query(ctx, `select `+assignmentColumns+` from assignments
		where organization = $1 and user_id = $2 and closed is null and (ends is null or ends > $3) `+more+` order by started, id`, args...)
	return t.scanAssignments(ctx, rows, err)
}

func (t *Tx) scanAssignments(ctx context.Context, rows *sql.Rows, err error) (out []kontrollrum.Assignment, _ error) {
	err = each(rows, err, func(rows *sql.Rows) error {
		a, err := scanAssignment(rows.Scan)
		out = append(out, a)
		return err
	})
	for i := range out {
		if a := &out[i]; err == nil && a.Reach == kontrollrum.ReachCustomers && !a.AllCustomers {
			a.Customers, err = t.assignmentCustomers(ctx, a)
		}
	}
	return out, err
}

func (t *Tx) assignmentCustomers(ctx context.Context, a *kontrollrum.Assignment) (out []kontrollrum.OrganizationID, err error) {
	rows, err := t.query(ctx, `select customer from assignment_customers where organization = $1 and assignment = $2 order by customer`, a.Organization, a.ID)
	err = each(rows, err, func(rows *sql.Rows) error {
		var id kontrollrum.OrganizationID
		err := rows.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, err
}

// InsertAssignment opens an assignment. What of the same user has expired is
// closed first, so that it does not stand in the way of the unique keys.
func (t *Tx) InsertAssignment(ctx context.Context, a *kontrollrum.Assignment, external bool) error {
	_, err := t.exec(ctx, `update assignments set closed = ends where organization = $1 and user_id = $2 and closed is null and ends <= $3`,
		a.Organization, a.User, micros(a.Started))
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `insert into assignments (`+assignmentColumns+`, exclusive, external) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		a.ID, a.Organization, a.User, a.Role.String(), a.Reach, a.AllCustomers, micros(a.Started), micros(a.Ends), a.GivenBy, a.Reason,
		a.Role.Exclusive(), external)
	if err != nil {
		return err
	}
	return t.SetAssignmentCustomers(ctx, a)
}

// SetAssignmentCustomers writes which customers an assignment is limited to.
func (t *Tx) SetAssignmentCustomers(ctx context.Context, a *kontrollrum.Assignment) error {
	_, err := t.exec(ctx, `delete from assignment_customers where organization = $1 and assignment = $2`, a.Organization, a.ID)
	for _, c := range a.Customers {
		if err == nil {
			_, err = t.exec(ctx, `insert into assignment_customers (organization, assignment, customer) values ($1, $2, $3)`, a.Organization, a.ID, c)
		}
	}
	return err
}

// UpdateAssignment writes an open assignment's end and reason.
func (t *Tx) UpdateAssignment(ctx context.Context, a *kontrollrum.Assignment) error {
	_, err := t.exec(ctx, `update assignments set ends = $3, reason = $4 where organization = $1 and id = $2`, a.Organization, a.ID, micros(a.Ends), a.Reason)
	return err
}

// CloseAssignment ends an assignment now. It is kept.
func (t *Tx) CloseAssignment(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.AssignmentID, now time.Time) error {
	_, err := t.exec(ctx, `update assignments set closed = $3 where organization = $1 and id = $2`, o, id, now.UnixMicro())
	return err
}

// ExternalAdministrators lists a page of the people from elsewhere who may
// administer an organization, by assignment here or by partnership, in name
// order; those only whose role sees shows. Search as in Users.
func (t *Tx) ExternalAdministrators(ctx context.Context, o kontrollrum.OrganizationID, f UserFilter, sees policy.Sight, now time.Time) (out []kontrollrum.ExternalAdministrator, next Mark, err error) {
	shown := []policy.Role{policy.NoRole}
	for _, r := range policy.Roles() {
		if sees.Role(r, true) && (len(f.Roles) == 0 || slices.Contains(f.Roles, r)) {
			shown = append(shown, r)
		}
	}
	var q query
	organization, at := q.arg(o), q.arg(now.UnixMicro())
	open := ` and a.closed is null and (a.ends is null or a.ends > ` + at + `) and a.role in (` + list(&q, roleWords(shown)) + `)`
	// Two ways in, apart, so that each is found by an index from this
	// organization and no other's assignments are read.
	q.add(`select ` + holderColumns + `, u.name_key, a.id, a.organization, a.role, a.reach, a.all_customers, a.started, a.ends, a.given_by, a.reason
		from (select a.*, d.organization as home
		        from assignments a join addresses d on d.user_id = a.user_id
		       where a.organization = ` + organization + ` and a.external` + open + `
		      union all
		      select a.*, a.organization as home
		        from partnerships p join assignments a on a.organization = p.partner
		       where p.customer = ` + organization + ` and (p.ends is null or p.ends > ` + at + `) and a.reach = 'customers'` + open + `
		         and (a.all_customers or exists (select 1 from assignment_customers c
		              where c.organization = a.organization and c.assignment = a.id and c.customer = p.customer))) a
		join users u on u.organization = a.home and u.id = a.user_id where true`)
	if f.Search != "" {
		q.add(` and u.search like ` + q.arg(like(Fold(f.Search))) + ` escape '\'`)
	}
	if f.Email != "" {
		q.add(` and u.email = ` + q.arg(f.Email))
	}
	if len(f.IDs) > 0 {
		q.add(` and u.id in (` + list(&q, f.IDs) + `)`)
	}
	if !f.EndsBefore.IsZero() {
		q.add(` and a.ends < ` + q.arg(f.EndsBefore.UnixMicro()))
	}
	if f.Partner != nil {
		differs := map[bool]string{true: "<>", false: "="}[*f.Partner]
		q.add(` and a.organization ` + differs + ` ` + organization)
	}
	if f.After.ID != "" {
		q.add(` and (u.name_key, a.id) > (` + q.arg(f.After.Key) + `, ` + q.arg(f.After.ID) + `)`)
	}
	q.add(` order by u.name_key, a.id limit ` + q.arg(f.Limit+1))
	rows, err := t.query(ctx, q.text.String(), q.args...)
	var keys []string
	err = each(rows, err, func(rows *sql.Rows) error {
		var e kontrollrum.ExternalAdministrator
		var key, role string
		var started, ends sql.NullInt64
		a := &e.Assignment
		e.User, err = scanUser(rows.Scan, &key, &a.ID, &a.Organization, &role, &a.Reach, &a.AllCustomers, &started, &ends, &a.GivenBy, &a.Reason)
		a.User, a.Started, a.Ends = e.User.ID, instant(started), instant(ends)
		a.Role, _ = policy.ParseRole(role)
		e.Partner = a.Organization != o
		if sees.External != policy.SeesAll {
			a.GivenBy = ""
		}
		out, keys = append(out, e), append(keys, key)
		return err
	})
	if err == nil && len(out) > f.Limit {
		out = out[:f.Limit]
		next = Mark{keys[f.Limit-1], string(out[f.Limit-1].Assignment.ID)}
	}
	return out, next, err
}
