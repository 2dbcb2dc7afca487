package ui

import (
	"net/http"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// account shows what an organization is: Account > Info.
func (f *face) account(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "account")
	if v == nil {
		return err
	}
	info, err := do(r.Context(), f, c, ops.ViewOrganization{Organization: v.org()})
	if err != nil {
		return f.locked(w, r, v, err)
	}
	partners, err := do(r.Context(), f, c, ops.ListPartners{Organization: v.org()})
	if err != nil {
		return f.locked(w, r, v, err)
	}
	return f.show(w, r, http.StatusOK, v.accountPage(&info.Organization, partners.Items).View())
}

func (v *visit) accountPage(o *kontrollrum.Organization, partners []ops.PartnerOf) AccountPage {
	page := AccountPage{Inside: v.Inside, ID: string(o.ID), Country: v.country(o.Country), Language: v.tongue(o.Language), TimeZone: o.TimeZone,
		Region: v.Say("account.region." + o.DataRegion), Created: v.dated(o.Created), Modified: v.when(o.Modified),
		State: string(o.State), SetupDone: o.SetupDone, Customers: v.customers}
	for _, s := range o.Services {
		page.Services = append(page.Services, v.Say("service."+string(s)))
	}
	if o.Platform != "" {
		page.Platform = v.Say("platform." + platformWord(o.Platform))
	}
	for _, p := range partners {
		page.Partners = append(page.Partners, AccountPartner{Plate: p.Plate, Name: p.Name, Kind: kind(p.Partnership), Since: v.dated(p.Started), Ends: v.until(p.Ends)})
	}
	return page
}

// kind is what a partner does, as words are keyed.
func kind(p kontrollrum.Partnership) string {
	switch {
	case p.Managing && p.Provisioning:
		return "both"
	case p.Provisioning:
		return "provisioning"
	}
	return "managing"
}

func platformWord(p kontrollrum.Platform) string {
	if p == kontrollrum.Platform10 {
		return "1_0"
	}
	return "new"
}

// country is the name of a country by its code, which is told where there is none.
func (p *Page) country(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name := display.Regions(language.Make(p.Language())).Name(region); name != "" {
		return name
	}
	return code
}

// tongue is the name of a language, in the page's own, by its tag.
func (p *Page) tongue(tag string) string {
	t, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	if name := display.Languages(language.Make(p.Language())).Name(t); name != "" {
		return upperFirst(name)
	}
	return tag
}
