package api

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/kontrollrum/kontrollrum/ops"
)

// served loads the description as clients get it.
func served(w *world) *openapi3.T {
	w.Helper()
	out := w.get("", "GET", "/openapi.json", "", 200, nil)
	doc, err := openapi3.NewLoader().LoadFromData(out.Body.Bytes())
	w.must(err)
	return doc
}

func TestDescriptionIsValid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	doc := served(w)
	w.must(doc.Validate(t.Context()))
	if doc.OpenAPI != "3.1.0" || len(doc.Servers) != 1 || doc.Servers[0].URL != publicURL {
		t.Errorf("version %s, servers %+v", doc.OpenAPI, doc.Servers)
	}
	for name, schema := range doc.Components.Schemas {
		if schema.Value.Properties == nil {
			t.Errorf("schema %s holds nothing", name)
		}
	}
}

// TestDescriptionIsWhatIsServed: every route is described and everything
// described is served, each under a name of its own.
func TestDescriptionIsWhatIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	doc := served(w)
	described, ids := map[string]bool{}, map[string]string{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			pattern := method + " " + path
			described[pattern] = true
			if op.OperationID == "" || ids[op.OperationID] != "" {
				t.Errorf("%s: operationId %q is that of %q", pattern, op.OperationID, ids[op.OperationID])
			}
			ids[op.OperationID] = pattern
			if op.Summary == "" || op.Responses.Status(404) == nil {
				t.Errorf("%s: no summary, or no word of errors", pattern)
			}
		}
	}
	for _, r := range w.face.routes() {
		if !described[r.Pattern] {
			t.Errorf("%s is served, not described", r.Pattern)
		}
		delete(described, r.Pattern)
		_, path, _ := strings.Cut(r.Pattern, " ")
		if got := strings.Count(path, "{"); got != len(doc.Paths.Value(path).GetOperation(strings.Fields(r.Pattern)[0]).Parameters)-len(r.Doc.Query) {
			t.Errorf("%s: a parameter of the path is not described", r.Pattern)
		}
	}
	for pattern := range described {
		t.Errorf("%s is described, not served", pattern)
	}
}

// open are the routes that no op stands behind: what they tell is no secret.
var open = []string{"GET /v1/adminAudit/eventCategories", "GET /.well-known/authzen-configuration", "GET /openapi.json"}

// notOverHTTP are the ops without a route.
var notOverHTTP = map[string]string{
	"CreateOrganization": "the operator's", "FoundOrganization": "the operator's", "ListAllOrganizations": "the operator's",
	"BuySubscription": "the operator's", "ChangeSubscription": "the operator's", "EndSubscription": "the operator's",
	"AddUser": "a part of AddPerson", "EditUser": "a part of ReplacePerson", "ChangeEmail": "a part of ReplacePerson",
	"AssignLicense": "a part of EditLicenses", "RemoveLicense": "a part of EditLicenses", "AddPeople": "AddPerson, one by one",
	"Evaluate": "a part of EvaluateMany", "ViewStanding": "the pages'", "ViewEntry": "the pages'", "SaveUserProfile": "user profiles are not served yet", "GiveUserProfile": "user profiles are not served yet",
	"OpenLink": "a page", "AcceptLink": "a page", "AskPasswordReset": "a page",
	"ForeseeTask": "the pages'", "StartTask": "the pages'", "ListTasks": "the pages'", "CancelTask": "the pages'", "RetryTask": "the pages'", "UndoTask": "the pages'",
	"MakeLink": "the operator's", "AwaitMail": "the postman's", "CollectMail": "the postman's", "SweepMail": "the postman's",
	"AwaitTask": "the postman's", "WorkTask": "the postman's",
	"RouteEmail": "the pages'", "BeginUpstream": "the pages'", "ResumeUpstream": "the pages'", "FinishUpstream": "the pages'",
	"AddDomain": "the operator's", "RemoveDomain": "the operator's", "ListIdentityProviders": "the operator's",
	"AddClient": "the operator's", "EditClient": "the operator's", "RemoveClient": "the operator's", "ListClients": "the operator's", "RotateSigningKeys": "the operator's",
	"FindClient": "oidc's", "ProveClient": "oidc's", "BeginAuthorization": "oidc's", "IssueCode": "oidc's", "RedeemCode": "oidc's", "RefreshTokens": "oidc's",
	"ViewIdentity": "oidc's", "Introspect": "oidc's", "RevokeGranted": "oidc's", "EndSessionKnownAs": "oidc's", "TakeLogouts": "oidc's", "FinishLogout": "oidc's",
	"BeginDevice": "oidc's", "RedeemDevice": "oidc's", "ViewAuthorization": "the pages'", "Authorize": "the pages'",
	"ViewDeviceCode": "the pages'", "ApproveDevice": "the pages'", "DenyDevice": "the pages'",
	"CreateToken": "the operator's", "ListTokens": "the operator's", "RevokeToken": "the operator's",
	"JudgeExternals": "the pages'",
	"ListOwnTokens":  "the pages'", "CreateOwnToken": "the pages'", "RevokeOwnToken": "the pages'",
	"EnterHub": "the pages'", "CountUsers": "the pages'", "Judge": "the pages'", "Undo": "the pages'", "ViewHistory": "the pages'", "ChangePerson": "a part of ReplacePerson", "ForeseeChange": "the pages'", "ViewInvitation": "the pages'",
	"ListSessions": "the pages'", "EndSession": "the pages'", "EndOtherSessions": "the pages'", "ListGrants": "the pages'", "EndGrant": "the pages'", "SignOut": "the pages'",
	"ListCustomers": "the pages'", "ListPartners": "the pages'", "FoundCustomer": "the pages'",
	"EnterApplication": "the pages'", "Overview": "the pages'", "ListEntrances": "the pages'", "ImportPasswords": "the operator's",
	"ViewCredentials": "the pages'", "ResetCredentials": "the pages'", "RenameFactor": "the pages'", "RemoveFactor": "the pages'", "NewRecoveryCodes": "the pages'",
	"BeginTOTP": "the pages'", "FinishTOTP": "the pages'", "BeginAddPasskey": "the pages'", "FinishAddPasskey": "the pages'",
	"ProveCode": "the pages'", "BeginPasskey": "the pages'", "FinishPasskey": "the pages'", "CompleteEnrolment": "the pages'",
}

// TestEveryOpHasARoute: and every route an op, or a place among the open ones.
func TestEveryOpHasARoute(t *testing.T) {
	t.Parallel()
	routed := map[string]bool{}
	for _, r := range (&face{}).routes() {
		if r.Runs == nil && !slices.Contains(open, r.Pattern) {
			t.Errorf("%s runs no op", r.Pattern)
		}
		for _, op := range opsOf(r.Runs) {
			routed[op] = true
		}
	}
	for _, op := range ops.All() {
		name := opsOf(op)[0]
		if _, listed := notOverHTTP[name]; listed == routed[name] {
			t.Errorf("%s: has a route: %t; is listed as having none: %t", name, routed[name], listed)
		}
	}
}

func TestDescriptionOfTypes(t *testing.T) {
	t.Parallel()
	type inner struct {
		A string `json:"a"`
	}
	type outer struct {
		inner
		*entity
		B   *int           `json:"b"`
		C   []inner        `json:"c,omitempty"`
		D   map[string]any `json:"d,omitempty"`
		E   until          `json:"e,omitzero"`
		F   string         `json:"f" enum:"x,y"`
		Not string         `json:"-"`
		not string
	}
	_ = outer{}.not
	components := schemas{}
	text, err := json.Marshal(components.of(reflect.TypeFor[outer]()))
	if err != nil || string(text) != `{"$ref":"#/components/schemas/Outer"}` {
		t.Errorf("got %s, %v", text, err)
	}
	text, err = json.Marshal(components["Outer"])
	want := `{"properties":{"a":{"type":"string"},"b":{"anyOf":[{"type":"integer"},{"type":"null"}]},` +
		`"c":{"items":{"$ref":"#/components/schemas/Inner"},"type":"array"},"d":{"additionalProperties":{},"type":"object"},` +
		`"e":{"description":"an instant, or null for none","type":["string","null"]},"f":{"enum":["x","y"],"type":"string"},` +
		`"id":{"type":"string"},"properties":{"additionalProperties":{},"type":"object"},"type":{"type":"string"}},"required":["a","b","f"],"type":"object"}`
	if err != nil || string(text) != want {
		t.Errorf("got %s, %v\nwant %s", text, err, want)
	}
}

// opsOf names the ops that a route runs.
func opsOf(runs any) (names []string) {
	several, ok := runs.([]any)
	if !ok && runs != nil {
		several = []any{runs}
	}
	for _, op := range several {
		names = append(names, reflect.TypeOf(op).Name())
	}
	return names
}
