// Package sdktest drives the API with the clients that people have, unchanged
// but for their base URL, against a real server on SQLite.
package sdktest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/api"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
)

// crowd is how many people the organization has beside its administrator.
const crowd = 11

// serve starts a server with one organization and returns its base URL and a
// token of the full administrator karin.
func serve(t *testing.T) (base, token string) {
	t.Helper()
	ctx, clock := context.Background(), opstest.NewClock()
	hub := opstest.Open(t, "", clock)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := ops.Do(ctx, hub, ops.Operator(), ops.FoundOrganization{
		NewOrganization: ops.NewOrganization{Plate: "SUN", Name: "Sundvik Energi", Services: []kontrollrum.Service{kontrollrum.ContactCenter}},
		Administrator:   ops.AddUser{Email: "karin@sun.example", Details: ops.Details{FirstName: "Karin", LastName: "Holm"}},
	})
	must(err)
	_, err = ops.Do(ctx, hub, ops.Operator(), ops.ActivateUser{User: "karin@sun.example"})
	must(err)
	_, err = ops.Do(ctx, hub, ops.Operator(), ops.BuySubscription{Organization: "SUN", Name: "Main",
		Quantities: ops.Quantities{kontrollrum.StandardAgent: 5, kontrollrum.PremiumAgent: 5}})
	must(err)
	made, err := ops.Do(ctx, hub, ops.Operator(), ops.CreateToken{User: "karin@sun.example", Secret: kontrollrum.NewToken})
	must(err)
	token = made.Secret.Reveal()
	for i := range crowd {
		_, err := ops.Do(ctx, hub, ops.Bearer(made.Secret), ops.AddUser{Email: fmt.Sprintf("p%d@sun.example", i),
			Details: ops.Details{FirstName: fmt.Sprintf("Person %d", i)}})
		must(err)
	}
	server := httptest.NewUnstartedServer(nil)
	public := "http://" + server.Listener.Addr().String()
	server.Config.Handler = api.Handler(hub, api.Config{PublicURL: public, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		NewID: uuid.NewString, Now: clock.Now})
	server.Start()
	t.Cleanup(server.Close)
	return public + "/v1", token
}
