package ops_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the database seen from beside the hub

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/policy"
)

// engines make an empty database of each kind and return its address.
var engines = map[string]func(testing.TB) string{
	"sqlite":   func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "kontrollrum.db") },
	"postgres": func(tb testing.TB) string { return pgtest.Start(tb) },
}

// A world is a hub with two customers, SUN and VIK; SUS, a customer that is
// suspended; NOR, managing partner of all three; EXT, whose people administer
// SUN as outsiders; and FAR, which is nothing to anybody.
type world struct {
	testing.TB
	*tables
	hub      *ops.Hub
	clock    *opstest.Clock
	database string
	users    map[string]kontrollrum.UserID
	tokens   map[string]ops.Caller
	ids      map[string]kontrollrum.TokenID
	licenses map[string]kontrollrum.LicenseID // of SUN, by product; "FAR" is one of FAR's
	bought   map[string]kontrollrum.SubscriptionID
	profile  string             // a user profile of SUN
	secret   kontrollrum.Secret // of the application called client, into the control hub
	sessions map[string]kontrollrum.SessionID
	given    kontrollrum.GrantID           // by target to the client
	task     kontrollrum.TaskID            // one of SUN that has ended
	entry    kontrollrum.EntryID           // one of SUN that tells of no role; made by change
	tasks    map[string]kontrollrum.TaskID // of SUN, by what became of them
}

const clientRedirect = "https://client.example/cb"

// A resident is somebody of the world and what they hold.
type resident struct {
	name, home string
	role       policy.Role
	in         string   // where they hold it; empty: at home
	customers  []string // that it reaches; "all" of them
}

var residents = []resident{
	// Of SUN: one for each column, and those to whom things are done.
	{name: "chief", home: "SUN", role: policy.FullAdmin},
	{name: "second", home: "SUN", role: policy.FullAdmin},
	{name: "director", home: "SUN", role: policy.FullAdmin},
	{name: "service", home: "SUN", role: policy.ServiceAdmin},
	{name: "helper", home: "SUN", role: policy.ServiceAdmin},
	{name: "reader", home: "SUN", role: policy.ReadOnlyAdmin},
	{name: "viewer", home: "SUN", role: policy.ReadOnlyAdmin},
	{name: "sunprov", home: "SUN", role: policy.ProvisioningAdmin, customers: []string{"all"}},
	{name: "supervisor", home: "SUN"},
	{name: "licensed", home: "SUN"},
	{name: "plain", home: "SUN"},
	{name: "target", home: "SUN"},
	{name: "holder", home: "SUN"},
	{name: "invited", home: "SUN"},
	{name: "asleep", home: "SUN"},
	{name: "leaver", home: "SUN", role: policy.ServiceAdmin},
	// Of the partner.
	{name: "norchief", home: "NOR", role: policy.FullAdmin},
	{name: "partner", home: "NOR", role: policy.FullAdmin, customers: []string{"all"}},
	{name: "provisioner", home: "NOR", role: policy.ProvisioningAdmin, customers: []string{"all"}},
	{name: "partnerreader", home: "NOR", role: policy.ReadOnlyAdmin, customers: []string{"all"}},
	{name: "named", home: "NOR", role: policy.ProvisioningAdmin, customers: []string{"SUN"}},
	{name: "norplain", home: "NOR"},
	// From elsewhere.
	{name: "extchief", home: "EXT", role: policy.FullAdmin},
	{name: "outsider", home: "EXT", role: policy.FullAdmin, in: "SUN"},
	{name: "outservice", home: "EXT", role: policy.ServiceAdmin, in: "SUN"},
	{name: "outreader", home: "EXT", role: policy.ReadOnlyAdmin, in: "SUN"},
	{name: "guest", home: "EXT", role: policy.ServiceAdmin, in: "SUN"},
	{name: "guestfull", home: "EXT", role: policy.FullAdmin, in: "SUN"},
	{name: "guestreader", home: "EXT", role: policy.ReadOnlyAdmin, in: "SUN"},
	{name: "candidate", home: "EXT"},
	{name: "vikchief", home: "VIK", role: policy.FullAdmin},
	{name: "suschief", home: "SUS", role: policy.FullAdmin},
	{name: "stranger", home: "FAR", role: policy.FullAdmin},
}

// email is a resident's address.
func email(name string) string {
	for _, r := range residents {
		if r.name == name {
			return name + "@" + strings.ToLower(r.home) + ".example"
		}
	}
	return name + "@nowhere.example"
}

// must runs an op that makes the world.
func must[R any](w *world, c ops.Caller, op ops.Op[R]) R {
	w.Helper()
	out, err := ops.Do(w.Context(), w.hub, c, op)
	if err != nil {
		w.Fatalf("%T: %v", op, err)
	}
	return out
}

// as is a resident calling, as whoever signed in.
func (w *world) as(name string) ops.Caller { return ops.User(w.users[name]) }

// newWorld makes a world, or on SQLite a copy of one that was made before.
func newWorld(tb testing.TB, engine string) *world {
	tb.Helper()
	if engine != "sqlite" {
		return makeWorld(tb, engine)
	}
	original.once.Do(func() {
		original.world = makeWorld(tb, engine)
		path := filepath.Join(tb.TempDir(), "copy.db")
		err := original.world.hub.Backup(tb.Context(), path)
		if err == nil {
			original.file, err = os.ReadFile(path)
		}
		if err != nil {
			tb.Fatal(err)
		}
	})
	w := *original.world
	w.TB, w.clock, w.database = tb, opstest.NewClock(), engines[engine](tb)
	w.clock.Advance(original.world.clock.Now().Sub(w.clock.Now()))
	w.bought = maps.Clone(w.bought)
	if err := os.WriteFile(w.database, original.file, 0o600); err != nil {
		tb.Fatal(err)
	}
	w.hub = opstest.Open(tb, w.database, w.clock)
	w.tables = openTables(tb, engine, w.database)
	return &w
}

// original is the world that the others are copies of.
var original struct {
	once  sync.Once
	world *world
	file  []byte
}

func makeWorld(tb testing.TB, engine string) *world {
	tb.Helper()
	w := &world{TB: tb, clock: opstest.NewClock(), database: engines[engine](tb), users: map[string]kontrollrum.UserID{}, tokens: map[string]ops.Caller{},
		ids: map[string]kontrollrum.TokenID{}, licenses: map[string]kontrollrum.LicenseID{}, bought: map[string]kontrollrum.SubscriptionID{}, sessions: map[string]kontrollrum.SessionID{},
		tasks: map[string]kontrollrum.TaskID{}}
	w.hub = opstest.Open(tb, w.database, w.clock)
	w.tables = openTables(tb, engine, w.database)
	w.settle()
	w.furnish()
	w.exec(tb, `delete from entries`) // how the world came to be is of no interest
	return w
}

// settle makes organizations, partnerships and people.
func (w *world) settle() {
	w.Helper()
	for _, plate := range []string{"SUN", "VIK", "SUS", "NOR", "EXT", "FAR"} {
		o := ops.NewOrganization{Plate: plate, Name: "Org " + plate, SetupDone: true}
		if plate == "SUN" || plate == "VIK" {
			o.Services, o.Platform = []kontrollrum.Service{kontrollrum.ContactCenter, kontrollrum.Meetings}, kontrollrum.Platform10
		}
		must(w, ops.Operator(), ops.CreateOrganization{NewOrganization: o})
	}
	for _, customer := range []string{"SUN", "VIK", "SUS"} {
		must(w, ops.Operator(), ops.AddPartnership{Customer: customer, Partner: "NOR", Managing: true})
	}
	for _, r := range residents {
		w.users[r.name] = must(w, ops.Operator(), ops.AddPerson{
			AddUser:  ops.AddUser{Organization: r.home, Email: email(r.name), Details: ops.Details{DisplayName: "Namn " + r.name}, Silent: true},
			Activate: r.name != "invited"}).ID
	}
	chiefs := map[string]string{"SUN": "chief", "NOR": "norchief", "VIK": "vikchief", "EXT": "extchief"}
	for _, r := range residents {
		if r.role == policy.NoRole {
			continue
		}
		in := r.in
		if in == "" {
			in = r.home
		}
		by := ops.Operator()
		if chief := chiefs[in]; chief != r.name && chief != "" {
			by = w.as(chief)
		}
		op := ops.AssignRole{Organization: in, User: email(r.name), Role: r.role}
		if len(r.customers) > 0 {
			if op.Reach = kontrollrum.ReachCustomers; r.customers[0] != "all" {
				op.Customers = r.customers
			}
		}
		must(w, by, op)
	}
	must(w, w.as("vikchief"), ops.AssignRole{Organization: "VIK", User: email("leaver"), Role: policy.ReadOnlyAdmin})
	must(w, w.as("chief"), ops.DeactivateUser{User: email("asleep")})
	must(w, ops.Operator(), ops.SuspendOrganization{Organization: "SUS"})
}

// furniture is who holds which licence of SUN.
var furniture = []struct {
	user       string
	product    kontrollrum.Product
	supervisor bool
}{
	{"supervisor", kontrollrum.PremiumAgent, true}, {"licensed", kontrollrum.StandardAgent, false},
	{"holder", kontrollrum.PremiumAgent, false}, {"holder", kontrollrum.MeetingsHost, false}, {"leaver", kontrollrum.StandardAgent, false},
}

// furnish makes licences, tokens and what else there is.
func (w *world) furnish() {
	w.Helper()
	buy := func(plate, name string, seats ops.Quantities) {
		s := must(w, ops.Operator(), ops.BuySubscription{Organization: plate, Name: name, Quantities: seats})
		w.bought[name] = s.ID
		for _, l := range s.Licenses {
			w.licenses[string(l.Product)] = l.ID
		}
	}
	buy("FAR", "Far", ops.Quantities{kontrollrum.MeetingsHost: 3})
	w.licenses["FAR"] = w.licenses[string(kontrollrum.MeetingsHost)]
	buy("SUN", "Avtal", ops.Quantities{kontrollrum.StandardAgent: 10, kontrollrum.PremiumAgent: 10, kontrollrum.MeetingsHost: 10})
	buy("SUN", "Mer", ops.Quantities{kontrollrum.MessagingUser: 10})
	for _, h := range furniture {
		must(w, w.as("chief"), ops.AssignLicense{User: email(h.user), License: w.licenses[string(h.product)], Supervisor: &h.supervisor})
	}
	w.profile = must(w, w.as("chief"), ops.SaveUserProfile{Name: "Chefer", WorkingHour: policy.Edit})
	must(w, w.as("chief"), ops.GiveUserProfile{User: email("supervisor"), Profile: w.profile})
	w.task = must(w, w.as("chief"), ops.SendActivations{}).ID
	must(w, w.as("chief"), ops.ActivateUser{User: email("asleep")})
	task := func(name, user string, op ops.StartTask) {
		op.Users = []string{string(w.users[user])}
		w.tasks[name] = must(w, w.as("chief"), op).ID
	}
	task("done", "asleep", ops.StartTask{Kind: kontrollrum.DeactivateTask})
	task("failed", "holder", ops.StartTask{Kind: kontrollrum.AssignTask, License: w.licenses[string(kontrollrum.StandardAgent)]})
	for must(w, ops.Operator(), ops.WorkTask{Clerk: "world"}) {
	}
	task("runs", "target", ops.StartTask{Kind: kontrollrum.AssignTask, License: w.licenses[string(kontrollrum.MeetingsHost)]})
	w.exec(w, `update tasks set claim = 'elsewhere', lease = 9000000000000000 where ended is null`)
	w.exec(w, `delete from outbox`) // so that whoever is invited may be mailed
	w.exec(w, `delete from links`)
	must(w, w.as("chief"), ops.SetIdentityProvider{Issuer: "https://login.sun.example", ClientID: "kontrollrum", Name: "Solen"})
	must(w, ops.Operator(), ops.AddDomain{Organization: "SUN", Domain: "old.example"})
	for _, r := range residents {
		w.token(r.name, ops.CreateToken{User: email(r.name)})
	}
	w.secret = must(w, ops.Operator(), ops.AddClient{ID: "client", Name: "Klient", Redirects: []string{clientRedirect}, AfterLogout: []string{"https://client.example/out"},
		Logout: "https://client.example/bye", Device: true}).Secret
	w.token("application", ops.CreateToken{Organization: "SUN", Application: "växel"})
	w.token("revoked", ops.CreateToken{User: email("chief")})
	w.token("expired", ops.CreateToken{User: email("chief"), Expires: w.clock.Now().Add(time.Second)})
	must(w, ops.Operator(), ops.RevokeToken{Token: w.ids["revoked"]})
	hashes := map[string]string{}
	for _, r := range residents {
		hashes[email(r.name)] = cheapHash
	}
	must(w, ops.Operator(), ops.ImportPasswords{Hashes: hashes})
	target := w.signIn("target")
	must(w, target, ops.Myself{})
	w.granted(target, "offline_access", ops.ScopeAPI)
	w.given = must(w, target, ops.ListGrants{})[0].ID
	for _, s := range must(w, w.as("target"), ops.ListSessions{}) {
		w.sessions["target"] = s.ID
	}
	w.clock.Advance(time.Minute)
}

// token makes a bearer token under a name.
func (w *world) token(name string, op ops.CreateToken) {
	w.Helper()
	op.Secret = kontrollrum.NewToken
	made := must(w, ops.Operator(), op)
	w.tokens[name], w.ids[name] = ops.Bearer(made.Secret), made.ID
}

// column says in which column somebody stands in an organization, and whether
// they stand there at all: the world told once more, without the database.
func column(name, plate string) (c policy.Column, stands bool) {
	switch name {
	case "operator":
		return policy.Operator, true
	case "application":
		return policy.Application, plate == "SUN"
	}
	customers := map[string]bool{"SUN": true, "VIK": true, "SUS": true}
	for _, r := range residents {
		if r.name != name {
			continue
		}
		in := r.in
		if in == "" {
			in = r.home
		}
		rel := policy.Other
		switch {
		case r.home == plate:
			rel = policy.Customer
		case r.home == "NOR" && customers[plate]:
			rel = policy.Partner
		}
		counts := in == plate || rel == policy.Partner && len(r.customers) > 0 && (r.customers[0] == "all" || r.customers[0] == plate)
		switch {
		case r.role != policy.NoRole && counts:
			return policy.ColumnOf(r.role, rel), true
		case name == "supervisor" && plate == "SUN":
			return policy.ColumnOf(policy.Supervisor, rel), true
		}
		return policy.Nobody, rel == policy.Customer
	}
	return policy.Nobody, false
}
