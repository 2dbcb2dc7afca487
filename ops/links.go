package ops

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A LinkState says whether a link is good, or why not.
type LinkState string

// The states of a link. What to do is the same for the last four: ask for a
// new one, an administrator for an invitation and oneself for a password.
const (
	LinkGood       LinkState = "good"
	LinkUsed       LinkState = "used"
	LinkExpired    LinkState = "expired"
	LinkSuperseded LinkState = "superseded" // by a newer one, or the address has changed
	LinkUnknown    LinkState = "unknown"    // not one of ours, cut short in the mail, or of nobody who may come in
)

// An OpenedLink is what a link tells. Of one that is not good, only why.
type OpenedLink struct {
	State   LinkState
	Purpose kontrollrum.LinkPurpose // empty where unknown

	// Of a good one: whose it is.
	Email        kontrollrum.Email
	Name         string
	Organization string // its name
	Language     string
	Expires      time.Time
}

// OpenLink tells what a link is good for. It changes nothing: machines that
// look into mail open links too.
type OpenLink struct{ Token kontrollrum.Secret }

func (OpenLink) asks() Ask { return Ask{Action: policy.UsersVerify, Gate: true, ReadOnly: true} }

func (o OpenLink) run(ctx context.Context, t *turn) (OpenedLink, error) {
	_, opened, err := t.opened(ctx, o.Token)
	return opened, err
}

// opened finds a link by its text, nil where it is none of ours, and what it tells.
func (t *turn) opened(ctx context.Context, token kontrollrum.Secret) (*kontrollrum.Link, OpenedLink, error) {
	unknown := OpenedLink{State: LinkUnknown}
	id := t.hub.parseLink(token)
	if id == "" {
		return nil, unknown, nil
	}
	l, err := t.tx.Link(ctx, id)
	if l == nil || err != nil {
		return nil, unknown, err
	}
	out := OpenedLink{Purpose: l.Purpose, State: LinkGood}
	switch {
	case !l.Used.IsZero():
		out.State = LinkUsed
	case !l.Superseded.IsZero():
		out.State = LinkSuperseded
	case !t.now.Before(l.Expires):
		out.State = LinkExpired
	}
	if out.State != LinkGood {
		return l, out, nil
	}
	a, err := t.tx.Addressee(ctx, l.Organization, l.User)
	if err != nil {
		return nil, unknown, err
	}
	if a == nil || a.Status == kontrollrum.Inactive || a.Email != l.Email {
		return l, unknown, nil
	}
	out.Email, out.Name, out.Organization, out.Language, out.Expires = a.Email, a.Name, a.OrganizationName, a.Language, l.Expires
	return l, out, nil
}

// AcceptLink uses a link up: of many at once, one does. It proves that its
// user reads the mail of their address, who is verified now and begins a
// session of the stage enrol, in which they choose how to sign in.
type AcceptLink struct{ Token kontrollrum.Secret }

// An AcceptedLink is the answer of [AcceptLink]. Signing holds a session where
// the link was good, ProviderOnly where its user signs in at their organization's
// provider alone, and the time to wait where too many were tried.
type AcceptedLink struct {
	OpenedLink
	Signing
}

func (AcceptLink) asks() Ask { return Ask{Action: policy.UsersVerify, Gate: true} }

func (o AcceptLink) run(ctx context.Context, t *turn) (*AcceptedLink, error) {
	tried, err := t.try(ctx, addressSubject(t.caller))
	if err != nil {
		return nil, err
	}
	if tried.Wait > 0 {
		return &AcceptedLink{Signing: Signing{Code: TooManyAttempts, Wait: tried.Wait}}, nil
	}
	l, opened, err := t.opened(ctx, o.Token)
	if err != nil {
		return nil, err
	}
	if opened.State == LinkGood {
		good, err := t.tx.UseLink(ctx, l.ID, t.now)
		if err != nil {
			return nil, err
		}
		if !good { // which cannot be: it was good in this transaction
			opened = OpenedLink{State: LinkUsed, Purpose: l.Purpose}
		}
	}
	if opened.State != LinkGood {
		var whose *store.Login
		if l != nil {
			if whose, err = t.tx.Login(ctx, l.User); err != nil {
				return nil, err
			}
		}
		t.failed(tried, whose, "", "link_"+string(opened.State))
		return &AcceptedLink{OpenedLink: opened}, nil
	}
	if err := t.succeeded(ctx, tried); err != nil {
		return nil, err
	}
	if _, err := take(ctx, t.as(l.User), verifyUser{}); err != nil {
		return nil, err
	}
	if why, err := t.elsewhere(ctx, l.Organization, opened.Email); err != nil || why != "" {
		return &AcceptedLink{opened, Signing{User: l.User, Code: why}}, err
	}
	s, err := take(ctx, t.as(l.User), beginSession{methods: []string{byLink}})
	if err != nil {
		return nil, err
	}
	return &AcceptedLink{opened, *s}, nil
}

// byLink is the method of a session that a link from a mail began. It is none
// of RFC 8176, and never enough alone.
const byLink = "link"

// linked reports whether a session that a link began goes on without a way to
// sign in again: neither a password nor a passkey was chosen in it.
func linked(methods []string) bool {
	return slices.Contains(methods, byLink) && !slices.ContainsFunc(methods, func(m string) bool { return m == "pwd" || m == "hwk" || m == "swk" })
}

// AskPasswordReset mails a link to choose a password to an address, where it is
// that of somebody who has come in before; at most one in ten minutes. The
// answer is the same for any address, and so is the work.
type AskPasswordReset struct{ Email string }

// An AskedReset is the answer of [AskPasswordReset].
type AskedReset struct {
	Wait time.Duration // too many were asked for from this address; nothing was done
}

func (AskPasswordReset) asks() Ask { return Ask{Action: policy.CredentialsReset, Gate: true} }

func (o AskPasswordReset) run(ctx context.Context, t *turn) (out AskedReset, err error) {
	from := addressSubject(t.caller)
	if from.name != "" {
		from.name = "reset from " + from.name
	}
	tried, err := t.try(ctx, from)
	if err != nil || tried.Wait > 0 {
		return AskedReset{tried.Wait}, err
	}
	email := strings.ToLower(strings.TrimSpace(o.Email))
	of := "reset of " + accountSubject(email).name
	last, err := t.tx.Attempts(ctx, of)
	if err != nil || t.now.Sub(last.Latest) < ResetsApart {
		return out, err
	}
	if err := t.tx.CountAttempt(ctx, of, t.now, forgetAttempts); err != nil {
		return out, err
	}
	whose, err := t.tx.LoginByEmail(ctx, kontrollrum.Email(email))
	if err != nil {
		return out, err
	}
	a, letter := &store.Addressee{User: kontrollrum.UserID(t.hub.newID())}, kontrollrum.Letter{Kind: kontrollrum.PasswordLetter}
	if whose != nil && (whose.Status == kontrollrum.Active || whose.Status == kontrollrum.Verified) {
		a.Organization, a.User = whose.Organization, whose.User
	}
	found, err := t.tx.Addressee(ctx, a.Organization, a.User)
	if err != nil {
		return out, err
	}
	e := kontrollrum.Entry{
		ID: kontrollrum.EntryID(t.hub.newID()), At: t.now, Action: policy.CredentialsReset.String(), Outcome: kontrollrum.Done, ActorName: "visitor",
		Reason:     "a link to choose a password was asked for",
		TrackingID: legible(t.caller.TrackingID), IP: legible(t.caller.IP), UserAgent: legible(t.caller.UserAgent),
	}
	if found != nil {
		a = found
		e.Organization, e.Target, e.TargetName, e.TargetEmail = a.Organization, a.User, a.Name, a.Email
	} else { // the same rows, which lead nowhere
		letter.State, e.Outcome, e.Code = kontrollrum.LetterGivenUp, kontrollrum.Refused, "unknown_account"
	}
	l, err := t.link(ctx, a, kontrollrum.ForPassword)
	if err != nil {
		return out, err
	}
	letter.Link, t.also = l.ID, append(t.also, e)
	return out, t.post(ctx, a, letter)
}
