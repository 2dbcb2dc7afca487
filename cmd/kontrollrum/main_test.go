package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kontrollrum": main, "http": func() { os.Exit(ask(os.Args[1:])) }})
}

// TestScripts runs the program as its users do. Beside testscript's own
// commands there are
//
//	await FILE REGEXP NAME    wait until the file matches and set $NAME to what the first group holds
//	exec http METHOD URL …    ask, see ask
func TestScripts(t *testing.T) {
	t.Parallel()
	golden, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"await": await},
		Setup: func(env *testscript.Env) error {
			env.Setenv("GOLDEN", golden)
			env.Setenv("KONTROLLRUM_DATA", filepath.Join(env.WorkDir, "data"))
			env.Setenv("KONTROLLRUM_ADDR", "127.0.0.1:0")
			env.Setenv("KONTROLLRUM_ADMIN_ADDR", "127.0.0.1:0")
			return nil
		},
	})
}

const waiting = 3 * time.Minute // with the race detector on a busy machine

func await(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: await FILE REGEXP NAME")
	}
	wanted := regexp.MustCompile(args[1])
	for end := time.Now().Add(waiting); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err != nil {
			continue // not there yet
		}
		if found := wanted.FindSubmatch(text); found != nil {
			ts.Setenv(args[2], string(found[1]))
			return
		}
	}
	ts.Fatalf("%s does not come to match %s", args[0], args[1])
}

// ask sends a request and prints the status and the answer:
//
//	http [-token TOKEN] [-host HOST] [-until REGEXP] [-slow] METHOD URL [BODY]
//
// -until asks again until the answer matches. -slow sends half of the body, and
// the other half when nobody can connect to the server any more.
func ask(args []string) int {
	var token, host, until string
	slow := false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch args[0] {
		case "-token":
			token, args = args[1], args[1:]
		case "-host":
			host, args = args[1], args[1:]
		case "-until":
			until, args = args[1], args[1:]
		case "-slow":
			slow = true
		}
		args = args[1:]
	}
	for end := time.Now().Add(waiting); ; time.Sleep(10 * time.Millisecond) {
		answer, err := request(token, host, slow, args)
		switch {
		case err != nil:
			fmt.Fprintln(os.Stderr, err)
			return 1
		case regexp.MustCompile(until).MatchString(answer):
			fmt.Println(answer)
			return 0
		case time.Now().After(end):
			fmt.Fprintf(os.Stderr, "does not come to match %s:\n%s\n", until, answer)
			return 1
		}
	}
}

func request(token, host string, slow bool, args []string) (string, error) {
	text := strings.Join(args[2:], " ")
	var body io.Reader = strings.NewReader(text)
	if slow {
		at, err := url.Parse(args[1])
		if err != nil {
			return "", err
		}
		body = io.MultiReader(strings.NewReader(text[:len(text)/2]), &gate{at: at.Host}, strings.NewReader(text[len(text)/2:]))
	}
	r, err := http.NewRequest(args[0], args[1], body)
	if err != nil {
		return "", err
	}
	r.ContentLength, r.Host = int64(len(text)), host // where it is empty the URL's
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := (&http.Client{Timeout: waiting}).Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	told, err := io.ReadAll(answer.Body)
	return fmt.Sprintf("%s\n%s", answer.Status, told), err
}

// A gate ends when nobody can connect to an address any more.
type gate struct{ at string }

func (g *gate) Read([]byte) (int, error) {
	for end := time.Now().Add(waiting / 2); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", g.at)
		if err != nil {
			return 0, io.EOF
		}
		c.Close()
	}
	return 0, fmt.Errorf("%s goes on accepting", g.at)
}
