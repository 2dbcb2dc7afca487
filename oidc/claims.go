package oidc

import (
	"context"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/crypto"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/text/language"

	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// claimNames are the claims of ID tokens and of userinfo.
var claimNames = []string{"iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "at_hash", "amr", "sid", "name", "given_name", "family_name",
	"preferred_username", "locale", "zoneinfo", "email", "email_verified", "mode", "organization", "organization_plate", "role"}

// userinfo is what a client is told of a person: by the scopes profile and
// email what they are called, and in any case as what they were let in.
func userinfo(who *ops.Identity) *oidc.UserInfo {
	out := &oidc.UserInfo{Subject: string(who.User.ID), Claims: map[string]any{
		"mode": who.Mode, "organization": who.Organization.ID, "organization_plate": who.Organization.Plate, "sid": who.Session,
	}}
	if who.Role != policy.NoRole {
		out.Claims["role"] = who.Role.String()
	}
	or := func(one, other string) string {
		if one != "" {
			return one
		}
		return other
	}
	if slices.Contains(who.Scopes, oidc.ScopeProfile) {
		out.UserInfoProfile = oidc.UserInfoProfile{Name: who.User.DisplayName, GivenName: who.User.FirstName, FamilyName: who.User.LastName,
			PreferredUsername: string(who.User.Email), Zoneinfo: or(who.User.TimeZone, who.Home.TimeZone)}
		if tag, err := language.Parse(or(who.User.Language, who.Home.Language)); err == nil {
			out.Locale = oidc.NewLocale(tag)
		}
	}
	if slices.Contains(who.Scopes, oidc.ScopeEmail) {
		out.Email = string(who.User.Email)
		out.EmailVerified = oidc.Bool(who.EmailVerified)
	}
	return out
}

// idToken says to a client who signed in to it (OpenID Connect Core §2).
func (p *Provider) idToken(ctx context.Context, i *ops.Issued) (string, error) {
	who, now := i.Identity, p.Now()
	client := string(who.Client.ID)
	claims := oidc.NewIDTokenClaims(p.PublicURL, string(who.User.ID), []string{client}, now.Add(ops.AccessLife), who.Authenticated, i.Nonce, "", who.Methods, client, 0)
	claims.IssuedAt = oidc.FromTime(now)
	claims.SetUserInfo(userinfo(who))
	claims.SessionID = string(who.Session)
	delete(claims.Claims, "sid")
	var err error
	if claims.AccessTokenHash, err = oidc.ClaimHash(i.Access.Reveal(), jose.RS256); err != nil {
		return "", err
	}
	signer, err := p.keys.signer(ctx, "JWT")
	if err != nil {
		return "", err
	}
	return crypto.Sign(claims, signer)
}
