package kontrollrum

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// CheckRedirect refuses an address that people must not be sent to: what is no
// absolute URI, has a fragment or a name and password, or would carry codes in
// the clear. Plain http is for this machine alone; a scheme of its own, which
// holds a dot, for public clients (RFC 8252 §7.1).
func CheckRedirect(field, uri string, public bool) error {
	u, err := url.Parse(uri)
	plain := strings.IndexFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' || r == '"' || r == '<' || r == '>' }) < 0
	switch {
	case err != nil || !plain || len(uri) > 1024 || u.Fragment != "" || strings.Contains(uri, "#") || u.User != nil || strings.Contains(uri, "*"):
		return Wrong(field, uri, "give an absolute address without fragment, name, password and wildcards, of 1024 characters at most")
	case u.Scheme == "https" && u.Hostname() != "", u.Scheme == "http" && loopback(u):
		return nil
	case public && strings.Contains(u.Scheme, ".") && u.Opaque == "":
		return nil
	}
	return Wrong(field, uri, "use https; http only on this machine, such as http://127.0.0.1/callback; of a public client also a scheme of its own, such as com.example.app:/callback")
}

// loopback reports whether u is of the machine that it is opened on.
func loopback(u *url.URL) bool {
	return u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
}

// RedirectsTo reports whether the client may have people sent to uri: exactly
// as it is registered. Of a public client's http address on the machine itself
// the port may differ, since such a client listens where there is room (RFC 8252 §7.3).
func (c *Client) RedirectsTo(uri string) bool { return c.registered(c.Redirects, uri) }

// SignsOutTo is [Client.RedirectsTo] for who has signed out.
func (c *Client) SignsOutTo(uri string) bool { return c.registered(c.AfterLogout, uri) }

func (c *Client) registered(all []string, uri string) bool {
	if slices.Contains(all, uri) {
		return true
	}
	if !c.Public || CheckRedirect("", uri, true) != nil {
		return false
	}
	asked, err := url.Parse(uri)
	if err != nil || asked.Scheme != "http" || !loopback(asked) {
		return false
	}
	return slices.ContainsFunc(all, func(one string) bool {
		u, err := url.Parse(one)
		if err != nil || u.Scheme != "http" || u.Hostname() != asked.Hostname() {
			return false
		}
		u.Host = asked.Host
		return u.String() == uri
	})
}
