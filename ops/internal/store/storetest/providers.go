package storetest

import (
	"context"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
)

func identityProviders(b *bench) {
	o, other := b.organization(), b.organization()
	find := func(o kontrollrum.Organization) *kontrollrum.IdentityProvider {
		return read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.IdentityProvider, error) {
			return tx.IdentityProvider(ctx, o.ID)
		})
	}
	holder := func(domain string) kontrollrum.OrganizationID {
		return read(b, func(ctx context.Context, tx *store.Tx) (kontrollrum.OrganizationID, error) {
			return tx.DomainHolder(ctx, domain)
		})
	}
	same(b, "none", find(o), nil)
	p := kontrollrum.IdentityProvider{Organization: o.ID, Issuer: "https://id.example/ö", ClientID: "hub 'a'", Sealed: "s", SecretSet: b.now, Name: "Å \\ %", Enforced: true,
		Created: b.now, Modified: b.now.Add(time.Hour)}
	save := func() {
		b.write(func(ctx context.Context, tx *store.Tx) error { return tx.SaveIdentityProvider(ctx, &p) })
	}
	save()
	one, two := strings.ToLower(o.Plate)+".example", "a."+strings.ToLower(o.Plate)+".example"
	for _, domain := range []string{one, two} {
		same(b, "nobody's", holder(domain), "")
		b.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertDomain(ctx, o.ID, domain, b.now) })
		same(b, "theirs", holder(domain), o.ID)
	}
	b.fails("a domain was given twice", func(ctx context.Context, tx *store.Tx) error { return tx.InsertDomain(ctx, other.ID, one, b.now) })
	p.Domains = []string{two, one}
	same(b, "saved", find(o), &p)
	same(b, "another's", find(other), nil)
	var listed []store.PlacedProvider
	for _, all := range read(b, func(ctx context.Context, tx *store.Tx) ([]store.PlacedProvider, error) {
		return tx.IdentityProviders(ctx)
	}) {
		if all.Organization == o.ID || all.Organization == other.ID {
			listed = append(listed, all)
		}
	}
	same(b, "listed", listed, []store.PlacedProvider{{Plate: o.Plate, IdentityProvider: p}})
	p.Issuer, p.ClientID, p.Sealed, p.SecretSet, p.Name, p.Enforced, p.Modified = "https://other.example", "x", "", time.Time{}, "y", false, b.now
	save()
	same(b, "changed", find(o), &p)

	u := b.user(o, "Eva")
	used := func(o kontrollrum.Organization, domain string) bool {
		return read(b, func(ctx context.Context, tx *store.Tx) (bool, error) {
			return tx.DomainUsedElsewhere(ctx, o.ID, domain)
		})
	}
	same(b, "used at home", used(o, one), false)
	same(b, "used by another", used(other, one), true)
	same(b, "a part of it is not used", used(other, one[1:]), false)
	same(b, "what stands above it is not used", used(other, "x."+one), false)

	taken := func(in kontrollrum.Organization, domain string) bool {
		var was bool
		b.write(func(ctx context.Context, tx *store.Tx) (err error) {
			was, err = tx.DeleteDomain(ctx, in.ID, domain)
			return err
		})
		return was
	}
	same(b, "another takes the domain", taken(other, one), false)
	same(b, "the domain is taken", taken(o, one), true)
	same(b, "the domain is taken again", taken(o, one), false)
	same(b, "nobody's again", holder(one), "")

	b.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.InsertSubject(ctx, o.ID, u.ID, p.Issuer, "1", b.now)
	})
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteIdentityProvider(ctx, other.ID) })
	same(b, "another's removed", find(o) != nil, true)
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteIdentityProvider(ctx, o.ID) })
	same(b, "removed", find(o), nil)
	same(b, "a removed provider's people", b.userOf(o, p.Issuer, "1"), "")
}

// userOf finds whom an organization's provider calls by a subject.
func (b *bench) userOf(o kontrollrum.Organization, issuer, subject string) kontrollrum.UserID {
	b.Helper()
	return read(b, func(ctx context.Context, tx *store.Tx) (kontrollrum.UserID, error) {
		return tx.UserOfSubject(ctx, o.ID, issuer, subject)
	})
}

func subjects(b *bench) {
	o, other := b.organization(), b.organization()
	eva, bo, far := b.user(o, "Eva"), b.user(o, "Bo"), b.user(other, "Far")
	const issuer = "https://id.example"
	insert := func(u kontrollrum.User, subject string) func(context.Context, *store.Tx) error {
		return func(ctx context.Context, tx *store.Tx) error {
			return tx.InsertSubject(ctx, u.Organization, u.ID, issuer, subject, b.now)
		}
	}
	of := func(u kontrollrum.User, issuer string) string {
		return read(b, func(ctx context.Context, tx *store.Tx) (string, error) {
			return tx.SubjectOf(ctx, u.Organization, u.ID, issuer)
		})
	}
	b.write(insert(eva, "Eva"))
	b.write(insert(far, "Eva")) // what one organization knows is nothing to another
	same(b, "found", b.userOf(o, issuer, "Eva"), eva.ID)
	same(b, "found by the other", b.userOf(other, issuer, "Eva"), far.ID)
	same(b, "in another case", b.userOf(o, issuer, "eva"), "")
	same(b, "of another issuer", b.userOf(o, issuer+"/", "Eva"), "")
	same(b, "the subject", of(eva, issuer), "Eva")
	same(b, "the subject of who has none", of(bo, issuer), "")
	b.fails("one subject became two users", insert(bo, "Eva"))
	b.fails("one user became two subjects", insert(eva, "Eva 2"))
	b.fails("another organization's user was linked", func(ctx context.Context, tx *store.Tx) error {
		return tx.InsertSubject(ctx, o.ID, far.ID, issuer, "far", b.now)
	})
	b.write(insert(bo, "Bo"))
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteSubjects(ctx, o.ID, bo.ID) })
	same(b, "one forgotten", b.userOf(o, issuer, "Bo"), "")
	same(b, "the other not", b.userOf(o, issuer, "Eva"), eva.ID)
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteUser(ctx, o.ID, eva.ID) })
	same(b, "deleted", b.userOf(o, issuer, "Eva"), "")
	b.write(insert(bo, "Bo"))
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteSubjects(ctx, o.ID, "") })
	same(b, "all forgotten", b.userOf(o, issuer, "Bo"), "")
	same(b, "but not another's", b.userOf(other, issuer, "Eva"), far.ID)
}
