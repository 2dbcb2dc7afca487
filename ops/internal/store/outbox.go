package store

import (
	"context"
	"database/sql"
	"net/url"
	"strconv"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

const letterColumns = `organization, id, user_id, kind, address, language, data, link, task, message_id, created, due, attempts, state, error, sent`

func scanLetters(rows *sql.Rows, err error) (out []kontrollrum.Letter, _ error) {
	err = each(rows, err, func(rows *sql.Rows) error {
		var l kontrollrum.Letter
		var data string
		var created, due, sent sql.NullInt64
		err := rows.Scan(&l.Organization, &l.ID, &l.User, &l.Kind, &l.Address, &l.Language, &data, &l.Link, &l.Task, &l.MessageID,
			&created, &due, &l.Attempts, &l.State, &l.Error, &sent)
		if err != nil {
			return err
		}
		l.Created, l.Due, l.Sent = instant(created), instant(due), instant(sent)
		fields, err := url.ParseQuery(data)
		l.Data = make(map[string]string, len(fields))
		for name, values := range fields {
			l.Data[name] = values[0]
		}
		out = append(out, l)
		return err
	})
	return out, err
}

// InsertLetter puts a letter into the outbox.
func (t *Tx) InsertLetter(ctx context.Context, l *kontrollrum.Letter) error {
	data := url.Values{}
	for name, value := range l.Data {
		data.Set(name, value)
	}
	_, err := t.exec(ctx, `insert into outbox (`+letterColumns+`, claim) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, '')`,
		l.Organization, l.ID, l.User, l.Kind, l.Address, l.Language, data.Encode(), l.Link, l.Task, l.MessageID,
		micros(l.Created), micros(l.Due), l.Attempts, l.State, l.Error, micros(l.Sent))
	return err
}

// LastLetter is when a letter of a kind to a user's address was last queued
// that has been sent or still may be; zero: never.
func (t *Tx) LastLetter(ctx context.Context, o kontrollrum.OrganizationID, user kontrollrum.UserID, kind kontrollrum.LetterKind, address kontrollrum.Email) (time.Time, error) {
	var at sql.NullInt64
	_, err := t.row(ctx, `select max(created) from outbox where organization = $1 and user_id = $2 and kind = $3 and address = $4 and state <> 'given_up'`,
		[]any{o, user, kind, address}, &at)
	return instant(at), err
}

// NextLetter is when the next letter is due; zero where none is.
func (t *Tx) NextLetter(ctx context.Context) (time.Time, error) {
	var at sql.NullInt64
	_, err := t.row(ctx, `select min(due) from outbox where due is not null`, nil, &at)
	return instant(at), err
}

// ClaimLetters takes at most n letters that are due in hand, those that have
// waited longest first: nobody else is given them until the lease ends. At once
// they are given to one.
func (t *Tx) ClaimLetters(ctx context.Context, claim string, n int, now, lease time.Time) ([]kontrollrum.Letter, error) {
	rows, err := t.query(ctx, `update outbox set state = 'sending', claim = $1, attempts = attempts + 1, due = $4
		where (organization, id) in (select organization, id from outbox where due is not null and due <= $3 order by due, id limit $2)
		returning `+letterColumns, claim, n, now.UnixMicro(), lease.UnixMicro())
	return scanLetters(rows, err)
}

// MarkLetterSent says that the mail server took a letter, whoever has it in hand by now.
func (t *Tx) MarkLetterSent(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.LetterID, now time.Time) error {
	_, err := t.exec(ctx, `update outbox set state = 'sent', due = null, sent = $3, error = '' where organization = $1 and id = $2 and sent is null`,
		o, id, now.UnixMicro())
	return err
}

// MarkLetterFailed says why a letter was not taken, and when to try again: zero
// is never. It reports whether claim still had it in hand.
func (t *Tx) MarkLetterFailed(ctx context.Context, o kontrollrum.OrganizationID, id kontrollrum.LetterID, claim, why string, again time.Time) (bool, error) {
	state := kontrollrum.LetterQueued
	if again.IsZero() {
		state = kontrollrum.LetterGivenUp
	}
	n, err := t.exec(ctx, `update outbox set state = $4, due = $5, error = $6, claim = '' where organization = $1 and id = $2 and claim = $3 and state = 'sending'`,
		o, id, claim, state, micros(again), why)
	return n > 0, err
}

// Undelivered lists a page of an organization's letters that were given up or
// have failed so far, newest first; next is where the next page starts.
func (t *Tx) Undelivered(ctx context.Context, o kontrollrum.OrganizationID, after Mark, limit int) (out []kontrollrum.Letter, next Mark, err error) {
	var q query
	q.add(`select ` + letterColumns + ` from outbox where organization = ` + q.arg(o) + ` and sent is null and error <> ''`)
	if after != (Mark{}) {
		created, err := strconv.ParseInt(after.Key, 10, 64)
		if err != nil {
			return nil, next, kontrollrum.Wrong("cursor", after.Key, "follow the link of the page before as it stands")
		}
		q.add(` and (created, id) < (` + q.arg(created) + `, ` + q.arg(after.ID) + `)`)
	}
	q.add(` order by created desc, id desc limit ` + q.arg(limit+1))
	rows, err := t.query(ctx, q.text.String(), q.args...)
	if out, err = scanLetters(rows, err); err == nil && len(out) > limit {
		last := out[limit-1]
		out, next = out[:limit], Mark{strconv.FormatInt(last.Created.UnixMicro(), 10), string(last.ID)}
	}
	return out, next, err
}

// SweepMail forgets letters and links that ended before a day long gone.
func (t *Tx) SweepMail(ctx context.Context, before time.Time) error {
	if _, err := t.exec(ctx, `delete from outbox where created < $1 and due is null`, before.UnixMicro()); err != nil {
		return err
	}
	_, err := t.exec(ctx, `delete from links where expires < $1`, before.UnixMicro())
	return err
}
