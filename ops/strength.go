package ops

import (
	_ "embed"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
)

// How long a password is: in characters at least, in bytes at most.
const (
	shortestPassword = 12
	longestPassword  = 256
)

// enough is how many guesses a password must stand, as a power of ten: some
// thousand years of what the limits let anyone try.
const enough = 8

// checkPassword refuses, with Invalid, a password that is too short, too long or
// guessed by whoever knows what people take: words are those of the person, of
// their organization and of the product. What it says never shows the password.
func checkPassword(password kontrollrum.Secret, words ...string) error {
	text := typed(password)
	switch {
	case !utf8.ValidString(text) || len(text) > longestPassword:
		return weak("password_too_long", "use at most 256 bytes of text")
	case utf8.RuneCountInString(text) < shortestPassword:
		return weak("password_too_short", "use at least 12 characters")
	}
	g := guesser{known: map[string]float64{}, common: commonPasswords(), memo: map[string]float64{}}
	if _, listed := g.common[store.Fold(text)]; listed {
		return weak("password_common", "choose one that others do not have; several words that do not belong together are good")
	}
	for _, w := range words {
		for _, part := range append(strings.FieldsFunc(w, func(r rune) bool { return r == ' ' || r == '.' || r == '-' || r == '_' || r == '+' }), w) {
			if part = store.Fold(part); utf8.RuneCountInString(part) >= 3 {
				g.known[part] = 1
			}
		}
	}
	for _, read := range []string{store.Fold(text), store.Fold(disguises.Replace(strings.ToLower(text)))} {
		if g.guesses(read[:min(len(read), 64)]) < enough {
			return weak("password_guessable", "it is made of names, common words or rows of keys; several words that do not belong together are good")
		}
	}
	return nil
}

func weak(code, remedy string) error {
	return &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: code, Field: "password", Message: remedy}
}

//go:embed data/common.txt
var commonText string

// commonPasswords are those that many have: each with its rank as a power of ten.
var commonPasswords = sync.OnceValue(func() map[string]float64 {
	out := map[string]float64{}
	for line := range strings.Lines(commonText) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
			out[line] = math.Log10(float64(len(out) + 2))
		}
	}
	return out
})

// disguises are what people write for letters.
var disguises = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// rows are what people type along.
var rows = []string{"qwertyuiopasdfghjklzxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz", "qazwsxedcrfvtgbyhnujmikolp", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik"}

// A guesser counts how many guesses a text takes, as a power of ten, by the
// least of all ways to put it together: of known words, common passwords, rows,
// years and repetitions, and of characters that must be tried one by one.
type guesser struct {
	known, common map[string]float64
	memo          map[string]float64
}

func (g *guesser) guesses(text string) float64 {
	if n, ok := g.memo[text]; ok {
		return n
	}
	least := make([]float64, len(text)+1)
	for end := 1; end <= len(text); end++ {
		least[end] = math.Inf(1)
		for start := range end {
			least[end] = min(least[end], least[start]+g.piece(text[start:end]))
		}
	}
	g.memo[text] = least[len(text)]
	return least[len(text)]
}

// piece is how many guesses one piece takes by itself.
func (g *guesser) piece(p string) float64 {
	n := math.Inf(1)
	if len(p) == 1 {
		n = 1.5 // one of some thirty
	}
	if rank, ok := g.known[p]; ok {
		n = min(n, rank)
	}
	if rank, ok := g.common[p]; ok {
		n = min(n, rank)
	}
	if len(p) == 4 && (p[:2] == "19" || p[:2] == "20") && strings.Trim(p, "0123456789") == "" {
		n = min(n, 2)
	}
	if len(p) >= 3 {
		backwards := []byte(p)
		slices.Reverse(backwards)
		for _, row := range rows {
			if strings.Contains(row, p) || strings.Contains(row, string(backwards)) {
				n = min(n, 1.5+math.Log10(float64(len(p))))
			}
		}
	}
	for size := 1; size <= len(p)/2; size++ {
		if times := len(p) / size; times*size == len(p) && strings.Repeat(p[:size], times) == p {
			return min(n, g.guesses(p[:size])+math.Log10(float64(times)))
		}
	}
	return n
}
