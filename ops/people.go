package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// AddPerson adds a user with licences and roles: each part judged and recorded
// as if asked for alone, and all of them done or none.
type AddPerson struct {
	AddUser
	Licenses []LicenseChange
	Roles    []policy.Role
	Activate bool // straight away, without an invitation
	Inactive bool // shut out from the start
}

func (o AddPerson) asks() Ask {
	return Ask{Action: policy.UsersAdd, In: o.Organization, Parts: true}
}

func (o AddPerson) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	o.Silent = o.Silent || o.Activate || o.Inactive
	u, err := under(ctx, t, o.AddUser)
	if err != nil {
		return nil, err
	}
	org, user := string(u.Organization), string(u.ID)
	for _, c := range o.Licenses {
		if _, err := under(ctx, t, AssignLicense{org, user, c.License, c.Supervisor}); err != nil {
			return nil, err
		}
	}
	for _, r := range o.Roles {
		if _, err := under(ctx, t, AssignRole{Organization: org, User: user, Role: r}); err != nil {
			return nil, err
		}
	}
	if o.Activate {
		if _, err := under(ctx, t, ActivateUser{org, user}); err != nil {
			return nil, err
		}
	}
	if o.Inactive {
		if _, err := under(ctx, t, DeactivateUser{org, user}); err != nil {
			return nil, err
		}
	}
	return t.tx.User(ctx, u.Organization, u.ID, t.sees, t.now)
}

// AddPeople adds users as [AddPerson] does each: all of them or none. Where it
// fails it says so of every one at fault. Nobody to add is nothing done.
type AddPeople struct {
	Organization string // of all, whatever they name
	People       []AddPerson
}

func (o AddPeople) asks() Ask {
	return Ask{Action: policy.UsersAdd, In: o.Organization, Parts: true}
}

func (o AddPeople) run(ctx context.Context, t *turn) ([]kontrollrum.User, error) {
	out := make([]kontrollrum.User, 0, len(o.People))
	var errs []error
	for i, p := range o.People {
		p.Organization = string(t.org.ID)
		u, err := under(ctx, t, p)
		switch {
		case err == nil:
			out = append(out, *u)
		case errors.Is(err, kontrollrum.Denied) || kontrollrum.All(err) == nil:
			return nil, err // no fault of one of them
		default:
			errs = append(errs, ofPerson(i, p.Email, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return out, nil
}

// ofPerson says of whom the errors speak: people[3].email.
func ofPerson(i int, email string, err error) error {
	var errs []error
	for _, e := range kontrollrum.All(err) {
		of := *e
		of.Field = strings.TrimSuffix(fmt.Sprintf("people[%d].%s", i, e.Field), ".")
		if e.Field == "" {
			of.Value = email
		}
		errs = append(errs, &of)
	}
	return errors.Join(errs...)
}

// ReplacePerson makes a user's details, licences and roles what is given: each
// difference judged and recorded as if asked for alone, and all made or none.
// What is nil is left as it is. Roles that the caller may not see are neither
// needed nor touched.
type ReplacePerson struct {
	EditUser

	// Instead of the same in Details, which are not read.
	Phone    *string
	Location *string
	Language *string
	TimeZone *string

	Licenses *[]kontrollrum.LicenseID
	Roles    *[]policy.Role
	Active   *bool
}

func (o ReplacePerson) asks() Ask {
	return Ask{Action: policy.UsersView, In: o.Organization, To: o.User, Person: true, Parts: true}
}

func (o ReplacePerson) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	u, err := t.user(ctx)
	if err != nil {
		return nil, err
	}
	o.Organization, o.User = string(t.org.ID), string(u.ID)
	d := &o.Details
	d.Phone, d.Location, d.Language, d.TimeZone = u.Phone, u.Location, u.Language, u.TimeZone
	set(&d.Phone, o.Phone)
	set(&d.Location, o.Location)
	set(&d.Language, o.Language)
	set(&d.TimeZone, o.TimeZone)
	for _, part := range []func(context.Context, *turn, *kontrollrum.User) error{o.details, o.roles, o.licenses, o.activity} {
		if err := part(ctx, t, u); err != nil {
			return nil, err
		}
	}
	return t.user(ctx)
}

func (o ReplacePerson) details(ctx context.Context, t *turn, u *kontrollrum.User) error {
	wanted, err := o.Details.check()
	if err != nil {
		return err
	}
	after := *u
	wanted.put(&after, u.Modified)
	address, err := kontrollrum.ParseEmail(or(o.Email, string(u.Email)))
	if err != nil {
		return err
	}
	if sameDetails(after, *u) && address == u.Email {
		return nil
	}
	_, err = under(ctx, t, o.EditUser)
	return err
}

func sameDetails(a, b kontrollrum.User) bool {
	return a.FirstName == b.FirstName && a.LastName == b.LastName && a.DisplayName == b.DisplayName && a.Title == b.Title &&
		a.Department == b.Department && a.Phone == b.Phone && a.Location == b.Location && a.Language == b.Language && a.TimeZone == b.TimeZone
}

// roles takes away first, so that one exclusive role may be exchanged for another.
func (o ReplacePerson) roles(ctx context.Context, t *turn, u *kontrollrum.User) error {
	if o.Roles == nil {
		return nil
	}
	var held []policy.Role
	for _, a := range u.Assignments {
		held = append(held, a.Role)
		if !slices.Contains(*o.Roles, a.Role) {
			if _, err := under(ctx, t, RevokeRole{Organization: o.Organization, User: o.User, Role: a.Role}); err != nil {
				return err
			}
		}
	}
	if u.Supervisor() {
		held = append(held, policy.Supervisor)
	}
	for _, r := range *o.Roles {
		if !slices.Contains(held, r) {
			if _, err := under(ctx, t, AssignRole{Organization: o.Organization, User: o.User, Role: r}); err != nil {
				return err
			}
			held = append(held, r)
		}
	}
	return nil
}

func (o ReplacePerson) licenses(ctx context.Context, t *turn, u *kontrollrum.User) error {
	if o.Licenses == nil {
		return nil
	}
	var changes []LicenseChange
	for _, h := range u.Holdings {
		if !slices.Contains(*o.Licenses, h.License) {
			changes = append(changes, LicenseChange{License: h.License, Remove: true})
		}
	}
	wanted := slices.Clone(*o.Licenses)
	slices.Sort(wanted)
	for _, id := range slices.Compact(wanted) {
		if !slices.ContainsFunc(u.Holdings, func(h kontrollrum.Holding) bool { return h.License == id }) {
			changes = append(changes, LicenseChange{License: id})
		}
	}
	for _, c := range changes {
		if _, err := c.run(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (o ReplacePerson) activity(ctx context.Context, t *turn, u *kontrollrum.User) error {
	var err error
	switch active := u.Status != kontrollrum.Inactive; {
	case o.Active == nil || *o.Active == active:
	case *o.Active:
		_, err = under(ctx, t, ActivateUser{o.Organization, o.User})
	default:
		_, err = under(ctx, t, DeactivateUser{o.Organization, o.User})
	}
	return err
}
