package ops

import (
	"context"
	"strconv"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// SaveUserProfile says what supervisors with a user profile may do with
// business hours (c6): adds a profile, or replaces what one of that name gives.
type SaveUserProfile struct {
	Organization string
	Name         string
	WorkingHour  policy.Access
	HolidayList  policy.Access
	Override     policy.Access
}

func (o SaveUserProfile) asks() Ask {
	return Ask{Action: policy.ContactCenterConfigure, In: o.Organization}
}

func (o SaveUserProfile) run(ctx context.Context, t *turn) (string, error) {
	if strings.TrimSpace(o.Name) == "" {
		return "", kontrollrum.Wrong("name", o.Name, "give the user profile a name")
	}
	for _, a := range []policy.Access{o.WorkingHour, o.HolidayList, o.Override} {
		if a > policy.Edit {
			return "", kontrollrum.Wrong("access", strconv.Itoa(int(a)), "use no access, view or edit")
		}
	}
	if err := plain("name", o.Name, 80); err != nil {
		return "", err
	}
	gave, found, err := t.tx.UserProfile(ctx, t.org.ID, o.Name)
	if err != nil {
		return "", err
	}
	if found {
		before := o
		before.WorkingHour, before.HolidayList, before.Override = gave[0], gave[1], gave[2]
		t.before = before
	}
	t.after = o
	return t.tx.SaveUserProfile(ctx, t.org.ID, t.hub.newID(), o.Name, [3]policy.Access{o.WorkingHour, o.HolidayList, o.Override})
}

// GiveUserProfile gives a user a profile, by the id that [SaveUserProfile] answered.
type GiveUserProfile struct {
	Organization string
	User         string
	Profile      string
}

func (o GiveUserProfile) asks() Ask {
	return Ask{Action: policy.ContactCenterConfigure, In: o.Organization, To: o.User, Person: true}
}

func (o GiveUserProfile) run(ctx context.Context, t *turn) (Nothing, error) {
	there, err := t.tx.UserProfileExists(ctx, t.org.ID, o.Profile)
	if err != nil {
		return Nothing{}, err
	}
	if !there {
		return Nothing{}, kontrollrum.Missing("user_profile")
	}
	had, err := t.tx.UserProfileOf(ctx, t.org.ID, t.target.ID)
	if err != nil {
		return Nothing{}, err
	}
	if had != "" {
		before := o
		before.Profile = had
		t.before = before
	}
	t.after = o
	return Nothing{}, t.tx.SetUserProfile(ctx, t.org.ID, t.target.ID, o.Profile)
}
