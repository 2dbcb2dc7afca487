package ui

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A Change is a field of the thing that an entry tells of, before and after, in
// words; empty where there was nothing.
type Change struct{ Name, Before, After string }

// quietFields change with every change, or say what the entry says elsewhere.
var quietFields = []string{"Modified", "Version", "GivenBy", "Organization", "User"}

// changes compares the two sides of an entry, field by field. Of a thing that was
// made, or is gone, it tells what there is to it.
func (p *Page) changes(before, after []byte) (out []Change) {
	was, is := map[string]any{}, map[string]any{}
	order := append(flat(was, "", before), flat(is, "", after)...)
	both := len(before) > 0 && len(after) > 0
	names := slices.Compact(slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(is))))))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(slices.Index(order, a), slices.Index(order, b)) })
	for _, name := range names {
		last := name[strings.LastIndexByte(name, '.')+1:]
		if slices.Contains(quietFields, last) {
			continue
		}
		c := Change{Name: p.field(name), Before: p.value(last, was[name]), After: p.value(last, is[name])}
		switch {
		case c.Before == "" && c.After == "", both && c.Before == c.After:
		case !both && (was[name] == false || is[name] == false):
		default:
			out = append(out, c)
		}
	}
	return out
}

// flat reads a side into a map by the paths of its fields, and returns these in
// the order in which they are written. What has no fields is a field without name.
func flat(into map[string]any, path string, side []byte) (order []string) {
	if len(side) == 0 {
		return nil
	}
	var fields map[string]json.RawMessage
	if side[0] != '{' || json.Unmarshal(side, &fields) != nil {
		d := json.NewDecoder(bytes.NewReader(side))
		d.UseNumber()
		var value any
		if d.Decode(&value) != nil {
			value = string(side)
		}
		into[path] = value
		return []string{path}
	}
	for _, name := range keysOf(side) {
		at := name
		if path != "" {
			at = path + "." + name
		}
		order = append(order, flat(into, at, fields[name])...)
	}
	return order
}

// keysOf are the names of an object's fields, as they are written.
func keysOf(object []byte) (out []string) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil { // the brace
		return nil
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return out
		}
		text, ok := name.(string)
		var value json.RawMessage
		if !ok || d.Decode(&value) != nil {
			return out
		}
		out = append(out, text)
	}
	return out
}

// field is what a field is called: as there are words for, else as it is written.
func (p *Page) field(path string) string {
	if path == "" {
		return p.Say("audit.value")
	}
	name := path[strings.LastIndexByte(path, '.')+1:]
	return cmp.Or(p.say(nil, "audit.field."+strings.ToLower(path), "audit.field."+strings.ToLower(name)), path)
}

// value says what a field holds. What is not known is JSON.
func (p *Page) value(field string, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return p.Say("audit.bool." + map[bool]string{false: "no", true: "yes"}[v])
	case json.Number:
		n, err := v.Int64()
		switch {
		case err != nil:
			return v.String()
		case field == "Role" && n > 0 && int(n) <= len(policy.Roles()):
			return p.Say("role." + policy.Roles()[n-1].String())
		}
		return p.number(int(n))
	case string:
		return p.text(field, v)
	case []any:
		parts := make([]string, 0, len(v))
		for _, one := range v {
			parts = append(parts, p.part(field, one))
		}
		slices.Sort(parts)
		return strings.Join(parts, ", ")
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// part says one of several that a field holds.
func (p *Page) part(field string, v any) string {
	object, _ := v.(map[string]any)
	product, _ := object["Product"].(string)
	switch {
	case field == "Holdings" && product != "" && object["Supervisor"] == true:
		return p.Say("product.supervisor", "Name", p.text("Product", product))
	case field == "Holdings" && product != "":
		return p.text("Product", product)
	case field == "Licenses" && product != "":
		return p.text("Product", product) + " " + p.value("", object["Bought"])
	case field == "Assignments" && object["Role"] != nil:
		return p.value("Role", object["Role"])
	}
	return p.value(field, v)
}

// text says a text that a field holds: one of the words that there are, a time,
// or as it is.
func (p *Page) text(field, text string) string {
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return p.when(at)
	}
	key := ""
	switch field {
	case "Status":
		key = "status." + text
	case "Product", "Services":
		key = "product." + text
	case "Reach":
		key = "audit.reach." + text
	case "State":
		key = "audit.state." + text
	case "Language":
		key = "audit.language." + text
	}
	if text == "" || key == "" {
		return text
	}
	return cmp.Or(p.say(nil, key), text)
}

// exactly tells a time to the second, in the page's zone.
func (p *Page) exactly(t time.Time) string {
	t = t.In(p.now.Location())
	return p.Say("audit.exactly", "Day", t.Day(), "Month", p.Say("time.month."+itoa(int(t.Month()))), "Year", t.Year(), "Clock", t.Format(time.TimeOnly))
}

// refusedWhy explains a refusal that the log tells of.
func (p *Inside) refusedWhy(e *kontrollrum.Entry) reason {
	a, known := policy.ParseAction(e.Action)
	if !known {
		return reason{why: e.Code}
	}
	column := columnOf(e.Cell)
	args := []any{"Organization", p.Organization, "Who", p.doer(e), "Whom", e.TargetName, "Code", e.Code, "Role", lowerFirst(p.Say("role." + orNone(roleName(column.Role())))), "Relation", ""}
	if column.Role() != policy.NoRole {
		args[len(args)-1] = lowerFirst(p.relation(column))
	}
	switch out := p.whyNot(a, e.Code, e.Rule, e.Cell, p.Organization); policy.Code(e.Code) {
	case policy.NoRoleHeld, policy.NotPermitted, policy.RoleNotApplicable:
		said := p.Say("audit.why.role")
		if column.Role() != policy.NoRole || e.Code == string(policy.NoRoleHeld) && e.ActorName != "" {
			said = p.say(args, "ask.why."+e.Code)
		}
		return reason{why: said + " " + out.why}
	default:
		out.why, out.help = p.say(args, "ask.why."+e.Code, "audit.why."+e.Code, "refusal.why."+e.Code, "audit.why.other"), ""
		return out
	}
}
