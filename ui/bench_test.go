package ui_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum/ops"
)

// BenchmarkUsersPage measures the page of 50 users that a full administrator
// opens, in an organization of 100,000 (KONTROLLRUM_BENCH_USERS, if it is less):
// the time from the request to the last byte, packed as a browser asks for it,
// and how many bytes that are, alone and with all that a first visit loads. Its
// floor is the list itself by the same ops, without words, HTML and HTTP.
func BenchmarkUsersPage(b *testing.B) {
	size, err := strconv.Atoi(cmp.Or(os.Getenv("KONTROLLRUM_BENCH_USERS"), "100000"))
	if err != nil {
		b.Fatal(err)
	}
	w := open(b)
	w.fill(min(size, 100_000))
	c := w.client().enters("karin.holm@sundvik.example")
	page := faces(b, w.hub, w.clock, w.url)
	ask := func(path, target string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header.Set("Accept-Language", "sv")
		if target != "" {
			r.Header.Set("HX-Request", "true")
			r.Header.Set("HX-Target", target)
		}
		for _, cookie := range c.http.Jar.Cookies(must(url.Parse(w.url))) {
			r.AddCookie(cookie)
		}
		got := httptest.NewRecorder()
		page.ServeHTTP(got, r)
		if got.Code != http.StatusOK {
			b.Fatalf("%s: %d", path, got.Code)
		}
		return got
	}
	first := ask("/o/SUN/users", "")
	text := unpacked(b, first)
	rows := bytes.Count(text, []byte("<tr role=\"row\" data-row="))
	if rows != 50 {
		b.Fatalf("%d rows", rows)
	}
	whole := first.Body.Len()
	for _, m := range regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllSubmatch(text, -1) {
		whole += ask(string(m[1]), "").Body.Len()
	}
	root := regexp.MustCompile(`/static/[0-9a-f]+`).Find(text)
	for _, font := range []string{"ahn-latin.woff2", "ahm-latin.woff2"} { // which the style asks for
		whole += ask(string(root)+"/fonts/"+font, "").Body.Len()
	}
	next := regexp.MustCompile(`href="([^"]+)"[^>]*id="next-page"`).FindSubmatch(text)
	if next == nil {
		b.Fatal("there is no next page")
	}
	for _, test := range []struct{ name, path, target string }{
		{"whole", "/o/SUN/users", ""}, {"list", string(bytes.ReplaceAll(next[1], []byte("&amp;"), []byte("&"))), "list"}, {"search", "/o/SUN/users?q=person+4711", "list"},
	} {
		b.Run(test.name, func(b *testing.B) {
			var each, floor []time.Duration
			bytes := 0
			for b.Loop() {
				at := time.Now()
				bytes = ask(test.path, test.target).Body.Len()
				each = append(each, time.Since(at))
				b.StopTimer()
				at = time.Now()
				if _, err := ops.Do(b.Context(), w.hub, w.chiefBearer, ops.ListUsers{Organization: "SUN", Filter: ops.Filter{Limit: 50}}); err != nil {
					b.Fatal(err)
				}
				floor = append(floor, time.Since(at))
				b.StartTimer()
			}
			b.ReportMetric(float64(median(each).Microseconds()), "p50-µs")
			b.ReportMetric(float64(median(floor).Microseconds()), "floor-p50-µs")
			b.ReportMetric(float64(median(each))/float64(median(floor)), "×floor")
			b.ReportMetric(float64(bytes), "bytes")
			if test.target == "" {
				b.ReportMetric(float64(whole), "first-visit-bytes")
			}
		})
	}
}

func median(of []time.Duration) time.Duration {
	slices.Sort(of)
	return of[len(of)/2]
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func unpacked(tb testing.TB, got *httptest.ResponseRecorder) []byte {
	tb.Helper()
	z, err := gzip.NewReader(bytes.NewReader(got.Body.Bytes()))
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := out.ReadFrom(z); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// fill adds people to Sundvik until it has so many.
func (w *world) fill(size int) {
	w.Helper()
	w.chiefBearer = w.chief()
	for n := 1284; n < size; {
		var people []ops.AddPerson
		for ; len(people) < 500 && n < size; n++ {
			people = append(people, ops.AddPerson{Activate: true, AddUser: ops.AddUser{Email: fmt.Sprintf("person.%d@sundvik.example", n),
				Details: ops.Details{FirstName: "Person", LastName: strconv.Itoa(n)}}})
		}
		if _, err := ops.Do(w.Context(), w.hub, w.chiefBearer, ops.AddPeople{Organization: "SUN", People: people}); err != nil {
			w.Fatal(err)
		}
	}
}
