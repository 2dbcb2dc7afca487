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

// ListPartners lists the partners of an organization, in name order, with those
// of their people who may act there, by partnership or by a role given there.
type ListPartners struct{ Organization string }

// Partners is the answer of [ListPartners].
type Partners struct {
	Items []PartnerOf
	All   bool // the caller sees every administrator from elsewhere; else perhaps some
}

// A PartnerOf is a partner of the organization and its people who act there, as
// far as the caller may see them: one row for each role that somebody holds.
type PartnerOf struct {
	kontrollrum.Partner
	People []kontrollrum.ExternalAdministrator
}

func (o ListPartners) asks() Ask { return Ask{Action: policy.AccountViewInfo, In: o.Organization} }

func (o ListPartners) run(ctx context.Context, t *turn) (out Partners, err error) {
	partners, err := t.tx.PartnersOf(ctx, t.org.ID, t.now)
	if err != nil {
		return out, err
	}
	at := map[kontrollrum.OrganizationID]int{}
	for i, p := range partners {
		at[p.Partner] = i
		out.Items = append(out.Items, PartnerOf{Partner: p})
	}
	out.All = t.sees.External == policy.SeesAll
	for f := (Filter{Limit: MaxPage}); len(partners) > 0; {
		found, next, err := t.tx.ExternalAdministrators(ctx, t.org.ID, f, t.sees, t.now)
		if err != nil {
			return out, err
		}
		for _, e := range found {
			if i, ok := at[e.User.Organization]; ok && e.User.Status != kontrollrum.Inactive {
				out.Items[i].People = append(out.Items[i].People, e)
			}
		}
		if f.After = next; next.ID == "" {
			break
		}
	}
	return out, nil
}
