package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/crypto"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/kontrollrum/kontrollrum/ops"
)

// A post may last as long as this. Clients answer quickly or are told again.
const patience = 5 * time.Second

// TellLogouts tells clients of sessions that have ended (OpenID Connect
// Back-Channel Logout), until ctx ends: whenever tick does, what has been
// queued. A client that does not answer 200 or 204 is told again later, six
// times in all. Any number of nodes may run it.
func (p *Provider) TellLogouts(ctx context.Context, client *http.Client, tick <-chan time.Time) {
	straight := *client // whoever is registered is told, and nobody that they point at
	straight.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		if err := p.tellAll(ctx, &straight); err != nil && ctx.Err() == nil {
			p.Log.LogAttrs(ctx, slog.LevelError, "back-channel logout", slog.String("error", err.Error()))
		}
	}
}

func (p *Provider) tellAll(ctx context.Context, client *http.Client) error {
	for {
		waiting, err := ops.Do(ctx, p.hub, ops.Caller{}, ops.TakeLogouts{Limit: 8})
		if err != nil || len(waiting) == 0 {
			return err
		}
		for _, l := range waiting {
			told := p.tell(ctx, client, string(l.Client), string(l.User), string(l.SID), l.Address)
			if told != nil {
				p.Log.LogAttrs(ctx, slog.LevelWarn, "client not told of a logout", slog.String("client", string(l.Client)), slog.Int("tries", l.Tries+1), slog.String("error", told.Error()))
			}
			if _, err := ops.Do(ctx, p.hub, ops.Caller{}, ops.FinishLogout{Logout: l, Told: told == nil}); err != nil {
				return err
			}
		}
	}
}

// tell posts a logout token (Back-Channel Logout §2.4 and §2.5).
func (p *Provider) tell(ctx context.Context, client *http.Client, id, user, sid, address string) error {
	now := p.Now()
	claims := oidc.NewLogoutTokenClaims(p.PublicURL, user, oidc.Audience{id}, now.Add(2*time.Minute), p.NewID(), sid, 0)
	claims.IssuedAt = oidc.FromTime(now)
	signer, err := p.keys.signer(ctx, "logout+jwt")
	if err != nil {
		return err
	}
	token, err := crypto.Sign(claims, signer)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection serves again
	err = response.Body.Close()
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNoContent {
		err = errors.Join(err, fmt.Errorf("answered %d", response.StatusCode))
	}
	return err
}
