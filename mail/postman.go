package mail

import (
	"context"
	"log/slog"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/words"
)

// A Config says what a postman works with.
type Config struct {
	Hub       *ops.Hub
	PublicURL string  // as the hub has it
	From      string  // whom letters are from: Name <address>
	Server    *Server // nil: the folder
	Folder    Folder
	Log       *slog.Logger
	Now       func() time.Time
	NewID     func() string
	Pace      Pace
}

// A Pace is how fast a postman works. What is zero is as the default has it.
type Pace struct {
	Workers int           // letters at once; default 8
	Poll    time.Duration // how often an empty outbox is looked into; default 1 s
	Lease   time.Duration // after which a letter in hand is somebody else's; default 5 min
	Timeout time.Duration // of the mail server; default 20 s
	First   time.Duration // pause after the first failure, doubled each time; default 1 min
	Longest time.Duration // of the pauses; default 6 h
	GiveUp  time.Duration // after which a letter is not tried again; default 3 days
}

func (p Pace) orDefault() Pace {
	for _, d := range []struct {
		of    *time.Duration
		value time.Duration
	}{{&p.Poll, time.Second}, {&p.Lease, 5 * time.Minute}, {&p.Timeout, 20 * time.Second}, {&p.First, time.Minute}, {&p.Longest, 6 * time.Hour}, {&p.GiveUp, 72 * time.Hour}} {
		if *d.of <= 0 {
			*d.of = d.value
		}
	}
	if p.Workers <= 0 {
		p.Workers = 8
	}
	return p
}

// again is how long to wait after so many attempts at a letter of that age; 0: for ever.
func (p Pace) again(attempts int, age time.Duration) time.Duration {
	pause := p.Longest
	if n := max(attempts-1, 0); n < 30 && p.First<<n < p.Longest {
		pause = p.First << n
	}
	if age+pause > p.GiveUp {
		return 0
	}
	return pause
}

// A Postman sends what the outbox holds and works on tasks. Any number of them,
// on any number of nodes, may share one database.
type Postman struct {
	Config
	writer writer
	name   string // that nobody else has
}

// A carrier takes letters to where they are read, one at a time. rest is told
// when there is none for a while.
type carrier interface {
	carry(ctx context.Context, m *gomail.Msg, name string) error
	rest()
}

// New makes a postman. Invalid where From is no address.
func New(c Config) (*Postman, error) {
	if err := gomail.NewMsg().From(c.From); err != nil {
		return nil, kontrollrum.Wrong("mail-from", c.From, "give an address such as Kontrollrum <noreply@example.com>")
	}
	book, err := words.Read()
	if err != nil {
		return nil, err
	}
	c.Pace = c.Pace.orDefault()
	p := &Postman{Config: c, writer: writer{book, c.From, c.PublicURL}, name: c.NewID()}
	_, err = p.carrier() // so that what is wrong is said at the start
	return p, err
}

func (p *Postman) carrier() (carrier, error) {
	if p.Server == nil {
		return p.Folder, nil
	}
	client, err := p.Server.client(p.Pace.Timeout)
	return &line{client: client}, err
}

// Run works until ctx ends. Then it takes no more letters, ends what it has in
// hand, notes what became of it, and returns.
func (p *Postman) Run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { p.deliver(ctx) })
	all.Go(func() { p.clerk(ctx) })
	all.Wait()
}

// ask runs op as the operator. It is not given up when the postman stops.
func ask[R any](ctx context.Context, p *Postman, op ops.Op[R]) (R, bool) {
	out, err := ops.Do(context.WithoutCancel(ctx), p.Hub, ops.Operator(), op)
	if err != nil {
		p.Log.Error("mail", "error", err)
	}
	return out, err == nil
}

// deliver hands letters to workers, never more than there are workers, and
// notes what became of each together with taking the next: what came in while
// the last transaction ran goes into the one after.
func (p *Postman) deliver(ctx context.Context) {
	workers := p.Pace.Workers
	letters, done := make(chan ops.CollectedLetter), make(chan ops.Outcome, workers)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() { p.work(ctx, letters, done) })
	}
	defer all.Wait()
	defer close(letters)
	idle := workers
	var outcomes []ops.Outcome
	for {
		for more := true; more; {
			select {
			case o := <-done:
				outcomes, idle = append(outcomes, o), idle+1
			default:
				more = false
			}
		}
		want := idle
		if ctx.Err() != nil {
			if want = 0; idle == workers && len(outcomes) == 0 {
				return
			}
		}
		if len(outcomes) > 0 || want > 0 && p.due(ctx) {
			got, ok := ask(ctx, p, ops.CollectMail{Postman: p.name, Outcomes: outcomes, Want: want, Lease: p.Pace.Lease})
			if ok {
				outcomes = nil
				for _, l := range got {
					letters <- l
					idle--
				}
				if len(got) > 0 {
					continue
				}
			} else if ctx.Err() != nil {
				return // what is not noted is sent once more, after the lease
			}
		}
		stop := ctx.Done()
		if ctx.Err() != nil {
			stop = nil
		}
		select {
		case o := <-done:
			outcomes, idle = append(outcomes, o), idle+1
		case <-stop:
		case <-time.After(p.Pace.Poll):
		}
	}
}

func (p *Postman) due(ctx context.Context) bool {
	at, ok := ask(ctx, p, ops.AwaitMail{})
	return ok && !at.IsZero() && !at.After(p.Now())
}

// work sends one letter after the other.
func (p *Postman) work(ctx context.Context, letters <-chan ops.CollectedLetter, done chan<- ops.Outcome) {
	ctx = context.WithoutCancel(ctx)
	c, err := p.carrier()
	if err != nil {
		p.Log.Error("mail", "error", err) // which New has tried
		c = nobody{err}
	}
	defer c.rest()
	for {
		select {
		case l, more := <-letters:
			if !more {
				return
			}
			done <- p.send(ctx, c, &l)
		case <-time.After(5 * p.Pace.Poll):
			c.rest()
		}
	}
}

// nobody carries nothing.
type nobody struct{ why error }

func (n nobody) carry(context.Context, *gomail.Msg, string) error { return n.why }
func (nobody) rest()                                              {}

// send sends a letter and says what became of it.
func (p *Postman) send(ctx context.Context, c carrier, l *ops.CollectedLetter) ops.Outcome {
	out := ops.Outcome{Organization: l.Organization, Letter: l.ID, Task: l.Task, User: l.User}
	m, err := p.writer.compose(l)
	ours := err != nil // which trying again does not mend
	if err == nil {
		err = c.carry(ctx, m, fileName(l))
	}
	if err == nil {
		return out
	}
	out.Error = err.Error()
	if !ours && !forGood(err) {
		out.Again = p.Pace.again(l.Attempts, p.Now().Sub(l.Created))
	}
	p.Log.Warn("letter not sent", "letter", l.ID, "kind", l.Kind, "attempt", l.Attempts, "again", out.Again, "error", out.Error)
	return out
}

// clerk works on tasks, and sweeps once an hour.
func (p *Postman) clerk(ctx context.Context) {
	var swept time.Time
	for ctx.Err() == nil {
		if now := p.Now(); now.Sub(swept) >= time.Hour {
			ask(ctx, p, ops.SweepMail{})
			swept = now
		}
		if waits, ok := ask(ctx, p, ops.AwaitTask{Clerk: p.name}); ok && waits {
			if did, _ := ask(ctx, p, ops.WorkTask{Clerk: p.name, Lease: time.Minute}); did {
				continue
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(p.Pace.Poll):
		}
	}
}
