package ops_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

func shown(users []kontrollrum.User) (names []string) {
	for _, u := range users {
		names = append(names, strings.TrimPrefix(u.DisplayName, "Namn "))
	}
	slices.Sort(names)
	return names
}

// TestSeenAdministrators: which administrators each caller sees in lists,
// views and filters.
func TestSeenAdministrators(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	full, services, readers := []string{"chief", "director", "second"}, []string{"helper", "leaver", "service"}, []string{"reader", "viewer"}
	all := slices.Concat(full, services, readers, []string{"sunprov"})
	slices.Sort(all)
	list := func(by string, f ops.Filter) []string {
		page, err := ops.Do(t.Context(), w.hub, w.as(by), ops.ListUsers{Organization: "SUN", Filter: f})
		if err != nil {
			t.Fatal(err)
		}
		return shown(page.Items)
	}
	everyone := list("chief", ops.Filter{})
	for by, sees := range map[string][]string{"chief": all, "partner": all, "outsider": all, "reader": all, "partnerreader": all, "outreader": all, "service": services, "outservice": services} {
		if got := list(by, ops.Filter{}); !slices.Equal(got, everyone) {
			t.Errorf("%s does not see all users: %q", by, got)
		}
		administrators, err := ops.Do(t.Context(), w.hub, w.as(by), ops.ListAdministrators{Organization: "SUN"})
		if err != nil || !slices.Equal(shown(administrators.Items), sees) {
			t.Errorf("%s sees the administrators %q, %v, want %q", by, shown(administrators.Items), err, sees)
		}
		for what, c := range map[string]struct {
			f    ops.Filter
			want []string
		}{
			"administrators": {ops.Filter{Administrators: true}, sees},
			"full":           {ops.Filter{Roles: []policy.Role{policy.FullAdmin}}, full},
			"service":        {ops.Filter{Roles: []policy.Role{policy.ServiceAdmin}}, services},
			"read only":      {ops.Filter{Roles: []policy.Role{policy.ReadOnlyAdmin}, Administrators: true}, readers},
			"supervisors":    {ops.Filter{Roles: []policy.Role{policy.Supervisor}}, []string{"supervisor"}},
		} {
			want := slices.DeleteFunc(slices.Clone(c.want), func(name string) bool { return name != "supervisor" && !slices.Contains(sees, name) })
			if got := list(by, c.f); !slices.Equal(got, want) {
				t.Errorf("%s filters by %s: %q, want %q", by, what, got, want)
			}
		}
		page, err := ops.Do(t.Context(), w.hub, w.as(by), ops.ListUsers{Organization: "SUN"})
		if err != nil {
			t.Fatal(err)
		}
		for _, listed := range page.Items {
			one, err := ops.Do(t.Context(), w.hub, w.as(by), ops.ViewUser{Organization: "SUN", User: string(listed.ID)})
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimPrefix(listed.DisplayName, "Namn ")
			if want := slices.Contains(sees, name) || name == by && slices.Contains(all, by); (len(one.Assignments) > 0) != want || name != by && len(listed.Assignments) != len(one.Assignments) {
				t.Errorf("%s sees of %s: %+v alone, %+v in the list", by, name, one.Assignments, listed.Assignments)
			}
		}
	}
	externals := map[string][]string{"service": {"guest", "outservice"}, "outservice": {"guest", "outservice"}}
	for _, by := range []string{"chief", "partner", "outsider", "provisioner", "reader"} {
		externals[by] = []string{"guest", "guestfull", "guestreader", "named", "outreader", "outservice", "outsider", "partner", "partnerreader", "provisioner"}
	}
	for by, want := range externals {
		page, err := ops.Do(t.Context(), w.hub, w.as(by), ops.ListExternalAdministrators{Organization: "SUN"})
		var users []kontrollrum.User
		for _, e := range page.Items {
			users = append(users, e.User)
		}
		if got := shown(users); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s sees the external administrators %q, %v, want %q", by, got, err, want)
		}
		partners, err := ops.Do(t.Context(), w.hub, w.as(by), ops.ListPartnerAdmins{Organization: "SUN"})
		if n := len(partners); err != nil || (n == 4) != (len(want) > 2) || n != 0 && n != 4 {
			t.Errorf("%s sees %d partner administrators, %v", by, n, err)
		}
	}
}

// telling is what would tell a service administrator of another role: its word,
// its number where an assignment is encoded, or a cell of its column.
var telling = regexp.MustCompile(`full_admin|read_only_admin|provisioning_admin|"Role":[1345]|\b[FPR]/[CPO]\b|last_full`)

// TestServiceAdministratorsAreToldNothing: after everybody has done and been
// refused everything, nothing that a service administrator is answered, and no
// error, tells of another administrator role.
func TestServiceAdministratorsAreToldNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	all := samples(w)
	for _, s := range all {
		if s.name() == "SuspendOrganization" || s.name() == "EndPartnership" {
			continue // which would keep all others from anything
		}
		for _, by := range []string{"plain", s.allowed(), "second", "partner", "reader"} {
			_, _ = s.do(t.Context(), w.hub, w.caller(by), s.op)
		}
	}
	for _, by := range []string{"chief", "partner", "second"} { // the last one's refusal names what they are
		_ = do(w, by, ops.RevokeRole{Organization: "SUN", User: email(by), Role: policy.FullAdmin})
		_ = do(w, by, ops.DeactivateUser{Organization: "SUN", User: email("second")})
		_ = do(w, by, ops.DeactivateUser{Organization: "SUN", User: email("chief")})
	}
	log, err := ops.Do(t.Context(), w.hub, w.as("outsider"), ops.ReadAudit{Organization: "SUN", EntryFilter: ops.EntryFilter{Limit: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	told, _ := json.Marshal(log)
	if len(log.Items) < 100 || !telling.Match(told) || !strings.Contains(string(told), "last_full") {
		t.Fatalf("too little happened: %d entries", len(log.Items))
	}
	seen := 0
	for _, by := range []string{"service", "outservice"} {
		for _, s := range all {
			out, err := s.do(t.Context(), w.hub, w.caller(by), s.op)
			if read, ok := out.(ops.Entries); ok {
				seen += len(read.Items)
				out, err = ops.Do(t.Context(), w.hub, w.caller(by), ops.ReadAudit{Organization: "SUN", EntryFilter: ops.EntryFilter{Limit: 1000}})
			}
			told, _ := json.Marshal(out)
			if found := telling.Find(told); found != nil {
				t.Errorf("%s is answered %s by %s: %s", by, found, s.name(), told)
			}
			var no *kontrollrum.Error
			if errors.As(err, &no) && no.Kind != kontrollrum.Denied && no.Field != "role" && telling.MatchString(err.Error()) {
				t.Errorf("%s is told by %s: %v", by, s.name(), err)
			}
		}
	}
	if seen < 20 {
		t.Errorf("of %d entries a service administrator sees %d", len(log.Items), seen)
	}
}

// TestRefusalsDoNotTell: what a service administrator may not see is refused
// like what is not there.
func TestRefusalsDoNotTell(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for what, f := range map[string]func(name string) error{
		"giving": func(name string) error { return w.assign("service", name, policy.ServiceAdmin) },
		"verifying": func(name string) error {
			v, err := ops.Do(t.Context(), w.hub, w.as("service"), ops.VerifyExternal{Organization: "SUN", Email: email(name)})
			if err == nil {
				err = errors.New(v.Code + v.Rule + v.Message)
			}
			return err
		},
	} {
		for _, pair := range [][2]string{{"director", "viewer"}, {"guestfull", "guestreader"}} {
			one, other := f(pair[0]), f(pair[1])
			if one == nil || one.Error() != other.Error() || strings.Contains(one.Error(), "_admin ") {
				t.Errorf("%s tells %s and %s apart: %v; %v", what, pair[0], pair[1], one, other)
			}
		}
	}
	for what, f := range map[string]func(name string) error{
		"taking full":      func(name string) error { return w.revoke("service", name, policy.FullAdmin) },
		"taking read-only": func(name string) error { return w.revoke("service", name, policy.ReadOnlyAdmin) },
		"taking service":   func(name string) error { return w.revoke("service", name, policy.ServiceAdmin) },
		"taking whatever":  func(name string) error { return w.revoke("service", name, policy.NoRole) },
		"changing": func(name string) error {
			return do(w, "service", ops.ChangeAssignment{Organization: "SUN", User: email(name), Reason: pointer("x")})
		},
		"deactivating": func(name string) error {
			return do(w, "service", ops.DeactivateUser{Organization: "SUN", User: email(name)})
		},
	} {
		for _, pair := range [][2]string{{"director", "target"}, {"viewer", "target"}, {"guestfull", "candidate"}} {
			one, other := f(pair[0]), f(pair[1])
			if one == nil || refusal(one) != refusal(other) || one.Error() != other.Error() {
				t.Errorf("%s tells %s and %s apart: %v; %v", what, pair[0], pair[1], one, other)
			}
		}
	}
	// Nor is a role touched that cannot be seen.
	edit := ops.ReplacePerson{EditUser: ops.EditUser{Organization: "SUN", User: email("director"), Details: ops.Details{DisplayName: "Namn director"}}, Roles: &[]policy.Role{}}
	u, err := ops.Do(t.Context(), w.hub, w.as("service"), edit)
	if err != nil || len(u.Assignments) != 0 {
		t.Errorf("%+v, %v", u, err)
	}
	if u, err := ops.Do(t.Context(), w.hub, w.as("chief"), ops.ViewUser{User: email("director")}); err != nil || len(u.Assignments) != 1 {
		t.Errorf("the role is gone: %+v, %v", u, err)
	}
}

// TestEditLicensesInPart: what may be done is done; each refusal is recorded;
// where nothing may be done, nothing is.
func TestEditLicensesInPart(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			w.keep(t)
			premium := ops.LicenseChange{License: w.licenses[string(kontrollrum.PremiumAgent)], Remove: true}
			meetings := ops.LicenseChange{License: w.licenses[string(kontrollrum.MeetingsHost)], Remove: true}
			again := ops.LicenseChange{License: w.licenses[string(kontrollrum.PremiumAgent)]}
			none := ops.LicenseChange{License: kontrollrum.LicenseID(w.profile)}
			for _, c := range []struct {
				what          string
				by            string
				changes       []ops.LicenseChange
				want          string
				failed        []string
				done, refused int
			}{
				{"all", "chief", []ops.LicenseChange{premium, meetings}, "done", nil, 2, 0},
				{"in part", "service", []ops.LicenseChange{meetings, premium}, "done", []string{"not_permitted"}, 1, 1},
				{"in part, otherwise", "chief", []ops.LicenseChange{again, meetings, none}, "done", []string{"conflict: license_held", "not found: license_not_found"}, 1, 0},
				{"none", "reader", []ops.LicenseChange{premium, meetings}, "not_permitted", nil, 0, 2},
				{"none, for two reasons", "service", []ops.LicenseChange{again, meetings}, "conflict: license_held", nil, 0, 1},
				{"nothing asked", "chief", nil, "done", nil, 0, 0},
			} {
				before := w.state(t)
				out, err := ops.Do(t.Context(), w.hub, w.as(c.by), ops.EditLicenses{Organization: "SUN", User: email("holder"), Changes: c.changes})
				var failed []string
				for _, err := range out.Failed {
					failed = append(failed, refusal(err))
				}
				if got := refusal(err); got != c.want || !slices.Equal(failed, c.failed) {
					t.Errorf("%s: %s and %q, want %s and %q", c.what, got, failed, c.want, c.failed)
				}
				done, refused, left := 0, 0, 0
				for _, change := range w.state(t).changes(before) {
					switch {
					case strings.Contains(change, "|refused|"):
						refused++
					case strings.HasPrefix(change, "+entries: "):
						done++
					case strings.HasPrefix(change, "-holdings: "):
						left++
					}
				}
				if done != c.done || refused != c.refused || left != c.done {
					t.Errorf("%s: %d done, %d refused, %d holdings less; want %d and %d", c.what, done, refused, left, c.done, c.refused)
				}
				w.restore(t)
			}
		})
	}
}
