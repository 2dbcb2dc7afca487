package ops

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// AssignRole gives a user a role in an organization. A person of another
// organization becomes an external administrator. It never replaces a role
// silently: who holds one of the exclusive three is refused another (c3).
type AssignRole struct {
	Organization string // empty: the user's home
	User         string
	Role         policy.Role
	Reach        kontrollrum.Reach // empty: own; of a provisioning administrator always customers
	Customers    []string          // the only customers it reaches, by id or plate; nil: all
	Ends         time.Time         // zero: until revoked
	Reason       string
}

func (o AssignRole) asks() Ask {
	return Ask{Action: policy.RolesFullAdminAssignInternal, In: o.Organization, To: o.User, Person: true, Anyone: true, Role: o.Role, Reason: o.Reason}
}

// look names the action by the role and by where the person is at home.
func (o AssignRole) look(_ context.Context, t *turn) (Ask, error) {
	give, _, err := handing(t, o.Role)
	ask := o.asks()
	ask.Action = give
	return ask, err
}

// handing names the actions that give and take a role. Somebody unknown counts
// as external, so that who may not reach outsiders does not learn who there is.
func handing(t *turn, r policy.Role) (give, take policy.Action, err error) {
	external := t.target == nil || t.target.Home != t.org.ID
	give, take, ok := policy.Handing(r, external)
	if !ok {
		remedy := "assign full_admin, service_admin, provisioning_admin or read_only_admin; supervisor follows from a Premium licence"
		if r == policy.ProvisioningAdmin {
			remedy = "assign provisioning_admin in the person's own organization, the partner; its customers are reached from there"
		}
		return 0, 0, kontrollrum.Wrong("role", r.String(), remedy)
	}
	return give, take, nil
}

func (o AssignRole) run(ctx context.Context, t *turn) (*kontrollrum.Assignment, error) {
	a := &kontrollrum.Assignment{
		ID: kontrollrum.AssignmentID(t.hub.newID()), Organization: t.org.ID, User: t.target.ID, Role: o.Role,
		Reach: o.Reach, Started: t.now, Ends: o.Ends, GivenBy: t.giver(), Reason: o.Reason,
	}
	if a.Role == policy.ProvisioningAdmin {
		a.Reach = kontrollrum.ReachCustomers
	}
	if a.Reach == "" {
		a.Reach = kontrollrum.ReachOwn
	}
	if err := errors.Join(checkEnds(&a.Ends, t.now), plain("reason", o.Reason, 256), o.checkReach(t, a)); err != nil {
		return nil, err
	}
	switch {
	case t.target.Holds(o.Role):
		return nil, kontrollrum.Clash("role_held", "the person holds this role already; change its end date instead")
	case o.Role.Exclusive() && t.target.HoldsExclusive(): // c3 is no rule to the operator, and holds all the same
		return nil, kontrollrum.Clash("exclusive_role_held", "the person already holds an administrator role here; revoke that first")
	}
	if a.Reach == kontrollrum.ReachCustomers {
		if _, err := under(ctx, t, reachCustomers{Organization: string(t.org.ID), User: string(t.target.ID), Role: o.Role}); err != nil {
			return nil, err
		}
		a.AllCustomers = len(o.Customers) == 0
		for _, named := range o.Customers {
			id, err := t.customer(ctx, named)
			if err != nil {
				return nil, err
			}
			a.Customers = append(a.Customers, id)
		}
		slices.Sort(a.Customers)
		a.Customers = slices.Compact(a.Customers)
	}
	t.after = a
	if err := t.tx.InsertAssignment(ctx, a, t.target.Home != t.org.ID); err != nil {
		return nil, err
	}
	return a, t.tx.EndDemandedSessions(ctx, a.User, t.now)
}

func (t *turn) giver() kontrollrum.UserID {
	if t.actor == nil {
		return ""
	}
	return t.actor.ID
}

// checkEnds makes an end what is stored of it, UTC in microseconds, and refuses
// one that is over or that RFC 3339 cannot write. The zero time is no end.
func checkEnds(ends *time.Time, now time.Time) error {
	if ends.IsZero() {
		*ends = time.Time{}
		return nil
	}
	*ends = ends.UTC().Truncate(time.Microsecond)
	if !ends.After(now) || ends.Year() > 9999 {
		return kontrollrum.Wrong("ends", ends.Format(time.RFC3339), "choose an end in the future, before the year 10000, or none")
	}
	return nil
}

func (o AssignRole) checkReach(t *turn, a *kontrollrum.Assignment) error {
	switch {
	case a.Reach != kontrollrum.ReachOwn && a.Reach != kontrollrum.ReachCustomers:
		return kontrollrum.Wrong("reach", string(a.Reach), "use own or customers")
	case o.Customers != nil && len(o.Customers) == 0:
		return kontrollrum.Wrong("customers", "", "name at least one customer, or leave customers out to reach them all")
	case a.Reach == kontrollrum.ReachOwn && len(o.Customers) > 0:
		return kontrollrum.Wrong("customers", o.Customers[0], "name customers only with the reach customers")
	case a.Reach == kontrollrum.ReachCustomers && a.Role == policy.ServiceAdmin:
		return kontrollrum.Wrong("reach", string(a.Reach), "choose own; the service administrator's role does not exist for partners")
	case a.Reach == kontrollrum.ReachCustomers && t.target.Home != t.org.ID:
		return kontrollrum.Wrong("reach", string(a.Reach), "choose own; only an organization's own people reach its customers")
	}
	return nil
}

// customer finds a customer that the turn's organization is partner of.
func (t *turn) customer(ctx context.Context, named string) (kontrollrum.OrganizationID, error) {
	o, err := t.tx.Organization(ctx, placeOf(named))
	if err == nil {
		p, err := t.tx.Partnership(ctx, o.ID, t.org.ID, t.now)
		if err != nil {
			return "", err
		}
		if p != nil {
			return o.ID, nil
		}
	} else if !errors.Is(err, kontrollrum.NotFound) {
		return "", err
	}
	return "", kontrollrum.Wrong("customers", named, "name a customer of this organization by id or plate")
}

// reachCustomers is the permission to let a role count in the customers too.
type reachCustomers struct {
	Organization string
	User         string
	Role         policy.Role
}

func (o reachCustomers) asks() Ask {
	return Ask{Action: policy.RolesReachCustomers, In: o.Organization, To: o.User, Person: true, Role: o.Role}
}

func (o reachCustomers) run(_ context.Context, t *turn) (Nothing, error) {
	t.after = map[string]string{"reach": string(kontrollrum.ReachCustomers)}
	return Nothing{}, nil
}

// RevokeRole ends a role. Anyone may give up their own, the last full
// administrator aside (c10). NotFound where the person does not hold it.
type RevokeRole struct {
	Organization string
	User         string
	Role         policy.Role // zero: the exclusive role that the person holds here and the caller may see
	Reason       string
}

func (o RevokeRole) asks() Ask {
	return Ask{Action: policy.RolesFullAdminRevokeInternal, In: o.Organization, To: o.User, Person: true, Anyone: true, Role: o.Role, Reason: o.Reason}
}

func (o RevokeRole) look(_ context.Context, t *turn) (ask Ask, err error) {
	if o.Role, err = t.concerned(o.Role); err != nil {
		return ask, err
	}
	ask = o.asks()
	_, ask.Action, err = handing(t, o.Role)
	return ask, err
}

// concerned is the role that an op without one is about: the exclusive one
// that its target holds here. One that the caller may not see is not there.
func (t *turn) concerned(r policy.Role) (policy.Role, error) {
	if r != policy.NoRole {
		return r, nil
	}
	if t.target != nil {
		f := facts(&t.org, t.actor, t.target)
		sees := policy.Sees(&f)
		for _, h := range t.target.Held {
			if h.Direct && h.Role.Exclusive() && sees.Role(h.Role, t.target.Home != t.org.ID) {
				return h.Role, nil
			}
		}
	}
	return r, kontrollrum.Missing("assignment")
}

func (o RevokeRole) run(ctx context.Context, t *turn) (Nothing, error) {
	if err := plain("reason", o.Reason, 256); err != nil {
		return Nothing{}, err
	}
	role, err := t.concerned(o.Role)
	if err != nil {
		return Nothing{}, err
	}
	a, err := t.held(ctx, role)
	if err != nil {
		return Nothing{}, err
	}
	t.before = a
	return Nothing{}, t.close(ctx, *a)
}

// held finds the target's assignment of a role in the organization.
func (t *turn) held(ctx context.Context, r policy.Role) (*kontrollrum.Assignment, error) {
	a, err := t.tx.Assignment(ctx, t.org.ID, t.target.ID, r, t.now)
	if err == nil && a == nil {
		err = kontrollrum.Missing("assignment")
	}
	return a, err
}

// close ends an assignment, and with it whatever its holder has begun by it.
func (t *turn) close(ctx context.Context, a kontrollrum.Assignment) error {
	if err := t.tx.CloseAssignment(ctx, a.Organization, a.ID, t.now); err != nil {
		return err
	}
	return t.tx.EndSessions(ctx, a.User, "", t.now)
}

// ChangeAssignment sets when a role ends, and why it is held. To lengthen it is
// to raise it, so nobody does that for themselves, and nobody gives their own
// another reason only; to shorten it is to revoke.
type ChangeAssignment struct {
	Organization string
	User         string
	Role         policy.Role // zero: as in [RevokeRole]
	Ends         *time.Time  // nil: unchanged; zero: no end
	Reason       *string     // nil: unchanged
}

func (o ChangeAssignment) asks() Ask {
	return Ask{Action: policy.RolesFullAdminRevokeInternal, In: o.Organization, To: o.User, Person: true, Anyone: true, Role: o.Role}
}

func (o ChangeAssignment) look(ctx context.Context, t *turn) (ask Ask, err error) {
	if o.Role, err = t.concerned(o.Role); err != nil {
		return ask, err
	}
	ask = o.asks()
	give, take, err := handing(t, o.Role)
	ask.Action = take
	if o.Reason != nil {
		ask.Reason = *o.Reason
	}
	if err != nil || t.target == nil {
		return ask, err
	}
	a, err := t.tx.Assignment(ctx, t.org.ID, t.target.ID, o.Role, t.now)
	if err != nil || a == nil {
		return ask, err
	}
	ask.Keeps = o.Ends == nil || o.Ends.IsZero() || !a.Ends.IsZero() && !o.Ends.Before(a.Ends)
	self := t.actor != nil && t.actor.ID == t.target.ID
	// Who holds a role may shorten it; why they hold it is for those to say who give it.
	ask.Raises = o.raises(a) || self && ask.Keeps && o.Reason != nil && *o.Reason != a.Reason
	if ask.Raises && !self {
		ask.Action = give // by whoever may give it anew; oneself is refused by its own name
	}
	return ask, nil
}

// raises reports whether a would last longer.
func (o ChangeAssignment) raises(a *kontrollrum.Assignment) bool {
	return o.Ends != nil && !a.Ends.IsZero() && (o.Ends.IsZero() || o.Ends.After(a.Ends))
}

func (o ChangeAssignment) run(ctx context.Context, t *turn) (*kontrollrum.Assignment, error) {
	role, err := t.concerned(o.Role)
	if err != nil {
		return nil, err
	}
	before, err := t.held(ctx, role)
	if err != nil {
		return nil, err
	}
	if o.raises(before) && before.Reach == kontrollrum.ReachCustomers {
		if _, err := under(ctx, t, reachCustomers{string(t.org.ID), string(t.target.ID), role}); err != nil {
			return nil, err
		}
	}
	after := *before
	if o.Ends != nil {
		after.Ends = *o.Ends
		if err := checkEnds(&after.Ends, t.now); err != nil {
			return nil, err
		}
	}
	if o.Reason != nil {
		if err := plain("reason", *o.Reason, 256); err != nil {
			return nil, err
		}
		after.Reason = *o.Reason
	}
	t.before, t.after = before, &after
	if err := t.tx.UpdateAssignment(ctx, &after); err != nil {
		return nil, err
	}
	shown := after
	if t.sees.Administrators != policy.SeesAll {
		shown.GivenBy = ""
	}
	return &shown, nil
}

// ListAdministrators lists a page of the organization's own people who hold an
// administrator role that the caller may see.
type ListAdministrators struct {
	Organization string
	Filter
}

func (o ListAdministrators) asks() Ask {
	return Ask{Action: policy.AdministratorsView, In: o.Organization}
}

func (o ListAdministrators) run(ctx context.Context, t *turn) (Page[kontrollrum.User], error) {
	o.Administrators = true
	return ListUsers(o).run(ctx, t)
}
