package ui_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/kontrollrum/kontrollrum/policy"
)

// elements are those below n that keep says yes to, in order.
func elements(n *html.Node, keep func(*html.Node) bool) (out []*html.Node) {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && keep(c) {
			out = append(out, c)
		}
	}
	return out
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// said is all text below n that is read out, a space for each break.
func said(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func parsed(t *testing.T, text string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// TestMatrixIsThePolicy reads the page as people do, cell by cell, and compares
// it with the grid; a numbered cell leads to the rules that may refuse there.
func TestMatrixIsThePolicy(t *testing.T) {
	t.Parallel()
	s := open(t).client().enters("elin.sandberg@sundvik.example").get("/o/SUN/roles")
	if s.StatusCode != 200 {
		t.Fatal(s.StatusCode)
	}
	root := parsed(t, s.text)
	byID := map[string]*html.Node{}
	for _, n := range elements(root, func(n *html.Node) bool { return attribute(n, "id") != "" }) {
		byID[attribute(n, "id")] = n
	}
	conditions := map[string]map[string]bool{} // texts by number, and the other way
	for _, a := range policy.Actions() {
		row := byID[a.String()]
		if row == nil {
			t.Errorf("%s has no row", a)
			continue
		}
		cells := elements(row, func(n *html.Node) bool { return n.Data == "td" })
		columns := policy.Columns()
		if !slices.Contains(policy.Article(), a) {
			columns = append(columns, policy.Own)
		}
		if len(cells) != len(columns) {
			t.Fatalf("%s has %d cells", a, len(cells))
		}
		for i, column := range columns {
			cell, text := policy.Grid(a, column), said(cells[i])
			var tags []string
			for _, r := range policy.Against(a, column) {
				if strings.ContainsAny(r.Tag, "0123456789") {
					tags = append(tags, r.Tag)
				}
			}
			number := regexp.MustCompile(`\d+`).FindString(text)
			if cell == policy.ServiceAdminsOnly || cell == policy.Limited && len(tags) == 0 {
				tags = append(tags, cell.String()+map[bool]string{true: " own"}[column == policy.Own])
			}
			gives := strings.Contains(text, "Ja") || strings.Contains(text, "Läs") || number != ""
			switch {
			case gives != (cell > policy.No),
				strings.Contains(text, "Läs") != (cell == policy.Read),
				(number != "") != (len(tags) > 0):
				t.Errorf("%s %s: the page says %q, the grid %q with %v", a, column, text, cell, tags)
			case number != "":
				key := strings.Join(tags, " ")
				for _, pair := range [][2]string{{number, key}, {"=" + key, number}} {
					if conditions[pair[0]] == nil {
						conditions[pair[0]] = map[string]bool{}
					}
					conditions[pair[0]][pair[1]] = true
				}
				if li := byID["v"+number]; li == nil || !strings.HasPrefix(said(li), number+" ") {
					t.Errorf("%s %s: condition %s is not explained", a, column, number)
				}
			}
			if mine := strings.Contains(attribute(cells[i], "class"), "you"); mine != (column.String() == "S/C") {
				t.Errorf("%s %s: marked as one's own: %v", a, column, mine)
			}
		}
	}
	for key, others := range conditions {
		if len(others) != 1 {
			t.Errorf("%s stands for %v", key, others)
		}
	}
	if len(conditions) < 2*12 {
		t.Errorf("%d conditions", len(conditions)/2)
	}
	options := elements(root, func(n *html.Node) bool { return n.Data == "option" && n.Parent.Data == "optgroup" })
	if len(options) != len(policy.Actions()) {
		t.Errorf("%d actions can be asked about, of %d", len(options), len(policy.Actions()))
	}
}

// standing is how the table of the demo world says somebody stands in Sundvik.
type standing struct {
	name     string
	role     policy.Role
	relation policy.Relation
	license  policy.License
	profile  [3]policy.Access
	pending  bool
	outside  bool // does not get in
}

var standings = []standing{
	{name: "karin.holm@sundvik", role: policy.FullAdmin},
	{name: "bo.lind@sundvik", role: policy.FullAdmin, license: policy.Standard},
	{name: "jonas.lindqvist@nordhamn", role: policy.FullAdmin, relation: policy.Partner},
	{name: "maria.ek@tidvatten", role: policy.FullAdmin, relation: policy.Other},
	{name: "elin.sandberg@sundvik", role: policy.ServiceAdmin},
	{name: "greta.nord@sundvik", role: policy.ServiceAdmin, license: policy.Standard},
	{name: "birgit.aune@tidvatten", role: policy.ServiceAdmin, relation: policy.Other},
	{name: "petra.lund@nordhamn", role: policy.ProvisioningAdmin, relation: policy.Partner},
	{name: "ingrid.sten@sundvik", role: policy.ReadOnlyAdmin},
	{name: "henrik.wall@nordhamn", role: policy.ReadOnlyAdmin, relation: policy.Partner},
	{name: "tomas.berg@tidvatten", role: policy.ReadOnlyAdmin, relation: policy.Other},
	{name: "samira.lund@sundvik", role: policy.Supervisor, license: policy.Premium, profile: [3]policy.Access{policy.Edit, policy.Edit, policy.Edit}},
	{name: "amir.haddad@sundvik", role: policy.Supervisor, license: policy.Premium, profile: [3]policy.Access{policy.View}},
	{name: "ali.rahimi@sundvik", license: policy.Standard},
	{name: "nora.widmark@sundvik"},
	{name: "maja.oberg@sundvik", license: policy.Standard, pending: true},
	{name: "lars.dal@tidvatten", relation: policy.Other, outside: true},
	{name: "nils.moen@fjallsyn", relation: policy.Other, outside: true},
	{name: "vera.hall@nordhamn", relation: policy.Partner, outside: true},
	{name: "sara.palm@vastkust", relation: policy.Partner, outside: true},
}

// facts are what a decision depends on where nobody is named to whom it is done.
func (s standing) facts(a policy.Action) policy.Facts {
	f := policy.Facts{Relation: s.relation, Active: true, Pending: s.pending, License: s.license, Supervisor: s.role == policy.Supervisor, Profile: s.profile, SetupComplete: true}
	if s.role != policy.NoRole && s.role != policy.Supervisor {
		f.Held = []policy.Role{s.role}
	}
	f.Target.Self = a.SignIn()
	return f
}

// TestQuestionIsThePolicy asks the box about everybody and everything: each of
// themselves, and a full administrator of all.
func TestQuestionIsThePolicy(t *testing.T) {
	t.Parallel()
	w := open(t)
	karin := w.client().enters("karin.holm@sundvik.example")
	karin.send["HX-Request"] = "true"
	for _, s := range standings {
		email := s.name + ".example"
		askers := map[string]*client{"&who=" + url.QueryEscape(email): karin}
		if !s.outside && !s.pending {
			self := w.client().enters(email)
			self.send["HX-Request"] = "true"
			askers[""] = self
		}
		for _, a := range policy.Actions() {
			f := s.facts(a)
			want := policy.May(a, &f)
			for who, c := range askers {
				got := c.get("/o/SUN/roles?do=" + a.String() + who)
				text := said(parsed(t, got.text))
				if got.StatusCode != 200 || strings.HasPrefix(text, "Ja.") != want.OK || strings.HasPrefix(text, "Nej.") == want.OK {
					t.Errorf("%s by %q of %s: %d %q, want %+v", a, who, email, got.StatusCode, text, want)
				}
				if strings.Contains(text, "ask.") || strings.Contains(text, "<no value>") || len(text) < 15 {
					t.Errorf("%s of %s: %q", a, email, text)
				}
			}
		}
	}
}

// TestQuestionTellsNobody: those who may not see who holds a role do not learn
// it by asking.
func TestQuestionTellsNobody(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client().enters("elin.sandberg@sundvik.example")
	c.send["HX-Request"] = "true"
	ask := func(pairs ...string) string {
		q := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			q.Set(pairs[i], pairs[i+1])
		}
		s := c.get("/o/SUN/roles?" + q.Encode())
		if s.StatusCode != 200 {
			t.Errorf("%v: %d", pairs, s.StatusCode)
		}
		return said(parsed(t, s.text))
	}
	full := ask("do", "roles.service_admin.assign_internal", "whom", "karin.holm@sundvik.example")
	if reader := ask("do", "roles.service_admin.assign_internal", "whom", "ingrid.sten@sundvik.example"); full != reader || !strings.Contains(full, "redan en administratörsroll") {
		t.Errorf("full administrators: %q\nread-only: %q", full, reader)
	}
	for _, name := range []string{"karin.holm@sundvik.example", "Karin Holm", "nobody@nowhere.example"} {
		if got := ask("do", "roles.full_admin.revoke_internal", "whom", name); !strings.HasPrefix(got, "Nej. Som tjänstadministratör") || strings.Contains(got, "Karin") {
			t.Errorf("of %s: %q", name, got)
		}
	}
	for _, who := range []string{"karin.holm@sundvik.example", "nobody@nowhere.example"} {
		if got := ask("do", "users.list", "who", who); !strings.HasPrefix(got, "Oklart. Du får inte fråga om andra.") {
			t.Errorf("about %s: %q", who, got)
		}
	}
	if got := ask("do", "roles.service_admin.assign_external", "whom", "vera.hall@nordhamn.example"); !strings.HasPrefix(got, "Nej. Personens egen organisation är partner") || !strings.Contains(got, "Villkor") {
		t.Errorf("a partner's: %q", got)
	}
	if got := ask("do", "roles.service_admin.assign_external", "whom", "nobody@nowhere.example"); !strings.Contains(got, "nobody@nowhere.example finns inte bland dem") {
		t.Errorf("nobody: %q", got)
	}
	if got := ask("do", "users.send_activation", "whom", "lund"); !strings.HasPrefix(got, "Oklart. Flera passar") || !strings.Contains(got, "axel.lund@sundvik.example") {
		t.Errorf("several: %q", got)
	}
	for path, want := range map[string]string{"/o/SUN/roles/people?who=nora.w": "nora.widmark@sundvik.example", "/o/SUN/roles/people?whom=birgit": "birgit.aune@tidvatten.example",
		"/o/SUN/roles/people?whom=maria.ek@tidvatten": "", "/o/SUN/roles/people?who=": ""} {
		if got := c.get(path); got.StatusCode != 200 || want == "" && strings.Contains(got.text, "<option") || !strings.Contains(got.text, want) {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.text)
		}
	}
	petra := w.client().enters("petra.lund@nordhamn.example")
	if got := petra.get("/o/SUN/roles/people?who=nora"); strings.Contains(got.text, "nora") {
		t.Errorf("who sees no users is suggested %s", got.text)
	}
	if got := w.client().enters("lars.dal@tidvatten.example").get("/o/SUN/roles"); got.StatusCode != 404 {
		t.Errorf("who stands nowhere: %d", got.StatusCode)
	}
}

// TestQuestionNamesWhatGaveIt: the assignment, where it is held.
func TestQuestionNamesWhatGaveIt(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client().enters("karin.holm@sundvik.example")
	c.send["HX-Request"] = "true"
	for who, want := range map[string]string{
		"jonas.lindqvist@nordhamn.example": "Ja. Rollen fullständig administratör i Nordhamn Drift, som når Sundvik Energi, ger det.",
		"Elin Sandberg":                    "Ja. Rollen tjänstadministratör för kontaktcenter i Sundvik Energi ger det.",
		"nora.widmark@sundvik.example":     "Nej. Nora Widmark har ingen administratörsroll i Sundvik Energi. Kräver fullständig administratör",
	} {
		s := c.get(fmt.Sprintf("/o/SUN/roles?do=users.list&who=%s", url.QueryEscape(who)))
		if got := said(parsed(t, s.text)); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", who, got)
		}
	}
	s := c.get("/o/SUN/roles?do=users.view&who=" + url.QueryEscape("nora.widmark@sundvik.example") + "&whom=" + url.QueryEscape("nora.widmark@sundvik.example"))
	if got := said(parsed(t, s.text)); !strings.HasPrefix(got, "Ja. Det får var och en göra med sig själv.") {
		t.Error(got)
	}
}
