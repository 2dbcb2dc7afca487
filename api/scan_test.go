package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
)

// FuzzCheck compares what is refused of valid JSON with what a reader of
// encoding/json's tokens refuses.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{}`, `[]`, ` [ 1 , -2.5e3 , true,false , null,"a" ] `, `{"a":1,"A":2}`, `{"a":{"b":[{"c":1},{"c":2}]},"b":{"b":1}}`, `"\u0000"`, `"\\u0000"`,
		`{"\u0061":1,"a":2}`, `{"a\u0000":1}`, `{"a\"":1,"a":2}`, `{"ſ":1,"s":2,"K":3,"k":4}`, `{"é":1,"É":2}`, `{"a":"}","b":"]"}`, `{"" : {} , "b" : [ ] }`, `"\\"`, `1`,
		`{` + strings.Repeat(`"a":1,`, 3) + `"b":2}`, `{"1":1,"2":1,"3":1,"4":1,"5":1,"6":1,"7":1,"8":1,"9":1,"10":1,"11":1,"12":1,"13":1,"14":1,"15":1,"16":1,"17":1,"18":1,"1":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !json.Valid(body) {
			return
		}
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		want, got := code(byTokens(d)), code(check(body))
		if got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	})
}

func code(err error) string {
	var e *kontrollrum.Error
	if errors.As(err, &e) {
		return e.Code + " " + e.Field
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func byTokens(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case string:
		if strings.Contains(token, "\x00") {
			return wrongBody("invalid_text", "")
		}
	case json.Delim:
		seen := map[string]bool{}
		for d.More() {
			if token == '{' {
				name, err := d.Token()
				if err != nil {
					return err
				}
				member := strings.Map(smallest, name.(string))
				if strings.Contains(member, "\x00") {
					return wrongBody("invalid_text", "")
				}
				if seen[member] {
					return &kontrollrum.Error{Code: "duplicate_member", Field: name.(string)}
				}
				seen[member] = true
			}
			if err := byTokens(d); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	return err
}
