//go:build go1.27 && !purego

package surrealsql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"reflect"
	"sync"
	"time"
	"unsafe"
)

// Since Go 1.27 database/sql holds the lock of a connection while ScanColumn runs.
// A destination's own method (Scan, UnmarshalJSON, …) that asks the rows for their
// columns, or the transaction for another query, would wait for that lock for ever;
// with Go 1.26 it was served. So the lock is let go while such a method runs, as
// database/sql itself does where a driver has no ScanColumn, and taken again after it.
//
// database/sql gives no way to do so: who calls ScanColumn holds the lock until Scan
// returns, and what Scan returns must be there by then. So the lock is looked for by
// its name and type, and tried: only where database/sql is seen to hold that lock and
// no other around ScanColumn is it ever touched. Where it is not, or with the build
// tag purego, rows have no ScanColumn, and database/sql scans as it did with Go 1.26.

// rowsLock is where the lock of their connection is found from a *sql.Rows, or nil. It
// is looked for once, when the first rows are handed out.
var rowsLock = sync.OnceValue(func() *lockPlace {
	at := findRowsLock(reflect.TypeFor[sql.Rows](), reflect.TypeFor[driver.ScanContext]())
	if at == nil || !(&lockTrial{lockOf: at.of, patience: 5 * time.Second}).passes() {
		return nil
	}
	return at
})

// lockPlace is the offset of the pointer to a connection in its rows, and that of the
// lock in the connection.
type lockPlace struct{ conn, lock uintptr }

func findRowsLock(rows, context reflect.Type) *lockPlace {
	if context.Kind() != reflect.Struct || context.NumField() != 1 || context.Field(0).Type != anyType {
		return nil
	}
	conn, ok := rows.FieldByName("dc")
	if !ok || len(conn.Index) != 1 || conn.Type.Kind() != reflect.Pointer || conn.Type.Elem().Kind() != reflect.Struct {
		return nil
	}
	lock, ok := conn.Type.Elem().FieldByName("Mutex")
	if !ok || len(lock.Index) != 1 || lock.Type != reflect.TypeFor[sync.Mutex]() {
		return nil
	}
	return &lockPlace{conn.Offset, lock.Offset}
}

// of is the lock of the connection that a column is scanned from; nil where the context
// names no rows, as where a wrapper of the driver has made it.
func (p *lockPlace) of(ctx driver.ScanContext) *sync.Mutex {
	rows, ok := (*(*any)(unsafe.Pointer(&ctx))).(*sql.Rows)
	if !ok || rows == nil {
		return nil
	}
	conn := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(rows), p.conn))
	if conn == nil {
		return nil
	}
	return (*sync.Mutex)(unsafe.Add(conn, p.lock))
}

// letGo unlocks the connection that a column is scanned from, and returns its lock; nil
// where that is not held, as when a wrapper kept a context for longer than its call.
func letGo(ctx driver.ScanContext) *sync.Mutex {
	at := rowsLock()
	if at == nil {
		return nil
	}
	lock := at.of(ctx)
	if lock == nil || isFree(lock) {
		return nil
	}
	lock.Unlock()
	return lock
}

func isFree(lock *sync.Mutex) bool {
	free := lock.TryLock()
	if free {
		lock.Unlock()
	}
	return free
}

// lockTrial is a database of rows of one column, on which a lock is tried.
type lockTrial struct {
	lockOf   func(driver.ScanContext) *sync.Mutex
	patience time.Duration // with a call of a microsecond; ends where yet another lock is held
	rows     *sql.Rows
	lock     *sync.Mutex // that ScanColumn found held
	served   bool        // a call that waits for it was, while it was let go
}

// passes reports whether the lock is held around ScanColumn, and only there, and whether
// a call that waits for ScanColumn need not when it is let go.
func (t *lockTrial) passes() bool {
	db := sql.OpenDB(t)
	defer db.Close()
	rows, err := db.Query("")
	if err != nil {
		return false
	}
	defer rows.Close()
	t.rows = rows
	for range 2 { // the first time it is only looked at: it may be somebody else's
		if !rows.Next() || rows.Scan(nil) != nil || t.lock == nil || !isFree(t.lock) {
			return false
		}
	}
	return t.served
}

func (t *lockTrial) ScanColumn(ctx driver.ScanContext, _ int, _ any) error {
	switch lock := t.lockOf(ctx); {
	case lock == nil || isFree(lock):
		t.lock = nil
	case t.lock == lock:
		t.tryCall()
	default:
		t.lock = lock
	}
	return nil
}

func (t *lockTrial) tryCall() {
	t.lock.Unlock()
	defer t.lock.Lock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = t.rows.ColumnTypes()
	}()
	select {
	case <-done:
		t.served = true
	case <-time.After(t.patience): // the call goes on when Scan returns
	}
}

func (t *lockTrial) Connect(context.Context) (driver.Conn, error) { return t, nil }
func (t *lockTrial) Driver() driver.Driver                        { return Driver{} }
func (t *lockTrial) Prepare(string) (driver.Stmt, error)          { return nil, errors.ErrUnsupported }
func (t *lockTrial) Begin() (driver.Tx, error)                    { return nil, errors.ErrUnsupported }
func (t *lockTrial) Close() error                                 { return nil }
func (t *lockTrial) Columns() []string                            { return make([]string, 1) }
func (t *lockTrial) Next([]driver.Value) error                    { return io.EOF }
func (t *lockTrial) NextRow() error                               { return nil }
func (t *lockTrial) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return t, nil
}
