package store

import (
	"strconv"
	"strings"
)

// A query is put together from fixed pieces; values only ever become arguments.
type query struct {
	text strings.Builder
	args []any
}

func (q *query) add(piece string) { q.text.WriteString(piece) }

// arg takes a value and returns its placeholder.
func (q *query) arg(v any) string {
	q.args = append(q.args, v)
	return "$" + strconv.Itoa(len(q.args))
}

func list[T any](q *query, values []T) string {
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = q.arg(v)
	}
	return strings.Join(marks, ", ")
}
