package ui

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/words"
)

// settings shows how an organization is set up: what it is called, in which
// language and zone, and what it asks of its people.
func (f *face) settings(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "settings")
	if v == nil {
		return err
	}
	info, err := do(r.Context(), f, c, ops.ViewOrganization{Organization: v.org()})
	if err != nil {
		return f.locked(w, r, v, err)
	}
	return f.show(w, r, http.StatusOK, v.settingsPage(&info.Organization).View())
}

func (v *visit) settingsPage(o *kontrollrum.Organization) SettingsPage {
	page := SettingsPage{Inside: v.Inside, Lock: v.lock(policy.OrganizationEditSettings), Version: o.Version, Own: o.OwnAdministratorsOnly, Wrong: map[string]string{},
		Settings: Settings{Name: o.Name, Country: o.Country, Language: o.Language, TimeZone: o.TimeZone,
			Mails: o.AutomaticMails, Factor: o.SecondFactor, Overage: itoa(o.Overage)}}
	page.Countries = v.countries(o.Country)
	for _, tag := range words.Languages() {
		page.Languages = append(page.Languages, Choice{tag, v.tongue(tag)})
	}
	if !slices.ContainsFunc(page.Languages, func(c Choice) bool { return c.Value == o.Language }) {
		page.Languages = append(page.Languages, Choice{o.Language, v.tongue(o.Language)})
	}
	page.FactorOn = o.SecondFactor
	return page
}

// saveSettings changes what the form changes. What cannot be is told beside its
// field; where somebody else was faster nothing is lost and nothing overwritten.
func (f *face) saveSettings(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "settings")
	if v == nil {
		return err
	}
	v.here = v.In + "/settings"
	given := Settings{Name: r.PostFormValue("name"), Country: r.PostFormValue("country"), Language: r.PostFormValue("language"),
		TimeZone: strings.TrimSpace(r.PostFormValue("zone")), Mails: r.PostFormValue("mails") != "", Factor: r.PostFormValue("factor") != "",
		Overage: strings.TrimSpace(r.PostFormValue("overage"))}
	version, _ := atoi(r.PostFormValue("version"))
	op := ops.EditOrganization{Organization: v.org(), Version: version, Name: &given.Name, Country: &given.Country, Language: &given.Language, TimeZone: &given.TimeZone,
		AutomaticMails: &given.Mails, SecondFactor: &given.Factor}
	wrong := map[string]string{}
	if n, err := atoi(given.Overage); err == nil {
		op.Overage = &n
	} else {
		wrong["overage"] = v.Say("settings.wrong.overage")
	}
	given.Name = strings.TrimSpace(given.Name)
	if given.TimeZone == "" {
		wrong["zone"] = v.Say("settings.wrong.zone")
	}
	var failed error
	if len(wrong) == 0 {
		after, err := do(r.Context(), f, c, op)
		if err == nil {
			done := url.Values{"done": {"settings"}, "undo": {c.TrackingID}}
			if after.Version == version {
				done = url.Values{"done": {"settings_same"}}
			}
			return to(w, v.here+"?"+done.Encode())
		}
		failed = err
	}
	if failed != nil && !mendable(failed) {
		return f.locked(w, r, v, failed)
	}
	info, err := do(r.Context(), f, c, ops.ViewOrganization{Organization: v.org()})
	if err != nil {
		return f.locked(w, r, v, err)
	}
	page := v.settingsPage(&info.Organization)
	now := page.Settings
	page.Settings, page.Wrong = given, wrong
	status := http.StatusUnprocessableEntity
	for _, e := range kontrollrum.All(failed) {
		switch {
		case e.Code == "version_mismatch":
			page.Others, status = v.others(now, given), http.StatusConflict
		case e.Code == "seats_in_use":
			wrong["overage"], status = v.Say("settings.wrong.seats"), http.StatusConflict
		case v.say(nil, "settings.wrong."+settingOf(e.Field)) != "":
			wrong[settingOf(e.Field)] = v.Say("settings.wrong." + settingOf(e.Field))
		default:
			page.Trouble = v.fault(e)
		}
	}
	return f.show(w, r, status, page.View())
}

// settingOf is the field of the form that a field of the op is.
func settingOf(field string) string {
	if field == "timeZone" {
		return "zone"
	}
	return field
}

// others tells what somebody else has saved meanwhile that the form has otherwise.
func (v *visit) others(now, given Settings) (out []Differing) {
	differs := func(name, is, wants string) {
		if is != wants {
			out = append(out, Differing{v.Say("settings." + name), is, wants})
		}
	}
	on := func(b bool) string {
		if b {
			return v.Say("settings.on")
		}
		return v.Say("settings.off")
	}
	differs("name", now.Name, given.Name)
	differs("country", v.country(now.Country), v.country(given.Country))
	differs("language", v.tongue(now.Language), v.tongue(given.Language))
	differs("zone", now.TimeZone, given.TimeZone)
	differs("mails", on(now.Mails), on(given.Mails))
	differs("factor", on(now.Factor), on(given.Factor))
	differs("overage", now.Overage, given.Overage)
	return out
}

// countries are those of ISO 3166-1 in the order of the page's language, and
// one more where an organization has another code.
func (p *Page) countries(also string) (out []Choice) {
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			region, err := language.ParseRegion(code)
			if err == nil && region.IsCountry() && region.String() == code && region.Canonicalize() == region {
				out = append(out, Choice{code, p.country(code)})
			}
		}
	}
	if !slices.ContainsFunc(out, func(c Choice) bool { return c.Value == also }) {
		out = append(out, Choice{also, p.country(also)})
	}
	order := collate.New(language.Make(p.Language()))
	slices.SortFunc(out, func(a, b Choice) int {
		return cmp.Or(order.CompareString(a.Word, b.Word), strings.Compare(a.Value, b.Value))
	})
	return out
}

// zones are the time zones that the form proposes; any other may be written.
var zones = []string{"Europe/Stockholm", "Europe/Copenhagen", "Europe/Helsinki", "Europe/Oslo", "Atlantic/Reykjavik", "Europe/Amsterdam", "Europe/Berlin", "Europe/Brussels",
	"Europe/Dublin", "Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Paris", "Europe/Prague", "Europe/Riga", "Europe/Rome", "Europe/Tallinn",
	"Europe/Vienna", "Europe/Vilnius", "Europe/Warsaw", "Europe/Zurich", "America/New_York", "America/Chicago", "America/Los_Angeles", "Asia/Kolkata", "Asia/Tokyo", "UTC"}
