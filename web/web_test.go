package web_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

// echo answers with the pattern, the id in the path and the length of the body.
func echo(_ ops.Caller, w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s %s %d", r.Pattern, r.PathValue("id"), len(body))
	return err
}

// open serves the routes of these tests; what fails is answered as its error's text.
func open(log io.Writer) http.Handler {
	s := web.Server{
		Log: slog.New(slog.NewTextHandler(log, nil)), NewID: func() string { return "1" }, Prefix: "NA_",
		Now: func() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) },
		Fail: func(w http.ResponseWriter, _ *http.Request, trackingID string, err error) {
			status := http.StatusInternalServerError
			var method *web.MethodError
			switch {
			case errors.As(err, &method):
				status = http.StatusMethodNotAllowed
			case errors.Is(err, kontrollrum.NotFound):
				status = http.StatusNotFound
			case errors.Is(err, kontrollrum.Conflict):
				status = http.StatusConflict
			case errors.Is(err, kontrollrum.Invalid):
				status = http.StatusBadRequest
			}
			w.WriteHeader(status)
			fmt.Fprintf(w, "failed %s %s", trackingID, strings.SplitN(err.Error(), "\n", 2)[0])
		},
	}
	fails := func(_ ops.Caller, w http.ResponseWriter, r *http.Request) error {
		switch r.PathValue("how") {
		case "panics":
			panic("oh")
		case "late":
			w.WriteHeader(http.StatusAccepted)
			return errors.New("too late")
		case "long":
			return kontrollrum.Clash("long", strings.Repeat("å", 1<<20))
		case "deep":
			return errors.New(strings.Repeat("å", 1<<12)) // as a stack is
		}
		return errors.New("oh")
	}
	return s.Handler([]web.Route{
		{Pattern: "GET /people", Serve: echo},
		{Pattern: "POST /people", Serve: echo},
		{Pattern: "GET /people/{id}", Serve: echo},
		{Pattern: "GET /people/me", Serve: echo},
		{Pattern: "DELETE /people/{id}", Serve: echo},
		{Pattern: "GET /fails/{how}", Serve: fails},
	})
}

func TestRouting(t *testing.T) {
	t.Parallel()
	h := open(io.Discard)
	for _, c := range []struct {
		method, target string
		status         int
		body, allow    string
	}{
		{"GET", "/people", 200, "GET /people  0", ""},
		{"GET", "/people/", 200, "GET /people  0", ""},
		{"GET", "//people", 200, "GET /people  0", ""},
		{"GET", "/x/../people/./", 200, "GET /people  0", ""},
		{"POST", "/people/", 200, "POST /people  4", ""},
		{"GET", "/people/1", 200, "GET /people/{id} 1 0", ""},
		{"GET", "/people/1/?a=/", 200, "GET /people/{id} 1 0", ""},
		{"GET", "/people//1", 200, "GET /people/{id} 1 0", ""},
		{"GET", "/people/a%2Fb", 200, "GET /people/{id} a/b 0", ""},
		{"GET", "/people/a%2Fb/", 200, "GET /people/{id} a/b 0", ""},
		{"GET", "/people/%2e%2e", 200, "GET /people/{id} .. 0", ""},
		{"GET", "/people/%00", 200, "GET /people/{id} \x00 0", ""},
		{"GET", "/people%2F", 404, "failed NA_1 no_such_route", ""},
		{"GET", "/people/me", 200, "GET /people/me  0", ""},
		{"GET", "/", 404, "failed NA_1 no_such_route", ""},
		{"GET", "//", 404, "failed NA_1 no_such_route", ""},
		{"GET", "/people/1/2", 404, "failed NA_1 no_such_route", ""},
		{"GET", "/People", 404, "failed NA_1 no_such_route", ""},
		{"PUT", "/people", 405, "failed NA_1 method not allowed", "GET, HEAD, POST"},
		{"PUT", "//people/", 405, "failed NA_1 method not allowed", "GET, HEAD, POST"},
		{"OPTIONS", "/people/1", 405, "failed NA_1 method not allowed", "GET, HEAD, DELETE"},
		{"BREW", "/people", 405, "failed NA_1 method not allowed", "GET, HEAD, POST"},
		{"CONNECT", "/people", 405, "failed NA_1 method not allowed", "GET, HEAD, POST"},
		{"GET", "*", 404, "failed NA_1 no_such_route", ""},
		{"GET", "/fails/plainly", 500, "failed NA_1 oh", ""},
		{"GET", "/fails/panics", 500, "failed NA_1 panic: oh", ""},
		{"GET", "/fails/late", 202, "", ""},
	} {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			t.Parallel()
			w, r := httptest.NewRecorder(), httptest.NewRequest(c.method, "http://x.example/", strings.NewReader("body"))
			if c.method == "GET" {
				r.Body = http.NoBody
			}
			path, query, _ := strings.Cut(c.target, "?")
			if u, err := r.URL.Parse("http://x.example" + path); err == nil {
				r.URL = u
			} else {
				r.URL.Path = path
			}
			r.URL.RawQuery, r.RequestURI = query, c.target
			h.ServeHTTP(w, r)
			if w.Code != c.status || !strings.HasPrefix(w.Body.String(), c.body) || w.Header().Get("Allow") != c.allow {
				t.Errorf("got %d %q, allow %q; want %d %q, %q", w.Code, w.Body, w.Header().Get("Allow"), c.status, c.body, c.allow)
			}
			if w.Header().Get("Trackingid") != "NA_1" || w.Header().Get("Location") != "" {
				t.Errorf("headers %v", w.Header())
			}
			if r.Pattern == "" {
				t.Error("whoever wraps the handler finds no pattern")
			}
		})
	}
}

// TestServer serves over a socket: HEAD has no body, what is too large closes
// the connection.
func TestServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(open(io.Discard))
	defer server.Close()
	head, err := server.Client().Head(server.URL + "/people/")
	if err != nil {
		t.Fatal(err)
	}
	defer head.Body.Close()
	if head.StatusCode != 200 || head.ContentLength != int64(len("GET /people  0")) {
		t.Errorf("HEAD: %d, %d bytes", head.StatusCode, head.ContentLength)
	}
	for n, want := range map[int]int{0: 200, web.MaxBody: 200, web.MaxBody + 1: 400, 10 << 20: 400} {
		r, err := server.Client().Post(server.URL+"/people", "text/plain", bytes.NewReader(make([]byte, n)))
		if err != nil {
			t.Errorf("%d bytes: %v", n, err)
			continue
		}
		text, err := io.ReadAll(r.Body)
		if r.Body.Close(); err != nil || r.StatusCode != want || r.Close != (want == 400) {
			t.Errorf("%d bytes: %d %q, closed %t, %v; want %d", n, r.StatusCode, text, r.Close, err, want)
		}
	}
}

func TestTracking(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{"": "NA_1", "abc-1": "abc-1", "å": "NA_1", "a\tb": "NA_1", strings.Repeat("x", 129): "NA_1"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/people", nil)
		r.Header.Set("TrackingID", sent)
		open(io.Discard).ServeHTTP(w, r)
		if got := w.Header().Get("Trackingid"); got != want {
			t.Errorf("sent %q, tracked as %q, want %q", sent, got, want)
		}
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/people/17?email=eva": `level=INFO msg=request method=GET route="GET /people/{id}" status=200 bytes=21 took=0s tracking_id=NA_1`,
		"/fails/plainly":       `level=ERROR msg=request method=GET route="GET /fails/{how}" status=500 bytes=14 took=0s tracking_id=NA_1 error=oh`,
		"/nowhere":             `level=INFO msg=request method=GET route="" status=404`,
	} {
		var log bytes.Buffer
		open(&log).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil))
		if !strings.Contains(log.String(), want) || strings.Contains(log.String(), "eva") {
			t.Errorf("%s: logged %q, want %q", target, &log, want)
		}
	}
}

// TestLogIsShort: a client's mistake is told in brief, the hub's own whole.
func TestLogIsShort(t *testing.T) {
	t.Parallel()
	for target, whole := range map[string]bool{"/fails/long": false, "/fails/deep": true} {
		var log bytes.Buffer
		open(&log).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil))
		if n := log.Len(); !utf8.Valid(log.Bytes()) || (n > 2<<10) != whole || whole && n < 1<<13 {
			t.Errorf("%s: %d bytes are logged", target, n)
		}
	}
}
