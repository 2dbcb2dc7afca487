package ops_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// plates are those of customers, in their order; one that the caller may not
// enter stands in brackets.
func plates(customers []kontrollrum.Customer) string {
	var out []string
	for _, c := range customers {
		if len(c.Access) == 0 {
			c.Plate = "(" + c.Plate + ")"
		}
		out = append(out, c.Plate)
	}
	return strings.Join(out, " ")
}

// TestWhoSeesCustomers: whoever sees the partner's account sees which customers
// it has; what is theirs only who may act there, and so as what.
func TestWhoSeesCustomers(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			for name, want := range map[string]string{
				"partner": "SUN SUS VIK", "partnerreader": "SUN SUS VIK", "provisioner": "SUN SUS VIK",
				"norchief": "(SUN) (SUS) (VIK)", "named": "SUN", "norplain": "", "chief": "", "stranger": "", "sunprov": "",
			} {
				got := must(w, w.as(name), ops.ListCustomers{})
				if plates(got.Items) != want || got.Found != len(got.Items) || got.Counts[ops.AllCustomers] != len(got.Items) {
					t.Errorf("%s sees %q of %d, counted %v, want %q", name, plates(got.Items), got.Found, got.Counts, want)
				}
				for _, c := range got.Items {
					if told := c.State != "" || c.Platform != "" || c.Premium.Bought > 0; told != (len(c.Access) > 0) || c.Administrators < 3 {
						t.Errorf("%s is told %+v", name, c)
					}
				}
			}
			for _, name := range []string{"partner", "outsider", "outservice", "outreader"} {
				if _, err := ops.Do(t.Context(), w.hub, w.as(name), ops.ListCustomers{Organization: "SUN"}); !errors.Is(err, kontrollrum.Denied) {
					t.Errorf("%s, from elsewhere, asks for Sundvik's customers: %v", name, err)
				}
			}
			if _, err := ops.Do(t.Context(), w.hub, w.as("stranger"), ops.ListCustomers{Organization: "NOR"}); !errors.Is(err, kontrollrum.NotFound) {
				t.Errorf("a stranger asks: %v", err)
			}
		})
	}
}

// TestWhoReachesCustomersMaySeeThem: what the list tells of a customer, the
// grid lets everybody see who acts there for a partner.
func TestWhoReachesCustomersMaySeeThem(t *testing.T) {
	t.Parallel()
	for _, column := range policy.Columns() {
		if column.String()[2:] != "P" {
			continue
		}
		for _, a := range []policy.Action{policy.AccountViewInfo, policy.AccountViewSubscriptions, policy.ContactCenterViewPlatform} {
			if policy.Grid(a, column) != policy.Yes {
				t.Errorf("%s %s: the list of customers tells what they may not see", column, a)
			}
		}
		if policy.Grid(policy.ExternalAdministratorsView, column) != policy.All {
			t.Errorf("%s: the list of customers counts administrators whom they may not see", column)
		}
	}
}

func TestCustomerViews(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	const day = 24 * time.Hour
	must(w, w.as("partner"), ops.EditOrganization{Organization: "SUN", Name: pointer("Åsunds Energi")})
	must(w, w.as("vikchief"), ops.AddPartnership{Customer: "VIK", Partner: "NOR", Provisioning: true, Ends: w.clock.Now().Add(29 * day)})
	counts := func() map[ops.CustomerView]int {
		return must(w, w.as("partner"), ops.ListCustomers{}).Counts
	}
	if got, want := counts(), map[ops.CustomerView]int{"": 3, "ending": 1, "suspended": 1}; !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
	for view, want := range map[ops.CustomerView]string{"": "SUS VIK SUN", "ending": "VIK", "suspended": "SUS", "over": "", "setup": "", "quiet": ""} {
		if got := must(w, w.as("partner"), ops.ListCustomers{View: view}); plates(got.Items) != want {
			t.Errorf("view %q: %q, want %q", view, plates(got.Items), want)
		}
	}
	for op, want := range map[ops.ListCustomers]string{
		{Search: "asund"}: "SUN", {Search: "vik"}: "VIK", {Search: "%"}: "", {Access: policy.FullAdmin, Search: "org"}: "SUS VIK",
		{Access: policy.ReadOnlyAdmin}: "", {Sort: "end", Search: "vik"}: "VIK", {Sort: "activity", Falls: true}: "SUN SUS VIK",
		{Sort: "premium", Falls: true}: "SUN SUS VIK", {Sort: "name", Falls: true}: "SUN VIK SUS",
	} {
		if got := must(w, w.as("partner"), op); plates(got.Items) != want {
			t.Errorf("%+v: %q, want %q", op, plates(got.Items), want)
		}
	}
	w.clock.Advance(61 * day)
	if got, want := counts(), map[ops.CustomerView]int{"": 2, "suspended": 1, "quiet": 2}; !maps.Equal(got, want) {
		t.Errorf("after two months: %v, want %v", got, want)
	}
	for _, wrong := range []ops.ListCustomers{{View: "x"}, {Sort: "x"}, {Search: "\x00"}} {
		if _, err := ops.Do(t.Context(), w.hub, w.as("partner"), wrong); !errors.Is(err, kontrollrum.Invalid) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
}

// TestCustomerPages: every order, in both directions, walks through all of them once.
func TestCustomerPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for i := range 7 {
		must(w, w.as("norchief"), ops.CreateCustomer{NewOrganization: ops.NewOrganization{Plate: fmt.Sprintf("K%02d", i), Name: "Kund"}})
	}
	for _, sort := range append(ops.CustomerSorts(), "") {
		for _, falls := range []bool{false, true} {
			op := ops.ListCustomers{Sort: sort, Falls: falls, Limit: 100}
			all := must(w, w.as("partner"), op)
			var walked []kontrollrum.Customer
			for op.Limit = 3; ; {
				page := must(w, w.as("partner"), op)
				walked = append(walked, page.Items...)
				if op.After = page.Next; page.Next.ID == "" {
					break
				}
			}
			if plates(walked) != plates(all.Items) || len(all.Items) != 10 || all.Next.ID != "" {
				t.Errorf("by %q, falling %t: %q, in pages %q", sort, falls, plates(all.Items), plates(walked))
			}
		}
	}
}

func TestFoundCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	op := ops.FoundCustomer{CreateCustomer: ops.CreateCustomer{NewOrganization: ops.NewOrganization{Plate: "NYA", Name: "Nya"}, Provisioning: true},
		Administrator: ops.AddUser{Organization: "SUN", Email: "forsta at nya", Details: ops.Details{FirstName: "Ny"}, Silent: true}}
	// Whose role does not reach customers names the first administrator all the same.
	_, err := ops.Do(t.Context(), w.hub, w.as("norchief"), op)
	if !errors.Is(err, kontrollrum.Invalid) {
		t.Errorf("an address that is none: %v", err)
	}
	op.Administrator.Email, op.Administrator.FirstName, op.Plate = "x", "", "n"
	_, err = ops.Do(t.Context(), w.hub, w.as("norchief"), op)
	var fields []string
	for _, e := range kontrollrum.All(err) {
		fields = append(fields, e.Field)
	}
	if want := []string{"plate", "email", "displayName"}; !slices.Equal(fields, want) {
		t.Errorf("it tells what is wrong with %q, want %q", fields, want)
	}
	op.Administrator.Email, op.Administrator.FirstName, op.Plate = email("target"), "Ny", "NYA"
	if _, err := ops.Do(t.Context(), w.hub, w.as("norchief"), op); !errors.Is(err, kontrollrum.Conflict) {
		t.Errorf("an address that is taken: %v", err)
	}
	op.Administrator.Email = "forsta@nya.example"
	made := must(w, w.as("norchief"), op) // which nothing of the failures stands in the way of
	u := must(w, w.as("partner"), ops.ViewUser{Organization: "NYA", User: "forsta@nya.example"})
	if u.Organization != made.ID || u.Status != kontrollrum.NotVerified || len(u.Assignments) != 1 || u.Assignments[0].Role != policy.FullAdmin {
		t.Errorf("the first administrator is %+v", u)
	}
	log := must(w, w.as("partner"), ops.ReadAudit{Organization: "NYA"}).Items
	if len(log) != 1 || log[0].Action != "customers.create" || log[0].Target != u.ID || log[0].Role != "full_admin" || log[0].Actor != w.users["norchief"] {
		t.Errorf("the customer's log says %+v", log)
	}
	if sent := w.rows(t, `select kind, address from outbox where address = 'forsta@nya.example'`); len(sent) != 1 {
		t.Errorf("the invitation: %v", sent)
	}
}

// TestPartners: a customer sees its partners, and of their people whom the
// viewer may see.
func TestPartners(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for name, want := range map[string]int{"chief": 4, "reader": 4, "partner": 4, "provisioner": 4, "outsider": 4, "service": 0, "outservice": 0} {
		got := must(w, w.as(name), ops.ListPartners{Organization: "SUN"})
		if len(got.Items) != 1 || got.Items[0].Plate != "NOR" || len(got.Items[0].People) != want || got.All != (want > 0) {
			t.Errorf("%s sees %+v, want %d people", name, got, want)
		}
	}
	must(w, w.as("norchief"), ops.DeactivateUser{User: email("partner")})
	if got := must(w, w.as("chief"), ops.ListPartners{Organization: "SUN"}); len(got.Items[0].People) != 3 {
		t.Errorf("one of them is shut out: %+v", got)
	}
}

// TestCustomersOfAnOutsider: a role from before their organization became a
// partner, which does nothing for a partner's people, shows nothing of the
// customer; and what customers a partner has is no business of outsiders.
func TestCustomersOfAnOutsider(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	soon := w.clock.Now().Add(10 * 24 * time.Hour)
	must(w, w.as("chief"), ops.AddPartnership{Partner: "EXT", Managing: true, Ends: soon})
	if seen := must(w, w.as("outservice"), ops.ListCustomers{Organization: "EXT"}).Items; len(seen) > 0 {
		t.Errorf("seen by a role that does nothing there: %+v", seen)
	}
	if n := must(w, w.as("outsider"), ops.EnterHub{Organization: "SUN"}).Customers; n != 0 {
		t.Errorf("an outsider counts %d customers", n)
	}
	must(w, w.as("stranger"), ops.AddPartnership{Customer: "FAR", Partner: "SUN", Managing: true, Ends: soon})
	for who, want := range map[string]bool{"chief": true, "service": false, "outsider": false} {
		named := slices.ContainsFunc(must(w, w.as(who), ops.Overview{Organization: "SUN"}).Concerns, func(c ops.Concern) bool { return c.Name == "Org FAR" })
		if named != want {
			t.Errorf("%s is told that the partnership with a customer ends: %t", who, named)
		}
		if n := must(w, w.as(who), ops.EnterHub{Organization: "SUN"}).Customers; (n > 0) != want {
			t.Errorf("%s counts %d customers", who, n)
		}
	}
}
