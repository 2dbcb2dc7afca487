package ui

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A UserPage is one user of an organization: what they hold and may come to
// hold, and what was done to them.
type UserPage struct {
	*Inside
	ID, Path           string
	Person, First      string // what they are called
	Mail, Status, Seen string
	Self               bool
	Platform1          bool
	Judged             map[policy.Action]ops.Decision
	Facts              [][2]string // details, in words
	Provisions         bool        // is a provisioning administrator here, of a partner
	Sent, NextMail     string      // of the invitation; empty: not, or at once

	// The form.
	Agent      []Option
	AgentLock  *Lock
	Supervisor Option
	Others     []Option
	OthersLock *Lock
	Roles      []Option
	Also       []string // other roles, in words
	Ends       string
	Reason     string
	EndsWrong  string
	Reach      Option // where the organization has customers
	Was        pending
	Deltas     []Delta
	Effects    []Effect
	Meanwhile  string // what somebody else changed
	Wrong      string

	History     []Event
	HistoryLock *Lock
	HistoryMore bool
	Sessions    []Session
	SessionLock *Lock
	Factors     []Factor // beside the password
	Password    string   // when it was set; empty: none
	WaysLock    *Lock
}

// userPath is the page of a user.
func (p *Inside) userPath(id kontrollrum.UserID) string {
	return p.In + "/users/" + url.PathEscape(string(id))
}

// userPage shows one user, and what a form in the address would make of them.
func (f *face) userPage(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, u, err := f.person(c, w, r)
	if u == nil {
		return err
	}
	now := v.held(u)
	page, err := f.user(c, r, v, u, now, wanted(r.URL.Query(), now))
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// person is the user whom the address names, as the visitor sees them; nil where
// the page is closed to the visitor, which is told.
func (f *face) person(c ops.Caller, w http.ResponseWriter, r *http.Request) (*visit, *kontrollrum.User, error) {
	v, err := f.desk(c, w, r, "users")
	if v == nil {
		return nil, nil, err
	}
	u, err := do(r.Context(), f, c, ops.ViewUser{Organization: v.org(), User: r.PathValue("user")})
	if err != nil {
		return v, nil, f.locked(w, r, v, err)
	}
	return v, u, nil
}

// user is the page of u, with a form that asks for what is wanted.
func (f *face) user(c ops.Caller, r *http.Request, v *visit, u *kontrollrum.User, now, want pending) (*UserPage, error) {
	ctx := r.Context()
	page := &UserPage{Inside: v.Inside, ID: string(u.ID), Path: v.userPath(u.ID), Person: u.DisplayName, Mail: string(u.Email), Status: string(u.Status),
		Seen: v.when(u.LastActive), Self: u.ID == v.user.ID, Platform1: v.desk.Organization.Platform == kontrollrum.Platform10, Was: now, Ends: want.ends, Reason: want.reason}
	page.Provisions = slices.ContainsFunc(u.Assignments, func(a kontrollrum.Assignment) bool { return a.Role == policy.ProvisioningAdmin })
	if page.First = u.FirstName; page.First == "" {
		page.First = u.DisplayName
	}
	var err error
	if page.Judged, err = do(ctx, f, c, ops.Judge{Organization: v.org(), User: string(u.ID)}); err != nil {
		return nil, err
	}
	var licenses []kontrollrum.License
	if v.may(policy.AccountViewSubscriptions) {
		if licenses, err = do(ctx, f, c, ops.ListLicenses{Organization: v.org()}); err != nil {
			return nil, err
		}
	}
	page.agentOptions(licenses, now.agent, want.agent)
	page.otherOptions(licenses, now.others, want.others)
	page.roleOptions(now.role, want.role)
	page.Reach = Option{ID: "reach", Value: string(kontrollrum.ReachCustomers), May: policy.RolesReachCustomers, Lock: v.lockOf(policy.RolesReachCustomers, page.Judged[policy.RolesReachCustomers]),
		Today: now.reach == kontrollrum.ReachCustomers, Chosen: want.reach == kontrollrum.ReachCustomers}
	for _, a := range u.Assignments {
		if !a.Role.Exclusive() {
			page.Also = append(page.Also, v.Say("role."+a.Role.String()))
		}
	}
	if page.Deltas = page.deltas(licenses, now, want); now.agent != want.agent || now.role != want.role {
		o, err := do(ctx, f, c, ops.ForeseeChange{Organization: v.org(), User: string(u.ID), Agent: &want.agent, Role: &want.role})
		if err != nil {
			return nil, err
		}
		page.Effects = v.effects(o)
	}
	if fragment(r) { // which needs no more
		return page, nil
	}
	page.details(u)
	for _, more := range []func(*face, ops.Caller, *http.Request, *visit, *kontrollrum.User) error{page.history, page.signIns, page.invitation} {
		if err := more(f, c, r, v, u); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// details are those that are known.
func (p *UserPage) details(u *kontrollrum.User) {
	language := ""
	if u.Language != "" {
		language = upperFirst(p.languageName(u.Language))
	}
	for _, d := range [][2]string{{"first", u.FirstName}, {"last", u.LastName}, {"display", u.DisplayName}, {"email", string(u.Email)}, {"title", u.Title}, {"department", u.Department},
		{"phone", u.Phone}, {"location", u.Location}, {"language", language}, {"zone", u.TimeZone}} {
		if d[1] != "" {
			p.Facts = append(p.Facts, [2]string{p.Say("user.detail." + d[0]), d[1]})
		}
	}
}

func (p *UserPage) signIns(f *face, c ops.Caller, r *http.Request, v *visit, u *kontrollrum.User) error {
	p.SessionLock = p.lockOf(policy.SessionsView, p.Judged[policy.SessionsView])
	p.WaysLock = p.lockOf(policy.CredentialsView, p.Judged[policy.CredentialsView])
	if p.SessionLock == nil {
		live, err := do(r.Context(), f, c, ops.ListSessions{Organization: v.org(), User: string(u.ID)})
		if err != nil {
			return err
		}
		for _, s := range live {
			p.Sessions = append(p.Sessions, Session{ID: string(s.ID), Device: p.device(s.UserAgent), Since: p.when(s.Created), Seen: p.when(s.Seen), IP: s.IP, Current: s.Current})
		}
	}
	if p.WaysLock == nil {
		has, err := do(r.Context(), f, c, ops.ViewCredentials{Organization: v.org(), User: string(u.ID)})
		if err != nil {
			return err
		}
		p.Password = p.when(has.PasswordSet)
		for _, factor := range has.Factors {
			p.Factors = append(p.Factors, v.factor(&factor))
		}
	}
	return nil
}

// invitation tells when the last went and the next may, of whom is invited.
func (p *UserPage) invitation(f *face, c ops.Caller, r *http.Request, v *visit, u *kontrollrum.User) error {
	if u.Status != kontrollrum.NotVerified || !p.Judged[policy.UsersSendActivation].OK {
		return nil
	}
	i, err := do(r.Context(), f, c, ops.ViewInvitation{Organization: v.org(), User: string(u.ID)})
	if err != nil {
		return err
	}
	if p.Sent = p.when(i.Sent); i.Next.After(p.now) {
		p.NextMail = p.when(i.Next)
	}
	return nil
}

// saveUser makes what the form asks for: all of it or nothing. What was wrong is
// told where it was, and what was chosen stays chosen.
func (f *face) saveUser(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, u, err := f.person(c, w, r)
	if u == nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	now := v.held(u)
	seen := now
	if a, ok := agentOf(r.PostFormValue("was_license"), ""); ok {
		seen.agent = a
	}
	if role, ok := exclusiveOf(r.PostFormValue("was_role")); ok {
		seen.role = role
	}
	if r.PostForm.Has("others") {
		seen.others = nil
		for _, id := range r.PostForm["was_other"] {
			seen.others = append(seen.others, kontrollrum.LicenseID(id))
		}
	}
	want := wanted(r.PostForm, now)
	if want.role == seen.role && seen.role != now.role { // untouched, and another by now
		want.role, want.ends, want.reason, seen.role = now.role, now.ends, now.reason, now.role
	}
	op, err := v.change(u, seen, want)
	if err == nil {
		_, err = do(r.Context(), f, c, op)
	}
	switch {
	case err == nil:
		return to(w, receipt(v.userPath(u.ID), "changed", "name", u.DisplayName, "undo", c.TrackingID))
	case code(err) == "step_up_required":
		return to(w, "/confirm?next="+url.QueryEscape(v.userPath(u.ID)+"?"+want.query()))
	case !mendable(err) && !errors.Is(err, kontrollrum.Denied):
		return err
	}
	page, failed := f.user(c, r, v, u, now, want)
	if failed != nil {
		return failed
	}
	page.here = page.Path + "?" + want.query()
	status := http.StatusUnprocessableEntity
	switch {
	case errors.Is(err, kontrollrum.Denied):
		status = http.StatusForbidden
		no := kontrollrum.All(err)[0]
		a, _ := policy.ParseAction(no.Action)
		said := v.reason(a, no, v.Organization)
		page.Wrong = v.Say("user.refused", "Action", v.doing(a), "Why", said.why, "Help", said.help)
	case code(err) == "changed_meanwhile":
		status, page.Meanwhile = http.StatusConflict, v.meanwhile(page, seen, now)
	case code(err) == "invalid_ends":
		page.EndsWrong = v.Say("fault.invalid_ends")
	default:
		page.Wrong = v.fault(err)
	}
	return f.show(w, r, status, page.View())
}

// meanwhile says what another changed while somebody filled in the form.
func (v *visit) meanwhile(p *UserPage, seen, now pending) string {
	var said []string
	for _, d := range p.deltas(nil, pending{agent: seen.agent, role: seen.role}, pending{agent: now.agent, role: now.role}) {
		said = append(said, v.Say("user.meanwhile.is", "What", d.Word, "From", d.From, "To", d.To))
	}
	return strings.Join(said, " ")
}

// judgedLock is why the visitor may not do a to the person; nil where they may.
func (p *UserPage) judgedLock(a policy.Action) *Lock { return p.lockOf(a, p.Judged[a]) }

// seesRoles reports whether the visitor sees every administrator's role.
func (p *UserPage) seesRoles() bool { return p.permits[policy.AdministratorsView].Mode == "all" }

// termsOpen reports whether there is a role that the visitor could give or change.
func (p *UserPage) termsOpen() bool {
	for _, o := range p.Roles {
		if o.Value != "none" && o.Lock == nil {
			return true
		}
	}
	return false
}

func (p *UserPage) endsAbout() string {
	if p.EndsWrong != "" {
		return "ends-error ends-hint"
	}
	return "ends-hint"
}

func (p *UserPage) lastSeen() string {
	if p.Seen == "" {
		return p.Say("user.seen.never")
	}
	return p.Say("user.seen", "When", p.Seen)
}

func (p *UserPage) sent() string {
	if p.Sent == "" {
		return ""
	}
	return p.Say("user.invite.sent", "When", p.Sent)
}

// about names what is said of an option: by itself or, where all are locked
// together, for all of them.
func (o Option) about(together bool, all string) string {
	var ids []string
	if o.Hint != "" {
		ids = append(ids, o.ID+"-hint")
	}
	switch {
	case o.locked() && together:
		ids = append(ids, all)
	case o.locked():
		ids = append(ids, o.ID+"-why")
	}
	return strings.Join(ids, " ")
}

// spoken reports whether the hub has words in a language.
func spoken(tag string) bool {
	for _, l := range languages {
		if l.tag == tag {
			return true
		}
	}
	return false
}
