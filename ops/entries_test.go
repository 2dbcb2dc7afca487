package ops_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// TestRefusalNotRecorded: a refusal that cannot be written down is a failure of
// the hub, which must not look like one more refusal.
func TestRefusalNotRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.exec(t, `create trigger full before insert on entries begin select raise(abort, 'the disk is full'); end`)
	err := do(w, "plain", ops.EditOrganization{Organization: "SUN", Country: pointer("NO")})
	if err == nil || errors.Is(err, kontrollrum.Denied) || !internal(err) {
		t.Errorf("%v, want an internal error", err)
	}
}

// TestNothingChanged: what is as it was already leaves neither an entry nor a
// new version, nor a new date.
func TestNothingChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	chief := w.as("chief")
	ends := w.clock.Now().Add(24 * time.Hour)
	must(w, chief, ops.ChangeAssignment{User: email("helper"), Role: policy.ServiceAdmin, Ends: &ends, Reason: pointer("vikarie")})
	must(w, chief, ops.EditUser{User: email("plain"), Details: ops.Details{DisplayName: "Namn", Title: "Säljare"}})
	before := w.state(t)
	for what, ask := range map[string]func() (got, want any){
		"nothing of the organization": func() (any, any) {
			return must(w, chief, ops.EditOrganization{}).Version, 1
		},
		"the name it has": func() (any, any) {
			return must(w, chief, ops.EditOrganization{Name: pointer("Org SUN"), Overage: pointer(0), OwnAdministratorsOnly: pointer(false)}).Version, 1
		},
		"nothing of an assignment": func() (any, any) {
			return must(w, chief, ops.ChangeAssignment{User: email("helper"), Role: policy.ServiceAdmin}).Reason, "vikarie"
		},
		"the end and the reason it has": func() (any, any) {
			return must(w, chief, ops.ChangeAssignment{User: email("helper"), Role: policy.ServiceAdmin, Ends: &ends, Reason: pointer("vikarie")}).Ends, ends
		},
		"one's own reason as it is": func() (any, any) {
			return must(w, w.as("helper"), ops.ChangeAssignment{User: email("helper"), Role: policy.ServiceAdmin, Reason: pointer("vikarie")}).Ends, ends
		},
		"the details they have": func() (any, any) {
			return must(w, chief, ops.EditUser{User: email("plain"), Email: email("plain"), Details: ops.Details{DisplayName: "Namn", Title: "Säljare"}}).Title, "Säljare"
		},
	} {
		if got, want := ask(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
		if changes := w.state(t).changes(before); len(changes) > 0 {
			t.Errorf("%s leaves %q", what, changes)
		}
	}
}

// TestOwnReason: why somebody holds a role is for those to say who give it.
func TestOwnReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.keep(t)
	ends := w.clock.Now().Add(48 * time.Hour)
	sooner, never := ends.Add(-time.Hour), time.Time{}
	for _, c := range []struct {
		by, of string
		role   policy.Role
		ends   *time.Time
		want   string
	}{
		{"helper", "helper", policy.ServiceAdmin, nil, "self_assignment self"},
		{"helper", "helper", policy.ServiceAdmin, &ends, "self_assignment self"},
		{"helper", "helper", policy.ServiceAdmin, &sooner, "done"},
		{"helper", "helper", policy.ServiceAdmin, &never, "self_assignment self"},
		{"guest", "guest", policy.ServiceAdmin, nil, "self_assignment self"},
		{"viewer", "viewer", policy.ReadOnlyAdmin, nil, "self_assignment self"},
		{"chief", "chief", policy.FullAdmin, nil, "self_assignment self"},
		{"chief", "helper", policy.ServiceAdmin, nil, "done"},
		{"service", "helper", policy.ServiceAdmin, nil, "done"},
	} {
		must(w, w.as("chief"), ops.ChangeAssignment{Organization: "SUN", User: email("helper"), Role: policy.ServiceAdmin, Ends: &ends})
		err := do(w, c.by, ops.ChangeAssignment{Organization: "SUN", User: email(c.of), Role: c.role, Ends: c.ends, Reason: pointer("oumbärlig")})
		if got := refusal(err); got != c.want {
			t.Errorf("%s gives the role of %s another reason, and the end %v: %s, want %s", c.by, c.of, c.ends, got, c.want)
		}
		w.restore(t)
	}
}

// TestProfileEntries: the entries of user profiles say what was before.
func TestProfileEntries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	chief := w.as("chief")
	other := must(w, chief, ops.SaveUserProfile{Name: "Andra", Override: policy.View})
	must(w, chief, ops.SaveUserProfile{Name: "Andra", HolidayList: policy.Edit})
	must(w, chief, ops.SaveUserProfile{Name: "Andra", HolidayList: policy.Edit}) // as it is
	must(w, chief, ops.GiveUserProfile{User: email("target"), Profile: w.profile})
	must(w, chief, ops.GiveUserProfile{User: email("target"), Profile: other})
	must(w, chief, ops.GiveUserProfile{User: email("target"), Profile: other})
	log := must(w, chief, ops.ReadAudit{}).Items
	slices.Reverse(log)
	var befores []string
	for _, e := range log {
		befores = append(befores, string(e.Before))
	}
	if len(log) != 4 || befores[0]+befores[2] != "" || !strings.Contains(befores[1], `"Override":1`) || !strings.Contains(befores[3], w.profile) {
		t.Errorf("%d entries, before: %q", len(log), befores)
	}
}
