package ui_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// task is the id of a task of Sundvik's that runs: to invite somebody again.
func (w *world) task() string {
	w.Helper()
	k, err := ops.Do(w.Context(), w.hub, w.chief(), ops.StartTask{Organization: "SUN", Kind: kontrollrum.ActivationTask, Users: []string{w.person("maja.oberg@sundvik.example")}})
	if err != nil {
		w.Fatal(err)
	}
	return string(k.ID)
}

// works does what tasks there are.
func (w *world) works() {
	w.Helper()
	for {
		did, err := ops.Do(w.Context(), w.hub, ops.Operator(), ops.WorkTask{Clerk: "c", Lease: time.Minute})
		if err != nil {
			w.Fatal(err)
		}
		if !did {
			return
		}
	}
}

// premium is the Premium licence of Sundvik's.
func (w *world) premium() string {
	w.Helper()
	all, err := ops.Do(w.Context(), w.hub, w.chief(), ops.ListLicenses{Organization: "SUN", Product: kontrollrum.PremiumAgent})
	if err != nil || len(all) == 0 {
		w.Fatalf("no licence: %v", err)
	}
	return string(all[0].ID)
}

// TestTaskPages: licences for two, followed to their end, tried again and taken
// back, all by links and forms.
func TestTaskPages(t *testing.T) {
	t.Parallel()
	w := open(t)
	karin := w.client().enters("karin.holm@sundvik.example")
	karin.get("/o/SUN/tasks").says(t, "Inga uppgifter än", `href="/o/SUN/users"`)
	begun := karin.post("/o/SUN/users/bulk", "do", "assign", "give", w.premium(), "user", w.person("nora.widmark@sundvik.example"), "user", w.person("ali.rahimi@sundvik.example"))
	at := begun.Header.Get("Location")
	if begun.StatusCode != 303 || !strings.HasPrefix(at, "/o/SUN/tasks/") {
		t.Fatalf("begun: %d to %q\n%.2000s", begun.StatusCode, at, begun.text)
	}
	running := karin.get(at)
	running.says(t, "Tilldela premiumlicens till 2 användare", "0 av 2", "Börjar strax", "Uppdatera", `action="`+at+`/cancel"`, "kan den ångras i 24 timmar", "Tilldelar licenser · 0 %")
	w.works()
	karin.get(at).says(t, "2 av 2", "1 klar", "1 misslyckades", "Har en annan kontaktcenterlicens", `action="`+at+`/again"`, `action="`+at+`/undo"`, "Nora Widmark")
	if s := karin.get(at + "?show=failed"); strings.Contains(s.text, "Nora Widmark") || !strings.Contains(s.text, "Ali Rahimi") {
		t.Errorf("those who failed: %.3000s", s.text)
	}
	karin.get(at+"?show=skipped").says(t, "Ingen i uppgiften har det läget nu")
	karin.leads(karin.post(at+"/cancel"), at+"?told=task_ended")
	karin.get(at+"?told=task_ended").says(t, "redan avslutad")
	again := karin.post(at + "/again").Header.Get("Location")
	karin.get(again).says(t, "Nytt försök", `href="`+at+`"`)
	karin.leads(karin.post(again+"/cancel"), again)
	karin.get(again).says(t, "Avbruten", "1 hoppades över", "Uppgiften avbröts innan turen kom")
	back := karin.post(at + "/undo").Header.Get("Location")
	w.works()
	karin.get(back).says(t, "Ta bort premiumlicens från 1 användare", "1 klar", "Ångrar en annan")
	karin.get(at).says(t, "ångrad av en annan")
	karin.leads(karin.post(at+"/undo"), at+"?told=not_undoable")
	list := karin.get("/o/SUN/tasks")
	list.says(t, "1 klar, 1 misslyckades", "Avbruten: 0 av 1 klara", "Karin Holm")

	// Whoever may not see that Karin is a full administrator is not told that it was her.
	elin := w.client().enters("elin.sandberg@sundvik.example")
	if s := elin.get("/o/SUN/tasks"); strings.Contains(s.text, "Karin Holm") {
		t.Errorf("a service administrator is told who: %.3000s", s.text)
	}
	elin.get(at).says(t, "en administratör i Sundvik Energi")
	w.client().enters("ingrid.sten@sundvik.example").get("/o/SUN/tasks").says(t, "Du kan inte se den här sidan")
	if s := w.client().enters("anna.berg@hamnvik.example").get(strings.Replace(at, "SUN", "HAM", 1)); s.StatusCode != 404 {
		t.Errorf("a task of another organization: %d", s.StatusCode)
	}
}

// TestBulkAsks: what is for many, or shuts people out, is told with numbers
// before it is done; what makes no sense is said, and nothing is begun.
func TestBulkAsks(t *testing.T) {
	t.Parallel()
	w := open(t)
	karin := w.client().enters("karin.holm@sundvik.example")
	nora := w.person("nora.widmark@sundvik.example")
	shut := []string{"do", "deactivate", "user", nora, "user", w.person("karin.holm@sundvik.example")}
	asked := karin.post("/o/SUN/users/bulk", shut...)
	at, err := url.Parse(asked.Header.Get("Location"))
	if err != nil || asked.StatusCode != 303 || at.Path != "/o/SUN/users/bulk" {
		t.Fatalf("asked: %d to %s", asked.StatusCode, at)
	}
	karin.get(at.String()).says(t, "Inaktivera 1 användare?", "1 användare stängs av direkt", "Du själv hoppas över", `name="sure"`, nora)
	if tasks, err := ops.Do(t.Context(), w.hub, w.chief(), ops.ListTasks{Organization: "SUN"}); err != nil || len(tasks.Items) > 0 {
		t.Errorf("begun before the answer: %+v, %v", tasks, err)
	}
	sure := karin.post("/o/SUN/users/bulk", append(shut, "sure", "1")...).Header.Get("Location")
	w.works()
	karin.get(sure).says(t, "1 klar", "1 hoppades över", "Startade uppgiften")
	invite := karin.post("/o/SUN/users/bulk", "do", "resend", "all", "1", "view", "waiting").Header.Get("Location")
	karin.get(invite).says(t, "Skicka inbjudan igen till", "?", "hoppas över")
	first := karin.post("/o/SUN/users/bulk", "do", "resend", "all", "1", "view", "waiting", "sure", "1").Header.Get("Location")
	karin.leads(karin.post("/o/SUN/users/bulk", "do", "resend", "all", "1", "sure", "1"), first+"?told=job_running")
	for _, wrong := range []struct {
		status int
		says   string
		form   []string
	}{
		{409, "Ingen är vald", []string{"do", "activate"}},
		{409, "Ingen är vald", []string{"do", "activate", "all", "1", "q", "finns inte"}},
		{404, "Välj en licens", []string{"do", "assign", "all", "1"}},
		{400, "Välj vad som ska göras", []string{"do", "x", "user", nora}},
		{303, "", []string{"do", "remove", "give", w.premium(), "user", nora}}, // to a page that says so
	} {
		s := karin.post("/o/SUN/users/bulk", wrong.form...)
		if s.StatusCode != wrong.status || !strings.Contains(s.text, wrong.says) {
			t.Errorf("%q: %d\n%.2000s", wrong.form, s.StatusCode, s.text)
		}
	}
	karin.get("/o/SUN/users/bulk?do=remove&give="+w.premium()+"&user="+nora).says(t, "Det finns inget att göra", "1 har den inte")
	karin.leads(karin.get("/o/SUN/users/bulk"), "/o/SUN/users")
	elin := w.client().enters("elin.sandberg@sundvik.example")
	elin.post("/o/SUN/users/bulk", shut...).says(t, "Du kan inte se den här sidan")
	for _, filter := range []string{"role=full_admin", "role=read_only_admin"} { // whom she may not see
		if s := elin.get("/o/SUN/users/bulk?do=assign&all=1&give=" + w.premium() + "&" + filter); s.StatusCode != 409 {
			t.Errorf("%s: %d\n%.2000s", filter, s.StatusCode, s.text)
		}
	}
}
