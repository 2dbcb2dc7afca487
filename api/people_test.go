package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// names are the first names of a list of people, in its order.
func names(list people) string {
	var out []string
	for _, p := range list.Items {
		out = append(out, strings.ToLower(p.FirstName))
	}
	return strings.Join(out, " ")
}

func TestListPeople(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		for _, c := range []struct{ as, query, want string }{
			{"karin", "", "kalle karin olle rut sven vera"},
			{"karin", "orgId=" + w.orgID("SUN"), "kalle karin olle rut sven vera"},
			{"karin", "orgId=" + strings.ToUpper(string(w.orgs["SUN"])), "kalle karin olle rut sven vera"},
			{"karin", "email=VERA@sun.example", "vera"},
			{"karin", "email=nora@nor.example", ""},
			{"karin", "displayName=KA", "kalle karin"},
			{"karin", "displayName=olm", ""},
			{"karin", "displayName=vera+holm+v", ""},
			{"karin", "search=olm", "kalle karin olle rut sven vera"},
			{"karin", "search=%25", ""},
			{"karin", "search=" + string(w.people["rut"]), "rut"},
			{"karin", "roles=" + roleWireID(policy.FullAdmin), "kalle karin"},
			{"karin", "roles=" + roleWireID(policy.FullAdmin) + "," + roleWireID(policy.ReadOnlyAdmin), "kalle karin rut"},
			{"karin", "roles=" + roleWireID(policy.FullAdmin) + "&roles=cjp.supervisor", "kalle karin vera"},
			{"karin", "roles=cjp.admin", "sven"},
			{"karin", "administrators=true", "kalle karin rut sven"},
			{"karin", "administrators=false", "kalle karin olle rut sven vera"},
			{"karin", "license=contact_center_premium", "vera"},
			{"karin", "license=none", "kalle karin rut sven"},
			{"karin", "status=active,inactive", "kalle karin olle rut sven vera"},
			{"karin", "status=not_verified", ""},
			{"karin", "max=1000000000000000000000000", "kalle karin olle rut sven vera"},
			{"karin", "max=0", "kalle karin olle rut sven vera"},
			{"karin", "max=2", "kalle karin"},
			{"karin", "sort=email", "kalle karin olle rut sven vera"},
			{"karin", "sort=created", "olle vera rut sven kalle karin"},
			{"karin", "excludeStatus=true&callingData=true&Paginate=true&showAllTypes=x&locationId=", "kalle karin olle rut sven vera"},
			{"karin", "id=" + w.personID("vera") + "," + string(w.people["rut"]), "rut vera"},
			{"karin", "id=" + wireID(typePerson, w.personID("vera")) + "%3D", "vera"},
			{"karin", "id=" + w.personID("vera") + "&id=" + w.personID("rut") + "&max=1", "rut vera"},
			// A service administrator sees no other role, wherever they look.
			{"sven", "roles=id_full_admin", ""},
			{"sven", "roles=id_full_admin,cjp.admin", "sven"},
			{"sven", "roles=cjp.supervisor", "vera"},
			{"sven", "administrators=true", "sven"},
			{"egon", "roles=id_readonly_admin&orgId=" + w.orgID("SUN"), ""},
			{"egon", "administrators=true&orgId=" + w.orgID("SUN"), "sven"},
			{"rut", "roles=id_full_admin", "kalle karin"},
		} {
			var got people
			w.get(c.as, "GET", "/v1/people?"+c.query, "", 200, &got)
			if names(got) != c.want {
				t.Errorf("%s, %s: %q, want %q", c.as, c.query, names(got), c.want)
			}
		}
	})
}

func TestListPeopleRefused(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		var many []string
		for i := range maxIDs + 1 {
			many = append(many, fmt.Sprintf("00000000-0000-4000-8000-%012d", i))
		}
		for _, c := range []struct {
			as, query string
			status    int
			code      string
		}{
			{"", "", 401, "unauthenticated"},
			{"olle", "", 403, "no_role"},
			{"pia", "orgId=" + w.orgID("SUN"), 403, "not_permitted"},
			{"nora", "orgId=" + w.orgID("SUN"), 404, "organization_not_found"},
			{"karin", "orgId=SUN", 400, "invalid_orgId"},
			{"karin", "orgId=" + w.personID("karin"), 400, "invalid_orgId"},
			{"karin", "email=vera", 400, "invalid_email"},
			{"karin", "roles=id_user_admin", 400, "invalid_roles"},
			{"karin", "roles=" + w.personID("karin"), 400, "invalid_roles"},
			{"karin", "status=asleep", 400, "invalid_status"},
			{"karin", "license=gold", 400, "invalid_license"},
			{"karin", "sort=shoe_size", 400, "invalid_sort"},
			{"karin", "max=many", 400, "invalid_max"},
			{"karin", "max=-1", 400, "invalid_max"},
			{"karin", "administrators=perhaps", 400, "invalid_administrators"},
			{"karin", "locationId=x", 400, "location_not_found"},
			{"karin", "id=x", 400, "invalid_id"},
			{"karin", "id=" + w.orgID("SUN"), 400, "invalid_id"},
			{"karin", "id=" + strings.Join(many, ","), 400, "invalid_id"},
			{"karin", "search=a%00b", 400, "invalid_query"},
			{"karin", "unknown=%ff", 400, "invalid_query"},
			{"karin", "orgId=%zz", 400, "invalid_query"},
			{"karin", "a;b", 400, "invalid_query"},
			{"karin", "search=" + strings.Repeat("x", 300), 400, "invalid_search"},
		} {
			w.refused(c.as, "GET", "/v1/people?"+c.query, "", c.status, c.code)
		}
		// What is said of a query that cannot be read, and so logged, is not what stood in it.
		e := w.refused("karin", "GET", "/v1/people?email=vera@sun.example&orgId=%zz", "", 400, "invalid_query")
		if text := e.Errors[0].Description; strings.Contains(text, "vera") || !strings.Contains(text, "%zz") {
			t.Errorf("told %q", text)
		}
	})
}

func TestNotFoundIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	absent := wireID(typePerson, "00000000-0000-4000-8000-000000000000")
	var got people
	w.get("karin", "GET", "/v1/people?id="+w.personID("nora")+","+w.personID("vera")+","+absent, "", 200, &got)
	if names(got) != "vera" || !slices.Equal(got.NotFoundIDs, []string{w.personID("nora"), absent}) {
		t.Errorf("got %q, not found %q", names(got), got.NotFoundIDs)
	}
	if out := w.get("karin", "GET", "/v1/people?id="+w.personID("vera"), "", 200, nil); !strings.Contains(out.Body.String(), `"notFoundIds":[]`) {
		t.Errorf("all found: %s", out.Body)
	}
	if out := w.get("karin", "GET", "/v1/people", "", 200, nil); strings.Contains(out.Body.String(), "notFoundIds") {
		t.Errorf("nobody in particular was asked for: %s", out.Body)
	}
}

// follow reads a list from its first page to its last by the header Link.
func (w *world) follow(as, target string) (pages []people) {
	w.Helper()
	for target != "" {
		var page people
		out := w.get(as, "GET", target, "", 200, &page)
		pages = append(pages, page)
		link, more := strings.CutSuffix(out.Header().Get("Link"), `>; rel="next"`)
		target, _ = strings.CutPrefix(link, "<"+publicURL)
		if more && (target == link || !strings.HasPrefix(target, "/v1/")) {
			w.Fatalf("link %q is not absolute", out.Header().Get("Link"))
		}
	}
	return pages
}

func TestPages(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		for i := range 7 {
			w.get("karin", "POST", "/v1/people", fmt.Sprintf(`{"emails":["p%d@sun.example"],"firstName":"Åke %d"}`, i%4*10+i, i/2), 200, nil)
		}
		for _, order := range []string{"", "name", "email", "created", "last_active"} {
			for _, max := range []int{1, 2, 5, 13, 100} {
				target := fmt.Sprintf("/v1/people/?max=%d&sort=%s&displayName=&x=%s", max, order, url.QueryEscape("a,b<>"))
				pages := w.follow("karin", target)
				var all people
				for i, page := range pages {
					if all.Items = append(all.Items, page.Items...); len(page.Items) > max || len(page.Items) < max && i < len(pages)-1 {
						t.Errorf("%s: %d people on page %d", target, len(page.Items), i)
					}
				}
				var whole people
				w.get("karin", "GET", "/v1/people?sort="+order, "", 200, &whole)
				if names(all) != names(whole) || len(all.Items) != 13 {
					t.Errorf("%s: %q, want %q", target, names(all), names(whole))
				}
			}
		}
	})
}

// TestCursorTamperedWith changes each character of a cursor to another one.
func TestCursorTamperedWith(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	out := w.get("karin", "GET", "/v1/people?max=2&sort=email", "", 200, nil)
	next, err := url.Parse(strings.TrimSuffix(strings.TrimPrefix(out.Header().Get("Link"), "<"), `>; rel="next"`))
	if err != nil {
		t.Fatal(err)
	}
	good := next.Query().Get("cursor")
	w.get("karin", "GET", "/v1/people?sort=email&cursor="+good, "", 200, nil)
	bad := []string{good + "A", good[1:], "x", "AAAAAAAA", cursor("email", "a\x00b", string(w.people["vera"])), cursor("email", "a", "b\xff"),
		cursor("email", "a", "not an id"), cursor("holders", "", string(w.people["vera"]))}
	for i := range good {
		for _, c := range "Ab_0" {
			if rune(good[i]) != c {
				bad = append(bad, good[:i]+string(c)+good[i+1:])
			}
		}
	}
	for _, text := range bad {
		e := w.refused("karin", "GET", "/v1/people?sort=email&cursor="+url.QueryEscape(text), "", 400, "invalid_cursor")
		if e.Errors[0].Field != "cursor" {
			t.Errorf("cursor %q: the error names %q", text, e.Errors[0].Field)
		}
	}
	w.refused("karin", "GET", "/v1/people?sort=name&cursor="+good, "", 400, "invalid_cursor")
	w.refused("karin", "GET", "/v1/people?sort=created&cursor="+cursor("created", "x", string(w.people["vera"])), "", 400, "invalid_cursor")
}

func TestViewPerson(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		roles := func(list ...policy.Role) (out []string) {
			for _, r := range list {
				out = append(out, roleWireID(r))
			}
			return out
		}
		for _, c := range []struct {
			as, id string
			roles  []string
		}{
			{"karin", w.personID("karin"), roles(policy.FullAdmin)},
			{"karin", string(w.people["sven"]), roles(policy.ServiceAdmin)},
			{"karin", strings.ToUpper(string(w.people["rut"])), roles(policy.ReadOnlyAdmin)},
			{"karin", w.personID("vera") + "/", roles(policy.Supervisor)},
			{"rut", w.personID("karin"), roles(policy.FullAdmin)},
			{"sven", w.personID("karin"), nil},
			{"sven", w.personID("rut"), nil},
			{"sven", w.personID("sven"), roles(policy.ServiceAdmin)},
			{"sven", w.personID("vera"), roles(policy.Supervisor)},
			{"egon", w.personID("karin"), nil},
			{"egon", "me", roles(policy.FullAdmin)},
			{"vera", "me", roles(policy.Supervisor)},
			{"vera", w.personID("vera"), roles(policy.Supervisor)},
			{"olle", "me", nil},
		} {
			var p person
			w.get(c.as, "GET", "/v1/people/"+c.id, "", 200, &p)
			if !slices.Equal(p.Roles, c.roles) {
				t.Errorf("%s sees %s hold %q, want %q", c.as, p.DisplayName, p.Roles, c.roles)
			}
		}
		w.refused("", "GET", "/v1/people/me", "", 401, "unauthenticated")
		w.refused("olle", "GET", "/v1/people/"+w.personID("karin"), "", 403, "no_role")
		w.refused("karin", "GET", "/v1/people/"+w.personID("nora"), "", 404, "user_not_found")
		w.refused("karin", "GET", "/v1/people/00000000-0000-4000-8000-000000000000", "", 404, "user_not_found")
		for _, id := range []string{"x", "%00", "%ff", "..%2f", w.orgID("SUN"), w.personID("karin") + "x", wireID(typePerson, "x"), wireID(typePerson, "\x00")} {
			w.refused("karin", "GET", "/v1/people/"+id, "", 400, "invalid_person")
		}
	})
}

func TestPersonShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	out := w.get("karin", "GET", "/v1/people/"+w.personID("vera"), "", 200, nil)
	var got map[string]any
	w.must(json.Unmarshal(out.Body.Bytes(), &got))
	want := map[string]any{
		"id": w.personID("vera"), "emails": []any{"vera@sun.example"}, "displayName": "Vera Holm", "firstName": "Vera", "lastName": "Holm",
		"orgId": w.orgID("SUN"), "roles": []any{roleWireID(policy.Supervisor)}, "licenses": []any{w.licenseID(kontrollrum.PremiumAgent)},
		"created": "2026-11-23T08:00:00.000Z", "lastModified": "2026-11-23T08:00:00.000Z", "status": "active",
		"invitePending": false, "loginEnabled": true, "type": "person",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if wireID(typeRole, "id_full_admin") != "Y2lzY29zcGFyazovL3VzL1JPTEUvaWRfZnVsbF9hZG1pbg" {
		t.Error("identifiers are not those that clients know")
	}
}

func TestRemovePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for _, as := range []string{"sven", "rut", "olle"} {
		if out := w.ask(as, "DELETE", "/v1/people/"+w.personID("vera"), ""); out.Code != http.StatusForbidden {
			t.Errorf("%s: %d %s", as, out.Code, out.Body)
		}
	}
	out := w.get("karin", "DELETE", "/v1/people/"+w.personID("vera"), "ignored", 204, nil)
	if out.Body.Len() > 0 || out.Header().Get("Trackingid") == "" {
		t.Errorf("%v %s", out.Header(), out.Body)
	}
	w.refused("karin", "GET", "/v1/people/"+w.personID("vera"), "", 404, "user_not_found")
	w.refused("vera", "GET", "/v1/people/me", "", 401, "unauthenticated")
	do(w, "kalle", ops.RevokeRole{User: string(w.people["karin"]), Role: policy.FullAdmin})
	w.refused("kalle", "DELETE", "/v1/people/"+w.personID("kalle"), "", 403, "last_full_administrator")
}
