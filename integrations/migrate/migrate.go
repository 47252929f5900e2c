// Package surrealmigrate lets [golang-migrate] migrate SurrealDB. Importing it registers the driver
// "surrealdb" for the URLs of that project's package migrate:
//
//	import _ "github.com/surrealsql/surrealsql/integrations/migrate"
//
//	m, err := migrate.New("file://migrations", "surrealdb://root:root@localhost:8000/shop/shop")
//
// The URL is a DSN of this driver, with the keys of [Config] beside its own. What SurrealQL makes
// different is in the README beside this file.
//
// [golang-migrate]: https://github.com/golang-migrate/migrate
package surrealmigrate

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-migrate/migrate/v4/database"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/lock"
)

func init() { database.Register("surrealdb", &Driver{}) }

// The defaults of [Config].
const (
	DefaultMigrationsTable = "schema_migrations"
	DefaultLockTable       = "schema_lock"
	DefaultLockTimeout     = 10 * time.Second
)

// ErrNilConfig is the error of WithInstance without a Config.
var ErrNilConfig = errors.New("surrealmigrate: no config")

// Config says how migrations are recorded, run and locked. The zero value is all defaults. Each field
// is a key of the URL, too.
type Config struct {
	// MigrationsTable is the table of the version, "" is "schema_migrations". In a URL it is
	// x-migrations-table.
	MigrationsTable string
	// NoTxWrap runs migrations without a transaction, as if each began with the line
	// "-- x-no-tx-wrap". In a URL it is x-no-tx-wrap=true.
	NoTxWrap bool
	// LockLease is for how long the lock outlives a process that was killed. Zero is 30 seconds.
	// In a URL it is x-lock-lease, a duration such as 1m.
	LockLease time.Duration
	// LockTimeout is how long Lock waits for another process. Zero is 10 seconds. In a
	// URL it is x-lock-timeout. Keep it below LockTimeout of migrate.Migrate, which is 15 seconds:
	// that gives up by itself, and would not know of a lock that comes later.
	LockTimeout time.Duration
}

// Driver is golang-migrate's [database.Driver].
type Driver struct {
	db     *sql.DB
	config Config

	locked atomic.Bool // by Lock of this value
	mu     sync.Mutex
	held   *lock.Lock // nil while it is not locked
}

var _ database.Driver = (*Driver)(nil)

// WithInstance returns a driver that uses db, which its Close closes.
func WithInstance(db *sql.DB, config *Config) (database.Driver, error) {
	if config == nil {
		return nil, ErrNilConfig
	}
	d := &Driver{db: db, config: *config}
	d.config.MigrationsTable = cmp.Or(config.MigrationsTable, DefaultMigrationsTable)
	d.config.LockTimeout = cmp.Or(config.LockTimeout, DefaultLockTimeout)
	if err := d.define(); err != nil {
		return nil, err
	}
	return d, nil
}

// Open returns a driver for a URL: a DSN, with the keys of [Config].
func (*Driver) Open(url string) (database.Driver, error) {
	dsn, config, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open(surrealsql.DriverName, dsn)
	if err != nil {
		return nil, err
	}
	d, err := WithInstance(db, config)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return d, nil
}

// Close closes the database's handle. A lock that is held is left to the end of its lease.
func (d *Driver) Close() error { return d.db.Close() }

// define makes the table of the version where it is missing.
func (d *Driver) define() error {
	text := strings.ReplaceAll(`
		BEGIN;
		DEFINE TABLE IF NOT EXISTS $t SCHEMAFULL PERMISSIONS NONE COMMENT 'the version that golang-migrate has reached';
		DEFINE FIELD IF NOT EXISTS version ON $t TYPE int;
		DEFINE FIELD IF NOT EXISTS dirty ON $t TYPE bool;
		COMMIT`, "$t", quoted(d.config.MigrationsTable))
	return surrealsql.Retry{}.Do(context.Background(), func(ctx context.Context) error {
		_, err := d.db.ExecContext(ctx, text)
		return err
	})
}

// Lock keeps others from migrating the database. It waits as long as Config.LockTimeout says; then
// its error is database.ErrLocked, and a [*lock.HeldError] that says who has the lock.
func (d *Driver) Lock() error {
	return database.CasRestoreOnErr(&d.locked, false, true, database.ErrLocked, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), d.config.LockTimeout)
		defer cancel()
		held, err := lock.Acquire(ctx, d.db, d.config.MigrationsTable, &lock.Options{
			Table: DefaultLockTable, Lease: d.config.LockLease,
		})
		if other := (*lock.HeldError)(nil); errors.As(err, &other) {
			return fmt.Errorf("%w: %w", database.ErrLocked, err)
		}
		d.hold(held)
		return err
	})
}

// Unlock frees the lock. Its error is [lock.ErrLost] where another process has, or has had, the lock
// meanwhile.
func (d *Driver) Unlock() error {
	if !d.locked.CompareAndSwap(true, false) {
		return database.ErrNotLocked
	}
	ctx, cancel := context.WithTimeout(context.Background(), d.config.LockTimeout)
	defer cancel()
	held := d.hold(nil)
	if held == nil { // Lock has not returned yet
		return database.ErrNotLocked
	}
	return held.Release(ctx)
}

// hold notes the lock that is held now, and returns the one before.
func (d *Driver) hold(held *lock.Lock) (before *lock.Lock) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before, d.held = d.held, held
	return before
}

// noTxWrap is the first line of a migration that runs without a transaction.
const noTxWrap = "-- x-no-tx-wrap"

// Run runs a migration: any number of statements, in a transaction, unless it says otherwise. A
// transaction that conflicts with other writers is done again as a whole. The error holds that of the
// driver, and no text of the migration, in which there may be passwords.
func (d *Driver) Run(migration io.Reader) error {
	raw, err := io.ReadAll(migration)
	if err != nil {
		return err
	}
	text := string(raw)
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\ufeff \t\r\n"), "\n")
	if d.config.NoTxWrap || strings.TrimSpace(first) == noTxWrap {
		_, err = d.db.ExecContext(context.Background(), text)
	} else {
		err = d.inTx(text)
	}
	if err != nil {
		return fmt.Errorf("migration failed: %w", err)
	}
	return nil
}

// SetVersion saves how far the database is. The record of a version before is replaced.
func (d *Driver) SetVersion(version int, dirty bool) error {
	id, err := d.record()
	if err != nil {
		return err
	}
	return d.inTx(`UPSERT $1 CONTENT { version: $2, dirty: $3 }`, id, version, dirty)
}

// Version returns what SetVersion saved last, or database.NilVersion.
func (d *Driver) Version() (version int, dirty bool, err error) {
	id, err := d.record()
	if err != nil {
		return database.NilVersion, false, err
	}
	err = d.db.QueryRowContext(context.Background(), `SELECT version, dirty FROM $1`, id).Scan(&version, &dirty)
	if errors.Is(err, sql.ErrNoRows) || surrealsql.IsNotFound(err) { // its table goes with Drop
		return database.NilVersion, false, nil
	}
	return version, dirty, err
}

// inTx runs a text in a transaction, which commits only if the lock is held still, or was not at its
// beginning.
func (d *Driver) inTx(text string, args ...any) error {
	d.mu.Lock()
	held := d.held
	d.mu.Unlock()
	return surrealsql.Retry{}.RunTx(context.Background(), d.db, nil, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, text, args...); err != nil {
			return err
		}
		if held == nil {
			return nil
		}
		return held.Fence(ctx, tx)
	})
}

func (d *Driver) record() (surrealsql.RecordID, error) {
	return surrealsql.NewRecordID(d.config.MigrationsTable, "version")
}

// quoted is a name as SurrealQL has it.
func quoted(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}
