// Package surrealfiber is a storage in SurrealDB for the middleware of
// github.com/gofiber/fiber/v3: sessions, caches, limits, tokens against forgery.
//
//	storage := surrealfiber.New(db, nil)
//	defer storage.Close()
//	if err := storage.Define(ctx); err != nil {
//		return err
//	}
//	app.Use(session.New(session.Config{Storage: storage}))
//
// It has the methods of fiber.Storage, and so also those that fiber v2 asks for. A value is a
// record whose id is its key.
package surrealfiber

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/surrealsql/surrealsql"
)

// Options say how values are kept. nil and the zero value are all defaults.
type Options struct {
	// Table is the table of the values. "" is "fiber".
	Table string
	// CleanupInterval is how often expired values are deleted. They are not found in any
	// case. Zero is 5 minutes; negative is never.
	CleanupInterval time.Duration
	// Logger is told when expired values could not be deleted, which is tried again after
	// the interval. nil is slog.Default().
	Logger *slog.Logger
}

// Storage keeps values by their keys. Its methods may be called at the same time.
type Storage struct {
	db     *sql.DB
	table  surrealsql.Table
	logger *slog.Logger

	stop    context.CancelFunc
	cleaned sync.WaitGroup
}

// New returns a storage in the database of db, which stays the caller's to close. Unless the
// options say otherwise a goroutine deletes expired values: [Storage.Close] ends it.
func New(db *sql.DB, o *Options) *Storage {
	if o == nil {
		o = &Options{}
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Storage{
		db:     db,
		table:  surrealsql.Table(cmp.Or(o.Table, "fiber")),
		logger: o.Logger,
		stop:   stop,
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	if interval := cmp.Or(o.CleanupInterval, 5*time.Minute); interval > 0 {
		s.cleaned.Go(func() { s.cleanUp(ctx, interval) })
	}
	return s
}

// Close ends the deleting of expired values, and waits for it. The storage may be used on, and
// db is not closed.
func (s *Storage) Close() error {
	s.stop()
	s.cleaned.Wait()
	return nil
}

// Define makes the table of the values where it is missing, with its fields and an index;
// record users may not read it. What is there stays as it is. It needs a user who may define
// tables: where the program's may not, [Storage.Definition] belongs in a migration.
func (s *Storage) Define(ctx context.Context) error {
	return s.exec(ctx, s.Definition())
}

// Definition is the SurrealQL that Define runs.
func (s *Storage) Definition() string {
	table := "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(string(s.table)) + "`"
	return strings.ReplaceAll(`BEGIN;
DEFINE TABLE IF NOT EXISTS {table} SCHEMAFULL PERMISSIONS NONE;
DEFINE FIELD IF NOT EXISTS data ON {table} TYPE bytes;
DEFINE FIELD IF NOT EXISTS expires ON {table} TYPE option<datetime>;
DEFINE INDEX IF NOT EXISTS expires ON {table} FIELDS expires;
COMMIT;
`, "{table}", table)
}

// GetWithContext returns the value of a key, or nil if there is none, or none that has not
// expired by the server's clock.
func (s *Storage) GetWithContext(ctx context.Context, key string) (value []byte, err error) {
	if key == "" {
		return nil, nil
	}
	id, err := s.id(key)
	if err != nil {
		return nil, err
	}
	err = s.db.QueryRowContext(ctx, `SELECT VALUE data FROM $1 WHERE expires = NONE OR expires > time::now()`, id).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return value, err
}

// SetWithContext writes the value of a key, which expires after a time; zero and less is never.
// Without a key or a value it does nothing, as fiber wants it. Of calls for one key at the
// same time the last one counts.
func (s *Storage) SetWithContext(ctx context.Context, key string, value []byte, exp time.Duration) error {
	if key == "" || len(value) == 0 {
		return nil
	}
	id, err := s.id(key)
	if err != nil {
		return err
	}
	text, args := `UPSERT $1 CONTENT { data: $2 } RETURN NONE`, []any{id, value}
	if exp > 0 {
		text, args = `UPSERT $1 CONTENT { data: $2, expires: time::now() + $3 } RETURN NONE`, append(args, exp)
	}
	return s.exec(ctx, text, args...)
}

// DeleteWithContext deletes the value of a key, if there is one.
func (s *Storage) DeleteWithContext(ctx context.Context, key string) error {
	if key == "" {
		return nil
	}
	id, err := s.id(key)
	if err != nil {
		return err
	}
	return s.exec(ctx, `DELETE $1 RETURN NONE`, id)
}

// ResetWithContext deletes all values.
func (s *Storage) ResetWithContext(ctx context.Context) error {
	return s.exec(ctx, `DELETE $1 RETURN NONE`, s.table)
}

// Get is GetWithContext without a context.
func (s *Storage) Get(key string) ([]byte, error) { return s.GetWithContext(context.Background(), key) }

// Set is SetWithContext without a context.
func (s *Storage) Set(key string, value []byte, exp time.Duration) error {
	return s.SetWithContext(context.Background(), key, value, exp)
}

// Delete is DeleteWithContext without a context.
func (s *Storage) Delete(key string) error { return s.DeleteWithContext(context.Background(), key) }

// Reset is ResetWithContext without a context.
func (s *Storage) Reset() error { return s.ResetWithContext(context.Background()) }

// id is that of a key's record. A key that is no UTF-8, which a text of SurrealDB has to be, is a
// list of its Base64: it is what a client sent, as a cookie or a path, and the middleware of sessions
// panics at an error of its storage (fiber 3.1.0).
func (s *Storage) id(key string) (surrealsql.RecordID, error) {
	if !utf8.ValidString(key) {
		return surrealsql.NewRecordID(string(s.table), []string{base64.StdEncoding.EncodeToString([]byte(key))})
	}
	return surrealsql.NewRecordID(string(s.table), key)
}

// exec runs a statement, again if it lost against another one that wrote the same record: two
// requests of one client are nothing special.
func (s *Storage) exec(ctx context.Context, text string, args ...any) error {
	return surrealsql.Retry{Attempts: -1, MaxElapsed: 10 * time.Second}.Do(ctx, func(ctx context.Context) error {
		_, err := s.db.ExecContext(ctx, text, args...)
		return err
	})
}
