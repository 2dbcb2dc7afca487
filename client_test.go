package kontrollrum_test

import (
	"testing"

	"github.com/kontrollrum/kontrollrum"
)

func TestCheckRedirect(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]struct{ secret, public bool }{
		"https://a.example/cb":        {true, true},
		"https://a.example":           {true, true},
		"https://a.example:8443/x?y":  {true, true},
		"http://127.0.0.1/cb":         {true, true},
		"http://[::1]:1234/cb":        {true, true},
		"http://localhost/cb":         {true, true},
		"com.example.app:/cb":         {false, true},
		"com.example.app://x/cb":      {false, true},
		"com.example.app:cb":          {},
		"app:/cb":                     {},
		"http://a.example/cb":         {},
		"https://a.example/cb#x":      {},
		"https://a.example/cb#":       {},
		"https://u@a.example/cb":      {},
		"https://*.a.example/cb":      {},
		"https://a.example/c b":       {},
		"https://a.example/\ncb":      {},
		"https://a.example\\@b/cb":    {},
		"https:///cb":                 {},
		"//a.example/cb":              {},
		"/cb":                         {},
		"":                            {},
		"javascript:alert(1)":         {},
		"data:text/html,x":            {},
		"https://å.example/cb":        {},
		"http://127.0.0.1.example/cb": {},
	} {
		if got := kontrollrum.CheckRedirect("x", uri, false) == nil; got != want.secret {
			t.Errorf("%q with a secret: %v", uri, got)
		}
		if got := kontrollrum.CheckRedirect("x", uri, true) == nil; got != want.public {
			t.Errorf("%q of a public client: %v", uri, got)
		}
	}
}

func TestNewUserCode(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		code := kontrollrum.NewUserCode().Reveal()
		if len(code) != 8 || seen[code] {
			t.Fatalf("code %q", code)
		}
		seen[code] = true
	}
}
