package ui

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// givenExternally are the roles that people from elsewhere are given, the usual
// one first.
var givenExternally = []policy.Role{policy.ServiceAdmin, policy.ReadOnlyAdmin, policy.FullAdmin}

// terms are for how many days a role may be given at a press; none is for good,
// date for a day of one's own.
var terms = []string{"30", "90", "365", "none", "date"}

const usualTerm = "90"

// newExternal asks whom to give a role, and says who an address belongs to and
// what is in the way, before anything is sent.
func (f *face) newExternal(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, page, err := f.addition(c, w, r)
	if v == nil {
		return err
	}
	if page.Email != "" {
		if err := f.verify(c, r, v, page); err != nil {
			return f.locked(w, r, v, err)
		}
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// addition is a visit to the page, with what was filled in.
func (f *face) addition(c ops.Caller, w http.ResponseWriter, r *http.Request) (*visit, *NewExternalPage, error) {
	v, err := f.desk(c, w, r, "external")
	if v == nil {
		return nil, nil, err
	}
	page := &NewExternalPage{Inside: v.Inside, Email: strings.TrimSpace(r.FormValue("email")), Role: r.FormValue("role"), Term: r.FormValue("term"),
		Date: strings.TrimSpace(r.FormValue("date")), Reason: r.FormValue("reason"), Wrong: map[string]string{}}
	for _, role := range givenExternally {
		give, _, _ := policy.Handing(role, true)
		option := RoleOption{Role: role, Word: v.Say("role." + role.String()), Hint: v.Say("external.role." + role.String()), May: give, Lock: v.lock(give)}
		if option.Lock == nil && page.Role == "" {
			page.Role = role.String()
		}
		page.Roles = append(page.Roles, option)
	}
	if page.chosen() == nil { // whoever may give none is told so, and that they asked is an entry
		op := ops.VerifyExternal{Organization: v.org(), Email: "nobody@example.com"}
		if _, err := do(r.Context(), f, c, op); err != nil {
			return nil, nil, f.locked(w, r, v, err)
		}
		page.Role = policy.ServiceAdmin.String()
	}
	for _, term := range terms {
		option := TermOption{Value: term, Word: v.Say("external.term." + term)}
		if n, err := atoi(term); err == nil {
			option.Until = v.date(lastDay(daysOn(v.now, n), v.now))
		}
		page.Terms = append(page.Terms, option)
		if term == page.Term {
			page.Chosen = true
		}
	}
	if !page.Chosen {
		page.Term = usualTerm
	}
	page.First = midnight(v.now).AddDate(0, 0, 1).Format(time.DateOnly)
	return v, page, nil
}

// chosen is the role that is chosen, where the visitor may give it; else nil.
func (p *NewExternalPage) chosen() *RoleOption {
	for i := range p.Roles {
		if p.Roles[i].Role.String() == p.Role && p.Roles[i].Lock == nil {
			return &p.Roles[i]
		}
	}
	return nil
}

// verify asks, for each role that could be chosen, what would be in its way. A
// full administrator's asks for a fresh proof, so only where it is chosen.
func (f *face) verify(c ops.Caller, r *http.Request, v *visit, page *NewExternalPage) error {
	for i := range page.Roles {
		option := &page.Roles[i]
		mine := option == page.chosen()
		if option.Lock != nil || option.Role == policy.FullAdmin && !mine {
			continue
		}
		verdict, err := do(r.Context(), f, c, ops.VerifyExternal{Organization: v.org(), Email: page.Email, Role: option.Role})
		if errors.Is(err, kontrollrum.Invalid) {
			page.Wrong["email"] = v.Say("external.email.wrong")
			return nil
		}
		if err != nil {
			return err
		}
		option.Checked, option.OK = true, verdict.OK
		args := []any{"Organization", v.Organization, "Home", verdict.Home, "Name", cmp.Or(verdict.DisplayName, page.Email), "Role", lowerFirst(option.Word)}
		if !verdict.OK {
			option.Why, option.Help = v.say(args, "external.no."+verdict.Code, "refusal.why."+verdict.Code), v.say(args, "external.help."+verdict.Code, "refusal.help."+verdict.Code)
		}
		if !mine {
			continue
		}
		page.Checked, page.Verdict = true, *option
		if verdict.User != "" {
			page.Who = &Guest{Name: verdict.DisplayName, Email: string(verdict.Email), Home: cmp.Or(verdict.Home, v.Organization), Plate: cmp.Or(verdict.Plate, v.Plate), Partner: verdict.Relation == policy.Partner}
		}
		if verdict.Code == "user_not_external" {
			page.Who.Own, page.Link = true, v.In+"/users/"+url.PathEscape(string(verdict.User))
		}
		page.Can = nil
		if verdict.OK {
			page.Can = v.canDo(option.Role, verdict.Relation)
		}
	}
	return nil
}

// addGuest gives the role. What is wrong is told where it is.
func (f *face) addGuest(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, page, err := f.addition(c, w, r)
	if v == nil {
		return err
	}
	ends, ok := page.ends(v.Page)
	if !ok {
		page.Wrong["date"] = v.Say("external.date.wrong")
	}
	if page.Email == "" {
		page.Wrong["email"] = v.Say("external.email.wrong")
	}
	role, _ := policy.ParseRole(page.Role)
	if len(page.Wrong) == 0 {
		added, wrong := do(r.Context(), f, c, ops.AddExternalAdministrator{AssignRole: ops.AssignRole{
			Organization: v.org(), User: page.Email, Role: role, Ends: ends, Reason: strings.TrimSpace(page.Reason)}})
		switch {
		case wrong == nil:
			return to(w, told(v.In+"/external", "external_added", added.User.DisplayName, c))
		case code(wrong) == "step_up_required":
			return to(w, "/confirm?next="+url.QueryEscape(v.In+"/external/new?"+page.values().Encode()))
		case code(wrong) == "invalid_ends":
			page.Wrong["date"] = v.Say("external.date.wrong")
		case errors.Is(wrong, kontrollrum.Invalid):
			page.Wrong["reason"] = v.Say("external.reason.wrong")
		case !errors.Is(wrong, kontrollrum.Denied) && !errors.Is(wrong, kontrollrum.NotFound) && !errors.Is(wrong, kontrollrum.Conflict):
			return wrong
		}
	}
	// Why it could not be is what the verification says, of the person as they are now.
	if page.Email != "" {
		if err := f.verify(c, r, v, page); err != nil {
			return f.locked(w, r, v, err)
		}
	}
	return f.show(w, r, http.StatusUnprocessableEntity, page.View())
}

// ends is when the role is to end.
func (p *NewExternalPage) ends(at *Page) (time.Time, bool) {
	switch n, err := atoi(p.Term); {
	case err == nil:
		return daysOn(at.now, n), true
	case p.Term == "date":
		ends, ok := at.endOf(p.Date)
		return ends, ok && !ends.IsZero()
	}
	return time.Time{}, true
}

// values are the form as an address has it.
func (p *NewExternalPage) values() url.Values {
	return url.Values{"email": {p.Email}, "role": {p.Role}, "term": {p.Term}, "date": {p.Date}, "reason": {p.Reason}}
}
