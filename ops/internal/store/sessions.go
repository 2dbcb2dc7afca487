package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

const sessionColumns = `s.id, s.organization, s.user_id, s.stage, s.methods, s.created, s.authenticated, s.seen, s.ends, s.ip, s.user_agent`

func scanSession(scan func(...any) error) (*kontrollrum.Session, error) {
	var s kontrollrum.Session
	var methods string
	var at [4]sql.NullInt64
	err := scan(&s.ID, &s.Organization, &s.User, &s.Stage, &methods, &at[0], &at[1], &at[2], &at[3], &s.IP, &s.UserAgent)
	s.Methods = strings.Fields(methods)
	s.Created, s.Authenticated, s.Seen, s.Ends = instant(at[0]), instant(at[1]), instant(at[2]), instant(at[3])
	return &s, err
}

// sessionAlive holds of a session that has not ended, been left idle or
// outlived its user's right to be let in; $1 is now, $2 the oldest seen that is not idle.
const sessionAlive = `s.ended is null and s.ends > $1 and s.seen > $2 and u.status <> 'inactive'`

// SessionBearer finds whom a session's hash speaks for now, and at which stage;
// nil where there is none, it has ended, or was not used for as long as idle.
func (t *Tx) SessionBearer(ctx context.Context, hash string, now time.Time, idle time.Duration) (*Bearer, error) {
	return recall(t.memory, question{name: "session", who: hash}, now, func() (*Bearer, int64, error) {
		s, err := t.Session(ctx, hash, now, idle)
		if s == nil || err != nil {
			return nil, 0, err
		}
		until := min(s.Ends.UnixMicro(), s.Seen.Add(idle).UnixMicro())
		return &Bearer{User: s.User, Organization: s.Organization, Session: s.ID, Stage: s.Stage, Methods: s.Methods, Authenticated: s.Authenticated, Seen: s.Seen}, until, nil
	})
}

// Session finds a live session, of any stage, by its hash; nil where there is none.
func (t *Tx) Session(ctx context.Context, hash string, now time.Time, idle time.Duration) (*kontrollrum.Session, error) {
	found := false
	s, err := scanSession(func(into ...any) (err error) {
		found, err = t.row(ctx, `select `+sessionColumns+` from sessions s join users u on u.organization = s.organization and u.id = s.user_id
			where `+sessionAlive+` and s.hash = $3`, []any{now.UnixMicro(), now.Add(-idle).UnixMicro(), hash}, into...)
		return err
	})
	if !found {
		return nil, err
	}
	return s, err
}

// Sessions lists a user's live sessions, the last used first.
func (t *Tx) Sessions(ctx context.Context, user kontrollrum.UserID, now time.Time, idle time.Duration) (out []kontrollrum.Session, err error) {
	rows, err := t.query(ctx, `select `+sessionColumns+` from sessions s join users u on u.organization = s.organization and u.id = s.user_id
		where `+sessionAlive+` and s.user_id = $3 and s.stage = 'full' order by s.seen desc, s.id`,
		now.UnixMicro(), now.Add(-idle).UnixMicro(), user)
	err = each(rows, err, func(rows *sql.Rows) error {
		s, err := scanSession(rows.Scan)
		out = append(out, *s)
		return err
	})
	return out, err
}

// InsertSession keeps a session by its hash.
func (t *Tx) InsertSession(ctx context.Context, s *kontrollrum.Session, hash string) error {
	_, err := t.exec(ctx, `insert into sessions (hash, id, organization, user_id, stage, methods, created, authenticated, seen, ends, ip, user_agent)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		hash, s.ID, s.Organization, s.User, s.Stage, strings.Join(slices.Compact(s.Methods), " "),
		micros(s.Created), micros(s.Authenticated), micros(s.Seen), micros(s.Ends), s.IP, s.UserAgent)
	return err
}

// TouchSession says that a session and its user were active now.
func (t *Tx) TouchSession(ctx context.Context, id kontrollrum.SessionID, user kontrollrum.UserID, o kontrollrum.OrganizationID, now time.Time) error {
	if _, err := t.exec(ctx, `update sessions set seen = $2 where id = $1 and seen < $2`, id, now.UnixMicro()); err != nil {
		return err
	}
	_, err := t.exec(ctx, `update users set last_active = $3 where organization = $1 and id = $2 and last_active < $3`, o, user, now.UnixMicro())
	return err
}

// EndSession ends one session of a user, with the grants that do not outlive
// it, and reports whether it was there.
func (t *Tx) EndSession(ctx context.Context, user kontrollrum.UserID, id kontrollrum.SessionID, now time.Time) (bool, error) {
	n, err := t.exec(ctx, `update sessions set ended = $3 where user_id = $1 and id = $2 and ended is null`, user, id, now.UnixMicro())
	if n > 0 && err == nil {
		err = t.endGrants(ctx, `g.session = $2 and not g.offline`, now, id)
	}
	return n > 0, err
}

// EndSessions ends every session of a user, except one where it is named, and
// every grant that was not given in that one.
func (t *Tx) EndSessions(ctx context.Context, user kontrollrum.UserID, except kontrollrum.SessionID, now time.Time) error {
	_, err := t.exec(ctx, `update sessions set ended = $3 where user_id = $1 and id <> $2 and ended is null`, user, except, now.UnixMicro())
	if err != nil {
		return err
	}
	return t.endGrants(ctx, `g.user_id = $2 and g.session <> $3`, now, user, except)
}

// RenewSession ends a session of a user whom another now stands for: what was
// granted in the one goes on in the other.
func (t *Tx) RenewSession(ctx context.Context, user kontrollrum.UserID, from, to kontrollrum.SessionID, now time.Time) error {
	if _, err := t.exec(ctx, `update grants set session = $3 where user_id = $1 and session = $2`, user, from, to); err != nil {
		return err
	}
	_, err := t.EndSession(ctx, user, from, now)
	return err
}

// EndSingleSessions ends the sessions of a user, except one, that were begun
// with one factor, with the grants that do not outlive them.
func (t *Tx) EndSingleSessions(ctx context.Context, user kontrollrum.UserID, except kontrollrum.SessionID, now time.Time) error {
	_, err := t.exec(ctx, `update sessions set ended = $1 where ended is null and methods not like '%mfa%' and user_id = $2 and id <> $3`, now.UnixMicro(), user, except)
	if err != nil {
		return err
	}
	return t.endGrants(ctx, `not g.offline and g.user_id = $2 and exists (select 1 from sessions s where s.id = g.session and s.ended = $1)`, now, user)
}

// AddMethods says that a live session's user has proven who they are in more ways.
func (t *Tx) AddMethods(ctx context.Context, id kontrollrum.SessionID, methods []string) error {
	_, err := t.exec(ctx, `update sessions set methods = $2 where id = $1 and ended is null`, id, strings.Join(methods, " "))
	return err
}

// EndSessionsIn ends every session of the people whose home an organization is,
// and every grant of theirs or to act there.
func (t *Tx) EndSessionsIn(ctx context.Context, o kontrollrum.OrganizationID, now time.Time) error {
	_, err := t.exec(ctx, `update sessions set ended = $2 where organization = $1 and ended is null`, o, now.UnixMicro())
	if err != nil {
		return err
	}
	return t.endGrants(ctx, `(g.organization = $2 or g.acting = $2)`, now, o)
}

// Installation keeps a fact of the installation, once: it returns what is kept.
func (t *Tx) Installation(ctx context.Context, name, value string) (string, error) {
	if _, err := t.exec(ctx, `insert into installation (name, value) values ($1, $2) on conflict (name) do nothing`, name, value); err != nil {
		return "", err
	}
	_, err := t.row(ctx, `select value from installation where name = $1`, []any{name}, &value)
	return value, err
}
