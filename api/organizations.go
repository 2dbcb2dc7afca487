package api

import (
	"net/http"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// An organization as family A shows it.
type organization struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Created     string `json:"created"`
}

func showOrganization(o *kontrollrum.Organization) organization {
	return organization{wireID(typeOrganization, string(o.ID)), o.Name, instant(o.Created)}
}

// instant is a time as family A writes it; empty for the zero time.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// There is no DELETE: an organization is suspended, and its audit log kept.
func (f *face) organizationRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET /v1/organizations", Runs: ops.ListOrganizations{}, Serve: f.listOrganizations, Doc: web.Doc{
			Summary: "List the organizations the caller may act in", Response: itemsOf[organization]{},
			Query: []web.Param{{Name: "search", Text: "substring of name, plate or id"}}}},
		{Pattern: "GET /v1/organizations/{organization}", Runs: ops.ViewOrganization{}, Serve: f.viewOrganization, Doc: web.Doc{
			Summary: "Show an organization", Response: organization{}}},
	}
}

func (f *face) listOrganizations(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	all, err := ops.Do(r.Context(), f.hub, c, ops.ListOrganizations{Search: q.Get("search")})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, items(all, showOrganization))
}

func (f *face) viewOrganization(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := uuidOf(typeOrganization, "organization", r.PathValue("organization"))
	if err != nil {
		return err
	}
	info, err := ops.Do(r.Context(), f.hub, c, ops.ViewOrganization{Organization: id})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showOrganization(&info.Organization))
}
