package api

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// identitySchema is the only schema of an organization.
const identitySchema = "urn:cisco:codev:identity:organization:core:1.0"

// An identityOrganization is an organization with its settings. What stands
// behind meta is ours.
type identityOrganization struct {
	Schemas           []string     `json:"schemas"`
	ID                string       `json:"id"`
	DisplayName       string       `json:"displayName"`
	PreferredLanguage string       `json:"preferredLanguage"`
	Meta              identityMeta `json:"meta"`

	Plate                 string   `json:"plate"`
	Country               string   `json:"country"`
	TimeZone              string   `json:"timeZone"`
	DataRegion            string   `json:"dataRegion"`
	Services              []string `json:"services"`
	State                 string   `json:"state"`
	Platform              string   `json:"platform,omitempty"` // with the contact center service
	SetupDone             bool     `json:"setupDone"`
	OwnAdministratorsOnly bool     `json:"ownAdministratorsOnly"`
	SecondFactor          bool     `json:"secondFactor"`   // every administrator here must have one
	AutomaticMails        bool     `json:"automaticMails"` // whoever is added is invited by mail at once
	Overage               int      `json:"overage"`
}

type identityMeta struct {
	Created      string `json:"created"`
	LastModified string `json:"lastModified"`
	Version      string `json:"version"` // for If-Match
}

func showIdentityOrganization(o *kontrollrum.Organization) identityOrganization {
	return identityOrganization{
		Schemas: []string{identitySchema}, ID: string(o.ID), DisplayName: o.Name, PreferredLanguage: o.Language,
		Meta:  identityMeta{instant(o.Created), instant(o.Modified), strconv.Itoa(o.Version)},
		Plate: o.Plate, Country: o.Country, TimeZone: o.TimeZone, DataRegion: o.DataRegion, Services: words(o.Services), State: string(o.State),
		Platform: string(o.Platform), SetupDone: o.SetupDone, OwnAdministratorsOnly: o.OwnAdministratorsOnly,
		SecondFactor: o.SecondFactor, AutomaticMails: o.AutomaticMails, Overage: o.Overage,
	}
}

// words turns a list of named strings into plain ones; [] where it is empty.
func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}

// An identityChange is what PATCH may change; absent members stay as they are.
type identityChange struct {
	Schemas               []string      `json:"schemas,omitempty"`
	DisplayName           *string       `json:"displayName,omitempty"`
	PreferredLanguage     *string       `json:"preferredLanguage,omitempty"`
	Meta                  *identityBase `json:"meta,omitempty"`
	Country               *string       `json:"country,omitempty"`
	TimeZone              *string       `json:"timeZone,omitempty"`
	OwnAdministratorsOnly *bool         `json:"ownAdministratorsOnly,omitempty"`
	SecondFactor          *bool         `json:"secondFactor,omitempty"`
	AutomaticMails        *bool         `json:"automaticMails,omitempty"`
	Overage               *int          `json:"overage,omitempty"`
}

// An identityBase names the version that a change starts from.
type identityBase struct {
	Version string `json:"version,omitempty"`
}

// settingNames are the wire's names for fields of an organization.
var settingNames = map[string]string{"name": "displayName", "language": "preferredLanguage"}

// renamed tells errors about fields by the names that the wire gives them.
func renamed(err error, names map[string]string) error {
	var out []error
	for _, e := range kontrollrum.All(err) {
		told := *e
		if name, ok := names[e.Field]; ok {
			told.Field = name
		}
		out = append(out, &told)
	}
	if out == nil {
		return err
	}
	return errors.Join(out...)
}

// twice serves routes at the root and under /v1: clients ask at both.
func twice(routes []web.Route) []web.Route {
	out := slices.Clone(routes)
	for _, route := range routes {
		method, path, _ := strings.Cut(route.Pattern, " ")
		route.Doc.ID = operationID(route) + "V1"
		route.Pattern = method + " /v1" + path
		out = append(out, route)
	}
	return out
}

func (f *face) identityRoutes() []web.Route {
	const at = " /identity/organizations/{orgId}"
	return twice(slices.Concat([]web.Route{
		{Pattern: "GET" + at, Runs: ops.ViewOrganization{}, Serve: f.viewIdentity, Doc: web.Doc{
			ID: "ViewIdentityOrganization", Summary: "Show an organization with its settings", Response: identityOrganization{}}},
		{Pattern: "PATCH" + at, Runs: ops.EditOrganization{}, Serve: f.editIdentity, Doc: web.Doc{
			Summary: "Change an organization's settings, of the version in If-Match or meta where one is given",
			Request: identityChange{}, Response: identityOrganization{}}},
		{Pattern: "POST" + at + "/actions/suspend", Runs: ops.SuspendOrganization{}, Serve: f.suspend, Doc: web.Doc{
			Summary: "Stop every change in an organization", Response: identityOrganization{}}},
		{Pattern: "POST" + at + "/actions/resume", Runs: ops.ResumeOrganization{}, Serve: f.resume, Doc: web.Doc{
			Summary: "End a suspension", Response: identityOrganization{}}},
		{Pattern: "POST" + at + "/customers", Runs: ops.CreateCustomer{}, Serve: f.createCustomer, Doc: web.Doc{
			Summary: "Make an organization of which this one is partner", Request: newCustomer{}, Response: identityOrganization{},
			Statuses: []int{http.StatusCreated}}},
	}, f.subscriptionRoutes(at), f.partnershipRoutes(at), f.identityProviderRoutes(at), f.identityUserRoutes(at), f.jobRoutes(at)))
}

// pathOrganization reads the organization that a path names.
func pathOrganization(r *http.Request) (string, error) {
	return uuidOf(typeOrganization, "orgId", r.PathValue("orgId"))
}

// identity answers with an organization, and its version as entity tag.
func (f *face) identity(w http.ResponseWriter, status int, o *kontrollrum.Organization) error {
	w.Header().Set("ETag", `"`+strconv.Itoa(o.Version)+`"`)
	return answer(w, status, showIdentityOrganization(o))
}

func (f *face) viewIdentity(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	info, err := ops.Do(r.Context(), f.hub, c, ops.ViewOrganization{Organization: id})
	if err != nil {
		return err
	}
	return f.identity(w, http.StatusOK, &info.Organization)
}

func (f *face) editIdentity(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	var change identityChange
	if err := decode(r, &change); err != nil {
		return err
	}
	op := ops.EditOrganization{Organization: id, Name: change.DisplayName, Country: change.Country, Language: change.PreferredLanguage,
		TimeZone: change.TimeZone, OwnAdministratorsOnly: change.OwnAdministratorsOnly,
		SecondFactor: change.SecondFactor, AutomaticMails: change.AutomaticMails, Overage: change.Overage}
	if change.Meta != nil {
		op.Version, err = versionOf("meta.version", change.Meta.Version)
	}
	if given := r.Header.Get("If-Match"); given != "" && err == nil {
		op.Version, err = versionOf("If-Match", given)
	}
	if err != nil {
		return err
	}
	o, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return renamed(err, settingNames)
	}
	return f.identity(w, http.StatusOK, o)
}

// versionOf reads a version as an entity tag or bare; 0 for none or any.
func versionOf(field, text string) (int, error) {
	if text == "" || text == "*" {
		return 0, nil
	}
	n, err := strconv.ParseUint(strings.Trim(strings.TrimPrefix(text, "W/"), `"`), 10, 31)
	if err != nil || n == 0 {
		return 0, kontrollrum.Wrong(field, text, "give the version as it was read, such as \"3\"")
	}
	return int(n), nil
}

func (f *face) suspend(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	o, err := ops.Do(r.Context(), f.hub, c, ops.SuspendOrganization{Organization: id})
	if err != nil {
		return err
	}
	return f.identity(w, http.StatusOK, o)
}

func (f *face) resume(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	o, err := ops.Do(r.Context(), f.hub, c, ops.ResumeOrganization{Organization: id})
	if err != nil {
		return err
	}
	return f.identity(w, http.StatusOK, o)
}

// A newCustomer is what is known of an organization that a partner makes.
type newCustomer struct {
	Plate             string                `json:"plate"`
	DisplayName       string                `json:"displayName"`
	Country           string                `json:"country,omitempty"`
	PreferredLanguage string                `json:"preferredLanguage,omitempty"`
	TimeZone          string                `json:"timeZone,omitempty"`
	Services          []kontrollrum.Service `json:"services,omitempty"`
	Platform          kontrollrum.Platform  `json:"platform,omitempty"`
	Managing          bool                  `json:"managing,omitempty"`
	Provisioning      bool                  `json:"provisioning,omitempty"`
}

func (f *face) createCustomer(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	var made newCustomer
	if err := decode(r, &made); err != nil {
		return err
	}
	o, err := ops.Do(r.Context(), f.hub, c, ops.CreateCustomer{Partner: id, Managing: made.Managing, Provisioning: made.Provisioning,
		NewOrganization: ops.NewOrganization{Plate: made.Plate, Name: made.DisplayName, Country: made.Country, Language: made.PreferredLanguage,
			TimeZone: made.TimeZone, Services: made.Services, Platform: made.Platform}})
	if err != nil {
		return renamed(err, settingNames)
	}
	return f.identity(w, http.StatusCreated, o)
}

// placeOf understands an organization's identifier; anything else is a plate.
func placeOf(text string) string {
	if id, ok := plainID(typeOrganization, text); ok {
		return strings.ToLower(id)
	}
	return text
}

// timeOf understands an instant; empty is the zero time.
func timeOf(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.IsZero() {
		return at, kontrollrum.Wrong(field, text, "write an instant with its offset, such as 2027-06-30T22:00:00Z")
	}
	return at, nil
}
