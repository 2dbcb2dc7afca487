package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

// InsertLink adds a link.
func (t *Tx) InsertLink(ctx context.Context, l *kontrollrum.Link) error {
	_, err := t.exec(ctx, `insert into links (id, organization, user_id, purpose, email, created, expires, used, superseded)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		l.ID, l.Organization, l.User, l.Purpose, l.Email, micros(l.Created), micros(l.Expires), micros(l.Used), micros(l.Superseded))
	return err
}

// Link finds a link by id, or returns nil.
func (t *Tx) Link(ctx context.Context, id kontrollrum.LinkID) (*kontrollrum.Link, error) {
	var l kontrollrum.Link
	var at [4]sql.NullInt64
	found, err := t.row(ctx, `select id, organization, user_id, purpose, email, created, expires, used, superseded from links where id = $1`, []any{id},
		&l.ID, &l.Organization, &l.User, &l.Purpose, &l.Email, &at[0], &at[1], &at[2], &at[3])
	if !found {
		return nil, err
	}
	l.Created, l.Expires, l.Used, l.Superseded = instant(at[0]), instant(at[1]), instant(at[2]), instant(at[3])
	return &l, err
}

// UseLink uses a link up and reports whether it was good: of several at once one does.
func (t *Tx) UseLink(ctx context.Context, id kontrollrum.LinkID, now time.Time) (bool, error) {
	n, err := t.exec(ctx, `update links set used = $2 where id = $1 and used is null and superseded is null and expires > $2`, id, now.UnixMicro())
	return n > 0, err
}

// SupersedeLinks makes a user's unused links of a purpose, or of any where it is
// empty, good for nothing. Letters that would bring one are not sent any more.
func (t *Tx) SupersedeLinks(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, purpose kontrollrum.LinkPurpose, now time.Time) error {
	_, err := t.exec(ctx, `delete from outbox where organization = $1 and user_id = $2 and state = 'queued' and link <> ''
		and link in (select id from links where organization = $1 and user_id = $2 and (purpose = $3 or $3 = ''))`, o, user, purpose)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `update links set superseded = $4 where organization = $1 and user_id = $2 and (purpose = $3 or $3 = '')
		and used is null and superseded is null`, o, user, purpose, now.UnixMicro())
	return err
}

// NewestLink finds a user's link of a purpose that is not superseded, or returns nil.
func (t *Tx) NewestLink(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, purpose kontrollrum.LinkPurpose) (*kontrollrum.Link, error) {
	var id kontrollrum.LinkID
	found, err := t.row(ctx, `select id from links where organization = $1 and user_id = $2 and purpose = $3 and superseded is null`, []any{o, user, purpose}, &id)
	if !found {
		return nil, err
	}
	return t.Link(ctx, id)
}

// An Addressee is a user as letters are written to them.
type Addressee struct {
	Organization     kontrollrum.OrganizationID
	OrganizationName string
	Invites          bool // whoever is added there is invited at once
	User             kontrollrum.UserID
	Email            kontrollrum.Email
	Name             string
	Language         string // the user's, or else the organization's
	TimeZone         string // likewise
	Status           kontrollrum.UserStatus
}

// Addressee finds a user of an organization by id, or returns nil.
func (t *Tx) Addressee(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID) (*Addressee, error) {
	a := Addressee{Organization: o, User: user}
	var language, otherwise, zone string
	found, err := t.row(ctx, `select o.name, o.automatic_mails, o.language, o.time_zone, u.email, u.display_name, u.language, u.time_zone, u.status
		from users u join organizations o on o.id = u.organization where u.organization = $1 and u.id = $2`, []any{o, user},
		&a.OrganizationName, &a.Invites, &otherwise, &a.TimeZone, &a.Email, &a.Name, &language, &zone, &a.Status)
	if !found {
		return nil, err
	}
	if a.Language = language; language == "" {
		a.Language = otherwise
	}
	if zone != "" {
		a.TimeZone = zone
	}
	return &a, err
}
