package store

import (
	"encoding/base64"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// Fold makes text comparable without case and accents: å and a, ö, ø and o are
// one. Search columns and search terms are folded alike.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case letters[r] != "":
			b.WriteString(letters[r])
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// letters that carry their mark inside and do not decompose.
var letters = map[rune]string{'ø': "o", 'æ': "ae", 'œ': "oe", 'ß': "ss", 'đ': "d", 'ð': "d", 'þ': "th", 'ł': "l", 'ı': "i", 'ħ': "h"}

// A collation makes sort keys in Swedish order (å, ä, ö after z), so that both
// engines sort alike by comparing bytes.
type collation struct {
	mu       sync.Mutex
	collator *collate.Collator
	buffer   collate.Buffer
}

func newCollation() *collation {
	return &collation{collator: collate.New(language.Swedish, collate.IgnoreCase, collate.Numeric)}
}

// key returns the sort key of s as text.
func (c *collation) key(s string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.buffer.Reset()
	return sortable.EncodeToString(c.collator.KeyFromString(&c.buffer, s))
}

// sortable writes bytes as text that sorts as they do.
var sortable = base64.NewEncoding("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz").WithPadding(base64.NoPadding)

// like makes a pattern of LIKE that finds s as it stands, anywhere. NUL, which
// no text has, would end the pattern.
func like(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`, "\x00", "\ufffd").Replace(s) + "%"
}
