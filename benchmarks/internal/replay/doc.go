// Package replay answers a client of SurrealDB with replies that were recorded
// from the real engine, byte for byte, so that what is measured is the client
// and nothing else.
//
// There are two transports. [Dialer] makes connections in memory: Write takes a
// request apart and Read serves the bytes of its reply, without a goroutine, a
// channel or a system call. [Listen] serves over loopback TCP, in this process
// or, with [Start], in one of its own, so that the CPU time of this process is
// the client's alone.
//
// A server answers each `query` with one and the same recorded reply, whatever
// its text, and the other methods as SurrealDB 3 does.
package replay
