package ui

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/web"
)

// statuses of the kinds of error.
var statuses = map[kontrollrum.Kind]int{
	kontrollrum.Invalid: http.StatusBadRequest, kontrollrum.Unauthenticated: http.StatusUnauthorized, kontrollrum.Denied: http.StatusForbidden,
	kontrollrum.NotFound: http.StatusNotFound, kontrollrum.Conflict: http.StatusConflict, kontrollrum.Busy: http.StatusServiceUnavailable,
}

// fail shows what went wrong in the person's words. Whoever is not signed in
// is asked to, and whoever must prove anew who they are, to do that.
func (f *face) fail(w http.ResponseWriter, r *http.Request, trackingID string, err error) {
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	back := "/profile"
	if reading {
		back = own(r.URL.RequestURI())
	}
	switch {
	case errors.Is(err, kontrollrum.Unauthenticated) && reading:
		at := "/sign-in"
		q := url.Values{}
		if back != "" && back != "/" {
			q.Set("next", back)
		}
		if !web.Kept(r, web.SessionCookie).Empty() {
			q.Set("told", "ended")
			web.Forget(w, web.SessionCookie)
		}
		if len(q) > 0 {
			at += "?" + q.Encode()
		}
		_ = to(w, at)
		return
	case code(err) == "step_up_required":
		_ = to(w, "/confirm?next="+url.QueryEscape(back))
		return
	}
	f.tell(w, r, trackingID, err)
}

// tell shows the page of an error, and leads nowhere.
func (f *face) tell(w http.ResponseWriter, r *http.Request, trackingID string, err error) {
	page := f.failure(r, err)
	page.ID = trackingID
	page.here = "/"
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		page.here = r.URL.RequestURI()
	}
	status, _ := strconv.Atoi(page.Status)
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	_ = f.show(w, r, status, page.View()) // the client is gone where this fails
}

// failure is the page of an error.
func (f *face) failure(r *http.Request, err error) ErrorPage {
	p := f.plainPage(r)
	status := http.StatusInternalServerError
	var method *web.MethodError
	known := kontrollrum.All(err)
	switch {
	case errors.As(err, &method):
		status = http.StatusMethodNotAllowed
	case len(known) > 0:
		status = statuses[known[0].Kind]
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		status = http.StatusServiceUnavailable
	}
	page := ErrorPage{Page: p, SignIn: status == http.StatusUnauthorized}
	key := strconv.Itoa(status)
	if len(known) > 0 {
		switch known[0].Code {
		case "cross_origin":
			key = "origin"
		case "body_too_large":
			status, key = http.StatusRequestEntityTooLarge, "413"
		case ops.TooManyBegun:
			status, key = http.StatusTooManyRequests, "429"
		}
	}
	page.Status, page.Title, page.Text = strconv.Itoa(status), p.Say("error."+key), p.say(nil, "error.text."+key)
	if status == http.StatusForbidden && key != "origin" {
		action, _ := policy.ParseAction(known[0].Action)
		reason := p.reason(action, known[0], p.Say("error.organization"))
		page.Text = reason.why + " " + reason.help
	} else if len(known) > 0 {
		if said := p.say(nil, "fault."+known[0].Code); said != "" {
			page.Text = said
		}
		if said := p.say(nil, "error.of."+known[0].Code); said != "" {
			page.Title = said
		}
	}
	return page
}

// plainPage is the page of a request whose form may not be read.
func (f *face) plainPage(r *http.Request) *Page {
	bare := &http.Request{Method: http.MethodGet, URL: r.URL, Header: r.Header}
	return f.page(bare, "")
}
