package kontrollrum

import (
	"bytes"
	"encoding/json"
	"time"
)

// An Entry is one row of the audit log: a change that was made or a request
// that was refused.
type Entry struct {
	ID           EntryID
	Organization OrganizationID // acted in
	At           time.Time
	Action       string // of the policy
	Outcome      Outcome

	Actor             UserID // empty: no user, or one whom the viewer may not know to have done it
	ActorName         string // empty: as Actor; the operator's command line has one
	ActorEmail        Email
	ActorOrganization OrganizationID
	ActorHome         string // what that organization is called now; empty where it is not known
	ActorRole         string // role that gave the permission, where the viewer may see it

	Target      UserID // person it was done to, where there is one
	TargetName  string
	TargetEmail Email
	Role        string // administrator role concerned, where one is

	Code   string // why refused
	Rule   string
	Cell   string
	Reason string // the actor's own words
	Before []byte // JSON, the thing before the change; empty where it was not
	After  []byte // JSON, the thing after the change; empty where it is gone

	TrackingID string
	IP         string
	UserAgent  string
}

// HideActor leaves of who did it only where they are at home.
func (e *Entry) HideActor() {
	e.Actor, e.ActorName, e.ActorEmail, e.ActorRole, e.Cell, e.IP, e.UserAgent, e.TrackingID = "", "", "", "", "", "", "", ""
	e.HideGiver()
}

// HideGiver leaves out who gave the role that the entry tells of, which may be
// somebody else than who did what it tells.
func (e *Entry) HideGiver() {
	e.Before, e.After = withoutGiver(e.Before), withoutGiver(e.After)
}

// withoutGiver is a side of an entry less who gave what it tells of.
func withoutGiver(side []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(side))
	d.UseNumber()
	var told any
	if d.Decode(&told) != nil || !strip(told) {
		return side
	}
	out, err := json.Marshal(told)
	if err != nil {
		return nil
	}
	return out
}

// strip takes every GivenBy from v, and reports whether there was one.
func strip(v any) (found bool) {
	fields, _ := v.(map[string]any)
	for name, value := range fields {
		if name == "GivenBy" {
			delete(fields, name)
			found = true
		} else if strip(value) {
			found = true
		}
	}
	return found
}

// An Outcome says what became of a request.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused"
)

// A Token is a bearer token as it is listed; its text is shown once and kept
// only as a hash.
type Token struct {
	ID           TokenID
	Organization OrganizationID
	User         UserID // empty: of a registered application
	Email        Email
	Application  string
	Name         string // what it is for, in the words of its user, who made it; empty: the operator did
	Created      time.Time
	Expires      time.Time // zero: never
	Revoked      time.Time // zero: not
}

// Live reports whether a token is neither revoked nor over.
func (k Token) Live(now time.Time) bool {
	return k.Revoked.IsZero() && (k.Expires.IsZero() || k.Expires.After(now))
}
