package ops

import (
	"context"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// An AgentLicense is what somebody holds of the contact-centre licences.
type AgentLicense struct {
	Product    kontrollrum.Product // empty: none
	Supervisor bool
}

// AgentLicenseOf is what u holds.
func AgentLicenseOf(u *kontrollrum.User) (out AgentLicense) {
	for _, h := range u.Holdings {
		if h.Product.ContactCenter() {
			out = AgentLicense{h.Product, h.Supervisor}
		}
	}
	return out
}

// ExclusiveOf is the exclusive role that u is seen to hold; nil where none.
func ExclusiveOf(u *kontrollrum.User) *kontrollrum.Assignment {
	for i := range u.Assignments {
		if u.Assignments[i].Role.Exclusive() {
			return &u.Assignments[i]
		}
	}
	return nil
}

// An AgentChange exchanges one contact-centre licence for another, or none.
type AgentChange struct{ From, To AgentLicense }

// A RoleChange exchanges an exclusive role for another, or none. Of the same
// role it sets the terms.
type RoleChange struct {
	From, To policy.Role
	Reach    kontrollrum.Reach
	Ends     time.Time // zero: none
	Reason   string
}

// ChangePerson changes licences and the exclusive role of a user together: each
// difference judged and recorded as if asked for alone, and all made or none. A
// new licence is of a subscription with seats left, where there is one. Conflict,
// with the code changed_meanwhile and the field at fault, where the person no
// longer holds what the change is from.
type ChangePerson struct {
	Organization string
	User         string
	Agent        *AgentChange            // nil: as it is
	Role         *RoleChange             // nil: as it is
	Give, Take   []kontrollrum.LicenseID // of other services; what is so already stays so
}

func (o ChangePerson) asks() Ask {
	return Ask{Action: policy.UsersView, In: o.Organization, To: o.User, Person: true, Parts: true}
}

func (o ChangePerson) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	u, err := t.user(ctx)
	if err != nil {
		return nil, err
	}
	for _, part := range []func(context.Context, *turn, *kontrollrum.User) error{o.role, o.agent, o.others} {
		if err := part(ctx, t, u); err != nil {
			return nil, err
		}
	}
	return t.user(ctx)
}

func changedMeanwhile(field string) *kontrollrum.Error {
	return &kontrollrum.Error{Kind: kontrollrum.Conflict, Code: "changed_meanwhile", Field: field, Message: "somebody changed it meanwhile; look at how it is now"}
}

// role takes away first, so that one exclusive role may be exchanged for another.
func (o ChangePerson) role(ctx context.Context, t *turn, u *kontrollrum.User) error {
	if o.Role == nil {
		return nil
	}
	held, org, user := policy.NoRole, string(t.org.ID), string(u.ID)
	a := ExclusiveOf(u)
	if a != nil {
		held = a.Role
	}
	switch {
	case held == o.Role.To && held == policy.NoRole:
		return nil
	case held == o.Role.To:
		return o.terms(ctx, t, a)
	case held != o.Role.From:
		return changedMeanwhile("role")
	}
	if held != policy.NoRole {
		if _, err := under(ctx, t, RevokeRole{Organization: org, User: user, Role: held, Reason: o.Role.Reason}); err != nil {
			return err
		}
	}
	if o.Role.To == policy.NoRole {
		return nil
	}
	_, err := under(ctx, t, AssignRole{Organization: org, User: user, Role: o.Role.To, Reach: o.Role.Reach, Ends: o.Role.Ends, Reason: o.Role.Reason})
	return err
}

// terms sets when the role that is held ends, and why it is held.
func (o ChangePerson) terms(ctx context.Context, t *turn, a *kontrollrum.Assignment) error {
	change := ChangeAssignment{Organization: string(t.org.ID), User: string(a.User), Role: a.Role}
	if !o.Role.Ends.UTC().Truncate(time.Microsecond).Equal(a.Ends) {
		change.Ends = &o.Role.Ends
	}
	if o.Role.Reason != a.Reason {
		change.Reason = &o.Role.Reason
	}
	if change.Ends == nil && change.Reason == nil {
		return nil
	}
	_, err := under(ctx, t, change)
	return err
}

func (o ChangePerson) agent(ctx context.Context, t *turn, u *kontrollrum.User) error {
	held := AgentLicenseOf(u)
	switch {
	case o.Agent == nil || held == o.Agent.To:
		return nil
	case held != o.Agent.From:
		return changedMeanwhile("license")
	}
	org, user, to := string(t.org.ID), string(u.ID), o.Agent.To
	for _, h := range u.Holdings {
		switch {
		case !h.Product.ContactCenter():
		case h.Product == to.Product:
			_, err := under(ctx, t, AssignLicense{org, user, h.License, &to.Supervisor})
			return err
		default:
			if _, err := under(ctx, t, RemoveLicense{org, user, h.License}); err != nil {
				return err
			}
		}
	}
	if to.Product == "" {
		return nil
	}
	id, err := t.licenseOf(ctx, to.Product)
	if err != nil {
		return err
	}
	_, err = under(ctx, t, AssignLicense{org, user, id, &to.Supervisor})
	return err
}

// licenseOf finds the licence of a product to give next: one with seats left
// before what an overage would allow, and no trial where there is another.
func (t *turn) licenseOf(ctx context.Context, p kontrollrum.Product) (kontrollrum.LicenseID, error) {
	all, err := t.tx.Licenses(ctx, t.org.ID, "", t.now)
	if err != nil {
		return "", err
	}
	all = slices.DeleteFunc(all, func(l kontrollrum.License) bool { return l.Product != p || l.Ended })
	if len(all) == 0 {
		return "", kontrollrum.Missing("license")
	}
	rank := func(l kontrollrum.License) (n int) {
		if l.Used >= l.Bought {
			n += 2
		}
		if l.Trial {
			n++
		}
		return n
	}
	return slices.MinFunc(all, func(a, b kontrollrum.License) int { return rank(a) - rank(b) }).ID, nil
}

func (o ChangePerson) others(ctx context.Context, t *turn, u *kontrollrum.User) error {
	for _, id := range o.Take {
		if holding(u, id) != (kontrollrum.Holding{}) {
			if _, err := (LicenseChange{License: id, Remove: true}).run(ctx, t); err != nil {
				return err
			}
		}
	}
	for _, id := range o.Give {
		if holding(u, id) == (kontrollrum.Holding{}) {
			if _, err := (LicenseChange{License: id}).run(ctx, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// ForeseeChange says what a user could do with another licence or exclusive role,
// and can now, as far as the caller may see the roles they hold.
type ForeseeChange struct {
	Organization string
	User         string
	Agent        *AgentLicense // nil: as it is
	Role         *policy.Role  // nil: as it is
}

// An Outlook is the answer of [ForeseeChange]: of each action of the article, and
// of coming into the hub, what the matrix gives them. No is no.
type Outlook struct {
	Before, After map[policy.Action]policy.Cell
	Profile       [3]policy.Access // of the user's profile, which stays
}

func (o ForeseeChange) asks() Ask {
	return Ask{Action: policy.UsersView, In: o.Organization, To: o.User, Person: true}
}

func (o ForeseeChange) run(_ context.Context, t *turn) (*Outlook, error) {
	now := facts(&t.org, t.target, nil)
	now.Held = nil
	for _, h := range t.target.Held {
		if t.facts.Target.Self || t.sees.Role(h.Role, false) {
			now.Held = append(now.Held, h.Role)
		}
	}
	then := now
	if o.Role != nil {
		then.Held = slices.DeleteFunc(slices.Clone(now.Held), policy.Role.Exclusive)
		if *o.Role != policy.NoRole {
			then.Held = append(then.Held, *o.Role)
		}
	}
	if o.Agent != nil {
		then.License, then.Supervisor = policy.NoLicense, o.Agent.Supervisor
		switch o.Agent.Product {
		case kontrollrum.StandardAgent:
			then.License = policy.Standard
		case kontrollrum.PremiumAgent:
			then.License = policy.Premium
		}
	}
	return &Outlook{given(now), given(then), t.target.Profile}, nil
}

// given is what the matrix gives somebody of f, to do to others or, to come in,
// themselves.
func given(f policy.Facts) map[policy.Action]policy.Cell {
	out := map[policy.Action]policy.Cell{}
	for _, a := range append(policy.Article(), policy.ControlHubSignIn) {
		f.Target = policy.Target{Self: a.SignIn()}
		out[a] = policy.No
		if p := policy.May(a, &f); p.OK {
			out[a] = p.Cell
		}
	}
	return out
}

// ViewInvitation says when a user was last invited by mail, and when the next
// invitation may go. Conflict where they need none.
type ViewInvitation struct {
	Organization string
	User         string
}

// An Invitation is the answer of [ViewInvitation].
type Invitation struct {
	Sent time.Time // zero: never
	Next time.Time // zero, or not after now: at once
}

func (o ViewInvitation) asks() Ask {
	return Ask{Action: policy.UsersSendActivation, In: o.Organization, To: o.User, Person: true, ReadOnly: true}
}

func (o ViewInvitation) run(ctx context.Context, t *turn) (*Invitation, error) {
	a, err := t.tx.Addressee(ctx, t.target.Home, t.target.ID)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, kontrollrum.Missing("user")
	}
	last, err := t.tx.LastLetter(ctx, a.Organization, a.User, kontrollrum.ActivationLetter, a.Email)
	if err != nil || last.IsZero() {
		return &Invitation{}, err
	}
	return &Invitation{Sent: last, Next: last.Add(InvitationsApart)}, nil
}
