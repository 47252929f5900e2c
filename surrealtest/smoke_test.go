package surrealtest

import (
	"database/sql"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSharedEngineStarts(t *testing.T) {
	db, err := sql.Open("surrealdb", DSN(t))
	require.NoError(t, err)
	defer db.Close()
	var n int
	require.NoError(t, db.QueryRow("RETURN 1").Scan(&n))
	s := New(t, Options{Ports: 2, Path: t.TempDir(), Output: os.Stderr})
	st, err := s.Stats()
	require.NoError(t, err)
	t.Log(st, s.TestDSN(t))
	s.Kill()
	require.NoError(t, s.Restart(t.Context()))
}
