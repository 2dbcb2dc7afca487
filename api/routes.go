package api

import (
	"slices"

	"github.com/kontrollrum/kontrollrum/web"
)

// routes is the whole API, in groups of a noun each.
func (f *face) routes() []web.Route {
	return slices.Concat(
		f.peopleRoutes(),
		f.licenseRoutes(),
		f.roleRoutes(),
		f.organizationRoutes(),
		f.identityRoutes(),
		f.externalAdminRoutes(),
		f.partnerRoutes(),
		f.auditRoutes(),
		f.accessRoutes(),
		f.documentRoutes(),
	)
}
