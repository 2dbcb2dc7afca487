package ui

import (
	"net/url"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// userSamples are the pages of one user: Nora, as the prototype has her, and others.
func userSamples(p *Page) []sample {
	nora := func(role string, relation policy.Relation, now, want pending) *UserPage {
		in := inside(p, "full", role)
		in.At = "users"
		r, _ := policy.ParseRole(role)
		column := policy.ColumnOf(r, relation)
		in.permits = permitsOf(column)
		if relation == policy.Other {
			in.External, in.Home, in.Name, in.Email, in.Plate = true, "Tidvatten Konsult", "Birgit Aune", "birgit.aune@tidvatten.example", "SUN"
		}
		for _, a := range []policy.Action{policy.AdministratorsView, policy.ExternalAdministratorsView, policy.AuditView} {
			d := in.permits[a]
			d.Mode = policy.Grid(a, column).Mode()
			in.permits[a] = d
		}
		page := &UserPage{Inside: in, ID: "u_7K2M9QX4", Path: "/o/SUN/users/u_7K2M9QX4", Person: "Nora Widmark", First: "Nora", Mail: "nora.widmark@sundvik.example",
			Status: "active", Seen: p.when(p.now), Judged: in.permits, Was: now, Ends: want.ends, Reason: want.reason}
		licenses := []kontrollrum.License{{ID: "l1", Product: kontrollrum.StandardAgent, Bought: 700, Used: 640}, {ID: "l2", Product: kontrollrum.PremiumAgent, Bought: 200, Used: 168},
			{ID: "l3", Product: kontrollrum.MeetingsHost, Bought: 500, Used: 500}}
		page.agentOptions(licenses, now.agent, want.agent)
		page.otherOptions(licenses, now.others, want.others)
		page.roleOptions(now.role, want.role)
		page.Reach = Option{ID: "reach", Value: "customers", May: policy.RolesReachCustomers, Lock: page.judgedLock(policy.RolesReachCustomers)}
		page.Deltas = page.deltas(licenses, now, want)
		page.details(&kontrollrum.User{FirstName: "Nora", LastName: "Widmark", Email: "nora.widmark@sundvik.example", Language: "sv", Title: "Kundkommunikatör"})
		page.WaysLock, page.SessionLock = page.judgedLock(policy.CredentialsView), page.judgedLock(policy.SessionsView)
		if page.HistoryLock = page.lock(policy.AuditView); page.HistoryLock == nil {
			locked := page.lockOf(policy.UsersActivate, ops.Decision{Reason: "not_permitted", Cell: "S/C"})
			page.History = []Event{
				{ID: "e1", Word: p.Say("user.event.license", "From", p.Say("user.delta.none"), "To", "Standard"), Who: "Elin Sandberg", When: p.when(p.now.Add(-hours(30))), At: "2026-11-22T03:30:00Z", Undo: true},
				{ID: "e2", Word: p.doneOf(policy.UsersDeactivate), Who: p.Say("user.event.hidden", "Organization", "Sundvik Energi"), When: p.when(p.now.Add(-hours(90))), At: "2026-11-19T15:30:00Z", Lock: locked},
				{ID: "e3", Word: p.doneOf(policy.UsersSendActivation), Who: "Birgit Aune", External: true, When: p.when(p.now.Add(-hours(120))), At: "2026-11-18T09:30:00Z"},
			}
		}
		if page.WaysLock == nil {
			page.Password = p.when(p.now.Add(-hours(900)))
			page.Factors = []Factor{{ID: "f", Kind: "totp"}}
			page.Sessions = []Session{{ID: "s1", Device: p.Say("browser.on", "Browser", "Chrome", "System", "Windows"), Seen: p.when(p.now), IP: "192.0.2.17"}}
		}
		return page
	}
	standard, premium := ops.AgentLicense{Product: kontrollrum.StandardAgent}, ops.AgentLicense{Product: kontrollrum.PremiumAgent}
	before := pending{agent: standard}
	changes := nora("service_admin", policy.Other, before, pending{agent: premium, role: policy.ServiceAdmin, ends: "2027-02-28", reason: "Vikarie"})
	changes.Effects = p.effects(&ops.Outlook{
		Before: map[policy.Action]policy.Cell{policy.ControlHubSignIn: policy.Limited, policy.AgentDesktopSignIn: policy.ByLicense},
		After: map[policy.Action]policy.Cell{policy.ControlHubSignIn: policy.Full, policy.AgentDesktopSignIn: policy.ByLicense, policy.ManagementPortalSignIn: policy.Full, policy.LicensesContactCenterEdit: policy.Yes,
			policy.UsersList: policy.Yes, policy.UsersSendActivation: policy.Yes, policy.BusinessHoursEdit: policy.Yes, policy.RolesServiceAdminAssignInternal: policy.Yes}})
	chief := nora("full_admin", policy.Customer, before, before)
	chief.customers = 3
	chief.Done, chief.Undo, chief.about = "changed", "UI_1", url.Values{"name": {"Nora Widmark"}}
	loses := nora("full_admin", policy.Customer, pending{agent: standard, role: policy.ServiceAdmin}, pending{agent: standard})
	loses.Effects = p.effects(&ops.Outlook{Before: map[policy.Action]policy.Cell{policy.UsersList: policy.Yes, policy.LicensesContactCenterEdit: policy.Yes}, After: map[policy.Action]policy.Cell{}})
	loses.Meanwhile = p.Say("user.meanwhile.is", "What", p.Say("user.delta.license"), "From", "Standard", "To", "Premium")
	reads := nora("read_only_admin", policy.Customer, before, before)
	reads.Status, reads.Seen = "not_verified", ""
	old := nora("service_admin", policy.Customer, before, before)
	old.Agent, old.Platform1, old.Wrong, old.EndsWrong = nil, true, p.Say("fault.no_seats_left"), p.Say("fault.invalid_ends")
	old.agentOptions(nil, before.agent, premium)
	old.Status, old.Sent, old.NextMail = "not_verified", p.when(p.now.Add(-hours(2))), p.when(p.now.Add(hours(22)))
	remove := TypedPage{Inside: chief.Inside, Path: chief.Path, Person: "Nora Widmark", What: "remove", May: policy.UsersRemove, Means: []string{p.Say("user.remove.license", "License", "Standard"), p.Say("user.remove.log")}}
	reset := remove
	reset.What, reset.Wrong, reset.Typed = "reset", p.Say("user.typed.wrong", "Name", "Nora Widmark"), "nora"
	edit := &EditUserPage{Inside: old.Inside, Path: old.Path, Person: "Nora Widmark", MailLock: old.judgedLock(policy.UsersChangeEmail), Language: "de", Wrong: p.Say("error.text.500"),
		Fields: []UserField{{ID: "first", Label: p.Say("user.detail.first"), Value: "Nora"}, {ID: "email", Type: "email", Label: p.Say("user.detail.email"), Value: "nora.widmark@sundvik.example", Hint: p.Say("user.detail.email.hint")},
			{ID: "zone", Label: p.Say("user.detail.zone"), Value: "Mars", Error: p.Say("fault.invalid_timeZone"), Hint: p.Say("user.detail.zone.hint", "Zone", "Europe/Stockholm")}}}
	return []sample{
		{"user-changes", changes.View()}, {"user", chief.View()}, {"user-loses", loses.View()}, {"user-read", reads.View()}, {"user-platform", old.View()},
		{"user-remove", remove.View()}, {"user-reset", reset.View()}, {"user-edit", edit.View()},
	}
}
