package ops_test

import (
	"errors"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// TestRefusalNotRecorded: a refusal that cannot be written down is a failure of
// the hub, which must not look like one more refusal.
func TestRefusalNotRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.exec(t, `create trigger full before insert on entries begin select raise(abort, 'the disk is full'); end`)
	err := do(w, "plain", ops.EditOrganization{Organization: "SUN", Country: pointer("NO")})
	if err == nil || errors.Is(err, kontrollrum.Denied) || !internal(err) {
		t.Errorf("%v, want an internal error", err)
	}
}
