package ui

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

const (
	externalRows = 50 // on a page
	renewDays    = 90 // that one press lengthens a role by
	day          = 24 * time.Hour
)

// endsWithin are the filters by end, in days.
var endsWithin = []string{"7", "30"}

// externals lists the people from elsewhere who may administer the organization.
func (f *face) externals(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "external")
	if v == nil {
		return err
	}
	page := ExternalPage{Inside: v.Inside, OnlyService: v.permits[policy.ExternalAdministratorsView].Mode == policy.ServiceAdminsOnly.Mode()}
	q := r.URL.Query()
	page.Search, page.Role, page.Ends, page.Way = strings.TrimSpace(q.Get("q")), q.Get("role"), q.Get("ends"), q.Get("way")
	op := ops.JudgeExternals{Organization: v.org(), Filter: page.filter(v.now)}
	op.After.Key, op.After.ID = unmark(q.Get("after"))
	found, err := do(r.Context(), f, c, op)
	if err != nil {
		return f.locked(w, r, v, err)
	}
	for i := range found.Items {
		page.Rows = append(page.Rows, v.externalRow(&found.Items[i]))
	}
	if found.Next.ID != "" {
		page.Next = page.at("after", mark(found.Next.Key, found.Next.ID))
	}
	page.Later = op.After.ID != ""
	page.Add = v.addExternal()
	return f.show(w, r, http.StatusOK, page.View())
}

// filter is what the address asks for; what it does not name rightly is not
// asked for.
func (p *ExternalPage) filter(now time.Time) ops.Filter {
	out := ops.Filter{Search: p.Search, Limit: externalRows}
	if role, ok := policy.ParseRole(p.Role); ok && slices.Contains(externalRoles, role) {
		out.Roles = []policy.Role{role}
	} else {
		p.Role = ""
	}
	switch p.Ends {
	case "7", "30":
		n, _ := atoi(p.Ends)
		out.EndsBefore = now.Add(time.Duration(n) * day)
	default:
		p.Ends = ""
	}
	switch p.Way {
	case "partner", "assignment":
		partner := p.Way == "partner"
		out.Partner = &partner
	default:
		p.Way = ""
	}
	return out
}

// externalRoles are the roles that somebody from elsewhere can hold here.
var externalRoles = []policy.Role{policy.FullAdmin, policy.ServiceAdmin, policy.ProvisioningAdmin, policy.ReadOnlyAdmin}

// at is the address of the list as it is shown, with one value another, or
// without it where that is empty.
func (p *ExternalPage) at(name, value string) string {
	q := url.Values{}
	for key, v := range map[string]string{"q": p.Search, "role": p.Role, "ends": p.Ends, "way": p.Way, name: value} {
		if v != "" {
			q.Set(key, v)
		}
	}
	if len(q) == 0 {
		return p.In + "/external"
	}
	return p.In + "/external?" + q.Encode()
}

// filtered reports whether the list is less than all.
func (p *ExternalPage) filtered() bool { return p.Search+p.Role+p.Ends+p.Way != "" }

// mark and unmark say in an address where a page ended.
func mark(key, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(id + " " + key))
}

func unmark(text string) (key, id string) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", ""
	}
	id, key, _ = strings.Cut(string(raw), " ")
	return key, id
}

// addExternal is the way to add somebody: open where any role may be given.
func (v *visit) addExternal() Control {
	add := Control{May: policy.RolesServiceAdminAssignExternal, ID: "external-add", Icon: "plus", Word: v.Say("external.add"), Class: "pri", Href: v.In + "/external/new"}
	add.Lock = v.lock(add.May)
	for _, role := range givenExternally {
		if give, _, _ := policy.Handing(role, true); v.may(give) {
			add.May, add.Lock = give, nil
			break
		}
	}
	return add
}

// externalRow is a person of the list, with what may be done to their role.
func (v *visit) externalRow(x *ops.External) ExternalRow {
	a := &x.Assignment
	row := ExternalRow{
		ID: string(a.ID), Name: x.User.DisplayName, Email: string(x.User.Email), Home: x.Home.Name, Plate: x.Home.Plate, Role: upperFirst(v.Say("lock.role." + a.Role.String())),
		Partner: x.Partner, Self: x.Self, Inactive: x.User.Status == kontrollrum.Inactive, Since: v.date(a.Started), Reason: a.Reason, GivenBy: x.GivenBy,
		Path: v.In + "/external/" + url.PathEscape(string(x.User.ID)),
	}
	row.Ends, row.Left, row.Soon = v.ending(a.Ends)
	if !x.Partner {
		row.Menu = v.externalMenu(x, &row)
	}
	return row
}

// ending says until which day a role counts, and how soon that is: week, month
// or, where there is time, nothing.
func (p *Page) ending(ends time.Time) (date, left, soon string) {
	if ends.IsZero() {
		return "", "", ""
	}
	days := int(midnight(lastDay(ends, p.now)).Sub(midnight(p.now)).Round(day) / day)
	switch {
	case days <= 7:
		soon = "week"
	case days <= 30:
		soon = "month"
	}
	left = p.Say("external.left", "Count", days)
	if days == 0 {
		left = p.Say("external.left.today")
	}
	return p.date(lastDay(ends, p.now)), left, soon
}

// lastDay is in the last day that a role which ends then still counts.
func lastDay(ends, now time.Time) time.Time { return ends.Add(-time.Microsecond).In(now.Location()) }

// midnight is when the day of t begins.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// daysOn is the end of a role whose last day is so many from today.
func daysOn(now time.Time, days int) time.Time { return midnight(now).AddDate(0, 0, days+1) }

// date tells a day.
func (p *Page) date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.now.Location())
	return p.Say("time.date", "Day", t.Day(), "Month", p.Say("time.month."+itoa(int(t.Month()))), "Year", t.Year())
}

// renewed is the end of a role that is lengthened by one press: as many days on
// by the calendar of where now is, also where its clocks are put forward or back.
func renewed(a *kontrollrum.Assignment, now time.Time) time.Time {
	return a.Ends.In(now.Location()).AddDate(0, 0, renewDays)
}

// externalMenu is what can be done to a role that is held by assignment.
func (v *visit) externalMenu(x *ops.External, row *ExternalRow) []Control {
	role := [2]string{"role", x.Assignment.Role.String()}
	next := [2]string{"next", v.here}
	change := Control{May: x.Take, Lock: v.lockOf(x.Take, x.Change), ID: "change-" + row.ID, Item: true, Icon: "edit",
		Word: v.Say("external.change"), Label: v.Say("external.change.one", "Name", row.Name), Href: row.Path}
	out := []Control{change}
	if !x.Assignment.Ends.IsZero() {
		out = append(out, Control{May: x.Give, Lock: v.lockOf(x.Give, x.Lengthen), ID: "renew-" + row.ID, Item: true, Icon: "clock",
			Word: v.Say("external.renew", "Count", renewDays), Small: v.Say("external.renew.to", "When", v.date(lastDay(renewed(&x.Assignment, v.now), v.now))),
			Post: row.Path + "/renew", Fields: [][2]string{role, next}})
	}
	revoke := Control{May: x.Take, Lock: v.lockOf(x.Take, x.Change), ID: "revoke-" + row.ID, Item: true, Icon: "trash", Class: "bad",
		Word: v.Say("external.revoke"), Small: v.Say("external.revoke.small"),
		Post: row.Path + "/revoke", Fields: [][2]string{role, next}}
	if x.Self { // which cannot be taken back, so it is asked for on a page
		revoke.Word, revoke.Small, revoke.Label, revoke.Post, revoke.Href = v.Say("external.leave"), "", "", "", row.Path+"#leave"
	}
	return append(out, revoke)
}

// told is a page with the receipt of what was done to somebody.
func told(path, done, name string, c ops.Caller) string {
	u, err := url.Parse(path)
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Set("done", done)
	q.Set("name", name)
	if c.TrackingID != "" {
		q.Set("undo", c.TrackingID)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// next is where a form of a row goes on to: the list as it was, or the person.
func (v *visit) next(r *http.Request, or string) string {
	at := own(r.PostFormValue("next"))
	if !strings.HasPrefix(at, v.In+"/external") {
		return or
	}
	return at
}
