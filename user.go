package kontrollrum

import "time"

// A User is a person with an account; one home organization.
type User struct {
	ID           UserID
	Organization OrganizationID
	Email        Email
	FirstName    string
	LastName     string
	DisplayName  string
	Title        string
	Department   string
	Phone        string
	Location     string
	Language     string // BCP 47; empty: the organization's
	TimeZone     string // IANA; empty: the organization's
	Status       UserStatus
	LastActive   time.Time // zero: never
	Created      time.Time
	Modified     time.Time
	Holdings     []Holding
	Assignments  []Assignment // those that count now and the viewer may see
}

// Supervisor reports whether the user's Premium licence carries the option.
func (u *User) Supervisor() bool {
	for _, h := range u.Holdings {
		if h.Supervisor {
			return true
		}
	}
	return false
}

// A UserStatus is how far a user has come.
type UserStatus string

// The statuses. A licence stays consumed whatever the status.
const (
	NotVerified UserStatus = "not_verified" // invited
	Verified    UserStatus = "verified"     // address confirmed, not yet signed in
	Active      UserStatus = "active"
	Inactive    UserStatus = "inactive" // deactivated
)

// UserStatuses lists every status.
func UserStatuses() []UserStatus { return []UserStatus{NotVerified, Verified, Active, Inactive} }
