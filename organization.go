package kontrollrum

import "time"

// An Organization is a tenant. Customer, partner and other are relations
// between organizations, never types of them.
type Organization struct {
	ID         OrganizationID
	Plate      string // short code, unique, three to six capitals and digits
	Name       string
	Country    string    // ISO 3166-1 alpha-2
	Language   string    // BCP 47: sv or en
	TimeZone   string    // IANA
	DataRegion string    // where its data is kept, as shown at Account > Info
	Services   []Service // switched on, sorted
	State      OrganizationState
	Platform   Platform // empty without the contact center service
	SetupDone  bool     // a full administrator completed the setup wizard

	// OwnAdministratorsOnly is setting s1: only the organization's own
	// administrators change external administrators.
	OwnAdministratorsOnly bool
	SecondFactor          bool // every administrator here must have one
	AutomaticMails        bool // whoever is added is invited by mail at once
	// Overage is how many seats beyond what was bought a licence may use.
	Overage  int
	Created  time.Time
	Modified time.Time
	Version  int // counts changes, from 1
}

// A Service is something an organization can switch on.
type Service string

// The services. Licences carry the same words.
const (
	ContactCenter Service = "contact_center"
	Meetings      Service = "meetings"
	Messaging     Service = "messaging"
	Calling       Service = "calling"
)

// Services lists every service.
func Services() []Service { return []Service{Calling, ContactCenter, Meetings, Messaging} }

// An OrganizationState says whether an organization may be changed.
type OrganizationState string

// The states. In a suspended organization views work and every change is refused.
const (
	OrganizationActive    OrganizationState = "active"
	OrganizationSuspended OrganizationState = "suspended"
)

// A Platform is the kind of contact centre behind the organization.
type Platform string

// The platforms.
const (
	Platform10  Platform = "1.0"
	PlatformNew Platform = "new"
)

// A Partnership links a partner organization to a customer; it may be of both kinds.
type Partnership struct {
	Partner      OrganizationID
	Customer     OrganizationID
	Managing     bool // manages the subscription
	Provisioning bool // set the services up
	Started      time.Time
	Ends         time.Time // zero: until ended
	GivenBy      UserID    // empty: the operator
}

// A Subscription is what was bought, or is being tried.
type Subscription struct {
	ID           SubscriptionID
	Organization OrganizationID
	Name         string
	Trial        bool
	Starts       time.Time
	Ends         time.Time // renewal date, or the trial's last instant; zero: none
	Ended        bool      // by the operator, or because Ends has passed in a trial
	Licenses     []License
}
