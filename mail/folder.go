package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// A Folder takes letters where there is no mail server: each a file that mail
// programs open, for its owner alone.
type Folder string

// fileName is the same each time the same letter is written, and sorts by age.
func fileName(l *ops.CollectedLetter) string {
	return l.Created.UTC().Format("20060102-150405.000000") + "-" + string(l.ID) + ".eml"
}

var fileNames = regexp.MustCompile(`^[0-9]{8}-[0-9]{6}\.[0-9]{6}-[0-9a-f-]{36}\.eml$`)

// carry writes a letter, wholly or not at all. One that is there already it writes over.
func (f Folder) carry(_ context.Context, m *gomail.Msg, name string) error {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(string(f), ".letter-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // in vain once it has its name
	_, err = m.WriteTo(file)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), filepath.Join(string(f), name))
}

func (Folder) rest() {}

// A Filed is a letter in a folder.
type Filed struct {
	File    string // its name
	To      string
	Subject string
	Date    time.Time
	Text    string // empty in a list
	HTML    string // empty in a list
	Link    string // the one in it; empty: none
}

// List lists at most n letters, newest first, and how many there are. A folder
// that is not there holds none.
func (f Folder) List(n int) (out []Filed, all int, err error) {
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	slices.Reverse(entries)
	for _, e := range entries {
		if !fileNames.MatchString(e.Name()) {
			continue
		}
		if all++; len(out) >= n {
			continue
		}
		l, err := f.read(e.Name(), false)
		if err != nil {
			return nil, 0, err
		}
		out = append(out, *l)
	}
	return out, all, nil
}

// Open reads a letter, or fails with NotFound.
func (f Folder) Open(name string) (*Filed, error) {
	if !fileNames.MatchString(name) {
		return nil, kontrollrum.Missing("letter")
	}
	l, err := f.read(name, true)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, kontrollrum.Missing("letter")
	}
	return l, err
}

func (f Folder) read(name string, whole bool) (*Filed, error) {
	file, err := os.Open(filepath.Join(string(f), name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	m, err := mail.ReadMessage(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var word mime.WordDecoder
	l := &Filed{File: name}
	if l.Subject, err = word.DecodeHeader(m.Header.Get("Subject")); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if l.To, err = word.DecodeHeader(m.Header.Get("To")); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if l.Date, err = m.Header.Date(); err != nil || !whole {
		return l, err
	}
	return l, l.parts(m)
}

// links is where a link stands in the plain text: alone on a line.
var links = regexp.MustCompile(`(?m)^(https?://\S+\?token=\S+)\s*$`)

// parts reads the two forms of what a letter says (RFC 2046 §5.1.4).
func (l *Filed) parts(m *mail.Message) error {
	_, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		var body io.Reader = part
		if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
			body = quotedprintable.NewReader(part)
		}
		text, err := io.ReadAll(io.LimitReader(body, 1<<20))
		if err != nil {
			return err
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			l.HTML = string(text)
		} else {
			l.Text = strings.ReplaceAll(string(text), "\r\n", "\n")
		}
	}
	if found := links.FindStringSubmatch(l.Text); found != nil {
		l.Link = found[1]
	}
	return nil
}
