package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kontrollrum/kontrollrum/web"
)

// describe makes the OpenAPI 3.1 description of routes: of each, what its line
// says and what the types of its bodies are.
func describe(publicURL string, routes []web.Route) ([]byte, error) {
	components := schemas{}
	failure := object{
		"description": "What is wrong and what would help",
		"content":     object{"application/json": object{"schema": components.of(reflect.TypeFor[errorBody]())}},
	}
	paths := map[string]object{}
	for _, r := range routes {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path][strings.ToLower(method)] = operation(r, path, components)
	}
	return json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{"title": "Kontrollrum", "version": "1", "license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "The API of a control hub for contact centres, in the wire formats of the public Webex APIs, and OpenID AuthZEN."},
		"servers":  []any{object{"url": publicURL}},
		"security": []any{object{"token": []any{}}},
		"paths":    paths,
		"components": object{
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}},
			"responses":       object{"Failure": failure},
			"schemas":         components,
		},
	})
}

// An object is one of JSON's.
type object map[string]any

func operation(r web.Route, path string, components schemas) object {
	out := object{"operationId": operationID(r), "summary": r.Doc.Summary, "tags": []string{tag(path)}, "responses": responses(r, components)}
	if parameters := parameters(r, path); parameters != nil {
		out["parameters"] = parameters
	}
	if r.Doc.Request != nil {
		out["requestBody"] = object{"required": true, "content": content(r.Doc.Request, components)}
	}
	if r.Runs == nil {
		out["security"] = []any{}
	}
	return out
}

// operationID is a route's unique name: the op's, or its own where one op
// serves several routes.
func operationID(r web.Route) string {
	if r.Doc.ID != "" || r.Runs == nil {
		return r.Doc.ID
	}
	return reflect.TypeOf(r.Runs).Name()
}

// tag is the first noun of a path.
func tag(path string) string {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "/"), "v1/")
	first, _, _ := strings.Cut(path, "/")
	return first
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

func parameters(r web.Route, path string) (out []any) {
	for _, name := range pathParameter.FindAllStringSubmatch(path, -1) {
		out = append(out, object{"name": name[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, p := range r.Doc.Query {
		schema := object{"type": or(p.Type, "string")}
		if p.Type == "array" {
			schema["items"] = object{"type": "string"}
		}
		out = append(out, object{"name": p.Name, "in": "query", "description": p.Text, "required": p.Required, "schema": schema})
	}
	return out
}

func responses(r web.Route, components schemas) object {
	failure := object{"$ref": "#/components/responses/Failure"}
	out := object{"4XX": failure, "5XX": failure}
	statuses := r.Doc.Statuses
	if statuses == nil {
		statuses = []int{http.StatusOK}
	}
	for _, status := range statuses {
		answer := object{"description": http.StatusText(status)}
		if r.Doc.Response != nil {
			answer["content"] = content(r.Doc.Response, components)
		}
		if slices.ContainsFunc(r.Doc.Query, func(p web.Param) bool { return slices.Contains([]string{"cursor", "offset", "next"}, p.Name) }) {
			answer["headers"] = object{"Link": object{"description": `rel="next" is the next page; absent at the end`, "schema": object{"type": "string"}}}
		}
		out[strconv.Itoa(status)] = answer
	}
	return out
}

// content describes a body, or several of which it is one.
func content(body any, components schemas) object {
	schema := components.of(reflect.TypeOf(body))
	if several, ok := body.([]any); ok {
		var each []any
		for _, one := range several {
			each = append(each, components.of(reflect.TypeOf(one)))
		}
		schema = object{"anyOf": each}
	}
	return object{"application/json": object{"schema": schema}}
}

// schemas are those of the types with a name, by that name.
type schemas map[string]any

// A describer is written otherwise than its Go type says.
type describer interface{ schema() object }

func (until) schema() object {
	return object{"type": []string{"string", "null"}, "description": "an instant, or null for none"}
}

func (truth) schema() object {
	return object{"enum": []any{true, false, "true", "false"}}
}

// of is the JSON Schema of a type, by the rules of encoding/json.
func (s schemas) of(t reflect.Type) object {
	if t.Kind() == reflect.Pointer {
		return s.of(t.Elem())
	}
	if d, ok := reflect.Zero(t).Interface().(describer); ok {
		return d.schema()
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		return s.named(t)
	}
	return object{} // an interface: anything
}

// named describes a struct in the components and refers to it; one without a
// name of its own, such as an instance of a generic type, in place.
func (s schemas) named(t reflect.Type) object {
	name := t.Name()
	if name == "" || strings.Contains(name, "[") {
		return s.members(t)
	}
	name = strings.ToUpper(name[:1]) + name[1:]
	if s[name] == nil {
		s[name] = object{} // a type may hold itself
		s[name] = s.members(t)
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// members describes a struct's fields. Those that may be left out are not required.
func (s schemas) members(t reflect.Type) object {
	properties, required := object{}, []string{}
	s.collect(t, false, properties, &required)
	out := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		slices.Sort(required)
		out["required"] = required
	}
	return out
}

func (s schemas) collect(t reflect.Type, optional bool, properties object, required *[]string) {
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" {
			if inner := field.Type; inner.Kind() == reflect.Pointer {
				s.collect(inner.Elem(), true, properties, required)
			} else {
				s.collect(inner, optional, properties, required)
			}
			continue
		}
		if !field.IsExported() || name == "-" {
			continue
		}
		name = or(name, field.Name)
		schema := s.of(field.Type)
		if words := field.Tag.Get("enum"); words != "" {
			schema["enum"] = strings.Split(words, ",")
		}
		switch omits := strings.HasPrefix(options, "omit"); {
		case omits || optional:
		case field.Type.Kind() == reflect.Pointer || field.Type.Kind() == reflect.Map:
			schema = object{"anyOf": []any{schema, object{"type": "null"}}}
			fallthrough
		default:
			*required = append(*required, name)
		}
		properties[name] = schema
	}
}
