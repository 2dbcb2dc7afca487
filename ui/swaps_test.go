package ui_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// awaits waits until an expression is true in the page.
func (f *flow) awaits(expression string) {
	f.Helper()
	for range 250 {
		if f.v.Eval(`String(`+expression+`)`) == "true" {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	f.Fatalf("at %s it never is that %s:\n%.1500s", f.v.At(), expression, f.v.Text())
}

// TestSwaps: what is swapped in a page takes nothing with it that somebody has
// done or is doing, and the page goes on telling the same.
func TestSwaps(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(*flow){"pressed": swapPressed, "back": swapBack, "export": swapExport, "order": swapOrder,
		"Enter in a box": swapEnter, "palette": swapPalette, "a running task": swapTask} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFlow(t, "sv")
			f.enters("karin.holm@sundvik.example")
			run(f)
		})
	}
}

// swapPressed: an address that is left by pressing the button is checked, and
// the button pressed all the same.
func swapPressed(f *flow) {
	f.goes("/o/SUN/external/new")
	f.v.Eval(`addEventListener("htmx:afterRequest", () => { document.body.dataset.answered = ""; }); ""`)
	f.v.Fill("#email", "lars.dal@tidvatten.example")
	f.v.Hold("#give button.pri", func() { f.v.Await("body[data-answered]") })
	f.awaits(`location.pathname === "/o/SUN/external" && document.readyState === "complete"`)
	f.reads(f.say("done.external_added", "Name", "Lars Dal"))
}

// swapBack: a page is whole after a step back.
func swapBack(f *flow) {
	f.goes("/o/SUN/roles")
	f.v.Fill("#qa", "elin.sandberg@sundvik.example")
	f.v.Click("#ask button[type=submit]")
	f.v.Await("#answer .answer")
	f.v.Eval(`history.back(); ""`)
	f.awaits(`location.search === "" && document.readyState === "complete" && document.querySelector("header.bar") && document.querySelector("#ask") && !document.querySelector("#answer .answer") ? true : false`)
}

// swapExport: what is exported is what the filters leave.
func swapExport(f *flow) {
	f.goes("/o/SUN/audit")
	f.v.Eval(`{const s = document.querySelector("#outcome"); s.value = "refused"; s.dispatchEvent(new Event("change", {bubbles: true})); ""}`)
	f.awaits(`location.search.includes("refused")`)
	if got := f.v.Eval(`document.querySelector("#export a").getAttribute("href")`); !strings.Contains(got, "outcome=refused") {
		f.Errorf("the filters leave the refused, and what is exported is %s", got)
	}
	if f.v.Eval(`document.querySelector("#said").innerText`) == "" {
		f.Error("nobody who listens is told that the list is another")
	}
}

// swapOrder: an order that was chosen stays while something is searched, and the
// focus where it was.
func swapOrder(f *flow) {
	f.goes("/o/SUN/users")
	f.v.Eval(`document.querySelector("#by-email").focus(); ""`)
	f.v.Key(kb.Enter)
	f.awaits(`location.search.includes("sort=email")`)
	f.awaits(`document.activeElement.id === "by-email"`)
	f.v.Fill("#q", "agnes")
	f.awaits(`location.search.includes("q=agnes")`)
	if !strings.Contains(f.v.At(), "sort=email") {
		f.Errorf("searched, and the order is forgotten: %s", f.v.At())
	}
}

// swapEnter: Enter in a box that is marked does nothing to anybody.
func swapEnter(f *flow) {
	f.goes("/o/SUN/users?q=nora.widmark")
	f.v.Eval(`document.querySelector("[data-mark]").focus(); ""`)
	f.v.Key(" ")
	f.v.Await("[data-bulk]:not([hidden])")
	f.v.Key(kb.Enter)
	f.is("/o/SUN/users?q=nora.widmark")
	f.goes("/o/SUN/audit") // had anything been sent, it would be answered by now
	u, err := ops.Do(f.Context(), f.hub, f.chief(), ops.ViewUser{Organization: "SUN", User: "nora.widmark@sundvik.example"})
	if err != nil {
		f.Fatal(err)
	}
	if len(u.Holdings) > 0 {
		f.Errorf("given %v", u.Holdings)
	}
}

// swapPalette: Enter opens what the letters find, however fast they are written.
func swapPalette(f *flow) {
	f.goes("/o/SUN/users")
	f.v.Click("#finder")
	f.v.Await("#palette-found [role=option]")
	f.v.Eval(`{const q = document.querySelector("#palette-q"); q.value = "widmark"; q.dispatchEvent(new InputEvent("input", {bubbles: true}));
		q.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true})); ""}`)
	f.v.Until("/o/SUN/users/")
	f.reads("Nora Widmark")
}

// swapTask: the page of a task that runs keeps what it tells, and where one is in it.
func swapTask(f *flow) {
	k, err := ops.Do(f.Context(), f.hub, f.by("karin.holm@sundvik.example"), ops.StartTask{Organization: "SUN", Kind: kontrollrum.ActivationTask, All: true, Filter: ops.Filter{Statuses: []kontrollrum.UserStatus{kontrollrum.NotVerified}}})
	if err != nil {
		f.Fatal(err)
	}
	f.goes("/o/SUN/tasks/" + string(k.ID) + "?told=job_running&after=50")
	f.v.Eval(`addEventListener("htmx:afterSettle", () => { document.body.dataset.swapped = ""; }); ""`)
	f.v.Await("body[data-swapped]")
	f.reads(f.say("fault.job_running"))
	if got := f.v.Eval(`document.querySelector("#task tbody tr").innerText`); !strings.HasPrefix(strings.TrimSpace(got), "51") {
		f.Errorf("the second page of its people begins with %q", got)
	}
}
