package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// countries are those offered, with the time zone that most people there have.
var countries = [][2]string{{"SE", "Europe/Stockholm"}, {"NO", "Europe/Oslo"}, {"DK", "Europe/Copenhagen"}, {"FI", "Europe/Helsinki"}, {"IS", "Atlantic/Reykjavik"},
	{"EE", "Europe/Tallinn"}, {"LV", "Europe/Riga"}, {"LT", "Europe/Vilnius"}, {"DE", "Europe/Berlin"}, {"NL", "Europe/Amsterdam"}, {"BE", "Europe/Brussels"},
	{"FR", "Europe/Paris"}, {"PL", "Europe/Warsaw"}, {"IE", "Europe/Dublin"}, {"GB", "Europe/London"}}

// newCustomer asks what a customer is to be.
func (f *face) newCustomer(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "customers")
	if v == nil {
		return err
	}
	if lock := v.lock(policy.CustomersCreate); lock != nil {
		return f.show(w, r, http.StatusForbidden, LockedPage{Inside: v.Inside, Lock: *lock}.View())
	}
	page := v.newCustomerPage()
	page.Country, page.Zone, page.Language, page.Platform = "SE", "Europe/Stockholm", "sv", string(kontrollrum.PlatformNew)
	page.Services, page.Managing = []string{string(kontrollrum.ContactCenter)}, true
	return f.show(w, r, http.StatusOK, page.View())
}

func (v *visit) newCustomerPage() NewCustomerPage {
	return NewCustomerPage{Inside: v.Inside, Wrong: map[string]string{}, Reaches: slices.ContainsFunc(v.user.Assignments, func(a kontrollrum.Assignment) bool {
		return a.Reach == kontrollrum.ReachCustomers && a.AllCustomers
	})}
}

// createCustomer makes it. What is wrong is told beside each field, and nothing
// that was written is lost.
func (f *face) createCustomer(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "customers")
	if v == nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	page := v.newCustomerPage()
	page.read(r.PostForm)
	op := page.op(v.org())
	made, done := (*kontrollrum.Organization)(nil), "customer_created"
	if page.Email == "" && page.First == "" && page.Last == "" {
		made, err = do(r.Context(), f, c, op)
	} else {
		done = "customer_founded"
		made, err = do(r.Context(), f, c, ops.FoundCustomer{CreateCustomer: op,
			Administrator: ops.AddUser{Email: page.Email, Details: ops.Details{FirstName: page.First, LastName: page.Last, Language: page.Language}}})
	}
	if err != nil {
		if !mendable(err) {
			return f.locked(w, r, v, err)
		}
		page.blame(err)
		return f.show(w, r, http.StatusUnprocessableEntity, page.View())
	}
	return to(w, v.In+"/customers?"+url.Values{"q": {made.Plate}, "done": {done}, "name": {made.Name}}.Encode())
}

func (p *NewCustomerPage) read(form url.Values) {
	at := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	p.Name, p.Plate = at("name"), strings.ToUpper(at("plate"))
	p.Country, p.Language, p.Zone, p.Platform = at("country"), at("language"), at("zone"), at("platform")
	p.Services, p.Managing, p.Provisioning = form["services"], at("managing") != "", at("provisioning") != ""
	p.First, p.Last, p.Email = at("first"), at("last"), at("email")
}

func (p *NewCustomerPage) op(partner string) ops.CreateCustomer {
	n := ops.NewOrganization{Plate: p.Plate, Name: p.Name, Country: p.Country, Language: p.Language, TimeZone: p.Zone}
	for _, s := range p.Services {
		n.Services = append(n.Services, kontrollrum.Service(s))
	}
	if p.has(string(kontrollrum.ContactCenter)) {
		n.Platform = kontrollrum.Platform(p.Platform)
	}
	return ops.CreateCustomer{Partner: partner, NewOrganization: n, Managing: p.Managing, Provisioning: p.Provisioning}
}

// fieldsOf are the fields of the form that errors speak of by another name.
var fieldsOf = map[string]string{"displayName": "first", "firstName": "first", "lastName": "last", "timeZone": "zone"}

// blame puts each error beside the field it speaks of.
func (p *NewCustomerPage) blame(err error) {
	for _, e := range kontrollrum.All(err) {
		field := e.Field
		if other := fieldsOf[field]; other != "" {
			field = other
		}
		said := p.say([]any{"Plates", strings.Join(plates(p.Name, p.Plate), ", ")}, "customers.wrong."+e.Code)
		if said == "" {
			said = p.fault(e)
		}
		if field == "" {
			field = "whole"
		}
		p.Wrong[field] = said
	}
	if p.Plate == "" && p.Name != "" {
		if offered := plates(p.Name, ""); len(offered) > 0 { // to be looked at and sent
			p.Plate, p.Wrong["plate"] = offered[0], p.Say("customers.wrong.no_plate")
		}
	}
}

// plates are short codes that a name may have, except one.
func plates(name, except string) (out []string) {
	var letters, initials string
	begins := true
	for _, r := range strings.ToUpper(ops.Fold(name)) {
		switch {
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' && letters != "":
			letters += string(r)
			if begins {
				initials += string(r)
			}
			begins = false
		default:
			begins = true
		}
	}
	for _, plate := range []string{cut(letters, 3), cut(letters, 4), cut(initials+letters[min(1, len(letters)):], 3), cut(letters, 5), cut(letters, 2) + "2", cut(letters, 2) + "X"} {
		if len(plate) >= 3 && plate != except && !slices.Contains(out, plate) && len(out) < 3 {
			out = append(out, plate)
		}
	}
	return out
}

func cut(s string, n int) string { return s[:min(n, len(s))] }
