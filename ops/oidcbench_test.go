package ops_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum/ops"
)

// BenchmarkIntrospect measures the introspection of an access token. Its floor
// is the one read, written by hand, that finds the token, its grant and its user.
func BenchmarkIntrospect(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			w := newWorld(b, engine)
			ctx := b.Context()
			access := w.grant(b, "chief", "openid").Access
			driver, source := "pgx", w.database
			if engine == "sqlite" {
				driver, source = "sqlite", "file:"+w.database+"?_pragma=busy_timeout(10000)"
			}
			db, err := sql.Open(driver, source)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			read, err := db.PrepareContext(ctx, `select g.client, g.scopes, g.user_id, k.expires, u.email from tokens k join grants g on g.id = k.grant_id
				join users u on u.organization = g.organization and u.id = g.user_id where k.hash = $1 and k.revoked is null and k.expires > $2 and g.ended is null and u.status <> 'inactive'`)
			if err != nil {
				b.Fatal(err)
			}
			op := ops.Introspect{ClientProof: ops.ClientProof{Client: "client", Secret: w.secret}, Token: access}
			var hub, floor time.Duration
			for b.Loop() {
				start := time.Now()
				if a, err := ops.Do(ctx, w.hub, ops.Caller{}, op); err != nil || a == nil {
					b.Fatal(a, err)
				}
				hub += time.Since(start)
				b.StopTimer()
				var client, scopes, user, email string
				var ends int64
				start = time.Now()
				if err := read.QueryRowContext(ctx, access.Hash(), w.clock.Now().UnixMicro()).Scan(&client, &scopes, &user, &ends, &email); err != nil {
					b.Fatal(err)
				}
				floor += time.Since(start)
				b.StartTimer()
			}
			b.ReportMetric(float64(hub)/float64(floor), "x-floor")
			b.ReportMetric(float64(floor.Microseconds())/float64(b.N), "floor-µs")
		})
	}
}
