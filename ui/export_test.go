package ui

// Patterns are those of every route, for tests from outside that must miss none.
func Patterns() (out []string) {
	for _, r := range new(face).routes() {
		out = append(out, r.Pattern)
	}
	return out
}
