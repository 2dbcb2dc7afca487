package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

const subscriptionOver = `(s.ended or (s.trial and s.ends is not null and s.ends <= `

// Licenses lists an organization's licences, by product and age; all of them
// where id is empty.
func (t *Tx) Licenses(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.LicenseID, now time.Time) (out []kontrollrum.License, err error) {
	rows, err := t.query(ctx, `select l.id, l.organization, l.subscription, s.trial, l.product, l.bought, l.used, `+subscriptionOver+`$2))
		from licenses l join subscriptions s on s.organization = l.organization and s.id = l.subscription
		where l.organization = $1 and ($3 = '' or l.id = $3) order by l.product, s.starts, l.id`, o, now.UnixMicro(), string(id))
	err = each(rows, err, func(rows *sql.Rows) error {
		var l kontrollrum.License
		err := rows.Scan(&l.ID, &l.Organization, &l.Subscription, &l.Trial, &l.Product, &l.Bought, &l.Used, &l.Ended)
		out = append(out, l)
		return err
	})
	return out, err
}

// License finds one licence, or fails with NotFound.
func (t *Tx) License(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.LicenseID, now time.Time) (*kontrollrum.License, error) {
	if id == "" {
		return nil, kontrollrum.Missing("license")
	}
	found, err := t.Licenses(ctx, o, id, now)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, kontrollrum.Missing("license")
	}
	return &found[0], nil
}

// TakeSeat uses one more seat of a licence; false where none is left of what
// was bought and the organization's overage.
func (t *Tx) TakeSeat(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.LicenseID, now time.Time) (bool, error) {
	n, err := t.exec(ctx, `update licenses set used = used + 1 where organization = $1 and id = $2
		and used < bought + (select overage from organizations where id = $1)`, o, id)
	if err != nil || n == 0 {
		return false, err
	}
	return true, t.countSeats(ctx, o, id, now)
}

// FreeSeat gives a seat back.
func (t *Tx) FreeSeat(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.LicenseID, now time.Time) error {
	if _, err := t.exec(ctx, `update licenses set used = used - 1 where organization = $1 and id = $2`, o, id); err != nil {
		return err
	}
	return t.countSeats(ctx, o, id, now)
}

// InsertHolding gives a user a licence whose seat was taken.
func (t *Tx) InsertHolding(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, h kontrollrum.Holding, now time.Time) error {
	_, err := t.exec(ctx, `insert into holdings (organization, user_id, license, product, contact_center, supervisor, since)
		values ($1, $2, $3, $4, $5, $6, $7)`, o, user, h.License, h.Product, h.Product.ContactCenter(), h.Supervisor, now.UnixMicro())
	return err
}

// SetSupervisor switches the option of a holding.
func (t *Tx) SetSupervisor(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, license kontrollrum.LicenseID, on bool) error {
	_, err := t.exec(ctx, `update holdings set supervisor = $4 where organization = $1 and user_id = $2 and license = $3`, o, user, license, on)
	return err
}

// DeleteHolding takes a licence from a user; the seat is freed apart.
func (t *Tx) DeleteHolding(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, license kontrollrum.LicenseID) error {
	_, err := t.exec(ctx, `delete from holdings where organization = $1 and user_id = $2 and license = $3`, o, user, license)
	return err
}

// LicenseHolders lists a page of the users who hold a licence, in id order.
func (t *Tx) LicenseHolders(ctx context.Context, o kontrollrum.OrganizationID, license kontrollrum.LicenseID, after string, limit int) (out []kontrollrum.User, next string, err error) {
	rows, err := t.query(ctx, `select `+holderColumns+` from holdings h join users u on u.organization = h.organization and u.id = h.user_id
		where h.organization = $1 and h.license = $2 and h.user_id > $3 order by h.user_id limit $4`, o, license, after, limit+1)
	out, err = scanUsers(rows, err)
	if len(out) > limit {
		out = out[:limit]
		next = string(out[limit-1].ID)
	}
	return out, next, err
}

const holderColumns = `u.organization, u.id, u.email, u.first_name, u.last_name, u.display_name, u.title, u.department, u.phone, u.location,
	u.language, u.time_zone, u.status, u.last_active, u.created, u.modified`

// Subscriptions lists an organization's subscriptions with their licences;
// search is a folded substring of name or id.
func (t *Tx) Subscriptions(ctx context.Context, o kontrollrum.OrganizationID, now time.Time) (out []kontrollrum.Subscription, err error) {
	rows, err := t.query(ctx, `select s.id, s.organization, s.name, s.trial, s.starts, s.ends, `+subscriptionOver+`$2))
		from subscriptions s where s.organization = $1 order by s.starts, s.id`, o, now.UnixMicro())
	at := map[kontrollrum.SubscriptionID]int{}
	err = each(rows, err, func(rows *sql.Rows) error {
		var s kontrollrum.Subscription
		var starts, ends sql.NullInt64
		err := rows.Scan(&s.ID, &s.Organization, &s.Name, &s.Trial, &starts, &ends, &s.Ended)
		s.Starts, s.Ends = instant(starts), instant(ends)
		at[s.ID] = len(out)
		out = append(out, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	licenses, err := t.Licenses(ctx, o, "", now)
	for _, l := range licenses {
		s := &out[at[l.Subscription]]
		s.Licenses = append(s.Licenses, l)
	}
	return out, err
}

// SaveSubscription adds a subscription, or replaces its name and term; whether
// it was ended stays.
func (t *Tx) SaveSubscription(ctx context.Context, s *kontrollrum.Subscription, now time.Time) error {
	_, err := t.exec(ctx, `insert into subscriptions (organization, id, name, trial, starts, ends, ended) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (organization, id) do update set name = excluded.name, trial = excluded.trial, ends = excluded.ends`,
		s.Organization, s.ID, s.Name, s.Trial, micros(s.Starts), micros(s.Ends), s.Ended)
	if err != nil {
		return err
	}
	return t.countAll(ctx, s.Organization, s.ID, now)
}

// EndSubscription ends a subscription for good, whatever its term.
func (t *Tx) EndSubscription(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.SubscriptionID, now time.Time) error {
	if _, err := t.exec(ctx, `update subscriptions set ended = true where organization = $1 and id = $2`, o, id); err != nil {
		return err
	}
	return t.countAll(ctx, o, id, now)
}

// InsertLicense adds seats of a product to a subscription.
func (t *Tx) InsertLicense(ctx context.Context, l *kontrollrum.License, now time.Time) error {
	_, err := t.exec(ctx, `insert into licenses (organization, id, subscription, product, bought, used) values ($1, $2, $3, $4, $5, 0)`,
		l.Organization, l.ID, l.Subscription, l.Product, l.Bought)
	if err != nil {
		return err
	}
	return t.countSeats(ctx, l.Organization, l.ID, now)
}

// SetBought changes how many seats were bought; false where more are in use
// than that and the organization's overage.
func (t *Tx) SetBought(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.LicenseID, bought int, now time.Time) (bool, error) {
	n, err := t.exec(ctx, `update licenses set bought = $3 where organization = $1 and id = $2
		and used <= $3 + (select overage from organizations where id = $1)`, o, id, bought)
	if err != nil || n == 0 {
		return false, err
	}
	return true, t.countSeats(ctx, o, id, now)
}
