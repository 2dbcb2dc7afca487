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

// external shows one person from elsewhere, and how their role is changed.
func (f *face) external(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, rows, err := f.guest(c, w, r)
	if v == nil {
		return err
	}
	page := v.guestPage(rows)
	if q := r.URL.Query(); q.Has("date") && page.Direct { // typed before somebody had to confirm that it is them
		page.Date, page.Reason = q.Get("date"), q.Get("reason")
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// guest is a visit to one person's page, and the roles they hold here. Where
// there is none, it was said why.
func (f *face) guest(c ops.Caller, w http.ResponseWriter, r *http.Request) (*visit, []ops.External, error) {
	v, err := f.desk(c, w, r, "external")
	if v == nil {
		return nil, nil, err
	}
	id := kontrollrum.UserID(r.PathValue("user"))
	found, err := do(r.Context(), f, c, ops.JudgeExternals{Organization: v.org(), Filter: ops.Filter{IDs: []kontrollrum.UserID{id}}})
	if err != nil {
		return nil, nil, f.locked(w, r, v, err)
	}
	if len(found.Items) == 0 {
		return nil, nil, kontrollrum.Missing("external")
	}
	return v, found.Items, nil
}

// direct is the role that somebody holds by assignment here; nil where none is.
func direct(rows []ops.External) *ops.External {
	for i := range rows {
		if !rows[i].Partner {
			return &rows[i]
		}
	}
	return nil
}

func (v *visit) guestPage(rows []ops.External) GuestPage {
	page := GuestPage{Inside: v.Inside}
	for i := range rows {
		row := v.externalRow(&rows[i])
		if rows[i].Partner {
			page.ByPartner = append(page.ByPartner, row)
		}
		page.Row = row
	}
	show := &rows[0]
	if x := direct(rows); x != nil {
		show, page.Direct, page.Row = x, true, v.externalRow(x)
		page.Take, page.Give = x.Take, x.Give
		page.ChangeLock, page.LengthenLock = v.lockOf(x.Take, x.Change), v.lockOf(x.Give, x.Lengthen)
		page.Role, page.Reason = x.Assignment.Role.String(), x.Assignment.Reason
		if !x.Assignment.Ends.IsZero() {
			page.Date = v.lastDate(x.Assignment.Ends)
			page.RenewTo = v.date(lastDay(renewed(&x.Assignment, v.now), v.now))
		}
	}
	relation := policy.Other
	if show.Home.Partner {
		relation = policy.Partner
	}
	page.Can = v.canDo(show.Assignment.Role, relation)
	return page
}

// canDo says what somebody with a role may and may not, by the grid.
func (p *Page) canDo(role policy.Role, relation policy.Relation) (out []Can) {
	column := policy.ColumnOf(role, relation)
	for _, a := range toldOf {
		cell := policy.Grid(a, column)
		can := Can{Word: p.doing(a), May: cell > policy.No}
		if cell == policy.Read {
			can.Word += " (" + lowerFirst(p.Say("mode.read")) + ")"
		}
		out = append(out, can)
	}
	return out
}

// toldOf are the actions by which a role is told in short.
var toldOf = []policy.Action{
	policy.UsersList, policy.LicensesContactCenterEdit, policy.UsersSendActivation, policy.ContactCenterConfigure, policy.BusinessHoursEdit,
	policy.ManagementPortalSignIn, policy.RolesServiceAdminAssignInternal, policy.RolesServiceAdminAssignExternal, policy.UsersAdd,
	policy.UsersRemove, policy.OrganizationEditSettings, policy.AuditView,
}

// changeExternal sets when a role ends and why it is held.
func (f *face) changeExternal(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, rows, err := f.guest(c, w, r)
	if v == nil {
		return err
	}
	x := direct(rows)
	if x == nil {
		return kontrollrum.Missing("external")
	}
	page := v.guestPage(rows)
	change := ops.ChangeAssignment{Organization: v.org(), User: string(x.User.ID), Role: x.Assignment.Role}
	before := page.Date
	page.Date, page.Reason = strings.TrimSpace(r.PostFormValue("date")), r.PostFormValue("reason")
	if page.Reason != x.Assignment.Reason {
		change.Reason = &page.Reason
	}
	if page.Date != before { // else an end in the middle of a day would become another
		ends, ok := v.endOf(page.Date)
		if !ok {
			page.Wrong = v.Say("external.date.wrong")
			return f.show(w, r, http.StatusUnprocessableEntity, page.View())
		}
		change.Ends = &ends
	}
	_, wrong := do(r.Context(), f, c, ops.ChangeExternalAdministrator{ChangeAssignment: change})
	switch {
	case wrong == nil:
		return to(w, told(v.In+"/external", "external_changed", x.User.DisplayName, c))
	case code(wrong) == "step_up_required":
		return to(w, "/confirm?next="+url.QueryEscape(page.Row.Path+"?"+url.Values{"date": {page.Date}, "reason": {page.Reason}}.Encode()))
	case code(wrong) == "invalid_ends":
		page.Wrong = v.Say("external.date.wrong")
	case mendable(wrong):
		page.WrongReason = v.fault(wrong)
	default:
		return f.locked(w, r, v, wrong)
	}
	return f.show(w, r, http.StatusUnprocessableEntity, page.View())
}

// endOf is the end of a role by its last day, in the time zone of the page; none
// where that is empty.
func (p *Page) endOf(date string) (time.Time, bool) {
	if date == "" {
		return time.Time{}, true
	}
	last, err := time.ParseInLocation(time.DateOnly, date, p.now.Location())
	return last.AddDate(0, 0, 1), err == nil
}

// renewExternal lengthens a role by one press.
func (f *face) renewExternal(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, rows, err := f.guest(c, w, r)
	if v == nil {
		return err
	}
	x := direct(rows)
	if x == nil || x.Assignment.Ends.IsZero() {
		return kontrollrum.Missing("external")
	}
	ends := renewed(&x.Assignment, v.now)
	path := v.In + "/external/" + url.PathEscape(string(x.User.ID))
	_, err = do(r.Context(), f, c, ops.ChangeExternalAdministrator{ChangeAssignment: ops.ChangeAssignment{
		Organization: v.org(), User: string(x.User.ID), Role: x.Assignment.Role, Ends: &ends}})
	switch {
	case err == nil:
		return to(w, told(v.next(r, v.In+"/external"), "external_renewed", x.User.DisplayName, c))
	case code(err) == "step_up_required":
		return to(w, "/confirm?next="+url.QueryEscape(path))
	}
	return f.locked(w, r, v, err)
}

// revokeExternal takes the role from somebody; the visitor's own only where they
// have typed what they leave, since they cannot take that back.
func (f *face) revokeExternal(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, rows, err := f.guest(c, w, r)
	if v == nil {
		return err
	}
	x := direct(rows)
	if x == nil {
		return kontrollrum.Missing("external")
	}
	if x.Self && !strings.EqualFold(strings.TrimSpace(r.PostFormValue("plate")), v.Plate) {
		page := v.guestPage(rows)
		page.WrongPlate = v.Say("external.leave.wrong", "Plate", v.Plate)
		return f.show(w, r, http.StatusUnprocessableEntity, page.View())
	}
	_, err = do(r.Context(), f, c, ops.RevokeRole{Organization: v.org(), User: string(x.User.ID), Role: x.Assignment.Role})
	switch {
	case err != nil:
		return f.locked(w, r, v, err)
	case x.Self:
		return to(w, "/sign-in?next=%2F") // the session has ended with the role
	}
	next := v.next(r, v.In+"/external")
	if strings.HasPrefix(next, v.In+"/external/") { // nobody is there any more
		next = v.In + "/external"
	}
	return to(w, told(next, "external_revoked", x.User.DisplayName, c))
}
