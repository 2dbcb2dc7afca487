package ops

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Codes of authenticator apps (RFC 6238): six digits, every 30 seconds, SHA-1,
// as every app has it. One step is allowed for clocks that differ, each way.
const (
	totpPeriod = 30
	totpSkew   = 1
	totpSecret = 32 // characters of base32: 160 bits (RFC 4226 §4)
	totpIssuer = "Kontrollrum"
)

// matching finds the time step around now whose code this is, and that was not
// used: later than after. Zero where there is none.
func matching(secret, code string, now time.Time, after int64) (step int64) {
	at := now.Unix() / totpPeriod
	for s := at - totpSkew; s <= at+totpSkew; s++ {
		right, err := hotp.ValidateCustom(code, uint64(s), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && right && s > after {
			step = s
		}
	}
	return step
}

// totpSeal is the purpose of a sealed secret: it is of use to its owner alone.
func totpSeal(user kontrollrum.UserID) string { return "totp of " + string(user) }

// A pending is what a setup or a challenge brings back, sealed by the key.
type pending struct {
	User  kontrollrum.UserID `json:",omitempty"` // empty: whoever has the passkey
	Until int64              // Unix time
	Data  json.RawMessage
}

// hand seals what is to come back within so long.
func (t *turn) hand(purpose string, user kontrollrum.UserID, life time.Duration, data any) (kontrollrum.Secret, error) {
	text, err := json.Marshal(data)
	if err != nil {
		return kontrollrum.Secret{}, err
	}
	text, err = json.Marshal(pending{User: user, Until: t.now.Add(life).Unix(), Data: text})
	return kontrollrum.NewSecret(t.hub.key.Seal(purpose, string(text))), err
}

// returned opens what was handed out; nil where it is nothing of ours, of
// another user, or too old.
func (t *turn) returned(purpose string, user kontrollrum.UserID, state kontrollrum.Secret, data any) *pending {
	var p pending
	text, err := t.hub.key.Open(purpose, state.Reveal())
	if err != nil || json.Unmarshal([]byte(text), &p) != nil || p.User != user || t.now.Unix() >= p.Until || json.Unmarshal(p.Data, data) != nil {
		return nil
	}
	return &p
}

// once takes what was returned, and reports whether it was for the first time.
func (t *turn) once(ctx context.Context, purpose string, p *pending, home kontrollrum.OrganizationID, user kontrollrum.UserID, state kontrollrum.Secret) (bool, error) {
	return t.tx.UseChallenge(ctx, state.Hash(), purpose, home, user, time.Unix(p.Until, 0))
}

// setupOver is what is told of a setup that is not there any more.
func setupOver() error {
	return kontrollrum.Clash("setup_over", "it took too long, or is done already; begin again")
}

// A TOTPSetup is a secret for an authenticator app, and what to bring back with
// its first code, within ten minutes.
type TOTPSetup struct {
	Secret string // base32, to be typed
	URI    string // otpauth://, to be shown as a QR code
	State  kontrollrum.Secret
}

const totpSetup = "totp to set up"

// BeginTOTP begins to set up an authenticator app for the caller.
type BeginTOTP struct{}

func (BeginTOTP) asks() Ask {
	return Ask{Action: policy.CredentialsEdit, Enrols: true, ReadOnly: true}
}

func (o BeginTOTP) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (BeginTOTP) run(ctx context.Context, t *turn) (*TOTPSetup, error) {
	if err := t.enrolling(ctx); err != nil {
		return nil, err
	}
	secret := kontrollrum.NewCode(totpSecret).Reveal()
	label := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + totpIssuer + ":" + string(t.actor.Email),
		RawQuery: "secret=" + secret + "&issuer=" + totpIssuer + "&algorithm=SHA1&digits=6&period=30"}
	state, err := t.hand(totpSetup, t.actor.ID, partialLife, secret)
	return &TOTPSetup{Secret: secret, URI: label.String(), State: state}, err
}

// FinishTOTP ends what [BeginTOTP] began, by the app's first code. It answers
// the recovery codes, shown once, where this is the first factor; else none.
// Invalid where the code is wrong, Conflict where the setup is over.
type FinishTOTP struct {
	State kontrollrum.Secret
	Code  string
	Name  string // the user's own word for it
}

func (FinishTOTP) asks() Ask { return Ask{Action: policy.CredentialsEdit, Enrols: true} }

func (o FinishTOTP) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o FinishTOTP) run(ctx context.Context, t *turn) ([]string, error) {
	var secret string
	p := t.returned(totpSetup, t.actor.ID, o.State, &secret)
	if p == nil {
		return nil, setupOver()
	}
	step := matching(secret, compact(o.Code), t.now, 0)
	if step == 0 {
		return nil, kontrollrum.Wrong("code", "", "type the six digits that the app shows now; if they are refused again, set the clock of the device")
	}
	if first, err := t.once(ctx, totpSetup, p, t.actor.Home, t.actor.ID, o.State); err != nil || !first {
		return nil, orElse(err, setupOver())
	}
	f := &store.Factor{Factor: kontrollrum.Factor{ID: t.hub.newID(), Kind: kontrollrum.TOTP, Name: o.Name}, Step: step,
		Data: t.hub.key.Seal(totpSeal(t.actor.ID), secret)}
	return t.addFactor(ctx, f, "otp", "mfa")
}

// orElse is err or, where there is none, the other.
func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// compact is a code as it was meant: without what makes it easier to read.
func compact(code string) string {
	return strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(strings.ToLower(strings.TrimSpace(code)))
}

// ProveCode goes on with a sign-in that asks for a second factor, by a code
// from an authenticator app or a recovery code. Each works once, also for many
// at once. What is wrong is in the Signing.
type ProveCode struct {
	Session kontrollrum.Secret // of the stage factor
	Code    string
	Replace kontrollrum.Secret // as in PasswordProof
}

func (ProveCode) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true} }

func (o ProveCode) run(ctx context.Context, t *turn) (*Signing, error) {
	s, err := t.tx.Session(ctx, o.Session.Hash(), t.now, SessionIdle)
	if err != nil {
		return nil, err
	}
	if s == nil || s.Stage != kontrollrum.StageFactor {
		return &Signing{Code: SessionOver}, nil
	}
	tried, err := t.try(ctx, codeSubject(s.User), addressSubject(t.caller))
	if err != nil {
		return nil, err
	}
	if tried.Wait > 0 {
		return &Signing{Code: TooManyAttempts, Wait: tried.Wait}, nil
	}
	how, err := o.prove(ctx, t, s)
	if err != nil {
		return nil, err
	}
	if how == "" {
		l, err := t.tx.Login(ctx, s.User)
		t.failed(tried, l, "", "wrong_code")
		return &Signing{Code: WrongCode}, err
	}
	if err := t.succeeded(ctx, tried); err != nil {
		return nil, err
	}
	return take(ctx, t.as(s.User), beginSession{methods: append(slices.Clone(s.Methods), "otp", "mfa"), of: s.ID, replace: o.Replace, note: how})
}

// prove uses the code, and says what it was; nothing where it is none.
func (o ProveCode) prove(ctx context.Context, t *turn, s *kontrollrum.Session) (string, error) {
	code := compact(o.Code)
	if len(code) == recoveryLength {
		used, err := t.tx.UseRecoveryCode(ctx, s.Organization, s.User, t.hub.recoveryHash(s.User, code), t.now)
		if !used {
			return "", err
		}
		return "by a recovery code", errors.Join(err, t.notify(ctx, kontrollrum.CodeUsed, s.Organization, s.User, ""))
	}
	factors, err := t.tx.Factors(ctx, s.Organization, s.User)
	if err != nil {
		return "", err
	}
	for _, f := range factors {
		if f.Kind != kontrollrum.TOTP {
			continue
		}
		secret, err := t.hub.key.Open(totpSeal(s.User), f.Data)
		if err != nil {
			return "", err
		}
		if step := matching(secret, code, t.now, f.Step); step != 0 {
			used, err := t.tx.UseStep(ctx, s.Organization, s.User, f.ID, step, t.now)
			if used || err != nil {
				return "by an authenticator app", err
			}
		}
	}
	return "", nil
}

// CompleteEnrolment makes a session whose second factor is set up now, or
// demanded no more, a full one. Code FactorMissing where it is still to be set
// up: the session goes on.
type CompleteEnrolment struct {
	Session kontrollrum.Secret // of the stage enrol
	Replace kontrollrum.Secret // as in PasswordProof
}

func (CompleteEnrolment) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true} }

func (o CompleteEnrolment) run(ctx context.Context, t *turn) (*Signing, error) {
	s, err := t.tx.Session(ctx, o.Session.Hash(), t.now, SessionIdle)
	if err != nil {
		return nil, err
	}
	if s == nil || s.Stage != kontrollrum.StageEnrol {
		return &Signing{Code: SessionOver}, nil
	}
	now := *s
	if _, err := t.stage(ctx, &now); err != nil {
		return nil, err
	}
	if now.Stage == kontrollrum.StageEnrol {
		return &Signing{Code: FactorMissing}, nil
	}
	return take(ctx, t.as(s.User), beginSession{methods: s.Methods, of: s.ID, replace: o.Replace})
}
