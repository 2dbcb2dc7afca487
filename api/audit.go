package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/web"
)

func (f *face) auditRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET /v1/adminAudit/events", Runs: ops.ReadAudit{}, Serve: f.listEvents, Doc: web.Doc{
			Summary: "List changes and refusals, newest first", Response: itemsOf[auditEvent]{}, Query: []web.Param{
				{Name: "orgId", Text: "organization", Required: true},
				{Name: "from", Text: "instant of the first", Required: true},
				{Name: "to", Text: "instant behind the last; a year later at most", Required: true},
				{Name: "max", Type: "integer", Text: "events of a page: 100 if absent, 200 at most"},
				{Name: "offset", Type: "integer", Text: "events to pass over; follow the header Link"},
				{Name: "actorId", Text: "who did it"},
				{Name: "targetId", Text: "the person it was done to"},
				{Name: "eventCategories", Type: "array", Text: "groups of actions"},
				{Name: "outcome", Text: "done or refused"},
				{Name: "search", Text: "substring of a name or an address"},
			}}},
		{Pattern: "GET /v1/adminAudit/eventCategories", Serve: f.listEventCategories, Doc: web.Doc{
			ID: "ListAuditCategories", Summary: "List the groups that audited actions fall into", Response: eventCategories{}}},
	}
}

// eventCategories are the groups of actions.
type eventCategories struct {
	EventCategories []string `json:"eventCategories"`
}

func (f *face) listEventCategories(_ ops.Caller, w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, eventCategories{ops.ListCategories()})
}

// An auditEvent is one row of the audit log.
type auditEvent struct {
	ID         string    `json:"id"`
	Created    string    `json:"created"`
	ActorID    string    `json:"actorId,omitempty"`
	ActorOrgID string    `json:"actorOrgId,omitempty"`
	Data       auditData `json:"data"`
}

// auditData tells all that is known, in strings. What stands behind errorMessage
// is ours, or fits only some events.
type auditData struct {
	ActorName        string   `json:"actorName"`
	ActorEmail       string   `json:"actorEmail,omitempty"`
	ActorOrgName     string   `json:"actorOrgName,omitempty"`
	AdminRoles       []string `json:"adminRoles,omitempty"` // the one that gave it, where the caller may see it
	ActorIP          string   `json:"actorIp,omitempty"`
	ActorUserAgent   string   `json:"actorUserAgent,omitempty"`
	TargetType       string   `json:"targetType" enum:"USER,ORGANIZATION"`
	TargetID         string   `json:"targetId"`
	TargetName       string   `json:"targetName"`
	TargetOrgID      string   `json:"targetOrgId"`
	TargetOrgName    string   `json:"targetOrgName"`
	EventCategory    string   `json:"eventCategory"`
	EventDescription string   `json:"eventDescription"` // the action
	ActionText       string   `json:"actionText"`
	TrackingID       string   `json:"trackingId,omitempty"`
	ErrorCode        string   `json:"errorCode,omitempty"`
	ErrorMessage     string   `json:"errorMessage,omitempty"`

	Outcome            string `json:"outcome" enum:"done,refused"`
	OperationType      string `json:"operationType,omitempty" enum:"CREATE,UPDATE,DELETE"`
	TargetEmail        string `json:"targetEmail,omitempty"`
	ExternalAdminEmail string `json:"externalAdminEmail,omitempty"`
	RoleAdded          string `json:"roleAdded,omitempty"`
	RoleRemoved        string `json:"roleRemoved,omitempty"`
	PreviousValue      string `json:"previousValue,omitempty"` // JSON
	NewValue           string `json:"newValue,omitempty"`      // JSON
	Reason             string `json:"reason,omitempty"`
	Rule               string `json:"rule,omitempty"`
	Cell               string `json:"cell,omitempty"`
}

// showEvent makes an event of an entry of organization o.
func showEvent(o *kontrollrum.Organization, e *kontrollrum.Entry) auditEvent {
	d := auditData{
		ActorName: e.ActorName, ActorEmail: string(e.ActorEmail), ActorOrgName: e.ActorHome, ActorIP: e.IP, ActorUserAgent: e.UserAgent,
		TargetType: "ORGANIZATION", TargetID: wireID(typeOrganization, string(o.ID)), TargetName: o.Name,
		TargetOrgID: wireID(typeOrganization, string(o.ID)), TargetOrgName: o.Name, EventCategory: ops.Category(e.Action), EventDescription: e.Action,
		TrackingID: e.TrackingID, Outcome: string(e.Outcome), PreviousValue: string(e.Before), NewValue: string(e.After),
		Reason: e.Reason, Rule: e.Rule, Cell: e.Cell,
	}
	if role, ok := policy.ParseRole(e.ActorRole); ok {
		d.AdminRoles = []string{roleWord(role)}
	}
	if e.Target != "" {
		d.TargetType, d.TargetID, d.TargetName, d.TargetEmail = "USER", wireID(typePerson, string(e.Target)), e.TargetName, string(e.TargetEmail)
		if strings.HasSuffix(e.Action, "_external") {
			d.ExternalAdminEmail = string(e.TargetEmail)
		}
	}
	verb := "did"
	if e.Outcome == kontrollrum.Refused {
		verb = "was refused"
		d.ErrorCode, d.ErrorMessage = e.Code, "refused: "+e.Code
	}
	d.ActionText = fmt.Sprintf("%s %s %s, %s", e.ActorName, verb, e.Action, d.TargetName)
	d.operation(e)
	return auditEvent{string(e.ID), instant(e.At), wireID(typePerson, string(e.Actor)), wireID(typeOrganization, string(e.ActorOrganization)), d}
}

// operation says what became of the thing, and of the role where one was given or taken.
func (d *auditData) operation(e *kontrollrum.Entry) {
	role, _ := policy.ParseRole(e.Role)
	switch made, gone := len(e.Before) == 0, len(e.After) == 0; {
	case made && gone: // refused
	case made:
		if d.OperationType = "CREATE"; strings.Contains(e.Action, ".assign_") {
			d.RoleAdded = roleWord(role)
		}
	case gone:
		if d.OperationType = "DELETE"; strings.Contains(e.Action, ".revoke_") {
			d.RoleRemoved = roleWord(role)
		}
	default:
		d.OperationType = "UPDATE"
	}
}

// maxEvents is the most events of a page.
const maxEvents = 200

func (f *face) listEvents(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	op, err := readEventsAsked(q)
	if err != nil {
		return err
	}
	page, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	if page.More {
		f.linkNext(w, r, "offset", strconv.Itoa(op.Offset+len(page.Items)))
	}
	return answer(w, http.StatusOK, items(page.Items, func(e *kontrollrum.Entry) auditEvent { return showEvent(&page.Organization, e) }))
}

func readEventsAsked(q query) (op ops.ReadAudit, err error) {
	if op.Organization, err = uuidOf(typeOrganization, "orgId", q.Get("orgId")); err != nil {
		return op, err
	}
	if op.From, err = required(q, "from"); err != nil {
		return op, err
	}
	if op.To, err = required(q, "to"); err != nil {
		return op, err
	}
	if op.To.Before(op.From) {
		return op, kontrollrum.Wrong("to", q.Get("to"), "choose an instant behind from")
	}
	if op.Limit, err = q.number("max"); err != nil {
		return op, err
	}
	if op.Limit == 0 {
		op.Limit = 100
	}
	op.Limit = min(op.Limit, maxEvents)
	if op.Offset, err = q.number("offset"); err != nil {
		return op, err
	}
	if op.Actor, err = userOf(q, "actorId"); err != nil {
		return op, err
	}
	if op.Target, err = userOf(q, "targetId"); err != nil {
		return op, err
	}
	if asked := q.list("eventCategories"); asked != nil {
		op.Actions = append(ops.ActionsOf(asked), "none") // so that groups of others' find nothing
	}
	op.Outcome, op.Search = kontrollrum.Outcome(q.Get("outcome")), q.Get("search")
	if !slices.Contains([]kontrollrum.Outcome{"", kontrollrum.Done, kontrollrum.Refused}, op.Outcome) {
		return op, kontrollrum.Wrong("outcome", string(op.Outcome), "use done or refused")
	}
	return op, nil
}

// required reads an instant that must be there.
func required(q query, member string) (time.Time, error) {
	at, err := timeOf(member, q.Get(member))
	if err == nil && at.IsZero() {
		err = kontrollrum.Wrong(member, "", "write an instant with its offset, such as 2026-11-01T00:00:00.000Z")
	}
	return at, err
}

// userOf reads a person who may be left out.
func userOf(q query, member string) (kontrollrum.UserID, error) {
	if q.Get(member) == "" {
		return "", nil
	}
	id, err := personID(member, q.Get(member))
	return kontrollrum.UserID(id), err
}
