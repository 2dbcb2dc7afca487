package kontrollrum

import "time"

// A Task is work on many people, done a few at a time, that a restart does not
// lose. Each person's turn is asked for by whoever started it.
type Task struct {
	ID           TaskID
	Organization OrganizationID
	Kind         TaskKind
	Action       string         // what it asks for each of its people, as the policy names it
	License      LicenseID      // assigned or removed; empty: none
	Product      Product        // of that licence
	Supervisor   *bool          // whether it is assigned with the option; nil: off on a new licence, unchanged on a held one
	Again        TaskID         // whose failures it tries again; empty: it is the first
	Undoes       TaskID         // what it undoes; empty: nothing
	Number       int            // counts the organization's tasks, from 1
	ActorHome    OrganizationID // of whoever started it
	Created      time.Time
	Modified     time.Time
	Ended        time.Time // zero: it runs
	Cancelled    bool      // ended by somebody who did not wait for it
	Total        int
	Done         int
	Failed       int
	Skipped      int

	// What an entry says by itself, or hides: who started it, by which role, in
	// which request. Whoever may not see that role is told none of them.

	StartedBy  UserID `json:"-"` // empty: the operator
	ActorRole  string `json:"-"`
	TrackingID string `json:"-"`
	// ByRole says that its people were chosen by their administrator roles, so that
	// who is among them tells what they hold.
	ByRole bool `json:"-"`

	// What is known of it beside, when it is read.

	Starter     string `json:"-"` // name of whoever started it; empty: hidden, gone, or the operator
	StarterHome string `json:"-"` // name of their organization
	Undone      bool   `json:"-"` // by a task of its own
}

// Left is how many people's turn is still to come.
func (k *Task) Left() int { return k.Total - k.Done - k.Failed - k.Skipped }

// Percent is how much of it is over, rounded down: 100 only at the end.
func (k *Task) Percent() int {
	if k.Total == 0 {
		return 100
	}
	return 100 * (k.Total - k.Left()) / k.Total
}

// A TaskKind is what a task does to each of its people.
type TaskKind string

// The kinds.
const (
	ActivationTask TaskKind = "send_activations" // invite again who is not verified; one runs at a time
	AssignTask     TaskKind = "assign_license"
	RemoveTask     TaskKind = "remove_license"
	DeactivateTask TaskKind = "deactivate_users"
	ActivateTask   TaskKind = "activate_users"
)

// TaskKinds lists every kind.
func TaskKinds() []TaskKind {
	return []TaskKind{ActivationTask, AssignTask, RemoveTask, DeactivateTask, ActivateTask}
}

// A TaskItem is what became of one of a task's people.
type TaskItem struct {
	Number int // from 1
	User   UserID
	Name   string
	Email  Email // empty: the user is gone
	State  ItemState
	// Code says why it failed or was skipped and, of what is done, what undoing it
	// must know: see the codes below.
	Code    string
	Message string // English
}

// Codes of what is done.
const (
	OptionChanged = "option_changed" // the licence was held, and only its Supervisor option changed
	HadSupervisor = "had_supervisor" // the licence that was removed carried the option
	WasNotActive  = "was_not_active" // whoever was deactivated had not been in yet
)

// An ItemState is what became of it.
type ItemState string

// The states of a task's items.
const (
	ItemWaiting ItemState = "waiting"
	ItemDone    ItemState = "done" // of a letter: queued; failed where it is given up later
	ItemFailed  ItemState = "failed"
	ItemSkipped ItemState = "skipped" // it was so already, or the task was cancelled
)

// ItemStates lists every state.
func ItemStates() []ItemState {
	return []ItemState{ItemWaiting, ItemDone, ItemFailed, ItemSkipped}
}
