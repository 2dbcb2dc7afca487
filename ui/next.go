package ui

import (
	"net/url"
	"path"
	"strings"
)

// own is where a form or link says to go on to, if it is a path of the hub's
// own, else empty: nobody is led elsewhere by a link that begins here. What a
// browser would read as another host is none of ours, however it is spelt:
// //evil, /\evil, a scheme, or what becomes one of these when decoded or cleaned.
func own(next string) string {
	if len(next) > 2048 || !strings.HasPrefix(next, "/") {
		return ""
	}
	for _, r := range next {
		if r < 0x21 || r > 0x7e || r == '\\' {
			return ""
		}
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Fragment != "" {
		return ""
	}
	clean := path.Clean(u.Path)
	if strings.HasPrefix(u.Path, "//") || strings.ContainsAny(u.Path, "\\\r\n\t") || clean != u.Path && clean+"/" != u.Path {
		return ""
	}
	return next
}

// with is a path with the values that a sign-in carries along.
func (p *Page) with(path string, more ...string) string {
	q := url.Values{}
	if p.Next != "" {
		q.Set("next", p.Next)
	}
	if p.Request != "" {
		q.Set("request", p.Request)
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
