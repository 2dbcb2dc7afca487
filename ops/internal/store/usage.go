package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

// count writes down how many seats are bought and used at the end of the day,
// as far as it has come. Of a subscription that is over none are bought.
const count = `insert into usage (organization, license, day, bought, used)
	select l.organization, l.id, $3, case when ` + subscriptionOver + `$4)) then 0 else l.bought end, l.used
	  from licenses l join subscriptions s on s.organization = l.organization and s.id = l.subscription
	 where l.organization = $1 and `

const counted = ` on conflict (organization, license, day) do update set bought = excluded.bought, used = excluded.used`

// countSeats counts those of one licence.
func (t *Tx) countSeats(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.LicenseID, now time.Time) error {
	_, err := t.exec(ctx, count+`l.id = $2`+counted, o, id, now.UTC().Format(time.DateOnly), now.UnixMicro())
	return err
}

// countAll counts those of a subscription's licences.
func (t *Tx) countAll(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.SubscriptionID, now time.Time) error {
	_, err := t.exec(ctx, count+`l.subscription = $2`+counted, o, id, now.UTC().Format(time.DateOnly), now.UnixMicro())
	return err
}

// SeatCounts lists the counts of an organization's licences from one day through
// another, by licence and day; before them each licence's last one.
func (t *Tx) SeatCounts(ctx context.Context, o kontrollrum.OrganizationID, from, to time.Time) (out []kontrollrum.SeatCount, err error) {
	rows, err := t.query(ctx, `select u.license, u.day, u.bought, u.used from usage u where u.organization = $1 and u.day <= $3
		and (u.day >= $2 or u.day = (select max(p.day) from usage p where p.organization = $1 and p.license = u.license and p.day < $2))
		order by u.license, u.day`, o, from.UTC().Format(time.DateOnly), to.UTC().Format(time.DateOnly))
	err = each(rows, err, func(rows *sql.Rows) error {
		var c kontrollrum.SeatCount
		var day string
		if err := rows.Scan(&c.License, &day, &c.Bought, &c.Used); err != nil {
			return err
		}
		if day != "" {
			c.Day, err = time.Parse(time.DateOnly, day)
		}
		out = append(out, c)
		return err
	})
	return out, err
}
