package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

// A Bearer is whom a token speaks for.
type Bearer struct {
	User         kontrollrum.UserID // empty: an application
	Organization kontrollrum.OrganizationID
	Application  string

	// Of a session, or of a grant:
	Session       kontrollrum.SessionID // empty: of a token
	Stage         kontrollrum.Stage
	Methods       []string
	Authenticated time.Time // zero where nobody asks when: of a personal token
	Seen          time.Time

	Grant  kontrollrum.GrantID // empty: of a session, or of a personal token
	Scopes string              // of an access token, spaces between them
}

// Speaks reports whether b speaks for its user: a token does, and a session that
// is complete, or one that is complete but for a factor, to set that up.
func (b *Bearer) Speaks(enrols bool) bool {
	return b.Session == "" || b.Stage == kontrollrum.StageFull || enrols && b.Stage == kontrollrum.StageEnrol
}

// Bearer finds whom a token's hash speaks for now; nil where it is unknown,
// expired or revoked, its grant ended, or its user deactivated.
func (t *Tx) Bearer(ctx context.Context, hash string, now time.Time) (*Bearer, error) {
	return recall(t.memory, question{name: "bearer", who: hash}, now, func() (*Bearer, int64, error) {
		var b Bearer
		var until int64
		var authenticated sql.NullInt64
		found, err := t.row(ctx, `select k.user_id, k.organization, k.application, coalesce(k.expires, $3), k.grant_id, k.scopes, g.authenticated from tokens k
			left join users u on u.organization = k.organization and u.id = k.user_id
			left join grants g on g.id = k.grant_id
			where k.hash = $1 and k.revoked is null and (k.expires is null or k.expires > $2)
			  and (k.user_id = '' or u.status <> 'inactive')
			  and (k.grant_id = '' or g.ended is null and g.ends > $2)`, []any{hash, now.UnixMicro(), int64(forever)},
			&b.User, &b.Organization, &b.Application, &until, &b.Grant, &b.Scopes, &authenticated)
		b.Authenticated = instant(authenticated)
		if !found {
			return nil, 0, err
		}
		return &b, until, nil
	})
}

// InsertToken keeps a token by its hash.
func (t *Tx) InsertToken(ctx context.Context, token *kontrollrum.Token, hash string) error {
	_, err := t.exec(ctx, `insert into tokens (hash, id, organization, user_id, application, name, created, expires) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		hash, token.ID, token.Organization, token.User, token.Application, token.Name, micros(token.Created), micros(token.Expires))
	return err
}

// Tokens lists tokens that no application was granted, newest first: all, or of one user.
func (t *Tx) Tokens(ctx context.Context, user kontrollrum.UserID) ([]kontrollrum.Token, error) {
	if user == "" {
		return t.tokens(ctx, `true`)
	}
	return t.tokens(ctx, `k.user_id = $1`, user)
}

// Token finds one token by id, or fails with NotFound.
func (t *Tx) Token(ctx context.Context, id kontrollrum.TokenID) (*kontrollrum.Token, error) {
	found, err := t.tokens(ctx, `k.id = $1`, id)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, kontrollrum.Missing("token")
	}
	return &found[0], nil
}

func (t *Tx) tokens(ctx context.Context, where string, args ...any) (out []kontrollrum.Token, err error) {
	rows, err := t.query(ctx, `select k.id, k.organization, k.user_id, coalesce(d.email, ''), k.application, k.name, k.created, k.expires, k.revoked
		from tokens k left join addresses d on d.user_id = k.user_id and k.user_id <> ''
		where k.grant_id = '' and `+where+` order by k.created desc, k.id`, args...)
	err = each(rows, err, func(rows *sql.Rows) error {
		var k kontrollrum.Token
		var created, expires, revoked sql.NullInt64
		err := rows.Scan(&k.ID, &k.Organization, &k.User, &k.Email, &k.Application, &k.Name, &created, &expires, &revoked)
		k.Created, k.Expires, k.Revoked = instant(created), instant(expires), instant(revoked)
		out = append(out, k)
		return err
	})
	return out, err
}

// RevokeToken ends a token now.
func (t *Tx) RevokeToken(ctx context.Context, id kontrollrum.TokenID, now time.Time) error {
	_, err := t.exec(ctx, `update tokens set revoked = $2 where id = $1`, id, now.UnixMicro())
	return err
}

// RevokeOwnTokens ends now every token that a user made. Those of applications
// end with their grants, those of the operator by the operator.
func (t *Tx) RevokeOwnTokens(ctx context.Context, org kontrollrum.OrganizationID, user kontrollrum.UserID, now time.Time) error {
	_, err := t.exec(ctx, `update tokens set revoked = $3 where organization = $1 and user_id = $2 and grant_id = '' and name <> '' and revoked is null`, org, user, now.UnixMicro())
	return err
}
