package ui_test

import (
	"strings"
	"testing"
	"time"

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

// TestFlows: what a heading of the product's description speaks of is done from
// beginning to end in a browser, in both languages, and the console says nothing.
func TestFlows(t *testing.T) {
	t.Parallel()
	book, err := words.Read()
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func(*flow){"organizations and partnerships": flowPartners, "activation mail": flowMail,
		"licences, subscriptions, account": flowLicenses} {
		for tag, browser := range map[string]string{"sv": "sv-SE", "en": "en-GB"} {
			t.Run(name+" in "+tag, func(t *testing.T) {
				t.Parallel()
				v := browsertest.Visit(t)
				v.Size(1440, 900)
				v.Language(browser)
				said := v.Console()
				run(&flow{world: browse(t), v: v, say: book.In(tag).Say})
				for line := range strings.Lines(said()) {
					if !strings.Contains(line, "422 (") && !strings.Contains(line, "409 (") { // a form that is shown again says so by its status
						t.Errorf("the console says: %s", line)
					}
				}
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
