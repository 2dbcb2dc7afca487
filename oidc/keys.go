package oidc

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// A keyring holds the hub's signing keys as they are used. Which there are is
// asked each time, so that every node signs with the same one; how each reads is
// remembered.
type keyring struct {
	hub *ops.Hub
	now func() time.Time

	mu   sync.Mutex
	read map[string]*rsa.PrivateKey // by id; those that are published
}

// A known is a signing key that was read.
type known struct {
	kontrollrum.SigningKey
	key *rsa.PrivateKey
}

func (k *keyring) all(ctx context.Context) ([]known, error) {
	keys, err := k.hub.SigningKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("signing keys: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	read := map[string]*rsa.PrivateKey{}
	out := make([]known, len(keys))
	for i, s := range keys {
		key := k.read[s.ID]
		if key == nil {
			if key, err = parse(s.Private); err != nil {
				return nil, fmt.Errorf("signing key %s: %w", s.ID, err)
			}
		}
		read[s.ID], out[i] = key, known{s, key}
	}
	k.read = read
	return out, nil
}

func parse(private kontrollrum.Secret) (*rsa.PrivateKey, error) {
	der, err := base64.StdEncoding.DecodeString(private.Reveal())
	if err != nil {
		return nil, errors.New("not in base64") // without the text
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("not in PKCS #8")
	}
	if key, ok := key.(*rsa.PrivateKey); ok {
		return key, nil
	}
	return nil, errors.New("not an RSA key")
}

// published is the keys that clients verify with, as JWKS (RFC 7517).
func (k *keyring) published(ctx context.Context) (*jose.JSONWebKeySet, error) {
	keys, err := k.all(ctx)
	set := &jose.JSONWebKeySet{Keys: make([]jose.JSONWebKey, len(keys))}
	for i, s := range keys {
		set.Keys[i] = jose.JSONWebKey{Key: &s.key.PublicKey, KeyID: s.ID, Algorithm: s.Algorithm, Use: "sig"}
	}
	return set, err
}

// signer signs with the key that has begun last, as a token of that type.
func (k *keyring) signer(ctx context.Context, kind jose.ContentType) (jose.Signer, error) {
	keys, err := k.all(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range keys {
		if !s.Begins.After(k.now()) {
			return jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: s.key, KeyID: s.ID}}, (&jose.SignerOptions{}).WithType(kind))
		}
	}
	return nil, errors.New("no signing key has begun")
}

// VerifySignature is the library's way to ask whether a token is the hub's own.
func (k *keyring) VerifySignature(ctx context.Context, jws *jose.JSONWebSignature) ([]byte, error) {
	keys, err := k.all(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range keys {
		if len(jws.Signatures) == 1 && jws.Signatures[0].Header.KeyID == s.ID {
			return jws.Verify(&s.key.PublicKey)
		}
	}
	return nil, errors.New("signed by no key of the hub's")
}
