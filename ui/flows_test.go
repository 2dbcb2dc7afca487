package ui_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/kontrollrum/kontrollrum/internal/browsertest"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/words"
)

// A flow is somebody's work in a browser, in one language.
type flow struct {
	*world
	v   *browsertest.Visitor
	say func(key string, args ...any) string
}

// goes goes to a page of the hub.
func (f *flow) goes(path string) { f.Helper(); f.v.Go(f.url + path) }

// reads checks that a text can be read, now or soon: receipts are read out.
func (f *flow) reads(text string) {
	f.Helper()
	for range 50 {
		if strings.Contains(f.v.Text(), text) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	f.Fatalf("at %s it does not say %q:\n%.1500s", f.v.At(), text, f.v.Text())
}

// is checks where the browser is, by the beginning of its path.
func (f *flow) is(path string) {
	f.Helper()
	if !strings.HasPrefix(f.v.At(), path) {
		f.Fatalf("at %s, want %s:\n%.1500s", f.v.At(), path, f.v.Text())
	}
}

// picks marks a radio button or a box, as a person who clicks it does.
func (f *flow) picks(selector string) { f.Helper(); f.v.Click(selector) }

// enters signs somebody in.
func (f *flow) enters(email string) {
	f.Helper()
	f.v.Forget()
	f.v.Go(f.url + "/sign-in")
	signs(f.v, email, password(f))
}

// work does what tasks wait for.
func (f *flow) work() {
	f.Helper()
	for more := true; more; {
		var err error
		if more, err = ops.Do(f.Context(), f.hub, ops.Operator(), ops.WorkTask{Clerk: "test", Lease: time.Minute}); err != nil {
			f.Fatal(err)
		}
	}
}

// newFlow is somebody before they sign in, in a world of their own. The console
// must have said nothing when they are done.
func newFlow(t *testing.T, tag string) *flow {
	t.Helper()
	book, err := words.Read()
	if err != nil {
		t.Fatal(err)
	}
	v := browsertest.Visit(t)
	v.Size(1440, 900)
	v.Language(map[string]string{"sv": "sv-SE", "en": "en-GB"}[tag])
	said := v.Console()
	t.Cleanup(func() {
		for line := range strings.Lines(said()) {
			if !strings.Contains(line, "422 (") && !strings.Contains(line, "409 (") { // a form that is shown again says so by its status
				t.Errorf("the console says: %s", line)
			}
		}
	})
	return &flow{world: browse(t), v: v, say: book.In(tag).Say}
}

// TestFlows: what a heading of the product's description speaks of is done from
// beginning to end in a browser, in both languages, and the console says nothing.
func TestFlows(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(*flow){"organizations and partnerships": flowPartners, "users": flowUsers, "activation mail": flowMail,
		"licences, subscriptions, account": flowLicenses, "administrator roles": flowRoles} {
		for _, tag := range []string{"sv", "en"} {
			t.Run(name+" in "+tag, func(t *testing.T) {
				t.Parallel()
				run(newFlow(t, tag))
			})
		}
	}
}

// A partner makes a customer, works there and leaves; a customer restricts who
// changes its externals, takes that back, and ends a partnership.
func flowPartners(f *flow) {
	f.enters("jonas.lindqvist@nordhamn.example")
	f.goes("/o/NHD/customers")
	f.v.Press("main a[href='/o/NHD/customers/new']")
	f.v.Fill("#name", "Prov Vatten")
	f.v.Fill("#plate", "PRV")
	f.v.Fill("#first", "Eva")
	f.v.Fill("#last", "Ek")
	f.v.Fill("#email", "eva.ek@provvatten.example")
	f.v.Press("#new-customer button[type=submit]")
	f.reads("Prov Vatten")
	f.goes("/o/PRV/users")
	f.reads("Eva Ek")
	f.reads(f.say("strip.text", "Organization", "Prov Vatten", "Home", "Nordhamn Drift"))
	f.v.Press(".strip a.btn")
	f.is("/o/NHD")
	f.goes("/o/NHD/customers?q=prov")
	f.reads("PRV")

	f.enters("karin.holm@sundvik.example")
	f.goes("/o/SUN/partners")
	f.reads("Västkust Support")
	f.v.Press("form[action='/o/SUN/partners/restriction'] button")
	f.reads(f.say("partners.restrict.on"))
	f.v.Press("#receipt form button")
	f.reads(f.say("partners.restrict.off"))
	f.goes("/o/SUN/partners/VKS/end")
	f.v.Fill("#name", "Fel namn")
	f.v.Press("#end-form button[type=submit]")
	if !f.v.Has("#name[aria-invalid=true]") {
		f.Fatal("it is ended though its name was not typed")
	}
	f.v.Fill("#name", "Västkust Support")
	f.v.Press("#end-form button[type=submit]")
	f.is("/o/SUN/partners")
	if f.v.Has("main a[href='/o/SUN/partners/VKS']") {
		f.Error("the partnership has not ended")
	}
}

// Somebody is found, changed, shut out and let in again; others are added, with
// a mistake that is told beside its field; and one is removed.
func flowUsers(f *flow) {
	f.enters("karin.holm@sundvik.example")
	f.goes("/o/SUN/users")
	f.v.Await("#views a span") // counted
	f.v.Fill("#q", "WIDMARK")
	f.v.Until("/o/SUN/users")
	f.v.Await("#list .applied")
	if !strings.Contains(f.v.At(), "q=WIDMARK") {
		f.Errorf("the search is not in the address: %s", f.v.At())
	}
	f.v.Eval(`document.querySelector("#list").dataset.first = ""; document.querySelector("#q").blur(); ""`)
	f.v.Click("#list a[data-menu]")
	f.v.Await("#rowmenu .mi")
	if !f.v.Has("#list[data-first]") { // it would take away what is clicked
		f.Error("to leave the field searches again")
	}
	f.reads(f.say("users.menu.remove"))
	f.v.Key(kb.Escape)
	if !f.v.Has("#list a[data-menu]:focus") {
		f.Error("a menu that closes does not give back the focus")
	}
	f.v.Press("#list a.name")
	f.is("/o/SUN/users/")
	f.reads("Nora Widmark")
	nora := f.v.At()
	f.goes(nora + "/edit")
	f.v.Fill("input[name=title]", "Chef för el")
	f.v.Press("main form button[type=submit].pri")
	f.reads("Chef för el")
	f.v.Press("#receipt form button")
	if strings.Contains(f.v.Text(), "Chef för el") {
		f.Error("undone and still there")
	}
	f.goes(nora)
	f.v.Click("#more-button")
	f.v.Press("#more form[action$='/deactivate'] button")
	f.reads(f.say("status.inactive"))
	f.v.Press("#receipt form button")
	f.reads(f.say("status.active"))

	f.goes("/o/SUN/users/new")
	f.v.Click("[data-more]") // a line more, by script
	f.v.Fill("#email-0", "ny.ett@sundvik.example")
	f.v.Fill("#first-0", "Ny")
	f.v.Fill("#last-0", "Ett")
	f.v.Fill("#email-3", "nora.widmark@sundvik.example")
	f.v.Fill("#first-3", "Två")
	f.v.Press("#new-users button.pri")
	if !f.v.Has("#email-3[aria-invalid=true]") || f.v.Has("#email-0[aria-invalid=true]") {
		f.Fatalf("it is not told which line is wrong:\n%s", f.v.Text())
	}
	f.v.Fill("#email-3", "ny.tva@sundvik.example")
	f.v.Press("#new-users button.pri")
	f.reads(f.say("done.added", "Count", 2))
	f.goes("/o/SUN/users?q=ny.ett")
	f.v.Press("#list a.name")
	one := f.v.At()
	f.goes(one + "/remove")
	f.v.Fill("main form input[type=text]", "Ny Ett")
	f.v.Press("main form button.bad")
	f.goes("/o/SUN/users?q=ny.ett")
	if f.v.Has("#list a.name") {
		f.Error("removed and still there")
	}
}

// An invitation is sent again; a second within a day is skipped and says so; and
// all who wait are invited by a task with counters.
func flowMail(f *flow) {
	f.enters("elin.sandberg@sundvik.example")
	f.goes("/o/SUN/users?q=maja.oberg")
	f.v.Press("#list a.name")
	f.v.Click("#more-button")
	f.v.Press("#more form[action$='/invite'] button")
	f.reads(f.say("done.invited", "Name", "Maja Öberg"))
	f.goes("/o/SUN/users?view=waiting")
	f.v.Click("#mark-all")
	f.v.Await("[data-bulk] button[value=resend]")
	f.v.Press("[data-bulk] button[value=resend]")
	if strings.HasPrefix(f.v.At(), "/o/SUN/users/bulk") { // told with numbers first
		f.v.Press("main form button.pri")
	}
	f.is("/o/SUN/tasks/")
	f.work()
	f.v.Go(f.url + f.v.At())
	f.v.Await("#show-skipped, #show-all")
	f.goes("/o/SUN/tasks")
	f.v.Press("main a[id^=task-]")
	f.is("/o/SUN/tasks/")
	f.reads("Maja Öberg")
}

// A licence is given with its option and the change is foreseen, saved, seen in
// the history and undone; one is given to many; and the account shows it all.
func flowLicenses(f *flow) {
	f.enters("karin.holm@sundvik.example")
	f.goes("/o/SUN/users?q=nora.widmark")
	f.v.Press("#list a.name")
	nora := f.v.At()
	f.picks("input[name=license][value=contact_center_premium]")
	f.v.Await("#savebar:not([hidden])")
	f.v.Await("#supervisor")
	f.picks("#supervisor")
	f.v.Await("#savebar:not([hidden]) .delta")
	f.v.Press("#savebar button.pri")
	f.is(nora)
	if !f.v.Has("input[name=license][value=contact_center_premium]:checked") || !f.v.Has("#supervisor:checked") {
		f.Fatalf("not saved:\n%s", f.v.Text())
	}
	f.v.Press("#receipt form button")
	f.goes(nora)
	if f.v.Has("input[name=license][value=contact_center_premium]:checked") {
		f.Error("undone and still there")
	}
	f.goes("/o/SUN/users?view=unlicensed")
	f.picks("#list tbody tr:nth-child(1) input[type=checkbox]")
	f.picks("#list tbody tr:nth-child(2) input[type=checkbox]")
	f.v.Await("[data-bulk] button[value=assign]")
	f.v.Press("[data-bulk] button[value=assign]")
	f.is("/o/SUN/tasks/")
	f.work()
	f.v.Go(f.url + f.v.At())
	f.reads(f.say("task.item.done"))
	f.goes("/o/SUN/account")
	f.reads("Nordhamn Drift")
	f.goes("/o/SUN/account/subscriptions?days=30")
	if !f.v.Has("main svg") {
		f.Error("there is no chart")
	}
	f.reads("642")
}

// Somebody from elsewhere is verified before anything is sent, gets a role with
// an end and a reason, which is renewed, revoked and given back; a service
// administrator is told why a role is not theirs to give; a question is answered.
func flowRoles(f *flow) {
	f.enters("karin.holm@sundvik.example")
	for _, no := range []string{"nils.moen@fjallsyn.example", "vera.hall@nordhamn.example", "sara.palm@vastkust.example"} {
		f.goes("/o/SUN/external/new?role=service_admin&email=" + no)
		if !f.v.Has("#checked .note.warn") || !f.v.Has("#give-role[aria-disabled=true]") {
			f.Fatalf("%s may be given the role:\n%s", no, f.v.Text())
		}
	}
	f.goes("/o/SUN/external/new")
	f.v.Fill("#email", "lars.dal@tidvatten.example")
	f.v.Press("button[formaction='/o/SUN/external/new']")
	f.reads("Lars Dal")
	f.picks("input[name=term][value='30']")
	f.v.Fill("#reason", "Hjälp med köer")
	f.v.Press("#give button.pri")
	f.is("/o/SUN/external")
	f.reads("Lars Dal")
	f.goes("/o/SUN/external?q=lars")
	f.v.Press("#list a.name, main table a.name")
	if !f.v.Has("#reason[value='Hjälp med köer']") {
		f.Errorf("the reason is not kept:\n%s", f.v.Text())
	}
	lars := strings.Split(f.v.At(), "?")[0]
	f.v.Press(fmt.Sprintf("form[action='%s/renew'] button", lars))
	f.v.Press(fmt.Sprintf("form[action='%s/revoke'] button", lars))
	f.v.Press("#receipt form button")
	f.goes("/o/SUN/external?q=lars")
	f.reads("Lars Dal")

	f.enters("elin.sandberg@sundvik.example")
	f.goes("/o/SUN/users?q=nora.widmark")
	f.v.Press("#list a.name")
	if !f.v.Has("input[name=role][value=full_admin][aria-disabled=true]") {
		f.Error("a service administrator may make a full one")
	}
	f.picks("input[name=role][value=service_admin]")
	f.v.Await("#savebar:not([hidden])")
	f.v.Press("#savebar button.pri")
	if !f.v.Has("input[name=role][value=service_admin]:checked") {
		f.Error("the role was not given")
	}
	f.goes("/o/SUN/roles?who=elin.sandberg@sundvik.example&do=users.add")
	f.reads(f.say("ask.no"))
	f.goes("/o/SUN/audit?q=nora")
	f.reads("Nora Widmark")
}
