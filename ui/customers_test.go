package ui_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"
)

// tells checks what a page says, and does not.
func (s seen) tells(t *testing.T, status int, has []string, hasNot ...string) {
	t.Helper()
	if s.StatusCode != status {
		t.Fatalf("%s: %d, want %d\n%.900s", s.Request.URL, s.StatusCode, status, s.text)
	}
	for _, text := range has {
		if !strings.Contains(s.text, text) {
			t.Errorf("%s does not say %q", s.Request.URL, text)
		}
	}
	for _, text := range hasNot {
		if strings.Contains(s.text, text) {
			t.Errorf("%s says %q", s.Request.URL, text)
		}
	}
}

// TestCustomersOfEach: each of the partner's people sees the customers that they
// reach, as what; nobody else sees any.
func TestCustomersOfEach(t *testing.T) {
	t.Parallel()
	w := open(t)
	jonas := w.client().enters("jonas.lindqvist@nordhamn.example")
	jonas.get("/o/NHD/customers").tells(t, 200, []string{"43 av 43 kunder", "Fullständig", `href="/o/NHD/customers/new"`, `href="/o/NHD/users?view=admins"`})
	jonas.get("/o/NHD/customers?q=sundvik").tells(t, 200, []string{"1 av 43 kunder", `href="/o/SUN"`, "<b>640</b> / 700", "<b>168</b> / 200", "Hanterar och etablerar"}, "Bruket")
	jonas.get("/o/NHD/customers?view=setup").tells(t, 200, []string{"Bruket Handel", "Väntar på konfiguration"}, "Sundvik Energi")
	jonas.get("/o/NHD/customers?q=%25&view=over&sort=-standard").tells(t, 200, []string{"Ingen kund passar", "Visa alla kunder"})
	jonas.get("/o/SUN/customers").tells(t, 403, []string{"Du kan inte se den här sidan"})
	if leave := jonas.get("/o/SUN"); !strings.Contains(leave.text, `href="/o/NHD/customers"`) {
		t.Error("leaving a customer does not lead to the customers")
	}
	file := jonas.get("/o/NHD/customers.csv?q=sundvik")
	file.header(t, "Content-Type", "text/csv")
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.text, "\ufeff"))).ReadAll()
	if err != nil || len(lines) != 2 || lines[1][0] != "SUN" || lines[1][6] != "640" || lines[1][12] != "Fullständig" {
		t.Errorf("the file: %v %q", err, lines)
	}

	w.client().enters("henrik.wall@nordhamn.example").get("/o/NHD/customers").tells(t, 200, []string{"43 av 43 kunder", "Skrivskyddad", `id="customers-new" aria-disabled="true"`}, `href="/o/NHD/customers/new"`)
	w.client().enters("petra.lund@nordhamn.example").get("/o/NHD/customers").tells(t, 200, []string{"43 av 43 kunder", "Etablering"}, `href="/o/NHD/customers/new"`)
	w.client().enters("vera.hall@nordhamn.example").get("/o/NHD/customers").tells(t, 200, []string{"Du når inga kunder"}, "Sundvik", "43")
	w.client().enters("karin.holm@sundvik.example").get("/o/NHD/customers").tells(t, 404, nil)
}

// TestCreateCustomerByForm: what is wrong stands beside its field and nothing is
// lost; what is right is there at once, with its first administrator.
func TestCreateCustomerByForm(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.client().enters("jonas.lindqvist@nordhamn.example")
	c.get("/o/NHD/customers/new").tells(t, 200, []string{"Vad Nordhamn Drift gör för kunden", "Din roll räcker till alla kunder"})
	form := map[string]string{"name": "Älvens Färja", "plate": "SUN", "country": "SE", "zone": "Europe/Stockholm", "language": "sv", "services": "contact_center", "platform": "1.0",
		"managing": "1", "first": "Eva", "last": "Ek", "email": "nej"}
	post := func() seen {
		var pairs []string
		for name, value := range form {
			pairs = append(pairs, name, value)
		}
		return c.post("/o/NHD/customers", pairs...)
	}
	post().tells(t, 422, []string{`id="plate-error"`, "Koden är upptagen", "ALV", `id="email-error"`, `value="Älvens Färja"`, `value="Eva"`})
	form["plate"], form["email"] = "", "eva.ek@farjan.example"
	post().tells(t, 422, []string{"Här är ett förslag", `value="ALV"`})
	form["plate"] = "alv"
	c.leads(post(), "/o/NHD/customers?done=customer_founded&name=%C3%84lvens+F%C3%A4rja&q=ALV")
	c.get("/o/NHD/customers?done=customer_founded&name=%C3%84lvens+F%C3%A4rja&q=ALV").tells(t, 200, []string{"Kunden Älvens Färja är skapad", `href="/o/ALV"`, "Väntar på konfiguration", "1 av 44 kunder"})
	c.get("/o/ALV").tells(t, 200, []string{"Älvens Färja"})
	form["email"], form["first"], form["last"], form["plate"] = "", "", "", "ALW"
	c.leads(post(), "/o/NHD/customers?done=customer_created&name=%C3%84lvens+F%C3%A4rja&q=ALW")

	henrik := w.client().enters("henrik.wall@nordhamn.example")
	henrik.get("/o/NHD/customers/new").tells(t, 403, []string{"Kräver fullständig administratör"})
	henrik.post("/o/NHD/customers", "name", "X", "plate", "XXX", "managing", "1").tells(t, 403, nil)
}

// TestPartnersOfACustomer: the customer's full administrator lets partners in,
// changes, ends and restricts; others see who comes in, and why they cannot.
func TestPartnersOfACustomer(t *testing.T) {
	t.Parallel()
	w := open(t)
	karin := w.client().enters("karin.holm@sundvik.example")
	karin.get("/o/SUN/partners").tells(t, 200, []string{"Nordhamn Drift", "Hanterar och etablerar", "Jonas Lindqvist", "Petra Lund", "Västkust Support", "Bara egna administratörer", `href="/o/SUN/partners/NHD/end"`})
	// Setting s1, and back by its receipt.
	s := karin.post("/o/SUN/partners/restriction", "on", "1")
	if at := s.Header.Get("Location"); s.StatusCode != 303 || !strings.HasPrefix(at, "/o/SUN/partners?done=restriction_on&undo=UI_") {
		t.Fatalf("%d to %q", s.StatusCode, at)
	}
	karin.get(s.Header.Get("Location")).tells(t, 200, []string{"Bara era egna administratörer ändrar nu", "Slå av", "Ångra"})
	_, request, _ := strings.Cut(s.Header.Get("Location"), "undo=")
	karin.post("/o/SUN/undo", "request", request, "next", "/o/SUN/partners")
	karin.get("/o/SUN/partners").tells(t, 200, []string{"Slå på"}, "Slå av<")
	// Let in, change.
	karin.post("/o/SUN/partners", "partner", "xxx", "managing", "1").tells(t, 422, []string{"Ingen organisation har den koden", `value="XXX"`})
	karin.post("/o/SUN/partners", "partner", "TVK").tells(t, 422, []string{"Välj minst ett uppdrag"})
	karin.post("/o/SUN/partners", "partner", "TVK", "managing", "1", "ends", "2020-01-01").tells(t, 422, []string{"Välj en dag som inte har passerat"})
	last := w.clock.Now().AddDate(0, 0, 9).Format(time.DateOnly)
	karin.leads(karin.post("/o/SUN/partners", "partner", "tvk", "managing", "1", "ends", last), "/o/SUN/partners?done=partner_added&name=TVK")
	karin.get("/o/SUN/partners/TVK").tells(t, 200, []string{`value="` + last + `"`, "Ändra partnerskapet med Tidvatten Konsult"})
	karin.post("/o/SUN/partners", "old", "1", "partner", "TVK", "managing", "1", "ends", last).tells(t, 422, []string{"Så är partnerskapet redan"})
	// End, once the name is typed.
	karin.get("/o/SUN/partners/NHD/end").tells(t, 200, []string{"3 personer hos Nordhamn Drift förlorar sin åtkomst genast", "Det går inte att ångra"})
	karin.post("/o/SUN/partners/NHD/end", "name", "Nordhamn").tells(t, 422, []string{"Det stämmer inte"})
	jonas := w.client().enters("jonas.lindqvist@nordhamn.example")
	jonas.get("/o/SUN/partners").tells(t, 200, []string{"Nordhamn Drift", `id="end-NHD" aria-disabled="true"`}, `href="/o/SUN/partners/NHD/end"`)
	jonas.get("/o/SUN/partners/NHD/end").tells(t, 403, []string{"Kräver fullständig administratör som hör till Sundvik Energi."})
	jonas.post("/o/SUN/partners/NHD/end", "name", "Nordhamn Drift").tells(t, 403, nil)
	karin.leads(karin.post("/o/SUN/partners/NHD/end", "name", "Nordhamn Drift"), "/o/SUN/partners?done=partner_ended&name=Nordhamn+Drift")
	jonas.get("/o/SUN/partners").tells(t, 404, nil)

	// A service administrator learns of nobody else.
	elin := w.client().enters("elin.sandberg@sundvik.example")
	elin.get("/o/SUN/partners").tells(t, 200, []string{"Du ser bara tjänstadministratörer", `id="restrict" aria-disabled="true"`}, "Maria Ek", "Karin Holm")
	w.client().enters("ali.rahimi@sundvik.example").get("/o/SUN/partners").tells(t, 403, nil)
}

func TestOrganizationsOfEach(t *testing.T) {
	t.Parallel()
	w := open(t)
	jonas := w.client().enters("jonas.lindqvist@nordhamn.example")
	s := jonas.get("/organizations?from=SUN")
	s.tells(t, 200, []string{"44 av 44 organisationer", "Du är här"})
	if strings.Index(s.text, `class="name" href="/o/NHD"`) > strings.Index(s.text, `class="name" href="/o/BRU"`) {
		t.Error("home does not come first")
	}
	jonas.get("/organizations?q=brukET").tells(t, 200, []string{"1 av 44 organisationer", `href="/o/BRU"`}, `class="name" href="/o/SUN"`)
	jonas.get("/organizations?from=FJT&q=zzz").tells(t, 200, []string{"Ingen organisation heter"})
	w.client().enters("karin.holm@sundvik.example").get("/organizations").tells(t, 200, []string{"1 av 1 organisation<"}, "Nordhamn")
}
