package surrealotel

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
)

// What must not be seen in spans and metrics, and what may be on request; how errors are called.

// everything is all that was exported, as text.
func (w *watched) everything(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, s := range w.take() {
		fmt.Fprintln(&b, s.Name(), attributes(s), s.Status().Description, s.Events())
	}
	var m metricdata.ResourceMetrics
	require.NoError(t, w.reader.Collect(context.Background(), &m))
	fmt.Fprintf(&b, "%+v", m)
	for _, scope := range m.ScopeMetrics {
		for _, one := range scope.Metrics {
			if h, ok := one.Data.(metricdata.Histogram[float64]); ok {
				for _, p := range h.DataPoints {
					fmt.Fprintln(&b, one.Name, p.Attributes.ToSlice())
				}
			}
		}
	}
	return b.String()
}

// secretive does with a database what a program might, with secrets everywhere.
func (w *watched) secretive(t *testing.T) string {
	t.Helper()
	cfg := w.config(t)
	db := w.open(t, cfg)
	run := func(text string, args ...any) { _, _ = db.ExecContext(t.Context(), text, args...) }
	run(`DEFINE TABLE person; DEFINE INDEX mail ON person FIELDS mail UNIQUE`)
	run(`CREATE person SET mail = $1`, "argument@s3cret")
	run(`CREATE person SET mail = $1`, "argument@s3cret") // "already contains 'argument@s3cret'"
	run(`CREATE person:s3cretkey SET mail = 'literal@s3cret' -- s3cret`)
	run(`DEFINE USER ada ON DATABASE PASSWORD 's3cretpassword'`)
	run(`THROW 's3cretthrown'`)
	run(`SELEC 's3cretnonsense`)
	run("SELECT * FROM person WHERE mail = \x00's3cret")
	cfg = cfg.Clone()
	cfg.Password = "s3cretwrong"
	require.Error(t, w.open(t, cfg).PingContext(t.Context()))
	return w.everything(t)
}

func TestSpansAndMetricsHaveNoValues(t *testing.T) {
	t.Parallel()
	out := watch(t).secretive(t)
	require.Contains(t, out, "CREATE person")
	require.NotContains(t, out, "s3cret")
	require.NotContains(t, out, "db.query.text")
}

func TestTextWithoutLiteralsHasNoValues(t *testing.T) {
	t.Parallel()
	out := watch(t, WithQueryText(TextWithoutLiterals)).secretive(t)
	require.Contains(t, out, "CREATE person:? SET mail = ?")
	require.NotContains(t, out, "s3cret")
}

func TestWholeTextHasValuesButNoPasswords(t *testing.T) {
	t.Parallel()
	out := watch(t, WithQueryText(WholeText)).secretive(t)
	require.Contains(t, out, "literal@s3cret")
	for _, hidden := range []string{"argument@s3cret", "s3cretpassword", "s3cretwrong"} {
		require.NotContains(t, out, hidden)
	}
}

func TestErrorMessagesAreToldOnRequest(t *testing.T) {
	t.Parallel()
	out := watch(t, WithErrorMessages()).secretive(t)
	require.Contains(t, out, "s3cretthrown")
	require.Contains(t, out, "argument@s3cret") // the server's own words
	require.NotContains(t, out, "s3cretpassword")
	require.NotContains(t, out, "s3cretwrong")
}

func TestErrorsAreCalledByAFewNames(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"AlreadyExists":      fmt.Errorf("x: %w", &surrealsql.Error{Kind: "AlreadyExists", Code: -32000}),
		"-32000":             &surrealsql.Error{Code: -32000},
		"cancelled":          fmt.Errorf("x: %w", context.Canceled),
		"timeout":            context.DeadlineExceeded,
		"acquire_timeout":    &pool.AcquireTimeoutError{},
		"outcome_unknown":    &surrealsql.ConnError{Op: "commit", Sent: true, Err: errors.New("x")},
		"connection":         &surrealsql.ConnError{Err: errors.New("x")},
		"transaction_doomed": fmt.Errorf("%w: x", surrealsql.ErrTxDoomed),
		"_OTHER":             errors.New("x"),
	} {
		require.Equal(t, want, errorType(err), "%v", err)
	}
}

func TestLongTextsAreCutAndNotRemembered(t *testing.T) {
	t.Parallel()
	known := texts{show: WholeText}
	long := "CREATE a SET x = '" + strings.Repeat("é", longText) + "'"
	q := known.of(long)
	require.Equal(t, "CREATE a", q.name)
	require.LessOrEqual(t, len(q.text[0].Value.AsString()), longShown+len("…"))
	require.True(t, strings.HasSuffix(q.text[0].Value.AsString(), "é…"))
	require.Empty(t, known.known)
	for i := range keptTexts + 10 {
		known.of(fmt.Sprint("RETURN ", i))
	}
	require.Len(t, known.known, 10)
	require.Same(t, known.of("RETURN 1"), known.of("RETURN 1"))
	require.Equal(t, "surrealdb", known.of("").name)
	require.Equal(t, "ping", known.of("ping").name)
	require.Equal(t, "LET; RETURN", known.of("LET $x = 1; RETURN $x").name)
}
