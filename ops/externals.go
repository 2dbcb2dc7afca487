package ops

import (
	"context"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// ListExternalAdministrators lists a page of the people from elsewhere who
// may administer the organization, by assignment or partnership, in name order.
type ListExternalAdministrators struct {
	Organization string
	Filter       // Search, Email, IDs, Roles, After and Limit count
}

func (o ListExternalAdministrators) asks() Ask {
	return Ask{Action: policy.ExternalAdministratorsView, In: o.Organization}
}

func (o ListExternalAdministrators) run(ctx context.Context, t *turn) (Page[kontrollrum.ExternalAdministrator], error) {
	o.Limit = pageSize(o.Limit)
	if err := checkText(o.Filter); err != nil {
		return Page[kontrollrum.ExternalAdministrator]{}, err
	}
	found, next, err := t.tx.ExternalAdministrators(ctx, t.org.ID, o.Filter, t.sees, t.now)
	return Page[kontrollrum.ExternalAdministrator]{found, next}, err
}

// AddExternalAdministrator gives a person of another organization a role here.
// Conflict where they are of this one.
type AddExternalAdministrator struct{ AssignRole }

func (o AddExternalAdministrator) asks() Ask { return apart(o.AssignRole.asks()) }

func (o AddExternalAdministrator) look(ctx context.Context, t *turn) (Ask, error) {
	ask, err := o.AssignRole.look(ctx, t)
	return apart(ask), err
}

func (o AddExternalAdministrator) run(ctx context.Context, t *turn) (*kontrollrum.ExternalAdministrator, error) {
	if t.target.Home == t.org.ID {
		return nil, kontrollrum.Clash("user_not_external", "the person is a user of this organization; assign the role there")
	}
	a, err := under(ctx, t, o.AssignRole)
	if err != nil {
		return nil, err
	}
	return t.external(ctx, a)
}

// ChangeExternalAdministrator sets when an external administrator's role here
// ends, and why it is held.
type ChangeExternalAdministrator struct{ ChangeAssignment }

func (o ChangeExternalAdministrator) asks() Ask { return apart(o.ChangeAssignment.asks()) }

func (o ChangeExternalAdministrator) look(ctx context.Context, t *turn) (Ask, error) {
	ask, err := o.ChangeAssignment.look(ctx, t)
	return apart(ask), err
}

func (o ChangeExternalAdministrator) run(ctx context.Context, t *turn) (*kontrollrum.ExternalAdministrator, error) {
	if t.target.Home == t.org.ID {
		return nil, kontrollrum.Missing("assignment")
	}
	a, err := under(ctx, t, o.ChangeAssignment)
	if err != nil {
		return nil, err
	}
	return t.external(ctx, a)
}

// apart is the ask of an op that has another done and leaves the entry to it.
func apart(ask Ask) Ask {
	ask.Parts = true
	return ask
}

// external shows the turn's target as the holder of an assignment.
func (t *turn) external(ctx context.Context, a *kontrollrum.Assignment) (*kontrollrum.ExternalAdministrator, error) {
	found, _, err := t.tx.ExternalAdministrators(ctx, t.org.ID, Filter{IDs: []kontrollrum.UserID{a.User}, Limit: MaxPage}, t.sees, t.now)
	for i := range found {
		if found[i].Assignment.ID == a.ID {
			return &found[i], err
		}
	}
	if err == nil {
		err = kontrollrum.Missing("assignment")
	}
	return nil, err
}

// VerifyExternal says, before anything is sent, whether a person of another
// organization could be given a role here, and else which condition fails.
type VerifyExternal struct {
	Organization string
	Email        string
	Role         policy.Role // zero: service administrator
}

// A Verdict is the answer of [VerifyExternal].
type Verdict struct {
	User         kontrollrum.UserID
	Organization kontrollrum.OrganizationID // home
	Home, Plate  string                     // its name and plate
	Relation     policy.Relation            // of it to the organization
	DisplayName  string
	Email        kontrollrum.Email
	OK           bool
	Code         string // which condition fails
	Rule         string
	Message      string
}

func (o VerifyExternal) role() policy.Role {
	if o.Role == policy.NoRole {
		return policy.ServiceAdmin
	}
	return o.Role
}

// Without a target the question is whether the caller may at all.
func (o VerifyExternal) asks() Ask {
	give, _, ok := policy.Handing(o.role(), true)
	if !ok {
		give = policy.RolesServiceAdminAssignExternal // whom run tells that there is no such role to give
	}
	return Ask{Action: give, In: o.Organization, ReadOnly: true, Role: o.role()}
}

func (o VerifyExternal) run(ctx context.Context, t *turn) (*Verdict, error) {
	if _, _, ok := policy.Handing(o.role(), true); !ok {
		return nil, kontrollrum.Wrong("role", o.Role.String(), "ask about full_admin, service_admin or read_only_admin")
	}
	email, err := kontrollrum.ParseEmail(o.Email)
	if err != nil {
		return nil, err
	}
	s, err := t.tx.Standing(ctx, placeOf(string(t.org.ID)), string(t.actor.ID), string(email), t.now)
	if err != nil {
		return nil, err
	}
	v := &Verdict{Email: email}
	switch {
	case s.Target == nil:
		v.Code, v.Message = "user_not_found", "nobody in the installation has this address; the person must first be a user of their own organization"
		return v, nil
	case s.Target.Home == t.org.ID:
		v.User, v.Organization, v.DisplayName = s.Target.ID, t.org.ID, s.Target.Name // a colleague of who asks
		v.Code, v.Message = "user_not_external", "the person is a user of this organization; assign the role there"
		return v, nil
	}
	v.User, v.Organization, v.DisplayName, v.Relation = s.Target.ID, s.Target.Home, s.Target.Name, s.Target.Relation(t.org.ID)
	home, err := t.tx.Organization(ctx, placeOf(string(s.Target.Home)))
	if err != nil {
		return nil, err
	}
	v.Home, v.Plate = home.Name, home.Plate
	give, _, _ := policy.Handing(o.role(), true)
	f := facts(&t.org, s.Actor, s.Target)
	p := policy.May(give, &f)
	v.OK, v.Code, v.Rule = p.OK, string(p.Why), p.Rule
	if !p.OK {
		v.Message = explain(give, p)
	}
	return v, nil
}
