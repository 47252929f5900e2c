package queries

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// SELECT * of one table, whose records are read while they arrive where the server tells their
// columns beforehand: SurrealDB 4.0 does, of a table with a schema.

// members makes a table of so many records with a schema.
func members(t *testing.T, db *sql.DB, table string, count int) {
	t.Helper()
	drivertest.MustExec(t, db, fmt.Sprintf(`DEFINE TABLE OVERWRITE %[1]s SCHEMAFULL; DEFINE FIELD name ON %[1]s TYPE string; DEFINE FIELD age ON %[1]s TYPE int`, table))
	records := make([]map[string]any, count)
	for i := range records {
		records[i] = map[string]any{"id": i, "name": fmt.Sprint(i), "age": i}
	}
	require.NoError(t, drivertest.Exec(t.Context(), db, fmt.Sprintf("INSERT INTO %s $1 RETURN NONE", table), records))
}

func TestStarOfATableWithASchemaIsReadWhileItArrives(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4.0")
	db := drivertest.NewDB(t)
	const count = 5_000
	members(t, db, "member", count)
	for range 2 { // the second by what the first has learned
		rows, err := db.QueryContext(surrealsql.WithStream(t.Context(), surrealsql.StreamAlways), "SELECT * FROM member")
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		require.Equal(t, []string{"id", "age", "name"}, columns)
		types, err := rows.ColumnTypes()
		require.NoError(t, err)
		require.Equal(t, "record<member>", types[0].DatabaseTypeName())
		require.Equal(t, "int", types[1].DatabaseTypeName())
		seen := map[string]bool{}
		for rows.Next() {
			var id, name string
			var age int
			require.NoError(t, rows.Scan(&id, &age, &name))
			require.Equal(t, fmt.Sprint("member:", age), id)
			require.Equal(t, fmt.Sprint(age), name)
			seen[id] = true
		}
		require.NoError(t, rows.Err())
		require.Len(t, seen, count)
	}
}

// A record that was there before the table had its schema.
func TestStarWhoseLaterRecordsHaveOtherFieldsSaysSoAndReadsThemTheNextTime(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4.0")
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, "ALTER DATABASE COMPATIBILITY 3; CREATE late:9999999 SET name = 'x', age = 1, odd = 7")
	members(t, db, "late", 3_000)
	ctx := surrealsql.WithStream(t.Context(), surrealsql.StreamAlways)
	read := func() (count int, err error) {
		rows, err := db.QueryContext(ctx, "SELECT * FROM late")
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		for rows.Next() {
			count++
		}
		return count, rows.Err()
	}
	_, err := read()
	require.ErrorIs(t, err, surrealsql.ErrAmbiguousColumns)
	require.ErrorContains(t, err, `the field "odd"`)
	count, err := read()
	require.NoError(t, err)
	require.Equal(t, 3_001, count)
}
