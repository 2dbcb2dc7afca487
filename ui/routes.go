package ui

import (
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// routes is the map of every page. What changes something is a POST.
func (f *face) routes() []web.Route {
	return []web.Route{
		// Coming in.
		{Pattern: "GET /sign-in", Runs: ops.Authorize{}, Serve: f.signIn},
		{Pattern: "POST /sign-in", Runs: ops.RouteEmail{}, Serve: f.giveEmail},
		{Pattern: "GET /sign-in/password", Serve: f.again},
		{Pattern: "POST /sign-in/password", Serve: f.givePassword},
		{Pattern: "GET /sign-in/factor", Serve: f.factor},
		{Pattern: "POST /sign-in/factor", Runs: ops.ProveCode{}, Serve: f.giveCode},
		{Pattern: "POST /sign-in/passkey/options", Runs: ops.BeginPasskey{}, Serve: f.passkeyOptions},
		{Pattern: "POST /sign-in/passkey", Runs: ops.FinishPasskey{}, Serve: f.givePasskey},
		{Pattern: "POST " + upstreamPath, Runs: ops.BeginUpstream{}, Serve: f.depart},
		{Pattern: "GET " + upstreamPath + "/callback", Runs: ops.FinishUpstream{}, Serve: f.arrive},
		{Pattern: "GET /sign-in/onward", Serve: f.onward},
		{Pattern: "GET /confirm", Runs: ops.ViewCredentials{}, Serve: f.stepUp},
		{Pattern: "POST /confirm", Serve: f.giveStepUp},
		{Pattern: "GET /sign-out", Serve: f.askSignOut},
		{Pattern: "POST /sign-out", Runs: ops.SignOut{}, Serve: f.signOut},
		{Pattern: "GET /signed-out", Serve: f.signedOut},

		// Setting up a second factor that is demanded.
		{Pattern: "GET /sign-in/enrol", Runs: ops.ViewCredentials{}, Serve: f.enrol},
		{Pattern: "GET /sign-in/enrol/totp", Runs: ops.BeginTOTP{}, Serve: f.enrolTOTP},
		{Pattern: "POST /sign-in/enrol/totp", Runs: ops.FinishTOTP{}, Serve: f.addEnrolTOTP},
		{Pattern: "POST /sign-in/enrol/passkey/options", Runs: ops.BeginAddPasskey{}, Serve: f.newPasskeyOptions(partial)},
		{Pattern: "POST /sign-in/enrol/passkey", Runs: ops.FinishAddPasskey{}, Serve: f.addEnrolPasskey},
		{Pattern: "POST /sign-in/enrol/done", Runs: ops.CompleteEnrolment{}, Serve: f.complete},

		// Links from mails.
		{Pattern: "GET /activate", Runs: ops.OpenLink{}, Serve: f.activate},
		{Pattern: "POST /activate", Runs: ops.AcceptLink{}, Serve: f.acceptActivation},
		{Pattern: "GET /activate/choose", Runs: ops.ViewCredentials{}, Serve: f.choose},
		{Pattern: "POST /activate/password", Serve: f.choosePassword},
		{Pattern: "POST /activate/passkey/options", Runs: ops.BeginAddPasskey{}, Serve: f.newPasskeyOptions(partial)},
		{Pattern: "POST /activate/passkey", Runs: ops.FinishAddPasskey{}, Serve: f.addEnrolPasskey},
		{Pattern: "GET /forgotten", Serve: f.forgotten},
		{Pattern: "POST /forgotten", Runs: ops.AskPasswordReset{}, Serve: f.askReset},
		{Pattern: "GET /reset", Runs: ops.OpenLink{}, Serve: f.reset},
		{Pattern: "POST /reset", Runs: ops.AcceptLink{}, Serve: f.acceptReset},

		// Where people land.
		{Pattern: "GET /{$}", Runs: []any{ops.EnterHub{}, ops.Overview{}}, Serve: f.hubPage},
		{Pattern: "GET /portal", Runs: ops.EnterApplication{}, Serve: f.portalPage},
		{Pattern: "GET /desktop", Runs: ops.EnterApplication{}, Serve: f.desktopPage},
		{Pattern: "GET /device", Runs: ops.ViewDeviceCode{}, Serve: f.device},
		{Pattern: "POST /device", Runs: ops.ViewDeviceCode{}, Serve: f.giveDeviceCode},
		{Pattern: "POST /device/answer", Runs: []any{ops.ApproveDevice{}, ops.DenyDevice{}}, Serve: f.answerDevice},

		// The hub, in an organization.
		{Pattern: "GET /o/{organization}", Runs: []any{ops.EnterHub{}, ops.Overview{}}, Serve: f.hubPage},
		{Pattern: "GET /o/{organization}/account", Runs: []any{ops.ViewOrganization{}, ops.ListPartners{}}, Serve: f.account},
		{Pattern: "GET /o/{organization}/account/subscriptions", Runs: []any{ops.ListSubscriptions{}, ops.ListUsage{}}, Serve: f.subscriptions},
		{Pattern: "GET /o/{organization}/settings", Runs: ops.ViewOrganization{}, Serve: f.settings},
		{Pattern: "POST /o/{organization}/settings", Runs: ops.EditOrganization{}, Serve: f.saveSettings},
		{Pattern: "GET /o/{organization}/users", Runs: ops.ListUsers{}, Serve: f.users},
		{Pattern: "GET /o/{organization}/users/counts", Runs: []any{ops.CountUsers{}, ops.ListExternalAdministrators{}}, Serve: f.userCounts},
		{Pattern: "GET /o/{organization}/users/new", Runs: ops.ListLicenses{}, Serve: f.newUsers},
		{Pattern: "POST /o/{organization}/users/new", Runs: ops.AddPeople{}, Serve: f.addUsers},
		{Pattern: "GET /o/{organization}/users/{user}/menu", Runs: []any{ops.ViewUser{}, ops.Judge{}}, Serve: f.userMenu},
		{Pattern: "GET /o/{organization}/find", Runs: []any{ops.ListUsers{}, ops.ListOrganizations{}}, Serve: f.find},
		{Pattern: "GET /o/{organization}/keys", Runs: ops.EnterHub{}, Serve: f.keysPage},
		{Pattern: "GET /o/{organization}/users/{user}", Runs: []any{ops.ViewUser{}, ops.Judge{}, ops.ForeseeChange{}, ops.ViewHistory{}, ops.ListLicenses{}, ops.ListSessions{}, ops.ViewCredentials{}, ops.ViewInvitation{}}, Serve: f.userPage},
		{Pattern: "POST /o/{organization}/users/{user}", Runs: ops.ChangePerson{}, Serve: f.saveUser},
		{Pattern: "GET /o/{organization}/users/{user}/edit", Runs: ops.ViewUser{}, Serve: f.editUser},
		{Pattern: "POST /o/{organization}/users/{user}/edit", Runs: ops.EditUser{}, Serve: f.saveDetails},
		{Pattern: "POST /o/{organization}/users/{user}/invite", Runs: ops.ResendInvitation{}, Serve: f.inviteUser},
		{Pattern: "POST /o/{organization}/users/{user}/activate", Runs: ops.ActivateUser{}, Serve: f.activateUser},
		{Pattern: "POST /o/{organization}/users/{user}/deactivate", Runs: ops.DeactivateUser{}, Serve: f.deactivateUser},
		{Pattern: "GET /o/{organization}/users/{user}/remove", Runs: ops.ViewUser{}, Serve: f.askRemoval},
		{Pattern: "POST /o/{organization}/users/{user}/remove", Runs: ops.RemoveUser{}, Serve: f.removeUser},
		{Pattern: "GET /o/{organization}/users/{user}/reset", Runs: ops.ViewUser{}, Serve: f.askUserReset},
		{Pattern: "POST /o/{organization}/users/{user}/reset", Runs: ops.ResetCredentials{}, Serve: f.resetUser},
		{Pattern: "POST /o/{organization}/users/{user}/provisioning", Runs: []any{ops.AssignRole{}, ops.RevokeRole{}}, Serve: f.provisioning},
		{Pattern: "POST /o/{organization}/users/{user}/sessions/end", Runs: ops.EndSession{}, Serve: f.endUserSession},
		{Pattern: "POST /o/{organization}/undo", Runs: ops.Undo{}, Serve: f.undo},
		{Pattern: "GET /o/{organization}/users/bulk", Runs: ops.ForeseeTask{}, Serve: f.bulk},
		{Pattern: "POST /o/{organization}/users/bulk", Runs: ops.StartTask{}, Serve: f.bulk},
		{Pattern: "GET /o/{organization}/tasks", Runs: ops.ListTasks{}, Serve: f.listTasks},
		{Pattern: "GET /o/{organization}/tasks/{task}", Runs: ops.ListTaskItems{}, Serve: f.viewTask},
		{Pattern: "POST /o/{organization}/tasks/{task}/cancel", Runs: ops.CancelTask{}, Serve: f.cancelTask},
		{Pattern: "POST /o/{organization}/tasks/{task}/again", Runs: ops.RetryTask{}, Serve: f.retryTask},
		{Pattern: "POST /o/{organization}/tasks/{task}/undo", Runs: ops.UndoTask{}, Serve: f.undoTask},

		// The audit log.
		{Pattern: "GET /o/{organization}/audit", Runs: ops.ReadAudit{}, Serve: f.audit},
		{Pattern: "GET /o/{organization}/audit/export.csv", Runs: ops.ReadAudit{}, Serve: f.exportCSV},
		{Pattern: "GET /o/{organization}/audit/export.json", Runs: ops.ReadAudit{}, Serve: f.exportJSON},
		{Pattern: "GET /o/{organization}/audit/{entry}", Runs: ops.ViewEntry{}, Serve: f.auditEntry},

		// Roles and permissions.
		{Pattern: "GET /o/{organization}/roles", Runs: []any{ops.EvaluateMany{}, ops.ViewStanding{}}, Serve: f.roles},
		{Pattern: "GET /o/{organization}/roles/people", Runs: []any{ops.ListUsers{}, ops.ListExternalAdministrators{}}, Serve: f.rolesPeople},
		{Pattern: "GET /organizations", Runs: ops.ListEntrances{}, Serve: f.organizations},
		{Pattern: "GET /o/{organization}/customers", Runs: ops.ListCustomers{}, Serve: f.customers},
		{Pattern: "GET /o/{organization}/customers.csv", Runs: ops.ListCustomers{}, Serve: f.customersFile},
		// People from elsewhere who administer the organization.
		{Pattern: "GET /o/{organization}/external", Runs: ops.JudgeExternals{}, Serve: f.externals},
		{Pattern: "GET /o/{organization}/external/new", Runs: ops.VerifyExternal{}, Serve: f.newExternal},
		{Pattern: "POST /o/{organization}/external/new", Runs: ops.AddExternalAdministrator{}, Serve: f.addGuest},
		{Pattern: "GET /o/{organization}/external/{user}", Runs: ops.JudgeExternals{}, Serve: f.external},
		{Pattern: "POST /o/{organization}/external/{user}", Runs: ops.ChangeExternalAdministrator{}, Serve: f.changeExternal},
		{Pattern: "POST /o/{organization}/external/{user}/renew", Runs: ops.ChangeExternalAdministrator{}, Serve: f.renewExternal},
		{Pattern: "POST /o/{organization}/external/{user}/revoke", Runs: ops.RevokeRole{}, Serve: f.revokeExternal},
		{Pattern: "GET /o/{organization}/customers/new", Runs: ops.EnterHub{}, Serve: f.newCustomer},
		{Pattern: "POST /o/{organization}/customers", Runs: []any{ops.CreateCustomer{}, ops.FoundCustomer{}}, Serve: f.createCustomer},
		{Pattern: "GET /o/{organization}/partners", Runs: ops.ListPartners{}, Serve: f.partners},
		{Pattern: "POST /o/{organization}/partners", Runs: ops.AddPartnership{}, Serve: f.addPartnership},
		{Pattern: "GET /o/{organization}/partners/new", Runs: ops.EnterHub{}, Serve: f.editPartner},
		{Pattern: "POST /o/{organization}/partners/restriction", Runs: ops.EditOrganization{}, Serve: f.restrict},
		{Pattern: "GET /o/{organization}/partners/{partner}", Runs: ops.ListPartners{}, Serve: f.editPartner},
		{Pattern: "GET /o/{organization}/partners/{partner}/end", Runs: ops.ListPartners{}, Serve: f.askEnd},
		{Pattern: "POST /o/{organization}/partners/{partner}/end", Runs: ops.EndPartnership{}, Serve: f.end},

		// One's own.
		{Pattern: "GET /profile", Runs: ops.ViewCredentials{}, Serve: f.profile},
		{Pattern: "GET /profile/password", Runs: ops.ViewCredentials{}, Serve: f.changePassword},
		{Pattern: "POST /profile/password", Serve: f.giveNewPassword},
		{Pattern: "GET /profile/totp", Runs: ops.BeginTOTP{}, Serve: f.newTOTP},
		{Pattern: "POST /profile/totp", Runs: ops.FinishTOTP{}, Serve: f.addTOTP},
		{Pattern: "POST /profile/passkey/options", Runs: ops.BeginAddPasskey{}, Serve: f.newPasskeyOptions(whole)},
		{Pattern: "POST /profile/passkey", Runs: ops.FinishAddPasskey{}, Serve: f.addPasskey},
		{Pattern: "GET /profile/factors/rename", Runs: ops.ViewCredentials{}, Serve: f.renameFactor},
		{Pattern: "POST /profile/factors/rename", Runs: ops.RenameFactor{}, Serve: f.giveFactorName},
		{Pattern: "GET /profile/factors/remove", Runs: ops.ViewCredentials{}, Serve: f.removeFactor},
		{Pattern: "POST /profile/factors/remove", Runs: ops.RemoveFactor{}, Serve: f.confirmRemoval},
		{Pattern: "GET /profile/codes", Runs: ops.ViewCredentials{}, Serve: f.newCodes},
		{Pattern: "POST /profile/codes", Runs: ops.NewRecoveryCodes{}, Serve: f.makeCodes},
		{Pattern: "POST /profile/sessions/end", Runs: ops.EndSession{}, Serve: f.endSession},
		{Pattern: "POST /profile/sessions/end-others", Runs: ops.EndOtherSessions{}, Serve: f.endOtherSessions},
		{Pattern: "POST /profile/applications/end", Runs: ops.EndGrant{}, Serve: f.endApplication},
		{Pattern: "GET /profile/details", Runs: ops.Myself{}, Serve: f.editDetails},
		{Pattern: "POST /profile/details", Runs: ops.EditUser{}, Serve: f.giveDetails},
		{Pattern: "GET /profile/tokens/new", Runs: ops.ListOwnTokens{}, Serve: f.newToken},
		{Pattern: "POST /profile/tokens", Runs: ops.CreateOwnToken{}, Serve: f.makeToken},
		{Pattern: "POST /profile/tokens/revoke", Runs: ops.RevokeOwnToken{}, Serve: f.revokeToken},
		{Pattern: "POST /preferences", Runs: ops.EditUser{}, Serve: f.preferences},

		{Pattern: "GET /static/{hash}/{file...}", Serve: f.asset},
	}
}
