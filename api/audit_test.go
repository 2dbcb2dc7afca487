package api

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

const aYear = "&from=2026-11-01T00:00:00.000Z&to=2027-11-01T00:00:00.000Z"

func TestAuditEvents(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		at := "/v1/adminAudit/events?orgId=" + w.orgID("SUN") + aYear
		do(w, "karin", ops.AssignRole{User: string(w.people["vera"]), Role: policy.ReadOnlyAdmin, Reason: "vikarie"})
		do(w, "karin", ops.RevokeRole{User: string(w.people["vera"]), Role: policy.ReadOnlyAdmin})
		r := w.get("sven", "DELETE", "/v1/people/"+w.personID("olle"), "", 403, nil)
		list := func(as, query string) (out itemsOf[auditEvent]) {
			t.Helper()
			w.get(as, "GET", at+query, "", 200, &out)
			return out
		}
		got := list("karin", "&max=3").Items
		for i, want := range []auditEvent{
			{ID: got[0].ID, Created: got[0].Created, ActorID: w.personID("sven"), ActorOrgID: w.orgID("SUN"), Data: auditData{
				ActorName: "Sven Holm", ActorEmail: "sven@sun.example", ActorOrgName: "Sundvik Energi", AdminRoles: []string{"cjp.admin"}, ActorIP: "192.0.2.1",
				TargetType: "USER", TargetID: w.personID("olle"), TargetName: "Olle Holm", TargetEmail: "olle@sun.example",
				EventCategory: "USERS", EventDescription: "users.remove", ActionText: "Sven Holm was refused users.remove, Olle Holm",
				TrackingID: r.Header().Get("Trackingid"), ErrorCode: "not_permitted", ErrorMessage: "refused: not_permitted", Outcome: "refused", Cell: "S/C"}},
			{ID: got[1].ID, Created: got[1].Created, ActorID: w.personID("karin"), ActorOrgID: w.orgID("SUN"), Data: auditData{
				ActorName: "Karin Holm", ActorEmail: "karin@sun.example", ActorOrgName: "Sundvik Energi", AdminRoles: []string{"id_full_admin"},
				TargetType: "USER", TargetID: w.personID("vera"), TargetName: "Vera Holm", TargetEmail: "vera@sun.example",
				EventCategory: "ROLES", EventDescription: "roles.read_only.revoke_internal", ActionText: "Karin Holm did roles.read_only.revoke_internal, Vera Holm",
				Outcome: "done", OperationType: "DELETE", RoleRemoved: "id_readonly_admin", PreviousValue: got[1].Data.PreviousValue, Cell: "F/C"}},
			{ID: got[2].ID, Created: got[2].Created, ActorID: w.personID("karin"), ActorOrgID: w.orgID("SUN"), Data: auditData{
				ActorName: "Karin Holm", ActorEmail: "karin@sun.example", ActorOrgName: "Sundvik Energi", AdminRoles: []string{"id_full_admin"},
				TargetType: "USER", TargetID: w.personID("vera"), TargetName: "Vera Holm", TargetEmail: "vera@sun.example",
				EventCategory: "ROLES", EventDescription: "roles.read_only.assign_internal", ActionText: "Karin Holm did roles.read_only.assign_internal, Vera Holm",
				Outcome: "done", OperationType: "CREATE", RoleAdded: "id_readonly_admin", NewValue: got[2].Data.NewValue, Reason: "vikarie", Cell: "F/C"}},
		} {
			want.Data.TargetOrgID, want.Data.TargetOrgName = w.orgID("SUN"), "Sundvik Energi"
			if g, s := asJSON(w, got[i]), asJSON(w, want); g != s {
				t.Errorf("event %d:\n got %s\nwant %s", i, g, s)
			}
		}
		if !strings.Contains(got[2].Data.NewValue, `"vikarie"`) || got[1].Data.PreviousValue == "" {
			t.Errorf("got %+v", got)
		}

		everything := len(list("karin", "&max=200").Items)
		for query, want := range map[string]int{
			"&outcome=refused": 1, "&actorId=" + w.personID("sven"): 1, "&targetId=" + w.personID("vera"): -1, "&eventCategories=LOGINS": 0,
			"&actorId=" + w.personID("nora"): 0, "&eventCategories=ROLES&eventCategories=USERS": -1, "&eventCategories=PARTNERSHIPS": 1,
			"&eventCategories=PARTNERSHIPS,LOGINS": 1, "&search=sven%20h": -1, "&offset=1000": 0, "&max=1": 1, "&max=1000": everything,
		} {
			if got := len(list("karin", query).Items); got != want && want >= 0 || want < 0 && (got == 0 || got >= everything) {
				t.Errorf("%s: %d events of %d", query, got, everything)
			}
		}

		// Pages, by the links.
		seen := map[string]bool{}
		for target := at + "&max=4"; target != ""; {
			var page itemsOf[auditEvent]
			out := w.get("karin", "GET", target, "", 200, &page)
			for _, e := range page.Items {
				seen[e.ID] = true
			}
			link := strings.TrimPrefix(out.Header().Get("Link"), "<"+publicURL)
			target, _ = strings.CutSuffix(link, `>; rel="next"`)
		}
		if len(seen) != everything {
			t.Errorf("pages hold %d events of %d", len(seen), everything)
		}
	})
}

// TestAuditRedaction: a service administrator reads of no other role, neither
// given nor held; people without the right read nothing.
func TestAuditRedaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	at := "/v1/adminAudit/events?orgId=" + w.orgID("SUN") + aYear + "&max=200"
	do(w, "sven", ops.EditUser{User: string(w.people["olle"]), Details: ops.Details{FirstName: "Olof"}})
	out := w.get("sven", "GET", at, "", 200, nil)
	for _, word := range []string{"id_full_admin", "id_readonly_admin", "full_admin", "read_only", "provision", "F/C", "R/C"} {
		if strings.Contains(out.Body.String(), word) {
			t.Errorf("a service administrator reads %s", word)
		}
	}
	for _, word := range []string{"cjp.admin", "S/C", "users.edit_details", "roles.service_admin.assign_external", "Karin Holm"} {
		if !strings.Contains(out.Body.String(), word) {
			t.Errorf("a service administrator does not read %s", word)
		}
	}
	var all itemsOf[auditEvent]
	w.get("karin", "GET", at+"&eventCategories=ROLES&targetId="+w.personID("egon"), "", 200, &all)
	if len(all.Items) != 1 || all.Items[0].Data.ExternalAdminEmail != "egon@els.example" || all.Items[0].Data.RoleAdded != "cjp.admin" {
		t.Errorf("got %+v", all)
	}
	for as, status := range map[string]int{"rut": 200, "egon": 403, "pia": 403, "vera": 403, "olle": 403, "nora": 404, "petra": 404, "": 401} {
		w.get(as, "GET", at, "", status, nil)
	}
}

func TestAuditQuestions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for query, field := range map[string]string{
		"": "orgId", "orgId=x": "orgId", "orgId=" + w.orgID("SUN"): "from", "orgId=" + w.orgID("SUN") + "&from=2026-11-01T00:00:00Z": "to",
		"orgId=" + w.orgID("SUN") + "&from=2026-11-01&to=2026-12-01T00:00:00Z":           "from",
		"orgId=" + w.orgID("SUN") + "&from=2026-11-01T00:00:00Z&to=2026-10-01T00:00:00Z": "to",
		"orgId=" + w.orgID("SUN") + "&from=2025-11-01T00:00:00Z&to=2026-12-01T00:00:00Z": "from",
		"orgId=" + w.orgID("SUN") + aYear + "&max=x":                                     "max",
		"orgId=" + w.orgID("SUN") + aYear + "&offset=-1":                                 "offset",
		"orgId=" + w.orgID("SUN") + aYear + "&actorId=karin":                             "actorId",
		"orgId=" + w.orgID("SUN") + aYear + "&targetId=" + url.QueryEscape("å"):          "targetId",
		"orgId=" + w.orgID("SUN") + aYear + "&outcome=perhaps":                           "outcome",
	} {
		var e errorBody
		if w.get("karin", "GET", "/v1/adminAudit/events?"+query, "", 400, &e); e.Errors[0].Field != field {
			t.Errorf("%s: got %+v", query, e.Errors)
		}
	}
	var got eventCategories
	if w.get("", "GET", "/v1/adminAudit/eventCategories", "", 200, &got); len(got.EventCategories) < 5 {
		t.Errorf("got %+v", got)
	}
	for _, a := range policy.Actions() {
		known := false
		for _, c := range got.EventCategories {
			known = known || c == ops.Category(a.String())
		}
		if !known {
			t.Errorf("%s falls into a group that is not listed", a)
		}
	}
}

func asJSON(w *world, v any) string {
	w.Helper()
	text, err := json.Marshal(v)
	w.must(err)
	return string(text)
}
