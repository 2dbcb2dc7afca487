package ops

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// How long links live and how often they are mailed (product: activation mail).
const (
	InvitationLife   = 14 * 24 * time.Hour
	InvitationsApart = 24 * time.Hour
	ResetLife        = time.Hour
	ResetsApart      = 10 * time.Minute
)

// linkPages are where a link of a purpose is opened.
var linkPages = map[kontrollrum.LinkPurpose]string{kontrollrum.ForActivation: "/activate", kontrollrum.ForPassword: "/reset"}

// linkText is what a link proves itself by: its id, and a code over it that
// only the key's holders make.
func (h *Hub) linkText(id kontrollrum.LinkID) kontrollrum.Secret {
	return kontrollrum.NewSecret(string(id) + "." + h.key.MAC("link", string(id)))
}

func (h *Hub) linkURL(l *kontrollrum.Link) kontrollrum.Secret {
	return kontrollrum.NewSecret(h.url + linkPages[l.Purpose] + "?token=" + h.linkText(l.ID).Reveal())
}

// link makes a link for a; those before it are good for nothing.
func (t *turn) link(ctx context.Context, a *store.Addressee, purpose kontrollrum.LinkPurpose) (*kontrollrum.Link, error) {
	if err := t.tx.SupersedeLinks(ctx, a.Organization, a.User, purpose, t.now); err != nil {
		return nil, err
	}
	life := InvitationLife
	if purpose == kontrollrum.ForPassword {
		life = ResetLife
	}
	l := &kontrollrum.Link{ID: kontrollrum.LinkID(t.hub.newID()), Organization: a.Organization, User: a.User, Purpose: purpose,
		Email: a.Email, Created: t.now, Expires: t.now.Add(life)}
	return l, t.tx.InsertLink(ctx, l)
}

// invite queues an invitation, part of a task or of none.
func (t *turn) invite(ctx context.Context, a *store.Addressee, task kontrollrum.TaskID) error {
	l, err := t.link(ctx, a, kontrollrum.ForActivation)
	if err != nil {
		return err
	}
	return t.post(ctx, a, kontrollrum.Letter{Kind: kontrollrum.ActivationLetter, Link: l.ID, Task: task})
}

// welcome invites a user who was added just now, where the organization wants that.
func (t *turn) welcome(ctx context.Context, u *kontrollrum.User) error {
	a, err := t.tx.Addressee(ctx, u.Organization, u.ID)
	if err != nil || a == nil || !a.Invites {
		return err
	}
	return t.invite(ctx, a, "")
}

// ResendInvitation invites a user again who is not verified. Conflict where
// they are verified, or were mailed within 24 hours: the error's Value is when
// the next may go.
type ResendInvitation struct {
	Organization string
	User         string

	task kontrollrum.TaskID // that it is part of
}

func (o ResendInvitation) asks() Ask {
	return Ask{Action: policy.UsersSendActivation, In: o.Organization, To: o.User, Person: true}
}

// An Invited is the answer of [ResendInvitation].
type Invited struct {
	Email kontrollrum.Email
	Next  time.Time // when the next may go
}

func (o ResendInvitation) run(ctx context.Context, t *turn) (*Invited, error) {
	a, err := t.tx.Addressee(ctx, t.target.Home, t.target.ID)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, kontrollrum.Missing("user")
	}
	if a.Status != kontrollrum.NotVerified {
		return nil, kontrollrum.Clash("already_verified", "the user has confirmed the address, or is shut out, and needs no invitation")
	}
	last, err := t.tx.LastLetter(ctx, a.Organization, a.User, kontrollrum.ActivationLetter, a.Email)
	if err != nil {
		return nil, err
	}
	if next := last.Add(InvitationsApart); !last.IsZero() && next.After(t.now) {
		at := next.Format(time.RFC3339)
		return nil, &kontrollrum.Error{Kind: kontrollrum.Conflict, Code: "already_mailed", Value: at,
			Message: fmt.Sprintf("the user was mailed an invitation within the last 24 hours; the next may go at %s", at)}
	}
	invited := &Invited{Email: a.Email, Next: t.now.Add(InvitationsApart)}
	t.after = invited
	return invited, t.invite(ctx, a, o.task)
}

// MakeLink makes a link for somebody who cannot get in, without a mail: to
// activate the account where it is not verified, else to choose a password. As
// [CreateToken] does it gives whoever runs it what the user has, so it is the
// operator's alone. Conflict where the user is shut out.
type MakeLink struct{ User string } // by id or address

// A MadeLink is the answer of [MakeLink]: the only time it is seen.
type MadeLink struct {
	URL kontrollrum.Secret
	kontrollrum.Link
}

func (o MakeLink) asks() Ask {
	return Ask{Action: policy.TokensEdit, To: o.User, Person: true}
}

func (o MakeLink) run(ctx context.Context, t *turn) (*MadeLink, error) {
	a, err := t.tx.Addressee(ctx, t.target.Home, t.target.ID)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, kontrollrum.Missing("user")
	}
	purpose := kontrollrum.ForPassword
	switch a.Status {
	case kontrollrum.NotVerified:
		purpose = kontrollrum.ForActivation
	case kontrollrum.Inactive:
		return nil, kontrollrum.Clash("user_inactive", "the user is shut out; an administrator can activate them")
	}
	l, err := t.link(ctx, a, purpose)
	if err != nil {
		return nil, err
	}
	t.after = l
	return &MadeLink{t.hub.linkURL(l), *l}, nil
}

// parseLink reads the id out of a link's text; empty where no key's holder made it.
func (h *Hub) parseLink(text kontrollrum.Secret) kontrollrum.LinkID {
	id, _, _ := strings.Cut(text.Reveal(), ".")
	if h.key.Zero() || !kontrollrum.IsID(id) || h.linkText(kontrollrum.LinkID(id)).Hash() != text.Hash() {
		return ""
	}
	return kontrollrum.LinkID(id)
}
