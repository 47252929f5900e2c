//go:build go1.27 && !purego

package rowslock

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

// Found reports whether this Go's database/sql keeps its lock where it is looked for, and
// holds it as it should. It is looked for once.
func Found() bool { return found() != nil }

var found = sync.OnceValue(func() *offsets {
	at := find(reflect.TypeFor[sql.Rows](), reflect.TypeFor[driver.ScanContext]())
	if at == nil || !(&trial{lockOf: at.of, patience: 5 * time.Second}).passes() {
		return nil
	}
	return at
})

// Without runs what calls methods of the program on a destination without the lock of
// the connection that ctx is of, and has taken it again when it returns. Where the lock
// is not held, as when a wrapper kept a context for longer than its call, it just runs.
func Without(ctx driver.ScanContext, dest any, do func(ctx driver.ScanContext, dest any) error) error {
	lock := heldBy(ctx)
	if lock == nil {
		return do(ctx, dest)
	}
	lock.Unlock()
	defer lock.Lock()
	err := do(ctx, dest)
	if err != nil {
		err = &toldError{err.Error(), err} // database/sql asks for the text under the lock
	}
	return err
}

// heldBy is the lock of the connection that a column is scanned from; nil where it is not
// held.
func heldBy(ctx driver.ScanContext) *sync.Mutex {
	at := found()
	if at == nil {
		return nil
	}
	lock := at.of(ctx)
	if lock == nil || isFree(lock) {
		return nil
	}
	return lock
}

// toldError is an error of the program's whose text is known already.
type toldError struct {
	text string
	err  error
}

func (e *toldError) Error() string { return e.text }
func (e *toldError) Unwrap() error { return e.err }

// offsets are those of the pointer to a connection in its rows, and of the lock in the
// connection.
type offsets struct{ conn, lock uintptr }

func find(rows, context reflect.Type) *offsets {
	if context.Kind() != reflect.Struct || context.NumField() != 1 || context.Field(0).Type != reflect.TypeFor[any]() {
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
	return &offsets{conn.Offset, lock.Offset}
}

// of is the lock of the connection that a column is scanned from; nil where the context
// names no rows, as where a wrapper of the driver has made it.
func (p *offsets) of(ctx driver.ScanContext) *sync.Mutex {
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

func isFree(lock *sync.Mutex) bool {
	free := lock.TryLock()
	if free {
		lock.Unlock()
	}
	return free
}

// trial is a database of rows of one column, on which a lock is tried.
type trial struct {
	lockOf   func(driver.ScanContext) *sync.Mutex
	patience time.Duration // with a call of a microsecond; ends where yet another lock is held
	rows     *sql.Rows
	lock     *sync.Mutex // that ScanColumn found held
	served   bool        // a call that waits for it was, while it was let go
}

// passes reports whether the lock is held around ScanColumn, and only there, and whether
// a call that waits for ScanColumn need not when it is let go.
func (t *trial) passes() bool {
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

func (t *trial) ScanColumn(ctx driver.ScanContext, _ int, _ any) error {
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

func (t *trial) tryCall() {
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

func (t *trial) Connect(context.Context) (driver.Conn, error) { return t, nil }
func (t *trial) Driver() driver.Driver                        { return nil }
func (t *trial) Prepare(string) (driver.Stmt, error)          { return nil, errors.ErrUnsupported }
func (t *trial) Begin() (driver.Tx, error)                    { return nil, errors.ErrUnsupported }
func (t *trial) Close() error                                 { return nil }
func (t *trial) Columns() []string                            { return make([]string, 1) }
func (t *trial) Next([]driver.Value) error                    { return io.EOF }
func (t *trial) NextRow() error                               { return nil }
func (t *trial) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return t, nil
}
