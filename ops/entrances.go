package ops

import (
	"context"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// An Entrance is a way into one of the three applications, for an organization:
// as what, or why not (permissions.md §5).
type Entrance struct {
	Organization kontrollrum.Organization
	Application  policy.Action // one of the three sign-in actions
	Mode         string        // full, read or limited; empty where refused
	Role         policy.Role   // that opens it; none where it is a licence, or being oneself
	Refusal      *kontrollrum.Error
}

// EnterApplication lets the caller into an application, or says why not, with
// Denied. Without an organization it is home, unless another lets them in to
// more than themselves and home does not: then the first such by name. Where
// none lets them in, home says why.
type EnterApplication struct {
	Application  policy.Action // ControlHubSignIn, ManagementPortalSignIn or AgentDesktopSignIn
	Organization string        // by id or plate
}

func (o EnterApplication) asks() Ask { return Ask{Action: o.Application, In: o.Organization} }

func (o EnterApplication) look(ctx context.Context, t *turn) (Ask, error) {
	ask := o.asks()
	switch {
	case !o.Application.SignIn():
		return ask, kontrollrum.Wrong("application", o.Application.String(), "name one of the three applications by its sign-in action")
	case t.actor == nil:
		return ask, kontrollrum.Missing("user") // the operator and applications enter nothing
	case o.Organization != "" || t.entrance(o.Application).more():
		return ask, nil
	}
	others, err := t.tx.StandingOrganizations(ctx, t.actor.ID, t.actor.Home, "", t.now)
	if err != nil {
		return ask, err
	}
	for _, org := range others {
		other := &turn{hub: t.hub, tx: t.tx, caller: t.caller, now: t.now, refused: t.refused}
		ask.In = string(org.ID)
		if err := other.stand(ctx, ask); err != nil {
			return ask, err
		}
		if other.entrance(o.Application).more() {
			t.org, t.actor, t.target = other.org, other.actor, other.target
			return ask, nil
		}
	}
	return o.asks(), nil
}

// entrance is what the policy says of an application where t stands.
func (t *turn) entrance(application policy.Action) entrance {
	f := facts(&t.org, t.actor, t.actor)
	return entrance{policy.May(application, &f)}
}

type entrance struct{ policy.Permit }

// more reports whether it leads to more than oneself.
func (e entrance) more() bool { return e.OK && e.Cell != policy.Limited }

// mode is the word for a cell that lets somebody in.
func mode(c policy.Cell) string {
	switch c {
	case policy.Limited, policy.Read:
		return c.String()
	}
	return "full"
}

func (o EnterApplication) run(ctx context.Context, t *turn) (*Entrance, error) {
	org, err := t.tx.Organization(ctx, placeOf(string(t.org.ID)))
	if err != nil {
		return nil, err
	}
	return &Entrance{Organization: *org, Application: o.Application, Mode: mode(t.may.Cell), Role: t.may.Column.Role()}, nil
}

// ListEntrances lists, for each organization that the caller may act in, in
// name order, the three applications, and why one is closed. Where Only names
// one, it is of that and of home alone; of one they may not act in it tells nothing.
type ListEntrances struct{ Only kontrollrum.OrganizationID }

func (ListEntrances) asks() Ask { return Ask{Action: policy.OrganizationsList} }

func (o ListEntrances) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o ListEntrances) run(ctx context.Context, t *turn) (out []Entrance, err error) {
	organizations, err := t.tx.StandingOrganizations(ctx, t.actor.ID, t.actor.Home, "", t.now)
	if err != nil {
		return nil, err
	}
	standings, err := t.tx.Standings(ctx, t.actor.ID, t.actor.Home, t.now)
	if err != nil {
		return nil, err
	}
	for _, org := range organizations {
		s := standings[org.ID]
		if s == nil || o.Only != "" && org.ID != o.Only && org.ID != t.actor.Home {
			continue
		}
		there := &turn{org: s.Organization, actor: s.Actor}
		for _, application := range []policy.Action{policy.ControlHubSignIn, policy.ManagementPortalSignIn, policy.AgentDesktopSignIn} {
			out = append(out, there.door(application, org))
		}
	}
	return out, nil
}
