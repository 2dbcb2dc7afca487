package ops

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// An EntryFilter says which entries of the audit log.
type EntryFilter = store.EntryFilter

// ReadAudit lists a page of an organization's audit log, newest first.
type ReadAudit struct {
	Organization string
	EntryFilter
}

// Entries is a page of the audit log. More says that there are older ones, and
// Next where they start; it is zero at the end.
type Entries struct {
	Items []kontrollrum.Entry
	More  bool
	Next  store.Mark
	// Organization is where; its actors' organizations may be others.
	Organization kontrollrum.Organization
}

func (o ReadAudit) asks() Ask { return Ask{Action: policy.AuditView, In: o.Organization} }

func (o ReadAudit) run(ctx context.Context, t *turn) (out Entries, err error) {
	f := o.EntryFilter
	f.Limit = pageSize(f.Limit)
	if err := errors.Join(plain("search", f.Search, 256), checkAfter(f.After)); err != nil {
		return out, err
	}
	if f.Offset < 0 {
		return out, kontrollrum.Wrong("offset", "", "use 0 or more")
	}
	if f.To.IsZero() {
		f.To = t.now.Add(time.Second)
	}
	if f.From.IsZero() {
		f.From = f.To.Add(-365 * 24 * time.Hour)
	}
	if f.To.Sub(f.From) > 366*24*time.Hour {
		return out, kontrollrum.Wrong("from", f.From.Format(time.RFC3339), "ask for one year at most")
	}
	out.Organization = t.org
	if out.Items, out.More, err = t.tx.Entries(ctx, t.org.ID, f, t.sees); out.More {
		out.Next = store.MarkOf(&out.Items[len(out.Items)-1])
	}
	return out, err
}

// ViewEntry shows one entry of an organization's audit log, and whether the
// caller could take back what it tells of. NotFound where it is not there, or
// not among those that the caller may see.
type ViewEntry struct {
	Organization string
	Entry        kontrollrum.EntryID
}

func (o ViewEntry) asks() Ask { return Ask{Action: policy.AuditView, In: o.Organization} }

func (o ViewEntry) run(ctx context.Context, t *turn) (*Past, error) {
	if !kontrollrum.IsID(string(o.Entry)) {
		return nil, kontrollrum.Missing("entry")
	}
	found, _, err := t.tx.Entries(ctx, t.org.ID, EntryFilter{ID: o.Entry, To: t.now.Add(time.Second), Limit: 1}, t.sees)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, kontrollrum.Missing("entry")
	}
	if t.actor != nil && found[0].Target != "" { // so that it is judged against them
		s, err := t.tx.Standing(ctx, placeOf(string(t.org.ID)), string(t.actor.ID), string(found[0].Target), t.now)
		if err != nil {
			return nil, err
		}
		t.target, t.facts = s.Target, facts(&t.org, t.actor, s.Target)
	}
	p, err := t.past(ctx, &found[0], &present{})
	return &p, err
}

// legible is text as the audit log keeps it, whatever a client sent: a request
// must not escape the log by what it says of itself.
func legible(s string) string {
	const limit = 256
	out := make([]rune, 0, min(len(s), limit))
	for _, r := range s { // bytes that are no text read as U+FFFD
		if len(out) == limit {
			break
		}
		if unicode.IsControl(r) {
			r = '\ufffd'
		}
		out = append(out, r)
	}
	return string(out)
}

// ListCategories lists the groups that audited actions fall into.
func ListCategories() []string {
	return []string{"CUSTOMERS", "LICENSES", "ORGANIZATION", "PARTNERSHIPS", "ROLES", "SUBSCRIPTIONS", "TOKENS", "USERS", "CONTACT_CENTER"}
}

// Category is the group of an action.
func Category(action string) string {
	switch noun, _, _ := strings.Cut(action, "."); noun {
	case "users", "decisions":
		return "USERS"
	case "licenses":
		return "LICENSES"
	case "roles", "administrators", "external_administrators":
		return "ROLES"
	case "customers":
		return "CUSTOMERS"
	case "partnerships":
		return "PARTNERSHIPS"
	case "subscriptions", "account":
		return "SUBSCRIPTIONS"
	case "tokens":
		return "TOKENS"
	case "organization", "organizations", "audit", "service_status":
		return "ORGANIZATION"
	}
	return "CONTACT_CENTER"
}

// ActionsOf lists the actions of the given groups.
func ActionsOf(categories []string) (out []string) {
	for _, a := range policy.Actions() {
		for _, c := range categories {
			if Category(a.String()) == c {
				out = append(out, a.String())
			}
		}
	}
	return out
}
