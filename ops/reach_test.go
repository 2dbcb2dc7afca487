package ops_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
)

// TestSuspended: views work, every change is refused, and what lets it go on is not.
func TestSuspended(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.change()
	must(w, ops.Operator(), ops.SuspendOrganization{Organization: "SUN"})
	w.keep(t)
	for _, s := range samples(w) {
		name := s.allowed()
		if s.at != "SUN" || name == "operator" || s.name() == "SuspendOrganization" || s.name() == "EndSession" || s.name() == "EndGrant" { // which a suspension has ended
			continue
		}
		want := "done"
		if s.entries > 0 || s.name() == "VerifyExternal" || s.name() == "ViewInvitation" || s.name() == "ForeseeTask" { // who may not change may not ask whether they could
			want = "organization_suspended suspended"
		}
		_, err := s.do(t.Context(), w.hub, w.caller(name), s.op)
		if got := refusal(err); got != want {
			t.Errorf("%s by %s: %s, want %s", s.name(), name, got, want)
		}
	}
	must(w, w.as("partner"), ops.ResumeOrganization{Organization: "SUN"})
	must(w, w.as("chief"), ops.EditOrganization{Name: pointer("Igång")})
}

// TestSignIns: c8 and c9, as other applications ask about them.
func TestSignIns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	standard := w.licenses[string(kontrollrum.StandardAgent)]
	for _, who := range []string{"second", "service", "reader", "asleep"} {
		must(w, w.as("chief"), ops.AssignLicense{User: email(who), License: standard})
	}
	for _, c := range []struct{ who, portal, desktop string }{
		{"chief", "full", "no_agent_license c9"},
		{"second", "standard_license_desktop_only c8", "licence"}, // an administrator with Standard reaches the desktop only
		{"service", "standard_license_desktop_only c8", "licence"},
		{"reader", "not_permitted", "licence"},
		{"partner", "full", "no_agent_license c9"},
		{"outreader", "read", "no_agent_license c9"},
		{"supervisor", "not_permitted", "licence"},
		{"licensed", "not_permitted", "licence"},
		{"plain", "not_permitted", "no_agent_license c9"},
		{"asleep", "not_permitted", "no_agent_license c9"}, // licensed, and not active
	} {
		for action, want := range map[string]string{"management_portal.sign_in": c.portal, "agent_desktop.sign_in": c.desktop} {
			d, err := ops.Do(t.Context(), w.hub, w.tokens["application"], ops.Evaluate{Organization: "SUN", Subject: email(c.who), Action: action})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(d.Reason + " " + d.Rule); d.OK && d.Mode != want || !d.OK && got != want {
				t.Errorf("%s: %s: %+v, want %s", c.who, action, d, want)
			}
		}
	}
}

// TestPartnersReach: a partner's administrator acts in the customers that the
// role names, and in no others.
func TestPartnersReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for plate, want := range map[string]string{"SUN": "done", "VIK": "not found: organization_not_found", "SUS": "not found: organization_not_found", "FAR": "not found: organization_not_found", "EXT": "not found: organization_not_found"} {
		if got := refusal(do(w, "named", ops.ViewOrganization{Organization: plate})); got != want {
			t.Errorf("in %s: %s, want %s", plate, got, want)
		}
	}
	list, err := ops.Do(t.Context(), w.hub, w.as("named"), ops.ListOrganizations{})
	if err != nil {
		t.Fatal(err)
	}
	var plates []string
	for _, o := range list {
		plates = append(plates, o.Plate)
	}
	if slices.Sort(plates); !slices.Equal(plates, []string{"NOR", "SUN"}) {
		t.Errorf("may act in %q", plates)
	}
	must(w, w.as("chief"), ops.EndPartnership{Partner: "NOR"})
	for _, who := range []string{"named", "partner", "provisioner", "partnerreader"} {
		if got := refusal(do(w, who, ops.ViewOrganization{Organization: "SUN"})); got != "not found: organization_not_found" {
			t.Errorf("%s after the partnership: %s", who, got)
		}
	}
}

// TestRemovedEverywhere: whoever is removed loses what they hold elsewhere, and
// there an entry says so without telling who may what at home.
func TestRemovedEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	must(w, w.as("chief"), ops.RemoveUser{User: email("leaver")})
	held, err := ops.Do(t.Context(), w.hub, w.as("vikchief"), ops.ListExternalAdministrators{Filter: ops.Filter{Search: "leaver"}})
	if err != nil || len(held.Items) != 0 {
		t.Errorf("still held: %+v, %v", held.Items, err)
	}
	log, err := ops.Do(t.Context(), w.hub, w.as("vikchief"), ops.ReadAudit{})
	if err != nil || len(log.Items) != 1 {
		t.Fatalf("%+v, %v", log.Items, err)
	}
	e := log.Items[0]
	if e.Action != "roles.read_only.revoke_external" || e.Role != "read_only_admin" || e.Cell != "" || e.ActorRole != "" || e.TargetEmail != kontrollrum.Email(email("leaver")) || e.Reason == "" {
		t.Errorf("%+v", e)
	}
	if got := refusal(do(w, "leaver", ops.Myself{})); got != "unauthenticated: unauthenticated" {
		t.Errorf("the removed calls: %s", got)
	}
	licenses, err := ops.Do(t.Context(), w.hub, w.as("chief"), ops.ListLicenses{Product: kontrollrum.StandardAgent})
	if err != nil || licenses[0].Used != 1 {
		t.Errorf("seats: %+v, %v", licenses, err)
	}
	must(w, w.as("chief"), ops.AddUser{Email: email("leaver"), Details: ops.Details{FirstName: "Åter"}})
}

// TestRefusalOutlivesItsCaller: whoever hangs up the moment they are refused is
// written down all the same.
func TestRefusalOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	ctx, cancel := context.WithCancel(t.Context())
	h, err := ops.Open(t.Context(), ops.Config{Database: w.database, Now: opstest.NewClock().Now, NewID: func() string {
		cancel() // an id is made when the entry is
		return uuid.NewString()
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	_, err = ops.Do(ctx, h, w.as("plain"), ops.ListUsers{Organization: "SUN"})
	if !errors.Is(err, kontrollrum.Denied) || internal(err) {
		t.Error(err)
	}
	if n := w.refusals(t); n != 1 {
		t.Errorf("%d refusals are written down (%v)", n, err)
	}
}
