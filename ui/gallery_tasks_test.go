package ui

import (
	"net/url"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// tasksSamples are the tasks, one of them in each of its states, and the
// question before one is begun.
func tasksSamples(p *Page) []sample {
	const sun, nhd = "sun", "nhd"
	ago := func(d time.Duration) time.Time { return p.now.Add(-d) }
	at := func(role string) *Inside {
		v := inside(p, "full", role)
		v.At, v.here = "tasks", "/o/SUN/tasks"
		return v
	}
	runs := kontrollrum.Task{ID: "t1", Kind: kontrollrum.ActivationTask, Action: "users.send_activation", Number: 43, Starter: "Elin Sandberg", ActorHome: sun, Created: ago(time.Minute), Modified: p.now,
		Total: 65, Done: 39, Failed: 1, Skipped: 0}
	assigns := kontrollrum.Task{ID: "t2", Kind: kontrollrum.AssignTask, Action: "licenses.contact_center.edit", Product: kontrollrum.PremiumAgent, Number: 42, Starter: "Jonas Lindqvist", StarterHome: "Nordhamn Drift",
		ActorHome: nhd, Created: ago(5 * time.Second), Modified: ago(5 * time.Second), Total: 1284}
	yes := true
	ended := kontrollrum.Task{ID: "t3", Kind: kontrollrum.AssignTask, Action: "licenses.contact_center.edit", Product: kontrollrum.PremiumAgent, Supervisor: &yes, Number: 41, Starter: "Karin Holm", ActorHome: sun,
		Created: ago(2 * time.Hour), Modified: ago(119 * time.Minute), Ended: ago(119 * time.Minute), Total: 6, Done: 3, Failed: 2, Skipped: 1}
	back := kontrollrum.Task{ID: "t4", Kind: kontrollrum.ActivateTask, Action: "users.activate", Undoes: "t5", Number: 40, StarterHome: "Sundvik Energi", ActorHome: sun, Created: ago(25 * time.Hour), Ended: ago(25 * time.Hour), Total: 12, Done: 12}
	cancelled := kontrollrum.Task{ID: "t5", Kind: kontrollrum.DeactivateTask, Action: "users.deactivate", Undone: true, Cancelled: true, Number: 39, Starter: "Karin Holm", ActorHome: sun,
		Created: ago(26 * time.Hour), Ended: ago(26 * time.Hour), Total: 40, Done: 12, Skipped: 28}
	item := func(n int, name, email string, state kontrollrum.ItemState, code string) kontrollrum.TaskItem {
		return kontrollrum.TaskItem{Number: n, User: kontrollrum.UserID("u" + itoa(n)), Name: name, Email: kontrollrum.Email(email), State: state, Code: code}
	}
	items := []kontrollrum.TaskItem{
		item(1, "Ali Rahimi", "ali.rahimi@sundvik.example", kontrollrum.ItemFailed, "exclusive_license_held"),
		item(2, "Amir Haddad", "amir.haddad@sundvik.example", kontrollrum.ItemSkipped, "license_held"),
		item(3, "Hugo Fors", "hugo.fors@sundvik.example", kontrollrum.ItemDone, ""),
		item(4, "Ida Malm", "ida.malm@sundvik.example", kontrollrum.ItemDone, "option_changed"),
		item(5, "", "", kontrollrum.ItemDone, ""),
		item(6, "Åsa Öberg-Lindström", "asa.oberg-lindstrom.kundservice@sundvik.example", kontrollrum.ItemFailed, "no_seats_left"),
	}
	waiting := []kontrollrum.TaskItem{
		item(44, "Erik Åkerman", "erik.akerman@sundvik.example", kontrollrum.ItemWaiting, ""), item(45, "Maja Öberg", "maja.oberg@sundvik.example", kontrollrum.ItemWaiting, ""),
	}
	list := TasksPage{Inside: at("full_admin"), First: true, Next: "/o/SUN/tasks?before=39"}
	for _, k := range []*kontrollrum.Task{&runs, &assigns} {
		list.Running = append(list.Running, list.task(k, sun))
	}
	list.Inside.Task = list.bar([]kontrollrum.Task{runs, assigns})
	for _, k := range []*kontrollrum.Task{&ended, &back, &cancelled} {
		list.Ended = append(list.Ended, list.task(k, sun))
	}
	page := func(role string, k kontrollrum.Task, items []kontrollrum.TaskItem, show string) TaskPage {
		out := TaskPage{Inside: at(role), Show: show}
		out.fill(&ops.TaskItems{Task: k, Items: items}, sun)
		return out
	}
	running := page("service_admin", runs, waiting, "waiting")
	running.Inside.Task = running.bar([]kontrollrum.Task{runs})
	running.Next = "/o/SUN/tasks/t1?after=45&show=waiting"
	told := page("full_admin", cancelled, nil, "failed")
	told.Told = p.Say("fault.task_ended")
	ask := func(address string, kind kontrollrum.TaskKind, product kontrollrum.Product, f ops.Forecast) BulkPage {
		q, _ := url.ParseQuery(address)
		out := BulkPage{Inside: at("full_admin"), bulk: bulkOf(q), Kind: kind, Forecast: &f, Back: "/o/SUN/users"}
		out.At = "users"
		if product != "" {
			f.License = &kontrollrum.License{Product: product, Bought: 200, Used: 168}
			out.License = p.taskLicense(product, nil)
		}
		out.Action = bulkAction(kind, f.License)
		return out
	}
	nobody := ask("do=resend&all=1&q=zzz", kontrollrum.ActivationTask, "", ops.Forecast{})
	nobody.Forecast, nobody.Wrong = nil, p.Say("fault.nobody_chosen")
	return []sample{
		{"tasks", list.View()},
		{"tasks-none", TasksPage{Inside: at("service_admin"), First: true}.View()},
		{"task-running", running.View()},
		{"task", page("full_admin", ended, items, "").View()},
		{"task-told", told.View()},
		{"task-back", page("full_admin", back, items[2:3], "").View()},
		{"bulk-assign", ask("do=assign&all=1&view=unlicensed", kontrollrum.AssignTask, kontrollrum.PremiumAgent, ops.Forecast{Total: 64, Will: 32, Already: 6, Other: 3, Short: 23, Seats: 32}).View()},
		{"bulk-remove", ask("do=remove&all=1", kontrollrum.RemoveTask, kontrollrum.PremiumAgent, ops.Forecast{Total: 31, Will: 31}).View()},
		{"bulk-deactivate", ask("do=deactivate&user=a&user=b", kontrollrum.DeactivateTask, "", ops.Forecast{Total: 40, Will: 37, Already: 2, Self: true}).View()},
		{"bulk-resend", ask("do=resend&all=1", kontrollrum.ActivationTask, "", ops.Forecast{Total: 1284, Will: 62, Already: 1222}).View()},
		{"bulk-activate", ask("do=activate&all=1", kontrollrum.ActivateTask, "", ops.Forecast{Total: 30, Will: 3, Already: 27}).View()},
		{"bulk-nothing", ask("do=activate&user=a", kontrollrum.ActivateTask, "", ops.Forecast{Total: 1, Already: 1}).View()},
		{"bulk-nobody", nobody.View()},
	}
}
