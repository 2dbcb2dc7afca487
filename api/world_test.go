package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A world is a hub with some organizations, and the API in front of it. People
// are known by their first names:
//
//	SUN  karin and kalle F, sven S, rut R, vera Premium with Supervisor, olle Standard
//	NOR  nora F, nils no role
//	PAR  petra F with reach customers, pia P; managing and provisioning partner of SUN
//	ELS  egon F, and S in SUN
type world struct {
	testing.TB
	hub      *ops.Hub
	face     *face
	handler  http.Handler
	tokens   map[string]string
	people   map[string]kontrollrum.UserID
	orgs     map[string]kontrollrum.OrganizationID
	licenses map[kontrollrum.Product]kontrollrum.LicenseID // of SUN
}

const publicURL = "https://hub.kontrollrum.example"

// newWorld makes a world on SQLite, or on the database named.
func newWorld(tb testing.TB, database string) *world {
	tb.Helper()
	clock := opstest.NewClock()
	w := &world{TB: tb, hub: opstest.Open(tb, database, clock), tokens: map[string]string{}, people: map[string]kontrollrum.UserID{},
		orgs: map[string]kontrollrum.OrganizationID{}, licenses: map[kontrollrum.Product]kontrollrum.LicenseID{}}
	c := Config{PublicURL: publicURL, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), NewID: uuid.NewString, Now: clock.Now}
	w.face, w.handler = &face{hub: w.hub, Config: c}, Handler(w.hub, c)
	w.organization("SUN", "Sundvik Energi", kontrollrum.ContactCenter)
	w.organization("NOR", "Nordhamn", kontrollrum.ContactCenter)
	w.organization("PAR", "Partner")
	w.organization("ELS", "Elsewhere")
	bought, err := ops.Do(w.Context(), w.hub, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: "Main",
		Quantities: ops.Quantities{kontrollrum.StandardAgent: 3, kontrollrum.PremiumAgent: 2}})
	w.must(err)
	tried, err := ops.Do(w.Context(), w.hub, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: "Trial", Trial: true,
		Quantities: ops.Quantities{kontrollrum.MessagingUser: 2}})
	w.must(err)
	for _, l := range append(bought.Licenses, tried.Licenses...) {
		w.licenses[l.Product] = l.ID
	}
	w.person("SUN", "karin", policy.FullAdmin)
	w.person("NOR", "nora", policy.FullAdmin)
	w.person("PAR", "petra", policy.FullAdmin)
	w.person("ELS", "egon", policy.FullAdmin)
	for _, p := range []struct {
		organization, name string
		role               policy.Role
	}{{"SUN", "kalle", policy.FullAdmin}, {"SUN", "sven", policy.ServiceAdmin}, {"SUN", "rut", policy.ReadOnlyAdmin}, {"SUN", "vera", policy.NoRole},
		{"SUN", "olle", policy.NoRole}, {"NOR", "nils", policy.NoRole}, {"PAR", "pia", policy.NoRole}} {
		w.person(p.organization, p.name, p.role)
	}
	yes := true
	do(w, "karin", ops.AssignLicense{User: string(w.people["vera"]), License: w.licenses[kontrollrum.PremiumAgent], Supervisor: &yes})
	do(w, "karin", ops.AssignLicense{User: string(w.people["olle"]), License: w.licenses[kontrollrum.StandardAgent]})
	do(w, "karin", ops.AddPartnership{Partner: "PAR", Managing: true})
	do(w, "karin", ops.AssignRole{Organization: "SUN", User: string(w.people["egon"]), Role: policy.ServiceAdmin})
	do(w, "petra", ops.AssignRole{User: string(w.people["pia"]), Role: policy.ProvisioningAdmin})
	return w
}

// reach lets petra's role count in the customers of her organization.
func (w *world) reach() {
	w.person("PAR", "paul", policy.FullAdmin)
	do(w, "paul", ops.RevokeRole{User: string(w.people["petra"]), Role: policy.FullAdmin})
	do(w, "paul", ops.AssignRole{User: string(w.people["petra"]), Role: policy.FullAdmin, Reach: kontrollrum.ReachCustomers})
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// do runs an op as one of the world's people.
func do[R any](w *world, as string, op ops.Op[R]) R {
	w.Helper()
	out, err := ops.Do(w.Context(), w.hub, ops.User(w.people[as]), op)
	w.must(err)
	return out
}

func (w *world) organization(plate, name string, services ...kontrollrum.Service) {
	w.Helper()
	o, err := ops.Do(w.Context(), w.hub, ops.Operator(), ops.CreateOrganization{NewOrganization: ops.NewOrganization{Plate: plate, Name: name, Services: services}})
	w.must(err)
	w.orgs[plate] = o.ID
}

// person adds somebody active, with a token. The operator gives only the role of
// full administrators; others come from karin or nora.
func (w *world) person(plate, name string, role policy.Role) {
	w.Helper()
	op := ops.AddPerson{AddUser: ops.AddUser{Organization: plate, Email: name + "@" + strings.ToLower(plate) + ".example",
		Details: ops.Details{FirstName: strings.ToUpper(name[:1]) + name[1:], LastName: "Holm"}}, Activate: true}
	if role == policy.FullAdmin {
		op.Roles = []policy.Role{role}
	}
	u, err := ops.Do(w.Context(), w.hub, ops.Operator(), op)
	w.must(err)
	w.people[name] = u.ID
	if role != policy.NoRole && role != policy.FullAdmin {
		do(w, "karin", ops.AssignRole{User: string(u.ID), Role: role})
	}
	token, err := ops.Do(w.Context(), w.hub, ops.Operator(), ops.CreateToken{User: string(u.ID), Secret: kontrollrum.NewToken})
	w.must(err)
	w.tokens[name] = token.Secret.Reveal()
}

// application gives SUN a registered application of this name.
func (w *world) application(name string) {
	w.Helper()
	token, err := ops.Do(w.Context(), w.hub, ops.Operator(), ops.CreateToken{Application: name, Organization: "SUN", Secret: kontrollrum.NewToken})
	w.must(err)
	w.tokens[name] = token.Secret.Reveal()
}

// ask sends a request as somebody; nobody where as is empty.
func (w *world) ask(as, method, target, body string) *httptest.ResponseRecorder {
	return w.send(as, httptest.NewRequest(method, target, strings.NewReader(body)))
}

func (w *world) send(as string, r *http.Request) *httptest.ResponseRecorder {
	if as != "" {
		r.Header.Set("Authorization", "Bearer "+w.tokens[as])
	}
	out := httptest.NewRecorder()
	w.handler.ServeHTTP(out, r.WithContext(context.WithoutCancel(r.Context())))
	return out
}

// get asks and expects a status, and reads the answer into v where it is not nil.
func (w *world) get(as, method, target, body string, status int, v any) *httptest.ResponseRecorder {
	w.Helper()
	out := w.ask(as, method, target, body)
	if out.Code != status {
		w.Fatalf("%s: %s %s %s: %d %s, want %d", as, method, target, body, out.Code, out.Body, status)
	}
	if v != nil {
		if err := json.Unmarshal(out.Body.Bytes(), v); err != nil {
			w.Fatalf("%s %s: %v: %s", method, target, err, out.Body)
		}
	}
	return out
}

// refused asks and expects an error of family A with a status and a code.
func (w *world) refused(as, method, target, body string, status int, code string) errorBody {
	w.Helper()
	var e errorBody
	out := w.get(as, method, target, body, status, &e)
	if problem := family(out, &e); problem != "" {
		w.Errorf("%s %s: %s: %s", method, target, problem, out.Body)
	}
	if len(e.Errors) == 0 || e.Errors[0].Code != code {
		w.Errorf("%s: %s %s %s: %s, want code %s", as, method, target, body, out.Body, code)
	}
	return e
}

// family says what an error of family A lacks; nothing where it is whole.
func family(out *httptest.ResponseRecorder, e *errorBody) string {
	switch {
	case out.Header().Get("Content-Type") != "application/json;charset=UTF-8":
		return "Content-Type " + out.Header().Get("Content-Type")
	case e.Message == "" || len(e.Errors) == 0 || e.Errors[0].Description == "":
		return "no message, no errors"
	case e.TrackingID == "" || e.TrackingID != out.Header().Get("Trackingid"):
		return "no trackingId, or not the header's"
	case (out.Code == http.StatusUnauthorized) != (out.Header().Get("WWW-Authenticate") != ""):
		return "WWW-Authenticate"
	}
	return ""
}

// on runs a test on both engines.
func on(t *testing.T, test func(*testing.T, *world)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newWorld(t, ""))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, newWorld(t, pgtest.Start(t)))
	})
}

// Identifiers of the world's things, as the wire writes them.

func (w *world) personID(name string) string { return wireID(typePerson, string(w.people[name])) }

func (w *world) orgID(plate string) string { return wireID(typeOrganization, string(w.orgs[plate])) }

func (w *world) licenseID(p kontrollrum.Product) string {
	return licenseWireID(w.orgs["SUN"], p, w.licenses[p])
}
