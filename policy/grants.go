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

// OperatorMay decides for the operator's command line, who holds no role: the
// grid's last column, and the organization's suspension does not stop it.
func OperatorMay(a Action) Permit {
	if grid[a][Operator] == Yes {
		return Permit{OK: true, Column: Operator, Cell: Yes, Held: -1}
	}
	return Permit{Why: NotPermitted, Column: Operator, Cell: No, Held: -1}
}
