// Package surrealotel tells OpenTelemetry what the driver for SurrealDB does, by the semantic
// conventions for database clients (1.43):
//
//	cfg, err := surrealsql.ParseDSN(dsn)
//	if err != nil {
//		return err
//	}
//	tracer, err := surrealotel.New()
//	if err != nil {
//		return err
//	}
//	tracer.Install(cfg)
//	connector, err := surrealsql.NewConnector(cfg)
//	if err != nil {
//		return err
//	}
//	db := sql.OpenDB(connector)
//
// There are spans for each query and other request, for whole transactions, for connects and
// resets, and for the wait for a connection of package pool; metrics of the same; and the
// trace context goes to the server, whose own spans become part of the trace (SurrealDB 3.1
// and newer). [ObservePool] and [ObserveDB] report what a pool holds.
//
// No span and no metric has the values of arguments, of a text or of an error's message,
// unless [WithQueryText] or [WithErrorMessages] ask for them. The values of arguments are in
// none of them.
package surrealotel
