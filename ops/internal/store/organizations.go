package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

const organizationColumns = `id, plate, name, country, language, time_zone, data_region, services, state, platform,
	setup_done, own_administrators_only, second_factor, automatic_mails, overage, created, modified, version`

func scanOrganization(scan func(...any) error) (*kontrollrum.Organization, error) {
	var o kontrollrum.Organization
	var services string
	var created, modified sql.NullInt64
	err := scan(&o.ID, &o.Plate, &o.Name, &o.Country, &o.Language, &o.TimeZone, &o.DataRegion, &services, &o.State, &o.Platform,
		&o.SetupDone, &o.OwnAdministratorsOnly, &o.SecondFactor, &o.AutomaticMails, &o.Overage, &created, &modified, &o.Version)
	o.Services, o.Created, o.Modified = parseServices(services), instant(created), instant(modified)
	return &o, err
}

func parseServices(s string) []kontrollrum.Service {
	var out []kontrollrum.Service
	for word := range strings.FieldsSeq(s) {
		out = append(out, kontrollrum.Service(word))
	}
	return out
}

func formatServices(services []kontrollrum.Service) string {
	words := make([]string, len(services))
	for i, s := range services {
		words[i] = string(s)
	}
	return strings.Join(words, " ")
}

// Organization finds an organization by id or plate, or fails with NotFound.
func (t *Tx) Organization(ctx context.Context, in Place) (*kontrollrum.Organization, error) {
	text := `select ` + organizationColumns + ` from organizations where plate = $1`
	if kontrollrum.IsID(string(in)) {
		text = `select ` + organizationColumns + ` from organizations where id = $1`
	}
	found := false
	o, err := scanOrganization(func(into ...any) (err error) {
		found, err = t.row(ctx, text, []any{string(in)}, into...)
		return err
	})
	if !found && err == nil {
		return nil, kontrollrum.Missing("organization")
	}
	return o, err
}

// InsertOrganization adds an organization.
func (t *Tx) InsertOrganization(ctx context.Context, o *kontrollrum.Organization) error {
	_, err := t.exec(ctx, `insert into organizations (`+organizationColumns+`, name_key, search)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		o.ID, o.Plate, o.Name, o.Country, o.Language, o.TimeZone, o.DataRegion, formatServices(o.Services), o.State, o.Platform,
		o.SetupDone, o.OwnAdministratorsOnly, o.SecondFactor, o.AutomaticMails, o.Overage, micros(o.Created), micros(o.Modified), o.Version,
		t.s.keys.key(o.Name), Fold(o.Name+" "+o.Plate+" "+string(o.ID)))
	return err
}

// UpdateOrganization writes an organization's changeable fields.
func (t *Tx) UpdateOrganization(ctx context.Context, o *kontrollrum.Organization) error {
	_, err := t.exec(ctx, `update organizations set name = $2, country = $3, language = $4, time_zone = $5, services = $6, state = $7,
		platform = $8, setup_done = $9, own_administrators_only = $10, overage = $11, modified = $12, version = $13,
		name_key = $14, search = $15, second_factor = $16, automatic_mails = $17 where id = $1`,
		o.ID, o.Name, o.Country, o.Language, o.TimeZone, formatServices(o.Services), o.State,
		o.Platform, o.SetupDone, o.OwnAdministratorsOnly, o.Overage, micros(o.Modified), o.Version,
		t.s.keys.key(o.Name), Fold(o.Name+" "+o.Plate+" "+string(o.ID)), o.SecondFactor, o.AutomaticMails)
	return err
}

// CountOrganizations counts all organizations of the installation.
func (t *Tx) CountOrganizations(ctx context.Context) (n int, err error) {
	_, err = t.row(ctx, `select count(*) from organizations`, nil, &n)
	return n, err
}

// Organizations lists all organizations of the installation, in name order;
// search is a folded substring of name, plate or id.
func (t *Tx) Organizations(ctx context.Context, search string) (out []kontrollrum.Organization, err error) {
	rows, err := t.query(ctx, `select `+organizationColumns+` from organizations where search like $1 escape '\' order by name_key, id`, like(Fold(search)))
	return scanOrganizations(rows, err)
}

func scanOrganizations(rows *sql.Rows, err error) (out []kontrollrum.Organization, _ error) {
	err = each(rows, err, func(rows *sql.Rows) error {
		o, err := scanOrganization(rows.Scan)
		out = append(out, *o)
		return err
	})
	return out, err
}

// standsIn are the ids of where user $1 may act at $3, who is at home in $4:
// home, where they hold an assignment, and the customers that a partnership and
// a reach open to them.
const standsIn = `select $4 union
		select organization from assignments where user_id = $1 and closed is null and (ends is null or ends > $3) union
		select p.customer from partnerships p
		  join assignments a on a.organization = p.partner and a.user_id = $1 and a.closed is null and (a.ends is null or a.ends > $3) and a.reach = 'customers'
		 where p.partner = $4 and (p.ends is null or p.ends > $3)
		   and (a.all_customers or exists (select 1 from assignment_customers c
		        where c.organization = a.organization and c.assignment = a.id and c.customer = p.customer))`

// StandingOrganizations lists where a user may act, in name order; search is a
// folded substring of name, plate or id.
func (t *Tx) StandingOrganizations(ctx context.Context, user kontrollrum.UserID, home kontrollrum.OrganizationID, search string, now time.Time) (out []kontrollrum.Organization, err error) {
	rows, err := t.query(ctx, `select `+organizationColumns+` from organizations where id in (`+standsIn+`)
		and search like $2 escape '\' order by name_key, id`, user, like(Fold(search)), now.UnixMicro(), home)
	return scanOrganizations(rows, err)
}

// Partnership finds the partnership of two organizations that counts now, or nil.
func (t *Tx) Partnership(ctx context.Context, customer, partner kontrollrum.OrganizationID, now time.Time) (*kontrollrum.Partnership, error) {
	all, err := t.partnerships(ctx, `where customer = $1 and partner = $2 and (ends is null or ends > $3)`, customer, partner, now.UnixMicro())
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// Partnerships lists those an organization is part of, on either side, that count now.
func (t *Tx) Partnerships(ctx context.Context, o kontrollrum.OrganizationID, now time.Time) ([]kontrollrum.Partnership, error) {
	return t.partnerships(ctx, `where (customer = $1 or partner = $1) and (ends is null or ends > $2) order by started, customer, partner`, o, now.UnixMicro())
}

// CountCustomers counts whom an organization is partner of now; those only that
// one of its people reaches, where there is one.
func (t *Tx) CountCustomers(ctx context.Context, partner kontrollrum.OrganizationID, only kontrollrum.UserID, now time.Time) (n int, err error) {
	text, args := `select count(*) from partnerships p where p.partner = $1 and (p.ends is null or p.ends > $2)`, []any{partner, now.UnixMicro()}
	if only != "" {
		text += ` and exists (select 1 from assignments a where a.user_id = $3 and a.closed is null and (a.ends is null or a.ends > $2)
			and (a.organization = p.customer or a.organization = p.partner and a.reach = 'customers'
				and (a.all_customers or exists (select 1 from assignment_customers c
					where c.organization = a.organization and c.assignment = a.id and c.customer = p.customer))))`
		args = append(args, only)
	}
	_, err = t.row(ctx, text, args, &n)
	return n, err
}

func (t *Tx) partnerships(ctx context.Context, where string, args ...any) (out []kontrollrum.Partnership, err error) {
	rows, err := t.query(ctx, `select customer, partner, managing, provisioning, started, ends, given_by from partnerships `+where, args...)
	err = each(rows, err, func(rows *sql.Rows) error {
		var p kontrollrum.Partnership
		var started, ends sql.NullInt64
		err := rows.Scan(&p.Customer, &p.Partner, &p.Managing, &p.Provisioning, &started, &ends, &p.GivenBy)
		p.Started, p.Ends = instant(started), instant(ends)
		out = append(out, p)
		return err
	})
	return out, err
}

// SetPartnership adds a partnership or replaces its kinds and end.
func (t *Tx) SetPartnership(ctx context.Context, p kontrollrum.Partnership) error {
	_, err := t.exec(ctx, `insert into partnerships (customer, partner, managing, provisioning, started, ends, given_by)
		values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (customer, partner) do update set managing = excluded.managing, provisioning = excluded.provisioning,
			started = excluded.started, ends = excluded.ends, given_by = excluded.given_by`,
		p.Customer, p.Partner, p.Managing, p.Provisioning, micros(p.Started), micros(p.Ends), p.GivenBy)
	return err
}

// EndPartnership removes a partnership.
func (t *Tx) EndPartnership(ctx context.Context, customer, partner kontrollrum.OrganizationID) error {
	_, err := t.exec(ctx, `delete from partnerships where customer = $1 and partner = $2`, customer, partner)
	return err
}
