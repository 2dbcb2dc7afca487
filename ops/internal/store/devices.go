package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

const deviceColumns = `client, scopes, created, ends, polled, pace, state, organization, user_id, session, acting, methods, authenticated`

// InsertDeviceCode keeps a device's wait by the hash of its code and the mark
// of what its user types, and forgets those that are over. It reports whether
// the mark was free.
func (t *Tx) InsertDeviceCode(ctx context.Context, d *kontrollrum.DeviceCode, hash, mark string) (bool, error) {
	if _, err := t.exec(ctx, `delete from device_codes where ends < $1`, d.Created.Add(-time.Hour).UnixMicro()); err != nil {
		return false, err
	}
	n, err := t.exec(ctx, `insert into device_codes (hash, user_code, `+deviceColumns+`)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing`,
		append([]any{hash, mark, d.Client, strings.Join(d.Scopes, " "), d.Created.UnixMicro(), d.Ends.UnixMicro(), d.Polled.UnixMicro(), int64(d.Pace / time.Second), d.State},
			consented(&d.Consent)...)...)
	return n > 0, err
}

// DeviceCode finds a device's wait by the hash of its code; nil where there is none.
func (t *Tx) DeviceCode(ctx context.Context, hash string) (*kontrollrum.DeviceCode, error) {
	return t.deviceCode(ctx, `hash = $1`, hash)
}

// DeviceCodeOf finds one by the mark of what its user types; nil where there is none.
func (t *Tx) DeviceCodeOf(ctx context.Context, mark string) (*kontrollrum.DeviceCode, error) {
	return t.deviceCode(ctx, `user_code = $1`, mark)
}

func (t *Tx) deviceCode(ctx context.Context, where string, args ...any) (*kontrollrum.DeviceCode, error) {
	var d kontrollrum.DeviceCode
	var scopes string
	var pace int64
	var at [3]sql.NullInt64
	var c consentColumns
	found, err := t.row(ctx, `select `+deviceColumns+` from device_codes where `+where, args,
		append([]any{&d.Client, &scopes, &at[0], &at[1], &at[2], &pace, &d.State}, c.into()...)...)
	if !found || err != nil {
		return nil, err
	}
	d.Scopes, d.Pace, d.Consent = strings.Fields(scopes), time.Duration(pace)*time.Second, c.consent()
	d.Created, d.Ends, d.Polled = instant(at[0]), instant(at[1]), instant(at[2])
	return &d, nil
}

// PollDevice notes that a device asked, and how long it must now wait.
func (t *Tx) PollDevice(ctx context.Context, hash string, now time.Time, pace time.Duration) error {
	_, err := t.exec(ctx, `update device_codes set polled = $2, pace = $3 where hash = $1`, hash, now.UnixMicro(), int64(pace/time.Second))
	return err
}

// AnswerDevice notes what somebody said to a device that asks, and reports
// whether it was still asking.
func (t *Tx) AnswerDevice(ctx context.Context, mark string, state kontrollrum.DeviceState, c *kontrollrum.Consent) (bool, error) {
	n, err := t.exec(ctx, `update device_codes set state = $2, organization = $3, user_id = $4, session = $5, acting = $6, methods = $7, authenticated = $8
		where user_code = $1 and state = 'asked'`, append([]any{mark, state}, consented(c)...)...)
	return n > 0, err
}

// UseDevice notes that a device took what was approved, and reports whether it
// was for the first time.
func (t *Tx) UseDevice(ctx context.Context, hash string) (bool, error) {
	n, err := t.exec(ctx, `update device_codes set state = 'used' where hash = $1 and state = 'approved'`, hash)
	return n > 0, err
}
