package surrealtest

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSharedEngineStarts(t *testing.T) {
	t.Log(DSN(t))
	s := New(t, Options{Ports: 2, Path: t.TempDir(), Output: os.Stderr})
	st, err := s.Stats()
	require.NoError(t, err)
	t.Log(st)
	s.Kill()
	require.NoError(t, s.Restart(t.Context()))
}
