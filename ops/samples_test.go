package ops_test

import (
	"context"
	"reflect"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A sample is an op that in the world is right in all but who asks.
type sample struct {
	op      any
	at      string          // plate of where it is judged; or home: where whoever asks is; or nowhere
	entries int             // that it leaves when it is done: one per change
	actions []policy.Action // all that must be permitted, in the order in which they are judged

	do func(ctx context.Context, h *ops.Hub, c ops.Caller, op any) (any, error)
}

const (
	home    = "at home"
	nowhere = "nowhere"
)

func of[R any](op ops.Op[R], at string, entries int, actions ...policy.Action) sample {
	return sample{op, at, entries, actions, func(ctx context.Context, h *ops.Hub, c ops.Caller, op any) (any, error) {
		return ops.Do(ctx, h, c, op.(ops.Op[R]))
	}}
}

// name is the op's, as All lists it.
func (s sample) name() string { return reflect.TypeOf(s.op).Name() }

func pointer[T any](v T) *T { return &v }

// samples has at least one of every op and of every action that an op asks for.
func samples(w *world) []sample {
	license := func(p kontrollrum.Product) kontrollrum.LicenseID { return w.licenses[string(p)] }
	standard, premium, meetings := license(kontrollrum.StandardAgent), license(kontrollrum.PremiumAgent), license(kontrollrum.MeetingsHost)
	fresh := ops.AddUser{Organization: "SUN", Email: "ny@sun.example", Details: ops.Details{FirstName: "Ny"}}
	another := fresh
	another.Email = "ny2@sun.example"
	changed := ops.Details{DisplayName: "Nytt namn", Title: "Chef"}
	till := w.clock.Now().Add(30 * 24 * time.Hour)
	role := func(name string, r policy.Role) ops.AssignRole {
		return ops.AssignRole{Organization: "SUN", User: email(name), Role: r, Reason: "prov"}
	}
	revoke := func(name string, r policy.Role) ops.RevokeRole {
		return ops.RevokeRole{Organization: "SUN", User: email(name), Role: r}
	}
	founded := ops.NewOrganization{Plate: "NEW", Name: "Ny"}
	return []sample{
		of(ops.CreateOrganization{NewOrganization: founded}, nowhere, 1, policy.OrganizationsCreate),
		of(ops.FoundOrganization{NewOrganization: founded, Administrator: fresh}, nowhere, 3, policy.OrganizationsCreate),
		of(ops.CreateCustomer{Partner: "SUN", NewOrganization: founded}, "SUN", 1, policy.CustomersCreate),
		of(ops.FoundCustomer{CreateCustomer: ops.CreateCustomer{Partner: "SUN", NewOrganization: founded}, Administrator: fresh}, "SUN", 2, policy.CustomersCreate),
		of(ops.ListCustomers{}, home, 0, policy.CustomersView),
		of(ops.EditOrganization{Organization: "SUN", Name: pointer("Nytt namn")}, "SUN", 1, policy.OrganizationEditSettings),
		of(ops.EditOrganization{Organization: "SUN", OwnAdministratorsOnly: pointer(true)}, "SUN", 2, policy.OrganizationEditSettings, policy.OrganizationRestrictExternal),
		of(ops.SuspendOrganization{Organization: "SUN"}, "SUN", 1, policy.OrganizationsSuspend),
		of(ops.ResumeOrganization{Organization: "SUS"}, "SUS", 1, policy.OrganizationsResume),
		of(ops.ViewOrganization{Organization: "SUN"}, "SUN", 0, policy.AccountViewInfo),
		of(ops.ListOrganizations{}, home, 0, policy.OrganizationsList),
		of(ops.ListAllOrganizations{}, nowhere, 0, policy.OrganizationsList),
		of(ops.AddPartnership{Customer: "SUN", Partner: "EXT", Managing: true}, "SUN", 1, policy.PartnershipsAdd),
		of(ops.ListPartners{Organization: "SUN"}, "SUN", 0, policy.AccountViewInfo),
		of(ops.EndPartnership{Customer: "SUN", Partner: "NOR"}, "SUN", 1, policy.PartnershipsEnd),

		of(fresh, "SUN", 1, policy.UsersAdd),
		of(ops.AddPerson{AddUser: fresh, Licenses: []ops.LicenseChange{{License: standard}}, Roles: []policy.Role{policy.ReadOnlyAdmin}, Activate: true}, "SUN", 4,
			policy.UsersAdd, policy.LicensesContactCenterEdit, policy.RolesReadOnlyAssignInternal, policy.UsersActivate),
		of(ops.AddPeople{Organization: "SUN", People: []ops.AddPerson{{AddUser: fresh}, {AddUser: another}}}, "SUN", 2, policy.UsersAdd),
		of(ops.ViewUser{Organization: "SUN", User: email("target")}, "SUN", 0, policy.UsersView),
		of(ops.ViewUser{User: email("target")}, "SUN", 0, policy.UsersView),
		of(ops.Myself{}, home, 0, policy.UsersView),
		of(ops.ListUsers{Organization: "SUN"}, "SUN", 0, policy.UsersList),
		of(ops.CountUsers{Organization: "SUN", Filters: []ops.Filter{{}, {Unlicensed: true}}}, "SUN", 0, policy.UsersList),
		of(ops.EditUser{Organization: "SUN", User: email("target"), Details: changed}, "SUN", 1, policy.UsersEditDetails),
		of(ops.EditUser{Organization: "SUN", User: email("target"), Email: "annan@sun.example", Details: changed}, "SUN", 2, policy.UsersEditDetails, policy.UsersChangeEmail),
		of(ops.ReplacePerson{EditUser: ops.EditUser{Organization: "SUN", User: email("target"), Details: changed}, Licenses: &[]kontrollrum.LicenseID{standard},
			Roles: &[]policy.Role{policy.ReadOnlyAdmin}, Active: pointer(false)}, "SUN", 4,
			policy.UsersView, policy.UsersEditDetails, policy.RolesReadOnlyAssignInternal, policy.LicensesContactCenterEdit, policy.UsersDeactivate),
		of(ops.ChangePerson{Organization: "SUN", User: email("target"), Agent: &ops.AgentChange{To: ops.AgentLicense{Product: kontrollrum.PremiumAgent, Supervisor: true}},
			Role: &ops.RoleChange{To: policy.ServiceAdmin}, Give: []kontrollrum.LicenseID{meetings}}, "SUN", 3,
			policy.UsersView, policy.RolesServiceAdminAssignInternal, policy.LicensesContactCenterEdit, policy.LicensesOtherEdit),
		of(ops.ForeseeChange{Organization: "SUN", User: email("target")}, "SUN", 0, policy.UsersView),
		of(ops.ChangeEmail{Organization: "SUN", User: email("target"), Email: "annan@sun.example"}, "SUN", 1, policy.UsersChangeEmail),
		of(ops.ActivateUser{Organization: "SUN", User: email("invited")}, "SUN", 1, policy.UsersActivate),
		of(ops.DeactivateUser{Organization: "SUN", User: email("target")}, "SUN", 1, policy.UsersDeactivate),
		of(ops.RemoveUser{Organization: "SUN", User: email("target")}, "SUN", 1, policy.UsersRemove),
		of(ops.RemoveUser{Organization: "SUN", User: email("leaver")}, "SUN", 3, policy.UsersRemove), // a role here and one in VIK end with them

		of(ops.ListLicenses{Organization: "SUN"}, "SUN", 0, policy.AccountViewSubscriptions),
		of(ops.ViewLicense{Organization: "SUN", License: premium}, "SUN", 0, policy.AccountViewSubscriptions),
		of(ops.ListLicenseHolders{Organization: "SUN", License: premium}, "SUN", 0, policy.UsersList),
		of(ops.AssignLicense{Organization: "SUN", User: email("target"), License: premium, Supervisor: pointer(true)}, "SUN", 1, policy.LicensesContactCenterEdit),
		of(ops.AssignLicense{Organization: "SUN", User: email("target"), License: meetings}, "SUN", 1, policy.LicensesOtherEdit),
		of(ops.RemoveLicense{Organization: "SUN", User: email("holder"), License: premium}, "SUN", 1, policy.LicensesContactCenterEdit),
		of(ops.RemoveLicense{Organization: "SUN", User: email("holder"), License: meetings}, "SUN", 1, policy.LicensesOtherEdit),
		of(ops.EditLicenses{Organization: "SUN", User: email("holder"), Changes: []ops.LicenseChange{{License: premium, Supervisor: pointer(true)}}}, "SUN", 1,
			policy.UsersView, policy.LicensesContactCenterEdit),

		of(role("target", policy.FullAdmin), "SUN", 1, policy.RolesFullAdminAssignInternal),
		of(role("target", policy.ServiceAdmin), "SUN", 1, policy.RolesServiceAdminAssignInternal),
		of(role("target", policy.ReadOnlyAdmin), "SUN", 1, policy.RolesReadOnlyAssignInternal),
		of(role("target", policy.ProvisioningAdmin), "SUN", 2, policy.RolesProvisioningAdminAssignInternal, policy.RolesReachCustomers),
		of(ops.AssignRole{Organization: "SUN", User: email("target"), Role: policy.FullAdmin, Reach: kontrollrum.ReachCustomers}, "SUN", 2,
			policy.RolesFullAdminAssignInternal, policy.RolesReachCustomers),
		of(role("candidate", policy.FullAdmin), "SUN", 1, policy.RolesFullAdminAssignExternal),
		of(role("candidate", policy.ServiceAdmin), "SUN", 1, policy.RolesServiceAdminAssignExternal),
		of(role("candidate", policy.ReadOnlyAdmin), "SUN", 1, policy.RolesReadOnlyAssignExternal),
		of(revoke("director", policy.FullAdmin), "SUN", 1, policy.RolesFullAdminRevokeInternal),
		of(revoke("helper", policy.ServiceAdmin), "SUN", 1, policy.RolesServiceAdminRevokeInternal),
		of(revoke("viewer", policy.ReadOnlyAdmin), "SUN", 1, policy.RolesReadOnlyRevokeInternal),
		of(revoke("sunprov", policy.ProvisioningAdmin), "SUN", 1, policy.RolesProvisioningAdminRevokeInternal),
		of(revoke("guestfull", policy.FullAdmin), "SUN", 1, policy.RolesFullAdminRevokeExternal),
		of(revoke("guest", policy.ServiceAdmin), "SUN", 1, policy.RolesServiceAdminRevokeExternal),
		of(revoke("guestreader", policy.ReadOnlyAdmin), "SUN", 1, policy.RolesReadOnlyRevokeExternal),
		of(ops.ChangeAssignment{Organization: "SUN", User: email("helper"), Role: policy.ServiceAdmin, Ends: &till}, "SUN", 1, policy.RolesServiceAdminRevokeInternal),
		of(ops.ListAdministrators{Organization: "SUN"}, "SUN", 0, policy.AdministratorsView),
		of(ops.ListExternalAdministrators{Organization: "SUN"}, "SUN", 0, policy.ExternalAdministratorsView),
		of(ops.JudgeExternals{Organization: "SUN"}, "SUN", 0, policy.ExternalAdministratorsView),
		of(ops.AddExternalAdministrator{AssignRole: role("candidate", policy.ServiceAdmin)}, "SUN", 1, policy.RolesServiceAdminAssignExternal),
		of(ops.ChangeExternalAdministrator{ChangeAssignment: ops.ChangeAssignment{Organization: "SUN", User: email("guest"), Role: policy.ServiceAdmin, Ends: &till}}, "SUN", 1,
			policy.RolesServiceAdminRevokeExternal),
		of(ops.VerifyExternal{Organization: "SUN", Email: email("candidate"), Role: policy.ServiceAdmin}, "SUN", 0, policy.RolesServiceAdminAssignExternal),
		of(ops.ListPartnerOrganizations{User: email("named")}, "NOR", 0, policy.AdministratorsView),
		of(ops.ListPartnerAdmins{Organization: "SUN"}, "SUN", 0, policy.ExternalAdministratorsView),
		of(ops.AssignPartnerAdmin{Customer: "VIK", User: email("named")}, "NOR", 1, policy.RolesReachCustomers),
		of(ops.UnassignPartnerAdmin{Customer: "SUN", User: email("named")}, "NOR", 1, policy.RolesReachCustomers, policy.RolesProvisioningAdminRevokeInternal),
		of(ops.RemovePartnerAdmin{User: email("named")}, "NOR", 1, policy.RolesReachCustomers, policy.RolesProvisioningAdminRevokeInternal),

		of(ops.BuySubscription{Organization: "SUN", Name: "Nytt", Quantities: ops.Quantities{kontrollrum.CallingUser: 5}}, "SUN", 1, policy.SubscriptionsEdit),
		of(ops.ChangeSubscription{Organization: "SUN", Subscription: w.bought["Avtal"], Quantities: ops.Quantities{kontrollrum.PremiumAgent: 99}}, "SUN", 1, policy.SubscriptionsEdit),
		of(ops.EndSubscription{Organization: "SUN", Subscription: w.bought["Mer"]}, "SUN", 1, policy.SubscriptionsEdit),
		of(ops.ListSubscriptions{Organization: "SUN"}, "SUN", 0, policy.AccountViewSubscriptions),
		of(ops.ListUsage{Organization: "SUN"}, "SUN", 0, policy.AccountViewSubscriptions),
		of(ops.SaveUserProfile{Organization: "SUN", Name: "Ny profil", Override: policy.View}, "SUN", 1, policy.ContactCenterConfigure),
		of(ops.GiveUserProfile{Organization: "SUN", User: email("target"), Profile: w.profile}, "SUN", 1, policy.ContactCenterConfigure),
		of(ops.ReadAudit{Organization: "SUN"}, "SUN", 0, policy.AuditView),
		of(ops.ViewEntry{Organization: "SUN", Entry: w.entry}, "SUN", 0, policy.AuditView),
		of(ops.ViewStanding{Organization: "SUN", User: email("target")}, "SUN", 0, policy.DecisionsEvaluate),
		of(ops.ViewHistory{Organization: "SUN", User: email("target")}, "SUN", 0, policy.AuditView),
		of(ops.Undo{Organization: "SUN", Entry: w.entry}, "SUN", 1, policy.AuditView, policy.UsersEditDetails),
		of(ops.Evaluate{Organization: "SUN", Subject: email("target"), Action: "users.list"}, "SUN", 0, policy.DecisionsEvaluate),
		of(ops.EvaluateMany{Questions: []ops.Evaluate{{Organization: "SUN", Subject: email("target"), Action: "users.list"}}}, home, 0, policy.DecisionsEvaluate),

		of(ops.ResendInvitation{Organization: "SUN", User: email("invited")}, "SUN", 1, policy.UsersSendActivation),
		of(ops.ViewInvitation{Organization: "SUN", User: email("invited")}, "SUN", 0, policy.UsersSendActivation),
		of(ops.SendActivations{Organization: "SUN"}, "SUN", 1, policy.UsersSendActivation),
		of(ops.ViewTask{Organization: "SUN", Task: w.task}, "SUN", 0, policy.TasksView),
		of(ops.ListTasks{Organization: "SUN"}, "SUN", 0, policy.TasksView),
		of(ops.ListTaskItems{Organization: "SUN", Task: w.task}, "SUN", 0, policy.TasksView),
		of(ops.StartTask{Organization: "SUN", Kind: kontrollrum.ActivationTask, All: true}, "SUN", 1, policy.UsersSendActivation),
		of(ops.StartTask{Organization: "SUN", Kind: kontrollrum.AssignTask, License: premium, Users: []string{string(w.users["target"])}}, "SUN", 1, policy.LicensesContactCenterEdit),
		of(ops.StartTask{Organization: "SUN", Kind: kontrollrum.RemoveTask, License: meetings, All: true}, "SUN", 1, policy.LicensesOtherEdit),
		of(ops.StartTask{Organization: "SUN", Kind: kontrollrum.DeactivateTask, Users: []string{string(w.users["target"])}}, "SUN", 1, policy.UsersDeactivate),
		of(ops.StartTask{Organization: "SUN", Kind: kontrollrum.ActivateTask, Users: []string{string(w.users["target"])}}, "SUN", 1, policy.UsersActivate),
		of(ops.ForeseeTask{ops.StartTask{Organization: "SUN", Kind: kontrollrum.AssignTask, License: meetings, All: true}}, "SUN", 0, policy.LicensesOtherEdit),
		of(ops.CancelTask{Organization: "SUN", Task: w.tasks["runs"]}, "SUN", 1, policy.LicensesOtherEdit),
		of(ops.RetryTask{Organization: "SUN", Task: w.tasks["failed"]}, "SUN", 1, policy.LicensesContactCenterEdit),
		of(ops.UndoTask{Organization: "SUN", Task: w.tasks["done"]}, "SUN", 1, policy.UsersActivate),
		of(ops.ListUndelivered{Organization: "SUN"}, "SUN", 0, policy.MailView),
		of(ops.MakeLink{User: email("target")}, "SUN", 1, policy.TokensEdit),
		of(ops.AwaitMail{}, nowhere, 0, policy.MailDeliver),
		of(ops.CollectMail{Postman: "p"}, nowhere, 0, policy.MailDeliver),
		of(ops.SweepMail{}, nowhere, 0, policy.MailDeliver),
		of(ops.AwaitTask{Clerk: "c"}, nowhere, 0, policy.MailDeliver),
		of(ops.WorkTask{Clerk: "c"}, nowhere, 0, policy.MailDeliver),

		of(ops.CreateToken{User: email("target"), Secret: kontrollrum.NewToken}, "SUN", 1, policy.TokensEdit),
		of(ops.CreateToken{Organization: "SUN", Application: "ny", Secret: kontrollrum.NewToken}, "SUN", 1, policy.TokensEdit),
		of(ops.ListTokens{User: email("target")}, "SUN", 0, policy.TokensEdit),
		of(ops.ListTokens{}, nowhere, 0, policy.TokensEdit),
		of(ops.RevokeToken{Token: w.ids["target"]}, nowhere, 1, policy.TokensEdit),
		of(ops.ListOwnTokens{}, home, 0, policy.TokensView),

		of(ops.AddClient{ID: "ny", Name: "Ny", Redirects: []string{"https://ny.example/cb"}}, nowhere, 1, policy.ClientsEdit),
		of(ops.AddClient{Name: "Ny", Public: true}, nowhere, 1, policy.ClientsEdit),
		of(ops.EditClient{ID: "hub", Redirects: &[]string{"https://ny.example/cb"}, Device: pointer(false)}, nowhere, 1, policy.ClientsEdit),
		of(ops.RemoveClient{ID: "client"}, nowhere, 1, policy.ClientsEdit),
		of(ops.ListClients{}, nowhere, 0, policy.ClientsEdit),
		of(ops.RotateSigningKeys{Private: kontrollrum.NewSecret("a key")}, nowhere, 1, policy.SigningKeysRotate),

		of(ops.ListSessions{}, home, 0, policy.SessionsView),
		of(ops.ListSessions{User: email("target")}, "SUN", 0, policy.SessionsView),
		of(ops.EndSession{User: email("target"), Session: w.sessions["target"]}, "SUN", 1, policy.SessionsEnd),
		of(ops.ListGrants{}, home, 0, policy.SessionsView),
		of(ops.ListGrants{User: email("target")}, "SUN", 0, policy.SessionsView),
		of(ops.EndGrant{User: email("target"), Grant: w.given}, "SUN", 1, policy.SessionsEnd),
		of(ops.EndOtherSessions{}, home, 1, policy.SessionsEnd),
		of(ops.EnterApplication{Application: policy.ControlHubSignIn}, home, 0, policy.ControlHubSignIn),
		of(ops.ListEntrances{}, home, 0, policy.OrganizationsList),
		of(ops.EnterHub{}, home, 0, policy.ControlHubSignIn),
		of(ops.Overview{}, home, 0, policy.ControlHubSignIn),
		of(ops.Judge{User: email("target")}, home, 0, policy.DecisionsEvaluate),
		of(ops.ViewCredentials{}, home, 0, policy.CredentialsView),
		of(ops.ViewCredentials{User: email("target")}, "SUN", 0, policy.CredentialsView),
		of(ops.ResetCredentials{Organization: "SUN", User: email("target")}, "SUN", 1, policy.CredentialsReset),
		of(ops.ImportPasswords{Hashes: map[string]string{email("target"): cheapHash}}, nowhere, 1, policy.CredentialsReset),
		of(ops.SetIdentityProvider{Organization: "SUN", Issuer: "https://id.sun.example", ClientID: "hub", ClientSecret: pointer(kontrollrum.NewSecret("hemligt"))}, "SUN", 1,
			policy.IdentityProviderEdit),
		of(ops.RemoveIdentityProvider{Organization: "SUN"}, "SUN", 1, policy.IdentityProviderEdit),
		of(ops.ViewIdentityProvider{Organization: "SUN"}, "SUN", 0, policy.AccountViewInfo),
		of(ops.AddDomain{Organization: "SUN", Domain: "sundvik.example"}, "SUN", 1, policy.DomainsEdit),
		of(ops.RemoveDomain{Organization: "SUN", Domain: "old.example"}, "SUN", 1, policy.DomainsEdit),
		of(ops.ListIdentityProviders{}, nowhere, 0, policy.DomainsEdit),
	}
}

// decidedOnly are the actions that no op asks for yet: the policy decides them
// already, for Evaluate, and what they are about is still to come.
var decidedOnly = map[policy.Action]string{
	policy.SessionsBegin:               "asked at the gate",
	policy.UsersVerify:                 "asked at the gate",
	policy.CredentialsEdit:             "asked by a session only",
	policy.TokensCreate:                "asked by a session only",
	policy.TokensRevoke:                "asked of one's own, of which everyone has others",
	policy.ContactCenterView:           "the pages of the contact centre service",
	policy.ContactCenterViewPlatform:   "the pages of the contact centre service",
	policy.ContactCenterRunSetupWizard: "the setup wizard",
	policy.ContactCenterSetUp10:        "the setup wizard",
	policy.ManagementPortalSignIn:      "asked by EnterApplication",
	policy.AgentDesktopSignIn:          "asked by EnterApplication",
	policy.BusinessHoursView:           "business hours",
	policy.BusinessHoursEdit:           "business hours",
	policy.HolidayListsEdit:            "business hours",
	policy.OverridesEdit:               "business hours",
	policy.UsersImportCSV:              "import",
	policy.UsersExportCSV:              "export",
	policy.ServiceStatusView:           "monitoring",
}
