package ui

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// pageRows is how many rows a page of a list has.
const pageRows = 50

// A Choice of the users list, as its address says it. What it does not know is
// as if it was not said.
type choice struct {
	view, search string
	statuses     []kontrollrum.UserStatus
	license      string // a product, or none
	role         policy.Role
	sort         ops.Sort
	columns      []string
	after        string // where the page before ended
	from         int    // number of the first row
}

// columnNames are the columns that can be chosen, in order, beside the name; the
// first five are shown where nothing is chosen.
var columnNames = []string{"email", "status", "license", "role", "last_active", "title", "department", "location", "created"}

const usualColumns = 5

// userViews are the views of the list; the external administrators' is a page of its own.
var userViews = []string{"all", "admins", "external", "waiting", "unlicensed"}

func choose(q url.Values) choice {
	c := choice{search: strings.TrimSpace(q.Get("q")), view: "all", columns: columnNames[:usualColumns], from: 1}
	if v := q.Get("view"); slices.Contains(userViews, v) && v != "external" {
		c.view = v
	}
	for _, s := range kontrollrum.UserStatuses() {
		if slices.Contains(q["status"], string(s)) {
			c.statuses = append(c.statuses, s)
		}
	}
	if l := q.Get("license"); l == "none" || slices.Contains(kontrollrum.Products(), kontrollrum.Product(l)) {
		c.license = l
	}
	c.role, _ = policy.ParseRole(q.Get("role"))
	if s := ops.Sort(q.Get("sort")); s.Valid() {
		c.sort = s
	}
	if chosen := q["col"]; len(chosen) > 0 {
		c.columns = nil
		for _, name := range columnNames {
			if slices.Contains(chosen, name) {
				c.columns = append(c.columns, name)
			}
		}
	}
	c.after = q.Get("after")
	if n, err := atoi(q.Get("from")); err == nil && n > 1 && c.after != "" {
		c.from = n
	}
	return c
}

// filter is what the choice asks of the list.
func (c *choice) filter() (ops.Filter, error) {
	f := ops.Filter{Search: c.search, Statuses: c.statuses, Sort: c.sort, Limit: pageRows, Administrators: c.view == "admins", Unlicensed: c.view == "unlicensed" || c.license == "none"}
	if c.view == "waiting" {
		f.Statuses = []kontrollrum.UserStatus{kontrollrum.NotVerified}
	}
	if c.license != "none" {
		f.Product = kontrollrum.Product(c.license)
	}
	if c.role != policy.NoRole {
		f.Roles = []policy.Role{c.role}
	}
	if c.after != "" {
		raw, err := base64.RawURLEncoding.DecodeString(c.after)
		id, key, ok := strings.Cut(string(raw), " ")
		if err != nil || !ok {
			return f, kontrollrum.Wrong("after", "", "follow the link of the page before as it stands")
		}
		f.After.ID, f.After.Key = id, key
	}
	return f, nil
}

// query is the choice as an address says it, without where its page begins.
func (c *choice) query() url.Values {
	q := url.Values{}
	set := func(name, value string, usual string) {
		if value != usual {
			q.Set(name, value)
		}
	}
	set("view", c.view, "all")
	set("q", c.search, "")
	for _, s := range c.statuses {
		q.Add("status", string(s))
	}
	set("license", c.license, "")
	set("role", roleName(c.role), "")
	set("sort", string(c.sort), "")
	if !slices.Equal(c.columns, columnNames[:usualColumns]) {
		q["col"] = c.columns
	}
	return q
}

// narrowed reports whether anything is filtered beside the view.
func (c *choice) narrowed() bool {
	return c.search != "" || len(c.statuses) > 0 || c.license != "" || c.role != policy.NoRole
}

// at is the address of the list by a choice.
func (p *UsersPage) at(c choice) string {
	q := c.query()
	if c.after != "" {
		q.Set("after", c.after)
		q.Set("from", itoa(c.from))
	}
	if len(q) == 0 {
		return p.In + "/users"
	}
	return p.In + "/users?" + q.Encode()
}

// users lists the organization's users.
func (f *face) users(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "users")
	if v == nil {
		return err
	}
	page := UsersPage{Inside: v.Inside, choice: choose(r.URL.Query())}
	filter, err := page.filter()
	if err != nil {
		return err
	}
	found, err := do(r.Context(), f, c, ops.ListUsers{Organization: v.org(), Filter: filter})
	if err != nil {
		return f.locked(w, r, v, err)
	}
	if v.may(policy.AccountViewSubscriptions) {
		licenses, err := do(r.Context(), f, c, ops.ListLicenses{Organization: v.org()})
		if err != nil {
			return err
		}
		page.licenses(licenses)
	}
	for i := range found.Items {
		page.Rows = append(page.Rows, page.row(&found.Items[i]))
	}
	if found.Next.ID != "" {
		next := page.choice
		next.after = base64.RawURLEncoding.EncodeToString([]byte(found.Next.ID + " " + found.Next.Key))
		next.from += len(found.Items)
		page.Next = page.at(next)
	}
	page.Roles = page.shownRoles()
	if fragment(r) && r.Header.Get("HX-Target") == "list" {
		w.Header().Set("HX-Push-Url", page.at(page.choice))
		return f.show(w, r, http.StatusOK, page.Swapped())
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// licenses makes meters of the contact-centre licences, and choices for the bar.
func (p *UsersPage) licenses(all []kontrollrum.License) {
	seats := map[kontrollrum.Product]*Meter{}
	for _, l := range all {
		if l.Product.ContactCenter() && (!l.Ended || l.Used > 0) {
			m := seats[l.Product]
			if m == nil {
				m = &Meter{Name: p.Say("product." + string(l.Product))}
				seats[l.Product] = m
			}
			m.Used += l.Used
			if !l.Ended {
				m.Bought += l.Bought
			}
		}
		if !l.Ended && p.may(licenseAction(l.Product)) {
			p.Assignable = append(p.Assignable, Assignable{ID: string(l.ID), Word: p.Say("product." + string(l.Product)), Free: l.Bought - l.Used, order: slices.Index(kontrollrum.Products(), l.Product)})
		}
	}
	slices.SortStableFunc(p.Assignable, func(a, b Assignable) int { return cmp.Compare(a.order, b.order) }) // the contact centre's first
	for _, product := range kontrollrum.Products() {
		if m := seats[product]; m != nil {
			p.Meters = append(p.Meters, *m)
		}
	}
}

// licenseAction is what changing a licence of a product asks for.
func licenseAction(p kontrollrum.Product) policy.Action {
	if p.ContactCenter() {
		return policy.LicensesContactCenterEdit
	}
	return policy.LicensesOtherEdit
}

// shownRoles are those that the visitor may filter by: whose holders they see.
func (p *UsersPage) shownRoles() (out []policy.Role) {
	mode := p.permits[policy.AdministratorsView]
	for _, r := range policy.Roles() {
		if r == policy.Supervisor || mode.OK && (mode.Mode == "all" || r == policy.ServiceAdmin) {
			out = append(out, r)
		}
	}
	return out
}

func (p *UsersPage) row(u *kontrollrum.User) UserRow {
	row := UserRow{ID: string(u.ID), Name: u.DisplayName, Email: string(u.Email), Status: string(u.Status), Active: p.when(u.LastActive),
		Title: u.Title, Department: u.Department, Location: u.Location, Created: p.when(u.Created), Path: p.In + "/users/" + string(u.ID)}
	for _, product := range kontrollrum.Products() { // the contact centre's first
		if slices.ContainsFunc(u.Holdings, func(h kontrollrum.Holding) bool { return h.Product == product }) {
			row.Licenses = append(row.Licenses, p.Say("product."+string(product)))
		}
	}
	for _, a := range u.Assignments {
		row.Roles = append(row.Roles, p.Say("role.chip."+a.Role.String()))
	}
	if u.Supervisor() {
		row.Roles = append(row.Roles, p.Say("role.chip.supervisor"))
	}
	return row
}

// userCounts shows the views with how many each has. A list of many users is
// there before they are counted.
func (f *face) userCounts(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "users")
	if v == nil {
		return err
	}
	page := UsersPage{Inside: v.Inside, choice: choose(r.URL.Query())}
	if r.URL.Query().Get("matching") != "" {
		filter, err := page.filter()
		if err != nil {
			return err
		}
		n, err := do(r.Context(), f, c, ops.CountUsers{Organization: v.org(), Filters: []ops.Filter{filter}})
		if err != nil {
			return f.locked(w, r, v, err)
		}
		return f.show(w, r, http.StatusOK, page.Matching(n[0]))
	}
	n, err := do(r.Context(), f, c, ops.CountUsers{Organization: v.org(), Filters: []ops.Filter{
		{}, {Administrators: true}, {Statuses: []kontrollrum.UserStatus{kontrollrum.NotVerified}}, {Unlicensed: true}}})
	if err != nil {
		return f.locked(w, r, v, err)
	}
	page.Counts = map[string]int{"all": n[0], "admins": n[1], "waiting": n[2], "unlicensed": n[3]}
	if v.may(policy.ExternalAdministratorsView) {
		external, err := do(r.Context(), f, c, ops.ListExternalAdministrators{Organization: v.org(), Filter: ops.Filter{Limit: ops.MaxPage}})
		if err != nil {
			return err
		}
		page.Counts["external"] = len(external.Items)
	}
	return f.show(w, r, http.StatusOK, page.Views())
}

// userMenu is what may be done to one of the rows, as a part of the list. Without
// script its button leads to the person's page, which says the same.
func (f *face) userMenu(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "users")
	if v == nil {
		return err
	}
	id := r.PathValue("user")
	u, err := do(r.Context(), f, c, ops.ViewUser{Organization: v.org(), User: id})
	if err != nil {
		return f.locked(w, r, v, err)
	}
	judged, err := do(r.Context(), f, c, ops.Judge{Organization: v.org(), User: string(u.ID)})
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, UserMenu{Inside: v.Inside, Path: v.In + "/users/" + string(u.ID), Name: u.DisplayName, Status: string(u.Status), Judged: judged}.View())
}

// judged is a control that asks for a, as an item of a menu.
func (c Control) judged(a policy.Action, lock *Lock) Control {
	c.May, c.Lock, c.Item = a, lock, true
	return c
}

// lampOf is the lamp of a user's status.
func lampOf(status string) string {
	switch kontrollrum.UserStatus(status) {
	case kontrollrum.Active:
		return "ok"
	case kontrollrum.Verified:
		return "verified"
	case kontrollrum.NotVerified:
		return "wait"
	}
	return "off"
}

// marks reports whether there is anything to do to marked rows.
func (p *UsersPage) marks() bool {
	return p.may(policy.LicensesContactCenterEdit) || p.may(policy.UsersSendActivation) || p.may(policy.UsersDeactivate)
}

// sorted is the choice in another order, from its start.
func (p *UsersPage) sorted(by ops.Sort) choice {
	c := p.first()
	if c.sort = by; by == ops.ByName {
		c.sort = ""
	}
	return c
}

// first is the choice from its start.
func (p *UsersPage) first() choice {
	c := p.choice
	c.after, c.from = "", 1
	return c
}

// counting is where it is counted how many the filters leave.
func (p *UsersPage) counting() string {
	q := p.query()
	q.Set("matching", "1")
	return p.In + "/users/counts?" + q.Encode()
}

// summary says the filters in words.
func (p *UsersPage) summary() string {
	var said []string
	if p.search != "" {
		said = append(said, p.Say("users.filter.search", "Query", p.search))
	}
	for _, s := range p.statuses {
		said = append(said, p.Say("status."+string(s)))
	}
	switch p.license {
	case "":
	case "none":
		said = append(said, p.Say("users.license.none"))
	default:
		said = append(said, p.Say("product."+p.license))
	}
	if p.role != policy.NoRole {
		said = append(said, upperFirst(p.Say("role."+p.role.String())))
	}
	return strings.Join(said, " · ")
}

// fields are the filters as hidden fields, for what is done to all of them.
func (p *UsersPage) fields() (out [][2]string) {
	q := p.query()
	for _, name := range []string{"view", "q", "status", "license", "role"} {
		for _, value := range q[name] {
			out = append(out, [2]string{name, value})
		}
	}
	return out
}
