package ops

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/policy"
)

// UpstreamClaims is what a provider says of who has signed in there, after it
// was verified to be the provider's word, for the hub, of this very sign-in.
type UpstreamClaims struct {
	Subject       string
	Email         string
	EmailVerified bool
	GivenName     string
	FamilyName    string
	Name          string
	Locale        string // BCP 47, or with _ for -
	ZoneInfo      string
	Methods       []string  // amr (RFC 8176)
	Level         string    // acr
	Authenticated time.Time // auth_time; zero: it does not say
}

// multiFactor are the classes of authentication (acr) that say that two factors were asked for.
var multiFactor = []string{"https://refeds.org/profile/mfa", "http://schemas.openid.net/pape/policies/2007/06/multi-factor"}

// proven are the methods of a session that a provider vouches for. Those that
// are two in one by the provider's word say mfa, as here.
func (c UpstreamClaims) proven() []string {
	out := []string{byProvider}
	for _, m := range c.Methods {
		if slices.Contains(referenceMethods, m) && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	if slices.Contains(multiFactor, c.Level) && !slices.Contains(out, "mfa") {
		out = append(out, "mfa")
	}
	return out
}

// referenceMethods are those of RFC 8176 §2.
var referenceMethods = []string{"face", "fpt", "geo", "hwk", "iris", "kba", "mca", "mfa", "otp", "pin", "pwd", "rba", "retina", "sc", "sms", "swk", "tel", "user", "vbm", "wia"}

// when is when the proof was given: by the provider's word, unless its clock is
// ahead. Where it does not say, it may have known the person for long, so that
// the proof is not fresh.
func (c UpstreamClaims) when(now, began time.Time) time.Time {
	switch {
	case c.Authenticated.IsZero():
		return began.Add(-StepUp)
	case c.Authenticated.After(now):
		return now
	}
	return c.Authenticated.UTC()
}

// linkSubject says that the caller is who a provider calls by a subject.
type linkSubject struct{ Issuer, Subject string }

func (linkSubject) asks() Ask { return Ask{Action: policy.CredentialsEdit} }

func (o linkSubject) look(_ context.Context, t *turn) (Ask, error) { return t.own(o.asks()) }

func (o linkSubject) run(ctx context.Context, t *turn) (Nothing, error) {
	t.after = o
	return Nothing{}, t.tx.InsertSubject(ctx, t.actor.Home, t.actor.ID, o.Issuer, o.Subject, t.now)
}

// takeOver has a user called as their provider calls them. What cannot be kept
// here is left as it was.
func (t *turn) takeOver(ctx context.Context, user kontrollrum.UserID, c UpstreamClaims) error {
	before, err := take(ctx, t.as(user), Myself{})
	if err != nil {
		return err
	}
	after := Details{FirstName: before.FirstName, LastName: before.LastName, DisplayName: before.DisplayName, Title: before.Title,
		Department: before.Department, Phone: before.Phone, Location: before.Location, Language: before.Language, TimeZone: before.TimeZone}
	had := after
	short := func(name string) error { return plain("name", name, 256) }
	for _, f := range []struct {
		field *string
		told  string
		wrong func(string) error
	}{
		{&after.FirstName, c.GivenName, short},
		{&after.LastName, c.FamilyName, short},
		{&after.DisplayName, c.Name, short},
		{&after.Language, strings.ReplaceAll(c.Locale, "_", "-"), checkLanguage},
		{&after.TimeZone, c.ZoneInfo, checkTimeZone},
	} {
		if told := strings.TrimSpace(f.told); told != "" && f.wrong(told) == nil {
			*f.field = told
		}
	}
	if after == had {
		return nil
	}
	_, err = take(ctx, t.as(user), EditUser{User: string(user), Details: after})
	return err
}
