package ops_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/ops/opstest"
	"github.com/kontrollrum/kontrollrum/policy"
)

// callers are everyone who may ask: the ten columns, those who hold nothing,
// the two without roles, and whoever stands nowhere near.
var callers = []string{"chief", "partner", "outsider", "service", "outservice", "provisioner", "reader", "partnerreader", "outreader", "supervisor",
	"licensed", "plain", "norchief", "suschief", "stranger", "operator", "application"}

// unknown are those who are nobody.
var unknown = []string{"", "bad", "revoked", "expired", "asleep"}

func (w *world) caller(name string) ops.Caller {
	switch name {
	case "operator":
		return ops.Operator()
	case "bad":
		return ops.Bearer(kontrollrum.NewSecret("no such token"))
	}
	return w.tokens[name] // the zero Caller for nobody
}

// A verdict is what must become of a sample: it is done, or fails with a kind.
type verdict struct {
	kind   kontrollrum.Kind // empty: done
	code   string           // of a refusal
	cell   string
	action policy.Action
}

// expect is the verdict by the grid alone.
func (s sample) expect(name string) verdict {
	at := s.at
	switch roleless := name == "operator" || name == "application"; {
	case slices.Contains(unknown, name):
		return verdict{kind: kontrollrum.Unauthenticated}
	case at == nowhere && name == "operator":
		return verdict{}
	case at == nowhere:
		return verdict{kind: kontrollrum.NotFound}
	case at == home && s.name() == "EvaluateMany" && name != "operator":
		if _, stands := column(name, "SUN"); !stands {
			return verdict{} // told that there is no such organization
		}
		at = "SUN"
	case at == home && roleless:
		return verdict{kind: kontrollrum.NotFound} // at home nowhere
	case at == home:
		return verdict{}
	}
	column, stands := column(name, at)
	if !stands {
		return verdict{kind: kontrollrum.NotFound}
	}
	for _, a := range s.actions {
		v := verdict{kontrollrum.Denied, string(policy.NotPermitted), column.String(), a}
		switch cell := policy.Grid(a, column); {
		case column == policy.Nobody:
			v.code = string(policy.NoRoleHeld)
		case cell == policy.NotApplicable:
			v.code = string(policy.RoleNotApplicable)
		case cell != policy.No:
			continue
		}
		return v
	}
	return verdict{}
}

// allowed is the first caller who may.
func (s sample) allowed() string {
	for _, name := range callers {
		if s.expect(name) == (verdict{}) {
			return name
		}
	}
	return ""
}

// entry is what the audit log says of one thing done or refused.
const entryColumns = `select id, action, outcome, code, rule, cell, actor, before <> '' or after <> '' from entries`

// TestEveryOp: every op by every caller does what the grid says, leaves the
// entries that it must, and changes nothing where it may not.
func TestEveryOp(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			w.change()
			w.keep(t)
			for _, s := range samples(w) {
				t.Run(s.name(), func(t *testing.T) {
					before, log := w.state(t), w.rows(t, entryColumns)
					ask := func(name string, v verdict) {
						_, err := s.do(t.Context(), w.hub, w.caller(name), s.op)
						after := w.rows(t, entryColumns)
						added := subtract(after, log)
						if why := s.wrong(w, name, v, err, added); why != "" {
							t.Errorf("%+v by %q: %s\nerror: %v\nentries: %q", s.op, name, why, err, added)
						}
						log = after
					}
					var may []string
					for _, name := range slices.Concat(callers, unknown) {
						if v := s.expect(name); v == (verdict{}) && s.entries > 0 {
							may = append(may, name)
						} else {
							ask(name, v)
						}
					}
					for _, change := range w.state(t).changes(before) {
						if !strings.HasPrefix(change, "+entries: ") {
							t.Errorf("%+v by those who may not change it: %s", s.op, change)
						}
					}
					for _, name := range may {
						w.restore(t)
						log = w.rows(t, entryColumns)
						ask(name, verdict{})
					}
					w.restore(t)
				})
			}
		})
	}
}

// change makes the entry that samples look at and take back.
func (w *world) change() {
	w.Helper()
	must(w, w.as("chief"), ops.EditUser{User: email("plain"), Details: ops.Details{DisplayName: "Namn plain", Title: "Växel"}})
	w.entry = must(w, w.as("chief"), ops.ReadAudit{}).Items[0].ID
}

// subtract lists the rows of one that other has not.
func subtract(one, other map[string]int) (out []string) {
	for row, n := range one {
		if n > other[row] {
			out = append(out, row)
		}
	}
	return out
}

// wrong says what is not as it must be.
func (s sample) wrong(w *world, name string, v verdict, err error, added []string) string {
	actor := string(w.users[name])
	switch {
	case v.kind == "" && err != nil:
		return "it fails"
	case v.kind != "" && !errors.Is(err, v.kind):
		return "want " + string(v.kind)
	case v.kind == "":
		if len(added) != s.entries {
			return fmt.Sprintf("it leaves %d entries, want %d", len(added), s.entries)
		}
		for _, row := range added {
			if cells := strings.Split(row, "|"); cells[2] != string(kontrollrum.Done) || cells[6] != actor || cells[7] != "1" && cells[7] != "true" {
				return "an entry says " + row
			}
		}
		return ""
	case v.kind != kontrollrum.Denied:
		if len(added) > 0 {
			return "it leaves entries"
		}
		return ""
	}
	var no *kontrollrum.Error
	if !errors.As(err, &no) || no.Code != v.code || no.Cell != v.cell || no.Action != v.action.String() || no.Rule != "" || no.Message == "" {
		return fmt.Sprintf("it is refused with %+v, want %+v", no, v)
	}
	want := strings.Join([]string{v.action.String(), string(kontrollrum.Refused), v.code, "", v.cell, actor}, "|")
	if len(added) != 1 || !strings.Contains(added[0], "|"+want+"|") {
		return "want the one entry " + want
	}
	return ""
}

// TestEveryOpTwice: a transaction that another got ahead of is run again, and
// leaves what one run leaves.
func TestEveryOpTwice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world, s sample, c ops.Caller) {
		if _, err := s.do(t.Context(), w.hub, c, s.op); err != nil {
			t.Fatal(err)
		}
		once := w.counts(t)
		w.restore(t)
		runs := 0
		w.hub.Interrupt(func() error {
			if runs++; runs < 3 {
				return &pgconn.PgError{Code: "40001", Message: "could not serialize access"}
			}
			return nil
		})
		defer w.hub.Interrupt(nil)
		if _, err := s.do(t.Context(), w.hub, c, s.op); err != nil || runs != 3 {
			t.Errorf("after %d runs: %v", runs, err)
		}
		if again := w.counts(t); !maps.Equal(once, again) {
			t.Errorf("once leaves %v, run again %v", once, again)
		}
		w.restore(t)
	})
}

// TestEveryOpUndone: what fails after the change leaves nothing at all.
func TestEveryOpUndone(t *testing.T) {
	t.Parallel()
	failed := errors.New("the disk is full")
	each(t, func(t *testing.T, w *world, s sample, c ops.Caller) {
		w.hub.Interrupt(func() error { return failed })
		defer w.hub.Interrupt(nil)
		if _, err := s.do(t.Context(), w.hub, c, s.op); !errors.Is(err, failed) {
			t.Errorf("got %v", err)
		}
		if changes := w.state(t).changes(w.before); len(changes) > 0 {
			t.Errorf("it leaves %q", changes)
		}
	})
}

// each runs f for every sample and a caller who may, in a world that f leaves as it was.
func each(t *testing.T, f func(*testing.T, *world, sample, ops.Caller)) {
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			w.change()
			w.keep(t)
			for _, s := range samples(w) {
				t.Run(s.name(), func(t *testing.T) {
					name := s.allowed()
					if name == "" {
						t.Fatal("nobody may")
					}
					f(t, w, s, w.caller(name))
				})
			}
		})
	}
}

// gates are the ops that judge a proof of who asks, before anybody is known.
// Each is tried by itself, with what is right, wrong, used, expired and others'.
var gates = []string{"OpenLink", "AcceptLink", "AskPasswordReset", "SignOut", "ProveCode", "BeginPasskey", "FinishPasskey", "CompleteEnrolment",
	"RouteEmail", "BeginUpstream", "ResumeUpstream", "FinishUpstream",
	"FindClient", "ProveClient", "BeginAuthorization", "ViewAuthorization", "RedeemCode", "RefreshTokens", "ViewIdentity", "Introspect",
	"RevokeGranted", "EndSessionKnownAs", "TakeLogouts", "FinishLogout", "BeginDevice", "RedeemDevice",
	"Authorize", "IssueCode", "ViewDeviceCode", "ApproveDevice", "DenyDevice"} // the last five are asked by a session only

// setups are the ops on the caller's own factors and tokens, of which everyone has others,
// and which a session only asks; they too are tried by themselves.
var setups = []string{"BeginTOTP", "BeginAddPasskey", "FinishTOTP", "FinishAddPasskey", "RenameFactor", "RemoveFactor", "NewRecoveryCodes",
	"CreateOwnToken", "RevokeOwnToken"}

// TestAllIsAll: All lists every op of the package once, and each has a sample.
func TestAllIsAll(t *testing.T) {
	t.Parallel()
	declared := declaredOps(t)
	var listed []string
	for _, op := range ops.All() {
		listed = append(listed, reflect.TypeOf(op).Name())
	}
	sampled := slices.Concat(gates, setups)
	for _, s := range samples(&world{TB: t, clock: opstest.NewClock()}) {
		sampled = append(sampled, s.name())
	}
	slices.Sort(listed)
	slices.Sort(sampled)
	if !slices.Equal(listed, declared) {
		t.Errorf("All lists\n%q, declared are\n%q", listed, declared)
	}
	if sampled = slices.Compact(sampled); !slices.Equal(sampled, declared) {
		t.Errorf("samples are of\n%q, declared are\n%q", sampled, declared)
	}
}

// declaredOps are the exported types that have the methods of an op.
func declaredOps(t *testing.T) (out []string) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	methods := map[string]int{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "asks" && f.Name.Name != "run" {
				continue
			}
			if receiver, ok := f.Recv.List[0].Type.(*ast.Ident); ok && receiver.IsExported() {
				methods[receiver.Name]++
			}
		}
	}
	for name, n := range methods {
		if n == 2 {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// TestEveryAction: every action of the policy is asked by a sampled op or
// stands in decidedOnly, and none does both.
func TestEveryAction(t *testing.T) {
	t.Parallel()
	asked := map[policy.Action]bool{}
	for _, s := range samples(&world{TB: t, clock: opstest.NewClock()}) {
		for _, a := range s.actions {
			asked[a] = true
		}
	}
	for _, a := range policy.Actions() {
		if why := decidedOnly[a]; asked[a] == (why != "") {
			t.Errorf("%s: asked by an op: %t, without one: %q", a, asked[a], why)
		}
	}
}
