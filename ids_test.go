package kontrollrum_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
)

func TestParseEmail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ given, want string }{
		{"eva.ek@sundvik.example", "eva.ek@sundvik.example"},
		{"  Eva.EK@Sundvik.Example ", "eva.ek@sundvik.example"},
		{"åsa@sundvik.example", "åsa@sundvik.example"},
		{"", ""},
		{"eva", ""},
		{"eva@sundvik", ""},
		{"eva@@sundvik.example", ""},
		{"eva ek@sundvik.example", ""},
		{"eva\u00a0ek@sundvik.example", ""},
		{"eva\x00@sundvik.example", ""},
		{"eva\u202e@sundvik.example", ""},
		{"eva\xff@sundvik.example", ""},
		{"eva@sundvik.example\nbcc:x@y.example", ""},
		{strings.Repeat("e", 250) + "@x.example", ""},
	} {
		got, err := kontrollrum.ParseEmail(c.given)
		if string(got) != c.want || (err != nil) != (c.want == "") {
			t.Errorf("ParseEmail(%q) = %q, %v, want %q", c.given, got, err, c.want)
		}
		if err != nil && !errors.Is(err, kontrollrum.Invalid) {
			t.Errorf("ParseEmail(%q): %v is not Invalid", c.given, err)
		}
	}
}
