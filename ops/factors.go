package ops

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// maxFactors is how many factors one person may have.
const maxFactors = 10

// Credentials is how a user signs in.
type Credentials struct {
	PasswordSet   time.Time // zero: none
	Factors       []kontrollrum.Factor
	RecoveryCodes int  // unused
	Required      bool // an organization demands a second factor of them
}

// ViewCredentials shows how a user of the organization signs in, or the caller
// where it names nobody.
type ViewCredentials struct {
	Organization string
	User         string // by id or address
}

func (o ViewCredentials) asks() Ask {
	return Ask{Action: policy.CredentialsView, In: o.Organization, To: o.User, Enrols: o.User == ""}
}

func (o ViewCredentials) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o ViewCredentials) run(ctx context.Context, t *turn) (*Credentials, error) {
	home, user := t.target.Home, t.target.ID
	l, err := t.tx.Login(ctx, user)
	if err != nil {
		return nil, err
	}
	factors, err := t.tx.Factors(ctx, home, user)
	if err != nil {
		return nil, err
	}
	c := &Credentials{PasswordSet: l.Changed}
	for _, f := range factors {
		c.Factors = append(c.Factors, f.Factor)
	}
	if c.RecoveryCodes, err = t.tx.RecoveryCodes(ctx, home, user); err != nil {
		return nil, err
	}
	c.Required, err = t.tx.SecondFactorDemanded(ctx, user, t.now)
	return c, err
}

// enrolling fails with Conflict where the caller, in the midst of setting up
// the factor that is demanded of them, has one already that they have not
// proven: whoever has the password alone must not add to it.
func (t *turn) enrolling(ctx context.Context) error {
	found := t.caller.found
	if found == nil || found.Stage != kontrollrum.StageEnrol || slices.Contains(found.Methods, "mfa") {
		return nil
	}
	factors, err := t.tx.Factors(ctx, t.actor.Home, t.actor.ID)
	if err == nil && len(factors) > 0 {
		err = kontrollrum.Clash("factor_not_proven", "there is a second factor meanwhile; sign in with it")
	}
	return err
}

// addFactor keeps a factor of the caller's that they have just proven to have,
// in these ways. The first brings recovery codes, and ends what they began
// elsewhere without it. Conflict where there are too many, or it is there.
func (t *turn) addFactor(ctx context.Context, f *store.Factor, methods ...string) (codes []string, err error) {
	f.Name = strings.TrimSpace(f.Name)
	if err := plain("name", f.Name, 64); err != nil {
		return nil, err
	}
	if err := t.enrolling(ctx); err != nil {
		return nil, err
	}
	there, err := t.tx.Factors(ctx, t.actor.Home, t.actor.ID)
	if err != nil {
		return nil, err
	}
	if len(there) >= maxFactors {
		return nil, kontrollrum.Clash("too_many_factors", "remove one first: there may be ten")
	}
	f.Created = t.now
	added, err := t.tx.InsertFactor(ctx, t.actor.Home, t.actor.ID, f)
	if err != nil {
		return nil, err
	}
	if !added {
		return nil, kontrollrum.Clash("factor_there", "it is set up already")
	}
	t.after = f.Factor
	if id := t.session(); id != "" && !slices.Contains(t.caller.found.Methods, "mfa") {
		if err := t.tx.AddMethods(ctx, id, append(slices.Clone(t.caller.found.Methods), methods...)); err != nil {
			return nil, err
		}
	}
	if err := t.tell(ctx, f.Factor, kontrollrum.PasskeyAdded, kontrollrum.TOTPAdded); err != nil || len(there) > 0 {
		return nil, err
	}
	if err := t.tx.EndSingleSessions(ctx, t.actor.ID, t.session(), t.now); err != nil {
		return nil, err
	}
	return t.recoveryCodes(ctx)
}

// factor finds a factor of the caller's among all of theirs, or fails with NotFound.
func (t *turn) factor(ctx context.Context, id string) (*store.Factor, []store.Factor, error) {
	all, err := t.tx.Factors(ctx, t.actor.Home, t.actor.ID)
	if err != nil {
		return nil, nil, err
	}
	for i := range all {
		if all[i].ID == id {
			return &all[i], all, nil
		}
	}
	return nil, nil, kontrollrum.Missing("factor")
}

// RenameFactor gives a factor of the caller's another name. NotFound where they
// have none with that id.
type RenameFactor struct {
	ID   string
	Name string // the user's own word for it
}

func (RenameFactor) asks() Ask { return Ask{Action: policy.CredentialsEdit} }

func (o RenameFactor) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o RenameFactor) run(ctx context.Context, t *turn) (Nothing, error) {
	o.Name = strings.TrimSpace(o.Name)
	if err := plain("name", o.Name, 64); err != nil {
		return Nothing{}, err
	}
	f, _, err := t.factor(ctx, o.ID)
	if err != nil {
		return Nothing{}, err
	}
	after := f.Factor
	after.Name = o.Name
	t.before, t.after = f.Factor, after
	return Nothing{}, t.tx.RenameFactor(ctx, t.actor.Home, t.actor.ID, f.ID, o.Name)
}

// RemoveFactor removes a factor of the caller's. NotFound where they have none
// with that id. Conflict: last_way_to_sign_in where nothing would be left to
// sign in with, second_factor_required where it is the last and an organization
// demands one, confirmation_needed where fewer than two of password and
// factors would be left and it is not Confirmed.
type RemoveFactor struct {
	ID        string
	Confirmed bool
}

func (RemoveFactor) asks() Ask { return Ask{Action: policy.CredentialsEdit} }

func (o RemoveFactor) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o RemoveFactor) run(ctx context.Context, t *turn) (Nothing, error) {
	f, all, err := t.factor(ctx, o.ID)
	if err != nil {
		return Nothing{}, err
	}
	l, err := t.tx.Login(ctx, t.actor.ID)
	if err != nil {
		return Nothing{}, err
	}
	if err := o.allowed(ctx, t, f, all, l.Hash != ""); err != nil {
		return Nothing{}, err
	}
	t.before = f.Factor
	if err := t.tell(ctx, f.Factor, kontrollrum.PasskeyRemoved, kontrollrum.TOTPRemoved); err != nil {
		return Nothing{}, err
	}
	if err := t.tx.DeleteFactor(ctx, l.Organization, l.User, f.ID); err != nil || len(all) > 1 {
		return Nothing{}, err
	}
	return Nothing{}, t.tx.SetRecoveryCodes(ctx, l.Organization, l.User, nil) // there is nothing left to recover from
}

// allowed says what stands against removing f.
func (o RemoveFactor) allowed(ctx context.Context, t *turn, f *store.Factor, all []store.Factor, password bool) error {
	alone := slices.ContainsFunc(all, func(other store.Factor) bool { return other.ID != f.ID && other.Kind == kontrollrum.Passkey })
	if !password && !alone {
		return kontrollrum.Clash("last_way_to_sign_in", "set a password, or set up another passkey, first: without this one you could not sign in")
	}
	left := len(all) - 1
	if left == 0 {
		demanded, err := t.tx.SecondFactorDemanded(ctx, t.actor.ID, t.now)
		if err != nil {
			return err
		}
		if demanded {
			return kontrollrum.Clash("second_factor_required", "an organization that you administer demands a second factor; set up another first")
		}
	}
	if password {
		left++
	}
	if left < 2 && !o.Confirmed {
		return kontrollrum.Clash("confirmation_needed", "only one way to sign in would be left; confirm that you want that")
	}
	return nil
}

// NewRecoveryCodes makes ten codes for the caller in the place of those that
// were, and shows them once. Conflict where they have no factor to recover from.
type NewRecoveryCodes struct{}

func (NewRecoveryCodes) asks() Ask { return Ask{Action: policy.CredentialsEdit} }

func (o NewRecoveryCodes) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (NewRecoveryCodes) run(ctx context.Context, t *turn) ([]string, error) {
	factors, err := t.tx.Factors(ctx, t.actor.Home, t.actor.ID)
	if err != nil {
		return nil, err
	}
	if len(factors) == 0 {
		return nil, kontrollrum.Clash("no_factor", "set up an authenticator app or a passkey first")
	}
	t.after = map[string]string{"RecoveryCodes": "made"}
	if err := t.notify(ctx, kontrollrum.CodesRenewed, t.actor.Home, t.actor.ID, ""); err != nil {
		return nil, err
	}
	return t.recoveryCodes(ctx)
}

// Recovery codes: how many there are, and how long: 60 bits each.
const (
	recoveryCodes  = 10
	recoveryLength = 12
)

// recoveryCodes makes the caller's recovery codes anew.
func (t *turn) recoveryCodes(ctx context.Context) ([]string, error) {
	codes, hashes := make([]string, recoveryCodes), make([]string, recoveryCodes)
	for i := range codes {
		code := strings.ToLower(kontrollrum.NewCode(recoveryLength).Reveal())
		hashes[i] = t.hub.recoveryHash(t.actor.ID, code)
		codes[i] = code[:4] + "-" + code[4:8] + "-" + code[8:]
	}
	return codes, t.tx.SetRecoveryCodes(ctx, t.actor.Home, t.actor.ID, hashes)
}

// recoveryHash is what is kept of a recovery code. It takes the installation's
// key to try codes against it.
func (h *Hub) recoveryHash(user kontrollrum.UserID, code string) string {
	return h.key.MAC("recovery code", string(user)+" "+code)
}

// ResetCredentials makes a user of the organization begin anew: password,
// factors, recovery codes and tokens of their own are gone and every session has ended, so that
// only who reads their mail gets in, by a forgotten password.
type ResetCredentials struct {
	Organization string
	User         string // by id or address
}

func (o ResetCredentials) asks() Ask {
	return Ask{Action: policy.CredentialsReset, In: o.Organization, To: o.User, Person: true}
}

func (o ResetCredentials) run(ctx context.Context, t *turn) (Nothing, error) {
	factors, err := t.tx.Factors(ctx, t.target.Home, t.target.ID)
	if err != nil {
		return Nothing{}, err
	}
	removed := make([]kontrollrum.Factor, len(factors))
	for i, f := range factors {
		removed[i] = f.Factor
	}
	t.before = map[string]any{"Factors": removed}
	if err := t.tx.DropCredentials(ctx, t.target.Home, t.target.ID); err != nil {
		return Nothing{}, err
	}
	if err := t.tx.RevokeOwnTokens(ctx, t.target.Home, t.target.ID, t.now); err != nil {
		return Nothing{}, err
	}
	if err := t.notify(ctx, kontrollrum.CredentialsReset, t.target.Home, t.target.ID, ""); err != nil {
		return Nothing{}, err
	}
	return Nothing{}, t.tx.EndSessions(ctx, t.target.ID, "", t.now)
}
