package api

import (
	"net/http"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// A license as family A shows it.
type license struct {
	ID                   string `json:"id"`
	Name                 string `json:"name"`
	TotalUnits           int    `json:"totalUnits"`
	ConsumedUnits        int    `json:"consumedUnits"`
	ConsumedByUsers      int    `json:"consumedByUsers"`
	ConsumedByWorkspaces int    `json:"consumedByWorkspaces"` // none: the hub has no workspaces
	SubscriptionID       string `json:"subscriptionId"`
}

// productNames are the ones clients know products by, capitals included.
var productNames = map[kontrollrum.Product]string{
	kontrollrum.StandardAgent: "Contact center Standard Agent", kontrollrum.PremiumAgent: "Contact Center Premium Agent",
	kontrollrum.MessagingUser: "Advanced Messaging", kontrollrum.MeetingsHost: "Meetings Host", kontrollrum.CallingUser: "Calling User",
}

func showLicense(l *kontrollrum.License) license {
	shown := license{
		ID: licenseWireID(l.Organization, l.Product, l.ID), Name: productNames[l.Product],
		TotalUnits: l.Bought, ConsumedUnits: l.Used, ConsumedByUsers: l.Used, SubscriptionID: string(l.Subscription),
	}
	if l.Trial {
		shown.SubscriptionID = "trialSub." + shown.SubscriptionID
	}
	return shown
}

// A licenseHeld is a licence with a page of those who hold it.
type licenseHeld struct {
	license
	Users []licenseHolder `json:"users,omitzero"` // where they were asked for
}

type licenseHolder struct {
	ID          string `json:"id"`
	Type        string `json:"type"` // all of them are the organization's own
	DisplayName string `json:"displayName"`
	Email       string `json:"email"`
}

func showHolder(u *kontrollrum.User) licenseHolder {
	return licenseHolder{wireID(typePerson, string(u.ID)), "INTERNAL", u.DisplayName, string(u.Email)}
}

func (f *face) licenseRoutes() []web.Route {
	orgID := web.Param{Name: "orgId", Text: "organization; absent: the licence's or else the caller's"}
	return []web.Route{
		{Pattern: "GET /v1/licenses", Runs: ops.ListLicenses{}, Serve: f.listLicenses, Doc: web.Doc{
			Summary: "List an organization's licences", Query: []web.Param{orgID}, Response: itemsOf[license]{}}},
		{Pattern: "GET /v1/licenses/{license}", Runs: []any{ops.ViewLicense{}, ops.ListLicenseHolders{}}, Serve: f.viewLicense, Doc: web.Doc{
			ID: "ViewLicense", Summary: "Show a licence", Response: licenseHeld{}, Query: []web.Param{orgID,
				{Name: "includeAssignedTo", Text: "user: show who holds it"},
				{Name: "limit", Type: "integer", Text: "users of a page: 300 if absent, and at most"},
				{Name: "next", Text: "where the page before ended; follow the header Link"}}}},
		{Pattern: "PATCH /v1/licenses/users", Runs: ops.EditLicenses{}, Serve: f.editLicenses, Doc: web.Doc{
			Summary: "Change a person's licences: what can be done is done", Request: licensesGiven{}, Response: licensesEdited{},
			Statuses: []int{http.StatusOK, http.StatusPartialContent}}},
	}
}

func (f *face) listLicenses(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	organization, err := organizationID("orgId", q.Get("orgId"))
	if err != nil {
		return err
	}
	all, err := ops.Do(r.Context(), f.hub, c, ops.ListLicenses{Organization: organization})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, items(all, showLicense))
}

func (f *face) viewLicense(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	organization, id, err := licenseID("license", r.PathValue("license"))
	if err != nil {
		return err
	}
	asked, err := organizationID("orgId", q.Get("orgId"))
	if err != nil {
		return err
	}
	organization = or(asked, organization)
	switch to := q.Get("includeAssignedTo"); to {
	case "":
		l, err := ops.Do(r.Context(), f.hub, c, ops.ViewLicense{Organization: organization, License: id})
		if err != nil {
			return err
		}
		return answer(w, http.StatusOK, showLicense(l))
	case "user":
		return f.listHolders(c, w, r, q, ops.ListLicenseHolders{Organization: organization, License: id})
	default:
		return kontrollrum.Wrong("includeAssignedTo", to, "write user, or leave it out")
	}
}

// maxHolders is the most users a page of a licence's holders has.
const maxHolders = 300

func (f *face) listHolders(c ops.Caller, w http.ResponseWriter, r *http.Request, q query, op ops.ListLicenseHolders) error {
	limit, err := q.number("limit")
	if err != nil {
		return err
	}
	if op.Limit = min(limit, maxHolders); limit == 0 {
		op.Limit = maxHolders
	}
	if _, op.After, err = parseCursor("next", "holders", q.Get("next")); err != nil {
		return err
	}
	found, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	if found.Next.ID != "" {
		f.linkNext(w, r, "next", cursor("holders", "", found.Next.ID))
	}
	return answer(w, http.StatusOK, licenseHeld{showLicense(&found.License), items(found.Items, showHolder).Items})
}

// licensesGiven is a change of a person's licences as clients send it.
type licensesGiven struct {
	Email    string          `json:"email,omitempty"`
	PersonID string          `json:"personId,omitempty"` // before email
	OrgID    string          `json:"orgId,omitempty"`
	Licenses []licenseChange `json:"licenses,omitempty"`
	SiteURLs []struct{}      `json:"siteUrls,omitempty"` // none can be given: the hub has no meeting sites
}

type licenseChange struct {
	ID         string `json:"id"`
	Operation  string `json:"operation,omitempty"` // add or remove; absent: add
	Properties struct {
		Supervisor *bool `json:"supervisor,omitempty"` // ours: the option of a Premium licence
	} `json:"properties,omitzero"`
}

// licensesEdited is what a person holds after a change. Errors, ours, say what
// of it could not be done.
type licensesEdited struct {
	OrgID    string        `json:"orgId"`
	PersonID string        `json:"personId"`
	Email    string        `json:"email"`
	Licenses []string      `json:"licenses"`
	Errors   []errorDetail `json:"errors,omitempty"`
}

func (f *face) editLicenses(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	var given licensesGiven
	if err := decode(r, &given); err != nil {
		return err
	}
	op, err := given.edits()
	if err != nil {
		return err
	}
	done, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	u := done.User
	out := licensesEdited{OrgID: wireID(typeOrganization, string(u.Organization)), PersonID: wireID(typePerson, string(u.ID)),
		Email: string(u.Email), Licenses: holdings(u)}
	for _, failed := range done.Failed {
		out.Errors = append(out.Errors, details(failed)...)
	}
	if len(given.SiteURLs) > 0 {
		out.Errors = append(out.Errors, detail(errNoSite))
	}
	status := http.StatusOK
	if out.Errors != nil {
		status = http.StatusPartialContent
	}
	return answer(w, status, out)
}

var errNoSite = &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: "site_not_found", Field: "siteUrls",
	Message: "the hub has no meeting sites; leave them out"}

// maxChanges is how many changes a request may ask for.
const maxChanges = 100

func (g *licensesGiven) edits() (op ops.EditLicenses, err error) {
	if op.Organization, err = organizationID("orgId", g.OrgID); err != nil {
		return op, err
	}
	switch {
	case g.PersonID != "":
		op.User, err = personID("personId", g.PersonID)
	case g.Email != "":
		var email kontrollrum.Email
		email, err = kontrollrum.ParseEmail(g.Email)
		op.User = string(email)
	default:
		err = kontrollrum.Wrong("personId", "", "say whose licences, by personId or email")
	}
	switch {
	case err != nil:
		return op, err
	case len(g.Licenses) == 0 && len(g.SiteURLs) > 0:
		return op, errNoSite
	case len(g.Licenses) == 0 || len(g.Licenses) > maxChanges:
		return op, kontrollrum.Wrong("licenses", "", "name 1 to 100 licences")
	}
	for _, given := range g.Licenses {
		change := ops.LicenseChange{Supervisor: given.Properties.Supervisor}
		if _, change.License, err = licenseID("licenses", given.ID); err != nil {
			return op, err
		}
		switch given.Operation {
		case "", "add":
		case "remove":
			change.Remove = true
		default:
			return op, kontrollrum.Wrong("operation", given.Operation, "write add or remove")
		}
		op.Changes = append(op.Changes, change)
	}
	return op, nil
}
