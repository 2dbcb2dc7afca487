package ops

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A reversal is how the change of an entry is taken back.
type reversal struct {
	action policy.Action // that is asked for it
	raises bool          // it gives the person more than they hold
	keeps  bool          // as in [Ask]
	do     func(context.Context, *turn) error
}

// by is the reversal by an op.
func by[R any](action policy.Action, op Op[R]) *reversal {
	return &reversal{action: action, do: func(ctx context.Context, t *turn) error {
		_, err := under(ctx, t, op)
		return err
	}}
}

// present is how those things are now that entries tell the past of, as far as
// it was asked for.
type present struct {
	user *kontrollrum.User
	held []kontrollrum.Assignment
	read bool
}

// whole sees what the caller may not: to compare, never to tell.
var whole = policy.Sight{Users: true, Administrators: policy.SeesAll, External: policy.SeesAll, Audit: policy.SeesAll}

// of loads the person whom an entry is about. Who was removed since is there no more.
func (p *present) of(ctx context.Context, t *turn, e *kontrollrum.Entry) (err error) {
	if p.read {
		return nil
	}
	p.user, err = t.tx.User(ctx, t.org.ID, e.Target, whole, t.now)
	if errors.Is(err, kontrollrum.NotFound) {
		p.user, err = nil, nil // of another organization, or of none any more
	}
	if err == nil {
		p.held, err = t.tx.Assignments(ctx, t.org.ID, e.Target, t.now)
	}
	p.read = err == nil
	return err
}

// companion reports whether an entry only says that another, of the same op,
// was permitted.
func companion(e *kontrollrum.Entry) bool {
	return e.Action == policy.OrganizationRestrictExternal.String() || e.Action == policy.RolesReachCustomers.String() && len(e.Before) == 0
}

// gave is 1 where an entry tells of something given, -1 of something taken.
func gave(e *kontrollrum.Entry) int {
	switch {
	case len(e.Before) == 0:
		return 1
	case len(e.After) == 0:
		return -1
	}
	var before, after kontrollrum.User
	if Category(e.Action) != "LICENSES" || decode(e, &before, &after) != nil {
		return 0
	}
	return len(after.Holdings) - len(before.Holdings)
}

func decode(e *kontrollrum.Entry, before, after any) error {
	for _, side := range []struct {
		text []byte
		to   any
	}{{e.Before, before}, {e.After, after}} {
		if len(side.text) > 0 {
			if err := json.Unmarshal(side.text, side.to); err != nil {
				return notUndoable("the entry is of another version")
			}
		}
	}
	return nil
}

// reversal finds how an entry's change is taken back, or says by a Conflict why
// it is not. That the caller may is judged when it is done.
func (t *turn) reversal(ctx context.Context, e *kontrollrum.Entry, now *present) (*reversal, error) {
	action, known := policy.ParseAction(e.Action)
	if !known || e.Outcome != kontrollrum.Done || companion(e) {
		return nil, notUndoable("nothing was changed by it alone")
	}
	var back func(*turn, *kontrollrum.Entry, *present) (*reversal, error)
	switch action {
	case policy.LicensesContactCenterEdit, policy.LicensesOtherEdit:
		back = (*turn).licenseBack
	case policy.UsersActivate, policy.UsersDeactivate:
		back = (*turn).activityBack
	case policy.UsersEditDetails:
		back = (*turn).detailsBack
	case policy.OrganizationEditSettings:
	default:
		if _, _, ok := handed(action); !ok {
			return nil, notUndoable("this cannot be taken back; change it as it should be")
		}
		back = (*turn).roleBack
	}
	if t.now.Sub(e.At) > UndoFor {
		return nil, kontrollrum.Clash("too_old", "changes are taken back within 30 days; change it as it should be")
	}
	if back == nil {
		return t.settingsBack(ctx, e)
	}
	if err := now.of(ctx, t, e); err != nil {
		return nil, err
	}
	return back(t, e, now)
}

// handed says which role an action gives or takes, and whether of people from elsewhere.
func handed(a policy.Action) (r policy.Role, external, ok bool) {
	for _, r := range policy.Roles() {
		for _, external := range []bool{false, true} {
			if give, take, ok := policy.Handing(r, external); ok && (a == give || a == take) {
				return r, external, true
			}
		}
	}
	return 0, false, false
}

func (t *turn) licenseBack(e *kontrollrum.Entry, now *present) (*reversal, error) {
	var before, after kontrollrum.User
	if err := decode(e, &before, &after); err != nil {
		return nil, err
	}
	var changed []kontrollrum.Holding
	for _, h := range slices.Concat(before.Holdings, after.Holdings) {
		if holding(&before, h.License) != holding(&after, h.License) && !slices.ContainsFunc(changed, func(c kontrollrum.Holding) bool { return c.License == h.License }) {
			changed = append(changed, h)
		}
	}
	if len(changed) != 1 {
		return nil, notUndoable("the entry does not say which licence it is about")
	}
	if now.user == nil {
		return nil, changedSince()
	}
	id := changed[0].License
	was, is, held := holding(&before, id), holding(&after, id), holding(now.user, id)
	switch {
	case held == was:
		return nil, undoneAlready()
	case held != is:
		return nil, changedSince()
	}
	action, org, user := policy.LicensesOtherEdit, string(t.org.ID), string(e.Target)
	if changed[0].Product.ContactCenter() {
		action = policy.LicensesContactCenterEdit
	}
	if was == (kontrollrum.Holding{}) {
		return by(action, RemoveLicense{org, user, id}), nil
	}
	if other := func(h kontrollrum.Holding) bool { return h.License != id && h.Product.ContactCenter() }; was.Product.ContactCenter() && slices.ContainsFunc(now.user.Holdings, other) {
		return nil, changedSince()
	}
	return by(action, AssignLicense{org, user, id, &was.Supervisor}), nil
}

// holding is what u holds of a licence; zero where nothing.
func holding(u *kontrollrum.User, id kontrollrum.LicenseID) kontrollrum.Holding {
	for _, h := range u.Holdings {
		if h.License == id {
			return h
		}
	}
	return kontrollrum.Holding{}
}

func undoneAlready() *kontrollrum.Error {
	return kontrollrum.Clash("undone_already", "it is as it was before already")
}

// activityBack lets in whom a change shut out, at the status that they had, and
// shuts out whom it let in. Who was let in before they verified their address
// stays: to be invited again is another thing than to be shut out.
func (t *turn) activityBack(e *kontrollrum.Entry, now *present) (*reversal, error) {
	var before, after kontrollrum.User
	if err := decode(e, &before, &after); err != nil {
		return nil, err
	}
	shutOut := after.Status == kontrollrum.Inactive
	switch {
	case !shutOut && before.Status != kontrollrum.Inactive:
		return nil, notUndoable("the person was not inactive before; deactivate them instead")
	case now.user == nil:
		return nil, changedSince()
	case now.user.Status == before.Status:
		return nil, undoneAlready()
	case now.user.Status != after.Status:
		return nil, changedSince()
	}
	org, user := string(t.org.ID), string(e.Target)
	if shutOut {
		return by(policy.UsersActivate, reinstate{org, user, before.Status}), nil
	}
	return by(policy.UsersDeactivate, DeactivateUser{org, user}), nil
}

// reinstate lets in somebody who was shut out, as far as they had come before.
type reinstate struct {
	Organization string
	User         string
	Status       kontrollrum.UserStatus
}

func (o reinstate) asks() Ask {
	return Ask{Action: policy.UsersActivate, In: o.Organization, To: o.User, Person: true}
}

func (o reinstate) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	return t.updated(ctx, func(u *kontrollrum.User) error { u.Status = o.Status; return nil })
}

// A tally counts fields: put back, as they were already, changed since.
type tally struct{ back, already, since int }

// putBack makes *now what it was before, where it still is as it was left.
func putBack[T comparable](n *tally, before, after T, now *T) {
	switch {
	case before == after:
	case *now == after:
		*now = before
		n.back++
	case *now == before:
		n.already++
	default:
		n.since++
	}
}

// err says why there is nothing to put back, where there is nothing.
func (n tally) err() error {
	switch {
	case n.back > 0:
		return nil
	case n.since > 0:
		return changedSince()
	case n.already > 0:
		return undoneAlready()
	}
	return notUndoable("the entry does not say what it changed")
}

func (t *turn) detailsBack(e *kontrollrum.Entry, now *present) (*reversal, error) {
	var before, after kontrollrum.User
	if err := decode(e, &before, &after); err != nil {
		return nil, err
	}
	if now.user == nil {
		return nil, changedSince()
	}
	d, was, is := detailsOf(now.user), detailsOf(&before), detailsOf(&after)
	var n tally
	for _, f := range []func(*Details) *string{
		func(d *Details) *string { return &d.FirstName }, func(d *Details) *string { return &d.LastName },
		func(d *Details) *string { return &d.DisplayName }, func(d *Details) *string { return &d.Title },
		func(d *Details) *string { return &d.Department }, func(d *Details) *string { return &d.Phone },
		func(d *Details) *string { return &d.Location }, func(d *Details) *string { return &d.Language },
		func(d *Details) *string { return &d.TimeZone },
	} {
		putBack(&n, *f(&was), *f(&is), f(&d))
	}
	return by(policy.UsersEditDetails, EditUser{Organization: string(t.org.ID), User: string(e.Target), Details: d}), n.err()
}

func detailsOf(u *kontrollrum.User) Details {
	return Details{u.FirstName, u.LastName, u.DisplayName, u.Title, u.Department, u.Phone, u.Location, u.Language, u.TimeZone}
}

func (t *turn) settingsBack(ctx context.Context, e *kontrollrum.Entry) (*reversal, error) {
	var before, after kontrollrum.Organization
	if err := decode(e, &before, &after); err != nil {
		return nil, err
	}
	found, err := t.tx.Organization(ctx, placeOf(string(t.org.ID)))
	if err != nil {
		return nil, err
	}
	now := *found
	var n tally
	putBack(&n, before.Name, after.Name, &now.Name)
	putBack(&n, before.Country, after.Country, &now.Country)
	putBack(&n, before.Language, after.Language, &now.Language)
	putBack(&n, before.TimeZone, after.TimeZone, &now.TimeZone)
	putBack(&n, before.OwnAdministratorsOnly, after.OwnAdministratorsOnly, &now.OwnAdministratorsOnly)
	putBack(&n, before.SecondFactor, after.SecondFactor, &now.SecondFactor)
	putBack(&n, before.AutomaticMails, after.AutomaticMails, &now.AutomaticMails)
	putBack(&n, before.Overage, after.Overage, &now.Overage)
	return by(policy.OrganizationEditSettings, EditOrganization{
		Organization: string(t.org.ID), Name: differing(now.Name, found.Name), Country: differing(now.Country, found.Country),
		Language: differing(now.Language, found.Language), TimeZone: differing(now.TimeZone, found.TimeZone),
		OwnAdministratorsOnly: differing(now.OwnAdministratorsOnly, found.OwnAdministratorsOnly),
		SecondFactor:          differing(now.SecondFactor, found.SecondFactor),
		AutomaticMails:        differing(now.AutomaticMails, found.AutomaticMails), Overage: differing(now.Overage, found.Overage),
	}), n.err()
}

// differing is what to set; nil where it is so already.
func differing[T comparable](to, now T) *T {
	if to == now {
		return nil
	}
	return &to
}
