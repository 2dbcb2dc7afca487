package ops

import "github.com/kontrollrum/kontrollrum/ops/internal/store"

// A Page is a part of a list and where the next one starts; Next is zero at the end.
type Page[T any] struct {
	Items []T
	Next  store.Mark
}

// MaxPage is the most rows a page of a list has; asking for more gives this many.
const MaxPage = 1000

// pageSize clamps what was asked for; nothing means 100.
func pageSize(n int) int {
	if n <= 0 {
		n = 100
	}
	return min(n, MaxPage)
}
