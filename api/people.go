package api

import (
	"net/http"
	"slices"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

func (f *face) peopleRoutes() []web.Route {
	brief := web.Param{Name: "minResponse", Type: "boolean", Text: "answer with the id only"}
	return []web.Route{
		{Pattern: "GET /v1/people", Runs: []any{ops.ListUsers{}, ops.ListAdministrators{}}, Serve: f.listPeople, Doc: web.Doc{
			ID: "ListPeople", Summary: "List the people of an organization", Query: peopleMembers, Response: people{}}},
		{Pattern: "POST /v1/people", Runs: ops.AddPerson{}, Serve: f.addPerson, Doc: web.Doc{
			Summary: "Add a person, with licences and roles: all of it or nothing", Query: []web.Param{brief}, Request: personGiven{}, Response: []any{person{}, personBrief{}}}},
		{Pattern: "GET /v1/people/me", Runs: ops.Myself{}, Serve: f.viewMyself, Doc: web.Doc{
			Summary: "Show the caller", Response: person{}}},
		{Pattern: "GET /v1/people/{person}", Runs: ops.ViewUser{}, Serve: f.viewPerson, Doc: web.Doc{
			ID: "ViewPerson", Summary: "Show a person", Response: person{}}},
		{Pattern: "PUT /v1/people/{person}", Runs: ops.ReplacePerson{}, Serve: f.replacePerson, Doc: web.Doc{
			Summary: "Make a person what is given: what is absent of names, title and department is emptied, other members are left as they are",
			Query:   []web.Param{brief}, Request: personGiven{}, Response: []any{person{}, personBrief{}}}},
		{Pattern: "DELETE /v1/people/{person}", Runs: ops.RemoveUser{}, Serve: f.removePerson, Doc: web.Doc{
			ID: "RemovePerson", Summary: "Remove a person for good", Statuses: []int{http.StatusNoContent}}},
	}
}

// people is the answer of a list of people.
type people struct {
	Items       []person `json:"items"`
	NotFoundIDs []string `json:"notFoundIds,omitzero"` // where id was asked for
}

func (f *face) listPeople(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	asked, err := readPeopleAsked(q)
	if err != nil {
		return err
	}
	var page ops.Page[kontrollrum.User]
	if asked.Administrators {
		page, err = ops.Do(r.Context(), f.hub, c, ops.ListAdministrators(asked.ListUsers))
	} else {
		page, err = ops.Do(r.Context(), f.hub, c, asked.ListUsers)
	}
	if err != nil {
		return err
	}
	if page.Next.ID != "" {
		f.linkNext(w, r, "cursor", cursor(string(asked.Sort), page.Next.Key, page.Next.ID))
	}
	out := people{Items: items(page.Items, showPerson).Items}
	if asked.unseen {
		for i, p := range out.Items {
			out.Items[i] = p.absent()
		}
	}
	if asked.ids != nil {
		out.NotFoundIDs = []string{}
		for i, id := range asked.IDs {
			if !slices.ContainsFunc(page.Items, func(u kontrollrum.User) bool { return u.ID == id }) {
				out.NotFoundIDs = append(out.NotFoundIDs, asked.ids[i])
			}
		}
	}
	return answer(w, http.StatusOK, out)
}

func (f *face) viewMyself(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	u, err := ops.Do(r.Context(), f.hub, c, ops.Myself{})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showPerson(u))
}

func (f *face) viewPerson(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := personID("person", r.PathValue("person"))
	if err != nil {
		return err
	}
	u, err := ops.Do(r.Context(), f.hub, c, ops.ViewUser{User: id})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showPerson(u))
}

func (f *face) addPerson(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	var given personGiven
	if err := decode(r, &given); err != nil {
		return err
	}
	op, err := given.adds()
	if err != nil {
		return err
	}
	brief, err := isBrief(r)
	if err != nil {
		return err
	}
	u, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	return answerPerson(w, u, brief)
}

func (f *face) replacePerson(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	var given personGiven
	if err := decode(r, &given); err != nil {
		return err
	}
	op, err := given.replaces()
	if err != nil {
		return err
	}
	if op.User, err = personID("person", r.PathValue("person")); err != nil {
		return err
	}
	brief, err := isBrief(r)
	if err != nil {
		return err
	}
	u, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	return answerPerson(w, u, brief)
}

func (f *face) removePerson(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := personID("person", r.PathValue("person"))
	if err != nil {
		return err
	}
	if _, err := ops.Do(r.Context(), f.hub, c, ops.RemoveUser{User: id}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// isBrief reports whether r asks for no more than the id of a person it changes.
func isBrief(r *http.Request) (bool, error) {
	q, err := queryOf(r)
	if err != nil {
		return false, err
	}
	return q.truth("minResponse")
}

// answerPerson answers 200, new people too: clients refuse 201.
func answerPerson(w http.ResponseWriter, u *kontrollrum.User, brief bool) error {
	shown := showPerson(u)
	if brief {
		return answer(w, http.StatusOK, personBrief{shown.ID})
	}
	return answer(w, http.StatusOK, shown)
}

// A personBrief is a person of whom only the id was asked for.
type personBrief struct {
	ID string `json:"id"`
}
