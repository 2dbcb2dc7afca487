package store

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/policy"
)

// efforts make each way of reading a page be taken, however few the users are.
var efforts = map[string]effort{
	"usual":   {few: 2000, walks: []int{500, 5000}},
	"gathers": {few: -1},
	"walks":   {few: -1, walks: []int{1, 2, 1000}},
	"strides": {few: 2, walks: []int{1, 3}},
}

// TestSearchFindsWhoIsThere adds, changes and removes users of two organizations
// and finds by any part of anyone's name, address or id, in each order and way,
// page by page, whom looking at every user finds.
func TestSearchFindsWhoIsThere(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			database := filepath.Join(t.TempDir(), "hub.db")
			if engine == "postgres" {
				database = pgtest.Start(t)
			}
			p := &population{s: newWorld(t, database), users: map[kontrollrum.UserID]kontrollrum.User{}}
			if engine == "postgres" && !p.s.trigrams {
				t.Error("PostgreSQL here has no pg_trgm: searches are slow, and their index is not tested")
			}
			write(t, p.s, func(tx *Tx) error {
				for id, o := range map[kontrollrum.UserID]kontrollrum.OrganizationID{eva: customer, petra: partner} {
					if err := tx.DeleteUser(t.Context(), o, id); err != nil {
						return err
					}
				}
				return nil
			})
			rapid.Check(t, p.check)
		})
	}
}

// A population is a store's users, as it should know them.
type population struct {
	s     *Store
	users map[kontrollrum.UserID]kontrollrum.User
}

func (p *population) check(r *rapid.T) {
	for range rapid.IntRange(1, 4).Draw(r, "changes") {
		p.change(r)
	}
	for range 2 {
		p.search(r)
	}
}

// some text that LIKE, FTS5 or the eye may misread.
func some(r *rapid.T, what string) string {
	return rapid.StringOfN(rapid.RuneFrom([]rune(`abÅäÖøéİßſ%_\"'*^:()-+ @.𝔘`)), 0, 12, -1).Draw(r, what)
}

func (p *population) change(r *rapid.T) {
	ctx := context.Background()
	u := kontrollrum.User{ID: kontrollrum.UserID(uuid.NewString()), Created: noon, Modified: noon}
	u.Organization = rapid.SampledFrom([]kontrollrum.OrganizationID{customer, partner}).Draw(r, "organization")
	ids := make([]kontrollrum.UserID, 0, len(p.users))
	for id := range p.users {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	do := "add"
	if len(ids) > 0 {
		do = rapid.SampledFrom([]string{"add", "add", "change", "change", "remove"}).Draw(r, "do")
	}
	if do != "add" {
		u = p.users[ids[rapid.IntRange(0, len(ids)-1).Draw(r, "who")]]
	}
	if rapid.IntRange(0, 3).Draw(r, "renamed") > 0 || do == "add" {
		u.DisplayName = some(r, "name")
		u.Email = kontrollrum.Email(fmt.Sprintf("%s.%s@x.example", strings.ToLower(some(r, "address")), u.ID[:8]))
	}
	u.Status = rapid.SampledFrom(kontrollrum.UserStatuses()).Draw(r, "status")
	err := p.s.Write(ctx, func(tx *Tx) error {
		switch do {
		case "add":
			return tx.InsertUser(ctx, &u)
		case "change":
			return tx.UpdateUser(ctx, &u)
		}
		return tx.DeleteUser(ctx, u.Organization, u.ID)
	})
	if err != nil {
		r.Fatal(do, err)
	}
	if p.users[u.ID] = u; do == "remove" {
		delete(p.users, u.ID)
	}
}

func (p *population) search(r *rapid.T) {
	o := rapid.SampledFrom([]kontrollrum.OrganizationID{customer, partner}).Draw(r, "in")
	f := UserFilter{Search: some(r, "term"), Limit: rapid.IntRange(1, 4).Draw(r, "limit")}
	var texts []string
	for _, u := range p.users {
		texts = append(texts, u.DisplayName, string(u.Email), string(u.ID))
	}
	slices.Sort(texts)
	if len(texts) > 0 && rapid.IntRange(0, 4).Draw(r, "known") > 0 {
		text := []rune(rapid.SampledFrom(texts).Draw(r, "of"))
		from := rapid.IntRange(0, len(text)).Draw(r, "from")
		f.Search = string(text[from:min(from+rapid.IntRange(1, 9).Draw(r, "length"), len(text))])
	}
	if rapid.Bool().Draw(r, "one status") {
		f.Statuses = []kontrollrum.UserStatus{kontrollrum.Active}
	}
	want := map[kontrollrum.UserID]bool{}
	for id, u := range p.users {
		if u.Organization == o && strings.Contains(searchText(&u), Fold(f.Search)) && (f.Statuses == nil || u.Status == kontrollrum.Active) {
			want[id] = true
		}
	}
	for _, f.Sort = range []Sort{ByName, ByEmail, ByCreated, ByLastActive} {
		for way, effort := range efforts {
			p.s.effort = effort
			got := p.find(r, o, f)
			for i, u := range got {
				if !want[u.ID] || i > 0 && slices.ContainsFunc(got[:i], func(v kontrollrum.User) bool { return v.ID == u.ID }) {
					r.Errorf("%s: %+v finds %q, wrongly or twice", way, f, searchText(&u))
				}
			}
			if len(got) != len(want) || !slices.IsSortedFunc(got, p.order(f.Sort)) {
				r.Errorf("%s: %+v finds %d users, want %d, in order", way, f, len(got), len(want))
			}
		}
	}
}

// find reads every page.
func (p *population) find(r *rapid.T, o kontrollrum.OrganizationID, f UserFilter) (out []kontrollrum.User) {
	ctx := context.Background()
	for len(out) <= len(p.users) {
		err := p.s.Read(ctx, func(tx *Tx) error {
			users, next, err := tx.Users(ctx, o, f, policy.Sight{}, noon)
			out, f.After = append(out, users...), next
			return err
		})
		if err != nil {
			r.Fatalf("%+v: %v", f, err)
		}
		if f.After == (Mark{}) {
			break
		}
	}
	return out
}

func (p *population) order(by Sort) func(a, b kontrollrum.User) int {
	return func(a, b kontrollrum.User) int {
		switch by {
		case ByEmail:
			return strings.Compare(string(a.Email), string(b.Email))
		case ByName:
			return strings.Compare(p.s.keys.key(a.DisplayName), p.s.keys.key(b.DisplayName))
		}
		return strings.Compare(string(b.ID), string(a.ID)) // all of one instant
	}
}
