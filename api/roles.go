package api

import (
	"errors"
	"net/http"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/web"
)

// A roleName is a role's word on the wire, and what people read.
type roleName struct {
	role       policy.Role
	name, text string
}

// roleNames lists every role.
var roleNames = []roleName{
	{policy.FullAdmin, "id_full_admin", "Full Administrator"},
	{policy.ReadOnlyAdmin, "id_readonly_admin", "Read-only Administrator"},
	{policy.ServiceAdmin, "cjp.admin", "Contact Center Service Administrator"},
	{policy.Supervisor, "cjp.supervisor", "Supervisor"},
	{policy.ProvisioningAdmin, "atlas-portal.partner.provision_admin", "Provisioning Administrator"},
}

// A role is one of the roles as it is shown.
type role struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func showRole(n *roleName) role { return role{wireID(typeRole, n.name), n.text} }

// roleWireID is the identifier of a role; empty for none.
func roleWireID(r policy.Role) string {
	for _, known := range roleNames {
		if known.role == r {
			return wireID(typeRole, known.name)
		}
	}
	return ""
}

// roleNamed finds a role by its identifier or its bare name; nil where there is none.
func roleNamed(text string) *roleName {
	id, _ := plainID(typeRole, text)
	for _, known := range roleNames {
		if id == known.name || text == known.name {
			return &known
		}
	}
	return nil
}

// roleOf understands an identifier of a role, or its bare name.
func roleOf(field, text string) (policy.Role, error) {
	if known := roleNamed(text); known != nil {
		return known.role, nil
	}
	return policy.NoRole, kontrollrum.Wrong(field, text, "give a role's id as /v1/roles lists it")
}

// rolesOf understands several.
func rolesOf(field string, given []string) ([]policy.Role, error) {
	out := []policy.Role{}
	for _, text := range commas(given) {
		r, err := roleOf(field, text)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (f *face) roleRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET /v1/roles", Runs: ops.Myself{}, Serve: f.listRoles, Doc: web.Doc{
			ID: "ListRoles", Summary: "List the roles", Response: itemsOf[role]{}}},
		{Pattern: "GET /v1/roles/{role}", Runs: ops.Myself{}, Serve: f.viewRole, Doc: web.Doc{
			ID: "ViewRole", Summary: "Show a role", Response: role{}}},
	}
}

// known fails where the caller is nobody. What the roles are is no secret, so
// an application, which is no user, may read them too.
func (f *face) known(c ops.Caller, r *http.Request) error {
	_, err := ops.Do(r.Context(), f.hub, c, ops.Myself{})
	if errors.Is(err, kontrollrum.NotFound) {
		return nil
	}
	return err
}

func (f *face) listRoles(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := f.known(c, r); err != nil {
		return err
	}
	return answer(w, http.StatusOK, items(roleNames, showRole))
}

func (f *face) viewRole(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := f.known(c, r); err != nil {
		return err
	}
	found := roleNamed(r.PathValue("role"))
	if found == nil {
		return kontrollrum.Missing("role")
	}
	return answer(w, http.StatusOK, showRole(found))
}
