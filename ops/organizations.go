package ops

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// NewOrganization is what must be known of an organization to make it.
type NewOrganization struct {
	Plate     string // three to six capitals and digits
	Name      string
	Country   string // ISO 3166-1 alpha-2; empty: SE
	Language  string // BCP 47; empty: sv
	TimeZone  string // IANA; empty: Europe/Stockholm
	Services  []kontrollrum.Service
	Platform  kontrollrum.Platform // with the contact center service; empty: new
	SetupDone bool
}

var (
	plateText   = regexp.MustCompile(`^[A-Z][A-Z0-9]{2,5}$`)
	countryText = regexp.MustCompile(`^[A-Z]{2}$`)
)

// make checks n and makes the organization of it.
func (n NewOrganization) make(ctx context.Context, t *turn) (*kontrollrum.Organization, error) {
	o := &kontrollrum.Organization{
		ID: kontrollrum.OrganizationID(t.hub.newID()), Plate: n.Plate, Name: strings.TrimSpace(n.Name),
		Country: or(n.Country, "SE"), Language: or(n.Language, "sv"), TimeZone: or(n.TimeZone, "Europe/Stockholm"), DataRegion: "local",
		Services: n.Services, State: kontrollrum.OrganizationActive, Platform: n.Platform, SetupDone: n.SetupDone, AutomaticMails: true,
		Created: t.now, Modified: t.now, Version: 1,
	}
	o.Services = slices.Clone(o.Services) // the op may run again
	slices.Sort(o.Services)
	o.Services = slices.Compact(o.Services)
	if slices.Contains(o.Services, kontrollrum.ContactCenter) && o.Platform == "" {
		o.Platform = kontrollrum.PlatformNew
	}
	var wrong error
	if !plateText.MatchString(n.Plate) {
		wrong = kontrollrum.Wrong("plate", n.Plate, "use three to six capitals and digits, a capital first")
	}
	if err := errors.Join(wrong, checkOrganization(o)); err != nil {
		return nil, err
	}
	if _, err := t.tx.Organization(ctx, placeOf(n.Plate)); !errors.Is(err, kontrollrum.NotFound) {
		if err != nil {
			return nil, err
		}
		return nil, &kontrollrum.Error{Kind: kontrollrum.Conflict, Code: "plate_taken", Field: "plate", Value: n.Plate, Message: "choose another short code"}
	}
	return o, t.tx.InsertOrganization(ctx, o)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

const maxOverage = 1_000_000

func checkOrganization(o *kontrollrum.Organization) error {
	var errs []error
	if o.Name == "" {
		errs = append(errs, kontrollrum.Wrong("name", "", "give the organization a name"))
	}
	if !countryText.MatchString(o.Country) {
		errs = append(errs, kontrollrum.Wrong("country", o.Country, "use two capitals of ISO 3166-1, such as SE"))
	}
	if o.Overage < 0 || o.Overage > maxOverage {
		errs = append(errs, kontrollrum.Wrong("overage", "", "allow between 0 and 1000000 seats beyond what was bought"))
	}
	for _, s := range o.Services {
		if !slices.Contains(kontrollrum.Services(), s) {
			errs = append(errs, kontrollrum.Wrong("services", string(s), "use calling, contact_center, meetings or messaging"))
		}
	}
	if o.Platform != "" && o.Platform != kontrollrum.Platform10 && o.Platform != kontrollrum.PlatformNew {
		errs = append(errs, kontrollrum.Wrong("platform", string(o.Platform), "use 1.0 or new"))
	}
	return errors.Join(append(errs, plain("name", o.Name, 256), checkLanguage(o.Language), checkTimeZone(o.TimeZone))...)
}

// CreateOrganization makes an organization on its own: the operator's, for the
// first of an installation.
type CreateOrganization struct{ NewOrganization }

func (CreateOrganization) asks() Ask { return Ask{Action: policy.OrganizationsCreate, Nowhere: true} }

func (o CreateOrganization) run(ctx context.Context, t *turn) (*kontrollrum.Organization, error) {
	return t.created(o.make(ctx, t))
}

// created notes a new organization, and that the entry is its own.
func (t *turn) created(made *kontrollrum.Organization, err error) (*kontrollrum.Organization, error) {
	if err == nil {
		t.org, t.after = *made, made
	}
	return made, err
}

// FoundOrganization makes an organization with its first full administrator,
// who is invited: both or neither.
type FoundOrganization struct {
	NewOrganization
	Administrator AddUser // of the new organization, whatever it names
}

// A Founded is the answer of [FoundOrganization].
type Founded struct {
	kontrollrum.Organization
	Link MadeLink // the invitation's, for where no mail arrives yet
}

func (FoundOrganization) asks() Ask {
	return Ask{Action: policy.OrganizationsCreate, Nowhere: true, Parts: true}
}

func (o FoundOrganization) run(ctx context.Context, t *turn) (*Founded, error) {
	made, err := under(ctx, t, CreateOrganization{o.NewOrganization})
	if err != nil {
		return nil, err
	}
	first := AddPerson{AddUser: o.Administrator, Roles: []policy.Role{policy.FullAdmin}}
	first.Organization, first.Silent = string(made.ID), false
	u, err := under(ctx, t, first)
	if err != nil {
		return nil, err
	}
	l, err := t.tx.NewestLink(ctx, u.Organization, u.ID, kontrollrum.ForActivation)
	if err != nil {
		return nil, err
	}
	if l == nil {
		return nil, errors.New("the invitation has no link")
	}
	return &Founded{*made, MadeLink{t.hub.linkURL(l), *l}}, nil
}

// CreateCustomer makes an organization of which a partner organization is the
// managing or provisioning partner, or both, from the start.
type CreateCustomer struct {
	Partner string // empty: the caller's home
	NewOrganization
	Managing     bool
	Provisioning bool
}

func (o CreateCustomer) asks() Ask { return Ask{Action: policy.CustomersCreate, In: o.Partner} }

func (o CreateCustomer) run(ctx context.Context, t *turn) (*kontrollrum.Organization, error) {
	made, err := o.make(ctx, t)
	if err != nil {
		return nil, err
	}
	p := kontrollrum.Partnership{Partner: t.org.ID, Customer: made.ID, Managing: o.Managing, Provisioning: o.Provisioning, Started: t.now, GivenBy: t.giver()}
	if !p.Managing && !p.Provisioning {
		p.Managing = true
	}
	t.after = map[string]any{"Customer": made, "Partnership": p}
	return made, t.tx.SetPartnership(ctx, p)
}

// EditOrganization changes an organization's settings; nil leaves one as it is.
// Where Version is given and the organization has changed since, it fails with
// Conflict.
type EditOrganization struct {
	Organization          string
	Version               int
	Name                  *string
	Country               *string
	Language              *string
	TimeZone              *string
	OwnAdministratorsOnly *bool // setting s1
	SecondFactor          *bool // of administrators; switched on it ends the sessions of those who signed in with less
	AutomaticMails        *bool
	Overage               *int
}

func (o EditOrganization) asks() Ask {
	return Ask{Action: policy.OrganizationEditSettings, In: o.Organization}
}

func (o EditOrganization) run(ctx context.Context, t *turn) (*kontrollrum.Organization, error) {
	if o.OwnAdministratorsOnly != nil && *o.OwnAdministratorsOnly != t.org.OwnAdministratorsOnly {
		if _, err := under(ctx, t, restrictExternal{string(t.org.ID), *o.OwnAdministratorsOnly}); err != nil {
			return nil, err
		}
	}
	if o.Overage != nil {
		if err := t.enough(ctx, *o.Overage); err != nil {
			return nil, err
		}
	}
	after, err := t.reorganized(ctx, func(org *kontrollrum.Organization) error {
		if o.Version != 0 && o.Version != org.Version {
			return kontrollrum.Clash("version_mismatch", "the organization has changed since it was read; read it again and repeat the change")
		}
		set(&org.Name, o.Name)
		set(&org.Country, o.Country)
		set(&org.Language, o.Language)
		set(&org.TimeZone, o.TimeZone)
		set(&org.OwnAdministratorsOnly, o.OwnAdministratorsOnly)
		set(&org.SecondFactor, o.SecondFactor)
		set(&org.AutomaticMails, o.AutomaticMails)
		set(&org.Overage, o.Overage)
		return checkOrganization(org)
	})
	if err == nil && o.SecondFactor != nil && *o.SecondFactor {
		err = t.tx.EndDemandedSessions(ctx, "", t.now)
	}
	return after, err
}

// enough fails with Conflict where more seats are in use than were bought and
// an overage would allow.
func (t *turn) enough(ctx context.Context, overage int) error {
	if overage < 0 || overage > maxOverage {
		return nil // which checkOrganization refuses
	}
	licenses, err := t.tx.Licenses(ctx, t.org.ID, "", t.now)
	for _, l := range licenses {
		if l.Used > l.Bought+overage {
			return kontrollrum.Clash("seats_in_use", fmt.Sprintf("%d seats of %s are in use and %d bought; allow at least %d more, or remove the licence from users first",
				l.Used, l.Product, l.Bought, l.Used-l.Bought))
		}
	}
	return err
}

func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}

// restrictExternal is the permission to switch setting s1, the customer's own:
// a restriction that those it restricts could lift would be none.
type restrictExternal struct {
	Organization string
	On           bool
}

func (o restrictExternal) asks() Ask {
	return Ask{Action: policy.OrganizationRestrictExternal, In: o.Organization}
}

func (o restrictExternal) run(_ context.Context, t *turn) (Nothing, error) {
	t.before, t.after = !o.On, o.On
	return Nothing{}, nil
}

// reorganized changes the turn's organization by f, writes it and notes both
// states. Where f changes nothing it stays of the same version.
func (t *turn) reorganized(ctx context.Context, f func(*kontrollrum.Organization) error) (*kontrollrum.Organization, error) {
	before, err := t.tx.Organization(ctx, placeOf(string(t.org.ID)))
	if err != nil {
		return nil, err
	}
	after := *before
	if err := f(&after); err != nil {
		return nil, err
	}
	if reflect.DeepEqual(&after, before) {
		t.before, t.after = before, before
		return before, nil
	}
	after.Modified, after.Version = t.now, before.Version+1
	t.before, t.after = before, &after
	return &after, t.tx.UpdateOrganization(ctx, &after)
}

// SuspendOrganization stops every change in an organization; views go on.
type SuspendOrganization struct{ Organization string }

func (o SuspendOrganization) asks() Ask {
	return Ask{Action: policy.OrganizationsSuspend, In: o.Organization}
}

func (o SuspendOrganization) run(ctx context.Context, t *turn) (*kontrollrum.Organization, error) {
	return t.reorganized(ctx, func(org *kontrollrum.Organization) error {
		if org.State == kontrollrum.OrganizationSuspended {
			return kontrollrum.Clash("already_suspended", "the organization is suspended already")
		}
		org.State = kontrollrum.OrganizationSuspended
		return t.tx.EndSessionsIn(ctx, org.ID, t.now)
	})
}

// ResumeOrganization ends a suspension.
type ResumeOrganization struct{ Organization string }

func (o ResumeOrganization) asks() Ask {
	return Ask{Action: policy.OrganizationsResume, In: o.Organization}
}

func (o ResumeOrganization) run(ctx context.Context, t *turn) (*kontrollrum.Organization, error) {
	return t.reorganized(ctx, func(org *kontrollrum.Organization) error {
		if org.State == kontrollrum.OrganizationActive {
			return kontrollrum.Clash("not_suspended", "the organization is not suspended")
		}
		org.State = kontrollrum.OrganizationActive
		return nil
	})
}

// ViewOrganization shows an organization and its partnerships, both sides.
type ViewOrganization struct{ Organization string }

// OrganizationInfo is the answer of [ViewOrganization].
type OrganizationInfo struct {
	kontrollrum.Organization
	Partnerships []kontrollrum.Partnership
}

func (o ViewOrganization) asks() Ask {
	return Ask{Action: policy.AccountViewInfo, In: o.Organization}
}

func (o ViewOrganization) run(ctx context.Context, t *turn) (out OrganizationInfo, err error) {
	found, err := t.tx.Organization(ctx, placeOf(string(t.org.ID)))
	if err != nil {
		return out, err
	}
	out.Organization = *found
	out.Partnerships, err = t.tx.Partnerships(ctx, t.org.ID, t.now)
	return out, err
}

// ListOrganizations lists where the caller may act, in name order: home first
// of all, then wherever a role or a partnership opens the door.
type ListOrganizations struct{ Search string }

func (ListOrganizations) asks() Ask { return Ask{Action: policy.OrganizationsList} }

func (o ListOrganizations) look(_ context.Context, t *turn) (Ask, error) {
	if t.actor == nil {
		return Ask{}, kontrollrum.Missing("user")
	}
	t.target = t.actor
	return Ask{Action: policy.OrganizationsList, To: string(t.actor.ID)}, nil
}

func (o ListOrganizations) run(ctx context.Context, t *turn) ([]kontrollrum.Organization, error) {
	if err := plain("search", o.Search, 256); err != nil {
		return nil, err
	}
	return t.tx.StandingOrganizations(ctx, t.actor.ID, t.actor.Home, o.Search, t.now)
}

// ListAllOrganizations lists the installation's organizations, in name order:
// the operator's.
type ListAllOrganizations struct{ Search string }

func (ListAllOrganizations) asks() Ask { return Ask{Action: policy.OrganizationsList, Nowhere: true} }

func (o ListAllOrganizations) run(ctx context.Context, t *turn) ([]kontrollrum.Organization, error) {
	if err := plain("search", o.Search, 256); err != nil {
		return nil, err
	}
	return t.tx.Organizations(ctx, o.Search)
}
