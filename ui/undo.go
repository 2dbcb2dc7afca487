package ui

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// undo takes back what an entry tells of, or one's own request, and goes back to
// where it was asked. That it cannot be is said there too.
func (f *face) undo(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	next := own(r.PostFormValue("next"))
	if next == "" {
		next = "/o/" + url.PathEscape(r.PathValue("organization"))
	}
	out, err := do(r.Context(), f, c, ops.Undo{Organization: r.PathValue("organization"),
		Entry: kontrollrum.EntryID(plain(r.PostFormValue("entry"))), Request: plain(r.PostFormValue("request"))})
	switch {
	case code(err) == "step_up_required": // and then it is there to be pressed again
		return to(w, "/confirm?next="+url.QueryEscape(receipt(next, "undo_step_up_required", "undo", plain(r.PostFormValue("request")))))
	case err == nil:
		return to(w, receipt(next, "undone", "n", itoa(out.Changes), "name", out.Name, "undo", c.TrackingID))
	case mendable(err), errors.Is(err, kontrollrum.NotFound) && code(err) != "organization_not_found":
		return to(w, receipt(next, "undo_"+code(err)))
	}
	return err
}

// receipt is a page of the hub's that says what was done a moment ago: names and
// values by turns, of which those without a value are left out.
func receipt(path, done string, more ...string) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
	}
	q := u.Query()
	for _, name := range receiptNames {
		q.Del(name)
	}
	q.Set("done", done)
	for i := 0; i+1 < len(more); i += 2 {
		if more[i+1] != "" {
			q.Set(more[i], more[i+1])
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// receiptNames are what an address says of what was done.
var receiptNames = []string{"done", "undo", "n", "name"}
