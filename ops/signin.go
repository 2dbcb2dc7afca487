package ops

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A Signing is how far a sign-in has come, or why it has come no further.
type Signing struct {
	// Session is the new session's secret: the cookie. It is another at each
	// stage. Empty where there is no session, for the reason in Code.
	Session kontrollrum.Secret
	Stage   kontrollrum.Stage
	User    kontrollrum.UserID
	Ends    time.Time // of the session, at the latest
	// Factors are the kinds of factor that a sign-in at the stage factor may go on with.
	Factors []kontrollrum.FactorKind

	Code string        // why not; empty where there is a session
	Wait time.Duration // with TooManyAttempts: for how long
}

// Why a proof did not do, in a [Signing].
const (
	WrongCredentials = "wrong_credentials" // whatever was wrong: nobody learns which accounts there are
	TooManyAttempts  = "too_many_attempts" // it was not judged; later
	WrongCode        = "wrong_code"
	WrongPasskey     = "wrong_passkey"
	SessionOver      = "session_over"   // the sign-in took too long, or was completed elsewhere: begin again
	FactorMissing    = "factor_missing" // the second factor that is demanded is still not set up
)

// partialLife is how long a sign-in may take.
const partialLife = 10 * time.Minute

// A PasswordProof is an address and a password. Replace is the session that it
// renews, where there is one: it ends when the new one is complete.
type PasswordProof struct {
	Email    string
	Password kontrollrum.Secret
	Replace  kontrollrum.Secret
}

// SignIn judges a password and begins a session: full, or of a stage that asks
// for more. What is wrong is in the Signing, with the same words and in the
// same time whether there is such an account or not. At once it is judged as
// often as it is asked, and counted each time.
func (h *Hub) SignIn(ctx context.Context, c Caller, p PasswordProof) (*Signing, error) {
	email := strings.ToLower(strings.TrimSpace(p.Email))
	if len(email) > 254 {
		email = email[:254]
	}
	found, err := Do(ctx, h, c, tryPassword{email})
	if err != nil {
		return nil, err
	}
	if found.Wait > 0 {
		return &Signing{Code: TooManyAttempts, Wait: found.Wait}, nil
	}
	right, stronger, err := h.hashes.judge(ctx, p.Password, found.hash)
	if err != nil {
		return nil, err
	}
	return Do(ctx, h, c, provePassword{email: email, judged: found, right: right, stronger: stronger, replace: p.Replace})
}

// A judged is what a password is judged by.
type judged struct {
	trial
	hash string
}

// tryPassword counts an attempt and finds what to judge it by.
type tryPassword struct{ email string }

func (tryPassword) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true} }

func (o tryPassword) run(ctx context.Context, t *turn) (found judged, err error) {
	if found.trial, err = t.try(ctx, accountSubject(o.email), addressSubject(t.caller)); err != nil || found.Wait > 0 {
		return found, err
	}
	l, err := t.tx.LoginByEmail(ctx, kontrollrum.Email(o.email))
	if l != nil {
		found.hash = l.Hash
	}
	return found, err
}

// provePassword goes on with what a password was judged to be.
type provePassword struct {
	email    string
	judged   judged
	right    bool
	stronger string
	replace  kontrollrum.Secret
}

func (provePassword) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true} }

func (o provePassword) run(ctx context.Context, t *turn) (*Signing, error) {
	l, err := t.tx.LoginByEmail(ctx, kontrollrum.Email(o.email))
	if err != nil {
		return nil, err
	}
	why := o.wrong(l)
	if why == "" {
		if why, err = t.elsewhere(ctx, l.Organization, l.Email); err != nil {
			return nil, err
		}
	}
	if why != "" {
		t.failed(o.judged.trial, l, o.email, why)
		return &Signing{Code: WrongCredentials}, nil
	}
	if err := t.succeeded(ctx, o.judged.trial); err != nil {
		return nil, err
	}
	if o.stronger != "" {
		if err := t.tx.Rehash(ctx, l.Organization, l.User, l.Hash, o.stronger); err != nil {
			return nil, err
		}
	}
	return take(ctx, t.as(l.User), beginSession{methods: []string{"pwd"}, replace: o.replace})
}

// wrong says for the log what is wrong, or nothing.
func (o provePassword) wrong(l *store.Login) string {
	switch {
	case l == nil:
		return "unknown_account"
	case l.Hash == "":
		return "no_password"
	case !o.right || l.Hash != o.judged.hash: // or changed while it was judged
		return "wrong_password"
	case l.Status == kontrollrum.Inactive:
		return "user_inactive"
	case l.Status == kontrollrum.NotVerified:
		return "not_verified"
	}
	return ""
}

// beginSession begins a session of the caller, who has just proven who they are
// in these ways (RFC 8176). Ways that are two in one, or two, say mfa. Without
// that, whoever has a factor is asked for it, and whoever must have one and has
// none sets it up first. A person whose address was only confirmed is active
// from their first full session on; one who has not confirmed it is a Conflict.
type beginSession struct {
	methods []string
	// of is the session at an earlier stage that this one goes on from, and
	// replace one that this one renews. Both end.
	of      kontrollrum.SessionID
	replace kontrollrum.Secret
	note    string    // for the log
	at      time.Time // of the proof; zero: now
}

func (o beginSession) asks() Ask { return Ask{Action: policy.SessionsBegin, Reason: o.note} }

func (o beginSession) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o beginSession) run(ctx context.Context, t *turn) (*Signing, error) {
	if t.actor.Status == kontrollrum.NotVerified {
		return nil, kontrollrum.Clash("not_verified", "the address is not confirmed; follow the link in the invitation")
	}
	if !slices.Contains(o.methods, byProvider) { // which its gate has told already
		if why, err := t.elsewhere(ctx, t.actor.Home, t.actor.Email); err != nil || why != "" {
			return nil, errors.Join(err, kontrollrum.Clash(ProviderOnly, "sign in at your organization's provider"))
		}
	}
	if o.at.IsZero() {
		o.at = t.now
	}
	s := kontrollrum.Session{
		ID: kontrollrum.SessionID(t.hub.newID()), Organization: t.actor.Home, User: t.actor.ID, Methods: o.methods,
		Created: t.now, Authenticated: o.at, Seen: t.now, IP: legible(t.caller.IP), UserAgent: legible(t.caller.UserAgent),
	}
	kinds, err := t.stage(ctx, &s)
	if err != nil {
		return nil, err
	}
	if o.of != "" {
		if there, err := t.tx.EndSession(ctx, s.User, o.of, t.now); err != nil || !there {
			return nil, errors.Join(err, kontrollrum.Missing("session")) // its gate has just seen it
		}
	}
	if s.Stage == kontrollrum.StageFull {
		if err := t.replace(ctx, o.replace, &s); err != nil {
			return nil, err
		}
		if err := t.tx.SignedIn(ctx, s.Organization, s.User, t.now); err != nil {
			return nil, err
		}
	}
	secret := kontrollrum.NewSecretText()
	t.after = s
	return &Signing{Session: secret, Stage: s.Stage, User: s.User, Ends: s.Ends, Factors: kinds}, t.tx.InsertSession(ctx, &s, secret.Hash())
}

// stage finds out how far a session has come by its methods, and which kinds of
// factor may bring it further.
func (t *turn) stage(ctx context.Context, s *kontrollrum.Session) (kinds []kontrollrum.FactorKind, err error) {
	s.Stage, s.Ends = kontrollrum.StageFull, t.now.Add(SessionLife)
	switch {
	case linked(s.Methods): // who reads the mail chooses how to sign in
		s.Stage, s.Ends = kontrollrum.StageEnrol, t.now.Add(partialLife)
		return nil, nil
	case slices.Contains(s.Methods, "mfa"):
		return nil, nil
	}
	factors, err := t.tx.Factors(ctx, s.Organization, s.User)
	if err != nil {
		return nil, err
	}
	for _, f := range factors {
		if !slices.Contains(kinds, f.Kind) {
			kinds = append(kinds, f.Kind)
		}
	}
	slices.Sort(kinds)
	demanded := false
	if len(kinds) == 0 {
		if demanded, err = t.tx.SecondFactorDemanded(ctx, s.User, t.now); err != nil {
			return nil, err
		}
	}
	switch {
	case len(kinds) > 0:
		s.Stage = kontrollrum.StageFactor
	case demanded:
		s.Stage = kontrollrum.StageEnrol
	default:
		return nil, nil
	}
	s.Ends = t.now.Add(partialLife)
	return kinds, nil
}

// own makes ask one that is done to the caller, where it names nobody.
func (t *turn) own(ask Ask) (Ask, error) {
	if ask.To != "" {
		return ask, nil
	}
	if t.actor == nil {
		return ask, kontrollrum.Missing("user") // the operator and applications are no users
	}
	t.target, ask.To = t.actor, string(t.actor.ID)
	return ask, nil
}

// sweep forgets, once an hour, what has expired. Where that fails, the next one does it.
func (h *Hub) sweep(ctx context.Context) {
	now, last := h.now().UTC(), h.swept.Load()
	if now.Unix()-last < 3600 || !h.swept.CompareAndSwap(last, now.Unix()) {
		return
	}
	_ = h.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return errors.Join(tx.SweepSignIns(ctx, now, now.Add(-forgetAttempts), now.Add(-keepSessions)), tx.Sweep(ctx, now, now.Add(-keepGrants), 1000))
	})
}
