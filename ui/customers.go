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

const customerRows = 50 // on a page

// customerChoice is which customers, as the address says it. What it does not
// know is as if it was not said.
type customerChoice struct {
	search string
	view   ops.CustomerView
	access policy.Role
	sort   ops.CustomerSort
	falls  bool
	after  string // where the page before ended
	from   int    // number of the first row
}

func chooseCustomers(q url.Values) customerChoice {
	c := customerChoice{search: strings.TrimSpace(q.Get("q")), sort: ops.CustomersByName, after: q.Get("after"), from: 1}
	if v := ops.CustomerView(q.Get("view")); slices.Contains(ops.CustomerViews(), v) {
		c.view = v
	}
	c.access, _ = policy.ParseRole(q.Get("access"))
	by, falls := strings.CutPrefix(q.Get("sort"), "-")
	if s := ops.CustomerSort(by); slices.Contains(ops.CustomerSorts(), s) {
		c.sort, c.falls = s, falls
	}
	if n, err := atoi(q.Get("from")); err == nil && n > 1 && c.after != "" {
		c.from = n
	}
	return c
}

// op is what the choice asks.
func (c *customerChoice) op(partner string) ops.ListCustomers {
	op := ops.ListCustomers{Organization: partner, Search: c.search, View: c.view, Access: c.access, Sort: c.sort, Falls: c.falls, Limit: customerRows}
	if raw, err := base64.RawURLEncoding.DecodeString(c.after); err == nil {
		op.After.ID, op.After.Key, _ = strings.Cut(string(raw), " ")
	}
	return op
}

// query is the choice as an address says it, without where its page begins.
func (c *customerChoice) query() url.Values {
	q := url.Values{}
	sort := string(c.sort)
	switch {
	case c.falls:
		sort = "-" + sort
	case c.sort == ops.CustomersByName:
		sort = ""
	}
	for name, value := range map[string]string{"q": c.search, "view": string(c.view), "access": roleName(c.access), "sort": sort} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// narrowed reports whether anything is filtered beside the view.
func (c *customerChoice) narrowed() bool { return c.search != "" || c.access != policy.NoRole }

// at is the address of the list by a choice, from its start.
func (p *CustomersPage) at(c customerChoice) string { return p.path("/customers", c.query()) }

func (p *Inside) path(at string, q url.Values) string {
	if len(q) == 0 {
		return p.In + at
	}
	return p.In + at + "?" + q.Encode()
}

// in is the choice in another view.
func (c customerChoice) in(view ops.CustomerView) customerChoice { c.view = view; return c }

// by is the choice with another access.
func (c customerChoice) by(access policy.Role) customerChoice { c.access = access; return c }

// anywhere is the choice without its search.
func (c customerChoice) anywhere() customerChoice { c.search = ""; return c }

// sorted is the choice in another order, or in the same turned round.
func (c customerChoice) sorted(by ops.CustomerSort) customerChoice {
	if c.sort == by {
		c.falls = !c.falls
	} else { // names and dates from the first, numbers from the most
		c.sort, c.falls = by, by != ops.CustomersByName && by != ops.CustomersByEnd
	}
	return c
}

// customers lists whom the organization is partner of.
func (f *face) customers(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "customers")
	if v == nil {
		return err
	}
	page := CustomersPage{Inside: v.Inside, customerChoice: chooseCustomers(r.URL.Query())}
	found, err := do(r.Context(), f, c, page.op(v.org()))
	if err != nil {
		return f.locked(w, r, v, err)
	}
	page.Found, page.Counts, page.Accesses = found.Found, found.Counts, found.Access
	page.Limited = v.permits[policy.CustomersView].Mode == policy.Limited.Mode()
	for i := range found.Items {
		page.Rows = append(page.Rows, page.row(&found.Items[i]))
	}
	if found.Next.ID != "" {
		q := page.query()
		q.Set("after", base64.RawURLEncoding.EncodeToString([]byte(found.Next.ID+" "+found.Next.Key)))
		q.Set("from", itoa(page.from+len(page.Rows)))
		page.Next = page.path("/customers", q)
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// row is a customer of the list, in words.
func (p *CustomersPage) row(c *kontrollrum.Customer) CustomerRow {
	row := CustomerRow{Plate: c.Plate, Name: c.Name, Path: "/o/" + url.PathEscape(c.Plate), Access: c.Access,
		Kinds: p.kinds(c.Partnership.Managing, c.Partnership.Provisioning), Administrators: p.number(c.Administrators)}
	if len(c.Access) == 0 {
		row.Lock = &Lock{Action: policy.ControlHubSignIn, Why: p.Say("customers.closed"), Help: p.Say("customers.closed.help", "Organization", p.Organization)}
		return row
	}
	row.Lamp, row.State, row.Detail = p.customerState(c)
	row.Standard, row.Premium = p.seats(c, kontrollrum.StandardAgent, c.Standard), p.seats(c, kontrollrum.PremiumAgent, c.Premium)
	row.Acted = p.Say("customers.never")
	if !c.Acted.IsZero() {
		row.Acted = upperFirst(p.when(c.Acted))
	}
	return row
}

// customerState is the one thing that most needs to be known of a customer.
func (p *Page) customerState(c *kontrollrum.Customer) (lamp, word, detail string) {
	term, at := c.Next()
	soon := term != kontrollrum.NoTerm && at.Before(p.now.Add(ops.EndsSoon))
	switch {
	case c.State == kontrollrum.OrganizationSuspended:
		return "off", p.Say("customers.state.suspended"), p.Say("customers.state.suspended.text")
	case c.Over.Used > c.Over.Bought:
		return "bad", p.Say("customers.state.over"),
			p.Say("customers.state.over.text", "Count", c.Over.Used-c.Over.Bought, "Product", p.Say("product."+string(c.OverProduct)))
	case soon:
		return "warn", p.Say("customers.soon." + string(term)), p.termText(term, at)
	case c.Waits():
		return "wait", p.Say("customers.state.setup"), p.Say("customers.state.setup.text")
	case !c.Trial.IsZero():
		return "wait", p.Say("customers.state.trial"), p.termText(kontrollrum.TrialTerm, c.Trial)
	case term != kontrollrum.NoTerm:
		return "ok", p.Say("customers.state.active"), p.termText(term, at)
	}
	return "ok", p.Say("customers.state.active"), ""
}

// termText says when a term is over: of a trial how long that is.
func (p *Page) termText(term kontrollrum.Term, at time.Time) string {
	if term == kontrollrum.TrialTerm {
		return p.Say("customers.left", "Count", int(at.Sub(p.now).Hours()/24))
	}
	if term == kontrollrum.PartnershipTerm {
		at = at.Add(-time.Microsecond) // the last day that it lasts
	}
	return p.Say("customers.term."+string(term), "Date", p.calendar(at))
}

// calendar tells a day.
func (p *Page) calendar(at time.Time) string {
	at = at.In(p.now.Location())
	return p.Say("time.date", "Day", at.Day(), "Month", p.Say("time.month."+itoa(int(at.Month()))), "Year", at.Year())
}

// seats is a meter of a product's; nil where there are none.
func (p *Page) seats(c *kontrollrum.Customer, product kontrollrum.Product, s kontrollrum.Seats) *SeatMeter {
	if s == (kontrollrum.Seats{}) {
		return nil
	}
	m := &SeatMeter{Used: p.number(s.Used), Bought: p.number(s.Bought), Share: share(percent(s.Used, s.Bought))}
	switch {
	case s.Used > s.Bought:
		m.Class = "bad"
	case s.Used*100 > s.Bought*96:
		m.Class = "warn"
	}
	m.Label = p.Say("customers.meter", "Name", c.Name, "Product", p.Say("product."+string(product)), "Used", m.Used, "Bought", m.Bought)
	return m
}

// kinds says what a partner does for a customer.
func (p *Page) kinds(managing, provisioning bool) string {
	switch {
	case managing && provisioning:
		return p.Say("partners.kind.both")
	case provisioning:
		return p.Say("partners.kind.provisioning")
	}
	return p.Say("partners.kind.managing")
}
