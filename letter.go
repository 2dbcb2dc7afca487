package kontrollrum

import "time"

// LetterID, LinkID and TaskID are identifiers as the others are.
type (
	LetterID string
	LinkID   string
	TaskID   string
)

// A Letter is a mail that the hub owes somebody, or has sent. It holds no
// secret: the link in it is made when it is sent.
type Letter struct {
	ID           LetterID
	Organization OrganizationID // the reader's home, on whose behalf it is sent
	User         UserID
	Kind         LetterKind
	Address      Email             // as it was when the letter was queued
	Language     string            // BCP 47
	Data         map[string]string // what it says: names, instants as RFC 3339
	Link         LinkID            // empty: none
	Task         TaskID            // that it is part of; empty: none
	MessageID    string            // RFC 5322 §3.6.4, the same however often it is sent
	Created      time.Time
	Due          time.Time // zero: never again
	Attempts     int
	State        LetterState
	Error        string // why the last attempt failed
	Sent         time.Time
}

// A LetterKind is what a letter is about.
type LetterKind string

// The kinds of letter.
const (
	ActivationLetter LetterKind = "activation"        // an invitation, with a link
	PasswordLetter   LetterKind = "password"          // forgotten, with a link
	PasswordChanged  LetterKind = "password_changed"  // notices, from here on
	PasskeyAdded     LetterKind = "passkey_added"     // Data: Factor, the user's own word for it
	PasskeyRemoved   LetterKind = "passkey_removed"   // Data: Factor
	TOTPAdded        LetterKind = "totp_added"        // Data: Factor
	TOTPRemoved      LetterKind = "totp_removed"      // Data: Factor
	CodesRenewed     LetterKind = "codes_renewed"     // new recovery codes
	CodeUsed         LetterKind = "code_used"         // a recovery code was used
	CredentialsReset LetterKind = "credentials_reset" // by an administrator: all of them are gone
	AddressChanged   LetterKind = "address_changed"   // by an administrator; to the address that was
)

// LetterKinds lists every kind.
func LetterKinds() []LetterKind {
	return []LetterKind{ActivationLetter, PasswordLetter, PasswordChanged, PasskeyAdded, PasskeyRemoved, TOTPAdded, TOTPRemoved,
		CodesRenewed, CodeUsed, CredentialsReset, AddressChanged}
}

// A LetterState is what has become of a letter.
type LetterState string

// The states.
const (
	LetterQueued  LetterState = "queued"
	LetterSending LetterState = "sending"  // somebody has it in hand
	LetterSent    LetterState = "sent"     // the mail server took it
	LetterGivenUp LetterState = "given_up" // refused for good, or for too long
)

// A Link is the proof that somebody reads the mail of an address. Its text is
// made of its id and the installation's key, and stored nowhere.
type Link struct {
	ID           LinkID
	Organization OrganizationID // the user's home
	User         UserID
	Purpose      LinkPurpose
	Email        Email // whose mail it proves
	Created      time.Time
	Expires      time.Time
	Used         time.Time // zero: not yet
	Superseded   time.Time // zero: it is the newest of its purpose
}

// A LinkPurpose is what a link is good for.
type LinkPurpose string

// The purposes.
const (
	ForActivation LinkPurpose = "activation"
	ForPassword   LinkPurpose = "password"
)
