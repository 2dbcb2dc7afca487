package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops/internal/store"
	"github.com/kontrollrum/kontrollrum/policy"
)

// client keeps a client with every field set.
func (b *bench) client() kontrollrum.Client {
	c := kontrollrum.Client{ID: newID[kontrollrum.ClientID](), Name: "Växel & \"vän\"", Application: policy.AgentDesktopSignIn,
		Redirects: []string{"https://a.example/cb", "http://127.0.0.1/cb?x=1"}, AfterLogout: []string{"https://a.example/out"}, Logout: "https://a.example/bye",
		Device: true, Webex: true, Created: b.now, Modified: b.now}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutClient(ctx, &c, "hash") })
	return c
}

// grant keeps a grant of a user of its own.
func (b *bench) grant(client kontrollrum.ClientID, fill ...func(*kontrollrum.Grant)) kontrollrum.Grant {
	o := b.organization()
	u := b.user(o, "grant")
	g := kontrollrum.Grant{ID: newID[kontrollrum.GrantID](), Client: client, Scopes: []string{"openid", "email"}, Created: b.now, Used: b.now, Ends: b.now.Add(time.Hour),
		Consent: kontrollrum.Consent{User: u.ID, Organization: o.ID, Session: newID[kontrollrum.SessionID](), Acting: o.ID, Methods: []string{"pwd", "otp"}, Authenticated: b.now.Add(-time.Minute)}}
	for _, f := range fill {
		f(&g)
	}
	g.SID = g.Session
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertGrant(ctx, &g) })
	return g
}

func clients(b *bench) {
	c := b.client()
	find := func(id kontrollrum.ClientID) (secret string, _ *kontrollrum.Client) {
		return secret, read(b, func(ctx context.Context, tx *store.Tx) (c *kontrollrum.Client, err error) {
			c, secret, err = tx.Client(ctx, id)
			return c, err
		})
	}
	_, got := find(c.ID)
	same(b, "kept", *got, c)
	c.Name, c.Application, c.Public, c.Redirects, c.AfterLogout, c.Logout, c.Device, c.Webex = "Ny", policy.ControlHubSignIn, true, nil, nil, "", false, false
	c.Modified = b.now.Add(time.Hour)
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutClient(ctx, &c, "") })
	_, got = find(c.ID)
	got.Redirects, got.AfterLogout = nil, nil
	same(b, "changed", *got, c)
	all := read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.Client, error) { return tx.Clients(ctx) })
	for _, id := range []kontrollrum.ClientID{c.ID, "hub", "management-portal", "agent-desktop"} {
		if !slices.ContainsFunc(all, func(c kontrollrum.Client) bool { return c.ID == id }) {
			b.Errorf("%s is not listed", id)
		}
	}
	g := b.grant(c.ID)
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteClient(ctx, c.ID, b.now) })
	if _, got = find(c.ID); got != nil {
		b.Error("removed, and there")
	}
	if g := read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Grant, error) { return tx.Grant(ctx, g.ID) }); g.Ended.IsZero() {
		b.Error("a removed client keeps its grants")
	}
}

func authorizations(b *bench) {
	age := 5
	a := kontrollrum.Authorization{ID: newID[kontrollrum.AuthorizationID](), Client: "hub", Created: b.now, Ends: b.now.Add(time.Minute),
		AuthorizationRequest: kontrollrum.AuthorizationRequest{Redirect: "https://a.example/cb", State: "s", Nonce: "n", Scopes: []string{"openid"}, Challenge: "c",
			Login: true, MaxAge: &age, Hint: "å@a.example", User: "u", Organization: "SUN", Languages: "sv en", Webex: true}}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertAuthorization(ctx, &a) })
	find := func() kontrollrum.Authorization {
		return *read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Authorization, error) {
			return tx.Authorization(ctx, a.ID)
		})
	}
	got := find()
	got.Methods = nil
	same(b, "asked", got, a)
	a.Consent = kontrollrum.Consent{User: "u", Organization: "o", Session: "s", Acting: "a", Methods: []string{"pwd"}, Authenticated: b.now}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.ConsentTo(ctx, a.ID, &a.Consent) })
	same(b, "said yes to", find(), a)
	code := kontrollrum.NewSecretText().Hash()
	twice := func(what string, f func(context.Context, *store.Tx) (bool, error)) {
		for i, want := range []bool{true, false} {
			b.write(func(ctx context.Context, tx *store.Tx) error {
				first, err := f(ctx, tx)
				if first != want {
					b.Errorf("%s, time %d: first %v", what, i+1, first)
				}
				return err
			})
		}
	}
	twice("code", func(ctx context.Context, tx *store.Tx) (bool, error) {
		return tx.GiveCode(ctx, a.ID, code, b.now.Add(time.Second))
	})
	other := a.Consent
	other.User = "another"
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.ConsentTo(ctx, a.ID, &other) })
	twice("use", func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.UseCode(ctx, a.ID, "g", b.now) })
	a.CodeEnds, a.Used, a.Grant = b.now.Add(time.Second), b.now, "g"
	same(b, "redeemed", *read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Authorization, error) {
		return tx.AuthorizationOf(ctx, code)
	}), a)
	late := kontrollrum.Authorization{ID: newID[kontrollrum.AuthorizationID](), Client: "hub", Created: a.Ends.Add(24*time.Hour + time.Second), Ends: b.now.Add(48 * time.Hour)}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertAuthorization(ctx, &late) })
	if read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Authorization, error) {
		return tx.Authorization(ctx, a.ID)
	}) != nil {
		b.Error("what was over a day ago is still known")
	}
}

func grants(b *bench) {
	g := b.grant("hub", func(g *kontrollrum.Grant) { g.Offline = true })
	same(b, "kept", *read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Grant, error) { return tx.Grant(ctx, g.ID) }), g)
	access, refresh := kontrollrum.NewSecretText().Hash(), kontrollrum.NewSecretText().Hash()
	b.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.InsertRefreshToken(ctx, g.ID, refresh, b.now); err != nil {
			return err
		}
		return tx.InsertAccessToken(ctx, newID[kontrollrum.TokenID](), &g, []string{"email"}, access, b.now, b.now.Add(time.Minute))
	})
	at := func(now time.Time) (*store.Access, *store.Bearer) {
		return read(b, func(ctx context.Context, tx *store.Tx) (*store.Access, error) { return tx.Access(ctx, access, now) }),
			read(b, func(ctx context.Context, tx *store.Tx) (*store.Bearer, error) { return tx.Bearer(ctx, access, now) })
	}
	a, bearer := at(b.now)
	if a == nil || bearer == nil {
		b.Fatal("an access token speaks for nobody")
	}
	same(b, "good for", a.Grant, g)
	if !slices.Equal(a.Scopes, []string{"email"}) || a.Ends != b.now.Add(time.Minute) || a.Email == "" {
		b.Errorf("access %+v", a)
	}
	if bearer.User != g.User || bearer.Grant != g.ID || bearer.Authenticated != g.Authenticated || bearer.Scopes != "email" || bearer.Session != "" {
		b.Errorf("bearer %+v", bearer)
	}
	if a, bearer := at(b.now.Add(time.Minute)); a != nil || bearer != nil {
		b.Error("over, and good")
	}
	for _, want := range []bool{true, false} {
		b.write(func(ctx context.Context, tx *store.Tx) error {
			first, err := tx.UseRefreshToken(ctx, refresh, b.now)
			if first != want {
				b.Errorf("first %v, want %v", first, want)
			}
			return err
		})
	}
	g.Used, g.Ends, g.Acting = b.now.Add(time.Second), b.now.Add(2*time.Hour), "elsewhere"
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateGrant(ctx, &g) })
	var used time.Time
	same(b, "by refresh token", *read(b, func(ctx context.Context, tx *store.Tx) (found *kontrollrum.Grant, err error) {
		found, used, err = tx.GrantOfRefresh(ctx, refresh)
		return found, err
	}), g)
	if used != b.now {
		b.Errorf("used %v", used)
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { _, err := tx.EndGrant(ctx, g.ID, b.now); return err })
	if a, bearer := at(b.now); a != nil || bearer != nil {
		b.Error("its grant has ended, and it is good")
	}
}

// grantLists: of one user, what has not ended, the last used first.
func grantLists(b *bench) {
	c := b.client()
	first, others := b.grant(c.ID), b.grant(c.ID)
	again := func(id string, used, ends time.Duration) kontrollrum.Grant {
		g := first
		g.ID, g.Used, g.Ends = kontrollrum.GrantID(id+string(first.ID)), b.now.Add(used), b.now.Add(ends)
		b.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertGrant(ctx, &g) })
		return g
	}
	later, beside := again("b", time.Second, time.Hour), again("a", time.Second, time.Hour)
	again("over", time.Second, 0)
	list := func(user kontrollrum.UserID) []store.NamedGrant {
		return read(b, func(ctx context.Context, tx *store.Tx) ([]store.NamedGrant, error) {
			return tx.Grants(ctx, user, b.now)
		})
	}
	end := func(user kontrollrum.UserID, id kontrollrum.GrantID) {
		b.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndGrantOf(ctx, user, id, b.now) })
	}
	want := func(what string, wanted ...kontrollrum.Grant) {
		b.Helper()
		var got []kontrollrum.Grant
		for _, g := range list(first.User) {
			if g.Name != c.Name || g.Place.ID != first.Acting || g.Place.Plate == "" || g.Place.Name == "" {
				b.Errorf("named %+v", g)
			}
			got = append(got, g.Grant)
		}
		same(b, what, got, wanted)
	}
	want("all", beside, later, first)
	end(others.User, later.ID)
	end(first.User, others.ID)
	want("by another", beside, later, first)
	if len(list(others.User)) != 1 {
		b.Error("another's has ended")
	}
	end(first.User, later.ID)
	want("one ended", beside, first)
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteClient(ctx, c.ID, b.now) })
	want("client removed")
}

func grantEnds(b *bench) {
	c := b.client()
	session := newID[kontrollrum.SessionID]()
	bound, offline := b.grant(c.ID, func(g *kontrollrum.Grant) { g.Session = session }), kontrollrum.Grant{}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		offline = bound
		offline.ID, offline.Offline = newID[kontrollrum.GrantID](), true
		other := offline
		other.ID, other.SID, other.Session = newID[kontrollrum.GrantID](), "other", newID[kontrollrum.SessionID]()
		s := kontrollrum.Session{ID: session, User: bound.User, Organization: bound.Organization, Stage: kontrollrum.StageFull, Created: b.now, Authenticated: b.now, Seen: b.now, Ends: b.now.Add(time.Hour)}
		if err := tx.InsertSession(ctx, &s, string(session)); err != nil {
			return err
		}
		if err := tx.InsertGrant(ctx, &other); err != nil {
			return err
		}
		return tx.InsertGrant(ctx, &offline)
	})
	ended := func(g kontrollrum.Grant) bool {
		return !read(b, func(ctx context.Context, tx *store.Tx) (*kontrollrum.Grant, error) { return tx.Grant(ctx, g.ID) }).Ended.IsZero()
	}
	b.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EndSession(ctx, bound.User, session, b.now)
		return err
	})
	if !ended(bound) || ended(offline) {
		b.Error("want the grant of the session ended, and not the one that outlives it")
	}
	told := func() (n int) {
		b.write(func(ctx context.Context, tx *store.Tx) error {
			all, err := tx.TakeLogouts(ctx, b.now, b.now.Add(time.Hour), 1000)
			for _, l := range all {
				if l.Client == c.ID {
					n++
					if l.SID != session || l.User != bound.User || l.Address != c.Logout {
						b.Errorf("to tell: %+v", l)
					}
				}
			}
			return err
		})
		return n
	}
	if told() != 1 || told() != 0 {
		b.Error("want the client told of the session, once")
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndSessions(ctx, bound.User, session, b.now) })
	if ended(offline) {
		b.Error("a grant of the session that stays has ended")
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndSessions(ctx, bound.User, "", b.now) })
	if !ended(offline) {
		b.Error("every session has ended, and a grant goes on")
	}
	acting := b.grant(c.ID)
	elsewhere := b.grant(c.ID, func(g *kontrollrum.Grant) { g.Acting = acting.Acting })
	b.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.EndSessionsIn(ctx, acting.Organization, b.now)
	})
	if !ended(acting) || !ended(elsewhere) {
		b.Error("an organization's end leaves grants")
	}
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.Sweep(ctx, b.now, b.now.Add(-time.Hour), 10) })
	ended(acting) // is still there
}

func deviceCodes(b *bench) {
	hash, mark := kontrollrum.NewSecretText().Hash(), kontrollrum.NewSecretText().Hash()
	d := kontrollrum.DeviceCode{Client: "hub", Scopes: []string{"openid"}, Created: b.now, Ends: b.now.Add(time.Hour), Polled: b.now, Pace: 5 * time.Second, State: kontrollrum.DeviceAsked}
	for _, want := range []bool{true, false} {
		b.write(func(ctx context.Context, tx *store.Tx) error {
			kept, err := tx.InsertDeviceCode(ctx, &d, hash, mark)
			if kept != want {
				b.Errorf("kept %v", kept)
			}
			return err
		})
	}
	d.Consent = kontrollrum.Consent{User: "u", Organization: "o", Session: "s", Acting: "a", Methods: []string{"pwd"}, Authenticated: b.now}
	for _, want := range []bool{true, false} {
		b.write(func(ctx context.Context, tx *store.Tx) error {
			still, err := tx.AnswerDevice(ctx, mark, kontrollrum.DeviceApproved, &d.Consent)
			if still != want {
				b.Errorf("still asking: %v", still)
			}
			return err
		})
	}
	d.Polled, d.Pace, d.State = b.now.Add(time.Second), 10*time.Second, kontrollrum.DeviceApproved
	b.write(func(ctx context.Context, tx *store.Tx) error { return tx.PollDevice(ctx, hash, d.Polled, d.Pace) })
	for _, find := range []func(context.Context, *store.Tx) (*kontrollrum.DeviceCode, error){
		func(ctx context.Context, tx *store.Tx) (*kontrollrum.DeviceCode, error) {
			return tx.DeviceCode(ctx, hash)
		},
		func(ctx context.Context, tx *store.Tx) (*kontrollrum.DeviceCode, error) {
			return tx.DeviceCodeOf(ctx, mark)
		},
	} {
		same(b, "approved", *read(b, find), d)
	}
	for _, want := range []bool{true, false} {
		b.write(func(ctx context.Context, tx *store.Tx) error {
			first, err := tx.UseDevice(ctx, hash)
			if first != want {
				b.Errorf("first %v", first)
			}
			return err
		})
	}
}

func signingKeys(b *bench) {
	ids := func(now time.Time) (out []string) {
		for _, k := range read(b, func(ctx context.Context, tx *store.Tx) ([]kontrollrum.SigningKey, error) {
			return tx.SigningKeys(ctx, now)
		}) {
			out = append(out, k.ID)
		}
		return out
	}
	put := func(id string, begins, until time.Time) {
		b.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.InsertSigningKey(ctx, &kontrollrum.SigningKey{ID: id, Algorithm: "RS256", Private: kontrollrum.NewSecret("sealed"), Created: b.now, Begins: begins}, until, b.now)
		})
	}
	put("one", b.now, b.now)
	put("two", b.now.Add(time.Hour), b.now.Add(2*time.Hour))
	if got := ids(b.now); !slices.Equal(got, []string{"two", "one"}) {
		b.Errorf("published: %v", got)
	}
	if got := ids(b.now.Add(2 * time.Hour)); !slices.Equal(got, []string{"two"}) {
		b.Errorf("published afterwards: %v", got)
	}
}
