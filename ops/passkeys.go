package ops

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// challengeLife is how long a browser may take with a passkey.
const challengeLife = 5 * time.Minute

// longestKey is the most that a passkey's public key may hold, in bytes: RSA of
// 4096 bits. Whoever made a greater one would have others wait while it is used.
const longestKey = 600

// Purposes of what is handed out.
const (
	passkeySignIn = "passkey to sign in"
	passkeySetup  = "passkey to set up"
)

// A PasskeyChallenge is what the browser is to do with a passkey, and what to
// bring back with its response, once, within five minutes.
type PasskeyChallenge struct {
	Options json.RawMessage // for navigator.credentials: {"publicKey": …}
	State   kontrollrum.Secret
}

// relyingParty makes the hub one of WebAuthn's, for its public address: nil
// where that is none, or an address by number, which can have no passkeys.
func relyingParty(public string) *webauthn.WebAuthn {
	u, err := url.Parse(public)
	if err != nil {
		return nil
	}
	required := true
	rp, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: totpIssuer, RPOrigins: []string{public},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: &required, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil || u.Hostname() == "" {
		return nil
	}
	return rp
}

// party is the hub as relying party, or a Conflict where it can be none.
func (h *Hub) party() (*webauthn.WebAuthn, error) {
	if h.passkeys == nil {
		return nil, kontrollrum.Clash("no_passkeys", "passkeys need a public URL with a name, not a number, for a host")
	}
	return h.passkeys, nil
}

// An owner is a user as WebAuthn sees them.
type owner struct {
	id          kontrollrum.UserID
	email, name string
	passkeys    []webauthn.Credential
}

func (o *owner) WebAuthnID() []byte                         { return []byte(o.id) }
func (o *owner) WebAuthnName() string                       { return o.email }
func (o *owner) WebAuthnDisplayName() string                { return o.name }
func (o *owner) WebAuthnCredentials() []webauthn.Credential { return o.passkeys }

// owner loads a user with their passkeys; nil where there is no such user.
func (t *turn) owner(ctx context.Context, user kontrollrum.UserID) (*owner, *store.Login, error) {
	l, err := t.tx.Login(ctx, user)
	if l == nil || err != nil {
		return nil, nil, err
	}
	factors, err := t.tx.Factors(ctx, l.Organization, l.User)
	if err != nil {
		return nil, nil, err
	}
	o := &owner{id: l.User, email: string(l.Email), name: l.Name}
	for _, f := range factors {
		if f.Kind != kontrollrum.Passkey {
			continue
		}
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(f.Data), &c); err != nil {
			return nil, nil, err
		}
		o.passkeys = append(o.passkeys, c)
	}
	return o, l, nil
}

func passkeyID(c *webauthn.Credential) string { return base64.RawURLEncoding.EncodeToString(c.ID) }

// challenge seals a ceremony's data and shows its options.
func (t *turn) challenge(purpose string, user kontrollrum.UserID, options any, ceremony *webauthn.SessionData) (*PasskeyChallenge, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return nil, err
	}
	state, err := t.hand(purpose, user, challengeLife, ceremony)
	return &PasskeyChallenge{Options: text, State: state}, err
}

// BeginAddPasskey begins to set up a passkey for the caller.
type BeginAddPasskey struct{}

func (BeginAddPasskey) asks() Ask {
	return Ask{Action: policy.CredentialsEdit, Enrols: true, ReadOnly: true}
}

func (o BeginAddPasskey) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (BeginAddPasskey) run(ctx context.Context, t *turn) (*PasskeyChallenge, error) {
	rp, err := t.hub.party()
	if err != nil {
		return nil, err
	}
	if err := t.enrolling(ctx); err != nil {
		return nil, err
	}
	user, _, err := t.owner(ctx, t.actor.ID)
	if err != nil {
		return nil, err
	}
	options, ceremony, err := rp.BeginRegistration(user, webauthn.WithExclusions(webauthn.Credentials(user.passkeys).CredentialDescriptors()))
	if err != nil {
		return nil, err
	}
	return t.challenge(passkeySetup, t.actor.ID, options, ceremony)
}

// FinishAddPasskey ends what [BeginAddPasskey] began. It answers the recovery
// codes, shown once, where this is the first factor; else none. Invalid where
// the response is wrong, Conflict where the setup is over.
type FinishAddPasskey struct {
	State    kontrollrum.Secret
	Response []byte // JSON, of PublicKeyCredential.toJSON
	Name     string // the user's own word for it
}

func (FinishAddPasskey) asks() Ask { return Ask{Action: policy.CredentialsEdit, Enrols: true} }

func (o FinishAddPasskey) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o FinishAddPasskey) run(ctx context.Context, t *turn) ([]string, error) {
	rp, err := t.hub.party()
	if err != nil {
		return nil, err
	}
	var ceremony webauthn.SessionData
	p := t.returned(passkeySetup, t.actor.ID, o.State, &ceremony)
	if p == nil {
		return nil, setupOver()
	}
	user, _, err := t.owner(ctx, t.actor.ID)
	if err != nil {
		return nil, err
	}
	response, err := protocol.ParseCredentialCreationResponseBytes(o.Response)
	if err != nil || len(response.Response.AttestationObject.AuthData.AttData.CredentialPublicKey) > longestKey {
		return nil, wrongPasskey()
	}
	// Who made the device is not asked for; what comes of it unasked is not judged.
	response.Response.AttestationObject.Format, response.Response.AttestationObject.AttStatement = string(protocol.AttestationFormatNone), nil
	made, err := rp.CreateCredential(user, ceremony, response)
	if err != nil {
		return nil, wrongPasskey()
	}
	if first, err := t.once(ctx, passkeySetup, p, t.actor.Home, t.actor.ID, o.State); err != nil || !first {
		return nil, orElse(err, setupOver())
	}
	data, err := json.Marshal(made)
	if err != nil {
		return nil, err
	}
	f := &store.Factor{Factor: kontrollrum.Factor{ID: passkeyID(made), Kind: kontrollrum.Passkey, Name: o.Name}, Data: string(data)}
	return t.addFactor(ctx, f, passkeyMethods(made)...)
}

func wrongPasskey() error {
	return kontrollrum.Wrong("passkey", "", "the device's answer does not fit what was asked; begin again")
}

// passkeyMethods are the ways in which a passkey proves its user: by a key that
// stays in its device or not, and by what that asks of them (RFC 8176).
func passkeyMethods(c *webauthn.Credential) []string {
	key := "hwk"
	if c.Flags.BackupEligible {
		key = "swk"
	}
	return []string{key, "user", "mfa"}
}

// BeginPasskey begins a sign-in by passkey, or goes on with one that asks for a
// second factor: Unauthenticated, session_over, where that is over. Nothing is
// kept, so it may be asked for every page of a sign-in.
type BeginPasskey struct {
	Session kontrollrum.Secret // of the stage factor; empty: the passkey alone
}

func (BeginPasskey) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true, ReadOnly: true} }

func (o BeginPasskey) run(ctx context.Context, t *turn) (*PasskeyChallenge, error) {
	rp, err := t.hub.party()
	if err != nil {
		return nil, err
	}
	if o.Session.Empty() {
		options, ceremony, err := rp.BeginDiscoverableLogin()
		if err != nil {
			return nil, err
		}
		return t.challenge(passkeySignIn, "", options, ceremony)
	}
	s, err := t.tx.Session(ctx, o.Session.Hash(), t.now, SessionIdle)
	if err != nil {
		return nil, err
	}
	if s == nil || s.Stage != kontrollrum.StageFactor {
		return nil, &kontrollrum.Error{Kind: kontrollrum.Unauthenticated, Code: SessionOver, Message: "begin to sign in again"}
	}
	user, _, err := t.owner(ctx, s.User)
	if err != nil {
		return nil, err
	}
	if user == nil || len(user.passkeys) == 0 {
		return nil, kontrollrum.Missing("factor")
	}
	options, ceremony, err := rp.BeginLogin(user)
	if err != nil {
		return nil, err
	}
	return t.challenge(passkeySignIn, s.User, options, ceremony)
}

// FinishPasskey ends what [BeginPasskey] began, with a full session: a passkey
// that verifies its user is two factors in one. What is wrong is in the
// Signing. A challenge works once, also for many at once.
type FinishPasskey struct {
	State    kontrollrum.Secret
	Response []byte             // JSON, of PublicKeyCredential.toJSON
	Session  kontrollrum.Secret // as in BeginPasskey
	Replace  kontrollrum.Secret // as in PasswordProof
}

func (FinishPasskey) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true} }

func (o FinishPasskey) run(ctx context.Context, t *turn) (*Signing, error) {
	var partial kontrollrum.Session
	if !o.Session.Empty() {
		s, err := t.tx.Session(ctx, o.Session.Hash(), t.now, SessionIdle)
		if err != nil {
			return nil, err
		}
		if s == nil || s.Stage != kontrollrum.StageFactor {
			return &Signing{Code: SessionOver}, nil
		}
		partial = *s
	}
	tried, err := t.try(ctx, addressSubject(t.caller))
	if err != nil {
		return nil, err
	}
	if tried.Wait > 0 {
		return &Signing{Code: TooManyAttempts, Wait: tried.Wait}, nil
	}
	whose, used, why, err := o.prove(ctx, t, partial.User)
	if err != nil {
		return nil, err
	}
	if why == "" && !slices.Contains(partial.Methods, byProvider) {
		if why, err = t.elsewhere(ctx, whose.Organization, whose.Email); err != nil {
			return nil, err
		}
	}
	if why != "" {
		t.failed(tried, whose, "", why)
		return &Signing{Code: WrongPasskey}, nil
	}
	data, err := json.Marshal(used)
	if err != nil {
		return nil, err
	}
	if err := t.tx.UsePasskey(ctx, whose.Organization, whose.User, passkeyID(used), string(data), t.now); err != nil {
		return nil, err
	}
	if err := t.succeeded(ctx, tried); err != nil {
		return nil, err
	}
	return take(ctx, t.as(whose.User), beginSession{methods: append(slices.Clone(partial.Methods), passkeyMethods(used)...), of: partial.ID, replace: o.Replace, note: "by a passkey"})
}

// prove judges the response: whose passkey it is, as it is now, or why not.
func (o FinishPasskey) prove(ctx context.Context, t *turn, user kontrollrum.UserID) (whose *store.Login, used *webauthn.Credential, why string, err error) {
	rp, err := t.hub.party()
	if err != nil {
		return nil, nil, "", err
	}
	var ceremony webauthn.SessionData
	p := t.returned(passkeySignIn, user, o.State, &ceremony)
	if p == nil {
		return nil, nil, "challenge_over", nil
	}
	response, err := protocol.ParseCredentialRequestResponseBytes(o.Response)
	if err != nil {
		return nil, nil, "wrong_passkey", nil
	}
	if user == "" {
		if user = kontrollrum.UserID(response.Response.UserHandle); !kontrollrum.IsID(string(user)) {
			return nil, nil, "unknown_account", nil
		}
	}
	person, whose, err := t.owner(ctx, user)
	if err != nil {
		return nil, nil, "", err
	}
	if person == nil {
		return nil, nil, "unknown_account", nil
	}
	if p.User == "" {
		used, err = rp.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return person, nil }, ceremony, response)
	} else {
		used, err = rp.ValidateLogin(person, ceremony, response)
	}
	switch {
	case err != nil:
		return whose, nil, "wrong_passkey", nil
	case used.Authenticator.CloneWarning:
		return whose, nil, "passkey_copied", nil // its counter went back (WebAuthn §6.1.1)
	case whose.Status == kontrollrum.Inactive:
		return whose, nil, "user_inactive", nil
	case whose.Status == kontrollrum.NotVerified:
		return whose, nil, "not_verified", nil
	}
	first, err := t.once(ctx, passkeySignIn, p, whose.Organization, whose.User, o.State)
	if err == nil && !first {
		why = "challenge_used"
	}
	return whose, used, why, err
}
