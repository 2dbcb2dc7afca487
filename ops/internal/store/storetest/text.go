package storetest

import (
	"context"
	"slices"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
)

// collation: Swedish order whatever the database's locale, å, ä and ö after z,
// capitals beside small letters, numbers by value.
func collation(b *bench) {
	o := b.organization()
	// What stands together differs by case alone and is told apart by id.
	want := []string{"Agent 2", "Agent 10", "anders|Anders|ANDERS", "Bo Ek", "Bo Åberg", "Wera", "zeta|Zeta", "Åke|åke", "Ängla", "Öberg", "Östen"}
	var all []string
	for _, group := range want {
		all = append(all, strings.Split(group, "|")...)
	}
	slices.Reverse(all)
	for _, name := range all {
		b.user(o, name, func(u *kontrollrum.User) { u.Email = address(o, string(u.ID)) })
		b.organization(func(org *kontrollrum.Organization) { org.Name = name })
	}
	found := b.users(o, store.UserFilter{Sort: store.ByName}, everything)
	for _, group := range want {
		alike := strings.Split(group, "|")
		part := found[:len(alike)]
		found = found[len(alike):]
		got := names(part)
		if !slices.IsSortedFunc(part, func(x, y kontrollrum.User) int { return strings.Compare(string(x.ID), string(y.ID)) }) {
			b.Errorf("%q are not in the order of their ids", got)
		}
		slices.Sort(got)
		slices.Sort(alike)
		same(b, "in its place", got, alike)
	}
}

// search ignores case and accents, over name, address and id, in both directions.
func search(b *bench) {
	o := b.organization()
	for _, name := range []string{"Åsa Öberg", "Søren Kjær", "Ana Oster", "Zoë Ängström", "Ærlig Ørsted", "O'Neil"} {
		b.user(o, name)
	}
	id := b.user(o, "Siffra").ID
	for term, want := range map[string][]string{
		"asa":                    {"Åsa Öberg"},
		"ÅSA":                    {"Åsa Öberg"},
		"åna":                    {"Ana Oster"},
		"o":                      {"Ana Oster", "O'Neil", "Søren Kjær", "Zoë Ängström", "Ærlig Ørsted", "Åsa Öberg"},
		"öster":                  {"Ana Oster"},
		"oberg":                  {"Åsa Öberg"},
		"Øberg":                  {"Åsa Öberg"},
		"soren":                  {"Søren Kjær"},
		"sören":                  {"Søren Kjær"},
		"ørsted":                 {"Ærlig Ørsted"},
		"aerlig":                 {"Ærlig Ørsted"},
		"zoe":                    {"Zoë Ängström"},
		"ängstrom":               {"Zoë Ängström"},
		"a\u030asa":              {"Åsa Öberg"}, // decomposed
		"o'n":                    {"O'Neil"},
		"asa.oberg@":             {"Åsa Öberg"},
		strings.ToUpper("oberg"): {"Åsa Öberg"},
		string(id[9:23]):         {"Siffra"},
		"nobody":                 nil,
	} {
		got := b.find(o, store.UserFilter{Search: term})
		slices.Sort(got)
		slices.Sort(want)
		same(b, "search for "+term, got, want)
	}
	same(b, "prefix of a name", b.find(o, store.UserFilter{NamePrefix: "ANGST"}), nil)
	same(b, "prefix of a name", b.find(o, store.UserFilter{NamePrefix: "zoe a"}), []string{"Zoë Ängström"})
}

// wildcards: what LIKE reads as a wildcard stands for itself.
func wildcards(b *bench) {
	o := b.organization()
	b.user(o, "Plain")
	for _, sign := range []string{"%", "_", `\`, `%_\`, `\%`, "'", `"`, "[a]", "*"} {
		name := "Odd " + sign + " one"
		b.user(o, name, func(u *kontrollrum.User) { u.Email = address(o, string(u.ID)) })
		b.entry(o, func(e *kontrollrum.Entry) { e.ActorName = name })
	}
	for term, want := range map[string]int{"%": 3, "_": 2, `\`: 3, `%_\`: 1, `\%`: 1, "d%o": 0, "Od_": 0, "'": 1, `"`: 1, "[": 1, "*": 1, "pl_in": 0} {
		if got := b.find(o, store.UserFilter{Search: term}); len(got) != want {
			b.Errorf("users: %q finds %q, want %d", term, got, want)
		}
		if got := b.find(o, store.UserFilter{NamePrefix: "odd " + term}); term == "%" && len(got) != 2 {
			b.Errorf("users: prefix %q finds %q, want 2", "odd "+term, got)
		}
		if got := b.log(o, store.EntryFilter{Search: term}); len(got) != want {
			b.Errorf("entries: %q finds %d, want %d", term, len(got), want)
		}
	}
}

// strangeText: what one engine cannot keep is asked of neither; what comes from
// a request's path or query finds nothing, or is refused, and is never a failure
// of ours.
func strangeText(b *bench) {
	o := b.organization()
	b.user(o, "Plain")
	for _, text := range []string{"\x00", "a\x00b", "\xff\xfe", "\ufffd", strings.Repeat("å", 5000), "\u202e", "𝔘𝔫𝔦"} {
		for what, f := range map[string]func(context.Context, *store.Tx) error{
			"organization": func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Organization(ctx, store.Place(text))
				return err
			},
			"standing": func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Standing(ctx, store.Place(text), text, text, b.now)
				return err
			},
			"search": func(ctx context.Context, tx *store.Tx) error {
				found, _, err := tx.Users(ctx, o.ID, store.UserFilter{Search: text, Limit: 9}, everything, b.now)
				if len(found) > 0 {
					b.Errorf("search for %q finds %q", text, names(found))
				}
				return err
			},
			"users": func(ctx context.Context, tx *store.Tx) error {
				_, _, err := tx.Users(ctx, o.ID, store.UserFilter{Email: kontrollrum.Email(text), IDs: []kontrollrum.UserID{kontrollrum.UserID(text)},
					After: store.Mark{Key: text, ID: text}, Limit: 9}, everything, b.now)
				return err
			},
			"licence": func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.License(ctx, o.ID, kontrollrum.LicenseID(text), b.now)
				return err
			},
			"entries": func(ctx context.Context, tx *store.Tx) error {
				_, _, err := tx.Entries(ctx, o.ID, store.EntryFilter{Search: text, Actions: []string{text}, Limit: 9}, everything)
				return err
			},
			"bearer": func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Bearer(ctx, text, b.now)
				return err
			},
		} {
			err := b.s.Read(b.Context(), func(tx *store.Tx) error { return f(b.Context(), tx) })
			if err != nil && kontrollrum.All(err) == nil {
				b.Errorf("%s, given %.20q: %v", what, text, err)
			}
		}
	}
}
