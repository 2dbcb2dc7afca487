package ui

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// userDone ends a change of one user with a receipt on their page: what was done,
// or why it does not fit what is there. back is what whoever must first prove who
// they are comes back to.
func (f *face) userDone(w http.ResponseWriter, v *visit, u *kontrollrum.User, err error, back, done string, more ...string) error {
	path := v.userPath(u.ID)
	switch {
	case err == nil:
		return to(w, receipt(path, done, append(more, "name", u.DisplayName)...))
	case code(err) == "step_up_required":
		return to(w, "/confirm?next="+url.QueryEscape(cmp.Or(back, path)))
	case mendable(err) && v.say(nil, "done.failed_"+code(err)) != "":
		return to(w, receipt(path, "failed_"+code(err), "name", u.DisplayName))
	}
	return err
}

// inviteUser sends the invitation again.
func (f *face) inviteUser(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, u, err := f.person(c, w, r)
	if u == nil {
		return err
	}
	_, err = do(r.Context(), f, c, ops.ResendInvitation{Organization: v.org(), User: string(u.ID)})
	return f.userDone(w, v, u, err, "", "invited")
}

func (f *face) activateUser(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, u, err := f.person(c, w, r)
	if u == nil {
		return err
	}
	_, err = do(r.Context(), f, c, ops.ActivateUser{Organization: v.org(), User: string(u.ID)})
	if u.Status != kontrollrum.Inactive { // whom nothing takes back to being invited
		return f.userDone(w, v, u, err, "", "activated")
	}
	return f.userDone(w, v, u, err, "", "activated", "undo", c.TrackingID)
}

func (f *face) deactivateUser(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, u, err := f.person(c, w, r)
	if u == nil {
		return err
	}
	_, err = do(r.Context(), f, c, ops.DeactivateUser{Organization: v.org(), User: string(u.ID)})
	return f.userDone(w, v, u, err, "", "deactivated", "undo", c.TrackingID)
}

// provisioning makes somebody of a partner a provisioning administrator of its
// customers, or takes that from them.
func (f *face) provisioning(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, u, err := f.person(c, w, r)
	if u == nil {
		return err
	}
	done := "provisioning_given"
	if r.PostFormValue("take") != "" {
		done = "provisioning_taken"
		_, err = do(r.Context(), f, c, ops.RevokeRole{Organization: v.org(), User: string(u.ID), Role: policy.ProvisioningAdmin})
	} else {
		_, err = do(r.Context(), f, c, ops.AssignRole{Organization: v.org(), User: string(u.ID), Role: policy.ProvisioningAdmin})
	}
	return f.userDone(w, v, u, err, "", done, "undo", c.TrackingID)
}

// endUserSession ends one of the user's sessions.
func (f *face) endUserSession(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, u, err := f.person(c, w, r)
	if u == nil {
		return err
	}
	_, err = do(r.Context(), f, c, ops.EndSession{Organization: v.org(), User: string(u.ID), Session: kontrollrum.SessionID(plain(r.PostFormValue("session")))})
	return f.userDone(w, v, u, err, "", "session_ended")
}

// A TypedPage asks for somebody's name before what cannot be taken back.
type TypedPage struct {
	*Inside
	Path, Person, Mail string
	What               string // remove or reset
	May                policy.Action
	Lock               *Lock
	Means              []string // what becomes of it
	Typed, Wrong       string
}

// askRemoval says what removing a user means, and asks for their name.
func (f *face) askRemoval(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.askTyped(c, w, r, "remove", policy.UsersRemove, "")
}

// askUserReset says what it means that somebody begins anew, and asks for their name.
func (f *face) askUserReset(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.askTyped(c, w, r, "reset", policy.CredentialsReset, "")
}

func (f *face) askTyped(c ops.Caller, w http.ResponseWriter, r *http.Request, what string, a policy.Action, wrong string) error {
	v, u, err := f.person(c, w, r)
	if u == nil {
		return err
	}
	judged, err := do(r.Context(), f, c, ops.Judge{Organization: v.org(), User: string(u.ID)})
	if err != nil {
		return err
	}
	page := TypedPage{Inside: v.Inside, Path: v.userPath(u.ID), Person: u.DisplayName, Mail: string(u.Email), What: what, May: a, Lock: v.lockOf(a, judged[a]), Typed: r.PostFormValue("typed")}
	status := http.StatusOK
	if page.Lock != nil {
		return f.show(w, r, http.StatusForbidden, LockedPage{Inside: v.Inside, Lock: *page.Lock}.View())
	}
	if wrong != "" {
		status, page.Wrong = http.StatusUnprocessableEntity, v.Say("user.typed.wrong", "Name", u.DisplayName)
	}
	page.here = page.Path + "/" + what
	page.Means = v.means(what, u)
	return f.show(w, r, status, page.View())
}

// means says what removing a user, or having them begin anew, brings with it.
func (v *visit) means(what string, u *kontrollrum.User) (out []string) {
	if what == "reset" {
		return []string{v.Say("user.reset.password"), v.Say("user.reset.factors"), v.Say("user.reset.sessions"), v.Say("user.reset.mail", "Email", u.Email)}
	}
	for _, h := range u.Holdings {
		out = append(out, v.Say("user.remove.license", "License", v.Say("product."+string(h.Product))))
	}
	for _, a := range u.Assignments {
		out = append(out, v.Say("user.remove.role", "Role", v.Say("role."+a.Role.String())))
	}
	return append(out, v.Say("user.remove.sessions"), v.Say("user.remove.address", "Email", u.Email), v.Say("user.remove.log"))
}

// typed reports whether the name was typed, whatever its case and spaces.
func typed(r *http.Request, u *kontrollrum.User) bool {
	return strings.EqualFold(strings.Join(strings.Fields(r.PostFormValue("typed")), " "), strings.Join(strings.Fields(u.DisplayName), " "))
}

// removeUser removes somebody whose name was typed, for good.
func (f *face) removeUser(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, u, err := f.person(c, w, r)
	if u == nil {
		return err
	}
	if !typed(r, u) {
		return f.askTyped(c, w, r, "remove", policy.UsersRemove, "typed")
	}
	if _, err := do(r.Context(), f, c, ops.RemoveUser{Organization: v.org(), User: string(u.ID)}); err != nil {
		return f.locked(w, r, v, err)
	}
	return to(w, receipt(v.In+"/users", "user_removed", "name", u.DisplayName))
}

// resetUser has somebody whose name was typed begin anew.
func (f *face) resetUser(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, u, err := f.person(c, w, r)
	if u == nil {
		return err
	}
	if !typed(r, u) {
		return f.askTyped(c, w, r, "reset", policy.CredentialsReset, "typed")
	}
	_, err = do(r.Context(), f, c, ops.ResetCredentials{Organization: v.org(), User: string(u.ID)})
	if errors.Is(err, kontrollrum.Denied) && code(err) != "step_up_required" {
		return f.locked(w, r, v, err)
	}
	return f.userDone(w, v, u, err, v.userPath(u.ID)+"/reset", "reset")
}

// A EditUserPage is the form of a user's details.
type EditUserPage struct {
	*Inside
	Path, Person string
	Lock         *Lock // they may not be changed
	MailLock     *Lock // nor the address
	Fields       []UserField
	Language     string
	Zone         string
	Wrong        string
}

// A UserField is one of them.
type UserField struct{ ID, Label, Type, Value, Hint, Error, Auto string }

// editUser shows the form of a user's details.
func (f *face) editUser(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, u, err := f.person(c, w, r)
	if u == nil {
		return err
	}
	page, err := f.detailsPage(c, r, v, u, given(u, r.URL.Query())) // what was typed before somebody had to confirm that it is them
	if err != nil {
		return err
	}
	if page.Lock != nil {
		return f.show(w, r, http.StatusForbidden, LockedPage{Inside: v.Inside, Lock: *page.Lock}.View())
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// detailsPage is the form of u's details, filled in with those of as.
func (f *face) detailsPage(c ops.Caller, r *http.Request, v *visit, u, as *kontrollrum.User) (*EditUserPage, error) {
	judged, err := do(r.Context(), f, c, ops.Judge{Organization: v.org(), User: string(u.ID)})
	if err != nil {
		return nil, err
	}
	page := &EditUserPage{Inside: v.Inside, Path: v.userPath(u.ID), Person: u.DisplayName, Lock: v.lockOf(policy.UsersEditDetails, judged[policy.UsersEditDetails]),
		MailLock: v.lockOf(policy.UsersChangeEmail, judged[policy.UsersChangeEmail]), Language: as.Language, Zone: as.TimeZone}
	page.here = page.Path + "/edit"
	for _, d := range []UserField{{ID: "first", Value: as.FirstName}, {ID: "last", Value: as.LastName}, {ID: "display", Value: as.DisplayName},
		{ID: "email", Type: "email", Value: string(as.Email)}, {ID: "title", Value: as.Title}, {ID: "department", Value: as.Department},
		{ID: "phone", Type: "tel", Value: as.Phone}, {ID: "location", Value: as.Location}, {ID: "zone", Value: as.TimeZone}} {
		d.Label = v.Say("user.detail." + d.ID)
		switch d.ID {
		case "display":
			d.Hint = v.Say("user.detail.display.hint")
		case "zone":
			d.Hint = v.Say("user.detail.zone.hint", "Zone", v.desk.Organization.TimeZone)
		case "email":
			d.Hint = v.Say("user.detail.email.hint")
		}
		page.Fields = append(page.Fields, d)
	}
	return page, nil
}

// detailFields are where the fields of the form stand in a user, without the address.
func detailFields(u *kontrollrum.User) map[string]*string {
	return map[string]*string{"first": &u.FirstName, "last": &u.LastName, "display": &u.DisplayName, "title": &u.Title,
		"department": &u.Department, "phone": &u.Phone, "location": &u.Location, "zone": &u.TimeZone, "language": &u.Language}
}

// given are the details of u with those that a form gives.
func given(u *kontrollrum.User, form url.Values) *kontrollrum.User {
	as := *u
	for id, field := range detailFields(&as) {
		if form.Has(id) {
			*field = strings.TrimSpace(form.Get(id))
		}
	}
	if mail := strings.TrimSpace(form.Get("email")); mail != "" {
		as.Email = kontrollrum.Email(mail)
	}
	return &as
}

// retyped are the fields of the form of details, for an address.
func retyped(form url.Values) string {
	kept := url.Values{"email": form["email"]}
	for id := range detailFields(new(kontrollrum.User)) {
		if form.Has(id) {
			kept[id] = form[id]
		}
	}
	return kept.Encode()
}

// saveDetails changes a user's details. What is wrong is told beside the field.
func (f *face) saveDetails(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, u, err := f.person(c, w, r)
	if u == nil {
		return err
	}
	given := given(u, r.PostForm)
	_, err = do(r.Context(), f, c, ops.EditUser{Organization: v.org(), User: string(u.ID), Email: string(given.Email), Details: ops.Details{FirstName: given.FirstName, LastName: given.LastName,
		DisplayName: given.DisplayName, Title: given.Title, Department: given.Department, Phone: given.Phone, Location: given.Location, Language: given.Language, TimeZone: given.TimeZone}})
	switch {
	case err == nil && given.Email != u.Email: // which is not taken back
		return f.userDone(w, v, u, nil, "", "user_details")
	case err == nil || code(err) == "step_up_required":
		return f.userDone(w, v, u, err, v.userPath(u.ID)+"/edit?"+retyped(r.PostForm), "user_details", "undo", c.TrackingID)
	case errors.Is(err, kontrollrum.Denied):
		return f.locked(w, r, v, err)
	case !mendable(err):
		return err
	}
	page, failed := f.detailsPage(c, r, v, u, given)
	if failed != nil {
		return failed
	}
	for _, e := range kontrollrum.All(err) {
		page.blame(e)
	}
	return f.show(w, r, http.StatusUnprocessableEntity, page.View())
}

// blame puts an error beside the field it speaks of, else above the form.
func (p *EditUserPage) blame(e *kontrollrum.Error) {
	id := map[string]string{"firstName": "first", "lastName": "last", "displayName": "display", "email": "email", "title": "title", "department": "department",
		"phone": "phone", "location": "location", "timeZone": "zone"}[e.Field]
	said := p.say(nil, "fault."+e.Code, "fault.user."+id)
	if said == "" {
		said = p.fault(e)
	}
	for i := range p.Fields {
		if p.Fields[i].ID == id {
			p.Fields[i].Error = said
			return
		}
	}
	p.Wrong = said
}
