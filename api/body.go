package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/kontrollrum/kontrollrum"
)

// decode reads a JSON body into v. Members that are not known are let pass:
// clients send back what they were sent.
func decode(r *http.Request, v any) error {
	if err := isJSON(r.Header); err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return err
	case err != nil:
		return wrongBody("unreadable_body", "send all of what Content-Length or the chunks announce")
	case len(bytes.TrimSpace(body)) == 0:
		return wrongBody("empty_body", "send a JSON object")
	case !utf8.Valid(body):
		return wrongBody("invalid_utf8", "send the text in UTF-8")
	}
	if err := json.Unmarshal(body, v); err != nil {
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &kind):
			return &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: "invalid_type", Field: or(kind.Field, "body"), Value: kind.Value,
				Message: "send " + kindOf(kind.Type)}
		case kontrollrum.All(err) != nil:
			return err // a member's own complaint
		}
		return wrongBody("invalid_json", "send one JSON object and nothing behind it: "+err.Error())
	}
	return check(body)
}

func wrongBody(code, remedy string) error {
	return &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: code, Field: "body", Message: remedy}
}

// unsupported is the code of what is answered with 415.
const unsupported = "unsupported_media_type"

// isJSON refuses bodies that say they are something else. Without a word they
// are taken for JSON.
func isJSON(h http.Header) error {
	refuse := func(header, remedy string) error {
		return &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: unsupported, Field: header, Value: h.Get(header), Message: remedy}
	}
	if coding := h.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return refuse("Content-Encoding", "send the body as it is, not compressed")
	}
	switch h.Get("Content-Type") {
	case "", "application/json":
		return nil
	}
	kind, parameters, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return refuse("Content-Type", "send application/json")
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return refuse("Content-Type", "send UTF-8")
	}
	return nil
}

// kindOf says in JSON's words what a type is written as.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return kindOf(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a number"
}

// A truth is true or false, or either as a string, as some clients write it.
type truth bool

func (t *truth) UnmarshalJSON(text []byte) error {
	switch strings.Trim(string(text), `"`) {
	case "true":
		*t = true
	case "false", "null":
		*t = false
	default:
		return &json.UnmarshalTypeError{Value: string(text), Type: reflect.TypeFor[bool]()}
	}
	return nil
}
