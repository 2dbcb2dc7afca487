package ops

import (
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// roleBack takes back that a role was given, taken, or given other terms.
func (t *turn) roleBack(e *kontrollrum.Entry, now *present) (*reversal, error) {
	var before, after kontrollrum.Assignment
	if err := decode(e, &before, &after); err != nil {
		return nil, err
	}
	action, _ := policy.ParseAction(e.Action)
	role, external, _ := handed(action)
	give, take, _ := policy.Handing(role, external)
	var held *kontrollrum.Assignment
	for i := range now.held {
		if now.held[i].Role == role {
			held = &now.held[i]
		}
	}
	org, user := string(t.org.ID), string(e.Target)
	switch {
	case len(e.Before) == 0 && held == nil:
		return nil, undoneAlready()
	case len(e.Before) == 0:
		if !sameTerms(held, &after) {
			return nil, changedSince()
		}
		return by(take, RevokeRole{Organization: org, User: user, Role: role}), nil
	case len(e.After) > 0:
		return t.termsBack(e.Target, held, before, after, external)
	case held != nil:
		return nil, undoneAlready()
	case !external && now.user == nil:
		return nil, changedSince() // nobody is there to give it to
	case over(before.Ends, t.now):
		return nil, termOver()
	case before.Reach == kontrollrum.ReachCustomers && !before.AllCustomers && len(before.Customers) == 0:
		return nil, notUndoable("the role reached no customer in the end; assign it anew, with those that it is to reach")
	}
	again := AssignRole{Organization: org, User: user, Role: role, Reach: before.Reach, Ends: before.Ends, Reason: before.Reason}
	for _, c := range before.Customers {
		again.Customers = append(again.Customers, string(c))
	}
	return by(give, again), nil
}

func over(ends, now time.Time) bool { return !ends.IsZero() && !ends.After(now) }

// sameTerms reports whether a is the assignment b, unchanged.
func sameTerms(a, b *kontrollrum.Assignment) bool {
	return a.ID == b.ID && a.Ends.Equal(b.Ends) && a.Reason == b.Reason && slices.Equal(a.Customers, b.Customers)
}

// termsBack takes back that a role was given another end or reason. To lengthen
// it again is to give it.
func (t *turn) termsBack(who kontrollrum.UserID, held *kontrollrum.Assignment, before, after kontrollrum.Assignment, external bool) (*reversal, error) {
	switch {
	case !slices.Equal(before.Customers, after.Customers):
		return nil, notUndoable("which customers a role reaches is changed customer by customer")
	case held == nil || held.ID != after.ID:
		return nil, changedSince()
	case sameTerms(held, &before):
		return nil, undoneAlready()
	case !sameTerms(held, &after):
		return nil, changedSince()
	case over(before.Ends, t.now):
		return nil, termOver()
	}
	change := ChangeAssignment{Organization: string(t.org.ID), User: string(who), Role: before.Role}
	if !before.Ends.Equal(after.Ends) {
		change.Ends = &before.Ends
	}
	if before.Reason != after.Reason {
		change.Reason = &before.Reason
	}
	give, take, _ := policy.Handing(before.Role, external)
	back := by(take, change)
	back.keeps = change.Ends == nil || change.Ends.IsZero() || !held.Ends.IsZero() && !change.Ends.Before(held.Ends)
	if back.raises = change.raises(held); back.raises && who != t.giver() {
		back.action = give
	}
	return back, nil
}
