package api

import (
	"encoding/base64"
	"net/http"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// The partner organization is the home of the person in question.
func (f *face) partnerRoutes() []web.Route {
	const at = " /v1/partner/organizations"
	return []web.Route{
		{Pattern: "GET" + at, Runs: ops.ListPartnerOrganizations{}, Serve: f.listManaged, Doc: web.Doc{
			Summary: "List the customers that a partner administrator reaches", Response: itemsOf[managedOrganization]{},
			Query: []web.Param{{Name: "managedBy", Text: "the person", Required: true}}}},
		{Pattern: "GET" + at + "/{orgId}/partnerAdmins", Runs: ops.ListPartnerAdmins{}, Serve: f.listPartnerAdmins, Doc: web.Doc{
			Summary: "List the people who may administer a customer by partnership", Response: itemsOf[partnerAdmin]{}}},
		{Pattern: "POST" + at + "/{orgId}/partnerAdmin/{personId}/assign", Runs: ops.AssignPartnerAdmin{}, Serve: f.assignPartnerAdmin, Doc: web.Doc{
			Summary: "Open a customer to a partner administrator whose role names its customers"}},
		{Pattern: "DELETE" + at + "/{orgId}/partnerAdmin/{personId}/unassign", Runs: ops.UnassignPartnerAdmin{}, Serve: f.unassignPartnerAdmin, Doc: web.Doc{
			Summary: "Close a customer to a partner administrator whose role names its customers"}},
		{Pattern: "DELETE" + at + "/partnerAdmin/{personId}", Runs: ops.RemovePartnerAdmin{}, Serve: f.removePartnerAdmin, Doc: web.Doc{
			Summary: "Revoke every role of a person that reaches customers", Statuses: []int{http.StatusNoContent}}},
	}
}

// A managedOrganization is a customer and the role held in it, as base64 of its bare name.
type managedOrganization struct {
	OrgID string `json:"orgId"`
	Role  string `json:"role"`
}

func showManaged(m *ops.ManagedCustomer) managedOrganization {
	return managedOrganization{wireID(typeOrganization, string(m.Organization)), base64.StdEncoding.EncodeToString([]byte(roleWord(m.Role)))}
}

func (f *face) listManaged(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	user, err := personID("managedBy", q.Get("managedBy"))
	if err != nil {
		return err
	}
	all, err := ops.Do(r.Context(), f.hub, c, ops.ListPartnerOrganizations{User: user})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, items(all, showManaged))
}

// A partnerAdmin is someone whom a partnership lets into a customer.
type partnerAdmin struct {
	ID                string   `json:"id"`
	DisplayName       string   `json:"displayName"`
	FirstName         string   `json:"firstName,omitempty"`
	LastName          string   `json:"lastName,omitempty"`
	Emails            []string `json:"emails"`
	RoleInCustomerOrg string   `json:"roleInCustomerOrg"`
}

func showPartnerAdmin(e *kontrollrum.ExternalAdministrator) partnerAdmin {
	u := &e.User
	return partnerAdmin{wireID(typePerson, string(u.ID)), u.DisplayName, u.FirstName, u.LastName, []string{string(u.Email)}, roleWord(e.Assignment.Role)}
}

func (f *face) listPartnerAdmins(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	all, err := ops.Do(r.Context(), f.hub, c, ops.ListPartnerAdmins{Organization: id})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, items(all, showPartnerAdmin))
}

func (f *face) assignPartnerAdmin(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	customer, person, err := pathPartnerAdmin(r)
	if err != nil {
		return err
	}
	_, err = ops.Do(r.Context(), f.hub, c, ops.AssignPartnerAdmin{Customer: customer, User: person})
	return err // 200 without a body where there is none
}

func (f *face) unassignPartnerAdmin(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	customer, person, err := pathPartnerAdmin(r)
	if err != nil {
		return err
	}
	_, err = ops.Do(r.Context(), f.hub, c, ops.UnassignPartnerAdmin{Customer: customer, User: person})
	return err // 200 without a body where there is none
}

// pathPartnerAdmin reads the customer and the person that a path names.
func pathPartnerAdmin(r *http.Request) (customer, person string, err error) {
	if customer, err = pathOrganization(r); err != nil {
		return "", "", err
	}
	person, err = personID("personId", r.PathValue("personId"))
	return customer, person, err
}

func (f *face) removePartnerAdmin(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	person, err := personID("personId", r.PathValue("personId"))
	if err != nil {
		return err
	}
	if _, err := ops.Do(r.Context(), f.hub, c, ops.RemovePartnerAdmin{User: person}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
