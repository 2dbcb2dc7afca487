package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// factor asks for the second factor. Which kinds there are stands in the
// address: it only chooses what is shown.
func (f *face) factor(_ ops.Caller, w http.ResponseWriter, r *http.Request) error {
	if web.Kept(r, web.SigninCookie).Empty() {
		return f.again(ops.Caller{}, w, r)
	}
	return f.show(w, r, http.StatusOK, f.factorPage(r).View())
}

func (f *face) factorPage(r *http.Request) FactorPage {
	p := f.page(r, "")
	page := FactorPage{Page: p, Factors: plain(r.FormValue("by")), Recovery: r.FormValue("recovery") != ""}
	kinds := strings.Split(page.Factors, "-")
	for _, kind := range kinds {
		page.TOTP = page.TOTP || kind == string(kontrollrum.TOTP)
		page.Passkey = page.Passkey || kind == string(kontrollrum.Passkey)
	}
	if !page.TOTP && !page.Passkey {
		page.TOTP = true
	}
	p.here = p.with("/sign-in/factor", "by", page.Factors)
	return page
}

// giveCode judges a code, of an app or for recovery.
func (f *face) giveCode(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	page := f.factorPage(r)
	given := strings.TrimSpace(r.PostFormValue("code"))
	if given == "" {
		page.Error = page.Say("factor.code.missing")
		return f.show(w, r, http.StatusUnprocessableEntity, page.View())
	}
	s, err := do(r.Context(), f, from(c), ops.ProveCode{Session: web.Kept(r, web.SigninCookie), Code: given, Replace: web.Kept(r, web.SessionCookie)})
	if err != nil {
		return err
	}
	switch {
	case s.Code == "":
		return f.advance(w, page.Page, s)
	case s.Code == ops.SessionOver:
		return f.over(w, page.Page)
	case s.Wait > 0:
		page.Wait = page.wait(w, s.Wait)
		return f.show(w, r, http.StatusTooManyRequests, page.View())
	case page.Recovery:
		page.Error = page.Say("factor.recovery.wrong")
	default:
		page.Error = page.Say("factor.code.wrong")
	}
	return f.show(w, r, http.StatusUnprocessableEntity, page.View())
}

// over begins a sign-in anew that took too long.
func (f *face) over(w http.ResponseWriter, p *Page) error {
	web.Forget(w, web.SigninCookie)
	return to(w, p.with("/sign-in", "told", "over"))
}

// A challenge is what the script hands to the device.
type challenge struct {
	Options json.RawMessage `json:"options,omitempty"`
	State   string          `json:"state,omitempty"`
	Go      string          `json:"go,omitempty"` // a page to go to instead
}

// answer writes a challenge for the script, or where to go instead.
func (f *face) answer(w http.ResponseWriter, made *ops.PasskeyChallenge, err error, instead string) error {
	out, status := challenge{Go: instead}, http.StatusForbidden
	switch {
	case err == nil:
		out, status = challenge{Options: made.Options, State: made.State.Reveal()}, http.StatusOK
	case code(err) != "step_up_required" && !errors.Is(err, kontrollrum.Unauthenticated):
		return err
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(body)
	return err
}

// second is the sign-in that a passkey is the second factor of, where it is one.
func second(r *http.Request) kontrollrum.Secret {
	if r.PostFormValue("second") == "" {
		return kontrollrum.Secret{}
	}
	return web.Kept(r, web.SigninCookie)
}

// passkeyOptions begins a proof by passkey.
func (f *face) passkeyOptions(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	made, err := do(r.Context(), f, from(c), ops.BeginPasskey{Session: second(r)})
	return f.answer(w, made, err, f.page(r, "").with("/sign-in", "told", "over"))
}

// givePasskey judges a proof by passkey.
func (f *face) givePasskey(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	p.here = p.with("/sign-in")
	s, err := do(r.Context(), f, from(c), ops.FinishPasskey{State: kontrollrum.NewSecret(r.PostFormValue("state")), Response: []byte(r.PostFormValue("response")),
		Session: second(r), Replace: web.Kept(r, web.SessionCookie)})
	if err != nil {
		return err
	}
	page := SignInPage{Page: p}
	switch {
	case s.Code == "":
		return f.advance(w, p, s)
	case s.Code == ops.SessionOver:
		return f.over(w, p)
	case s.Wait > 0:
		page.Wrong = p.Say("attempts.wait", "Wait", p.wait(w, s.Wait))
		return f.show(w, r, http.StatusTooManyRequests, page.View())
	}
	page.Wrong = p.Say("signin.passkey.wrong")
	return f.show(w, r, http.StatusUnprocessableEntity, page.View())
}
