package kontrollrum

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Identifiers are UUIDs in their canonical lower-case text form (RFC 9562).
type (
	OrganizationID string
	UserID         string
	LicenseID      string
	SubscriptionID string
	AssignmentID   string
	TokenID        string
	EntryID        string
)

var uuidText = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// IsID reports whether s is an identifier's text.
func IsID(s string) bool { return len(s) == 36 && uuidText.MatchString(s) }

// An Email is an address as it is compared: lower-cased, since addresses are
// unique in the installation without regard to case.
type Email string

var emailText = regexp.MustCompile(`^[^\s\pZ\pC@,;:<>()\[\]"\\]+@[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)

// ParseEmail checks an address (RFC 5321 §4.5.3.1 for its length) and folds its case.
func ParseEmail(s string) (Email, error) {
	folded := strings.ToLower(strings.TrimSpace(s))
	if len(folded) > 254 || !utf8.ValidString(s) || !emailText.MatchString(folded) {
		return "", Wrong("email", s, "write one address such as eva.ek@example.com, at most 254 bytes long")
	}
	return Email(folded), nil
}
