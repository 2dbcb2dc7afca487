// Package mailtest runs a mail server for tests, with all that makes one fail.
package mailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options say what a server is like. The zero Options take every letter from anybody.
type Options struct {
	TLS      *tls.Config // offers STARTTLS; and nothing else where Implicit
	Implicit bool
	User     string // asks for it, and Password
	Password string
	// Answer says what is answered to a reader's address; nil: that it is good.
	Answer func(to string) error
}

// A Server is a mail server that a test may kill and start again.
type Server struct {
	tb      testing.TB
	options Options
	address string

	mu       sync.Mutex
	running  *smtp.Server
	listener net.Listener
	letters  []Letter
}

// A Letter is one that the server took.
type Letter struct {
	From, To string
	TLS      bool
	Data     []byte
	ID       string // of the message, without brackets
}

// Start starts a server, closed when the test ends.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	s := &Server{tb: tb, options: o, address: "127.0.0.1:0"}
	s.Restart()
	tb.Cleanup(s.Kill)
	return s
}

// Address is where it listens.
func (s *Server) Address() string { return s.address }

// Port is that of its address.
func (s *Server) Port() int {
	at, err := net.ResolveTCPAddr("tcp", s.address)
	if err != nil {
		s.tb.Fatal(err)
	}
	return at.Port
}

// Kill closes the listener and cuts every connection, in the midst of whatever is said.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		_ = s.running.Close()  // whoever is cut off complains
		_ = s.listener.Close() // which a server that hardly runs does not know yet
		s.running = nil
	}
}

// Restart starts it again where it was.
func (s *Server) Restart() {
	s.tb.Helper()
	var listener net.Listener
	var err error
	for range 100 { // until the system has let the address go
		if listener, err = net.Listen("tcp", s.address); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		s.tb.Fatal(err)
	}
	s.address = listener.Addr().String()
	running := smtp.NewServer(s)
	running.Domain, running.AllowInsecureAuth, running.ErrorLog = "mail.example", true, log.New(io.Discard, "", 0)
	running.EnableSMTPUTF8 = true
	if running.TLSConfig = s.options.TLS; s.options.Implicit {
		listener, running.TLSConfig = tls.NewListener(listener, s.options.TLS), nil
	}
	s.mu.Lock()
	s.running, s.listener = running, listener
	s.mu.Unlock()
	go running.Serve(listener) //nolint:errcheck // until it is closed
}

// Letters are those it took, in order.
func (s *Server) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Letter(nil), s.letters...)
}

// Count is how many it took.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.letters)
}

// NewSession begins a conversation.
func (s *Server) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{server: s, conn: c}, nil
}

type session struct {
	server   *Server
	conn     *smtp.Conn
	known    bool
	from, to string
}

func (*session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (n *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if o := n.server.options; user != o.User || password != o.Password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong user or password"}
		}
		n.known = true
		return nil
	}), nil
}

func (n *session) Mail(from string, _ *smtp.MailOptions) error {
	if n.server.options.User != "" && !n.known {
		return smtp.ErrAuthRequired
	}
	n.from = from
	return nil
}

func (n *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	n.to = to
	if n.server.options.Answer != nil {
		return n.server.options.Answer(to)
	}
	return nil
}

func (n *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(strings.NewReader(string(data)))
	if err != nil {
		return &smtp.SMTPError{Code: 554, Message: err.Error()}
	}
	_, secure := n.conn.TLSConnectionState()
	n.server.mu.Lock()
	defer n.server.mu.Unlock()
	if n.server.running == nil {
		return errors.New("killed")
	}
	n.server.letters = append(n.server.letters, Letter{From: n.from, To: n.to, TLS: secure || n.server.options.Implicit, Data: data,
		ID: strings.Trim(m.Header.Get("Message-Id"), "<>")})
	return nil
}

func (*session) Reset()        {}
func (*session) Logout() error { return nil }

// Certificate makes one for 127.0.0.1 and localhost, and whom to trust for it.
func Certificate(tb testing.TB) (*tls.Config, *x509.CertPool) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost", "mail.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}}}, roots
}
