package api

import (
	"net/http"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/web"
)

func (f *face) externalAdminRoutes() []web.Route {
	const at = " /identity/organizations/{orgId}/externalAdmins"
	return twice([]web.Route{
		{Pattern: "GET" + at, Runs: ops.ListExternalAdministrators{}, Serve: f.listExternalAdmins, Doc: web.Doc{
			Summary: "List the people from elsewhere who may administer an organization, by assignment or partnership", Response: itemsOf[externalAdmin]{},
			Query: []web.Param{
				{Name: "search", Text: "substring of name, address or id, without case and accents"},
				{Name: "email", Text: "address"},
				{Name: "roles", Text: "roles, separated by commas: who holds any of them"},
				{Name: "max", Type: "integer", Text: "people of a page: 100 if absent, 1000 at most"},
				{Name: "cursor", Text: "where the page before ended; follow the header Link"},
			}}},
		{Pattern: "POST" + at, Runs: ops.AddExternalAdministrator{}, Serve: f.addExternalAdmin, Doc: web.Doc{
			Summary: "Give a person of another organization an administrator role", Request: newExternalAdmin{}, Response: externalAdmin{},
			Statuses: []int{http.StatusCreated}}},
		{Pattern: "POST" + at + "/actions/verifyEmail", Runs: ops.VerifyExternal{}, Serve: f.verifyEmail, Doc: web.Doc{
			Summary: "Say whether a person of another organization could be given a role, and else what is in the way", Request: emailToVerify{}, Response: verdict{}}},
		{Pattern: "GET" + at + "/{userId}", Runs: ops.ListExternalAdministrators{}, Serve: f.viewExternalAdmin, Doc: web.Doc{
			ID: "ViewExternalAdministrator", Summary: "Show an external administrator", Response: externalAdmin{}}},
		{Pattern: "PATCH" + at + "/{userId}", Runs: ops.ChangeExternalAdministrator{}, Serve: f.changeExternalAdmin, Doc: web.Doc{
			Summary: "Change when an external administrator's role ends, and why it is held", Request: assignmentChange{}, Response: externalAdmin{}}},
		{Pattern: "DELETE" + at + "/{userId}", Runs: ops.RevokeRole{}, Serve: f.removeExternalAdmin, Doc: web.Doc{
			ID: "RemoveExternalAdministrator", Summary: "Revoke an external administrator's role", Statuses: []int{http.StatusNoContent}, Query: reasonMember}},
	})
}

// An externalAdmin is a member as the groups of family A write one, and how
// they come to be it. Whom a partnership lets in is changed in the partner
// organization.
type externalAdmin struct {
	OrgID       string   `json:"orgId"` // home
	Type        string   `json:"type"`  // user
	ID          string   `json:"id"`
	Email       string   `json:"email"`
	Roles       []string `json:"roles"`
	DisplayName string   `json:"displayName"`
	Via         string   `json:"via" enum:"assignment,partnership"`
	Started     string   `json:"started"`
	Ends        string   `json:"ends,omitempty"`
	GivenBy     string   `json:"givenBy,omitempty"`
	Reason      string   `json:"reason,omitempty"`
}

func showExternalAdmin(e *kontrollrum.ExternalAdministrator) externalAdmin {
	a := &e.Assignment
	out := externalAdmin{OrgID: string(e.User.Organization), Type: "user", ID: string(e.User.ID), Email: string(e.User.Email),
		Roles: []string{roleWord(a.Role)}, DisplayName: e.User.DisplayName, Via: "assignment", Started: instant(a.Started), Ends: instant(a.Ends),
		GivenBy: string(a.GivenBy), Reason: a.Reason}
	if e.Partner {
		out.Via = "partnership"
	}
	return out
}

func (f *face) listExternalAdmins(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	op := ops.ListExternalAdministrators{Organization: id}
	op.Search = q.Get("search")
	if text := q.Get("email"); text != "" {
		if op.Email, err = kontrollrum.ParseEmail(text); err != nil {
			return err
		}
	}
	if op.Roles, err = rolesOf("roles", q.Values["roles"]); err != nil {
		return err
	}
	if op.Limit, err = q.number("max"); err != nil {
		return err
	}
	const order = "externalAdmins"
	if op.After.Key, op.After.ID, err = parseCursor("cursor", order, q.Get("cursor")); err != nil {
		return err
	}
	page, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	if page.Next.ID != "" {
		f.linkNext(w, r, "cursor", cursor(order, page.Next.Key, page.Next.ID))
	}
	return answer(w, http.StatusOK, items(page.Items, showExternalAdmin))
}

// viewExternalAdmin shows the role held in the organization or, where there is
// none, the one that reaches it.
func (f *face) viewExternalAdmin(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, user, err := pathUser(r)
	if err != nil {
		return err
	}
	op := ops.ListExternalAdministrators{Organization: organization}
	op.IDs = []kontrollrum.UserID{kontrollrum.UserID(user)}
	page, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	if len(page.Items) == 0 {
		return kontrollrum.Missing("external_administrator")
	}
	found := &page.Items[0]
	for i := range page.Items {
		if !page.Items[i].Partner {
			found = &page.Items[i]
		}
	}
	return answer(w, http.StatusOK, showExternalAdmin(found))
}

// A newExternalAdmin names a person by address or id, and one role.
type newExternalAdmin struct {
	Email  string   `json:"email,omitempty"`
	ID     string   `json:"id,omitempty"`
	Roles  []string `json:"roles"`
	Ends   string   `json:"ends,omitempty"`
	Reason string   `json:"reason,omitempty"`
}

func (f *face) addExternalAdmin(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	var made newExternalAdmin
	if err := decode(r, &made); err != nil {
		return err
	}
	op := ops.AddExternalAdministrator{AssignRole: ops.AssignRole{Organization: id, Reason: made.Reason}}
	if op.User, err = made.user(); err != nil {
		return err
	}
	roles, err := rolesOf("roles", made.Roles)
	if err != nil {
		return err
	}
	if len(roles) != 1 {
		return kontrollrum.Wrong("roles", "", "give one role: cjp.admin, id_full_admin or id_readonly_admin")
	}
	op.Role = roles[0]
	if op.Ends, err = timeOf("ends", made.Ends); err != nil {
		return err
	}
	e, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	return answer(w, http.StatusCreated, showExternalAdmin(e))
}

// user is whom n names.
func (n *newExternalAdmin) user() (string, error) {
	if n.ID != "" {
		return personID("id", n.ID)
	}
	email, err := kontrollrum.ParseEmail(n.Email)
	return string(email), err
}

func (f *face) changeExternalAdmin(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, user, err := pathUser(r)
	if err != nil {
		return err
	}
	var change assignmentChange
	if err := decode(r, &change); err != nil {
		return err
	}
	op := ops.ChangeExternalAdministrator{ChangeAssignment: ops.ChangeAssignment{Organization: organization, User: user}}
	change.put(&op.ChangeAssignment)
	e, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showExternalAdmin(e))
}

func (f *face) removeExternalAdmin(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, user, err := pathUser(r)
	if err != nil {
		return err
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	if _, err := ops.Do(r.Context(), f.hub, c, ops.RevokeRole{Organization: organization, User: user, Reason: q.Get("reason")}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// An emailToVerify names a person and the role that they might be given.
type emailToVerify struct {
	Email string `json:"email"`
	Role  string `json:"role,omitempty"` // absent: cjp.admin
}

// A verdict says whether they could, and else which condition fails.
type verdict struct {
	Email       string `json:"email"`
	Eligible    bool   `json:"eligible"`
	ID          string `json:"id,omitempty"`
	OrgID       string `json:"orgId,omitempty"` // home
	DisplayName string `json:"displayName,omitempty"`
	Code        string `json:"code,omitempty"`
	Rule        string `json:"rule,omitempty"`
	Message     string `json:"message,omitempty"`
}

func (f *face) verifyEmail(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	var asked emailToVerify
	if err := decode(r, &asked); err != nil {
		return err
	}
	op := ops.VerifyExternal{Organization: id, Email: asked.Email, Role: policy.ServiceAdmin}
	if asked.Role != "" {
		if op.Role, err = roleOf("role", asked.Role); err != nil {
			return err
		}
	}
	v, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, verdict{string(v.Email), v.OK, string(v.User), string(v.Organization), v.DisplayName, v.Code, v.Rule, v.Message})
}
