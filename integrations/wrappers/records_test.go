// Package wrappers tests typed reading through the tools that wrap a driver for traces and
// interceptors: the request for records travels in the context, which they pass on.
package wrappers

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/XSAM/otelsql"
	"github.com/ngrok/sqlmw"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

type member struct {
	ID   surrealsql.RecordID `json:"id"`
	Name string              `json:"name"`
}

// interceptor counts the rows that pass it.
type interceptor struct {
	sqlmw.NullInterceptor
	rows int
}

func (i *interceptor) RowsNext(ctx context.Context, rows driver.Rows, dest []driver.Value) error {
	err := rows.Next(dest)
	if err == nil {
		i.rows++
	}
	return err
}

func TestRecordsAreReadThroughOtelsqlAndSqlmw(t *testing.T) {
	dsn := surrealtest.DSN(t)
	count := new(interceptor)
	sql.Register("surrealdb-intercepted", sqlmw.Driver(surrealsql.Driver{}, count))
	intercepted, err := sql.Open("surrealdb-intercepted", dsn)
	require.NoError(t, err)
	traced, err := otelsql.Open("surrealdb", dsn, otelsql.WithSQLCommenter(true))
	require.NoError(t, err)
	for name, db := range map[string]*sql.DB{"sqlmw": intercepted, "otelsql": traced} {
		t.Run(name, func(t *testing.T) {
			defer func() { require.NoError(t, db.Close()) }()
			want := []member{{"member:a", "Ada"}, {"member:k", "Kim"}}
			all, err := surrealsql.All[member](t.Context(), db, "SELECT * FROM [{ id: member:a, name: $1 }, { id: member:k, name: 'Kim' }]", "Ada")
			require.NoError(t, err)
			require.Equal(t, want, all)
			var streamed []member
			for m, err := range surrealsql.Stream[member](t.Context(), db, "SELECT * FROM [{ id: member:a, name: 'Ada' }, { id: member:k, name: 'Kim' }]") {
				require.NoError(t, err)
				streamed = append(streamed, m)
			}
			require.Equal(t, want, streamed)
			n, err := surrealsql.One[int](t.Context(), db, "RETURN 1 + 1")
			require.NoError(t, err)
			require.Equal(t, 2, n)
		})
	}
	require.Equal(t, 5, count.rows)
}
