package mail

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/mail/mailtest"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/policy"
)

// An office is a hub with the organization SUN, its full administrator, and whatever writes to people.
type office struct {
	testing.TB
	hub   *ops.Hub
	clock *opstest.Clock
	chief kontrollrum.UserID
}

func newOffice(tb testing.TB, database string) *office {
	tb.Helper()
	o := &office{TB: tb, clock: opstest.NewClock()}
	o.hub = opstest.Open(tb, database, o.clock)
	do(o, ops.Operator(), ops.CreateOrganization{NewOrganization: ops.NewOrganization{Plate: "SUN", Name: "Sundvik Energi & Söner"}})
	o.chief = do(o, ops.Operator(), ops.AddPerson{AddUser: ops.AddUser{Organization: "SUN", Email: "karin@sun.example", Details: ops.Details{DisplayName: "Karin Holm"}},
		Activate: true, Roles: []policy.Role{policy.FullAdmin}}).ID
	return o
}

func do[R any](o *office, c ops.Caller, op ops.Op[R]) R {
	o.Helper()
	out, err := ops.Do(context.WithoutCancel(o.Context()), o.hub, c, op)
	if err != nil {
		o.Fatal(err)
	}
	return out
}

// invite adds people, who are invited.
func (o *office) invite(addresses ...string) {
	o.Helper()
	for _, a := range addresses {
		do(o, ops.User(o.chief), ops.AddUser{Email: a, Details: ops.Details{DisplayName: "Namn " + a}})
	}
}

// lockedLog is a log that many write and one reads at the end.
type lockedLog struct{ out chan string }

func (l lockedLog) Write(b []byte) (int, error) {
	select {
	case l.out <- string(b):
	default:
	}
	return len(b), nil
}

// post runs a postman until f reports that it is done, and returns what was logged.
func (o *office) post(server *Server, pace Pace, f func() bool) string {
	o.Helper()
	if pace.Poll == 0 {
		pace.Poll = 5 * time.Millisecond
	}
	logged := lockedLog{make(chan string, 1000)}
	p, err := New(Config{Hub: o.hub, PublicURL: opstest.PublicURL, From: "Kontrollrum <noreply@hub.example>", Server: server, Folder: Folder(o.TempDir()),
		Log: slog.New(slog.NewTextHandler(logged, nil)), Now: o.clock.Now, NewID: uuid.NewString, Pace: pace})
	if err != nil {
		o.Fatal(err)
	}
	ctx, stop := context.WithCancel(o.Context())
	ended := make(chan struct{})
	go func() { p.Run(ctx); close(ended) }()
	for end := time.Now().Add(time.Minute); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			o.Error("the letters do not come")
			break
		}
	}
	stop()
	<-ended
	close(logged.out)
	var all strings.Builder
	for line := range logged.out {
		all.WriteString(line)
	}
	return all.String()
}

func (o *office) undelivered() []kontrollrum.Letter {
	o.Helper()
	return do(o, ops.User(o.chief), ops.ListUndelivered{}).Items
}

func (o *office) due() time.Time { return do(o, ops.Operator(), ops.AwaitMail{}) }

// TestServers: letters go out by STARTTLS and by TLS from the start, with a
// password or without; and not at all where the certificate or the password is wrong.
func TestServers(t *testing.T) {
	t.Parallel()
	certificate, roots := mailtest.Certificate(t)
	known := mailtest.Options{TLS: certificate, User: "hub", Password: "p@ss:w/rd"}
	implicit := known
	implicit.Implicit = true
	for _, test := range []struct {
		name     string
		options  mailtest.Options
		url      string
		roots    *x509.CertPool
		tls      bool
		complain string // logged, where nothing comes
	}{
		{"plain, on this machine", mailtest.Options{}, "smtp://127.0.0.1", nil, false, ""},
		{"STARTTLS", known, "smtp://hub:p%40ss%3Aw%2Frd@localhost", roots, true, ""},
		{"TLS from the start", implicit, "smtps://hub:p%40ss%3Aw%2Frd@127.0.0.1", roots, true, ""},
		{"wrong password", known, "smtp://hub:guess@127.0.0.1", roots, false, "535"},
		{"no password", known, "smtp://127.0.0.1", roots, false, "502"},
		{"unknown authority", known, "smtp://hub:p%40ss%3Aw%2Frd@127.0.0.1", nil, false, "certificate"},
		{"unknown authority from the start", implicit, "smtps://hub:p%40ss%3Aw%2Frd@127.0.0.1", nil, false, "certificate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, "")
			there := mailtest.Start(t, test.options)
			server, err := ParseServer(test.url + fmt.Sprintf(":%d", there.Port()))
			if err != nil {
				t.Fatal(err)
			}
			server.Roots = test.roots
			o.invite("eva@sun.example", "bo@sun.example")
			logged := o.post(server, Pace{Workers: 1}, func() bool { return there.Count() == 2 || len(o.undelivered()) == 2 })
			if strings.Contains(logged, "guess") || strings.Contains(logged, "w/rd") {
				t.Errorf("the log tells the password: %s", logged)
			}
			if test.complain != "" {
				left := o.undelivered()
				if len(left) != 2 || !strings.Contains(left[0].Error, test.complain) || left[0].State != kontrollrum.LetterQueued || there.Count() > 0 {
					t.Errorf("undelivered: %+v\n%s", left, logged)
				}
				return
			}
			letters := there.Letters()
			if len(letters) != 2 || letters[0].TLS != test.tls || letters[0].To != "eva@sun.example" || letters[0].From != "noreply@hub.example" || !o.due().IsZero() {
				t.Errorf("got %+v\n%s", letters, logged)
			}
		})
	}
}

func TestParseServer(t *testing.T) {
	t.Parallel()
	for _, good := range []struct{ url, at, user, password string }{
		{"smtp://mail.example", "mail.example:587", "", ""}, {"smtps://u:p%20%3A@mail.example/", "mail.example:465", "u", "p :"},
		{"smtp://u@[::1]:25", "[::1]:25", "u", ""},
	} {
		s, err := ParseServer(good.url)
		if err != nil || s.String() != good.at || s.User != good.user || s.Password.Reveal() != good.password {
			t.Errorf("%s: %+v, %v", good.url, s, err)
		}
	}
	for _, bad := range []string{"", "mail.example:587", "http://u:secret@x", "smtp://u:secret@", "smtp://u:secret@x/y", "smtp://u:secret@x?y", "smtp://u:sec%ret@x", "smtp://u:secret@x:port"} {
		if s, err := ParseServer(bad); err == nil || strings.Contains(err.Error(), "sec") {
			t.Errorf("%s: %+v, %v", bad, s, err)
		}
	}
	remote, _ := ParseServer("smtp://mail.example")
	client, err := remote.client(time.Second)
	if err != nil || client.TLSPolicy() != "TLSMandatory" {
		t.Errorf("%v, %v", client.TLSPolicy(), err)
	}
}

// TestFailures: what passes is tried again, later each time, and given up
// after three days; what does not is given up at once; either is shown.
func TestFailures(t *testing.T) {
	t.Parallel()
	for engine, database := range map[string]func() string{"sqlite": func() string { return "" }, "postgres": func() string { return pgtest.Start(t) }} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database())
			there := mailtest.Start(t, mailtest.Options{Answer: func(to string) error {
				switch {
				case strings.HasPrefix(to, "full"):
					return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"}
				case strings.HasPrefix(to, "gone"):
					return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
				}
				return nil
			}})
			server := &Server{Host: "127.0.0.1", Port: there.Port()}
			o.invite("full@sun.example", "gone@sun.example", "good@sun.example")
			o.post(server, Pace{}, func() bool { return there.Count() == 1 && len(o.undelivered()) == 2 })
			left := o.undelivered()
			gone, full := left[0], left[1]
			if gone.State != kontrollrum.LetterGivenUp || !strings.Contains(gone.Error, "550") || full.State != kontrollrum.LetterQueued || !strings.Contains(full.Error, "452") {
				t.Fatalf("undelivered: %+v", left)
			}
			var pauses []time.Duration
			for len(pauses) < 100 {
				due := o.due()
				if due.IsZero() {
					break
				}
				pauses = append(pauses, due.Sub(o.clock.Now()).Round(time.Minute))
				o.clock.Advance(due.Sub(o.clock.Now()))
				before := full.Attempts
				o.post(server, Pace{}, func() bool {
					full = o.undelivered()[1]
					return full.Attempts > before && full.State != kontrollrum.LetterSending
				})
			}
			want := "[1m0s 2m0s 4m0s 8m0s 16m0s 32m0s 1h4m0s 2h8m0s 4h16m0s 6h0m0s 6h0m0s 6h0m0s 6h0m0s 6h0m0s 6h0m0s 6h0m0s 6h0m0s 6h0m0s 6h0m0s]"
			if fmt.Sprint(pauses) != want || full.State != kontrollrum.LetterGivenUp || o.clock.Now().Sub(full.Created) > 72*time.Hour {
				t.Errorf("pauses %v, then %+v", pauses, full)
			}
		})
	}
}

// TestServerAway: letters wait for a server that is not there.
func TestServerAway(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	there := mailtest.Start(t, mailtest.Options{})
	there.Kill()
	server := &Server{Host: "127.0.0.1", Port: there.Port()}
	o.invite("eva@sun.example")
	o.post(server, Pace{}, func() bool {
		left := o.undelivered()
		return len(left) == 1 && left[0].State == kontrollrum.LetterQueued
	})
	there.Restart()
	o.clock.Advance(2 * time.Minute)
	o.post(server, Pace{}, func() bool { return there.Count() == 1 })
	if len(o.undelivered()) > 0 || !o.due().IsZero() {
		t.Errorf("undelivered: %+v", o.undelivered())
	}
}

// TestStop: a postman who is told to stop ends what it has in hand, and takes no more.
func TestStop(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	begun, finish := make(chan struct{}, 100), make(chan struct{})
	there := mailtest.Start(t, mailtest.Options{Answer: func(string) error { begun <- struct{}{}; <-finish; return nil }})
	for n := range 10 {
		o.invite(fmt.Sprintf("p%d@sun.example", n))
	}
	o.post(&Server{Host: "127.0.0.1", Port: there.Port()}, Pace{Workers: 2}, func() bool {
		if len(begun) < 2 {
			return false
		}
		time.AfterFunc(50*time.Millisecond, func() { close(finish) }) // after it was told
		return true
	})
	if there.Count() != 2 {
		t.Errorf("%d were sent", there.Count())
	}
	if left := do(o, ops.Operator(), ops.CollectMail{Postman: "x", Want: 100, Lease: time.Hour}); len(left) != 8 {
		t.Errorf("%d are left", len(left))
	}
}

// TestTaskIsWorkedOn: the postman's clerk does what a task asks for.
func TestTaskIsWorkedOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	for n := range 60 {
		a := fmt.Sprintf("p%d@sun.example", n)
		do(o, ops.User(o.chief), ops.AddUser{Email: a, Silent: true, Details: ops.Details{DisplayName: a}})
	}
	task := do(o, ops.User(o.chief), ops.SendActivations{})
	there := mailtest.Start(t, mailtest.Options{})
	o.post(&Server{Host: "127.0.0.1", Port: there.Port()}, Pace{}, func() bool { return there.Count() == 60 })
	if got := do(o, ops.User(o.chief), ops.ViewTask{Task: task.ID}); got.Done != 60 || got.Ended.IsZero() {
		t.Errorf("got %+v", got)
	}
}
