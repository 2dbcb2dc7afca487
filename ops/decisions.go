package ops

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Evaluate answers "may X do Y, to Z?" for other applications (OpenID AuthZEN
// Authorization API 1.0). Whoever asks about others is a full administrator of
// the organization or a registered application.
type Evaluate struct {
	Organization string // by id or plate
	Subject      string // by id or address
	Action       string
	User         string // the person it is done to, by id or address; or empty
	Object       policy.Object
}

// A Decision is the answer: whether, and why.
type Decision struct {
	OK         bool
	Reason     string // code; empty where OK
	Rule       string
	Cell       string
	Mode       string // where OK and the cell says more than yes
	Assignment kontrollrum.AssignmentID
}

func (o Evaluate) asks() Ask {
	return Ask{Action: policy.DecisionsEvaluate, In: o.Organization, To: o.Subject, Person: true, Anyone: true}
}

func (o Evaluate) run(ctx context.Context, t *turn) (d Decision, err error) {
	action, ok := policy.ParseAction(o.Action)
	if !ok {
		return d, kontrollrum.Wrong("action", o.Action, "use an action of the matrix, such as users.add")
	}
	if t.target == nil {
		return d, kontrollrum.Missing("user")
	}
	if err := nameable("user", o.User); err != nil {
		return d, err
	}
	actor, target := t.target, t.target
	if o.User != "" || !action.SignIn() {
		target = nil
	}
	if o.User != "" {
		s, err := t.tx.Standing(ctx, placeOf(string(t.org.ID)), "", strings.ToLower(o.User), t.now)
		if err != nil {
			return d, err
		}
		if s.Target != nil && concerns(action, s.Target.Home != t.org.ID) {
			target = s.Target
		}
	}
	f := facts(&t.org, actor, target)
	f.Object = o.Object
	if err := t.lastFullAdmin(ctx, action, target, &f); err != nil {
		return d, err
	}
	p := policy.May(action, &f)
	d = decided(actor, p)
	if p.OK && o.User != "" && target == nil {
		d = Decision{Reason: "user_not_found", Cell: d.Cell, Assignment: d.Assignment} // told only to who may otherwise
	}
	return d, nil
}

// concerns reports whether a can be done to a user of the organization or,
// where external, of another.
func concerns(a policy.Action, external bool) bool {
	for _, r := range policy.Roles() {
		if give, take, ok := policy.Handing(r, true); ok && (a == give || a == take) {
			return external
		}
	}
	return !external || a == policy.DecisionsEvaluate
}

// EvaluateMany answers questions in their order, in one transaction. That
// somebody or something asked about is not there, or not for the caller to
// see, is a no with the reason. Where the caller may not ask one of them, they
// get no answer at all.
type EvaluateMany struct {
	Questions []Evaluate
	Until     Until
}

// Until says after which answer the questions that follow are left out.
type Until string

// The ends. A question with that answer is the last.
const (
	UntilAll Until = "" // every question
	UntilNo  Until = "no"
	UntilYes Until = "yes"
)

// MaxQuestions is the most that one [EvaluateMany] may ask.
const MaxQuestions = 1000

func (EvaluateMany) asks() Ask { return Ask{Action: policy.DecisionsEvaluate} }

// look lets everyone ask: each question is judged by itself.
func (o EvaluateMany) look(_ context.Context, t *turn) (Ask, error) {
	ask := o.asks()
	if t.actor != nil {
		t.target, ask.To = t.actor, string(t.actor.ID)
	}
	return ask, nil
}

func (o EvaluateMany) run(ctx context.Context, t *turn) ([]Decision, error) {
	if len(o.Questions) > MaxQuestions {
		return nil, kontrollrum.Wrong("evaluations", strconv.Itoa(len(o.Questions)), "ask at most "+strconv.Itoa(MaxQuestions)+" at once")
	}
	out := make([]Decision, 0, len(o.Questions))
	for _, q := range o.Questions {
		d, err := under(ctx, t, q)
		var wrong *kontrollrum.Error
		if errors.As(err, &wrong) && missing[wrong.Code] != "" {
			d, err = Decision{Reason: missing[wrong.Code]}, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d)
		if d.OK && o.Until == UntilYes || !d.OK && o.Until == UntilNo {
			break
		}
	}
	return out, nil
}

// missing is why a decision is no, by the code of what an evaluation did not find.
var missing = map[string]string{
	"organization_not_found": "organization_not_found", "user_not_found": "subject_not_found", "invalid_action": "unknown_action",
}
