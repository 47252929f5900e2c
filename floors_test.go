package surrealsql_test

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/floors"
)

// The package is flat, so that a program needs one import, and its files stand on six
// floors: a file uses its own floor and those below, never one above. Who changes the
// values need not know a connection. docs/architecture.md walks through them.
func TestFilesKeepTheirFloors(t *testing.T) {
	floors.Keep(t, 25,
		// errors: what can go wrong, and of what class a server's error is.
		"errors.go errors_class.go errors_rules.go errors_hint.go errors_conn.go",
		// values: SurrealDB's types in Go, encoded, decoded, assigned and scanned.
		`options.go types.go recordid.go value.go valuer.go typename.go
		encode.go encode_number.go encode_reflect.go encode_types.go encode_block.go encode_rows.go geometry.go
		decode.go struct_fields.go struct_embedded.go assign.go assign_kind.go assign_clear.go
		scan_go126.go scan_go127.go scan_scalar_go127.go scan_reflect.go scan_composite.go scan_short.go scan_usual.go scan_dest.go scan_method.go
		record_request.go batch_request.go`,
		// texts: a query's arguments, its analysis, and where its columns lie.
		"args.go analysis.go outline.go text_check.go readonly.go layout.go layout_go127.go shaped_fit.go shaped_value.go shaped_record.go",
		// results: a reply, its result sets and their rows.
		`log.go reply.go reply_entry.go reply_error.go reply_stream.go resultset.go resultset_open.go resultset_columns.go columntype.go
		shaped_rows.go shaped_scan_go127.go shaped_types.go record_rows.go batch_reply.go
		rows.go rows_go126.go rows_go127.go live_inbox.go live_set.go live_twins.go live_rows.go result.go`,
		// session: configuration, connections and what happens on them.
		`config_modes.go config.go config_string.go dsn.go dsn_keys.go dsn_env.go auth.go refresh.go trace.go trace_events.go log_conn.go
		conn.go conn_run.go cursor.go exchange.go streaming.go giveup.go live.go live_socket.go live_handle.go params.go stmt.go tx.go tx_user.go session.go call.go with_session.go attached.go handshake.go schema.go
		lease.go resetter.go idle.go lingering.go connector.go connect_retry.go hosts.go race.go spread.go subprotocol.go driver.go driver_names.go driver_names_alias.go retry.go doc.go`,
		// calls: functions on top of database/sql, which need no connection of their own.
		`querier.go records.go batch.go batch_join.go batch_results.go batch_records.go live_query.go
		bulk.go bulk_source.go bulk_run.go bulk_error.go`,
	)
}
