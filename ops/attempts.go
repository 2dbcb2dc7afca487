package ops

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Whoever tries proofs of who they are waits longer each time: by account,
// whether there is such an account or not, and by address. An attempt is
// counted before it is judged, so that many at once are as many attempts.

// A subject is what attempts are counted of, and how many are free.
type subject struct {
	name string // empty: nothing is counted
	free int
}

// How many attempts are free, and how long is waited after those that are not:
// a second, then twice as long each time.
const (
	freeOfAccount  = 5
	freeOfAddress  = 20
	longestWait    = 15 * time.Minute
	forgetAttempts = 24 * time.Hour
	forgiveAddress = time.Minute // for each of an address, behind which may be many people
)

// accountSubject is the account of an address, which nobody need have.
func accountSubject(email string) subject {
	return subject{"account:" + kontrollrum.NewSecret(email).Hash(), freeOfAccount}
}

// codeSubject is the codes of a user: a right password does not begin them anew.
func codeSubject(user kontrollrum.UserID) subject {
	return subject{"code:" + string(user), freeOfAccount}
}

// addressSubject is where a caller is: one address, or with IPv6 one network.
func addressSubject(c Caller) subject {
	if at := network(c); at != "" {
		return subject{"address:" + at, freeOfAddress}
	}
	return subject{}
}

// network is where a caller is, as far as it is counted; empty where nobody knows.
func network(c Caller) string {
	ip, err := netip.ParseAddr(c.IP)
	if err != nil {
		return ""
	}
	bits := 32
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		bits = 64
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.Masked().Addr().String()
}

// What is kept before anybody is known, requests of clients and waits of
// devices, is begun from one address so many times at once, and then once in a
// while. What somebody says yes to is not counted: many people share an address.
const (
	begunAtOnce = 300
	begunEvery  = time.Second
)

// TooManyBegun is the code of what is [kontrollrum.Busy] for whoever begins too much.
const TooManyBegun = "too_many_begun"

func begunSubject(c Caller) string {
	if at := network(c); at != "" {
		return "begun:" + at
	}
	return ""
}

// begin counts what is begun at the caller's address.
func (t *turn) begin(ctx context.Context) error {
	at := begunSubject(t.caller)
	if at == "" {
		return nil
	}
	may, err := t.tx.Pace(ctx, at, t.now, begunEvery, begunAtOnce)
	if err != nil || may {
		return err
	}
	return &kontrollrum.Error{Kind: kontrollrum.Busy, Code: TooManyBegun, Message: "too many sign-ins have begun at this address that nobody went on with; try again in a moment"}
}

// goOn takes one back of what was begun at the caller's address.
func (t *turn) goOn(ctx context.Context) error {
	if at := begunSubject(t.caller); at != "" {
		return t.tx.Unpace(ctx, at, begunEvery)
	}
	return nil
}

// wait is how long is waited after so many failures.
func (s subject) wait(failures int) time.Duration {
	if failures < s.free {
		return 0
	}
	return min(time.Second<<min(failures-s.free, 20), longestWait)
}

// left is what still counts of the attempts of s.
func (s subject) left(a store.Attempt, now time.Time) int {
	gone := now.Sub(a.Latest)
	switch {
	case gone > forgetAttempts:
		return 0
	case s.free == freeOfAddress && gone > 0:
		return max(0, a.Failures-int(gone/forgiveAddress))
	}
	return a.Failures
}

// A trial is one attempt that was counted.
type trial struct {
	subjects []subject
	before   []store.Attempt // of each, as it was
	at       time.Time
	Wait     time.Duration // before it is judged; zero: it is judged now
	next     time.Duration // that a failure brings
}

// try counts an attempt, unless it comes too early: then it is told for how
// long to wait, and is not counted.
func (t *turn) try(ctx context.Context, subjects ...subject) (trial, error) {
	found := trial{subjects: subjects, before: make([]store.Attempt, len(subjects)), at: t.now}
	for i, s := range subjects {
		if s.name == "" {
			continue
		}
		a, err := t.tx.Attempts(ctx, s.name)
		if err != nil {
			return found, err
		}
		found.before[i] = a
		failures := s.left(a, t.now)
		found.Wait = max(found.Wait, a.Latest.Add(s.wait(failures)).Sub(t.now))
		found.next = max(found.next, s.wait(failures+1))
	}
	if found.Wait > 0 {
		return found, nil
	}
	for i, s := range subjects {
		if s.name == "" {
			continue
		}
		if err := t.tx.PutAttempts(ctx, s.name, store.Attempt{Failures: s.left(found.before[i], t.now) + 1, Latest: t.now}); err != nil {
			return found, err
		}
	}
	return found, nil
}

// succeeded begins anew for who was tried, and takes back what was counted of
// where from, as if it had not been: one's own account must neither open the
// way to others' nor bar it.
func (t *turn) succeeded(ctx context.Context, tried trial) error {
	for i, s := range tried.subjects {
		var err error
		switch {
		case s.name == "":
		case s.free == freeOfAddress:
			var before store.Attempt
			if i < len(tried.before) {
				before = tried.before[i]
			}
			err = t.tx.UncountAttempt(ctx, s.name, tried.at, before)
		default:
			err = t.tx.ForgetAttempts(ctx, s.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// failed notes for the log a proof that failed: why, and whose it should have
// been, nil where nobody has that address. Of an account that is not there as
// much is written as of one that is.
func (t *turn) failed(tried trial, whose *store.Login, email, why string) {
	e := kontrollrum.Entry{
		ID: kontrollrum.EntryID(t.hub.newID()), At: t.now, Action: policy.SessionsBegin.String(), Outcome: kontrollrum.Refused,
		Code: why, ActorName: "visitor", TrackingID: legible(t.caller.TrackingID), IP: legible(t.caller.IP), UserAgent: legible(t.caller.UserAgent),
	}
	if whose != nil {
		e.Organization, e.Target, e.TargetName, e.TargetEmail = whose.Organization, whose.User, whose.Name, whose.Email
	} else if address, err := kontrollrum.ParseEmail(email); err == nil { // what is none may be a password
		e.TargetEmail = address
	}
	if tried.next > 0 {
		e.Reason = fmt.Sprintf("the next attempt is judged after %s", tried.next)
	}
	*t.refused = append(*t.refused, e)
}
