package ui

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ui/upstream"
	"github.com/kontrollrum/kontrollrum/web"
)

// upstreamPath is where sign-ins at organizations' own providers begin, and
// below it where they come back to.
const upstreamPath = "/sign-in/upstream"

// upstreamCookie binds what comes back from a provider to the browser that left.
const upstreamCookie = "__Host-upstream"

// elsewhere shows the way to the provider that an address leads to, by its
// domain alone; shown is false where it leads to none, or a password is wanted
// and will do.
func (f *face) elsewhere(w http.ResponseWriter, r *http.Request, p *Page, email kontrollrum.Email, told string) (shown bool, err error) {
	route, err := do(r.Context(), f, ops.Caller{}, ops.RouteEmail{Email: string(email)})
	if err != nil || route.Provider == "" || !route.Enforced && r.PostFormValue("by") == "password" {
		return false, err
	}
	return true, f.show(w, r, http.StatusOK, ProviderPage{Page: p, Email: string(email), Provider: route.Provider, Password: !route.Enforced, Told: told}.View())
}

// depart sends the browser to a provider.
func (f *face) depart(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	p := f.page(r, "")
	p.here = p.with("/sign-in")
	along := url.Values{"next": {p.Next}, "request": {p.Request}}
	start, err := do(r.Context(), f, from(c), ops.BeginUpstream{Email: r.PostFormValue("email"), Browser: web.Kept(r, upstreamCookie),
		Fresh: r.PostFormValue("fresh") != "", Along: along.Encode()})
	if err != nil {
		return err
	}
	if start == nil {
		return to(w, p.with("/sign-in"))
	}
	address, err := f.party.Address(r.Context(), start)
	if err != nil {
		return f.unfounded(w, r, p, err)
	}
	web.KeepSecret(w, upstreamCookie, start.Browser)
	return f.show(w, r, http.StatusOK, DeparturePage{Page: p, Provider: start.Name, To: address}.View())
}

// arrive takes up a sign-in whose browser is back from a provider.
func (f *face) arrive(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	back := r.URL.Query()
	p := f.page(r, "")
	p.Next, p.Request, p.here = "", "", "/sign-in" // which only the hub's own state tells
	leg, err := do(r.Context(), f, from(c), ops.ResumeUpstream{State: kontrollrum.NewSecret(back.Get("state")), Browser: web.Kept(r, upstreamCookie)})
	if err != nil {
		return err
	}
	if along, err := url.ParseQuery(leg.Along); err == nil {
		p.Next, p.Request = own(along.Get("next")), plain(along.Get("request"))
	}
	if leg.Code != "" {
		return f.notLetIn(w, r, p, leg.Code, &ops.Signing{Wait: leg.Wait})
	}
	finish := ops.FinishUpstream{Ticket: leg.Ticket, Replace: web.Kept(r, web.SessionCookie)}
	var failed *upstream.Failure
	said, wrong := f.party.Claims(r.Context(), leg, back)
	switch {
	case errors.As(wrong, &failed):
		finish.Failed = failed.Code
	case wrong != nil:
		return wrong
	default:
		finish.Claims = said
	}
	s, err := do(r.Context(), f, from(c), finish)
	switch {
	case err != nil:
		return err
	case failed != nil:
		return f.unfounded(w, r, p, wrong)
	case s.Code != "":
		return f.notLetIn(w, r, p, s.Code, s)
	}
	return f.advance(w, p, s)
}

// unfounded tells that a provider's answer came to nothing, and the log why.
func (f *face) unfounded(w http.ResponseWriter, r *http.Request, p *Page, err error) error {
	f.Log.WarnContext(r.Context(), "identity provider", "error", err.Error())
	code := ops.ProviderFailed
	var failed *upstream.Failure
	if errors.As(err, &failed) && (failed.Code == "provider_unreachable" || failed.Code == "provider_refused") {
		code = failed.Code
	}
	return f.notLetIn(w, r, p, code, &ops.Signing{})
}

// notLetIn says why a sign-in at a provider came to nothing.
func (f *face) notLetIn(w http.ResponseWriter, r *http.Request, p *Page, code string, s *ops.Signing) error {
	page := ProviderRefusalPage{Page: p, Text: p.Say("upstream.why." + code)}
	status := http.StatusForbidden
	if code == ops.TooManyAttempts {
		status, page.Text = http.StatusTooManyRequests, p.Say("attempts.wait", "Wait", p.wait(w, s.Wait))
	}
	return f.show(w, r, status, page.View())
}
