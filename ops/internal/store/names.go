package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

// A Home is where people from elsewhere are at home, and what that means to the
// organization they come to.
type Home struct {
	ID, Name, Plate  string
	HasContactCenter bool // c1
	Partner          bool // c2
}

// Homes finds organizations as they stand to o, by id. One that is not there is
// not in it.
func (t *Tx) Homes(ctx context.Context, o kontrollrum.OrganizationID, ids []kontrollrum.OrganizationID, now time.Time) (map[kontrollrum.OrganizationID]Home, error) {
	out := map[kontrollrum.OrganizationID]Home{}
	if len(ids) == 0 {
		return out, nil
	}
	var q query
	q.add(`select h.id, h.name, h.plate, h.services, p.partner is not null from organizations h
		left join partnerships p on p.customer = ` + q.arg(o) + ` and p.partner = h.id and (p.ends is null or p.ends > ` + q.arg(now.UnixMicro()) + `)
		where h.id in (` + list(&q, ids) + `)`)
	err := t.list(ctx, &q, func(rows *sql.Rows) error {
		var h Home
		var services string
		err := rows.Scan(&h.ID, &h.Name, &h.Plate, &services, &h.Partner)
		h.HasContactCenter = slices.Contains(parseServices(services), kontrollrum.ContactCenter)
		out[kontrollrum.OrganizationID(h.ID)] = h
		return err
	})
	return out, err
}

// Names finds what users of any organization are called, by id. One who was
// removed is not in it.
func (t *Tx) Names(ctx context.Context, ids []kontrollrum.UserID) (map[kontrollrum.UserID]string, error) {
	out := map[kontrollrum.UserID]string{}
	if len(ids) == 0 {
		return out, nil
	}
	var q query
	q.add(`select u.id, u.display_name from addresses d join users u on u.organization = d.organization and u.id = d.user_id
		where d.user_id in (` + list(&q, ids) + `)`)
	err := t.list(ctx, &q, func(rows *sql.Rows) error {
		var id kontrollrum.UserID
		var name string
		err := rows.Scan(&id, &name)
		out[id] = name
		return err
	})
	return out, err
}
