package ops

import (
	"context"
	"net/url"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A letter is queued in the transaction of what it tells of, and sent by the
// postman (package mail), who asks for letters by these ops, as the operator.

// MailKept is how long letters are kept after they were written.
const MailKept = 90 * 24 * time.Hour

// post queues a letter to a, of the kind, link, task and data that l has; or
// keeps one of another state, which is not sent.
func (t *turn) post(ctx context.Context, a *store.Addressee, l kontrollrum.Letter) error {
	l.ID = kontrollrum.LetterID(t.hub.newID())
	l.Organization, l.User, l.Address, l.Language = a.Organization, a.User, a.Email, a.Language
	l.MessageID, l.Created = string(l.ID)+"@"+t.hub.host(), t.now
	if l.State == "" {
		l.State, l.Due = kontrollrum.LetterQueued, t.now
	}
	data := map[string]string{"Name": a.Name, "Organization": a.OrganizationName, "TimeZone": a.TimeZone}
	for key, value := range l.Data {
		data[key] = value
	}
	l.Data = data
	return t.tx.InsertLetter(ctx, &l)
}

// host is the public URL's, for the ids of messages (RFC 5322 §3.6.4).
func (h *Hub) host() string {
	if u, err := url.Parse(h.url); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "localhost"
}

// notify queues a notice to a user, of home o, that a way to sign in has
// changed. factor is the user's own word for what was added or removed; empty
// where it is about none. Nobody is told who is not there, or whose address
// nobody has confirmed.
func (t *turn) notify(ctx context.Context, kind kontrollrum.LetterKind, o kontrollrum.OrganizationID, user kontrollrum.UserID, factor string) error {
	a, err := t.tx.Addressee(ctx, o, user)
	if err != nil || a == nil || a.Status == kontrollrum.NotVerified {
		return err
	}
	data := map[string]string{"At": t.now.Format(time.RFC3339)}
	if factor != "" {
		data["Factor"] = factor
	}
	return t.post(ctx, a, kontrollrum.Letter{Kind: kind, Data: data})
}

// tell notifies the caller of a factor of theirs, by the letter of its kind.
func (t *turn) tell(ctx context.Context, f kontrollrum.Factor, passkey, totp kontrollrum.LetterKind) error {
	kind := totp
	if f.Kind == kontrollrum.Passkey {
		kind = passkey
	}
	return t.notify(ctx, kind, t.actor.Home, t.actor.ID, f.Name)
}

// AwaitMail says when the next letter is due; zero where none is. It changes nothing.
type AwaitMail struct{}

func (AwaitMail) asks() Ask { return Ask{Action: policy.MailDeliver, Nowhere: true, ReadOnly: true} }

func (AwaitMail) run(ctx context.Context, t *turn) (time.Time, error) { return t.tx.NextLetter(ctx) }

// CollectMail says what became of letters that were collected before, and
// collects those that are due next: one transaction does both, so that a
// postman is never the holder of more than is being sent. A letter that is not
// accounted for within the lease is given to whoever asks next.
type CollectMail struct {
	Postman  string // a name that nobody else has
	Outcomes []Outcome
	Want     int // letters; 0 none
	Lease    time.Duration
}

// An Outcome is what became of a letter.
type Outcome struct {
	Organization kontrollrum.OrganizationID
	Letter       kontrollrum.LetterID
	Task         kontrollrum.TaskID
	User         kontrollrum.UserID
	Error        string        // empty: it was sent
	Again        time.Duration // after which to try again; 0: never
}

// A CollectedLetter is a letter to send, with the link in it.
type CollectedLetter struct {
	kontrollrum.Letter
	URL     kontrollrum.Secret // empty: it has no link
	Expires time.Time          // of the link
}

func (CollectMail) asks() Ask { return Ask{Action: policy.MailDeliver, Nowhere: true, Quiet: true} }

func (o CollectMail) run(ctx context.Context, t *turn) ([]CollectedLetter, error) {
	for _, done := range o.Outcomes {
		if err := t.account(ctx, o.Postman, done); err != nil {
			return nil, err
		}
	}
	if o.Want <= 0 {
		return nil, nil
	}
	letters, err := t.tx.ClaimLetters(ctx, o.Postman, o.Want, t.now, t.now.Add(o.Lease))
	if err != nil {
		return nil, err
	}
	out := make([]CollectedLetter, 0, len(letters))
	for _, l := range letters {
		collected := CollectedLetter{Letter: l}
		if l.Link != "" {
			link, err := t.tx.Link(ctx, l.Link)
			if err != nil {
				return nil, err
			}
			if link == nil || !link.Used.IsZero() || !link.Superseded.IsZero() || !t.now.Before(link.Expires) {
				useless := Outcome{Organization: l.Organization, Letter: l.ID, Task: l.Task, User: l.User, Error: "the link in it is of no use any more"}
				if err := t.account(ctx, o.Postman, useless); err != nil {
					return nil, err
				}
				continue
			}
			collected.URL, collected.Expires = t.hub.linkURL(link), link.Expires
		}
		out = append(out, collected)
	}
	return out, nil
}

func (t *turn) account(ctx context.Context, postman string, o Outcome) error {
	if o.Error == "" {
		return t.tx.MarkLetterSent(ctx, o.Organization, o.Letter, t.now)
	}
	var again time.Time
	if o.Again > 0 {
		again = t.now.Add(o.Again)
	}
	had, err := t.tx.MarkLetterFailed(ctx, o.Organization, o.Letter, postman, legible(o.Error), again)
	if err != nil || !had || !again.IsZero() || o.Task == "" {
		return err
	}
	return t.tx.FailTaskItem(ctx, o.Organization, o.Task, o.User, "undeliverable", legible(o.Error))
}

// SweepMail forgets letters, links and attempts of long ago.
type SweepMail struct{}

func (SweepMail) asks() Ask { return Ask{Action: policy.MailDeliver, Nowhere: true, Quiet: true} }

func (SweepMail) run(ctx context.Context, t *turn) (Nothing, error) {
	return Nothing{}, t.tx.SweepMail(ctx, t.now.Add(-MailKept))
}

// ListUndelivered lists an organization's letters that were given up or have
// failed so far, newest first.
type ListUndelivered struct {
	Organization string
	After        store.Mark
	Limit        int
}

func (o ListUndelivered) asks() Ask { return Ask{Action: policy.MailView, In: o.Organization} }

func (o ListUndelivered) run(ctx context.Context, t *turn) (out Page[kontrollrum.Letter], err error) {
	if err := checkAfter(o.After); err != nil {
		return out, err
	}
	out.Items, out.Next, err = t.tx.Undelivered(ctx, t.org.ID, o.After, pageSize(o.Limit))
	return out, err
}
