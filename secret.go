package kontrollrum

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// A Secret is text that must not be logged: it prints as [secret].
type Secret struct{ text string }

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{text} }

// NewToken makes a bearer token of 256 random bits. Clients read the
// organization from what stands behind its last underscore.
func NewToken(home OrganizationID) Secret {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24: it ends the program instead
	return Secret{base64.RawURLEncoding.EncodeToString(random[:]) + "_KR_" + string(home)}
}

// Reveal returns the text, for the one place that shows it.
func (s Secret) Reveal() string { return s.text }

// Hash is what is stored. A token has 256 random bits, so a plain SHA-256 is enough.
func (s Secret) Hash() string {
	sum := sha256.Sum256([]byte(s.text))
	return hex.EncodeToString(sum[:])
}

// Empty reports whether there is no text.
func (s Secret) Empty() bool { return strings.TrimSpace(s.text) == "" }

func (Secret) String() string   { return "[secret]" }
func (Secret) GoString() string { return "[secret]" }

// MarshalText keeps the text out of JSON and logs.
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }
