package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

const grantColumns = `g.id, g.client, g.offline, g.sid, g.scopes, g.created, g.used, g.ends, g.ended, g.organization, g.user_id, g.session, g.acting, g.methods, g.authenticated`

// InsertGrant keeps a grant.
func (t *Tx) InsertGrant(ctx context.Context, g *kontrollrum.Grant) error {
	_, err := t.exec(ctx, `insert into grants (id, client, offline, sid, scopes, created, used, ends, organization, user_id, session, acting, methods, authenticated)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		append([]any{g.ID, g.Client, g.Offline, g.SID, strings.Join(g.Scopes, " "), g.Created.UnixMicro(), g.Used.UnixMicro(), g.Ends.UnixMicro()}, consented(&g.Consent)...)...)
	return err
}

// Grant finds a grant by its id, ended or not; nil where there is none.
func (t *Tx) Grant(ctx context.Context, id kontrollrum.GrantID) (*kontrollrum.Grant, error) {
	g, _, err := t.grant(ctx, `0 from grants g where g.id = $1`, id)
	return g, err
}

// GrantOfRefresh finds the grant that a refresh token's hash belongs to, and
// when that token was used; nil where it is unknown.
func (t *Tx) GrantOfRefresh(ctx context.Context, hash string) (g *kontrollrum.Grant, used time.Time, err error) {
	return t.grant(ctx, `coalesce(r.used, 0) from refresh_tokens r join grants g on g.id = r.grant_id where r.hash = $1`, hash)
}

func (t *Tx) grant(ctx context.Context, from string, args ...any) (*kontrollrum.Grant, time.Time, error) {
	var g kontrollrum.Grant
	var used sql.NullInt64
	found := false
	err := scanGrant(&g, func(into ...any) (err error) {
		found, err = t.row(ctx, `select `+grantColumns+`, `+from, args, into...)
		return err
	}, &used)
	if !found || err != nil {
		return nil, time.Time{}, err
	}
	return &g, instant(used), nil
}

// scanGrant reads grantColumns, and what stands behind them.
func scanGrant(g *kontrollrum.Grant, scan func(...any) error, behind ...any) error {
	var scopes string
	var at [4]sql.NullInt64
	var c consentColumns
	into := append([]any{&g.ID, &g.Client, &g.Offline, &g.SID, &scopes, &at[0], &at[1], &at[2], &at[3]}, c.into()...)
	err := scan(append(into, behind...)...)
	g.Created, g.Used, g.Ends, g.Ended = instant(at[0]), instant(at[1]), instant(at[2]), instant(at[3])
	g.Scopes, g.Consent = strings.Fields(scopes), c.consent()
	return err
}

// UpdateGrant notes that a grant was used: until when it now lasts, and where it acts.
func (t *Tx) UpdateGrant(ctx context.Context, g *kontrollrum.Grant) error {
	_, err := t.exec(ctx, `update grants set used = $2, ends = $3, acting = $4 where id = $1 and ended is null`, g.ID, g.Used.UnixMicro(), g.Ends.UnixMicro(), g.Acting)
	return err
}

// EndGrant ends a grant and so every token of it, and reports whether it had not ended.
func (t *Tx) EndGrant(ctx context.Context, id kontrollrum.GrantID, now time.Time) (bool, error) {
	n, err := t.exec(ctx, `update grants set ended = $2 where id = $1 and ended is null`, id, now.UnixMicro())
	return n > 0, err
}

// A NamedGrant is a grant with the names of its client and of where it acts.
type NamedGrant struct {
	kontrollrum.Grant
	Name  string // of the client
	Place kontrollrum.Organization
}

// Grants lists a user's grants that have not ended, the last used first.
func (t *Tx) Grants(ctx context.Context, user kontrollrum.UserID, now time.Time) (out []NamedGrant, err error) {
	rows, err := t.query(ctx, `select `+grantColumns+`, c.name, o.plate, o.name from grants g join clients c on c.id = g.client join organizations o on o.id = g.acting
		where g.user_id = $1 and g.ended is null and g.ends > $2 order by g.used desc, g.id`, user, now.UnixMicro())
	err = each(rows, err, func(rows *sql.Rows) error {
		var g NamedGrant
		err := scanGrant(&g.Grant, rows.Scan, &g.Name, &g.Place.Plate, &g.Place.Name)
		g.Place.ID = g.Acting
		out = append(out, g)
		return err
	})
	return out, err
}

// EndGrantOf ends one grant of a user, of which its client is told. What is
// another's, or has ended, stays as it is.
func (t *Tx) EndGrantOf(ctx context.Context, user kontrollrum.UserID, id kontrollrum.GrantID, now time.Time) error {
	return t.endGrants(ctx, `g.user_id = $2 and g.id = $3`, now, user, id)
}

// endGrants ends the grants that a condition names, and queues what clients are
// to be told of the sessions that end with them. $1 is now.
func (t *Tx) endGrants(ctx context.Context, where string, now time.Time, args ...any) error {
	args = append([]any{now.UnixMicro()}, args...)
	_, err := t.exec(ctx, `insert into logouts (client, sid, user_id, address, created, tries, next)
		select distinct g.client, g.sid, g.user_id, c.logout, cast($1 as bigint), 0, cast($1 as bigint) from grants g join clients c on c.id = g.client
		where c.logout <> '' and g.ended is null and g.ends > $1 and `+where+` on conflict (client, sid) do nothing`, args...)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `update grants as g set ended = $1 where g.ended is null and `+where, args...)
	return err
}

// SessionKnownAs finds the session that clients know by that id as the user's;
// empty where there is none.
func (t *Tx) SessionKnownAs(ctx context.Context, user kontrollrum.UserID, sid kontrollrum.SessionID) (id kontrollrum.SessionID, err error) {
	_, err = t.row(ctx, `select session from grants where sid = $1 and user_id = $2 order by created desc, id limit 1`, []any{sid, user}, &id)
	return id, err
}

// InsertRefreshToken keeps a refresh token by its hash.
func (t *Tx) InsertRefreshToken(ctx context.Context, grant kontrollrum.GrantID, hash string, now time.Time) error {
	_, err := t.exec(ctx, `insert into refresh_tokens (hash, grant_id, created) values ($1, $2, $3)`, hash, grant, now.UnixMicro())
	return err
}

// UseRefreshToken reports whether a refresh token is used for the first time.
func (t *Tx) UseRefreshToken(ctx context.Context, hash string, now time.Time) (bool, error) {
	n, err := t.exec(ctx, `update refresh_tokens set used = $2 where hash = $1 and used is null`, hash, now.UnixMicro())
	return n > 0, err
}

// InsertAccessToken keeps an access token of a grant by its hash.
func (t *Tx) InsertAccessToken(ctx context.Context, id kontrollrum.TokenID, g *kontrollrum.Grant, scopes []string, hash string, now, ends time.Time) error {
	_, err := t.exec(ctx, `insert into tokens (hash, id, organization, user_id, application, created, expires, grant_id, scopes)
		values ($1, $2, $3, $4, '', $5, $6, $7, $8)`,
		hash, id, g.Organization, g.User, now.UnixMicro(), ends.UnixMicro(), g.ID, strings.Join(scopes, " "))
	return err
}

// An Access is what an access token is good for.
type Access struct {
	kontrollrum.Grant
	Token   kontrollrum.TokenID
	Scopes  []string // of the token, which may be fewer than the grant's
	Created time.Time
	Ends    time.Time
	Email   kontrollrum.Email
}

// Access finds what an access token's hash is good for now; nil where it is
// unknown, over or revoked, or its grant has ended, or its user may not sign in.
func (t *Tx) Access(ctx context.Context, hash string, now time.Time) (*Access, error) {
	return recall(t.memory, question{name: "access", who: hash}, now, func() (*Access, int64, error) {
		a, _, until, err := t.access(ctx, `''`, ``, hash, now.UnixMicro())
		return a, until, err
	})
}

// AccessFor is [Tx.Access] for a client that asks, and the hash of that one's
// secret, in one read. Where it finds nothing, it says nothing of the client.
func (t *Tx) AccessFor(ctx context.Context, client kontrollrum.ClientID, hash string, now time.Time) (*Access, string, error) {
	type answer struct {
		access *Access
		secret string
	}
	found, err := recall(t.memory, question{name: "access for", who: hash, in: string(client)}, now, func() (answer, int64, error) {
		a, secret, until, err := t.access(ctx, `c.secret`, `join clients c on c.id = $3`, hash, now.UnixMicro(), client)
		return answer{a, secret}, until, err
	})
	return found.access, found.secret, err
}

func (t *Tx) access(ctx context.Context, secret, clients string, args ...any) (_ *Access, asks string, until int64, err error) {
	var a Access
	var scopes, all string
	var at [6]sql.NullInt64
	var c consentColumns
	into := append([]any{&a.Grant.ID, &a.Client, &a.Offline, &a.SID, &all, &at[0], &at[1], &at[2], &at[3]}, c.into()...)
	found, err := t.row(ctx, `select `+grantColumns+`, k.id, k.scopes, k.created, k.expires, u.email, `+secret+`
		from tokens k join grants g on g.id = k.grant_id join users u on u.organization = g.organization and u.id = g.user_id `+clients+`
		where k.hash = $1 and k.grant_id <> '' and k.revoked is null and k.expires > $2 and g.ended is null and g.ends > $2 and u.status <> 'inactive'`,
		args, append(into, &a.Token, &scopes, &at[4], &at[5], &a.Email, &asks)...)
	if !found || err != nil {
		return nil, "", 0, err
	}
	a.Grant.Created, a.Used, a.Grant.Ends, a.Ended = instant(at[0]), instant(at[1]), instant(at[2]), instant(at[3])
	a.Grant.Scopes, a.Consent, a.Scopes = strings.Fields(all), c.consent(), strings.Fields(scopes)
	a.Created, a.Ends = instant(at[4]), instant(at[5])
	return &a, asks, min(at[5].Int64, at[2].Int64), nil
}

// Sweep forgets what ended before then: grants with their tokens, codes and
// waits; and requests that nobody said yes to as soon as they are over. It takes
// at most limit grants a time.
func (t *Tx) Sweep(ctx context.Context, now, then time.Time, limit int) error {
	const over = `select id from grants where ends < $1 or ended < $1 order by id limit $2`
	for _, text := range []string{
		`delete from tokens where grant_id <> '' and grant_id in (` + over + `)`,
		`delete from refresh_tokens where grant_id in (` + over + `)`,
		`delete from grants where id in (` + over + `)`,
	} {
		if _, err := t.exec(ctx, text, then.UnixMicro(), limit); err != nil {
			return err
		}
	}
	if _, err := t.exec(ctx, `delete from authorizations where code is null and ends < $1`, now.UnixMicro()); err != nil {
		return err
	}
	for _, text := range []string{
		`delete from tokens where grant_id <> '' and expires < $1`,
		`delete from authorizations where ends < $1`,
		`delete from device_codes where ends < $1`,
	} {
		if _, err := t.exec(ctx, text, then.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}
