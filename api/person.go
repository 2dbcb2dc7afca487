package api

import (
	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A person is a user as family A shows them. Location and preferredLanguage are ours.
type person struct {
	ID                string        `json:"id"`
	Emails            []string      `json:"emails"`
	PhoneNumbers      []phoneNumber `json:"phoneNumbers,omitempty"`
	DisplayName       string        `json:"displayName"`
	FirstName         string        `json:"firstName,omitempty"`
	LastName          string        `json:"lastName,omitempty"`
	OrgID             string        `json:"orgId"`
	Roles             []string      `json:"roles"`
	Licenses          []string      `json:"licenses"`
	Department        string        `json:"department,omitempty"`
	Title             string        `json:"title,omitempty"`
	Location          string        `json:"location,omitempty"`
	PreferredLanguage string        `json:"preferredLanguage,omitempty"`
	TimeZone          string        `json:"timezone,omitempty"`
	Created           string        `json:"created"`
	LastModified      string        `json:"lastModified"`
	LastActivity      string        `json:"lastActivity,omitempty"`
	Status            string        `json:"status,omitempty"`
	InvitePending     bool          `json:"invitePending"`
	LoginEnabled      bool          `json:"loginEnabled"`
	Type              string        `json:"type"`
}

// A phoneNumber is one of a person's numbers; we keep one.
type phoneNumber struct {
	Type    string `json:"type,omitempty"`
	Value   string `json:"value"`
	Primary bool   `json:"primary,omitempty"`
}

func showPerson(u *kontrollrum.User) person {
	p := person{
		ID: wireID(typePerson, string(u.ID)), Emails: []string{string(u.Email)}, DisplayName: u.DisplayName,
		FirstName: u.FirstName, LastName: u.LastName, OrgID: wireID(typeOrganization, string(u.Organization)),
		Roles: []string{}, Licenses: holdings(u), Department: u.Department, Title: u.Title, Location: u.Location,
		PreferredLanguage: u.Language, TimeZone: u.TimeZone, Created: instant(u.Created), LastModified: instant(u.Modified),
		LastActivity: instant(u.LastActive), Status: presences[u.Status], InvitePending: u.Status == kontrollrum.NotVerified,
		LoginEnabled: u.Status != kontrollrum.Inactive, Type: "person",
	}
	if u.Phone != "" {
		p.PhoneNumbers = []phoneNumber{{"work", u.Phone, true}}
	}
	for _, a := range u.Assignments {
		p.Roles = append(p.Roles, roleWireID(a.Role))
	}
	if u.Supervisor() {
		p.Roles = append(p.Roles, roleWireID(policy.Supervisor))
	}
	return p
}

// presences: we know nobody's presence, but how far their account has come.
var presences = map[kontrollrum.UserStatus]string{
	kontrollrum.NotVerified: "pending", kontrollrum.Verified: "pending", kontrollrum.Active: "active", kontrollrum.Inactive: "inactive",
}

// absent is a person without what is asked not to be shown.
func (p person) absent() person {
	p.Status, p.LastActivity = "", ""
	return p
}

// holdings are the identifiers of the licences that a user holds.
func holdings(u *kontrollrum.User) []string {
	out := make([]string, len(u.Holdings))
	for i, h := range u.Holdings {
		out[i] = licenseWireID(u.Organization, h.Product, h.License)
	}
	return out
}

// A personGiven is a person as clients send them. Members that are not here are
// let pass.
type personGiven struct {
	Emails            []string       `json:"emails,omitempty"` // the first counts
	PhoneNumbers      *[]phoneNumber `json:"phoneNumbers,omitempty"`
	DisplayName       string         `json:"displayName,omitempty"`
	FirstName         string         `json:"firstName,omitempty"`
	LastName          string         `json:"lastName,omitempty"`
	OrgID             string         `json:"orgId,omitempty"`
	Roles             *[]string      `json:"roles,omitempty"`
	Licenses          *[]string      `json:"licenses,omitempty"`
	Department        string         `json:"department,omitempty"`
	Title             string         `json:"title,omitempty"`
	Location          *string        `json:"location,omitempty"`
	PreferredLanguage *string        `json:"preferredLanguage,omitempty"`
	TimeZone          *string        `json:"timezone,omitempty"`
	LoginEnabled      *truth         `json:"loginEnabled,omitempty"`
}

// user is what both ways of giving a person have in common.
func (p *personGiven) user() (u ops.AddUser, err error) {
	u.Details = ops.Details{DisplayName: p.DisplayName, FirstName: p.FirstName, LastName: p.LastName, Department: p.Department, Title: p.Title}
	if len(p.Emails) > 0 {
		u.Email = p.Emails[0]
	}
	u.Organization, err = organizationID("orgId", p.OrgID)
	return u, err
}

// phone is the number to keep; nil where none was sent, empty where none is left.
func (p *personGiven) phone() *string {
	if p.PhoneNumbers == nil {
		return nil
	}
	var first string
	for _, n := range *p.PhoneNumbers {
		if first == "" || n.Primary {
			first = n.Value
		}
	}
	return &first
}

func (p *personGiven) adds() (op ops.AddPerson, err error) {
	if op.AddUser, err = p.user(); err != nil {
		return op, err
	}
	for _, member := range []struct {
		to   *string
		sent *string
	}{{&op.Phone, p.phone()}, {&op.Location, p.Location}, {&op.Language, p.PreferredLanguage}, {&op.TimeZone, p.TimeZone}} {
		if member.sent != nil {
			*member.to = *member.sent
		}
	}
	op.Inactive = p.LoginEnabled != nil && !bool(*p.LoginEnabled)
	if p.Roles != nil {
		if op.Roles, err = rolesOf("roles", *p.Roles); err != nil {
			return op, err
		}
	}
	if p.Licenses != nil {
		ids, err := licenseIDs("licenses", *p.Licenses)
		if err != nil {
			return op, err
		}
		for _, id := range ids {
			op.Licenses = append(op.Licenses, ops.LicenseChange{License: id})
		}
	}
	return op, nil
}

func (p *personGiven) replaces() (op ops.ReplacePerson, err error) {
	if p.DisplayName == "" {
		return op, kontrollrum.Wrong("displayName", "", "send the whole person, with displayName")
	}
	u, err := p.user()
	if err != nil {
		return op, err
	}
	op.EditUser = ops.EditUser{Organization: u.Organization, Email: u.Email, Details: u.Details}
	op.Phone, op.Location, op.Language, op.TimeZone = p.phone(), p.Location, p.PreferredLanguage, p.TimeZone
	op.Active = (*bool)(p.LoginEnabled)
	if p.Roles != nil {
		roles, err := rolesOf("roles", *p.Roles)
		if err != nil {
			return op, err
		}
		op.Roles = &roles
	}
	if p.Licenses != nil {
		licenses, err := licenseIDs("licenses", *p.Licenses)
		if err != nil {
			return op, err
		}
		op.Licenses = &licenses
	}
	return op, nil
}
