package ops_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// try runs a sample's op with other fields; a panic is an error of no kind.
func (s sample) try(w *world, c ops.Caller, op any) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return s.do(w.Context(), w.hub, c, op)
}

// internal reports whether err is a failure of ours.
func internal(err error) bool { return err != nil && kontrollrum.All(err) == nil }

// TestEmptyOps: an op with nothing said is wrong in a way that its caller is told.
func TestEmptyOps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for _, s := range samples(w) {
		for _, name := range callers {
			if out, err := s.try(w, w.caller(name), reflect.Zero(reflect.TypeOf(s.op)).Interface()); internal(err) {
				t.Errorf("%s{} by %s: %v, %v", s.name(), name, out, err)
			}
		}
	}
}

// texts lists the text fields of an op, embedded ones too, by their index.
func texts(op reflect.Type) (out [][]int) {
	for _, f := range reflect.VisibleFields(op) {
		if f.Type.Kind() == reflect.String && f.IsExported() {
			out = append(out, f.Index)
		}
	}
	return out
}

// TestStrangeText: whatever stands in an op's text fields, nobody gets an
// internal error for it, and a refusal is written down all the same.
func TestStrangeText(t *testing.T) {
	t.Parallel()
	strange := []string{"", "\x00", "\xff\xfe", strings.Repeat("å", 3000)}
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			w.change()
			w.keep(t)
			done := map[string]bool{}
			for _, s := range samples(w) {
				if done[s.name()] {
					continue
				}
				done[s.name()] = true
				for _, index := range texts(reflect.TypeOf(s.op)) {
					for _, text := range strange {
						op := reflect.New(reflect.TypeOf(s.op)).Elem()
						op.Set(reflect.ValueOf(s.op))
						op.FieldByIndex(index).SetString(text)
						field := reflect.TypeOf(s.op).FieldByIndex(index).Name
						for _, name := range []string{s.allowed(), "plain"} {
							before := w.refusals(t)
							_, err := s.try(w, w.caller(name), op.Interface())
							if internal(err) {
								t.Errorf("%s.%s = %.9q by %s: %v", s.name(), field, text, name, err)
							}
							if no := w.refusals(t) - before; (no == 1) != errors.Is(err, kontrollrum.Denied) {
								t.Errorf("%s.%s = %.9q by %s: %v, and %d refusals are written down", s.name(), field, text, name, err, no)
							}
							if err == nil && s.entries > 0 {
								w.restore(t)
							}
						}
					}
				}
			}
		})
	}
}

func (w *world) refusals(t *testing.T) int {
	t.Helper()
	return len(w.rows(t, `select id from entries where outcome = 'refused'`))
}

// TestStrangeCallers: what a client says of itself can be anything, and keeps
// neither its changes nor its refusals from being written down.
func TestStrangeCallers(t *testing.T) {
	t.Parallel()
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			for _, text := range []string{"\x00", "\xff\xfe", "a\nb", strings.Repeat("å", 100_000)} {
				for name, want := range map[string]error{"chief": nil, "plain": kontrollrum.Denied} {
					c := w.as(name)
					c.TrackingID, c.IP, c.UserAgent = text, text, text
					before := len(w.rows(t, `select id from entries`))
					_, err := ops.Do(t.Context(), w.hub, c, ops.EditOrganization{Organization: "SUN", Name: pointer(fmt.Sprint("Nytt ", before)), Country: pointer("NO")})
					if !errors.Is(err, want) || internal(err) {
						t.Errorf("%.9q by %s: %v", text, name, err)
					}
					if n := len(w.rows(t, `select id from entries`)); n != before+1 {
						t.Errorf("%.9q by %s: %d more entries", text, name, n-before)
					}
				}
			}
		})
	}
}

// TestForeignIDs: in one's own organization, the ids of another's things find
// nothing, show nothing and change nothing of the other.
func TestForeignIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.change()
	w.keep(t)
	own := string(w.organization("FAR"))
	theirs := []string{string(w.organization("SUN"))}
	for name, id := range w.users {
		if !strings.HasSuffix(email(name), "@far.example") {
			theirs = append(theirs, string(id))
		}
	}
	for product, id := range w.licenses {
		if product != "FAR" {
			theirs = append(theirs, string(id))
		}
	}
	before := w.state(t)
	for _, s := range samples(w) {
		op := reflect.New(reflect.TypeOf(s.op)).Elem()
		op.Set(reflect.ValueOf(s.op))
		moved := false
		for _, field := range []string{"Organization", "Customer", "Partner"} {
			if f := op.FieldByName(field); f.IsValid() && (f.String() == "SUN" || f.String() == "SUS") {
				f.SetString("FAR")
				moved = true
			}
		}
		if !moved || slices.Contains([]string{"AddPartnership", "CreateCustomer", "FoundCustomer", "AssignRole", "AddExternalAdministrator", "VerifyExternal"}, s.name()) {
			continue // what lets others in names them, and a new customer is one's own
		}
		out, err := s.try(w, w.as("stranger"), op.Interface())
		if internal(err) {
			t.Errorf("%s: %v", s.name(), err)
		}
		told, _ := json.Marshal(out)
		for _, id := range theirs {
			if err == nil && strings.Contains(string(told), id) {
				t.Errorf("%s tells of %s: %s", s.name(), id, told)
			}
		}
		for _, change := range w.state(t).changes(before) {
			if !strings.Contains(change, own) {
				t.Errorf("%s (%v): %s", s.name(), err, change)
			}
		}
		w.restore(t)
	}
}

func (w *world) organization(plate string) kontrollrum.OrganizationID {
	w.Helper()
	for id := range w.rows(w, `select id from organizations where plate = '`+plate+`'`) {
		return kontrollrum.OrganizationID(id)
	}
	w.Fatal(plate)
	return ""
}

// TestPersonByAddress: a person is named by id or by address in any case, and
// whoever is named otherwise is not found.
func TestPersonByAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	id := w.users["target"]
	for _, named := range []string{string(id), email("target"), "TARGET@Sun.Example", strings.ToUpper(string(id))} {
		u, err := ops.Do(t.Context(), w.hub, w.as("chief"), ops.ViewUser{Organization: "SUN", User: named})
		if err != nil || u.ID != id {
			t.Errorf("%s: %v", named, err)
		}
	}
	for _, named := range []string{"target", " " + email("target"), email("stranger"), string(w.users["stranger"]), "SUN"} {
		if _, err := ops.Do(t.Context(), w.hub, w.as("chief"), ops.ViewUser{Organization: "SUN", User: named}); !errors.Is(err, kontrollrum.NotFound) {
			t.Errorf("%s: %v, want NotFound", named, err)
		}
	}
}
