package ui

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// organizations lists where the visitor may act, home first: where the
// organization in the bar leads without script. from is where they come from.
func (f *face) organizations(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	d, err := do(r.Context(), f, c, ops.EnterHub{Organization: r.URL.Query().Get("from")})
	if errors.Is(err, kontrollrum.Denied) || errors.Is(err, kontrollrum.NotFound) {
		d, err = do(r.Context(), f, c, ops.EnterHub{})
	}
	if err != nil {
		return err
	}
	v := f.seat(r, d, "organizations")
	entrances, err := do(r.Context(), f, c, ops.ListEntrances{})
	if err != nil {
		return err
	}
	page := OrganizationsPage{Inside: v.Inside, Search: strings.TrimSpace(r.URL.Query().Get("q"))}
	if utf8.RuneCountInString(page.Search) > 120 {
		page.Search = string([]rune(page.Search)[:120])
	}
	for i := range entrances {
		e := &entrances[i]
		if e.Application != policy.ControlHubSignIn {
			continue
		}
		page.All++
		if !has(e.Organization.Name+" "+e.Organization.Plate, page.Search) {
			continue
		}
		row := OrganizationRow{Name: e.Organization.Name, Plate: e.Organization.Plate, Path: "/o/" + e.Organization.Plate, Home: e.Organization.ID == v.user.Organization,
			Here: e.Organization.ID == v.desk.Organization.ID, Mode: e.Mode, Role: roleName(e.Role), Suspended: e.Organization.State == kontrollrum.OrganizationSuspended}
		if e.Refusal != nil {
			said := v.reason(e.Application, e.Refusal, e.Organization.Name)
			row.Lock = &Lock{Action: e.Application, Why: said.why, Help: said.help}
		}
		if row.Home {
			page.Rows = append([]OrganizationRow{row}, page.Rows...)
		} else {
			page.Rows = append(page.Rows, row)
		}
	}
	return f.show(w, r, http.StatusOK, page.View())
}
