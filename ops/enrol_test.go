package ops_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// demand switches on that administrators of an organization have a second factor.
func (w *world) demand(plate, chief string) {
	w.Helper()
	must(w, w.as(chief), ops.EditOrganization{Organization: plate, SecondFactor: pointer(true)})
}

// TestDemanded: every administrator who acts there must have a second factor,
// from home, from elsewhere or by reach; and nobody else.
func TestDemanded(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		must(w, w.as("chief"), ops.AssignRole{User: email("target"), Role: policy.ReadOnlyAdmin, Ends: w.clock.Now().Add(time.Hour)})
		all := map[string]bool{ // administrators of SUN, or not
			"chief": true, "service": true, "reader": true, "sunprov": true, "target": true, "outsider": true, "outreader": true, "partner": true, "named": true,
			"plain": false, "supervisor": false, "licensed": false, "norchief": false, "extchief": false, "vikchief": false, "stranger": false,
		}
		before := map[string]*ops.Signing{}
		for name := range all {
			before[name] = w.signing(name)
		}
		w.demand("SUN", "second")
		for name, must := range all {
			if got := w.speaks(w.hub, before[name].Session) == "nobody"; got != must {
				t.Errorf("%s is signed out by it: %t", name, got)
			}
			s := w.signing(name)
			if got := s.Stage == kontrollrum.StageEnrol; got != must || got && (w.speaks(w.hub, s.Session) != "nobody" || s.Ends.Sub(w.clock.Now()) > 10*time.Minute) {
				t.Errorf("%s: %+v", name, s)
			}
		}
		w.clock.Advance(time.Hour)
		if s := w.signing("target"); s.Stage != kontrollrum.StageFull {
			t.Errorf("after the role's end: %+v", s)
		}
		must(w, w.as("second"), ops.EndPartnership{Customer: "SUN", Partner: "NOR"})
		if s := w.signing("named"); s.Stage != kontrollrum.StageFull {
			t.Errorf("after the partnership's end: %+v", s)
		}
		// Whoever becomes an administrator there is signed out, if they have one factor only.
		one, two := w.signing("plain"), w.signing("candidate")
		w.app(ops.Session(two.Session))
		named := w.signing("named")
		must(w, w.as("second"), ops.AssignRole{User: email("plain"), Role: policy.ServiceAdmin})
		must(w, w.as("second"), ops.AssignRole{Organization: "SUN", User: email("candidate"), Role: policy.ReadOnlyAdmin})
		if got := w.speaks(w.hub, one.Session); got != "nobody" {
			t.Errorf("administrator now: it speaks for %s", got)
		}
		must(w, w.as("second"), ops.AddPartnership{Customer: "SUN", Partner: "NOR", Managing: true})
		if got := w.speaks(w.hub, named.Session); got != "nobody" {
			t.Errorf("reaching it again: it speaks for %s", got)
		}
		if got := w.speaks(w.hub, two.Session); got != "candidate" {
			t.Errorf("with two factors: it speaks for %s", got)
		}
		other := w.signing("norplain")
		must(w, w.as("norchief"), ops.AssignRole{User: email("norplain"), Role: policy.ProvisioningAdmin, Reach: kontrollrum.ReachCustomers, Customers: []string{"VIK"}})
		if got := w.speaks(w.hub, other.Session); got != "norplain" {
			t.Errorf("reaching another customer: it speaks for %s", got)
		}
		must(w, w.as("norchief"), ops.AssignPartnerAdmin{Customer: "SUN", User: email("norplain")})
		if got := w.speaks(w.hub, other.Session); got != "nobody" {
			t.Errorf("reaching this one: it speaks for %s", got)
		}
	})
}

// enrols are the ops that a session which waits for its factor may ask.
var enrols = []string{"ViewCredentials", "BeginTOTP", "BeginAddPasskey"}

// TestEnrol: the stage opens what sets a factor up and nothing else, and ends in
// a full session.
func TestEnrol(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		w.demand("SUN", "second")
		s := w.signing("chief")
		enrol := ops.Session(s.Session)
		for _, sample := range samples(w) {
			_, err := sample.do(t.Context(), w.hub, enrol, sample.op)
			own := reflect.DeepEqual(sample.op, reflect.Zero(reflect.TypeOf(sample.op)).Interface())
			if open := !errors.Is(err, kontrollrum.Unauthenticated); open != (slices.Contains(enrols, sample.name()) && own) {
				t.Errorf("%+v: %v", sample.op, err)
			}
		}
		if s := must(w, ops.Caller{}, ops.CompleteEnrolment{Session: s.Session}); s.Code != ops.FactorMissing {
			t.Errorf("too early: %+v", s)
		}
		if err := w.hub.SetPassword(t.Context(), enrol, ops.NewPassword{New: kontrollrum.NewSecret("en annan häst med batteri")}); err != nil {
			t.Errorf("a password: %v", err)
		}
		if _, codes := w.app(enrol); len(codes) != 10 {
			t.Errorf("codes %q", codes)
		}
		w.passkey(enrol) // proven to have one, they may add another
		if got := w.speaks(w.hub, s.Session); got != "nobody" {
			t.Errorf("not complete it speaks for %s", got)
		}
		full := must(w, ops.Caller{}, ops.CompleteEnrolment{Session: s.Session})
		if full.Stage != kontrollrum.StageFull || w.speaks(w.hub, full.Session) != "chief" {
			t.Errorf("%+v", full)
		}
		for _, over := range []kontrollrum.Secret{s.Session, full.Session, {}} {
			if s := must(w, ops.Caller{}, ops.CompleteEnrolment{Session: over}); s.Code != ops.SessionOver {
				t.Errorf("%+v", s)
			}
		}
		if s := w.tries("", proof(email("chief"), "en annan häst med batteri")); s.Stage != kontrollrum.StageFactor || len(s.Factors) != 2 {
			t.Errorf("the next time: %+v", s)
		}
		// Demanded no more, nothing is missing.
		s = w.signing("service")
		must(w, w.as("second"), ops.EditOrganization{SecondFactor: pointer(false)})
		if s := must(w, ops.Caller{}, ops.CompleteEnrolment{Session: s.Session}); s.Stage != kontrollrum.StageFull {
			t.Errorf("demanded no more: %+v", s)
		}
	})
}

// TestEnrolBesideAnother: whoever has the password alone gains nothing by the
// factor that its owner sets up.
func TestEnrolBesideAnother(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		w.demand("SUN", "second")
		thief, owner := w.signing("chief"), w.signing("chief")
		setup := must(w, ops.Session(thief.Session), ops.BeginTOTP{})
		w.passkey(ops.Session(owner.Session))
		if s := must(w, ops.Caller{}, ops.CompleteEnrolment{Session: thief.Session}); s.Stage == kontrollrum.StageFull {
			t.Errorf("%+v", s)
		}
		_, err := ops.Do(t.Context(), w.hub, ops.Session(thief.Session), ops.FinishTOTP{State: setup.State, Code: (&app{w, setup.Secret}).code(0)})
		if err == nil {
			t.Error("it adds a factor")
		}
		if err := w.hub.SetPassword(t.Context(), ops.Session(thief.Session), ops.NewPassword{New: kontrollrum.NewSecret("en annan häst med batteri")}); err == nil {
			t.Error("it changes the password")
		}
		// Though it were still there: what the first factor ends, set alive again.
		w.exec(t, `update sessions set ended = null where stage = 'enrol'`)
		if _, err := ops.Do(t.Context(), w.hub, ops.Session(thief.Session), ops.FinishTOTP{State: setup.State, Code: (&app{w, setup.Secret}).code(0)}); refusal(err) != "conflict: factor_not_proven" {
			t.Errorf("it adds a factor: %v", err)
		}
		if _, err := ops.Do(t.Context(), w.hub, ops.Session(thief.Session), ops.BeginAddPasskey{}); refusal(err) != "conflict: factor_not_proven" {
			t.Errorf("it begins to: %v", err)
		}
		if err := w.hub.SetPassword(t.Context(), ops.Session(thief.Session), ops.NewPassword{New: kontrollrum.NewSecret("en annan häst med batteri")}); refusal(err) != "conflict: factor_not_proven" {
			t.Errorf("it changes the password: %v", err)
		}
		if s := must(w, ops.Caller{}, ops.CompleteEnrolment{Session: thief.Session}); s.Stage != kontrollrum.StageFactor {
			t.Errorf("it is asked for the factor: %+v", s)
		}
	})
}
