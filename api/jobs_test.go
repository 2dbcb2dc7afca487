package api

import (
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// invite adds somebody to SUN who is not verified; silently, who was not mailed either.
func (w *world) invite(name string, silent bool) {
	w.Helper()
	u := do(w, "karin", ops.AddUser{Email: name + "@sun.example", Silent: silent, Details: ops.Details{DisplayName: name}})
	w.people[name] = u.ID
}

// operate runs an op as the operator.
func operate[R any](w *world, op ops.Op[R]) R {
	w.Helper()
	out, err := ops.Do(w.Context(), w.hub, ops.Operator(), op)
	w.must(err)
	return out
}

// refuseMail lets every letter that is due be refused for good.
func (w *world) refuseMail() {
	w.Helper()
	refused := ops.CollectMail{Postman: "p", Lease: time.Minute}
	for _, l := range operate(w, ops.CollectMail{Postman: "p", Want: 100, Lease: time.Minute}) {
		refused.Outcomes = append(refused.Outcomes, ops.Outcome{Organization: l.Organization, Letter: l.ID, Task: l.Task, User: l.User, Error: "550 no such mailbox"})
	}
	operate(w, refused)
}

func TestActivationJob(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		at := "/identity/organizations/" + w.orgID("SUN")
		jobs := at + "/jobs/sendActivationEmails"
		w.invite("mailed", false)
		w.invite("ny", true)
		w.invite("bo", true)
		var j job
		w.get("karin", "POST", jobs, "", 202, &j)
		if j.Status != "STARTED" || j.Counts.Total != 3 || j.ExitCode != "UNKNOWN" || j.SourceUser != w.personID("karin") || !strings.HasPrefix(j.TrackingID, "NA_") {
			t.Errorf("begun: %+v", j)
		}
		w.refused("sven", "POST", jobs, "", 409, "job_running")
		w.refused("rut", "POST", jobs, "", 403, "not_permitted")
		w.refused("nora", "GET", jobs+"/"+j.ID+"/status", "", 404, "organization_not_found")
		w.refused("nora", "GET", "/identity/organizations/"+w.orgID("NOR")+"/jobs/sendActivationEmails/"+j.ID+"/status", "", 404, "job_not_found")
		w.refused("karin", "GET", jobs+"/x/status", "", 400, "invalid_jobId")
		for operate(w, ops.WorkTask{Clerk: "c", Lease: time.Minute}) {
		}
		w.refuseMail()
		w.get("sven", "GET", jobs+"/"+j.ID+"/status", "", 200, &j)
		if j.Status != "COMPLETED" || j.ExitCode != "COMPLETED_WITH_ERRORS" || j.Counts != (jobCounts{Sent: 0, Failed: 2, Skipped: 1, Total: 3}) {
			t.Errorf("ended: %+v", j)
		}
		var keys []string
		for next := jobs + "/" + j.ID + "/errors?max=2"; next != ""; {
			var page itemsOf[jobError]
			out := w.get("karin", "GET", next, "", 200, &page)
			for _, e := range page.Items {
				keys = append(keys, e.Error.Key+" "+e.Error.Message[0].Code)
			}
			_, next, _ = strings.Cut(out.Header().Get("Link"), "<"+publicURL)
			next, _, _ = strings.Cut(next, ">")
		}
		if got := strings.Join(keys, ", "); got != "502 undeliverable, 304 already_mailed, 502 undeliverable" {
			t.Errorf("errors: %s", got)
		}
		var lost itemsOf[undelivered]
		w.get("sven", "GET", at+"/undeliveredMail?max=2", "", 200, &lost)
		if len(lost.Items) != 2 || lost.Items[0].Status != "given_up" || lost.Items[0].Error != "550 no such mailbox" || lost.Items[0].Next != "" {
			t.Errorf("undelivered: %+v", lost)
		}
		w.refused("rut", "GET", at+"/undeliveredMail", "", 403, "not_permitted")
	})
}

func TestResendInvitation(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		w.invite("ny", true)
		resend := func(who string) string {
			return "/v1/identity/organizations/" + w.orgID("SUN") + "/users/" + w.personID(who) + "/actions/resendInvitation"
		}
		var sent invitation
		w.get("sven", "POST", resend("ny"), "", 200, &sent)
		if sent.Email != "ny@sun.example" || sent.Next == "" {
			t.Errorf("got %+v", sent)
		}
		if e := w.refused("karin", "POST", resend("ny"), "", 409, "already_mailed"); !strings.Contains(e.Message, "2026-11-24T08:00:00Z") {
			t.Errorf("got %+v", e)
		}
		w.refused("karin", "POST", resend("olle"), "", 409, "already_verified")
		w.refused("rut", "POST", resend("ny"), "", 403, "not_permitted")
		w.refused("nora", "POST", resend("ny"), "", 404, "organization_not_found")
		w.people["nobody"] = kontrollrum.UserID("00000000-0000-4000-8000-000000000000")
		w.refused("karin", "POST", resend("nobody"), "", 404, "user_not_found")
	})
}
