package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed schema
var schema embed.FS

// steps are the migrations in several folders, as if they stood in one.
type steps []string

func (s steps) Open(name string) (file fs.File, err error) {
	for _, folder := range s {
		if file, err = schema.Open(path.Join(folder, name)); err == nil {
			return file, nil
		}
	}
	return nil, err
}

func (s steps) ReadDir(string) (out []fs.DirEntry, _ error) {
	for _, folder := range s {
		found, err := schema.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// migrate brings the schema up to date under a lock: of several nodes that
// start at once, one migrates and the others wait.
func (s *Store) migrate(ctx context.Context) error {
	files := steps{"schema", "schema/" + string(s.engine)}
	if s.engine == sqliteEngine {
		// The write lock lets one process at a time migrate, each step whole or not at
		// all. Whoever waited for it fails on what is there already, and looks again.
		for tries := 8; ; tries-- {
			if err := s.up(ctx, goose.DialectSQLite3, files); err == nil || tries == 0 || ctx.Err() != nil {
				return err
			}
		}
	}
	locker, err := lock.NewPostgresTableLocker(lock.WithTableLockTimeout(time.Second, 120))
	if err != nil {
		return err
	}
	// keytext compares byte by byte whatever the database's locale.
	_, err = s.db.ExecContext(ctx, `do $$ begin create domain keytext as text collate "C";
		exception when duplicate_object or unique_violation then null; end $$`)
	if err != nil {
		return fmt.Errorf("create domain: %w", err)
	}
	return s.up(ctx, goose.DialectPostgres, files, goose.WithLocker(locker))
}

func (s *Store) up(ctx context.Context, dialect goose.Dialect, files fs.FS, options ...goose.ProviderOption) error {
	provider, err := goose.NewProvider(dialect, s.db, files, options...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}
