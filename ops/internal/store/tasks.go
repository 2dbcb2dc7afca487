package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// selectTasks reads tasks and what is known of them beside.
const selectTasks = `select k.organization, k.id, k.kind, k.action, k.license, k.product, k.supervisor, k.again, k.undoes, k.number,
	k.started_by, k.actor_role, k.actor_home, k.tracking_id, k.created, k.modified, k.ended, k.cancelled, k.total, k.done, k.failed, k.skipped, k.by_role,
	coalesce((select s.display_name from users s where s.organization = k.actor_home and s.id = k.started_by), ''),
	coalesce((select h.name from organizations h where h.id = k.actor_home), ''),
	exists (select 1 from tasks n where n.organization = k.organization and n.undoes = k.id and n.undoes <> '') from tasks k `

func scanTasks(rows *sql.Rows, err error) (out []kontrollrum.Task, _ error) {
	err = each(rows, err, func(rows *sql.Rows) error {
		var k kontrollrum.Task
		var created, modified, ended sql.NullInt64
		var supervisor sql.NullBool
		err := rows.Scan(&k.Organization, &k.ID, &k.Kind, &k.Action, &k.License, &k.Product, &supervisor, &k.Again, &k.Undoes, &k.Number,
			&k.StartedBy, &k.ActorRole, &k.ActorHome, &k.TrackingID, &created, &modified, &ended, &k.Cancelled, &k.Total, &k.Done, &k.Failed, &k.Skipped, &k.ByRole,
			&k.Starter, &k.StarterHome, &k.Undone)
		k.Created, k.Modified, k.Ended = instant(created), instant(modified), instant(ended)
		if supervisor.Valid {
			k.Supervisor = &supervisor.Bool
		}
		out = append(out, k)
		return err
	})
	return out, err
}

func first[T any](all []T, err error) (*T, error) {
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// InsertTask adds a task with an item for each of the organization's users whom
// a filter leaves, in name order, and fills in its number and total. A role
// that sees does not show is as if nobody held it.
func (t *Tx) InsertTask(ctx context.Context, k *kontrollrum.Task, f UserFilter, sees policy.Sight, now time.Time) error {
	return t.insertTask(ctx, k, func() (int64, error) {
		var q query
		q.add(`insert into task_items (organization, task, number, user_id, state, code, message)
			select organization, ` + q.arg(k.ID) + `, row_number() over (order by name_key, id), id, 'waiting', '', '' from users u where organization = ` + q.arg(k.Organization))
		p := page{t: t, o: k.Organization, f: &f, sees: sees, now: now}
		p.narrow(&q)
		return t.change(ctx, &q)
	})
}

// InsertTaskAfter adds a task with an item for each of another's that is in a
// state, with one of some codes (none: whatever code), in order, and fills in
// its number and total. The items keep their codes.
func (t *Tx) InsertTaskAfter(ctx context.Context, k *kontrollrum.Task, other kontrollrum.TaskID, state kontrollrum.ItemState, codes ...string) error {
	return t.insertTask(ctx, k, func() (int64, error) {
		var q query
		q.add(`insert into task_items (organization, task, number, user_id, state, code, message)
			select organization, ` + q.arg(k.ID) + `, row_number() over (order by number), user_id, 'waiting', code, '' from task_items
			where organization = ` + q.arg(k.Organization) + ` and task = ` + q.arg(other) + ` and state = ` + q.arg(state))
		if len(codes) > 0 {
			q.add(` and code in (` + list(&q, codes) + `)`)
		}
		return t.change(ctx, &q)
	})
}

func (t *Tx) insertTask(ctx context.Context, k *kontrollrum.Task, items func() (int64, error)) error {
	if _, err := t.row(ctx, `select coalesce(max(number), 0) + 1 from tasks where organization = $1`, []any{k.Organization}, &k.Number); err != nil {
		return err
	}
	_, err := t.exec(ctx, `insert into tasks (organization, id, kind, action, license, product, supervisor, again, undoes, number, started_by, actor_role, actor_home,
			tracking_id, created, modified, cancelled, total, done, failed, skipped, by_role, claim, lease)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, 0, 0, 0, $18, '', 0)`,
		k.Organization, k.ID, k.Kind, k.Action, k.License, k.Product, k.Supervisor, k.Again, k.Undoes, k.Number, k.StartedBy, k.ActorRole, k.ActorHome,
		k.TrackingID, micros(k.Created), micros(k.Modified), k.Cancelled, k.ByRole)
	if err != nil {
		return err
	}
	n, err := items()
	if err != nil {
		return err
	}
	if k.Total = int(n); n == 0 {
		k.Ended = k.Created
	}
	_, err = t.exec(ctx, `update tasks set total = $3, ended = $4 where organization = $1 and id = $2`, k.Organization, k.ID, k.Total, micros(k.Ended))
	return err
}

// Task finds a task of an organization, or fails with NotFound.
func (t *Tx) Task(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.TaskID) (*kontrollrum.Task, error) {
	rows, err := t.query(ctx, selectTasks+`where k.organization = $1 and k.id = $2`, o, id)
	found, err := first(scanTasks(rows, err))
	if err == nil && found == nil {
		return nil, kontrollrum.Missing("job")
	}
	return found, err
}

// RunningTask finds the task of a kind that runs in an organization, or returns nil.
func (t *Tx) RunningTask(ctx context.Context, o kontrollrum.OrganizationID, kind kontrollrum.TaskKind) (*kontrollrum.Task, error) {
	rows, err := t.query(ctx, selectTasks+`where k.organization = $1 and k.kind = $2 and k.ended is null`, o, kind)
	return first(scanTasks(rows, err))
}

// A TaskSight is which tasks a caller may see. The zero TaskSight sees none.
type TaskSight struct {
	Actions []string // of which a task must be one
	// Roles are the administrator roles that can be seen. Of a task that was started
	// by another one it is not told by whom; one whose people were chosen by role
	// is seen only by who sees all.
	Roles policy.Scope
	Self  kontrollrum.UserID // who sees their own of these all the same
}

// A TaskFilter says which of an organization's tasks, from where.
type TaskFilter struct {
	ID      kontrollrum.TaskID // empty: whichever
	Running bool               // only those
	// FailedSince: only those that have failed for somebody, and ended not before.
	FailedSince time.Time
	Before      int // the number of the last one of the page before; 0: from the newest
	Limit       int
}

// Tasks lists at most limit of an organization's tasks, newest first.
func (t *Tx) Tasks(ctx context.Context, o kontrollrum.OrganizationID, f TaskFilter, sees TaskSight) ([]kontrollrum.Task, error) {
	var q query
	q.add(selectTasks + `where k.organization = ` + q.arg(o) + ` and k.action in (` + list(&q, append([]string{""}, sees.Actions...)) + `)`)
	if sees.Roles != policy.SeesAll {
		q.add(` and (not k.by_role or k.started_by = ` + q.arg(sees.Self) + `)`)
	}
	if f.ID != "" {
		q.add(` and k.id = ` + q.arg(f.ID))
	}
	if f.Running {
		q.add(` and k.ended is null`)
	}
	if !f.FailedSince.IsZero() {
		q.add(` and k.failed > 0 and k.ended >= ` + q.arg(f.FailedSince.UnixMicro()))
	}
	if f.Before > 0 {
		q.add(` and k.number < ` + q.arg(f.Before))
	}
	q.add(` order by k.number desc limit ` + q.arg(f.Limit))
	rows, err := t.query(ctx, q.text.String(), q.args...)
	out, err := scanTasks(rows, err)
	for i, k := range out {
		if role, ok := policy.ParseRole(k.ActorRole); sees.Roles != policy.SeesAll && k.StartedBy != sees.Self && !(ok && sees.Roles.Shows(role)) {
			out[i].StartedBy, out[i].ActorRole, out[i].TrackingID, out[i].Starter = "", "", "", ""
		}
	}
	return out, err
}

// TaskWaits reports whether a task runs that nobody but claim works on.
func (t *Tx) TaskWaits(ctx context.Context, claim string, now time.Time) (bool, error) {
	var one int
	return t.row(ctx, `select 1 from tasks where ended is null and (lease <= $2 or claim = $1) limit 1`, []any{claim, now.UnixMicro()}, &one)
}

// ClaimTask takes the running task that has waited longest, or returns nil.
// Nobody else is given it until the lease ends.
func (t *Tx) ClaimTask(ctx context.Context, claim string, now, lease time.Time) (*kontrollrum.Task, error) {
	var o kontrollrum.OrganizationID
	var id kontrollrum.TaskID
	found, err := t.row(ctx, `update tasks set claim = $1, lease = $3 where (organization, id) in
		(select organization, id from tasks where ended is null and (lease <= $2 or claim = $1) order by lease, organization, id limit 1)
		returning organization, id`, []any{claim, now.UnixMicro(), lease.UnixMicro()}, &o, &id)
	if err != nil || !found {
		return nil, err
	}
	return t.Task(ctx, o, id)
}

// TaskItemCode is the code of one of a task's people; empty where there is none.
func (t *Tx) TaskItemCode(ctx context.Context, o kontrollrum.OrganizationID, task kontrollrum.TaskID, user kontrollrum.UserID) (code string, err error) {
	rows, err := t.query(ctx, `select code from task_items where organization = $1 and task = $2 and user_id = $3`, o, task, user)
	return code, each(rows, err, func(rows *sql.Rows) error { return rows.Scan(&code) })
}

// TaskItems lists at most limit of a task's items of some states, in order,
// beginning behind number after.
func (t *Tx) TaskItems(ctx context.Context, o kontrollrum.OrganizationID, task kontrollrum.TaskID, after, limit int, states ...kontrollrum.ItemState) (out []kontrollrum.TaskItem, err error) {
	var q query
	q.add(`select i.number, i.user_id, coalesce(u.display_name, ''), coalesce(u.email, ''), i.state, i.code, i.message from task_items i
		left join users u on u.organization = i.organization and u.id = i.user_id
		where i.organization = ` + q.arg(o) + ` and i.task = ` + q.arg(task) + ` and i.number > ` + q.arg(after) + ` and i.state in (` + list(&q, states) + `)
		order by i.number limit ` + q.arg(limit))
	rows, err := t.query(ctx, q.text.String(), q.args...)
	err = each(rows, err, func(rows *sql.Rows) error {
		var i kontrollrum.TaskItem
		err := rows.Scan(&i.Number, &i.User, &i.Name, &i.Email, &i.State, &i.Code, &i.Message)
		out = append(out, i)
		return err
	})
	return out, err
}

// SetTaskItem writes what became of an item.
func (t *Tx) SetTaskItem(ctx context.Context, o kontrollrum.OrganizationID, task kontrollrum.TaskID, i kontrollrum.TaskItem) error {
	_, err := t.exec(ctx, `update task_items set state = $4, code = $5, message = $6 where organization = $1 and task = $2 and number = $3`,
		o, task, i.Number, i.State, i.Code, i.Message)
	return err
}

// SkipTaskItems ends a task's items that wait, with a code, and returns how many.
func (t *Tx) SkipTaskItems(ctx context.Context, o kontrollrum.OrganizationID, task kontrollrum.TaskID, code, message string) (int, error) {
	n, err := t.exec(ctx, `update task_items set state = 'skipped', code = $3, message = $4 where organization = $1 and task = $2 and state = 'waiting'`,
		o, task, code, message)
	return int(n), err
}

// UpdateTask writes a task's counters and end.
func (t *Tx) UpdateTask(ctx context.Context, k *kontrollrum.Task) error {
	_, err := t.exec(ctx, `update tasks set modified = $3, ended = $4, cancelled = $5, done = $6, failed = $7, skipped = $8 where organization = $1 and id = $2`,
		k.Organization, k.ID, micros(k.Modified), micros(k.Ended), k.Cancelled, k.Done, k.Failed, k.Skipped)
	return err
}

// FailTaskItem counts a user's letter of a task, which was counted as done, as failed.
func (t *Tx) FailTaskItem(ctx context.Context, o kontrollrum.OrganizationID, task kontrollrum.TaskID, user kontrollrum.UserID, code, message string) error {
	n, err := t.exec(ctx, `update task_items set state = 'failed', code = $4, message = $5
		where organization = $1 and task = $2 and user_id = $3 and state = 'done'`, o, task, user, code, message)
	if err != nil || n == 0 {
		return err
	}
	_, err = t.exec(ctx, `update tasks set done = done - 1, failed = failed + 1 where organization = $1 and id = $2`, o, task)
	return err
}
