package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/policy"
)

// beyond states who may do what the article does not speak of: the columns
// that permit, own among them; op for the operator's command line and ap for a
// registered application.
var beyond = []struct{ action, may string }{
	// Everyone chooses among the organizations they may act in.
	{"organizations.list", "F/C F/P F/O S/C S/O P/P R/C R/P R/O V/C own op"},
	{"organizations.create", "op"},
	{"organizations.suspend", "F/P op"},
	{"organizations.resume", "F/P op"},
	// A partner creates customers, standing in the partner organization.
	{"customers.create", "F/C"},
	// Whoever may see the partner's own account sees its customers; anyone at home there those that they reach.
	{"customers.view", "F/C R/C own"},
	{"partnerships.add", "F/C op"},
	// A customer's full administrator can end a partnership, the partner cannot hold on to it.
	{"partnerships.end", "F/C op"},
	// The setting s1 is the customer's own: those it shuts out do not lift it (§3).
	{"organization.restrict_external", "F/C"},
	// Service administrators never change an e-mail address (§6).
	// Nor does anybody from elsewhere: whoever has somebody's address, or has them begin anew, can become them,
	// with the roles they hold in other organizations.
	{"users.change_email", "F/C"},
	// Assigned inside the partner organization (§1); anyone may give up their own (§3).
	{"roles.provisioning_admin.assign_internal", "F/C"},
	{"roles.provisioning_admin.revoke_internal", "F/C own"},
	{"roles.reach_customers", "F/C op"},
	{"subscriptions.edit", "op"},
	{"tokens.edit", "op"},
	// A token is its user's: nobody else makes one that speaks for them.
	{"tokens.view", "own"},
	{"tokens.create", "own"},
	{"tokens.revoke", "own"},
	{"decisions.evaluate", "F/C F/P F/O own op ap"},
	// Everyone gets into the hub, how far their mode says (§5).
	{"control_hub.sign_in", "F/C F/P F/O S/C S/O P/P R/C R/P R/O V/C own"},
	// Nobody proves who somebody else is; a full administrator ends what goes on in another's name.
	{"sessions.begin", "own"},
	{"sessions.view", "F/C F/P F/O own"},
	{"sessions.end", "F/C F/P F/O own op"},
	{"credentials.view", "F/C F/P F/O own"},
	{"credentials.edit", "own"},
	{"credentials.reset", "F/C op"},
	{"users.verify", "own"},
	// Whoever names the provider decides who is who: the customer's own alone.
	{"identity_provider.edit", "F/C op"},
	{"domains.edit", "op"},
	{"clients.edit", "op"},
	{"mail.view", "F/C F/P F/O S/C S/O op"},
	// The union of those who may start a task; each sees those of what they may do themselves (docs/decisions/0019).
	{"tasks.view", "F/C F/P F/O S/C S/O op"},
	{"mail.deliver", "op"},
	{"signing_keys.rotate", "op"},
}

// operatorAlso lists actions of the article that the operator's command line does: the first people of an organization,
// and to see what was bought before it changes.
var operatorAlso = []string{"users.add", "users.activate", "roles.full_admin.assign_internal", "account.view_subscriptions"}

func TestBeyondTheArticle(t *testing.T) {
	t.Parallel()
	stated := map[string]bool{}
	for _, want := range beyond {
		stated[want.action] = true
	}
	for _, action := range policy.Actions()[len(policy.Article()):] {
		if !stated[action.String()] {
			t.Errorf("%s is beyond the article and not in the table: who may do it?", action)
		}
	}
	for _, want := range beyond {
		action, ok := policy.ParseAction(want.action)
		if !ok || slices.Contains(policy.Article(), action) {
			t.Errorf("%s is no action beyond the article", want.action)
			continue
		}
		decidesBeyond(t, action, strings.Fields(want.may))
	}
}

// decidesBeyond asks every column for action: as it stands, in a suspended
// organization, and of a deactivated actor.
func decidesBeyond(t *testing.T, action policy.Action, may []string) {
	t.Helper()
	stops := stops(action.String())
	for _, f := range wearers() {
		column := columnOf(&f)
		permitted := slices.Contains(may, column)
		if got := policy.May(action, &f); got.OK != permitted {
			t.Errorf("%s %q: got %+v, want one of %v", action, column, got, may)
		}
		f.Suspended = true
		got := policy.May(action, &f)
		if got.OK != (permitted && !stops) || permitted && stops && got.Why != "organization_suspended" {
			t.Errorf("%s %q in a suspended organization: got %+v", action, column, got)
		}
		f.Suspended, f.Active = false, false
		if got := policy.May(action, &f); got.OK || permitted && got.Why != policy.UserInactive {
			t.Errorf("%s %q: a deactivated actor got %+v", action, column, got)
		}
	}
}

// stops reports whether a suspension stops action: it must be able to end, and
// who may view must get in and out.
func stops(action string) bool {
	return changes(action) && !slices.Contains([]string{"organizations.resume", "sessions.begin", "sessions.end", "credentials.edit", "tokens.revoke"}, action)
}

// stepsUp reports whether action asks for a fresh proof.
func stepsUp(action string) bool {
	return strings.HasPrefix(action, "roles.full_admin.assign_") ||
		slices.Contains([]string{"identity_provider.edit", "credentials.edit", "credentials.reset", "users.change_email", "tokens.create"}, action)
}

// TestStepUp: whoever signed in too long ago makes nobody a full administrator,
// names no identity provider, changes neither how they nor how others sign in,
// makes no token,
// and is stopped in nothing else.
func TestStepUp(t *testing.T) {
	t.Parallel()
	for _, action := range policy.Actions() {
		asked := stepsUp(action.String())
		for f := range people() {
			fresh := policy.May(action, &f)
			f.Stale = true
			got := policy.May(action, &f)
			if !asked && got != fresh || asked && (got.OK || fresh.OK && (got.Why != "step_up_required" || got.Rule != "fresh")) {
				t.Fatalf("%s: fresh %+v, stale %+v for %+v", action, fresh, got, f)
			}
		}
	}
}

// TestNobodyRaisesThemselves asks every person to hand themselves a role, or to
// lengthen one they hold (§3). Whoever could do it to another is told why.
func TestNobodyRaisesThemselves(t *testing.T) {
	t.Parallel()
	for _, action := range policy.Actions() {
		if !handsOut(action.String()) && !takesBack(action.String()) {
			continue
		}
		for f := range people() {
			f.Target.Raises = takesBack(action.String())
			toAnother := policy.May(action, &f)
			f.Target.Self = true
			got := policy.May(action, &f)
			if got.OK || toAnother.OK && (got.Why != "self_assignment" || got.Rule != "self") {
				t.Errorf("%s to oneself: %+v for %+v", action, got, f)
			}
		}
	}
}

// TestRoleless asks for the two callers who hold no role. Asked for any other
// column the answer is no, whatever the cell says: that door is not for people.
func TestRoleless(t *testing.T) {
	t.Parallel()
	permits := func(action policy.Action, c policy.Column) bool {
		for _, b := range beyond {
			if b.action == action.String() {
				word := map[policy.Column]string{policy.Operator: "op", policy.Application: "ap"}[c]
				return slices.Contains(strings.Fields(b.may), word)
			}
		}
		return c == policy.Operator && slices.Contains(operatorAlso, action.String())
	}
	for _, action := range policy.Actions() {
		for c := range policy.Nobody + 1 {
			got := policy.RolelessMay(action, c)
			if got.OK != permits(action, c) {
				t.Errorf("%s: %q got %+v", action, c, got)
			}
			if got.OK != (got.Why == "") || got.Held != -1 || got.Column != c {
				t.Errorf("%s: the permit of %q contradicts itself: %+v", action, c, got)
			}
		}
	}
	for _, c := range []policy.Column{policy.Operator, policy.Application} {
		if got := policy.RolelessMay(policy.Action(len(policy.Actions())), c); got.OK {
			t.Errorf("an action that does not exist: %q got %+v", c, got)
		}
	}
}

func TestHanding(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		role     policy.Role
		external bool
		give     string // empty where the role is never handed out so
	}{
		{policy.FullAdmin, false, "roles.full_admin.assign_internal"},
		{policy.FullAdmin, true, "roles.full_admin.assign_external"},
		{policy.ServiceAdmin, false, "roles.service_admin.assign_internal"},
		{policy.ServiceAdmin, true, "roles.service_admin.assign_external"},
		{policy.ReadOnlyAdmin, false, "roles.read_only.assign_internal"},
		{policy.ReadOnlyAdmin, true, "roles.read_only.assign_external"},
		{policy.ProvisioningAdmin, false, "roles.provisioning_admin.assign_internal"},
		{policy.ProvisioningAdmin, true, ""},
		{policy.Supervisor, false, ""},
		{policy.Supervisor, true, ""},
		{policy.NoRole, false, ""},
	} {
		give, take, ok := policy.Handing(tt.role, tt.external)
		if ok != (tt.give != "") {
			t.Errorf("Handing(%s, %v) = %v", tt.role, tt.external, ok)
			continue
		}
		if ok && (give.String() != tt.give || take.String() != strings.Replace(tt.give, ".assign_", ".revoke_", 1)) {
			t.Errorf("Handing(%s, %v) = %s, %s", tt.role, tt.external, give, take)
		}
	}
}

// wearers returns one person for every column that exists, one who does it to
// themselves, and one who holds nothing.
func wearers() []policy.Facts {
	var out []policy.Facts
	for _, r := range policy.Roles() {
		for _, relation := range relations {
			f := good()
			f.Relation = relation
			if r == policy.Supervisor {
				f.License, f.Supervisor = policy.Premium, true
			} else {
				f.Held = []policy.Role{r}
			}
			out = append(out, f)
		}
	}
	self := good()
	self.Target.Self = true
	return append(out, self, good())
}

// columnOf names the column of one of wearers.
func columnOf(f *policy.Facts) string {
	switch worn := cells(f); len(worn) {
	case 1:
		return worn[0].String()
	default:
		return ""
	}
}
