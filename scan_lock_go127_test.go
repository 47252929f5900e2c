//go:build go1.27 && !purego

package surrealsql

import (
	"database/sql"
	"database/sql/driver"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestTheLockOfAConnectionIsWhereThisGoHasIt(t *testing.T) {
	t.Parallel()
	require.NotNil(t, rowsLock(), "this Go keeps the lock elsewhere, or holds it otherwise: rows are handed out without ScanColumn")
	var c Conn
	require.IsType(t, new(rows), handOut(c.handles.put(rows{})))
}

func TestALockThatIsNotAsKnownIsNotTouched(t *testing.T) {
	t.Parallel()
	type conn struct{ sync.Mutex }
	type inner struct{ conn }
	for _, c := range []struct{ rows, context any }{
		{struct{ dc conn }{}, struct{ v any }{}},
		{struct{ dc *conn }{}, struct{ v *sql.Rows }{}},
		{struct{ dc *conn }{}, struct{ v, w any }{}},
		{struct{ dc *conn }{}, any(1)},
		{struct{ conn *conn }{}, struct{ v any }{}},
		{struct{ dc *inner }{}, struct{ v any }{}},
		{struct{ dc *struct{ Mutex sync.RWMutex } }{}, struct{ v any }{}},
		{struct{ dc *int }{}, struct{ v any }{}},
	} {
		require.Nil(t, findRowsLock(reflect.TypeOf(c.rows), reflect.TypeOf(c.context)), "%T, %T", c.rows, c.context)
	}
	require.NotNil(t, findRowsLock(reflect.TypeFor[struct{ dc *conn }](), reflect.TypeFor[struct{ v any }]()))
	require.Nil(t, letGo(noContext), "of no rows")
}

func found(t *testing.T) *lockPlace {
	at := findRowsLock(reflect.TypeFor[sql.Rows](), reflect.TypeFor[driver.ScanContext]())
	require.NotNil(t, at)
	return at
}

func trial(lockOf func(driver.ScanContext) *sync.Mutex) bool {
	return (&lockTrial{lockOf: lockOf, patience: time.Minute}).passes()
}

func TestALockThatIsNotHeldAroundScanColumnFailsItsTrial(t *testing.T) {
	t.Parallel()
	at := found(t)
	require.True(t, trial(at.of))
	require.False(t, trial(func(driver.ScanContext) *sync.Mutex { return nil }), "none")
	var other sync.Mutex
	require.False(t, trial(func(driver.ScanContext) *sync.Mutex { return &other }), "a free one")
	n := 0
	require.False(t, trial(func(ctx driver.ScanContext) *sync.Mutex {
		if n++; n > 1 {
			return &other
		}
		return at.of(ctx)
	}), "another each time")
}

// The lock of a later Go may be held by somebody else while a column is scanned: it is
// his.
func TestALockThatIsHeldByOthersFailsItsTrialAndIsNotTouched(t *testing.T) {
	t.Parallel()
	var others sync.Mutex
	others.Lock()
	asked := 0
	require.False(t, trial(func(driver.ScanContext) *sync.Mutex { asked++; return &others }))
	require.Equal(t, 1, asked)
	require.False(t, others.TryLock())
}

func TestALockBesideWhichAnotherIsHeldFailsItsTrial(t *testing.T) {
	t.Parallel()
	var one sync.Mutex
	inner := &lockTrial{lock: &one, lockOf: func(driver.ScanContext) *sync.Mutex { return &one }, patience: time.Millisecond}
	outer := &lockTrial{}
	outer.lockOf = func(ctx driver.ScanContext) *sync.Mutex { // database/sql holds that of outer
		one.Lock()
		defer one.Unlock()
		inner.rows = outer.rows
		require.NoError(t, inner.ScanColumn(ctx, 0, nil))
		return nil
	}
	require.False(t, outer.passes())
	require.False(t, inner.served)
	_, err := inner.rows.Columns() // nothing hangs
	require.ErrorContains(t, err, "closed")
}

func TestTheTrialOfALockIsQuickAndLeavesNoGoroutine(t *testing.T) {
	at := found(t)
	before := goleak.IgnoreCurrent()
	took := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			require.True(b, trial(at.of))
		}
	}).NsPerOp()
	t.Log(time.Duration(took))
	require.Less(t, time.Duration(took), time.Millisecond, "8 µs on a free processor")
	goleak.VerifyNone(t, before)
}
