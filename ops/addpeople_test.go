package ops_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/policy"
)

// found makes the organization SUN with karin as its full administrator.
func found(t *testing.T, h *ops.Hub) ops.Caller {
	t.Helper()
	ctx := context.Background()
	_, err := ops.Do(ctx, h, ops.Operator(), ops.FoundOrganization{
		NewOrganization: ops.NewOrganization{Plate: "SUN", Name: "Sundvik Energi"},
		Administrator:   ops.AddUser{Email: "karin.holm@sundvik.example", Details: ops.Details{FirstName: "Karin"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	karin, err := ops.Do(ctx, h, ops.Operator(), ops.AddPerson{AddUser: ops.AddUser{Organization: "SUN", Email: "bo@sundvik.example", Details: ops.Details{FirstName: "Bo"}},
		Roles: []policy.Role{policy.FullAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	return ops.User(karin.ID)
}

func person(email string) ops.AddPerson {
	return ops.AddPerson{AddUser: ops.AddUser{Email: email, Details: ops.Details{FirstName: "Eva"}}}
}

func count(t *testing.T, h *ops.Hub, c ops.Caller) int {
	t.Helper()
	page, err := ops.Do(context.Background(), h, c, ops.ListUsers{Organization: "SUN"})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}

func TestAddPeopleAllOrNone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := opstest.Open(t, "", opstest.NewClock())
	c := found(t, h)
	added, err := ops.Do(ctx, h, c, ops.AddPeople{People: []ops.AddPerson{person("a@sundvik.example"), person("b@sundvik.example")}})
	if err != nil || len(added) != 2 || added[1].Email != "b@sundvik.example" {
		t.Fatalf("got %+v, %v", added, err)
	}
	_, err = ops.Do(ctx, h, c, ops.AddPeople{Organization: "SUN", People: []ops.AddPerson{
		person("c@sundvik.example"), person("not an address"), person("a@sundvik.example"),
		{AddUser: ops.AddUser{Email: "d@sundvik.example", Details: ops.Details{FirstName: "D"}}, Licenses: []ops.LicenseChange{{License: "none"}}},
	}})
	var fields []string
	for _, e := range kontrollrum.All(err) {
		fields = append(fields, e.Field)
	}
	if want := []string{"people[1].email", "people[2].email", "people[3]"}; !slices.Equal(fields, want) {
		t.Errorf("errors speak of %q, want %q: %v", fields, want, err)
	}
	if n := count(t, h, c); n != 4 {
		t.Errorf("%d users after a refusal of all, want 4", n)
	}
}

func TestAddPeopleRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := opstest.Open(t, "", opstest.NewClock())
	c := found(t, h)
	added, err := ops.Do(ctx, h, c, ops.AddPeople{People: []ops.AddPerson{person("a@sundvik.example")}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = ops.Do(ctx, h, ops.User(added[0].ID), ops.AddPeople{People: []ops.AddPerson{person("b@sundvik.example"), person("c@sundvik.example")}})
	if !errors.Is(err, kontrollrum.Denied) {
		t.Errorf("somebody without a role adds people: %v", err)
	}
	log, err := ops.Do(ctx, h, c, ops.ReadAudit{})
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, e := range log.Items {
		if e.Outcome == kontrollrum.Refused {
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("%d refusals in the log, want 1", refused)
	}
}

func TestFoundOrganizationBothOrNeither(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := opstest.Open(t, "", opstest.NewClock())
	_, err := ops.Do(ctx, h, ops.Operator(), ops.FoundOrganization{NewOrganization: ops.NewOrganization{Plate: "SUN", Name: "Sundvik Energi"}})
	if !errors.Is(err, kontrollrum.Invalid) {
		t.Errorf("without an administrator: %v", err)
	}
	all, err := ops.Do(ctx, h, ops.Operator(), ops.ListAllOrganizations{})
	if err != nil || len(all) != 0 {
		t.Errorf("an organization without administrator is left: %v, %v", all, err)
	}
	c := found(t, h)
	karin, err := ops.Do(ctx, h, c, ops.ViewUser{User: "karin.holm@sundvik.example"})
	if err != nil || karin.Status != kontrollrum.NotVerified || len(karin.Assignments) != 1 || karin.Assignments[0].Role != policy.FullAdmin {
		t.Errorf("got %+v, %v", karin, err)
	}
	if _, err := ops.Do(ctx, h, c, ops.ListAllOrganizations{}); !errors.Is(err, kontrollrum.NotFound) {
		t.Errorf("an administrator lists all organizations: %v", err)
	}
}
