package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A CustomerView is a selection of a partner's customers: those that something
// is the matter with.
type CustomerView string

// The views. A customer may be in several.
const (
	AllCustomers       CustomerView = ""
	EndingCustomers    CustomerView = "ending"    // a trial, a term of what is bought or the partnership is over soon
	OverCustomers      CustomerView = "over"      // uses more seats than were bought
	WaitingCustomers   CustomerView = "setup"     // the contact centre waits for the setup wizard
	QuietCustomers     CustomerView = "quiet"     // none of the partner's people did anything there for long
	SuspendedCustomers CustomerView = "suspended" // views work, changes do not
)

// CustomerViews lists every view.
func CustomerViews() []CustomerView {
	return []CustomerView{AllCustomers, EndingCustomers, OverCustomers, WaitingCustomers, QuietCustomers, SuspendedCustomers}
}

const (
	EndsSoon = 30 * 24 * time.Hour // within which an end needs attention
	IsQuiet  = 60 * 24 * time.Hour // after which nobody having done anything does
)

// A CustomerSort is an order of the customers; who is alike is in name order.
type CustomerSort string

// The orders.
const (
	CustomersByName           CustomerSort = "name"
	CustomersByEnd            CustomerSort = "end"
	CustomersByStandard       CustomerSort = "standard" // seats in use
	CustomersByPremium        CustomerSort = "premium"
	CustomersByAdministrators CustomerSort = "administrators"
	CustomersByActivity       CustomerSort = "activity"
)

// CustomerSorts lists every order.
func CustomerSorts() []CustomerSort {
	return []CustomerSort{CustomersByName, CustomersByEnd, CustomersByStandard, CustomersByPremium, CustomersByAdministrators, CustomersByActivity}
}

// ListCustomers lists a page of the customers that an organization is partner
// of. Who may see the partner's account sees all of them, and of those where
// they may not act only who they are; anybody else at home there sees those that
// their own roles reach. It reads all of them in three statements, so that the
// counters are those of the same moment.
type ListCustomers struct {
	Organization string       // the partner, by id or plate; empty: the caller's home
	Search       string       // substring of name, plate or id, without case and accents
	View         CustomerView // empty: all
	Access       policy.Role  // as which the caller may act there; none: whatever
	Sort         CustomerSort // empty: by name
	Falls        bool         // the other way round
	After        store.Mark   // where the last page ended
	Limit        int
}

// Customers is a page of a partner's customers.
type Customers struct {
	Page[kontrollrum.Customer]
	Found  int                  // by search, view and access, on all pages
	Counts map[CustomerView]int // of each view, whatever is searched for
	Access []policy.Role        // those by which the caller may act in any of them
}

func (o ListCustomers) asks() Ask { return Ask{Action: policy.CustomersView, In: o.Organization} }

func (o ListCustomers) look(_ context.Context, t *turn) (Ask, error) {
	ask := o.asks()
	if t.actor == nil {
		return ask, kontrollrum.Missing("user") // the operator and applications reach no customers
	}
	if t.actor.Home == t.org.ID {
		t.target, ask.To = t.actor, string(t.actor.ID)
	}
	return ask, nil
}

func (o ListCustomers) run(ctx context.Context, t *turn) (out Customers, err error) {
	if err := o.check(); err != nil {
		return out, err
	}
	customers, err := t.tx.Customers(ctx, t.org.ID, t.now)
	if err != nil {
		return out, err
	}
	reaches, err := t.tx.Reaches(ctx, t.org.ID, t.now)
	if err != nil {
		return out, err
	}
	customers = t.reached(customers, reaches)
	out.Counts = map[CustomerView]int{}
	for i := range customers {
		for _, v := range CustomerViews() {
			if v.has(&customers[i].Customer, t.now) {
				out.Counts[v]++
			}
		}
		for _, r := range customers[i].Access {
			if !slices.Contains(out.Access, r) {
				out.Access = append(out.Access, r)
			}
		}
	}
	slices.Sort(out.Access)
	search := store.Fold(o.Search)
	customers = slices.DeleteFunc(customers, func(c store.Customer) bool {
		return !o.View.has(&c.Customer, t.now) || !strings.Contains(c.Search, search) || o.Access != policy.NoRole && !slices.Contains(c.Access, o.Access)
	})
	out.Found = len(customers)
	out.Page = o.page(customers)
	return out, nil
}

func (o ListCustomers) check() error {
	switch {
	case !slices.Contains(CustomerViews(), o.View):
		return kontrollrum.Wrong("view", string(o.View), "use ending, over, setup, quiet or suspended, or none")
	case o.Sort != "" && !slices.Contains(CustomerSorts(), o.Sort):
		return kontrollrum.Wrong("sort", string(o.Sort), "use name, end, standard, premium, administrators or activity")
	}
	return checkText(Filter{Search: o.Search, After: o.After})
}

// reached tells who of the partner's people, and the caller as what, may act in
// each customer, and leaves out what the caller may not see.
func (t *turn) reached(customers []store.Customer, reaches []store.Reach) []store.Customer {
	all := map[kontrollrum.UserID]bool{}
	named := map[kontrollrum.OrganizationID]map[kontrollrum.UserID]bool{}
	own := map[kontrollrum.OrganizationID][]policy.Role{}
	for _, r := range reaches {
		if policy.Grid(policy.ControlHubSignIn, policy.ColumnOf(r.Role, policy.Partner)) <= policy.No {
			continue // the role does nothing for a partner's people
		}
		switch {
		case r.Customer == "":
			all[r.User] = true
		case named[r.Customer] == nil:
			named[r.Customer] = map[kontrollrum.UserID]bool{r.User: true}
		default:
			named[r.Customer][r.User] = true
		}
		if r.User == t.actor.ID {
			own[r.Customer] = append(own[r.Customer], r.Role)
		}
	}
	for i := range customers {
		c := &customers[i]
		c.Administrators = len(all)
		for user := range named[c.ID] {
			if !all[user] {
				c.Administrators++
			}
		}
		c.Access = slices.Concat(own[""], own[c.ID])
		slices.Sort(c.Access)
		c.Access = slices.Compact(c.Access)
		if len(c.Access) == 0 { // what is the customer's own business is not theirs
			c.Customer = kontrollrum.Customer{Partnership: c.Partnership, Administrators: c.Administrators,
				Organization: kontrollrum.Organization{ID: c.ID, Plate: c.Plate, Name: c.Name}}
		}
	}
	if t.may.Cell == policy.Limited {
		customers = slices.DeleteFunc(customers, func(c store.Customer) bool { return len(c.Access) == 0 })
	}
	return customers
}

// has reports whether a customer is in a view.
func (v CustomerView) has(c *kontrollrum.Customer, now time.Time) bool {
	switch v {
	case EndingCustomers:
		what, at := c.Next()
		return what != kontrollrum.NoTerm && at.Before(now.Add(EndsSoon))
	case OverCustomers:
		return c.Over.Used > c.Over.Bought
	case WaitingCustomers:
		return c.Waits()
	case QuietCustomers:
		since := c.Acted
		if since.Before(c.Partnership.Started) { // who has just come has not been quiet
			since = c.Partnership.Started
		}
		return len(c.Access) > 0 && since.Before(now.Add(-IsQuiet))
	case SuspendedCustomers:
		return c.State == kontrollrum.OrganizationSuspended
	}
	return true
}

// page sorts customers that are in name order, and takes a page of them.
func (o ListCustomers) page(customers []store.Customer) (out Page[kontrollrum.Customer]) {
	named := o.Sort == "" || o.Sort == CustomersByName
	mark := func(c *store.Customer) store.Mark {
		key := c.Key
		if !named { // who is alike is in name order, so that no two share a place
			key = o.Sort.key(c) + "|" + key
		}
		return store.Mark{Key: key, ID: string(c.ID)}
	}
	compare := func(a, b store.Mark) int {
		one, name, _ := strings.Cut(a.Key, "|")
		other, than, _ := strings.Cut(b.Key, "|")
		if named {
			one, name, other, than = a.Key, "", b.Key, ""
		}
		order := cmp.Compare(one, other)
		if o.Falls {
			order = -order
		}
		return cmp.Or(order, cmp.Compare(name, than), cmp.Compare(a.ID, b.ID))
	}
	slices.SortStableFunc(customers, func(a, b store.Customer) int { return compare(mark(&a), mark(&b)) })
	from := 0
	if o.After != (store.Mark{}) {
		// Behind the row it names; where that is gone, behind those that sort before it.
		from = slices.IndexFunc(customers, func(c store.Customer) bool { return mark(&c) == o.After }) + 1
		if from == 0 {
			for from < len(customers) && compare(mark(&customers[from]), o.After) <= 0 {
				from++
			}
		}
	}
	to := min(from+pageSize(o.Limit), len(customers))
	for _, c := range customers[from:to] {
		out.Items = append(out.Items, c.Customer)
	}
	if to < len(customers) {
		out.Next = mark(&customers[to-1])
	}
	return out
}

// key is text that sorts as s says. What has no end has the last one.
func (s CustomerSort) key(c *store.Customer) string {
	number := func(n int64) string { return fmt.Sprintf("%019d", n) }
	switch s {
	case CustomersByEnd:
		_, at := c.Next()
		if at.IsZero() {
			return "~"
		}
		return number(at.UnixMicro())
	case CustomersByStandard:
		return number(int64(c.Standard.Used))
	case CustomersByPremium:
		return number(int64(c.Premium.Used))
	case CustomersByAdministrators:
		return number(int64(c.Administrators))
	case CustomersByActivity:
		if c.Acted.IsZero() {
			return number(0)
		}
		return number(c.Acted.UnixMicro())
	}
	return c.Key
}

// FoundCustomer makes a customer as [CreateCustomer] does, with its first full
// administrator, who is invited: both or neither. Whoever may create a customer
// names them once, whether their own role reaches the customer or not.
type FoundCustomer struct {
	CreateCustomer
	Administrator AddUser // of the customer, whatever organization it names
}

func (o FoundCustomer) asks() Ask { return apart(o.CreateCustomer.asks()) }

func (o FoundCustomer) run(ctx context.Context, t *turn) (*kontrollrum.Organization, error) {
	o.Partner = string(t.org.ID)
	made, err := under(ctx, t, o.CreateCustomer)
	if err != nil && kontrollrum.All(err) == nil {
		return nil, err
	}
	// What is wrong with the person is told together with what is wrong with the customer.
	_, wrong := kontrollrum.ParseEmail(o.Administrator.Email)
	_, unnamed := o.Administrator.Details.check()
	if err = errors.Join(err, wrong, unnamed); err != nil {
		return nil, err
	}
	_, err = under(ctx, t, firstAdministrator{o.Partner, made.ID, o.Administrator})
	return made, err
}

// firstAdministrator is the part of creating a customer that gives it somebody
// who may do everything there. The entry stands in the customer's own log.
type firstAdministrator struct {
	Partner  string
	Customer kontrollrum.OrganizationID
	AddUser
}

func (o firstAdministrator) asks() Ask {
	return Ask{Action: policy.CustomersCreate, In: o.Partner, Role: policy.FullAdmin}
}

func (o firstAdministrator) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	customer, err := t.tx.Organization(ctx, placeOf(string(o.Customer)))
	if err != nil {
		return nil, err
	}
	t.org, o.Silent = *customer, false
	u, err := o.AddUser.run(ctx, t)
	if err != nil {
		return nil, err
	}
	a := &kontrollrum.Assignment{ID: kontrollrum.AssignmentID(t.hub.newID()), Organization: u.Organization, User: u.ID, Role: policy.FullAdmin,
		Reach: kontrollrum.ReachOwn, Started: t.now, GivenBy: t.giver()}
	t.after = map[string]any{"User": u, "Assignment": a}
	return u, t.tx.InsertAssignment(ctx, a, false)
}
