// Package words holds every text that a person reads, in Swedish and English,
// and says it in theirs. It does not know where a text is shown.
//
// A text has a key, the same in both languages: a file per part of the product
// and language, such as signin.sv.toml. Figures in a text are Go template
// fields ({{.Name}}); a text that counts has the forms one and other.
package words

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed *.toml
var files embed.FS

// A Book holds the texts of every language.
type Book struct{ in map[string]*Speaker }

// Languages are those of the product, BCP 47, the first where none is asked for.
func Languages() []string { return []string{"sv", "en"} }

// A Speaker says texts in one language.
type Speaker struct {
	language string
	texts    *i18n.Localizer
}

// Read reads the texts.
func Read() (*Book, error) {
	bundle := i18n.NewBundle(language.Swedish)
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	names, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	for _, file := range names {
		if _, err := bundle.LoadMessageFileFS(files, file.Name()); err != nil {
			return nil, fmt.Errorf("read %s: %w", file.Name(), err)
		}
	}
	b := &Book{map[string]*Speaker{}}
	for _, tag := range Languages() {
		b.in[tag] = &Speaker{tag, i18n.NewLocalizer(bundle, tag)}
	}
	return b, nil
}

// In is the speaker of the first of some languages that the product has, else
// of Swedish. Each may be a BCP 47 tag, or empty.
func (b *Book) In(wanted ...string) *Speaker {
	for _, tag := range wanted {
		tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
		if s := b.in[tag]; s != nil {
			return s
		}
	}
	return b.in[Languages()[0]]
}

// Negotiate is the speaker for an Accept-Language header (RFC 9110 §12.5.4).
func (b *Book) Negotiate(header string) *Speaker {
	if len(header) > 256 {
		header = ""
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return b.In()
	}
	wanted := make([]string, len(tags))
	for i, tag := range tags {
		wanted[i] = tag.String()
	}
	return b.In(wanted...)
}

// Language is the speaker's, for the lang attribute.
func (s *Speaker) Language() string { return s.language }

// Say says the text of a key. args are names and values by turns; the value
// named Count chooses between one and other. A key that is not there is said
// itself: a test keeps that from happening.
func (s *Speaker) Say(key string, args ...any) string {
	data := map[string]any{}
	for pair := range slices.Chunk(args, 2) {
		data[fmt.Sprint(pair[0])] = pair[1]
	}
	text, err := s.texts.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: data["Count"]})
	if err != nil {
		return key
	}
	return text
}
