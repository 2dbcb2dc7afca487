package ops_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// argon is what passwords are hashed with.
var argon = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// together has f done n times by as many at once, and says how long each took and all of them.
func together(n, atOnce int, f func(i int)) (each []time.Duration, all time.Duration) {
	each = make([]time.Duration, n)
	var next atomic.Int64
	var wait sync.WaitGroup
	start := time.Now()
	for range atOnce {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				start := time.Now()
				f(i)
				each[i] = time.Since(start)
			}
		})
	}
	wait.Wait()
	all = time.Since(start)
	slices.Sort(each)
	return each, all
}

// BenchmarkSignIn measures sign-ins by password, twice as many at once as there
// are processors. Its floor is the hash alone, as many at once, in the same run.
func BenchmarkSignIn(b *testing.B) {
	hash, err := argon2id.CreateHash(password, argon)
	if err != nil {
		b.Fatal(err)
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			w := newWorld(b, engine)
			hashes := map[string]string{}
			var names []string
			for _, r := range residents {
				if r.name != "invited" && r.name != "asleep" {
					hashes[email(r.name)], names = hash, append(names, r.name)
				}
			}
			must(w, ops.Operator(), ops.ImportPasswords{Hashes: hashes})
			atOnce := 2 * runtime.GOMAXPROCS(0)
			b.ResetTimer()
			signIn := func(i int) {
				c := ops.Caller{IP: fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)}
				if s, err := w.hub.SignIn(b.Context(), c, proof(email(names[i%len(names)]), password)); err != nil || s.Code != "" {
					b.Errorf("%+v, %v", s, err)
				}
			}
			turns := make(chan struct{}, runtime.NumCPU())
			justHash := func(int) {
				turns <- struct{}{}
				defer func() { <-turns }()
				if right, _, err := argon2id.CheckHash(password, hash); err != nil || !right {
					b.Error(right, err)
				}
			}
			var each []time.Duration
			var all, floor time.Duration
			for done := 0; done < b.N; done += 4 * atOnce { // by turns, so that both have the same machine
				n := min(4*atOnce, b.N-done)
				b.StartTimer()
				some, took := together(n, atOnce, func(i int) { signIn(done + i) })
				b.StopTimer()
				each, all = append(each, some...), all+took
				_, took = together(n, atOnce, justHash)
				floor += took
			}
			slices.Sort(each)
			b.ReportMetric(float64(b.N)/all.Seconds(), "signins/s")
			b.ReportMetric(float64(b.N)/floor.Seconds(), "floor-hashes/s")
			b.ReportMetric(float64(all)/float64(floor), "x-floor")
			b.ReportMetric(float64(each[len(each)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkNoEnumeration measures how long a sign-in takes that fails, by what
// is wrong with it, beside that of a wrong password: medians, by turns.
func BenchmarkNoEnumeration(b *testing.B) {
	hash, err := argon2id.CreateHash(password, argon)
	if err != nil {
		b.Fatal(err)
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			w := newWorld(b, engine)
			must(w, ops.Operator(), ops.ImportPasswords{Hashes: map[string]string{email("plain"): hash, email("asleep"): hash, email("invited"): hash}})
			for _, name := range []string{"holder", "licensed"} {
				w.exec(b, `delete from passwords where user_id = '`+string(w.users[name])+`'`)
			}
			kinds := []struct{ name, email, password string }{
				{"wrong", email("plain"), "fel häst batteri häfta"}, {"unknown", "nobody@sun.example", password}, {"unset", email("holder"), password},
				{"inactive", email("asleep"), password}, {"invited", email("invited"), password},
			}
			took := make([][]time.Duration, len(kinds))
			for range b.N {
				for i, k := range kinds {
					start := time.Now()
					s, err := w.hub.SignIn(b.Context(), ops.Caller{IP: "203.0.113.7"}, proof(k.email, k.password))
					took[i] = append(took[i], time.Since(start))
					if err != nil || s.Code != ops.WrongCredentials {
						b.Fatalf("%s: %+v, %v", k.name, s, err)
					}
				}
				b.StopTimer()
				w.exec(b, `delete from attempts`)
				b.StartTimer()
			}
			median := func(i int) float64 {
				slices.Sort(took[i])
				return float64(took[i][len(took[i])/2])
			}
			b.ReportMetric(median(0)/1e6, "wrong-ms")
			for i, k := range kinds[1:] {
				b.ReportMetric(median(i+1)/median(0), "x-"+k.name)
			}
		})
	}
}

// BenchmarkSession measures what every request begins with, the check of its
// session, alone and as a part of the smallest op. The floor of both is one
// read of the session and its user by hand, in the same run.
func BenchmarkSession(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			w := newWorld(b, engine)
			s := w.signing("chief")
			byHand := sessionByHand(b, engine, w.database, s.Session)
			for name, ask := range map[string]func(context.Context) error{
				"check": func(ctx context.Context) error { return w.hub.Known(ctx, ops.Session(s.Session)) },
				"op": func(ctx context.Context) error {
					_, err := ops.Do(ctx, w.hub, ops.Session(s.Session), ops.Myself{})
					return err
				},
			} {
				b.Run(name, func(b *testing.B) {
					var hub, floor time.Duration
					for b.Loop() {
						start := time.Now()
						if err := ask(b.Context()); err != nil {
							b.Fatal(err)
						}
						hub += time.Since(start)
						b.StopTimer()
						start = time.Now()
						if err := byHand(b.Context()); err != nil {
							b.Fatal(err)
						}
						floor += time.Since(start)
						b.StartTimer()
					}
					b.ReportMetric(float64(hub)/float64(floor), "x-floor")
					b.ReportMetric(float64(floor.Nanoseconds())/1000/float64(b.N), "floor-µs")
				})
			}
		})
	}
}

// sessionByHand is the session check as somebody would write it by hand.
func sessionByHand(b *testing.B, engine, database string, session kontrollrum.Secret) func(context.Context) error {
	driver, source := "pgx", database
	if engine == "sqlite" {
		driver = "sqlite"
		source = "file:" + database + "?" + url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "query_only(1)", "mmap_size(2147418112)"}}.Encode()
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	read, err := db.Prepare(`select s.user_id, s.organization, s.authenticated, s.seen from sessions s join users u on u.organization = s.organization and u.id = s.user_id
		where s.hash = $1 and s.ended is null and s.ends > $2 and s.seen > $3 and u.status <> 'inactive'`)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { read.Close() })
	hash := session.Hash()
	return func(ctx context.Context) error {
		var user, organization string
		var authenticated, seen int64
		return read.QueryRowContext(ctx, hash, int64(0), int64(0)).Scan(&user, &organization, &authenticated, &seen)
	}
}
