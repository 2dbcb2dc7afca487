package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

// SigningKeys lists the keys that are published, the last to begin first.
// Their private parts are sealed.
func (t *Tx) SigningKeys(ctx context.Context, now time.Time) (out []kontrollrum.SigningKey, err error) {
	rows, err := t.query(ctx, `select id, algorithm, private, created, begins, ends from signing_keys where ends is null or ends > $1 order by begins desc, id`, now.UnixMicro())
	err = each(rows, err, func(rows *sql.Rows) error {
		var k kontrollrum.SigningKey
		var private string
		var at [3]sql.NullInt64
		err := rows.Scan(&k.ID, &k.Algorithm, &private, &at[0], &at[1], &at[2])
		k.Private, k.Created, k.Begins, k.Ends = kontrollrum.NewSecret(private), instant(at[0]), instant(at[1]), instant(at[2])
		out = append(out, k)
		return err
	})
	return out, err
}

// InsertSigningKey keeps a key, ends those before it when until comes, and
// forgets those that are no longer published.
func (t *Tx) InsertSigningKey(ctx context.Context, k *kontrollrum.SigningKey, until, now time.Time) error {
	if _, err := t.exec(ctx, `delete from signing_keys where ends <= $1`, now.UnixMicro()); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `update signing_keys set ends = $1 where ends is null or ends > $1`, until.UnixMicro()); err != nil {
		return err
	}
	_, err := t.exec(ctx, `insert into signing_keys (id, algorithm, private, created, begins) values ($1, $2, $3, $4, $5)`,
		k.ID, k.Algorithm, k.Private.Reveal(), k.Created.UnixMicro(), k.Begins.UnixMicro())
	return err
}

// TakeLogouts lists clients that are to be told now of sessions that ended, and
// sets each aside until then, so that no other node tells them at the same time.
func (t *Tx) TakeLogouts(ctx context.Context, now, then time.Time, limit int) (out []kontrollrum.Logout, err error) {
	rows, err := t.query(ctx, `select client, sid, user_id, address, tries from logouts where next <= $1 order by next, client, sid limit $2`, now.UnixMicro(), limit)
	err = each(rows, err, func(rows *sql.Rows) error {
		var l kontrollrum.Logout
		err := rows.Scan(&l.Client, &l.SID, &l.User, &l.Address, &l.Tries)
		out = append(out, l)
		return err
	})
	for i := range out {
		if err == nil {
			_, err = t.exec(ctx, `update logouts set next = $3, tries = tries + 1 where client = $1 and sid = $2`, out[i].Client, out[i].SID, then.UnixMicro())
		}
	}
	return out, err
}

// PutLogoutOff says when a client is to be told again.
func (t *Tx) PutLogoutOff(ctx context.Context, l *kontrollrum.Logout, then time.Time) error {
	_, err := t.exec(ctx, `update logouts set next = $3 where client = $1 and sid = $2`, l.Client, l.SID, then.UnixMicro())
	return err
}

// DeleteLogout forgets a client that has been told, or is given up.
func (t *Tx) DeleteLogout(ctx context.Context, l *kontrollrum.Logout) error {
	_, err := t.exec(ctx, `delete from logouts where client = $1 and sid = $2`, l.Client, l.SID)
	return err
}
