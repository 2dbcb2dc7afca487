package policy

import (
	"fmt"
	"strings"
)

// An Action is one thing that may be asked of the hub. Its text is the same
// word in the grid, the audit log and the API.
type Action uint8

// The actions of the article, in the order of permissions.csv, then those the
// article does not speak of (docs/decisions/0002).
const (
	ContactCenterView Action = iota
	ContactCenterConfigure
	ContactCenterRunSetupWizard
	ContactCenterSetUp10
	ContactCenterViewPlatform
	ManagementPortalSignIn
	AgentDesktopSignIn
	BusinessHoursView
	BusinessHoursEdit
	HolidayListsEdit
	OverridesEdit
	UsersList
	UsersView
	UsersAdd
	UsersRemove
	UsersActivate
	UsersDeactivate
	UsersEditDetails
	UsersSendActivation
	UsersImportCSV
	UsersExportCSV
	LicensesContactCenterEdit
	LicensesOtherEdit
	RolesServiceAdminAssignInternal
	RolesServiceAdminRevokeInternal
	RolesServiceAdminAssignExternal
	RolesServiceAdminRevokeExternal
	RolesFullAdminAssignInternal
	RolesFullAdminRevokeInternal
	RolesFullAdminAssignExternal
	RolesFullAdminRevokeExternal
	RolesReadOnlyAssignInternal
	RolesReadOnlyRevokeInternal
	RolesReadOnlyAssignExternal
	RolesReadOnlyRevokeExternal
	AdministratorsView
	ExternalAdministratorsView
	AccountViewInfo
	AccountViewSubscriptions
	OrganizationEditSettings
	ServiceStatusView
	AuditView

	OrganizationsList
	OrganizationsCreate
	OrganizationsSuspend
	OrganizationsResume
	CustomersCreate
	CustomersView
	PartnershipsAdd
	PartnershipsEnd
	OrganizationRestrictExternal
	UsersChangeEmail
	RolesProvisioningAdminAssignInternal
	RolesProvisioningAdminRevokeInternal
	RolesReachCustomers
	SubscriptionsEdit
	TokensEdit
	TokensView
	TokensCreate
	TokensRevoke
	DecisionsEvaluate
	ControlHubSignIn
	SessionsBegin
	SessionsView
	SessionsEnd
	CredentialsView
	CredentialsEdit
	CredentialsReset
	UsersVerify
	IdentityProviderEdit
	DomainsEdit
	ClientsEdit
	MailView
	TasksView
	MailDeliver
	SigningKeysRotate

	numActions
	numArticle = OrganizationsList // actions of the article come first
)

// A line is a row of the tables: who may, under which conditions, by which source.
type line struct {
	name       string
	cells      string // a cell per role and relation, see below
	conditions string // tags of the conditions the article prints for it
	source     string
}

// Tables 1 and 2 of the article, turned: a line per action, a column per role
// and relation; then the columns own (done to oneself, whatever one's roles),
// op (the operator's command line) and ap (a registered application).
//
//	x may   . may not   - not applicable
//	a all   c only service administrators   f full   r read
//	l by licence   p by user profile   m limited
//
//	role:      Full   Servic Provis ReadOn Superv own op ap
//	relation:  C P O  C P O  C P O  C P O  C P O
var table = [numActions]line{
	ContactCenterView:               {"contact_center.view", "x x x  x - x  - x -  . x x  . - -  .  .  .", "", "Table 1"},
	ContactCenterConfigure:          {"contact_center.configure", "x x x  x - x  - x -  . . .  . - -  .  .  .", "", "Table 1"},
	ContactCenterRunSetupWizard:     {"contact_center.run_setup_wizard", "x x x  . - .  - . -  . . .  . - -  .  .  .", "", "Admin privileges; Set up"},
	ContactCenterSetUp10:            {"contact_center.set_up_1_0", "x x x  x - x  - x -  . . .  . - -  .  .  .", "c4 c5", "Set up"},
	ContactCenterViewPlatform:       {"contact_center.view_platform", "x x x  x - x  - x -  . x x  . - -  .  .  .", "", "Identify the platform"},
	ManagementPortalSignIn:          {"management_portal.sign_in", "f f f  f - f  - f -  . r r  . - -  .  .  .", "c8", "Table 1 and note"},
	AgentDesktopSignIn:              {"agent_desktop.sign_in", "l l l  l - l  - l -  l l l  l - -  l  .  .", "c9", "note under Table 1"},
	BusinessHoursView:               {"business_hours.view", "x x x  x - x  - x -  . x x  p - -  .  .  .", "c6", "Table 1"},
	BusinessHoursEdit:               {"business_hours.edit", "x x x  x - x  - x -  . . .  p - -  .  .  .", "c6", "Table 1"},
	HolidayListsEdit:                {"holiday_lists.edit", "x x x  x - x  - x -  . . .  p - -  .  .  .", "c6", "Table 1"},
	OverridesEdit:                   {"overrides.edit", "x x x  x - x  - x -  . . .  p - -  .  .  .", "c6", "Table 1"},
	UsersList:                       {"users.list", "x x x  x - x  - . -  x x x  . - -  .  .  .", "", "All users; Table 1"},
	UsersView:                       {"users.view", "x x x  x - x  - . -  x x x  . - -  x  .  .", "", "View user details"},
	UsersAdd:                        {"users.add", "x x x  . - .  - . -  . . .  . - -  .  x  .", "", "Table 1"},
	UsersRemove:                     {"users.remove", "x x x  . - .  - . -  . . .  . - -  .  .  .", "", "Table 1"},
	UsersActivate:                   {"users.activate", "x x x  . - .  - . -  . . .  . - -  .  x  .", "", "User services and roles"},
	UsersDeactivate:                 {"users.deactivate", "x x x  . - .  - . -  . . .  . - -  .  .  .", "", "User services and roles"},
	UsersEditDetails:                {"users.edit_details", "x x x  x - .  - . -  . . .  . - -  x  .  .", "", "View the administrators"},
	UsersSendActivation:             {"users.send_activation", "x x x  x - x  - . -  . . .  . - -  .  .  .", "", "Table 1"},
	UsersImportCSV:                  {"users.import_csv", "x x x  m - m  - . -  . . .  . - -  .  .  .", "c7", "Manage users"},
	UsersExportCSV:                  {"users.export_csv", "x x x  x - x  - . -  x x x  . - -  .  .  .", "", "Manage users"},
	LicensesContactCenterEdit:       {"licenses.contact_center.edit", "x x x  x - x  - . -  . . .  . - -  .  .  .", "", "Table 1"},
	LicensesOtherEdit:               {"licenses.other.edit", "x x x  . - .  - . -  . . .  . - -  .  .  .", "", "Table 1 (silent)"},
	RolesServiceAdminAssignInternal: {"roles.service_admin.assign_internal", "x x x  x - x  - . -  . . .  . - -  .  .  .", "c3", "Table 2"},
	RolesServiceAdminRevokeInternal: {"roles.service_admin.revoke_internal", "x x x  x - x  - . -  . . .  . - -  x  .  .", "", "Table 2"},
	RolesServiceAdminAssignExternal: {"roles.service_admin.assign_external", "x x x  x - .  - . -  . . .  . - -  .  .  .", "c1 c2 c3 s1", "Table 2"},
	RolesServiceAdminRevokeExternal: {"roles.service_admin.revoke_external", "x x x  x - .  - . -  . . .  . - -  x  .  .", "s1", "Table 1; Table 2"},
	RolesFullAdminAssignInternal:    {"roles.full_admin.assign_internal", "x x x  . - .  - . -  . . .  . - -  .  x  .", "c3", "silent: least privilege"},
	RolesFullAdminRevokeInternal:    {"roles.full_admin.revoke_internal", "x x x  . - .  - . -  . . .  . - -  x  .  .", "c10", "silent: least privilege"},
	RolesFullAdminAssignExternal:    {"roles.full_admin.assign_external", "x . .  . - .  - . -  . . .  . - -  .  .  .", "c3", "silent: least privilege"},
	RolesFullAdminRevokeExternal:    {"roles.full_admin.revoke_external", "x . .  . - .  - . -  . . .  . - -  x  .  .", "", "silent: least privilege"},
	RolesReadOnlyAssignInternal:     {"roles.read_only.assign_internal", "x x x  . - .  - . -  . . .  . - -  .  .  .", "c3", "silent: least privilege"},
	RolesReadOnlyRevokeInternal:     {"roles.read_only.revoke_internal", "x x x  . - .  - . -  . . .  . - -  x  .  .", "", "silent: least privilege"},
	RolesReadOnlyAssignExternal:     {"roles.read_only.assign_external", "x . .  . - .  - . -  . . .  . - -  .  .  .", "c3", "silent: least privilege"},
	RolesReadOnlyRevokeExternal:     {"roles.read_only.revoke_external", "x . .  . - .  - . -  . . .  . - -  x  .  .", "", "silent: least privilege"},
	AdministratorsView:              {"administrators.view", "a a a  c - c  - . -  a a a  . - -  .  .  .", "", "View the administrators"},
	ExternalAdministratorsView:      {"external_administrators.view", "a a a  c - c  - a -  a a a  . - -  .  .  .", "", "View the service administrators; Table 1"},
	AccountViewInfo:                 {"account.view_info", "x x x  x - x  - x -  x x x  . - -  .  .  .", "", "Manage a customer account"},
	AccountViewSubscriptions:        {"account.view_subscriptions", "x x x  x - x  - x -  x x x  . - -  .  x  .", "", "Manage a customer account"},
	OrganizationEditSettings:        {"organization.edit_settings", "x x x  . - .  - . -  . . .  . - -  .  .  .", "", "silent: least privilege"},
	ServiceStatusView:               {"service_status.view", "x x x  x - x  - x -  x x x  . - -  .  .  .", "", "View service status"},
	AuditView:                       {"audit.view", "a a a  c - .  - . -  a a a  . - -  .  .  .", "", "silent: beyond the article"},

	OrganizationsList:                    {"organizations.list", "x x x  x - x  - x -  x x x  x - -  x  x  .", "", "beyond the article: organization switcher"},
	OrganizationsCreate:                  {"organizations.create", ". . .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: installation"},
	OrganizationsSuspend:                 {"organizations.suspend", ". x .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: least privilege"},
	OrganizationsResume:                  {"organizations.resume", ". x .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: least privilege"},
	CustomersCreate:                      {"customers.create", "x . .  . - .  - . -  . . .  . - -  .  .  .", "", "beyond the article: a partner creates customers"},
	CustomersView:                        {"customers.view", "x . .  . - .  - . -  x . .  . - -  m  .  .", "", "beyond the article: a partner's own people; limited: to the customers that their own roles reach"},
	PartnershipsAdd:                      {"partnerships.add", "x . .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: least privilege"},
	PartnershipsEnd:                      {"partnerships.end", "x . .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: the customer ends it"},
	OrganizationRestrictExternal:         {"organization.restrict_external", "x . .  . - .  - . -  . . .  . - -  .  .  .", "", "beyond the article: §3 s1, the customer's own setting"},
	UsersChangeEmail:                     {"users.change_email", "x . .  . - .  - . -  . . .  . - -  .  .  .", "", "beyond the article: §6, and whose address it is decides who gets in"},
	RolesProvisioningAdminAssignInternal: {"roles.provisioning_admin.assign_internal", "x . .  . - .  - . -  . . .  . - -  .  .  .", "", "beyond the article: assigned inside the partner organization"},
	RolesProvisioningAdminRevokeInternal: {"roles.provisioning_admin.revoke_internal", "x . .  . - .  - . -  . . .  . - -  x  .  .", "", "beyond the article: who may assign may revoke"},
	RolesReachCustomers:                  {"roles.reach_customers", "x . .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: least privilege"},
	SubscriptionsEdit:                    {"subscriptions.edit", ". . .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: what was bought"},
	TokensEdit:                           {"tokens.edit", ". . .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: installation"},
	TokensView:                           {"tokens.view", ". . .  . - .  - . -  . . .  . - -  x  .  .", "", "beyond the article: one's own tokens"},
	TokensCreate:                         {"tokens.create", ". . .  . - .  - . -  . . .  . - -  x  .  .", "", "beyond the article: one's own tokens"},
	TokensRevoke:                         {"tokens.revoke", ". . .  . - .  - . -  . . .  . - -  x  .  .", "", "beyond the article: one's own tokens"},
	DecisionsEvaluate:                    {"decisions.evaluate", "x x x  . - .  - . -  . . .  . - -  x  x  x", "", "beyond the article: AuthZEN"},
	ControlHubSignIn:                     {"control_hub.sign_in", "f f f  f - f  - f -  r r r  m - -  m  .  .", "", "§5: sign-in to the three applications"},
	SessionsBegin:                        {"sessions.begin", ". . .  . - .  - . -  . . .  . - -  x  .  .", "", "beyond the article: sign-in"},
	SessionsView:                         {"sessions.view", "x x x  . - .  - . -  . . .  . - -  x  .  .", "", "beyond the article: sign-in"},
	SessionsEnd:                          {"sessions.end", "x x x  . - .  - . -  . . .  . - -  x  x  .", "", "beyond the article: sign-in"},
	CredentialsView:                      {"credentials.view", "x x x  . - .  - . -  . . .  . - -  x  .  .", "", "beyond the article: sign-in"},
	CredentialsEdit:                      {"credentials.edit", ". . .  . - .  - . -  . . .  . - -  x  .  .", "", "beyond the article: sign-in"},
	CredentialsReset:                     {"credentials.reset", "x . .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: sign-in"},
	UsersVerify:                          {"users.verify", ". . .  . - .  - . -  . . .  . - -  x  .  .", "", "beyond the article: activation"},
	IdentityProviderEdit:                 {"identity_provider.edit", "x . .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: least privilege"},
	DomainsEdit:                          {"domains.edit", ". . .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: installation"},
	ClientsEdit:                          {"clients.edit", ". . .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: installation"},
	MailView:                             {"mail.view", "x x x  x - x  - . -  . . .  . - -  .  x  .", "", "beyond the article: who sends it sees what became of it"},
	TasksView:                            {"tasks.view", "x x x  x - x  - . -  . . .  . - -  .  x  .", "", "beyond the article: who may start a task sees what became of it"},
	MailDeliver:                          {"mail.deliver", ". . .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: installation"},
	SigningKeysRotate:                    {"signing_keys.rotate", ". . .  . - .  - . -  . . .  . - -  .  x  .", "", "beyond the article: installation"},
}

// A Cell is what the grid says of an action and a column. A greater Cell gives more.
type Cell uint8

// The cells. Their texts are the words of permissions.csv.
const (
	NotApplicable Cell = iota
	No
	Limited
	ByProfile
	ByLicense
	ServiceAdminsOnly
	Read
	Yes
	All
	Full

	numCells = iota
	anyCell  = NotApplicable // of a rule
)

var cellWords = [...]string{"", "no", "limited", "profile", "licence", "ccsa", "read", "yes", "all", "full"}

func (c Cell) String() string { return cellWords[c] }

// Mode is the text of a cell that says more than yes or no, else empty.
func (c Cell) Mode() string {
	if c == Yes || c == No {
		return ""
	}
	return c.String()
}

const cellLetters = "-.mplcrxaf" // in the order of the constants

// A Column is a role and a relation, or one of the four that are neither.
type Column uint8

// Columns beside role × relation.
const (
	Own         Column = 15 + iota // done to oneself
	Operator                       // the operator's command line; never reached over the network
	Application                    // a registered application, which asks for decisions
	Nobody                         // no column: whoever holds nothing

	numColumns = int(Nobody) + 1
)

// ColumnOf returns the column of a role held by someone of that relation.
func ColumnOf(r Role, rel Relation) Column {
	if r == NoRole || r > Supervisor || rel > Other {
		return Nobody
	}
	return Column(uint8(r-1)*3 + uint8(rel))
}

// Columns lists the ten columns that exist, in the order of permissions.csv.
func Columns() []Column {
	var out []Column
	for c := range Own {
		if grid[ContactCenterView][c] != NotApplicable {
			out = append(out, c)
		}
	}
	return out
}

// String is the column's heading: F/C, S/O, own, operator, application; empty for Nobody.
func (c Column) String() string { return columnNames[c] }

// Role returns the role of the column, or NoRole.
func (c Column) Role() Role {
	if c >= Own {
		return NoRole
	}
	return Role(c/3) + 1
}

var (
	grid        = compile()
	columnNames = nameColumns()
	actionNames = indexActions()
)

func nameColumns() (out [numColumns]string) {
	for c := range Own {
		out[c] = string("FSPRV"[c/3]) + "/" + string("CPO"[c%3])
	}
	out[Own], out[Operator], out[Application] = "own", "operator", "application"
	return out
}

func indexActions() map[string]Action {
	out := make(map[string]Action, numActions)
	for a := range numActions {
		out[table[a].name] = a
	}
	return out
}

func compile() (out [numActions][numColumns]Cell) {
	for a := range numActions {
		letters := strings.ReplaceAll(table[a].cells, " ", "")
		if len(letters) != int(Nobody) {
			panic(fmt.Sprintf("policy: %q has %d cells, want %d", table[a].name, len(letters), Nobody))
		}
		for c, letter := range letters {
			cell := strings.IndexRune(cellLetters, letter)
			if cell < 0 {
				panic(fmt.Sprintf("policy: %q has the unknown cell %q", table[a].name, letter))
			}
			out[a][c] = Cell(cell)
		}
	}
	return out
}

// Grid returns what the grid says of an action and a column.
func Grid(a Action, c Column) Cell { return grid[a][c] }

// Actions lists every action in the grid's order.
func Actions() []Action {
	out := make([]Action, numActions)
	for i := range out {
		out[i] = Action(i)
	}
	return out
}

// Article lists the actions that the article speaks of: the rows of permissions.csv.
func Article() []Action { return Actions()[:numArticle] }

func (a Action) String() string { return table[a].name }

// Source names the table or section of the article behind the line.
func (a Action) Source() string { return table[a].source }

// Conditions lists the tags that permissions.csv prints for the line.
func (a Action) Conditions() []string { return strings.Fields(table[a].conditions) }

// ParseAction is the inverse of [Action.String].
func ParseAction(s string) (Action, bool) {
	a, ok := actionNames[s]
	return a, ok
}

// SignIn reports whether a enters one of the applications: an act upon oneself.
func (a Action) SignIn() bool {
	return a == ControlHubSignIn || a == ManagementPortalSignIn || a == AgentDesktopSignIn
}

// Changes reports whether a changes anything; what does not is never recorded
// when it succeeds and goes on in a suspended organization.
func (a Action) Changes() bool {
	switch a {
	case ContactCenterView, ContactCenterViewPlatform, BusinessHoursView, UsersList, UsersView, UsersExportCSV,
		AdministratorsView, ExternalAdministratorsView, AccountViewInfo, AccountViewSubscriptions, ServiceStatusView,
		AuditView, OrganizationsList, CustomersView, TokensView, DecisionsEvaluate, SessionsView, CredentialsView, MailView, TasksView:
		return false
	}
	return !a.SignIn()
}
