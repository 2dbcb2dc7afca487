package ops

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

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
	undone, err := t.undone(ctx, k)
	if err != nil {
		return false, err
	}
	for _, i := range items[:min(len(items), perStep)] {
		if err := t.attend(ctx, k, undone, &i); err != nil {
			return false, err
		}
		switch i.State {
		case kontrollrum.ItemDone:
			k.Done++
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

// settled are the codes of what is as a task would have it, or need not be.
var settled = []string{"already_mailed", "already_verified", "license_held", "license_not_held", "already_active", "already_inactive", "changed_since", "user_not_found"}

// attend takes one of a task's people and notes what became of it.
func (t *turn) attend(ctx context.Context, k, undone *kontrollrum.Task, i *kontrollrum.TaskItem) error {
	if k.Kind == kontrollrum.DeactivateTask && i.User == k.StartedBy {
		i.State, i.Code, i.Message = kontrollrum.ItemSkipped, "yourself", "whoever starts such a task is left out of it, for it would end there"
		return nil
	}
	as := t.as(k.StartedBy)
	if k.StartedBy == "" {
		as.caller.operator = true // who alone starts tasks without being a user
	}
	as.caller.TrackingID = k.TrackingID
	var no *kontrollrum.Error
	switch code, err := as.serve(ctx, k, undone, i); {
	case err == nil:
		i.State, i.Code = kontrollrum.ItemDone, code
	case !errors.As(err, &no) || no.Kind == kontrollrum.Busy:
		return err
	default:
		i.State, i.Code, i.Message = kontrollrum.ItemFailed, no.Code, no.Message
		if slices.Contains(settled, no.Code) {
			i.State = kontrollrum.ItemSkipped
		}
	}
	return nil
}

// undone is the task that k undoes, or tries to once more; nil where it is none.
func (t *turn) undone(ctx context.Context, k *kontrollrum.Task) (_ *kontrollrum.Task, err error) {
	for k.Undoes == "" && k.Again != "" {
		if k, err = t.tx.Task(ctx, k.Organization, k.Again); err != nil {
			return nil, err
		}
	}
	if k.Undoes == "" {
		return nil, nil
	}
	return t.tx.Task(ctx, k.Organization, k.Undoes)
}

// stands is a conflict where a user is no longer as a task left them, since
// somebody decided otherwise after it.
func (t *turn) stands(ctx context.Context, k *kontrollrum.Task, user kontrollrum.UserID) error {
	actions := []string{policy.UsersActivate.String(), policy.UsersDeactivate.String()}
	if k.License != "" {
		actions = []string{policy.LicensesContactCenterEdit.String(), policy.LicensesOtherEdit.String()}
	}
	f := store.EntryFilter{To: t.now.Add(oneDay), Target: user, Actions: actions, Outcome: kontrollrum.Done, Limit: 20}
	for more := true; more; f.Offset += f.Limit {
		var found []kontrollrum.Entry
		var err error
		if found, more, err = t.tx.Entries(ctx, k.Organization, f, policy.Sight{Audit: policy.SeesAll}); err != nil {
			return err
		}
		for _, e := range found {
			switch license := []byte(k.License); {
			case e.TrackingID == k.TrackingID && !e.At.After(k.Ended):
				return nil
			case len(license) == 0 || bytes.Contains(e.Before, license) || bytes.Contains(e.After, license):
				return kontrollrum.Clash("changed_since", "somebody has changed it since")
			}
		}
	}
	return nil
}

// serve asks for one of a task's people what it is of. The code says what
// undoing it must know. What undone left otherwise is not undone.
func (t *turn) serve(ctx context.Context, k, undone *kontrollrum.Task, i *kontrollrum.TaskItem) (code string, err error) {
	in, user := string(k.Organization), string(i.User)
	var was string // of the item that is undone
	if undone != nil {
		if err := t.stands(ctx, undone, i.User); err != nil {
			return "", err
		}
		if was, err = t.tx.TaskItemCode(ctx, undone.Organization, undone.ID, i.User); err != nil {
			return "", err
		}
	}
	switch k.Kind {
	case kontrollrum.ActivationTask:
		_, err = take(ctx, t, ResendInvitation{Organization: in, User: user, task: k.ID})
	case kontrollrum.ActivateTask:
		_, err = take(ctx, t, ActivateUser{Organization: in, User: user})
	case kontrollrum.DeactivateTask:
		if _, err = take(ctx, t, DeactivateUser{Organization: in, User: user}); err == nil && t.was().Status != kontrollrum.Active {
			code = kontrollrum.WasNotActive
		}
	case kontrollrum.AssignTask:
		supervisor := k.Supervisor
		if was == kontrollrum.HadSupervisor { // and has it again
			supervisor = new(bool)
			*supervisor = true
		}
		if _, err = take(ctx, t, AssignLicense{Organization: in, User: user, License: k.License, Supervisor: supervisor}); err == nil && t.had(k) != nil {
			code = kontrollrum.OptionChanged
		}
	case kontrollrum.RemoveTask:
		if _, err = take(ctx, t, RemoveLicense{Organization: in, User: user, License: k.License}); err == nil && t.had(k).Supervisor {
			code = kontrollrum.HadSupervisor
		}
	}
	return code, err
}

// was is the turn's target before it was changed.
func (t *turn) was() kontrollrum.User { return t.before.(kontrollrum.User) }

// had is the task's licence as the turn's target held it before; nil where they did not.
func (t *turn) had(k *kontrollrum.Task) *kontrollrum.Holding {
	for _, h := range t.was().Holdings {
		if h.License == k.License {
			return &h
		}
	}
	return nil
}
