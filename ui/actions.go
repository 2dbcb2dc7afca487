package ui

import (
	"strings"

	"github.com/kontrollrum/kontrollrum/policy"
)

// actionKey is an action as words are keyed: a key has no points of its own
// behind its stem.
func actionKey(a policy.Action) string { return strings.ReplaceAll(a.String(), ".", "_") }

// doing says an action as something to do, as a row of the matrix does.
func (p *Page) doing(a policy.Action) string { return p.Say("action.do." + actionKey(a)) }

// doneOf says an action as something that was done, as the audit log does.
func (p *Page) doneOf(a policy.Action) string { return p.Say("action.done." + actionKey(a)) }
