package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A term is a length of time; beside Go's units it knows days: 12h, 30d, 1d12h.
type term time.Duration

// UnmarshalText reads a term.
func (t *term) UnmarshalText(text []byte) error {
	rest := string(text)
	var days int64
	if count, after, ok := strings.Cut(rest, "d"); ok {
		n, err := strconv.ParseUint(count, 10, 16)
		if err != nil {
			return fmt.Errorf("%q is no length of time: use 12h or 30d", text)
		}
		days, rest = int64(n), after
	}
	var hours time.Duration
	if rest != "" {
		var err error
		if hours, err = time.ParseDuration(rest); err != nil {
			return fmt.Errorf("%q is no length of time: use 12h or 30d", text)
		}
	}
	*t = term(time.Duration(days)*24*time.Hour + hours)
	if *t <= 0 {
		return fmt.Errorf("%q is no length of time to come: use 12h or 30d", text)
	}
	return nil
}

// A date is a day's last instant, in UTC, or an instant given as RFC 3339.
type date struct{ at time.Time }

// UnmarshalText reads a date.
func (d *date) UnmarshalText(text []byte) error {
	if day, err := time.Parse(time.DateOnly, string(text)); err == nil {
		d.at = day.AddDate(0, 0, 1).Add(-time.Microsecond)
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("%q is no date: use 2027-12-31 or 2027-12-31T18:00:00+01:00", text)
	}
	d.at = at
	return nil
}

// shown is an instant as it is printed; otherwise where there is none.
func shown(at time.Time, otherwise string) string {
	if at.IsZero() {
		return otherwise
	}
	return at.UTC().Format("2006-01-02 15:04 MST")
}
