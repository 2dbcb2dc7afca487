package ui_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// TestUserControls: what each of the demo world's people finds on Nora's page is
// open to them or locked as the policy says of them and her.
func TestUserControls(t *testing.T) {
	t.Parallel()
	w := open(t)
	nora := w.person("nora.widmark@sundvik.example")
	for _, email := range []string{"karin.holm@sundvik.example", "jonas.lindqvist@nordhamn.example", "maria.ek@tidvatten.example", "elin.sandberg@sundvik.example",
		"birgit.aune@tidvatten.example", "ingrid.sten@sundvik.example", "henrik.wall@nordhamn.example", "tomas.berg@tidvatten.example"} {
		judged, err := ops.Do(t.Context(), w.hub, w.bearer(email), ops.Judge{Organization: "SUN", User: nora})
		if err != nil {
			t.Fatal(err)
		}
		s := w.client().enters(email).get("/o/SUN/users/" + nora)
		root, err := html.Parse(strings.NewReader(s.text))
		if err != nil || s.StatusCode != 200 {
			t.Fatalf("%s: %d, %v", email, s.StatusCode, err)
		}
		found := 0
		for n := range root.Descendants() {
			attrs := map[string]string{}
			for _, a := range n.Attr {
				attrs[a.Key] = a.Val
			}
			a, ok := policy.ParseAction(attrs["data-may"])
			if d, known := judged[a]; ok && known {
				found++
				_, locked := attrs["data-locked"]
				if locked = locked || attrs["aria-disabled"] == "true"; locked == d.OK {
					t.Errorf("%s: %s %q asks for %s: locked %t, the policy says %+v", email, n.Data, attrs["id"], a, locked, d)
				}
			}
		}
		if found < 12 {
			t.Errorf("%s finds %d controls\n%.3000s", email, found, s.text)
		}
	}
	for _, email := range []string{"petra.lund@nordhamn.example", "samira.lund@sundvik.example", "ali.rahimi@sundvik.example"} {
		if s := w.client().enters(email).get("/o/SUN/users/" + nora); s.StatusCode != 403 {
			t.Errorf("%s: %d", email, s.StatusCode)
		}
	}
}

// TestUserSaved: what is chosen stands in the address until it is saved, is
// saved whole, and is taken back by the receipt.
func TestUserSaved(t *testing.T) {
	t.Parallel()
	w := open(t)
	nora := w.person("nora.widmark@sundvik.example")
	path := "/o/SUN/users/" + nora
	c := w.client().enters("karin.holm@sundvik.example")
	form := []string{"license", "contact_center_premium", "supervisor", "1", "role", "service_admin", "ends", "2027-02-28", "reason", "Vikarie", "was_license", "none", "was_role", "none"}
	q := url.Values{}
	for i := 0; i < len(form); i += 2 {
		q.Add(form[i], form[i+1])
	}
	s := c.get(path + "?" + q.Encode())
	for _, says := range []string{"4 osparade ändringar", "Tilldela och ta bort kontaktcenterlicenser", "Fortfarande inte: lägga till", "28 feb. 2027", "Spara ändringar"} {
		if !strings.Contains(s.text, says) {
			t.Errorf("before it is saved nothing says %q", says)
		}
	}
	s = c.post(path, form...)
	at := s.Header.Get("Location")
	if s.StatusCode != 303 || !strings.HasPrefix(at, path+"?done=changed") {
		t.Fatalf("%d to %q\n%.2000s", s.StatusCode, at, s.text)
	}
	u := w.user(nora)
	if a := ops.ExclusiveOf(u); a == nil || a.Role != policy.ServiceAdmin || a.Reason != "Vikarie" || a.Ends.Format(time.DateOnly) != "2027-02-28" || ops.AgentLicenseOf(u) != (ops.AgentLicense{Product: kontrollrum.PremiumAgent, Supervisor: true}) {
		t.Errorf("it became %+v", u)
	}
	receipt := c.get(at)
	request := regexp.MustCompile(`name="request" value="([^"]+)"`).FindStringSubmatch(receipt.text)
	if request == nil || !strings.Contains(receipt.text, "är sparade") || !strings.Contains(receipt.text, "Licens ändrad: ingen till Premium med arbetsledare") {
		t.Fatalf("the receipt is\n%.3000s", receipt.text)
	}
	s = c.post("/o/SUN/undo", "request", request[1], "next", path)
	if back := c.get(s.Header.Get("Location")); s.StatusCode != 303 || !strings.Contains(back.text, "ändringar är ångrade") {
		t.Errorf("%d %s\n%.2000s", s.StatusCode, s.Header.Get("Location"), back.text)
	}
	if u := w.user(nora); len(u.Holdings)+len(u.Assignments) != 0 {
		t.Errorf("taken back it is %+v", u)
	}
	s = c.post("/o/SUN/undo", "request", request[1], "next", path)
	if again := c.get(s.Header.Get("Location")); !strings.Contains(again.text, "redan som det var") {
		t.Errorf("twice:\n%.2000s", again.text)
	}
}

// user is somebody of Sundvik as they are.
func (w *world) user(id string) *kontrollrum.User {
	w.Helper()
	u, err := ops.Do(w.Context(), w.hub, w.chief(), ops.ViewUser{User: id})
	if err != nil {
		w.Fatal(err)
	}
	return u
}

// TestUserRefused: what was changed meanwhile, is wrong or may not be is told on
// the page, and what was chosen stays.
func TestUserRefused(t *testing.T) {
	t.Parallel()
	w := open(t)
	nora := w.person("nora.widmark@sundvik.example")
	path := "/o/SUN/users/" + nora
	elin := w.client().enters("elin.sandberg@sundvik.example")
	try := func(status int, says string, form ...string) {
		t.Helper()
		if s := elin.post(path, form...); s.StatusCode != status || !strings.Contains(s.text, says) {
			t.Errorf("%v: %d, want %d and %q\n%.1500s", form, s.StatusCode, status, says, s.text)
		}
	}
	if _, err := ops.Do(t.Context(), w.hub, w.chief(), ops.ChangePerson{User: nora, Agent: &ops.AgentChange{To: ops.AgentLicense{Product: kontrollrum.StandardAgent}}}); err != nil {
		t.Fatal(err)
	}
	try(409, "ändrades från ingen till Standard", "license", "contact_center_premium", "was_license", "none", "was_role", "none", "role", "none")
	try(403, "Kräver fullständig administratör", "role", "full_admin", "was_role", "none")
	try(422, "Välj en dag efter i dag", "role", "service_admin", "was_role", "none", "ends", "2020-01-01")
	if u := w.user(nora); len(u.Assignments) != 0 || ops.AgentLicenseOf(u).Product != kontrollrum.StandardAgent {
		t.Errorf("it became %+v", u)
	}
	// Who must prove anew who they are comes back to what they chose.
	karin := w.client().enters("karin.holm@sundvik.example")
	w.clock.Advance(ops.StepUp + time.Minute)
	s := karin.post(path, "role", "full_admin", "was_role", "none", "reason", "Chef", "ends", "")
	next, err := url.QueryUnescape(strings.TrimPrefix(s.Header.Get("Location"), "/confirm?next="))
	if err != nil || !strings.HasPrefix(next, path+"?") || !strings.Contains(next, "reason=Chef") || !strings.Contains(next, "role=full_admin") {
		t.Errorf("%d to %q", s.StatusCode, s.Header.Get("Location"))
	}
}

// TestUserCare: letting in and shutting out, details, and what asks for a name.
func TestUserCare(t *testing.T) {
	t.Parallel()
	w := open(t)
	nora := w.person("nora.widmark@sundvik.example")
	path := "/o/SUN/users/" + nora
	karin, elin := w.client().enters("karin.holm@sundvik.example"), w.client().enters("elin.sandberg@sundvik.example")
	for _, what := range []string{"/remove", "/reset"} {
		if s := elin.get(path + what); s.StatusCode != 403 {
			t.Errorf("%s by Elin: %d", what, s.StatusCode)
		}
		if s := karin.post(path+what, "typed", "Nora"); s.StatusCode != 422 || !strings.Contains(s.text, "Skriv namnet precis som det står") {
			t.Errorf("%s with another name: %d", what, s.StatusCode)
		}
	}
	s := karin.post(path + "/deactivate")
	if at := s.Header.Get("Location"); !strings.Contains(at, "done=deactivated") || !strings.Contains(at, "undo=UI_") || w.user(nora).Status != kontrollrum.Inactive {
		t.Errorf("shut out: %d to %q", s.StatusCode, at)
	}
	if s := karin.post(path + "/activate"); !strings.Contains(s.Header.Get("Location"), "done=activated") {
		t.Errorf("let in: %d to %q", s.StatusCode, s.Header.Get("Location"))
	}
	if s := elin.post(path+"/edit", "first", "Nora", "last", "Widmark", "title", "Chef", "zone", "Mars"); s.StatusCode != 422 || !strings.Contains(s.text, "Europe/Stockholm, eller") {
		t.Errorf("a wrong zone: %d\n%.2000s", s.StatusCode, s.text)
	}
	if s := elin.post(path+"/edit", "first", "Nora", "last", "Widmark", "title", "Chef"); !strings.Contains(s.Header.Get("Location"), "done=user_details") || w.user(nora).Title != "Chef" {
		t.Errorf("details: %d\n%.2000s", s.StatusCode, s.text)
	}
	if s := elin.post(path+"/edit", "email", "annan@sundvik.example"); s.StatusCode != 403 || string(w.user(nora).Email) != "nora.widmark@sundvik.example" {
		t.Errorf("another address by Elin: %d", s.StatusCode)
	}
	if s := karin.post(path+"/remove", "typed", " nora  widmark "); s.Header.Get("Location") != "/o/SUN/users?done=user_removed&name=Nora+Widmark" {
		t.Errorf("removed: %d to %q\n%.1000s", s.StatusCode, s.Header.Get("Location"), s.text)
	}
	if s := karin.get(path); s.StatusCode != 404 {
		t.Errorf("gone: %d", s.StatusCode)
	}
}
