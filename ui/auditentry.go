package ui

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// auditEntry shows one entry of the log: what was before and after, or why it
// was refused, and all that is known of who did it.
func (f *face) auditEntry(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "audit")
	if v == nil {
		return err
	}
	past, err := do(r.Context(), f, c, ops.ViewEntry{Organization: v.org(), Entry: kontrollrum.EntryID(r.PathValue("entry"))})
	if err != nil {
		return f.locked(w, r, v, err)
	}
	e := &past.Entry
	page := EntryPage{Inside: v.Inside, EntryRow: v.entryRow(e), ID: string(e.ID), Exactly: v.exactly(e.At), Action: e.Action, Cell: e.Cell, IP: e.IP, Request: e.TrackingID,
		Agent: e.UserAgent, ActorID: string(e.Actor), ActorEmail: string(e.ActorEmail), ActorHome: e.ActorHome, TargetID: string(e.Target), TargetEmail: string(e.TargetEmail),
		Reason: v.because(e.Reason), Changes: v.changes(e.Before, e.After), Made: len(e.Before) == 0, Gone: len(e.After) == 0}
	if columnNamed(e.Cell) == policy.Nobody { // the operator's, who stands in no column that is shown
		page.Cell = ""
	}
	if role, ok := policy.ParseRole(e.ActorRole); ok {
		page.ActorRole = v.Say("role." + role.String())
	}
	if role, ok := policy.ParseRole(e.Role); ok {
		page.Role = v.Say("role." + role.String())
	}
	if e.UserAgent != "" {
		page.Device = v.device(e.UserAgent)
	}
	if page.Refused {
		page.Why = v.refusedWhy(e)
	}
	if page.TargetPage, err = f.personPage(c, r, v, page.TargetID); err != nil {
		return err
	}
	if page.ActorPage, err = f.personPage(c, r, v, page.ActorID); err != nil {
		return err
	}
	switch {
	case past.Undo.OK:
		page.Undo = true
	case past.Undo.Cell != "" && !page.Refused: // who may see it, and may not change it back
		page.Undo, page.UndoLock = true, v.lockOf(past.Action, past.Undo)
	case !page.Refused && past.Undo.Reason != "not_undoable":
		page.Late = v.say(nil, "done.undo_"+past.Undo.Reason)
	}
	page.UndoAction = past.Action
	return f.show(w, r, http.StatusOK, page.View())
}

// personPage is the path of somebody's page; empty where they are no user of the
// organization, or not for the visitor to see.
func (f *face) personPage(c ops.Caller, r *http.Request, v *visit, user string) (string, error) {
	name, err := f.called(c, r, v, user)
	if name == "" {
		return "", err
	}
	return v.In + "/users/" + url.PathEscape(user), nil
}

// because is why somebody did what an entry tells of, in their own words; or
// what the gate noted, in ours.
func (p *Page) because(reason string) string {
	if after, ok := strings.CutPrefix(reason, "the next attempt is judged after "); ok {
		return p.Say("audit.next_attempt", "Time", after)
	}
	return reason
}

// mark says what became of an entry's thing, by its lamp.
func (e EntryRow) mark() string {
	if e.Refused {
		return "bad"
	}
	return "ok"
}

// became is what became of it, in a word.
func (p *Page) became(refused bool) string {
	if refused {
		return p.Say("audit.outcome.refused")
	}
	return p.Say("audit.outcome.done")
}
