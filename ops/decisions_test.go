package ops_test

import (
	"context"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

func TestEvaluate(t *testing.T) {
	t.Parallel()
	w := ally(t)
	w.add("SUN", "ccsa", policy.ServiceAdmin)
	w.add("SUN", "nora")
	w.add("TVK", "lars")
	secret := kontrollrum.Secret{}
	token := try(w, ops.Operator(), ops.CreateToken{Organization: "SUN", Application: "portal",
		Secret: func(home kontrollrum.OrganizationID) kontrollrum.Secret {
			secret = kontrollrum.NewToken(home)
			return secret
		}})
	if token.Application != "portal" {
		t.Fatal(token)
	}
	callers := map[string]ops.Caller{"application": ops.Bearer(secret), "nobody": {}}
	for name := range w.users {
		callers[name] = w.as(name)
	}
	for _, c := range []struct {
		by, org, subject, action, user string
		want                           string // what stands first of: error, reason; or the cell that said yes
	}{
		{"chief.SUN", "SUN", "chief.SUN", "users.add", "", "F/C"},
		{"chief.SUN", "SUN", "ccsa", "users.add", "", "not_permitted"},
		{"chief.SUN", "SUN", "nora", "users.add", "", "no_role"},
		{"chief.SUN", "SUN", "all", "users.list", "", "R/P"},
		{"chief.SUN", "SUN", "lars", "users.list", "", "no_role"},
		{"chief.SUN", "SUN", "nobody", "users.list", "", "subject_not_found"},
		{"chief.SUN", "SUN", "ccsa", "users.fly", "", "unknown_action"},
		{"chief.SUN", "TVK", "chief.TVK", "users.list", "", "organization_not_found"},
		{"chief.SUN", "XXX", "chief.TVK", "users.list", "", "organization_not_found"},
		{"application", "SUN", "ccsa", "users.list", "", "S/C"},
		{"application", "TVK", "chief.TVK", "users.list", "", "organization_not_found"}, // an application asks where it belongs
		{"nobody", "SUN", "ccsa", "users.list", "", "unauthenticated unauthenticated"},

		// Of others ask full administrators only; of oneself everybody.
		{"ccsa", "SUN", "chief.SUN", "users.list", "", "denied not_permitted"},
		{"ccsa", "SUN", "nobody", "users.list", "", "denied not_permitted"},
		{"nora", "SUN", "ccsa", "users.list", "", "denied no_role"},
		{"all", "SUN", "ccsa", "users.list", "", "denied not_permitted"},
		{"ccsa", "SUN", "ccsa", "users.list", "", "S/C"},
		{"nora", "SUN", "nora", "users.list", "", "no_role"},
		{"nora", "SUN", "nora", "users.view", "nora", "own"},
		{"lars", "SUN", "lars", "users.list", "", "organization_not_found"},

		// To whom: those whom the op itself would find.
		{"chief.SUN", "SUN", "chief.SUN", "users.remove", "nora", "F/C"},
		{"chief.SUN", "SUN", "chief.SUN", "users.remove", "chief.SUN", "last_full_administrator"},
		{"chief.SUN", "SUN", "chief.SUN", "users.remove", "lars", "user_not_found"},
		{"chief.SUN", "SUN", "chief.SUN", "users.remove", "nobody", "user_not_found"},
		{"chief.SUN", "SUN", "chief.SUN", "roles.service_admin.assign_external", "lars", "F/C"},
		{"chief.SUN", "SUN", "chief.SUN", "roles.service_admin.assign_external", "nora", "user_not_found"},
		{"chief.SUN", "SUN", "chief.SUN", "roles.service_admin.assign_external", "nothing", "external_user_from_partner"},
		{"chief.SUN", "SUN", "chief.SUN", "roles.service_admin.assign_internal", "ccsa", "exclusive_role_held"},
		// Who may not do it learns nothing of who is there.
		{"nora", "SUN", "nora", "users.remove", "ccsa", "no_role"},
		{"nora", "SUN", "nora", "users.remove", "nobody", "no_role"},
		{"ccsa", "SUN", "ccsa", "roles.full_admin.assign_internal", "chief.SUN", "not_permitted"},
		{"ccsa", "SUN", "ccsa", "roles.full_admin.assign_internal", "nobody", "not_permitted"},
	} {
		q := ops.Evaluate{Organization: c.org, Subject: w.email(c.subject), Action: c.action}
		if c.user != "" {
			q.User = w.email(c.user)
		}
		ds, err := ops.Do(context.Background(), w.hub, callers[c.by], ops.EvaluateMany{Questions: []ops.Evaluate{q}})
		got := codeOf(err)
		switch {
		case err == nil && ds[0].OK:
			got = ds[0].Cell
			if ds[0].Reason != "" {
				t.Errorf("%+v: yes, with the reason %q", c, ds[0].Reason)
			}
		case err == nil:
			got = ds[0].Reason
		}
		if got != c.want {
			t.Errorf("%+v: got %q, %v", c, got, err)
		}
	}
}

func TestEvaluateMany(t *testing.T) {
	t.Parallel()
	w := ally(t)
	ask := func(subject, action string) ops.Evaluate {
		return ops.Evaluate{Organization: "SUN", Subject: w.email(subject), Action: action}
	}
	yes, no, unknown := ask("chief.SUN", "users.add"), ask("nothing", "users.add"), ask("nobody", "users.add")
	for _, c := range []struct {
		name  string
		asks  []ops.Evaluate
		until ops.Until
		want  string
	}{
		{"none", nil, ops.UntilAll, ""},
		{"all", []ops.Evaluate{yes, no, unknown, yes}, ops.UntilAll, "ynny"},
		{"until no", []ops.Evaluate{yes, yes, unknown, yes}, ops.UntilNo, "yyn"},
		{"until yes", []ops.Evaluate{no, unknown, yes, no}, ops.UntilYes, "nny"},
		{"never yes", []ops.Evaluate{no, no}, ops.UntilYes, "nn"},
	} {
		ds, err := ops.Do(context.Background(), w.hub, w.as("chief.SUN"), ops.EvaluateMany{Questions: c.asks, Until: c.until})
		got := ""
		for _, d := range ds {
			got += map[bool]string{true: "y", false: "n"}[d.OK]
		}
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
	// One that may not be asked spoils them all, and is written down once.
	other := ops.Evaluate{Organization: "SUN", Subject: w.email("chief.SUN"), Action: "users.add"}
	ds, err := ops.Do(context.Background(), w.hub, w.as("all"), ops.EvaluateMany{Questions: []ops.Evaluate{ask("all", "users.list"), other, other}})
	if codeOf(err) != "denied not_permitted" || ds != nil {
		t.Errorf("got %v, %v", ds, err)
	}
	log := try(w, w.as("chief.SUN"), ops.ReadAudit{EntryFilter: ops.EntryFilter{Outcome: kontrollrum.Refused}})
	if len(log.Items) != 1 || log.Items[0].Action != "decisions.evaluate" || log.Items[0].TargetEmail != "chief.sun@kontrollrum.example" {
		t.Errorf("got %+v", log.Items)
	}
	if _, err := ops.Do(context.Background(), w.hub, w.as("chief.SUN"), ops.EvaluateMany{Questions: make([]ops.Evaluate, ops.MaxQuestions+1)}); codeOf(err) != "invalid invalid_evaluations" {
		t.Errorf("got %v", err)
	}
}
