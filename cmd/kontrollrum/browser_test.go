package main

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/internal/browsertest"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
	"github.com/kontrollrum/kontrollrum/words"
)

// TestBrowser runs the program as people meet it: all of it, in a browser.
// Each test has people of its own in one installation.
func TestBrowser(t *testing.T) {
	t.Parallel()
	browsertest.Visit(t) // or skip
	s := newSite(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, *site)
	}{
		{"Entrances", testEntrances},
		{"InviteToHub", testInviteToHub},
		{"Forgotten", testForgotten},
		{"SecondFactorDemanded", testSecondFactorDemanded},
		{"StepUp", testStepUp},
		{"WithoutScript", testWithoutScript},
		{"Ended", testEnded},
		{"Provider", testProvider},
		{"Origins", testOrigins},
		{"OpenRedirects", testOpenRedirects},
		{"Fixation", testFixation},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			of := *s
			of.TB = t
			c.test(t, &of)
		})
	}
}

// A site is the running program, and its data.
type site struct {
	testing.TB
	*ops.Hub // another node of the installation
	data     string
	public   string
	book     *words.Book
	hash     string // of password
	said     *journal
	ids      *sync.Map // of users, by address
}

// password is everyone's.
const password = "korrekt häst batteri"

// A journal keeps what the program writes.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// newSite starts the program on an empty folder, at a host that may have passkeys.
func newSite(t *testing.T) *site {
	s := &site{TB: t, data: t.TempDir(), said: &journal{}, ids: &sync.Map{}}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	at := free.Addr().String()
	s.must(free.Close())
	_, port, _ := net.SplitHostPort(at)
	s.public = "http://localhost:" + port

	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"--data", s.data, "serve", "--addr", at, "--admin-addr", "", "--public-url", s.public}, io.Discard, s.said)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for line := range strings.Lines(s.said.String()) {
			if strings.Contains(line, "level=ERROR") {
				t.Error(line)
			}
		}
	})
	s.until("the program serves", func() bool {
		select {
		case err := <-ended:
			t.Fatalf("the program ended: %v\n%s", err, s.said)
		default:
		}
		answer, err := http.Get(s.public + "/sign-in")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})

	home := &house{ctx: context.Background(), data: s.data, database: filepath.Join(s.data, "kontrollrum.db"), keyFile: filepath.Join(s.data, "kontrollrum.key"), public: s.public}
	s.Hub, err = home.open()
	s.must(err)
	t.Cleanup(func() { s.must(s.Hub.Close()) })
	s.book, err = words.Read()
	s.must(err)
	s.hash, err = argon2id.CreateHash(password, &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	s.must(err)
	return s
}

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// until waits for what the program does by itself.
func (s *site) until(what string, there func() bool) {
	s.Helper()
	for end := time.Now().Add(waiting); !there(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatalf("waited in vain: %s\n%s", what, s.said)
		}
	}
}

// act does op as the operator.
func act[R any](s *site, op ops.Op[R]) R {
	s.Helper()
	out, err := ops.Do(context.Background(), s.Hub, ops.Operator(), op)
	s.must(err)
	return out
}

// by does op as the chief of an organization.
func by[R any](s *site, plate string, op ops.Op[R]) R {
	s.Helper()
	out, err := ops.Do(context.Background(), s.Hub, ops.User(s.id(chief(plate))), op)
	s.must(err)
	return out
}

// chief is the address of an organization's first full administrator.
func chief(plate string) string { return "chief@" + strings.ToLower(plate) + ".example" }

// id is the id of somebody who was added.
func (s *site) id(email string) kontrollrum.UserID {
	s.Helper()
	id, ok := s.ids.Load(email)
	if !ok {
		s.Fatalf("nobody has added %s", email)
	}
	return id.(kontrollrum.UserID)
}

// command runs the command line on the installation while it is served, and
// gives what it prints.
func (s *site) command(args ...string) string {
	s.Helper()
	var out, told bytes.Buffer
	if err := run(context.Background(), append([]string{"--data", s.data}, args...), &out, &told); err != nil {
		s.Fatalf("kontrollrum %s: %v\n%s", strings.Join(args, " "), err, &told)
	}
	return strings.TrimSpace(out.String())
}

// organization makes one, with a full administrator, and licences where it has
// a contact centre.
func (s *site) organization(plate, name string, contactCenter bool) {
	s.Helper()
	o := ops.NewOrganization{Plate: plate, Name: name, SetupDone: true}
	if contactCenter {
		o.Services = []kontrollrum.Service{kontrollrum.ContactCenter}
	}
	act(s, ops.CreateOrganization{NewOrganization: o})
	s.person(plate, chief(plate), "Karin Chef", "sv")
	act(s, ops.AssignRole{Organization: plate, User: chief(plate), Role: policy.FullAdmin})
	if contactCenter {
		act(s, ops.BuySubscription{Organization: plate, Name: "Platser", Quantities: ops.Quantities{kontrollrum.StandardAgent: 20, kontrollrum.PremiumAgent: 20}})
	}
}

// person adds an active user at home in an organization, who has the password.
func (s *site) person(plate, email, name, language string) kontrollrum.UserID {
	s.Helper()
	first, last, _ := strings.Cut(name, " ")
	u := act(s, ops.AddPerson{AddUser: ops.AddUser{Organization: plate, Email: email,
		Details: ops.Details{FirstName: first, LastName: last, Language: language}}, Activate: true})
	act(s, ops.ImportPasswords{Hashes: map[string]string{email: s.hash}})
	s.ids.Store(email, u.ID)
	return u.ID
}

// holds adds a person who holds a role at home.
func (s *site) holds(plate, email, name, language string, role policy.Role) kontrollrum.UserID {
	s.Helper()
	id := s.person(plate, email, name, language)
	by(s, plate, ops.AssignRole{Organization: plate, User: email, Role: role})
	return id
}

var linkText = regexp.MustCompile(`https?://[^\s"<>]+/(?:activate|reset)\?token=[^\s"<>]+`)

// letter waits for the mail to an address whose link leads to a path, and gives its
// plain text and the link.
func (s *site) letter(email, path string) (text, link string) {
	s.Helper()
	s.until("a letter to "+email, func() bool {
		err := filepath.WalkDir(s.data, func(name string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".eml" {
				return nil //nolint:nilerr // what is being written is looked at again
			}
			to, body := readMail(s, name)
			if found := linkText.FindString(body); strings.Contains(to, email) && strings.Contains(found, path+"?") {
				text, link = body, found
			}
			return nil
		})
		return err == nil && link != ""
	})
	return text, link
}

// query changes the database behind the program's back: to let time pass.
func (s *site) query(text string, args ...any) {
	s.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.data, "kontrollrum.db")+"?_pragma=busy_timeout(10000)")
	s.must(err)
	defer db.Close()
	_, err = db.Exec(text, args...)
	s.must(err)
}
