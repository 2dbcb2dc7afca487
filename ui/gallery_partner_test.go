package ui

import (
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// atNordhamn is somebody inside the hub at home in a partner organization.
func atNordhamn(p *Page, name, role string) *Inside {
	v := inside(p, "full", role)
	v.Name, v.Email, v.Organization, v.Plate, v.Home, v.In, v.At, v.customers = name, "jonas.lindqvist@nordhamn.example", "Nordhamn Drift", "NHD", "Nordhamn Drift", "/o/NHD", "customers", 34
	return v
}

// partnerSamples are the pages of partners and their customers.
func partnerSamples(p *Page) []sample {
	list := CustomersPage{Inside: atNordhamn(p, "Jonas Lindqvist", "full_admin"), customerChoice: customerChoice{sort: ops.CustomersByName, from: 1}, Found: 34, Next: "/o/NHD/customers?after=x",
		Counts:   map[ops.CustomerView]int{"": 34, "ending": 3, "over": 1, "setup": 4, "quiet": 2, "suspended": 1},
		Accesses: []policy.Role{policy.FullAdmin, policy.ProvisioningAdmin, policy.ReadOnlyAdmin}}
	for _, c := range sampleCustomers(p.now) {
		list.Rows = append(list.Rows, list.row(&c))
	}
	none := CustomersPage{Inside: list.Inside, customerChoice: customerChoice{sort: ops.CustomersByEnd, search: "zzz", access: policy.ReadOnlyAdmin, view: ops.OverCustomers}, Counts: list.Counts, Accesses: list.Accesses}
	clear := CustomersPage{Inside: list.Inside, customerChoice: customerChoice{sort: ops.CustomersByName, view: ops.SuspendedCustomers, after: "x"}, Counts: list.Counts, Accesses: list.Accesses}
	first := CustomersPage{Inside: atNordhamn(p, "Jonas Lindqvist", "full_admin"), customerChoice: customerChoice{sort: ops.CustomersByName}}
	reader := CustomersPage{Inside: atNordhamn(p, "Henrik Wall", "read_only_admin"), customerChoice: customerChoice{sort: ops.CustomersByName}}
	limited := CustomersPage{Inside: atNordhamn(p, "Vera Hall", "supervisor"), customerChoice: customerChoice{sort: ops.CustomersByName}, Limited: true}
	fresh := NewCustomerPage{Inside: list.Inside, Country: "SE", Zone: "Europe/Stockholm", Language: "sv", Platform: "new", Services: []string{"contact_center"}, Managing: true, Reaches: true}
	wrong := NewCustomerPage{Inside: list.Inside, Name: "Almlunda Bostäder", Plate: "ALM", Country: "NO", Zone: "Europe/Oslo", Language: "en", Platform: "1.0", Provisioning: true, Email: "x", Wrong: map[string]string{}}
	wrong.Wrong["plate"], wrong.Wrong["email"], wrong.Wrong["first"] = p.Say("customers.wrong.plate_taken", "Plates", "ALML, AB2"), p.Say("customers.wrong.invalid_email"), p.Say("customers.wrong.invalid_displayName")
	own := inside(p, "full", "full_admin")
	own.At = "partners"
	partners := samplePartners(own)
	receipt := inside(p, "full", "full_admin")
	receipt.Done, receipt.Undo = "restriction_on", "UI_1"
	restricted := PartnersPage{Inside: receipt, All: true, Restricted: true, May: p.partnersMay(), Add: (&visit{Inside: receipt}).addPartner("partner-add")}
	service := samplePartners(inside(p, "full", "service_admin"))
	service.All = false
	add := PartnerPage{Inside: own, Wrong: map[string]string{}}
	change := PartnerPage{Inside: own, Old: true, Plate: "NHD", Name: "Nordhamn Drift", Managing: true, Ends: "2026-11-01", Wrong: map[string]string{"ends": p.Say("partners.wrong.invalid_ends"), "kind": p.Say("partners.wrong.invalid_kind")}}
	end := EndPartnerPage{Inside: own, Plate: "NHD", Name: "Nordhamn Drift", Lose: 3, Given: 1}
	mistyped := end
	mistyped.Typed, mistyped.Wrong = "Nordhamn", p.Say("partners.end.wrong", "Name", "Nordhamn Drift")
	choose := OrganizationsPage{Inside: atNordhamn(p, "Jonas Lindqvist", "full_admin"), All: 4, Rows: []OrganizationRow{
		{Name: "Nordhamn Drift", Plate: "NHD", Path: "/o/NHD", Home: true, Here: true, Mode: "full", Role: "full_admin"},
		{Name: "Bruket Handel", Plate: "BRU", Path: "/o/BRU", Mode: "full", Role: "full_admin"},
		{Name: "Hamnvik Kommun", Plate: "HAM", Path: "/o/HAM", Mode: "read", Role: "read_only_admin"},
		{Name: "Sundvik Energi", Plate: "SUN", Path: "/o/SUN", Lock: &Lock{Why: p.Say("refusal.why.user_inactive")}},
	}}
	nowhere := OrganizationsPage{Inside: choose.Inside, Search: "zzz", All: 4}
	return []sample{
		{"organizations", choose.View()},
		{"organizations-match", nowhere.View()},
		{"partners", partners.View()},
		{"partners-none", restricted.View()},
		{"partners-service", service.View()},
		{"partner-add", add.View()},
		{"partner-change", change.View()},
		{"partner-end", end.View()},
		{"partner-end-wrong", mistyped.View()},
		{"customer-new", fresh.View()},
		{"customer-new-wrong", wrong.View()},
		{"customers", list.View()},
		{"customers-match", none.View()},
		{"customers-clear", clear.View()},
		{"customers-first", first.View()},
		{"customers-reader", reader.View()},
		{"customers-limited", limited.View()},
	}
}

// sampleCustomers are one of each kind.
func sampleCustomers(now time.Time) []kontrollrum.Customer {
	const day = 24 * time.Hour
	full := []policy.Role{policy.FullAdmin}
	made := func(plate, name string, administrators int, acted time.Duration, change func(*kontrollrum.Customer)) kontrollrum.Customer {
		c := kontrollrum.Customer{Organization: kontrollrum.Organization{Plate: plate, Name: name, State: kontrollrum.OrganizationActive, SetupDone: true},
			Partnership: kontrollrum.Partnership{Managing: true}, Access: full, Administrators: administrators}
		if acted > 0 {
			c.Acted = now.Add(-acted)
		}
		change(&c)
		return c
	}
	seats := func(c *kontrollrum.Customer, standard, bought, premium, of int) {
		c.Standard, c.Premium = kontrollrum.Seats{Used: standard, Bought: bought}, kontrollrum.Seats{Used: premium, Bought: of}
	}
	renews := func(c *kontrollrum.Customer, months int) { c.Renewal = now.AddDate(0, months, 0) }
	return []kontrollrum.Customer{
		made("ALM", "Almlunda Bostäder", 2, time.Hour, func(c *kontrollrum.Customer) { seats(c, 118, 120, 22, 40); c.Renewal = now.Add(16 * day) }),
		made("BRA", "Bråvallens Elnät", 3, 10*time.Minute, func(c *kontrollrum.Customer) { seats(c, 402, 450, 61, 80); renews(c, 5) }),
		made("FJA", "Fjällsta kommun", 1, 20*time.Hour, func(c *kontrollrum.Customer) {
			seats(c, 288, 300, 44, 40)
			c.Over, c.OverProduct = kontrollrum.Seats{Bought: 40, Used: 44}, kontrollrum.PremiumAgent
		}),
		made("HAV", "Havsvik Försäkring", 2, 2*time.Hour, func(c *kontrollrum.Customer) {
			seats(c, 960, 1000, 140, 150)
			renews(c, 10)
			c.Access, c.Partnership.Provisioning, c.Partnership.Managing = []policy.Role{policy.ProvisioningAdmin}, true, false
		}),
		made("KLA", "Klarholms Bank", 4, time.Minute, func(c *kontrollrum.Customer) {
			seats(c, 1420, 1500, 310, 320)
			renews(c, 14)
			c.Access = []policy.Role{policy.ReadOnlyAdmin}
		}),
		made("LOV", "Lövsta Tandvård", 1, 0, func(c *kontrollrum.Customer) {
			seats(c, 0, 35, 0, 5)
			c.SetupDone, c.Services = false, []kontrollrum.Service{kontrollrum.ContactCenter}
			c.Access, c.Partnership.Provisioning = []policy.Role{policy.ProvisioningAdmin, policy.ReadOnlyAdmin}, true
		}),
		made("MOL", "Mölnbo Bibliotek", 1, 5*day, func(c *kontrollrum.Customer) { seats(c, 14, 20, 2, 5); c.Trial = now.Add(12*day + time.Hour) }),
		made("NOR", "Norrholms Energi", 2, 3*time.Hour, func(c *kontrollrum.Customer) { c.Access = nil }),
		made("RAV", "Ravnskär Rederi", 2, 3*day, func(c *kontrollrum.Customer) { seats(c, 76, 80, 12, 12); c.Partnership.Ends = now.Add(8 * day) }),
		made("VIN", "Vinterviks Buss", 1, 21*day, func(c *kontrollrum.Customer) { seats(c, 64, 90, 9, 15); c.State = kontrollrum.OrganizationSuspended }),
		made("ANG", "Ängsbacka Skolor", 1, 70*day, func(*kontrollrum.Customer) {}),
		made("OST", "Östra Hede Vatten", 2, 4*time.Hour, func(c *kontrollrum.Customer) { seats(c, 41, 50, 6, 10); c.Trial = now.Add(46 * day) }),
	}
}

// samplePartners are the partners of Sundvik, as somebody there sees them.
func samplePartners(in *Inside) PartnersPage {
	in.At = "partners"
	v := &visit{Inside: in}
	who := func(id, name string, r policy.Role, partner bool) kontrollrum.ExternalAdministrator {
		return kontrollrum.ExternalAdministrator{User: kontrollrum.User{ID: kontrollrum.UserID(id), DisplayName: name}, Assignment: kontrollrum.Assignment{Role: r}, Partner: partner}
	}
	started := in.now.AddDate(0, -14, 0)
	nordhamn := ops.PartnerOf{Partner: kontrollrum.Partner{Plate: "NHD", Name: "Nordhamn Drift", Partnership: kontrollrum.Partnership{Managing: true, Provisioning: true, Started: started}},
		People: []kontrollrum.ExternalAdministrator{who("1", "Henrik Wall", policy.ReadOnlyAdmin, true), who("2", "Jonas Lindqvist", policy.FullAdmin, true),
			who("2", "Jonas Lindqvist", policy.ReadOnlyAdmin, false), who("3", "Petra Lund", policy.ProvisioningAdmin, true), who("4", "A", policy.FullAdmin, true),
			who("5", "B", policy.FullAdmin, true), who("6", "C", policy.FullAdmin, true), who("7", "D", policy.FullAdmin, true)}}
	vastkust := ops.PartnerOf{Partner: kontrollrum.Partner{Plate: "VKS", Name: "Västkust Support", Partnership: kontrollrum.Partnership{Managing: true, Started: started, Ends: in.now.AddDate(0, 0, 9)}}}
	return PartnersPage{Inside: in, All: true, Rows: []PartnerRow{v.partnerRow(&nordhamn), v.partnerRow(&vastkust)}, Add: v.addPartner("partner-add"), May: in.partnersMay(),
		RestrictLock: v.lock(policy.OrganizationRestrictExternal)}
}
