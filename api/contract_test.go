package api

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// A deviation is where our answers differ from what was published of the wire
// format, on purpose. One that no longer occurs fails the test.
type deviation struct{ where, why string }

var deviations = []deviation{
	{`(people|people/me|people/\{person\}) answer (/items/\*)?/invitePending: enum$`, "published as the text true or false, sent as a boolean by the real one"},
	{`(people|people/me|people/\{person\}) answer (/items/\*)?/loginEnabled: enum$`, "published as the text true or false, sent as a boolean by the real one"},
	{`adminAudit/events answer /items/\*/data/adminRoles/\*: enum$`, "published with full administrators only, by two names; we have more roles, each by the name that /v1/roles gives it"},
}

// A contract holds what is served to two descriptions: our own, and the
// published one of those routes that it knows.
type contract struct {
	*world
	own       *openapi3.T
	published map[string]*described // by pattern without /v1 and names of parameters
	visited   map[string]bool       // patterns answered with success
	deviated  map[string]string     // where, with an example
}

// An described is an operation with what is around it.
type described struct {
	doc    *openapi3.T
	path   string
	item   *openapi3.PathItem
	method string
}

func newContract(t *testing.T) *contract {
	t.Helper()
	w := newWorld(t, "")
	c := &contract{world: w, own: served(w), published: map[string]*described{}, visited: map[string]bool{}, deviated: map[string]string{}}
	files, err := filepath.Glob("testdata/webex-api/*.json")
	w.must(err)
	for _, file := range files {
		doc, err := openapi3.NewLoader().LoadFromFile(file)
		w.must(err)
		w.must(doc.Validate(t.Context(), openapi3.DisableExamplesValidation(), openapi3.DisableSchemaDefaultsValidation(), openapi3.DisableSchemaPatternValidation()))
		for path, item := range doc.Paths.Map() {
			for method := range item.Operations() {
				c.published[nameless(method+" "+path)] = &described{doc, path, item, method}
			}
		}
	}
	if len(c.published) < 40 {
		t.Fatalf("only %d operations are published", len(c.published))
	}
	return c
}

var parameterName = regexp.MustCompile(`\{\w+\}`)

// nameless is a pattern as both descriptions write it.
func nameless(pattern string) string {
	return parameterName.ReplaceAllString(strings.Replace(pattern, " /v1/", " /", 1), "{}")
}

// step asks as somebody, expects a status, and holds question and answer to
// both descriptions. First strangers ask the same, in vain.
func (c *contract) step(as, method, target, body string, status int) *httptest.ResponseRecorder {
	c.Helper()
	c.strangers(method, target, body)
	out, r := c.exchange(as, method, target, body)
	if out.Code != status {
		c.Fatalf("%s: %s %s %s: %d %s, want %d", as, method, target, body, out.Code, out.Body, status)
	}
	if status < 300 {
		c.visited[r.Pattern] = true
	}
	return out
}

// strangers are nobody, and a full administrator of another organization.
func (c *contract) strangers(method, target, body string) {
	c.Helper()
	out, r := c.exchange("", method, target, body)
	if want := map[bool]int{true: 200, false: 401}[slices.Contains(open, r.Pattern)]; out.Code != want {
		c.Errorf("nobody: %s %s: %d %s, want %d", method, target, out.Code, out.Body, want)
	}
	out, r = c.exchange("nora", method, target, body)
	want := 404
	if alsoForStrangers[r.Pattern] || slices.Contains(open, r.Pattern) {
		want = 200
	}
	if out.Code != want {
		c.Errorf("a stranger: %s %s %s: %d %s, want %d", method, target, body, out.Code, out.Body, want)
	}
	for _, secret := range []string{"Sundvik", "@sun.example", "F/C", "R/C", "S/C", string(c.people["karin"])} {
		if strings.Contains(out.Body.String(), secret) && !strings.Contains(target+body, secret) {
			c.Errorf("a stranger: %s %s %s: %s tells of %s", method, target, body, out.Body, secret)
		}
	}
}

// alsoForStrangers are the routes that answer everybody about their own.
var alsoForStrangers = map[string]bool{
	"GET /v1/people/me": true, "GET /v1/roles": true, "GET /v1/roles/{role}": true, "GET /v1/organizations": true,
	"POST /access/v1/evaluation": true, "POST /access/v1/evaluations": true, // a decision: no
}

// exchange sends a request and holds its answer to the descriptions.
func (c *contract) exchange(as, method, target, body string) (*httptest.ResponseRecorder, *http.Request) {
	c.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if as != "" {
		r.Header.Set("Authorization", "Bearer "+c.tokens[as])
	}
	out := httptest.NewRecorder()
	c.handler.ServeHTTP(out, r)
	if r.Pattern == "/" {
		c.Fatalf("%s %s is not served", method, target)
	}
	_, path, _ := strings.Cut(r.Pattern, " ")
	own := &described{c.own, path, c.own.Paths.Value(path), method}
	for _, problem := range own.problems(r, body, out) {
		c.Errorf("%s: %s %s: our description: %s: %s", as, method, target, problem, out.Body)
	}
	if published := c.published[nameless(r.Pattern)]; published != nil && out.Code < 300 {
		for _, problem := range published.problems(r, body, out) {
			where := strings.Replace(r.Pattern, " /v1/", " /", 1) + " " + problem
			c.deviated[where] = fmt.Sprintf("%s %s: %s", method, target, out.Body)
		}
	}
	return out, r
}

// problems lists what of a request and its answer does not fit the description.
func (o *described) problems(r *http.Request, body string, out *httptest.ResponseRecorder) (found []string) {
	route := &routers.Route{Spec: o.doc, Path: o.path, PathItem: o.item, Method: o.method, Operation: o.item.GetOperation(o.method)}
	parameters := map[string]string{}
	for _, p := range route.Operation.Parameters {
		if p.Value.In == "path" {
			parameters[p.Value.Name] = "x"
		}
	}
	options := &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	asked := &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route, Options: options, QueryParams: r.URL.Query()}
	if out.Code < 300 && body != "" {
		r.Body = http.NoBody
		again := r.Clone(r.Context())
		again.Body = readCloser{strings.NewReader(body)}
		asked.Request = again
		found = append(found, unfold("request", openapi3filter.ValidateRequest(r.Context(), asked))...)
	}
	answered := &openapi3filter.ResponseValidationInput{RequestValidationInput: asked, Status: out.Code, Header: out.Header(), Options: options}
	answered.SetBodyBytes(out.Body.Bytes())
	if out.Body.Len() > 0 || out.Header().Get("Content-Type") != "" {
		found = append(found, unfold("answer", openapi3filter.ValidateResponse(r.Context(), answered))...)
	}
	return found
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// unfold lists the single errors of a validation: where, and which keyword.
func unfold(what string, err error) (out []string) {
	var several openapi3.MultiError
	var schema *openapi3.SchemaError
	switch {
	case err == nil:
	case errors.As(err, &several):
		for _, one := range several {
			out = append(out, unfold(what, one)...)
		}
	case errors.As(err, &schema):
		where := number.ReplaceAllString("/"+strings.Join(schema.JSONPointer(), "/"), "/*")
		out = append(out, fmt.Sprintf("%s %s: %s", what, where, schema.SchemaField))
	default:
		out = append(out, what+": "+err.Error())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var number = regexp.MustCompile(`/\d+\b`)

// TestContract takes a tour of all routes, on either side of /v1.
func TestContract(t *testing.T) {
	t.Parallel()
	deviated := map[string]string{}
	visited := map[string]bool{}
	for _, prefix := range []string{"", "/v1"} {
		c := newContract(t)
		c.tour(prefix)
		maps.Copy(deviated, c.deviated)
		maps.Copy(visited, c.visited)
	}
	for _, r := range (&face{}).routes() {
		if !visited[r.Pattern] {
			t.Errorf("the tour does not come to %s", r.Pattern)
		}
	}
	for _, d := range deviations {
		listed, found := regexp.MustCompile(d.where), false
		for where := range deviated {
			if listed.MatchString(where) {
				found = true
				delete(deviated, where)
			}
		}
		if !found {
			t.Errorf("%s is listed as a deviation and does not occur (%s)", d.where, d.why)
		}
	}
	for where, example := range deviated {
		t.Errorf("%s deviates from what was published: %s", where, example)
	}
}

// TestContractCatches keeps the contract itself honest: both descriptions find
// fault with answers and requests that are wrong.
func TestContractCatches(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	for _, test := range []struct {
		pattern, request, answer, want string
		published                      bool
	}{
		{"GET /v1/roles", "", `{"items":[{"id":"x","name":7}]}`, "answer /items/*/name: type", true},
		{"GET /v1/roles", "", `{"items":[{"id":"x"}]}`, "answer /items/*/name: required", false},
		{"GET /v1/roles", "", `{"items":null}`, "answer /items: nullable", true},
		{"POST /access/v1/evaluations", `{"options":{"evaluations_semantic":"some"}}`, `{"decision":true}`, "request /options/evaluations_semantic: enum", false},
	} {
		method, path, _ := strings.Cut(test.pattern, " ")
		out := httptest.NewRecorder()
		out.Header().Set("Content-Type", "application/json;charset=UTF-8")
		_, err := out.WriteString(test.answer)
		c.must(err)
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Content-Type", "application/json")
		own := &described{c.own, path, c.own.Paths.Value(path), method}
		if got := own.problems(r, test.request, out); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, test.want) }) {
			t.Errorf("%s: our description finds %q, want %q", test.pattern, got, test.want)
		}
		if test.published {
			if got := c.published[nameless(test.pattern)].problems(r, test.request, out); !slices.Contains(got, test.want) {
				t.Errorf("%s: what was published finds %q, want %q", test.pattern, got, test.want)
			}
		}
	}
}
