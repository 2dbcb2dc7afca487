package ops

import (
	"context"
	"errors"
	"slices"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// JudgeExternals lists a page of external administrators as
// [ListExternalAdministrators] does, with where each is at home, who gave them
// the role, and what the caller may change of it. A fresh proof is not asked for.
type JudgeExternals struct {
	Organization string
	Filter       // as in ListExternalAdministrators
}

// An External is an external administrator as the caller sees them.
type External struct {
	kontrollrum.ExternalAdministrator
	Home    store.Home
	GivenBy string // name; empty where it was the operator, is removed, or is not the caller's to know
	Self    bool   // the caller
	// Give and Take are the actions that lengthen the role and that change it
	// otherwise or end it. By partnership it is changed in the partner organization,
	// and there is nothing to decide.
	Give, Take       policy.Action
	Lengthen, Change Decision
}

func (o JudgeExternals) asks() Ask {
	return Ask{Action: policy.ExternalAdministratorsView, In: o.Organization}
}

func (o JudgeExternals) run(ctx context.Context, t *turn) (Page[External], error) {
	page, err := ListExternalAdministrators(o).run(ctx, t)
	if err != nil {
		return Page[External]{}, err
	}
	out := Page[External]{Items: make([]External, len(page.Items)), Next: page.Next}
	var homes []kontrollrum.OrganizationID
	var givers []kontrollrum.UserID
	for _, e := range page.Items {
		homes, givers = append(homes, e.User.Organization), append(givers, e.Assignment.GivenBy)
	}
	slices.Sort(homes)
	slices.Sort(givers)
	places, err1 := t.tx.Homes(ctx, t.org.ID, slices.Compact(homes), t.now)
	names, err2 := t.tx.Names(ctx, slices.Compact(givers))
	if err := errors.Join(err1, err2); err != nil {
		return Page[External]{}, err
	}
	for i, e := range page.Items {
		x := External{ExternalAdministrator: e, Home: places[e.User.Organization], Self: t.actor.ID == e.User.ID}
		// Whoever gives roles is an administrator, which is not for everyone to see (§4).
		if t.sees.Administrators == policy.SeesAll && t.sees.External == policy.SeesAll {
			x.GivenBy = names[e.Assignment.GivenBy]
		}
		if !e.Partner {
			t.weigh(&x)
		}
		out.Items[i] = x
	}
	return out, nil
}

// weigh judges what the caller may do to the role of somebody who holds it by
// assignment, from facts that [store.Tx.Standing] would find of them one by one.
func (t *turn) weigh(x *External) {
	f := facts(&t.org, t.actor, nil)
	f.Target = policy.Target{Self: x.Self, HomeHasContactCenter: x.Home.HasContactCenter, HomeIsPartner: x.Home.Partner, HoldsExclusive: x.Assignment.Role.Exclusive()}
	x.Give, x.Take, _ = policy.Handing(x.Assignment.Role, true)
	x.Change = decided(t.actor, policy.May(x.Take, &f))
	f.Target.Raises, f.Target.HoldsExclusive = true, false // as in permit
	if x.Self {
		x.Lengthen = decided(t.actor, policy.May(x.Take, &f)) // which says that nobody raises themselves
		return
	}
	x.Lengthen = decided(t.actor, policy.May(x.Give, &f))
}
