package ui

import (
	"net/url"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// accountSamples are the overview and the account's pages.
func accountSamples(p *Page) []sample {
	day := func(n int) time.Time { return p.now.AddDate(0, 0, n).UTC() }
	sitting := func(mode, role, at string) *visit {
		v := &visit{Inside: inside(p, mode, role)}
		v.At = at
		return v
	}
	karin := func() *visit { return sitting("full", "full_admin", "account") }
	ingrid := sitting("read", "read_only_admin", "account")
	ingrid.Name, ingrid.Email = "Ingrid Sten", "ingrid.sten@sundvik.example"
	org := kontrollrum.Organization{ID: "3f8a2b1c-5d6e-4f70-8a91-b2c3d4e5f607", Plate: "SUN", Name: "Sundvik Energi", Country: "SE", Language: "sv", TimeZone: "Europe/Stockholm", DataRegion: "local",
		Services: kontrollrum.Services(), State: kontrollrum.OrganizationActive, Platform: kontrollrum.PlatformNew, SetupDone: true, AutomaticMails: true, Created: day(-77), Modified: day(-2), Version: 3}
	partners := []ops.PartnerOf{
		{Partner: kontrollrum.Partner{Partnership: kontrollrum.Partnership{Managing: true, Provisioning: true, Started: day(-77)}, Plate: "NHD", Name: "Nordhamn Drift"}},
		{Partner: kontrollrum.Partner{Partnership: kontrollrum.Partnership{Managing: true, Started: day(-77), Ends: day(30)}, Plate: "VKS", Name: "Västkust Support"}},
	}
	bare := org
	bare.Services, bare.Platform, bare.SetupDone, bare.State = []kontrollrum.Service{kontrollrum.ContactCenter}, kontrollrum.Platform10, false, kontrollrum.OrganizationSuspended

	usage := func(product kontrollrum.Product, used, bought int) ops.Usage {
		u := ops.Usage{Product: product}
		for i := range 78 {
			d := ops.UsageDay{Day: day(i - 77).Truncate(24 * time.Hour), Used: used * min(i*i, 3600) / 3600, Bought: bought}
			if i < 43 {
				d.Bought = bought * 2 / 3
			}
			u.Days = append(u.Days, d)
		}
		return u
	}
	license := func(product kontrollrum.Product, used, bought int) kontrollrum.License {
		return kontrollrum.License{Product: product, Used: used, Bought: bought}
	}
	all := []kontrollrum.Subscription{
		{ID: "9d0c", Name: "Kontaktcenter", Starts: day(-77), Ends: day(400), Licenses: []kontrollrum.License{license(kontrollrum.StandardAgent, 640, 700), license(kontrollrum.PremiumAgent, 197, 200)}},
		{ID: "77af", Name: "Samarbete", Starts: day(-77), Ends: day(19), Licenses: []kontrollrum.License{license(kontrollrum.MeetingsHost, 255, 400), license(kontrollrum.MessagingUser, 1425, 1600)}},
		{ID: "1b2e", Name: "Telefoni på prov", Trial: true, Starts: day(-20), Ends: day(10), Licenses: []kontrollrum.License{license(kontrollrum.CallingUser, 0, 25)}},
		{ID: "c0de", Name: "Telefoni", Starts: day(-60), Licenses: []kontrollrum.License{license(kontrollrum.CallingUser, 44, 40)}},
		{ID: "feed", Name: "Försöket", Trial: true, Starts: day(-70), Ends: day(-12), Ended: true, Licenses: []kontrollrum.License{license(kontrollrum.MeetingsHost, 1, 10), license(kontrollrum.MessagingUser, 0, 10)}},
	}
	drawn := []ops.Usage{usage(kontrollrum.StandardAgent, 640, 700), usage(kontrollrum.PremiumAgent, 197, 200), usage(kontrollrum.MeetingsHost, 255, 400), {Product: kontrollrum.CallingUser, Days: []ops.UsageDay{{Day: day(0)}}}}
	subscriptions := func(v *visit, days int, found []kontrollrum.Subscription, usage []ops.Usage) SubscriptionsPage {
		page := SubscriptionsPage{Inside: v.Inside, Days: days}
		page.fill(all, found, usage)
		return page
	}
	none := SubscriptionsPage{Inside: karin().Inside, Days: 90}
	match := subscriptions(ingrid, 30, nil, nil)
	match.Search, match.State = "zzz", "trial"

	wrong := karin().settingsPage(&org)
	wrong.Wrong = map[string]string{"name": p.Say("settings.wrong.name"), "country": p.Say("settings.wrong.country"), "zone": p.Say("settings.wrong.zone"), "overage": p.Say("settings.wrong.overage")}
	wrong.Trouble = p.Say("fault.kind.conflict")
	late := karin().settingsPage(&org)
	theirs := late.Settings
	theirs.Name, theirs.Factor = "Sundvik Energi AB", true
	late.Others, late.Settings = karin().others(late.Settings, theirs), theirs
	saved := karin()
	saved.Done, saved.Undo, saved.about, saved.here = "settings", "UI_1", url.Values{}, "/o/SUN/settings"

	overview := func(v *visit, s *ops.Situation) OverviewPage {
		page := OverviewPage{Inside: v.Inside, FirstName: "Karin"}
		page.fill(s)
		return page
	}
	var concerns []ops.Concern
	for _, m := range ops.Matters() {
		concerns = append(concerns, ops.Concern{What: m, Count: 3, Product: kontrollrum.PremiumAgent, Name: "Samarbete", Until: day(9)})
	}
	ones := &ops.Situation{}
	for _, c := range concerns {
		c.Count, c.Until = 1, day(1)
		ones.Concerns = append(ones.Concerns, c)
	}
	entry := func(action policy.Action, whom string, ago time.Duration) kontrollrum.Entry {
		return kontrollrum.Entry{Organization: org.ID, ActorOrganization: org.ID, Action: action.String(), Actor: "a", ActorName: "Karin Holm", Target: "b", TargetName: whom, At: p.now.Add(-ago), Outcome: kontrollrum.Done}
	}
	entries := []kontrollrum.Entry{entry(policy.LicensesContactCenterEdit, "Nora Widmark", time.Hour), entry(policy.UsersAdd, "Maja Öberg", 5*time.Hour), entry(policy.OrganizationEditSettings, "", 26*time.Hour)}
	entries[1].Outcome, entries[1].ActorName, entries[1].ActorOrganization, entries[1].ActorHome = kontrollrum.Refused, "Tomas Berg", "t", "Tidvatten Konsult"
	entries[2].Actor = ""
	letters := []kontrollrum.Letter{{User: "u1", Address: "maja.oberg@sundvik.example", Kind: kontrollrum.ActivationLetter, State: kontrollrum.LetterGivenUp, Error: "550 5.1.1 No such user", Created: day(-1)},
		{User: "u2", Address: "ali.rahimi@sundvik.example", Kind: kontrollrum.PasswordChanged, State: kontrollrum.LetterQueued, Error: "451 4.7.1 Try again later", Created: day(0)}}
	seen := &ops.Situation{Concerns: concerns, Letters: letters, Recent: entries}
	for _, u := range drawn {
		seen.Seats = append(seen.Seats, ops.Usage{Product: u.Product, Days: u.Days[len(u.Days)-1:]})
	}
	some := &ops.Situation{Concerns: []ops.Concern{concerns[4], concerns[6], concerns[12]}, Seats: seen.Seats, Recent: entries}
	some.Concerns[0].Count, some.Concerns[2].Count = 640, 73
	partner := sitting("full", "full_admin", "overview")
	partner.Name, partner.Email, partner.Organization, partner.Plate, partner.Home, partner.customers = "Jonas Lindqvist", "jonas.lindqvist@nordhamn.example", "Nordhamn Drift", "NHD", "Nordhamn Drift", 43
	calm := overview(partner, &ops.Situation{})
	calm.Elsewhere, calm.Places = 43, []Place{{Name: "Bruket Handel", Plate: "BRU", External: true}, {Name: "Hamnvik Kommun", Plate: "HAM", External: true}}
	service := sitting("full", "service_admin", "overview")
	return []sample{
		{"overview", overview(sitting("full", "full_admin", "overview"), some).View()},
		{"overview-all", overview(service, seen).View()},
		{"overview-ones", overview(sitting("read", "read_only_admin", "overview"), ones).View()},
		{"overview-calm", calm.View()},
		{"account", karin().accountPage(&org, partners).View()},
		{"account-bare", ingrid.accountPage(&bare, nil).View()},
		{"subscriptions", subscriptions(karin(), 90, all, drawn).View()},
		{"subscriptions-one", subscriptions(ingrid, 30, all[:1], drawn[3:]).View()},
		{"subscriptions-none", none.View()},
		{"subscriptions-match", match.View()},
		{"settings", saved.settingsPage(&org).View()},
		{"settings-read", ingrid.settingsPage(&org).View()},
		{"settings-wrong", wrong.View()},
		{"settings-late", late.View()},
	}
}
