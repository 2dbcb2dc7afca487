package ops

import (
	"context"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// verifyUser says that the caller reads the mail of their address.
type verifyUser struct{}

func (verifyUser) asks() Ask { return Ask{Action: policy.UsersVerify} }

func (o verifyUser) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (verifyUser) run(ctx context.Context, t *turn) (*kontrollrum.User, error) {
	before, err := t.user(ctx)
	if err != nil {
		return nil, err
	}
	after := *before
	if after.Status == kontrollrum.NotVerified {
		after.Status, after.Modified = kontrollrum.Verified, t.now
	}
	if err := t.tx.ConfirmAddress(ctx, before.Organization, before.ID); err != nil {
		return nil, err
	}
	t.change(before, &after) // none, where they were verified before
	if after.Status == before.Status {
		return &after, nil
	}
	return &after, t.tx.UpdateUser(ctx, &after)
}
