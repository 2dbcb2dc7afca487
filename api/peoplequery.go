package api

import (
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// peopleMembers are the members that /v1/people knows; others are let pass.
var peopleMembers = []web.Param{
	{Name: "orgId", Text: "organization; absent: the caller's"},
	{Name: "email", Text: "address"},
	{Name: "displayName", Text: "what the display name begins with"},
	{Name: "id", Text: "up to 85 people, separated by commas; the others asked for are in notFoundIds"},
	{Name: "roles", Text: "role ids, separated by commas: who holds any of them"},
	{Name: "administrators", Type: "boolean", Text: "who holds any administrator role"},
	{Name: "search", Text: "substring of name, address or id, without case and accents"},
	{Name: "status", Text: "not_verified, verified, active, inactive, separated by commas"},
	{Name: "license", Text: "product of a licence held, such as contact_center_premium; or none"},
	{Name: "sort", Text: "name, email, created or last_active; absent: name"},
	{Name: "max", Type: "integer", Text: "people of a page: 100 if absent, 1000 at most"},
	{Name: "cursor", Text: "where the page before ended; follow the header Link"},
	{Name: "excludeStatus", Type: "boolean", Text: "leave status and lastActivity out"},
}

// peopleAsked is what a query asks of the list of people.
type peopleAsked struct {
	ops.ListUsers
	ids    []string // as they were sent, in the order of IDs
	unseen bool     // without status and last activity
}

// maxIDs is how many people may be asked for by id.
const maxIDs = 85

func readPeopleAsked(q query) (a peopleAsked, err error) {
	if a.Organization, err = organizationID("orgId", q.Get("orgId")); err != nil {
		return a, err
	}
	a.Search, a.NamePrefix, a.Sort = q.Get("search"), q.Get("displayName"), ops.ByName
	if text := q.Get("email"); text != "" {
		if a.Email, err = kontrollrum.ParseEmail(text); err != nil {
			return a, err
		}
	}
	if text := q.Get("locationId"); text != "" {
		return a, &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: "location_not_found", Field: "locationId", Value: text,
			Message: "no such location; the hub keeps none, so list people without it"}
	}
	for _, text := range q.list("status") {
		a.Statuses = append(a.Statuses, kontrollrum.UserStatus(text))
	}
	if a.Unlicensed = q.Get("license") == "none"; !a.Unlicensed {
		a.Product = kontrollrum.Product(q.Get("license"))
	}
	if a.Roles, err = rolesOf("roles", q.Values["roles"]); err != nil {
		return a, err
	}
	if a.Administrators, err = q.truth("administrators"); err != nil {
		return a, err
	}
	if a.unseen, err = q.truth("excludeStatus"); err != nil {
		return a, err
	}
	if a.Limit, err = q.number("max"); err != nil {
		return a, err
	}
	if text := q.Get("sort"); text != "" {
		a.Sort = ops.Sort(text)
	}
	if a.After.Key, a.After.ID, err = parseCursor("cursor", string(a.Sort), q.Get("cursor")); err != nil {
		return a, err
	}
	return a, a.byID(q.list("id"))
}

// byID asks for people by their identifiers: all of them in one answer.
func (a *peopleAsked) byID(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > maxIDs {
		return kontrollrum.Wrong("id", strings.Join(ids[:2], ",")+",…", "ask for at most 85 people")
	}
	for _, text := range ids {
		id, err := personID("id", text)
		if err != nil {
			return err
		}
		a.IDs = append(a.IDs, kontrollrum.UserID(id))
	}
	a.ids, a.unseen, a.Limit = ids, true, maxIDs
	return nil
}
