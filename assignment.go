package kontrollrum

import (
	"time"

	"github.com/kontrollrum/kontrollrum/policy"
)

// An Assignment is a role held by a user in an organization.
type Assignment struct {
	ID           AssignmentID
	Organization OrganizationID
	User         UserID
	Role         policy.Role
	Reach        Reach
	// Customers names the customers that ReachCustomers is limited to.
	// AllCustomers says that it is not limited.
	Customers    []OrganizationID
	AllCustomers bool
	Started      time.Time
	Ends         time.Time // zero: none. After it the role counts for nothing, at once
	GivenBy      UserID    // empty: the operator, or not for the viewer to see
	Reason       string
}

// A Reach says whether an assignment stops at its organization or also counts,
// with relation P, in the customers that the organization is a partner of.
type Reach string

// The reaches (docs/decisions/0003).
const (
	ReachOwn       Reach = "own"
	ReachCustomers Reach = "customers"
)

// An ExternalAdministrator is someone from another organization who may
// administer this one, by an assignment here or by a partnership.
type ExternalAdministrator struct {
	User       User
	Assignment Assignment
	Partner    bool // by partnership: changed in the partner organization
}
