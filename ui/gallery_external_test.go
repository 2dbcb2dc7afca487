package ui

import (
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// guestOf is an external administrator as a full administrator sees them.
func guestOf(p *Page, name, plate, home string, role policy.Role, days int) ops.External {
	x := ops.External{}
	x.User = kontrollrum.User{ID: kontrollrum.UserID(strings.ToLower(strings.ReplaceAll(name, " ", "-"))), DisplayName: name, Status: kontrollrum.Active,
		Email: kontrollrum.Email(strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@" + strings.ToLower(strings.Fields(home)[0]) + ".example")}
	x.Home.Plate, x.Home.Name = plate, home
	x.Assignment = kontrollrum.Assignment{ID: kontrollrum.AssignmentID("a-" + string(x.User.ID)), Role: role, Started: p.now.AddDate(0, -3, 0), Reason: "Uppsättning av nya köer"}
	if days > 0 {
		x.Assignment.Ends = daysOn(p.now, days)
	}
	x.GivenBy = "Karin Holm"
	x.Give, x.Take, _ = policy.Handing(role, true)
	x.Change, x.Lengthen = ops.Decision{OK: true}, ops.Decision{OK: true}
	return x
}

// externalSamples are the pages of external administrators.
func externalSamples(p *Page) []sample {
	v := &visit{Inside: inside(p, "full", "full_admin")}
	v.At, v.here = "external", "/o/SUN/external"
	guests := []ops.External{
		guestOf(p, "Birgit Aune", "TVK", "Tidvatten Konsult", policy.ServiceAdmin, 5),
		guestOf(p, "Jonas Lindqvist", "NHD", "Nordhamn Drift", policy.FullAdmin, 0),
		guestOf(p, "Maria Ek", "TVK", "Tidvatten Konsult", policy.FullAdmin, 21),
		guestOf(p, "Petra Lund", "NHD", "Nordhamn Drift", policy.ProvisioningAdmin, 0),
		guestOf(p, "Tomas Berg", "TVK", "Tidvatten Konsult", policy.ReadOnlyAdmin, 180),
		guestOf(p, "Yngve Å", "TVK", "Tidvatten Konsult", policy.ReadOnlyAdmin, 0),
	}
	guests[1].Partner, guests[3].Partner, guests[3].GivenBy, guests[5].Assignment.Reason = true, true, "", ""
	list := ExternalPage{Inside: v.Inside, Add: v.addExternal(), Next: "/o/SUN/external?after=x"}
	for i := range guests {
		list.Rows = append(list.Rows, v.externalRow(&guests[i]))
	}
	none := list
	none.Rows, none.Search, none.Role, none.Ends, none.Next = nil, "berg", "service_admin", "30", ""

	service := &visit{Inside: inside(p, "full", "service_admin")}
	service.At, service.here, service.Name = "external", "/o/SUN/external", "Elin Sandberg"
	own := ExternalPage{Inside: service.Inside, Add: service.addExternal(), OnlyService: true, Later: true}
	own.Rows = append(own.Rows, service.externalRow(&guests[0]))
	reader := &visit{Inside: inside(p, "read", "read_only_admin")}
	reader.At = "external"

	locked := guestOf(p, "Birgit Aune", "TVK", "Tidvatten Konsult", policy.ServiceAdmin, 5)
	locked.Change = ops.Decision{Reason: string(policy.NotPermitted), Cell: "R/C"}
	locked.Lengthen, locked.GivenBy = locked.Change, ""
	mine := guests[0]
	mine.Self, mine.Lengthen = true, ops.Decision{Reason: "self_assignment", Rule: "self", Cell: "S/O"}
	leaving := v.guestPage([]ops.External{mine})
	leaving.WrongPlate, leaving.Wrong = v.Say("external.leave.wrong", "Plate", "SUN"), v.Say("external.date.wrong")
	deputy := guestOf(p, "Jonas Lindqvist", "NHD", "Nordhamn Drift", policy.FullAdmin, 0)
	deputy.Partner, deputy.Home.Partner = true, true

	add := func(v *visit, role policy.Role) *NewExternalPage {
		page := &NewExternalPage{Inside: v.Inside, Role: role.String(), Term: usualTerm, First: "2026-11-24", Wrong: map[string]string{}}
		for _, r := range givenExternally {
			give, _, _ := policy.Handing(r, true)
			page.Roles = append(page.Roles, RoleOption{Role: r, Word: v.Say("role." + r.String()), Hint: v.Say("external.role." + r.String()), May: give, Lock: v.lock(give)})
		}
		for _, t := range terms {
			option := TermOption{Value: t, Word: v.Say("external.term." + t)}
			if n, err := atoi(t); err == nil {
				option.Until = v.date(lastDay(daysOn(v.now, n), v.now))
			}
			page.Terms = append(page.Terms, option)
		}
		return page
	}
	verified := func(v *visit, ok bool, code, name, email, plate, home string) *NewExternalPage {
		page := add(v, policy.ServiceAdmin)
		page.Email, page.Checked = email, true
		page.Who = &Guest{Name: name, Email: email, Home: home, Plate: plate, Own: plate == "SUN"}
		o := &page.Roles[0]
		o.Checked, o.OK = true, ok
		if !ok {
			args := []any{"Organization", v.Organization, "Home", home, "Name", name, "Role", lowerFirst(o.Word)}
			o.Why, o.Help = v.Say("external.no."+code, args...), v.Say("external.help."+code, args...)
		} else {
			page.Can = v.canDo(policy.ServiceAdmin, policy.Other)
		}
		page.Verdict = *o
		return page
	}
	nobody := verified(v, false, "user_not_found", "nobody@tidvatten.example", "nobody@tidvatten.example", "", "")
	nobody.Who = nil
	ours := verified(v, false, "user_not_external", "Nora Widmark", "nora.widmark@sundvik.example", "SUN", "Sundvik Energi")
	ours.Link = "/o/SUN/users/1"
	wrong := add(v, policy.ReadOnlyAdmin)
	wrong.Email, wrong.Term, wrong.Wrong = "lars", "date", map[string]string{"email": p.Say("external.email.wrong"), "date": p.Say("external.date.wrong"), "reason": p.Say("external.reason.wrong")}
	return []sample{
		{"external", list.View()},
		{"external-service", own.View()},
		{"external-no-match", none.View()},
		{"external-none", ExternalPage{Inside: v.Inside, Add: v.addExternal()}.View()},
		{"external-none-reader", ExternalPage{Inside: reader.Inside, Add: reader.addExternal()}.View()},
		{"external-one", v.guestPage(guests[:1]).View()},
		{"external-one-locked", reader.guestPage([]ops.External{locked}).View()},
		{"external-one-self", leaving.View()},
		{"external-one-partner", v.guestPage([]ops.External{deputy}).View()},
		{"external-new", add(v, policy.ServiceAdmin).View()},
		{"external-new-service", add(service, policy.ServiceAdmin).View()},
		{"external-new-wrong", wrong.View()},
		{"external-new-yes", verified(v, true, "", "Lars Dal", "lars.dal@tidvatten.example", "TVK", "Tidvatten Konsult").View()},
		{"external-new-c1", verified(v, false, "external_org_has_contact_center", "Nils Moen", "nils.moen@fjallsyn.example", "FJT", "Fjällsyn Telekom").View()},
		{"external-new-c2", verified(v, false, "external_user_from_partner", "Vera Hall", "vera.hall@nordhamn.example", "NHD", "Nordhamn Drift").View()},
		{"external-new-c3", verified(v, false, "exclusive_role_held", "Maria Ek", "maria.ek@tidvatten.example", "TVK", "Tidvatten Konsult").View()},
		{"external-new-nobody", nobody.View()},
		{"external-new-own", ours.View()},
	}
}

// profileSamples are the pages of one's own details and tokens.
func profileSamples(p *Page) []sample {
	v := &visit{Inside: inside(p, "full", "full_admin")}
	live, over := v.ownTokens([]kontrollrum.Token{
		{ID: "t1", Name: "Nattens rapport", Created: p.now.AddDate(0, 0, -3), Expires: p.now.AddDate(0, 0, 87)},
		{ID: "t2", Created: p.now.AddDate(0, -2, 0)},
		{ID: "t3", Name: "Prov", Created: p.now.AddDate(0, -2, 0), Expires: p.now.AddDate(0, 0, -1)},
		{ID: "t4", Name: "Tavlan i växeln", Created: p.now.AddDate(0, -5, 0), Expires: p.now.AddDate(0, 5, 0), Revoked: p.now.Add(-time.Hour)},
	})
	details := ops.Details{FirstName: "Karin", LastName: "Holm", DisplayName: "Karin Holm", Title: "Systemägare", Department: "Kundservice", Phone: "010-555 01 02", TimeZone: "America/Nuuk"}
	off := inside(p, "full", "full_admin")
	page := *p
	page.Shortcuts, off.Page = "off", &page
	open := ownControls(v.Inside, nil)
	shut := ops.Decision{Reason: "organization_suspended", Rule: "suspended", Cell: "own"}
	closed := ownControls(off, &shut)
	many := v.tokenPage("Nattens rapport", "365")
	many.Wrong = p.Say("fault.too_many_tokens")
	return []sample{
		{"profile-tokens", ProfilePage{Inside: v.Inside, Phone: "010-555 01 02", Zone: "Europe/Stockholm", Tokens: live, Over: over, NewToken: open[0], Edit: open[1]}.View()},
		{"profile-locked", ProfilePage{Inside: off, Tokens: live[:1], NewToken: closed[0], Edit: closed[1]}.View()},
		{"details", DetailsPage{Inside: v.Inside, Details: details}.View()},
		{"details-wrong", DetailsPage{Inside: v.Inside, Details: ops.Details{TimeZone: "Europe/Atlantis"}, Wrong: map[string]string{"displayName": p.Say("fault.kind.invalid"), "timeZone": p.Say("fault.kind.invalid")}}.View()},
		{"token-new", v.tokenPage("", "").View()},
		{"token-new-wrong", many.View()},
		{"token-made", TokenPage{Inside: v.Inside, Name: "Nattens rapport", Ends: p.when(p.now.AddDate(0, 0, 90)), Secret: "vF0q3Rk2L8sWm1Xy7Tz5Bn4Ga6Hc9Jd0Ke2Lf3Mg4N_KR_0b9c6a51-6f0e-4c7e-9a43-0d4c5c2f8a11"}.View()},
	}
}

// ownControls are the two controls of a profile, where d says so locked.
func ownControls(v *Inside, d *ops.Decision) [2]Control {
	if d == nil {
		d = &ops.Decision{OK: true}
	}
	page := ProfilePage{Inside: v}
	page.controls(map[policy.Action]ops.Decision{policy.TokensCreate: *d, policy.UsersEditDetails: *d})
	return [2]Control{page.NewToken, page.Edit}
}
