// Package ws is one client WebSocket connection, used synchronously: the
// goroutine that wants a message reads it from the socket itself. There is no
// reader goroutine, no channel and no lock on the way of a message, which is
// right because database/sql leases a connection to one goroutine at a time.
//
// A Conn is built for three habits of a database driver:
//
//   - several messages can be put into one write (Begin, End, Flush), so a
//     pipeline of requests is one system call;
//   - a connection that lies idle is looked at without blocking (Poll): pings
//     are answered, a FIN, an RST or a Close frame is noticed;
//   - Abort, from any goroutine, closes the socket at once and so wakes
//     whoever reads or writes.
//
// The HTTP upgrade and the masking come from github.com/gobwas/ws. Framing is
// done here, on the connection's own buffers, because a message must be
// readable in place and an unfinished frame must survive a Poll.
package ws
