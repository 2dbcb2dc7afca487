package ops_test

import (
	"context"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/policy"
)

func TestSmoke(t *testing.T) {
	ctx := context.Background()
	h := opstest.Open(t, "", opstest.NewClock())
	org, err := ops.Do(ctx, h, ops.Operator(), ops.CreateOrganization{NewOrganization: ops.NewOrganization{Plate: "SUN", Name: "Sundvik Energi", Services: []kontrollrum.Service{kontrollrum.ContactCenter}}})
	if err != nil {
		t.Fatal(err)
	}
	karin, err := ops.Do(ctx, h, ops.Operator(), ops.AddPerson{AddUser: ops.AddUser{Organization: "SUN", Email: "Karin.Holm@sundvik.example", Details: ops.Details{FirstName: "Karin", LastName: "Holm"}}, Roles: []policy.Role{policy.FullAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := ops.Do(ctx, h, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: "a", Quantities: ops.Quantities{kontrollrum.StandardAgent: 1, kontrollrum.PremiumAgent: 1}})
	if err != nil {
		t.Fatal(err)
	}
	c := ops.User(karin.ID)
	p, err := ops.Do(ctx, h, c, ops.AddPerson{AddUser: ops.AddUser{Email: "b@sundvik.example", Details: ops.Details{FirstName: "Åke"}}, Licenses: []ops.LicenseChange{{License: s.Licenses[0].ID}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", p)
	_, err = ops.Do(ctx, h, ops.User(p.ID), ops.AddUser{Organization: "SUN", Email: "x@y.example", Details: ops.Details{FirstName: "X"}})
	t.Log(err)
	page, err := ops.Do(ctx, h, c, ops.ListUsers{Filter: ops.Filter{Search: "ake", Limit: 10}})
	t.Log(page, err)
	au, err := ops.Do(ctx, h, c, ops.ReadAudit{})
	for _, e := range au.Items {
		t.Logf("%s %s %s %s %s %s", e.Action, e.Outcome, e.ActorName, e.TargetEmail, e.Code, e.After)
	}
	t.Log(err)
	d, err := ops.Do(ctx, h, c, ops.Evaluate{Organization: "SUN", Subject: "b@sundvik.example", Action: "agent_desktop.sign_in"})
	t.Logf("%+v %v", d, err)
	os, err := ops.Do(ctx, h, c, ops.ListOrganizations{})
	t.Log(len(os), err, org.ID)
	ex, err := ops.Do(ctx, h, c, ops.ListExternalAdministrators{})
	t.Log(len(ex.Items), err)
	_, err = ops.Do(ctx, h, c, ops.RevokeRole{User: string(karin.ID), Role: policy.FullAdmin})
	t.Log(err)
}
