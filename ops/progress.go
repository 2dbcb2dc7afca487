package ops

import (
	"context"
	"slices"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// lookAtTask names the action of a task by what that asks for its people. One
// that is not there changes nothing of the ask: run says so, to whom may.
func (t *turn) lookAtTask(ctx context.Context, ask Ask, id kontrollrum.TaskID) (Ask, *kontrollrum.Task, error) {
	if nameable("jobId", string(id)) != nil {
		return ask, nil, nil
	}
	rows, err := t.tx.Tasks(ctx, t.org.ID, store.TaskFilter{ID: id, Limit: 1}, everyTask())
	if err != nil || len(rows) == 0 {
		return ask, nil, err
	}
	ask.Action = taskAction(rows[0].Kind, rows[0].Product)
	return ask, &rows[0], nil
}

// everyTask is the sight of those from whom no task is hidden.
func everyTask() (s store.TaskSight) {
	for _, a := range taskActions() {
		s.Actions = append(s.Actions, a.String())
	}
	s.Roles = policy.SeesAll
	return s
}

// taskSight is which tasks the caller may see: those of what they may do
// themselves, also while the organization is suspended.
func (t *turn) taskSight() store.TaskSight {
	if t.caller.roleless() {
		return everyTask()
	}
	s := store.TaskSight{Roles: t.sees.Administrators, Self: t.giver()}
	f := t.facts
	f.Suspended, f.Target = false, policy.Target{}
	for _, a := range taskActions() {
		if policy.May(a, &f).OK {
			s.Actions = append(s.Actions, a.String())
		}
	}
	return s
}

// task finds a task that the caller may see, or fails with NotFound.
func (t *turn) task(ctx context.Context, id kontrollrum.TaskID) (*kontrollrum.Task, error) {
	if err := nameable("jobId", string(id)); err != nil {
		return nil, err
	}
	found, err := t.tx.Tasks(ctx, t.org.ID, store.TaskFilter{ID: id, Limit: 1}, t.taskSight())
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, kontrollrum.Missing("job")
	}
	return &found[0], nil
}

// ended finds a task that is over, or fails with Conflict.
func (t *turn) ended(ctx context.Context, id kontrollrum.TaskID) (*kontrollrum.Task, error) {
	k, err := t.task(ctx, id)
	if err == nil && k.Ended.IsZero() {
		return nil, kontrollrum.Clash("task_running", "it runs; wait until it has ended, or cancel it")
	}
	return k, err
}

// running lists the tasks that run and that the caller may see, newest first.
func (t *turn) running(ctx context.Context) ([]kontrollrum.Task, error) {
	sees := t.taskSight()
	if len(sees.Actions) == 0 {
		return nil, nil
	}
	return t.tx.Tasks(ctx, t.org.ID, store.TaskFilter{Running: true, Limit: pageSize(0)}, sees)
}

// ViewTask shows how far a task has come.
type ViewTask struct {
	Organization string
	Task         kontrollrum.TaskID
	Kind         kontrollrum.TaskKind // empty: of whatever kind
}

func (o ViewTask) asks() Ask { return Ask{Action: policy.TasksView, In: o.Organization} }

func (o ViewTask) run(ctx context.Context, t *turn) (*kontrollrum.Task, error) {
	k, err := t.task(ctx, o.Task)
	if err == nil && o.Kind != "" && k.Kind != o.Kind {
		return nil, kontrollrum.Missing("job")
	}
	return k, err
}

// ListTasks lists a page of an organization's tasks, newest first.
type ListTasks struct {
	Organization string
	Before       int // number of the last task of the page before; 0: from the newest
	Limit        int
}

// Tasks is the answer of [ListTasks]. Running are all that run, on the first
// page; they stand among its Items too.
type Tasks struct {
	Items   []kontrollrum.Task
	Running []kontrollrum.Task
	More    bool
}

func (o ListTasks) asks() Ask { return Ask{Action: policy.TasksView, In: o.Organization} }

func (o ListTasks) run(ctx context.Context, t *turn) (out Tasks, err error) {
	limit := pageSize(o.Limit)
	out.Items, err = t.tx.Tasks(ctx, t.org.ID, store.TaskFilter{Before: max(o.Before, 0), Limit: limit + 1}, t.taskSight())
	if len(out.Items) > limit {
		out.Items, out.More = out.Items[:limit], true
	}
	if err == nil && o.Before <= 0 {
		out.Running, err = t.running(ctx)
	}
	return out, err
}

// ListTaskItems lists what became of a task's people, in order.
type ListTaskItems struct {
	Organization string
	Task         kontrollrum.TaskID
	Kind         kontrollrum.TaskKind    // empty: of whatever kind
	States       []kontrollrum.ItemState // empty: all
	After        int                     // number of the last item of the page before; 0: from the start
	Limit        int
}

// TaskItems is the answer of [ListTaskItems].
type TaskItems struct {
	kontrollrum.Task
	Items []kontrollrum.TaskItem
	More  bool
}

func (o ListTaskItems) asks() Ask { return Ask{Action: policy.TasksView, In: o.Organization} }

func (o ListTaskItems) run(ctx context.Context, t *turn) (out TaskItems, err error) {
	for _, s := range o.States {
		if !slices.Contains(kontrollrum.ItemStates(), s) {
			return out, kontrollrum.Wrong("state", legible(string(s)), "use waiting, done, failed or skipped")
		}
	}
	task, err := ViewTask{o.Organization, o.Task, o.Kind}.run(ctx, t)
	if err != nil {
		return out, err
	}
	limit, states := pageSize(o.Limit), o.States
	if len(states) == 0 {
		states = kontrollrum.ItemStates()
	}
	out.Task = *task
	out.Items, err = t.tx.TaskItems(ctx, t.org.ID, o.Task, o.After, limit+1, states...)
	if len(out.Items) > limit {
		out.Items, out.More = out.Items[:limit], true
	}
	return out, err
}
