package api

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kontrollrum/kontrollrum"
)

// A query is the members of a query string. Those that are not known are let pass.
type query struct{ url.Values }

// queryOf reads r's query string, or fails with Invalid where a member is not
// text that could be meant.
func queryOf(r *http.Request) (query, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		// Without the query string, which may be of anybody and is logged nowhere else.
		return query{}, kontrollrum.Wrong("query", "", "write members as name=value, joined by & and percent-encoded: "+err.Error())
	}
	for name, given := range values {
		for _, text := range append(given, name) {
			if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
				return query{}, kontrollrum.Wrong("query", name, "use text in UTF-8 without control characters")
			}
		}
	}
	return query{values}, nil
}

// list returns the values of a member, repeated or separated by commas, each once.
func (q query) list(member string) []string { return commas(q.Values[member]) }

func commas(given []string) (out []string) {
	seen := map[string]bool{}
	for _, text := range given {
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" && !seen[part] {
				seen[part] = true
				out = append(out, part)
			}
		}
	}
	return out
}

// number returns a member as a number from 0; absent is 0, and what is too
// large is as large as can be.
func (q query) number(member string) (int, error) {
	text := q.Get(member)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil && n == 0 {
		return 0, kontrollrum.Wrong(member, text, "give a whole number, 1 or more")
	}
	return int(n), nil
}

// truth returns a member as true or false; absent is false.
func (q query) truth(member string) (bool, error) {
	switch text := strings.ToLower(q.Get(member)); text {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	default:
		return false, kontrollrum.Wrong(member, text, "write true or false")
	}
}

// A cursor is where a page ended, for clients to bring back as it stands: the
// order of the list, the last row's key and id, and a sum over the three.
func cursor(order, key, id string) string {
	text := []byte(order + " " + id + " " + key)
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(text, crc32.ChecksumIEEE(text)))
}

// parseCursor is the inverse of cursor, for a list of the same order. No cursor
// is the beginning; one that was changed is refused.
func parseCursor(member, order, text string) (key, id string, err error) {
	if text == "" {
		return "", "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if end := len(raw) - 4; err == nil && end > 0 && binary.BigEndian.Uint32(raw[end:]) == crc32.ChecksumIEEE(raw[:end]) {
		was, rest, _ := strings.Cut(string(raw[:end]), " ")
		if id, key, _ = strings.Cut(rest, " "); was == order {
			return key, id, nil
		}
	}
	return "", "", kontrollrum.Wrong(member, text, "follow the link of the page before as it stands, with the same order")
}

// linkNext tells where the next page is: at the same address with a member set.
// Clients want the address absolute.
func (f *face) linkNext(w http.ResponseWriter, r *http.Request, member, value string) {
	next := r.URL.Query()
	next.Set(member, value)
	w.Header().Set("Link", "<"+f.PublicURL+r.URL.EscapedPath()+"?"+next.Encode()+`>; rel="next"`)
}

// itemsOf is the answer of a list.
type itemsOf[T any] struct {
	Items []T `json:"items"`
}

// items turns what an op lists into the answer of a list, [] where it is empty.
func items[T, R any](list []T, show func(*T) R) itemsOf[R] {
	out := itemsOf[R]{make([]R, len(list))}
	for i := range list {
		out.Items[i] = show(&list[i])
	}
	return out
}
