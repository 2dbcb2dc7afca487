package ui

import "github.com/kontrollrum/kontrollrum/policy"

// rolesSamples are the pages about roles and permissions.
func rolesSamples(p *Page) []sample {
	elin := inside(p, "full", "service_admin")
	elin.Name, elin.Email, elin.At = "Elin Sandberg", "elin.sandberg@sundvik.example", "roles"
	karin := inside(p, "full", "full_admin")
	karin.At = "roles"
	of := func(v *Inside, q Question, yours ...policy.Column) RolesPage {
		return RolesPage{Inside: v, Matrix: matrix(), Yours: yours, Question: q}
	}
	column := func(r policy.Role, rel policy.Relation) policy.Column { return policy.ColumnOf(r, rel) }
	args := []any{"Organization", "Sundvik Energi", "Role", "", "Who", "Elin Sandberg", "Text", "lund"}
	m := matrix()
	refused := Question{Who: elin.Email, Whom: "petra.lund@nordhamn.example", Do: firstAsked, Fixed: p.Say("ask.fixed", "Organization", "Sundvik Energi", "Roles", "fullständiga administratörer"),
		Answer: &Answer{Why: p.Say("refusal.why.external_user_from_partner", args...), Help: p.Say("refusal.help.external_user_from_partner", args...),
			Condition: m.condition(firstAsked, column(policy.ServiceAdmin, policy.Customer))}}
	given := Question{Who: "elin.sandberg@sundvik.example", Do: policy.UsersList, Answer: &Answer{OK: true, Why: p.Say("ask.by.role", "Role", "tjänstadministratör för kontaktcenter", "Organization", "Sundvik Energi")}}
	open := Question{Who: "lund", Do: policy.UsersAdd, Answer: &Answer{Open: true, Why: p.Say("ask.several", args...), Field: "who",
		People: []Person{{"1", "Petra Lund", "petra.lund@nordhamn.example"}, {"2", "Samira Lund", "samira.lund@sundvik.example"}}}}
	return []sample{
		{"roles", of(elin, refused, column(policy.ServiceAdmin, policy.Customer)).View()},
		{"roles-given", of(karin, given, column(policy.FullAdmin, policy.Customer), column(policy.Supervisor, policy.Customer)).View()},
		{"roles-several", of(karin, open, column(policy.FullAdmin, policy.Customer)).View()},
	}
}
