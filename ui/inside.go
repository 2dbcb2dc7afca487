package ui

import (
	"net/url"
	"unicode"
	"unicode/utf8"

	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// An Inside is what every page has for somebody who is signed in and stands
// somewhere.
type Inside struct {
	*Page
	Name, Email         string
	Organization, Plate string // acted in
	Home                string // name of their own
	External            bool   // it is not their own
	Mode                string // full, read or limited
	Role                string // that lets them in; empty: none
	Ways                []Way  // the three applications, there
	Done                string // what was done a moment ago; a word of its own
	Undo                string // entry or request by which it is taken back; empty: it is not

	// In the hub.
	At        string   // item of the menu that the page belongs to
	In        string   // path of the organization's pages; empty: not in the hub
	Leave     string   // path of one's own organization's, where acting in another
	Task      *Running // that runs here; nil: none, or not for the visitor to see
	permits   map[policy.Action]ops.Decision
	customers int
	about     url.Values // what the address says beside the path
}

// A Way is an application for an organization: open as something, or closed.
type Way struct {
	Name         string // hub, portal or desktop
	Icon, Path   string
	Organization string // name
	Mode         string // full, read or limited; empty: closed
	Why, Help    string // where it is closed
	Here         bool   // this page
}

// A Place is an organization and its three applications.
type Place struct {
	Name, Plate string
	External    bool
	Ways        []Way
}

// RoleWord says the role that lets them in.
func (p *Inside) RoleWord() string {
	if p.Role == "" {
		return p.Say("role.none")
	}
	return p.Say("role." + p.Role)
}

// standing says in a few words as what they are here.
func (p *Inside) standing() string {
	if p.External {
		return p.Say("standing.external", "Home", p.Home)
	}
	return p.RoleWord()
}

// limit says what a limited mode is limited to.
func (p *Inside) limit() string {
	if p.Role == "supervisor" {
		return "supervisor"
	}
	return "own"
}

// initials are for where a name has no room.
func (p *Inside) initials() string {
	out, first := "", true
	for _, r := range p.Name {
		if unicode.IsSpace(r) {
			first = true
		} else if first && utf8.RuneCountInString(out) < 2 {
			out += string(unicode.ToUpper(r))
			first = false
		}
	}
	return out
}
