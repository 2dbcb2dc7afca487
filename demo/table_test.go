package demo_test

import (
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A row is a person of the demo world as its document describes them.
type row struct {
	email, home string
	role        policy.Role
	in          string // where the role is held
	customers   bool   // reach
	license     kontrollrum.Product
}

// holds is the role and its reach.
func (r row) holds() string {
	if r.customers {
		return r.role.String() + " customers"
	}
	return r.role.String() + " own"
}

const (
	none      = policy.NoRole
	full      = policy.FullAdmin
	service   = policy.ServiceAdmin
	provision = policy.ProvisioningAdmin
	readOnly  = policy.ReadOnlyAdmin
	standard  = kontrollrum.StandardAgent
	premium   = kontrollrum.PremiumAgent // always with Supervisor
)

var table = []row{
	{"karin.holm@sundvik.example", "SUN", full, "SUN", false, ""},
	{"bo.lind@sundvik.example", "SUN", full, "SUN", false, standard},
	{"jonas.lindqvist@nordhamn.example", "NHD", full, "NHD", true, ""},
	{"maria.ek@tidvatten.example", "TVK", full, "SUN", false, ""},
	{"elin.sandberg@sundvik.example", "SUN", service, "SUN", false, ""},
	{"greta.nord@sundvik.example", "SUN", service, "SUN", false, standard},
	{"birgit.aune@tidvatten.example", "TVK", service, "SUN", false, ""},
	{"petra.lund@nordhamn.example", "NHD", provision, "NHD", true, ""},
	{"ingrid.sten@sundvik.example", "SUN", readOnly, "SUN", false, ""},
	{"henrik.wall@nordhamn.example", "NHD", readOnly, "NHD", true, ""},
	{"tomas.berg@tidvatten.example", "TVK", readOnly, "SUN", false, ""},
	{"samira.lund@sundvik.example", "SUN", none, "", false, premium},
	{"amir.haddad@sundvik.example", "SUN", none, "", false, premium},
	{"ali.rahimi@sundvik.example", "SUN", none, "", false, standard},
	{"nora.widmark@sundvik.example", "SUN", none, "", false, ""},
	{"maja.oberg@sundvik.example", "SUN", none, "", false, ""},
	{"lars.dal@tidvatten.example", "TVK", none, "", false, ""},
	{"nils.moen@fjallsyn.example", "FJT", none, "", false, ""},
	{"vera.hall@nordhamn.example", "NHD", none, "", false, ""},
	{"sara.palm@vastkust.example", "VKS", none, "", false, ""},
	{"olle.strand@bruket.example", "BRU", full, "BRU", false, ""},
	{"anna.berg@hamnvik.example", "HAM", full, "HAM", false, ""},
	{"per.dahl@hamnvik.example", "HAM", service, "HAM", false, ""},
}

// asked is what the demo world's people may do, and by which cell or rule.
// The columns: person, organization, action, to whom; then cell, and the
// reason of a refusal.
var asked = [][6]string{
	{"karin.holm@sundvik.example", "SUN", "users.add", "", "F/C", ""},
	{"karin.holm@sundvik.example", "SUN", "management_portal.sign_in", "", "F/C", ""},
	{"bo.lind@sundvik.example", "SUN", "users.add", "", "F/C", ""},
	{"bo.lind@sundvik.example", "SUN", "management_portal.sign_in", "", "F/C", "standard_license_desktop_only"},
	{"bo.lind@sundvik.example", "SUN", "agent_desktop.sign_in", "", "F/C", ""},
	{"jonas.lindqvist@nordhamn.example", "SUN", "users.add", "", "F/P", ""},
	{"jonas.lindqvist@nordhamn.example", "BRU", "contact_center.set_up_1_0", "", "F/P", "setup_wizard_incomplete"},
	{"jonas.lindqvist@nordhamn.example", "HAM", "contact_center.set_up_1_0", "", "F/P", ""},
	{"jonas.lindqvist@nordhamn.example", "K40", "users.add", "", "F/P", ""},
	{"jonas.lindqvist@nordhamn.example", "NHD", "users.add", "", "F/C", ""},
	{"maria.ek@tidvatten.example", "SUN", "users.add", "", "F/O", ""},
	{"maria.ek@tidvatten.example", "TVK", "users.add", "", "", "no_role"},
	{"elin.sandberg@sundvik.example", "SUN", "users.add", "", "S/C", "not_permitted"},
	{"elin.sandberg@sundvik.example", "SUN", "users.edit_details", "", "S/C", ""},
	{"elin.sandberg@sundvik.example", "SUN", "contact_center.set_up_1_0", "", "S/C", "platform_not_1_0"},
	{"elin.sandberg@sundvik.example", "SUN", "roles.service_admin.assign_external", "lars.dal@tidvatten.example", "S/C", ""},
	{"elin.sandberg@sundvik.example", "SUN", "roles.service_admin.assign_external", "nils.moen@fjallsyn.example", "S/C", "external_org_has_contact_center"},
	{"elin.sandberg@sundvik.example", "SUN", "roles.service_admin.assign_external", "vera.hall@nordhamn.example", "S/C", "external_user_from_partner"},
	{"elin.sandberg@sundvik.example", "SUN", "roles.service_admin.assign_external", "sara.palm@vastkust.example", "S/C", "external_user_from_partner"},
	{"elin.sandberg@sundvik.example", "SUN", "roles.service_admin.assign_internal", "karin.holm@sundvik.example", "S/C", "exclusive_role_held"},
	{"greta.nord@sundvik.example", "SUN", "management_portal.sign_in", "", "S/C", "standard_license_desktop_only"},
	{"birgit.aune@tidvatten.example", "SUN", "licenses.contact_center.edit", "", "S/O", ""},
	{"birgit.aune@tidvatten.example", "SUN", "users.add", "", "S/O", "not_permitted"},
	{"petra.lund@nordhamn.example", "SUN", "contact_center.configure", "", "P/P", ""},
	{"petra.lund@nordhamn.example", "SUN", "users.list", "", "P/P", "not_permitted"},
	{"ingrid.sten@sundvik.example", "SUN", "users.list", "", "R/C", ""},
	{"ingrid.sten@sundvik.example", "SUN", "contact_center.view", "", "R/C", "not_permitted"},
	{"henrik.wall@nordhamn.example", "SUN", "contact_center.view", "", "R/P", ""},
	{"henrik.wall@nordhamn.example", "SUN", "users.add", "", "R/P", "not_permitted"},
	{"tomas.berg@tidvatten.example", "SUN", "contact_center.view", "", "R/O", ""},
	{"samira.lund@sundvik.example", "SUN", "business_hours.edit", "", "V/C", ""},
	{"samira.lund@sundvik.example", "SUN", "holiday_lists.edit", "", "V/C", ""},
	{"samira.lund@sundvik.example", "SUN", "overrides.edit", "", "V/C", ""},
	{"amir.haddad@sundvik.example", "SUN", "business_hours.view", "", "V/C", ""},
	{"amir.haddad@sundvik.example", "SUN", "business_hours.edit", "", "V/C", "user_profile_lacks_permission"},
	{"ali.rahimi@sundvik.example", "SUN", "agent_desktop.sign_in", "", "own", ""},
	{"ali.rahimi@sundvik.example", "SUN", "users.list", "", "", "no_role"},
	{"nora.widmark@sundvik.example", "SUN", "agent_desktop.sign_in", "", "own", "no_agent_license"},
	{"maja.oberg@sundvik.example", "SUN", "agent_desktop.sign_in", "", "own", "no_agent_license"},
	{"lars.dal@tidvatten.example", "SUN", "users.list", "", "", "no_role"},
	{"nils.moen@fjallsyn.example", "FJT", "users.list", "", "", "no_role"},
	{"vera.hall@nordhamn.example", "SUN", "users.list", "", "", "no_role"},
	{"sara.palm@vastkust.example", "SUN", "users.list", "", "", "no_role"},
	{"olle.strand@bruket.example", "BRU", "contact_center.run_setup_wizard", "", "F/C", ""},
	{"olle.strand@bruket.example", "BRU", "contact_center.set_up_1_0", "", "F/C", "setup_wizard_incomplete"},
	{"anna.berg@hamnvik.example", "HAM", "contact_center.set_up_1_0", "", "F/C", ""},
	{"per.dahl@hamnvik.example", "HAM", "contact_center.set_up_1_0", "", "S/C", ""},
}

func decisions(t *testing.T, h *ops.Hub) {
	spoken := map[string]bool{}
	for _, q := range asked {
		who, org, action, to, cell, reason := q[0], q[1], q[2], q[3], q[4], q[5]
		spoken[who] = true
		d := do(t, h, ops.Operator(), ops.Evaluate{Organization: org, Subject: who, Action: action, User: to})
		if d.OK != (reason == "") || d.Reason != reason || d.Cell != cell {
			t.Errorf("%s in %s: %s %s: got %+v, want %q by %q", who, org, action, to, d, reason, cell)
		}
	}
	for _, row := range table {
		if !spoken[row.email] {
			t.Errorf("nothing is asked about %s", row.email)
		}
	}
}
