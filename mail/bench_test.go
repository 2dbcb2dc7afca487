package mail

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/mail/mailtest"
	"github.com/kontrollrum/kontrollrum/ops"
)

// BenchmarkOutbox measures letters from the outbox to a mail server, eight at
// once. Its floor is the same letters sent to the same server by eight
// connections that note nothing, in the same run.
func BenchmarkOutbox(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			database := ""
			if engine == "postgres" {
				database = pgtest.Start(b)
			}
			o := newOffice(b, database)
			there := mailtest.Start(b, mailtest.Options{})
			server := &Server{Host: "127.0.0.1", Port: there.Port()}
			var hub, floor time.Duration
			sent := 0
			for b.Loop() {
				b.StopTimer()
				const letters = 500
				op := ops.AddPeople{}
				for n := range letters {
					op.People = append(op.People, ops.AddPerson{AddUser: ops.AddUser{Email: fmt.Sprintf("p%d@sun.example", sent+n), Details: ops.Details{DisplayName: "Namn"}}})
				}
				do(o, ops.User(o.chief), op)
				sent += letters
				before := there.Count()
				b.StartTimer()
				start := time.Now()
				o.post(server, Pace{}, func() bool { return there.Count() >= before+letters })
				hub += time.Since(start)
				b.StopTimer()
				start = time.Now()
				byHand(b, server, letters)
				floor += time.Since(start)
				b.StartTimer()
			}
			b.ReportMetric(float64(sent)/hub.Seconds(), "letters/s")
			b.ReportMetric(float64(sent)/floor.Seconds(), "floor-letters/s")
			b.ReportMetric(float64(hub)/float64(floor), "x-floor")
		})
	}
}

// byHand sends letters over eight connections.
func byHand(b *testing.B, server *Server, letters int) {
	b.Helper()
	w := testWriter(b)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			client, err := server.client(10 * time.Second)
			if err != nil {
				b.Error(err)
				return
			}
			n := &line{client: client}
			defer n.rest()
			for range letters / 8 {
				m, err := w.compose(sample(kontrollrum.ActivationLetter, "sv"))
				if err == nil {
					err = n.carry(b.Context(), m, "")
				}
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
}
