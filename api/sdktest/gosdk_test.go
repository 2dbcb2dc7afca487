package sdktest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/WebexCommunity/webex-go-sdk/v2/people"
	"github.com/WebexCommunity/webex-go-sdk/v2/webexsdk"
)

// TestGoSDK uses github.com/WebexCommunity/webex-go-sdk: its people where it has
// a verb, its plain requests where it has none.
func TestGoSDK(t *testing.T) {
	t.Parallel()
	base, token := serve(t)
	client, err := webexsdk.NewClient(token, &webexsdk.Config{BaseURL: base})
	if err != nil {
		t.Fatal(err)
	}
	request := func(method, path string, query url.Values, body, into any) {
		t.Helper()
		response, err := client.Request(method, path, query, body)
		if err == nil && into == nil {
			err = response.Body.Close()
			if response.StatusCode >= 300 {
				t.Fatalf("%s %s: %s", method, path, response.Status)
			}
		} else if err == nil {
			err = webexsdk.ParseResponse(response, into)
		}
		if err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	who := people.New(client, nil)

	me, err := who.GetMe()
	if err != nil || me.DisplayName != "Karin Holm" || len(me.Roles) != 1 || me.Created.IsZero() || me.Type != "person" {
		t.Fatalf("me: %+v, %v", me, err)
	}

	// Lists and pages.
	var ids []string
	page, err := who.List(&people.ListOptions{Max: 5})
	if err != nil {
		t.Fatal(err)
	}
	for more := page.Page; ; {
		for _, item := range more.Items {
			var p people.Person
			if err := json.Unmarshal(item, &p); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, p.ID)
		}
		if !more.HasNext {
			break
		}
		if more, err = more.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != crowd+1 {
		t.Errorf("pages hold %d people, want %d", len(ids), crowd+1)
	}
	if some, err := who.List(&people.ListOptions{IDs: ids[:3]}); err != nil || len(some.Items) != 3 {
		t.Errorf("by id: %+v, %v", some, err)
	}
	if found, err := who.List(&people.ListOptions{Email: "p3@sun.example"}); err != nil || len(found.Items) != 1 || found.Items[0].FirstName != "Person 3" {
		t.Errorf("by address: %+v, %v", found, err)
	}
	if found, err := who.List(&people.ListOptions{DisplayName: "person 1"}); err != nil || len(found.Items) != 2 {
		t.Errorf("by name: %+v, %v", found, err)
	}

	// Creates, edits, licenses, removes.
	var eva people.Person
	request(http.MethodPost, "people", nil, people.Person{Emails: []string{"eva@sun.example"}, DisplayName: "Eva Ek", FirstName: "Eva", LastName: "Ek"}, &eva)
	if eva.ID == "" || eva.OrgID != me.OrgID {
		t.Fatalf("created %+v", eva)
	}
	again, err := client.Request(http.MethodPost, "people", nil, people.Person{Emails: []string{"eva@sun.example"}, DisplayName: "Eva"})
	if err != nil {
		t.Fatal(err)
	}
	if err := webexsdk.ParseResponse(again, &eva); !webexsdk.IsConflict(err) {
		t.Errorf("created again: %v", err)
	}
	var licenses struct {
		Items []struct{ ID, Name string }
	}
	request(http.MethodGet, "licenses", nil, nil, &licenses)
	if len(licenses.Items) != 2 || licenses.Items[0].Name != "Contact Center Premium Agent" {
		t.Fatalf("licences %+v", licenses)
	}
	eva.LastName, eva.DisplayName, eva.Licenses = "Ekman", "Eva Ekman", []string{licenses.Items[1].ID}
	request(http.MethodPut, "people/"+eva.ID, nil, eva, &eva)
	if eva.DisplayName != "Eva Ekman" || len(eva.Licenses) != 1 {
		t.Errorf("edited %+v", eva)
	}
	type change struct {
		ID        string `json:"id"`
		Operation string `json:"operation"`
	}
	var after struct{ Licenses []string }
	request(http.MethodPatch, "licenses/users", nil, map[string]any{"email": "eva@sun.example", "licenses": []change{
		{licenses.Items[1].ID, "remove"}, {licenses.Items[0].ID, "add"}}}, &after)
	if !slices.Equal(after.Licenses, []string{licenses.Items[0].ID}) {
		t.Errorf("licensed %+v", after)
	}
	var held struct{ Users []struct{ ID string } }
	request(http.MethodGet, "licenses/"+licenses.Items[0].ID, url.Values{"includeAssignedTo": {"user"}}, nil, &held)
	if len(held.Users) != 1 || held.Users[0].ID != eva.ID {
		t.Errorf("held by %+v", held)
	}
	request(http.MethodDelete, "people/"+eva.ID, nil, nil, nil)
	if _, err := who.Get(eva.ID); !webexsdk.IsNotFound(err) {
		t.Errorf("removed, and still: %v", err)
	}

	// Roles and organizations.
	var roles, organizations struct{ Items []struct{ ID string } }
	request(http.MethodGet, "roles", nil, nil, &roles)
	if len(roles.Items) != 5 || !slices.ContainsFunc(roles.Items, func(r struct{ ID string }) bool { return r.ID == me.Roles[0] }) {
		t.Errorf("roles %+v", roles)
	}
	request(http.MethodGet, "organizations", nil, nil, &organizations)
	if len(organizations.Items) != 1 || organizations.Items[0].ID != me.OrgID {
		t.Errorf("organizations %+v", organizations)
	}

	stranger, err := webexsdk.NewClient("wrong", &webexsdk.Config{BaseURL: base})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.New(stranger, nil).GetMe(); !webexsdk.IsAuthError(err) {
		t.Errorf("with a wrong token: %v", err)
	}
}
