package ops_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// TestStandings: of everybody in the world the columns that speak of them, which
// are those by which they are judged; of others full administrators ask alone.
func TestStandings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for _, name := range callers {
		want, stands := column(name, "SUN")
		if !stands || name == "operator" || name == "application" {
			continue
		}
		for _, by := range []string{name, "chief"} {
			got, err := ops.Do(t.Context(), w.hub, w.as(by), ops.ViewStanding{Organization: "SUN", User: email(name)})
			if err != nil {
				t.Fatalf("%s of %s: %v", by, name, err)
			}
			var columns []policy.Column
			for _, s := range got {
				columns = append(columns, s.Column)
				if held := s.Held != ""; held != (s.Assignment != "") || held == (s.Column == policy.Own || s.Column.Role() == policy.Supervisor) {
					t.Errorf("%s: %+v", name, s)
				}
			}
			if !slices.Contains(columns, want) && want != policy.Nobody || columns[len(columns)-1] != policy.Own {
				t.Errorf("%s of %s: %v, want %v", by, name, columns, want)
			}
		}
	}
	if got := must(w, w.as("chief"), ops.ViewStanding{Organization: "SUN", User: email("partner")}); got[0].Held != "Org NOR" {
		t.Errorf("a partner's role is held in %+v", got)
	}
	if got := codeOf(do(w, "service", ops.ViewStanding{Organization: "SUN", User: email("chief")})); got != "denied not_permitted" {
		t.Errorf("a service administrator learns where others stand: %s", got)
	}
}

// TestViewEntry: an entry that the list does not show is not there, and neither
// is another organization's.
func TestViewEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	must(w, w.as("chief"), ops.AssignRole{User: email("target"), Role: policy.ReadOnlyAdmin})
	must(w, w.as("chief"), ops.AssignRole{Organization: "SUN", User: email("candidate"), Role: policy.ServiceAdmin})
	must(w, w.as("chief"), ops.AddUser{Email: "ny@sun.example", Details: ops.Details{FirstName: "Ny"}})
	must(w, w.as("service"), ops.EditUser{User: email("target"), Details: ops.Details{DisplayName: "Nytt namn"}})
	all := must(w, w.as("chief"), ops.ReadAudit{}).Items
	for _, by := range []string{"chief", "service", "reader", "outsider", "vikchief"} {
		seen := map[kontrollrum.EntryID]bool{}
		if by != "vikchief" {
			for _, e := range must(w, w.as(by), ops.ReadAudit{Organization: "SUN"}).Items {
				seen[e.ID] = true
			}
		}
		for _, e := range all {
			in := "SUN"
			if by == "vikchief" {
				in = "VIK"
			}
			got, err := ops.Do(t.Context(), w.hub, w.as(by), ops.ViewEntry{Organization: in, Entry: e.ID})
			switch {
			case seen[e.ID] && (err != nil || got.ID != e.ID || got.Entry.Action != e.Action):
				t.Errorf("%s: %v, %v", by, got, err)
			case !seen[e.ID] && codeOf(err) != "not found entry_not_found":
				t.Errorf("%s sees %s: %v", by, e.Action, err)
			}
		}
		if by == "service" && len(seen) != len(all)-1 {
			t.Errorf("a service administrator sees %d of %d", len(seen), len(all))
		}
	}
	for _, c := range []struct {
		by, what, want string
	}{{"chief", "edit", ""}, {"service", "edit", ""}, {"reader", "edit", "not_permitted"}, {"chief", "add", "not_undoable"}} {
		op := ops.EntryFilter{Actions: []string{"users.edit_details"}}
		if c.what == "add" {
			op.Actions = []string{"users.add"}
		}
		id := must(w, w.as("chief"), ops.ReadAudit{EntryFilter: op}).Items[0].ID
		if got := must(w, w.as(c.by), ops.ViewEntry{Organization: "SUN", Entry: id}); got.Undo.OK != (c.want == "") || got.Undo.Reason != c.want {
			t.Errorf("%s takes back %s: %+v", c.by, c.what, got.Undo)
		}
	}
	for _, bad := range []kontrollrum.EntryID{"", "x", kontrollrum.EntryID(w.users["chief"])} {
		if got := codeOf(do(w, "chief", ops.ViewEntry{Entry: bad})); got != "not found entry_not_found" {
			t.Errorf("%q: %s", bad, got)
		}
	}
}

// TestAuditFromMarkToMark: pages of any size, one after the other, are the list.
func TestAuditFromMarkToMark(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for i := range 11 {
		must(w, w.as("chief"), ops.EditUser{User: email("target"), Details: ops.Details{DisplayName: fmt.Sprint("Namn ", i)}})
	}
	all := must(w, w.as("chief"), ops.ReadAudit{}).Items
	for size := 1; size < 13; size++ {
		var got []kontrollrum.EntryID
		f := ops.EntryFilter{Limit: size}
		for {
			page := must(w, w.as("chief"), ops.ReadAudit{EntryFilter: f})
			for _, e := range page.Items {
				got = append(got, e.ID)
			}
			if (page.Next.ID == "") == page.More {
				t.Fatalf("more is %v, next %v", page.More, page.Next)
			}
			if !page.More {
				break
			}
			f.After = page.Next
		}
		if len(got) != len(all) || slices.ContainsFunc(all, func(e kontrollrum.Entry) bool { return !slices.Contains(got, e.ID) }) {
			t.Errorf("by %d: %d of %d", size, len(got), len(all))
		}
	}
	for _, m := range [][2]string{{"x", string(w.users["chief"])}, {"1", "x"}, {"1", ""}} {
		var f ops.EntryFilter
		f.After.Key, f.After.ID = m[0], m[1]
		if got := codeOf(do(w, "chief", ops.ReadAudit{EntryFilter: f})); got != "invalid invalid_cursor" {
			t.Errorf("%v: %s", m, got)
		}
	}
}
