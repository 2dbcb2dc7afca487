package ops

// All lists every op once, as its zero value: what tests of every op, the map
// of routes and the API description go through.
func All() []any {
	return []any{
		CreateOrganization{}, FoundOrganization{}, CreateCustomer{}, FoundCustomer{}, ListCustomers{}, EditOrganization{}, SuspendOrganization{}, ResumeOrganization{},
		ViewOrganization{}, ListOrganizations{}, ListAllOrganizations{}, AddPartnership{}, EndPartnership{}, ListPartners{},
		AddUser{}, AddPerson{}, AddPeople{}, ViewUser{}, Myself{}, ListUsers{}, CountUsers{}, EditUser{}, ReplacePerson{}, ChangeEmail{},
		ChangePerson{}, ForeseeChange{}, ViewInvitation{},
		ActivateUser{}, DeactivateUser{}, RemoveUser{},
		ListLicenses{}, ViewLicense{}, ListLicenseHolders{}, AssignLicense{}, RemoveLicense{}, EditLicenses{},
		AssignRole{}, RevokeRole{}, ChangeAssignment{}, ListAdministrators{},
		ListExternalAdministrators{}, AddExternalAdministrator{}, ChangeExternalAdministrator{}, VerifyExternal{}, JudgeExternals{},
		ListPartnerOrganizations{}, ListPartnerAdmins{}, AssignPartnerAdmin{}, UnassignPartnerAdmin{}, RemovePartnerAdmin{},
		BuySubscription{}, ChangeSubscription{}, EndSubscription{}, ListSubscriptions{}, ListUsage{},
		SaveUserProfile{}, GiveUserProfile{},
		ReadAudit{}, ViewEntry{}, ViewHistory{}, Undo{}, Evaluate{}, EvaluateMany{}, ViewStanding{},
		ResendInvitation{}, MakeLink{}, ListUndelivered{},
		ForeseeTask{}, StartTask{}, SendActivations{}, CancelTask{}, RetryTask{}, UndoTask{}, ListTasks{}, ViewTask{}, ListTaskItems{},
		OpenLink{}, AcceptLink{}, AskPasswordReset{},
		AwaitMail{}, CollectMail{}, SweepMail{}, AwaitTask{}, WorkTask{},
		CreateToken{}, ListTokens{}, RevokeToken{}, ListOwnTokens{}, CreateOwnToken{}, RevokeOwnToken{},
		ListSessions{}, EndSession{}, EndOtherSessions{}, ListGrants{}, EndGrant{}, SignOut{}, EnterApplication{}, ListEntrances{}, EnterHub{}, Overview{}, Judge{},
		SetIdentityProvider{}, RemoveIdentityProvider{}, ViewIdentityProvider{}, AddDomain{}, RemoveDomain{}, ListIdentityProviders{},
		AddClient{}, EditClient{}, RemoveClient{}, ListClients{}, FindClient{}, ProveClient{}, RotateSigningKeys{},
		BeginAuthorization{}, ViewAuthorization{}, Authorize{}, IssueCode{}, RedeemCode{}, RefreshTokens{},
		ViewIdentity{}, Introspect{}, RevokeGranted{}, EndSessionKnownAs{}, TakeLogouts{}, FinishLogout{},
		BeginDevice{}, ViewDeviceCode{}, ApproveDevice{}, DenyDevice{}, RedeemDevice{},
		ImportPasswords{}, ViewCredentials{}, ResetCredentials{}, RenameFactor{}, RemoveFactor{}, NewRecoveryCodes{},
		BeginTOTP{}, FinishTOTP{}, BeginAddPasskey{}, FinishAddPasskey{},
		ProveCode{}, BeginPasskey{}, FinishPasskey{}, CompleteEnrolment{},
		RouteEmail{}, BeginUpstream{}, ResumeUpstream{}, FinishUpstream{},
	}
}
