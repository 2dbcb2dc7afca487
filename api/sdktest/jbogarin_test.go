package sdktest

import (
	"net/http"
	"testing"

	webexteams "github.com/jbogarin/go-cisco-webex-teams/sdk"
)

// TestTeamsSDK uses github.com/jbogarin/go-cisco-webex-teams, which keeps its
// connection in a package variable: not in parallel.
func TestTeamsSDK(t *testing.T) {
	base, token := serve(t)
	client := webexteams.NewClient()
	webexteams.RestyClient.SetHostURL(base)
	client.SetAuthToken(token)

	me, _, err := client.People.GetMe()
	if err != nil || me.DisplayName != "Karin Holm" || !me.LoginEnabled || me.InvitePending || me.PersonType != "person" {
		t.Fatalf("me: %+v, %v", me, err)
	}

	// Lists and pages.
	for _, c := range []struct {
		query webexteams.ListPeopleQueryParams
		want  int
	}{
		{webexteams.ListPeopleQueryParams{}, crowd + 1},
		{webexteams.ListPeopleQueryParams{Max: 2, Paginate: true}, crowd + 1},
		{webexteams.ListPeopleQueryParams{Max: 5}, 5},
		{webexteams.ListPeopleQueryParams{Email: "p3@sun.example"}, 1},
		{webexteams.ListPeopleQueryParams{DisplayName: "Person 1"}, 2},
		{webexteams.ListPeopleQueryParams{ID: me.ID, OrgID: me.OrgID}, 1},
	} {
		list, response, err := client.People.ListPeople(&c.query)
		if err != nil || response.IsError() || len(list.Items) != c.want {
			t.Errorf("%+v: %d people, %v %v, want %d", c.query, len(list.Items), response, err, c.want)
		}
	}

	// Creates, edits, licenses, removes.
	licenses, _, err := client.Licenses.ListLicenses(&webexteams.ListLicensesQueryParams{Max: 10, Paginate: true})
	if err != nil || len(licenses.Items) != 2 || licenses.Items[0].TotalUnits != 5 {
		t.Fatalf("licences %+v, %v", licenses, err)
	}
	eva, response, err := client.People.CreatePerson(&webexteams.PersonRequest{Emails: []string{"eva@sun.example"}, FirstName: "Eva", LastName: "Ek"})
	if err != nil || response.StatusCode() != http.StatusOK || eva.DisplayName != "Eva Ek" || !eva.InvitePending {
		t.Fatalf("created %+v, %v %v", eva, response, err)
	}
	if _, again, _ := client.People.CreatePerson(&webexteams.PersonRequest{Emails: []string{"eva@sun.example"}, DisplayName: "Eva"}); again.StatusCode() != http.StatusConflict {
		t.Errorf("created again: %v", again)
	}
	eva, response, err = client.People.Update(eva.ID, &webexteams.PersonRequest{Emails: eva.Emails, DisplayName: "Eva Ekman", Licenses: []string{licenses.Items[1].ID}})
	if err != nil || response.IsError() || eva.DisplayName != "Eva Ekman" || len(eva.Licenses) != 1 {
		t.Errorf("edited %+v, %v %v", eva, response, err)
	}
	license, _, err := client.Licenses.GetLicense(licenses.Items[1].ID)
	if err != nil || license.ConsumedUnits != 1 {
		t.Errorf("licence %+v, %v", license, err)
	}
	if response, err := client.People.DeletePerson(eva.ID); err != nil || response.StatusCode() != http.StatusNoContent {
		t.Errorf("removed: %v %v", response, err)
	}
	if _, response, _ := client.People.GetPerson(eva.ID); response.StatusCode() != http.StatusNotFound {
		t.Errorf("removed, and still: %v", response)
	}

	// Roles and organizations.
	roles, _, err := client.Roles.ListRoles(&webexteams.RolesListQueryParams{Paginate: true})
	if err != nil || len(roles.Items) != 5 {
		t.Fatalf("roles %+v, %v", roles, err)
	}
	if role, _, err := client.Roles.GetRole(me.Roles[0]); err != nil || role.Name != "Full Administrator" {
		t.Errorf("role %+v, %v", role, err)
	}
	organizations, _, err := client.Organizations.ListOrganizations(&webexteams.ListOrganizationsQueryParams{})
	if err != nil || len(organizations.Items) != 1 || organizations.Items[0].DisplayName != "Sundvik Energi" || organizations.Items[0].Created.IsZero() {
		t.Fatalf("organizations %+v, %v", organizations, err)
	}
	if one, _, err := client.Organizations.GetOrganization(organizations.Items[0].ID); err != nil || one.ID != me.OrgID {
		t.Errorf("organization %+v, %v", one, err)
	}
}
