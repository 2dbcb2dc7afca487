package api

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

func (f *face) jobRoutes(at string) []web.Route {
	jobs := at + "/jobs/sendActivationEmails"
	return []web.Route{
		{Pattern: "POST" + at + "/users/{userId}/actions/resendInvitation", Runs: ops.ResendInvitation{}, Serve: f.resendInvitation, Doc: web.Doc{
			Summary: "Invite a user again who is not verified, once in 24 hours", Response: invitation{}}},
		{Pattern: "POST" + jobs, Runs: ops.SendActivations{}, Serve: f.sendActivations, Doc: web.Doc{
			Summary: "Invite everyone again who is not verified; one such job runs at a time", Response: job{}, Statuses: []int{http.StatusAccepted}}},
		{Pattern: "GET" + jobs + "/{jobId}/status", Runs: ops.ViewTask{}, Serve: f.viewJob, Doc: web.Doc{
			Summary: "Show how far a job has come", Response: job{}}},
		{Pattern: "GET" + jobs + "/{jobId}/errors", Runs: ops.ListTaskItems{}, Serve: f.listJobErrors, Doc: web.Doc{
			Summary: "List whom a job failed for or skipped, and why", Response: itemsOf[jobError]{}, Query: []web.Param{
				{Name: "max", Text: "how many; without: 50", Type: "integer"}, {Name: "next", Text: "as the link of the page before says", Type: "integer"}}}},
		{Pattern: "GET" + at + "/undeliveredMail", Runs: ops.ListUndelivered{}, Serve: f.listUndelivered, Doc: web.Doc{
			Summary: "List letters that were given up, or have failed so far", Response: itemsOf[undelivered]{}, Query: []web.Param{
				{Name: "max", Text: "how many; without: 100", Type: "integer"}, {Name: "cursor", Text: "as the link of the page before says"}}}},
	}
}

// An invitation is one that was queued.
type invitation struct {
	Email string `json:"email"`
	Next  string `json:"nextAllowed"` // before then there is no other
}

func (f *face) resendInvitation(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, user, err := pathUser(r)
	if err != nil {
		return err
	}
	invited, err := ops.Do(r.Context(), f.hub, c, ops.ResendInvitation{Organization: organization, User: user})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, invitation{string(invited.Email), instant(invited.Next)})
}

// A job is a task, as clients follow one.
type job struct {
	Name           string         `json:"name"`
	ID             string         `json:"id"`
	TrackingID     string         `json:"trackingId"`
	SourceUser     string         `json:"sourceUserId"`
	SourceCustomer string         `json:"sourceCustomerId"`
	TargetCustomer string         `json:"targetCustomerId"`
	Instance       int            `json:"instanceId"`
	Executions     []jobExecution `json:"jobExecutionStatus"`
	Status         string         `json:"latestExecutionStatus"`
	ExitCode       string         `json:"latestExecutionExitCode"`
	Counts         jobCounts      `json:"counts"`
	Allowed        bool           `json:"allowAdminInviteEmails"`
}

type jobExecution struct {
	ID      int    `json:"id"`
	Start   string `json:"startTime"`
	End     string `json:"endTime,omitempty"`
	Updated string `json:"lastUpdated"`
	Status  string `json:"statusMessage"`
	Exit    string `json:"exitCode"`
	Created string `json:"createdTime"`
	Elapsed string `json:"timeElapsed"` // ISO 8601
}

type jobCounts struct {
	Sent    int `json:"userResendInviteSent"`
	Failed  int `json:"userResendInviteFailed"`
	Skipped int `json:"userResendInviteSkipped"`
	Total   int `json:"totalUsers"`
}

func showJob(k *kontrollrum.Task) job {
	status, exit, elapsed := "STARTED", "UNKNOWN", k.Modified.Sub(k.Created)
	execution := exit
	if !k.Ended.IsZero() {
		status, exit, execution, elapsed = "COMPLETED", "COMPLETED", "COMPLETED", k.Ended.Sub(k.Created)
		if k.Failed > 0 {
			exit = "COMPLETED_WITH_ERRORS"
		}
	}
	return job{
		Name: "resendinviteemail", ID: wireID(typeJob, string(k.ID)), TrackingID: k.TrackingID, SourceUser: wireID(typePerson, string(k.StartedBy)),
		SourceCustomer: wireID(typeOrganization, string(k.ActorHome)), TargetCustomer: wireID(typeOrganization, string(k.Organization)), Instance: k.Number,
		Executions: []jobExecution{{ID: k.Number, Start: instant(k.Created), End: instant(k.Ended), Updated: instant(k.Modified), Status: status,
			Exit: execution, Created: instant(k.Created), Elapsed: "PT" + strconv.FormatFloat(elapsed.Truncate(time.Millisecond).Seconds(), 'f', -1, 64) + "S"}},
		Status: status, ExitCode: exit, Counts: jobCounts{k.Done, k.Failed, k.Skipped, k.Total}, Allowed: true,
	}
}

func (f *face) sendActivations(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, err := pathOrganization(r)
	if err != nil {
		return err
	}
	k, err := ops.Do(r.Context(), f.hub, c, ops.SendActivations{Organization: organization})
	if err != nil {
		return err
	}
	return answer(w, http.StatusAccepted, showJob(k))
}

// pathJob reads the organization and the job that a path names.
func pathJob(r *http.Request) (organization string, task kontrollrum.TaskID, err error) {
	if organization, err = pathOrganization(r); err != nil {
		return "", "", err
	}
	id, err := uuidOf(typeJob, "jobId", r.PathValue("jobId"))
	return organization, kontrollrum.TaskID(id), err
}

func (f *face) viewJob(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, task, err := pathJob(r)
	if err != nil {
		return err
	}
	k, err := ops.Do(r.Context(), f.hub, c, ops.ViewTask{Organization: organization, Task: task, Kind: kontrollrum.ActivationTask})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showJob(k))
}

// A jobError is somebody whom a job failed for, or skipped.
type jobError struct {
	Number     int          `json:"itemNumber"`
	Error      jobErrorBody `json:"error"`
	TrackingID string       `json:"trackingId"`
}

type jobErrorBody struct {
	Key     string            `json:"key"` // 304: mailed within 24 hours
	Message []jobErrorMessage `json:"message"`
}

type jobErrorMessage struct {
	Description string `json:"description"`
	Code        string `json:"code"`
}

// jobKeys are the statuses that stand for why; 403 for what is refused.
var jobKeys = map[string]int{"already_mailed": http.StatusNotModified, "already_verified": http.StatusConflict,
	"user_not_found": http.StatusNotFound, "undeliverable": http.StatusBadGateway,
	"cancelled": http.StatusGone}

func (f *face) listJobErrors(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, task, err := pathJob(r)
	if err != nil {
		return err
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	op := ops.ListTaskItems{Organization: organization, Task: task, Kind: kontrollrum.ActivationTask,
		States: []kontrollrum.ItemState{kontrollrum.ItemFailed, kontrollrum.ItemSkipped}}
	if op.Limit, err = q.number("max"); err != nil {
		return err
	}
	if op.After, err = q.number("next"); err != nil {
		return err
	}
	if op.Limit == 0 {
		op.Limit = 50
	}
	found, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	if found.More {
		f.linkNext(w, r, "next", strconv.Itoa(found.Items[len(found.Items)-1].Number))
	}
	return answer(w, http.StatusOK, items(found.Items, func(i *kontrollrum.TaskItem) jobError {
		key := jobKeys[i.Code]
		if key == 0 {
			key = http.StatusForbidden
		}
		return jobError{Number: i.Number, TrackingID: fmt.Sprintf("%s_%d", found.TrackingID, i.Number), Error: jobErrorBody{strconv.Itoa(key),
			[]jobErrorMessage{{fmt.Sprintf("%s: %s; %s", i.User, i.Message, i.Email), i.Code}}}}
	}))
}

// An undelivered letter is one that was given up, or has failed so far.
type undelivered struct {
	ID       string `json:"id"`
	Type     string `json:"type"` // activation, password, or a notice
	PersonID string `json:"personId"`
	Email    string `json:"email"`
	Created  string `json:"created"`
	Attempts int    `json:"attempts"`
	Status   string `json:"status" enum:"queued,sending,given_up"`
	Next     string `json:"nextAttempt,omitempty"`
	Error    string `json:"error"`
}

func (f *face) listUndelivered(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	organization, err := pathOrganization(r)
	if err != nil {
		return err
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	op := ops.ListUndelivered{Organization: organization}
	if op.Limit, err = q.number("max"); err != nil {
		return err
	}
	if op.After.Key, op.After.ID, err = parseCursor("cursor", "undelivered", q.Get("cursor")); err != nil {
		return err
	}
	page, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	if page.Next.ID != "" {
		f.linkNext(w, r, "cursor", cursor("undelivered", page.Next.Key, page.Next.ID))
	}
	return answer(w, http.StatusOK, items(page.Items, func(l *kontrollrum.Letter) undelivered {
		return undelivered{ID: string(l.ID), Type: string(l.Kind), PersonID: wireID(typePerson, string(l.User)), Email: string(l.Address),
			Created: instant(l.Created), Attempts: l.Attempts, Status: string(l.State), Next: instant(l.Due), Error: l.Error}
	}))
}
