package ui

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

const (
	sureAbove = 25  // people: to do something to more of them is asked about first
	maxMarked = 100 // people who can be marked in a list
)

// bulkKinds are what can be done to many, by the words of the form.
var bulkKinds = map[string]kontrollrum.TaskKind{"assign": kontrollrum.AssignTask, "remove": kontrollrum.RemoveTask, "resend": kontrollrum.ActivationTask,
	"deactivate": kontrollrum.DeactivateTask, "activate": kontrollrum.ActivateTask}

// A Bulk is what is to be done to many, as a form or an address says it.
type bulk struct {
	choice
	do         string
	give       string // id of a licence
	supervisor bool
	all        bool
	users      []string
}

func bulkOf(q url.Values) bulk {
	b := bulk{choice: choose(q), do: q.Get("do"), give: q.Get("give"), all: q.Get("all") == "1", supervisor: q.Get("supervisor") != ""}
	if !b.all {
		b.users = q["user"]
	}
	return b
}

// op is what is asked for.
func (b *bulk) op(organization string) (ops.StartTask, error) {
	op := ops.StartTask{Organization: organization, Kind: bulkKinds[b.do], License: kontrollrum.LicenseID(b.give), Users: b.users, All: b.all}
	if len(b.users) > maxMarked {
		return op, kontrollrum.Wrong("user", "", "mark 100 users at most, or take all whom the filters leave")
	}
	if b.supervisor && op.Kind == kontrollrum.AssignTask {
		op.Supervisor = &b.supervisor
	}
	var err error
	op.Filter, err = b.filter()
	return op, err
}

// fields are what a form says of it.
func (b *bulk) fields() (out [][2]string) {
	add := func(name, value string) {
		if value != "" {
			out = append(out, [2]string{name, value})
		}
	}
	add("do", b.do)
	add("give", b.give)
	if b.supervisor {
		add("supervisor", "1")
	}
	if b.all {
		add("all", "1")
	}
	for name, values := range b.query() {
		if name != "sort" && name != "col" {
			for _, v := range values {
				add(name, v)
			}
		}
	}
	for _, u := range b.users {
		add("user", u)
	}
	return out
}

// A BulkPage says what would become of many before it is done, or why nothing
// would.
type BulkPage struct {
	*Inside
	bulk
	Action   policy.Action
	Kind     kontrollrum.TaskKind
	License  string // as it stands in a sentence; empty: none
	Forecast *ops.Forecast
	Wrong    string // why there is nothing to do, in words; empty: there is something
	Back     string // path of the list
}

// bulk does something to many at once, as a task. What is for many people, or
// shuts them out, is told with numbers first: then nothing is begun before the
// answer.
func (f *face) bulk(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "users")
	if v == nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	b := bulkOf(r.Form)
	if b.do == "" {
		return to(w, v.In+"/users") // where something is chosen
	}
	op, err := b.op(v.org())
	if err != nil {
		return err
	}
	page := BulkPage{Inside: v.Inside, bulk: b, Kind: op.Kind}
	list := UsersPage{Inside: v.Inside, choice: b.choice}
	page.Back = list.at(list.first())
	page.Forecast, err = do(r.Context(), f, c, ops.ForeseeTask{StartTask: op})
	switch {
	case errors.Is(err, kontrollrum.Conflict), errors.Is(err, kontrollrum.Invalid), code(err) == "license_not_found":
		page.Wrong = v.say(nil, "fault."+code(err), "bulk.wrong")
		if b.give == "" && errors.Is(err, kontrollrum.NotFound) {
			page.Wrong = v.Say("bulk.license")
		}
		return f.show(w, r, statuses[kontrollrum.All(err)[0].Kind], page.View())
	case err != nil:
		return f.locked(w, r, v, err)
	}
	page.Action = bulkAction(op.Kind, page.Forecast.License)
	if l := page.Forecast.License; l != nil {
		page.License = v.taskLicense(l.Product, op.Supervisor)
	}
	asks := page.Forecast.Total > sureAbove || op.Kind == kontrollrum.DeactivateTask || page.Forecast.Will == 0
	switch {
	case r.Method == http.MethodPost && (r.PostForm.Get("sure") != "" || !asks):
		k, err := do(r.Context(), f, c, op)
		switch {
		case errors.Is(err, kontrollrum.Conflict) && code(err) == "job_running":
			return to(w, f.toldOf(r, "", err))
		case errors.Is(err, kontrollrum.Conflict): // nobody is left since
			page.Wrong = v.say(nil, "fault."+code(err), "bulk.wrong")
			return f.show(w, r, http.StatusConflict, page.View())
		case err != nil:
			return f.locked(w, r, v, err)
		}
		return to(w, v.In+"/tasks/"+string(k.ID))
	case r.Method == http.MethodPost: // so that the question has an address
		q := url.Values{}
		for _, field := range b.fields() {
			q.Add(field[0], field[1])
		}
		return to(w, v.In+"/users/bulk?"+q.Encode())
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// bulkAction is what a task of a kind, about a licence or none, asks for.
func bulkAction(kind kontrollrum.TaskKind, about *kontrollrum.License) policy.Action {
	switch kind {
	case kontrollrum.DeactivateTask:
		return policy.UsersDeactivate
	case kontrollrum.ActivateTask:
		return policy.UsersActivate
	case kontrollrum.ActivationTask:
		return policy.UsersSendActivation
	}
	return licenseAction(about.Product)
}

// title is the question.
func (p BulkPage) title() string {
	if p.Wrong != "" || p.Forecast.Will == 0 {
		return p.Say("bulk.nothing")
	}
	return p.Say("bulk.title."+string(p.Kind), p.args()...)
}

func (p BulkPage) args() []any {
	return []any{"Count", p.Forecast.Will, "N", p.number(p.Forecast.Will), "License", p.License}
}

// A Consequence is one thing that follows, with its lamp.
type Consequence struct{ Lamp, Said string }

// consequences say with numbers what follows.
func (p BulkPage) consequences() (out []Consequence) {
	n := p.Forecast
	add := func(lamp, key string, count int) {
		if count > 0 {
			out = append(out, Consequence{lamp, p.Say(key, "Count", count, "N", p.number(count), "License", p.License, "Seats", p.number(n.Seats))})
		}
	}
	add("ok", "bulk.will."+string(p.Kind), n.Will)
	add("off", "bulk.already."+string(p.Kind), n.Already)
	add("bad", "bulk.other", n.Other)
	add("bad", "bulk.short", n.Short)
	if n.Self {
		out = append(out, Consequence{"off", p.Say("bulk.self")})
	}
	return out
}

// seats are how full the licence is and will be, in hundredths and words; ok
// where it is about one that is given.
func (p BulkPage) seats() (used, after int, said string, ok bool) {
	l := p.Forecast.License
	if l == nil || p.Kind != kontrollrum.AssignTask && p.Kind != kontrollrum.RemoveTask || p.supervisor {
		return 0, 0, "", false
	}
	will := l.Used + p.Forecast.Will
	if p.Kind == kontrollrum.RemoveTask {
		will = l.Used - p.Forecast.Will
	}
	return percent(l.Used, l.Bought), percent(will, l.Bought), upperFirst(p.Say("bulk.seats", "License", p.License, "Used", p.number(l.Used), "After", p.number(will), "Bought", p.number(l.Bought))), true
}

func filled(n int) string { return "f" + strconv.Itoa(min(max(n, 0), 100)) }

// weight is the class of the button that does it.
func (p BulkPage) weight() string {
	if p.Kind == kontrollrum.DeactivateTask {
		return "bad"
	}
	return "pri"
}
