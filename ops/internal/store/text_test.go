package store

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestSortable: the text of a sort key sorts as the key does.
func TestSortable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		short := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 63, 64, 127, 128, 254, 255}), 0, 5)
		a, b := short.Draw(r, "a"), short.Draw(r, "b")
		if got, want := strings.Compare(sortable.EncodeToString(a), sortable.EncodeToString(b)), bytes.Compare(a, b); got != want {
			r.Errorf("%x and %x compare as %d, their texts as %d", a, b, want, got)
		}
	})
}
