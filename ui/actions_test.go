package ui

import (
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/words"
)

// TestActionsHaveWords: whatever may be asked is said as something to do and as
// something done, no two alike, in both languages.
func TestActionsHaveWords(t *testing.T) {
	t.Parallel()
	for _, language := range words.Languages() {
		p, said := sampled(t, language, ""), map[string]policy.Action{}
		for _, a := range policy.Actions() {
			for _, text := range []string{p.doing(a), p.doneOf(a)} {
				if strings.HasPrefix(text, "action.") {
					t.Errorf("%s: there are no words %s", language, text)
				}
				if other, twice := said[text]; twice {
					t.Errorf("%s: %s and %s are both said %q", language, a, other, text)
				}
				said[text] = a
			}
		}
	}
}

// TestLockedHasWords asks for the reason of every refusal that the policy can
// give, of every action by every column.
func TestLockedHasWords(t *testing.T) {
	t.Parallel()
	for _, language := range words.Languages() {
		p := sampled(t, language, "")
		for _, a := range policy.Actions() {
			for _, column := range append(policy.Columns(), policy.Own, policy.Nobody) {
				for _, d := range refusalsOf(a, column) {
					got := p.reasonFor(a, d, "Sundvik Energi")
					for _, text := range []string{got.why, got.help} {
						if text == "" || strings.Contains(text, "lock.") || strings.Contains(text, "refusal.") || strings.Contains(text, "<no value>") {
							t.Errorf("%s: %s %+v: %+v", language, a, d, got)
						}
					}
				}
			}
		}
	}
}

// refusalsOf are the noes to a that one column can get.
func refusalsOf(a policy.Action, column policy.Column) (out []ops.Decision) {
	f := policy.Facts{Active: true}
	switch cell := policy.Grid(a, column); {
	case column == policy.Nobody:
		return []ops.Decision{{Reason: string(policy.NoRoleHeld)}}
	case cell == policy.NotApplicable:
		return []ops.Decision{{Reason: string(policy.RoleNotApplicable), Cell: column.String()}}
	case cell == policy.No:
		return []ops.Decision{{Reason: string(policy.NotPermitted), Cell: column.String()}}
	}
	for _, worse := range []func(*policy.Facts){
		func(f *policy.Facts) { f.Active = false },
		func(f *policy.Facts) { f.Suspended = true },
		func(f *policy.Facts) { f.Stale = true },
		func(f *policy.Facts) { f.OwnAdministratorsOnly = true },
		func(f *policy.Facts) { f.License = policy.Standard },
		func(f *policy.Facts) { f.Target.HomeHasContactCenter = true },
		func(f *policy.Facts) { f.Target.HomeIsPartner = true },
		func(f *policy.Facts) { f.Target.HoldsExclusive = true },
		func(f *policy.Facts) { f.Target.LastFullAdmin = true },
		func(f *policy.Facts) { f.Target.Self = true },
		func(f *policy.Facts) { f.File.OtherColumns = true },
		func(f *policy.Facts) { f.File.UnknownUser = true },
		func(*policy.Facts) {},
	} {
		f := f
		f.Held = []policy.Role{column.Role()}
		f.Relation = relationNamed(relationOf(column.String()))
		worse(&f)
		if p := policy.May(a, &f); !p.OK {
			out = append(out, ops.Decision{Reason: string(p.Why), Rule: p.Rule, Cell: p.Column.String()})
		}
	}
	return out
}

func relationNamed(name string) policy.Relation {
	for _, r := range []policy.Relation{policy.Customer, policy.Partner, policy.Other} {
		if r.String() == name {
			return r
		}
	}
	return policy.Customer
}

func TestLockedSaysWhoCould(t *testing.T) {
	t.Parallel()
	p := sampled(t, "sv", "")
	for _, tt := range []struct{ action, cell, why, help string }{
		{"users.add", "S/C", "Kräver fullständig administratör.", "Fullständiga administratörer i Sundvik Energi kan göra det."},
		{"users.send_activation", "R/C", "Kräver fullständig administratör eller tjänstadministratör.",
			"Fullständiga administratörer och tjänstadministratörer i Sundvik Energi kan göra det."},
		{"users.send_activation", "R/P", "Kräver fullständig administratör.", "Fullständiga administratörer i Sundvik Energi kan göra det."},
		{"users.change_email", "F/P", "Kräver fullständig administratör som hör till Sundvik Energi.", "Fullständiga administratörer i Sundvik Energi kan göra det."},
		{"organizations.suspend", "F/C", "Kräver fullständig administratör hos en partner till Sundvik Energi.",
			"Fullständiga administratörer hos en partner till Sundvik Energi kan göra det."},
		{"users.list", "P/P", "Kräver fullständig administratör eller skrivskyddad administratör.",
			"En fullständig administratör i Sundvik Energi kan ge dig en annan roll."},
		{"subscriptions.edit", "F/C", "Det görs av den som sköter Kontrollrum, inte på sidorna.", "Vänd dig till den som sköter Kontrollrum."},
		{"credentials.edit", "F/C", "Det gör bara personen själv.", "Be personen göra det under Profil."},
	} {
		a, _ := policy.ParseAction(tt.action)
		got := p.reasonFor(a, ops.Decision{Reason: "not_permitted", Cell: tt.cell}, "Sundvik Energi")
		if got.why != tt.why || got.help != tt.help {
			t.Errorf("%s %s:\n got %q, %q\nwant %q, %q", tt.action, tt.cell, got.why, got.help, tt.why, tt.help)
		}
	}
}
