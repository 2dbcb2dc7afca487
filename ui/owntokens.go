package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// tokenDays are for how long a token may be made.
var tokenDays = []int{7, 30, 90, 180, 365}

const usualTokenDays = 90

// ownTokens are the tokens that speak for the visitor, those that are over last.
func (v *visit) ownTokens(all []kontrollrum.Token) (live, over []OwnToken) {
	for _, k := range all {
		t := OwnToken{ID: string(k.ID), Name: k.Name, Created: v.when(k.Created), Ends: v.when(k.Expires), Revoked: v.when(k.Revoked)}
		if k.Live(v.now) {
			live = append(live, t)
		} else {
			over = append(over, t)
		}
	}
	return live, over
}

// newToken asks what a token is for, once the visitor has shown who they are.
func (f *face) newToken(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	if _, err := do(r.Context(), f, c, ops.ListOwnTokens{Making: true}); err != nil {
		return err
	}
	v, err := f.home(c, r)
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, v.tokenPage(r.FormValue("name"), r.FormValue("days")).View())
}

func (v *visit) tokenPage(name, days string) NewTokenPage {
	page := NewTokenPage{Inside: v.Inside, Name: name, Days: usualTokenDays}
	if n, err := strconv.Atoi(days); err == nil && slices.Contains(tokenDays, n) {
		page.Days = n
	}
	for _, n := range tokenDays {
		page.Terms = append(page.Terms, Term{Days: n, Until: v.date(v.now.AddDate(0, 0, n))})
	}
	return page
}

// makeToken makes it, and shows it the only time it is seen.
func (f *face) makeToken(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.home(c, r)
	if err != nil {
		return err
	}
	page := v.tokenPage(r.PostFormValue("name"), r.PostFormValue("days"))
	made, wrong := do(r.Context(), f, c, ops.CreateOwnToken{Name: page.Name, Expires: f.Now().Add(time.Duration(page.Days) * 24 * time.Hour), Secret: kontrollrum.NewToken})
	v.here = "/profile/tokens/new"
	switch {
	case wrong == nil:
		return f.show(w, r, http.StatusOK, TokenPage{Inside: v.Inside, Name: made.Name, Ends: v.when(made.Expires), Secret: made.Secret.Reveal()}.View())
	case code(wrong) == "step_up_required": // too long over the form, which is not lost
		form := "/profile/tokens/new?" + url.Values{"name": {page.Name}, "days": {strconv.Itoa(page.Days)}}.Encode()
		return to(w, "/confirm?next="+url.QueryEscape(form))
	case !mendable(wrong):
		return wrong
	}
	page.Wrong = v.fault(wrong)
	return f.show(w, r, http.StatusUnprocessableEntity, page.View())
}

func (f *face) revokeToken(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	_, err := do(r.Context(), f, c, ops.RevokeOwnToken{Token: kontrollrum.TokenID(r.PostFormValue("token"))})
	if err != nil && code(err) != "token_revoked" { // it is what was asked for
		return err
	}
	return to(w, "/profile?done=token_revoked")
}
