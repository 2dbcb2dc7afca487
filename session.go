package kontrollrum

import "time"

// SessionID names a session; it is no secret.
type SessionID string

// A Session is one signing in on one device, until it ends.
type Session struct {
	ID            SessionID
	Organization  OrganizationID // the user's home
	User          UserID
	Stage         Stage
	Methods       []string  // how the user proved who they are, of RFC 8176: pwd, otp, hwk, mfa, …
	Created       time.Time // UTC
	Authenticated time.Time // when the proof was last given
	Seen          time.Time // last used, to five minutes
	Ends          time.Time // at the latest
	IP            string
	UserAgent     string
}

// A Stage is how far a sign-in has come.
type Stage string

// The stages. Only a full session speaks for its user.
const (
	StageFactor Stage = "factor" // the password was right, a second factor is asked for
	StageEnrol  Stage = "enrol"  // a second factor is required and there is none: it is set up first
	StageFull   Stage = "full"
)

// A Factor is a way to sign in beside the password.
type Factor struct {
	ID      string
	Kind    FactorKind
	Name    string // the user's own word for it
	Created time.Time
	Used    time.Time // zero: never
}

// A FactorKind is a sort of factor.
type FactorKind string

// The kinds of factor.
const (
	Passkey FactorKind = "passkey" // WebAuthn, discoverable; two factors in one where it verifies its user
	TOTP    FactorKind = "totp"    // RFC 6238
)
