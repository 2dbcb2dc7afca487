package ops_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// TestBounds: what is too long, too late or says nothing is refused in words,
// before anything is kept of it.
func TestBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.keep(t)
	long := strings.Repeat("x", 1<<20)
	beyond := time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600)) // in UTC the year 10000
	before := time.Date(1, 6, 1, 0, 0, 0, 0, time.UTC)
	ask := func(question ops.Evaluate) error {
		question.Organization, question.Action = "SUN", "users.add"
		return do(w, "plain", question)
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"a long subject":         {ask(ops.Evaluate{Subject: long}), "invalid: invalid_user"},
		"a long person":          {ask(ops.Evaluate{Subject: email("plain"), User: long}), "invalid: invalid_user"},
		"a long organization":    {do(w, "plain", ops.ListUsers{Organization: long}), "invalid: invalid_organization"},
		"a long language":        {do(w, "chief", ops.EditUser{User: email("plain"), Details: ops.Details{DisplayName: "P", Language: "en" + strings.Repeat("-", 1<<20)}}), "invalid: invalid_language"},
		"a long search":          {do(w, "chief", ops.ReadAudit{EntryFilter: ops.EntryFilter{Search: long}}), "invalid: invalid_search"},
		"a long search of bills": {do(w, "chief", ops.ListSubscriptions{Search: long}), "invalid: invalid_search"},
		"an end no text can say": {do(w, "chief", ops.AssignRole{User: email("plain"), Role: policy.ReadOnlyAdmin, Ends: beyond}), "invalid: invalid_ends"},
		"an end long ago":        {do(w, "chief", ops.AssignRole{User: email("plain"), Role: policy.ReadOnlyAdmin, Ends: before}), "invalid: invalid_ends"},
		"a partner without end":  {do(w, "chief", ops.AddPartnership{Partner: "EXT", Managing: true, Ends: beyond}), "invalid: invalid_ends"},
		"no customer at all": {do(w, "norchief", ops.AssignRole{User: email("norplain"), Role: policy.ReadOnlyAdmin,
			Reach: kontrollrum.ReachCustomers, Customers: []string{}}), "invalid: invalid_customers"},
		"a great overage": {do(w, "chief", ops.EditOrganization{Overage: new(int(^uint(0) >> 1))}), "invalid: invalid_overage"},
	} {
		if got := refusal(c.err); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// TestLonger: to let a role last longer is to give it anew, by all rules but c3.
func TestLonger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	soon := w.clock.Now().Add(24 * time.Hour)
	longer := func(by, in, to string, r policy.Role) string {
		return refusal(do(w, by, ops.ChangeAssignment{Organization: in, User: email(to), Role: r, Ends: new(time.Time{})}))
	}
	// An outside full administrator of the partner may not open its customers, nor keep them open.
	must(w, w.as("norchief"), ops.AssignRole{Organization: "NOR", User: email("candidate"), Role: policy.FullAdmin})
	must(w, w.as("norchief"), ops.AssignRole{User: email("norplain"), Role: policy.ReadOnlyAdmin, Reach: kontrollrum.ReachCustomers, Ends: soon})
	if got := longer("candidate", "NOR", "norplain", policy.ReadOnlyAdmin); got != "not_permitted" {
		t.Errorf("an outsider lets a role that reaches customers last: %s", got)
	}
	if got := longer("norchief", "NOR", "norplain", policy.ReadOnlyAdmin); got != "done" {
		t.Errorf("their own full administrator lets it last: %s", got)
	}
	// c2 came to hold after the role was given.
	must(w, w.as("extchief"), ops.AddUser{Email: "nina@ext.example", Details: ops.Details{DisplayName: "Nina"}})
	must(w, w.as("chief"), ops.AssignRole{Organization: "SUN", User: "nina@ext.example", Role: policy.ServiceAdmin, Ends: soon})
	must(w, w.as("chief"), ops.AddPartnership{Partner: "EXT", Provisioning: true})
	got := refusal(do(w, "chief", ops.ChangeAssignment{Organization: "SUN", User: "nina@ext.example", Role: policy.ServiceAdmin, Ends: new(time.Time{})}))
	if got != "external_user_from_partner c2" {
		t.Errorf("a partner's service administrator lasts: %s", got)
	}
}

// TestPending: who was invited and is not active yet enters no agent desktop (c9).
func TestPending(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	must(w, w.as("chief"), ops.AssignLicense{User: email("invited"), License: w.licenses[string(kontrollrum.StandardAgent)]})
	enters := func() ops.Decision {
		return must(w, w.as("chief"), ops.Evaluate{Organization: "SUN", Subject: email("invited"), Action: "agent_desktop.sign_in"})
	}
	if d := enters(); d.OK || d.Reason != "no_agent_license" {
		t.Errorf("invited: %+v", d)
	}
	must(w, w.as("chief"), ops.ActivateUser{User: email("invited")})
	if d := enters(); !d.OK {
		t.Errorf("active: %+v", d)
	}
}

// TestNobodyWaitsForNobody: who is not known does not take the turn of those
// who change things.
func TestNobodyWaitsForNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	under, over := make(chan struct{}), make(chan error, 1)
	release := make(chan struct{})
	w.hub.Interrupt(func() error { close(under); <-release; return nil })
	go func() {
		over <- do(w, "chief", ops.AddUser{Email: "x@sun.example", Details: ops.Details{DisplayName: "X"}})
	}()
	<-under // a change holds the only turn
	for _, c := range []ops.Caller{{}, ops.Bearer(kontrollrum.NewSecret("nonsense"))} {
		_, err := ops.Do(t.Context(), w.hub, c, ops.AddUser{Email: "y@sun.example"})
		if !errors.Is(err, kontrollrum.Unauthenticated) {
			t.Errorf("nobody: %v", err)
		}
	}
	close(release)
	if err := <-over; err != nil {
		t.Error(err)
	}
}

// TestAgainIsTheSame: an op that runs again is given what it was given at first.
func TestAgainIsTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	again := true
	w.hub.Interrupt(func() error {
		if again {
			again = false
			return &pgconn.PgError{Code: "40001"}
		}
		return nil
	})
	must(w, w.as("norchief"), ops.CreateCustomer{NewOrganization: ops.NewOrganization{
		Plate: "NEW", Name: "Ny", Services: []kontrollrum.Service{kontrollrum.Meetings, kontrollrum.Meetings}}})
	if again {
		t.Error("it ran once")
	}
}

// TestOpenGivesUp: a start that is given up fails, and leaves nothing waiting.
func TestOpenGivesUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h, err := ops.Open(ctx, ops.Config{Database: filepath.Join(t.TempDir(), "kontrollrum.db"), Now: time.Now, NewID: func() string { return "" }})
	if err == nil {
		t.Errorf("opened: %v", h.Close())
	}
}
