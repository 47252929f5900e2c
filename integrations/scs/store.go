// Package surrealscs keeps the sessions of github.com/alexedwards/scs/v2 in SurrealDB:
//
//	store := surrealscs.New(db, nil)
//	defer store.Close()
//	if err := store.Define(ctx); err != nil {
//		return err
//	}
//	sessions := scs.New()
//	sessions.Store = store
//
// A session is a record whose id is its token.
package surrealscs

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/scs/v2"

	"github.com/surrealsql/surrealsql"
)

// Options say how sessions are kept. nil and the zero value are all defaults.
type Options struct {
	// Table is the table of the sessions. "" is "session".
	Table string
	// CleanupInterval is how often expired sessions are deleted. They are not found in any
	// case. Zero is 5 minutes; negative is never.
	CleanupInterval time.Duration
	// Logger is told when expired sessions could not be deleted, which is tried again after
	// the interval. nil is slog.Default().
	Logger *slog.Logger
}

// Store keeps sessions. Its methods may be called at the same time.
type Store struct {
	db     *sql.DB
	table  surrealsql.Table
	logger *slog.Logger

	stop    context.CancelFunc
	cleaned sync.WaitGroup
}

var (
	_ scs.CtxStore         = (*Store)(nil)
	_ scs.IterableStore    = (*Store)(nil)
	_ scs.IterableCtxStore = (*Store)(nil)
)

// New returns a store in the database of db, which stays the caller's to close. Unless the
// options say otherwise a goroutine deletes expired sessions: [Store.Close] ends it.
func New(db *sql.DB, o *Options) *Store {
	if o == nil {
		o = &Options{}
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Store{
		db:     db,
		table:  surrealsql.Table(cmp.Or(o.Table, "session")),
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

// Close ends the deleting of expired sessions, and waits for it. The store may be used on.
func (s *Store) Close() error {
	s.stop()
	s.cleaned.Wait()
	return nil
}

// Define makes the table of the sessions where it is missing, with its fields and an index;
// record users may not read it. What is there stays as it is. It needs a user who may define
// tables: where the program's may not, [Store.Definition] belongs in a migration.
func (s *Store) Define(ctx context.Context) error {
	return s.retry(ctx, func(ctx context.Context) error {
		_, err := s.db.ExecContext(ctx, s.Definition())
		return err
	})
}

// Definition is the SurrealQL that Define runs.
func (s *Store) Definition() string {
	table := "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(string(s.table)) + "`"
	return strings.ReplaceAll(`BEGIN;
DEFINE TABLE IF NOT EXISTS {table} SCHEMAFULL PERMISSIONS NONE;
DEFINE FIELD IF NOT EXISTS data ON {table} TYPE bytes;
DEFINE FIELD IF NOT EXISTS expires ON {table} TYPE datetime;
DEFINE INDEX IF NOT EXISTS expires ON {table} FIELDS expires;
COMMIT;
`, "{table}", table)
}

// FindCtx returns the data of a session that has not expired, by the server's clock. What is
// no token of a session is not found, whatever it looks like.
func (s *Store) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	if !utf8.ValidString(token) {
		return nil, false, nil
	}
	id, err := s.id(token)
	if err != nil {
		return nil, false, err
	}
	err = s.db.QueryRowContext(ctx, `SELECT VALUE data FROM $1 WHERE expires > time::now()`, id).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx writes a session, in the place of one with the same token. Of calls for one
// token at the same time the last one counts.
func (s *Store) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	id, err := s.id(token)
	if err != nil {
		return err
	}
	if data == nil {
		data = []byte{} // nil would be NULL
	}
	return s.retry(ctx, func(ctx context.Context) error {
		_, err := s.db.ExecContext(ctx, `UPSERT $1 CONTENT { data: $2, expires: $3 } RETURN NONE`, id, data, expiry)
		return err
	})
}

// DeleteCtx deletes a session, if there is one.
func (s *Store) DeleteCtx(ctx context.Context, token string) error {
	if !utf8.ValidString(token) {
		return nil
	}
	id, err := s.id(token)
	if err != nil {
		return err
	}
	return s.retry(ctx, func(ctx context.Context) error {
		_, err := s.db.ExecContext(ctx, `DELETE $1 RETURN NONE`, id)
		return err
	})
}

// AllCtx returns the data of all sessions that have not expired, by their tokens.
func (s *Store) AllCtx(ctx context.Context) (map[string][]byte, error) {
	type session struct {
		Token string `json:"token"`
		Data  []byte `json:"data"`
	}
	all := make(map[string][]byte)
	text := `SELECT record::id(id) AS token, data FROM $1 WHERE expires > time::now()`
	for found, err := range surrealsql.Stream[session](ctx, s.db, text, s.table) {
		if err != nil {
			return nil, err
		}
		all[found.Token] = found.Data
	}
	return all, nil
}

// Find is FindCtx without a context.
func (s *Store) Find(token string) (data []byte, found bool, err error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s *Store) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (s *Store) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// All is AllCtx without a context.
func (s *Store) All() (map[string][]byte, error) { return s.AllCtx(context.Background()) }

func (s *Store) id(token string) (surrealsql.RecordID, error) {
	return surrealsql.NewRecordID(string(s.table), token)
}

// retry repeats what lost against another one who wrote the same record: two requests of one
// session are nothing special.
func (s *Store) retry(ctx context.Context, f func(context.Context) error) error {
	return surrealsql.Retry{Attempts: -1, MaxElapsed: 10 * time.Second}.Do(ctx, f)
}
