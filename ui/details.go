package ui

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// timeZones are those that a form offers beside the one that is set.
var timeZones = []string{
	"Europe/Stockholm", "Europe/Helsinki", "Europe/Oslo", "Europe/Copenhagen", "Atlantic/Reykjavik", "Europe/Mariehamn", "Atlantic/Faroe", "America/Nuuk",
	"Europe/Amsterdam", "Europe/Athens", "Europe/Berlin", "Europe/Brussels", "Europe/Bucharest", "Europe/Budapest", "Europe/Dublin", "Europe/Istanbul",
	"Europe/Kyiv", "Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Paris", "Europe/Prague", "Europe/Riga", "Europe/Rome", "Europe/Sofia",
	"Europe/Tallinn", "Europe/Vienna", "Europe/Vilnius", "Europe/Warsaw", "Europe/Zurich",
	"Africa/Johannesburg", "America/Chicago", "America/Los_Angeles", "America/New_York", "America/Sao_Paulo",
	"Asia/Dubai", "Asia/Kolkata", "Asia/Manila", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "UTC",
}

// zonesWith are the time zones of a form that has one set.
func zonesWith(set string) []string {
	if set == "" || slices.Contains(timeZones, set) {
		return timeZones
	}
	return append([]string{set}, timeZones...)
}

// detailsOf are a user's details as they stand.
func detailsOf(u *kontrollrum.User) ops.Details {
	return ops.Details{FirstName: u.FirstName, LastName: u.LastName, DisplayName: u.DisplayName, Title: u.Title, Department: u.Department,
		Phone: u.Phone, Location: u.Location, Language: u.Language, TimeZone: u.TimeZone}
}

// editDetails asks for one's own details.
func (f *face) editDetails(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.home(c, r)
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, DetailsPage{Inside: v.Inside, Details: detailsOf(v.user)}.View())
}

// giveDetails keeps them. What is wrong is told beside its field.
func (f *face) giveDetails(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.home(c, r)
	if err != nil {
		return err
	}
	given := detailsOf(v.user)
	for name, field := range map[string]*string{"firstName": &given.FirstName, "lastName": &given.LastName, "displayName": &given.DisplayName,
		"title": &given.Title, "department": &given.Department, "phone": &given.Phone, "location": &given.Location, "timeZone": &given.TimeZone} {
		*field = r.PostFormValue(name)
	}
	_, wrong := do(r.Context(), f, c, ops.EditUser{User: string(v.user.ID), Details: given})
	if wrong == nil {
		return to(w, "/profile?"+url.Values{"done": {"details"}, "undo": {c.TrackingID}}.Encode())
	}
	if !mendable(wrong) {
		return wrong
	}
	v.here = "/profile/details"
	return f.show(w, r, http.StatusUnprocessableEntity, DetailsPage{Inside: v.Inside, Details: given, Wrong: v.faults(wrong)}.View())
}

// faults says what is wrong with each field of a form.
func (p *Page) faults(err error) map[string]string {
	out := map[string]string{}
	for _, e := range kontrollrum.All(err) {
		out[e.Field] = p.fault(e)
	}
	return out
}

// controls are those of a profile that lead to where something is changed.
func (p *ProfilePage) controls(may map[policy.Action]ops.Decision) {
	p.NewToken = Control{May: policy.TokensCreate, Lock: p.lockOf(policy.TokensCreate, may[policy.TokensCreate]), ID: "token-new",
		Word: p.Say("profile.tokens.new"), Icon: "plus", Href: "/profile/tokens/new"}
	p.Edit = Control{May: policy.UsersEditDetails, Lock: p.lockOf(policy.UsersEditDetails, may[policy.UsersEditDetails]), ID: "details-edit",
		Word: p.Say("profile.edit"), Icon: "edit", Class: "s", Href: "/profile/details"}
}

// judged is what the visitor may do to themselves.
func (f *face) judged(c ops.Caller, r *http.Request, v *visit) (map[policy.Action]ops.Decision, error) {
	return do(r.Context(), f, c, ops.Judge{User: string(v.user.ID)})
}
