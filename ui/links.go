package ui

import (
	"errors"
	"net/http"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// secretive keeps the address of a page, which carries a link's secret, from
// every other site. Within the hub it may go: with no-referrer, browsers that
// send no Sec-Fetch-Site would send the form of the page from the origin null.
func secretive(w http.ResponseWriter) { w.Header().Set("Referrer-Policy", "same-origin") }

// open looks at the link that a page's address carries, for its purpose. Where
// it is not good, the page says why, and there is no link.
func (f *face) open(c ops.Caller, w http.ResponseWriter, r *http.Request, purpose kontrollrum.LinkPurpose) (*ops.OpenedLink, error) {
	secretive(w)
	l, err := do(r.Context(), f, from(c), ops.OpenLink{Token: kontrollrum.NewSecret(r.FormValue("token"))})
	if err != nil {
		return nil, err
	}
	if l.State == ops.LinkGood && l.Purpose != purpose {
		l.State = ops.LinkUnknown
	}
	if l.State != ops.LinkGood {
		return nil, f.linkOver(w, r, l.State, purpose)
	}
	return &l, nil
}

// linkOver says why a link is no longer good.
func (f *face) linkOver(w http.ResponseWriter, r *http.Request, why ops.LinkState, purpose kontrollrum.LinkPurpose) error {
	p := f.page(r, "")
	p.here = r.URL.Path
	if r.Method != http.MethodPost {
		p.here = r.URL.RequestURI()
	}
	return f.show(w, r, http.StatusGone, LinkOverPage{Page: p, Why: string(why), Purpose: string(purpose)}.View())
}

// activate shows whose invitation it is.
func (f *face) activate(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	l, err := f.open(c, w, r, kontrollrum.ForActivation)
	if l == nil {
		return err
	}
	return f.show(w, r, http.StatusOK, ActivatePage{Page: f.page(r, l.Language), Token: r.FormValue("token"), Name: l.Name, Email: string(l.Email), Organization: l.Organization}.View())
}

// accept uses a link up. Where that does not lead on, the page says why, and
// there is no answer.
func (f *face) accept(c ops.Caller, w http.ResponseWriter, r *http.Request, purpose kontrollrum.LinkPurpose) (*ops.AcceptedLink, error) {
	secretive(w)
	l, err := do(r.Context(), f, from(c), ops.AcceptLink{Token: kontrollrum.NewSecret(r.PostFormValue("token"))})
	if err != nil {
		return nil, err
	}
	if l.Wait > 0 {
		p := f.page(r, "")
		p.here = "/sign-in"
		return nil, f.show(w, r, http.StatusTooManyRequests, SignInPage{Page: p, Wrong: p.Say("attempts.wait", "Wait", p.wait(w, l.Wait))}.View())
	}
	if l.State != ops.LinkGood {
		return nil, f.linkOver(w, r, l.State, purpose)
	}
	if l.Code == ops.ProviderOnly {
		p := f.page(r, l.Language)
		p.here = "/sign-in"
		_, err := f.elsewhere(w, r, p, l.Email, p.Say("upstream.confirmed"))
		return nil, err
	}
	web.KeepSecret(w, web.SigninCookie, l.Session)
	return l, nil
}

// acceptActivation confirms an address and asks for a way to sign in.
func (f *face) acceptActivation(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	l, err := f.accept(c, w, r, kontrollrum.ForActivation)
	if l == nil {
		return err
	}
	p := f.page(r, l.Language)
	p.here = "/activate/choose"
	return f.show(w, r, http.StatusOK, ChoosePage{Page: p, Email: string(l.Email)}.View())
}

// choose asks for a way to sign in, of whoever came by a link.
func (f *face) choose(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	if _, err := do(r.Context(), f, partial(c, r), ops.ViewCredentials{}); err != nil {
		return f.ended(w, p, err)
	}
	return f.show(w, r, http.StatusOK, ChoosePage{Page: p}.View())
}

// choosePassword sets the first password, or another, of whoever came by a link.
func (f *face) choosePassword(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	p.here = "/activate/choose"
	page := ChoosePage{Page: p, Email: r.PostFormValue("email")}
	if r.PostFormValue("new") != r.PostFormValue("again") {
		page.Again = p.Say("new.again.wrong")
		return f.show(w, r, http.StatusUnprocessableEntity, page.View())
	}
	err := f.hub.SetPassword(r.Context(), partial(c, r), ops.NewPassword{New: kontrollrum.NewSecret(r.PostFormValue("new"))})
	switch {
	case err == nil:
		return f.complete(c, w, r)
	case errors.Is(err, kontrollrum.Invalid), errors.Is(err, kontrollrum.Busy):
		page.Password = p.fault(err)
		return f.show(w, r, http.StatusUnprocessableEntity, page.View())
	}
	return f.ended(w, p, err)
}

// forgotten asks whose password is forgotten.
func (f *face) forgotten(_ ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.show(w, r, http.StatusOK, ForgottenPage{Page: f.page(r, "")}.View())
}

// askReset mails a link. The answer is the same whether anybody has the address.
func (f *face) askReset(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	p.here = p.with("/forgotten")
	page := ForgottenPage{Page: p, Email: r.PostFormValue("email")}
	email, err := kontrollrum.ParseEmail(page.Email)
	if err != nil {
		page.Error = p.Say("signin.email.wrong")
		return f.show(w, r, http.StatusUnprocessableEntity, page.View())
	}
	asked, err := do(r.Context(), f, from(c), ops.AskPasswordReset{Email: string(email)})
	if err != nil {
		return err
	}
	if asked.Wait > 0 {
		page.Wait = p.wait(w, asked.Wait)
		return f.show(w, r, http.StatusTooManyRequests, page.View())
	}
	page.Email, page.Sent = string(email), true
	return f.show(w, r, http.StatusOK, page.View())
}

// reset asks for a new password, by a link.
func (f *face) reset(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	l, err := f.open(c, w, r, kontrollrum.ForPassword)
	if l == nil {
		return err
	}
	return f.show(w, r, http.StatusOK, ResetPage{Page: f.page(r, l.Language), Token: r.FormValue("token"), Email: string(l.Email)}.View())
}

// acceptReset uses the link up and sets the password. Where the password will
// not do, the link is used up all the same, and a page goes on asking.
func (f *face) acceptReset(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	if r.PostFormValue("new") != r.PostFormValue("again") {
		l, err := f.open(c, w, r, kontrollrum.ForPassword)
		if l == nil {
			return err
		}
		p := f.page(r, l.Language)
		p.here = "/forgotten"
		return f.show(w, r, http.StatusUnprocessableEntity, ResetPage{Page: p, Token: r.PostFormValue("token"), Email: string(l.Email), Again: p.Say("new.again.wrong")}.View())
	}
	l, err := f.accept(c, w, r, kontrollrum.ForPassword)
	if l == nil {
		return err
	}
	p := f.page(r, l.Language)
	err = f.hub.SetPassword(r.Context(), sessionOf(c, l.Session), ops.NewPassword{New: kontrollrum.NewSecret(r.PostFormValue("new"))})
	switch {
	case err == nil:
		return f.completed(c, w, r, p, l.Session)
	case errors.Is(err, kontrollrum.Invalid), errors.Is(err, kontrollrum.Busy):
		p.here = "/activate/choose"
		return f.show(w, r, http.StatusUnprocessableEntity, ChoosePage{Page: p, Email: string(l.Email), Password: p.fault(err)}.View())
	}
	return f.ended(w, p, err)
}
