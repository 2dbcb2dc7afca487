package ui

import (
	"net/http"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// An Application is one that somebody lets act for them.
type Application struct {
	ID, Name     string
	Since, Used  string
	Organization string   // acted in
	May          []string // in words, or scopes as they are
	Offline      bool     // goes on when the session ends
}

// applications are those that the visit's person lets act for them.
func (v *visit) applications(of []ops.ListedGrant) (out []Application) {
	for _, g := range of {
		a := Application{ID: string(g.ID), Name: g.Name, Since: v.when(g.Created), Used: v.when(g.Used), Organization: g.Organization.Name, Offline: g.Offline}
		for _, scope := range g.Scopes {
			if scope != "offline_access" { // is told of all that go on
				a.May = append(a.May, v.scope(scope))
			}
		}
		out = append(out, a)
	}
	return out
}

// scope puts into words what a scope opens. One that there are no words for
// stands as it is.
func (p *Page) scope(scope string) string {
	named := strings.ReplaceAll(strings.TrimPrefix(scope, "urn:kontrollrum:"), ":", "_")
	if said := p.say(nil, "scope."+named); said != "" {
		return said
	}
	return scope
}

// endApplication ends what one application may do.
func (f *face) endApplication(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	if _, err := do(r.Context(), f, c, ops.EndGrant{Grant: kontrollrum.GrantID(r.PostFormValue("application"))}); err != nil {
		return err
	}
	return to(w, "/profile?done=application")
}
