package ops

import (
	"context"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// AddPartnership lets a partner organization in, or changes the kinds and the
// end of a partnership that is. Conflict where nothing would change.
type AddPartnership struct {
	Customer     string // empty: the caller's home
	Partner      string // by id or plate
	Managing     bool
	Provisioning bool
	Ends         time.Time // zero: until ended
}

func (o AddPartnership) asks() Ask { return Ask{Action: policy.PartnershipsAdd, In: o.Customer} }

func (o AddPartnership) run(ctx context.Context, t *turn) (*kontrollrum.Partnership, error) {
	partner, err := t.tx.Organization(ctx, placeOf(o.Partner))
	if err != nil {
		return nil, err
	}
	if partner.ID == t.org.ID {
		return nil, kontrollrum.Wrong("partner", o.Partner, "choose another organization; none is its own partner")
	}
	if !o.Managing && !o.Provisioning {
		return nil, kontrollrum.Wrong("kind", "", "say managing, provisioning or both")
	}
	if err := checkEnds(&o.Ends, t.now); err != nil {
		return nil, err
	}
	before, err := t.tx.Partnership(ctx, t.org.ID, partner.ID, t.now)
	if err != nil {
		return nil, err
	}
	after := kontrollrum.Partnership{Partner: partner.ID, Customer: t.org.ID, Managing: o.Managing, Provisioning: o.Provisioning,
		Started: t.now, Ends: o.Ends, GivenBy: t.giver()}
	if before != nil {
		after.Started = before.Started
		if before.Managing == after.Managing && before.Provisioning == after.Provisioning && before.Ends.Equal(after.Ends) {
			return nil, kontrollrum.Clash("partnership_exists", "the organizations are partners in this way already")
		}
		t.before = before
	}
	t.after = after
	if err := t.tx.SetPartnership(ctx, after); err != nil {
		return nil, err
	}
	return &after, t.tx.EndDemandedSessions(ctx, "", t.now) // of the partner's people who reach here now
}

// EndPartnership ends a partnership, and with it at once whatever the partner's
// people could do here. NotFound where there is none.
type EndPartnership struct {
	Customer string // empty: the caller's home
	Partner  string // by id or plate
}

func (o EndPartnership) asks() Ask { return Ask{Action: policy.PartnershipsEnd, In: o.Customer} }

func (o EndPartnership) run(ctx context.Context, t *turn) (Nothing, error) {
	partner, err := t.tx.Organization(ctx, placeOf(o.Partner))
	if err != nil {
		return Nothing{}, err
	}
	before, err := t.tx.Partnership(ctx, t.org.ID, partner.ID, t.now)
	if err != nil {
		return Nothing{}, err
	}
	if before == nil {
		return Nothing{}, kontrollrum.Missing("partnership")
	}
	t.before = before
	return Nothing{}, t.tx.EndPartnership(ctx, t.org.ID, partner.ID)
}
