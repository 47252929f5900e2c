package queries

import (
	"context"
	"testing"

	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Limits of a server: the error names the setting and the way out.

// The limits are set so low that each is met.
func TestErrorOfAServersLimitNamesItsSetting(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.3")
	server := surrealtest.New(t, surrealtest.Options{Engine: surrealtest.EngineBinary, Env: []string{
		"SURREAL_MAX_TRANSACTIONS_PER_CONNECTION=0",
		"SURREAL_TRANSACTION_MAX_WRITE_KEYS=200",
		"SURREAL_MAX_COMPUTATION_DEPTH=20",
		"SURREAL_TRANSACTION_TIMEOUT=500ms",
	}})
	db := drivertest.OpenDB(t, server.TestDSN(t))
	drivertest.MustExec(t, db, `DEFINE FUNCTION fn::deep($n: int) { RETURN IF $n > 0 { fn::deep($n - 1) } ELSE { 0 } }`)
	exec := func(text string) func(context.Context) error {
		return func(ctx context.Context) error { return drivertest.Exec(ctx, db, text) }
	}
	for setting, provoke := range map[string]func(context.Context) error{
		"SURREAL_MAX_TRANSACTIONS_PER_CONNECTION": func(ctx context.Context) error {
			_, err := db.BeginTx(ctx, nil)
			return err
		},
		"SURREAL_TRANSACTION_MAX_WRITE_KEYS": exec(`FOR $i IN 1..1000 { CREATE many }`),
		"SURREAL_MAX_COMPUTATION_DEPTH":      exec(`RETURN fn::deep(100)`),
		"SURREAL_TRANSACTION_TIMEOUT":        exec(`BEGIN; CREATE many; SLEEP 2s; COMMIT`),
	} {
		drivertest.RequireUnbroken(t, db, func() {
			requireHint(t, provoke(t.Context()), setting)
		})
	}
}

// The messages are those of 3.3.5; here are those that a test cannot have from it.
func TestErrorOfAServersLimitNamesItsSettingWhereItIsNotMetHere(t *testing.T) {
	t.Parallel()
	for message, setting := range map[string]string{
		"Exceeded the idiom recursion limit of 256.":                               "SURREAL_IDIOM_RECURSION_LIMIT",
		"Too many concurrent streaming queries":                                    "SURREAL_WEBSOCKET_MAX_CONCURRENT_STREAMS",
		"Transaction range operation exceeded the maximum key count of 5":          "SURREAL_TIKV_DELR_MAX_KEYS",
		"The query was not executed due to the memory threshold being reached":     "SURREAL_MEMORY_THRESHOLD",
		"There was a problem with the key-value store: Too many open transactions": "SURREAL_MAX_TRANSACTIONS_PER_CONNECTION",
	} {
		srv := scripted.New(t, func(c *scripted.Conn) {
			c.Serve(func(r scripted.Request) { c.ReplyError(r.ID, -32603, "Validation", message) })
		})
		db := drivertest.OpenDB(t, srv.DSN())
		requireHint(t, drivertest.Exec(t.Context(), db, "CREATE x"), setting)
	}
}
