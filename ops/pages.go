package ops

import (
	"errors"
	"slices"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
)

// A Page is a part of a list and where the next one starts; Next is zero at the end.
type Page[T any] struct {
	Items []T
	Next  store.Mark
}

// MaxPage is the most rows a page of a list has; asking for more gives this many.
const MaxPage = 1000

// pageSize clamps what was asked for; nothing means 100.
func pageSize(n int) int {
	if n <= 0 {
		n = 100
	}
	return min(n, MaxPage)
}

// checkText refuses what no page of a list can be asked for with.
func checkText(f Filter) error {
	return errors.Join(plain("search", f.Search, 256), plain("displayName", f.NamePrefix, 256), checkAfter(f.After))
}

// checkFilter refuses a filter of users that names what there is not.
func checkFilter(f Filter) error {
	errs := []error{checkText(f)}
	if f.Sort != "" && !f.Sort.Valid() {
		errs = append(errs, kontrollrum.Wrong("sort", string(f.Sort), "use name, email, created or last_active"))
	}
	for _, s := range f.Statuses {
		if !slices.Contains(kontrollrum.UserStatuses(), s) {
			errs = append(errs, kontrollrum.Wrong("status", string(s), "use not_verified, verified, active or inactive"))
		}
	}
	if f.Product != "" && !slices.Contains(kontrollrum.Products(), f.Product) {
		errs = append(errs, kontrollrum.Wrong("license", string(f.Product), "use a product such as contact_center_standard"))
	}
	return errors.Join(errs...)
}

func checkAfter(m store.Mark) error {
	if m == (store.Mark{}) || kontrollrum.IsID(m.ID) && plain("cursor", m.Key, 1<<14) == nil {
		return nil
	}
	return kontrollrum.Wrong("cursor", "", "follow the link of the page before as it stands")
}

// Fold makes text comparable as searches compare it: without case and accents.
func Fold(s string) string { return store.Fold(s) }
