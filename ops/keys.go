package ops

import (
	"context"
	"errors"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// Keys that sign ID tokens. A new one is published for an hour before it signs,
// so that whoever keeps the published keys for a while knows it in time, and an
// old one until what it signed has expired.
const (
	KeyLife    = 90 * 24 * time.Hour // of a signing key
	KeyNotice  = time.Hour
	keyOverlap = AccessLife + time.Hour
)

const keyPurpose = "signing key"

// SigningKeys is the keys that are published now, the first of which that has
// begun signs. Where there is none, one is made.
func (h *Hub) SigningKeys(ctx context.Context) ([]kontrollrum.SigningKey, error) {
	keys, err := Do(ctx, h, Caller{}, listSigningKeys{})
	if err != nil || len(keys) > 0 {
		return keys, err
	}
	private, err := kontrollrum.NewSigningKey()
	if err != nil {
		return nil, err
	}
	if _, err := Do(ctx, h, Caller{}, firstSigningKey{private}); err != nil {
		return nil, err
	}
	return Do(ctx, h, Caller{}, listSigningKeys{})
}

type listSigningKeys struct{}

func (listSigningKeys) asks() Ask {
	return Ask{Action: policy.SigningKeysRotate, Gate: true, ReadOnly: true}
}

func (listSigningKeys) run(ctx context.Context, t *turn) ([]kontrollrum.SigningKey, error) {
	keys, err := t.tx.SigningKeys(ctx, t.now)
	for i := range keys {
		if err == nil {
			var text string
			text, err = t.hub.key.Open(keyPurpose, keys[i].Private.Reveal())
			keys[i].Private = kontrollrum.NewSecret(text)
		}
	}
	return keys, err
}

// firstSigningKey keeps a key where there is none: of many nodes that start at
// the same time, one does.
type firstSigningKey struct{ private kontrollrum.Secret }

func (firstSigningKey) asks() Ask { return Ask{Action: policy.SigningKeysRotate, Gate: true} }

func (o firstSigningKey) run(ctx context.Context, t *turn) (Nothing, error) {
	keys, err := t.tx.SigningKeys(ctx, t.now)
	if err != nil || len(keys) > 0 {
		return Nothing{}, err
	}
	_, err = t.keepKey(ctx, o.private, t.now, t.now)
	return Nothing{}, err
}

// keepKey keeps a key that signs from begins on; those before it are published until then.
func (t *turn) keepKey(ctx context.Context, private kontrollrum.Secret, begins, until time.Time) (*kontrollrum.SigningKey, error) {
	if t.hub.key.Zero() {
		return nil, errors.New("the hub has no key to seal signing keys with")
	}
	k := kontrollrum.SigningKey{ID: t.hub.newID(), Algorithm: "RS256", Created: t.now, Begins: begins,
		Private: kontrollrum.NewSecret(t.hub.key.Seal(keyPurpose, private.Reveal()))}
	return &k, t.tx.InsertSigningKey(ctx, &k, until, t.now)
}

// RotateSigningKeys has a new key sign: in an hour, when everybody knows it; or
// at once, and the old ones are worth nothing any more, for when one was
// stolen. The answer is nil where it is not due.
type RotateSigningKeys struct {
	Private kontrollrum.Secret // made by [kontrollrum.NewSigningKey]
	Now     bool
	Due     bool // only where the newest is as old as KeyLife
}

func (RotateSigningKeys) asks() Ask { return Ask{Action: policy.SigningKeysRotate, Nowhere: true} }

func (o RotateSigningKeys) run(ctx context.Context, t *turn) (*kontrollrum.SigningKey, error) {
	keys, err := t.tx.SigningKeys(ctx, t.now)
	if err != nil {
		return nil, err
	}
	if o.Due && (len(keys) == 0 || t.now.Sub(keys[0].Begins) < KeyLife) {
		t.before, t.after = Nothing{}, Nothing{}
		return nil, nil
	}
	begins := t.now.Add(KeyNotice)
	until := begins.Add(keyOverlap)
	if o.Now || len(keys) == 0 {
		begins, until = t.now, t.now
	}
	k, err := t.keepKey(ctx, o.Private, begins, until)
	if err != nil {
		return nil, err
	}
	k.Private = kontrollrum.Secret{}
	t.after = map[string]any{"ID": k.ID, "Begins": k.Begins}
	return k, nil
}

// TakeLogouts takes clients that are now to be told of sessions that ended, for
// this node to tell: for a minute no other takes them.
type TakeLogouts struct{ Limit int }

func (TakeLogouts) asks() Ask { return Ask{Action: policy.SessionsEnd, Gate: true, Quiet: true} }

func (o TakeLogouts) run(ctx context.Context, t *turn) ([]kontrollrum.Logout, error) {
	return t.tx.TakeLogouts(ctx, t.now, t.now.Add(time.Minute), o.Limit)
}

// logoutTries is how often a client is told, each time later.
const logoutTries = 6

// FinishLogout notes that a client was told, or could not be: then it is told
// again after a minute, and after twice as long each time, six times in all.
type FinishLogout struct {
	kontrollrum.Logout
	Told bool
}

func (FinishLogout) asks() Ask { return Ask{Action: policy.SessionsEnd, Gate: true, Quiet: true} }

func (o FinishLogout) run(ctx context.Context, t *turn) (Nothing, error) {
	if o.Told || o.Tries+1 >= logoutTries {
		return Nothing{}, t.tx.DeleteLogout(ctx, &o.Logout)
	}
	return Nothing{}, t.tx.PutLogoutOff(ctx, &o.Logout, t.now.Add(time.Minute<<o.Tries))
}
