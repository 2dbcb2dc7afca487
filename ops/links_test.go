package ops_test

import (
	"errors"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
)

// post collects every letter that is due, and says that it was sent.
func (w *world) post() (out []ops.CollectedLetter) {
	w.Helper()
	out = must(w, ops.Operator(), ops.CollectMail{Postman: "test", Want: 1000, Lease: time.Minute})
	done := ops.CollectMail{Postman: "test"}
	for _, l := range out {
		done.Outcomes = append(done.Outcomes, ops.Outcome{Organization: l.Organization, Letter: l.ID})
	}
	must(w, ops.Operator(), done)
	return out
}

// tokenIn is the token of the link in a letter.
func tokenIn(l ops.CollectedLetter) kontrollrum.Secret {
	_, token, _ := strings.Cut(l.URL.Reveal(), "?token=")
	return kontrollrum.NewSecret(token)
}

// one is the one letter that is due.
func (w *world) one(kind kontrollrum.LetterKind, to string) ops.CollectedLetter {
	w.Helper()
	all := w.post()
	if len(all) != 1 || all[0].Kind != kind || string(all[0].Address) != to {
		w.Fatalf("got %+v, want one letter %s to %s", all, kind, to)
	}
	return all[0]
}

// invite adds somebody to SUN, who is invited.
func (w *world) invite(name string) string {
	w.Helper()
	address := name + "@sun.example"
	must(w, w.as("chief"), ops.AddUser{Organization: "SUN", Email: address, Details: ops.Details{DisplayName: name}})
	return address
}

func (w *world) status(user string) kontrollrum.UserStatus {
	w.Helper()
	return must(w, w.as("chief"), ops.ViewUser{Organization: "SUN", User: user}).Status
}

// opens checks what a link says when it is opened and, where it is no longer good, when it is accepted.
func (w *world) opens(token kontrollrum.Secret, want ops.LinkState) {
	w.Helper()
	opened := must(w, ops.Caller{}, ops.OpenLink{Token: token})
	if opened.State != want {
		w.Errorf("the link is %s, want %s", opened.State, want)
	}
	if want == ops.LinkGood {
		return
	}
	if opened.Email != "" || opened.Name != "" || opened.Organization != "" {
		w.Errorf("a link that is %s tells %+v", want, opened)
	}
	if got := must(w, ops.Caller{}, ops.AcceptLink{Token: token}); got.State != want || !got.Session.Empty() || got.Email != "" {
		w.Errorf("accepted it says %+v, want %s", got, want)
	}
}

func TestActivation(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		eva := w.invite("eva")
		l := w.one(kontrollrum.ActivationLetter, eva)
		if !strings.HasPrefix(l.URL.Reveal(), opstest.PublicURL+"/activate?token=") || l.Language != "sv" || l.Data["Organization"] != "Org SUN" || l.Expires.Sub(l.Created) != 14*24*time.Hour {
			t.Fatalf("got %+v", l)
		}
		before := w.state(t)
		for range 3 {
			if o := must(w, ops.Caller{}, ops.OpenLink{Token: tokenIn(l)}); o.State != ops.LinkGood || string(o.Email) != eva || o.Purpose != kontrollrum.ForActivation {
				t.Fatalf("opened it says %+v", o)
			}
		}
		if changes := w.state(t).changes(before); len(changes) > 0 {
			t.Errorf("to open a link changes %q", changes)
		}
		accepted := must(w, ops.Caller{}, ops.AcceptLink{Token: tokenIn(l)})
		if accepted.Stage != kontrollrum.StageEnrol || accepted.Session.Empty() || w.status(eva) != kontrollrum.Verified {
			t.Fatalf("accepted it says %+v", accepted)
		}
		session := ops.Session(accepted.Session)
		if _, err := ops.Do(t.Context(), w.hub, session, ops.Myself{}); !errors.Is(err, kontrollrum.Unauthenticated) {
			t.Errorf("a link alone speaks for its user: %v", err)
		}
		w.opens(tokenIn(l), ops.LinkUsed)
		complete := ops.CompleteEnrolment{Session: accepted.Session}
		if got := must(w, ops.Caller{}, complete); got.Code != ops.FactorMissing {
			t.Errorf("a link alone completes a sign-in: %+v", got)
		}
		chosen := kontrollrum.NewSecret("en lång och god fras")
		if err := w.hub.SetPassword(t.Context(), session, ops.NewPassword{New: chosen}); err != nil {
			t.Fatal(err)
		}
		if got := must(w, ops.Caller{}, complete); got.Stage != kontrollrum.StageFull {
			t.Errorf("with a password: %+v", got)
		}
		if s, err := w.hub.SignIn(t.Context(), ops.Caller{}, ops.PasswordProof{Email: eva, Password: chosen}); err != nil || s.Stage != kontrollrum.StageFull {
			t.Fatalf("got %+v, %v", s, err)
		}
		if w.status(eva) != kontrollrum.Active {
			t.Error("who has signed in is not active")
		}
		if more := w.post(); len(more) > 0 {
			t.Errorf("the first password is told of: %+v", more)
		}
		want := map[string]int{"users.verify|done": 1, "sessions.begin|done": 3, "credentials.edit|done": 1}
		if got := w.rows(t, `select action, outcome from entries where actor <> '' and target_email = 'eva@sun.example' and action <> 'users.add'`); !maps.Equal(got, want) {
			t.Errorf("the log says %v, want %v", got, want)
		}
	})
}

func TestInvitationsApart(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		eva := w.invite("eva")
		first := w.one(kontrollrum.ActivationLetter, eva)
		resend := func() error {
			_, err := ops.Do(t.Context(), w.hub, w.as("chief"), ops.ResendInvitation{User: eva})
			return err
		}
		w.clock.Advance(24*time.Hour - time.Minute)
		var no *kontrollrum.Error
		if err := resend(); !errors.As(err, &no) || no.Code != "already_mailed" || no.Value != first.Created.Add(24*time.Hour).Format(time.RFC3339) {
			t.Fatalf("got %v", err)
		}
		w.clock.Advance(time.Minute)
		if err := resend(); err != nil {
			t.Fatal(err)
		}
		second := w.one(kontrollrum.ActivationLetter, eva)
		w.opens(tokenIn(first), ops.LinkSuperseded)
		w.opens(tokenIn(second), ops.LinkGood)
		w.clock.Advance(14 * 24 * time.Hour)
		w.opens(tokenIn(second), ops.LinkExpired)
		if err := resend(); err != nil {
			t.Fatal(err)
		}
		third := w.one(kontrollrum.ActivationLetter, eva)
		must(w, w.as("chief"), ops.ChangeEmail{User: eva, Email: "eva.ny@sun.example"})
		w.opens(tokenIn(third), ops.LinkSuperseded)
		must(w, w.as("chief"), ops.ResendInvitation{User: "eva.ny@sun.example"}) // to this address none has gone
		fourth := w.one(kontrollrum.ActivationLetter, "eva.ny@sun.example")
		must(w, w.as("chief"), ops.DeactivateUser{User: "eva.ny@sun.example"})
		w.opens(tokenIn(fourth), ops.LinkUnknown)
		must(w, w.as("chief"), ops.RemoveUser{User: "eva.ny@sun.example"})
		w.opens(tokenIn(fourth), ops.LinkUnknown)
		for _, nonsense := range []string{"", ".", "x", uuid.NewString(), uuid.NewString() + ".x", tokenIn(fourth).Reveal() + "x", strings.Repeat("a", 1<<16)} {
			w.opens(kontrollrum.NewSecret(nonsense), ops.LinkUnknown)
			w.clock.Advance(time.Hour) // too many wrong ones wait
		}
		if err := resend(); !errors.Is(err, kontrollrum.NotFound) {
			t.Errorf("got %v", err)
		}
		if _, err := ops.Do(t.Context(), w.hub, w.as("chief"), ops.ResendInvitation{User: email("plain")}); !errors.Is(err, kontrollrum.Conflict) {
			t.Errorf("who is active is invited: %v", err)
		}
	})
}

// TestWhoIsNotInvited: those for whom no letter is queued.
func TestWhoIsNotInvited(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		add := func(address string, change func(*ops.AddPerson)) {
			op := ops.AddPerson{AddUser: ops.AddUser{Organization: "SUN", Email: address, Details: ops.Details{DisplayName: "Ny", Language: "en-GB"}}}
			change(&op)
			must(w, w.as("chief"), op)
		}
		add("a@sun.example", func(op *ops.AddPerson) { op.Activate = true })
		add("b@sun.example", func(op *ops.AddPerson) { op.Inactive = true })
		add("c@sun.example", func(op *ops.AddPerson) { op.Silent = true })
		must(w, w.as("chief"), ops.EditOrganization{AutomaticMails: pointer(false)})
		add("d@sun.example", func(*ops.AddPerson) {})
		if all := w.post(); len(all) > 0 {
			t.Errorf("got %+v", all)
		}
		must(w, w.as("chief"), ops.ResendInvitation{User: "d@sun.example"})
		if l := w.one(kontrollrum.ActivationLetter, "d@sun.example"); l.Language != "en-GB" {
			t.Errorf("got %+v", l)
		}
	})
}

// TestLinkOnce: of eight at once, one comes in by a link.
func TestLinkOnce(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		eva := w.invite("eva")
		token := tokenIn(w.one(kontrollrum.ActivationLetter, eva))
		var in, used atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				got, err := ops.Do(t.Context(), w.hub, ops.Caller{}, ops.AcceptLink{Token: token})
				switch {
				case err != nil:
					t.Error(err)
				case !got.Session.Empty():
					in.Add(1)
				case got.State == ops.LinkUsed:
					used.Add(1)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 || used.Load() != 7 {
			t.Errorf("%d came in, %d were told it is used", in.Load(), used.Load())
		}
		if n := w.rows(t, `select stage from sessions where user_id in (select id from users where email = 'eva@sun.example')`)["enrol"]; n != 1 {
			t.Errorf("%d sessions", n)
		}
	})
}

func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		must(w, w.as("chief"), ops.AddUser{Organization: "SUN", Email: "aldrig@sun.example", Details: ops.Details{DisplayName: "x"}, Silent: true})
		ask := func(address string) map[string]int {
			before := w.counts(t)
			if got := must(w, ops.Caller{IP: "192.0.2.1"}, ops.AskPasswordReset{Email: address}); got.Wait != 0 {
				t.Fatalf("%s: %+v", address, got)
			}
			added := map[string]int{}
			for row := range w.counts(t) {
				if before[row] == 0 {
					table, _, _ := strings.Cut(row, "|")
					added[table]++
				}
			}
			return added
		}
		one, other := w.signIn("plain"), w.signIn("plain")
		_ = ask("first@nowhere.example") // the address it is asked from is counted from now on
		known := ask(" " + strings.ToUpper(email("plain")))
		l := w.one(kontrollrum.PasswordLetter, email("plain"))
		for _, nobody := range []string{"nobody@nowhere.example", "aldrig@sun.example", email("asleep"), "no address", ""} {
			if got := ask(nobody); !maps.Equal(got, known) || known["outbox"] != 1 {
				t.Errorf("%q: changes %v, for a user %v", nobody, got, known)
			}
		}
		if all := w.post(); len(all) > 0 {
			t.Errorf("got %+v", all)
		}
		if got := ask(email("plain")); len(got) > 0 { // but the address it is asked from is counted
			t.Errorf("asked twice in ten minutes it adds %v", got)
		}
		if !strings.HasPrefix(l.URL.Reveal(), opstest.PublicURL+"/reset?token=") || l.Expires.Sub(l.Created) != time.Hour {
			t.Fatalf("got %+v", l)
		}
		accepted := must(w, ops.Caller{}, ops.AcceptLink{Token: tokenIn(l)})
		must(w, one, ops.Myself{}) // until the password is another
		if err := w.hub.SetPassword(t.Context(), ops.Session(accepted.Session), ops.NewPassword{New: kontrollrum.NewSecret("en lång och god fras")}); err != nil {
			t.Fatal(err)
		}
		for _, session := range []ops.Caller{one, other} {
			if _, err := ops.Do(t.Context(), w.hub, session, ops.Myself{}); !errors.Is(err, kontrollrum.Unauthenticated) {
				t.Errorf("a session goes on: %v", err)
			}
		}
		w.one(kontrollrum.PasswordChanged, email("plain"))
		w.clock.Advance(10 * time.Minute)
		ask(email("plain"))
		second := w.one(kontrollrum.PasswordLetter, email("plain"))
		w.clock.Advance(time.Hour)
		w.opens(tokenIn(second), ops.LinkExpired)
	})
}

// TestTooManyResets: whoever asks for many addresses waits, the same for each.
func TestTooManyResets(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		waits := 0
		for n := range 30 {
			address := email("plain")
			if n%2 == 0 {
				address = uuid.NewString() + "@nowhere.example"
			}
			if must(w, ops.Caller{IP: "192.0.2.1"}, ops.AskPasswordReset{Email: address}).Wait > 0 {
				waits++
			}
		}
		if waits != 10 {
			t.Errorf("%d of 30 waited", waits)
		}
		if must(w, ops.Caller{IP: "192.0.2.2"}, ops.AskPasswordReset{Email: email("plain")}).Wait > 0 {
			t.Error("another waits too")
		}
	})
}

func TestMakeLink(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		made := must(w, ops.Operator(), ops.MakeLink{User: email("plain")})
		if made.Purpose != kontrollrum.ForPassword {
			t.Fatalf("got %+v", made)
		}
		again := must(w, ops.Operator(), ops.MakeLink{User: email("plain")})
		token := func(m *ops.MadeLink) kontrollrum.Secret { return tokenIn(ops.CollectedLetter{URL: m.URL}) }
		w.opens(token(made), ops.LinkSuperseded)
		w.opens(token(again), ops.LinkGood)
		if made := must(w, ops.Operator(), ops.MakeLink{User: email("invited")}); made.Purpose != kontrollrum.ForActivation {
			t.Errorf("got %+v", made)
		}
		if _, err := ops.Do(t.Context(), w.hub, ops.Operator(), ops.MakeLink{User: email("asleep")}); !errors.Is(err, kontrollrum.Conflict) {
			t.Errorf("got %v", err)
		}
		if all := w.post(); len(all) > 0 {
			t.Errorf("it mails %+v", all)
		}
	})
}

// TestActivationByPasskey: who chooses a passkey instead is in, and needs no password.
func TestActivationByPasskey(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		eva := w.invite("eva")
		accepted := must(w, ops.Caller{}, ops.AcceptLink{Token: tokenIn(w.one(kontrollrum.ActivationLetter, eva))})
		device, codes := w.passkey(ops.Session(accepted.Session))
		if got := must(w, ops.Caller{}, ops.CompleteEnrolment{Session: accepted.Session}); got.Stage != kontrollrum.StageFull || len(codes) == 0 {
			t.Fatalf("got %+v", got)
		}
		w.one(kontrollrum.PasskeyAdded, eva)
		if got := w.byPasskey(device); got.Stage != kontrollrum.StageFull || w.status(eva) != kontrollrum.Active {
			t.Errorf("got %+v", got)
		}
	})
}

// TestForgottenWithFactor: whoever reads the mail chooses a password, and is
// asked for the factor all the same; they cannot add another.
func TestForgottenWithFactor(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		w.passkey(w.signIn("plain"))
		w.one(kontrollrum.PasskeyAdded, email("plain"))
		must(w, ops.Caller{}, ops.AskPasswordReset{Email: email("plain")})
		accepted := must(w, ops.Caller{}, ops.AcceptLink{Token: tokenIn(w.one(kontrollrum.PasswordLetter, email("plain")))})
		session := ops.Session(accepted.Session)
		if _, err := ops.Do(t.Context(), w.hub, session, ops.BeginAddPasskey{}); !refusedAs(err, kontrollrum.Conflict, "factor_not_proven") {
			t.Errorf("got %v", err)
		}
		if err := w.hub.SetPassword(t.Context(), session, ops.NewPassword{New: kontrollrum.NewSecret("en lång och god fras")}); err != nil {
			t.Fatal(err)
		}
		if got := must(w, ops.Caller{}, ops.CompleteEnrolment{Session: accepted.Session}); got.Stage != kontrollrum.StageFactor {
			t.Errorf("got %+v", got)
		}
	})
}
