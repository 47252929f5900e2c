//go:build unix

package surrealtest

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Processes that crash, fail or do not get ready.

func TestEngineLeavesCtrlCToTheProgramThatStartedIt(t *testing.T) {
	t.Parallel()
	s := New(t, Options{Engine: EngineNPM})
	require.NoError(t, s.proc.cmd.Process.Signal(os.Interrupt))
	require.NoError(t, open(t, s.TestDSN(t)).Ping())
}

func TestEngineThatCrashedIsReportedAndCanBeRestarted(t *testing.T) {
	t.Parallel()
	s, err := Start(t.Context(), Options{Engine: EngineNPM})
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.proc.cmd.Process.Kill())
	_, err = s.Stats()
	require.ErrorContains(t, err, "the engine is gone")
	require.NoError(t, s.Restart(t.Context()))
	require.NoError(t, open(t, s.TestDSN(t)).Ping())
	require.NoError(t, s.proc.cmd.Process.Kill())
	require.ErrorContains(t, s.Close(), "killed")
}

// A guard is this program itself, whose name and exit status tell nothing of the engine.
func TestProgramThatCrashedIsNamedAtTheEnd(t *testing.T) {
	t.Parallel()
	p, err := startProcess(t.Context(), exec.Command("/bin/sh", "-c",
		`echo '{"ready":{"addresses":["127.0.0.1:1"]}}'; echo 'no memory' >&2; echo '{"error":"/opt/surreal: signal: killed"}'; exit 1`), true)
	require.NoError(t, err)
	err = p.stop()
	require.ErrorContains(t, err, "surrealtest: the engine has ended: /opt/surreal: signal: killed")
	require.ErrorContains(t, err, "it said: no memory")
}

// go test sends it where the time is over that -timeout gives, a minute after.
func TestEachServersTestsShowTheirGoroutinesOnASignal(t *testing.T) {
	t.Parallel()
	helper, _, said := startHelper(t, listed("npm", "npm")...)
	require.NoError(t, helper.Process.Signal(syscall.SIGQUIT))
	require.ErrorContains(t, helper.Wait(), "exit status 2")
	require.Contains(t, said.String(), "SIGQUIT: quit")
	require.Contains(t, said.String(), "surrealtest.holdSharedEngine")
}

func TestProcessThatIsNotReadyInTimeIsKilled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // for the shell to speak
	defer cancel()
	// exec, since a child of the shell would keep its stdout open.
	_, err := startProcess(ctx, exec.Command("/bin/sh", "-c", "echo waiting >&2; exec sleep 1000"), false)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "it said: waiting")
}

func TestProcessThatFailsSaysWhatItSaid(t *testing.T) {
	t.Parallel()
	_, err := startProcess(t.Context(), exec.Command("/bin/sh", "-c", "echo 'no such module' >&2; exit 1"), false)
	require.ErrorContains(t, err, "it said: no such module")
	_, err = startProcess(t.Context(), exec.Command("/bin/sh", "-c", `echo '{"error":"address in use"}'`), false)
	require.ErrorContains(t, err, "could not start: address in use")
	_, err = startProcess(t.Context(), exec.Command("/nonexistent"), false)
	require.ErrorContains(t, err, "/nonexistent")
}
