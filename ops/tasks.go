package ops

import (
	"context"
	"errors"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// SendActivations invites everyone again who is not verified: a task of which
// one runs in an organization at a time. Whoever was mailed within 24 hours is
// skipped. Conflict where one runs.
type SendActivations struct{ Organization string }

func (o SendActivations) asks() Ask {
	return Ask{Action: policy.UsersSendActivation, In: o.Organization}
}

func (o SendActivations) run(ctx context.Context, t *turn) (*kontrollrum.Task, error) {
	running, err := t.tx.RunningTask(ctx, t.org.ID, kontrollrum.ActivationTask)
	if err != nil {
		return nil, err
	}
	if running != nil {
		return nil, &kontrollrum.Error{Kind: kontrollrum.Conflict, Code: "job_running", Value: string(running.ID),
			Message: "such a job runs in the organization; wait until it has ended"}
	}
	k := &kontrollrum.Task{ID: kontrollrum.TaskID(t.hub.newID()), Organization: t.org.ID, Kind: kontrollrum.ActivationTask,
		StartedBy: t.giver(), TrackingID: legible(t.caller.TrackingID), Created: t.now, Modified: t.now}
	if t.actor != nil {
		k.ActorHome = t.actor.Home
	}
	if err := t.tx.InsertTask(ctx, k, kontrollrum.NotVerified); err != nil {
		return nil, err
	}
	t.after = k
	return k, nil
}

// ViewTask shows how far a task has come.
type ViewTask struct {
	Organization string
	Task         kontrollrum.TaskID
}

func (o ViewTask) asks() Ask { return Ask{Action: policy.MailView, In: o.Organization} }

func (o ViewTask) run(ctx context.Context, t *turn) (*kontrollrum.Task, error) {
	if err := nameable("jobId", string(o.Task)); err != nil {
		return nil, err
	}
	return t.tx.Task(ctx, t.org.ID, o.Task)
}

// ListTaskErrors lists whom a task failed for or skipped, and why, in order.
type ListTaskErrors struct {
	Organization string
	Task         kontrollrum.TaskID
	After        int // number of the last item of the page before; 0: from the start
	Limit        int
}

// TaskErrors is the answer of [ListTaskErrors].
type TaskErrors struct {
	kontrollrum.Task
	Items []kontrollrum.TaskItem
	More  bool
}

func (o ListTaskErrors) asks() Ask { return Ask{Action: policy.MailView, In: o.Organization} }

func (o ListTaskErrors) run(ctx context.Context, t *turn) (out TaskErrors, err error) {
	task, err := ViewTask{o.Organization, o.Task}.run(ctx, t)
	if err != nil {
		return out, err
	}
	limit := pageSize(o.Limit)
	out.Task = *task
	out.Items, err = t.tx.TaskItems(ctx, t.org.ID, o.Task, o.After, limit+1, kontrollrum.ItemFailed, kontrollrum.ItemSkipped)
	if len(out.Items) > limit {
		out.Items, out.More = out.Items[:limit], true
	}
	return out, err
}

// AwaitTask reports whether there is work for a clerk. It changes nothing.
type AwaitTask struct{ Clerk string }

func (AwaitTask) asks() Ask { return Ask{Action: policy.MailDeliver, Nowhere: true, ReadOnly: true} }

func (o AwaitTask) run(ctx context.Context, t *turn) (bool, error) {
	return t.tx.TaskWaits(ctx, o.Clerk, t.now)
}

// WorkTask does some of a task that waits, and reports whether there was any:
// what is done of it and that it is done commit together, so that a restart
// neither loses a person nor takes one twice. Each person's turn is asked for by
// whoever started the task, through the door.
type WorkTask struct {
	Clerk string // a name that nobody else has
	Lease time.Duration
}

// perStep is how many of a task's people are taken in one transaction.
const perStep = 50

func (WorkTask) asks() Ask { return Ask{Action: policy.MailDeliver, Nowhere: true, Quiet: true} }

func (o WorkTask) run(ctx context.Context, t *turn) (bool, error) {
	k, err := t.tx.ClaimTask(ctx, o.Clerk, t.now, t.now.Add(o.Lease))
	if err != nil || k == nil {
		return false, err
	}
	items, err := t.tx.TaskItems(ctx, k.Organization, k.ID, 0, perStep+1, kontrollrum.ItemWaiting)
	if err != nil {
		return false, err
	}
	if k.Modified = t.now; len(items) <= perStep {
		k.Ended = t.now
	}
	for _, i := range items[:min(len(items), perStep)] {
		if err := t.activate(ctx, k, &i); err != nil {
			return false, err
		}
		switch i.State {
		case kontrollrum.ItemSent:
			k.Sent++
		case kontrollrum.ItemSkipped:
			k.Skipped++
		default:
			k.Failed++
		}
		if err := t.tx.SetTaskItem(ctx, k.Organization, k.ID, i); err != nil {
			return false, err
		}
	}
	return true, t.tx.UpdateTask(ctx, k)
}

// activate invites one of a task's people again and notes what became of it.
func (t *turn) activate(ctx context.Context, k *kontrollrum.Task, i *kontrollrum.TaskItem) error {
	as := t.as(k.StartedBy)
	as.caller.TrackingID = k.TrackingID
	_, err := take(ctx, as, ResendInvitation{Organization: string(k.Organization), User: string(i.User), task: k.ID})
	var no *kontrollrum.Error
	switch {
	case err == nil:
		i.State = kontrollrum.ItemSent
		return nil
	case !errors.As(err, &no) || no.Kind == kontrollrum.Busy:
		return err
	}
	i.State, i.Code, i.Message = kontrollrum.ItemFailed, no.Code, no.Message
	if no.Kind == kontrollrum.Conflict || no.Code == "user_not_found" {
		i.State = kontrollrum.ItemSkipped
	}
	return nil
}
