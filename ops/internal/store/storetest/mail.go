package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
)

func links(b *bench) {
	o := b.organization()
	u := b.user(o, "Länk")
	make := func(purpose kontrollrum.LinkPurpose) kontrollrum.Link {
		l := kontrollrum.Link{ID: newID[kontrollrum.LinkID](), Organization: o.ID, User: u.ID, Purpose: purpose, Email: u.Email,
			Created: b.now, Expires: b.now.Add(time.Hour)}
		b.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertLink(ctx, &l) })
		return l
	}
	find := func(id kontrollrum.LinkID) *kontrollrum.Link {
		return read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Link, error) { return tx.Link(ctx, id) })
	}
	use := func(id kontrollrum.LinkID, at time.Time) (used bool) {
		b.write(func(ctx context.Context, tx *store.Tx) (err error) { used, err = tx.UseLink(ctx, id, at); return err })
		return used
	}
	activation, password := make(kontrollrum.ForActivation), make(kontrollrum.ForPassword)
	same(b, "found", find(activation.ID), &activation)
	same(b, "one that is not there", find("nothing"), nil)
	if use(activation.ID, b.now.Add(time.Hour)) {
		b.Error("an expired link is used")
	}
	if !use(activation.ID, b.now) || use(activation.ID, b.now) {
		b.Error("a link is used never, or twice")
	}
	same(b, "used", find(activation.ID).Used, b.now)

	newest := func(p kontrollrum.LinkPurpose) *kontrollrum.Link {
		return read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Link, error) {
			return tx.NewestLink(ctx, o.ID, u.ID, p)
		})
	}
	same(b, "newest", newest(kontrollrum.ForPassword), &password)
	supersede := func(o kontrollrum.OrganizationID, p kontrollrum.LinkPurpose) {
		b.write(func(ctx context.Context, tx *store.Tx) error { return tx.SupersedeLinks(ctx, o, u.ID, p, b.now) })
	}
	supersede(o.ID, kontrollrum.ForActivation)
	supersede(b.organization().ID, "")
	same(b, "superseded for another purpose, and in another organization", find(password.ID), &password)
	supersede(o.ID, "")
	same(b, "superseded", find(password.ID).Superseded, b.now)
	same(b, "superseded after it was used", find(activation.ID).Superseded, time.Time{})
	if use(password.ID, b.now) || newest(kontrollrum.ForPassword) != nil {
		b.Error("a superseded link is used, or is the newest")
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteUser(ctx, o.ID, u.ID) })
	same(b, "of a user who is gone", find(password.ID), nil)
}

func (b *bench) letter(u kontrollrum.User, change ...func(*kontrollrum.Letter)) kontrollrum.Letter {
	b.Helper()
	id := newID[kontrollrum.LetterID]()
	l := kontrollrum.Letter{ID: id, Organization: u.Organization, User: u.ID, Kind: kontrollrum.PasswordChanged, Address: u.Email, Language: "sv",
		Data: map[string]string{"Name": "Åsa & Örjan = 100 %", "A": ""}, MessageID: string(id) + "@x", Created: b.now, Due: b.now, State: kontrollrum.LetterQueued}
	for _, f := range change {
		f(&l)
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertLetter(ctx, &l) })
	return l
}

// letters uses instants long ago: the outbox is one for all, and due first is taken first.
func letters(b *bench) {
	o, other := b.organization(), b.organization()
	u := b.user(o, "Brev")
	old := b.now.AddDate(-10, 0, 0)
	first := b.letter(u, func(l *kontrollrum.Letter) { l.Due = old; l.Link, l.Task = "link", "task" })
	second := b.letter(u, func(l *kontrollrum.Letter) { l.Due = old.Add(time.Second); l.Created = b.now.Add(time.Second) })
	due := func() time.Time {
		return read(b, func(ctx context.Context, tx *store.Tx) (time.Time, error) { return tx.NextLetter(ctx) })
	}
	claim := func(by string, n int, at time.Time) (out []kontrollrum.Letter) {
		b.write(func(ctx context.Context, tx *store.Tx) (err error) {
			out, err = tx.ClaimLetters(ctx, by, n, at, at.Add(time.Minute))
			return err
		})
		return out
	}
	same(b, "due", due(), old)
	same(b, "before anything is due", claim("a", 9, old.Add(-time.Second)), nil)
	first.State, first.Attempts, first.Due = kontrollrum.LetterSending, 1, old.Add(time.Minute+time.Second)
	same(b, "the one that waits longest", claim("a", 1, old.Add(time.Second)), []kontrollrum.Letter{first})
	second.State, second.Attempts, second.Due = kontrollrum.LetterSending, 1, old.Add(time.Minute+time.Second)
	same(b, "the one that is left", claim("b", 9, old.Add(time.Second)), []kontrollrum.Letter{second})

	fail := func(l kontrollrum.Letter, o kontrollrum.OrganizationID, by string, again time.Time) (had bool) {
		b.write(func(ctx context.Context, tx *store.Tx) (err error) {
			had, err = tx.MarkLetterFailed(ctx, o, l.ID, by, "nej", again)
			return err
		})
		return had
	}
	if fail(first, o.ID, "b", time.Time{}) || fail(first, other.ID, "a", time.Time{}) {
		b.Error("a letter in other hands, or of another organization, is given up")
	}
	if !fail(first, o.ID, "a", old.AddDate(1, 0, 0)) || fail(first, o.ID, "a", time.Time{}) {
		b.Error("a letter fails never, or twice")
	}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.MarkLetterSent(ctx, other.ID, first.ID, b.now), tx.MarkLetterSent(ctx, o.ID, second.ID, b.now))
	})
	same(b, "due again", due(), old.AddDate(1, 0, 0))
	undelivered := func(o kontrollrum.OrganizationID) []kontrollrum.Letter {
		return read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.Letter, error) {
			out, _, err := tx.Undelivered(ctx, o, store.Mark{}, 9)
			return out, err
		})
	}
	first.State, first.Due, first.Error = kontrollrum.LetterQueued, old.AddDate(1, 0, 0), "nej"
	same(b, "undelivered", undelivered(o.ID), []kontrollrum.Letter{first})
	same(b, "undelivered elsewhere", undelivered(other.ID), nil)
	last := func(address kontrollrum.Email) time.Time {
		return read(b, func(ctx context.Context, tx *store.Tx) (time.Time, error) {
			return tx.LastLetter(ctx, o.ID, u.ID, kontrollrum.PasswordChanged, address)
		})
	}
	same(b, "the last one", last(u.Email), second.Created)
	same(b, "the last one to another address", last("x@y.example"), time.Time{})
	claim("c", 1, old.AddDate(1, 0, 0))
	fail(first, o.ID, "c", time.Time{})
	same(b, "given up", undelivered(o.ID)[0].State, kontrollrum.LetterGivenUp)
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteUser(ctx, o.ID, u.ID) })
	same(b, "of a user who is gone", undelivered(o.ID), nil)

	home := b.organization(func(o *kontrollrum.Organization) { o.Name, o.Language, o.AutomaticMails = "Hemma", "en", true })
	plain, speaks := b.user(home, "Plain"), b.user(home, "Speaks", func(u *kontrollrum.User) { u.Language, u.TimeZone = "sv-FI", "Europe/Helsinki" })
	for _, u := range []kontrollrum.User{plain, speaks} {
		want := &store.Addressee{Organization: home.ID, OrganizationName: "Hemma", Invites: true, User: u.ID, Email: u.Email, Name: u.DisplayName,
			Language: "en", TimeZone: home.TimeZone, Status: kontrollrum.Active}
		if u.Language != "" {
			want.Language, want.TimeZone = u.Language, u.TimeZone
		}
		same(b, "addressee", read(b, func(ctx context.Context, tx *store.Tx) (*store.Addressee, error) {
			return tx.Addressee(ctx, home.ID, u.ID)
		}), want)
	}
	same(b, "addressee elsewhere", read(b, func(ctx context.Context, tx *store.Tx) (*store.Addressee, error) {
		return tx.Addressee(ctx, o.ID, plain.ID)
	}), nil)
}
