package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

// IdentityProvider finds an organization's identity provider with its domains;
// nil where it has none.
func (t *Tx) IdentityProvider(ctx context.Context, o kontrollrum.OrganizationID) (*kontrollrum.IdentityProvider, error) {
	p := kontrollrum.IdentityProvider{Organization: o}
	var set, created, modified sql.NullInt64
	found, err := t.row(ctx, `select issuer, client_id, secret, secret_set, name, enforced, created, modified from identity_providers where organization = $1`,
		[]any{o}, &p.Issuer, &p.ClientID, &p.Sealed, &set, &p.Name, &p.Enforced, &created, &modified)
	if !found {
		return nil, err
	}
	p.SecretSet, p.Created, p.Modified = instant(set), instant(created), instant(modified)
	p.Domains, err = t.Domains(ctx, o)
	return &p, err
}

// A PlacedProvider is an identity provider with its organization's plate.
type PlacedProvider struct {
	Plate string
	kontrollrum.IdentityProvider
}

// IdentityProviders lists every organization that has an identity provider or
// domains, by plate.
func (t *Tx) IdentityProviders(ctx context.Context) (out []PlacedProvider, err error) {
	rows, err := t.query(ctx, `select o.id, o.plate from organizations o where exists (select 1 from identity_providers p where p.organization = o.id)
		or exists (select 1 from domains d where d.organization = o.id) order by o.plate`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var p PlacedProvider
		err := rows.Scan(&p.Organization, &p.Plate)
		out = append(out, p)
		return err
	})
	for i := range out {
		if err != nil {
			return nil, err
		}
		var p *kontrollrum.IdentityProvider
		if p, err = t.IdentityProvider(ctx, out[i].Organization); err == nil && p == nil {
			out[i].Domains, err = t.Domains(ctx, out[i].Organization)
		} else if err == nil {
			out[i].IdentityProvider = *p
		}
	}
	return out, err
}

// SaveIdentityProvider adds or replaces an organization's identity provider.
// Its domains stay as they are.
func (t *Tx) SaveIdentityProvider(ctx context.Context, p *kontrollrum.IdentityProvider) error {
	_, err := t.exec(ctx, `insert into identity_providers (organization, issuer, client_id, secret, secret_set, name, enforced, created, modified)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (organization) do update set issuer = excluded.issuer, client_id = excluded.client_id, secret = excluded.secret,
			secret_set = excluded.secret_set, name = excluded.name, enforced = excluded.enforced, modified = excluded.modified`,
		p.Organization, p.Issuer, p.ClientID, p.Sealed, micros(p.SecretSet), p.Name, p.Enforced, micros(p.Created), micros(p.Modified))
	return err
}

// DeleteIdentityProvider removes an organization's identity provider, and who
// its people are there.
func (t *Tx) DeleteIdentityProvider(ctx context.Context, o kontrollrum.OrganizationID) error {
	if err := t.DeleteSubjects(ctx, o, ""); err != nil {
		return err
	}
	_, err := t.exec(ctx, `delete from identity_providers where organization = $1`, o)
	return err
}

// Domains lists an organization's domains, sorted.
func (t *Tx) Domains(ctx context.Context, o kontrollrum.OrganizationID) (out []string, err error) {
	rows, err := t.query(ctx, `select domain from domains where organization = $1 order by domain`, o)
	err = each(rows, err, func(rows *sql.Rows) error {
		var domain string
		err := rows.Scan(&domain)
		out = append(out, domain)
		return err
	})
	return out, err
}

// DomainHolder finds whose a domain is; empty where it is nobody's.
func (t *Tx) DomainHolder(ctx context.Context, domain string) (o kontrollrum.OrganizationID, err error) {
	_, err = t.row(ctx, `select organization from domains where domain = $1`, []any{domain}, &o)
	return o, err
}

// InsertDomain gives an organization a domain that is nobody's.
func (t *Tx) InsertDomain(ctx context.Context, o kontrollrum.OrganizationID, domain string, now time.Time) error {
	_, err := t.exec(ctx, `insert into domains (domain, organization, created) values ($1, $2, $3)`, domain, o, now.UnixMicro())
	return err
}

// DeleteDomain takes a domain from an organization and reports whether it was theirs.
func (t *Tx) DeleteDomain(ctx context.Context, o kontrollrum.OrganizationID, domain string) (bool, error) {
	n, err := t.exec(ctx, `delete from domains where organization = $1 and domain = $2`, o, domain)
	return n > 0, err
}

// DomainUsedElsewhere reports whether anybody whose home is another
// organization has an address in a domain, which is one that ParseDomain knows.
func (t *Tx) DomainUsedElsewhere(ctx context.Context, o kontrollrum.OrganizationID, domain string) (bool, error) {
	var one int
	return t.row(ctx, `select 1 from addresses where email like $1 and organization <> $2 limit 1`, []any{"%@" + domain, o}, &one)
}

// UserOfSubject finds whom an organization's provider calls by a subject; empty
// where nobody is.
func (t *Tx) UserOfSubject(ctx context.Context, o kontrollrum.OrganizationID, issuer, subject string) (u kontrollrum.UserID, err error) {
	_, err = t.row(ctx, `select user_id from upstream_subjects where organization = $1 and issuer = $2 and subject = $3`, []any{o, issuer, subject}, &u)
	return u, err
}

// SubjectOf finds what a user is called at their organization's provider; empty
// where they have not been there.
func (t *Tx) SubjectOf(ctx context.Context, o kontrollrum.OrganizationID, u kontrollrum.UserID, issuer string) (subject string, err error) {
	_, err = t.row(ctx, `select subject from upstream_subjects where organization = $1 and user_id = $2 and issuer = $3`, []any{o, u, issuer}, &subject)
	return subject, err
}

// InsertSubject notes what a user is called at their organization's provider.
func (t *Tx) InsertSubject(ctx context.Context, o kontrollrum.OrganizationID, u kontrollrum.UserID, issuer, subject string, now time.Time) error {
	_, err := t.exec(ctx, `insert into upstream_subjects (organization, issuer, subject, user_id, created) values ($1, $2, $3, $4, $5)`,
		o, issuer, subject, u, now.UnixMicro())
	return err
}

// DeleteSubjects forgets what a user is called at their organization's provider,
// or what all its people are where none is named.
func (t *Tx) DeleteSubjects(ctx context.Context, o kontrollrum.OrganizationID, u kontrollrum.UserID) error {
	_, err := t.exec(ctx, `delete from upstream_subjects where organization = $1 and (user_id = $2 or $2 = '')`, o, u)
	return err
}
