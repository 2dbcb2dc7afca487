package store

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"

	"github.com/kontrollrum/kontrollrum"
)

// list calls scan once a row of a query whose best plan depends on its values.
func (t *Tx) list(ctx context.Context, q *query, scan func(*sql.Rows) error) error {
	rows, err := t.query(ctx, q.text.String(), t.planned(q)...)
	return each(rows, err, scan)
}

// change is exec of such a query.
func (t *Tx) change(ctx context.Context, q *query) (int64, error) {
	return t.exec(ctx, q.text.String(), t.planned(q)...)
}

// planned are a query's arguments, and that it is planned for them, not
// prepared for all.
func (t *Tx) planned(q *query) []any {
	if t.s.engine != postgresEngine {
		return q.args
	}
	return append([]any{pgx.QueryExecModeExec}, q.args...)
}

// searching finds the users of an organization whose search text may hold a
// folded term, by an index; nil where there is none for it.
func (s *Store) searching(o kontrollrum.OrganizationID, term string) *source {
	runes := []rune(term)
	switch {
	case len(runes) < 3:
		return nil
	case s.lite != nil:
		return trigrams(o, runes)
	case !s.trigrams:
		return nil
	}
	return &source{rows: func(q *query) string {
		return `select id from users where organization = ` + q.arg(o) + ` and search like ` + q.arg(like(term)) + ` escape '\'`
	}}
}
