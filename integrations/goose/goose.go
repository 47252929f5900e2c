// Package surrealgoose lets [goose] migrate SurrealDB: a store of versions, and a lock among
// processes, for goose's Provider.
//
//	store := surrealgoose.New(nil)
//	provider, err := goose.NewProvider(goose.DialectCustom, db, os.DirFS("migrations"),
//		goose.WithStore(store), goose.WithLocker(store))
//	if err != nil {
//		return err
//	}
//	_, err = provider.Up(ctx)
//
// db is a *sql.DB of this driver. What SurrealQL makes different is in the README beside this
// file.
//
// [goose]: https://github.com/pressly/goose
package surrealgoose

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	gooselock "github.com/pressly/goose/v3/lock"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/lock"
)

// Config says how migrations are recorded and locked. nil and the zero value are all defaults.
type Config struct {
	// Table is the table of versions. "" is goose's own name, "goose_db_version".
	Table string
	// Lock says how the lock is held. Its Table is "goose_lock" where it names none. nil is
	// that and the defaults of [lock.Options]: the lock of a process that was killed ends
	// after 30 seconds.
	Lock *lock.Options
	// LockTimeout is how long goose waits for the lock. Zero is five minutes, as goose's own
	// lockers wait.
	LockTimeout time.Duration
}

// Store is a goose [database.Store], and a goose lock.Locker. Each provider has one of its own.
// Its methods are goose's to call, at the same time if it wants to.
type Store struct {
	table       string
	lock        lock.Options
	lockTimeout time.Duration

	mu   sync.Mutex
	held *lock.Lock // nil while the lock is not held
}

var (
	_ database.StoreExtender = (*Store)(nil)
	_ gooselock.Locker       = (*Store)(nil)
)

// New returns a store, which is to be given to goose.WithStore and to goose.WithLocker.
// Without the latter two processes may migrate at once: then one of them fails, as each version is
// recorded once, but what a migration without a transaction has done by then is done twice.
func New(c *Config) *Store {
	if c == nil {
		c = &Config{}
	}
	s := &Store{table: cmp.Or(c.Table, goose.DefaultTablename), lockTimeout: cmp.Or(c.LockTimeout, 5*time.Minute)}
	if c.Lock != nil {
		s.lock = *c.Lock
	}
	s.lock.Table = cmp.Or(s.lock.Table, gooselock.DefaultLockTableName)
	return s
}

// Tablename returns the name of the table of versions.
func (s *Store) Tablename() string { return s.table }

// TableExists reports whether the table of versions is defined.
func (s *Store) TableExists(ctx context.Context, db database.DBTxConn) (bool, error) {
	var exists bool
	err := db.QueryRowContext(ctx, `RETURN (INFO FOR DB).tables[$1] IS NOT NONE`, s.table).Scan(&exists)
	return exists, err
}

// CreateVersionTable defines the table of versions, with its fields.
func (s *Store) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	_, err := db.ExecContext(ctx, strings.ReplaceAll(`
		DEFINE TABLE $t SCHEMAFULL PERMISSIONS NONE COMMENT 'migrations that goose has applied';
		DEFINE FIELD version_id ON $t TYPE int;
		DEFINE FIELD is_applied ON $t TYPE bool;
		DEFINE FIELD tstamp ON $t TYPE datetime;
		DEFINE FIELD seq ON $t TYPE int`, "$t", quoted(s.table)))
	return err
}

// Insert records a version as applied, once: it is the key of its record. In a transaction it is
// what makes the migration depend upon the lock.
func (s *Store) Insert(ctx context.Context, db database.DBTxConn, req database.InsertRequest) error {
	if err := s.fence(ctx, db); err != nil {
		return err
	}
	// Its place is read beforehand: within CREATE 3.0.2 finds the first one, whatever the order.
	_, err := db.ExecContext(ctx, `
		LET $places = SELECT VALUE seq FROM type::table($table);
		CREATE $record CONTENT {
			version_id: $version, is_applied: true, tstamp: time::now(),
			seq: IF $places { 1 + math::max($places) } ELSE { 0 }
		}`,
		sql.Named("record", s.record(req.Version)), sql.Named("version", req.Version), sql.Named("table", s.table))
	return err
}

// Delete forgets a version that is not applied any more. Where it is not recorded, another process has
// rolled it back meanwhile, and that is an error.
func (s *Store) Delete(ctx context.Context, db database.DBTxConn, version int64) error {
	if err := s.fence(ctx, db); err != nil {
		return err
	}
	res, err := db.ExecContext(ctx, `DELETE $1`, s.record(version))
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = fmt.Errorf("surrealgoose: version %d is not recorded: another process has just rolled it back", version)
	}
	return err
}

// GetMigration returns when a version was applied, or database.ErrVersionNotFound.
func (s *Store) GetMigration(ctx context.Context, db database.DBTxConn, version int64,
) (*database.GetMigrationResult, error) {
	var m database.GetMigrationResult
	row := db.QueryRowContext(ctx, `SELECT tstamp, is_applied FROM $1`, s.record(version))
	err := row.Scan(&m.Timestamp, &m.IsApplied)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: %d", database.ErrVersionNotFound, version)
	}
	return &m, err
}

// GetLatestVersion returns the highest version that is applied, or database.ErrVersionNotFound.
func (s *Store) GetLatestVersion(ctx context.Context, db database.DBTxConn) (version int64, err error) {
	latest := `SELECT VALUE version_id FROM ` + quoted(s.table) + ` ORDER BY version_id DESC LIMIT 1`
	err = db.QueryRowContext(ctx, latest).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return -1, fmt.Errorf("latest: %w", database.ErrVersionNotFound)
	}
	return version, err
}

// ListMigrations returns the versions that are applied, the last one first.
func (s *Store) ListMigrations(ctx context.Context, db database.DBTxConn) ([]*database.ListMigrationsResult, error) {
	rows, err := db.QueryContext(ctx, `
		SELECT version_id, is_applied, seq FROM `+quoted(s.table)+` ORDER BY seq DESC, version_id DESC`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []*database.ListMigrationsResult
	for rows.Next() {
		var m database.ListMigrationsResult
		var seq int64
		if err := rows.Scan(&m.Version, &m.IsApplied, &seq); err != nil {
			return nil, err
		}
		list = append(list, &m)
	}
	return list, rows.Err()
}

// record is the record of a version.
func (s *Store) record(version int64) surrealsql.RecordID {
	id, err := surrealsql.NewRecordID(s.table, version)
	if err != nil {
		panic(err) // a number is a key
	}
	return id
}

// quoted is a table's name as SurrealQL has it.
func quoted(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}
