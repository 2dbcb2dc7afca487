package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

// InsertAuthorization keeps what a client asks for, and forgets what is long over.
func (t *Tx) InsertAuthorization(ctx context.Context, a *kontrollrum.Authorization) error {
	request, err := a.AuthorizationRequest.Text()
	if err != nil {
		return err
	}
	// Anybody may ask, and what nobody answers goes at once. A code that comes
	// back twice within the day is still known.
	if _, err := t.exec(ctx, `delete from authorizations where ends < $1 and code is null`, a.Created.UnixMicro()); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `delete from authorizations where ends < $1`, a.Created.Add(-24*time.Hour).UnixMicro()); err != nil {
		return err
	}
	_, err = t.exec(ctx, `insert into authorizations (id, client, request, created, ends, organization, user_id, session, acting, methods, authenticated, grant_id)
		values ($1, $2, $3, $4, $5, '', '', '', '', '', 0, '')`, a.ID, a.Client, request, a.Created.UnixMicro(), a.Ends.UnixMicro())
	return err
}

// Authorization finds one by its id; nil where there is none.
func (t *Tx) Authorization(ctx context.Context, id kontrollrum.AuthorizationID) (*kontrollrum.Authorization, error) {
	return t.authorization(ctx, `id = $1`, id)
}

// AuthorizationOf finds the one that a code's hash was given for, used or not;
// nil where there is none.
func (t *Tx) AuthorizationOf(ctx context.Context, code string) (*kontrollrum.Authorization, error) {
	return t.authorization(ctx, `code = $1`, code)
}

func (t *Tx) authorization(ctx context.Context, where string, args ...any) (*kontrollrum.Authorization, error) {
	var a kontrollrum.Authorization
	var request string
	var at [4]sql.NullInt64
	var c consentColumns
	found, err := t.row(ctx, `select id, client, request, created, ends, code_ends, used, grant_id, organization, user_id, session, acting, methods, authenticated
		from authorizations where `+where, args, append([]any{&a.ID, &a.Client, &request, &at[0], &at[1], &at[2], &at[3], &a.Grant}, c.into()...)...)
	if !found || err != nil {
		return nil, err
	}
	a.Created, a.Ends, a.CodeEnds, a.Used, a.Consent = instant(at[0]), instant(at[1]), instant(at[2]), instant(at[3]), c.consent()
	a.AuthorizationRequest, err = kontrollrum.ParseAuthorizationRequest(request)
	return &a, err
}

// consentColumns are those of a consent, in the order organization, user_id,
// session, acting, methods, authenticated.
type consentColumns struct {
	kontrollrum.Consent
	methods       string
	authenticated sql.NullInt64
}

func (c *consentColumns) into() []any {
	return []any{&c.Organization, &c.User, &c.Session, &c.Acting, &c.methods, &c.authenticated}
}

func (c *consentColumns) consent() kontrollrum.Consent {
	c.Methods, c.Authenticated = strings.Fields(c.methods), instant(c.authenticated)
	return c.Consent
}

func consented(c *kontrollrum.Consent) []any {
	at := int64(0)
	if !c.Authenticated.IsZero() {
		at = c.Authenticated.UnixMicro()
	}
	return []any{c.Organization, c.User, c.Session, c.Acting, strings.Join(c.Methods, " "), at}
}

// ConsentTo notes who said yes to an authorization.
func (t *Tx) ConsentTo(ctx context.Context, id kontrollrum.AuthorizationID, c *kontrollrum.Consent) error {
	_, err := t.exec(ctx, `update authorizations set organization = $2, user_id = $3, session = $4, acting = $5, methods = $6, authenticated = $7
		where id = $1 and used is null and code is null`, append([]any{id}, consented(c)...)...)
	return err
}

// GiveCode notes the hash of the code that an authorization is redeemed with,
// and reports whether it is the first.
func (t *Tx) GiveCode(ctx context.Context, id kontrollrum.AuthorizationID, code string, ends time.Time) (bool, error) {
	n, err := t.exec(ctx, `update authorizations set code = $2, code_ends = $3 where id = $1 and code is null`, id, code, ends.UnixMicro())
	return n > 0, err
}

// UseCode notes that a code came back, and what it became; empty: nothing. It
// reports whether it was for the first time.
func (t *Tx) UseCode(ctx context.Context, id kontrollrum.AuthorizationID, grant kontrollrum.GrantID, now time.Time) (bool, error) {
	n, err := t.exec(ctx, `update authorizations set used = $2, grant_id = $3 where id = $1 and used is null`, id, now.UnixMicro(), grant)
	return n > 0, err
}
