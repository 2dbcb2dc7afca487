package store

import (
	"context"

	"github.com/kontrollrum/kontrollrum"
)

// An Attention is what may need somebody's in an organization, as numbers.
type Attention struct {
	Invited     int // users who are not verified
	Unlicensed  int // users who hold no licence
	Undelivered int // letters that were given up or have failed so far
	FullAdmins  int // the organization's own, active and without end date: those who count for c10
}

// Attention counts what may need somebody's.
func (t *Tx) Attention(ctx context.Context, o kontrollrum.OrganizationID) (a Attention, err error) {
	_, err = t.row(ctx, `select
		(select count(*) from users where organization = $1 and status = 'not_verified'),
		(select count(*) from users u where u.organization = $1
		    and not exists (select 1 from holdings h where h.organization = $1 and h.user_id = u.id)),
		(select count(*) from outbox where organization = $1 and sent is null and error <> '')`,
		[]any{o}, &a.Invited, &a.Unlicensed, &a.Undelivered)
	if err == nil {
		a.FullAdmins, err = t.OtherFullAdmins(ctx, o, "")
	}
	return a, err
}
