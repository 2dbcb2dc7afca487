package ui

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A TaskRow is a task in words.
type TaskRow struct {
	ID, Path string
	Title    string
	Number   int
	State    string // running, ended, failed or cancelled
	By       string // who started it
	External bool   // who is from elsewhere
	Started  string
	Ended    string // empty: it runs
	Left     string // how long it may still take; empty: it has ended
	Again    bool   // it tries failures of another again
	Undoes   bool
	Undone   bool

	Total, Done, Failed, Skipped, Waiting, Percent int
}

// Lamp is the lamp of the task's state.
func (t TaskRow) Lamp() string {
	return map[string]string{"running": "wait", "ended": "ok", "failed": "bad", "cancelled": "off"}[t.State]
}

// task says a task in words.
func (p *Inside) task(k *kontrollrum.Task, in kontrollrum.OrganizationID) TaskRow {
	row := TaskRow{ID: string(k.ID), Path: p.In + "/tasks/" + string(k.ID), Title: p.taskTitle(k), Number: k.Number, By: k.Starter, External: k.ActorHome != in,
		Started: p.when(k.Created), Ended: p.when(k.Ended), Again: k.Again != "", Undoes: k.Undoes != "", Undone: k.Undone,
		Total: k.Total, Done: k.Done, Failed: k.Failed, Skipped: k.Skipped, Waiting: k.Left(), Percent: k.Percent()}
	switch {
	case row.By == "" && k.ActorHome == "":
		row.By, row.External = p.Say("task.by.operator"), false
	case row.By == "":
		row.By = p.Say("task.by.hidden", "Organization", k.StarterHome)
	case row.External:
		row.By = p.Say("task.by.external", "Name", k.Starter, "Organization", k.StarterHome)
	}
	switch {
	case k.Ended.IsZero():
		row.State, row.Left = "running", p.taskLeft(k)
	case k.Cancelled:
		row.State = "cancelled"
	case k.Failed > 0:
		row.State = "failed"
	default:
		row.State = "ended"
	}
	return row
}

// taskTitle says what a task does, to how many.
func (p *Inside) taskTitle(k *kontrollrum.Task) string {
	return p.Say("task.title."+string(k.Kind), "Count", k.Total, "N", p.number(k.Total), "License", p.taskLicense(k.Product, k.Supervisor))
}

// taskLicense is a licence as it stands in a sentence about a task.
func (p *Page) taskLicense(product kontrollrum.Product, supervisor *bool) string {
	if product == "" {
		return ""
	}
	said := p.Say("task.license." + string(product))
	if supervisor != nil && *supervisor {
		return p.Say("task.license.supervisor", "License", said)
	}
	return said
}

// taskLeft says how long a task may still take, by the pace that it has had.
func (p *Inside) taskLeft(k *kontrollrum.Task) string {
	over := k.Total - k.Left()
	if over == 0 {
		return p.Say("task.left.soon")
	}
	left := k.Modified.Sub(k.Created) * time.Duration(k.Left()) / time.Duration(over)
	switch seconds, minutes := int(left/time.Second)+1, int((left+time.Minute-1)/time.Minute); {
	case seconds < 90:
		return p.Say("task.left", "Time", p.Say("time.seconds", "Count", seconds))
	case minutes < 90:
		return p.Say("task.left", "Time", p.Say("time.minutes", "Count", minutes))
	}
	return p.Say("task.left.long")
}

// bar is what runs, as the bar shows it: the newest, or how many; nil where
// nothing does.
func (p *Inside) bar(running []kontrollrum.Task) *Running {
	switch len(running) {
	case 0:
		return nil
	case 1:
		k := &running[0]
		return &Running{Path: p.In + "/tasks/" + string(k.ID), Percent: k.Percent(), Word: p.Say("nav.running", "Task", p.Say("nav.task."+string(k.Kind)), "Percent", k.Percent())}
	}
	total, over := 0, 0
	for _, k := range running {
		total, over = total+k.Total, over+k.Total-k.Left()
	}
	n := percent(over, total)
	return &Running{Path: p.In + "/tasks", Percent: n, Word: p.Say("task.bar.many", "Count", len(running), "Percent", n)}
}

// A TasksPage lists the tasks that run and those that have ended.
type TasksPage struct {
	*Inside
	Running, Ended []TaskRow
	First          bool   // it is the first page
	Next           string // of the next one; empty: there is none
}

// listTasks lists the organization's tasks.
func (f *face) listTasks(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "tasks")
	if v == nil {
		return err
	}
	before, _ := atoi(r.URL.Query().Get("before")) // anything else is the first page
	found, err := do(r.Context(), f, c, ops.ListTasks{Organization: v.org(), Before: max(before, 0), Limit: pageRows})
	if err != nil {
		return f.locked(w, r, v, err)
	}
	page := TasksPage{Inside: v.Inside, First: before <= 0}
	for _, k := range found.Running {
		page.Running = append(page.Running, v.task(&k, v.desk.Organization.ID))
	}
	for _, k := range found.Items {
		if !k.Ended.IsZero() {
			page.Ended = append(page.Ended, v.task(&k, v.desk.Organization.ID))
		}
	}
	if found.More {
		page.Next = v.In + "/tasks?before=" + itoa(found.Items[len(found.Items)-1].Number)
	}
	if fragment(r) && r.Header.Get("HX-Target") == "tasks" {
		return f.show(w, r, http.StatusOK, page.List())
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// A TaskLine is what became of one of a task's people.
type TaskLine struct {
	Number            int
	ID, Name, Email   string // name and address empty: the user is gone
	Path              string // of the person's page; empty: not for the visitor
	State, Lamp, Said string
	Why               string // in words; empty: there is nothing to say
	Failed            bool
}

// A TaskPage is one task: how far it has come and what became of whom.
type TaskPage struct {
	*Inside
	Row       TaskRow
	Action    policy.Action // what it asks for each of its people
	Reversal  policy.Action // what undoing it asks; zero: there is none
	Undoable  bool
	UndoTill  string // until when it can be undone, or could; empty: it never can
	Of        string // path of the task that it repeats or undoes; empty: it is the first
	Told      string // what went wrong a moment ago, in words
	told      string // its code
	after     int    // the number before the first line
	Show      string // which state's people; empty: all
	Lines     []TaskLine
	Next      string // path of the next page; empty: there is none
	OfAll     int    // how many there are of those shown
	Beginning string // path of the first page; empty: this is it
}

// itemStates are the filters of a task's people, in order.
var itemStates = []kontrollrum.ItemState{kontrollrum.ItemFailed, kontrollrum.ItemSkipped, kontrollrum.ItemDone, kontrollrum.ItemWaiting}

// itemLamps are the lamps of what became of somebody.
var itemLamps = map[kontrollrum.ItemState]string{kontrollrum.ItemFailed: "bad", kontrollrum.ItemSkipped: "off", kontrollrum.ItemDone: "ok", kontrollrum.ItemWaiting: "wait"}

// viewTask shows one task.
func (f *face) viewTask(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "tasks")
	if v == nil {
		return err
	}
	q := r.URL.Query()
	after, _ := atoi(q.Get("after")) // anything else is the start
	op := ops.ListTaskItems{Organization: v.org(), Task: kontrollrum.TaskID(r.PathValue("task")), After: max(after, 0), Limit: pageRows}
	page := TaskPage{Inside: v.Inside}
	if show := kontrollrum.ItemState(q.Get("show")); slices.Contains(itemStates, show) {
		page.Show, op.States = string(show), []kontrollrum.ItemState{show}
	}
	found, err := do(r.Context(), f, c, op)
	if err != nil {
		return f.locked(w, r, v, err)
	}
	page.fill(&found, v.desk.Organization.ID)
	if page.told = plain(q.Get("told")); page.told != "" {
		page.Told = v.say(nil, "fault."+page.told)
	}
	if page.after = op.After; after > 0 {
		page.Beginning = page.at(page.Show, 0)
	}
	if found.More {
		page.Next = page.at(page.Show, found.Items[len(found.Items)-1].Number)
	}
	if fragment(r) && r.Header.Get("HX-Target") == "task" {
		return f.show(w, r, http.StatusOK, page.Body())
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// fill says a task and its people in words.
func (p *TaskPage) fill(found *ops.TaskItems, in kontrollrum.OrganizationID) {
	k := &found.Task
	p.Row = p.task(k, in)
	p.Action, _ = policy.ParseAction(k.Action)
	if undo, till := ops.Undoing(k); undo != "" {
		p.Reversal, _ = policy.ParseAction(undo)
		p.Undoable = ops.Undoable(k, p.now)
		p.UndoTill = p.when(till)
	}
	switch {
	case k.Again != "":
		p.Of = p.In + "/tasks/" + string(k.Again)
	case k.Undoes != "":
		p.Of = p.In + "/tasks/" + string(k.Undoes)
	}
	for _, i := range found.Items {
		line := TaskLine{Number: i.Number, ID: string(i.User), Name: i.Name, Email: string(i.Email), State: string(i.State), Lamp: itemLamps[i.State],
			Said: p.Say("task.item." + string(i.State)), Failed: i.State == kontrollrum.ItemFailed}
		if i.State != kontrollrum.ItemWaiting && i.Code != "" {
			line.Why = p.say([]any{"Organization", p.Organization}, "task.why."+i.Code, "task.why.other")
		}
		if i.Email != "" && p.may(policy.UsersView) {
			line.Path = p.In + "/users/" + string(i.User)
		}
		p.Lines = append(p.Lines, line)
	}
	p.OfAll = p.Row.Total
	if p.Show != "" {
		p.OfAll = p.Row.count(kontrollrum.ItemState(p.Show))
	}
}

// count is how many of a task's people are in a state.
func (t *TaskRow) count(state kontrollrum.ItemState) int {
	switch state {
	case kontrollrum.ItemDone:
		return t.Done
	case kontrollrum.ItemFailed:
		return t.Failed
	case kontrollrum.ItemSkipped:
		return t.Skipped
	}
	return t.Waiting
}

// at is the address of this task with the people of a state, behind a number.
func (p *TaskPage) at(show string, after int) string {
	q := url.Values{}
	if show != "" {
		q.Set("show", show)
	}
	if after > 0 {
		q.Set("after", itoa(after))
	}
	if len(q) == 0 {
		return p.Row.Path
	}
	return p.Row.Path + "?" + q.Encode()
}

// poll is the address of what is seen now, as it will be.
func (p *TaskPage) poll() string {
	path := p.at(p.Show, p.after)
	if p.told == "" {
		return path
	}
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	return path + sign + "told=" + url.QueryEscape(p.told)
}

// cancelTask stops a task; back on its page it is seen how far it came.
func (f *face) cancelTask(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.follow(c, w, r, func(in string, id kontrollrum.TaskID) (*kontrollrum.Task, error) {
		return do(r.Context(), f, c, ops.CancelTask{Organization: in, Task: id})
	})
}

// retryTask tries again for those whom a task failed for.
func (f *face) retryTask(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.follow(c, w, r, func(in string, id kontrollrum.TaskID) (*kontrollrum.Task, error) {
		return do(r.Context(), f, c, ops.RetryTask{Organization: in, Task: id})
	})
}

// undoTask takes back what a task did.
func (f *face) undoTask(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.follow(c, w, r, func(in string, id kontrollrum.TaskID) (*kontrollrum.Task, error) {
		return do(r.Context(), f, c, ops.UndoTask{Organization: in, Task: id})
	})
}

// follow does something about the task that the path names, and leads to the
// task that came of it. What no longer fits is said on the task's page.
func (f *face) follow(c ops.Caller, w http.ResponseWriter, r *http.Request, about func(in string, id kontrollrum.TaskID) (*kontrollrum.Task, error)) error {
	id := r.PathValue("task")
	k, err := about(r.PathValue("organization"), kontrollrum.TaskID(id))
	if err == nil {
		return to(w, tasksOf(r)+"/"+string(k.ID))
	}
	if errors.Is(err, kontrollrum.Conflict) {
		return to(w, f.toldOf(r, id, err))
	}
	v, closed := f.desk(c, w, r, "tasks")
	if v == nil {
		return closed
	}
	return f.locked(w, r, v, err)
}

// toldOf is the page of a task that says why something was not done: of the one
// that runs already, where that is why.
func (f *face) toldOf(r *http.Request, id string, err error) string {
	if known := kontrollrum.All(err); code(err) == "job_running" {
		id = known[0].Value
	}
	return tasksOf(r) + "/" + url.PathEscape(id) + "?told=" + url.QueryEscape(code(err))
}

// tasksOf is the path of the tasks of the organization that a path names.
func tasksOf(r *http.Request) string {
	return "/o/" + url.PathEscape(r.PathValue("organization")) + "/tasks"
}

// taskOutcome says in a few words how a task ended.
func (p *Inside) taskOutcome(t TaskRow) string {
	switch t.State {
	case "cancelled":
		return p.Say("task.outcome.cancelled", "N", p.number(t.Done), "Total", p.number(t.Total))
	case "running":
		return p.Say("task.outcome.running", "Percent", t.Percent)
	}
	out := p.Say("task.count.done", "Count", t.Done, "N", p.number(t.Done))
	if t.Failed > 0 {
		out += ", " + p.Say("task.count.failed", "Count", t.Failed, "N", p.number(t.Failed))
	}
	if t.Skipped > 0 {
		out += ", " + p.Say("task.count.skipped", "Count", t.Skipped, "N", p.number(t.Skipped))
	}
	return out
}

// lede says what becomes of a task, below its name.
func (p TaskPage) lede() string {
	switch p.Row.State {
	case "running":
		return p.Say("task.lede.running")
	case "cancelled":
		return p.Say("task.lede.cancelled", "When", p.Row.Ended)
	case "failed":
		return p.Say("task.lede.failed", "When", p.Row.Ended)
	}
	return p.Say("task.lede.ended", "When", p.Row.Ended)
}

// undoText says until when and how far a task can be undone.
func (p TaskPage) undoText() string {
	kind := "task.undo.never"
	switch {
	case p.Row.Undone:
		kind = "task.undo.done"
	case p.Row.Undoes:
		kind = "task.undo.back"
	case p.Undoable:
		return p.Say("task.undo.till", "When", p.UndoTill)
	case p.Reversal == 0:
	case p.Row.State == "running":
		kind = "task.undo.later"
	case p.Row.Done == 0:
		kind = "task.undo.nothing"
	default:
		kind = "task.undo.over"
	}
	return p.Say(kind)
}
