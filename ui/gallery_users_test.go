package ui

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum/policy"
)

// usersSamples are the list of users and the form that adds some.
func usersSamples(p *Page) []sample {
	day := func(h int) string { return p.when(p.now.Add(-hours(h))) }
	list := func(role string, address string) UsersPage {
		q, _ := url.ParseQuery(address)
		mode := "full"
		if role == "read_only_admin" {
			mode = "read"
		}
		page := UsersPage{Inside: inside(p, mode, role), choice: choose(q)}
		page.At, page.here = "users", "/o/SUN/users"
		page.Meters = []Meter{{"Standard", 640, 700}, {"Premium", 197, 200}}
		if page.may(policy.LicensesContactCenterEdit) {
			page.Assignable = []Assignable{{ID: "l1", Word: "Standard", Free: 60}, {ID: "l2", Word: "Premium", Free: 3}}
		}
		page.Roles = page.shownRoles()
		page.Counts = map[string]int{"all": 1284, "admins": 9, "external": 3, "waiting": 17, "unlicensed": 476}
		return page
	}
	row := func(id, name, email, status string, h int, licenses, roles []string) UserRow {
		r := UserRow{ID: id, Name: name, Email: email, Status: status, Path: "/o/SUN/users/" + id, Licenses: licenses, Roles: roles, Title: "Handläggare", Department: "Kundservice", Location: "Malmö", Created: day(2400)}
		if h > 0 {
			r.Active = day(h)
		}
		return r
	}
	rows := []UserRow{
		row("u1", "Ali Rahimi", "ali.rahimi@sundvik.example", "active", 1, []string{"Standard"}, nil),
		row("u2", "Amir Haddad", "amir.haddad@sundvik.example", "active", 2, []string{"Premium"}, []string{p.Say("role.chip.supervisor")}),
		row("u3", "Elin Sandberg", "elin.sandberg@sundvik.example", "active", 26, []string{"Premium", p.Say("product.meetings")}, []string{p.Say("role.chip.service_admin")}),
		row("u4", "Gustav Brolin", "gustav.brolin@sundvik.example", "verified", 0, []string{"Standard"}, nil),
		row("u5", "Karin Holm", "karin.holm@sundvik.example", "active", 3, nil, []string{p.Say("role.chip.full_admin")}),
		row("u6", "Maja Öberg", "maja.oberg@sundvik.example", "not_verified", 0, []string{"Standard"}, nil),
		row("u7", "Oskar Dahl", "oskar.dahl@sundvik.example", "inactive", 4000, nil, nil),
	}
	all := list("full_admin", "")
	all.Rows, all.Next = rows, "/o/SUN/users?after=x&from=51"
	told := list("service_admin", "q=sun&status=active&license=none&col=email&col=title&col=created&after=eCB5&from=51")
	told.Rows, told.Counts = rows, nil
	told.Done, told.Undo, told.about = "added", "UI_1", url.Values{"n": {"3"}}
	reads := list("read_only_admin", "view=admins")
	reads.Rows = rows
	match, none, waiting := list("full_admin", "q=norra&status=not_verified"), list("service_admin", ""), list("full_admin", "view=waiting")
	judged := permitsOf(policy.ColumnOf(policy.ServiceAdmin, policy.Customer))
	form := NewUsersPage{Inside: inside(p, "full", "full_admin"), Users: make([]NewUser, 3), Mails: true, Invite: true,
		Licenses: []Assignable{{ID: "l1", Word: "Standard", Free: 60}, {ID: "l2", Word: "Premium", Free: 3}, {ID: "l2+supervisor", Word: p.Say("product.supervisor", "Name", "Premium"), Free: 3}}}
	wrong := form
	wrong.Mails, wrong.Wrong = false, p.Say("users.new.wrong")
	wrong.Users = []NewUser{{Email: "maja.oberg@sundvik.example", First: "Maja", Last: "Öberg", License: "l2", Wrong: map[string]string{"email": p.Say("fault.email_taken"), "license": p.Say("fault.no_seats_left")}},
		{Email: "nils", Wrong: map[string]string{"email": p.Say("fault.invalid_email"), "first": p.Say("fault.invalid_displayName")}}}
	return []sample{
		{"users", all.View()},
		{"users-service", told.View()},
		{"users-read", reads.View()},
		{"users-match", match.View()},
		{"users-none", none.View()},
		{"users-waiting", waiting.View()},
		{"users-menu", opened{all, UserMenu{Inside: all.Inside, Path: "/o/SUN/users/u6", Name: "Maja Öberg", Status: "not_verified", Judged: judged}}},
		{"users-new", form.View()},
		{"users-new-wrong", wrong.View()},
	}
}

// opened is the list with the menu of a row in it.
type opened struct {
	list UsersPage
	menu UserMenu
}

func (o opened) Render(ctx context.Context, w io.Writer) error {
	var page, menu strings.Builder
	if err := errors.Join(o.list.View().Render(ctx, &page), o.menu.View().Render(ctx, &menu)); err != nil {
		return err
	}
	before, after, _ := strings.Cut(page.String(), `id="rowmenu" popover`)
	at := strings.Index(after, ">") + 1
	_, err := io.WriteString(w, before+`id="rowmenu"`+after[:at]+menu.String()+after[at:])
	return err
}

func hours(n int) time.Duration { return time.Duration(n) * time.Hour }
