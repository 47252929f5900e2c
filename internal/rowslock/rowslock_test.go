//go:build go1.27 && !purego

package rowslock

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

// The lock of database/sql: where it is sought, and where it is left alone.

func TestLockOfAConnectionIsWhereThisGoHasIt(t *testing.T) {
	t.Parallel()
	require.True(t, Found(), "this Go keeps the lock elsewhere, or holds it otherwise: rows are handed out without ScanColumn")
}

func TestLockThatIsNotAsKnownIsNotTouched(t *testing.T) {
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
		require.Nil(t, find(reflect.TypeOf(c.rows), reflect.TypeOf(c.context)), "%T, %T", c.rows, c.context)
	}
	require.NotNil(t, find(reflect.TypeFor[struct{ dc *conn }](), reflect.TypeFor[struct{ v any }]()))
	require.Nil(t, heldBy(driver.ScanContext{}), "of no rows")
}

func known(t *testing.T) *offsets {
	at := find(reflect.TypeFor[sql.Rows](), reflect.TypeFor[driver.ScanContext]())
	require.NotNil(t, at)
	return at
}

func try(lockOf func(driver.ScanContext) *sync.Mutex) bool {
	return (&trial{lockOf: lockOf, patience: time.Minute}).passes()
}

func TestLockThatIsNotHeldAroundScanColumnFailsItsTrial(t *testing.T) {
	t.Parallel()
	at := known(t)
	require.True(t, try(at.of))
	require.False(t, try(func(driver.ScanContext) *sync.Mutex { return nil }), "none")
	var other sync.Mutex
	require.False(t, try(func(driver.ScanContext) *sync.Mutex { return &other }), "a free one")
	n := 0
	require.False(t, try(func(ctx driver.ScanContext) *sync.Mutex {
		if n++; n > 1 {
			return &other
		}
		return at.of(ctx)
	}), "another each time")
}

// The lock of a later Go may be held by somebody else while a column is scanned: it is
// his.
func TestLockThatIsHeldByOthersFailsItsTrialAndIsNotTouched(t *testing.T) {
	t.Parallel()
	var others sync.Mutex
	others.Lock()
	asked := 0
	require.False(t, try(func(driver.ScanContext) *sync.Mutex { asked++; return &others }))
	require.Equal(t, 1, asked)
	require.False(t, others.TryLock())
}

func TestLockBesideWhichAnotherIsHeldFailsItsTrial(t *testing.T) {
	t.Parallel()
	var one sync.Mutex
	inner := &trial{lock: &one, lockOf: func(driver.ScanContext) *sync.Mutex { return &one }, patience: time.Millisecond}
	outer := &trial{}
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

func TestLocksTrialIsQuickAndLeavesNoGoroutine(t *testing.T) {
	at := known(t)
	before := goleak.IgnoreCurrent()
	took := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			require.True(b, try(at.of))
		}
	}).NsPerOp()
	t.Log(time.Duration(took))
	require.Less(t, time.Duration(took), time.Millisecond, "8 µs on a free processor")
	goleak.VerifyNone(t, before)
}
