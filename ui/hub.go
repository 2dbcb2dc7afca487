package ui

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// desk lets whoever asks into the hub, in the organization that the path names
// or, without one, where they are let in to most. at is the item of the menu
// that the page belongs to. Where it is closed to them it shows why: then there
// is no visit.
func (f *face) desk(c ops.Caller, w http.ResponseWriter, r *http.Request, at string) (*visit, error) {
	in := cmp.Or(r.PathValue("organization"), r.URL.Query().Get("organization"))
	d, err := do(r.Context(), f, c, ops.EnterHub{Organization: in})
	if errors.Is(err, kontrollrum.Denied) {
		return nil, f.turnAway(c, w, r, policy.ControlHubSignIn, in, err)
	}
	if err != nil {
		return nil, err
	}
	return f.seat(r, d, at), nil
}

// seat is a visit to the hub.
func (f *face) seat(r *http.Request, d *ops.Desk, at string) *visit {
	v := &visit{user: &d.User, desk: d}
	v.Inside = &Inside{Page: f.page(r, d.User.Language), Name: d.User.DisplayName, Email: string(d.User.Email), Home: d.Home,
		At: at, In: "/o/" + url.PathEscape(d.Organization.Plate), Leave: "/", permits: d.Permits, customers: d.Customers,
		Done: done(r), Undo: plain(r.URL.Query().Get("undo")), about: r.URL.Query()}
	v.Task = v.bar(d.Running)
	v.place(&d.Entrance)
	if v.External {
		v.Leave = "/o/" + url.PathEscape(d.HomeAt)
		if v.partner() { // back to the list that a partner's people come from
			v.Leave += "/customers"
		}
	}
	for _, door := range d.Doors {
		way := v.way(&door)
		way.Here = door.Application == policy.ControlHubSignIn
		v.Ways = append(v.Ways, way)
	}
	return v
}

// partner reports whether the visitor acts here for a partner.
func (v *visit) partner() bool {
	return slices.ContainsFunc(v.desk.Columns, func(c policy.Column) bool { return strings.HasSuffix(c.String(), "/P") })
}

// org names the organization that a visit to the hub is in.
func (v *visit) org() string { return string(v.desk.Organization.ID) }

// locked shows, in the shell, why a page is closed to the visitor and who could
// help. An error that is no refusal is given back.
func (f *face) locked(w http.ResponseWriter, r *http.Request, v *visit, err error) error {
	known := kontrollrum.All(err)
	if !errors.Is(err, kontrollrum.Denied) || len(known) == 0 || code(err) == "step_up_required" {
		return err
	}
	no := known[0]
	action, _ := policy.ParseAction(no.Action)
	lock := v.lockOf(action, ops.Decision{Reason: no.Code, Rule: no.Rule, Cell: no.Cell})
	return f.show(w, r, http.StatusForbidden, LockedPage{Inside: v.Inside, Lock: *lock}.View())
}

// A Lock is why a control is closed to the visitor: in words, with who could
// help. It names nobody.
type Lock struct {
	Action    policy.Action
	Why, Help string
	Rule      string // in words; empty: none
}

// may reports whether the visitor may do a here at all.
func (p *Inside) may(a policy.Action) bool { return p.permits[a].OK }

// lock is why the visitor may not do a here; nil where they may.
func (p *Inside) lock(a policy.Action) *Lock { return p.lockOf(a, p.permits[a]) }

// lockOf is the lock of a decision about a; nil where it is yes.
func (p *Inside) lockOf(a policy.Action, d ops.Decision) *Lock {
	if d.OK {
		return nil
	}
	said := p.reasonFor(a, d, p.Organization)
	return &Lock{Action: a, Why: said.why, Help: said.help, Rule: said.rule}
}

// A Control is a link, or a button of a form of its own: open, or locked with
// the reason beside it.
type Control struct {
	May    policy.Action // that it needs
	Lock   *Lock         // nil: open
	ID     string        // of the element; it must be there where it is locked
	Word   string
	Short  string // the word where there is little room; empty: the same
	Label  string // for those who do not see where it stands; empty: the word
	Busy   string // while a form is sent
	Icon   string
	Class  string // pri, bad, ext, q, s
	Href   string // of a link
	Post   string // path of a form
	Fields [][2]string
	Item   bool   // it is an item of a menu
	Small  string // below an item's word
}

// An Item is a line of the menu.
type Item struct {
	At, Path, Icon string
	Needs          policy.Action
	Free           bool // needs nothing
	Sub            bool
	Count          int
}

// A Group is a part of the menu.
type Group struct {
	Name  string
	Items []Item
}

// menu is the hub's, here. What the visitor could expect stands in it though it
// is locked; to those who administer nothing only what is open.
func (p *Inside) groups() (out []Group) {
	item := func(at, path, icon string, needs policy.Action) Item {
		return Item{At: at, Path: p.In + path, Icon: icon, Needs: needs}
	}
	sub := item("external", "/external", "out", policy.ExternalAdministratorsView)
	sub.Sub = true
	overview, roles := item("overview", "", "home", 0), item("roles", "/roles", "shield", 0)
	overview.Free, roles.Free = true, true
	monitoring := Group{"monitoring", []Item{overview, item("tasks", "/tasks", "tasks", policy.TasksView), item("audit", "/audit", "list", policy.AuditView)}}
	management := Group{Name: "management"}
	if p.customers > 0 {
		customers := item("customers", "/customers", "building", policy.CustomersView)
		customers.Count = p.customers
		management.Items = append(management.Items, customers)
	}
	management.Items = append(management.Items, item("users", "/users", "users", policy.UsersList), sub, roles, item("account", "/account", "card", policy.AccountViewInfo))
	for _, g := range []Group{monitoring, management} {
		var kept []Item
		for _, i := range g.Items {
			if p.administers() || i.At == "overview" || i.At == "customers" && p.may(i.Needs) {
				kept = append(kept, i)
			}
		}
		if len(kept) > 0 {
			out = append(out, Group{g.Name, kept})
		}
	}
	return out
}

// administers reports whether the visitor holds an administrator's role here.
func (p *Inside) administers() bool { return p.Mode != "limited" && p.Mode != "" }

// current reports whether an item of the menu is where the page belongs.
func (p *Inside) current(at string) bool {
	switch p.At {
	case "partners":
		return at == "roles"
	case "settings":
		return at == "account"
	}
	return p.At == at
}

// receipt says what was done a moment ago, with whom or how many.
func (p *Inside) receipt() string {
	args := []any{"Name", p.about.Get("name")}
	if n, err := atoi(p.about.Get("n")); err == nil {
		args = append(args, "Count", n)
	}
	if strings.HasPrefix(p.Done, "undo_") {
		return p.say(args, "done."+p.Done, "done.undo_failed")
	}
	return p.say(args, "done."+p.Done)
}

// quiet is this page without its receipt.
func (p *Inside) quiet() string {
	u, err := url.Parse(p.here)
	if err != nil {
		return p.In
	}
	q := u.Query()
	for _, name := range receiptNames {
		q.Del(name)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// A Crumb is a step on the way to a page.
type Crumb struct{ Word, Path string }

// within is the first crumb of the pages of a group of the menu.
func (p *Inside) within(group string) Crumb { return Crumb{Word: p.Say("nav.group." + group)} }

func (c Control) class() string {
	if c.Item {
		if c.Class != "" {
			return "mi " + c.Class
		}
		return "mi"
	}
	if c.Class != "" {
		return "btn " + c.Class
	}
	return "btn"
}

// organizations is where the visitor chooses another organization.
func (p *Inside) organizations() string {
	if p.In == "" {
		return "/organizations"
	}
	return "/organizations?from=" + url.QueryEscape(p.Plate)
}

// leave is where somebody goes who leaves another's organization.
func (p *Inside) leave() string { return cmp.Or(p.Leave, "/") }

// A Running is a task that runs in the organization, as the bar shows it.
type Running struct {
	Path, Word string
	Percent    int
}

// share is the class of a meter that is so many hundredths full.
func share(percent int) string { return "v" + itoa(min(max(percent, 0), 100)) }
