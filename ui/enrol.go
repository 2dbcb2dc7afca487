package ui

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image/png"
	"net/http"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// ended begins a sign-in anew, where err says that the one that was begun is
// over. Other errors stay what they are.
func (f *face) ended(w http.ResponseWriter, p *Page, err error) error {
	if errors.Is(err, kontrollrum.Unauthenticated) || code(err) == "factor_not_proven" {
		return f.over(w, p)
	}
	return err
}

// enrol asks somebody who must have a second factor to choose one.
func (f *face) enrol(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	if _, err := do(r.Context(), f, partial(c, r), ops.ViewCredentials{}); err != nil {
		return f.ended(w, p, err)
	}
	return f.show(w, r, http.StatusOK, EnrolPage{Page: p}.View())
}

// totpPage makes a page of a secret for an app.
func totpPage(p *Page, made *ops.TOTPSetup) (page TOTPPage, err error) {
	code, err := qr.Encode(made.URI, qr.M, qr.Auto)
	if err != nil {
		return page, err
	}
	scaled, err := barcode.Scale(code, 4*code.Bounds().Dx(), 4*code.Bounds().Dx())
	if err != nil {
		return page, err
	}
	var image bytes.Buffer
	if err := png.Encode(&image, scaled); err != nil {
		return page, err
	}
	var groups []string
	for text := made.Secret; text != ""; {
		n := min(4, len(text))
		groups, text = append(groups, text[:n]), text[n:]
	}
	return TOTPPage{Page: p, QR: "data:image/png;base64," + base64.StdEncoding.EncodeToString(image.Bytes()),
		Secret: strings.Join(groups, " "), URI: made.URI, State: made.State.Reveal()}, nil
}

// beginTOTP shows a new secret, with what was wrong before.
func (f *face) beginTOTP(c ops.Caller, w http.ResponseWriter, r *http.Request, p *Page, action, back, wrong string) error {
	made, err := do(r.Context(), f, c, ops.BeginTOTP{})
	if err != nil {
		return err
	}
	page, err := totpPage(p, made)
	if err != nil {
		return err
	}
	page.Action, page.Back, page.Error, page.Name = action, back, wrong, r.PostFormValue("name")
	p.here = p.with(action)
	status := http.StatusOK
	if wrong != "" {
		status = http.StatusUnprocessableEntity
	}
	return f.show(w, r, status, page.View())
}

// finishTOTP ends it. A wrong code is answered with what is wrong, and a secret
// that is new: the page does not carry the old one.
func (f *face) finishTOTP(c ops.Caller, r *http.Request, p *Page) (codes []string, wrong string, err error) {
	name := strings.TrimSpace(r.PostFormValue("name"))
	if name == "" {
		name = p.Say("totp.name.default")
	}
	codes, err = do(r.Context(), f, c, ops.FinishTOTP{State: kontrollrum.NewSecret(r.PostFormValue("state")),
		Code: strings.TrimSpace(r.PostFormValue("code")), Name: name})
	switch code(err) {
	case "":
		return codes, "", err
	case "setup_over":
		return nil, p.Say("totp.over"), nil
	}
	if errors.Is(err, kontrollrum.Invalid) || errors.Is(err, kontrollrum.Busy) || code(err) == "too_many_factors" {
		return nil, p.fault(err), nil
	}
	return nil, "", err
}

func (f *face) enrolTOTP(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	return f.ended(w, p, f.beginTOTP(partial(c, r), w, r, p, "/sign-in/enrol/totp", p.with("/sign-in/enrol"), ""))
}

func (f *face) addEnrolTOTP(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	codes, wrong, err := f.finishTOTP(partial(c, r), r, p)
	switch {
	case err != nil:
		return f.ended(w, p, err)
	case wrong != "":
		return f.ended(w, p, f.beginTOTP(partial(c, r), w, r, p, "/sign-in/enrol/totp", p.with("/sign-in/enrol"), wrong))
	case len(codes) == 0:
		return f.complete(c, w, r)
	}
	p.here = p.with("/sign-in/enrol")
	return f.show(w, r, http.StatusOK, CodesPage{Page: p, Codes: codes, On: "/sign-in/enrol/done", Post: true}.View())
}

// newPasskeyOptions begins to set up a passkey, for whoever who says.
func (f *face) newPasskeyOptions(who func(ops.Caller, *http.Request) ops.Caller) func(ops.Caller, http.ResponseWriter, *http.Request) error {
	return func(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
		made, err := do(r.Context(), f, who(c, r), ops.BeginAddPasskey{})
		instead := "/sign-in?told=over"
		if code(err) == "step_up_required" {
			instead = "/confirm?next=/profile"
		}
		return f.answer(w, made, err, instead)
	}
}

// finishPasskey ends it.
func (f *face) finishPasskey(c ops.Caller, r *http.Request, p *Page) ([]string, error) {
	return do(r.Context(), f, c, ops.FinishAddPasskey{State: kontrollrum.NewSecret(r.PostFormValue("state")), Response: []byte(r.PostFormValue("response")),
		Name: p.device(r.UserAgent())})
}

func (f *face) addEnrolPasskey(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	codes, err := f.finishPasskey(partial(c, r), r, p)
	switch {
	case err != nil:
		return f.ended(w, p, err)
	case len(codes) == 0:
		return f.complete(c, w, r)
	}
	p.here = p.with("/sign-in/enrol")
	return f.show(w, r, http.StatusOK, CodesPage{Page: p, Codes: codes, On: "/sign-in/enrol/done", Post: true}.View())
}

// complete goes on once all is set up that a sign-in needs.
func (f *face) complete(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.completed(c, w, r, f.page(r, ""), web.Kept(r, web.SigninCookie))
}

func (f *face) completed(c ops.Caller, w http.ResponseWriter, r *http.Request, p *Page, session kontrollrum.Secret) error {
	s, err := do(r.Context(), f, from(c), ops.CompleteEnrolment{Session: session, Replace: web.Kept(r, web.SessionCookie)})
	if err != nil {
		return err
	}
	switch s.Code {
	case "":
		return f.advance(w, p, s)
	case ops.FactorMissing:
		return to(w, p.with("/sign-in/enrol"))
	}
	return f.over(w, p)
}
