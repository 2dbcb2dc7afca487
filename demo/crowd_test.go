package demo

import (
	"reflect"
	"testing"

	"github.com/kontrollrum/kontrollrum"
)

func TestCrowdIsAlwaysTheSame(t *testing.T) {
	t.Parallel()
	crowd := func() []member {
		c, err := read()
		if err != nil {
			t.Fatal(err)
		}
		licenses := map[kontrollrum.Product]kontrollrum.LicenseID{}
		for _, p := range kontrollrum.Products() {
			licenses[p] = kontrollrum.LicenseID(p)
		}
		return c.crowd.members(c.people, licenses)
	}
	one, two := crowd(), crowd()
	if !reflect.DeepEqual(one, two) {
		t.Error("the crowd differs from one time to the next")
	}
	if len(one) != 1274 {
		t.Errorf("%d in the crowd, want 1284 less the ten who are named", len(one))
	}
}
