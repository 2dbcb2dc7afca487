package api

import (
	"encoding/json"
	"net/http"
	"sync"

	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// documentRoutes serves the description of all routes, made when first asked for.
func (f *face) documentRoutes() []web.Route {
	document := sync.OnceValues(func() ([]byte, error) { return describe(f.PublicURL, f.routes()) })
	return []web.Route{
		{Pattern: "GET /openapi.json", Serve: func(_ ops.Caller, w http.ResponseWriter, _ *http.Request) error {
			text, err := document()
			if err != nil {
				return err
			}
			return answer(w, http.StatusOK, json.RawMessage(text))
		}, Doc: web.Doc{ID: "ViewDescription", Summary: "Describe the API in OpenAPI 3.1", Response: object{}}},
	}
}
