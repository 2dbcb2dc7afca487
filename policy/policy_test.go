package policy

import "testing"

// BenchmarkMay measures one decision in process: ns and allocations.
func BenchmarkMay(b *testing.B) {
	f := Facts{Relation: Customer, Held: []Role{ServiceAdmin}, Active: true}
	for b.Loop() {
		if !May(RolesServiceAdminAssignExternal, &f).OK {
			b.Fatal("refused")
		}
	}
}
