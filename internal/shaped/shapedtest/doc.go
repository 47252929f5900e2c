// Package shapedtest writes rows in the shaped format of SurrealDB 4.0, for tests of who
// reads them: right ones of every kind, in the order in which the server lays them out or in
// any other, and wrong ones of every sort.
//
// It is made from its own idea of the format and shares no code with the reader, so that the
// two cannot be wrong in the same way; what it writes was checked by the server's own reader
// (a block may stand in a request, see TestServerReadsWhatIsWritten).
//
//	s := shapedtest.Object(false, shapedtest.Column{Name: "n", Kind: shapedtest.Int})
//	block := shapedtest.New().Announce(0, s).Batch(0, s.Row(map[string]any{"n": int64(1)}))
//
// A value that does not fit its column is a mistake of the test, and panics. A wrong row is
// made from the parts of a right one, which can be changed, a wrong block from its messages.
package shapedtest
