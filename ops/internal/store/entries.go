package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

const entryColumns = `organization, id, at, action, outcome, actor, actor_name, actor_email, actor_organization, actor_role,
	target, target_name, target_email, role, code, rule, cell, reason, before, after, tracking_id, ip, user_agent`

// InsertEntry writes one row of the audit log.
func (t *Tx) InsertEntry(ctx context.Context, e *kontrollrum.Entry) error {
	_, err := t.exec(ctx, `insert into entries (`+entryColumns+`, search)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)`,
		e.Organization, e.ID, micros(e.At), e.Action, e.Outcome, e.Actor, e.ActorName, e.ActorEmail, e.ActorOrganization, e.ActorRole,
		e.Target, e.TargetName, e.TargetEmail, e.Role, e.Code, e.Rule, e.Cell, e.Reason, string(e.Before), string(e.After),
		e.TrackingID, e.IP, e.UserAgent, Fold(e.ActorName+" "+string(e.ActorEmail)+" "+e.TargetName+" "+string(e.TargetEmail)))
	return err
}

// An EntryFilter says which entries. From is included, To is not.
type EntryFilter struct {
	ID       kontrollrum.EntryID // that one alone
	Request  string              // its tracking id
	From, To time.Time
	Actor    kontrollrum.UserID
	Target   kontrollrum.UserID
	Actions  []string // empty: all
	Outcome  kontrollrum.Outcome
	Search   string // substring of the actor's or target's name or address, without case and accents
	After    Mark   // where the last page ended
	Offset   int
	Limit    int
}

// MarkOf is where a page ended that ends with e.
func MarkOf(e *kontrollrum.Entry) Mark {
	return Mark{Key: strconv.FormatInt(e.At.UnixMicro(), 10), ID: string(e.ID)}
}

// errEnough ends the reading of rows when a page is full.
var errEnough = errors.New("enough rows")

// Entries lists a page of an organization's audit log, newest first. Of entries
// about administrator roles only those that sees shows. Of the others, one done
// by a role that it does not show tells neither the role nor who did it
// (docs/decisions/0020), and is not found by that.
func (t *Tx) Entries(ctx context.Context, o kontrollrum.OrganizationID, f EntryFilter, sees policy.Sight) (out []kontrollrum.Entry, more bool, err error) {
	var q query
	q.add(`select ` + entryColumns + `, coalesce((select o.name from organizations o where o.id = actor_organization), '') from entries where organization = ` + q.arg(o) + ` and at >= ` + q.arg(never(f.From)) + ` and at < ` + q.arg(never(f.To)))
	shown := []string{""}
	for _, r := range policy.Roles() {
		if sees.Audit.Shows(r) {
			shown = append(shown, r.String())
		}
	}
	q.add(` and role in (` + list(&q, shown) + `)`)
	hides := sees.Audit != policy.SeesAll
	if hides {
		q.add(` and (role <> '' or action not like 'roles.%')`) // about a role that it does not name
	}
	if f.ID != "" {
		q.add(` and id = ` + q.arg(f.ID))
	}
	if f.After != (Mark{}) {
		at, wrong := strconv.ParseInt(f.After.Key, 10, 64)
		if wrong != nil {
			return nil, false, kontrollrum.Wrong("cursor", f.After.Key, "follow the link of the page before as it stands")
		}
		q.add(` and (at, id) < (` + q.arg(at) + `, ` + q.arg(f.After.ID) + `)`)
	}
	if f.Request != "" {
		q.add(` and tracking_id = ` + q.arg(f.Request))
		if hides { // which an entry that hides its actor does not tell
			q.add(` and actor_role in (` + list(&q, append(shown, policy.Supervisor.String())) + `)`)
		}
	}
	if f.Actor != "" {
		q.add(` and actor = ` + q.arg(f.Actor))
		if hides {
			q.add(` and actor_role in (` + list(&q, append(shown, policy.Supervisor.String())) + `)`)
		}
	}
	if f.Target != "" {
		q.add(` and target = ` + q.arg(f.Target))
	}
	if len(f.Actions) > 0 {
		q.add(` and action in (` + list(&q, f.Actions) + `)`)
	}
	if f.Outcome != "" {
		q.add(` and outcome = ` + q.arg(f.Outcome))
	}
	if f.Search != "" {
		q.add(` and search like ` + q.arg(like(Fold(f.Search))) + ` escape '\'`)
	}
	skip := 0 // rows passed over here, since only here it is known which are found
	if hides && f.Search != "" {
		q.add(` order by at desc, id desc`)
		skip = f.Offset
	} else {
		q.add(` order by at desc, id desc limit ` + q.arg(f.Limit+1) + ` offset ` + q.arg(f.Offset))
	}
	rows, err := t.query(ctx, q.text.String(), q.args...)
	err = each(rows, err, func(rows *sql.Rows) error {
		var e kontrollrum.Entry
		var at sql.NullInt64
		var before, after string
		err := rows.Scan(&e.Organization, &e.ID, &at, &e.Action, &e.Outcome, &e.Actor, &e.ActorName, &e.ActorEmail, &e.ActorOrganization, &e.ActorRole,
			&e.Target, &e.TargetName, &e.TargetEmail, &e.Role, &e.Code, &e.Rule, &e.Cell, &e.Reason, &before, &after, &e.TrackingID, &e.IP, &e.UserAgent, &e.ActorHome)
		e.At, e.Before, e.After = instant(at), []byte(before), []byte(after)
		if hides {
			e.HideGiver()
		}
		if role, ok := policy.ParseRole(e.ActorRole); ok && role != policy.Supervisor && !sees.Audit.Shows(role) {
			e.HideActor()
			if !strings.Contains(Fold(e.TargetName+" "+string(e.TargetEmail)), Fold(f.Search)) {
				return err // found by who did it
			}
		}
		if skip > 0 {
			skip--
			return err
		}
		if out = append(out, e); len(out) > f.Limit && err == nil {
			err = errEnough
		}
		return err
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	if len(out) > f.Limit {
		return out[:f.Limit], true, err
	}
	return out, false, err
}
