package policy

// A Scope is which administrators' roles a caller may see.
type Scope uint8

// A greater Scope shows more.
const (
	SeesNone Scope = iota
	SeesServiceAdmins
	SeesAll
)

// A Sight is what a caller may see in an organization (permissions.md §4).
// The zero Sight sees nothing.
type Sight struct {
	Users          bool  // the users list
	Administrators Scope // roles of people of the organization
	External       Scope // roles of people from elsewhere
	Audit          Scope // entries about administrator roles
}

// Sees derives the sight that f gives.
func Sees(f *Facts) Sight {
	scope := func(a Action) Scope {
		switch p := May(a, f); {
		case !p.OK:
			return SeesNone
		case p.Cell == ServiceAdminsOnly:
			return SeesServiceAdmins
		}
		return SeesAll
	}
	return Sight{
		Users:          May(UsersList, f).OK,
		Administrators: scope(AdministratorsView),
		External:       scope(ExternalAdministratorsView),
		Audit:          scope(AuditView),
	}
}

// Role reports whether s shows role r of a person, external or of the
// organization. Supervisor is no administrator role and always shown.
func (s Sight) Role(r Role, external bool) bool {
	scope := s.Administrators
	if external {
		scope = s.External
	}
	return r == Supervisor || scope.Shows(r)
}

// Shows reports whether a scope includes administrator role r.
func (s Scope) Shows(r Role) bool {
	return s == SeesAll || s == SeesServiceAdmins && r == ServiceAdmin
}
