package kontrollrum

import (
	"errors"
	"fmt"
	"strings"
)

// A Kind says what sort of failure an error is. Kinds are errors themselves:
// errors.Is(err, kontrollrum.NotFound) works on whatever wraps one. An error
// of no kind is internal.
type Kind string

// The kinds.
const (
	Invalid         Kind = "invalid"         // the request is wrong; it says what and how to mend it
	Unauthenticated Kind = "unauthenticated" // who asks is not known
	Denied          Kind = "denied"          // may see, may not do
	NotFound        Kind = "not found"       // is not there, or may not be seen
	Conflict        Kind = "conflict"        // does not fit what is there
	Busy            Kind = "busy"            // try again later
)

func (k Kind) Error() string { return string(k) }

// An Error is a failure a caller can act upon. Its Code is stable and
// translated by the faces; Message is English.
type Error struct {
	Kind    Kind
	Code    string // stable, snake_case
	Message string // what is wrong and what would help
	Field   string // of the request, where one is at fault
	Value   string // what that field held
	Rule    string // tag of the rule that refused, where Denied
	Cell    string // the cell of the matrix that decided, where Denied
	Action  string // what was asked, where Denied
}

func (e *Error) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%s: %s %q: %s", e.Code, e.Field, e.Brief(), e.Message)
}

// Brief is Value as far as a line holds it.
func (e *Error) Brief() string {
	const limit = 80
	if len(e.Value) <= limit {
		return e.Value
	}
	return strings.ToValidUTF8(e.Value[:limit], "") + "…"
}

// Unwrap makes errors.Is find the kind.
func (e *Error) Unwrap() error { return e.Kind }

// Wrong is an [Invalid] error about one field: its name, the value given and the remedy.
func Wrong(field, value, remedy string) *Error {
	return &Error{Kind: Invalid, Code: "invalid_" + field, Field: field, Value: value, Message: remedy}
}

// Missing is a [NotFound] error about a thing of that noun.
func Missing(noun string) *Error {
	return &Error{Kind: NotFound, Code: noun + "_not_found", Message: "no such " + noun + ", or not for you to see"}
}

// Clash is a [Conflict] error.
func Clash(code, message string) *Error {
	return &Error{Kind: Conflict, Code: code, Message: message}
}

// All returns the errors that err joins, or err alone: a request may be wrong in several places.
func All(err error) []*Error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var out []*Error
		for _, one := range joined.Unwrap() {
			out = append(out, All(one)...)
		}
		return out
	}
	var one *Error
	if errors.As(err, &one) {
		return []*Error{one}
	}
	return nil
}
