package kontrollrum

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
)

// A Secret is text that must not be logged: it prints as [secret].
type Secret struct{ text string }

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{text} }

// NewToken makes a bearer token of 256 random bits. Clients read the
// organization from what stands behind its last underscore.
func NewToken(home OrganizationID) Secret {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24: it ends the program instead
	return Secret{base64.RawURLEncoding.EncodeToString(random[:]) + "_KR_" + string(home)}
}

// NewSecretText makes a secret of 256 random bits, for cookies, codes and links.
func NewSecretText() Secret {
	var random [32]byte
	_, _ = rand.Read(random[:])
	return Secret{base64.RawURLEncoding.EncodeToString(random[:])}
}

// Reveal returns the text, for the one place that shows it.
func (s Secret) Reveal() string { return s.text }

// Hash is what is stored. A token has 256 random bits, so a plain SHA-256 is enough.
func (s Secret) Hash() string {
	sum := sha256.Sum256([]byte(s.text))
	return hex.EncodeToString(sum[:])
}

// Empty reports whether there is no text.
func (s Secret) Empty() bool { return strings.TrimSpace(s.text) == "" }

func (Secret) String() string   { return "[secret]" }
func (Secret) GoString() string { return "[secret]" }

// MarshalText keeps the text out of JSON and logs.
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// A Key is the installation's own, which every node holds and the database does
// not: what is sealed by it is worth nothing to who has the database alone.
type Key struct{ secret [32]byte }

// NewKey makes a key.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k.secret[:])
	return k
}

// ParseKey reads what [Key.Reveal] wrote, or fails with [Invalid].
func ParseKey(text string) (k Key, err error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != len(k.secret) {
		return k, Wrong("key", "", "give 32 bytes in base64, as the installation wrote them")
	}
	return Key{[32]byte(b)}, nil
}

// Reveal writes the key as text, for the file that keeps it.
func (k Key) Reveal() string { return base64.StdEncoding.EncodeToString(k.secret[:]) }

func (Key) String() string   { return "[secret]" }
func (Key) GoString() string { return "[secret]" }

// Zero reports whether there is no key.
func (k Key) Zero() bool { return k == Key{} }

// derive makes a key for one purpose (RFC 5869), so that what was made for one
// is of no use for another.
func (k Key) derive(purpose string) []byte {
	key, err := hkdf.Expand(sha256.New, k.secret[:], "kontrollrum "+purpose, 32)
	if err != nil {
		panic(err) // only of a length that is too great
	}
	return key
}

// MAC is a code over text that only the key's holders make (HMAC-SHA-256), in base64url.
func (k Key) MAC(purpose, text string) string {
	mac := hmac.New(sha256.New, k.derive("mac "+purpose))
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Derive is 32 bytes for a library that wants a key of its own.
func (k Key) Derive(purpose string) [32]byte { return [32]byte(k.derive("for " + purpose)) }

// Seal encrypts text (AES-256-GCM), so that only [Key.Open] with the same
// purpose reads it; base64url.
func (k Key) Seal(purpose, text string) string {
	return base64.RawURLEncoding.EncodeToString(k.aead(purpose).Seal(nil, nil, []byte(text), []byte(purpose)))
}

// Open is the inverse of [Key.Seal]. It fails where the text was sealed for
// something else, by another key, or has been altered.
func (k Key) Open(purpose, sealed string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(sealed)
	if err == nil {
		b, err = k.aead(purpose).Open(nil, nil, b, []byte(purpose))
	}
	if err != nil {
		return "", errors.New("not sealed by this installation's key for " + purpose)
	}
	return string(b), nil
}

func (k Key) aead(purpose string) cipher.AEAD {
	block, err := aes.NewCipher(k.derive("seal " + purpose))
	if err == nil {
		var aead cipher.AEAD
		if aead, err = cipher.NewGCMWithRandomNonce(block); err == nil {
			return aead
		}
	}
	panic(err) // only of a key's wrong length
}

// NewCode makes a secret of base32 (RFC 4648), five random bits a character: for
// people and authenticator apps to type.
func NewCode(characters int) Secret {
	random := make([]byte, characters)
	_, _ = rand.Read(random)
	return Secret{base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random)[:characters]}
}

// NewUserCode makes what a person types to let a device in: eight letters that
// are neither vowels nor easily mistaken, 34 bits (RFC 8628 §6.1).
func NewUserCode() Secret {
	const letters = "BCDFGHJKLMNPQRSTVWXZ"
	code := make([]byte, 8)
	for i := range code {
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
		code[i] = letters[n.Int64()]
	}
	return Secret{string(code)}
}

// NewSigningKey makes an RSA key of 2048 bits, as PKCS #8 in base64.
func NewSigningKey() (Secret, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return Secret{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return Secret{base64.StdEncoding.EncodeToString(der)}, err
}

// Hashes reports whether hash is s's, in a time that does not tell where they differ.
func (s Secret) Hashes(hash string) bool { return hmac.Equal([]byte(s.Hash()), []byte(hash)) }
