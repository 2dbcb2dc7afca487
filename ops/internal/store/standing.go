package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A Standing is everything a decision needs of an organization and of the
// people in question, as it is in this transaction.
type Standing struct {
	Organization kontrollrum.Organization // its id, plate, name, state, platform, setup and s1 only
	Actor        *Person                  // nil where none was asked for or it is not there
	Target       *Person

	until int64 // the first end of an assignment or partnership in it
}

// A Person is a user as they stand to an organization.
type Person struct {
	ID                   kontrollrum.UserID
	Home                 kontrollrum.OrganizationID
	Email                kontrollrum.Email
	Name                 string
	Status               kontrollrum.UserStatus
	HomeHasContactCenter bool
	Partner              bool // home is a partner of the organization
	License              policy.License
	Supervisor           bool
	Profile              [3]policy.Access
	Held                 []Held // assignments that count in the organization now
}

// Held is an assignment that counts.
type Held struct {
	Assignment kontrollrum.AssignmentID
	Role       policy.Role
	Direct     bool // held in the organization itself, not by partnership
}

// Holds reports whether p holds role r directly in the organization.
func (p *Person) Holds(r policy.Role) bool {
	return slices.ContainsFunc(p.Held, func(h Held) bool { return h.Direct && h.Role == r })
}

// HoldsExclusive reports whether p holds one of the exclusive roles directly in
// the organization (c3).
func (p *Person) HoldsExclusive() bool {
	return slices.ContainsFunc(p.Held, func(h Held) bool { return h.Direct && h.Role.Exclusive() })
}

// Relation is where p's home stands to organization o.
func (p *Person) Relation(o kontrollrum.OrganizationID) policy.Relation {
	switch {
	case p.Home == o:
		return policy.Customer
	case p.Partner:
		return policy.Partner
	}
	return policy.Other
}

// A Place says which organization is acted in: one named by id or plate, or,
// where empty, the home of the target, or else of the actor.
type Place string

const standingSelect = `
select o.id, o.plate, o.name, o.state, o.platform, o.setup_done, o.own_administrators_only,
       u.id, u.organization, u.email, u.display_name, u.status, h.services, p.partner is not null,
       coalesce(l.product, ''), coalesce(l.supervisor, false),
       coalesce(f.working_hour, 0), coalesce(f.holiday_list, 0), coalesce(f.override, 0),
       coalesce(a.id, ''), coalesce(a.role, ''), coalesce(a.organization = o.id, false), p.ends, a.ends
  from addresses d
  join users u on u.organization = d.organization and u.id = d.user_id
  join organizations h on h.id = u.organization
  join organizations o on `

const standingJoins = `
  left join partnerships p on p.customer = o.id and p.partner = u.organization and (p.ends is null or p.ends > $3)
  left join holdings l on l.organization = o.id and l.user_id = u.id and l.contact_center
  left join user_profiles f on f.organization = o.id and f.organization = u.organization and f.id = u.user_profile
  left join assignments a on a.user_id = u.id and a.closed is null and (a.ends is null or a.ends > $3)
       and (a.organization = o.id
            or p.partner is not null and a.organization = u.organization and a.reach = 'customers'
               and (a.all_customers or exists (select 1 from assignment_customers c
                    where c.organization = a.organization and c.assignment = a.id and c.customer = o.id)))
 where d.user_id in ($1, $2) or d.email in ($1, $2)
 order by a.started, a.id`

// The four ways to name the organization, so that each has a statement of its own.
const (
	standingByID     = standingSelect + `o.id = $4` + standingJoins
	standingByPlate  = standingSelect + `o.plate = $4` + standingJoins
	standingAtActor  = standingSelect + `o.id = (select organization from addresses where user_id = $1)` + standingJoins
	standingAtTarget = standingSelect + `o.id = (select organization from addresses where user_id = $2 or email = $2)` + standingJoins
)

// Standing loads the facts of a decision in one round trip. The actor is named
// by id, or by address as the target may be; either may be empty. Where the
// organization does not exist it fails with NotFound.
func (t *Tx) Standing(ctx context.Context, in Place, actor, target string, now time.Time) (*Standing, error) {
	return recall(t.memory, question{"standing", string(in), actor, target}, now, func() (*Standing, int64, error) {
		s := Standing{until: forever}
		err := t.stand(ctx, &s, in, actor, target, now)
		return &s, s.until, err
	})
}

// Standings loads of one user what Standing does, for everywhere they may act, in
// one statement.
func (t *Tx) Standings(ctx context.Context, user kontrollrum.UserID, home kontrollrum.OrganizationID, now time.Time) (map[kontrollrum.OrganizationID]*Standing, error) {
	out := map[kontrollrum.OrganizationID]*Standing{}
	rows, err := t.query(ctx, standingSelect+`o.id in (`+standsIn+`)`+standingJoins, user, "", now.UnixMicro(), home)
	err = each(rows, err, func(rows *sql.Rows) error {
		s := Standing{until: forever}
		err := s.scan(rows, string(user), "")
		switch known := out[s.Organization.ID]; {
		case err != nil:
		case known == nil:
			out[s.Organization.ID] = &s
		default:
			known.Actor.Held = append(known.Actor.Held, s.Actor.Held...)
		}
		return err
	})
	return out, err
}

func (t *Tx) stand(ctx context.Context, s *Standing, in Place, actor, target string, now time.Time) error {
	args := []any{actor, target, now.UnixMicro()}
	text := standingAtActor
	switch {
	case kontrollrum.IsID(string(in)):
		text, args = standingByID, append(args, string(in))
	case in != "":
		text, args = standingByPlate, append(args, string(in))
	case target != "":
		text = standingAtTarget
	}
	rows, err := t.query(ctx, text, args...)
	err = each(rows, err, func(rows *sql.Rows) error { return s.scan(rows, actor, target) })
	if err != nil || s.Organization.ID != "" || in == "" { // nobody by that name has a home
		return err
	}
	// Nobody of those asked for is there, but the organization may be.
	o, err := t.Organization(ctx, in)
	if err == nil {
		s.Organization = *o
	}
	return err
}

func (s *Standing) scan(rows *sql.Rows, actor, target string) error {
	var o kontrollrum.Organization
	var p Person
	var h Held
	var services, product, role string
	var ends [2]sql.NullInt64
	err := rows.Scan(&o.ID, &o.Plate, &o.Name, &o.State, &o.Platform, &o.SetupDone, &o.OwnAdministratorsOnly,
		&p.ID, &p.Home, &p.Email, &p.Name, &p.Status, &services, &p.Partner, &product, &p.Supervisor,
		&p.Profile[0], &p.Profile[1], &p.Profile[2], &h.Assignment, &role, &h.Direct, &ends[0], &ends[1])
	if err != nil {
		return err
	}
	for _, end := range ends {
		if end.Valid {
			s.until = min(s.until, end.Int64)
		}
	}
	s.Organization = o
	h.Role, _ = policy.ParseRole(role)
	p.HomeHasContactCenter = slices.Contains(parseServices(services), kontrollrum.ContactCenter)
	switch kontrollrum.Product(product) {
	case kontrollrum.StandardAgent:
		p.License = policy.Standard
	case kontrollrum.PremiumAgent:
		p.License = policy.Premium
	}
	named := func(who string) bool { return who != "" && (who == string(p.ID) || who == string(p.Email)) }
	if named(actor) {
		s.Actor = add(s.Actor, p, h)
	}
	if named(target) {
		s.Target = add(s.Target, p, h)
	}
	return nil
}

// add puts one row's assignment to the person that earlier rows made, if any.
func add(known *Person, p Person, h Held) *Person {
	if known == nil {
		known = &p
	}
	if h.Assignment != "" {
		known.Held = append(known.Held, h)
	}
	return known
}

// OtherFullAdmins counts the organization's own active full administrators
// without end date, except one user (c10).
func (t *Tx) OtherFullAdmins(ctx context.Context, o kontrollrum.OrganizationID, except kontrollrum.UserID) (int, error) {
	return recall(t.memory, question{name: "other full admins", in: string(o), who: string(except)}, time.Time{}, func() (n int, _ int64, err error) {
		_, err = t.row(ctx, `select count(*) from assignments a
			join users u on u.organization = a.organization and u.id = a.user_id
			where a.organization = $1 and a.role = 'full_admin' and a.closed is null and a.ends is null
			  and u.status = 'active' and a.user_id <> $2`, []any{o, except}, &n)
		return n, forever, err
	})
}
