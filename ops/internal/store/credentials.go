package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

// A Login is what a sign-in is judged by.
type Login struct {
	User         kontrollrum.UserID
	Organization kontrollrum.OrganizationID // home
	Email        kontrollrum.Email
	Name         string
	Status       kontrollrum.UserStatus
	Hash         string // of the password; empty: none is set
	Changed      time.Time
}

const loginSelect = `select u.id, u.organization, u.email, u.display_name, u.status, coalesce(p.hash, ''), coalesce(p.changed, 0)
	from addresses d join users u on u.organization = d.organization and u.id = d.user_id
	left join passwords p on p.organization = u.organization and p.user_id = u.id where `

// LoginByEmail finds whom an address belongs to; nil where nobody.
func (t *Tx) LoginByEmail(ctx context.Context, email kontrollrum.Email) (*Login, error) {
	return t.login(ctx, `d.email = $1`, email)
}

// Login finds a user; nil where there is none.
func (t *Tx) Login(ctx context.Context, user kontrollrum.UserID) (*Login, error) {
	return t.login(ctx, `d.user_id = $1`, user)
}

func (t *Tx) login(ctx context.Context, where string, named any) (*Login, error) {
	var l Login
	var changed sql.NullInt64
	found, err := t.row(ctx, loginSelect+where, []any{named}, &l.User, &l.Organization, &l.Email, &l.Name, &l.Status, &l.Hash, &changed)
	if !found {
		return nil, err
	}
	l.Changed = instant(changed)
	return &l, nil
}

// SetPassword keeps the hash of a user's password.
func (t *Tx) SetPassword(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, hash string, now time.Time) error {
	_, err := t.exec(ctx, `insert into passwords (organization, user_id, hash, changed) values ($1, $2, $3, $4)
		on conflict (organization, user_id) do update set hash = excluded.hash, changed = excluded.changed`, o, user, hash, now.UnixMicro())
	return err
}

// Rehash keeps another hash of the same password, unless it was changed meanwhile.
func (t *Tx) Rehash(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, from, to string) error {
	_, err := t.exec(ctx, `update passwords set hash = $4 where organization = $1 and user_id = $2 and hash = $3`, o, user, from, to)
	return err
}

// DropCredentials forgets how a user signs in: password, factors, recovery
// codes, and what their organization's provider calls them.
func (t *Tx) DropCredentials(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID) error {
	for _, text := range []string{
		`delete from upstream_subjects where organization = $1 and user_id = $2`,
		`delete from passwords where organization = $1 and user_id = $2`,
		`delete from factors where organization = $1 and user_id = $2`,
		`delete from recovery_codes where organization = $1 and user_id = $2`,
	} {
		if _, err := t.exec(ctx, text, o, user); err != nil {
			return err
		}
	}
	return nil
}

// SignedIn says that a user has signed in now, and is active from now on where
// they had only confirmed their address.
func (t *Tx) SignedIn(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, now time.Time) error {
	if _, err := t.exec(ctx, `update users set status = 'active', modified = $3 where organization = $1 and id = $2 and status = 'verified'`, o, user, now.UnixMicro()); err != nil {
		return err
	}
	_, err := t.exec(ctx, `update users set last_active = $3 where organization = $1 and id = $2 and last_active < $3`, o, user, now.UnixMicro())
	return err
}

// ConfirmAddress says that a user reads the mail of the address that they have.
func (t *Tx) ConfirmAddress(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID) error {
	_, err := t.exec(ctx, `update users set confirmed = email where organization = $1 and id = $2`, o, user)
	return err
}

// AddressConfirmed reports whether a user has shown that they read the mail of
// the address that they have now.
func (t *Tx) AddressConfirmed(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID) (bool, error) {
	var one int
	return t.row(ctx, `select 1 from users where organization = $1 and id = $2 and confirmed = email`, []any{o, user}, &one)
}

// A Factor is a factor with what proves it.
type Factor struct {
	kontrollrum.Factor
	Data string // the WebAuthn credential, or the sealed TOTP secret
	Step int64  // last TOTP time step that was used
}

// Factors lists a user's factors, the oldest first.
func (t *Tx) Factors(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID) (out []Factor, err error) {
	rows, err := t.query(ctx, `select id, kind, name, data, step, created, used from factors
		where organization = $1 and user_id = $2 order by created, id`, o, user)
	err = each(rows, err, func(rows *sql.Rows) error {
		var f Factor
		var at [2]sql.NullInt64
		err := rows.Scan(&f.ID, &f.Kind, &f.Name, &f.Data, &f.Step, &at[0], &at[1])
		f.Created, f.Used = instant(at[0]), instant(at[1])
		out = append(out, f)
		return err
	})
	return out, err
}

// InsertFactor keeps a factor and reports whether it is new: a second with its
// id is not kept.
func (t *Tx) InsertFactor(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, f *Factor) (bool, error) {
	n, err := t.exec(ctx, `insert into factors (organization, user_id, id, kind, name, data, step, created, used) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (organization, user_id, id) do nothing`, o, user, f.ID, f.Kind, f.Name, f.Data, f.Step, micros(f.Created), micros(f.Used))
	return n > 0, err
}

// RenameFactor gives a factor another name.
func (t *Tx) RenameFactor(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, id, name string) error {
	_, err := t.exec(ctx, `update factors set name = $4 where organization = $1 and user_id = $2 and id = $3`, o, user, id, name)
	return err
}

// DeleteFactor forgets a factor.
func (t *Tx) DeleteFactor(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, id string) error {
	_, err := t.exec(ctx, `delete from factors where organization = $1 and user_id = $2 and id = $3`, o, user, id)
	return err
}

// UseStep uses a time step of a TOTP factor and reports whether it was unused:
// of many at once, one.
func (t *Tx) UseStep(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, id string, step int64, now time.Time) (bool, error) {
	n, err := t.exec(ctx, `update factors set step = $4, used = $5 where organization = $1 and user_id = $2 and id = $3 and step < $4`, o, user, id, step, now.UnixMicro())
	return n > 0, err
}

// UsePasskey keeps a passkey as it was when it was used.
func (t *Tx) UsePasskey(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, id, data string, now time.Time) error {
	_, err := t.exec(ctx, `update factors set data = $4, used = $5 where organization = $1 and user_id = $2 and id = $3`, o, user, id, data, now.UnixMicro())
	return err
}

// SetRecoveryCodes puts hashes of codes in the place of those that were.
func (t *Tx) SetRecoveryCodes(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, hashes []string) error {
	if _, err := t.exec(ctx, `delete from recovery_codes where organization = $1 and user_id = $2`, o, user); err != nil {
		return err
	}
	for _, hash := range hashes {
		if _, err := t.exec(ctx, `insert into recovery_codes (organization, user_id, hash) values ($1, $2, $3)`, o, user, hash); err != nil {
			return err
		}
	}
	return nil
}

// UseRecoveryCode uses a code and reports whether it was unused: of many at once, one.
func (t *Tx) UseRecoveryCode(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, hash string, now time.Time) (bool, error) {
	n, err := t.exec(ctx, `update recovery_codes set used = $4 where organization = $1 and user_id = $2 and hash = $3 and used is null`, o, user, hash, now.UnixMicro())
	return n > 0, err
}

// RecoveryCodes counts a user's codes that are unused.
func (t *Tx) RecoveryCodes(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID) (n int, err error) {
	_, err = t.row(ctx, `select count(*) from recovery_codes where organization = $1 and user_id = $2 and used is null`, []any{o, user}, &n)
	return n, err
}

// demanding is true of the assignments a that count in an organization, of
// their own or by reach, that demands a second factor of administrators; $1 is now.
const demanding = `a.closed is null and (a.ends is null or a.ends > $1) and (
	exists (select 1 from organizations o where o.id = a.organization and o.second_factor)
	or a.reach = 'customers' and exists (select 1 from partnerships p join organizations o on o.id = p.customer and o.second_factor
	   where p.partner = a.organization and (p.ends is null or p.ends > $1)
	     and (a.all_customers or exists (select 1 from assignment_customers c
	          where c.organization = a.organization and c.assignment = a.id and c.customer = p.customer))))`

// SecondFactorDemanded reports whether a user is an administrator, at home or
// elsewhere, of an organization that demands a second factor.
func (t *Tx) SecondFactorDemanded(ctx context.Context, user kontrollrum.UserID, now time.Time) (bool, error) {
	var one int
	return t.row(ctx, `select 1 from assignments a where a.user_id = $2 and `+demanding+` limit 1`, []any{now.UnixMicro(), user}, &one)
}

// EndDemandedSessions ends the sessions, and what was granted in them, that
// were begun with one factor by those who must have two: everyone's, or one user's.
func (t *Tx) EndDemandedSessions(ctx context.Context, user kontrollrum.UserID, now time.Time) error {
	const must = `user_id in (select a.user_id from assignments a where ` + demanding + `) and ($2 = '' or user_id = $2)`
	_, err := t.exec(ctx, `update sessions set ended = $1 where ended is null and stage = 'full' and methods not like '%mfa%' and `+must, now.UnixMicro(), user)
	if err != nil {
		return err
	}
	// What was granted outlives its session, and is looked at by itself.
	return t.endGrants(ctx, `g.methods not like '%mfa%' and g.`+must, now, user)
}
