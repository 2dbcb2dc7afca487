package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/kontrollrum/kontrollrum"
)

// A Server is a mail server that takes letters (RFC 6409).
type Server struct {
	Host     string
	Port     int
	User     string // empty: no authentication
	Password kontrollrum.Secret
	Implicit bool // TLS from the first byte (RFC 8314 §3.3), else STARTTLS
	// Roots are the authorities that its certificate may come from; nil: the system's.
	Roots *x509.CertPool
}

// ParseServer reads smtp://user:password@host:587 or smtps://user:password@host:465.
// What fails is told without the password.
func ParseServer(text string) (*Server, error) {
	wrong := func(why string) error {
		return kontrollrum.Wrong("smtp-url", "", why+"; give smtp://user:password@host:587, or smtps:// for TLS from the start, with special characters of the password percent-encoded")
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, wrong("it is no URL")
	}
	s := &Server{Host: u.Hostname(), Port: 587}
	switch u.Scheme {
	case "smtp":
	case "smtps":
		s.Implicit, s.Port = true, 465
	default:
		return nil, wrong("its scheme is neither smtp nor smtps")
	}
	if port := u.Port(); port != "" {
		if s.Port, err = strconv.Atoi(port); err != nil {
			return nil, wrong("its port is no number")
		}
	}
	if s.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, wrong("it must be scheme, user, password, host and port alone")
	}
	if u.User != nil {
		password, _ := u.User.Password()
		s.User, s.Password = u.User.Username(), kontrollrum.NewSecret(password)
	}
	return s, nil
}

// String is where the server is, without user and password.
func (s *Server) String() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// loopback reports whether nobody but this machine hears what is said to the server.
func (s *Server) loopback() bool {
	ip := net.ParseIP(s.Host)
	return s.Host == "localhost" || ip != nil && ip.IsLoopback()
}

// client makes a client with a limit to what a slow server may hold up.
func (s *Server) client(timeout time.Duration) (*gomail.Client, error) {
	policy := gomail.TLSMandatory
	if s.loopback() {
		policy = gomail.TLSOpportunistic
	}
	options := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(timeout), gomail.WithTLSPolicy(policy), gomail.WithoutNoop(),
		gomail.WithTLSConfig(&tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12, RootCAs: s.Roots}),
	}
	if s.Implicit {
		options = append(options, gomail.WithSSL())
	}
	if s.User != "" {
		options = append(options, gomail.WithUsername(s.User), gomail.WithPassword(s.Password.Reveal()), gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover))
	}
	return gomail.NewClient(s.Host, options...)
}

// A line is a connection to a server, opened when there is something to send.
type line struct {
	client *gomail.Client
	open   *smtp.Client // nil: none
}

// carry sends a letter.
func (n *line) carry(ctx context.Context, m *gomail.Msg, _ string) error {
	if n.open == nil {
		var err error
		if n.open, err = n.client.DialToSMTPClientWithContext(ctx); err != nil {
			n.open = nil
			return fmt.Errorf("connect: %w", err)
		}
	}
	err := n.client.SendWithSMTPClient(n.open, m)
	if err != nil {
		n.rest() // whatever it was, the next letter begins afresh
	}
	return err
}

// rest closes the connection.
func (n *line) rest() {
	if n.open == nil {
		return
	}
	if err := n.client.CloseWithSMTPClient(n.open); err != nil {
		_ = n.open.Close() // it did not even hear that we go
	}
	n.open = nil
}

// forGood reports whether an error is the server's last word on a letter: a
// 5xx (RFC 5321 §4.2.1) about its reader or what it says. What is said of us,
// while connecting or of the sender, is the operator's to mend, and passes.
func forGood(err error) bool {
	var said *gomail.SendError
	if !errors.As(err, &said) || said.IsTemp() || said.ErrorCode() < 500 {
		return false
	}
	return said.Reason != gomail.ErrSMTPMailFrom && said.Reason != gomail.ErrConnCheck
}
