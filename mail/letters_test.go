package mail

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/words"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a letter of a kind, in a language.
func sample(kind kontrollrum.LetterKind, language string) *ops.CollectedLetter {
	l := &ops.CollectedLetter{Letter: kontrollrum.Letter{
		ID: "00000000-0000-4000-8000-000000000001", Organization: "o", User: "u", Kind: kind, Address: "asa.ohman@sundvik.example", Language: language,
		Data:      map[string]string{"Name": "Åsa <Öhman>", "Organization": "Sundvik Energi & Söner", "TimeZone": "Europe/Stockholm", "At": "2026-11-23T08:00:00Z"},
		MessageID: "00000000-0000-4000-8000-000000000001@hub.example", Created: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}}
	switch kind {
	case kontrollrum.ActivationLetter:
		l.URL, l.Expires = kontrollrum.NewSecret("https://hub.example/activate?token=x.y-z"), l.Created.Add(14*24*time.Hour)
	case kontrollrum.PasswordLetter:
		l.URL, l.Expires = kontrollrum.NewSecret("https://hub.example/reset?token=x.y-z"), l.Created.Add(time.Hour)
	case kontrollrum.PasskeyAdded, kontrollrum.PasskeyRemoved, kontrollrum.TOTPAdded, kontrollrum.TOTPRemoved:
		l.Data["Factor"] = "Åsas \"telefon\""
	}
	return l
}

func testWriter(t testing.TB) *writer {
	t.Helper()
	book, err := words.Read()
	if err != nil {
		t.Fatal(err)
	}
	return &writer{book, "Kontrollrum <noreply@hub.example>", "https://hub.example"}
}

// TestLetters: every kind in both languages, read back as mail programs read
// them, is what it was.
func TestLetters(t *testing.T) {
	t.Parallel()
	w := testWriter(t)
	for _, language := range words.Languages() {
		for _, kind := range kontrollrum.LetterKinds() {
			t.Run(language+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				l := sample(kind, language)
				m, err := w.compose(l)
				if err != nil {
					t.Fatal(err)
				}
				folder := Folder(t.TempDir())
				if err := folder.carry(context.Background(), m, fileName(l)); err != nil {
					t.Fatal(err)
				}
				raw, err := os.ReadFile(filepath.Join(string(folder), fileName(l)))
				if err != nil {
					t.Fatal(err)
				}
				checkHeader(t, raw)
				read, err := folder.Open(fileName(l))
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(read.Subject+read.Text+read.HTML, "letter.") || strings.Contains(read.Text, "<no value>") {
					t.Errorf("a word is missing: %s", read.Text)
				}
				if l.URL.Reveal() != read.Link {
					t.Errorf("the link reads %q", read.Link)
				}
				if foreign := regexp.MustCompile(`(src|background|@import|url\()=?["']?https?:`).FindString(read.HTML); foreign != "" || strings.Contains(read.HTML, "<img") || strings.Contains(read.HTML, "<script") {
					t.Errorf("it fetches from elsewhere: %s", foreign)
				}
				golden(t, string(kind)+"."+language+".txt", "Subject: "+read.Subject+"\nTo: "+read.To+"\n\n"+read.Text)
				if kind == kontrollrum.ActivationLetter || kind == kontrollrum.PasskeyAdded {
					golden(t, string(kind)+"."+language+".html", strings.ReplaceAll(read.HTML, "\r\n", "\n"))
				}
			})
		}
	}
}

// checkHeader checks what every letter's header says.
func checkHeader(t *testing.T, raw []byte) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"Message-Id": "<00000000-0000-4000-8000-000000000001@hub.example>", "Auto-Submitted": "auto-generated",
		"From": `"Kontrollrum" <noreply@hub.example>`, "Mime-Version": "1.0"} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if at, err := m.Header.Date(); err != nil || !at.Equal(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("Date: %v, %v", at, err)
	}
	if kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type")); err != nil || kind != "multipart/alternative" || parameters["boundary"] == "" {
		t.Errorf("Content-Type: %s, %v", kind, err)
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != "asa.ohman@sundvik.example" || to[0].Name != "Åsa <Öhman>" {
		t.Errorf("To: %v, %v", to, err)
	}
	for line := range bytes.Lines(raw) {
		if len(line) > 1000 || bytes.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
			t.Errorf("a line that not every server takes (RFC 5322 §2.1): %.80q", line)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%s is otherwise (%v): go test ./mail -update, and read the difference. Now:\n%s", name, err, got)
	}
}

// TestSameLetterTwice: byte by byte, so that whoever is sent it twice can tell.
func TestSameLetterTwice(t *testing.T) {
	t.Parallel()
	w := testWriter(t)
	var texts [2]bytes.Buffer
	for i := range texts {
		m, err := w.compose(sample(kontrollrum.ActivationLetter, "sv"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.WriteTo(&texts[i]); err != nil {
			t.Fatal(err)
		}
	}
	if texts[0].String() != texts[1].String() {
		t.Errorf("first\n%s\nthen\n%s", &texts[0], &texts[1])
	}
}

// TestHeaderIsNotBroken: no name or organization adds to the header.
func TestHeaderIsNotBroken(t *testing.T) {
	t.Parallel()
	w := testWriter(t)
	for _, name := range []string{"Eva\r\nBcc: x@y.example", "\"Eva\" <x@y.example>,", strings.Repeat("Å", 200), "=?utf-8?q?x?=", ""} {
		l := sample(kontrollrum.ActivationLetter, "sv")
		l.Data["Name"], l.Data["Organization"] = name, name
		m, err := w.compose(l)
		if err != nil {
			continue // refused
		}
		var raw bytes.Buffer
		if _, err := m.WriteTo(&raw); err != nil {
			continue
		}
		read, err := mail.ReadMessage(&raw)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		to, err := read.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != "asa.ohman@sundvik.example" || read.Header.Get("Bcc") != "" {
			t.Errorf("%q: %v, %v, %v", name, to, read.Header, err)
		}
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	folder := Folder(filepath.Join(t.TempDir(), "not", "there"))
	if all, n, err := folder.List(9); len(all) != 0 || n != 0 || err != nil {
		t.Errorf("%v, %d, %v", all, n, err)
	}
	w := testWriter(t)
	for n := range 5 {
		l := sample(kontrollrum.ActivationLetter, "sv")
		l.ID, l.Created = kontrollrum.LetterID(fmt.Sprintf("00000000-0000-4000-8000-00000000000%d", n)), l.Created.Add(time.Duration(n)*time.Second)
		for range 2 { // the second time over the first
			m, err := w.compose(l)
			if err != nil {
				t.Fatal(err)
			}
			if err := folder.carry(context.Background(), m, fileName(l)); err != nil {
				t.Fatal(err)
			}
		}
	}
	all, n, err := folder.List(3)
	if err != nil || n != 5 || len(all) != 3 || !all[0].Date.After(all[1].Date) {
		t.Errorf("%+v, %d, %v", all, n, err)
	}
	for _, bad := range []string{"", ".", "..", "../key", "x.eml", strings.Replace(all[0].File, "2", "9", 1)} {
		if _, err := folder.Open(bad); err == nil {
			t.Errorf("%q is opened", bad)
		}
	}
	if err := (Folder("/proc/none")).carry(context.Background(), gomail.NewMsg(), "x"); err == nil || forGood(err) {
		t.Errorf("a folder that cannot be: %v", err)
	}
}
