package ops

import (
	"context"
	"errors"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"github.com/kontrollrum/kontrollrum"
)

// argon is what passwords are hashed with: OWASP's first choice of memory and
// time for argon2id.
var argon = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// nobodys is the hash of a password that nobody has, judged in the place of one
// that is not there, so that it takes as long.
const nobodys = "$argon2id$v=19$m=19456,t=2,p=1$a29udHJvbGxydW0gbm9ib2R5$Ym5vYm9keSBoYXMgdGhpcyBwYXNzd29yZCBoZXJlIC0"

// hashes makes and judges hashes, so many at once as there are processors:
// each takes memory, and more at once would not be done sooner. It never runs
// within a transaction.
type hashes struct{ turns chan struct{} }

func newHashes(atOnce int) hashes { return hashes{make(chan struct{}, atOnce)} }

// turn waits for a turn, as long as ctx lasts.
func (h hashes) turn(ctx context.Context, f func() error) error {
	select {
	case h.turns <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-h.turns }()
	return f()
}

// typed is a password as it is hashed: however it was typed, in one form
// (NIST SP 800-63B §5.1.1.2).
func typed(password kontrollrum.Secret) string { return norm.NFC.String(password.Reveal()) }

// of makes a hash, in PHC form.
func (h hashes) of(ctx context.Context, password kontrollrum.Secret) (hash string, err error) {
	err = h.turn(ctx, func() (err error) {
		hash, err = argon2id.CreateHash(typed(password), &argon)
		return err
	})
	return hash, err
}

// judge reports whether a password has that hash, and makes a new one of it
// where it was made with less care than is taken now. An empty hash is nobody's.
func (h hashes) judge(ctx context.Context, password kontrollrum.Secret, hash string) (right bool, stronger string, err error) {
	known := hash != ""
	if !known {
		hash = nobodys
	}
	text := typed(password)
	if len(text) > longestPassword { // nobody has one
		known, text = false, text[:longestPassword]
	}
	err = h.turn(ctx, func() error {
		same, params, err := argon2id.CheckHash(text, hash)
		if right = same && known; err != nil || !right || *params == argon {
			return err
		}
		stronger, err = argon2id.CreateHash(text, &argon)
		return err
	})
	return right, stronger, err
}

// checkHash refuses what is no hash, or would take too much to judge.
func checkHash(hash string) error {
	params, _, _, err := argon2id.DecodeHash(hash)
	if err == nil && (params.Memory > 1<<18 || params.Iterations > 16 || params.Parallelism > 16 || params.Parallelism == 0 ||
		params.Iterations == 0 || params.SaltLength < 8 || params.KeyLength < 16 || params.KeyLength > 64) {
		err = errors.New("out of bounds")
	}
	if err != nil {
		return kontrollrum.Wrong("hash", "", "give an argon2id hash in PHC form, of at most 256 MiB")
	}
	return nil
}
