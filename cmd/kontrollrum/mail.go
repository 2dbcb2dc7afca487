package main

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum/mail"
	"github.com/kontrollrum/kontrollrum/words"
)

// mailFlags say how letters are sent.
type mailFlags struct {
	SMTPURL  string `name:"smtp-url" placeholder:"URL" help:"Mail server: smtp://user:password@host:587 with STARTTLS, or smtps://user:password@host:465. Without: letters are files in the data folder."`
	MailFrom string `placeholder:"ADDRESS" help:"Whom letters are from, such as Kontrollrum <noreply@example.com>. Needed with --smtp-url."`

	MailWorkers int           `hidden:"" default:"8" help:"Letters at once."`
	MailRetry   time.Duration `hidden:"" default:"1m" help:"Pause after the first failure of a letter; twice as long each time."`
	MailLease   time.Duration `hidden:"" default:"5m" help:"After which a letter in the hands of a node that is gone is another's."`
}

// folder is where letters are without a mail server.
func (h *house) folder() mail.Folder { return mail.Folder(filepath.Join(h.data, "mail")) }

// postman makes the postman of a server.
func (f *mailFlags) postman(s *server) (*mail.Postman, error) {
	c := mail.Config{Hub: s.hub, PublicURL: s.public, From: f.MailFrom, Folder: s.folder(), Log: s.log, Now: time.Now, NewID: uuid.NewString,
		Pace: mail.Pace{Workers: f.MailWorkers, First: f.MailRetry, Lease: f.MailLease}}
	switch {
	case f.SMTPURL != "":
		server, err := mail.ParseServer(f.SMTPURL)
		if err != nil {
			return nil, err
		}
		if c.Server = server; f.MailFrom == "" {
			return nil, fmt.Errorf("--mail-from: say whom letters are from, such as noreply@example.com")
		}
	case f.MailFrom == "":
		c.From = "Kontrollrum <noreply@localhost>"
		if u, err := url.Parse(s.public); err == nil {
			c.From = "Kontrollrum <noreply@" + u.Hostname() + ">"
		}
	}
	return mail.New(c)
}

// tells says where letters go, and makes ready to show those that go nowhere.
func (s *server) tells(p *mail.Postman, admin net.Listener) (err error) {
	if p.Server != nil {
		s.printf("Mail goes out by %s\n", p.Server)
		return nil
	}
	shown := ""
	if admin != nil {
		shown = fmt.Sprintf(", and shown on http://%s/mail", admin.Addr())
	}
	s.printf("Mail is kept in %s%s\n", s.folder(), shown)
	s.letters, err = words.Read()
	return err
}
