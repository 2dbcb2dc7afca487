// Package policy decides who may do what: role × relation × licence, as the
// help article's two tables say and nothing else. It is pure: it reads no
// clock, no database and no context, and imports only the standard library.
//
// The grid gives ([Grid]); rules only take away ([Rules]); silence means no.
// It does not know how facts are found, what an operation does, or which words
// a person is shown.
package policy

// A Role is what an assignment, or a licence, makes of a person in an organization.
type Role uint8

// The roles of the article. The zero Role is none of them.
const (
	NoRole            Role = iota
	FullAdmin              // F
	ServiceAdmin           // S, contact center service administrator (CCSA)
	ProvisioningAdmin      // P, held in a partner organization
	ReadOnlyAdmin          // R
	Supervisor             // V, follows from a Premium licence and is never assigned
)

// Roles lists every role in the order of the grid.
func Roles() []Role {
	return []Role{FullAdmin, ServiceAdmin, ProvisioningAdmin, ReadOnlyAdmin, Supervisor}
}

var roleNames = [...]string{"", "full_admin", "service_admin", "provisioning_admin", "read_only_admin", "supervisor"}

func (r Role) String() string { return roleNames[r] }

// Exclusive reports whether r is one of the three roles of which a person holds
// at most one in an organization (permissions.md §1, c3).
func (r Role) Exclusive() bool { return r == FullAdmin || r == ServiceAdmin || r == ReadOnlyAdmin }

// ParseRole is the inverse of [Role.String].
func ParseRole(s string) (Role, bool) {
	for i, name := range roleNames {
		if i > 0 && name == s {
			return Role(i), true
		}
	}
	return NoRole, false
}

// A Relation is where the actor's home organization stands to the organization
// acted in (permissions.md §1).
type Relation uint8

// The relations. A partnership of either kind makes a Partner.
const (
	Customer Relation = iota // C: the same organization
	Partner                  // P: a partnership links home to the customer
	Other                    // O: neither
)

var relationNames = [...]string{"customer", "partner", "other"}

func (r Relation) String() string { return relationNames[r] }

// A License is the contact-centre licence a person holds; at most one.
type License uint8

// The contact-centre licences.
const (
	NoLicense License = iota
	Standard
	Premium
)

// An Access is what a user profile gives on one kind of business-hours object.
type Access uint8

// Edit includes View.
const (
	NoAccess Access = iota
	View
	Edit
)

// An Object is a kind of business-hours object that c6 speaks of.
type Object uint8

// The business-hours objects. Business hours are working hours unless the
// question names another.
const (
	WorkingHour Object = iota
	HolidayList
	Override
)

// Facts is all a decision depends on, read in the transaction that uses it.
// Empty Facts are refused everything.
type Facts struct {
	Relation   Relation  // of the actor's home organization to the organization acted in
	Held       []Role    // the actor's assignments that count there now, one element each
	Active     bool      // the actor is not deactivated
	Pending    bool      // the actor was invited and has not become active yet
	License    License   // of the actor, in the organization
	Supervisor bool      // the actor's Premium licence carries the Supervisor option
	Profile    [3]Access // of the actor's user profile, by Object
	Object     Object    // what business-hours actions are done to
	Stale      bool      // the actor signed in longer ago than step-up allows

	Suspended             bool // the organization is suspended
	Platform1             bool // its contact-centre platform is 1.0
	SetupComplete         bool // a full administrator completed the setup wizard
	OwnAdministratorsOnly bool // setting s1

	Target Target
	File   File
}

// A Target is the person an action is done to; zero where there is none.
type Target struct {
	Self                 bool // the actor
	HomeHasContactCenter bool // c1
	HomeIsPartner        bool // c2: home is a partner, of either kind, of the organization
	HoldsExclusive       bool // c3: holds F, S or R in the organization
	Raises               bool // the action gives the person more than they hold, by a longer term
	LastFullAdmin        bool // c10: without this person no lasting, active full administrator is left
}

// A File is what an imported file would change (c7).
type File struct {
	OtherColumns bool // more than the two contact-centre licence columns
	UnknownUser  bool // a row names a person who does not exist
}

// A Code is the stable name of a reason to refuse.
type Code string

// Reasons that are not a condition's own (those stand in [Rules]).
const (
	NoRoleHeld        Code = "no_role"             // no assignment counts in the organization
	NotPermitted      Code = "not_permitted"       // the cell says no
	RoleNotApplicable Code = "role_not_applicable" // the cell does not exist
	UserInactive      Code = "user_inactive"       // the actor is deactivated
)

// A Permit is a decision and why. The zero Permit refuses.
type Permit struct {
	OK     bool
	Why    Code   // the reason of a refusal; empty where OK
	Rule   string // tag of the rule that refused, or empty
	Column Column // the cell of the grid that decided, with its action
	Cell   Cell   // what that cell says: the mode of a permission
	Held   int    // index in Facts.Held of the assignment that decided, or -1
}

// May decides whether the actor whom f describes may do a. Each assignment is
// judged by itself and the best answer stands (permissions.md §2); where none
// permits, the refusal nearest to a yes is told.
func May(a Action, f *Facts) Permit {
	best := verdict{column: Nobody, held: -1}
	if a >= numActions {
		return best.permit(a, f)
	}
	against := objections(a, f)
	if f.Target.Self {
		best = best.or(judge(a, Own, -1, against))
	}
	for i, role := range f.Held {
		if role == Supervisor {
			continue // follows from the licence, never from an assignment (§1)
		}
		best = best.or(judge(a, ColumnOf(role, f.Relation), i, against))
	}
	if f.Supervisor && f.License == Premium {
		best = best.or(judge(a, ColumnOf(Supervisor, f.Relation), -1, against))
	}
	return best.permit(a, f)
}

// A verdict is what one column says: made for each assignment, and so small
// enough for registers.
type verdict struct {
	cell    Cell
	column  Column
	held    int32
	against ruleSet // the rules that refuse what the cell gives
}

// judge decides by one column alone, where the rules of against are broken.
func judge(a Action, c Column, held int, against ruleSet) verdict {
	cell := grid[a][c]
	return verdict{cell, c, int32(held), against & asked[cell]}
}

func (v verdict) ok() bool { return v.cell > No && v.against == 0 }

// or keeps the permission with the stronger cell, else the refusal that came
// further: a rule's before the grid's, the grid's before none.
func (v verdict) or(w verdict) verdict {
	switch {
	case v.ok() != w.ok():
		if w.ok() {
			return w
		}
	case w.cell > v.cell, v.column == Nobody,
		w.cell == v.cell && w.column != Own && v.column == Own: // a role explains more than being oneself
		return w
	}
	return v
}

// permit says a verdict on a in words: of several rules that refuse, the first.
func (v verdict) permit(a Action, f *Facts) Permit {
	var why Code
	var rule string
	switch {
	case v.ok():
	case v.column == Nobody && v.held < 0:
		why = NoRoleHeld
	case v.cell == NotApplicable:
		why = RoleNotApplicable
	case v.cell == No:
		why = NotPermitted
	default:
		r := &rules[v.against.first()]
		why, rule = r.refuses(a, f), r.Tag
	}
	return Permit{OK: v.ok(), Why: why, Rule: rule, Column: v.column, Cell: v.cell, Held: int(v.held)}
}
