// Package scripted is a WebSocket server for tests that does what a script says,
// and mostly that is to misbehave: to drop a connection between two bytes, to
// fall silent, to lie about lengths, to answer a question nobody asked. It knows
// frames and envelopes and nothing of SurrealDB's semantics; a test that needs a
// database uses package surrealtest.
//
// A server runs one script a connection, each in a goroutine of its own:
//
//	srv := scripted.New(t, func(c *scripted.Conn) {
//		c.Greet()          // signin, use, version: what opens a session
//		c.Request()        // the query has been read
//		c.Reset()          // RST instead of an answer
//	})
//	db, err := sql.Open("surrealdb", srv.DSN())
//	_, err = db.Exec("CREATE x")
//	require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
//	require.Equal(t, []string{"CREATE x"}, srv.Queries()) // was not sent twice
//
// # Scripts
//
// A script is linear and checks no errors: where the client has gone, or the
// test is over, the next call of a Conn's method ends the script's goroutine
// (its deferred functions run). When the script returns, its socket is closed.
// In a script use assert rather than require, and instead of receiving from a
// channel bare use [Conn.Wait], which gives up when the test ends.
//
// What a script does not care about, [Conn.Serve] does:
//
//	srv := scripted.New(t, func(c *scripted.Conn) {
//		c.Serve(func(r scripted.Request) { // query, begin, commit, cancel, live …
//			switch r.Text {
//			case "SELECT 1":
//				c.QueryResult(r.ID, 1)
//			case "SELECT fail":
//				c.ReplyError(r.ID, -32000, "Internal", "no")
//			default:
//				c.Answer(r) // as Serve(nil) would: one empty result
//			}
//		})
//	})
//
// [New] upgrades before it calls the script. With [Listen] the script begins
// at the accepted socket and may stay silent, [Conn.Refuse] with an HTTP status, or
// [Conn.Upgrade] with bytes that come together with the 101. [Server.UseTLS]
// has any script speak TLS, with certificates of an [Authority]. [Pipes] makes
// connections in memory, for bubbles of testing/synctest.
//
// A server is one of 3.0.2, which has no query_stream. One of 3.3 is made by
// [Server.Streaming]: then the script gets query_stream and query_cancel, and answers by
// [Conn.Stream] with [StreamBegin], [StreamRows], [StreamValue], [StreamFinished],
// [StreamSingle], [StreamFailed], [StreamEnd] and [StreamStopped], or with any [Object].
// [Server.UseVersion] makes a server say another version, [Server.UseProtocols] speak other
// subprotocols than cbor, in its own order; [Conn.UpgradeAs] agrees to any, or to none.
//
// # Ends
//
//   - [Conn.Arrived]: the client has sent something, and nothing of it was read
//   - [Conn.Drop]: FIN without a Close frame
//   - [Conn.Reset]: RST
//   - [Conn.CloseFrame]: a Close frame; the socket stays open
//   - [Conn.AwaitClose]: waits until the client leaves, and tells how;
//     [Conn.AwaitEnd] does so before an upgrade
//   - [Conn.Stall]: reads no more until the test ends; [Conn.Wait], until a channel says so
//
// # Bytes
//
// [Conn.Write] sends any bytes, [Conn.Drip] sends them one at a time. What to send is
// built by functions: [Frame], [Masked], [Fragments], [Claim] make frames;
// [Result], [Error], [NamelessError], [Notification] make messages;
// [Value], [Entries], [OK], [Failed], [Nested] make what is inside. A reply cut in its
// middle is
//
//	reply := scripted.Frame(scripted.OpBinary, scripted.Result(r.ID, scripted.Value("hello")))
//	c.Write(reply[:len(reply)/2])
//	c.Drop()
//
// # Counts
//
// [Server.Requests], [Server.Queries] and [Server.Count] tell what was read on all
// connections, in order; [Server.Connections] and [Server.Open] count
// connections. [Server.Await] waits until any of them is as a test expects it:
// no test needs to sleep. Everything is closed and joined when the test ends.
package scripted
