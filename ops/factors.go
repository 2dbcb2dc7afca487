package ops

import (
	"context"
	"encoding/json"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// soon is an op whose result is known and whose doing is not written yet.
type soon[R any] struct{}

func (soon[R]) asks() Ask { return Ask{Action: policy.CredentialsEdit} }

func (soon[R]) run(context.Context, *turn) (out R, err error) {
	return out, kontrollrum.Clash("not_yet", "this is not there yet")
}

// Credentials is how a user signs in.
type Credentials struct {
	PasswordSet   time.Time // zero: none
	Factors       []kontrollrum.Factor
	RecoveryCodes int  // unused
	Required      bool // an organization demands a second factor of them
}

// ViewCredentials shows how a user of the organization signs in, or the caller
// where it names nobody.
type ViewCredentials struct {
	soon[*Credentials]
	Organization string
	User         string // by id or address
}

// A TOTPSetup is a secret for an authenticator app, and what to bring back with
// its first code.
type TOTPSetup struct {
	Secret string // base32, to be typed
	URI    string // otpauth://, to be shown as a QR code
	State  kontrollrum.Secret
}

// BeginTOTP begins to set up an authenticator app for the caller.
type BeginTOTP struct{ soon[*TOTPSetup] }

// FinishTOTP ends what [BeginTOTP] began, by the app's first code. It answers
// the recovery codes, where this is the first factor: shown once.
type FinishTOTP struct {
	soon[[]string]
	State kontrollrum.Secret
	Code  string
	Name  string // the user's own word for it
}

// A PasskeyChallenge is what the browser is to do with a passkey, and what to
// bring back with its response.
type PasskeyChallenge struct {
	Options json.RawMessage // for navigator.credentials: {"publicKey": …}
	State   kontrollrum.Secret
}

// BeginAddPasskey begins to set up a passkey for the caller.
type BeginAddPasskey struct{ soon[*PasskeyChallenge] }

// FinishAddPasskey ends what [BeginAddPasskey] began. It answers the recovery
// codes, where this is the first factor: shown once.
type FinishAddPasskey struct {
	soon[[]string]
	State    kontrollrum.Secret
	Response []byte
	Name     string // the user's own word for it
}

// RenameFactor gives a factor of the caller's another name.
type RenameFactor struct {
	soon[Nothing]
	ID   string
	Name string
}

// RemoveFactor removes a factor of the caller's.
type RemoveFactor struct {
	soon[Nothing]
	ID        string
	Confirmed bool
}

// NewRecoveryCodes makes ten codes in the place of those that were: shown once.
type NewRecoveryCodes struct{ soon[[]string] }

// ResetCredentials makes a user of the organization begin anew: password,
// factors and recovery codes are gone, and every session ends.
type ResetCredentials struct {
	soon[Nothing]
	Organization string
	User         string
}

// ProveCode goes on with a sign-in that asks for a second factor, by a code
// from an authenticator app or a recovery code.
type ProveCode struct {
	soon[*Signing]
	Session kontrollrum.Secret
	Code    string
	Replace kontrollrum.Secret
}

// BeginPasskey begins a sign-in by passkey, or goes on with one that asks for a
// second factor.
type BeginPasskey struct {
	soon[*PasskeyChallenge]
	Session kontrollrum.Secret // of the stage factor; empty: the passkey alone
}

// FinishPasskey ends what [BeginPasskey] began.
type FinishPasskey struct {
	soon[*Signing]
	State    kontrollrum.Secret
	Response []byte
	Session  kontrollrum.Secret // as in BeginPasskey
	Replace  kontrollrum.Secret
}

// CompleteEnrolment makes a session whose second factor is set up now a full one.
type CompleteEnrolment struct {
	soon[*Signing]
	Session kontrollrum.Secret
	Replace kontrollrum.Secret
}

// enrolling fails with Conflict where the caller, in the midst of setting up
// the factor that is demanded of them, has one already that they have not
// proven: whoever has the password alone must not add to it.
func (t *turn) enrolling(context.Context) error { return nil }
