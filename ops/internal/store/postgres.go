package store

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"

	"github.com/kontrollrum/kontrollrum"
)

// list calls scan once a row of a query whose best plan depends on its values.
func (t *Tx) list(ctx context.Context, q *query, scan func(*sql.Rows) error) error {
	args := q.args
	if t.s.engine == postgresEngine {
		args = append([]any{pgx.QueryExecModeExec}, args...) // planned for these values, not prepared for all
	}
	rows, err := t.query(ctx, q.text.String(), args...)
	return each(rows, err, scan)
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
