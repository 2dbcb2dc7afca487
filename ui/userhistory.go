package ui

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// An Event is an entry of somebody's history, in words.
type Event struct {
	ID, Word, Who, When, At string
	External                bool
	Undo                    bool          // it can be taken back
	May                     policy.Action // that asks for
	Lock                    *Lock         // it could, not by the visitor
}

// historyRows is how much of a history the page shows.
const historyRows = 8

func (p *UserPage) history(f *face, c ops.Caller, r *http.Request, v *visit, u *kontrollrum.User) error {
	if p.HistoryLock = p.lock(policy.AuditView); p.HistoryLock != nil {
		return nil
	}
	h, err := do(r.Context(), f, c, ops.ViewHistory{Organization: v.org(), User: string(u.ID), Limit: historyRows})
	if err != nil {
		return err
	}
	p.HistoryMore = h.More
	for i := range h.Items {
		past := &h.Items[i]
		e := Event{ID: string(past.ID), Word: p.event(&past.Entry), When: p.when(past.At), At: past.At.UTC().Format("2006-01-02T15:04:05Z"), Who: past.ActorName,
			External: past.ActorOrganization != "" && past.ActorOrganization != v.desk.Organization.ID, Undo: past.Undo.OK, May: past.Action}
		switch {
		case past.ActorName == "" && past.ActorHome != "":
			e.Who = p.Say("user.event.hidden", "Organization", past.ActorHome)
		case past.Actor == "" && past.ActorName == "operator":
			e.Who = p.Say("user.event.operator")
		}
		if past.Action != 0 && !past.Undo.OK {
			e.Lock = p.lockOf(past.Action, past.Undo)
		}
		p.History = append(p.History, e)
	}
	return nil
}

// event says what an entry did, more closely where it says so itself.
func (p *Page) event(e *kontrollrum.Entry) string {
	action, _ := policy.ParseAction(e.Action)
	switch action {
	case policy.LicensesContactCenterEdit, policy.LicensesOtherEdit:
		var before, after kontrollrum.User
		if json.Unmarshal(e.Before, &before) == nil && json.Unmarshal(e.After, &after) == nil {
			return p.Say("user.event.license", "From", p.holdings(&before, &after), "To", p.holdings(&after, &before))
		}
	case policy.UsersAdd:
		return p.Say("user.event.added")
	}
	if len(e.Before) > 0 && len(e.After) > 0 && e.Role != "" {
		return p.Say("user.event.terms")
	}
	return p.doneOf(action)
}

// holdings are those of u that other holds not alike.
func (p *Page) holdings(u, other *kontrollrum.User) string {
	var said []string
	for _, h := range u.Holdings {
		alike := false
		for _, o := range other.Holdings {
			alike = alike || o == h
		}
		if alike {
			continue
		}
		word := p.Say("product." + string(h.Product))
		if h.Supervisor {
			word = p.Say("product.supervisor", "Name", word)
		}
		said = append(said, word)
	}
	if len(said) == 0 {
		return p.Say("user.delta.none")
	}
	return strings.Join(said, ", ")
}
