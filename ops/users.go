package ops

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Details is what a user may be called and where they are found.
type Details struct {
	FirstName   string
	LastName    string
	DisplayName string // empty: first and last name
	Title       string
	Department  string
	Phone       string
	Location    string
	Language    string // BCP 47; empty: the organization's
	TimeZone    string // IANA; empty: the organization's
}

// AddUser adds a user, not verified, to an organization (the caller's home
// where none is named), and invites them by mail, unless the organization wants
// no automatic mails. Conflict where the address is taken.
type AddUser struct {
	Organization string
	Email        string
	Details
	Silent bool // no mail: they are invited later, or not by mail
}

func (o AddUser) asks() Ask { return Ask{Action: policy.UsersAdd, In: o.Organization} }

func (o AddUser) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	email, wrong := kontrollrum.ParseEmail(o.Email)
	details, err := o.Details.check()
	if err = errors.Join(wrong, err); err != nil {
		return nil, err
	}
	if err := t.free(ctx, email); err != nil {
		return nil, err
	}
	u := &kontrollrum.User{
		ID: kontrollrum.UserID(t.hub.newID()), Organization: t.org.ID, Email: email,
		Status: kontrollrum.NotVerified, Created: t.now,
	}
	details.put(u, t.now)
	if err := t.tx.InsertUser(ctx, u); err != nil {
		return nil, err
	}
	t.target = &store.Person{ID: u.ID, Home: u.Organization, Email: u.Email, Name: u.DisplayName} // whom the entry is about
	t.after = u
	if o.Silent {
		return u, nil
	}
	return u, t.welcome(ctx, u)
}

func (d Details) check() (Details, error) {
	var errs []error
	for _, f := range []struct {
		name string
		text *string
	}{{"firstName", &d.FirstName}, {"lastName", &d.LastName}, {"displayName", &d.DisplayName}, {"title", &d.Title},
		{"department", &d.Department}, {"phone", &d.Phone}, {"location", &d.Location}} {
		*f.text = strings.TrimSpace(*f.text)
		errs = append(errs, plain(f.name, *f.text, 256))
	}
	if d.DisplayName == "" {
		d.DisplayName = strings.TrimSpace(d.FirstName + " " + d.LastName)
	}
	if d.DisplayName == "" {
		errs = append(errs, kontrollrum.Wrong("displayName", "", "give a display name, a first name or a last name"))
	}
	errs = append(errs, checkLanguage(d.Language), checkTimeZone(d.TimeZone))
	return d, errors.Join(errs...)
}

// plain refuses text that is too long, not UTF-8, or holds control characters.
func plain(field, text string, limit int) error {
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return kontrollrum.Wrong(field, strings.ToValidUTF8(text, "\ufffd"), "use text in UTF-8 without control characters")
	case utf8.RuneCountInString(text) > limit:
		return kontrollrum.Wrong(field, string([]rune(text)[:32])+"…", fmt.Sprintf("shorten it to at most %d characters", limit))
	}
	return nil
}

func checkLanguage(tag string) error {
	if tag == "" {
		return nil
	}
	// Its length first: to parse a long one takes the square of it (RFC 5646 §4.4.1).
	if len(tag) <= 35 {
		if _, err := language.Parse(tag); err == nil {
			return nil
		}
	}
	return kontrollrum.Wrong("language", tag, "use a BCP 47 language tag such as sv or en-GB")
}

func checkTimeZone(name string) error {
	if name == "" {
		return nil
	}
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		return kontrollrum.Wrong("timeZone", name, "use an IANA time zone such as Europe/Stockholm")
	}
	return nil
}

func (d Details) put(u *kontrollrum.User, now time.Time) {
	u.FirstName, u.LastName, u.DisplayName = d.FirstName, d.LastName, d.DisplayName
	u.Title, u.Department, u.Phone, u.Location = d.Title, d.Department, d.Phone, d.Location
	u.Language, u.TimeZone, u.Modified = d.Language, d.TimeZone, now
}

// ViewUser shows one user, named by id or address, with licences and the roles
// the caller may see. [Myself] shows the caller.
type ViewUser struct {
	Organization string // empty: the user's home
	User         string
}

func (o ViewUser) asks() Ask {
	return Ask{Action: policy.UsersView, In: o.Organization, To: o.User, Person: true}
}

func (o ViewUser) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	return t.user(ctx)
}

// user loads the turn's target as the caller may see it.
func (t *turn) user(ctx context.Context) (*kontrollrum.User, error) {
	sees := t.sees
	if t.facts.Target.Self { // one's own roles are no secret
		sees.Administrators = policy.SeesAll
	}
	u, err := t.tx.User(ctx, t.org.ID, t.target.ID, sees, t.now)
	if err == nil && t.sees.Administrators != policy.SeesAll { // who gave them is another's
		for i := range u.Assignments {
			u.Assignments[i].GivenBy = ""
		}
	}
	return u, err
}

// Myself shows the caller, at home.
type Myself struct{}

func (Myself) asks() Ask { return Ask{Action: policy.UsersView} }

func (Myself) look(_ context.Context, t *turn) (Ask, error) {
	if t.actor == nil {
		return Ask{}, kontrollrum.Missing("user") // the operator and applications are no users
	}
	t.target = t.actor
	return Ask{Action: policy.UsersView, To: string(t.actor.ID)}, nil
}

func (Myself) run(ctx context.Context, t *turn) (*kontrollrum.User, error) { return t.user(ctx) }

// EditUser replaces a user's details. Whoever may not change the address gives
// it unchanged or leaves it empty.
type EditUser struct {
	Organization string
	User         string
	Email        string // empty: unchanged
	Details
}

func (o EditUser) asks() Ask {
	return Ask{Action: policy.UsersEditDetails, In: o.Organization, To: o.User, Person: true}
}

func (o EditUser) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	details, err := o.Details.check()
	if err != nil {
		return nil, err
	}
	before, err := t.user(ctx)
	if err != nil {
		return nil, err
	}
	if o.Email != "" && !strings.EqualFold(strings.TrimSpace(o.Email), string(before.Email)) {
		changed, err := under(ctx, t, ChangeEmail{Organization: string(t.org.ID), User: string(t.target.ID), Email: o.Email})
		if err != nil {
			return nil, err
		}
		before.Email, before.Modified = changed.Email, changed.Modified
	}
	after := *before
	if details.put(&after, t.now); sameDetails(after, *before) {
		after.Modified = before.Modified
	}
	t.change(before, &after)
	return &after, t.tx.UpdateUser(ctx, &after)
}

// change notes what an entry shows of a user before and after. Roles are left
// out: they have entries of their own, for who may see them.
func (t *turn) change(before, after *kontrollrum.User) {
	show := func(u *kontrollrum.User) any {
		if u == nil {
			return nil
		}
		shown := *u
		shown.Assignments = nil
		return shown
	}
	t.before, t.after = show(before), show(after)
}

// updated changes the turn's target by f, writes it and notes both states.
func (t *turn) updated(ctx context.Context, f func(*kontrollrum.User) error) (*kontrollrum.User, error) {
	before, err := t.user(ctx)
	if err != nil {
		return nil, err
	}
	after := *before
	if err := f(&after); err != nil {
		return nil, err
	}
	after.Modified = t.now
	t.change(before, &after)
	return &after, t.tx.UpdateUser(ctx, &after)
}

// ActivateUser lets a user in, whether deactivated or not yet verified.
// Conflict where they are active.
type ActivateUser struct {
	Organization string
	User         string
}

func (o ActivateUser) asks() Ask {
	return Ask{Action: policy.UsersActivate, In: o.Organization, To: o.User, Person: true}
}

func (o ActivateUser) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	return t.updated(ctx, func(u *kontrollrum.User) error {
		if u.Status == kontrollrum.Active {
			return kontrollrum.Clash("already_active", "the user is active already")
		}
		u.Status = kontrollrum.Active
		return nil
	})
}

// DeactivateUser shuts a user out, at once and everywhere; licences and roles
// stay. Sessions and the tokens that they made are over also when somebody lets
// them in again. Conflict where they are inactive.
type DeactivateUser struct {
	Organization string
	User         string
}

func (o DeactivateUser) asks() Ask {
	return Ask{Action: policy.UsersDeactivate, In: o.Organization, To: o.User, Person: true}
}

func (o DeactivateUser) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	return t.updated(ctx, func(u *kontrollrum.User) error {
		if u.Status == kontrollrum.Inactive {
			return kontrollrum.Clash("already_inactive", "the user is inactive already")
		}
		u.Status = kontrollrum.Inactive
		return errors.Join(t.tx.EndSessions(ctx, u.ID, "", t.now), t.tx.RevokeOwnTokens(ctx, u.Organization, u.ID, t.now))
	})
}

// RemoveUser removes a user for good: licences are freed, assignments ended in
// every organization, tokens revoked; the audit log stays.
type RemoveUser struct {
	Organization string
	User         string
}

func (o RemoveUser) asks() Ask {
	return Ask{Action: policy.UsersRemove, In: o.Organization, To: o.User, Person: true}
}

func (o RemoveUser) run(ctx context.Context, t *turn) (Nothing, error) {
	u, err := t.user(ctx)
	if err != nil {
		return Nothing{}, err
	}
	t.change(u, nil)
	for _, h := range u.Holdings {
		if err := t.drop(ctx, u.ID, h.License); err != nil {
			return Nothing{}, err
		}
	}
	held, err := t.tx.AssignmentsAnywhere(ctx, u.ID, t.now)
	if err != nil {
		return Nothing{}, err
	}
	for _, a := range held {
		if err := t.close(ctx, a); err != nil {
			return Nothing{}, err
		}
		t.also = append(t.also, t.followed(a))
	}
	if err := t.tx.EndSessions(ctx, u.ID, "", t.now); err != nil {
		return Nothing{}, err
	}
	return Nothing{}, t.tx.DeleteUser(ctx, t.org.ID, u.ID)
}

// followed is the entry of an assignment that ended because its holder was removed.
func (t *turn) followed(a kontrollrum.Assignment) kontrollrum.Entry {
	_, action, _ := policy.Handing(a.Role, a.Organization != t.org.ID)
	e := t.entry(Ask{Action: action, Role: a.Role, Reason: "the user was removed"})
	e.Organization = a.Organization
	if a.Organization != t.org.ID {
		e.Cell, e.ActorRole = "", "" // held elsewhere, and no business of this organization
	}
	e.Before, _ = encode(a)
	return e
}

// Nothing is the result of an op that has none.
type Nothing struct{}
