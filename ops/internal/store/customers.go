package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A Customer is a partner's customer, and what it is sorted and found by.
type Customer struct {
	kontrollrum.Customer
	Key    string // of its name, in Swedish order
	Search string // folded: name, plate and id
}

// Customers lists the organizations that one is partner of now, in name order:
// all of them, in two statements however many there are. Who reaches them is
// told by Reaches.
func (t *Tx) Customers(ctx context.Context, partner kontrollrum.OrganizationID, now time.Time) (out []Customer, err error) {
	at := map[kontrollrum.OrganizationID]int{}
	rows, err := t.query(ctx, `select o.id, o.plate, o.name, o.name_key, o.search, o.services, o.state, o.platform, o.setup_done, o.overage,
			p.managing, p.provisioning, p.started, p.ends, p.given_by,
			(select max(e.at) from entries e where e.organization = o.id and e.actor_organization = $1 and e.actor_organization <> e.organization)
		from partnerships p join organizations o on o.id = p.customer
		where p.partner = $1 and (p.ends is null or p.ends > $2) order by o.name_key, o.id`, partner, now.UnixMicro())
	err = each(rows, err, func(rows *sql.Rows) error {
		var c Customer
		var services string
		var started, ends, acted sql.NullInt64
		p := &c.Partnership
		err := rows.Scan(&c.ID, &c.Plate, &c.Name, &c.Key, &c.Search, &services, &c.State, &c.Platform, &c.SetupDone, &c.Overage,
			&p.Managing, &p.Provisioning, &started, &ends, &p.GivenBy, &acted)
		c.Services, c.Acted = parseServices(services), instant(acted)
		p.Partner, p.Customer, p.Started, p.Ends = partner, c.ID, instant(started), instant(ends)
		at[c.ID] = len(out)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	rows, err = t.query(ctx, `select s.organization, s.trial, s.ends, coalesce(l.product, ''), coalesce(l.bought, 0), coalesce(l.used, 0)
		from partnerships p
		join subscriptions s on s.organization = p.customer
		left join licenses l on l.organization = s.organization and l.subscription = s.id
		where p.partner = $1 and (p.ends is null or p.ends > $2) and not `+subscriptionOver+`$2))
		order by s.organization, s.id, l.id`, partner, now.UnixMicro())
	err = each(rows, err, func(rows *sql.Rows) error {
		var o kontrollrum.OrganizationID
		var trial bool
		var ends sql.NullInt64
		var product kontrollrum.Product
		var seats kontrollrum.Seats
		err := rows.Scan(&o, &trial, &ends, &product, &seats.Bought, &seats.Used)
		out[at[o]].bought(trial, instant(ends), product, seats, now)
		return err
	})
	return out, err
}

// bought adds a licence of a subscription that runs, or a subscription without any.
func (c *Customer) bought(trial bool, ends time.Time, product kontrollrum.Product, seats kontrollrum.Seats, now time.Time) {
	term := &c.Renewal
	if trial {
		term = &c.Trial
	}
	if ends.After(now) && (term.IsZero() || ends.Before(*term)) { // a renewal that has passed was one
		*term = ends
	}
	switch product {
	case kontrollrum.StandardAgent:
		c.Standard = kontrollrum.Seats{Bought: c.Standard.Bought + seats.Bought, Used: c.Standard.Used + seats.Used}
	case kontrollrum.PremiumAgent:
		c.Premium = kontrollrum.Seats{Bought: c.Premium.Bought + seats.Bought, Used: c.Premium.Used + seats.Used}
	}
	if seats.Used-seats.Bought > c.Over.Used-c.Over.Bought {
		c.Over, c.OverProduct = seats, product
	}
}

// A Reach is that one of a partner's people may act in a customer.
type Reach struct {
	User     kontrollrum.UserID
	Role     policy.Role
	Customer kontrollrum.OrganizationID // empty: all of them
}

// Reaches lists as what a partner's people, the deactivated aside, may act in
// its customers: by roles at home that reach all or name some, and by roles that
// customers gave them.
func (t *Tx) Reaches(ctx context.Context, partner kontrollrum.OrganizationID, now time.Time) (out []Reach, err error) {
	const open = ` and a.closed is null and (a.ends is null or a.ends > $2) `
	rows, err := t.query(ctx, `select r.user_id, r.role, r.customer from (
		select a.user_id, a.role, '' as customer
		  from assignments a where a.organization = $1 and a.reach = 'customers' and a.all_customers`+open+`
		union all
		select a.user_id, a.role, c.customer
		  from assignments a join assignment_customers c on c.organization = a.organization and c.assignment = a.id
		 where a.organization = $1 and a.reach = 'customers' and not a.all_customers`+open+`
		union all
		select a.user_id, a.role, a.organization
		  from partnerships p
		  join assignments a on a.organization = p.customer and a.external
		  join addresses d on d.user_id = a.user_id and d.organization = $1
		 where p.partner = $1 and (p.ends is null or p.ends > $2)`+open+`) r
		join users u on u.organization = $1 and u.id = r.user_id
		where u.status <> 'inactive' order by r.user_id, r.role, r.customer`, partner, now.UnixMicro())
	err = each(rows, err, func(rows *sql.Rows) error {
		var r Reach
		var role string
		err := rows.Scan(&r.User, &role, &r.Customer)
		r.Role, _ = policy.ParseRole(role)
		out = append(out, r)
		return err
	})
	return out, err
}

// PartnersOf lists the partners that an organization has now, in name order.
func (t *Tx) PartnersOf(ctx context.Context, customer kontrollrum.OrganizationID, now time.Time) (out []kontrollrum.Partner, err error) {
	rows, err := t.query(ctx, `select o.plate, o.name, p.partner, p.managing, p.provisioning, p.started, p.ends, p.given_by
		from partnerships p join organizations o on o.id = p.partner
		where p.customer = $1 and (p.ends is null or p.ends > $2) order by o.name_key, o.id`, customer, now.UnixMicro())
	err = each(rows, err, func(rows *sql.Rows) error {
		p := kontrollrum.Partner{Partnership: kontrollrum.Partnership{Customer: customer}}
		var started, ends sql.NullInt64
		err := rows.Scan(&p.Plate, &p.Name, &p.Partner, &p.Managing, &p.Provisioning, &started, &ends, &p.GivenBy)
		p.Started, p.Ends = instant(started), instant(ends)
		out = append(out, p)
		return err
	})
	return out, err
}
