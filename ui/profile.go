package ui

import (
	"net/http"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// home is a visit to one's own pages, at home.
func (f *face) home(c ops.Caller, r *http.Request) (*visit, error) {
	user, err := do(r.Context(), f, c, ops.Myself{})
	if err != nil {
		return nil, err
	}
	d, err := do(r.Context(), f, c, ops.EnterHub{Organization: string(user.Organization)})
	if err != nil {
		return nil, err
	}
	return f.seat(r, d, "profile"), nil
}

// profile shows one's own details, ways to sign in, sessions, tokens, and the
// applications that act for one.
func (f *face) profile(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.showProfile(c, w, r, http.StatusOK, "")
}

func (f *face) showProfile(c ops.Caller, w http.ResponseWriter, r *http.Request, status int, wrong string) error {
	v, err := f.home(c, r)
	if err != nil {
		return err
	}
	has, err := do(r.Context(), f, c, ops.ViewCredentials{})
	if err != nil {
		return err
	}
	sessions, err := do(r.Context(), f, c, ops.ListSessions{})
	if err != nil {
		return err
	}
	granted, err := do(r.Context(), f, c, ops.ListGrants{})
	if err != nil {
		return err
	}
	tokens, err := do(r.Context(), f, c, ops.ListOwnTokens{})
	if err != nil {
		return err
	}
	may, err := f.judged(c, r, v)
	if err != nil {
		return err
	}
	v.here = "/profile"
	page := ProfilePage{Inside: v.Inside, Title: v.user.Title, Department: v.user.Department, Phone: v.user.Phone, Zone: v.user.TimeZone, Password: v.when(has.PasswordSet),
		Codes: has.RecoveryCodes, Required: has.Required, Applications: v.applications(granted), Wrong: wrong}
	page.Tokens, page.Over = v.ownTokens(tokens)
	page.controls(may)
	for _, factor := range has.Factors {
		page.Factors = append(page.Factors, v.factor(&factor))
	}
	for _, s := range sessions {
		page.Sessions = append(page.Sessions, Session{ID: string(s.ID), Device: v.device(s.UserAgent), Since: v.when(s.Created), Seen: v.when(s.Seen), IP: s.IP, Current: s.Current})
	}
	return f.show(w, r, status, page.View())
}

func (v *visit) factor(of *kontrollrum.Factor) Factor {
	return Factor{ID: of.ID, Kind: string(of.Kind), Name: of.Name, Created: v.when(of.Created), Used: v.when(of.Used)}
}

// changePassword asks for a new password.
func (f *face) changePassword(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	page, err := f.passwordPage(c, r)
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, page.View())
}

func (f *face) passwordPage(c ops.Caller, r *http.Request) (page ChangePasswordPage, err error) {
	v, err := f.home(c, r)
	if err != nil {
		return page, err
	}
	has, err := do(r.Context(), f, c, ops.ViewCredentials{})
	if err != nil {
		return page, err
	}
	v.here = "/profile/password"
	return ChangePasswordPage{Inside: v.Inside, Has: !has.PasswordSet.IsZero()}, nil
}

// giveNewPassword changes it. What is wrong is told beside the field.
func (f *face) giveNewPassword(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	err := error(nil)
	chosen := r.PostFormValue("new")
	same := chosen == r.PostFormValue("again")
	if same {
		err = f.hub.SetPassword(r.Context(), c, ops.NewPassword{Current: kontrollrum.NewSecret(r.PostFormValue("current")), New: kontrollrum.NewSecret(chosen)})
		if err == nil {
			return to(w, "/profile?done=password")
		}
		if !mendable(err) {
			return err
		}
	}
	page, failed := f.passwordPage(c, r)
	switch {
	case failed != nil:
		return failed
	case !same:
		page.Again = page.Say("new.again.wrong")
	case code(err) == "invalid_current":
		page.Current = page.fault(err)
	default:
		page.Wrong = page.fault(err)
	}
	return f.show(w, r, http.StatusUnprocessableEntity, page.View())
}

// endSession ends one session, and signs out where it is this one.
func (f *face) endSession(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	if r.PostFormValue("current") != "" {
		return f.signOut(c, w, r)
	}
	if _, err := do(r.Context(), f, c, ops.EndSession{Session: kontrollrum.SessionID(r.PostFormValue("session"))}); err != nil {
		return err
	}
	return to(w, "/profile?done=session")
}

func (f *face) endOtherSessions(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	if _, err := do(r.Context(), f, c, ops.EndOtherSessions{}); err != nil {
		return err
	}
	return to(w, "/profile?done=sessions")
}

// newTOTP begins to set up an app.
func (f *face) newTOTP(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.ownTOTP(c, w, r, "")
}

func (f *face) ownTOTP(c ops.Caller, w http.ResponseWriter, r *http.Request, wrong string) error {
	user, err := do(r.Context(), f, c, ops.Myself{})
	if err != nil {
		return err
	}
	return f.beginTOTP(c, w, r, f.page(r, user.Language), "/profile/totp", "/profile", wrong)
}

func (f *face) addTOTP(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	codes, wrong, err := f.finishTOTP(c, r, f.page(r, ""))
	if err != nil {
		return err
	}
	if wrong != "" {
		return f.ownTOTP(c, w, r, wrong)
	}
	return f.added(c, w, r, codes)
}

func (f *face) addPasskey(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	codes, err := f.finishPasskey(c, r, p)
	if mendable(err) {
		return f.showProfile(c, w, r, http.StatusUnprocessableEntity, p.fault(err))
	}
	if err != nil {
		return err
	}
	return f.added(c, w, r, codes)
}

// added shows the recovery codes that came with a factor, where any did.
func (f *face) added(c ops.Caller, w http.ResponseWriter, r *http.Request, codes []string) error {
	if len(codes) == 0 {
		return to(w, "/profile?done=factor")
	}
	user, err := do(r.Context(), f, c, ops.Myself{})
	if err != nil {
		return err
	}
	p := f.page(r, user.Language)
	p.here = "/profile"
	return f.show(w, r, http.StatusOK, CodesPage{Page: p, Codes: codes, On: "/profile?done=factor", Email: string(user.Email)}.View())
}

// owned is a visit to one of one's own factors.
func (f *face) owned(c ops.Caller, r *http.Request) (*visit, *ops.Credentials, *kontrollrum.Factor, error) {
	v, err := f.home(c, r)
	if err != nil {
		return nil, nil, nil, err
	}
	has, err := do(r.Context(), f, c, ops.ViewCredentials{})
	if err != nil {
		return nil, nil, nil, err
	}
	for i := range has.Factors {
		if has.Factors[i].ID == r.FormValue("id") {
			return v, has, &has.Factors[i], nil
		}
	}
	return nil, nil, nil, kontrollrum.Missing("factor")
}

func (f *face) renameFactor(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, _, factor, err := f.owned(c, r)
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, RenameFactorPage{Inside: v.Inside, Factor: v.factor(factor)}.View())
}

func (f *face) giveFactorName(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	_, wrong := do(r.Context(), f, c, ops.RenameFactor{ID: r.PostFormValue("id"), Name: r.PostFormValue("name")})
	if wrong == nil {
		return to(w, "/profile?done=renamed")
	}
	if !mendable(wrong) {
		return wrong
	}
	v, _, factor, err := f.owned(c, r)
	if err != nil {
		return err
	}
	v.here = "/profile"
	return f.show(w, r, http.StatusUnprocessableEntity, RenameFactorPage{Inside: v.Inside, Factor: v.factor(factor), Error: v.fault(wrong)}.View())
}

// removeFactor shows what follows from removing a factor.
func (f *face) removeFactor(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, has, factor, err := f.owned(c, r)
	if err != nil {
		return err
	}
	page := RemoveFactorPage{Inside: v.Inside, Factor: v.factor(factor), After: "password"}
	if len(has.Factors) > 1 {
		page.After = "factors"
	}
	return f.show(w, r, http.StatusOK, page.View())
}

func (f *face) confirmRemoval(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	_, wrong := do(r.Context(), f, c, ops.RemoveFactor{ID: r.PostFormValue("id"), Confirmed: r.PostFormValue("confirmed") != ""})
	if wrong == nil {
		return to(w, "/profile?done=removed")
	}
	if !mendable(wrong) {
		return wrong
	}
	v, _, factor, err := f.owned(c, r)
	if err != nil {
		return err
	}
	v.here = "/profile"
	return f.show(w, r, http.StatusConflict, RemoveFactorPage{Inside: v.Inside, Factor: v.factor(factor), Refusal: v.fault(wrong)}.View())
}

func (f *face) newCodes(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.home(c, r)
	if err != nil {
		return err
	}
	has, err := do(r.Context(), f, c, ops.ViewCredentials{})
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, NewCodesPage{Inside: v.Inside, Codes: has.RecoveryCodes}.View())
}

func (f *face) makeCodes(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	codes, err := do(r.Context(), f, c, ops.NewRecoveryCodes{})
	if err != nil {
		return err
	}
	user, err := do(r.Context(), f, c, ops.Myself{})
	if err != nil {
		return err
	}
	p := f.page(r, user.Language)
	p.here = "/profile/codes"
	return f.show(w, r, http.StatusOK, CodesPage{Page: p, Codes: codes, On: "/profile", Email: string(user.Email)}.View())
}
