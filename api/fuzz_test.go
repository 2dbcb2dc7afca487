package api

import (
	"bytes"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
)

func FuzzIDs(f *testing.F) {
	const id = "5b3c1f9e-0d1c-4c5e-9b1a-2f3e4d5c6b7a"
	for _, seed := range []string{"", id, strings.ToUpper(id), wireID(typePerson, id), wireID(typePerson, id) + "==", wireID(typeRole, "cjp.admin"),
		wireID(typeLicense, id+":CJPPRM_"+id), wireID(typeLicense, id+":EE_"+id+"_site.example"), wireID(typeLicense, ":_"), "\x00", "me"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []string{typePerson, typeOrganization, typeLicense, typeRole} {
			if id, ok := plainID(kind, text); ok {
				if again, ok := plainID(kind, wireID(kind, id)); !ok || again != id {
					t.Errorf("%s %q: %q comes back as %q", kind, text, id, again)
				}
			}
		}
		if id, err := personID("person", text); (err == nil) != kontrollrum.IsID(id) {
			t.Errorf("personID(%q) = %q, %v", text, id, err)
		}
		organization, license, err := licenseID("license", text)
		if (err == nil) != kontrollrum.IsID(string(license)) || organization != "" && !kontrollrum.IsID(organization) {
			t.Errorf("licenseID(%q) = %q, %q, %v", text, organization, license, err)
		}
		if _, err := rolesOf("roles", []string{text}); err != nil && kontrollrum.All(err) == nil {
			t.Errorf("rolesOf(%q): %v", text, err)
		}
	})
}

func FuzzCursors(f *testing.F) {
	f.Add("name", "3f2a", "5b3c1f9e-0d1c-4c5e-9b1a-2f3e4d5c6b7a", "x")
	f.Add("email", "a b@c\x00", "", cursor("email", "a", "b"))
	f.Fuzz(func(t *testing.T, order, key, id, text string) {
		if !strings.Contains(order+id, " ") {
			if k, i, err := parseCursor("cursor", order, cursor(order, key, id)); err != nil || k != key || i != id {
				t.Errorf("cursor(%q, %q, %q) comes back as %q, %q, %v", order, key, id, k, i, err)
			}
		}
		if k, i, err := parseCursor("cursor", order, text); err == nil && text != "" && cursor(order, k, i) != text {
			t.Errorf("%q is taken for a cursor of %q, %q", text, k, i)
		}
	})
}

func FuzzPeopleQuery(f *testing.F) {
	w := newWorld(f, "")
	for _, seed := range []string{"", "email=vera@sun.example", "displayName=a%00", "search=%ff&search=x", "roles=cjp.admin,id_full_admin&administrators=true",
		"status=active&license=none&sort=created&max=3", "id=" + w.personID("vera") + ",x", "cursor=" + cursor("name", "3f", string(w.people["vera"])),
		"sort=created&cursor=" + cursor("created", "9", string(w.people["vera"])), "orgId=" + w.orgID("NOR"), "a;b", "%zz", "max=-1", "locationId=%F0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		r := httptest.NewRequest("GET", "/v1/people", nil)
		r.URL.RawQuery = raw
		// The world is of the fuzz target, the complaints of this run.
		of := *w
		of.TB = t
		of.fits(raw, of.send("karin", r))
		if q, err := queryOf(r); err == nil {
			if _, err := readPeopleAsked(q); err != nil && kontrollrum.All(err) == nil {
				t.Errorf("%q: %v", raw, err)
			}
			if strings.Contains(strings.Join(q.list("id"), ""), "\x00") {
				t.Errorf("%q lets NUL pass", raw)
			}
		}
	})
}

func FuzzBodies(f *testing.F) {
	w := newWorld(f, "")
	person, premium := w.personID("vera"), w.licenseID(kontrollrum.PremiumAgent)
	for _, seed := range []string{"", "{}", "null", `{"emails":["a@sun.example"],"displayName":"A"}`, `{"displayName":"V","roles":["cjp.admin"],"loginEnabled":"true"}`,
		`{"displayName":"V","licenses":["` + premium + `"],"phoneNumbers":[{"value":"1"},{"primary":true}]}`,
		`{"personId":"` + person + `","licenses":[{"id":"` + premium + `","operation":"remove","properties":{"supervisor":true}}]}`,
		`{"email":"vera@sun.example","licenses":[{}],"siteUrls":[{}]}`, `{"a":1,"A":2}`, "{\"displayName\":\"\xff\"}", `{"displayName":"\u0000"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		of := *w
		of.TB = t
		for _, c := range []struct{ method, target string }{
			{"POST", "/v1/people"}, {"PUT", "/v1/people/" + person}, {"PATCH", "/v1/licenses/users"},
		} {
			out := of.send("karin", httptest.NewRequest(c.method, c.target, bytes.NewReader(body)))
			of.fits(c.method+" "+c.target+" "+url.QueryEscape(string(body)), out)
		}
	})
}
