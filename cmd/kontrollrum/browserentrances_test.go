package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A door is what permissions.md §5 says of an application: the mode in which
// somebody is let in, or else the words for why not and for what would help.
type door struct{ mode, why, help string }

// Doors that are open.
var (
	full    = door{mode: "full"}
	read    = door{mode: "read"}
	limited = door{mode: "limited"}
)

// Doors that are closed.
var (
	byStandard   = door{why: "refusal.why.standard_license_desktop_only", help: "refusal.help.standard_license_desktop_only"} // c8
	noLicense    = door{why: "refusal.why.no_agent_license", help: "refusal.help.no_agent_license"}                           // c9
	notReadOnly  = door{why: "refusal.cell.portal_read_only_admin_customer", help: "refusal.help.not_permitted"}
	notSuperior  = door{why: "refusal.cell.portal_supervisor_customer", help: "refusal.help.not_permitted"}
	notWithout   = door{why: "refusal.cell.portal_none", help: "refusal.help.no_role"}
	standard     = kontrollrum.StandardAgent
	premium      = kontrollrum.PremiumAgent
	applications = []string{"hub", "portal", "desktop"}
	paths        = map[string]string{"hub": "/", "portal": "/portal", "desktop": "/desktop"}
)

// An entrant is somebody with one role in the customer organization SOL, held
// from one place, with one licence, and what §5 says of them.
type entrant struct {
	role       policy.Role
	home       string // plate; SOL is a customer, PAR its partner, OTH and TEL neither
	license    kontrollrum.Product
	supervisor bool
	hub        door // in SOL
	portal     door
	desktop    door
}

const (
	none     = policy.NoRole
	fullAdm  = policy.FullAdmin
	service  = policy.ServiceAdmin
	provider = policy.ProvisioningAdmin
	readOnly = policy.ReadOnlyAdmin
)

// entrants are the rows of §5's table, by relation and licence.
var entrants = []entrant{
	// F, S: the hub; the portal unless c8; the desktop by c9.
	{fullAdm, "SOL", "", false, full, full, noLicense},
	{fullAdm, "SOL", standard, false, full, byStandard, full},
	{fullAdm, "SOL", premium, false, full, full, full},
	{fullAdm, "PAR", "", false, full, full, noLicense},
	{fullAdm, "OTH", "", false, full, full, noLicense},
	{fullAdm, "TEL", standard, false, full, full, noLicense}, // c8 and c9 speak of a licence in this organization
	{fullAdm, "TEL", premium, false, full, full, noLicense},
	{service, "SOL", "", false, full, full, noLicense},
	{service, "SOL", standard, false, full, byStandard, full},
	{service, "SOL", premium, false, full, full, full},
	{service, "OTH", "", false, full, full, noLicense},
	// P: has no licence.
	{provider, "PAR", "", false, full, full, noLicense},
	// R / C: the hub without the contact centre service, and so no portal.
	{readOnly, "SOL", "", false, read, notReadOnly, noLicense},
	{readOnly, "SOL", standard, false, read, notReadOnly, full},
	{readOnly, "SOL", premium, false, read, notReadOnly, full},
	{readOnly, "SOL", premium, true, read, notReadOnly, full},
	// R / P, R / O: read-only.
	{readOnly, "PAR", "", false, read, read, noLicense},
	{readOnly, "OTH", "", false, read, read, noLicense},
	{readOnly, "TEL", premium, false, read, read, noLicense},
	// V / C: only the business hours pages.
	{none, "SOL", premium, true, limited, notSuperior, full},
	// A licence only: the own profile.
	{none, "SOL", standard, false, limited, notWithout, full},
	{none, "SOL", premium, false, limited, notWithout, full},
	// Nothing.
	{none, "SOL", "", false, limited, notWithout, noLicense},
}

func (e *entrant) email() string {
	return strings.ToLower(strings.ReplaceAll(strings.Join([]string{e.roleWord(), e.home, string(e.license), fmt.Sprint(e.supervisor)}, "."), "_", "-")) + "@entrances.example"
}

func (e *entrant) roleWord() string {
	switch {
	case e.role != none:
		return "role." + e.role.String()
	case e.supervisor:
		return "role.supervisor"
	}
	return "role.none"
}

// add makes the entrant.
func (e *entrant) add(s *site) {
	s.Helper()
	s.person(e.home, e.email(), "Vera Provare", "")
	if e.role != none {
		a := ops.AssignRole{Organization: "SOL", User: e.email(), Role: e.role}
		if e.home == "PAR" {
			a.Organization, a.Reach = "PAR", kontrollrum.ReachCustomers
		}
		by(s, a.Organization, a)
	}
	if e.license != "" {
		for _, l := range by(s, e.home, ops.ListLicenses{Organization: e.home, Product: e.license}) {
			by(s, e.home, ops.AssignLicense{Organization: e.home, User: e.email(), License: l.ID, Supervisor: &e.supervisor})
		}
	}
}

// testEntrances holds the three applications to every row of §5's table.
func testEntrances(t *testing.T, s *site) {
	s.organization("SOL", "Solvik Energi", true)
	s.organization("PAR", "Partner Drift", false)
	s.organization("OTH", "Annan Konsult", false)
	s.organization("TEL", "Fjärran Telekom", true)
	act(s, ops.AddPartnership{Customer: "SOL", Partner: "PAR", Managing: true, Provisioning: true})
	halves := [][]entrant{entrants[:len(entrants)/2], entrants[len(entrants)/2:]}
	for i, language := range []string{"sv", "en"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			of := *s
			of.TB = t
			v := of.visit(t, language)
			for _, e := range halves[i] {
				e.add(&of)
				e.enter(v)
				v.Forget()
			}
		})
	}
	t.Run("deactivated", func(t *testing.T) {
		t.Parallel()
		of := *s
		of.TB = t
		v := of.visit(t, "sv")
		for _, e := range []entrant{{role: fullAdm, home: "SOL"}, {home: "SOL", license: standard}} {
			e.home = "SOL"
			email := "deactivated." + e.email()
			of.person("SOL", email, "Dan Deaktiv", "sv")
			if e.role != none {
				by(&of, "SOL", ops.AssignRole{Organization: "SOL", User: email, Role: e.role})
			}
			by(&of, "SOL", ops.DeactivateUser{Organization: "SOL", User: email})
			v.signIn(email)
			v.reads(v.Say("password.wrong"))
			for _, a := range applications {
				v.open(paths[a])
				v.at("/sign-in")
			}
		}
	})
}

// enter signs the entrant in, on another node, and tries each application's
// door in SOL.
func (e *entrant) enter(v *visitor) {
	v.Helper()
	in, err := v.site.SignIn(context.Background(), ops.Caller{}, ops.PasswordProof{Email: e.email(), Password: kontrollrum.NewSecret(password)})
	if err != nil || in.Code != "" {
		v.Fatalf("%s does not get in: %v %v", e.email(), in, err)
	}
	v.Give(v.site.public, "__Host-session", in.Session.Reveal())
	for i, want := range []door{e.hub, e.portal, e.desktop} {
		path := paths[applications[i]]
		if e.home != "SOL" {
			path += "?organization=SOL"
		}
		v.open(path)
		e.try(v, applications[i], want)
	}
	e.elsewhere(v)
}

// try compares the page with what is to be behind a door.
func (e *entrant) try(v *visitor, application string, want door) {
	v.Helper()
	if v.Failed() {
		v.Fatalf("%s with licence %q at home in %s: the application is %s", e.roleWord(), e.license, e.home, application)
	}
	if want.mode == "" {
		if v.Status() != "403" {
			v.Errorf("%s %s: %s, want a refusal", e.email(), application, v.Status())
		}
		args := []any{"Organization", "Solvik Energi", "Role", v.Say(e.roleWord())}
		v.reads(v.Say("refused.title."+application), v.Say(want.why, args...), v.Say(want.help, args...), e.email())
		return
	}
	if v.Status() != "200" {
		v.Errorf("%s %s: %s, want to be let in: %s", e.email(), application, v.Status(), v.Text())
	}
	v.reads("Solvik Energi")
	switch application {
	case "hub":
		v.reads(v.Say("hub.welcome", "Name", "Vera"), v.Say("mode."+want.mode))
		for i, other := range []door{e.portal, e.desktop} { // said before the door, too
			if other.mode == "" {
				v.reads(v.Say(other.why, "Organization", "Solvik Energi", "Role", v.Say(e.roleWord())))
			} else {
				v.reads(v.Say("entrance." + applications[i+1] + "_" + other.mode))
			}
		}
	case "portal":
		v.reads(v.Say("entrance.portal_"+want.mode), v.Say(e.roleWord()))
	case "desktop":
		v.reads(v.Say("license." + string(e.license)))
	}
}

// elsewhere tries what has no organization in its address: home, unless more
// is open in another.
func (e *entrant) elsewhere(v *visitor) {
	v.Helper()
	if e.home == "SOL" {
		return
	}
	v.open("/")
	if e.home == "PAR" { // a role that reaches customers counts at home
		want := map[policy.Role]string{fullAdm: "mode.full", readOnly: "mode.read", provider: "mode.full"}[e.role]
		v.reads(v.Say(want))
	} else { // nothing at home
		v.reads("Solvik Energi", v.Say("mode."+e.hub.mode))
		v.open("/portal")
		v.reads("Solvik Energi", v.Say("entrance.portal_"+e.portal.mode))
	}
	v.open("/desktop")
	if e.license == "" {
		v.reads(v.Say("refused.title.desktop"))
	} else {
		v.reads(v.Say("license."+string(e.license)), "Fjärran Telekom")
	}
}
