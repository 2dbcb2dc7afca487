package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

var notVerified = store.UserFilter{Statuses: []kontrollrum.UserStatus{kontrollrum.NotVerified}}

// everyTask sees all of them.
var everyTask = store.TaskSight{Actions: []string{"users.send_activation", "licenses.other.edit"}, Roles: policy.SeesAll}

// task inserts a task for whom a filter leaves.
func (b *bench) task(o kontrollrum.Organization, f store.UserFilter, sees policy.Sight, change ...func(*kontrollrum.Task)) kontrollrum.Task {
	b.Helper()
	k := kontrollrum.Task{ID: newID[kontrollrum.TaskID](), Organization: o.ID, Kind: kontrollrum.ActivationTask, Action: "users.send_activation", StartedBy: "u",
		ActorHome: o.ID, StarterHome: o.Name, TrackingID: "NA_x", Created: b.now, Modified: b.now}
	for _, f := range change {
		f(&k)
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertTask(ctx, &k, f, sees, b.now) })
	return k
}

func tasks(b *bench) {
	o, other := b.organization(), b.organization()
	for _, name := range []string{"Ö", "Å", "B"} {
		b.user(o, name, func(u *kontrollrum.User) { u.Status = kontrollrum.NotVerified })
	}
	active := b.user(o, "Active")
	find := func(o kontrollrum.Organization, id kontrollrum.TaskID) kontrollrum.Task {
		return *read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Task, error) { return tx.Task(ctx, o.ID, id) })
	}
	k, none := b.task(o, notVerified, everything), b.task(other, notVerified, everything)
	if k.Total != 3 || k.Number != 1 || none.Total != 0 || none.Ended != b.now {
		b.Fatalf("got %+v and %+v", k, none)
	}
	same(b, "found", find(o, k.ID), k)
	same(b, "found where there is nobody", find(other, none.ID), none)
	missing(b, "of another organization", func(ctx context.Context, tx *store.Tx) (*kontrollrum.Task, error) {
		return tx.Task(ctx, other.ID, k.ID)
	})
	b.fails("two run at once", func(ctx context.Context, tx *store.Tx) error {
		again := k
		again.ID = newID[kontrollrum.TaskID]()
		return tx.InsertTask(ctx, &again, notVerified, everything, b.now)
	})
	running := func(o kontrollrum.Organization) *kontrollrum.Task {
		return read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Task, error) {
			return tx.RunningTask(ctx, o.ID, kontrollrum.ActivationTask)
		})
	}
	same(b, "running", running(o), &k)
	same(b, "running where none is", running(other), nil)
	b.claims(k)
	items := func(o kontrollrum.Organization, after int, states ...kontrollrum.ItemState) []kontrollrum.TaskItem {
		return read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.TaskItem, error) {
			return tx.TaskItems(ctx, o.ID, k.ID, after, 2, states...)
		})
	}
	all := items(o, 0, kontrollrum.ItemWaiting, kontrollrum.ItemDone)
	if len(all) != 2 || all[0].Email != address(o, "B") || all[1].Email != address(o, "Å") || all[0].Number != 1 || all[0].Name != "B" {
		b.Fatalf("got %+v", all)
	}
	done := all[1]
	done.State, done.Code, done.Message = kontrollrum.ItemDone, "c", "m"
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.SetTaskItem(ctx, o.ID, k.ID, done), tx.SetTaskItem(ctx, other.ID, k.ID, all[0]))
	})
	same(b, "done", items(o, 0, kontrollrum.ItemDone), []kontrollrum.TaskItem{done})
	same(b, "of another organization", items(other, 0, kontrollrum.ItemDone, kontrollrum.ItemWaiting), nil)
	skip := func(o kontrollrum.Organization) (n int) {
		b.write(func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = tx.SkipTaskItems(ctx, o.ID, k.ID, "cancelled", "m")
			return err
		})
		return n
	}
	same(b, "skipped in another organization", skip(other), 0)
	same(b, "skipped", skip(o), 2)
	same(b, "what was done is not skipped", items(o, 0, kontrollrum.ItemDone), []kontrollrum.TaskItem{done})
	k.Done, k.Failed, k.Skipped, k.Modified, k.Ended, k.Cancelled = 1, 1, 1, b.now.Add(time.Second), b.now.Add(time.Second), true
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateTask(ctx, &k) })
	same(b, "changed", find(o, k.ID), k)
	for range 2 { // the second time it has failed already
		b.write(func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.FailTaskItem(ctx, o.ID, k.ID, done.User, "undeliverable", "550"), tx.FailTaskItem(ctx, other.ID, k.ID, done.User, "x", "x"))
		})
	}
	k.Done, k.Failed = 0, 2
	same(b, "failed later", find(o, k.ID), k)
	same(b, "the item", items(o, 0, kontrollrum.ItemFailed)[0].Message, "550")

	yes := true
	back := kontrollrum.Task{ID: newID[kontrollrum.TaskID](), Organization: o.ID, Kind: kontrollrum.RemoveTask, Action: "licenses.other.edit", License: "l",
		Product: kontrollrum.MeetingsHost, Supervisor: &yes, Again: "x", Undoes: k.ID, ByRole: true, StartedBy: active.ID, ActorHome: o.ID, Created: b.now, Modified: b.now}
	after := func(k kontrollrum.Task, state kontrollrum.ItemState, codes ...string) kontrollrum.Task {
		k.ID = newID[kontrollrum.TaskID]()
		b.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.InsertTaskAfter(ctx, &k, k.Undoes, state, codes...)
		})
		return k
	}
	back = after(back, kontrollrum.ItemSkipped, "cancelled", "else")
	back.Starter, back.StarterHome = active.DisplayName, o.Name
	if back.Total != 2 || back.Number != 2 {
		b.Errorf("after another: %+v", back)
	}
	same(b, "after another", find(o, back.ID), back)
	if !find(o, k.ID).Undone || find(o, back.ID).Undone {
		b.Error("another is undone")
	}
	b.fails("undone twice", func(ctx context.Context, tx *store.Tx) error {
		twice := back
		twice.ID = newID[kontrollrum.TaskID]()
		return tx.InsertTaskAfter(ctx, &twice, k.ID, kontrollrum.ItemSkipped)
	})
	back.Undoes = ""
	same(b, "after one of another organization", after(back, kontrollrum.ItemSkipped).Total, 0)
	same(b, "the next", b.task(o, notVerified, everything).Number, 4)
	taskLists(b)
}

// claims: one works on a task, until the lease ends.
func (b *bench) claims(k kontrollrum.Task) {
	claim := func(by string, at time.Time) (out *kontrollrum.Task) {
		b.write(func(ctx context.Context, tx *store.Tx) (err error) {
			out, err = tx.ClaimTask(ctx, by, at, at.Add(time.Minute))
			return err
		})
		return out
	}
	same(b, "claimed", claim("a", b.now), &k)
	same(b, "claimed by another", claim("b", b.now), nil)
	same(b, "claimed again", claim("a", b.now), &k)
	same(b, "claimed by another, later", claim("b", b.now.Add(time.Minute)), &k)
	waits := func(by string, at time.Time) bool {
		return read(b, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.TaskWaits(ctx, by, at) })
	}
	if waits("a", b.now.Add(time.Minute)) || !waits("b", b.now) || !waits("a", b.now.Add(2*time.Minute)) {
		b.Error("it waits for the wrong one")
	}
}

// taskLists: who sees which tasks, and whom a filter leaves for one.
func taskLists(b *bench) {
	o, other := b.organization(), b.organization()
	full, service := b.user(o, "Full"), b.user(o, "Service")
	b.user(o, "Plain")
	b.user(other, "Plain")
	b.assign(o, full, policy.FullAdmin)
	b.assign(o, service, policy.ServiceAdmin)
	services := policy.Sight{Users: true, Administrators: policy.SeesServiceAdmins}
	over := func(k *kontrollrum.Task) { k.Kind = kontrollrum.AssignTask } // of which several may run
	for what, c := range map[string]struct {
		f    store.UserFilter
		sees policy.Sight
		want int
	}{
		"all":                          {store.UserFilter{}, everything, 3},
		"by a search":                  {store.UserFilter{Search: "plain"}, everything, 1},
		"by ids":                       {store.UserFilter{IDs: []kontrollrum.UserID{full.ID, service.ID, "nobody"}}, everything, 2},
		"administrators":               {store.UserFilter{Administrators: true}, everything, 2},
		"administrators, seen in part": {store.UserFilter{Administrators: true}, services, 1},
		"by a role not seen":           {store.UserFilter{Roles: []policy.Role{policy.FullAdmin}}, services, 0},
		"without a licence":            {store.UserFilter{Unlicensed: true, Statuses: []kontrollrum.UserStatus{kontrollrum.Active}}, everything, 3},
	} {
		k := b.task(o, c.f, c.sees, over)
		same(b, what, k.Total, c.want)
		k.Ended = b.now
		b.write(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateTask(ctx, &k) })
	}
	mine := b.task(other, store.UserFilter{}, everything, over, func(k *kontrollrum.Task) { k.ByRole, k.StartedBy = true, "me" })
	theirs := b.task(other, store.UserFilter{}, everything, over, func(k *kontrollrum.Task) { k.ByRole = true })
	others := b.task(other, store.UserFilter{}, everything, over, func(k *kontrollrum.Task) { k.Action = "licenses.other.edit" })
	list := func(o kontrollrum.Organization, f store.TaskFilter, sees store.TaskSight) (out []int) {
		if f.Limit == 0 {
			f.Limit = 99
		}
		for _, k := range read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.Task, error) {
			return tx.Tasks(ctx, o.ID, f, sees)
		}) {
			out = append(out, k.Number)
		}
		return out
	}
	same(b, "newest first", list(other, store.TaskFilter{}, everyTask), []int{3, 2, 1})
	same(b, "a page", list(other, store.TaskFilter{Limit: 1, Before: 3}, everyTask), []int{2})
	same(b, "one", list(other, store.TaskFilter{ID: theirs.ID}, everyTask), []int{2})
	same(b, "one of another organization", list(o, store.TaskFilter{ID: theirs.ID}, everyTask), nil)
	same(b, "of one action", list(other, store.TaskFilter{}, store.TaskSight{Actions: []string{"licenses.other.edit"}}), []int{3})
	same(b, "of those by role their own", list(other, store.TaskFilter{}, store.TaskSight{Actions: everyTask.Actions, Self: "me"}), []int{3, 1})
	for role, want := range map[string]string{"service_admin": "u", "full_admin": "", "": ""} {
		k := b.task(o, store.UserFilter{}, everything, over, func(k *kontrollrum.Task) { k.ActorRole = role })
		got := read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.Task, error) {
			return tx.Tasks(ctx, o.ID, store.TaskFilter{ID: k.ID, Limit: 1}, store.TaskSight{Actions: everyTask.Actions, Roles: policy.SeesServiceAdmins})
		})
		same(b, "started by "+role, fmt.Sprint(got[0].StartedBy, got[0].TrackingID != "", got[0].StarterHome), fmt.Sprint(want, want != "", o.Name))
	}
	same(b, "with no sight", list(other, store.TaskFilter{}, store.TaskSight{}), nil)
	for _, k := range []kontrollrum.Task{mine, others} {
		k.Ended = b.now
		b.write(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateTask(ctx, &k) })
	}
	same(b, "running", list(other, store.TaskFilter{Running: true}, everyTask), []int{2})
	theirs.Ended, theirs.Failed = b.now, 1
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateTask(ctx, &theirs) })
	same(b, "failed", list(other, store.TaskFilter{FailedSince: b.now}, everyTask), []int{2})
	same(b, "failed later", list(other, store.TaskFilter{FailedSince: b.now.Add(time.Second)}, everyTask), nil)
	if got := list(o, store.TaskFilter{}, everyTask); !slices.IsSortedFunc(got, func(a, b int) int { return b - a }) || len(got) != 10 {
		b.Errorf("got %v", got)
	}
}
