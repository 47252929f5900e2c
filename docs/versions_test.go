package docs_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/internal/ws"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What versions.md says of versions of the server is seen on the one at hand.

// versionRows are the rows of the page's table of texts, with its head first.
func versionRows(t *testing.T) (rows [][]string) {
	t.Helper()
	file, err := os.ReadFile("versions.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(file), "<!-- versions -->\n")
	require.True(t, ok)
	table, _, ok := strings.Cut(rest, "\n<!-- /versions -->")
	require.True(t, ok)
	for i, line := range strings.Split(table, "\n") {
		if i != 1 { // the line below the head
			rows = append(rows, strings.Split(strings.Trim(line, "|"), " | "))
		}
	}
	for _, row := range rows {
		require.Len(t, row, len(rows[0]), row)
	}
	return rows
}

// versionsLike are the columns of the table that hold for the server: that of its minor
// version, or for another one any.
func versionsLike(t *testing.T, head []string) (columns []int) {
	t.Helper()
	surrealtest.Needs(t, "3.0")
	version := surrealtest.Version(t)
	for i := 2; i < len(head); i++ {
		v := strings.TrimSpace(head[i])
		if minor := v[:strings.LastIndexByte(strings.TrimSuffix(v, "-beta.1"), '.')+1]; strings.HasPrefix(version, minor) {
			return []int{i}
		}
	}
	return []int{2, 3, 4}
}

func TestVersionsTableTellsWhatTheServerAnswers(t *testing.T) {
	t.Parallel()
	rows := versionRows(t)
	columns := versionsLike(t, rows[0])
	for _, row := range rows[1:] {
		text := names(row[1])[0]
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got := lastAnswer(t, text)
			found := false
			for _, column := range columns {
				found = found || got.is(row[column])
			}
			require.True(t, found, "got %s, expected it as in the columns %d of %q", got, columns, row)
		})
	}
}

// answer is the last result set of a text as JSON, or its error.
type answer struct {
	rows string
	err  error
}

func (a answer) String() string {
	if a.err != nil {
		return "error " + a.err.Error()
	}
	return a.rows
}

// is reports whether a cell of the table says so.
func (a answer) is(cell string) bool {
	cell = strings.TrimSpace(cell)
	switch quoted := names(cell); {
	case cell == "runs":
		return a.err == nil
	case strings.HasPrefix(cell, "error "):
		return a.err != nil && strings.Contains(a.err.Error(), quoted[0])
	default:
		return a.err == nil && a.rows == quoted[0]
	}
}

func lastAnswer(t *testing.T, text string) (a answer) {
	t.Helper()
	rows, err := drivertest.NewDB(t).QueryContext(t.Context(), text)
	if err != nil {
		return answer{err: err}
	}
	defer rows.Close()
	for more := true; more; more = rows.NextResultSet() {
		columns, err := rows.Columns()
		require.NoError(t, err)
		list := []any{}
		for rows.Next() {
			values, dest := make([]any, len(columns)), make([]any, len(columns))
			for i := range dest {
				dest[i] = &values[i]
			}
			require.NoError(t, rows.Scan(dest...))
			object := make(map[string]any)
			for i, name := range columns {
				object[name] = values[i]
			}
			if list = append(list, object); len(columns) == 1 && columns[0] == "value" {
				list[len(list)-1] = values[0]
			}
		}
		text, err := json.Marshal(list)
		require.NoError(t, err)
		a.rows = string(text)
	}
	a.err = errors.Join(rows.Err(), rows.Close())
	return a
}

func TestVersionsPageCitesTestsThatThereAre(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("versions.md")
	require.NoError(t, err)
	tests := make(map[string]bool)
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			tests[m[1]] = true
		}
		return err
	}))
	cited := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, cited)
	for _, m := range cited {
		require.True(t, tests[m[1]], m[1])
	}
}

func TestVersionsArgGoesBeforeAVariableOfItsName(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.0")
	conn := drivertest.Lease(t, drivertest.NewDB(t))
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "x", 1) })
	require.Equal(t, 2, drivertest.QueryOne[int](t, conn, `RETURN $x`, sql.Named("x", 2)))
	require.Equal(t, 1, drivertest.QueryOne[int](t, conn, `RETURN $x`))
}

func TestVersionsKindOfAConflict(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.0")
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE t:1`)
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `UPDATE t:1 SET n = 1`)
	drivertest.MustExec(t, db, `UPDATE t:1 SET n = 2`)
	err := tx.Commit()
	require.True(t, surrealsql.IsConflict(err))
	var conflict *surrealsql.Error
	require.ErrorAs(t, err, &conflict)
	if strings.HasPrefix(surrealtest.Version(t), "3.0.") {
		require.Equal(t, "Internal", conflict.Kind)
		require.EqualValues(t, -32000, conflict.Code)
		return
	}
	require.Equal(t, "Query", conflict.Kind)
	require.EqualValues(t, -32009, conflict.Code)
	require.Equal(t, map[string]any{"kind": "TransactionConflict"}, conflict.Details)
}

func TestVersionsRowsComeWhileTheQueryRuns(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.3")
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE |t:1..20001| RETURN NONE`)
	start := time.Now()
	rows, err := db.QueryContext(t.Context(), `SELECT id, string::repeat('x', 200) AS text FROM t`)
	require.NoError(t, err)
	defer rows.Close()
	require.True(t, rows.Next())
	first, n := time.Since(start), 1
	for rows.Next() {
		n++
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 20_000, n)
	require.Less(t, first, time.Since(start)/2)
}

func TestVersionsConnectionOutlivesACallThatIsGivenUp(t *testing.T) {
	t.Parallel()
	conn := drivertest.Lease(t, drivertest.NewDB(t, func(c *surrealsql.Config) { c.CancelTimeout = 10 * time.Second }))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, drivertest.Exec(ctx, conn, `SLEEP 2s`), surrealsql.ErrOutcomeUnknown)
	err := drivertest.Scan(t.Context(), conn, `RETURN 1`)
	if version := surrealtest.Version(t); version < "3.3" { // no part of a version has two digits
		require.True(t, surrealsql.IsConnectivity(err), err)
		return
	}
	require.NoError(t, err)
}

// bare asks a server without the driver, which would not commit what this does.
type bare struct {
	t    *testing.T
	conn *rpc.Conn
}

func (b bare) ask(method string, txn rpc.TxnID, params ...[]byte) rpc.Reply {
	b.t.Helper()
	msg := b.conn.Start(method, txn, rpc.NoTrace, len(params))
	for _, p := range params {
		msg = append(msg, p...)
	}
	b.conn.End(msg)
	reply, err := b.conn.RoundTrip(b.t.Context())
	require.NoError(b.t, err)
	return reply
}

func TestVersionsCommitAfterAWriteThatFailedHalfway(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.0")
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, db, `DEFINE FIELD n ON t ASSERT $value < 3; CREATE t:1 SET n = 1; CREATE t:2 SET n = 2`)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	w, err := ws.Dial(t.Context(), ws.Options{Addr: cfg.Hosts[0], Path: "/rpc", Protocols: []string{"cbor"}})
	require.NoError(t, err)
	t.Cleanup(w.Abort)
	b, text := bare{t, rpc.NewConn(w)}, func(s string) []byte { return scripted.Value(s) }
	require.Nil(t, b.ask("signin", rpc.NoTxn, scripted.Value(map[string]any{"user": cfg.User, "pass": cfg.Password})).Err)
	require.Nil(t, b.ask("use", rpc.NoTxn, text(cfg.Namespace), text(cfg.Database)).Err)
	begun := b.ask("begin", rpc.NoTxn)
	require.Nil(t, begun.Err)
	txn := rpc.TxnID(begun.Result[len(begun.Result)-16:])
	handle := bytes.Clone(begun.Result)
	require.Contains(t, string(b.ask("query", txn, text(`UPDATE t SET n += 1`)).Result), "must conform")
	commit := b.ask("commit", rpc.NoTxn, handle)
	n := drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY t:1`)
	if version := surrealtest.Version(t); strings.HasPrefix(version, "3.") {
		require.Nil(t, commit.Err)
		require.Equal(t, 2, n, "half of the UPDATE is in force")
		return
	}
	require.NotNil(t, commit.Err)
	require.Contains(t, commit.Err.Message, "the transaction cannot commit")
	require.Equal(t, 1, n)
}

func TestVersionsUserOfADatabaseInAnother(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.0")
	dsn, db, _ := drivertest.NewDBWithUsers(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	conn := drivertest.Lease(t, drivertest.OpenDB(t, dsn, drivertest.As(surrealsql.AuthDatabase, "d", "db-pass")))
	err = conn.Raw(func(c any) error { return c.(*surrealsql.Conn).Use(t.Context(), cfg.Namespace, "another") })
	if !strings.HasPrefix(surrealtest.Version(t), "3.0.") {
		require.ErrorContains(t, err, "You don't have permission to change to the another database")
		return
	}
	require.NoError(t, err)
	drivertest.MustExec(t, conn, `CREATE dropped`)
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error { return c.Use(t.Context(), cfg.Namespace, "another") })
	var e *surrealsql.Error
	require.ErrorAs(t, drivertest.Scan(t.Context(), db, `SELECT * FROM dropped`), &e)
}

// With 300 rounds 3.0.2 failed this in 6 runs of 10.
func TestVersionsConfirmedUpdateIsThere(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.1")
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE t:1 SET n = 0`)
	db.SetMaxIdleConns(8)
	var confirmed atomic.Int64
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for range 200 {
				err := drivertest.Exec(t.Context(), db, `UPDATE t:1 SET n += 1`)
				if err == nil {
					confirmed.Add(1)
				} else {
					assert.True(t, surrealsql.IsConflict(err), err)
				}
			}
		})
	}
	writers.Wait()
	require.Equal(t, confirmed.Load(), drivertest.QueryOne[int64](t, db, `SELECT VALUE n FROM ONLY t:1`))
}
