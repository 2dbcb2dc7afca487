package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// credentials: what is kept of how a person signs in is theirs alone, and what
// works once works once.
func credentials(b *bench) {
	o, other := b.organization(), b.organization()
	u, v := b.user(o, "Eva Alm"), b.user(other, "Bo Ek")
	login := func(user kontrollrum.UserID) *store.Login {
		return read(b, func(ctx context.Context, tx *store.Tx) (*store.Login, error) { return tx.Login(ctx, user) })
	}
	same(b, "no password", login(u.ID), &store.Login{User: u.ID, Organization: o.ID, Email: u.Email, Name: "Eva Alm", Status: kontrollrum.Active})
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetPassword(ctx, o.ID, u.ID, "first", b.now) })
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.SetPassword(ctx, o.ID, u.ID, "second", b.now.Add(time.Hour))
	})
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.Rehash(ctx, o.ID, u.ID, "first", "not this") })
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Rehash(ctx, other.ID, u.ID, "second", "nor this")
	})
	if l := login(u.ID); l.Hash != "second" || !l.Changed.Equal(b.now.Add(time.Hour)) {
		b.Errorf("password %+v", l)
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.Rehash(ctx, o.ID, u.ID, "second", "third") })
	byEmail := read(b, func(ctx context.Context, tx *store.Tx) (*store.Login, error) { return tx.LoginByEmail(ctx, u.Email) })
	if byEmail == nil || byEmail.Hash != "third" || !byEmail.Changed.Equal(b.now.Add(time.Hour)) {
		b.Errorf("password %+v", byEmail)
	}
	if l := login("nobody"); l != nil || login(v.ID).Hash != "" {
		b.Errorf("of nobody %+v, of another %+v", l, login(v.ID))
	}
	b.factors(o, u, other, v)
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropCredentials(ctx, other.ID, u.ID) })
	if login(u.ID).Hash != "third" {
		b.Error("dropped by another organization")
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropCredentials(ctx, o.ID, u.ID) })
	if l, f := login(u.ID), b.factorsOf(o, u); l.Hash != "" || len(f) > 0 {
		b.Errorf("dropped, and there is %+v, %+v", l, f)
	}
}

func (b *bench) factorsOf(o kontrollrum.Organization, u kontrollrum.User) []store.Factor {
	b.Helper()
	return read(b, func(ctx context.Context, tx *store.Tx) ([]store.Factor, error) { return tx.Factors(ctx, o.ID, u.ID) })
}

// reports runs a change that reports whether it was made.
func (b *bench) reports(what string, want bool, f func(context.Context, *store.Tx) (bool, error)) {
	b.Helper()
	b.write(func(ctx context.Context, tx *store.Tx) error {
		got, err := f(ctx, tx)
		if got != want {
			b.Errorf("%s: %t", what, got)
		}
		return err
	})
}

func (b *bench) factors(o kontrollrum.Organization, u kontrollrum.User, other kontrollrum.Organization, v kontrollrum.User) {
	app := store.Factor{Factor: kontrollrum.Factor{ID: "app", Kind: kontrollrum.TOTP, Name: "Telefonen", Created: b.now}, Data: "sealed", Step: 7}
	key := store.Factor{Factor: kontrollrum.Factor{ID: "key", Kind: kontrollrum.Passkey, Name: "Nyckeln", Created: b.now.Add(time.Second)}, Data: "{}"}
	insert := func(o kontrollrum.Organization, u kontrollrum.User, f store.Factor) func(context.Context, *store.Tx) (bool, error) {
		return func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.InsertFactor(ctx, o.ID, u.ID, &f) }
	}
	b.reports("a factor", true, insert(o, u, key))
	b.reports("another", true, insert(o, u, app))
	b.reports("a second of its id", false, insert(o, u, app))
	b.reports("another's of its id", true, insert(other, v, app))
	same(b, "factors", b.factorsOf(o, u), []store.Factor{app, key})
	use := func(o kontrollrum.Organization, step int64) func(context.Context, *store.Tx) (bool, error) {
		return func(ctx context.Context, tx *store.Tx) (bool, error) {
			return tx.UseStep(ctx, o.ID, u.ID, "app", step, b.now)
		}
	}
	b.reports("a step that was used", false, use(o, 7))
	b.reports("an older step", false, use(o, 6))
	b.reports("another organization's", false, use(other, 8))
	b.reports("a step", true, use(o, 8))
	b.reports("the same again", false, use(o, 8))
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.UsePasskey(ctx, o.ID, u.ID, "key", "{1}", b.now)
	})
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.RenameFactor(ctx, o.ID, u.ID, "key", "Ny") })
	app.Step, app.Used, key.Data, key.Used, key.Name = 8, b.now, "{1}", b.now, "Ny"
	same(b, "used", b.factorsOf(o, u), []store.Factor{app, key})
	if f := b.factorsOf(other, v); len(f) != 1 || f[0].Step != 7 {
		b.Errorf("another's: %+v", f)
	}

	b.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.SetRecoveryCodes(ctx, o.ID, u.ID, []string{"a", "b"})
	})
	code := func(user kontrollrum.User, hash string) func(context.Context, *store.Tx) (bool, error) {
		return func(ctx context.Context, tx *store.Tx) (bool, error) {
			return tx.UseRecoveryCode(ctx, user.Organization, user.ID, hash, b.now)
		}
	}
	b.reports("another's code", false, code(v, "a"))
	b.reports("a code", true, code(u, "a"))
	b.reports("a code again", false, code(u, "a"))
	left := read(b, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.RecoveryCodes(ctx, o.ID, u.ID) })
	if left != 1 {
		b.Errorf("%d codes left", left)
	}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.SetRecoveryCodes(ctx, o.ID, u.ID, []string{"a"})
	})
	b.reports("a code of before", false, code(u, "b"))
	b.reports("a new one that was used before", true, code(u, "a"))

	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteFactor(ctx, o.ID, u.ID, "app") })
	same(b, "one removed", b.factorsOf(o, u), []store.Factor{key})
}

// attempts: counted of each subject by itself, and forgotten in time.
func attempts(b *bench) {
	subject, other := "account:"+newID[string](), "account:"+newID[string]()
	count := func(subject string, at time.Time) {
		b.write(func(ctx context.Context, tx *store.Tx) error { return tx.CountAttempt(ctx, subject, at, time.Hour) })
	}
	want := func(what string, failures int, latest time.Time) {
		b.Helper()
		got := read(b, func(ctx context.Context, tx *store.Tx) (store.Attempt, error) { return tx.Attempts(ctx, subject) })
		same(b, what, got, store.Attempt{Failures: failures, Latest: latest})
	}
	want("none", 0, time.Time{})
	count(subject, b.now)
	count(other, b.now)
	count(subject, b.now.Add(time.Minute))
	want("two", 2, b.now.Add(time.Minute))
	takeBack := func(at time.Time, before store.Attempt) {
		b.write(func(ctx context.Context, tx *store.Tx) error { return tx.UncountAttempt(ctx, subject, at, before) })
	}
	takeBack(b.now, store.Attempt{Failures: 7, Latest: b.now}) // which is not the latest any more
	want("one taken back", 1, b.now.Add(time.Minute))
	takeBack(b.now.Add(time.Minute), store.Attempt{Failures: 7, Latest: b.now})
	want("the latest taken back", 7, b.now)
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutAttempts(ctx, subject, store.Attempt{Failures: 3, Latest: b.now.Add(time.Minute)})
	})
	want("put", 3, b.now.Add(time.Minute))
	count(subject, b.now.Add(3*time.Hour))
	want("long after", 1, b.now.Add(3*time.Hour))
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.ForgetAttempts(ctx, other) })
	want("another's forgotten", 1, b.now.Add(3*time.Hour))
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.ForgetAttempts(ctx, subject) })
	want("forgotten", 0, time.Time{})
	paces(b)
	hash := newID[string]()
	take := func(ctx context.Context, tx *store.Tx) (bool, error) {
		return tx.UseChallenge(ctx, hash, "test", "", "", b.now.Add(time.Minute))
	}
	b.reports("a challenge", true, take)
	b.reports("a challenge again", false, take)
}

// demands: who must have a second factor, and whose sessions without one end.
func demands(b *bench) {
	demanding := b.organization(func(o *kontrollrum.Organization) { o.SecondFactor = true })
	plain, partner := b.organization(), b.organization()
	b.partner(partner, demanding)
	over := b.organization()
	b.partner(over, demanding, func(p *kontrollrum.Partnership) { p.Ends = b.now.Add(time.Minute) })
	inside, outside, elsewhere := b.user(demanding, "Ina Inne"), b.user(plain, "Ute Ute"), b.user(plain, "Eva Annan")
	reaches, named, stays := b.user(partner, "Rut Når"), b.user(partner, "Nils Namn"), b.user(partner, "Stig Stannar")
	ended, nobody, former := b.user(demanding, "Slut Slut"), b.user(demanding, "Ingen Roll"), b.user(over, "Förr Förr")
	b.assign(over, former, policy.FullAdmin, reaching())
	b.assign(demanding, inside, policy.ReadOnlyAdmin)
	b.assign(demanding, outside, policy.ServiceAdmin)
	b.assign(plain, elsewhere, policy.FullAdmin)
	b.assign(partner, reaches, policy.FullAdmin, reaching())
	b.assign(partner, named, policy.ProvisioningAdmin, reaching(demanding))
	b.assign(partner, stays, policy.ProvisioningAdmin, reaching(plain))
	b.assign(demanding, ended, policy.FullAdmin, func(a *kontrollrum.Assignment) { a.Ends = b.now.Add(time.Minute) })
	later := b.now.Add(time.Minute)
	want := map[kontrollrum.UserID]bool{inside.ID: true, outside.ID: true, reaches.ID: true, named.ID: true}
	for _, u := range []kontrollrum.User{inside, outside, elsewhere, reaches, named, stays, ended, nobody, former} {
		got := read(b, func(ctx context.Context, tx *store.Tx) (bool, error) {
			return tx.SecondFactorDemanded(ctx, u.ID, later)
		})
		if got != want[u.ID] {
			b.Errorf("demanded of %s: %t", u.DisplayName, got)
		}
		for _, methods := range [][]string{{"pwd"}, {"pwd", "otp", "mfa"}} {
			s := kontrollrum.Session{ID: newID[kontrollrum.SessionID](), Organization: u.Organization, User: u.ID, Stage: kontrollrum.StageFull, Methods: methods,
				Created: later, Authenticated: later, Seen: later, Ends: later.Add(time.Hour)}
			b.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSession(ctx, &s, newID[string]()) })
		}
	}
	live := func(u kontrollrum.User) (out []string) {
		for _, s := range read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.Session, error) {
			return tx.Sessions(ctx, u.ID, later, time.Hour)
		}) {
			out = append(out, s.Methods[len(s.Methods)-1])
		}
		slices.Sort(out)
		return out
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndDemandedSessions(ctx, inside.ID, later) })
	if got := live(outside); len(live(inside)) != 1 || len(got) != 2 {
		b.Errorf("one user's: %q, and of another %q", live(inside), got)
	}
	for _, u := range []kontrollrum.User{outside, reaches, named, elsewhere} {
		b.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndDemandedSessions(ctx, u.ID, later) })
		if got := live(u); want[u.ID] && !slices.Equal(got, []string{"mfa"}) || !want[u.ID] && len(got) != 2 {
			b.Errorf("%s has %q", u.DisplayName, got)
		}
	}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.EndSingleSessions(ctx, nobody.ID, "", later)
	})
	if got := live(nobody); !slices.Equal(got, []string{"mfa"}) {
		b.Errorf("left %q", got)
	}
}

// renewed: what was granted in a session goes on in the one that takes its
// place, whoever else's does not, and ends with that.
func renewed(b *bench) {
	g := b.grant(b.client().ID)
	next := newID[kontrollrum.SessionID]()
	renew := func(user kontrollrum.UserID) *kontrollrum.Grant {
		b.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.RenewSession(ctx, user, g.Session, next, b.now)
		})
		return read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Grant, error) { return tx.Grant(ctx, g.ID) })
	}
	for _, id := range []kontrollrum.SessionID{g.Session, next} {
		s := kontrollrum.Session{ID: id, Organization: g.Organization, User: g.User, Stage: kontrollrum.StageFull, Created: b.now, Authenticated: b.now, Seen: b.now, Ends: b.now.Add(time.Hour)}
		b.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSession(ctx, &s, newID[string]()) })
	}
	if got := renew("somebody else"); got.Session != g.Session || !got.Ended.IsZero() {
		b.Errorf("renewed by somebody else: %+v", got)
	}
	if got := renew(g.User); got.Session != next || !got.Ended.IsZero() {
		b.Errorf("renewed: %+v", got)
	}
	live := read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.Session, error) {
		return tx.Sessions(ctx, g.User, b.now, time.Hour)
	})
	if len(live) != 1 || live[0].ID != next {
		b.Errorf("live %+v", live)
	}
	b.reports("its end", true, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.EndSession(ctx, g.User, next, b.now) })
	if got := renew(g.User); got.Ended.IsZero() {
		b.Errorf("its session ended, and it goes on: %+v", got)
	}
}

// paces: three at once, then one each minute; what is taken back may be done again.
func paces(b *bench) {
	subject := "begun:" + newID[string]()
	may := func(what string, after time.Duration, want bool) {
		b.Helper()
		b.write(func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.Pace(ctx, subject, b.now.Add(after), time.Minute, 3)
			if got != want {
				b.Errorf("%s: %v", what, got)
			}
			return err
		})
	}
	may("first", 0, true)
	may("second", 0, true)
	may("third", time.Second, true)
	may("fourth", time.Second, false)
	may("again", 59*time.Second, false)
	may("a minute later", time.Minute, true)
	may("and another", time.Minute, false)
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.Unpace(ctx, subject, time.Minute) })
	may("taken back", time.Minute, true)
	may("once", time.Minute, false)
	for range 3 {
		may("long after", time.Hour, true)
	}
	may("as many as ever", time.Hour, false)
}
