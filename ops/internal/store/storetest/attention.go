package storetest

import (
	"context"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// attention: what is counted is the organization's own.
func attention(b *bench) {
	o, other := b.organization(), b.organization()
	for _, org := range []kontrollrum.Organization{o, other} {
		b.user(org, "Invited", func(u *kontrollrum.User) { u.Status = kontrollrum.NotVerified })
		chief := b.user(org, "Chief")
		b.assign(org, chief, policy.FullAdmin)
		b.hold(chief, b.license(org, kontrollrum.MeetingsHost, 3), false)
		b.letter(chief, func(l *kontrollrum.Letter) { l.State, l.Error = kontrollrum.LetterGivenUp, "550" })
		b.letter(chief)
	}
	count := func(o kontrollrum.Organization) store.Attention {
		return read(b, func(ctx context.Context, tx *store.Tx) (store.Attention, error) {
			return tx.Attention(ctx, o.ID)
		})
	}
	want := store.Attention{Invited: 1, Unlicensed: 1, Undelivered: 1, FullAdmins: 1}
	same(b, "counted", count(o), want)
	second := b.user(o, "Second", func(u *kontrollrum.User) { u.Status = kontrollrum.Inactive })
	b.assign(o, second, policy.FullAdmin)
	want.Unlicensed = 2
	same(b, "one more, who is inactive", count(o), want)
	same(b, "nobody", count(b.organization()), store.Attention{})
}
