package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

const clientColumns = `id, name, application, secret, redirects, after_logout, logout, device, webex, built_in, created, modified`

// signIn is the end of the name of each application's sign-in action.
const signIn = ".sign_in"

func scanClient(scan func(...any) error) (*kontrollrum.Client, string, error) {
	var c kontrollrum.Client
	var application, secret, redirects, after string
	var at [2]sql.NullInt64
	err := scan(&c.ID, &c.Name, &application, &secret, &redirects, &after, &c.Logout, &c.Device, &c.Webex, &c.BuiltIn, &at[0], &at[1])
	c.Application, _ = policy.ParseAction(application + signIn)
	c.Public = secret == ""
	c.Redirects, c.AfterLogout = strings.Fields(redirects), strings.Fields(after)
	c.Created, c.Modified = instant(at[0]), instant(at[1])
	return &c, secret, err
}

// Client finds a client and the hash of its secret; nil where there is none.
func (t *Tx) Client(ctx context.Context, id kontrollrum.ClientID) (c *kontrollrum.Client, secret string, err error) {
	type known struct {
		client *kontrollrum.Client
		secret string
	}
	k, err := recall(t.memory, question{name: "client", who: string(id)}, time.UnixMicro(0), func() (*known, int64, error) {
		found := false
		c, secret, err := scanClient(func(into ...any) (err error) {
			found, err = t.row(ctx, `select `+clientColumns+` from clients where id = $1`, []any{id}, into...)
			return err
		})
		if !found {
			return nil, 0, err
		}
		return &known{c, secret}, forever, err
	})
	if k == nil || err != nil {
		return nil, "", err
	}
	return k.client, k.secret, nil
}

// Clients lists every client by its id.
func (t *Tx) Clients(ctx context.Context) (out []kontrollrum.Client, err error) {
	rows, err := t.query(ctx, `select `+clientColumns+` from clients order by id`)
	err = each(rows, err, func(rows *sql.Rows) error {
		c, _, err := scanClient(rows.Scan)
		out = append(out, *c)
		return err
	})
	return out, err
}

// PutClient keeps a client, new or changed. secret is the hash of its secret,
// empty for a public one.
func (t *Tx) PutClient(ctx context.Context, c *kontrollrum.Client, secret string) error {
	_, err := t.exec(ctx, `insert into clients (`+clientColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (id) do update set name = excluded.name, application = excluded.application, secret = excluded.secret, redirects = excluded.redirects,
		  after_logout = excluded.after_logout, logout = excluded.logout, device = excluded.device, webex = excluded.webex, modified = excluded.modified`,
		c.ID, c.Name, strings.TrimSuffix(c.Application.String(), signIn), secret, strings.Join(c.Redirects, "\n"), strings.Join(c.AfterLogout, "\n"),
		c.Logout, c.Device, c.Webex, c.BuiltIn, c.Created.UnixMicro(), c.Modified.UnixMicro())
	return err
}

// DeleteClient removes a client and ends what it was given.
func (t *Tx) DeleteClient(ctx context.Context, id kontrollrum.ClientID, now time.Time) error {
	if _, err := t.exec(ctx, `update grants set ended = $2 where client = $1 and ended is null`, id, now.UnixMicro()); err != nil {
		return err
	}
	for _, text := range []string{
		`delete from authorizations where client = $1`,
		`delete from device_codes where client = $1`,
		`delete from logouts where client = $1`,
		`delete from clients where id = $1`,
	} {
		if _, err := t.exec(ctx, text, id); err != nil {
			return err
		}
	}
	return nil
}
