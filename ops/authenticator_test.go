package ops_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"

	"github.com/kontrollrum/kontrollrum/ops/opstest"
)

// An authenticator is a device with one passkey, in software: what it says can
// be made wrong in every part.
type authenticator struct {
	testing.TB
	key     *ecdsa.PrivateKey
	id      []byte
	handle  string // of the user, base64url
	origin  string
	rp      string
	flags   byte
	counter uint32 // zero: it counts nothing, as those that are copied to other devices
}

// What an authenticator says of itself: the user is present, and verified.
const (
	present  = 0x01
	verified = 0x04
	eligible = 0x08 // to be backed up
	attested = 0x40
)

func newAuthenticator(tb testing.TB) *authenticator {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	return &authenticator{TB: tb, key: key, id: id, origin: opstest.PublicURL, rp: "hub.example", flags: present | verified, counter: 1}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// data is the authenticator data (WebAuthn §6.1).
func (a *authenticator) data(flags byte) []byte {
	rp := sha256.Sum256([]byte(a.rp))
	return binary.BigEndian.AppendUint32(append(rp[:], a.flags|flags), a.counter)
}

func (a *authenticator) client(kind, challenge string) []byte {
	text, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	if err != nil {
		a.Fatal(err)
	}
	return text
}

// options are what matters of the options for navigator.credentials.
type options struct {
	PublicKey struct {
		Challenge        string
		RPID             string
		UserVerification string
		User             struct{ ID string }
		AllowCredentials []struct{ ID string }
		Timeout          int
	}
}

func (a *authenticator) read(text json.RawMessage) (o options) {
	if err := json.Unmarshal(text, &o); err != nil {
		a.Fatal(err)
	}
	return o
}

// uncounted makes it one that counts nothing.
func (a *authenticator) uncounted() *authenticator {
	a.counter = 0
	return a
}

// create makes the passkey.
func (a *authenticator) create(text json.RawMessage) []byte {
	o := a.read(text)
	a.handle = o.PublicKey.User.ID
	public, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		a.Fatal(err)
	}
	cose, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: public[1:33], -3: public[33:]})
	if err != nil {
		a.Fatal(err)
	}
	data := append(a.data(attested), make([]byte, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(append(data, a.id...), cose...)
	attestation, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		a.Fatal(err)
	}
	return a.response(map[string]any{"clientDataJSON": b64(a.client("webauthn.create", o.PublicKey.Challenge)), "attestationObject": b64(attestation)})
}

// sign answers a challenge.
func (a *authenticator) sign(text json.RawMessage) []byte {
	o := a.read(text)
	if a.counter > 0 {
		a.counter++
	}
	client, data := a.client("webauthn.get", o.PublicKey.Challenge), a.data(0)
	hash := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	if err != nil {
		a.Fatal(err)
	}
	return a.response(map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": a.handle})
}

func (a *authenticator) response(response map[string]any) []byte {
	text, err := json.Marshal(map[string]any{"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	if err != nil {
		a.Fatal(err)
	}
	return text
}
