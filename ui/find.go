package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// keys are those of the hub, as they are listed. hub.js does them.
var keys = []struct {
	name string
	caps []string
}{
	{"find", []string{"Ctrl", "K"}}, {"search", []string{"/"}}, {"down", []string{"J"}}, {"up", []string{"K"}}, {"mark", []string{"X"}},
	{"enter", []string{"Enter"}}, {"menu", []string{"."}}, {"list", []string{"?"}}, {"close", []string{"Esc"}},
}

// find searches people, organizations, pages and what can be done, for the
// palette or as a page.
func (f *face) find(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "")
	if v == nil {
		return err
	}
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	if utf8.RuneCountInString(q) > 120 {
		q = string([]rune(q)[:120])
	}
	page := FindPage{Inside: v.Inside, Query: q}
	add := func(name string, hits []Hit) {
		if len(hits) > 0 {
			page.Found = append(page.Found, Found{name, hits})
		}
	}
	var about []Hit // what can be done to whom is found first
	only := r.URL.Query().Get("only") == "organizations"
	if q != "" && !only && v.may(policy.UsersList) {
		found, err := do(r.Context(), f, c, ops.ListUsers{Organization: v.org(), Filter: ops.Filter{Search: q, Limit: 6}})
		if err != nil {
			return err
		}
		var people []Hit
		for _, u := range found.Items {
			people = append(people, Hit{Icon: "user", Word: u.DisplayName, Aside: string(u.Email), Path: v.In + "/users/" + string(u.ID)})
		}
		add("people", people)
		if len(found.Items) > 0 {
			about = v.aboutPerson(&found.Items[0])
		}
	}
	if !only {
		add("actions", append(about, v.actions(q)...))
		add("pages", v.pages(q))
	}
	if q != "" || only {
		standing, err := do(r.Context(), f, c, ops.ListOrganizations{Search: q})
		if err != nil {
			return err
		}
		var organizations []Hit
		for _, o := range standing[:min(len(standing), 12)] {
			organizations = append(organizations, Hit{Icon: "building", Word: o.Name, Plate: o.Plate, External: o.ID != v.user.Organization, Path: "/o/" + o.Plate})
		}
		add("organizations", organizations)
	}
	if fragment(r) {
		return f.show(w, r, http.StatusOK, page.Options())
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// aboutPerson is where the visitor goes on with somebody.
func (v *visit) aboutPerson(u *kontrollrum.User) (out []Hit) {
	for _, a := range []struct {
		key, icon, path string
		needs           policy.Action
	}{
		{"license", "card", "/users/" + string(u.ID) + "#licenses", policy.LicensesContactCenterEdit},
		{"may", "shield", "/roles?who=" + url.QueryEscape(string(u.Email)), policy.DecisionsEvaluate},
		{"audit", "list", "/audit?target=" + string(u.ID), policy.AuditView},
	} {
		if v.may(a.needs) {
			out = append(out, Hit{Icon: a.icon, Word: v.Say("find.person."+a.key, "Name", u.DisplayName), Path: v.In + a.path})
		}
	}
	return out
}

// actions are what the visitor may begin from anywhere, whose words have q.
func (v *visit) actions(q string) (out []Hit) {
	for _, a := range []struct {
		key, icon, path string
		needs           policy.Action
	}{
		{"users_new", "plus", "/users/new", policy.UsersAdd},
		{"external_new", "out", "/external/new", policy.RolesServiceAdminAssignExternal},
		{"customers_new", "plus", "/customers/new", policy.CustomersCreate},
		{"audit_export", "download", "/audit", policy.AuditView},
	} {
		if word := v.Say("find.action." + a.key); v.may(a.needs) && (a.key != "customers_new" || v.customers > 0) && has(word, q) {
			out = append(out, Hit{Icon: a.icon, Word: word, Path: v.In + a.path})
		}
	}
	return out
}

// pages are those of the menu that are open, whose words have q.
func (v *visit) pages(q string) (out []Hit) {
	for _, g := range v.groups() {
		for _, i := range g.Items {
			if word := v.Say("nav." + i.At); (i.Free || v.may(i.Needs)) && has(word, q) {
				out = append(out, Hit{Icon: i.Icon, Word: word, Aside: v.Say("nav.group." + g.Name), Path: i.Path})
			}
		}
	}
	if word := v.Say("profile.title"); has(word, q) {
		out = append(out, Hit{Icon: "user", Word: word, Path: "/profile"})
	}
	return out
}

// keysPage lists the keys.
func (f *face) keysPage(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "")
	if v == nil {
		return err
	}
	return f.show(w, r, http.StatusOK, KeysPage{v.Inside}.View())
}

// fragment reports whether a script asks for a part of a page and not for the page.
func fragment(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-History-Restore-Request") == ""
}

// has reports whether a text has q in it, without case and accents.
func has(text, q string) bool { return strings.Contains(ops.Fold(text), ops.Fold(q)) }

// A piece is a part of a text; hit where it is what was searched for.
type piece struct {
	text string
	hit  bool
}

// marked cuts a text where it has q, without case and accents.
func marked(text, q string) []piece {
	runes, folded, wanted := []rune(text), []string{}, ops.Fold(q)
	for _, r := range runes {
		folded = append(folded, ops.Fold(string(r)))
	}
	if wanted == "" {
		return []piece{{text, false}}
	}
	for at := range runes {
		for end := at + 1; end <= len(runes); end++ {
			if got := strings.Join(folded[at:end], ""); got == wanted {
				return slices.DeleteFunc([]piece{{string(runes[:at]), false}, {string(runes[at:end]), true}, {string(runes[end:]), false}}, func(p piece) bool { return p.text == "" })
			} else if len(got) >= len(wanted) {
				break
			}
		}
	}
	return []piece{{text, false}}
}
