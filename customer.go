package kontrollrum

import (
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum/policy"
)

// A Customer is a customer organization as one of its partners sees it. To who
// may not act there, what is the customer's own business is left out: only who
// it is, the partnership, and how many administrators reach it.
type Customer struct {
	Organization   // its id, plate, name, services, state, platform, setup and overage only; no state: left out
	Partnership    Partnership
	Access         []policy.Role // as what the caller may act there; none: not at all
	Administrators int           // the partner's people who may act there
	Acted          time.Time     // when one of them last did anything there, or was refused it; zero: never
	Standard       Seats
	Premium        Seats
	Over           Seats     // of the licence that is furthest over what was bought; zero: none is
	OverProduct    Product   // which that is
	Trial          time.Time // when the first running trial ends; zero: there is none
	Renewal        time.Time // when the first of what is bought is renewed; zero: not known
}

// A Partner is a partner organization as its customer sees it.
type Partner struct {
	Partnership
	Plate string
	Name  string
}

// Seats is how many were bought, and are in use.
type Seats struct{ Bought, Used int }

// Waits reports whether its contact centre still has to be set up.
func (c *Customer) Waits() bool { return slices.Contains(c.Services, ContactCenter) && !c.SetupDone }

// A Term is what of a customer comes to its end, or is renewed.
type Term string

// The terms.
const (
	NoTerm          Term = ""
	TrialTerm       Term = "trial"
	RenewalTerm     Term = "renewal"
	PartnershipTerm Term = "partnership"
)

// Next is which term is over next, and when.
func (c *Customer) Next() (what Term, at time.Time) {
	for _, t := range []struct {
		what Term
		at   time.Time
	}{{TrialTerm, c.Trial}, {PartnershipTerm, c.Partnership.Ends}, {RenewalTerm, c.Renewal}} {
		if !t.at.IsZero() && (at.IsZero() || t.at.Before(at)) {
			what, at = t.what, t.at
		}
	}
	return what, at
}
