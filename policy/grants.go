package policy

// Handing names the actions that give and take role r, to a person whose home
// is the organization or, where external, elsewhere. It reports false for what
// is never assigned: Supervisor follows from a licence, and a provisioning
// administrator is assigned inside the partner organization (permissions.md §1).
func Handing(r Role, external bool) (give, take Action, ok bool) {
	switch {
	case r == ServiceAdmin && external:
		return RolesServiceAdminAssignExternal, RolesServiceAdminRevokeExternal, true
	case r == ServiceAdmin:
		return RolesServiceAdminAssignInternal, RolesServiceAdminRevokeInternal, true
	case r == FullAdmin && external:
		return RolesFullAdminAssignExternal, RolesFullAdminRevokeExternal, true
	case r == FullAdmin:
		return RolesFullAdminAssignInternal, RolesFullAdminRevokeInternal, true
	case r == ReadOnlyAdmin && external:
		return RolesReadOnlyAssignExternal, RolesReadOnlyRevokeExternal, true
	case r == ReadOnlyAdmin:
		return RolesReadOnlyAssignInternal, RolesReadOnlyRevokeInternal, true
	case r == ProvisioningAdmin && !external:
		return RolesProvisioningAdminAssignInternal, RolesProvisioningAdminRevokeInternal, true
	}
	return 0, 0, false
}

// RolelessMay decides for the two callers who hold no role: the operator's
// command line and a registered application, by their column of the grid
// alone. An organization's suspension does not stop the operator.
func RolelessMay(a Action, c Column) Permit {
	p := Permit{Why: NotPermitted, Column: c, Held: -1}
	if c != Operator && c != Application || a >= numActions {
		return p
	}
	p.Cell = grid[a][c]
	if p.Cell == Yes {
		p.OK, p.Why = true, ""
	}
	return p
}
