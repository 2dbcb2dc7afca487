package kontrollrum_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kontrollrum/kontrollrum"
)

// TestErrorIsALine: whatever a field held, its error is a line of text.
func TestErrorIsALine(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":                             `invalid_name: name "": name it`,
		"å\n":                          `invalid_name: name "å\n": name it`,
		strings.Repeat("x", 80):        `invalid_name: name "` + strings.Repeat("x", 80) + `": name it`,
		strings.Repeat("x", 1<<20):     `invalid_name: name "` + strings.Repeat("x", 80) + `…": name it`,
		"x" + strings.Repeat("å", 100): `invalid_name: name "x` + strings.Repeat("å", 39) + `…": name it`,
	} {
		err := kontrollrum.Wrong("name", value, "name it")
		if got := err.Error(); got != want || !utf8.ValidString(got) || err.Value != value {
			t.Errorf("%.9q: %.200q, want %q", value, got, want)
		}
	}
}
