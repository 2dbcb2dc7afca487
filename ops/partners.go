package ops

import (
	"context"
	"errors"
	"slices"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A partner administrator holds, at home in the partner organization, a role
// that reaches customers: all of them or those it names.

// A ManagedCustomer is a customer that a partner administrator reaches, and the role there.
type ManagedCustomer struct {
	Organization kontrollrum.OrganizationID
	Role         policy.Role
}

// ListPartnerOrganizations lists the customers that a partner administrator
// reaches now, by roles that the caller may see; none where they hold no such role.
type ListPartnerOrganizations struct {
	User string // by id or address, at home
}

func (o ListPartnerOrganizations) asks() Ask {
	return Ask{Action: policy.AdministratorsView, To: o.User, Person: true}
}

func (o ListPartnerOrganizations) run(ctx context.Context, t *turn) (out []ManagedCustomer, err error) {
	partnerships, err := t.tx.Partnerships(ctx, t.org.ID, t.now)
	if err != nil {
		return nil, err
	}
	held, err := t.reaching(ctx)
	for _, a := range held {
		for _, p := range partnerships {
			if p.Partner == t.org.ID && t.sees.Role(a.Role, false) && (a.AllCustomers || slices.Contains(a.Customers, p.Customer)) {
				out = append(out, ManagedCustomer{p.Customer, a.Role})
			}
		}
	}
	return out, err
}

// reaching lists the target's roles that reach customers.
func (t *turn) reaching(ctx context.Context) ([]kontrollrum.Assignment, error) {
	held, err := t.tx.Assignments(ctx, t.org.ID, t.target.ID, t.now)
	return slices.DeleteFunc(held, func(a kontrollrum.Assignment) bool { return a.Reach != kontrollrum.ReachCustomers }), err
}

// ListPartnerAdmins lists the people who may administer a customer by
// partnership, of every partner, in name order.
type ListPartnerAdmins struct{ Organization string }

func (o ListPartnerAdmins) asks() Ask {
	return Ask{Action: policy.ExternalAdministratorsView, In: o.Organization}
}

func (o ListPartnerAdmins) run(ctx context.Context, t *turn) (out []kontrollrum.ExternalAdministrator, err error) {
	for f := (Filter{Limit: MaxPage}); ; {
		found, next, err := t.tx.ExternalAdministrators(ctx, t.org.ID, f, t.sees, t.now)
		for _, e := range found {
			if e.Partner {
				out = append(out, e)
			}
		}
		if err != nil || next.ID == "" {
			return out, err
		}
		f.After = next
	}
}

// AssignPartnerAdmin opens one more customer to a partner administrator whose
// role reaches named customers. Conflict where it reaches all of them or this
// one already, or where the person holds no such role.
type AssignPartnerAdmin struct {
	Customer string // by id or plate
	User     string // by id or address, at home in the partner organization
}

func (o AssignPartnerAdmin) asks() Ask {
	return Ask{Action: policy.RolesReachCustomers, To: o.User, Person: true, Parts: true}
}

func (o AssignPartnerAdmin) run(ctx context.Context, t *turn) (Nothing, error) {
	customer, err := t.tx.Organization(ctx, placeOf(o.Customer))
	if err != nil {
		return Nothing{}, err
	}
	partnership, err := t.tx.Partnership(ctx, customer.ID, t.org.ID, t.now)
	if err != nil {
		return Nothing{}, err
	}
	if partnership == nil {
		return Nothing{}, kontrollrum.Missing("organization")
	}
	if err := t.reach(ctx, customer.ID, false, kontrollrum.Clash("customer_assigned", "the person's role reaches this customer already")); err != nil {
		return Nothing{}, err
	}
	return Nothing{}, t.tx.EndDemandedSessions(ctx, t.target.ID, t.now)
}

// UnassignPartnerAdmin closes a customer to a partner administrator. The role
// stays, also where it then reaches none: it never turns into all. Conflict
// where it reaches all customers; NotFound where not this one.
type UnassignPartnerAdmin struct {
	Customer string // by id or plate; the partnership may be over
	User     string // by id or address, at home in the partner organization
}

func (o UnassignPartnerAdmin) asks() Ask {
	return Ask{Action: policy.RolesReachCustomers, To: o.User, Person: true, Parts: true}
}

func (o UnassignPartnerAdmin) look(_ context.Context, t *turn) (Ask, error) {
	return t.givingUp(o.asks()), nil
}

func (o UnassignPartnerAdmin) run(ctx context.Context, t *turn) (Nothing, error) {
	customer, err := t.tx.Organization(ctx, placeOf(o.Customer))
	switch {
	case errors.Is(err, kontrollrum.NotFound):
		customer = &kontrollrum.Organization{} // which nobody reaches: whether one exists is not told
	case err != nil:
		return Nothing{}, err
	}
	return Nothing{}, t.reach(ctx, customer.ID, true, kontrollrum.Missing("assignment"))
}

// givingUp lets anyone ask to give up what is their own; the parts are judged.
func (t *turn) givingUp(ask Ask) Ask {
	if t.actor != nil && t.target != nil && t.actor.ID == t.target.ID {
		ask.Action = policy.UsersView
	}
	return ask
}

// reach adds a customer to those that the target's roles name, or takes it
// away; where it so stands already it fails with otherwise.
func (t *turn) reach(ctx context.Context, customer kontrollrum.OrganizationID, remove bool, otherwise *kontrollrum.Error) error {
	held, err := t.reaching(ctx)
	if err != nil {
		return err
	}
	no := kontrollrum.Clash("no_partner_role", "the person holds no role that reaches customers; assign one with reach customers first")
	changed := false
	for _, a := range held {
		switch {
		case a.AllCustomers:
			no = kontrollrum.Clash("reaches_all_customers", "the person's role reaches every customer; revoke it, and assign one that names its customers")
		case slices.Contains(a.Customers, customer) != remove:
			no = otherwise
		default:
			if _, err := under(ctx, t, reachCustomer{string(t.org.ID), string(t.target.ID), a.Role, customer, remove}); err != nil {
				return err
			}
			changed = true
		}
	}
	if !changed {
		return no
	}
	return nil
}

// reachCustomer adds a customer to those that a role names, or takes one away:
// who may revoke a role may revoke a part of it.
type reachCustomer struct {
	Organization string
	User         string
	Role         policy.Role
	Customer     kontrollrum.OrganizationID
	Remove       bool
}

func (o reachCustomer) asks() Ask {
	ask := Ask{Action: policy.RolesReachCustomers, In: o.Organization, To: o.User, Person: true, Role: o.Role, Keeps: true}
	if o.Remove {
		_, ask.Action, _ = policy.Handing(o.Role, false)
	}
	return ask
}

func (o reachCustomer) run(ctx context.Context, t *turn) (Nothing, error) {
	before, err := t.held(ctx, o.Role)
	if err != nil {
		return Nothing{}, err
	}
	after := *before
	after.Customers = slices.DeleteFunc(slices.Clone(before.Customers), func(c kontrollrum.OrganizationID) bool { return c == o.Customer })
	if !o.Remove {
		after.Customers = append(after.Customers, o.Customer)
	}
	t.before, t.after = before, &after
	return Nothing{}, t.tx.SetAssignmentCustomers(ctx, &after)
}

// RemovePartnerAdmin revokes every role of a person that reaches customers.
// NotFound where there is none.
type RemovePartnerAdmin struct {
	User string // by id or address, at home in the partner organization
}

func (o RemovePartnerAdmin) asks() Ask {
	return Ask{Action: policy.RolesReachCustomers, To: o.User, Person: true, Parts: true}
}

func (o RemovePartnerAdmin) look(_ context.Context, t *turn) (Ask, error) {
	return t.givingUp(o.asks()), nil
}

func (o RemovePartnerAdmin) run(ctx context.Context, t *turn) (Nothing, error) {
	held, err := t.reaching(ctx)
	if err == nil && len(held) == 0 {
		err = kontrollrum.Missing("assignment")
	}
	for _, a := range held {
		if err == nil {
			_, err = under(ctx, t, RevokeRole{Organization: string(t.org.ID), User: string(t.target.ID), Role: a.Role})
		}
	}
	return Nothing{}, err
}
