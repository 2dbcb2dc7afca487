package ops

import (
	"context"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// A Filter says which users, in which order, from where.
type Filter = store.UserFilter

// A Sort is an order of the users list.
type Sort = store.Sort

// The orders of the users list.
const (
	ByName       = store.ByName
	ByEmail      = store.ByEmail
	ByCreated    = store.ByCreated
	ByLastActive = store.ByLastActive
)

// ListUsers lists a page of an organization's users.
type ListUsers struct {
	Organization string
	Filter
}

func (o ListUsers) asks() Ask { return Ask{Action: policy.UsersList, In: o.Organization} }

func (o ListUsers) run(ctx context.Context, t *turn) (Page[kontrollrum.User], error) {
	f := o.Filter
	f.Limit = pageSize(f.Limit)
	if err := checkFilter(f); err != nil {
		return Page[kontrollrum.User]{}, err
	}
	users, next, err := t.tx.Users(ctx, t.org.ID, f, t.sees, t.now)
	return Page[kontrollrum.User]{users, next}, err
}

// CountUsers counts, for each of some filters, the users whom [ListUsers] would
// list, page after page.
type CountUsers struct {
	Organization string
	Filters      []Filter
}

// maxCounts is how many filters one [CountUsers] may have.
const maxCounts = 10

func (o CountUsers) asks() Ask { return Ask{Action: policy.UsersList, In: o.Organization} }

func (o CountUsers) run(ctx context.Context, t *turn) ([]int, error) {
	if len(o.Filters) > maxCounts {
		return nil, kontrollrum.Wrong("filters", "", "count by at most 10 filters at once")
	}
	out := make([]int, len(o.Filters))
	for i, f := range o.Filters {
		if err := checkFilter(f); err != nil {
			return nil, err
		}
		n, err := t.tx.CountUsers(ctx, t.org.ID, f, t.sees, t.now)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}
