package ops

import (
	"unicode/utf8"

	"github.com/kontrollrum/kontrollrum"
)

// How long a password is: in characters at least, in bytes at most.
const (
	shortestPassword = 12
	longestPassword  = 256
)

// CheckPassword refuses, with Invalid, a password that is too short, too long or
// easily guessed; words are those that it must not consist of.
func checkPassword(password kontrollrum.Secret, words ...string) error {
	text := typed(password)
	switch {
	case !utf8.ValidString(text) || len(text) > longestPassword:
		return weak("password_too_long", "use at most 256 bytes of text")
	case utf8.RuneCountInString(text) < shortestPassword:
		return weak("password_too_short", "use at least 12 characters")
	}
	return nil
}

// weak never says the password itself.
func weak(code, remedy string) error {
	return &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: code, Field: "password", Message: remedy}
}
