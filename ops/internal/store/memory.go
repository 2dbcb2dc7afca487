package store

import (
	"math"
	"time"
)

// A memory keeps the facts of decisions that one reading connection has read,
// for as long as nobody commits: whoever asks the same again is told what
// reading again would tell. It belongs to one transaction at a time.
type memory struct {
	version int64 // of the database, when the facts were read
	facts   map[question]fact
	told    bool // to the transaction that has it
}

// A question is a read by its name and arguments.
type question struct{ name, in, who, whom string }

// A fact is the answer to a question and when it holds. Whoever is given one
// must not change it.
type fact struct {
	answer      any
	from, until int64 // instants: since it was read; before the first end among its rows
}

// short reports whether q is worth its place: ids and addresses are.
func (q question) short() bool { return len(q.in)+len(q.who)+len(q.whom) <= 1024 }

const (
	forever = math.MaxInt64
	facts   = 10_000 // at most; then it begins afresh
)

// renew forgets everything if the database is no longer of that version.
func (m *memory) renew(version int64) {
	m.told = false
	if m.version != version || len(m.facts) >= facts {
		m.version, m.facts = version, map[question]fact{}
	}
}

// recall answers q from memory or, where there is none or it holds no answer
// for now, by reading. read also says until when its answer holds.
func recall[T any](m *memory, q question, now time.Time, read func() (answer T, until int64, err error)) (T, error) {
	at := now.UnixMicro()
	if m != nil {
		if f, ok := m.facts[q]; ok && f.from <= at && at < f.until {
			m.told = true
			return f.answer.(T), nil
		}
	}
	answer, until, err := read()
	if m != nil && err == nil && at < until && q.short() {
		m.facts[q] = fact{answer, at, until}
	}
	return answer, err
}
