package store

import (
	"context"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

// An Attempt is how often what is counted was tried, and when last.
type Attempt struct {
	Failures int
	Latest   time.Time
}

// Attempts is what was counted of a subject; zero where nothing was.
func (t *Tx) Attempts(ctx context.Context, subject string) (a Attempt, err error) {
	var latest int64
	found, err := t.row(ctx, `select failures, latest from attempts where subject = $1`, []any{subject}, &a.Failures, &latest)
	if found {
		a.Latest = time.UnixMicro(latest).UTC()
	}
	return a, err
}

// CountAttempt counts one more, from one where the latest is older than forget.
func (t *Tx) CountAttempt(ctx context.Context, subject string, now time.Time, forget time.Duration) error {
	_, err := t.exec(ctx, `insert into attempts (subject, failures, latest) values ($1, 1, $2)
		on conflict (subject) do update set failures = case when attempts.latest < $3 then 1 else attempts.failures + 1 end, latest = excluded.latest`,
		subject, now.UnixMicro(), now.Add(-forget).UnixMicro())
	return err
}

// PutAttempts says what counts of a subject now.
func (t *Tx) PutAttempts(ctx context.Context, subject string, a Attempt) error {
	_, err := t.exec(ctx, `insert into attempts (subject, failures, latest) values ($1, $2, $3)
		on conflict (subject) do update set failures = excluded.failures, latest = excluded.latest`, subject, a.Failures, a.Latest.UnixMicro())
	return err
}

// Pace lets something be done for a subject, so many times at once and then
// once in a while, and reports whether it may be done now. Where it may not,
// nothing is written. What is kept is until when all that was done lasts, were
// it done once in a while from now on.
func (t *Tx) Pace(ctx context.Context, subject string, now time.Time, while time.Duration, atOnce int) (bool, error) {
	n, err := t.exec(ctx, `insert into attempts (subject, failures, latest) values ($1, 0, $3)
		on conflict (subject) do update set latest = case when attempts.latest > $2 then attempts.latest + $5 else $3 end where attempts.latest <= $4`,
		subject, now.UnixMicro(), now.Add(while).UnixMicro(), now.Add(time.Duration(atOnce-1)*while).UnixMicro(), while.Microseconds())
	return n > 0, err
}

// Unpace takes one back that was done for a subject.
func (t *Tx) Unpace(ctx context.Context, subject string, while time.Duration) error {
	_, err := t.exec(ctx, `update attempts set latest = latest - $2 where subject = $1`, subject, while.Microseconds())
	return err
}

// UncountAttempt takes one back, for what proved right: where it was the latest,
// all is as it was before.
func (t *Tx) UncountAttempt(ctx context.Context, subject string, at time.Time, before Attempt) error {
	if !before.Latest.IsZero() {
		n, err := t.exec(ctx, `update attempts set failures = $3, latest = $4 where subject = $1 and latest = $2`,
			subject, at.UnixMicro(), before.Failures, before.Latest.UnixMicro())
		if n > 0 || err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, `update attempts set failures = failures - 1 where subject = $1 and failures > 0`, subject)
	return err
}

// ForgetAttempts begins again for a subject.
func (t *Tx) ForgetAttempts(ctx context.Context, subject string) error {
	_, err := t.exec(ctx, `delete from attempts where subject = $1`, subject)
	return err
}

// UseChallenge takes what was handed out to come back once, and reports
// whether it comes for the first time: of many at once, one. It is remembered
// until it expires.
func (t *Tx) UseChallenge(ctx context.Context, hash, purpose string, o kontrollrum.OrganizationID, user kontrollrum.UserID, expires time.Time) (bool, error) {
	n, err := t.exec(ctx, `insert into challenges (hash, purpose, organization, user_id, data, expires) values ($1, $2, $3, $4, '', $5)
		on conflict (hash) do nothing`, hash, purpose, o, user, expires.UnixMicro())
	return n > 0, err
}

// SweepSignIns forgets attempts and sessions that are older than they are of use, and
// challenges that have expired.
func (t *Tx) SweepSignIns(ctx context.Context, now, attempts, sessions time.Time) error {
	for _, sweep := range []struct {
		text   string
		before time.Time
	}{
		{`delete from attempts where latest < $1`, attempts},
		{`delete from challenges where expires < $1`, now},
		{`delete from sessions where ends < $1`, sessions},
	} {
		if _, err := t.exec(ctx, sweep.text, sweep.before.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}
