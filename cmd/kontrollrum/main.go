// Command kontrollrum is the hub: the server, and the operator's command line
// on the installation's own machine. It wires the rooms together and is the only
// place that reads the environment, the clock and chance.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // for machines without time zones of their own

	"github.com/alecthomas/kong"
	"github.com/google/uuid"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// version is set when a release is linked.
var version = "dev"

func main() { os.Exit(exit()) }

func exit() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // who asks twice does not want to wait
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "kontrollrum:", told(err))
		return 1
	}
	return 0
}

// A commandLine is every command and flag. Each flag is an environment variable too.
type commandLine struct {
	Data     string `default:"./data" placeholder:"FOLDER" help:"Folder of the installation's data. Default ${default}."`
	Database string `placeholder:"FILE|URL" help:"SQLite file or postgres:// URL. Without: kontrollrum.db in the data folder."`

	KeyFile string `placeholder:"FILE" help:"File of the installation's key, the same on every node; made where there is none. Without: kontrollrum.key in the data folder."`

	Serve        serveCommand        `cmd:"" help:"Run the hub."`
	Organization organizationCommand `cmd:"" help:"Make, list, suspend and resume organizations."`
	Partnership  partnershipCommand  `cmd:"" help:"Let a partner organization in, or end that."`
	Subscription subscriptionCommand `cmd:"" help:"What organizations have bought."`
	User         userCommand         `cmd:"" help:"Links for people who cannot get in."`
	Token        tokenCommand        `cmd:"" help:"Bearer tokens of users and applications."`
	Provider     providerCommand     `cmd:"" help:"OpenID Providers of organizations, where their people sign in."`
	Domain       domainCommand       `cmd:"" help:"Domains of organizations, whose addresses lead to their provider."`
	Client       clientCommand       `cmd:"" help:"Applications that people sign in to through the hub."`
	Keys         keysCommand         `cmd:"" help:"Keys that sign ID tokens."`
	Policy       policyCommand       `cmd:"" help:"Print who may do what."`
	Backup       backupCommand       `cmd:"" help:"Copy a SQLite installation, running or not."`
	Version      versionCommand      `cmd:"" help:"Print the version."`
}

// run runs one command. Everything it does, it does as the operator.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var line commandLine
	helped := false
	parser, err := kong.New(&line,
		kong.Name("kontrollrum"),
		kong.Description("An open, self-hosted control hub for contact centres. Every flag may be given as an environment variable: --data is KONTROLLRUM_DATA."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.DefaultEnvars("KONTROLLRUM"),
	)
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if helped {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w; kontrollrum --help says more", err)
	}
	database := line.Database
	if database == "" {
		database = filepath.Join(line.Data, "kontrollrum.db")
	}
	keyFile := line.KeyFile
	if keyFile == "" {
		keyFile = filepath.Join(line.Data, "kontrollrum.key")
	}
	return command.Run(&house{ctx: ctx, data: line.Data, database: database, keyFile: keyFile, stdout: stdout, stderr: stderr})
}

// A house is what commands run in.
type house struct {
	ctx            context.Context
	data           string // folder
	database       string
	keyFile        string
	public         string // scheme and host of links; empty: where the server listens by default
	stdout, stderr io.Writer
}

// open opens the hub.
func (h *house) open() (*ops.Hub, error) {
	key, err := h.key()
	if err != nil {
		return nil, err
	}
	return ops.Open(h.ctx, ops.Config{Database: h.database, Now: time.Now, NewID: uuid.NewString, Key: key, PublicURL: h.public})
}

// key reads the installation's key, or makes one where there is none.
func (h *house) key() (kontrollrum.Key, error) {
	text, err := os.ReadFile(h.keyFile)
	if err == nil {
		key, err := kontrollrum.ParseKey(string(text))
		if err != nil {
			return key, fmt.Errorf("%s: %w", h.keyFile, err)
		}
		return key, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return kontrollrum.Key{}, fmt.Errorf("read key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(h.keyFile), 0o700); err != nil {
		return kontrollrum.Key{}, fmt.Errorf("make key: %w", err)
	}
	key := kontrollrum.NewKey()
	// Written aside and linked into place, so that of two who start at once both read one key.
	made, err := os.CreateTemp(filepath.Dir(h.keyFile), ".key-*") // 0600
	if err != nil {
		return key, fmt.Errorf("make key: %w", err)
	}
	defer os.Remove(made.Name())
	_, err = fmt.Fprintln(made, key.Reveal())
	if err = errors.Join(err, made.Sync(), made.Close()); err != nil {
		return key, fmt.Errorf("make key: %w", err)
	}
	if err := os.Link(made.Name(), h.keyFile); errors.Is(err, fs.ErrExist) {
		return h.key()
	} else if err != nil {
		return key, fmt.Errorf("make key: %w", err)
	}
	return key, nil
}

// with runs f with the hub of an installation that exists: a mistyped folder
// must not become a new one.
func (h *house) with(f func(*ops.Hub) error) error {
	if !h.remote() {
		if _, err := os.Stat(h.database); err != nil {
			return fmt.Errorf("no installation at %s: name it with --data or --database, or make one with kontrollrum organization create", h.database)
		}
	}
	return h.anew(f)
}

// anew runs f with the hub of an installation that is made where there is none.
func (h *house) anew(f func(*ops.Hub) error) error {
	hub, err := h.open()
	if err != nil {
		return err
	}
	return errors.Join(f(hub), hub.Close())
}

// remote reports whether the database is not a file.
func (h *house) remote() bool {
	return strings.Contains(h.database, "://")
}

func (h *house) printf(format string, args ...any) { fmt.Fprintf(h.stdout, format, args...) }

// done runs op as the operator.
func done[R any](h *house, hub *ops.Hub, op ops.Op[R]) (R, error) {
	return ops.Do(h.ctx, hub, ops.Operator(), op)
}

// told says in one line what went wrong and what would help.
func told(err error) string {
	var lines []string
	for _, e := range kontrollrum.All(err) {
		lines = append(lines, e.Error())
	}
	if len(lines) == 0 {
		lines = strings.Split(err.Error(), "\n")
	}
	return strings.Join(lines, "; ")
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(h *house) error {
	h.printf("kontrollrum %s\n", version)
	return nil
}

type backupCommand struct {
	To string `required:"" placeholder:"FILE" help:"File that does not exist yet."`
}

// Run copies the database.
func (c *backupCommand) Run(h *house) error {
	return h.with(func(hub *ops.Hub) error {
		if err := hub.Backup(h.ctx, c.To); err != nil {
			return err
		}
		h.printf("Copied %s to %s\n", h.database, c.To)
		return nil
	})
}
