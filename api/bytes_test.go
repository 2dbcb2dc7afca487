package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/kontrollrum/kontrollrum/web"
)

// A sent is a body and how it is announced.
type sent struct {
	name, body string
	header     http.Header
}

// wrong are bodies that no route that reads one may take.
func wrong() []sent {
	utf16le := ""
	for _, unit := range utf16.Encode([]rune(`{"displayName":"Åke"}`)) {
		utf16le += string([]byte{byte(unit), byte(unit >> 8)})
	}
	out := []sent{
		{"nothing", "", nil}, {"space", " \n", nil}, {"one letter", "x", nil}, {"one brace", "{", nil}, {"one quote", `"`, nil}, {"NUL", "\x00", nil},
		{"10 MB", `{"displayName":"` + strings.Repeat("x", 10<<20) + `"}`, nil},
		{"10 MB of nothing", strings.Repeat("\x00", 10<<20), nil},
		{"an array", "[]", nil}, {"a string", `"x"`, nil}, {"a number", "1", nil}, {"true", "true", nil},
		{"two objects", "{}{}", nil}, {"a comma too many", `{"a":1,}`, nil}, {"twice", `{"a":1,"A":2}`, nil}, {"twice, folded", `{"licenses":[],"licenſes":[]}`, nil}, {"twice, in Kelvin", "{\"key\":1,\"\u212aEY\":2}", nil}, {"deep twice", `{"a":[{"b":1,"b":2}]}`, nil},
		{"deep arrays", `{"a":` + strings.Repeat("[", 100_000), nil}, {"deep objects", strings.Repeat(`{"a":`, 100_000), nil},
		{"whole and deep", strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), nil},
		{"not UTF-8", "{\"displayName\":\"\xff\xfe\"}", nil}, {"NUL inside", `{"displayName":"a\u0000b"}`, nil}, {"UTF-16", utf16le, nil},
		{"half a character", "{\"displayName\":\"\xc3", nil}, {"a form", "displayName=x", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}},
		{"text", "{}", http.Header{"Content-Type": {"text/plain"}}}, {"no kind", "{}", http.Header{"Content-Type": {";;"}}},
		{"a charset", "{}", http.Header{"Content-Type": {"application/json; charset=utf-16"}}},
		{"compressed", "\x1f\x8b\x08\x00", http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}},
	}
	return out
}

// misfits gives every member that a request's type has something of each other type.
func misfits(request any) (out []sent) {
	t := reflect.TypeOf(request)
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		member, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		for _, value := range []string{"null", "1", "-1e999", "true", `""`, `"x"`, `"\ud800"`, "[]", "[1]", `["x"]`, "[null]", "[[]]", "[{}]", "{}", `{"id":1}`} {
			out = append(out, sent{member + " " + value, fmt.Sprintf("{%q:%s}", member, value), nil})
		}
	}
	return out
}

var pathMember = regexp.MustCompile(`\{(\w+)(\.\.\.)?\}`)

// at is a route's method, and its path with fill in the place of every member.
func at(route web.Route, fill func(member string) string) (method, target string) {
	method, path, _ := strings.Cut(route.Pattern, " ")
	return method, pathMember.ReplaceAllStringFunc(strings.TrimSuffix(path, "{$}"), func(m string) string {
		return fill(pathMember.FindStringSubmatch(m)[1])
	})
}

// there names something of the world that is there, as far as the member's name tells.
func (w *world) there(member string) string {
	switch name := strings.ToLower(member); {
	case strings.Contains(name, "org"), strings.Contains(name, "partner"), strings.Contains(name, "customer"):
		return w.orgID("SUN")
	case strings.Contains(name, "license"):
		return w.licenseID("contact_center_premium")
	case strings.Contains(name, "role"):
		return "cjp.admin"
	}
	return w.personID("vera")
}

// fits complains where an answer is of ours alone, or an error not the family's.
func (w *world) fits(what string, out *httptest.ResponseRecorder) {
	w.Helper()
	var e errorBody
	switch {
	case out.Code >= 500:
		w.Errorf("%s: %d %s", what, out.Code, out.Body)
	case out.Code >= 400:
		problem := "not JSON"
		if err := json.Unmarshal(out.Body.Bytes(), &e); err == nil {
			problem = family(out, &e)
		}
		if problem != "" {
			w.Errorf("%s: %s: %d %.300s", what, problem, out.Code, out.Body)
		}
	case out.Code >= 300:
		w.Errorf("%s: redirects: %d", what, out.Code)
	}
}

// TestEveryRouteRefusesBytes sends what nobody should to every route: an error
// of the family's, or of the routes that read no body their success.
func TestEveryRouteRefusesBytes(t *testing.T) {
	refused := wrong()
	on(t, func(t *testing.T, w *world) {
		for _, route := range w.face.routes() {
			method, target := at(route, w.there)
			send := func(s sent) *httptest.ResponseRecorder {
				r := httptest.NewRequest(method, target, strings.NewReader(s.body))
				for name, values := range s.header {
					r.Header[name] = values
				}
				out := w.send("karin", r)
				w.fits(route.Pattern+", "+s.name, out)
				return out
			}
			for _, s := range refused {
				if out := send(s); out.Code < 300 && route.Doc.Request != nil {
					t.Errorf("%s, %s: %d %.200s", route.Pattern, s.name, out.Code, out.Body)
				}
			}
			for _, s := range misfits(route.Doc.Request) {
				send(s)
			}
		}
	})
}

// TestEveryRouteRefusesText puts strange text into every path and query.
func TestEveryRouteRefusesText(t *testing.T) {
	strange := []string{"", "x", "\x00", "a\x00b", "\xff", "..", "/", "%", "'", "\u202e", "\ufffd", "me", strings.Repeat("å", 3000), "1e9", "-1",
		"00000000-0000-4000-8000-000000000000", wireID(typePerson, "\x00"), wireID(typePerson, "00000000-0000-4000-8000-000000000000")}
	on(t, func(t *testing.T, w *world) {
		for _, route := range w.face.routes() {
			for _, text := range strange {
				method, target := at(route, func(string) string { return url.PathEscape(text) })
				w.fits(fmt.Sprintf("%s with %.20q", route.Pattern, text), w.ask("karin", method, target, "{}"))
				for _, q := range append(route.Doc.Query, web.Param{Name: "unknown"}) {
					if method == http.MethodGet {
						_, target := at(route, w.there)
						target += "?" + url.Values{q.Name: {text}}.Encode()
						w.fits(fmt.Sprintf("%s, %s=%.20q", route.Pattern, q.Name, text), w.ask("karin", method, target, ""))
					}
				}
			}
		}
	})
}

// TestEveryRouteWantsACaller asks without a token, with a bad one, and as an
// application where only users have business.
func TestEveryRouteWantsACaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.tokens["nobody"] = "no_such_token"
	for _, route := range w.face.routes() {
		method, target := at(route, w.there)
		for _, as := range []string{"", "nobody"} {
			out := w.ask(as, method, target, "{}")
			if w.fits(route.Pattern, out); route.Runs != nil && out.Code != http.StatusUnauthorized && out.Code != http.StatusBadRequest {
				t.Errorf("%s, as %q: %d %.200s", route.Pattern, as, out.Code, out.Body)
			}
		}
	}
}
