package demo_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/demo"
	"github.com/kontrollrum/kontrollrum/internal/pgtest"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
)

// open opens a hub on a database and loads the demo world into it.
func open(t *testing.T, database string) *ops.Hub {
	t.Helper()
	clock := demo.NewClock()
	h, err := ops.Open(t.Context(), ops.Config{Database: database, Now: clock.Now, NewID: demo.IDs()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	start := time.Now()
	if err := demo.Load(t.Context(), h, clock); err != nil {
		t.Fatal(err)
	}
	t.Logf("loaded in %v", time.Since(start))
	return h
}

func do[R any](t *testing.T, h *ops.Hub, c ops.Caller, op ops.Op[R]) R {
	t.Helper()
	out, err := ops.Do(t.Context(), h, c, op)
	if err != nil {
		t.Fatalf("%T: %v", op, err)
	}
	return out
}

// user acts as the one with that address.
func user(t *testing.T, h *ops.Hub, email string) ops.Caller {
	t.Helper()
	made := do(t, h, ops.Operator(), ops.CreateToken{User: email, Secret: kontrollrum.NewToken})
	return ops.User(made.User)
}

func TestWorld(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "kontrollrum.db")
	h := open(t, database)
	t.Run("organizations", func(t *testing.T) { organizations(t, h) })
	t.Run("partnerships", func(t *testing.T) { partnerships(t, h) })
	t.Run("seats", func(t *testing.T) { seats(t, h) })
	t.Run("usage", func(t *testing.T) { usage(t, h) })
	t.Run("users", func(t *testing.T) { users(t, h) })
	t.Run("people", func(t *testing.T) { people(t, h) })
	t.Run("decisions", func(t *testing.T) { decisions(t, h) })
	t.Run("audit", func(t *testing.T) { audit(t, h) })
	t.Run("passwords", func(t *testing.T) { passwords(t, h) })
	t.Run("again", func(t *testing.T) { again(t, h, database) })
}

func TestWorldOnPostgres(t *testing.T) {
	t.Parallel()
	h := open(t, pgtest.Start(t))
	seats(t, h)
	decisions(t, h)
}

func organizations(t *testing.T, h *ops.Hub) {
	all := do(t, h, ops.Operator(), ops.ListAllOrganizations{})
	if len(all) != 47 {
		t.Errorf("%d organizations, want 7 and 40 small ones", len(all))
	}
	want := map[string]string{
		"SUN": "Sundvik Energi new true", "NHD": "Nordhamn Drift  false", "VKS": "Västkust Support  false", "TVK": "Tidvatten Konsult  false",
		"FJT": "Fjällsyn Telekom new false", "BRU": "Bruket Handel 1.0 false", "HAM": "Hamnvik Kommun 1.0 true",
	}
	for _, o := range all {
		if strings.HasPrefix(o.Plate, "K") {
			continue
		}
		if got := fmt.Sprintf("%s %s %t", o.Name, o.Platform, o.SetupDone); got != want[o.Plate] {
			t.Errorf("%s is %q, want %q", o.Plate, got, want[o.Plate])
		}
		delete(want, o.Plate)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func partnerships(t *testing.T, h *ops.Hub) {
	plates := map[kontrollrum.OrganizationID]string{}
	for _, o := range do(t, h, ops.Operator(), ops.ListAllOrganizations{}) {
		plates[o.ID] = o.Plate
	}
	of := func(email string) (out []string) {
		for _, p := range do(t, h, user(t, h, email), ops.ViewOrganization{}).Partnerships {
			out = append(out, fmt.Sprintf("%s>%s %t %t", plates[p.Partner], plates[p.Customer], p.Managing, p.Provisioning))
		}
		slices.Sort(out)
		return out
	}
	if got, want := of("karin.holm@sundvik.example"), []string{"NHD>SUN true true", "VKS>SUN true false"}; !slices.Equal(got, want) {
		t.Errorf("Sundvik's partnerships: %q, want %q", got, want)
	}
	want := []string{"NHD>BRU true false", "NHD>HAM true false", "NHD>SUN true true"}
	for i := range 40 {
		want = append(want, fmt.Sprintf("NHD>K%02d true false", i+1))
	}
	slices.Sort(want)
	if got := of("jonas.lindqvist@nordhamn.example"); !slices.Equal(got, want) {
		t.Errorf("Nordhamn's partnerships: %q, want %q", got, want)
	}
	if got := do(t, h, user(t, h, "petra.lund@nordhamn.example"), ops.ListOrganizations{}); len(got) != 44 {
		t.Errorf("Petra may act in %d organizations, want her own and 43 customers", len(got))
	}
}

func seats(t *testing.T, h *ops.Hub) {
	got := map[kontrollrum.Product]string{}
	for _, l := range do(t, h, user(t, h, "karin.holm@sundvik.example"), ops.ListLicenses{}) {
		got[l.Product] = fmt.Sprintf("%d of %d", l.Used, l.Bought)
	}
	if got[kontrollrum.StandardAgent] != "640 of 700" || got[kontrollrum.PremiumAgent] != "168 of 200" {
		t.Errorf("seats in use: %v", got)
	}
	for _, p := range kontrollrum.Products() {
		if got[p] == "" || strings.HasPrefix(got[p], "0 ") {
			t.Errorf("%s: %q seats in use", p, got[p])
		}
	}
}

// usage: seats that are taken over some weeks, and bought when they run out.
func usage(t *testing.T, h *ops.Hub) {
	for _, u := range do(t, h, user(t, h, "karin.holm@sundvik.example"), ops.ListUsage{}) {
		var last ops.UsageDay
		rises := map[int]bool{}
		for _, d := range u.Days {
			if d.Used < last.Used || d.Used > d.Bought || d.Bought < last.Bought {
				t.Errorf("%s: %+v after %+v", u.Product, d, last)
			}
			last, rises[d.Used] = d, true
		}
		if len(u.Days) < 50 || len(rises) < 20 {
			t.Errorf("%s: over %d days %d numbers", u.Product, len(u.Days), len(rises))
		}
	}
}

func users(t *testing.T, h *ops.Hub) {
	var all []kontrollrum.User
	list := ops.ListUsers{Filter: ops.Filter{Limit: ops.MaxPage}}
	for more := true; more; more = list.After.ID != "" {
		page := do(t, h, user(t, h, "karin.holm@sundvik.example"), list)
		all, list.After = append(all, page.Items...), page.Next
	}
	if len(all) != 1284 {
		t.Errorf("%d users, want 1284", len(all))
	}
	names, emails, statuses, holdings := map[string]bool{}, map[kontrollrum.Email]bool{}, map[kontrollrum.UserStatus]int{}, 0
	swedish := 0
	for _, u := range all {
		names[u.DisplayName], emails[u.Email] = true, true
		statuses[u.Status]++
		holdings += len(u.Holdings)
		if strings.ContainsAny(u.DisplayName, "åäöÅÄÖ") {
			swedish++
		}
		if !strings.HasSuffix(string(u.Email), "@sundvik.example") {
			t.Errorf("address %s", u.Email)
		}
	}
	if len(emails) != len(all) || len(names) != len(all) {
		t.Errorf("%d addresses and %d names for %d users", len(emails), len(names), len(all))
	}
	if statuses[kontrollrum.Active] < 1000 || statuses[kontrollrum.Inactive] < 20 || statuses[kontrollrum.NotVerified] < 20 {
		t.Errorf("statuses: %v", statuses)
	}
	if swedish < 300 {
		t.Errorf("%d names with å, ä or ö", swedish)
	}
	t.Logf("%v, %d licences held, %d names with å, ä or ö", statuses, holdings, swedish)
}

func audit(t *testing.T, h *ops.Hub) {
	actors, imported := map[string]int{}, 0
	read := ops.ReadAudit{EntryFilter: ops.EntryFilter{Limit: ops.MaxPage}}
	for more := true; more; read.Offset += ops.MaxPage {
		page := do(t, h, user(t, h, "karin.holm@sundvik.example"), read)
		for _, e := range page.Items {
			if e.Action == "credentials.reset" {
				imported++
				continue
			}
			actors[e.ActorName]++
			if e.Outcome != kontrollrum.Done {
				t.Errorf("%s refused in the making: %+v", e.Action, e)
			}
		}
		more = page.More
	}
	if active := len(do(t, h, user(t, h, "karin.holm@sundvik.example"), ops.ListUsers{Filter: ops.Filter{Limit: ops.MaxPage}}).Items); imported < active {
		t.Errorf("%d passwords, for more than %d users", imported, active)
	}
	if actors["Karin Holm"] < 3000 || actors["operator"] > 60 || len(actors) != 2 {
		t.Errorf("who did it: %v", actors)
	}
}

// passwords: everyone who is active signs in with the one password; nobody else does.
func passwords(t *testing.T, h *ops.Hub) {
	password, err := demo.Password()
	if err != nil {
		t.Fatal(err)
	}
	for email, code := range map[string]string{
		"karin.holm@sundvik.example": "", "jonas.lindqvist@nordhamn.example": "", "ali.rahimi@sundvik.example": "",
		"maja.oberg@sundvik.example": ops.WrongCredentials, "nobody@sundvik.example": ops.WrongCredentials,
	} {
		s, err := h.SignIn(t.Context(), ops.Caller{}, ops.PasswordProof{Email: email, Password: kontrollrum.NewSecret(password)})
		if err != nil || s.Code != code || s.Session.Empty() == (code == "") {
			t.Errorf("%s: %+v, %v", email, s, err)
		}
	}
}

// everything is Sundvik's users and the last entries of its audit log.
func everything(t *testing.T, h *ops.Hub) (out []string) {
	karin := user(t, h, "karin.holm@sundvik.example")
	for _, u := range do(t, h, karin, ops.ListUsers{Filter: ops.Filter{Limit: ops.MaxPage}}).Items {
		out = append(out, fmt.Sprintf("%+v", u))
	}
	for _, e := range do(t, h, karin, ops.ReadAudit{EntryFilter: ops.EntryFilter{Limit: ops.MaxPage}}).Items {
		out = append(out, fmt.Sprintf("%+v", e))
	}
	return out
}

// again starts a hub on a database that holds the world, changed meanwhile.
func again(t *testing.T, h *ops.Hub, database string) {
	karin := user(t, h, "karin.holm@sundvik.example")
	do(t, h, karin, ops.RemoveUser{User: "nora.widmark@sundvik.example"})
	second := opstest.Open(t, database, opstest.NewClock())
	if err := demo.Load(t.Context(), second, nil); err != nil {
		t.Fatalf("on a database that holds the demo world: %v", err)
	}
	if _, err := ops.Do(t.Context(), second, karin, ops.ViewUser{User: "nora.widmark@sundvik.example"}); !errors.Is(err, kontrollrum.NotFound) {
		t.Errorf("what was removed is back: %v", err)
	}
}

func TestNotEmpty(t *testing.T) {
	t.Parallel()
	h := opstest.Open(t, "", opstest.NewClock())
	do(t, h, ops.Operator(), ops.CreateOrganization{NewOrganization: ops.NewOrganization{Plate: "SUN", Name: "Another Sundvik"}})
	fails(t, demo.Load(t.Context(), h, nil), "demo_not_empty")
	if all := do(t, h, ops.Operator(), ops.ListAllOrganizations{}); len(all) != 1 {
		t.Errorf("%d organizations, want the one there was", len(all))
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	fails(t, demo.Load(t.Context(), interrupted(t, 200), nil), "demo_incomplete")
}

// TestTwiceTheSame compares as much of the world as two interrupted hubs have made.
func TestTwiceTheSame(t *testing.T) {
	t.Parallel()
	one, two := everything(t, interrupted(t, 1500)), everything(t, interrupted(t, 1500))
	if len(one) < 1000 {
		t.Errorf("only %d users and entries to compare", len(one))
	}
	for i := range max(len(one), len(two)) {
		if one[i] != two[i] {
			t.Fatalf("not the same twice:\n%s\n%s", one[i], two[i])
		}
	}
}

// interrupted is a hub whose loading is interrupted when it has asked for so many ids.
func interrupted(t *testing.T, after int) *ops.Hub {
	t.Helper()
	ids, asked := demo.IDs(), 0
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	clock := demo.NewClock()
	h, err := ops.Open(ctx, ops.Config{Database: filepath.Join(t.TempDir(), "kontrollrum.db"), Now: clock.Now, NewID: func() string {
		if asked++; asked == after {
			interrupt()
		}
		return ids()
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := demo.Load(ctx, h, clock); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	return h
}

func fails(t *testing.T, err error, code string) {
	t.Helper()
	var e *kontrollrum.Error
	if !errors.As(err, &e) || e.Code != code || !errors.Is(err, kontrollrum.Conflict) {
		t.Errorf("got %v, want a conflict %s", err, code)
	}
}

func people(t *testing.T, h *ops.Hub) {
	named, err := demo.People()
	if err != nil {
		t.Fatal(err)
	}
	var got, want, outsiders, external []string
	for _, p := range named {
		got = append(got, p.Email)
	}
	for _, row := range table {
		want = append(want, row.email)
		checkPerson(t, h, row)
		if row.home != "SUN" && row.in == "SUN" || row.customers {
			outsiders = append(outsiders, row.email+" "+row.holds())
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("named: %q\nwant: %q", got, want)
	}
	for _, x := range do(t, h, user(t, h, "karin.holm@sundvik.example"), ops.ListExternalAdministrators{}).Items {
		external = append(external, fmt.Sprintf("%s %s %s", x.User.Email, x.Assignment.Role, x.Assignment.Reach))
	}
	slices.Sort(external)
	slices.Sort(outsiders)
	if !slices.Equal(external, outsiders) {
		t.Errorf("Sundvik's external administrators: %q\nwant: %q", external, outsiders)
	}
}

func checkPerson(t *testing.T, h *ops.Hub, row row) {
	t.Helper()
	u := do(t, h, user(t, h, row.email), ops.Myself{})
	status := kontrollrum.Active
	if row.email == "maja.oberg@sundvik.example" {
		status = kontrollrum.NotVerified
	}
	home := do(t, h, ops.Operator(), ops.ListAllOrganizations{Search: string(u.Organization)})[0].Plate
	if home != row.home || u.Status != status {
		t.Errorf("%s: %s in %s, want %s in %s", row.email, u.Status, home, status, row.home)
	}
	var product kontrollrum.Product
	if len(u.Holdings) == 1 {
		product = u.Holdings[0].Product
	}
	if product != row.license || len(u.Holdings) > 1 || u.Supervisor() != (row.license == kontrollrum.PremiumAgent) {
		t.Errorf("%s holds %+v, want %q", row.email, u.Holdings, row.license)
	}
	roles, want := "", ""
	for _, a := range u.Assignments {
		roles += fmt.Sprintf("%s %s", a.Role, a.Reach)
	}
	if row.in == row.home {
		want = row.holds()
	}
	if roles != want {
		t.Errorf("%s holds %q at home, want %q", row.email, roles, want)
	}
}
