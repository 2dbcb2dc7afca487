package ui

import (
	"cmp"
	"encoding/base64"
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

// auditRows is how many entries a page of the log has.
const auditRows = 50

// periods of the log that can be chosen, in days; beside them one by its dates.
var periods = []string{"1", "7", "30", "90", "365", "dates"}

// A logChoice is which part of the audit log is looked at, as the address says it.
type logChoice struct {
	search, period, from, to string // from and to are dates
	what                     string // an action, or a group of them
	outcome                  string
	actor, target, request   string // ids
	after                    string // where the page begins
	row                      int    // number of its first
}

// chooseLog reads a choice from an address; what is not one of the choices is
// as if it were not there.
func chooseLog(q url.Values) logChoice {
	c := logChoice{search: short(q.Get("q")), period: "30", row: 1, actor: id(q.Get("actor")), target: id(q.Get("target")), request: plain(q.Get("request"))}
	if p := q.Get("period"); slices.Contains(periods, p) {
		c.period = p
	} else if c.target != "" || c.actor != "" || c.request != "" {
		c.period = "365" // of one person, or one request, all of it
	}
	if c.period == "dates" {
		c.from, c.to = date(q.Get("from")), date(q.Get("to"))
	}
	if _, known := policy.ParseAction(q.Get("what")); known || slices.Contains(ops.ListCategories(), q.Get("what")) {
		c.what = q.Get("what")
	}
	if o := q.Get("outcome"); o == string(kontrollrum.Done) || o == string(kontrollrum.Refused) {
		c.outcome = o
	}
	c.after = q.Get("after")
	if n, err := atoi(q.Get("row")); err == nil && n > 1 && c.after != "" {
		c.row = n
	}
	return c
}

// id is a text as far as it is one; else empty.
func id(text string) string {
	if kontrollrum.IsID(text) {
		return text
	}
	return ""
}

// date is a text as far as it is a day; else empty.
func date(text string) string {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return ""
	}
	return text
}

// filter is what the choice asks of the log, as days begin where now is.
func (c *logChoice) filter(now time.Time) (ops.EntryFilter, error) {
	f := ops.EntryFilter{Search: c.search, Actor: kontrollrum.UserID(c.actor), Target: kontrollrum.UserID(c.target), Request: c.request,
		Outcome: kontrollrum.Outcome(c.outcome), Limit: auditRows}
	if c.what != "" {
		if f.Actions = []string{c.what}; slices.Contains(ops.ListCategories(), c.what) {
			f.Actions = ops.ActionsOf(f.Actions)
		}
	}
	if days, err := atoi(c.period); err == nil {
		f.From = now.AddDate(0, 0, -days)
	}
	if c.from != "" {
		f.From, _ = time.ParseInLocation(time.DateOnly, c.from, now.Location())
	}
	if c.to != "" {
		f.To, _ = time.ParseInLocation(time.DateOnly, c.to, now.Location())
		f.To = f.To.AddDate(0, 0, 1)
	}
	if c.from != "" && c.to != "" && !f.From.Before(f.To) {
		return f, kontrollrum.Wrong("to", c.to, "choose a day that is not before the first")
	}
	if c.after != "" {
		raw, err := base64.RawURLEncoding.DecodeString(c.after)
		mark, key, ok := strings.Cut(string(raw), " ")
		if err != nil || !ok {
			return f, kontrollrum.Wrong("cursor", "", "follow the link of the page before as it stands")
		}
		f.After.ID, f.After.Key = mark, key
	}
	return f, nil
}

// query is the choice as an address says it, without where its page begins.
func (c *logChoice) query() url.Values {
	q := url.Values{}
	for _, pair := range [][2]string{{"q", c.search}, {"from", c.from}, {"to", c.to}, {"what", c.what}, {"outcome", c.outcome},
		{"actor", c.actor}, {"target", c.target}, {"request", c.request}} {
		if pair[1] != "" {
			q.Set(pair[0], pair[1])
		}
	}
	if usual := chooseLog(q); usual.period != c.period {
		q.Set("period", c.period)
	}
	return q
}

// at is the address of what is below the log by a choice.
func (p *AuditPage) at(below string, c logChoice) string {
	q := c.query()
	if c.after != "" {
		q.Set("after", c.after)
		q.Set("row", itoa(c.row))
	}
	if len(q) == 0 {
		return p.In + "/audit" + below
	}
	return p.In + "/audit" + below + "?" + q.Encode()
}

// without is the choice from its start, less one filter.
func (p *AuditPage) without(name string) string {
	q := p.query()
	q.Del(name)
	if name == "period" {
		q.Del("from")
		q.Del("to")
		q.Set("period", "365")
	}
	return p.at("", chooseLog(q))
}

// filters are those that are on, by name, in the order of the form.
func (p *AuditPage) filters() (out []string) {
	for _, one := range []struct{ name, value string }{{"q", p.search}, {"what", p.what}, {"outcome", p.outcome}, {"actor", p.actor}, {"target", p.target}, {"request", p.request}} {
		if one.value != "" {
			out = append(out, one.name)
		}
	}
	return out
}

// readLog reads a page of the log. What is wrong with the choice is said on the
// page, which then has no entries.
func (f *face) readLog(c ops.Caller, r *http.Request, v *visit, choice logChoice) (found ops.Entries, wrong string, err error) {
	filter, err := choice.filter(v.now)
	if err == nil {
		found, err = do(r.Context(), f, c, ops.ReadAudit{Organization: v.org(), EntryFilter: filter})
	}
	if err != nil && errors.Is(err, kontrollrum.Invalid) {
		return found, v.say(nil, "audit.wrong."+code(err), "fault."+code(err), "fault.kind.invalid"), nil
	}
	return found, "", err
}

// audit lists the organization's audit log.
func (f *face) audit(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "audit")
	if v == nil {
		return err
	}
	page := AuditPage{Inside: v.Inside, logChoice: chooseLog(r.URL.Query())}
	found, wrong, err := f.readLog(c, r, v, page.logChoice)
	if err != nil {
		return f.locked(w, r, v, err)
	}
	page.Wrong = wrong
	for i := range found.Items {
		page.Rows = append(page.Rows, v.entryRow(&found.Items[i]))
	}
	if found.More {
		next := page.logChoice
		next.after = base64.RawURLEncoding.EncodeToString([]byte(found.Next.ID + " " + found.Next.Key))
		next.row += len(found.Items)
		page.Next = page.at("", next)
	}
	if page.Actor, err = f.called(c, r, v, page.actor); err != nil {
		return err
	}
	if page.Target, err = f.called(c, r, v, page.target); err != nil {
		return err
	}
	if fragment(r) && r.Header.Get("HX-Target") == "log" {
		w.Header().Set("HX-Push-Url", page.at("", page.logChoice))
		return f.show(w, r, http.StatusOK, page.Swapped())
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// called is the name of somebody whom the visitor may see, by their id; else
// empty.
func (f *face) called(c ops.Caller, r *http.Request, v *visit, user string) (string, error) {
	if user == "" || !v.may(policy.UsersView) {
		return "", nil
	}
	u, err := do(r.Context(), f, c, ops.ViewUser{Organization: v.org(), User: user})
	if errors.Is(err, kontrollrum.NotFound) || errors.Is(err, kontrollrum.Denied) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return u.DisplayName, nil
}

// An EntryRow is an entry of the log, in words.
type EntryRow struct {
	Path, When, Stamp string
	Actor, Home       string // Home: of who is from elsewhere
	What, Whom        string
	Refused           bool
	Self              bool // they did it to themselves
}

func (p *Inside) entryRow(e *kontrollrum.Entry) EntryRow {
	row := EntryRow{Path: p.In + "/audit/" + string(e.ID), When: p.when(e.At), Stamp: e.At.Format(time.RFC3339), Actor: p.doer(e), What: p.happened(e), Whom: e.TargetName,
		Refused: e.Outcome == kontrollrum.Refused}
	if row.Whom == "" {
		row.Whom = string(e.TargetEmail)
	}
	if e.Target != "" && e.Target == e.Actor {
		row.Self = true
	}
	if e.ActorHome != p.Organization {
		row.Home = e.ActorHome
	}
	return row
}

// doer says who did what an entry tells of, as far as the visitor may see it.
func (p *Inside) doer(e *kontrollrum.Entry) string {
	switch {
	case e.Actor == "" && e.ActorName == "operator":
		return p.Say("audit.operator")
	case e.Actor == "" && e.ActorName == "visitor":
		return p.Say("audit.visitor")
	case e.ActorName != "":
		return e.ActorName
	case e.ActorEmail != "":
		return string(e.ActorEmail)
	case e.ActorHome != "":
		return p.Say("audit.hidden", "Organization", e.ActorHome)
	}
	return p.Say("audit.hidden", "Organization", p.Organization)
}

// happened says what an entry tells of: what was done, or what somebody was
// refused to do.
func (p *Page) happened(e *kontrollrum.Entry) string {
	a, known := policy.ParseAction(e.Action)
	switch {
	case !known:
		return e.Action
	case e.Outcome == kontrollrum.Refused:
		return p.doing(a)
	}
	return p.doneOf(a)
}

// named says an action in the list that is chosen from, by its name.
func (p *Page) named(name string) string {
	a, known := policy.ParseAction(name)
	if !known {
		return name
	}
	return p.doing(a)
}

// chosen says a filter by a person, or by a request.
func (p AuditPage) chosen(name string) string {
	switch who := p.Say("audit.somebody"); name {
	case "actor":
		return p.Say("audit.by", "Name", cmp.Or(p.Actor, who))
	case "target":
		return p.Say("audit.of", "Name", cmp.Or(p.Target, who))
	}
	return p.Say("audit.of_request")
}

// first is the log by the same choice, from its start.
func (p AuditPage) first() string {
	c := p.logChoice
	c.after = ""
	return p.at("", c)
}

// exportPath is where what the filters leave is exported.
func (p AuditPage) exportPath(format string) string {
	c := p.logChoice
	c.after = ""
	return p.at("/export."+format, c)
}
