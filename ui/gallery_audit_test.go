package ui

import (
	"net/url"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// auditSamples are the pages of the audit log.
func auditSamples(p *Page) []sample {
	karin := inside(p, "full", "full_admin")
	elin := inside(p, "full", "service_admin")
	elin.Name, elin.Email = "Elin Sandberg", "elin.sandberg@sundvik.example"
	entry := func(minutes int, action policy.Action, actor, home, target string, refused bool) kontrollrum.Entry {
		e := kontrollrum.Entry{ID: "7f3d0f0e-0000-4000-8000-000000000001", At: p.now.Add(-time.Duration(minutes) * time.Minute), Action: action.String(), Outcome: kontrollrum.Done, Actor: "a", ActorName: actor, ActorHome: home, TargetName: target}
		if refused {
			e.Outcome = kontrollrum.Refused
		}
		return e
	}
	entries := []kontrollrum.Entry{
		entry(2, policy.LicensesContactCenterEdit, "Elin Sandberg", "Sundvik Energi", "Nora Widmark", false),
		entry(14, policy.RolesServiceAdminAssignExternal, "Karin Holm", "Sundvik Energi", "Vera Hall", true),
		entry(70, policy.UsersEditDetails, "Birgit Aune", "Tidvatten Konsult", "Hugo Fors", false),
		entry(60*26, policy.UsersAdd, "Karin Holm", "Sundvik Energi", "Maja Öberg", false),
		entry(60*24*40, policy.OrganizationEditSettings, "Maria Ek", "Tidvatten Konsult", "", false),
	}
	rows := func(v *Inside) (out []EntryRow) {
		for i := range entries {
			out = append(out, v.entryRow(&entries[i]))
		}
		return out
	}
	hidden := entries[0]
	hidden.HideActor()
	list := AuditPage{Inside: karin, logChoice: chooseLog(url.Values{"target": {"7f3d0f0e-0000-4000-8000-000000000002"}}), Rows: rows(karin), Target: "Nora Widmark", Next: "/o/SUN/audit?after=x"}
	plain := AuditPage{Inside: elin, logChoice: chooseLog(url.Values{}), Rows: append(rows(elin)[2:4], elin.entryRow(&hidden))}
	before := []byte(`{"ID":"x","DisplayName":"Nora Widmark","Title":"","Status":"active","Holdings":[{"License":"a","Product":"contact_center_standard","Supervisor":false}],"Modified":"2026-11-22T07:00:00Z","Other":{"Deep":1}}`)
	after := []byte(`{"ID":"x","DisplayName":"Nora Widmark Åkerblom","Title":"Gruppchef för kundservice","Status":"active","Holdings":[{"License":"b","Product":"contact_center_premium","Supervisor":true}],"Modified":"2026-11-23T07:00:00Z","Other":{"Deep":2}}`)
	done := EntryPage{Inside: karin, EntryRow: karin.entryRow(&entries[2]), ID: "7f3d0f0e-0000-4000-8000-000000000001", Exactly: p.exactly(entries[2].At), Action: entries[2].Action, Cell: "S/O",
		ActorID: "7f3d0f0e-0000-4000-8000-000000000003", ActorEmail: "birgit.aune@tidvatten.example", ActorHome: "Tidvatten Konsult", ActorRole: p.Say("role.service_admin"),
		TargetID: "7f3d0f0e-0000-4000-8000-000000000002", TargetEmail: "hugo.fors@sundvik.example", TargetPage: "/o/SUN/users/x", IP: "2001:db8::17",
		Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", Request: "UI_1f0c8c1e-5f5a-4a3e-9f7e-3a6c1d2b4e5f", Changes: p.changes(before, after), Undo: true, UndoAction: policy.UsersEditDetails}
	done.Device = p.device(done.Agent)
	no := entries[1]
	no.Code, no.Rule, no.Cell = "external_user_from_partner", "c2", "F/C"
	refused := EntryPage{Inside: karin, EntryRow: karin.entryRow(&no), ID: "x", Exactly: p.exactly(no.At), Action: no.Action, Cell: no.Cell, ActorID: "7f3d0f0e-0000-4000-8000-000000000003",
		ActorEmail: "karin.holm@sundvik.example", ActorPage: "/o/SUN/users/y", Role: p.Say("role.service_admin"), Why: karin.refusedWhy(&no)}
	added := EntryPage{Inside: elin, EntryRow: elin.entryRow(&hidden), ID: "x", Exactly: p.exactly(hidden.At), Action: hidden.Action, Changes: p.changes(nil, after), Made: true,
		Undo: true, UndoAction: policy.UsersRemove, UndoLock: elin.lock(policy.UsersRemove)}
	return []sample{
		{"audit", list.View()},
		{"audit-service", plain.View()},
		{"audit-none", AuditPage{Inside: karin, logChoice: chooseLog(url.Values{"q": {"zzz"}, "outcome": {"refused"}})}.View()},
		{"audit-empty", AuditPage{Inside: karin, logChoice: chooseLog(url.Values{"period": {"365"}})}.View()},
		{"audit-dates", AuditPage{Inside: karin, logChoice: chooseLog(url.Values{"period": {"dates"}, "from": {"2026-11-20"}, "to": {"2026-11-01"}}), Wrong: p.Say("audit.wrong.invalid_to")}.View()},
		{"audit-entry", done.View()},
		{"audit-entry-refused", refused.View()},
		{"audit-entry-added", added.View()},
	}
}
