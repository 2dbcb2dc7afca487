package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

const taskColumns = `organization, id, kind, number, started_by, actor_home, tracking_id, created, modified, ended, total, sent, failed, skipped`

func scanTasks(rows *sql.Rows, err error) (out []kontrollrum.Task, _ error) {
	err = each(rows, err, func(rows *sql.Rows) error {
		var k kontrollrum.Task
		var created, modified, ended sql.NullInt64
		err := rows.Scan(&k.Organization, &k.ID, &k.Kind, &k.Number, &k.StartedBy, &k.ActorHome, &k.TrackingID, &created, &modified, &ended,
			&k.Total, &k.Sent, &k.Failed, &k.Skipped)
		k.Created, k.Modified, k.Ended = instant(created), instant(modified), instant(ended)
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

// InsertTask adds a task with an item for each of the organization's users of
// a status, in name order, and fills in its number and total.
func (t *Tx) InsertTask(ctx context.Context, k *kontrollrum.Task, status kontrollrum.UserStatus) error {
	if _, err := t.row(ctx, `select coalesce(max(number), 0) + 1 from tasks where organization = $1`, []any{k.Organization}, &k.Number); err != nil {
		return err
	}
	if _, err := t.row(ctx, `select count(*) from users where organization = $1 and status = $2`, []any{k.Organization, status}, &k.Total); err != nil {
		return err
	}
	if k.Total == 0 {
		k.Ended = k.Created
	}
	_, err := t.exec(ctx, `insert into tasks (`+taskColumns+`, claim, lease) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', 0)`,
		k.Organization, k.ID, k.Kind, k.Number, k.StartedBy, k.ActorHome, k.TrackingID, micros(k.Created), micros(k.Modified), micros(k.Ended),
		k.Total, k.Sent, k.Failed, k.Skipped)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `insert into task_items (organization, task, number, user_id, state, code, message)
		select organization, $2, row_number() over (order by name_key, id), id, 'waiting', '', '' from users where organization = $1 and status = $3`,
		k.Organization, k.ID, status)
	return err
}

// Task finds a task of an organization, or fails with NotFound.
func (t *Tx) Task(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.TaskID) (*kontrollrum.Task, error) {
	rows, err := t.query(ctx, `select `+taskColumns+` from tasks where organization = $1 and id = $2`, o, id)
	found, err := first(scanTasks(rows, err))
	if err == nil && found == nil {
		return nil, kontrollrum.Missing("job")
	}
	return found, err
}

// RunningTask finds the task of a kind that runs in an organization, or returns nil.
func (t *Tx) RunningTask(ctx context.Context, o kontrollrum.OrganizationID, kind kontrollrum.TaskKind) (*kontrollrum.Task, error) {
	rows, err := t.query(ctx, `select `+taskColumns+` from tasks where organization = $1 and kind = $2 and ended is null`, o, kind)
	return first(scanTasks(rows, err))
}

// TaskWaits reports whether a task runs that nobody but claim works on.
func (t *Tx) TaskWaits(ctx context.Context, claim string, now time.Time) (bool, error) {
	var one int
	return t.row(ctx, `select 1 from tasks where ended is null and (lease <= $2 or claim = $1) limit 1`, []any{claim, now.UnixMicro()}, &one)
}

// ClaimTask takes the running task that has waited longest, or returns nil.
// Nobody else is given it until the lease ends.
func (t *Tx) ClaimTask(ctx context.Context, claim string, now, lease time.Time) (*kontrollrum.Task, error) {
	rows, err := t.query(ctx, `update tasks set claim = $1, lease = $3 where (organization, id) in
		(select organization, id from tasks where ended is null and (lease <= $2 or claim = $1) order by lease, organization, id limit 1)
		returning `+taskColumns, claim, now.UnixMicro(), lease.UnixMicro())
	return first(scanTasks(rows, err))
}

// TaskItems lists at most limit of a task's items of some states, in order,
// beginning behind number after.
func (t *Tx) TaskItems(ctx context.Context, o kontrollrum.OrganizationID, task kontrollrum.TaskID, after, limit int, states ...kontrollrum.ItemState) (out []kontrollrum.TaskItem, err error) {
	var q query
	q.add(`select i.number, i.user_id, coalesce(u.email, ''), i.state, i.code, i.message from task_items i
		left join users u on u.organization = i.organization and u.id = i.user_id
		where i.organization = ` + q.arg(o) + ` and i.task = ` + q.arg(task) + ` and i.number > ` + q.arg(after) + ` and i.state in (` + list(&q, states) + `)
		order by i.number limit ` + q.arg(limit))
	rows, err := t.query(ctx, q.text.String(), q.args...)
	err = each(rows, err, func(rows *sql.Rows) error {
		var i kontrollrum.TaskItem
		err := rows.Scan(&i.Number, &i.User, &i.Email, &i.State, &i.Code, &i.Message)
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

// UpdateTask writes a task's counters and end.
func (t *Tx) UpdateTask(ctx context.Context, k *kontrollrum.Task) error {
	_, err := t.exec(ctx, `update tasks set modified = $3, ended = $4, sent = $5, failed = $6, skipped = $7 where organization = $1 and id = $2`,
		k.Organization, k.ID, micros(k.Modified), micros(k.Ended), k.Sent, k.Failed, k.Skipped)
	return err
}

// FailTaskItem counts a user's letter of a task, which was counted as sent, as failed.
func (t *Tx) FailTaskItem(ctx context.Context, o kontrollrum.OrganizationID, task kontrollrum.TaskID, user kontrollrum.UserID, code, message string) error {
	n, err := t.exec(ctx, `update task_items set state = 'failed', code = $4, message = $5
		where organization = $1 and task = $2 and user_id = $3 and state = 'sent'`, o, task, user, code, message)
	if err != nil || n == 0 {
		return err
	}
	_, err = t.exec(ctx, `update tasks set sent = sent - 1, failed = failed + 1 where organization = $1 and id = $2`, o, task)
	return err
}
