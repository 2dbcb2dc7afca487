package ui_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// lets has somebody let an application of that name act for them.
func (w *world) lets(email, application string, scopes ...string) {
	w.Helper()
	const verifier, challenge = "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv", "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
	ask := func(err error) {
		w.Helper()
		if err != nil {
			w.Fatal(err)
		}
	}
	made, err := ops.Do(w.Context(), w.hub, ops.Operator(), ops.AddClient{Name: application, Redirects: []string{"https://app.example/cb"}})
	ask(err)
	s, err := w.hub.SignIn(w.Context(), ops.Caller{}, ops.PasswordProof{Email: email, Password: kontrollrum.NewSecret(password(w))})
	ask(err)
	a, err := ops.Do(w.Context(), w.hub, ops.Caller{}, ops.BeginAuthorization{Client: made.ID, AuthorizationRequest: kontrollrum.AuthorizationRequest{Redirect: "https://app.example/cb", Challenge: challenge, Scopes: scopes}})
	ask(err)
	_, err = ops.Do(w.Context(), w.hub, ops.Session(s.Session), ops.Authorize{Request: a.ID})
	ask(err)
	code, err := ops.Do(w.Context(), w.hub, ops.Session(s.Session), ops.IssueCode{Request: a.ID})
	ask(err)
	got, err := ops.Do(w.Context(), w.hub, ops.Caller{}, ops.RedeemCode{ClientProof: ops.ClientProof{Client: made.ID, Secret: made.Secret}, Code: code.Code, Redirect: "https://app.example/cb", Verifier: verifier})
	ask(err)
	if got.Error != "" {
		w.Fatalf("%+v", got)
	}
}

var anApplication = regexp.MustCompile(`name="application" value="([^"]+)"`)

// TestApplications: what applications may do is shown in words, and ended one by one.
func TestApplications(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client().enters("karin.holm@sundvik.example")
	if s := c.get("/profile"); !strings.Contains(s.text, "Inget program agerar åt dig") {
		t.Error("no word of there being none")
	}
	w.lets("karin.holm@sundvik.example", "Växelvyn", "openid", "offline_access", "spark-admin:people_read")
	w.lets("karin.holm@sundvik.example", `<b>"Listan"</b>`, ops.ScopeRead)
	s := c.get("/profile")
	for _, says := range []string{"2 program", "Växelvyn", "&lt;b&gt;", "i Sundvik Energi", "Får veta att det är du, spark-admin:people_read.", "Fortsätter också när du har loggat ut.",
		"Får se allt som du får se i Kontrollrum.", "Slutar efter en timme, eller när du loggar ut.", `aria-label="Avsluta Växelvyn"`} {
		if !strings.Contains(s.text, says) {
			t.Errorf("it does not say %q", says)
		}
	}
	ids := anApplication.FindAllStringSubmatch(s.text, -1)
	if len(ids) != 2 {
		t.Fatalf("applications %q", ids)
	}
	last := ids[1][1] // that was let first
	if s := w.client().enters("bo.lind@sundvik.example").post("/profile/applications/end", "application", last); s.StatusCode != http.StatusNotFound {
		t.Errorf("ended by another: %d", s.StatusCode)
	}
	c.leads(c.post("/profile/applications/end", "application", last), "/profile?done=application")
	if s := c.get("/profile?done=application"); !strings.Contains(s.text, "Programmet är avslutat.") || strings.Contains(s.text, "Växelvyn") || !strings.Contains(s.text, "1 program") {
		t.Errorf("after one has been ended:\n%s", s.text)
	}
	if s := c.post("/profile/applications/end", "application", last); s.StatusCode != http.StatusNotFound || !strings.Contains(s.text, "Programmet är redan avslutat.") {
		t.Errorf("ended twice: %d", s.StatusCode)
	}
	c.leads(c.post("/profile/applications/end", "application", ids[0][1]), "/profile?done=application")
	c.send["Accept-Language"] = "en"
	c.post("/preferences", "language", "en")
	if s := c.get("/profile"); !strings.Contains(s.text, "No application acts for you") {
		t.Errorf("in English, with none left:\n%s", s.text)
	}
}
