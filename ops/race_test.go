package ops_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/policy"
)

// installations: a database and how many nodes run on it.
var installations = []struct {
	engine string
	nodes  int
}{{"sqlite", 1}, {"sqlite", 2}, {"postgres", 2}}

// A tally counts what became of requests, by refusal.
type tally struct {
	mu sync.Mutex
	of map[string]int
}

func (c *tally) add(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]int{}
	}
	c.of[refusal(err)]++
}

func (c *tally) String() string {
	var out []string
	for _, what := range slices.Sorted(maps.Keys(c.of)) {
		out = append(out, fmt.Sprintf("%d %s", c.of[what], what))
	}
	return strings.Join(out, ", ")
}

// TestRace: 64 callers, on one node or two, all want the last seats, the same
// roles, the same address, and to be rid of the last full administrator.
// Nothing is oversold or doubled, and whoever loses is told why.
func TestRace(t *testing.T) {
	t.Parallel()
	const callers, requests, contested = 64, 4, 24
	for _, i := range installations {
		t.Run(fmt.Sprintf("%s on %d nodes", i.engine, i.nodes), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, i.engine)
			must(w, w.as("chief"), ops.EditOrganization{Overage: pointer(1)})
			s := must(w, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: "Få", Quantities: ops.Quantities{
				kontrollrum.StandardAgent: 5, kontrollrum.PremiumAgent: 3, kontrollrum.CallingUser: 2}})
			var people []string
			for n := range contested {
				people = append(people, fmt.Sprintf("p%d@sun.example", n))
				must(w, w.as("chief"), ops.AddUser{Email: people[n], Details: ops.Details{FirstName: people[n]}})
			}
			var runs atomic.Int64
			nodes := make([]*ops.Hub, i.nodes)
			for n := range nodes {
				h, err := ops.Open(t.Context(), ops.Config{Database: w.database, NewID: uuid.NewString,
					Now: func() time.Time { runs.Add(1); return w.clock.Now() }})
				if err != nil {
					t.Fatal(err)
				}
				defer h.Close()
				nodes[n] = h
			}
			before := w.state(t)
			var became tally
			var wg sync.WaitGroup
			start := make(chan struct{})
			for n := range callers {
				wg.Go(func() {
					h, chance := nodes[n%len(nodes)], rand.New(rand.NewPCG(1, uint64(n)))
					by, rivals := w.as("partner"), []string{"chief", "second", "director"}
					<-start
					for range requests {
						whom, l := people[chance.IntN(contested)], s.Licenses[chance.IntN(3)].ID
						role := []policy.Role{policy.FullAdmin, policy.ServiceAdmin, policy.ReadOnlyAdmin}[chance.IntN(3)]
						var err error
						switch chance.IntN(10) {
						case 0, 1, 2, 3:
							_, err = ops.Do(t.Context(), h, by, ops.AssignLicense{Organization: "SUN", User: whom, License: l})
						case 4:
							_, err = ops.Do(t.Context(), h, by, ops.RemoveLicense{Organization: "SUN", User: whom, License: l})
						case 5, 6:
							_, err = ops.Do(t.Context(), h, by, ops.AssignRole{Organization: "SUN", User: people[chance.IntN(4)], Role: role})
						case 7:
							_, err = ops.Do(t.Context(), h, by, ops.AddUser{Organization: "SUN", Email: fmt.Sprintf("ny%d@sun.example", chance.IntN(3)), Details: ops.Details{FirstName: "Ny"}})
						default: // each of the three would be rid of one of the three
							_, err = ops.Do(t.Context(), h, w.as(rivals[n%3]), ops.RevokeRole{Organization: "SUN", User: email(rivals[chance.IntN(3)]), Role: policy.FullAdmin})
						}
						became.add(err)
					}
				})
			}
			close(start)
			wg.Wait()
			t.Logf("%d requests in %d runs: %s", callers*requests, runs.Load(), &became)
			for what := range became.of {
				if strings.HasPrefix(what, "internal") || strings.HasPrefix(what, "invalid") {
					t.Errorf("somebody was told %s", what)
				}
			}
			w.sound(t)
			done, refused := 0, 0
			for _, change := range w.state(t).changes(before) {
				switch {
				case strings.HasPrefix(change, "+entries: ") && strings.Contains(change, "|refused|"):
					refused++
				case strings.HasPrefix(change, "+entries: "):
					done++
				}
			}
			denied := 0
			for what, n := range became.of {
				if what != "done" && !strings.Contains(what, ":") {
					denied += n
				}
			}
			if done != became.of["done"] || refused != denied {
				t.Errorf("%d entries of what was done, %d of what was refused, want %d and %d", done, refused, became.of["done"], denied)
			}
		})
	}
}

// sound checks what must hold of every database at every moment.
func (w *world) sound(t testing.TB) {
	t.Helper()
	for what, query := range map[string]string{
		"seats used are not seats held": `select l.id, l.used, count(h.user_id) from licenses l
			left join holdings h on h.organization = l.organization and h.license = l.id group by l.organization, l.id, l.used having l.used <> count(h.user_id)`,
		"seats are oversold":           `select l.id from licenses l join organizations o on o.id = l.organization where l.used > l.bought + o.overage`,
		"two contact-centre licences":  `select user_id from holdings where product like 'contact%' group by organization, user_id having count(*) > 1`,
		"two exclusive roles":          `select user_id from assignments where closed is null and role <> 'provisioning_admin' group by organization, user_id having count(*) > 1`,
		"one address of two users":     `select email from users group by email having count(*) > 1`,
		"addresses are not the users'": `select u.id from users u left join addresses a on a.user_id = u.id and a.email = u.email and a.organization = u.organization where a.email is null`,
		"holders of another tenant":    `select h.user_id from holdings h left join users u on u.organization = h.organization and u.id = h.user_id where u.id is null`,
		"roles of nobody":              `select a.id from assignments a left join addresses d on d.user_id = a.user_id where a.closed is null and d.user_id is null`,
		"customers are told to nobody": `select c.assignment from assignment_customers c left join assignments a on a.organization = c.organization and a.id = c.assignment where a.id is null`,
		"no full administrator is left": `select o.id from organizations o where o.plate in ('SUN', 'VIK', 'NOR', 'EXT', 'FAR') and not exists (select 1 from assignments a
			join users u on u.organization = a.organization and u.id = a.user_id
			where a.organization = o.id and a.role = 'full_admin' and a.closed is null and a.ends is null and u.status = 'active')`,
	} {
		if rows := w.rows(t, query); len(rows) > 0 {
			t.Errorf("%s: %v", what, rows)
		}
	}
}

// TestRevokedEverywhere: what is taken away on one node is gone on the next
// request at another, which a moment ago saw it.
func TestRevokedEverywhere(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			w.keep(t)
			other := opstest.Open(t, w.database, w.clock)
			connections := 3 * runtime.NumCPU() // more than a hub reads on
			list := func(c ops.Caller) error {
				_, err := ops.Do(t.Context(), other, c, ops.ListUsers{Organization: "SUN"})
				return err
			}
			change := func(c ops.Caller) error {
				_, err := ops.Do(t.Context(), other, c, ops.EditUser{Organization: "SUN", User: email("target"), Details: ops.Details{DisplayName: strconv.Itoa(w.clock.Now().Nanosecond())}})
				return err
			}
			desktop := func(c ops.Caller) error {
				d, err := ops.Do(t.Context(), other, c, ops.Evaluate{Organization: "SUN", Subject: email("licensed"), Action: "agent_desktop.sign_in"})
				if err == nil && !d.OK {
					err = errors.New(d.Reason)
				}
				return err
			}
			standard := w.licenses[string(kontrollrum.StandardAgent)]
			for _, c := range []struct {
				what  string
				who   ops.Caller
				asks  func(ops.Caller) error
				taken func() error
				want  string
			}{
				{"a role", w.as("service"), list, func() error { return w.revoke("chief", "service", policy.ServiceAdmin) }, "no_role"},
				{"a role, of a change", w.as("service"), change, func() error { return w.revoke("chief", "service", policy.ServiceAdmin) }, "no_role"},
				{"an outsider's role", w.tokens["outservice"], list, func() error { return w.revoke("chief", "outservice", policy.ServiceAdmin) }, "not found: organization_not_found"},
				{"a token", w.tokens["service"], list, func() error { return do(w, "operator", ops.RevokeToken{Token: w.ids["service"]}) }, "unauthenticated: unauthenticated"},
				{"who has a token", w.tokens["service"], list, func() error { return do(w, "chief", ops.DeactivateUser{User: email("service")}) }, "unauthenticated: unauthenticated"},
				{"who signed in", w.as("service"), list, func() error { return do(w, "chief", ops.DeactivateUser{User: email("service")}) }, "user_inactive active"},
				{"an account", w.tokens["service"], list, func() error { return do(w, "chief", ops.RemoveUser{User: email("service")}) }, "unauthenticated: unauthenticated"},
				{"an organization, of a change", w.as("service"), change, func() error { return do(w, "operator", ops.SuspendOrganization{Organization: "SUN"}) }, "organization_suspended suspended"},
				{"an organization, of a view", w.as("service"), list, func() error { return do(w, "operator", ops.SuspendOrganization{Organization: "SUN"}) }, "done"},
				{"a partnership", w.as("partner"), list, func() error { return do(w, "chief", ops.EndPartnership{Partner: "NOR"}) }, "not found: organization_not_found"},
				{"a partner's reach", w.as("partner"), list, func() error {
					return do(w, "norchief", ops.RevokeRole{User: email("partner"), Role: policy.FullAdmin})
				}, "not found: organization_not_found"},
				{"a licence", w.tokens["application"], desktop, func() error { return do(w, "chief", ops.RemoveLicense{User: email("licensed"), License: standard}) }, "internal: no_agent_license"},
			} {
				for range connections { // so that each has seen it
					if got := refusal(c.asks(c.who)); got != "done" {
						t.Errorf("%s, before: %s", c.what, got)
					}
				}
				if err := c.taken(); err != nil {
					t.Errorf("%s is taken: %v", c.what, err)
				}
				if got := refusal(c.asks(c.who)); got != c.want {
					t.Errorf("%s is taken on one node, and the other says %s, want %s", c.what, got, c.want)
				}
				w.restore(t)
				if got := refusal(c.asks(c.who)); got != "done" {
					t.Errorf("%s, given back: %s", c.what, got)
				}
				w.restore(t)
			}
			// What ends by itself ends everywhere at its instant.
			ends := w.clock.Now().Add(time.Hour)
			must(w, w.as("chief"), ops.ChangeAssignment{User: email("service"), Role: policy.ServiceAdmin, Ends: &ends})
			must(w, ops.Operator(), ops.AddPartnership{Customer: "SUN", Partner: "NOR", Managing: true, Ends: ends})
			for range connections {
				for _, who := range []string{"service", "partner"} {
					if got := refusal(list(w.as(who))); got != "done" {
						t.Errorf("%s, before the end: %s", who, got)
					}
				}
			}
			w.clock.Advance(time.Hour)
			for who, want := range map[string]string{"service": "no_role", "partner": "not found: organization_not_found"} {
				if got := refusal(list(w.as(who))); got != want {
					t.Errorf("%s, after the end: %s, want %s", who, got, want)
				}
			}
		})
	}
}
