package api

import (
	"bytes"
	"encoding/json"
	"unicode"

	"github.com/kontrollrum/kontrollrum"
)

// check refuses what json.Unmarshal lets pass of valid JSON: a member twice in
// one object, whose values it would mix, and the character NUL, which no
// database keeps. It looks at each byte once, since every request pays for it.
func check(body []byte) error {
	s := scan{body}
	return s.value()
}

// A scan is what is left of a body.
type scan struct{ rest []byte }

func (s *scan) value() error {
	switch s.next() {
	case '"':
		_, err := s.text()
		return err
	case '{':
		return s.object()
	case '[':
		return s.array()
	}
	end := bytes.IndexAny(s.rest, ",]} \t\r\n") // of a number, true, false or null
	if end < 0 {
		end = len(s.rest)
	}
	s.rest = s.rest[end:]
	return nil
}

// next passes space and says what follows it.
func (s *scan) next() byte {
	for len(s.rest) > 0 {
		switch c := s.rest[0]; c {
		case ' ', '\t', '\r', '\n':
			s.rest = s.rest[1:]
		default:
			return c
		}
	}
	return 0
}

// pass passes one character and says what follows it.
func (s *scan) pass() byte {
	s.rest = s.rest[1:]
	return s.next()
}

func (s *scan) array() error {
	for c := s.pass(); c != ']'; c = s.next() {
		if c == ',' {
			s.pass()
		}
		if err := s.value(); err != nil {
			return err
		}
	}
	s.rest = s.rest[1:]
	return nil
}

func (s *scan) object() error {
	var first [8][]byte
	seen := members{few: first[:0]}
	for c := s.pass(); c != '}'; c = s.next() {
		if c == ',' {
			s.pass()
		}
		text, err := s.text()
		if err != nil {
			return err
		}
		name := text[1 : len(text)-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			var plain string
			if err := json.Unmarshal(text, &plain); err != nil {
				return err
			}
			name = []byte(plain)
		}
		if !seen.add(name) {
			return &kontrollrum.Error{Kind: kontrollrum.Invalid, Code: "duplicate_member", Field: string(name), Message: "send it once in an object"}
		}
		s.next()
		s.pass() // the colon
		if err := s.value(); err != nil {
			return err
		}
	}
	s.rest = s.rest[1:]
	return nil
}

// text passes a string and returns it as it is written.
func (s *scan) text() ([]byte, error) {
	for i := 1; ; i++ {
		switch s.rest[i] {
		case '"':
			text := s.rest[:i+1]
			s.rest = s.rest[i+1:]
			return text, nil
		case '\\':
			if i++; bytes.HasPrefix(s.rest[i:], []byte("u0000")) {
				return nil, wrongBody("invalid_text", "use text without the character NUL")
			}
		}
	}
}

// members are the names of an object's members: few as a rule.
type members struct {
	few  [][]byte
	many map[string]bool
}

// add reports whether a name is new, as json.Unmarshal tells them apart.
func (m *members) add(name []byte) bool {
	if len(m.few) < 16 {
		for _, known := range m.few {
			if bytes.EqualFold(known, name) {
				return false
			}
		}
		m.few = append(m.few, name)
		return true
	}
	if m.many == nil {
		m.many = map[string]bool{}
		for _, known := range m.few {
			m.many[folded(known)] = true
		}
	}
	known := m.many[folded(name)]
	m.many[folded(name)] = true
	return !known
}

func folded(name []byte) string { return string(bytes.Map(smallest, name)) }

// smallest is one letter for all that json.Unmarshal takes for the same: k, K
// and the Kelvin sign.
func smallest(r rune) rune {
	for {
		next := unicode.SimpleFold(r)
		if next <= r {
			return next
		}
		r = next
	}
}
