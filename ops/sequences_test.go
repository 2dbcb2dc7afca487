package ops_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// TestSequences: whatever callers do in whatever order, the hub answers what
// the model answers and holds what the model holds.
func TestSequences(t *testing.T) {
	t.Parallel()
	for engine, limit := range map[string]struct{ sequences, steps int }{"sqlite": {40, 30}, "postgres": {30, 20}} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			few := must(w, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: "Få", Quantities: ops.Quantities{
				kontrollrum.StandardAgent: 2, kontrollrum.PremiumAgent: 1, kontrollrum.CallingUser: 1}})
			w.bought["Få"] = few.ID
			w.exec(t, `delete from entries`)
			w.keep(t)
			became, sequences, failed := &tally{}, 0, false
			rapid.Check(t, func(rt *rapid.T) {
				if sequences++; sequences > limit.sequences && !failed {
					return
				}
				over := false
				defer func() { failed = failed || !over }() // what failed is run again, to find what is least of it
				w.restore(t)
				q := &sequence{T: rt, w: w, m: newModel(w), became: became}
				for _, l := range few.Licenses {
					name := map[kontrollrum.Product]string{kontrollrum.StandardAgent: "few standard", kontrollrum.PremiumAgent: "few premium", kontrollrum.CallingUser: "few calling"}[l.Product]
					q.m.licenses[name] = &seats{id: l.ID, at: "SUN", product: l.Product, bought: l.Bought}
				}
				for range rapid.IntRange(limit.steps/2, limit.steps).Draw(rt, "steps") {
					q.step()
				}
				over = true
			})
			t.Log(became)
		})
	}
}

// A sequence is one run of the world beside its model.
type sequence struct {
	*rapid.T
	w      *world
	m      *model
	became *tally
	fresh  int
}

// pick draws one of the names, the interesting ones more often.
func (q *sequence) pick(what string, names ...string) string {
	return rapid.SampledFrom(names).Draw(q.T, what)
}

// one draws one of those there are, by name.
func (q *sequence) one(what string, names []string) (string, *actor) {
	names = slices.DeleteFunc(names, func(name string) bool { return q.m.people[name] == nil }) // removed
	name := q.pick(what, names...)
	return name, q.m.people[name]
}

// person draws to whom something is done: as a rule someone who belongs there.
func (q *sequence) person(at string) (string, *actor) {
	var near []string
	all := slices.Sorted(maps.Keys(q.m.people))
	for _, name := range all {
		if a := q.m.people[name]; a.home == at || q.m.direct(a, at, policy.NoRole) != nil {
			near = append(near, name)
		}
	}
	if near = append(near, "candidate"); len(near) > 2 && rapid.IntRange(0, 5).Draw(q.T, "far") < 5 {
		return q.one("to", near)
	}
	return q.one("to", all)
}

// scene draws who asks, most of the time one who may something, and where, as a
// rule where they stand.
func (q *sequence) scene() (by, at string) {
	often := []string{"chief", "second", "partner", "outsider", "service", "outservice", "provisioner", "norchief", "operator"}
	often = slices.DeleteFunc(often, func(name string) bool { return q.m.people[name] == nil && name != "operator" })
	if by = q.pick("by", often...); rapid.IntRange(0, 4).Draw(q.T, "any") == 4 {
		by, _ = q.one("by", slices.Sorted(maps.Keys(q.m.people)))
	}
	places := []string{"SUN", "SUN", "SUN", "VIK", "NOR", "EXT", "SUS"}
	if by != "operator" && rapid.IntRange(0, 5).Draw(q.T, "far") < 5 {
		places = slices.DeleteFunc(places, func(at string) bool { return strings.HasPrefix(q.m.judge(by, at, nil, policy.UsersView), "not found") })
		places = append(places, q.m.people[by].home)
	}
	return by, q.pick("in", places...)
}

// ask has an op done, checks that it becomes what the model wants, and that the
// database then holds what the model holds. entries are those that it leaves.
func ask[R any](q *sequence, by string, op ops.Op[R], want string, entries int) (out R) {
	c := ops.Operator()
	if by != "operator" {
		c = ops.User(q.m.people[by].id)
	}
	out, err := ops.Do(q.w.Context(), q.w.hub, c, op)
	got := refusal(err)
	q.became.add(err)
	if got != want {
		q.Fatalf("%T %+v by %s: %s (%v), want %s", op, op, by, got, err, want)
	}
	switch {
	case want == "done":
		q.m.done += entries
	case !strings.Contains(want, ":"):
		q.m.refused++
	}
	return out
}

// step has one thing done and looks at everything.
func (q *sequence) step() {
	before := q.m.rows()
	delete(before, fmt.Sprintf("entries %d %d", q.m.done, q.m.refused))
	verbs := []func(){q.addUser, q.removeUser, q.activity, q.assign, q.assign, q.revoke, q.change, q.give, q.give, q.take, q.organization, q.partnership, q.bought, q.look, q.look, q.wait}
	verbs[rapid.IntRange(0, len(verbs)-1).Draw(q.T, "verb")]()
	q.m.now = q.w.clock.Now()
	if why := q.m.wrong(); why != "" {
		q.Fatal(why)
	}
	want, got := q.m.rows(), q.w.rows(q.w.TB, q.m.modelQuery())
	if !maps.Equal(got, want) {
		q.Fatalf("the database has\n%q\nand should have\n%q\nbefore it was\n%q", subtract(got, want), subtract(want, got), subtract(before, want))
	}
}

// first is the first answer there is: the policy comes before the op itself.
func first(answers ...string) string {
	for _, a := range answers {
		if a != "" {
			return a
		}
	}
	return "done"
}

// otherwise is what is answered where bad.
func otherwise(bad bool, answer string) string {
	if bad {
		return answer
	}
	return ""
}

func (q *sequence) addUser() {
	by, at := q.scene()
	q.fresh++
	name := fmt.Sprintf("fresh%d", q.fresh)
	a := &actor{home: at, email: name + "@fresh.example", status: kontrollrum.NotVerified, seats: map[string]bool{}}
	taken := rapid.IntRange(0, 4).Draw(q.T, "taken") == 4
	if taken {
		_, a2 := q.person(at)
		a.email = a2.email
	}
	want := first(q.m.judge(by, at, nil, policy.UsersAdd), otherwise(taken, "conflict: email_taken"))
	u := ask(q, by, ops.AddUser{Organization: at, Email: strings.ToUpper(a.email), Details: ops.Details{FirstName: name}}, want, 1)
	if want == "done" {
		a.id = u.ID
		q.m.people[name] = a
	}
}

func (q *sequence) removeUser() {
	by, at := q.scene()
	name, to := q.person(at)
	want := first(q.m.judge(by, at, to, policy.UsersRemove), otherwise(to.home != at, "not found: user_not_found"))
	ask(q, by, ops.RemoveUser{Organization: at, User: to.email}, want, 1+len(q.m.current(to)))
	if want == "done" {
		delete(q.m.people, name)
	}
}

func (q *sequence) activity() {
	by, at := q.scene()
	_, to := q.person(at)
	if rapid.Bool().Draw(q.T, "activate") {
		want := first(q.m.judge(by, at, to, policy.UsersActivate), otherwise(to.home != at, "not found: user_not_found"), otherwise(to.status == kontrollrum.Active, "conflict: already_active"))
		ask(q, by, ops.ActivateUser{Organization: at, User: to.email}, want, 1)
		if want == "done" {
			to.status = kontrollrum.Active
		}
		return
	}
	want := first(q.m.judge(by, at, to, policy.UsersDeactivate), otherwise(to.home != at, "not found: user_not_found"), otherwise(to.status == kontrollrum.Inactive, "conflict: already_inactive"))
	ask(q, by, ops.DeactivateUser{Organization: at, User: to.email}, want, 1)
	if want == "done" {
		to.status = kontrollrum.Inactive
	}
}

// term draws an end: none, soon or late.
func (q *sequence) term() time.Time {
	hours := rapid.SampledFrom([]int{0, 0, 5, 50}).Draw(q.T, "hours")
	if hours == 0 {
		return time.Time{}
	}
	return q.m.now.Add(time.Duration(hours) * time.Hour).Truncate(time.Second)
}

func (q *sequence) role() policy.Role { return rapid.SampledFrom(policy.Roles()[:4]).Draw(q.T, "role") }

func (q *sequence) assign() {
	by, at := q.scene()
	r := q.role()
	_, to := q.person(at)
	ends, external := q.term(), to.home != at
	give, _, ok := policy.Handing(r, external)
	reach := ""
	if r == policy.ProvisioningAdmin {
		reach = q.m.judge(by, at, to, policy.RolesReachCustomers)
	}
	want := "invalid: invalid_role"
	switch stands := q.m.judge(by, at, to, give); {
	case ok:
		want = first(stands, otherwise(q.m.direct(to, at, r) != nil, "conflict: role_held"),
			otherwise(r.Exclusive() && q.m.direct(to, at, policy.NoRole) != nil, "conflict: exclusive_role_held"), reach)
	case strings.HasPrefix(stands, "not found"):
		want = stands
	}
	ask(q, by, ops.AssignRole{Organization: at, User: to.email, Role: r, Ends: ends}, want, 1+number(r == policy.ProvisioningAdmin))
	if want == "done" {
		to.roles = append(to.roles, &role{role: r, in: at, ends: ends, reach: r == policy.ProvisioningAdmin})
	}
}

func (q *sequence) revoke() {
	by, at := q.scene()
	r := q.role()
	_, to := q.person(at)
	_, take, ok := policy.Handing(r, to.home != at)
	held := q.m.direct(to, at, r)
	want := "invalid: invalid_role"
	switch stands := q.m.judge(by, at, to, take); {
	case ok:
		want = first(stands, otherwise(held == nil, "not found: assignment_not_found"))
	case strings.HasPrefix(stands, "not found"):
		want = stands
	}
	ask(q, by, ops.RevokeRole{Organization: at, User: to.email, Role: r}, want, 1)
	if want == "done" {
		to.roles = slices.DeleteFunc(to.roles, func(r *role) bool { return r == held })
	}
}

func (q *sequence) change() {
	by, at := q.scene()
	r := q.role()
	_, to := q.person(at)
	ends := q.term()
	give, act, ok := policy.Handing(r, to.home != at)
	held := q.m.direct(to, at, r)
	longer := held != nil && !held.ends.IsZero() && (ends.IsZero() || ends.After(held.ends))
	if longer && q.m.people[by] != to {
		act = give // it is given anew
	}
	reach := ""
	if longer && held.reach {
		reach = q.m.judge(by, at, to, policy.RolesReachCustomers)
	}
	want := "invalid: invalid_role"
	switch stands := q.m.judge(by, at, to, act, func(f *policy.Facts) {
		f.Target.Raises = longer
		f.Target.HoldsExclusive = f.Target.HoldsExclusive && !longer
		f.Target.LastFullAdmin = f.Target.LastFullAdmin && !ends.IsZero() && !longer && (held == nil || !ends.Equal(held.ends))
	}); {
	case ok:
		want = first(stands, otherwise(held == nil, "not found: assignment_not_found"), reach)
	case strings.HasPrefix(stands, "not found"):
		want = stands
	}
	entries := 0
	if held != nil && !ends.Equal(held.ends) {
		entries = 1 + number(longer && held.reach)
	}
	ask(q, by, ops.ChangeAssignment{Organization: at, User: to.email, Role: r, Ends: &ends}, want, entries)
	if want == "done" {
		held.ends = ends
	}
}
