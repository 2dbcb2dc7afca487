package ops_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// An app is an authenticator app with one secret.
type app struct {
	*world
	secret string
}

// code is what it shows so many steps from now.
func (a *app) code(steps int) string {
	a.Helper()
	code, err := totp.GenerateCodeCustom(a.secret, a.clock.Now().Add(time.Duration(steps)*30*time.Second), totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix})
	if err != nil {
		a.Fatal(err)
	}
	return code
}

// app sets up an authenticator app for whoever calls.
func (w *world) app(c ops.Caller) (*app, []string) {
	w.Helper()
	begun := must(w, c, ops.BeginTOTP{})
	a := &app{w, begun.Secret}
	return a, must(w, c, ops.FinishTOTP{State: begun.State, Code: a.code(0), Name: "Telefonen"})
}

// proves goes on with a sign-in by a code.
func (w *world) proves(s *ops.Signing, code string) *ops.Signing {
	w.Helper()
	return must(w, ops.Caller{}, ops.ProveCode{Session: s.Session, Code: code})
}

func TestTOTP(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		plain := w.signIn("plain")
		begun := must(w, plain, ops.BeginTOTP{})
		u, err := url.Parse(begun.URI)
		if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Kontrollrum:plain@sun.example" || u.Query().Get("secret") != begun.Secret || u.Query().Get("issuer") != "Kontrollrum" {
			t.Errorf("%s, %v", begun.URI, err)
		}
		a := &app{w, begun.Secret}
		finish := func(c ops.Caller, state kontrollrum.Secret, code string) string {
			_, err := ops.Do(t.Context(), w.hub, c, ops.FinishTOTP{State: state, Code: code})
			return refusal(err)
		}
		w.logged(t)
		for name, c := range map[string]struct {
			caller ops.Caller
			state  kontrollrum.Secret
			code   string
			want   string
		}{
			"wrong code":      {plain, begun.State, "000000", "invalid: invalid_code"},
			"no code":         {plain, begun.State, "", "invalid: invalid_code"},
			"an old code":     {plain, begun.State, a.code(-2), "invalid: invalid_code"},
			"a code to come":  {plain, begun.State, a.code(2), "invalid: invalid_code"},
			"another's state": {w.as("holder"), begun.State, a.code(0), "conflict: setup_over"},
			"no state":        {plain, kontrollrum.Secret{}, a.code(0), "conflict: setup_over"},
			"nobody":          {ops.Caller{}, begun.State, a.code(0), "unauthenticated: unauthenticated"},
		} {
			if got := finish(c.caller, c.state, c.code); got != c.want {
				t.Errorf("%s: %s, want %s", name, got, c.want)
			}
		}
		w.wantLogged(t)
		if won := race(t, func() bool { return finish(plain, begun.State, a.code(0)) == "done" }); won != 1 {
			t.Errorf("%d factors of one setup", won)
		}
		w.wantLogged(t, "credentials.edit|done||Namn plain|Namn plain|")
		late := must(w, plain, ops.BeginTOTP{})
		w.clock.Advance(10 * time.Minute)
		if got := finish(plain, late.State, (&app{w, late.Secret}).code(0)); got != "conflict: setup_over" {
			t.Errorf("too late: %s", got)
		}
		for row := range w.rows(t, `select data from factors`) {
			if strings.Contains(row, begun.Secret) {
				t.Error("the secret is kept as it is")
			}
		}
	})
}

func TestProveCode(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		a, _ := w.app(w.signIn("plain"))
		p := w.signing("plain")
		if p.Stage != kontrollrum.StageFactor || !slices.Equal(p.Factors, []kontrollrum.FactorKind{kontrollrum.TOTP}) || p.Ends.Sub(w.clock.Now()) > 10*time.Minute {
			t.Fatalf("%+v", p)
		}
		if got := w.speaks(w.hub, p.Session); got != "nobody" {
			t.Errorf("a session without its second factor speaks for %s", got)
		}
		w.logged(t)
		if s := w.proves(p, a.code(0)); s.Code != ops.WrongCode {
			t.Errorf("the code of the setup: %+v", s)
		}
		w.wantLogged(t, "sessions.begin|refused|wrong_code|visitor|Namn plain|")
		s := w.proves(p, a.code(1)[:3]+" "+a.code(1)[3:])
		if s.Stage != kontrollrum.StageFull || s.Session.Reveal() == p.Session.Reveal() {
			t.Fatalf("the next code: %+v", s)
		}
		w.wantLogged(t, "sessions.begin|done||Namn plain|Namn plain|by an authenticator app")
		if l := must(w, ops.Session(s.Session), ops.ListSessions{}); strings.Join(l[0].Methods, " ") != "pwd otp mfa" {
			t.Errorf("%+v", l[0])
		}
		if again := w.proves(p, a.code(1)); again.Code != ops.SessionOver {
			t.Errorf("the partial session again: %+v", again)
		}
		for name, session := range map[string]kontrollrum.Secret{"full": s.Session, "none": {}, "unknown": kontrollrum.NewSecretText()} {
			if got := w.proves(&ops.Signing{Session: session}, a.code(1)); got.Code != ops.SessionOver {
				t.Errorf("a session that is %s: %+v", name, got)
			}
		}
		// The same code, at once, by sessions of its own: one.
		w.clock.Advance(2 * time.Minute)
		partials := make(chan *ops.Signing, 8)
		for range 8 {
			partials <- w.signing("plain")
		}
		code := a.code(0)
		if won := race(t, func() bool {
			s, err := ops.Do(t.Context(), w.hub, ops.Caller{}, ops.ProveCode{Session: (<-partials).Session, Code: code})
			if err != nil {
				t.Error(err)
				return false
			}
			return s.Code == ""
		}); won != 1 {
			t.Errorf("%d sign-ins by one code", won)
		}
		// One step each way.
		w.exec(t, `delete from attempts`)
		w.clock.Advance(10 * time.Minute)
		for _, c := range []struct {
			steps int
			code  string
		}{{-2, ops.WrongCode}, {2, ops.WrongCode}, {-1, ""}, {0, ""}, {1, ""}, {0, ops.WrongCode}, {-1, ops.WrongCode}} {
			if s := w.proves(w.signing("plain"), a.code(c.steps)); s.Code != c.code {
				t.Errorf("%d steps from now: %+v, want %q", c.steps, s, c.code)
			}
		}
		// A sign-in takes ten minutes at most.
		w.exec(t, `delete from attempts`)
		p = w.signing("plain")
		w.clock.Advance(10 * time.Minute)
		if s := w.proves(p, a.code(0)); s.Code != ops.SessionOver {
			t.Errorf("too late: %+v", s)
		}
		// Who is shut out meanwhile is.
		p = w.signing("plain")
		must(w, w.as("chief"), ops.DeactivateUser{User: email("plain")})
		if s := w.proves(p, a.code(0)); s.Code != ops.SessionOver {
			t.Errorf("deactivated: %+v", s)
		}
	})
}

// TestCodesLimited: a right password does not begin the codes anew.
func TestCodesLimited(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		a, _ := w.app(w.signIn("plain"))
		for range 5 {
			if s := w.proves(w.signing("plain"), "000000"); s.Code != ops.WrongCode {
				t.Fatalf("%+v", s)
			}
		}
		p := w.signing("plain")
		s := w.proves(p, a.code(1))
		if s.Code != ops.TooManyAttempts || s.Wait <= 0 || s.Wait > time.Second {
			t.Errorf("the sixth: %+v", s)
		}
		w.clock.Advance(time.Second)
		if s := w.proves(p, a.code(1)); s.Code != "" {
			t.Errorf("a second later: %+v", s)
		}
	})
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		_, codes := w.app(w.signIn("plain"))
		_, others := w.app(w.signIn("holder"))
		if len(codes) != 10 {
			t.Fatalf("%q", codes)
		}
		for i, code := range codes {
			if !regexp.MustCompile(`^[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}$`).MatchString(code) || slices.Contains(codes[:i], code) {
				t.Errorf("%q", code)
			}
		}
		w.logged(t)
		if s := w.proves(w.signing("plain"), others[0]); s.Code != ops.WrongCode {
			t.Errorf("another's: %+v", s)
		}
		w.logged(t)
		if s := w.proves(w.signing("plain"), strings.ToUpper(strings.ReplaceAll(codes[0], "-", " "))); s.Stage != kontrollrum.StageFull {
			t.Errorf("%+v", s)
		}
		if got := w.logged(t); !slices.Contains(got, "sessions.begin|done||Namn plain|Namn plain|by a recovery code") {
			t.Errorf("logged %q", got)
		}
		if s := w.proves(w.signing("plain"), codes[0]); s.Code != ops.WrongCode {
			t.Errorf("a second time: %+v", s)
		}
		partials := make(chan *ops.Signing, 8)
		for range 8 {
			partials <- w.signing("plain")
		}
		if won := race(t, func() bool {
			s, err := ops.Do(t.Context(), w.hub, ops.Caller{}, ops.ProveCode{Session: (<-partials).Session, Code: codes[1]})
			return err == nil && s.Code == ""
		}); won != 1 {
			t.Errorf("%d sign-ins by one code", won)
		}
		if c := must(w, w.as("plain"), ops.ViewCredentials{}); c.RecoveryCodes != 8 {
			t.Errorf("%+v", c)
		}
		w.exec(t, `delete from attempts`)
		fresh := must(w, w.as("plain"), ops.NewRecoveryCodes{})
		if s := w.proves(w.signing("plain"), codes[2]); s.Code != ops.WrongCode {
			t.Errorf("an old one: %+v", s)
		}
		if s := w.proves(w.signing("plain"), fresh[2]); s.Code != "" {
			t.Errorf("a new one: %+v", s)
		}
		for row := range w.rows(t, `select hash from recovery_codes`) {
			for _, code := range slices.Concat(codes, others, fresh) {
				if plain := strings.ReplaceAll(code, "-", ""); row == plain || row == kontrollrum.NewSecret(plain).Hash() {
					t.Error("kept so that whoever has the database alone may try codes")
				}
			}
		}
		if _, err := ops.Do(t.Context(), w.hub, w.as("licensed"), ops.NewRecoveryCodes{}); refusal(err) != "conflict: no_factor" {
			t.Errorf("without a factor: %v", err)
		}
	})
}

// TestRemoveFactor: the last two do not go silently, the last way in not at
// all, nor a factor that is demanded.
func TestRemoveFactor(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		second := w.as("second") // a full administrator of SUN
		remove := func(id string, confirmed bool) string {
			_, err := ops.Do(t.Context(), w.hub, second, ops.RemoveFactor{ID: id, Confirmed: confirmed})
			return refusal(err)
		}
		ids := func() (out []string) {
			for _, f := range must(w, second, ops.ViewCredentials{}).Factors {
				out = append(out, f.ID)
			}
			return out
		}
		w.app(second)
		w.passkey(second)
		w.passkey(w.as("holder"))
		foreign := must(w, w.as("holder"), ops.ViewCredentials{}).Factors[0].ID
		for id, want := range map[string]string{foreign: "not found: factor_not_found", "": "not found: factor_not_found"} {
			if got := remove(id, true); got != want {
				t.Errorf("%q: %s", id, got)
			}
		}
		if _, err := ops.Do(t.Context(), w.hub, second, ops.RenameFactor{ID: foreign, Name: "Min"}); refusal(err) != "not found: factor_not_found" {
			t.Errorf("rename another's: %v", err)
		}
		app, key := ids()[0], ids()[1]
		must(w, second, ops.RenameFactor{ID: app, Name: " Gamla telefonen "})
		if f := must(w, second, ops.ViewCredentials{}).Factors[0]; f.Name != "Gamla telefonen" || f.Kind != kontrollrum.TOTP {
			t.Errorf("%+v", f)
		}
		must(w, w.as("chief"), ops.EditOrganization{SecondFactor: pointer(true)})
		w.logged(t)
		w.keep(t)
		// Password, app and passkey: one may go.
		if got := remove(key, false); got != "done" {
			t.Errorf("one of three: %s", got)
		}
		w.wantLogged(t, "credentials.edit|done||Namn second|Namn second|")
		if got := remove(app, true); got != "conflict: second_factor_required" {
			t.Errorf("the last that is demanded: %s", got)
		}
		must(w, w.as("chief"), ops.EditOrganization{SecondFactor: pointer(false)})
		if got := remove(app, false); got != "conflict: confirmation_needed" {
			t.Errorf("the last: %s", got)
		}
		if got := remove(app, true); got != "done" {
			t.Errorf("the last, confirmed: %s", got)
		}
		if c := must(w, second, ops.ViewCredentials{}); len(c.Factors) != 0 || c.RecoveryCodes != 0 {
			t.Errorf("%+v", c)
		}
		// Without a password the passkey is the last way in; an app is none.
		w.restore(t)
		w.exec(t, `delete from passwords`)
		if got := remove(key, true); got != "conflict: last_way_to_sign_in" {
			t.Errorf("the last way in: %s", got)
		}
		if got := remove(app, false); got != "conflict: confirmation_needed" {
			t.Errorf("the app beside a passkey: %s", got)
		}
		w.exec(t, `delete from factors where kind = 'passkey'`)
		if got := remove(app, true); got != "conflict: last_way_to_sign_in" {
			t.Errorf("an app alone: %s", got)
		}
		// At once: of two, one stays.
		w.restore(t)
		w.exec(t, `update organizations set second_factor = true where plate = 'SUN'`)
		which := make(chan string, 8)
		for i := range 8 {
			which <- []string{app, key}[i%2]
		}
		if won := race(t, func() bool { return remove(<-which, true) == "done" }); won != 1 || len(ids()) != 1 {
			t.Errorf("%d removed, %q left", won, ids())
		}
	})
}

func TestTooManyFactors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for i := range 10 {
		if _, codes := w.app(w.as("plain")); (len(codes) > 0) != (i == 0) {
			t.Errorf("%d: recovery codes %q", i, codes)
		}
	}
	begun := must(w, w.as("plain"), ops.BeginTOTP{})
	if _, err := ops.Do(t.Context(), w.hub, w.as("plain"), ops.FinishTOTP{State: begun.State, Code: (&app{w, begun.Secret}).code(0)}); refusal(err) != "conflict: too_many_factors" {
		t.Errorf("the eleventh: %v", err)
	}
	begun = must(w, w.as("holder"), ops.BeginTOTP{})
	_, err := ops.Do(t.Context(), w.hub, w.as("holder"), ops.FinishTOTP{State: begun.State, Code: (&app{w, begun.Secret}).code(0), Name: strings.Repeat("x", 65)})
	if refusal(err) != "invalid: invalid_name" {
		t.Errorf("a long name: %v", err)
	}
}

// TestFirstFactorEndsTheRest: what was begun with the password alone is over,
// but for the session that the factor was set up in.
func TestFirstFactorEndsTheRest(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		mine, other := w.signing("plain"), w.signing("plain")
		w.app(ops.Session(mine.Session))
		if a, b := w.speaks(w.hub, mine.Session), w.speaks(w.hub, other.Session); a != "plain" || b != "nobody" {
			t.Errorf("it speaks for %s, the other for %s", a, b)
		}
		a, _ := w.passkey(ops.Session(mine.Session))
		with := w.byPasskey(a)
		w.app(ops.Session(mine.Session))
		if got := w.speaks(w.hub, with.Session); got != "plain" {
			t.Errorf("a session with two factors speaks for %s", got)
		}
	})
}

// TestResetCredentials: the person begins anew, and everything they began is over.
func TestResetCredentials(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		s := w.signing("target")
		_, codes := w.app(ops.Session(s.Session))
		w.passkey(ops.Session(s.Session))
		p := w.signing("target")
		w.logged(t)
		must(w, w.as("chief"), ops.ResetCredentials{User: email("target")})
		w.wantLogged(t, "credentials.reset|done||Namn chief|Namn target|")
		if c := must(w, w.as("target"), ops.ViewCredentials{}); fmt.Sprintf("%+v", *c) != fmt.Sprintf("%+v", ops.Credentials{}) {
			t.Errorf("%+v", c)
		}
		if got := w.speaks(w.hub, s.Session); got != "nobody" {
			t.Errorf("the session speaks for %s", got)
		}
		if s := w.proves(p, codes[0]); s.Code != ops.SessionOver {
			t.Errorf("the sign-in that had begun: %+v", s)
		}
		if s := w.signing("target"); s.Code != ops.WrongCredentials {
			t.Errorf("the password: %+v", s)
		}
	})
}

// TestCredentialsOfOthers: of one's own people only.
func TestCredentialsOfOthers(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		outside := w.signIn("guest") // of EXT, administers SUN
		session := must(w, outside, ops.ListSessions{})[0].ID
		for _, c := range []struct {
			by, in, to, want string
		}{
			{"chief", "SUN", "guest", "not found: user_not_found"}, // theirs is EXT's business
			{"chief", "", "guest", "not found: user_not_found"},
			{"chief", "EXT", "guest", "not found: organization_not_found"},
			{"stranger", "SUN", "target", "not found: organization_not_found"},
			{"stranger", "", "target", "not found: user_not_found"},
			{"service", "SUN", "target", "not_permitted"},
			{"reader", "SUN", "target", "not_permitted"},
			{"plain", "SUN", "target", "not_permitted"},
			{"extchief", "EXT", "guest", "done"},
		} {
			_, err := ops.Do(t.Context(), w.hub, w.as(c.by), ops.ListSessions{Organization: c.in, User: email(c.to)})
			_, err2 := ops.Do(t.Context(), w.hub, w.as(c.by), ops.ViewCredentials{Organization: c.in, User: email(c.to)})
			_, err3 := ops.Do(t.Context(), w.hub, w.as(c.by), ops.EndSession{Organization: c.in, User: email(c.to), Session: session})
			_, err4 := ops.Do(t.Context(), w.hub, w.as(c.by), ops.ResetCredentials{Organization: c.in, User: email(c.to)})
			for i, err := range []error{err, err2, err3, err4} {
				if got := refusal(err); got != c.want && got != strings.Replace(c.want, "not_permitted", string(policy.NoRoleHeld), 1) {
					t.Errorf("%d: %s in %q of %s: %s, want %s", i, c.by, c.in, c.to, got, c.want)
				}
			}
		}
		// A session is ended by its owner's name only.
		mine := w.signing("plain")
		id := must(w, ops.Session(mine.Session), ops.ListSessions{})[0].ID
		for name, op := range map[string]ops.EndSession{"one's own": {Session: id}, "another's": {User: email("target"), Session: id}} {
			if _, err := ops.Do(t.Context(), w.hub, w.as("chief"), op); refusal(err) != "not found: session_not_found" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := w.speaks(w.hub, mine.Session); got != "plain" {
			t.Errorf("it speaks for %s", got)
		}
		must(w, w.as("chief"), ops.EndSession{User: email("plain"), Session: id})
		if _, err := ops.Do(t.Context(), w.hub, w.as("chief"), ops.EndSession{User: email("plain"), Session: id}); refusal(err) != "not found: session_not_found" {
			t.Errorf("ended twice: %v", err)
		}
	})
}
