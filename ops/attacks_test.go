package ops_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// What somebody might try who has a little and wants more.

var another = kontrollrum.NewSecret("en lång och god fras")

// TestStaleTakesNobodyOver: whoever found a browser open does not get round the
// step-up by becoming somebody else, whose address they change.
func TestStaleTakesNobodyOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	found := w.signIn("chief")
	w.clock.Advance(ops.StepUp + time.Second)
	for what, try := range map[string]func() error{
		"an address": func() error {
			return done(w, found, ops.ChangeEmail{User: email("second"), Email: "evil@evil.example"})
		},
		"with details": func() error {
			return done(w, found, ops.EditUser{User: email("second"), Email: "evil@evil.example", Details: ops.Details{DisplayName: "X"}})
		},
		"a reset":    func() error { return done(w, found, ops.ResetCredentials{User: email("second")}) },
		"a role":     func() error { return done(w, found, ops.AssignRole{User: email("target"), Role: policy.FullAdmin}) },
		"a password": func() error { return w.hub.SetPassword(t.Context(), found, ops.NewPassword{New: another}) },
	} {
		if got := codeOf(try()); got != "denied step_up_required" {
			t.Errorf("%s: %q", what, got)
		}
	}
}

func done[R any](w *world, c ops.Caller, op ops.Op[R]) error {
	_, err := ops.Do(w.Context(), w.hub, c, op)
	return err
}

// TestTokensAreNoWayIn: a token that leaks, an application's or a person's own,
// does not become a password, a factor or a recovery code.
func TestTokensAreNoWayIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.passkey(w.signIn("plain"))
	given := w.granted(w.signIn("chief"), ops.ScopeAPI)
	for name, c := range map[string]ops.Caller{"a personal token": w.tokens["plain"], "an access token": ops.Bearer(given.Access)} {
		for what, err := range map[string]error{
			"a password":          w.hub.SetPassword(t.Context(), c, ops.NewPassword{New: another}),
			"the right password":  w.hub.SetPassword(t.Context(), c, ops.NewPassword{Current: kontrollrum.NewSecret(password), New: another}),
			"an app":              done(w, c, ops.BeginTOTP{}),
			"a passkey":           done(w, c, ops.BeginAddPasskey{}),
			"codes":               done(w, c, ops.NewRecoveryCodes{}),
			"a factor's removal":  done(w, c, ops.RemoveFactor{ID: "x", Confirmed: true}),
			"a factor's new name": done(w, c, ops.RenameFactor{ID: "x", Name: "x"}),
		} {
			if !errors.Is(err, kontrollrum.Unauthenticated) {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
	}
}

// granted is what the client gets of whoever calls.
func (w *world) granted(c ops.Caller, scopes ...string) *ops.Issued {
	w.Helper()
	verifier := strings.Repeat("v", 43)
	const challenge = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
	a := must(w, ops.Caller{}, ops.BeginAuthorization{Client: "client", AuthorizationRequest: kontrollrum.AuthorizationRequest{Redirect: clientRedirect, Scopes: scopes, Challenge: challenge}})
	must(w, c, ops.Authorize{Request: a.ID})
	code := must(w, c, ops.IssueCode{Request: a.ID})
	out := must(w, ops.Caller{}, ops.RedeemCode{ClientProof: ops.ClientProof{Client: "client", Secret: w.secret}, Code: code.Code, Redirect: clientRedirect, Verifier: verifier})
	if out.Error != "" {
		w.Fatalf("%+v", out)
	}
	return out
}

// TestGrantedByOneFactor: what outlived the session in which it was given by
// one factor ends when two are demanded.
func TestGrantedByOneFactor(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		second, plain := w.signing("second"), w.signIn("plain")
		of, others := w.granted(ops.Session(second.Session), "offline_access", ops.ScopeAPI), w.granted(plain, "offline_access", ops.ScopeAPI)
		must(w, ops.Caller{}, ops.SignOut{Session: second.Session})
		must(w, ops.Bearer(of.Access), ops.Myself{})
		w.clock.Advance(time.Minute)
		must(w, w.as("chief"), ops.EditOrganization{Organization: "SUN", SecondFactor: pointer(true)})
		if err := done(w, ops.Bearer(of.Access), ops.Myself{}); !errors.Is(err, kontrollrum.Unauthenticated) {
			t.Errorf("its access token: %v", err)
		}
		proof := ops.ClientProof{Client: "client", Secret: w.secret}
		if out := must(w, ops.Caller{}, ops.RefreshTokens{ClientProof: proof, Token: of.Refresh}); out.Error != ops.InvalidGrant {
			t.Errorf("its refresh token: %+v", out)
		}
		if out := must(w, ops.Caller{}, ops.RefreshTokens{ClientProof: proof, Token: others.Refresh}); out.Error != "" {
			t.Errorf("that of somebody of whom two are not demanded: %+v", out)
		}
	})
}

// TestOldLinks: whoever has chosen a password has voided what lies in old mails.
func TestOldLinks(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		must(w, ops.Caller{}, ops.AskPasswordReset{Email: email("plain")})
		forgotten := w.one(kontrollrum.PasswordLetter, email("plain"))
		if err := w.hub.SetPassword(t.Context(), w.signIn("plain"), ops.NewPassword{New: another}); err != nil {
			t.Fatal(err)
		}
		w.opens(tokenIn(forgotten), ops.LinkSuperseded)
		w.one(kontrollrum.PasswordChanged, email("plain"))

		eva := w.invite("eva")
		invited := w.one(kontrollrum.ActivationLetter, eva)
		must(w, w.as("chief"), ops.ActivateUser{User: eva})
		must(w, ops.Caller{}, ops.AskPasswordReset{Email: eva})
		chosen := must(w, ops.Caller{}, ops.AcceptLink{Token: tokenIn(w.one(kontrollrum.PasswordLetter, eva))})
		w.opens(tokenIn(invited), ops.LinkGood) // until something is chosen
		if err := w.hub.SetPassword(t.Context(), ops.Session(chosen.Session), ops.NewPassword{New: another}); err != nil {
			t.Fatal(err)
		}
		w.opens(tokenIn(invited), ops.LinkSuperseded)
	})
}

// TestUpstreamSaysNotWhen: a provider that does not say when it asked may have
// let in whoever sat down at the browser.
func TestUpstreamSaysNotWhen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.upstream(false)
	s := w.arrive(claims("chief"))
	if got := codeOf(done(w, ops.Session(s.Session), ops.AssignRole{User: email("target"), Role: policy.FullAdmin})); got != "denied step_up_required" {
		t.Errorf("got %q", got)
	}
}

// TestGatesSweep: what is written before anybody is known is forgotten, in
// whichever way people sign in.
func TestGatesSweep(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		a, _ := w.passkey(w.signIn("plain"))
		w.byPasskey(a)
		if n := len(w.rows(t, `select hash from challenges`)); n == 0 {
			t.Fatal("nothing is remembered")
		}
		w.clock.Advance(25 * time.Hour)
		if _, err := ops.Do(t.Context(), w.hub, ops.Caller{}, ops.RevokeGranted{ClientProof: ops.ClientProof{Client: "client", Secret: w.secret}}); err != nil {
			t.Fatal(err)
		}
		if n := len(w.rows(t, `select hash from challenges`)); n != 0 {
			t.Errorf("%d challenges of yesterday", n)
		}
	})
}

// TestGreatPasskey: a key that takes long to judge is none, whoever says that
// they have it: it is judged while others wait to write.
func TestGreatPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	c := w.signIn("plain")
	for bytes, want := range map[int]string{512: "", 1024: "invalid invalid_passkey", 60000: "invalid invalid_passkey"} {
		a := newAuthenticator(t)
		begun := must(w, c, ops.BeginAddPasskey{})
		key, err := webauthncbor.Marshal(map[int]any{1: 3, 3: -257, -1: []byte(strings.Repeat("\xff", bytes)), -2: []byte{1, 0, 1}})
		if err != nil {
			t.Fatal(err)
		}
		data := append(a.data(attested), make([]byte, 16)...)
		data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
		data = append(append(data, a.id...), key...)
		attestation, err := webauthncbor.Marshal(map[string]any{"fmt": "packed", "attStmt": map[string]any{"alg": -257, "sig": make([]byte, bytes)}, "authData": data})
		if err != nil {
			t.Fatal(err)
		}
		response := a.response(map[string]any{"clientDataJSON": b64(a.client("webauthn.create", a.read(begun.Options).PublicKey.Challenge)), "attestationObject": b64(attestation)})
		if got := codeOf(done(w, c, ops.FinishAddPasskey{State: begun.State, Response: response})); got != want {
			t.Errorf("%d bytes: %q, want %q", bytes, got, want)
		}
	}
}

// TestManyAtOneAddress: an office behind one address mistypes every day, and
// comes in all the same.
func TestManyAtOneAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	office := ops.Caller{IP: "192.0.2.1"}
	try := func(name, password string) *ops.Signing {
		s, err := w.hub.SignIn(t.Context(), office, ops.PasswordProof{Email: email(name), Password: kontrollrum.NewSecret(password)})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for day := range 14 {
		for _, name := range []string{"chief", "second", "plain", "target", "holder", "reader"} {
			if s := try(name, "fel "+password); s.Wait > 0 {
				t.Fatalf("day %d: whoever mistypes waits for %v", day, s.Wait)
			}
			if s := try(name, password); s.Code != "" {
				t.Fatalf("day %d: %+v", day, s)
			}
			w.clock.Advance(5 * time.Minute)
		}
		w.clock.Advance(23 * time.Hour)
	}
}

// TestConfirmedAddresses: applications are told that an address is somebody's
// only where that was shown. Who writes another's into the hub does not become
// them elsewhere.
func TestConfirmedAddresses(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w *world) {
		verified := func() bool {
			t.Helper()
			return must(w, ops.Caller{}, ops.ViewIdentity{Token: w.granted(w.signIn("plain"), "openid").Access}).EmailVerified
		}
		if verified() {
			t.Error("activated by an administrator")
		}
		follow := func(to string) {
			t.Helper()
			must(w, ops.Caller{}, ops.AskPasswordReset{Email: to})
			must(w, ops.Caller{}, ops.AcceptLink{Token: tokenIn(w.one(kontrollrum.PasswordLetter, to))})
		}
		if follow(email("plain")); !verified() {
			t.Error("who followed a link has shown nothing")
		}
		must(w, w.as("chief"), ops.ChangeEmail{User: email("plain"), Email: "director@bank.example"})
		w.one(kontrollrum.AddressChanged, email("plain")) // to the address that was
		must(w, ops.Operator(), ops.ImportPasswords{Hashes: map[string]string{"director@bank.example": cheapHash}})
		s, err := w.hub.SignIn(t.Context(), ops.Caller{}, ops.PasswordProof{Email: "director@bank.example", Password: kontrollrum.NewSecret(password)})
		if err != nil {
			t.Fatal(err)
		}
		if must(w, ops.Caller{}, ops.ViewIdentity{Token: w.granted(ops.Session(s.Session), "openid").Access}).EmailVerified {
			t.Error("another address, of whoever")
		}
	})
}
