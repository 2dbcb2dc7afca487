package ops

import (
	"context"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A Standing is a column of the matrix that speaks of somebody in an
// organization, and by what.
type Standing struct {
	Column     policy.Column
	Assignment kontrollrum.AssignmentID // empty: it follows from a licence, or from being oneself
	Held       string                   // name of the organization that it is held in
	Ends       time.Time                // zero: none
}

// ViewStanding lists the columns of the matrix that speak of a user in an
// organization, own among them: of what [Evaluate] judges. Who may ask that may
// ask this.
type ViewStanding struct {
	Organization string
	User         string // by id or address
}

func (o ViewStanding) asks() Ask {
	return Ask{Action: policy.DecisionsEvaluate, In: o.Organization, To: o.User, Person: true, Anyone: true}
}

func (o ViewStanding) run(ctx context.Context, t *turn) (out []Standing, err error) {
	if t.target == nil {
		return nil, kontrollrum.Missing("user")
	}
	relation := t.target.Relation(t.org.ID)
	held, err := t.tx.AssignmentsAnywhere(ctx, t.target.ID, t.now)
	if err != nil {
		return nil, err
	}
	for _, h := range t.target.Held {
		s := Standing{Column: policy.ColumnOf(h.Role, relation), Assignment: h.Assignment, Held: t.org.Name}
		for _, a := range held {
			if a.ID != h.Assignment {
				continue
			}
			s.Ends = a.Ends
			if a.Organization != t.org.ID {
				where, err := t.tx.Organization(ctx, placeOf(string(a.Organization)))
				if err != nil {
					return nil, err
				}
				s.Held = where.Name
			}
		}
		out = append(out, s)
	}
	if t.target.Supervisor && t.target.License == policy.Premium {
		out = append(out, Standing{Column: policy.ColumnOf(policy.Supervisor, relation)})
	}
	return append(out, Standing{Column: policy.Own}), nil
}
