package ops_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// TestPasswordRules: what is refused is what somebody would try first, and
// nothing that only looks simple.
func TestPasswordRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	set := func(text string) string {
		return refusal(w.hub.SetPassword(t.Context(), w.as("plain"), ops.NewPassword{New: kontrollrum.NewSecret(text)}))
	}
	for text, code := range map[string]string{
		"":                           "password_too_short",
		"elva tecken":                "password_too_short",
		"åäöåäöåäöåä":                "password_too_short", // eleven characters of two bytes
		strings.Repeat("åb7 ", 52):   "password_too_long",
		"rätt häst\xff batteri":      "password_too_long", // no text
		"123qweasdzxc":               "password_common",
		"Administrator":              "password_common",
		"aaaaaaaaaaaa":               "password_guessable",
		"abcabcabcabcabc":            "password_guessable",
		"qwertyuiopasdf":             "password_guessable",
		"123456789012345":            "password_guessable",
		"abcdefghijklmnop":           "password_guessable",
		"Password1234":               "password_common",
		"P@ssw0rd2026!":              "password_guessable",
		"Sommar2026!!":               "password_guessable",
		"Lösenord12345":              "password_guessable",
		"losenord-losenord":          "password_guessable",
		"Kontrollrum2026":            "password_guessable",
		"plain@sun.example":          "password_guessable",
		"plain-plain-plain":          "password_guessable",
		"Org SUN 2026!":              "password_guessable",
		"nmalp nmalp ":               "done", // backwards is no word that is known
		"korrekt häst batteri häfta": "done",
		"correct horse battery":      "done",
		"zk4m9q2vx7tb":               "done",
		"密码密码安全钥匙开门吧好的":            "done",
		strings.Repeat("åb7x", 51): "password_guessable", // 255 bytes of four characters again and again
	} {
		want := "invalid: " + code
		if code == "done" {
			want = code
		}
		if got := set(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	// What takes the longest to judge takes no time.
	start := time.Now()
	set(strings.Repeat("ab", 100) + "c" + strings.Repeat("ab", 27))
	if took := time.Since(start); took > time.Second {
		t.Errorf("it takes %s", took)
	}
}
