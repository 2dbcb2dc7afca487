package ops

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// How a device waits for somebody to let it in (RFC 8628).
const (
	DeviceLife = 10 * time.Minute
	devicePace = 5 * time.Second // between two polls; longer for who asks too often
)

// BeginDevice makes the codes by which a device, or a command line, waits for
// somebody to let it in with a browser elsewhere. Busy, [TooManyBegun], as
// BeginAuthorization.
type BeginDevice struct {
	ClientProof
	Scopes []string
}

// A BegunDevice is what the device polls with and what its user types, or why not.
type BegunDevice struct {
	Error       string
	Description string

	Code     kontrollrum.Secret
	UserCode kontrollrum.Secret
	Ends     time.Time
	Pace     time.Duration
}

func (BeginDevice) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true, Quiet: true} }

func (o BeginDevice) run(ctx context.Context, t *turn) (*BegunDevice, error) {
	c, err := o.prove(ctx, t)
	switch {
	case err != nil || c == nil:
		no := wrongClient()
		return &BegunDevice{Error: no.Error, Description: no.Description}, err
	case !c.Device:
		return &BegunDevice{Error: UnauthorizedClient, Description: "the client is not registered for devices"}, nil
	}
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	d := &kontrollrum.DeviceCode{Client: c.ID, Scopes: o.Scopes, Created: t.now, Ends: t.now.Add(DeviceLife), Polled: t.now.Add(-devicePace), Pace: devicePace, State: kontrollrum.DeviceAsked}
	for range 10 { // of as many codes as there are, one that nobody else waits with is soon found
		out := &BegunDevice{Code: kontrollrum.NewSecretText(), UserCode: kontrollrum.NewUserCode(), Ends: d.Ends, Pace: d.Pace}
		if free, err := t.tx.InsertDeviceCode(ctx, d, out.Code.Hash(), t.hub.mark(out.UserCode.Reveal())); err != nil || free {
			return out, err
		}
	}
	return nil, &kontrollrum.Error{Kind: kontrollrum.Busy, Code: "busy", Message: "too many devices wait; try again in a moment"}
}

// mark is what is kept of the code that a user types, however they type it.
func (h *Hub) mark(typed string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	return h.key.MAC("device", letters)
}

// deviceSubject is the codes that a user types to let devices in.
func deviceSubject(user kontrollrum.UserID) subject {
	return subject{"device:" + string(user), freeOfAccount}
}

// ViewDeviceCode shows which client waits with a code, to whoever is signed in.
// What is wrong is in the answer. Whoever types many wrong ones waits.
type ViewDeviceCode struct{ Code string }

// A DeviceView is a client that waits to be let in, or why there is none.
type DeviceView struct {
	Code string // WrongCode or TooManyAttempts; empty where there is one
	Wait time.Duration

	Client  kontrollrum.Client
	Scopes  []string
	Created time.Time
	Ends    time.Time
}

func (o ViewDeviceCode) asks() Ask { return Ask{Action: policy.SessionsBegin, Quiet: true} }

func (o ViewDeviceCode) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o ViewDeviceCode) run(ctx context.Context, t *turn) (*DeviceView, error) {
	view, _, err := t.waiting(ctx, o.Code)
	return view, err
}

// waiting finds the device that waits with a code.
func (t *turn) waiting(ctx context.Context, code string) (*DeviceView, *kontrollrum.Session, error) {
	s, err := t.signedIn(ctx)
	if err != nil {
		return nil, nil, err
	}
	tried, err := t.try(ctx, deviceSubject(t.actor.ID), addressSubject(t.caller))
	if err != nil || tried.Wait > 0 {
		return &DeviceView{Code: TooManyAttempts, Wait: tried.Wait}, nil, err
	}
	d, err := t.tx.DeviceCodeOf(ctx, t.hub.mark(code))
	if err != nil || d == nil || d.State != kontrollrum.DeviceAsked || !d.Ends.After(t.now) {
		return &DeviceView{Code: WrongCode}, nil, err
	}
	c, _, err := t.tx.Client(ctx, d.Client)
	if err != nil || c == nil {
		return &DeviceView{Code: WrongCode}, nil, err
	}
	return &DeviceView{Client: *c, Scopes: d.Scopes, Created: d.Created, Ends: d.Ends}, s, t.succeeded(ctx, tried)
}

// ApproveDevice lets a device in that waits with a code, for whoever is signed
// in. What is wrong with the code is in the answer; Denied with the reason
// where the client's application is closed to them (§5).
type ApproveDevice struct {
	Code         string
	Organization string // to act in, by id or plate; empty: as was asked, or as EnterApplication chooses
}

func (o ApproveDevice) asks() Ask { return Ask{Action: policy.SessionsBegin} }

func (o ApproveDevice) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o ApproveDevice) run(ctx context.Context, t *turn) (*DeviceView, error) {
	view, s, err := t.waiting(ctx, o.Code)
	if err != nil || s == nil {
		return view, err
	}
	in := o.Organization
	if in == "" {
		in = OrganizationAsked(view.Scopes)
	}
	e, err := under(ctx, t, EnterApplication{Application: view.Client.Application, Organization: in})
	if err != nil {
		return nil, err
	}
	t.after = map[string]any{"Client": view.Client.ID, "Name": view.Client.Name, "Organization": e.Organization.Plate, "Mode": e.Mode, "Device": true}
	_, err = t.tx.AnswerDevice(ctx, t.hub.mark(o.Code), kontrollrum.DeviceApproved, consentOf(s, e))
	return view, err
}

// OrganizationAsked is the organization that some scopes name; empty: none.
func OrganizationAsked(scopes []string) string {
	for _, s := range scopes {
		if named, ok := strings.CutPrefix(s, ScopeOrganization); ok {
			return named
		}
	}
	return ""
}

// DenyDevice turns a device away that waits with a code. What is wrong with the
// code is in the answer.
type DenyDevice struct{ Code string }

func (o DenyDevice) asks() Ask { return Ask{Action: policy.SessionsBegin, Quiet: true} }

func (o DenyDevice) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o DenyDevice) run(ctx context.Context, t *turn) (*DeviceView, error) {
	view, s, err := t.waiting(ctx, o.Code)
	if err != nil || s == nil {
		return view, err
	}
	_, err = t.tx.AnswerDevice(ctx, t.hub.mark(o.Code), kontrollrum.DeviceDenied, &kontrollrum.Consent{})
	return view, err
}

// RedeemDevice gives a device tokens once somebody has let it in. Until then it
// is told to ask again, and to do so less often where it asks too soon.
type RedeemDevice struct {
	ClientProof
	Code kontrollrum.Secret
}

func (RedeemDevice) asks() Ask { return Ask{Action: policy.SessionsBegin, Gate: true} }

func (o RedeemDevice) run(ctx context.Context, t *turn) (*Issued, error) {
	c, err := o.prove(ctx, t)
	if err != nil || c == nil {
		return wrongClient(), err
	}
	hash := o.Code.Hash()
	d, err := t.tx.DeviceCode(ctx, hash)
	switch {
	case err != nil:
		return nil, err
	case d == nil, d.Client != c.ID:
		return notIssued(InvalidGrant, "the device_code is unknown, or was given to another client"), nil
	case !d.Ends.After(t.now):
		return notIssued(ExpiredToken, "nobody let the device in while the code was valid; begin again"), nil
	case t.now.Sub(d.Polled) < d.Pace && d.State == kontrollrum.DeviceAsked:
		return notIssued(SlowDown, "ask less often"), t.tx.PollDevice(ctx, hash, t.now, d.Pace+devicePace)
	}
	switch d.State {
	case kontrollrum.DeviceAsked:
		return notIssued(Pending, "nobody has let the device in yet"), t.tx.PollDevice(ctx, hash, t.now, d.Pace)
	case kontrollrum.DeviceDenied:
		return notIssued(AccessDenied, "the device was turned away"), nil
	case kontrollrum.DeviceUsed:
		return notIssued(InvalidGrant, "the device_code was redeemed already"), nil
	}
	who, no, err := t.enter(ctx, c, &d.Consent)
	if no == nil && err == nil {
		no, err = t.stillSignedIn(ctx, &d.Consent)
	}
	if no != nil || err != nil {
		return no, err
	}
	if _, err := t.tx.UseDevice(ctx, hash); err != nil {
		return nil, err
	}
	g := &kontrollrum.Grant{ID: kontrollrum.GrantID(t.hub.newID()), Client: c.ID, Consent: d.Consent, Offline: slices.Contains(d.Scopes, "offline_access"), SID: d.Session,
		Scopes: d.Scopes, Created: t.now, Used: t.now}
	return t.give(ctx, g, who, d.Scopes)
}
