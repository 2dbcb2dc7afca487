package ui

import (
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/words"
)

// A sample is a page as somebody may see it.
type sample struct {
	name string
	page templ.Component
}

// samples has at least one of every page, in the language of p.
func samples(t testing.TB, p *Page) []sample {
	t.Helper()
	const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	setup, err := totpPage(p, setupOf(secret))
	if err != nil {
		t.Fatal(err)
	}
	setup.Action, setup.Back = "/profile/totp", "/profile"
	wrong := setup
	wrong.Error = p.Say("fault.invalid_code")
	in := func(mode, role string) *Inside { return inside(p, mode, role) }
	outside := in("read", "read_only_admin")
	outside.External, outside.Home, outside.Name, outside.Email = true, "Tidvatten Konsult", "Tomas Berg", "tomas.berg@tidvatten.example"
	partner := in("full", "full_admin")
	partner.Name, partner.Email, partner.Organization, partner.Plate, partner.Home = "Jonas Lindqvist", "jonas.lindqvist@nordhamn.example", "Nordhamn Drift", "NHD", "Nordhamn Drift"
	var others []Place
	for _, o := range [][2]string{{"Bruket Handel", "BRU"}, {"Hamnvik Kommun", "HAM"}, {"Sundvik Energi", "SUN"}} {
		ways := []Way{{Name: "hub", Path: "/?organization=" + o[1], Mode: "full"}, {Name: "portal", Path: "/portal?organization=" + o[1], Mode: "read"}, {Name: "desktop", Path: "/desktop?organization=" + o[1]}}
		others = append(others, Place{Name: o[0], Plate: o[1], External: true, Ways: ways})
	}
	told := in("full", "full_admin")
	told.Done = "factor"
	day := func(d time.Duration) string { return p.when(p.now.Add(-d)) }
	factors := []Factor{{ID: "f1", Kind: "totp", Name: p.Say("factor.kind.totp"), Created: day(90 * 24 * time.Hour), Used: day(time.Hour)},
		{ID: "f2", Kind: "passkey", Name: p.Say("browser.on", "Browser", "Firefox", "System", "Linux"), Created: day(26 * time.Hour)}}
	sessions := []Session{{ID: "s1", Device: p.Say("browser.on", "Browser", "Chrome", "System", "Windows"), Since: day(time.Hour), Seen: day(time.Minute), IP: "192.0.2.17", Current: true},
		{ID: "s2", Device: p.Say("browser.on", "Browser", "Safari", "System", "iPhone"), Since: day(25 * time.Hour), Seen: day(3 * time.Hour), IP: "2001:db8::17"}}
	applications := []Application{{ID: "g1", Name: "Växelvyn", Since: day(30 * 24 * time.Hour), Used: day(time.Hour), Organization: "Sundvik Energi", Offline: true,
		May: []string{p.scope("openid"), p.scope("profile"), p.scope("email"), p.scope(ops.ScopeAPI)}},
		{ID: "g2", Name: "kontrollrum", Since: day(time.Hour), Used: day(time.Minute), Organization: "Bruket Handel", May: []string{p.scope(ops.ScopeRead), p.scope("spark-admin:people_read")}}}
	codes := []string{"6bl2-iheg-xfi6", "bhkm-heqr-hmbw", "onoe-grds-ihji", "vnhe-daeq-vrxu", "qnvi-kyk5-tyol", "qtw2-2vgg-zia2", "75il-wb6j-3lnz", "xwvb-3wzp-g43v", "pnzu-k3e3-54h3", "c3qf-jsbo-ew33"}
	mail := "karin.holm@sundvik.example"
	minutes := p.Say("time.minutes", "Count", 4)
	why := []any{"Organization", "Sundvik Energi", "Role", p.Say("role.read_only_admin")}
	out := []sample{
		{"signin", SignInPage{Page: p}.View()},
		{"signin-wrong", SignInPage{Page: p, Email: "karin", Error: p.Say("signin.email.wrong"), Wrong: p.Say("signin.over")}.View()},
		{"password", PasswordPage{Page: p, Email: mail}.View()},
		{"password-wrong", PasswordPage{Page: p, Email: mail, Error: p.Say("password.wrong")}.View()},
		{"password-wait", PasswordPage{Page: p, Email: mail, Wait: minutes}.View()},
		{"factor", FactorPage{Page: p, TOTP: true, Passkey: true, Factors: "passkey-totp"}.View()},
		{"factor-wrong", FactorPage{Page: p, TOTP: true, Factors: "totp", Error: p.Say("factor.code.wrong")}.View()},
		{"factor-passkey", FactorPage{Page: p, Passkey: true, Factors: "passkey"}.View()},
		{"factor-recovery", FactorPage{Page: p, TOTP: true, Recovery: true, Factors: "totp", Wait: minutes}.View()},
		{"stepup", StepUpPage{Page: p, Email: mail, Password: true, Passkey: true}.View()},
		{"stepup-provider", StepUpPage{Page: p, Email: mail, Provider: "Sundvik ID"}.View()},
		{"provider", ProviderPage{Page: p, Email: mail, Provider: "Sundvik ID", Password: true}.View()},
		{"provider-refused", ProviderRefusalPage{Page: p, Text: p.Say("upstream.why.unknown_person")}.View()},
		{"departure", DeparturePage{Page: p, Provider: "Sundvik ID", To: "/nowhere"}.View()},
		{"onward", OnwardPage{Page: p, To: "/nowhere"}.View()},
		{"enrol", EnrolPage{Page: p}.View()},
		{"totp", setup.View()},
		{"totp-wrong", wrong.View()},
		{"codes", CodesPage{Page: p, Codes: codes, On: "/profile", Email: mail}.View()},
		{"codes-enrol", CodesPage{Page: p, Codes: codes, On: "/sign-in/enrol/done", Post: true}.View()},
		{"activate", ActivatePage{Page: p, Token: "x", Name: "Maja Öberg", Email: "maja.oberg@sundvik.example", Organization: "Sundvik Energi"}.View()},
		{"choose", ChoosePage{Page: p, Email: mail}.View()},
		{"choose-wrong", ChoosePage{Page: p, Email: mail, Password: p.Say("fault.password_too_short"), Again: p.Say("new.again.wrong")}.View()},
		{"reset", ResetPage{Page: p, Token: "x", Email: mail}.View()},
		{"forgotten", ForgottenPage{Page: p}.View()},
		{"forgotten-sent", ForgottenPage{Page: p, Email: mail, Sent: true}.View()},
		{"link-used", LinkOverPage{Page: p, Why: "used", Purpose: "activation"}.View()},
		{"link-expired", LinkOverPage{Page: p, Why: "expired", Purpose: "password"}.View()},
		{"link-superseded", LinkOverPage{Page: p, Why: "superseded", Purpose: "activation"}.View()},
		{"link-unknown", LinkOverPage{Page: p, Why: "unknown", Purpose: "password"}.View()},
		{"device", DevicePage{Page: p}.View()},
		{"device-wrong", DevicePage{Page: p, Code: "BCDF-GHJK", Error: p.Say("device.code.wrong")}.View()},
		{"device-ask", DevicePage{Page: p, Code: "BCDF-GHJK", Client: "kontrollrum"}.View()},
		{"device-allowed", DevicePage{Page: p, Client: "kontrollrum", Done: "allowed"}.View()},
		{"device-refused", DevicePage{Page: p, Client: "kontrollrum", Done: "refused"}.View()},
		{"signedout", SignedOutPage{p}.View()},
		{"signout", SignOutPage{p}.View()},
		{"error", ErrorPage{Page: p, Status: "404", Title: p.Say("error.404"), Text: p.Say("error.text.404"), ID: "UI_1f0c8c1e"}.View()},
		{"error-strayed", ErrorPage{Page: p, Status: "400", Title: p.Say("error.of.invalid_redirect_uri"), Text: p.Say("fault.invalid_redirect_uri"), ID: "OP_1f0c8c1e"}.View()},
		{"refused", RefusedPage{Page: p, Application: "portal", Organization: "Sundvik Energi", Email: "bo.lind@sundvik.example", Why: p.Say("refusal.why.standard_license_desktop_only", why...),
			Help: p.Say("refusal.help.standard_license_desktop_only", why...), Rule: p.Say("refusal.rule.c8"),
			Open: []Way{{Name: "hub", Icon: "home", Path: "/", Mode: "full", Organization: "Sundvik Energi"}, {Name: "desktop", Icon: "headset", Path: "/desktop", Mode: "full", Organization: "Sundvik Energi"}}}.View()},
		{"hub", HubPage{Inside: in("full", "full_admin"), FirstName: "Karin"}.View()},
		{"hub-partner", HubPage{Inside: partner, FirstName: "Jonas", Others: others}.View()},
		{"hub-limited", HubPage{Inside: in("limited", ""), FirstName: "Ali"}.View()},
		{"hub-supervisor", HubPage{Inside: in("limited", "supervisor"), FirstName: "Samira"}.View()},
		{"portal", PortalPage{in("full", "service_admin")}.View()},
		{"portal-read", PortalPage{outside}.View()},
		{"desktop", DesktopPage{Inside: in("full", ""), License: "contact_center_premium", Supervisor: true, State: "active"}.View()},
		{"profile", ProfilePage{Inside: told, Title: "Systemägare", Department: "Kundservice", Password: day(40 * 24 * time.Hour), Factors: factors, Codes: 8, Required: true, Sessions: sessions, Applications: applications, NewToken: ownControls(told, nil)[0], Edit: ownControls(told, nil)[1]}.View()},
		{"profile-empty", ProfilePage{Inside: in("full", "full_admin"), Password: day(time.Hour), Sessions: sessions[:1], Wrong: p.Say("fault.invalid_passkey"), NewToken: ownControls(told, nil)[0], Edit: ownControls(told, nil)[1]}.View()},
		{"change-password", ChangePasswordPage{Inside: in("full", "full_admin"), Has: true, Current: p.Say("fault.invalid_current")}.View()},
		{"choose-password", ChangePasswordPage{Inside: in("full", "full_admin"), Wait: minutes}.View()},
		{"remove-factor", RemoveFactorPage{Inside: in("full", "full_admin"), Factor: factors[0], After: "password"}.View()},
		{"remove-factor-many", RemoveFactorPage{Inside: in("full", "full_admin"), Factor: factors[0], After: "factors"}.View()},
		{"remove-factor-refused", RemoveFactorPage{Inside: in("full", "full_admin"), Factor: factors[0], Refusal: p.Say("fault.second_factor_required")}.View()},
		{"rename-factor", RenameFactorPage{Inside: in("full", "full_admin"), Factor: factors[0]}.View()},
		{"new-codes", NewCodesPage{Inside: in("full", "full_admin"), Codes: 3}.View()},
	}
	for _, gallery := range galleries() {
		out = append(out, gallery(p)...)
	}
	return out
}

// galleries are the samples of the parts of the hub, each in a file of its own.
func galleries() []func(*Page) []sample {
	return []func(*Page) []sample{
		hubSamples,
		userSamples,
		usersSamples,
		rolesSamples,
		auditSamples,
		partnerSamples,
		externalSamples,
		profileSamples,
		accountSamples,
		tasksSamples,
	}
}

// inside is somebody inside the hub at home in Sundvik: Karin, as a role gives.
func inside(p *Page, mode, role string) *Inside {
	open := func(name, icon, path, mode string) Way {
		return Way{Name: name, Icon: icon, Path: path, Mode: mode, Organization: "Sundvik Energi"}
	}
	v := &Inside{Page: p, Name: "Karin Holm", Email: "karin.holm@sundvik.example", Organization: "Sundvik Energi", Plate: "SUN", Home: "Sundvik Energi", Mode: mode, Role: role}
	v.Ways = []Way{open("hub", "home", "/", mode), open("portal", "sliders", "/portal", mode), open("desktop", "headset", "/desktop", "")}
	v.Ways[0].Here = true
	if mode == "limited" {
		v.Ways[1].Mode = ""
		v.Ways[2].Mode = "full"
	}
	for i := range v.Ways {
		if v.Ways[i].Mode == "" {
			code := map[string]string{"portal": "no_role", "desktop": "no_agent_license"}[v.Ways[i].Name]
			args := []any{"Organization", "Sundvik Energi", "Role", ""}
			v.Ways[i].Why, v.Ways[i].Help = p.Say("refusal.why."+code, args...), p.Say("refusal.help."+code, args...)
		}
	}
	v.In, v.Leave = "/o/SUN", "/"
	if column, ok := columnsOf[role]; ok {
		v.permits = permitsOf(column)
	}
	return v
}

// columnsOf are the columns of the customer's own roles.
var columnsOf = map[string]policy.Column{
	"full_admin": policy.ColumnOf(policy.FullAdmin, policy.Customer), "service_admin": policy.ColumnOf(policy.ServiceAdmin, policy.Customer),
	"read_only_admin": policy.ColumnOf(policy.ReadOnlyAdmin, policy.Customer), "supervisor": policy.ColumnOf(policy.Supervisor, policy.Customer),
}

// permitsOf is what somebody of one column may do, where no condition refuses.
func permitsOf(c policy.Column) map[policy.Action]ops.Decision {
	out := map[policy.Action]ops.Decision{}
	for _, a := range policy.Actions() {
		d := ops.Decision{OK: policy.Grid(a, c) > policy.No, Cell: c.String()}
		if !d.OK {
			d.Reason = string(policy.NotPermitted)
		}
		out[a] = d
	}
	return out
}

// sampled makes what samples stand on.
func sampled(t testing.TB, language, theme string) *Page {
	t.Helper()
	book, err := words.Read()
	if err != nil {
		t.Fatal(err)
	}
	assets, err := readAssets()
	if err != nil {
		t.Fatal(err)
	}
	p := &Page{Speaker: book.In(language), Theme: theme, Assets: assets.root, Version: "0.1", here: "/here?a=b", book: book,
		now: time.Date(2026, time.November, 23, 9, 30, 0, 0, time.UTC)}
	p.zone("Europe/Stockholm")
	return p
}
