package ops_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// upstream lets SUN's people sign in at a provider.
func (w *world) upstream(enforced bool) {
	w.Helper()
	must(w, w.as("chief"), ops.SetIdentityProvider{Issuer: "https://id.sun.example", ClientID: "hub", ClientSecret: pointer(kontrollrum.NewSecret("hemligt")), Name: "Solen", Enforced: enforced})
	must(w, ops.Operator(), ops.AddDomain{Organization: "SUN", Domain: "sun.example"})
}

// begin begins a sign-in at the provider.
func (w *world) begin(name string) *ops.UpstreamStart {
	w.Helper()
	start := must(w, ops.Caller{}, ops.BeginUpstream{Email: email(name), Along: "next=%2Fx"})
	if start == nil {
		w.Fatalf("%s is led nowhere", name)
	}
	return start
}

func (w *world) resume(start *ops.UpstreamStart) *ops.UpstreamLeg {
	w.Helper()
	leg := must(w, ops.Caller{}, ops.ResumeUpstream{State: start.State, Browser: start.Browser})
	if leg.Code != "" {
		w.Fatalf("not taken up: %+v", leg)
	}
	return leg
}

// claims is what a good provider says of a resident.
func claims(name string) ops.UpstreamClaims {
	return ops.UpstreamClaims{Subject: "s-" + name, Email: strings.ToUpper(email(name)), EmailVerified: true}
}

func (w *world) finish(leg *ops.UpstreamLeg, c ops.UpstreamClaims) *ops.Signing {
	w.Helper()
	return must(w, ops.Caller{}, ops.FinishUpstream{Ticket: leg.Ticket, Claims: c})
}

// arrive is a whole sign-in.
func (w *world) arrive(c ops.UpstreamClaims) *ops.Signing {
	w.Helper()
	return w.finish(w.resume(w.begin("plain")), c)
}

func TestUpstream(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		w.upstream(false)
		start := w.begin("plain")
		if start.Issuer != "https://id.sun.example" || start.ClientID != "hub" || start.Nonce == "" || start.Verifier == "" || start.Browser.Empty() || start.Name != "Solen" {
			t.Errorf("begun %+v", start)
		}
		leg := w.resume(start)
		if leg.Secret.Reveal() != "hemligt" || leg.Nonce != start.Nonce || leg.Verifier != start.Verifier || leg.Along != "next=%2Fx" {
			t.Errorf("taken up %+v", leg)
		}
		c := claims("plain")
		c.GivenName, c.FamilyName, c.Name, c.Locale, c.ZoneInfo, c.Methods = "Åsa", "Öst", "Åsa Öst", "en_GB", "Europe/Oslo", []string{"pwd", "nonsense", "otp"}
		s := w.finish(leg, c)
		if s.Code != "" || s.Stage != kontrollrum.StageFull || s.User != w.users["plain"] {
			t.Fatalf("signed in %+v", s)
		}
		me := must(w, ops.Session(s.Session), ops.Myself{})
		if me.FirstName != "Åsa" || me.LastName != "Öst" || me.DisplayName != "Åsa Öst" || me.Language != "en-GB" || me.TimeZone != "Europe/Oslo" || string(me.Email) != email("plain") {
			t.Errorf("taken over: %+v", me)
		}
		live := must(w, ops.Session(s.Session), ops.ListSessions{})
		if len(live) != 1 || !slices.Equal(live[0].Methods, []string{"fed", "pwd", "otp"}) {
			t.Errorf("sessions %+v", live)
		}
		// What is left out or cannot be kept is left as it was; and the address need not be told again.
		c = ops.UpstreamClaims{Subject: "s-plain", Locale: "x y", ZoneInfo: "Local", Name: strings.Repeat("å", 300), GivenName: "a\x00b"}
		if s = w.arrive(c); s.Code != "" {
			t.Fatalf("the second time: %+v", s)
		}
		if again := must(w, ops.Session(s.Session), ops.Myself{}); again.DisplayName != me.DisplayName || again.FirstName != me.FirstName || again.Language != me.Language || again.Modified != me.Modified {
			t.Errorf("the second time taken over: %+v", again)
		}
		if n := len(w.rows(t, `select id from entries where action = 'users.edit_details'`)); n != 1 {
			t.Errorf("%d entries of one change", n)
		}
		if n := len(w.rows(t, `select id from entries where action = 'credentials.edit' and outcome = 'done'`)); n != 1 {
			t.Errorf("%d entries of one link", n)
		}
	})
}

// TestUpstreamState: what comes back does so once, in time, in its own browser.
func TestUpstreamState(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		w.upstream(false)
		resume := func(start *ops.UpstreamStart, browser kontrollrum.Secret) string {
			return must(w, ops.Caller{}, ops.ResumeUpstream{State: start.State, Browser: browser}).Code
		}
		start, other := w.begin("plain"), w.begin("plain")
		for what, browser := range map[string]kontrollrum.Secret{"no browser": {}, "another's": other.Browser, "a guess": kontrollrum.NewSecret("x")} {
			if got := resume(w.begin("plain"), browser); got != ops.SessionOver {
				t.Errorf("%s: %q", what, got)
			}
		}
		if got := resume(start, start.Browser); got != "" {
			t.Errorf("the first time: %q", got)
		}
		if got := resume(start, start.Browser); got != ops.SessionOver {
			t.Errorf("the second time: %q", got)
		}
		for what, state := range map[string]string{"none": "", "nonsense": "x", "altered": other.State.Reveal()[:20] + "AAAA" + other.State.Reveal()[24:], "a nonce": other.Nonce} {
			if got := resume(&ops.UpstreamStart{State: kontrollrum.NewSecret(state)}, other.Browser); got != ops.SessionOver {
				t.Errorf("%s: %q", what, got)
			}
		}
		// A browser keeps what it was given, so that two of its tabs sign in side by side.
		again := must(w, ops.Caller{}, ops.BeginUpstream{Email: email("plain"), Browser: other.Browser})
		if again.Browser != other.Browser || again.State == other.State || resume(other, again.Browser) != "" || resume(again, other.Browser) != "" {
			t.Error("two tabs stop each other")
		}
		late := w.begin("plain")
		w.clock.Advance(16 * time.Minute)
		if got := resume(late, late.Browser); got != ops.SessionOver {
			t.Errorf("late: %q", got)
		}
		// The ticket, too, is good once and for a moment.
		leg := w.resume(w.begin("plain"))
		if s := w.finish(leg, claims("plain")); s.Code != "" {
			t.Errorf("the first time: %+v", s)
		}
		if s := w.finish(leg, claims("plain")); s.Code != ops.SessionOver || !s.Session.Empty() {
			t.Errorf("the second time: %+v", s)
		}
		leg = w.resume(w.begin("plain"))
		w.clock.Advance(3 * time.Minute)
		if s := w.finish(leg, claims("plain")); s.Code != ops.SessionOver {
			t.Errorf("late: %+v", s)
		}
		if s := w.finish(&ops.UpstreamLeg{Ticket: w.begin("plain").State}, claims("plain")); s.Code != ops.SessionOver {
			t.Errorf("a state as ticket: %+v", s)
		}
		// Whoever named another provider meanwhile ends what was begun at the one before.
		start, leg = w.begin("plain"), w.resume(w.begin("plain"))
		must(w, w.as("chief"), ops.SetIdentityProvider{Issuer: "https://id.sun.example", ClientID: "other"})
		if got := resume(start, start.Browser); got != ops.ProviderChanged {
			t.Errorf("begun before: %q", got)
		}
		if s := w.finish(leg, claims("plain")); s.Code != ops.ProviderChanged {
			t.Errorf("taken up before: %+v", s)
		}
	})
}

// TestUpstreamRefuses: nobody is made, and nobody becomes somebody else.
func TestUpstreamRefuses(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		w.upstream(false)
		if s := w.arrive(claims("holder")); s.Code != "" {
			t.Fatalf("holder: %+v", s)
		}
		with := func(c ops.UpstreamClaims, f func(*ops.UpstreamClaims)) ops.UpstreamClaims {
			f(&c)
			return c
		}
		users := len(w.rows(t, `select id from users`))
		for what, c := range map[string]struct {
			claims ops.UpstreamClaims
			want   string
		}{
			"email not verified":    {with(claims("plain"), func(c *ops.UpstreamClaims) { c.EmailVerified = false }), ops.EmailNotVerified},
			"no email":              {with(claims("plain"), func(c *ops.UpstreamClaims) { c.Email = "" }), ops.EmailNotVerified},
			"no address":            {with(claims("plain"), func(c *ops.UpstreamClaims) { c.Email = "plain" }), ops.EmailNotVerified},
			"another domain":        {claims("vikchief"), ops.OtherDomain},
			"nobody's address":      {with(claims("plain"), func(c *ops.UpstreamClaims) { c.Email = "ny@sun.example" }), ops.UnknownPerson},
			"deactivated":           {claims("asleep"), ops.PersonInactive},
			"linked to another":     {with(claims("holder"), func(c *ops.UpstreamClaims) { c.Subject = "s-other" }), ops.OtherSubject},
			"no subject":            {with(claims("plain"), func(c *ops.UpstreamClaims) { c.Subject = "" }), ops.ProviderFailed},
			"subject without bound": {with(claims("plain"), func(c *ops.UpstreamClaims) { c.Subject = strings.Repeat("x", 256) }), ops.ProviderFailed},
		} {
			log := len(w.rows(t, `select id from entries`))
			if s := w.arrive(c.claims); s.Code != c.want || !s.Session.Empty() {
				t.Errorf("%s: %+v, want %s", what, s, c.want)
			}
			if n := len(w.rows(t, `select id from entries`)) - log; n != 1 {
				t.Errorf("%s: %d entries", what, n)
			}
		}
		// A subject that is known is its user, whatever address is told with it.
		if s := w.arrive(with(claims("plain"), func(c *ops.UpstreamClaims) { c.Subject = "s-holder" })); s.User != w.users["holder"] {
			t.Errorf("a known subject: %+v", s)
		}
		failed := must(w, ops.Caller{}, ops.FinishUpstream{Ticket: w.resume(w.begin("plain")).Ticket, Claims: claims("plain"), Failed: "wrong_nonce"})
		if failed.Code != ops.ProviderFailed || len(w.rows(t, `select id from entries where code = 'wrong_nonce' and organization <> ''`)) != 1 {
			t.Errorf("what the face refused: %+v", failed)
		}
		if now := len(w.rows(t, `select id from users`)); now != users {
			t.Errorf("%d users became %d", users, now)
		}
		must(w, w.as("chief"), ops.ResetCredentials{User: email("holder")})
		if s := w.arrive(with(claims("holder"), func(c *ops.UpstreamClaims) { c.Subject = "s-other" })); s.User != w.users["holder"] {
			t.Errorf("linked anew: %+v", s)
		}
		must(w, w.as("chief"), ops.DeactivateUser{User: email("holder")})
		if s := w.arrive(with(claims("holder"), func(c *ops.UpstreamClaims) { c.Subject = "s-other" })); s.Code != ops.PersonInactive {
			t.Errorf("deactivated after they were known: %+v", s)
		}
		must(w, w.as("chief"), ops.RemoveUser{User: email("holder")})
		if s := w.arrive(claims("holder")); s.Code != ops.UnknownPerson {
			t.Errorf("removed: %+v", s)
		}
	})
}

// TestUpstreamVerifies: whoever was only invited is active, since the provider
// vouches for the address; a suspended organization lets nobody new in, and
// changes nothing.
func TestUpstreamVerifies(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		w.upstream(false)
		must(w, ops.Operator(), ops.SuspendOrganization{Organization: "SUN"})
		if s := w.arrive(claims("invited")); s.Code != ops.HubSuspended {
			t.Errorf("new in a suspended organization: %+v", s)
		}
		c := claims("plain")
		c.Name = "Annat namn"
		if s := w.arrive(c); s.Code != "" {
			t.Errorf("known in a suspended organization: %+v", s)
		} else if me := must(w, ops.Session(s.Session), ops.Myself{}); me.DisplayName == c.Name {
			t.Error("a suspended organization's user changes")
		}
		must(w, w.as("partner"), ops.ResumeOrganization{Organization: "SUN"})
		s := w.arrive(claims("invited"))
		if s.Code != "" {
			t.Fatalf("invited: %+v", s)
		}
		if me := must(w, ops.Session(s.Session), ops.Myself{}); me.Status != kontrollrum.Active {
			t.Errorf("signed in and %s", me.Status)
		}
		for _, action := range []string{"users.verify", "credentials.edit", "sessions.begin"} {
			if n := len(w.rows(t, `select id from entries where outcome = 'done' and action = '`+action+`' and actor = '`+string(w.users["invited"])+`'`)); n != 1 {
				t.Errorf("%d entries of %s", n, action)
			}
		}
	})
}

// TestUpstreamFactor: a second factor counts where the provider says so; else
// the hub asks for its own.
func TestUpstreamFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.upstream(false)
	must(w, w.as("chief"), ops.EditOrganization{SecondFactor: pointer(true)})
	for _, c := range []struct {
		methods []string
		level   string
		want    kontrollrum.Stage
	}{
		{nil, "", kontrollrum.StageEnrol},
		{[]string{"pwd", "otp"}, "1", kontrollrum.StageEnrol},
		{[]string{"pwd", "mfa"}, "", kontrollrum.StageFull},
		{nil, "https://refeds.org/profile/mfa", kontrollrum.StageFull},
	} {
		of := claims("service")
		of.Methods, of.Level = c.methods, c.level
		if s := w.arrive(of); s.Stage != c.want {
			t.Errorf("%+v: %+v", c, s)
		}
	}
}

// TestUpstreamFresh: whoever is to confirm who they are was asked by the
// provider after that; and a proof is as old as the provider says.
func TestUpstreamFresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.upstream(false)
	at := func(fresh bool, when time.Time) *ops.Signing {
		start := must(w, ops.Caller{}, ops.BeginUpstream{Email: email("chief"), Fresh: fresh})
		c := claims("chief")
		c.Authenticated = when
		return w.finish(w.resume(start), c)
	}
	now := w.clock.Now()
	for what, when := range map[string]time.Time{"not told": {}, "before": now.Add(-2 * time.Minute)} {
		if s := at(true, when); s.Code != ops.NotFresh {
			t.Errorf("%s: %+v", what, s)
		}
	}
	names := func(s *ops.Signing) string {
		_, err := ops.Do(t.Context(), w.hub, ops.Session(s.Session), ops.SetIdentityProvider{Issuer: "https://id.sun.example", ClientID: "hub"})
		return codeOf(err)
	}
	if got := names(at(false, now.Add(-time.Hour))); got != "denied step_up_required" {
		t.Errorf("by a proof an hour old: %q", got)
	}
	if got := names(at(true, w.clock.Now())); got != "" {
		t.Errorf("by a fresh one: %q", got)
	}
	if got := names(at(false, now.Add(time.Hour))); got != "" {
		t.Errorf("by a clock that is ahead: %q", got)
	}
}

// TestEnforced: people of an enforced provider sign in nowhere else, others do,
// and nobody learns from it which addresses there are.
func TestEnforced(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		w.upstream(true)
		for address, want := range map[string]ops.SignInRoute{
			email("plain"): {Provider: "Solen", Enforced: true}, "Nobody@SUN.example": {Provider: "Solen", Enforced: true},
			email("vikchief"): {}, "nobody@nowhere.example": {}, "nonsense": {}, "": {}, "x@old.example": {Provider: "Solen", Enforced: true},
		} {
			if got := must(w, ops.Caller{}, ops.RouteEmail{Email: address}); got != want {
				t.Errorf("%s: %+v", address, got)
			}
		}
		right := w.signing("plain")
		wrong, err := w.hub.SignIn(t.Context(), ops.Caller{}, ops.PasswordProof{Email: email("plain"), Password: kontrollrum.NewSecret("fel lösenord")})
		if err != nil || right.Code != wrong.Code || right.Code != ops.WrongCredentials || !right.Session.Empty() {
			t.Errorf("right %+v, wrong %+v, %v", right, wrong, err)
		}
		if len(w.rows(t, `select id from entries where code = 'provider_only'`)) != 1 {
			t.Error("the log does not say why")
		}
		must(w, w.as("chief"), ops.ChangeEmail{User: email("target"), Email: "target@else.example"})
		w.one(kontrollrum.AddressChanged, email("target"))
		if s, err := w.hub.SignIn(t.Context(), ops.Caller{}, ops.PasswordProof{Email: "target@else.example", Password: kontrollrum.NewSecret(password)}); err != nil || s.Code != "" {
			t.Errorf("an address in no domain of it: %+v, %v", s, err)
		}
		if s := w.signing("vikchief"); s.Code != "" {
			t.Errorf("of another organization: %+v", s)
		}
		// An invitation proves the address, and leads to the provider.
		must(w, w.as("chief"), ops.ResendInvitation{User: email("invited")})
		link := must(w, ops.Caller{}, ops.AcceptLink{Token: tokenIn(w.one(kontrollrum.ActivationLetter, email("invited")))})
		if link.State != ops.LinkGood || link.Code != ops.ProviderOnly || !link.Session.Empty() {
			t.Errorf("by a link: %+v", link)
		}
		for _, name := range []string{"plain", "invited"} {
			if s := w.arrive(claims(name)); s.Code != "" {
				t.Errorf("%s at the provider: %+v", name, s)
			}
		}
		must(w, ops.Operator(), ops.SetIdentityProvider{Organization: "SUN", Issuer: "https://id.sun.example", ClientID: "hub"})
		if s := w.signing("plain"); s.Code != "" {
			t.Errorf("no longer enforced: %+v", s)
		}
	})
}
