package ops

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// NewPassword is a password to be. Current is the one there is, for those who
// signed in too long ago.
type NewPassword struct{ Current, New kontrollrum.Secret }

// SetPassword gives the caller, who has signed in, another password, or their
// first. It needs a fresh sign-in or the current password: Denied with
// step_up_required where there is neither, Invalid where the current one is
// wrong or the new one not good enough, Busy where there were too many
// attempts. The caller's other sessions end.
func (h *Hub) SetPassword(ctx context.Context, c Caller, p NewPassword) error {
	proven := !p.Current.Empty()
	found, err := Do(ctx, h, c, tryNewPassword{proven})
	if err != nil {
		return err
	}
	if found.Wait > 0 {
		return &kontrollrum.Error{Kind: kontrollrum.Busy, Code: TooManyAttempts, Message: "wait for " + found.Wait.String() + " and try again"}
	}
	change := changePassword{judged: found, proven: proven}
	if proven {
		if change.right, _, err = h.hashes.judge(ctx, p.Current, found.hash); err != nil {
			return err
		}
	}
	if change.right || !proven {
		if err := checkPassword(p.New, found.words...); err != nil {
			return err
		}
		if change.hash, err = h.hashes.of(ctx, p.New); err != nil {
			return err
		}
	}
	_, err = Do(ctx, h, c, change)
	return err
}

// A changeable is what a new password is judged by.
type changeable struct {
	judged
	words []string // that it must not consist of
}

// tryNewPassword counts an attempt where the current password is given, and
// finds what to judge both by.
type tryNewPassword struct{ proven bool }

func (o tryNewPassword) asks() Ask {
	return Ask{Action: policy.CredentialsEdit, Enrols: true, Quiet: true, Proven: o.proven}
}

func (o tryNewPassword) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o tryNewPassword) run(ctx context.Context, t *turn) (found changeable, err error) {
	if o.proven {
		if found.trial, err = t.try(ctx, accountSubject(string(t.actor.Email))); err != nil || found.Wait > 0 {
			return found, err
		}
	}
	l, err := t.tx.Login(ctx, t.actor.ID)
	if err != nil {
		return found, err
	}
	found.hash, found.words = l.Hash, passwordWords(l.Email, l.Name, t.org.Name)
	return found, t.choosing(ctx)
}

// changePassword keeps the hash of a new password, where the one that was given
// is still the current one.
type changePassword struct {
	hash   string
	judged changeable
	proven bool // by the current password
	right  bool // which it was
}

func (o changePassword) asks() Ask {
	return Ask{Action: policy.CredentialsEdit, Enrols: true, Proven: o.proven}
}

func (o changePassword) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o changePassword) run(ctx context.Context, t *turn) (Nothing, error) {
	if err := t.choosing(ctx); err != nil {
		return Nothing{}, err
	}
	if o.proven {
		l, err := t.tx.Login(ctx, t.actor.ID)
		if err != nil {
			return Nothing{}, err
		}
		if !o.right || l.Hash != o.judged.hash { // or changed while it was judged
			t.failed(o.judged.trial, l, string(l.Email), "wrong_password")
			return Nothing{}, kontrollrum.Wrong("current", "", "give the password that you have now")
		}
		if err := t.succeeded(ctx, o.judged.trial); err != nil {
			return Nothing{}, err
		}
	}
	return setPassword{o.hash}.run(ctx, t)
}

// setPassword keeps the hash of a new password of the caller's, whose right to
// set it somebody else has judged: a link in a mail. Every session of theirs
// ends but the one they ask by, and so does every token that they made; every
// link that was mailed to them is good for nothing.
type setPassword struct{ hash string }

func (setPassword) asks() Ask { return Ask{Action: policy.CredentialsEdit} }

func (o setPassword) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o setPassword) run(ctx context.Context, t *turn) (Nothing, error) {
	t.after = map[string]string{"Password": "set"}
	l, err := t.tx.Login(ctx, t.actor.ID)
	if err != nil {
		return Nothing{}, err
	}
	if l != nil && l.Hash != "" { // the first one is no news
		if err := t.notify(ctx, kontrollrum.PasswordChanged, l.Organization, l.User, ""); err != nil {
			return Nothing{}, err
		}
	}
	if err := t.tx.SetPassword(ctx, t.actor.Home, t.actor.ID, o.hash, t.now); err != nil {
		return Nothing{}, err
	}
	// A link in an old mail must not choose another.
	if err := t.tx.SupersedeLinks(ctx, t.actor.Home, t.actor.ID, "", t.now); err != nil {
		return Nothing{}, err
	}
	if found := t.caller.found; found != nil && linked(found.Methods) {
		if err := t.tx.AddMethods(ctx, found.Session, append(slices.Clone(found.Methods), "pwd")); err != nil {
			return Nothing{}, err
		}
	}
	// Whoever had the old one may have made a token by it.
	if err := t.tx.RevokeOwnTokens(ctx, t.actor.Home, t.actor.ID, t.now); err != nil {
		return Nothing{}, err
	}
	return Nothing{}, t.tx.EndSessions(ctx, t.actor.ID, t.session(), t.now)
}

// choosing is [turn.enrolling] of a password: whoever came by a link from a
// mail may choose one, and is asked for the factors they have afterwards.
func (t *turn) choosing(ctx context.Context) error {
	if found := t.caller.found; found != nil && linked(found.Methods) {
		return nil
	}
	return t.enrolling(ctx)
}

// ImportPasswords keeps hashes of passwords that were made elsewhere: the
// operator's. All or none; Invalid where one is no argon2id hash in PHC form,
// NotFound where an address is nobody's.
type ImportPasswords struct {
	Hashes map[string]string `json:"-"` // by address
}

func (ImportPasswords) asks() Ask {
	return Ask{Action: policy.CredentialsReset, Nowhere: true, Parts: true}
}

func (o ImportPasswords) run(ctx context.Context, t *turn) (Nothing, error) {
	for _, email := range slices.Sorted(maps.Keys(o.Hashes)) {
		if _, err := under(ctx, t, importPassword{email, o.Hashes[email]}); err != nil {
			return Nothing{}, err
		}
	}
	return Nothing{}, nil
}

type importPassword struct{ email, hash string }

func (o importPassword) asks() Ask {
	return Ask{Action: policy.CredentialsReset, To: o.email, Person: true}
}

func (o importPassword) run(ctx context.Context, t *turn) (Nothing, error) {
	if err := checkHash(o.hash); err != nil {
		return Nothing{}, err
	}
	t.after = map[string]string{"Password": "imported"}
	return Nothing{}, t.tx.SetPassword(ctx, t.target.Home, t.target.ID, o.hash, t.now)
}

// passwordWords are those that a password of somebody must not consist of.
func passwordWords(email kontrollrum.Email, name, organization string) []string {
	local, domain, _ := strings.Cut(string(email), "@")
	return append(strings.Fields(name), local, domain, organization, "kontrollrum")
}
