package ops_test

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// More of what a sequence may do: licences, organizations, and looking.

func (q *sequence) license() (string, *seats) {
	name := q.pick("licence", "few standard", "few standard", "few premium", "few premium", "few calling", string(kontrollrum.StandardAgent), string(kontrollrum.PremiumAgent), "FAR")
	return name, q.m.licenses[name]
}

// licenseAction is what a licence is judged as; one of elsewhere is not there.
func licenseAction(l *seats, at string) policy.Action {
	if l.at == at && !l.product.ContactCenter() {
		return policy.LicensesOtherEdit
	}
	return policy.LicensesContactCenterEdit
}

func (q *sequence) give() {
	by, at := q.scene()
	_, to := q.person(at)
	name, l := q.license()
	_, held := to.seats[name]
	agent := l.product.ContactCenter() && slices.ContainsFunc(q.m.held(to), func(l *seats) bool { return l.product.ContactCenter() })
	want := first(q.m.judge(by, at, to, licenseAction(l, at)), otherwise(to.home != at, "not found: user_not_found"), otherwise(l.at != at, "not found: license_not_found"),
		otherwise(held, "conflict: license_held"), otherwise(agent, "conflict: exclusive_license_held"),
		otherwise(q.m.used(name) >= l.bought+q.m.places[at].overage, "conflict: no_seats_left"))
	ask(q, by, ops.AssignLicense{Organization: at, User: to.email, License: l.id}, want, 1)
	if want == "done" {
		to.seats[name] = false
	}
}

func (m *model) held(a *actor) (out []*seats) {
	for name := range a.seats {
		out = append(out, m.licenses[name])
	}
	return out
}

func (q *sequence) take() {
	by, at := q.scene()
	_, to := q.person(at)
	name, l := q.license()
	_, held := to.seats[name]
	want := first(q.m.judge(by, at, to, licenseAction(l, at)), otherwise(to.home != at, "not found: user_not_found"), otherwise(l.at != at, "not found: license_not_found"),
		otherwise(!held, "conflict: license_not_held"))
	ask(q, by, ops.RemoveLicense{Organization: at, User: to.email, License: l.id}, want, 1)
	if want == "done" {
		delete(to.seats, name)
	}
}

// bought has the operator change how many seats there are.
func (q *sequence) bought() {
	name := q.pick("product", "few standard", "few premium", "few calling")
	l := q.m.licenses[name]
	n := rapid.IntRange(0, 3).Draw(q.T, "bought")
	want := first(otherwise(q.m.used(name) > n+q.m.places["SUN"].overage, "conflict: seats_in_use"))
	ask(q, "operator", ops.ChangeSubscription{Organization: "SUN", Subscription: q.w.bought["Få"], Quantities: ops.Quantities{l.product: n}}, want, number(n != l.bought))
	if want == "done" {
		l.bought = n
	}
}

func (q *sequence) organization() {
	by, at := q.scene()
	p := q.m.places[at]
	switch rapid.IntRange(0, 3).Draw(q.T, "what") {
	case 0:
		on := rapid.Bool().Draw(q.T, "s1")
		restrict := ""
		if on != p.s1 {
			restrict = q.m.judge(by, at, nil, policy.OrganizationRestrictExternal)
		}
		want := first(q.m.judge(by, at, nil, policy.OrganizationEditSettings), restrict)
		ask(q, by, ops.EditOrganization{Organization: at, OwnAdministratorsOnly: &on}, want, 2*number(on != p.s1))
		if want == "done" {
			p.s1 = on
		}
	case 1:
		overage, over := rapid.IntRange(0, 2).Draw(q.T, "overage"), false
		for name, l := range q.m.licenses {
			over = over || l.at == at && q.m.used(name) > l.bought+overage
		}
		want := first(q.m.judge(by, at, nil, policy.OrganizationEditSettings), otherwise(over, "conflict: seats_in_use"))
		ask(q, by, ops.EditOrganization{Organization: at, Overage: &overage}, want, number(overage != p.overage))
		if want == "done" {
			p.overage = overage
		}
	case 2:
		want := first(q.m.judge(by, at, nil, policy.OrganizationsSuspend), otherwise(p.suspended, "conflict: already_suspended"))
		ask(q, by, ops.SuspendOrganization{Organization: at}, want, 1)
		p.suspended = p.suspended || want == "done"
	default:
		want := first(q.m.judge(by, at, nil, policy.OrganizationsResume), otherwise(!p.suspended, "conflict: not_suspended"))
		ask(q, by, ops.ResumeOrganization{Organization: at}, want, 1)
		p.suspended = p.suspended && want != "done"
	}
}

func (q *sequence) partnership() {
	by, at := q.scene()
	key := [2]string{"NOR", at}
	if rapid.Bool().Draw(q.T, "add") {
		want := first(q.m.judge(by, at, nil, policy.PartnershipsAdd), otherwise(at == "NOR", "invalid: invalid_partner"), otherwise(q.m.partners[key], "conflict: partnership_exists"))
		ask(q, by, ops.AddPartnership{Customer: at, Partner: "NOR", Managing: true}, want, 1)
		q.m.partners[key] = q.m.partners[key] || want == "done"
		return
	}
	want := first(q.m.judge(by, at, nil, policy.PartnershipsEnd), otherwise(!q.m.partners[key], "not found: partnership_not_found"))
	ask(q, by, ops.EndPartnership{Customer: at, Partner: "NOR"}, want, 1)
	q.m.partners[key] = q.m.partners[key] && want != "done"
}

// wait lets roles end.
func (q *sequence) wait() {
	q.w.clock.Advance(time.Duration(rapid.IntRange(1, 20).Draw(q.T, "hours")) * time.Hour)
}

// look lists users and one of them: the place's own, all of them, with the
// roles that the caller may see, and nobody else's.
func (q *sequence) look() {
	by, at := q.scene()
	if by == "operator" {
		by = "chief"
		if q.m.people[by] == nil {
			return
		}
	}
	want := first(q.m.judge(by, at, nil, policy.UsersList))
	page := ask(q, by, ops.ListUsers{Organization: at, Filter: ops.Filter{Limit: 1000}}, want, 0)
	if want == "done" {
		f := q.m.facts(q.m.people[by], at, nil)
		sees := policy.Sees(&f)
		shown := map[kontrollrum.UserID][]policy.Role{}
		for _, u := range page.Items {
			shown[u.ID] = []policy.Role{}
			for _, a := range u.Assignments {
				shown[u.ID] = append(shown[u.ID], a.Role)
			}
		}
		for name, a := range q.m.people {
			roles, listed := shown[a.id]
			if listed != (a.home == at) {
				q.Fatalf("%s lists the users of %s, with %s: %t", by, at, name, listed)
			}
			for _, r := range q.m.current(a) {
				if is := slices.Contains(roles, r.role); r.in == at && listed && is != sees.Role(r.role, false) {
					q.Fatalf("%s sees in %s that %s is %s: %t", by, at, name, r.role, is)
				}
			}
			delete(shown, a.id)
		}
		if len(shown) > 0 {
			q.Fatalf("%s lists users of %s that nobody knows: %v", by, at, shown)
		}
	}
	_, to := q.person(at)
	want = first(q.m.judge(by, at, to, policy.UsersView), otherwise(to.home != at, "not found: user_not_found"))
	if u := ask(q, by, ops.ViewUser{Organization: at, User: to.email}, want, 0); want == "done" && u.ID != to.id {
		q.Fatalf("%s asked for %s and is shown %s", by, to.email, u.Email)
	}
}
