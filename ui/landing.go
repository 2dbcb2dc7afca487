package ui

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/web"
)

// An application is one of the three, as pages name it.
type application struct {
	name, path, icon string
	enter            policy.Action
}

// applications are the three, in the order of the menu.
var applications = []application{
	{"hub", "/", "home", policy.ControlHubSignIn},
	{"portal", "/portal", "sliders", policy.ManagementPortalSignIn},
	{"desktop", "/desktop", "headset", policy.AgentDesktopSignIn},
}

// applicationOf is the one that an action enters.
func applicationOf(a policy.Action) application {
	for _, one := range applications {
		if one.enter == a {
			return one
		}
	}
	return applications[0]
}

// A visit is somebody in an application, or at its door.
type visit struct {
	*Inside
	user      *kontrollrum.User
	desk      *ops.Desk // in the hub
	entrances []ops.Entrance
}

// enter lets whoever asks into an application, in the organization that the
// address names, or shows why not: then there is no visit.
func (f *face) enter(c ops.Caller, w http.ResponseWriter, r *http.Request, application policy.Action) (*visit, error) {
	in := r.URL.Query().Get("organization")
	entry, refusal := do(r.Context(), f, c, ops.EnterApplication{Application: application, Organization: in})
	if refusal != nil && !errors.Is(refusal, kontrollrum.Denied) {
		return nil, refusal
	}
	user, err := do(r.Context(), f, c, ops.Myself{})
	if err != nil {
		return nil, err
	}
	var only kontrollrum.OrganizationID // where the page leads nowhere else
	if refusal == nil && application != policy.ControlHubSignIn {
		only = entry.Organization.ID
	}
	v, err := f.visit(c, r, user, only)
	if err != nil {
		return nil, err
	}
	if refusal != nil {
		return nil, f.refused(w, r, v, application, in, refusal)
	}
	v.place(entry)
	v.Ways = v.ways(entry.Organization.ID)
	for i := range v.Ways {
		v.Ways[i].Here = applicationOf(application).name == v.Ways[i].Name
	}
	return v, nil
}

// visit is whoever asks, and what is open to them where: everywhere, or only at
// home and in one organization.
func (f *face) visit(c ops.Caller, r *http.Request, user *kontrollrum.User, only kontrollrum.OrganizationID) (*visit, error) {
	entrances, err := do(r.Context(), f, c, ops.ListEntrances{Only: only})
	if err != nil {
		return nil, err
	}
	v := &visit{user: user, entrances: entrances}
	v.Inside = &Inside{Page: f.page(r, user.Language), Name: user.DisplayName, Email: string(user.Email), Done: done(r)}
	for _, e := range entrances {
		if e.Organization.ID == user.Organization {
			v.Home = e.Organization.Name
		}
	}
	return v, nil
}

// turnAway shows why an application is closed, to somebody who is not inside.
func (f *face) turnAway(c ops.Caller, w http.ResponseWriter, r *http.Request, application policy.Action, in string, refusal error) error {
	user, err := do(r.Context(), f, c, ops.Myself{})
	if err != nil {
		return err
	}
	v, err := f.visit(c, r, user, "")
	if err != nil {
		return err
	}
	return f.refused(w, r, v, application, in, refusal)
}

// place places a visit where an entrance leads.
func (v *visit) place(e *ops.Entrance) {
	v.Organization, v.Plate, v.External, v.Mode = e.Organization.Name, e.Organization.Plate, e.Organization.ID != v.user.Organization, e.Mode
	v.Role = roleName(e.Role)
	v.zone(v.user.TimeZone, e.Organization.TimeZone)
}

// ways are the three applications in one organization.
func (v *visit) ways(in kontrollrum.OrganizationID) (out []Way) {
	for _, e := range v.entrances {
		if e.Organization.ID == in {
			out = append(out, v.way(&e))
		}
	}
	return out
}

func (v *visit) way(e *ops.Entrance) Way {
	a := applicationOf(e.Application)
	way := Way{Name: a.name, Icon: a.icon, Path: a.path, Organization: e.Organization.Name, Mode: e.Mode}
	if e.Organization.ID != v.user.Organization {
		way.Path += "?organization=" + url.QueryEscape(e.Organization.Plate)
	}
	if e.Refusal != nil {
		reason := v.reason(e.Application, e.Refusal, e.Organization.Name)
		way.Why, way.Help = reason.why, reason.help
	}
	return way
}

// roleName is a role as words are keyed; empty for none.
func roleName(r policy.Role) string {
	if r == policy.NoRole {
		return ""
	}
	return r.String()
}

// refused shows why an application is closed, and what is open instead: where
// they asked for, else anywhere.
func (f *face) refused(w http.ResponseWriter, r *http.Request, v *visit, application policy.Action, in string, err error) error {
	id, organization := v.user.Organization, v.Home
	var here, elsewhere []Way
	for _, e := range v.entrances {
		if in != "" && (e.Organization.Plate == in || string(e.Organization.ID) == in) {
			id, organization = e.Organization.ID, e.Organization.Name
		}
	}
	for _, e := range v.entrances {
		switch way := v.way(&e); {
		case way.Mode == "":
		case e.Organization.ID == id:
			here = append(here, way)
		case len(elsewhere) < 3 && way.Mode != "limited":
			elsewhere = append(elsewhere, way)
		}
	}
	reason := v.reason(application, kontrollrum.All(err)[0], organization)
	return f.show(w, r, http.StatusForbidden, RefusedPage{Page: v.Page, Application: applicationOf(application).name, Organization: organization, Email: v.Email,
		Why: reason.why, Help: reason.help, Rule: reason.rule, Open: append(here, elsewhere...)}.View())
}

func (f *face) portalPage(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.enter(c, w, r, policy.ManagementPortalSignIn)
	if v == nil {
		return err
	}
	return f.show(w, r, http.StatusOK, PortalPage{v.Inside}.View())
}

func (f *face) desktopPage(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.enter(c, w, r, policy.AgentDesktopSignIn)
	if v == nil {
		return err
	}
	page := DesktopPage{Inside: v.Inside, License: "none", State: string(v.user.Status), Supervisor: v.user.Supervisor()}
	for _, h := range v.user.Holdings {
		if h.Product == kontrollrum.StandardAgent || h.Product == kontrollrum.PremiumAgent {
			page.License = string(h.Product)
		}
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// done is what was done a moment ago, as the address says.
func done(r *http.Request) string { return plain(r.URL.Query().Get("done")) }

// preferences sets the language, of whoever is signed in and of the device, or
// the device's theme, or whether keys do something by themselves there.
func (f *face) preferences(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	next := own(r.PostFormValue("next"))
	if next == "" {
		next = "/"
	}
	switch theme := r.PostFormValue("theme"); theme {
	case "light", "dark":
		web.KeepChoice(w, web.ThemeCookie, theme)
	case "system":
		web.Forget(w, web.ThemeCookie)
	}
	switch r.PostFormValue("shortcuts") {
	case "off":
		web.KeepChoice(w, web.KeysCookie, "off")
	case "on":
		web.Forget(w, web.KeysCookie)
	}
	if language := f.book.In(r.PostFormValue("language")).Language(); language == r.PostFormValue("language") {
		web.KeepChoice(w, web.LanguageCookie, language)
		user, err := do(r.Context(), f, c, ops.Myself{})
		if errors.Is(err, kontrollrum.Unauthenticated) {
			return to(w, next)
		}
		if err != nil {
			return err
		}
		_, err = do(r.Context(), f, c, ops.EditUser{User: string(user.ID), Details: ops.Details{FirstName: user.FirstName, LastName: user.LastName,
			DisplayName: user.DisplayName, Title: user.Title, Department: user.Department, Phone: user.Phone, Location: user.Location,
			Language: language, TimeZone: user.TimeZone}})
		if err != nil {
			return err
		}
	}
	return to(w, next)
}
