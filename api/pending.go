package api

import "github.com/kontrollrum/kontrollrum/web"

func (f *face) auditRoutes() []web.Route  { return nil }
func (f *face) accessRoutes() []web.Route { return nil }
