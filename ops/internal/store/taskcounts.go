package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A TaskCount is how the users stand for whom a task would be.
type TaskCount struct {
	Total                         int
	NotVerified, Active, Inactive int
	Self                          int // 1 where whoever asks is among them
	Held                          int // hold the licence that it is about
	Option                        int // with its Supervisor option
	Other                         int // hold the other contact-centre licence
}

// Optioned is how many hold the licence with the option so.
func (c *TaskCount) Optioned(so bool) int {
	if so {
		return c.Option
	}
	return c.Held - c.Option
}

// CountForTask counts the organization's users whom a filter leaves, by what a
// task about a licence, or about none, would find of them.
func (t *Tx) CountForTask(ctx context.Context, o kontrollrum.OrganizationID, f UserFilter, sees policy.Sight, now time.Time, l *kontrollrum.License, self kontrollrum.UserID) (c TaskCount, err error) {
	var q query
	sum := func(condition string) string {
		return `, coalesce(sum(case when ` + condition + ` then 1 else 0 end), 0)`
	}
	holds := func(more string) string {
		return sum(`exists (select 1 from holdings h where h.organization = u.organization and h.user_id = u.id and ` + more + `)`)
	}
	about, others := kontrollrum.License{}, []kontrollrum.Product{""}
	if l != nil {
		about = *l
		if l.Product.ContactCenter() {
			others = []kontrollrum.Product{kontrollrum.StandardAgent, kontrollrum.PremiumAgent}
		}
	}
	q.add(`select count(*)`)
	for _, s := range []kontrollrum.UserStatus{kontrollrum.NotVerified, kontrollrum.Active, kontrollrum.Inactive} {
		q.add(sum(`u.status = ` + q.arg(s)))
	}
	q.add(sum(`u.id = ` + q.arg(self)))
	q.add(holds(`h.license = ` + q.arg(about.ID)))
	q.add(holds(`h.license = ` + q.arg(about.ID) + ` and h.supervisor`))
	q.add(holds(`h.license <> ` + q.arg(about.ID) + ` and h.product in (` + list(&q, others) + `)`))
	q.add(` from users u where organization = ` + q.arg(o))
	p := page{t: t, o: o, f: &f, sees: sees, now: now}
	p.narrow(&q)
	err = t.list(ctx, &q, func(rows *sql.Rows) error {
		return rows.Scan(&c.Total, &c.NotVerified, &c.Active, &c.Inactive, &c.Self, &c.Held, &c.Option, &c.Other)
	})
	return c, err
}
