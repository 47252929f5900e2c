package main

import (
	"bytes"
	"database/sql"
	"testing"

	blockscan "github.com/blockloop/scan/v2"
	"github.com/georgysavva/scany/v2/sqlscan"
	"github.com/stephenafamo/scan"
	"github.com/stephenafamo/scan/stdscan"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The tour, and which errors each tool passes on, on the real engine.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const chapter = `
  one: person:ada: Ada, 36, London, [math]
  of many: person:grace: Grace, 85, ?, []
  of many: person:kim: Kim, ?, Seoul, []
  names: [Ada Grace Kim]
  none is sql.ErrNoRows: true
`

func TestTourOfScanningWorksOnTheRealEngine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), surrealtest.DSN(t), &out))
	require.Equal(t, "\nscany"+chapter+"\nstephenafamo/scan"+chapter+"\nblockloop/scan"+chapter, out.String())
}

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open(surrealsql.DriverName, surrealtest.DSN(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// scanners read names of a text with each of the tools.
var scanners = map[string]func(*testing.T, *sql.DB, string) ([]string, error){
	"scany": func(t *testing.T, db *sql.DB, text string) (names []string, err error) {
		return names, sqlscan.Select(t.Context(), db, &names, text)
	},
	"stephenafamo/scan": func(t *testing.T, db *sql.DB, text string) ([]string, error) {
		return stdscan.All(t.Context(), db, scan.SingleColumnMapper[string], text)
	},
	"blockloop/scan": func(t *testing.T, db *sql.DB, text string) (names []string, err error) {
		rows, err := db.QueryContext(t.Context(), text)
		if err != nil {
			return nil, err
		}
		return names, blockscan.Rows(&names, rows)
	},
}

func TestScanningPassesOnTheErrorAfterTheRows(t *testing.T) {
	t.Parallel()
	for name, read := range scanners {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Its second value is no string.
			_, err := read(t, open(t), `SELECT VALUE IF $this = "b" { NULL } ELSE { $this } FROM ["a", "b"]`)
			require.Error(t, err)
			_, err = read(t, open(t), `SELECT VALUE nothing::of::the::kind() FROM 1`)
			require.True(t, surrealsql.IsParse(err), "%v", err)
		})
	}
}

// The error of a statement after the rows that are read comes from Rows.Close, and two of the
// tools do not look at it. Whoever changes that makes the sentence of tools.md untrue.
func TestScanningOfSeveralStatementsMayHideTheErrorOfALaterOne(t *testing.T) {
	t.Parallel()
	for name, read := range scanners {
		names, err := read(t, open(t), `SELECT VALUE $this FROM ["a"]; THROW "later"`)
		require.Equal(t, []string{"a"}, names, name)
		if name == "scany" {
			require.True(t, surrealsql.IsThrown(err), "%s: %v", name, err)
		} else {
			require.NoError(t, err, name)
		}
	}
}

// Two of the tools refuse a column that has no field, and the third drops its value.
func TestScanningOfAColumnWithoutAFieldIsAnErrorButOfBlockloop(t *testing.T) {
	t.Parallel()
	db := open(t)
	const text = `SELECT 1 AS unknown FROM 1`
	var all []Resident
	require.ErrorContains(t, sqlscan.Select(t.Context(), db, &all, text), "unknown")
	_, err := stdscan.All(t.Context(), db, scan.StructMapper[Resident](), text)
	require.ErrorContains(t, err, "unknown")
	rows, err := db.QueryContext(t.Context(), text)
	require.NoError(t, err)
	require.NoError(t, blockscan.RowsStrict(&all, rows))
	require.Equal(t, []Resident{{}}, all)
}
