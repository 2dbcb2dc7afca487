package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// An errorBody is the error of family A. What stands beside description is
// ours: the code, the rule and the cell that refused.
type errorBody struct {
	Message    string        `json:"message"`
	Errors     []errorDetail `json:"errors"`
	TrackingID string        `json:"trackingId"`
}

type errorDetail struct {
	Description string `json:"description"`
	ErrorCode   int    `json:"errorCode,omitempty"`
	Code        string `json:"code,omitempty"`
	Field       string `json:"field,omitempty"`
	Action      string `json:"action,omitempty"`
	Rule        string `json:"rule,omitempty"`
	Cell        string `json:"cell,omitempty"`
}

// statuses of the kinds of error.
var statuses = map[kontrollrum.Kind]int{
	kontrollrum.Invalid: http.StatusBadRequest, kontrollrum.Unauthenticated: http.StatusUnauthorized, kontrollrum.Denied: http.StatusForbidden,
	kontrollrum.NotFound: http.StatusNotFound, kontrollrum.Conflict: http.StatusConflict, kontrollrum.Busy: http.StatusServiceUnavailable,
}

// statusesOf are those of single codes, where it differs from its kind's.
var statusesOf = map[string]int{unsupported: http.StatusUnsupportedMediaType, "version_mismatch": http.StatusPreconditionFailed, stepUp: http.StatusUnauthorized}

// stepUp is the code of what asks for a fresh proof (RFC 9470).
const stepUp = "step_up_required"

// errorCodes are the numbers that clients know.
var errorCodes = map[string]int{
	"location_not_found": 400, "license_not_found": 400000, "exclusive_license_held": 400112, "site_not_found": 400216,
}

// fail writes err in the family's body. What is no kind of ours is internal:
// only its id is told.
func fail(w http.ResponseWriter, _ *http.Request, trackingID string, err error) {
	body := errorBody{TrackingID: trackingID}
	status := http.StatusInternalServerError
	var method *web.MethodError
	switch known := kontrollrum.All(err); {
	case errors.As(err, &method):
		status = http.StatusMethodNotAllowed
		body.Message = method.Error()
		body.Errors = []errorDetail{{Description: method.Error(), Code: "method_not_allowed"}}
	case len(known) > 0:
		if status = statusesOf[known[0].Code]; status == 0 {
			status = statuses[known[0].Kind]
		}
		body.Message = known[0].Message
		body.Errors = details(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		status = http.StatusServiceUnavailable
		body.Message = "the request was given up"
	default:
		body.Message = "an internal error, logged under this trackingId"
	}
	if body.Errors == nil {
		body.Errors = []errorDetail{{Description: body.Message}}
	}
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="kontrollrum"`)
		if body.Errors[0].Code == stepUp {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer error="insufficient_user_authentication", error_description="sign in again", max_age=%d`, int(ops.StepUp.Seconds())))
		}
	case http.StatusForbidden:
		if body.Errors[0].Code == "insufficient_scope" { // RFC 6750 §3.1
			w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+ops.ScopeAPI+`"`)
		}
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	_ = answer(w, status, body) // the client is gone where this fails
}

// details shows each of the errors that err joins.
func details(err error) (out []errorDetail) {
	for _, e := range kontrollrum.All(err) {
		out = append(out, detail(e))
	}
	return out
}

func detail(e *kontrollrum.Error) errorDetail {
	d := errorDetail{Description: e.Message, ErrorCode: errorCodes[e.Code], Code: e.Code, Field: e.Field, Action: e.Action, Rule: e.Rule, Cell: e.Cell}
	if e.Field != "" {
		d.Description = e.Field + ": " + e.Message
		if e.Value != "" {
			d.Description = e.Field + " “" + e.Brief() + "”: " + e.Message
		}
	}
	return d
}
