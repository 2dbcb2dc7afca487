package ui

import (
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// effectGroups are the actions of the article, and coming into the hub, as a
// person's gains and losses are told: what goes together in one line.
var effectGroups = []struct {
	name    string
	actions []policy.Action
}{
	{"desktop", []policy.Action{policy.AgentDesktopSignIn}},
	{"hub", []policy.Action{policy.ControlHubSignIn}},
	{"portal", []policy.Action{policy.ManagementPortalSignIn}},
	{"users_manage", []policy.Action{policy.UsersAdd, policy.UsersRemove, policy.UsersActivate, policy.UsersDeactivate}},
	{"licenses", []policy.Action{policy.LicensesContactCenterEdit}},
	{"licenses_other", []policy.Action{policy.LicensesOtherEdit}},
	{"invitations", []policy.Action{policy.UsersSendActivation}},
	{"details", []policy.Action{policy.UsersEditDetails}},
	{"import", []policy.Action{policy.UsersImportCSV}},
	{"roles_full", []policy.Action{policy.RolesFullAdminAssignInternal, policy.RolesFullAdminRevokeInternal, policy.RolesReadOnlyAssignInternal, policy.RolesReadOnlyRevokeInternal,
		policy.RolesFullAdminAssignExternal, policy.RolesFullAdminRevokeExternal, policy.RolesReadOnlyAssignExternal, policy.RolesReadOnlyRevokeExternal}},
	{"roles_service", []policy.Action{policy.RolesServiceAdminAssignInternal, policy.RolesServiceAdminRevokeInternal}},
	{"roles_external", []policy.Action{policy.RolesServiceAdminAssignExternal, policy.RolesServiceAdminRevokeExternal}},
	{"configure", []policy.Action{policy.ContactCenterConfigure, policy.ContactCenterSetUp10}},
	{"wizard", []policy.Action{policy.ContactCenterRunSetupWizard}},
	{"hours", []policy.Action{policy.BusinessHoursEdit, policy.HolidayListsEdit, policy.OverridesEdit}},
	{"hours_see", []policy.Action{policy.BusinessHoursView}},
	{"settings", []policy.Action{policy.OrganizationEditSettings}},
	{"users_see", []policy.Action{policy.UsersList, policy.UsersView, policy.UsersExportCSV}},
	{"administrators", []policy.Action{policy.AdministratorsView, policy.ExternalAdministratorsView}},
	{"audit", []policy.Action{policy.AuditView}},
	{"account", []policy.Action{policy.AccountViewInfo, policy.AccountViewSubscriptions, policy.ServiceStatusView}},
	{"contact_center", []policy.Action{policy.ContactCenterView, policy.ContactCenterViewPlatform}},
}

// missed are the groups that an administrator's role is often taken to give, and
// may not.
var missed = []string{"users_manage", "roles_full", "wizard", "settings"}

// An Effect is one line of what a change means for a person.
type Effect struct {
	Sign string // gain, loss, or still for what they cannot do after it either
	Word string
}

// effects say what an outlook means: what is gained, what is lost, and, where
// administration is gained, what stays out of reach.
func (p *Page) effects(o *ops.Outlook) (out []Effect) {
	var losses, still []Effect
	administers := false
	for _, g := range effectGroups {
		gain, loss, any := false, false, false
		for _, a := range g.actions {
			gain = gain || o.After[a] > o.Before[a]
			loss = loss || o.After[a] < o.Before[a]
			any = any || o.After[a] > policy.No
		}
		word := p.Say("user.effect." + g.name)
		switch {
		case gain:
			out = append(out, Effect{"gain", word})
			administers = administers || g.name == "users_see"
		case loss:
			losses = append(losses, Effect{"loss", word})
		}
		for _, name := range missed {
			if name == g.name && !any {
				still = append(still, Effect{"still", lowerFirst(word)})
			}
		}
	}
	out = append(out, losses...)
	if administers {
		out = append(out, still...)
	}
	return out
}
