package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/api"
	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// BenchmarkEvaluation measures a decision asked for over HTTP, of a thousand
// people in turn. Its floor is net/http answering the same bytes without looking
// at the question, asked by the same clients, turn by turn: %-of-floor is how
// many requests a second are answered of those that the floor would, and by CPU
// how many would be if nobody else used the machine.
func BenchmarkEvaluation(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			database := filepath.Join(b.TempDir(), "hub.db")
			if engine == "postgres" {
				database = pgtest.Start(b)
			}
			hub, err := ops.Open(b.Context(), ops.Config{Database: database, Now: time.Now, NewID: uuid.NewString})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { hub.Close() })
			questions := ask(b, hub)
			log := slog.New(slog.NewJSONHandler(io.Discard, nil))
			served := httptest.NewServer(api.Handler(hub, api.Config{Log: log, NewID: uuid.NewString, Now: time.Now}))
			b.Cleanup(served.Close)
			body := []byte(`{"decision":true,"context":{"cell":"S/C","assignment":"00000000-0000-4000-8000-000000000000"}}`)
			floor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write(body)
			}))
			b.Cleanup(floor.Close)
			for _, clients := range []int{1, 16} {
				b.Run(strconv.Itoa(clients), func(b *testing.B) {
					hubs, floors := &load{url: served.URL}, &load{url: floor.URL}
					for _, l := range []*load{hubs, floors} {
						l.run(b, clients, 20*clients, questions) // connections are made, statements prepared
						l.took, l.cpu, l.each = 0, 0, nil
					}
					b.ResetTimer()
					for left := b.N; left > 0; left -= 1000 {
						hubs.run(b, clients, min(left, 1000), questions)
						b.StopTimer()
						floors.run(b, clients, min(left, 1000), questions)
						b.StartTimer()
					}
					b.ReportMetric(hubs.rate(), "req/s")
					b.ReportMetric(100*hubs.rate()/floors.rate(), "%-of-floor")
					b.ReportMetric(100*float64(floors.cpu)/float64(hubs.cpu), "%-of-floor-by-CPU")
					b.ReportMetric(hubs.part(0.50), "p50-µs")
					b.ReportMetric(hubs.part(0.99), "p99-µs")
					b.ReportMetric(floors.part(0.50), "floor-p50-µs")
					b.ReportMetric(floors.part(0.99), "floor-p99-µs")
				})
			}
		})
	}
}

// A question is asked by an application of the organization.
type question struct {
	token string
	body  []byte
}

// ask makes ten organizations of a hundred people, and a question about each of them.
func ask(b *testing.B, hub *ops.Hub) (out []question) {
	ctx := b.Context()
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	for i := range 10 {
		plate := fmt.Sprintf("ORG%d", i)
		_, err := ops.Do(ctx, hub, ops.Operator(), ops.CreateOrganization{NewOrganization: ops.NewOrganization{Plate: plate, Name: plate, Services: []kontrollrum.Service{kontrollrum.ContactCenter}}})
		must(err)
		chief, err := ops.Do(ctx, hub, ops.Operator(), ops.AddPerson{AddUser: ops.AddUser{Organization: plate, Email: "chief@" + plate + ".example", Details: ops.Details{FirstName: "Chief"}},
			Roles: []policy.Role{policy.FullAdmin}})
		must(err)
		made, err := ops.Do(ctx, hub, ops.Operator(), ops.CreateToken{Application: "agent desktop", Organization: plate, Secret: kontrollrum.NewToken})
		must(err)
		var people []ops.AddPerson
		for j := range 100 {
			people = append(people, ops.AddPerson{AddUser: ops.AddUser{Email: fmt.Sprintf("p%d@%s.example", j, plate), Details: ops.Details{FirstName: "Person"}},
				Roles: []policy.Role{policy.ServiceAdmin}})
			out = append(out, question{made.Secret.Reveal(), fmt.Appendf(nil, `{"subject":{"type":"user","id":"p%d@%s.example"},"action":{"name":"users.list"},"resource":{"type":"organization","id":"%s"}}`, j, plate, plate)})
		}
		_, err = ops.Do(ctx, hub, ops.User(chief.ID), ops.AddPeople{Organization: plate, People: people})
		must(err)
	}
	return out
}

// A load is clients asking one server, each as soon as it is answered.
type load struct {
	url  string
	took time.Duration
	cpu  time.Duration // of both sides
	each []time.Duration
}

func (l *load) run(b *testing.B, clients, requests int, questions []question) {
	b.Helper()
	times, errs := make([][]time.Duration, clients), make([]error, clients)
	var all sync.WaitGroup
	start, cpu := time.Now(), cpuTime(b)
	for c := range clients {
		all.Go(func() {
			for i := c; i < requests && errs[c] == nil; i += clients {
				start := time.Now()
				errs[c] = l.once(questions[(len(l.each)+i)%len(questions)])
				times[c] = append(times[c], time.Since(start))
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		b.Fatal(err)
	}
	l.took, l.cpu = l.took+time.Since(start), l.cpu+cpuTime(b)-cpu
	l.each = append(l.each, slices.Concat(times...)...)
}

func (l *load) once(q question) error {
	r, err := http.NewRequestWithContext(context.Background(), "POST", l.url+"/access/v1/evaluation", bytes.NewReader(q.body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+q.token)
	r.Header.Set("Content-Type", "application/json")
	w, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer w.Body.Close()
	body, err := io.ReadAll(w.Body)
	if err == nil && !bytes.HasPrefix(body, []byte(`{"decision":true`)) {
		err = fmt.Errorf("%s: %s", w.Status, body)
	}
	return err
}

// cpuTime is what this process has used, whoever else uses the machine.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// transport keeps a connection for each client.
var transport = &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}

// rate is in requests a second.
func (l *load) rate() float64 { return float64(len(l.each)) / l.took.Seconds() }

// part is the time in which that part of the requests was answered, in microseconds.
func (l *load) part(of float64) float64 {
	slices.Sort(l.each)
	return float64(l.each[int(of*float64(len(l.each)-1))]) / 1e3
}
