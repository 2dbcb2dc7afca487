package api

import "github.com/kontrollrum/kontrollrum/web"

func (f *face) accessRoutes() []web.Route { return nil }
