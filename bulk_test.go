package surrealsql

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// What an insertion makes of errors that a real server gives seldom. The rest is tested in
// internal/drivertest/bulk.

// failing is a database whose statements fail, in a transaction or not.
type failing struct {
	err   error
	inTx  bool
	calls int
}

func (f *failing) ExecContext(_ context.Context, _ string, args ...any) (sql.Result, error) {
	f.calls++
	rows := args[len(args)-1].(sql.NamedArg).Value.(*rowBatch)
	rows.inTx = f.inTx
	if _, err := rows.append(nil, encoding{}); err != nil {
		return nil, err
	}
	return nil, f.err
}

func (f *failing) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	_, err := f.ExecContext(ctx, query, args...)
	return nil, err
}

func TestInsertIsRepeatedAfterConflictsAndNothingElse(t *testing.T) {
	t.Parallel()
	conflict := newError(0, "Query", "This transaction can be retried", nil)
	require.True(t, IsConflict(conflict))
	lost := &ConnError{Op: "read", Sent: true, Err: errors.New("reset")}
	for _, c := range []struct {
		db      failing
		calls   int
		unknown []RowRange
	}{
		{failing{err: conflict}, 3, nil},
		{failing{err: conflict, inTx: true}, 1, nil},
		{failing{err: lost}, 1, []RowRange{{0, 2}}},
		{failing{err: &ConnError{Op: "connect"}}, 3, nil},
		{failing{err: newError(0, "", "The transaction's commit outcome is unknown, so whether this query was applied is undetermined", nil)}, 1, []RowRange{{0, 2}}},
		{failing{err: newError(0, "", "Parse error", nil)}, 1, nil},
	} {
		for _, ids := range []func([]RecordID){nil, func([]RecordID) {}} {
			db := c.db
			_, err := Bulk{Retry: Retry{Attempts: 3, Pause: -1}, IDs: ids}.Insert(t.Context(), &db, "person", []map[string]any{{"n": 1}, {"n": 2}})
			require.ErrorIs(t, err, c.db.err)
			require.Equal(t, c.calls, db.calls, "%v", c.db.err)
			failed, ok := errors.AsType[*InsertError](err)
			require.True(t, ok)
			require.Equal(t, c.unknown, failed.Unknown)
			require.Equal(t, c.unknown != nil, errors.Is(err, ErrOutcomeUnknown))
			require.Empty(t, failed.Done)
		}
	}
}

// deaf is a database that answers without having looked at its arguments.
type deaf struct{ failing }

func (d *deaf) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	d.calls++
	return result(1), nil
}

func TestInsertEndsWhereItsRowsAreNotTaken(t *testing.T) {
	t.Parallel()
	for _, connections := range []int{1, 2} {
		var db deaf
		got, err := Bulk{Connections: connections}.Insert(t.Context(), &db, "person", []map[string]any{{"n": 1}})
		require.ErrorIs(t, err, errRowsNotTaken)
		require.Equal(t, Inserted{}, got)
		require.Equal(t, 1, db.calls)
	}
}

// second is a database that refuses the second of two batches while the first one is on its way.
type second struct {
	calls   atomic.Int32
	refused chan struct{} // closed when it is asked which row of that it does not take
}

func (s *second) ExecContext(_ context.Context, text string, args ...any) (sql.Result, error) {
	rows := args[len(args)-1].(sql.NamedArg).Value.(*rowBatch)
	if _, err := rows.append(nil, encoding{}); err != nil {
		return nil, err
	}
	if strings.HasPrefix(text, "BEGIN") {
		close(s.refused)
		return nil, errors.New("not told")
	}
	s.calls.Add(1)
	if rows.rows.([]map[string]any)[0]["n"] == 1 {
		return nil, newError(0, "", "An error occurred: no", nil)
	}
	<-s.refused
	return result(1), nil
}

func (s *second) QueryContext(context.Context, string, ...any) (*sql.Rows, error) { panic("no ids") }

func TestInsertSendsNoMoreAfterAFailureThatIsNotItsOldestBatchs(t *testing.T) {
	t.Parallel()
	db := &second{refused: make(chan struct{})}
	rows := []map[string]any{{"n": 0}, {"n": 1}, {"n": 2}, {"n": 3}}
	got, err := Bulk{BatchRecords: 1, Connections: 2}.Insert(t.Context(), db, "person", rows)
	failed, ok := errors.AsType[*InsertError](err)
	require.True(t, ok, "%v", err)
	require.True(t, IsThrown(err))
	require.Equal(t, RowRange{1, 2}, failed.Batch)
	require.Equal(t, []RowRange{{0, 1}}, failed.Done)
	require.Equal(t, 1, got.Rows)
	require.EqualValues(t, 2, db.calls.Load())
}

func TestInsertErrorNamesRows(t *testing.T) {
	t.Parallel()
	e := &InsertError{
		Table: "person", Batch: RowRange{10, 20}, Row: -1, Err: errors.New("surrealsql: the reason"),
		Done: []RowRange{{0, 10}, {30, 31}}, Unknown: []RowRange{{10, 20}, {40, 50}, {60, 70}, {80, 90}, {100, 101}},
	}
	require.EqualError(t, e, "surrealsql: inserting into person: rows 10 to 19: the reason; in force: rows 0 to 9, row 30; not known: rows 10 to 19, rows 40 to 49, rows 60 to 69, rows 80 to 89, …")
	e.inTx = true
	require.EqualError(t, e, "surrealsql: inserting into person: rows 10 to 19: the reason")
}
