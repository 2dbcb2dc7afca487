package ops_test

import (
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// TestChangePerson: what is exchanged is exchanged whole, from what it was, or
// not at all.
func TestChangePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.keep(t)
	none, standard := ops.AgentLicense{}, ops.AgentLicense{Product: kontrollrum.StandardAgent}
	premium, leader := ops.AgentLicense{Product: kontrollrum.PremiumAgent}, ops.AgentLicense{Product: kontrollrum.PremiumAgent, Supervisor: true}
	ends := w.clock.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	for _, c := range []struct {
		what, by, who string
		agent         *ops.AgentChange
		role          *ops.RoleChange
		want          string
		holds         ops.AgentLicense
		is            policy.Role
	}{
		{"nothing", "chief", "holder", nil, nil, "done", premium, policy.NoRole},
		{"another licence", "service", "holder", &ops.AgentChange{From: premium, To: standard}, nil, "done", standard, policy.NoRole},
		{"the option", "chief", "holder", &ops.AgentChange{From: premium, To: leader}, nil, "done", leader, policy.NoRole},
		{"none", "chief", "supervisor", &ops.AgentChange{From: leader, To: none}, nil, "done", none, policy.NoRole},
		{"what is so already", "chief", "holder", &ops.AgentChange{From: none, To: premium}, nil, "done", premium, policy.NoRole},
		{"from what was", "chief", "holder", &ops.AgentChange{From: none, To: standard}, nil, "conflict: changed_meanwhile", premium, policy.NoRole},
		{"another role", "chief", "helper", nil, &ops.RoleChange{From: policy.ServiceAdmin, To: policy.ReadOnlyAdmin}, "done", none, policy.ReadOnlyAdmin},
		{"a role no more", "chief", "helper", nil, &ops.RoleChange{From: policy.ServiceAdmin}, "done", none, policy.NoRole},
		{"its terms", "chief", "helper", nil, &ops.RoleChange{From: policy.ServiceAdmin, To: policy.ServiceAdmin, Ends: ends, Reason: "vik"}, "done", none, policy.ServiceAdmin},
		{"a role from what was", "chief", "helper", nil, &ops.RoleChange{To: policy.ReadOnlyAdmin}, "conflict: changed_meanwhile", none, policy.ServiceAdmin},
		{"what one may not", "service", "helper", nil, &ops.RoleChange{From: policy.ServiceAdmin, To: policy.FullAdmin}, "not_permitted", none, policy.ServiceAdmin},
		{"both, of which one may not be", "service", "holder", &ops.AgentChange{From: premium, To: standard}, &ops.RoleChange{To: policy.FullAdmin}, "not_permitted", premium, policy.NoRole},
		{"a role behind one that is not seen", "service", "director", nil, &ops.RoleChange{To: policy.ServiceAdmin}, "exclusive_role_held c3", none, policy.FullAdmin},
	} {
		if got := refusal(do(w, c.by, ops.ChangePerson{Organization: "SUN", User: email(c.who), Agent: c.agent, Role: c.role})); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
		u := must(w, w.as("chief"), ops.ViewUser{User: email(c.who)})
		is := policy.NoRole
		if a := ops.ExclusiveOf(u); a != nil {
			is = a.Role
			if c.what == "its terms" && (!a.Ends.Equal(ends) || a.Reason != "vik") {
				t.Errorf("its terms are %+v", a)
			}
		}
		if got := ops.AgentLicenseOf(u); got != c.holds || is != c.is {
			t.Errorf("%s leaves %+v and %s", c.what, got, is)
		}
		w.restore(t)
	}
}

// TestForeseeChange: what is foreseen is what then is; and it tells no role that
// the caller may not see.
func TestForeseeChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	service, none := policy.ServiceAdmin, policy.NoRole
	leader := ops.AgentLicense{Product: kontrollrum.PremiumAgent, Supervisor: true}
	seen := must(w, w.as("chief"), ops.ForeseeChange{User: email("target"), Role: &service, Agent: &leader})
	for a, want := range map[policy.Action][2]policy.Cell{
		policy.LicensesContactCenterEdit: {policy.No, policy.Yes}, policy.UsersAdd: {policy.No, policy.No}, policy.AgentDesktopSignIn: {policy.No, policy.ByLicense},
		policy.ManagementPortalSignIn: {policy.No, policy.Full}, policy.ControlHubSignIn: {policy.Limited, policy.Full}, policy.AuditView: {policy.No, policy.ServiceAdminsOnly},
	} {
		if got := [2]policy.Cell{seen.Before[a], seen.After[a]}; got != want {
			t.Errorf("%s: %s", a, got)
		}
	}
	must(w, w.as("chief"), ops.ChangePerson{User: email("target"), Role: &ops.RoleChange{To: service}, Agent: &ops.AgentChange{To: leader}})
	if now := must(w, w.as("chief"), ops.ForeseeChange{User: email("target")}); !equal(now.Before, seen.After) || !equal(now.Before, now.After) {
		t.Error("it became otherwise than foreseen")
	}
	for _, by := range []string{"service", "outservice"} {
		hidden := must(w, w.as(by), ops.ForeseeChange{Organization: "SUN", User: email("director"), Role: &none})
		plain := must(w, w.as(by), ops.ForeseeChange{Organization: "SUN", User: email("plain"), Role: &none})
		if !equal(hidden.Before, plain.Before) || !equal(hidden.After, plain.After) {
			t.Errorf("%s is told what a full administrator may", by)
		}
	}
}

func equal(a, b map[policy.Action]policy.Cell) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return len(a) == len(b)
}
