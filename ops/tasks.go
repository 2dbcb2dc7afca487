package ops

import (
	"context"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Tasks are permitted by the action that they ask for each of their people:
// whoever may do that to one may start a task of it, sees those that there are,
// and may cancel, repeat and undo them (docs/decisions/0019).

const (
	// UndoLife is how long after its end a task may be undone.
	UndoLife = 24 * time.Hour
	// MaxChosen is how many people can be named to a task. A filter names any number.
	MaxChosen = MaxPage
)

// taskActions are what tasks ask for their people.
func taskActions() []policy.Action {
	return []policy.Action{policy.UsersSendActivation, policy.LicensesContactCenterEdit, policy.LicensesOtherEdit, policy.UsersDeactivate, policy.UsersActivate}
}

// taskAction is what a task of a kind, about a product, asks for its people.
func taskAction(kind kontrollrum.TaskKind, about kontrollrum.Product) policy.Action {
	switch {
	case kind == kontrollrum.DeactivateTask:
		return policy.UsersDeactivate
	case kind == kontrollrum.ActivateTask:
		return policy.UsersActivate
	case kind != kontrollrum.AssignTask && kind != kontrollrum.RemoveTask:
		return policy.UsersSendActivation
	case about == "" || about.ContactCenter():
		return policy.LicensesContactCenterEdit
	}
	return policy.LicensesOtherEdit
}

// StartTask starts a task for users of an organization: those named or, if All,
// everybody whom the filter leaves at that moment. What is not allowed for one
// of them fails for that one. Conflict where that is nobody and, of invitations,
// where they are being sent already.
type StartTask struct {
	Organization string
	Kind         kontrollrum.TaskKind
	License      kontrollrum.LicenseID // to assign or remove
	Supervisor   *bool                 // to assign with, see [AssignLicense]
	Users        []string              // ids; whoever is not of the organization is left out
	All          bool
	// Filter says who is seen by whoever chose: where that is by administrator
	// role, only those who see all roles, and who started it, see the task.
	Filter Filter
}

func (o StartTask) asks() Ask { return Ask{Action: policy.UsersSendActivation, In: o.Organization} }

func (o StartTask) look(ctx context.Context, t *turn) (Ask, error) {
	ask := o.asks()
	ask.Action = taskAction(o.Kind, "")
	if ask.Action != policy.LicensesContactCenterEdit {
		return ask, nil
	}
	return t.lookAtLicense(ctx, ask, o.License)
}

func (o StartTask) run(ctx context.Context, t *turn) (*kontrollrum.Task, error) {
	f, err := o.chosen(t)
	if err != nil {
		return nil, err
	}
	k := t.newTask(o.Kind, t.license)
	k.Supervisor = o.Supervisor
	k.ByRole = o.Filter.Administrators || slices.ContainsFunc(o.Filter.Roles, func(r policy.Role) bool { return r != policy.Supervisor })
	if err := t.start(ctx, k, func() error { return t.tx.InsertTask(ctx, k, f, t.sees, t.now) }); err != nil {
		return nil, err
	}
	if k.Total == 0 {
		return nil, nobody()
	}
	return k, nil
}

// chosen is the filter that leaves whom a task is for, if what is asked makes sense.
func (o StartTask) chosen(t *turn) (Filter, error) {
	f := o.Filter
	f.After, f.Sort = store.Mark{}, ""
	if err := checkFilter(f); err != nil {
		return f, err
	}
	switch o.Kind {
	case kontrollrum.ActivationTask:
		if o.All {
			if len(f.Statuses) > 0 && !slices.Contains(f.Statuses, kontrollrum.NotVerified) {
				return f, nobody()
			}
			f.Statuses = []kontrollrum.UserStatus{kontrollrum.NotVerified} // everybody else would only be skipped
		}
	case kontrollrum.DeactivateTask, kontrollrum.ActivateTask:
	case kontrollrum.AssignTask, kontrollrum.RemoveTask:
		if t.license == nil {
			return f, kontrollrum.Missing("license")
		}
		if o.Supervisor != nil && *o.Supervisor && t.license.Product != kontrollrum.PremiumAgent {
			return f, onlyPremium()
		}
	default:
		return f, kontrollrum.Wrong("kind", legible(string(o.Kind)), "use send_activations, assign_license, remove_license, deactivate_users or activate_users")
	}
	if o.All {
		return f, nil
	}
	f = Filter{}
	for _, id := range o.Users {
		if !kontrollrum.IsID(id) {
			return f, kontrollrum.Wrong("user", legible(id), "name users by their ids")
		}
		f.IDs = append(f.IDs, kontrollrum.UserID(id))
	}
	switch {
	case len(f.IDs) > MaxChosen:
		return f, kontrollrum.Wrong("user", "", "name 1000 users at most, or all whom a filter leaves")
	case len(f.IDs) == 0:
		return f, nobody()
	}
	return f, nil
}

// A Forecast is what a task would become if it were done at once, as far as
// that can be told before: of Total people it would do something for Will.
type Forecast struct {
	Total   int
	Will    int
	Already int                  // it is so already
	Other   int                  // hold the other contact-centre licence, so that it fails
	Seats   int                  // of the licence that are free
	Short   int                  // for whom there is no seat, so that it fails
	Self    bool                 // whoever asks is among them, and left out
	License *kontrollrum.License // that it is about; nil: none
}

// ForeseeTask says what a task would become, and starts none. It fails as
// [StartTask] does.
type ForeseeTask struct{ StartTask }

func (o ForeseeTask) asks() Ask {
	ask := o.StartTask.asks()
	ask.ReadOnly = true
	return ask
}

func (o ForeseeTask) look(ctx context.Context, t *turn) (Ask, error) {
	ask, err := o.StartTask.look(ctx, t)
	ask.ReadOnly = true
	return ask, err
}

func (o ForeseeTask) run(ctx context.Context, t *turn) (*Forecast, error) {
	f, err := o.chosen(t)
	if err != nil {
		return nil, err
	}
	c, err := t.tx.CountForTask(ctx, t.org.ID, f, t.sees, t.now, t.license, t.giver())
	if err != nil {
		return nil, err
	}
	out := &Forecast{Total: c.Total, License: t.license}
	switch o.Kind {
	case kontrollrum.ActivationTask:
		out.Will = c.NotVerified
	case kontrollrum.ActivateTask:
		out.Will = c.Total - c.Active
	case kontrollrum.DeactivateTask:
		out.Self = c.Self > 0
		out.Will = c.Total - c.Inactive - c.Self
	case kontrollrum.RemoveTask:
		out.Will = c.Held
	case kontrollrum.AssignTask:
		out.Will = c.Total - c.Held - c.Other
		if o.Supervisor != nil { // and so it is changed
			out.Will += c.Held - c.Optioned(*o.Supervisor)
		}
		org, err := t.tx.Organization(ctx, placeOf(string(t.org.ID)))
		if err != nil {
			return nil, err
		}
		out.Other = c.Other
		out.Seats = max(t.license.Bought+org.Overage-t.license.Used, 0)
		if gets := c.Total - c.Held - c.Other; gets > out.Seats {
			out.Short = gets - out.Seats
			out.Will -= out.Short
		}
	}
	out.Already = c.Total - out.Will - out.Other - out.Short
	if out.Self {
		out.Already--
	}
	if out.Total == 0 {
		return nil, nobody()
	}
	return out, nil
}

// nobody is that there is nobody for a task.
func nobody() error {
	return kontrollrum.Clash("nobody_chosen", "nobody is chosen: name users who are there, or a filter that leaves some")
}

// newTask is a task that the turn's actor starts, about a licence or none.
func (t *turn) newTask(kind kontrollrum.TaskKind, about *kontrollrum.License) *kontrollrum.Task {
	k := &kontrollrum.Task{ID: kontrollrum.TaskID(t.hub.newID()), Organization: t.org.ID, Kind: kind,
		StartedBy: t.giver(), ActorRole: t.may.Column.Role().String(), TrackingID: legible(t.caller.TrackingID), Created: t.now, Modified: t.now}
	if about != nil {
		k.License, k.Product = about.ID, about.Product
	}
	k.Action = taskAction(kind, k.Product).String()
	if t.actor != nil {
		k.ActorHome = t.actor.Home
	}
	return k
}

// start inserts a task and notes it; of invitations one runs at a time.
func (t *turn) start(ctx context.Context, k *kontrollrum.Task, insert func() error) error {
	if k.Kind == kontrollrum.ActivationTask {
		running, err := t.tx.RunningTask(ctx, t.org.ID, k.Kind)
		if err != nil {
			return err
		}
		if running != nil {
			return &kontrollrum.Error{Kind: kontrollrum.Conflict, Code: "job_running", Value: string(running.ID),
				Message: "such a job runs in the organization; wait until it has ended"}
		}
	}
	t.after = k
	return insert()
}

// SendActivations invites everyone again who is not verified: a task of which
// one runs in an organization at a time. Whoever was mailed within 24 hours is
// skipped. Conflict where one runs.
type SendActivations struct{ Organization string }

func (o SendActivations) asks() Ask {
	return Ask{Action: policy.UsersSendActivation, In: o.Organization}
}

func (o SendActivations) run(ctx context.Context, t *turn) (*kontrollrum.Task, error) {
	k := t.newTask(kontrollrum.ActivationTask, nil)
	all := Filter{Statuses: []kontrollrum.UserStatus{kontrollrum.NotVerified}}
	return k, t.start(ctx, k, func() error { return t.tx.InsertTask(ctx, k, all, t.sees, t.now) })
}

// RetryTask starts a task for those whom another failed for. Conflict where that
// is nobody, and while it runs.
type RetryTask struct {
	Organization string
	Task         kontrollrum.TaskID
}

func (o RetryTask) asks() Ask { return Ask{Action: policy.UsersSendActivation, In: o.Organization} }

func (o RetryTask) look(ctx context.Context, t *turn) (Ask, error) {
	ask, _, err := t.lookAtTask(ctx, o.asks(), o.Task)
	return ask, err
}

func (o RetryTask) run(ctx context.Context, t *turn) (*kontrollrum.Task, error) {
	k, err := t.ended(ctx, o.Task)
	if err != nil {
		return nil, err
	}
	again := t.follows(k, k.Kind)
	again.Again = k.ID
	err = t.start(ctx, again, func() error { return t.tx.InsertTaskAfter(ctx, again, k.ID, kontrollrum.ItemFailed) })
	if err == nil && again.Total == 0 {
		return nil, kontrollrum.Clash("nothing_failed", "it failed for nobody")
	}
	return again, err
}

// UndoTask starts a task that gives back what another took, or takes what it
// gave, from those it was done for and who had it otherwise before. Conflict
// where there is no way back, where it was undone, and later than [UndoLife].
type UndoTask struct {
	Organization string
	Task         kontrollrum.TaskID
}

// undoes are the kinds that can be undone, by which, and what is known of those
// who can be.
var undoes = map[kontrollrum.TaskKind]struct {
	by    kontrollrum.TaskKind
	codes []string
}{
	kontrollrum.AssignTask:     {kontrollrum.RemoveTask, []string{""}},
	kontrollrum.RemoveTask:     {kontrollrum.AssignTask, []string{"", kontrollrum.HadSupervisor}},
	kontrollrum.DeactivateTask: {kontrollrum.ActivateTask, []string{""}},
}

// Undoable reports whether k may still be undone, as far as its kind, its end
// and what has become of it say.
func Undoable(k *kontrollrum.Task, now time.Time) bool {
	return undoes[k.Kind].by != "" && k.Undoes == "" && !k.Undone && k.Done > 0 && !k.Ended.IsZero() && now.Sub(k.Ended) < UndoLife
}

// Undoing names the action that undoing k asks for, and until when it can be
// undone; empty where there is no way back from it. While it runs, the time is zero.
func Undoing(k *kontrollrum.Task) (action string, till time.Time) {
	back := undoes[k.Kind].by
	if back == "" || k.Undoes != "" {
		return "", till
	}
	if !k.Ended.IsZero() {
		till = k.Ended.Add(UndoLife)
	}
	return taskAction(back, k.Product).String(), till
}

func (o UndoTask) asks() Ask { return Ask{Action: policy.UsersSendActivation, In: o.Organization} }

func (o UndoTask) look(ctx context.Context, t *turn) (Ask, error) {
	ask, k, err := t.lookAtTask(ctx, o.asks(), o.Task)
	if k != nil && undoes[k.Kind].by != "" {
		ask.Action = taskAction(undoes[k.Kind].by, k.Product)
	}
	return ask, err
}

func (o UndoTask) run(ctx context.Context, t *turn) (*kontrollrum.Task, error) {
	k, err := t.ended(ctx, o.Task)
	if err != nil {
		return nil, err
	}
	if !Undoable(k, t.now) {
		return nil, kontrollrum.Clash("not_undoable", "it cannot be undone: it changed nothing that could be, was undone before, or ended more than 24 hours ago")
	}
	back := t.follows(k, undoes[k.Kind].by)
	back.Undoes, back.Supervisor = k.ID, nil
	err = t.start(ctx, back, func() error {
		return t.tx.InsertTaskAfter(ctx, back, k.ID, kontrollrum.ItemDone, undoes[k.Kind].codes...)
	})
	if err == nil && back.Total == 0 {
		return nil, kontrollrum.Clash("not_undoable", "it cannot be undone: nobody has it otherwise than before")
	}
	return back, err
}

// follows is a task about what k was about.
func (t *turn) follows(k *kontrollrum.Task, kind kontrollrum.TaskKind) *kontrollrum.Task {
	next := t.newTask(kind, &kontrollrum.License{ID: k.License, Product: k.Product})
	next.Supervisor, next.ByRole = k.Supervisor, k.ByRole
	return next
}

// CancelTask ends a task: what was done stays, and who waits is skipped.
// Conflict where it has ended.
type CancelTask struct {
	Organization string
	Task         kontrollrum.TaskID
}

func (o CancelTask) asks() Ask { return Ask{Action: policy.UsersSendActivation, In: o.Organization} }

func (o CancelTask) look(ctx context.Context, t *turn) (Ask, error) {
	ask, _, err := t.lookAtTask(ctx, o.asks(), o.Task)
	return ask, err
}

func (o CancelTask) run(ctx context.Context, t *turn) (*kontrollrum.Task, error) {
	before, err := t.task(ctx, o.Task)
	if err != nil {
		return nil, err
	}
	if !before.Ended.IsZero() {
		return nil, kontrollrum.Clash("task_ended", "it has ended already")
	}
	k := *before
	left, err := t.tx.SkipTaskItems(ctx, t.org.ID, k.ID, "cancelled", "the task was cancelled before it came to this one")
	if err != nil {
		return nil, err
	}
	k.Skipped += left
	k.Modified, k.Ended, k.Cancelled = t.now, t.now, true
	t.before, t.after = before, &k
	return &k, t.tx.UpdateTask(ctx, &k)
}
