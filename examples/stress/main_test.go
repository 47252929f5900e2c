package main

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/surrealtest"
)

// The program on a real engine, from its arguments to its exit code.

// beProgram makes this test binary the program itself.
const beProgram = "STRESS_TEST_BE_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(beProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// stressed runs the program on the tests' engine.
func stressed(t *testing.T, args ...string) (code int, out, diag string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = program(t.Context(), append([]string{"-dsn", surrealtest.DSN(t)}, args...), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestScenariosEndWithoutFailures(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			code, out, diag := stressed(t, "-short", "-scenario", s.name)
			require.Zero(t, code, "%s\n%s", out, diag)
			require.Regexp(t, `pool +acquire .* 0\n`, out)
			require.Regexp(t, `sql\.DB +acquire .* 0\n`, out)
		})
	}
}

func TestFailureIsCountedShownAndTheExitCode(t *testing.T) {
	t.Parallel()
	code, out, diag := stressed(t, "-workers", "10", "-queries", "2", "-min", "0", "-max", "1", "-hold", "100ms", "-acquire-timeout", "150ms")
	require.Equal(t, exitFailed, code)
	require.Contains(t, out, "pool failed: pool: no connection came in 15")
	require.Contains(t, out, "sql.DB failed: context deadline exceeded")
	require.Regexp(t, `stress: \d+ failures`, diag)
}

func TestTableOfOnePoolAlone(t *testing.T) {
	t.Parallel()
	code, out, _ := stressed(t, "-short", "-pool", "fair")
	require.Zero(t, code)
	require.Regexp(t, `pool +acquire`, out)
	require.NotContains(t, out, "sql.DB")
}

func TestServerThatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	var out, diag bytes.Buffer
	code := program(t.Context(), []string{"-dsn", "surrealdb://127.0.0.1:1/ns/db?connect_attempts=1"}, &out, &diag)
	require.Equal(t, exitFailed, code)
	require.Contains(t, diag.String(), "refused")
}

func TestCtrlCPrintsWhatWasMeasuredAndLeavesNoProcess(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there a program cannot send Ctrl-C to another")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-duration", "1m")
	cmd.Env = append(os.Environ(), beProgram+"=1", "SURREALDB_URL=")
	var diag bytes.Buffer
	cmd.Stderr = &diag
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())

	lines := bufio.NewScanner(stdout)
	var out strings.Builder
	address := ""
	for lines.Scan() {
		line := lines.Text()
		out.WriteString(line + "\n")
		if m := regexp.MustCompile(` serves at (\S+)`).FindStringSubmatch(line); m != nil {
			address = m[1]
		}
		if strings.HasPrefix(line, "fairness, pool:") && strings.Contains(line, " 0 errors") {
			_ = cmd.Process.Signal(os.Interrupt)
			break
		}
	}
	for lines.Scan() {
		out.WriteString(lines.Text() + "\n")
	}
	var exit *exec.ExitError
	require.True(t, errors.As(cmd.Wait(), &exit))
	require.Equal(t, exitInterrupted, exit.ExitCode(), "%s\n%s", &out, &diag)
	require.Regexp(t, `pool +acquire( +\S+ [µm]?s){4} .* 0\n`, out.String())
	require.Contains(t, diag.String(), "interrupted; everything is closed")
	_, err = net.DialTimeout("tcp", address, time.Second)
	require.Error(t, err, "the engine still serves")
}
