package ui

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// hubPage is where people land: what needs attention in the organization or, to
// those who administer nothing there, what is theirs.
func (f *face) hubPage(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "overview")
	if v == nil {
		return err
	}
	if !v.administers() {
		return f.limitedPage(c, w, r, v)
	}
	situation, err := do(r.Context(), f, c, ops.Overview{Organization: v.org()})
	if err != nil {
		return err
	}
	elsewhere, err := do(r.Context(), f, c, ops.ListOrganizations{})
	if err != nil {
		return err
	}
	page := OverviewPage{Inside: v.Inside, FirstName: cmp.Or(v.user.FirstName, v.Name)}
	page.fill(situation)
	for _, o := range elsewhere {
		if o.Plate == v.Plate {
			continue
		}
		if page.Elsewhere++; len(page.Places) < shownPlaces {
			page.Places = append(page.Places, Place{Name: o.Name, Plate: o.Plate, External: o.ID != v.user.Organization})
		}
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// shownPlaces is how many other organizations have room.
const shownPlaces = 5

// limitedPage is for those who may do nothing here but what is their own.
func (f *face) limitedPage(c ops.Caller, w http.ResponseWriter, r *http.Request, v *visit) (err error) {
	if v.entrances, err = do(r.Context(), f, c, ops.ListEntrances{}); err != nil {
		return err
	}
	page := HubPage{Inside: v.Inside, FirstName: cmp.Or(v.user.FirstName, v.Name)}
	for i := 0; i < len(v.entrances); i += len(applications) {
		o := v.entrances[i].Organization
		if o.Plate != v.Plate {
			page.Others = append(page.Others, Place{Name: o.Name, Plate: o.Plate, External: o.ID != v.user.Organization, Ways: v.ways(o.ID)})
		}
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// A remedy is where something is done about a matter, and how grave it is.
type remedy struct {
	lamp string
	path string // below the organization's; empty: on this page
	may  policy.Action
}

// remedies of the matters.
var remedies = map[ops.Matter]remedy{
	ops.NoFullAdmin:      {"bad", "/users?view=admins", policy.RolesFullAdminAssignInternal},
	ops.SeatsOver:        {"bad", "/account/subscriptions", policy.AccountViewSubscriptions},
	ops.MailUndelivered:  {"bad", "", policy.MailView},
	ops.SubscriptionOver: {"bad", "/account/subscriptions", policy.AccountViewSubscriptions},
	ops.TrialEnds:        {"warn", "/account/subscriptions", policy.AccountViewSubscriptions},
	ops.SubscriptionEnds: {"warn", "/account/subscriptions", policy.AccountViewSubscriptions},
	ops.SeatsNearlyOut:   {"warn", "/account/subscriptions#usage", policy.AccountViewSubscriptions},
	ops.ExternalEnds:     {"warn", "/external", policy.ExternalAdministratorsView},
	ops.PartnershipEnds:  {"warn", "/partners", policy.AccountViewInfo},
	ops.SetupIncomplete:  {"warn", "/account", policy.AccountViewInfo},
	ops.TasksFailed:      {"warn", "/tasks", policy.MailView},
	ops.OneFullAdmin:     {"warn", "/users?view=admins", policy.RolesFullAdminAssignInternal},
	ops.Invitations:      {"wait", "/users?view=waiting", policy.UsersList},
	ops.TasksRunning:     {"wait", "/tasks", policy.MailView},
	ops.Unlicensed:       {"wait", "/users?view=unlicensed", policy.UsersList},
}

// fill tells a situation in words.
func (p *OverviewPage) fill(s *ops.Situation) {
	for _, c := range s.Concerns {
		p.Concerns = append(p.Concerns, p.concern(&c))
	}
	for _, u := range s.Seats {
		d := u.Days[0]
		p.Seats = append(p.Seats, Quantity{Product: string(u.Product), Used: p.number(d.Used), Bought: p.number(d.Bought), Seats: seats(d.Used, d.Bought)})
	}
	for i := range s.Letters {
		l := &s.Letters[i]
		p.Letters = append(p.Letters, Undelivered{Address: string(l.Address), Path: p.In + "/users/" + string(l.User), Kind: letterKind(l.Kind), When: p.when(l.Created),
			Error: l.Error, Over: l.State == kontrollrum.LetterGivenUp})
	}
	for i := range s.Recent {
		p.Recent = append(p.Recent, p.recent(&s.Recent[i]))
	}
}

// concern tells one: its number, what of, and where it is done.
func (p *OverviewPage) concern(c *ops.Concern) ConcernRow {
	at := remedies[c.What]
	row := ConcernRow{What: string(c.What), Lamp: at.lamp}
	count := c.Count
	switch c.What {
	case ops.NoFullAdmin:
		count = 0
	case ops.TrialEnds, ops.SubscriptionEnds, ops.PartnershipEnds:
		count = p.daysTo(c.Until)
	}
	row.Number = p.number(count)
	if c.What == ops.SetupIncomplete {
		row.Number = "" // there is one of it
	}
	product := ""
	if c.Product != "" {
		product = p.Say("product." + string(c.Product))
	}
	args := []any{"Product", product, "Name", c.Name, "Day", p.until(c.Until), "Held", p.number(c.Count)}
	row.Text = p.Say("overview.concern."+row.What, args...)
	if row.Number != "" {
		row.Text = p.Say("overview.concern."+row.What, append(args, "Count", count)...)
	}
	row.Because = p.Say("overview.because."+row.What, args...)
	row.Do = Control{May: at.may, Lock: p.lock(at.may), ID: "do-" + row.What + p.suffix(), Class: "s", Href: p.In + at.path, Word: p.Say("overview.do." + row.What)}
	if at.path == "" {
		row.Do.Href = "#letters"
	}
	return row
}

// suffix tells controls of the same matter apart.
func (p *OverviewPage) suffix() string {
	if len(p.Concerns) == 0 {
		return ""
	}
	return "-" + itoa(len(p.Concerns))
}

// recent tells an entry of the audit log in a line.
func (p *OverviewPage) recent(e *kontrollrum.Entry) RecentRow {
	row := RecentRow{What: strings.ReplaceAll(e.Action, ".", "_"), Who: e.ActorName, Whom: e.TargetName, When: p.when(e.At), Refused: e.Outcome == kontrollrum.Refused}
	if e.ActorOrganization != e.Organization && e.ActorHome != "" {
		row.Home = e.ActorHome
	}
	if e.Actor == "" {
		row.Who = p.Say("overview.recent.operator")
	}
	if e.Target == e.Actor {
		row.Whom = ""
	}
	return row
}

// letterKind is what a letter was, in few words.
func letterKind(k kontrollrum.LetterKind) string {
	switch k {
	case kontrollrum.ActivationLetter, kontrollrum.PasswordLetter:
		return string(k)
	}
	return "notice"
}
