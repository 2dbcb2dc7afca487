package kontrollrum

import (
	"encoding/json"
	"time"

	"github.com/kontrollrum/kontrollrum/policy"
)

// Identifiers of the OpenID Provider. None is a secret.
type (
	ClientID        string // chosen by the operator, or made
	AuthorizationID string
	GrantID         string
)

// A Client is an application that people sign in to through the hub, as
// [RFC 6749] means it.
//
// [RFC 6749]: https://www.rfc-editor.org/rfc/rfc6749
type Client struct {
	ID   ClientID
	Name string
	// Application decides who is let in: the sign-in action of the application
	// that this one stands beside (§5).
	Application policy.Action
	Public      bool     // keeps no secret: a browser's, a phone's, a command line
	Redirects   []string // exact
	AfterLogout []string // exact; where people may be sent once they are signed out
	Logout      string   // is told that a session has ended (OpenID Connect Back-Channel Logout); empty: is not
	Device      bool     // may use the device grant (RFC 8628)
	Webex       bool     // may use /v1/authorize, without PKCE
	BuiltIn     bool
	Created     time.Time
	Modified    time.Time
}

// An AuthorizationRequest is what a client asks for.
type AuthorizationRequest struct {
	Redirect     string   `json:"redirect"`
	State        string   `json:"state,omitempty"`
	Nonce        string   `json:"nonce,omitempty"`
	Scopes       []string `json:"scopes,omitempty"`
	Challenge    string   `json:"challenge,omitempty"`    // of PKCE, S256; empty only for who speaks as the Webex SDKs do
	Login        bool     `json:"login,omitempty"`        // whoever is signed in proves it again
	MaxAge       *int     `json:"maxAge,omitempty"`       // seconds since the proof; nil: any
	Hint         string   `json:"hint,omitempty"`         // the address to sign in with
	User         UserID   `json:"user,omitempty"`         // nobody but them, of an id_token_hint
	Organization string   `json:"organization,omitempty"` // to act in, by id or plate; empty: as the application decides
	Languages    string   `json:"languages,omitempty"`    // BCP 47, spaces between them
	Webex        bool     `json:"webex,omitempty"`        // came by /v1/authorize
}

// Text is the request as it is kept.
func (r AuthorizationRequest) Text() (string, error) {
	text, err := json.Marshal(r)
	return string(text), err
}

// ParseAuthorizationRequest is the inverse of [AuthorizationRequest.Text].
func ParseAuthorizationRequest(text string) (r AuthorizationRequest, err error) {
	return r, json.Unmarshal([]byte(text), &r)
}

// An Authorization is a request on its way: asked, said yes to by somebody,
// then redeemed once for tokens by the client.
type Authorization struct {
	ID     AuthorizationID
	Client ClientID
	AuthorizationRequest
	Created  time.Time
	Ends     time.Time
	Consent            // zero: nobody has said yes yet
	CodeEnds time.Time // zero: no code yet
	Used     time.Time // zero: the code has not come back
	Grant    GrantID
}

// Consent is who said yes, how they had signed in and what they act in.
type Consent struct {
	User          UserID
	Organization  OrganizationID // their home
	Session       SessionID
	Acting        OrganizationID
	Methods       []string // RFC 8176
	Authenticated time.Time
}

// A Grant is what a user let a client have: a family of tokens, which ends as one.
type Grant struct {
	ID     GrantID
	Client ClientID
	Consent
	Offline bool      // outlives the session
	SID     SessionID // what clients know the session by, which a renewed session keeps
	Scopes  []string
	Created time.Time
	Used    time.Time
	Ends    time.Time // unless it is used before
	Ended   time.Time // zero: not
}

// A DeviceCode is a device's wait for somebody to say yes elsewhere (RFC 8628).
type DeviceCode struct {
	Client  ClientID
	Scopes  []string
	Created time.Time
	Ends    time.Time
	Polled  time.Time
	Pace    time.Duration
	State   DeviceState
	Consent
}

// A DeviceState is what became of a device's wait.
type DeviceState string

// The states.
const (
	DeviceAsked    DeviceState = "asked"
	DeviceApproved DeviceState = "approved"
	DeviceDenied   DeviceState = "denied"
	DeviceUsed     DeviceState = "used"
)

// A SigningKey signs ID tokens. Private is PKCS #8 in base64, sealed in the
// database and open where [Key] has opened it.
type SigningKey struct {
	ID        string
	Algorithm string // of RFC 7518: RS256
	Private   Secret
	Created   time.Time
	Begins    time.Time // signs from then on, until another begins
	Ends      time.Time // published until then; zero: until another has begun
}

// A Logout is a client still to be told that a session has ended.
type Logout struct {
	Client  ClientID
	SID     SessionID
	User    UserID
	Address string
	Tries   int
}
