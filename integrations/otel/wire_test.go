package surrealotel

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// The trace context, as the server reads it.

// requests are what a server of SurrealDB 3 reads of one transaction within a span.
func requests(t *testing.T, w *watched) (all map[string]map[string]string, names map[string]string) {
	t.Helper()
	srv := scripted.New(t, func(c *scripted.Conn) { c.Serve(nil) })
	cfg, err := surrealsql.ParseDSN(srv.DSN())
	require.NoError(t, err)
	w.Install(cfg)
	db := w.open(t, cfg)
	ctx, handler := w.program.Start(t.Context(), "handler")
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(ctx, `CREATE a`)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	handler.End()
	all = make(map[string]map[string]string)
	for _, r := range srv.Requests() {
		name := r.Method
		if name == "query" {
			name, _, _ = strings.Cut(r.Text, " RETURN")
		}
		all[name] = r.TraceContext
	}
	names = make(map[string]string)
	for _, s := range w.take() {
		names[s.Name()] = "00-" + s.SpanContext().TraceID().String() + "-" + s.SpanContext().SpanID().String() + "-01"
	}
	return all, names
}

func TestTraceContextOfEachSpanGoesToTheServer(t *testing.T) {
	t.Parallel()
	read, spans := requests(t, watch(t))
	for _, name := range []string{"begin", "CREATE a", "commit"} {
		require.Equal(t, map[string]string{"traceparent": spans[name]}, read[name])
	}
	require.Nil(t, read["signin"], "the server's version is not known yet")
}

func TestTraceContextStaysHereOnRequest(t *testing.T) {
	t.Parallel()
	read, _ := requests(t, watch(t, WithoutHandOver()))
	require.Contains(t, read, "CREATE a")
	for name, of := range read {
		require.Nil(t, of, name)
	}
}
