package kontrollrum

import "time"

// A License is a number of seats of one product, from one subscription.
type License struct {
	ID           LicenseID
	Organization OrganizationID
	Subscription SubscriptionID
	Trial        bool
	Product      Product
	Bought       int  // seats
	Used         int  // seats, whatever the status of who holds them
	Ended        bool // its subscription is over: nobody is given it any more
}

// A Product is what a licence lets its holder use.
type Product string

// The products. Standard and Premium exclude each other; a Premium licence may
// carry the Supervisor option.
const (
	StandardAgent Product = "contact_center_standard"
	PremiumAgent  Product = "contact_center_premium"
	MeetingsHost  Product = "meetings"
	MessagingUser Product = "messaging"
	CallingUser   Product = "calling"
)

// Products lists every product.
func Products() []Product {
	return []Product{StandardAgent, PremiumAgent, MeetingsHost, MessagingUser, CallingUser}
}

// ContactCenter reports whether p is one of the two contact-centre licences.
func (p Product) ContactCenter() bool { return p == StandardAgent || p == PremiumAgent }

// Service is the service that p belongs to.
func (p Product) Service() Service {
	switch p {
	case MeetingsHost:
		return Meetings
	case MessagingUser:
		return Messaging
	case CallingUser:
		return Calling
	}
	return ContactCenter
}

// A Holding is a licence a user holds.
type Holding struct {
	License    LicenseID
	Product    Product
	Supervisor bool // on Premium only
}

// A SeatCount is how many seats of a licence were bought and used at the end of
// a day, in UTC. Of a subscription that was over none were bought.
type SeatCount struct {
	License LicenseID
	Day     time.Time // its midnight; zero: as it was when counting began
	Bought  int
	Used    int
}
