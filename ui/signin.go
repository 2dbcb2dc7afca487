package ui

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// signIn asks who it is. Whoever is signed in goes on to where they were going:
// to the application that asks for them, or to the hub.
func (f *face) signIn(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	page := SignInPage{Page: p}
	switch r.FormValue("told") {
	case "over":
		page.Wrong = p.Say("signin.over")
	case "ended":
		page.Wrong = p.Say("signin.again")
	}
	if p.Request != "" {
		return f.authorize(c, w, r, page)
	}
	if _, err := do(r.Context(), f, c, ops.Myself{}); err == nil {
		return to(w, p.start())
	} else if !errors.Is(err, kontrollrum.Unauthenticated) {
		return err
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// authorize says yes to the application that asks, for whoever is signed in,
// or says why it is closed to them. Everyone else is asked who they are.
func (f *face) authorize(c ops.Caller, w http.ResponseWriter, r *http.Request, page SignInPage) error {
	p := page.Page
	request := kontrollrum.AuthorizationID(p.Request)
	_, refusal := do(r.Context(), f, c, ops.Authorize{Request: request})
	switch {
	case refusal == nil:
		return to(w, "/oauth/authorize/callback?id="+p.Request)
	case errors.Is(refusal, kontrollrum.Unauthenticated):
	case code(refusal) == "step_up_required":
		return to(w, p.with("/confirm"))
	case code(refusal) == "other_user":
		page.Wrong = p.Say("signin.other_user")
	case !errors.Is(refusal, kontrollrum.Denied):
		return refusal
	}
	view, err := do(r.Context(), f, c, ops.ViewAuthorization{Request: request})
	if err != nil {
		return err
	}
	if errors.Is(refusal, kontrollrum.Denied) {
		user, err := do(r.Context(), f, c, ops.Myself{})
		if err != nil {
			return err
		}
		v, err := f.visit(c, r, user, "")
		if err != nil {
			return err
		}
		return f.refused(w, r, v, view.Client.Application, view.Organization, refusal)
	}
	if page.Email == "" {
		page.Email = view.Hint
	}
	return f.show(w, r, http.StatusOK, page.View())
}

// start is where a sign-in leads that no other application asked for.
func (p *Page) start() string {
	if p.Next != "" {
		return p.Next
	}
	return "/"
}

// again begins anew where a page cannot be shown by itself.
func (f *face) again(_ ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return to(w, f.page(r, "").with("/sign-in"))
}

// giveEmail asks for the password of an address, whether anybody has it or not,
// or leads to the provider of its domain.
func (f *face) giveEmail(_ ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	p.here = p.with("/sign-in")
	email, err := kontrollrum.ParseEmail(strings.TrimSpace(r.PostFormValue("email")))
	if err != nil {
		return f.show(w, r, http.StatusUnprocessableEntity, SignInPage{Page: p, Email: r.PostFormValue("email"), Error: p.Say("signin.email.wrong")}.View())
	}
	if shown, err := f.elsewhere(w, r, p, email, ""); shown || err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, PasswordPage{Page: p, Email: string(email)}.View())
}

// givePassword judges a password.
func (f *face) givePassword(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	p.here = p.with("/sign-in")
	email := r.PostFormValue("email")
	return f.judge(c, w, r, p, email, "password.wrong", func(wait, fault string) templ.Component {
		return PasswordPage{Page: p, Email: email, Wait: wait, Error: fault}.View()
	})
}

// judge judges the password that is given with an address, and goes on with the
// sign-in. Where it did not do, again is the page once more, saying for how long
// nothing is tried, or what is wrong: by the key wrong, where it is the password.
func (f *face) judge(c ops.Caller, w http.ResponseWriter, r *http.Request, p *Page, email, wrong string, again func(wait, fault string) templ.Component) error {
	password := r.PostFormValue("password")
	if password == "" {
		return f.show(w, r, http.StatusUnprocessableEntity, again("", p.Say("password.missing")))
	}
	s, err := f.hub.SignIn(r.Context(), from(c), ops.PasswordProof{Email: email, Password: kontrollrum.NewSecret(password), Replace: web.Kept(r, web.SessionCookie)})
	switch {
	case err != nil:
		return err
	case s.Code == "":
		return f.advance(w, p, s)
	case s.Wait > 0:
		return f.show(w, r, http.StatusTooManyRequests, again(p.wait(w, s.Wait), ""))
	}
	return f.show(w, r, http.StatusUnprocessableEntity, again("", p.Say(wrong)))
}

// from is where somebody asks from, who proves who they are and is nobody yet.
func from(c ops.Caller) ops.Caller {
	return ops.Caller{TrackingID: c.TrackingID, IP: c.IP, UserAgent: c.UserAgent}
}

// partial is whoever is in the middle of signing in. It speaks for them only
// where they set up what their sign-in still needs.
func partial(c ops.Caller, r *http.Request) ops.Caller {
	return sessionOf(c, web.Kept(r, web.SigninCookie))
}

// sessionOf is whoever a session speaks for, from where c asks.
func sessionOf(c ops.Caller, session kontrollrum.Secret) ops.Caller {
	out := ops.Session(session)
	out.TrackingID, out.IP, out.UserAgent = c.TrackingID, c.IP, c.UserAgent
	return out
}

// whole is whoever is signed in.
func whole(c ops.Caller, _ *http.Request) ops.Caller { return c }

// advance goes on from a proof that was good: inside, or to the next question.
// The browser gets another secret at each stage.
func (f *face) advance(w http.ResponseWriter, p *Page, s *ops.Signing) error {
	if s.Stage == kontrollrum.StageFull {
		web.KeepSecret(w, web.SessionCookie, s.Session)
		web.Forget(w, web.SigninCookie)
		if p.Request != "" {
			// By a page of its own: the way back to the application must not
			// follow from a form (see contentPolicy).
			return to(w, p.with("/sign-in/onward"))
		}
		return to(w, p.start())
	}
	web.KeepSecret(w, web.SigninCookie, s.Session)
	if s.Stage == kontrollrum.StageEnrol {
		return to(w, p.with("/sign-in/enrol"))
	}
	kinds := make([]string, len(s.Factors))
	for i, k := range s.Factors {
		kinds[i] = string(k)
	}
	return to(w, p.with("/sign-in/factor", "by", strings.Join(kinds, "-")))
}

// onward goes on to the application that asked, from a page and by itself.
func (f *face) onward(_ ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	return f.show(w, r, http.StatusOK, OnwardPage{Page: p, To: p.with("/sign-in")}.View())
}

// wait says for how long to wait, to the person and to the browser.
func (p *Page) wait(w http.ResponseWriter, d time.Duration) string {
	seconds := int((d + time.Second - 1) / time.Second)
	w.Header().Set("Retry-After", itoa(seconds))
	if seconds <= 90 {
		return p.Say("time.seconds", "Count", seconds)
	}
	return p.Say("time.minutes", "Count", (seconds+59)/60)
}

// stepUp asks whoever is signed in to prove it again.
func (f *face) stepUp(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	page, err := f.stepUpPage(c, r)
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, page.View())
}

func (f *face) stepUpPage(c ops.Caller, r *http.Request) (page StepUpPage, err error) {
	user, err := do(r.Context(), f, c, ops.Myself{})
	if err != nil {
		return page, err
	}
	has, err := do(r.Context(), f, c, ops.ViewCredentials{})
	if err != nil {
		return page, err
	}
	p := f.page(r, user.Language)
	p.here = p.with("/confirm")
	page = StepUpPage{Page: p, Email: string(user.Email), Password: !has.PasswordSet.IsZero()}
	for _, factor := range has.Factors {
		page.Passkey = page.Passkey || factor.Kind == kontrollrum.Passkey
	}
	route, err := do(r.Context(), f, ops.Caller{}, ops.RouteEmail{Email: page.Email})
	if page.Provider = route.Provider; route.Enforced {
		page.Password, page.Passkey = false, false
	}
	return page, err
}

// giveStepUp judges the password of whoever is signed in, and renews the session.
func (f *face) giveStepUp(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	page, err := f.stepUpPage(c, r)
	if err != nil {
		return err
	}
	return f.judge(c, w, r, page.Page, page.Email, "new.current.wrong", func(wait, fault string) templ.Component {
		page.Wait, page.Error = wait, fault
		return page.View()
	})
}

// askSignOut asks whether to sign out. Whoever is signed out is told so.
func (f *face) askSignOut(_ ops.Caller, w http.ResponseWriter, r *http.Request) error {
	if web.Kept(r, web.SessionCookie).Empty() {
		return to(w, "/signed-out")
	}
	return f.show(w, r, http.StatusOK, SignOutPage{f.page(r, "")}.View())
}

// signOut ends the session of this browser, and a sign-in that was begun.
func (f *face) signOut(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	for _, name := range []string{web.SessionCookie, web.SigninCookie} {
		if kept := web.Kept(r, name); !kept.Empty() {
			if _, err := do(r.Context(), f, from(c), ops.SignOut{Session: kept}); err != nil {
				return err
			}
			web.Forget(w, name)
		}
	}
	return to(w, "/signed-out")
}

func (f *face) signedOut(_ ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.show(w, r, http.StatusOK, SignedOutPage{f.page(r, "")}.View())
}
