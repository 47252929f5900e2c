// Package rpc sends SurrealDB's RPC requests over one WebSocket connection and
// reads the replies. It knows envelopes: ids, methods, transactions, trace
// contexts, errors, live notifications. What is inside of params and results is
// the caller's.
//
// A request is written between Start and End; several may be put into one
// pipeline, which is one write:
//
//	b := c.Start("use", rpc.NoTxn, rpc.NoTrace, 2)
//	b = cbor.AppendText(b, "namespace")
//	b = cbor.AppendText(b, "database")
//	c.End(b)
//	reply, err := c.RoundTrip(ctx)
//
// Ids are integers counted per connection. A reply with an id that nobody
// waits for means that this connection and the server disagree about where
// they are, so it ends the connection: two replies are never mixed up.
package rpc
