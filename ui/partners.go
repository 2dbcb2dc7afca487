package ui

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// peopleShown is how many of a partner's people are named on the page; the list of
// external administrators has them all.
const peopleShown = 5

// partners shows who of the outside may come in, and what they may do here.
func (f *face) partners(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "partners")
	if v == nil {
		return err
	}
	found, err := do(r.Context(), f, c, ops.ListPartners{Organization: v.org()})
	if err != nil {
		return f.locked(w, r, v, err)
	}
	page := PartnersPage{Inside: v.Inside, All: found.All, Add: v.addPartner("partner-add"), Restricted: v.desk.Organization.OwnAdministratorsOnly}
	page.RestrictLock = v.lock(policy.OrganizationRestrictExternal)
	if page.RestrictLock == nil {
		page.RestrictLock = v.lock(policy.OrganizationEditSettings)
	}
	for i := range found.Items {
		page.Rows = append(page.Rows, v.partnerRow(&found.Items[i]))
	}
	page.May = v.partnersMay()
	return f.show(w, r, http.StatusOK, page.View())
}

func (v *visit) addPartner(id string) Control {
	return Control{May: policy.PartnershipsAdd, Lock: v.lock(policy.PartnershipsAdd), ID: id, Href: v.In + "/partners/new", Icon: "plus", Class: "pri", Word: v.Say("partners.add")}
}

// partnerRow is a partner in words.
func (v *visit) partnerRow(p *ops.PartnerOf) PartnerRow {
	at := v.In + "/partners/" + url.PathEscape(p.Plate)
	row := PartnerRow{Plate: p.Plate, Name: p.Name, Kinds: v.kinds(p.Managing, p.Provisioning), Since: v.calendar(p.Started)}
	if !p.Ends.IsZero() {
		row.Until, row.Soon = v.calendar(p.Ends.Add(-time.Microsecond)), p.Ends.Before(v.now.Add(ops.EndsSoon))
	}
	row.People, row.Given = v.partnerPeople(p.People)
	row.Change = Control{May: policy.PartnershipsAdd, Lock: v.lock(policy.PartnershipsAdd), ID: "change-" + p.Plate, Href: at, Icon: "edit", Class: "s",
		Word: v.Say("partners.change"), Label: v.Say("partners.change.one", "Name", p.Name)}
	row.End = Control{May: policy.PartnershipsEnd, Lock: v.lock(policy.PartnershipsEnd), ID: "end-" + p.Plate, Href: at + "/end", Icon: "stop", Class: "s bad",
		Word: v.Say("partners.end"), Label: v.Say("partners.end.one", "Name", p.Name)}
	return row
}

// partnerPeople are the people of some rows, each with their roles, and how many
// of them hold one that was given here and not by partnership.
func (p *Page) partnerPeople(rows []kontrollrum.ExternalAdministrator) (out []PartnerPerson, given int) {
	at := map[kontrollrum.UserID]int{}
	directly := map[kontrollrum.UserID]bool{}
	for _, e := range rows {
		i, known := at[e.User.ID]
		if !known {
			i = len(out)
			at[e.User.ID] = i
			out = append(out, PartnerPerson{Name: e.User.DisplayName, Email: string(e.User.Email)})
		}
		out[i].Roles = append(out[i].Roles, p.Say("role."+e.Assignment.Role.String()))
		if !e.Partner {
			directly[e.User.ID] = true
		}
	}
	return out, len(directly)
}

// partnersMay says of each role that a partner's people can have here what it
// gives: all but some things, or only some.
func (p *Page) partnersMay() (out []PartnerMay) {
	for _, r := range []policy.Role{policy.FullAdmin, policy.ProvisioningAdmin, policy.ReadOnlyAdmin} {
		may := PartnerMay{Role: r.String()}
		var gives, lacks []string
		for _, a := range policy.Actions() {
			switch {
			case a.SignIn() || policy.Grid(a, policy.ColumnOf(policy.FullAdmin, policy.Customer)) <= policy.No && policy.Grid(a, policy.ColumnOf(r, policy.Partner)) <= policy.No:
			case policy.Grid(a, policy.ColumnOf(r, policy.Partner)) > policy.No:
				gives = append(gives, p.doing(a))
			default:
				lacks = append(lacks, p.doing(a))
			}
		}
		if may.Listed = gives; len(lacks) < len(gives) {
			may.Listed, may.But = lacks, true
		}
		out = append(out, may)
	}
	return out
}

// restrict switches setting s1, which can be undone.
func (f *face) restrict(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "partners")
	if v == nil {
		return err
	}
	on := r.PostFormValue("on") == "1"
	if _, err := do(r.Context(), f, c, ops.EditOrganization{Organization: v.org(), OwnAdministratorsOnly: &on}); err != nil {
		return f.locked(w, r, v, err)
	}
	done := "restriction_off"
	if on {
		done = "restriction_on"
	}
	return to(w, receipt(v.In+"/partners", done, "undo", c.TrackingID))
}

// partner finds one of the organization's partners by its plate.
func (f *face) partner(c ops.Caller, r *http.Request, v *visit, plate string) (*ops.PartnerOf, error) {
	found, err := do(r.Context(), f, c, ops.ListPartners{Organization: v.org()})
	if err != nil {
		return nil, err
	}
	for i := range found.Items {
		if found.Items[i].Plate == plate {
			return &found.Items[i], nil
		}
	}
	return nil, kontrollrum.Missing("partnership")
}

// editPartner asks whom to let in, or how a partnership is to be.
func (f *face) editPartner(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "partners")
	if v == nil {
		return err
	}
	if lock := v.lock(policy.PartnershipsAdd); lock != nil {
		return f.show(w, r, http.StatusForbidden, LockedPage{Inside: v.Inside, Lock: *lock}.View())
	}
	page := PartnerPage{Inside: v.Inside, Today: v.now.Format(time.DateOnly), Wrong: map[string]string{}}
	if r.PathValue("partner") != "" {
		p, err := f.partner(c, r, v, r.PathValue("partner"))
		if err != nil {
			return err
		}
		page.Old, page.Plate, page.Name, page.Managing, page.Provisioning = true, p.Plate, p.Name, p.Managing, p.Provisioning
		page.Ends = v.lastDate(p.Ends)
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// addPartnership lets a partner in, or changes how it is one.
func (f *face) addPartnership(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "partners")
	if v == nil {
		return err
	}
	page := PartnerPage{Inside: v.Inside, Today: v.now.Format(time.DateOnly), Wrong: map[string]string{}, Old: r.PostFormValue("old") != "",
		Plate: strings.ToUpper(strings.TrimSpace(r.PostFormValue("partner"))), Name: strings.TrimSpace(r.PostFormValue("name")),
		Managing: r.PostFormValue("managing") != "", Provisioning: r.PostFormValue("provisioning") != "", Ends: r.PostFormValue("ends")}
	op := ops.AddPartnership{Customer: v.org(), Partner: page.Plate, Managing: page.Managing, Provisioning: page.Provisioning}
	if page.Ends != "" {
		last, wrong := time.ParseInLocation(time.DateOnly, page.Ends, v.now.Location())
		if wrong != nil {
			page.Wrong["ends"] = v.Say("partners.wrong.invalid_ends")
			return f.show(w, r, http.StatusUnprocessableEntity, page.View())
		}
		op.Ends = last.AddDate(0, 0, 1) // the whole of the last day
		if old, err := f.partner(c, r, v, page.Plate); page.Old && err == nil && page.Ends == v.lastDate(old.Ends) {
			op.Ends = old.Ends // which nobody changed; it may be in the middle of a day, or of another time zone
		}
	}
	if page.Plate == "" {
		err = kontrollrum.Wrong("partner", "", "name a partner")
	} else {
		_, err = do(r.Context(), f, c, op)
	}
	switch {
	case err == nil:
		done := "partner_added"
		if page.Old {
			done = "partner_changed"
		}
		return to(w, receipt(v.In+"/partners", done, "name", page.Plate))
	case mendable(err), code(err) == "organization_not_found":
		page.blame(err)
		return f.show(w, r, http.StatusUnprocessableEntity, page.View())
	}
	return f.locked(w, r, v, err)
}

// blame puts each error beside the field it speaks of.
func (p *PartnerPage) blame(err error) {
	fields := map[string]string{"invalid_partner": "partner", "organization_not_found": "partner", "invalid_kind": "kind", "invalid_ends": "ends"}
	for _, e := range kontrollrum.All(err) {
		field := fields[e.Code]
		if field == "" {
			field = "whole"
		}
		said := p.say(nil, "partners.wrong."+e.Code)
		if said == "" {
			said = p.fault(e)
		}
		p.Wrong[field] = said
	}
}

// askEnd says what ending a partnership means, and asks for the partner's name.
func (f *face) askEnd(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.showEnd(c, w, r, http.StatusOK, "")
}

func (f *face) showEnd(c ops.Caller, w http.ResponseWriter, r *http.Request, status int, wrong string) error {
	v, err := f.desk(c, w, r, "partners")
	if v == nil {
		return err
	}
	if lock := v.lock(policy.PartnershipsEnd); lock != nil {
		return f.show(w, r, http.StatusForbidden, LockedPage{Inside: v.Inside, Lock: *lock}.View())
	}
	p, err := f.partner(c, r, v, r.PathValue("partner"))
	if err != nil {
		return f.locked(w, r, v, err)
	}
	page := EndPartnerPage{Inside: v.Inside, Plate: p.Plate, Name: p.Name, Wrong: wrong, Typed: r.PostFormValue("name")}
	_, page.Given = v.partnerPeople(p.People)
	page.Lose = byPartnership(p.People)
	return f.show(w, r, status, page.View())
}

// byPartnership counts who would lose what they have by partnership.
func byPartnership(rows []kontrollrum.ExternalAdministrator) int {
	who := map[kontrollrum.UserID]bool{}
	for _, e := range rows {
		if e.Partner {
			who[e.User.ID] = true
		}
	}
	return len(who)
}

// end ends a partnership where the partner's name was typed.
func (f *face) end(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "partners")
	if v == nil {
		return err
	}
	p, err := f.partner(c, r, v, r.PathValue("partner"))
	if err != nil {
		return f.locked(w, r, v, err)
	}
	if ops.Fold(strings.TrimSpace(r.PostFormValue("name"))) != ops.Fold(p.Name) {
		return f.showEnd(c, w, r, http.StatusUnprocessableEntity, v.Say("partners.end.wrong", "Name", p.Name))
	}
	if _, err := do(r.Context(), f, c, ops.EndPartnership{Customer: v.org(), Partner: p.Plate}); err != nil {
		return f.locked(w, r, v, err)
	}
	return to(w, receipt(v.In+"/partners", "partner_ended", "name", p.Name))
}
