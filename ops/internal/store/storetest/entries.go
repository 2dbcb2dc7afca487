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

func (b *bench) entry(o kontrollrum.Organization, change ...func(*kontrollrum.Entry)) kontrollrum.Entry {
	b.Helper()
	e := kontrollrum.Entry{ID: newID[kontrollrum.EntryID](), Organization: o.ID, At: b.now, Action: "users.add", Outcome: kontrollrum.Done, Before: []byte{}, After: []byte{}}
	for _, f := range change {
		f(&e)
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertEntry(ctx, &e) })
	return e
}

// log lists the entries of an organization that a filter finds, with every role shown.
func (b *bench) log(o kontrollrum.Organization, f store.EntryFilter) []kontrollrum.Entry {
	b.Helper()
	found, _ := b.logSeen(o, f, everything)
	return found
}

func (b *bench) logSeen(o kontrollrum.Organization, f store.EntryFilter, sees policy.Sight) (found []kontrollrum.Entry, more bool) {
	b.Helper()
	if f.Limit == 0 {
		f.Limit = 1000
	}
	if f.To.IsZero() {
		f.To = b.now.Add(24 * time.Hour)
	}
	found = read(b, func(ctx context.Context, tx *store.Tx) (found []kontrollrum.Entry, err error) {
		found, more, err = tx.Entries(ctx, o.ID, f, sees)
		return found, err
	})
	return found, more
}

func entries(b *bench) {
	o := b.organization()
	full := b.entry(o, func(e *kontrollrum.Entry) {
		e.Action, e.Outcome = "roles.service_admin.assign_external", kontrollrum.Refused
		e.Actor, e.ActorName, e.ActorEmail, e.ActorOrganization, e.ActorRole = newID[kontrollrum.UserID](), "Åsa 'Ö'", "asa@x.example", newID[kontrollrum.OrganizationID](), "full_admin"
		e.Target, e.TargetName, e.TargetEmail, e.Role = newID[kontrollrum.UserID](), "Bo", "bo@x.example", "service_admin"
		e.Code, e.Rule, e.Cell, e.Reason = "exclusive_role_held", "c3", "F/C", "för att\nså"
		e.Before, e.After = []byte(`{"a":"å\u0000"}`), []byte(`[1]`)
		e.TrackingID, e.IP, e.UserAgent = "T_1", "2001:db8::1", "curl/8"
	})
	same(b, "every field", b.log(o, store.EntryFilter{}), []kontrollrum.Entry{full})
	same(b, "up to its instant", b.log(o, store.EntryFilter{To: b.now}), nil)
	same(b, "from its instant", len(b.log(o, store.EntryFilter{From: b.now})), 1)
	same(b, "by its id", b.log(o, store.EntryFilter{ID: full.ID}), []kontrollrum.Entry{full})
	same(b, "by another's id", b.log(o, store.EntryFilter{ID: newID[kontrollrum.EntryID]()}), nil)
	same(b, "by its id elsewhere", b.log(b.organization(), store.EntryFilter{ID: full.ID}), nil)
	same(b, "by its request", b.log(o, store.EntryFilter{Request: "T_1"}), []kontrollrum.Entry{full})
	same(b, "by another request", b.log(o, store.EntryFilter{Request: "T_"}), nil)
	same(b, "after its instant", b.log(o, store.EntryFilter{From: b.now.Add(time.Microsecond)}), nil)
}

// entryFilters: each filter finds what the same question asked in Go finds, in
// pages of any size, and shows no role that the sight does not.
func entryFilters(b *bench) {
	o := b.organization()
	actor, target := newID[kontrollrum.UserID](), newID[kontrollrum.UserID]()
	roles := append([]policy.Role{policy.NoRole}, policy.Roles()...)
	var all []kontrollrum.Entry
	for i := range 40 {
		all = append(all, b.entry(o, func(e *kontrollrum.Entry) {
			e.At = b.now.Add(time.Duration(i/3) * time.Microsecond) // some at the same instant
			e.Role, e.ActorRole, e.Cell = roles[i%len(roles)].String(), roles[i/2%len(roles)].String(), "?"
			e.ActorName, e.TargetName = fmt.Sprintf("Åsa %d", i%7), fmt.Sprintf("Bo %d", i%5)
			e.After = []byte(`{"GivenBy":"x","Reason":"y"}`)
			if i%2 == 0 {
				e.Actor, e.Outcome = actor, kontrollrum.Refused
			}
			if i%4 == 0 {
				e.TrackingID = "asked"
			}
			if i%3 == 0 {
				e.Target, e.Action = target, "users.remove"
			}
		}))
	}
	slices.SortFunc(all, func(x, y kontrollrum.Entry) int {
		if c := y.At.Compare(x.At); c != 0 {
			return c
		}
		return cmp.Compare(y.ID, x.ID)
	})
	scopes := []policy.Scope{policy.SeesNone, policy.SeesServiceAdmins, policy.SeesAll}
	for _, f := range []struct {
		what string
		store.EntryFilter
		keeps func(kontrollrum.Entry) bool
		who   bool // it asks for the actor, whom not everyone is told
	}{
		{"all", store.EntryFilter{}, func(kontrollrum.Entry) bool { return true }, false},
		{"actor", store.EntryFilter{Actor: actor}, func(e kontrollrum.Entry) bool { return e.Actor == actor }, true},
		{"request", store.EntryFilter{Request: "asked"}, func(e kontrollrum.Entry) bool { return e.TrackingID == "asked" }, true},
		{"target", store.EntryFilter{Target: target}, func(e kontrollrum.Entry) bool { return e.Target == target }, false},
		{"outcome", store.EntryFilter{Outcome: kontrollrum.Refused}, func(e kontrollrum.Entry) bool { return e.Outcome == kontrollrum.Refused }, false},
		{"actions", store.EntryFilter{Actions: []string{"users.remove", "x"}}, func(e kontrollrum.Entry) bool { return e.Action == "users.remove" }, false},
		{"search without case and accents", store.EntryFilter{Search: "ASÅ 3"}, func(e kontrollrum.Entry) bool { return e.ActorName == "Åsa 3" }, true},
		{"search for the target", store.EntryFilter{Search: "bö 4"}, func(e kontrollrum.Entry) bool { return e.TargetName == "Bo 4" }, false},
		{"several", store.EntryFilter{Actor: actor, Target: target, Outcome: kontrollrum.Refused}, func(e kontrollrum.Entry) bool { return e.Actor == actor && e.Target == target }, true},
	} {
		for _, scope := range scopes {
			var want []kontrollrum.Entry
			for _, e := range all {
				role, _ := policy.ParseRole(e.Role)
				if !f.keeps(e) || e.Role != "" && !scope.Shows(role) {
					continue
				}
				if acted, ok := policy.ParseRole(e.ActorRole); ok && acted != policy.Supervisor && !scope.Shows(acted) {
					if f.who {
						continue
					}
					e.Actor, e.ActorName, e.ActorRole, e.Cell, e.TrackingID = "", "", "", "", ""
				}
				if scope != policy.SeesAll {
					e.After = []byte(`{"Reason":"y"}`)
				}
				want = append(want, e)
			}
			sees := policy.Sight{Audit: scope}
			got, more := b.logSeen(o, f.EntryFilter, sees)
			same(b, fmt.Sprint(f.what, " seen as ", scope), got, want)
			if more {
				b.Errorf("%s: more than all", f.what)
			}
			got = nil
			for more := true; more; {
				page := f.EntryFilter
				page.Offset, page.Limit = len(got), 7
				var items []kontrollrum.Entry
				items, more = b.logSeen(o, page, sees)
				got = append(got, items...)
				if len(items) == 0 {
					break
				}
			}
			same(b, f.what+" page by page", got, want)
			got = nil
			for page, more := f.EntryFilter, true; more; {
				page.Limit = 7
				var items []kontrollrum.Entry
				if items, more = b.logSeen(o, page, sees); len(items) == 0 {
					break
				}
				got, page.After = append(got, items...), store.MarkOf(&items[len(items)-1])
			}
			same(b, f.what+" from mark to mark", got, want)
		}
	}
}
