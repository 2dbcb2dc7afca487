package api

import (
	"errors"
	"net/http"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/web"
)

// OpenID AuthZEN Authorization API 1.0: "may X do Y, to Z?" for other applications.
const (
	evaluationPath  = "/access/v1/evaluation"
	evaluationsPath = "/access/v1/evaluations"
)

func (f *face) accessRoutes() []web.Route {
	return []web.Route{
		{Pattern: "POST " + evaluationPath, Runs: ops.EvaluateMany{}, Serve: f.evaluate, Doc: web.Doc{
			ID: "Evaluate", Summary: "Say whether a user may do an action in an organization", Request: evaluation{}, Response: decision{}}},
		{Pattern: "POST " + evaluationsPath, Runs: ops.EvaluateMany{}, Serve: f.evaluateMany, Doc: web.Doc{
			Summary: "Say it of many; without evaluations, of one", Request: evaluations{}, Response: []any{decisions{}, decision{}}}},
		{Pattern: "GET /.well-known/authzen-configuration", Serve: f.accessConfiguration, Doc: web.Doc{
			ID: "ViewAccessConfiguration", Summary: "Say where decisions are asked for", Response: accessConfiguration{}}},
	}
}

// An accessConfiguration tells clients of AuthZEN where to ask.
type accessConfiguration struct {
	PolicyDecisionPoint       string `json:"policy_decision_point"`
	AccessEvaluationEndpoint  string `json:"access_evaluation_endpoint"`
	AccessEvaluationsEndpoint string `json:"access_evaluations_endpoint"`
}

func (f *face) accessConfiguration(_ ops.Caller, w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, accessConfiguration{f.PublicURL, f.PublicURL + evaluationPath, f.PublicURL + evaluationsPath})
}

// An evaluation is one question. Its context has no bearing on the answer.
type evaluation struct {
	Subject  *entity        `json:"subject,omitempty"`  // of type user: an address or an id
	Action   *accessAction  `json:"action,omitempty"`   // of the matrix, such as users.add
	Resource *entity        `json:"resource,omitempty"` // of type organization: a plate or an id
	Context  map[string]any `json:"context,omitempty"`
}

type entity struct {
	Type       string         `json:"type,omitempty"`
	ID         string         `json:"id,omitempty"`
	Properties map[string]any `json:"properties,omitempty"`
}

type accessAction struct {
	Name       string         `json:"name,omitempty"`
	Properties map[string]any `json:"properties,omitempty"`
}

// evaluations are many questions; what stands at the top is for all that do
// not say otherwise.
type evaluations struct {
	evaluation
	Evaluations []evaluation        `json:"evaluations,omitempty"`
	Options     *evaluationsOptions `json:"options,omitempty"`
}

type evaluationsOptions struct {
	Semantic string `json:"evaluations_semantic,omitempty" enum:"execute_all,deny_on_first_deny,permit_on_first_permit"`
}

// A decision is the answer to one question.
type decision struct {
	Decision bool            `json:"decision"`
	Context  decisionContext `json:"context,omitzero"`
}

// A decisionContext says why: what refused, or which cell and assignment gave it.
type decisionContext struct {
	Reason     string `json:"reason,omitempty"`
	Rule       string `json:"rule,omitempty"`
	Cell       string `json:"cell,omitempty"`
	Assignment string `json:"assignment,omitempty"`
	Mode       string `json:"mode,omitempty"` // where yes is not all there is to say, such as read
}

// decisions are the answers in the order of the questions.
type decisions struct {
	Evaluations []decision `json:"evaluations"`
}

func showDecision(d *ops.Decision) decision {
	return decision{d.OK, decisionContext{Reason: d.Reason, Rule: d.Rule, Cell: d.Cell, Assignment: string(d.Assignment), Mode: d.Mode}}
}

// read decodes a request of AuthZEN, which wants its identifier back and no
// other status than 400 for what is not JSON.
func read(w http.ResponseWriter, r *http.Request, v any) error {
	if id := r.Header.Get("X-Request-Id"); id != "" {
		w.Header().Set("X-Request-Id", id)
	}
	err := decode(r, v)
	var wrong *kontrollrum.Error
	if errors.As(err, &wrong) && wrong.Code == unsupported {
		return kontrollrum.Wrong(wrong.Field, wrong.Value, wrong.Message)
	}
	return err
}

func (f *face) evaluate(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	var asked evaluation
	if err := read(w, r, &asked); err != nil {
		return err
	}
	d, err := f.decide(c, r, &asked)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, d)
}

// decide answers one question, of which nothing may be missing.
func (f *face) decide(c ops.Caller, r *http.Request, asked *evaluation) (*decision, error) {
	if err := asked.complete(); err != nil {
		return nil, err
	}
	q, err := asked.question()
	if err != nil {
		return nil, err
	}
	found, err := ops.Do(r.Context(), f.hub, c, ops.EvaluateMany{Questions: []ops.Evaluate{q}})
	if err != nil {
		return nil, err
	}
	d := showDecision(&found[0])
	return &d, nil
}

// semantics of AuthZEN: after which answer the rest is left out.
var semantics = map[string]ops.Until{
	"": ops.UntilAll, "execute_all": ops.UntilAll, "deny_on_first_deny": ops.UntilNo, "permit_on_first_permit": ops.UntilYes,
}

func (f *face) evaluateMany(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	var asked evaluations
	if err := read(w, r, &asked); err != nil {
		return err
	}
	if len(asked.Evaluations) == 0 {
		d, err := f.decide(c, r, &asked.evaluation)
		if err != nil {
			return err
		}
		return answer(w, http.StatusOK, d)
	}
	var op ops.EvaluateMany
	if asked.Options != nil {
		known := false
		if op.Until, known = semantics[asked.Options.Semantic]; !known {
			return kontrollrum.Wrong("options.evaluations_semantic", asked.Options.Semantic, "use execute_all, deny_on_first_deny or permit_on_first_permit")
		}
	}
	for i := range asked.Evaluations {
		each := asked.Evaluations[i].under(&asked.evaluation)
		q, err := each.question()
		if err != nil {
			return err
		}
		op.Questions = append(op.Questions, q)
	}
	found, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, decisions{items(found, showDecision).Items})
}

// under takes what e does not say from what stands at the top.
func (e *evaluation) under(top *evaluation) evaluation {
	out := evaluation{Subject: e.Subject.under(top.Subject), Action: e.Action, Resource: e.Resource.under(top.Resource)}
	if e.Action == nil || e.Action.Name == "" {
		out.Action = top.Action
	}
	return out
}

func (e *entity) under(top *entity) *entity {
	switch {
	case e == nil:
		return top
	case top == nil:
		return e
	}
	return &entity{or(e.Type, top.Type), or(e.ID, top.ID), e.Properties}
}

// complete fails where a part of a question is missing.
func (e *evaluation) complete() error {
	missing := func(field, remedy string) error { return kontrollrum.Wrong(field, "", remedy) }
	switch {
	case e.Subject == nil || e.Subject.Type == "" || e.Subject.ID == "":
		return missing("subject", `name the user as {"type":"user","id":"an address or an id"}`)
	case e.Action == nil || e.Action.Name == "":
		return missing("action", `name the action as {"name":"users.add"}`)
	case e.Resource == nil || e.Resource.Type == "" || e.Resource.ID == "":
		return missing("resource", `name the organization as {"type":"organization","id":"a plate or an id"}`)
	}
	return nil
}

// nowhere and nobody are what is found by no name: what is missing from one of
// many questions, or of an unknown type, is not found.
const nowhere, nobody = "?", "?"

// question is e as an op asks it.
func (e *evaluation) question() (ops.Evaluate, error) {
	q := ops.Evaluate{Organization: nowhere, Subject: nobody}
	if e.Subject != nil && e.Subject.Type == "user" && e.Subject.ID != "" {
		q.Subject = whom(e.Subject.ID)
	}
	if e.Action != nil {
		q.Action = e.Action.Name
	}
	if e.Resource == nil {
		return q, nil
	}
	if e.Resource.Type == "organization" && e.Resource.ID != "" {
		q.Organization = placeOf(e.Resource.ID)
	}
	if given, there := e.Resource.Properties["user"]; there {
		text, _ := given.(string)
		if q.User = whom(text); text == "" {
			return q, kontrollrum.Wrong("resource.properties.user", "", "give the person's address or id, or leave it out")
		}
	}
	if given, there := e.Resource.Properties["object"]; there {
		text, _ := given.(string)
		if q.Object, there = objects[text]; !there {
			return q, kontrollrum.Wrong("resource.properties.object", text, "use working-hour, holiday-list or override, or leave it out")
		}
	}
	return q, nil
}

// objects of business hours, as user profiles name them.
var objects = map[string]policy.Object{"working-hour": policy.WorkingHour, "holiday-list": policy.HolidayList, "override": policy.Override}

// whom understands a person's identifier; anything else is an address.
func whom(text string) string {
	if id, ok := plainID(typePerson, text); ok {
		return id
	}
	return text
}
