// Package names tests by which names and URLs tools find the driver: those of xo/dburl, what
// xo/usql asks of a driver, and another driver of the same name.
package names

import (
	"database/sql"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xo/dburl"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// server is a database of the test and where its server listens.
func server(t *testing.T) (cfg *surrealsql.Config, host string) {
	t.Helper()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	return cfg, cfg.Hosts[0]
}

func TestURLsOfDburlOpen(t *testing.T) {
	cfg, host := server(t)
	for _, scheme := range []string{"surrealdb", "surreal", "sur", "sr"} {
		for _, keys := range []string{"", "?query_timeout=5s", "?auth=root&encoding=json&tls=false"} {
			u := scheme + "://root:root@" + host + "/" + cfg.Namespace + "/" + cfg.Database + keys
			db, err := dburl.Open(u)
			require.NoError(t, err, u)
			var sum int
			require.NoError(t, db.QueryRowContext(t.Context(), `RETURN 1 + 2`).Scan(&sum), u)
			require.Equal(t, 3, sum)
			require.NoError(t, db.Close())
		}
	}
}

// The forms of dburl that name hosts which are not there are read as they are meant.
func TestURLsOfDburlAreRead(t *testing.T) {
	for u, want := range map[string]string{
		"sr://user:p%40ss@host:9000/ns/db?tls=true": "surrealdb://user:p%40ss@host:9000/ns/db?tls=true",
		"surreal://[::1]/ns/db":                     "surrealdb://[::1]:8000/ns/db",
		"sur://localhost/ns/db":                     "surrealdb://localhost:8000/ns/db",
		"surrealdb://h/my%2Fns/db?access=users":     "surrealdb://h:8000/my%2Fns/db?access=users",
	} {
		parsed, err := dburl.Parse(u)
		require.NoError(t, err, u)
		require.Equal(t, surrealsql.DriverName, parsed.Driver)
		cfg, err := surrealsql.ParseDSN(parsed.DSN)
		require.NoError(t, err, parsed.DSN)
		require.Equal(t, want, cfg.FormatDSN(), u)
	}
}

// What usql asks of a driver: that it is registered, its version, the columns of a result and
// their types, each of several results, and NULL.
func TestDriverAnswersWhatUsqlAsks(t *testing.T) {
	cfg, host := server(t)
	require.True(t, slices.Contains(sql.Drivers(), "surrealdb"))
	db, err := dburl.Open("sr://root:root@" + host + "/" + cfg.Namespace + "/" + cfg.Database)
	require.NoError(t, err)
	defer db.Close()

	var version string
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT version();`).Scan(&version))
	require.Regexp(t, `^surrealdb-\d+\.\d+\.\d+`, version)

	_, err = db.ExecContext(t.Context(), `CREATE person:ada SET name = 'Ada', age = 36; CREATE person:kim SET name = 'Kim';`)
	require.NoError(t, err)
	rows, err := db.QueryContext(t.Context(), `SELECT id, name, age FROM person ORDER BY name; RETURN [1, 2];`)
	require.NoError(t, err)
	defer rows.Close()
	require.Equal(t, []string{"id name age", "person:ada Ada 36", "person:kim Kim <nil>", "value", "1 2"}, table(t, rows))
}

// table prints results as usql does: scanned into values of no type, one result after the other.
func table(t *testing.T, rows *sql.Rows) (lines []string) {
	t.Helper()
	for {
		columns, err := rows.Columns()
		require.NoError(t, err)
		lines = append(lines, strings.Join(columns, " "))
		types, err := rows.ColumnTypes()
		require.NoError(t, err)
		require.Len(t, types, len(columns))
		for rows.Next() {
			cells, pointers := make([]any, len(columns)), make([]any, len(columns))
			for i := range cells {
				require.NotNil(t, types[i].ScanType())
				pointers[i] = &cells[i]
			}
			require.NoError(t, rows.Scan(pointers...))
			lines = append(lines, strings.Trim(fmt.Sprint(cells), "[]"))
		}
		require.NoError(t, rows.Err())
		if !rows.NextResultSet() {
			return lines
		}
	}
}

func TestNameIsLeftToAnotherDriverByABuildTag(t *testing.T) {
	dsn := surrealtest.DSN(t)
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "go", append(append([]string{"run"}, args...), "./both", dsn)...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run("-tags", "surrealsql_alias")
	require.NoError(t, err, out)
	require.Equal(t, "surrealdb: this is the other driver\nsurrealsql: <nil>\n", out)

	out, err = run()
	require.Error(t, err, "the tag is of use")
	require.Contains(t, out, "Register called twice")
}
