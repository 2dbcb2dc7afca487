package storetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// pages: in each order, pages of every size put together are the whole list,
// without gap or double, though many rows have the same key.
func pages(b *bench) {
	o := b.organization()
	for i := range 12 {
		b.user(o, fmt.Sprintf("Namn %d", i%4), func(u *kontrollrum.User) {
			u.Email = address(o, string(u.ID))
			u.Created = b.now.Add(time.Duration(i%3) * time.Second)
			if i%5 > 0 { // some were never active
				u.LastActive = b.now.Add(-time.Duration(i%3) * time.Hour)
			}
		})
	}
	orders := map[store.Sort]func(x, y kontrollrum.User) int{
		"":                 func(x, y kontrollrum.User) int { return cmp.Compare(x.DisplayName, y.DisplayName) },
		store.ByName:       func(x, y kontrollrum.User) int { return cmp.Compare(x.DisplayName, y.DisplayName) },
		store.ByEmail:      func(x, y kontrollrum.User) int { return cmp.Compare(x.Email, y.Email) },
		store.ByCreated:    func(x, y kontrollrum.User) int { return y.Created.Compare(x.Created) },
		store.ByLastActive: func(x, y kontrollrum.User) int { return y.LastActive.Compare(x.LastActive) },
	}
	for sort, order := range orders {
		for _, f := range []store.UserFilter{{Sort: sort}, {Sort: sort, Search: "namn 1"}} {
			whole := b.users(o, f, everything)
			if !slices.IsSortedFunc(whole, order) || len(whole) == 0 {
				b.Errorf("sort %q: %v", sort, names(whole))
			}
			for size := 1; size <= len(whole)+1; size++ {
				var got []kontrollrum.User
				for page := f; len(got) <= len(whole); {
					page.Limit = size
					var next store.Mark
					part := read(b, func(ctx context.Context, tx *store.Tx) (part []kontrollrum.User, err error) {
						part, next, err = tx.Users(ctx, o.ID, page, everything, b.now)
						return part, err
					})
					got = append(got, part...)
					if next == (store.Mark{}) {
						break
					}
					if len(part) != size {
						b.Errorf("sort %q: a page of %d has %d and is not the last", sort, size, len(part))
					}
					page.After = next
				}
				same(b, fmt.Sprintf("sort %q in pages of %d", sort, size), got, whole)
			}
		}
	}
	missingCursor := store.UserFilter{Sort: store.ByCreated, After: store.Mark{Key: "x", ID: "y"}, Limit: 3}
	err := b.s.Read(b.Context(), func(tx *store.Tx) error {
		_, _, err := tx.Users(b.Context(), o.ID, missingCursor, everything, b.now)
		return err
	})
	if len(kontrollrum.All(err)) != 1 {
		b.Errorf("a cursor of another order: %v, want an error that says what to do", err)
	}
}

// otherPages: licence holders by id, external administrators by name.
func otherPages(b *bench) {
	o, elsewhere := b.organization(), b.organization()
	l := b.license(o, kontrollrum.MessagingUser, 20)
	var ids []kontrollrum.UserID
	for i := range 9 {
		u := b.user(o, fmt.Sprintf("Namn %d", i))
		b.hold(u, l, false)
		ids = append(ids, u.ID)
		b.assign(o, b.user(elsewhere, fmt.Sprintf("Gäst %d", i%3), func(u *kontrollrum.User) { u.Email = address(elsewhere, string(u.ID)) }), policy.ServiceAdmin)
	}
	slices.Sort(ids)
	whole, _ := b.externals(o, store.UserFilter{}, everything)
	for size := 1; size <= 10; size++ {
		var got []kontrollrum.UserID
		for after := ""; len(got) <= len(ids); {
			got = append(got, read(b, func(ctx context.Context, tx *store.Tx) (page []kontrollrum.UserID, err error) {
				var users []kontrollrum.User
				users, after, err = tx.LicenseHolders(ctx, o.ID, l.ID, after, size)
				for _, u := range users {
					page = append(page, u.ID)
				}
				return page, err
			})...)
			if after == "" {
				break
			}
		}
		same(b, fmt.Sprint("holders in pages of ", size), got, ids)

		var guests []kontrollrum.ExternalAdministrator
		for f := (store.UserFilter{Limit: size}); len(guests) <= len(whole); {
			page, next := b.externals(o, f, everything)
			guests = append(guests, page...)
			if f.After = next; next == (store.Mark{}) {
				break
			}
		}
		same(b, fmt.Sprint("external administrators in pages of ", size), guests, whole)
	}
	same(b, "as many as there are", len(whole), 9)
}

func (b *bench) externals(o kontrollrum.Organization, f store.UserFilter, sees policy.Sight) (found []kontrollrum.ExternalAdministrator, next store.Mark) {
	b.Helper()
	if f.Limit == 0 {
		f.Limit = 1000
	}
	found = read(b, func(ctx context.Context, tx *store.Tx) (found []kontrollrum.ExternalAdministrator, err error) {
		found, next, err = tx.ExternalAdministrators(ctx, o.ID, f, sees, b.now)
		return found, err
	})
	return found, next
}
