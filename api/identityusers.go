package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/web"
)

func (f *face) identityUserRoutes(at string) []web.Route {
	at += "/users/{userId}"
	return []web.Route{
		{Pattern: "POST" + at + "/actions/activate", Runs: ops.ActivateUser{}, Serve: f.activate, Doc: web.Doc{
			Summary: "Let a user in", Response: person{}}},
		{Pattern: "POST" + at + "/actions/deactivate", Runs: ops.DeactivateUser{}, Serve: f.deactivate, Doc: web.Doc{
			Summary: "Shut a user out, at once and everywhere", Response: person{}}},
		{Pattern: "GET" + at + "/roles", Runs: ops.ViewUser{}, Serve: f.listAssignments, Doc: web.Doc{
			ID: "ListUserRoles", Summary: "List a user's administrator roles, as far as the caller may see them", Response: itemsOf[assignment]{}}},
		{Pattern: "POST" + at + "/roles", Runs: ops.AssignRole{}, Serve: f.assignRole, Doc: web.Doc{
			Summary: "Give a user an administrator role", Request: newAssignment{}, Response: assignment{}, Statuses: []int{http.StatusCreated}}},
		{Pattern: "PATCH" + at + "/roles/{role}", Runs: ops.ChangeAssignment{}, Serve: f.changeAssignment, Doc: web.Doc{
			Summary: "Change when a role ends, and why it is held", Request: assignmentChange{}, Response: assignment{}}},
		{Pattern: "DELETE" + at + "/roles/{role}", Runs: ops.RevokeRole{}, Serve: f.revokeRole, Doc: web.Doc{
			Summary: "Revoke an administrator role", Statuses: []int{http.StatusNoContent}, Query: reasonMember}},
	}
}

// reasonMember is why something is taken away, where there is no body to say it.
var reasonMember = []web.Param{{Name: "reason", Text: "why, for the audit log"}}

// pathUser reads the organization and the user that a path names.
func pathUser(r *http.Request) (organization, user string, err error) {
	if organization, err = pathOrganization(r); err != nil {
		return "", "", err
	}
	user, err = personID("userId", r.PathValue("userId"))
	return organization, user, err
}

func (f *face) activate(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, user, err := pathUser(r)
	if err != nil {
		return err
	}
	u, err := ops.Do(r.Context(), f.hub, c, ops.ActivateUser{Organization: organization, User: user})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showPerson(u))
}

func (f *face) deactivate(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, user, err := pathUser(r)
	if err != nil {
		return err
	}
	u, err := ops.Do(r.Context(), f.hub, c, ops.DeactivateUser{Organization: organization, User: user})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showPerson(u))
}

// An assignment is a role that somebody holds.
type assignment struct {
	Role      string   `json:"role"` // as id_full_admin
	OrgID     string   `json:"orgId"`
	UserID    string   `json:"userId"`
	Reach     string   `json:"reach"`               // own or customers
	Customers []string `json:"customers,omitempty"` // the only ones that it reaches
	All       *bool    `json:"allCustomers,omitempty"`
	Started   string   `json:"started"`
	Ends      string   `json:"ends,omitempty"`
	GivenBy   string   `json:"givenBy,omitempty"`
	Reason    string   `json:"reason,omitempty"`
}

func showAssignment(a *kontrollrum.Assignment) assignment {
	out := assignment{Role: roleWord(a.Role), OrgID: string(a.Organization), UserID: string(a.User), Reach: string(a.Reach),
		Started: instant(a.Started), Ends: instant(a.Ends), GivenBy: string(a.GivenBy), Reason: a.Reason}
	if a.Reach == kontrollrum.ReachCustomers {
		out.All, out.Customers = &a.AllCustomers, words(a.Customers)
	}
	return out
}

// roleWord is a role's bare name on the wire; empty for none.
func roleWord(r policy.Role) string {
	for _, known := range roleNames {
		if known.role == r {
			return known.name
		}
	}
	return ""
}

func (f *face) listAssignments(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, user, err := pathUser(r)
	if err != nil {
		return err
	}
	u, err := ops.Do(r.Context(), f.hub, c, ops.ViewUser{Organization: organization, User: user})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, items(u.Assignments, showAssignment))
}

// A newAssignment is a role to give.
type newAssignment struct {
	Role      string   `json:"role"`                // as id_full_admin, or as /v1/roles lists it
	Reach     string   `json:"reach,omitempty"`     // own or customers; absent: own
	Customers []string `json:"customers,omitempty"` // the only ones that it reaches, by id or plate; absent: all
	Ends      string   `json:"ends,omitempty"`      // absent: none
	Reason    string   `json:"reason,omitempty"`
}

func (f *face) assignRole(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, user, err := pathUser(r)
	if err != nil {
		return err
	}
	var made newAssignment
	if err := decode(r, &made); err != nil {
		return err
	}
	op := ops.AssignRole{Organization: organization, User: user, Reach: kontrollrum.Reach(made.Reach), Reason: made.Reason}
	if op.Role, err = roleOf("role", made.Role); err != nil {
		return err
	}
	if op.Ends, err = timeOf("ends", made.Ends); err != nil {
		return err
	}
	for _, named := range made.Customers {
		op.Customers = append(op.Customers, placeOf(named))
	}
	a, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	return answer(w, http.StatusCreated, showAssignment(a))
}

// An assignmentChange says what to change; absent members stay as they are.
type assignmentChange struct {
	Ends   until   `json:"ends,omitzero"` // null: none
	Reason *string `json:"reason,omitempty"`
}

// until is an instant to set, or null for none; the zero until is neither.
type until struct {
	given bool
	at    time.Time
}

func (u *until) UnmarshalJSON(text []byte) (err error) {
	if u.given = true; bytes.Equal(text, []byte("null")) {
		return nil
	}
	var s string
	if err := json.Unmarshal(text, &s); err != nil || s == "" {
		return kontrollrum.Wrong("ends", string(text), "write an instant with its offset, such as 2027-06-30T22:00:00Z, or null for no end")
	}
	u.at, err = timeOf("ends", s)
	return err
}

// put makes an op change what is given.
func (c *assignmentChange) put(op *ops.ChangeAssignment) {
	if op.Reason = c.Reason; c.Ends.given {
		op.Ends = &c.Ends.at
	}
}

func (f *face) changeAssignment(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, user, err := pathUser(r)
	if err != nil {
		return err
	}
	var change assignmentChange
	if err := decode(r, &change); err != nil {
		return err
	}
	op := ops.ChangeAssignment{Organization: organization, User: user}
	change.put(&op)
	if op.Role, err = roleOf("role", r.PathValue("role")); err != nil {
		return err
	}
	a, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showAssignment(a))
}

func (f *face) revokeRole(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, user, err := pathUser(r)
	if err != nil {
		return err
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	op := ops.RevokeRole{Organization: organization, User: user, Reason: q.Get("reason")}
	if op.Role, err = roleOf("role", r.PathValue("role")); err != nil {
		return err
	}
	if _, err := ops.Do(r.Context(), f.hub, c, op); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
