package policy_test

import (
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum/policy"
)

// BenchmarkMay measures one decision in process. Its floor is a bare table
// behind maps: who holds which role, which action a word means, and the cell,
// without one of the conditions.
func BenchmarkMay(b *testing.B) {
	roles := map[string]policy.Role{"karin": policy.FullAdmin, "eva": policy.ServiceAdmin, "johan": policy.ReadOnlyAdmin}
	for _, c := range []struct {
		name  string
		facts policy.Facts
	}{
		{"assignment", policy.Facts{Held: []policy.Role{policy.ServiceAdmin}, Active: true}},
		{"three", policy.Facts{Held: []policy.Role{policy.ServiceAdmin, policy.ProvisioningAdmin}, Active: true, License: policy.Premium, Supervisor: true}},
	} {
		for _, action := range []policy.Action{policy.UsersList, policy.RolesServiceAdminAssignExternal} {
			b.Run(c.name+"/"+action.String(), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if !policy.May(action, &c.facts).OK {
						b.Fatal("refused")
					}
				}
				took, start := b.Elapsed(), time.Now()
				for range b.N {
					a, ok := policy.ParseAction(action.String())
					if !ok || policy.Grid(a, policy.ColumnOf(roles["eva"], c.facts.Relation)) != policy.Yes {
						b.Fatal("refused")
					}
				}
				b.ReportMetric(float64(took)/float64(time.Since(start)), "x-floor")
			})
		}
	}
}
