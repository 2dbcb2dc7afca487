package store

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// What a memory may never do is tell what reading would not. These tests change
// the database behind its back in every way there is and compare.

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const (
	customer = kontrollrum.OrganizationID("00000000-0000-4000-8000-00000000000c")
	partner  = kontrollrum.OrganizationID("00000000-0000-4000-8000-00000000000d")
	eva      = kontrollrum.UserID("00000000-0000-4000-8000-0000000000e0")
	petra    = kontrollrum.UserID("00000000-0000-4000-8000-0000000000f0")
)

// open opens the file of a world: a customer with Eva, a partner with Petra.
func openWorld(tb testing.TB, path string) *Store {
	tb.Helper()
	s, err := Open(tb.Context(), path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func newWorld(tb testing.TB, path string) *Store {
	tb.Helper()
	s := openWorld(tb, path)
	write(tb, s, func(t *Tx) error {
		for id, plate := range map[kontrollrum.OrganizationID]string{customer: "CUS", partner: "PAR"} {
			o := &kontrollrum.Organization{ID: id, Plate: plate, Name: plate, State: kontrollrum.OrganizationActive, Created: noon, Modified: noon}
			if err := t.InsertOrganization(tb.Context(), o); err != nil {
				return err
			}
		}
		for id, home := range map[kontrollrum.UserID]kontrollrum.OrganizationID{eva: customer, petra: partner} {
			u := &kontrollrum.User{ID: id, Organization: home, Email: kontrollrum.Email(id + "@x.example"), Status: kontrollrum.Active, Created: noon, Modified: noon}
			if err := t.InsertUser(tb.Context(), u); err != nil {
				return err
			}
		}
		return nil
	})
	return s
}

func write(tb testing.TB, s *Store, f func(*Tx) error) {
	tb.Helper()
	if err := s.Write(context.Background(), f); err != nil {
		tb.Fatal(err)
	}
}

func assign(id string, user kontrollrum.UserID, in kontrollrum.OrganizationID, role policy.Role, ends time.Time) *kontrollrum.Assignment {
	a := &kontrollrum.Assignment{ID: kontrollrum.AssignmentID(id), Organization: in, User: user, Role: role, Reach: kontrollrum.ReachOwn, Started: noon, Ends: ends}
	if in == partner {
		a.Reach, a.AllCustomers = kontrollrum.ReachCustomers, true
	}
	return a
}

// everywhere reads by each connection, so that each has its memory put to the test.
func everywhere(tb testing.TB, s *Store, f func(*Tx)) {
	tb.Helper()
	readers := 1
	if s.lite != nil {
		readers = cap(s.lite.read.free)
	}
	var in, out sync.WaitGroup
	in.Add(readers)
	for range readers {
		out.Go(func() {
			err := s.Read(context.Background(), func(t *Tx) error {
				in.Done()
				in.Wait() // nobody ends before all have begun: a connection each
				f(t)
				return nil
			})
			if err != nil {
				tb.Error(err)
			}
		})
	}
	out.Wait()
}

// compare asks every question that is remembered, twice, and once without a memory.
func compare(t *Tx, now time.Time) error {
	ctx := context.Background()
	answers := func(t *Tx) (out []any) {
		keep := func(v any, err error) { out = append(out, v, err) }
		for _, who := range []string{string(eva), string(petra) + "@x.example", ""} {
			for _, in := range []Place{Place(customer), "PAR", ""} {
				s, err := t.Standing(ctx, in, who, string(petra), now)
				if s != nil {
					bare := *s
					bare.until = 0
					s = &bare
				}
				keep(s, err)
			}
		}
		for _, hash := range []string{"one", "two"} {
			keep(t.Bearer(ctx, hash, now))
		}
		for _, except := range []kontrollrum.UserID{eva, petra} {
			keep(t.OtherFullAdmins(ctx, customer, except))
		}
		return out
	}
	if err := t.ready(); err != nil {
		return err
	}
	without := *t
	without.memory = nil
	want := answers(&without)
	for range 2 {
		for i, got := range answers(t) {
			if !reflect.DeepEqual(got, want[i]) {
				return fmt.Errorf("at %s answer %d is remembered as\n%+v\nand read as\n%+v", now, i/2, got, want[i])
			}
		}
	}
	return nil
}

// TestMemoryTellsWhatReadingWould changes facts by either of two hubs on one
// file, moves the clock to and fro, and compares what every connection remembers
// with what it reads.
func TestMemoryTellsWhatReadingWould(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hub.db")
	stores := []*Store{newWorld(t, path), openWorld(t, path)}
	ctx := context.Background()
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		soon := func(what string) time.Time {
			return noon.Add(time.Duration(rapid.IntRange(-2, 3).Draw(r, what)) * time.Minute)
		}
		change := func(what string, f func(*Tx) error) {
			n++
			s := stores[rapid.IntRange(0, 1).Draw(r, "store")]
			if err := s.Write(ctx, f); err != nil {
				r.Fatal(what, err)
			}
		}
		changes := []func(){
			func() {
				user := rapid.SampledFrom([]kontrollrum.UserID{eva, petra}).Draw(r, "user")
				in := rapid.SampledFrom([]kontrollrum.OrganizationID{customer, partner}).Draw(r, "in")
				role := rapid.SampledFrom([]policy.Role{policy.FullAdmin, policy.ProvisioningAdmin}).Draw(r, "role")
				ends := soon("ends")
				if rapid.Bool().Draw(r, "lasting") {
					ends = time.Time{}
				}
				change("assign", func(t *Tx) error {
					if _, err := t.exec(ctx, `update assignments set closed = $1 where user_id = $2 and closed is null`, noon.UnixMicro(), user); err != nil {
						return err
					}
					return t.InsertAssignment(ctx, assign(fmt.Sprint(n), user, in, role, ends), user == petra && in == customer)
				})
			},
			func() {
				ends := soon("ends")
				change("partner", func(t *Tx) error {
					return t.SetPartnership(ctx, kontrollrum.Partnership{Customer: customer, Partner: partner, Managing: true, Started: noon, Ends: ends})
				})
			},
			func() {
				change("part", func(t *Tx) error { return t.EndPartnership(ctx, customer, partner) })
			},
			func() {
				hash, expires := rapid.SampledFrom([]string{"one", "two"}).Draw(r, "hash"), soon("expires")
				change("token", func(t *Tx) error {
					if _, err := t.exec(ctx, `delete from tokens where hash = $1`, hash); err != nil {
						return err
					}
					return t.InsertToken(ctx, &kontrollrum.Token{ID: kontrollrum.TokenID(hash), Organization: customer, User: eva, Created: noon, Expires: expires}, hash)
				})
			},
			func() {
				change("revoke", func(t *Tx) error { return t.RevokeToken(ctx, "one", noon) })
			},
			func() {
				status := rapid.SampledFrom(kontrollrum.UserStatuses()).Draw(r, "status")
				change("status", func(t *Tx) error {
					_, err := t.exec(ctx, `update users set status = $1 where id = $2`, status, eva)
					return err
				})
			},
			func() {}, // only time passes
		}
		for range 5 {
			rapid.SampledFrom(changes).Draw(r, "change")()
			now := soon("now")
			for _, s := range stores { // by connections in turn, so that each remembers older things than the last
				if err := s.Read(ctx, func(t *Tx) error { return compare(t, now) }); err != nil {
					r.Fatal(err)
				}
			}
		}
	})
}

// TestMemoryEndsWithWhatItHolds lets an assignment, a partnership and a token
// come to their ends while nobody commits.
func TestMemoryEndsWithWhatItHolds(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newWorld(t, filepath.Join(t.TempDir(), "hub.db"))
	end := noon.Add(time.Hour)
	write(t, s, func(t *Tx) error {
		if err := t.InsertAssignment(ctx, assign("a", eva, customer, policy.FullAdmin, end), false); err != nil {
			return err
		}
		if err := t.InsertAssignment(ctx, assign("b", petra, partner, policy.ServiceAdmin, time.Time{}), false); err != nil {
			return err
		}
		err := t.SetPartnership(ctx, kontrollrum.Partnership{Customer: customer, Partner: partner, Managing: true, Started: noon, Ends: end})
		if err != nil {
			return err
		}
		return t.InsertToken(ctx, &kontrollrum.Token{ID: "k", Organization: customer, User: eva, Created: noon, Expires: end}, "hash")
	})
	for _, c := range []struct {
		now  time.Time
		want bool
	}{{noon, true}, {end.Add(-time.Microsecond), true}, {end, false}, {end.Add(-time.Microsecond), true}, {end.Add(time.Hour), false}} {
		everywhere(t, s, func(tx *Tx) {
			standing, err := tx.Standing(ctx, Place(customer), string(eva), string(petra), c.now)
			if err != nil {
				t.Error(err)
				return
			}
			bearer, err := tx.Bearer(ctx, "hash", c.now)
			if err != nil {
				t.Error(err)
			}
			held := len(standing.Actor.Held) == 1
			external := len(standing.Target.Held) == 1 && standing.Target.Partner
			if held != c.want || external != c.want || (bearer != nil) != c.want {
				t.Errorf("at %s: held %t, by partnership %t, token %t; want %t", c.now, held, external, bearer != nil, c.want)
			}
		})
	}
}

// TestMemorySeesOtherProcesses has another process commit.
func TestMemorySeesOtherProcesses(t *testing.T) {
	ctx := context.Background()
	if path := os.Getenv("KONTROLLRUM_TEST_SUSPEND"); path != "" { // the other process
		write(t, openWorld(t, path), func(tx *Tx) error {
			_, err := tx.exec(ctx, `update organizations set state = 'suspended' where id = $1`, customer)
			return err
		})
		return
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hub.db")
	s := newWorld(t, path)
	check := func(want kontrollrum.OrganizationState) {
		everywhere(t, s, func(tx *Tx) {
			standing, err := tx.Standing(ctx, Place(customer), string(eva), "", noon)
			if err != nil || standing.Organization.State != want {
				t.Errorf("got %+v, %v, want %s", standing, err, want)
			}
		})
	}
	check(kontrollrum.OrganizationActive)
	other := exec.Command(os.Args[0], "-test.run=^TestMemorySeesOtherProcesses$")
	other.Env = append(os.Environ(), "KONTROLLRUM_TEST_SUSPEND="+path)
	if out, err := other.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	check(kontrollrum.OrganizationSuspended)
}

// TestMemoryIsNeverBehind changes a fact again and again while others read it:
// whoever begins after a commit sees it.
func TestMemoryIsNeverBehind(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newWorld(t, filepath.Join(t.TempDir(), "hub.db"))
	var mu sync.Mutex
	committed := 0
	var all sync.WaitGroup
	stop := make(chan struct{})
	for range 2 * cap(s.lite.read.free) {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				mu.Lock()
				least := committed
				mu.Unlock()
				err := s.Read(ctx, func(tx *Tx) error {
					standing, err := tx.Standing(ctx, Place(customer), string(eva), "", noon)
					var n int
					if err == nil {
						_, err = fmt.Sscan(standing.Actor.Name, &n)
					}
					if err == nil && n < least {
						t.Errorf("told of change %d after change %d was committed", n, least)
					}
					return err
				})
				if err != nil && least > 0 {
					t.Error(err)
				}
			}
		})
	}
	for i := range 60 {
		write(t, s, func(tx *Tx) error {
			_, err := tx.exec(ctx, `update users set display_name = $1 where id = $2`, fmt.Sprint(i+1), eva)
			return err
		})
		mu.Lock()
		committed = i + 1
		mu.Unlock()
	}
	close(stop)
	all.Wait()
}

// TestMemoryAndReadingAreOneState commits between what a transaction is told
// and what it reads: it runs again, and all it says is of one state.
func TestMemoryAndReadingAreOneState(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newWorld(t, filepath.Join(t.TempDir(), "hub.db"))
	name := func(tx *Tx) string {
		standing, err := tx.Standing(ctx, Place(customer), string(eva), "", noon)
		if err != nil {
			return err.Error()
		}
		return standing.Actor.Name
	}
	everywhere(t, s, func(tx *Tx) { name(tx) })
	for i := range 3 {
		runs := 0
		err := s.Read(ctx, func(tx *Tx) error {
			runs++
			told := name(tx)
			if runs == 1 {
				write(t, s, func(tx *Tx) error {
					_, err := tx.exec(ctx, `update users set display_name = $1 where id = $2`, fmt.Sprint("Eva ", i), eva)
					return err
				})
			}
			var read string
			_, err := tx.row(ctx, `select display_name from users where id = $1`, []any{eva}, &read)
			if err == nil && told != read {
				t.Errorf("told %q and read %q", told, read)
			}
			return err
		})
		if err != nil || runs != 2 {
			t.Errorf("%d runs, want 2; %v", runs, err)
		}
		everywhere(t, s, func(tx *Tx) { name(tx) })
	}
}

// TestMemoryHasAnEnd fills a memory beyond what it may hold.
func TestMemoryHasAnEnd(t *testing.T) {
	t.Parallel()
	var m memory
	for i := range 3 * facts {
		m.renew(1)
		got, err := recall(&m, question{who: fmt.Sprint(i)}, noon, func() (int, int64, error) { return i, forever, nil })
		if err != nil || got != i || len(m.facts) > facts {
			t.Fatalf("question %d is answered %d, %v, by a memory of %d facts", i, got, err, len(m.facts))
		}
	}
}

// TestPanicLeavesConnectionsClean: whoever panics must not spoil what comes after.
func TestPanicLeavesConnectionsClean(t *testing.T) {
	t.Parallel()
	s := newWorld(t, filepath.Join(t.TempDir(), "hub.db"))
	for _, transact := range []func(context.Context, func(*Tx) error) error{s.Read, s.Write} {
		for range 2 * cap(s.lite.read.free) {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic is lost")
					}
				}()
				_ = transact(t.Context(), func(*Tx) error { panic("oops") })
			}()
		}
		if err := transact(t.Context(), func(tx *Tx) error { _, err := tx.CountOrganizations(t.Context()); return err }); err != nil {
			t.Error(err)
		}
	}
}
