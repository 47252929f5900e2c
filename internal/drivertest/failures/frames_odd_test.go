package failures

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Frames of a streamed answer in every order, the odd ones included: what a server may
// send is read, and what it may not is an error, whoever asks.

// odd is an answer to a text of one statement.
type odd struct {
	name   string
	frames func(row func(n int) any) []scripted.Raw
	rows   []any  // that are in it
	fails  string // what its error says; "" if it has none
	broken bool   // the connection is of no further use
	counts bool   // unless all frames are here before it is found: then they are counted
}

// the frames that stand for themselves, with one statement.
var (
	begun    = scripted.StreamBegin(1)
	finished = scripted.StreamFinished(0)
	ended    = scripted.StreamEnd(1)
)

// answer is frames that hold no rows.
func answer(frames ...scripted.Raw) func(func(int) any) []scripted.Raw {
	return func(func(int) any) []scripted.Raw { return frames }
}

func allowedFrames() []odd {
	type rowOf = func(int) any
	unknown := scripted.Object("hint", []any{1}, "stream", "progress")
	return []odd{
		{name: "rows in frames of their own", rows: []any{int64(1), int64(2), int64(3)}, frames: func(row rowOf) []scripted.Raw {
			return []scripted.Raw{begun, scripted.StreamRows(0, row(1), row(2)), scripted.StreamRows(0, row(3)), finished, ended}
		}},
		{name: "no rows", frames: answer(begun, finished, ended)},
		{name: "frames without rows", rows: []any{int64(1)}, frames: func(row rowOf) []scripted.Raw {
			return []scripted.Raw{begun, scripted.StreamRows(0), scripted.StreamRows(0, row(1)), scripted.StreamRows(0), finished, ended}
		}},
		{name: "nothing but a frame without rows", frames: answer(begun, scripted.StreamRows(0), finished, ended)},
		{name: "no version, which is the first", rows: []any{int64(1)}, frames: func(row rowOf) []scripted.Raw {
			return []scripted.Raw{scripted.Object("statements", 1, "stream", "begin"), scripted.StreamRows(0, row(1)), finished, ended}
		}},
		{name: "more statements announced than answered", rows: []any{int64(1)}, frames: func(row rowOf) []scripted.Raw {
			return []scripted.Raw{scripted.StreamBegin(5), scripted.StreamRows(0, row(1)), finished, ended}
		}},
		{name: "an endless number of statements announced", rows: []any{int64(1)}, frames: func(row rowOf) []scripted.Raw {
			return []scripted.Raw{scripted.StreamBegin(math.MaxInt32), scripted.StreamRows(0, row(1)), finished, ended}
		}},
		{name: "keys in another order", rows: []any{int64(1), int64(2)}, frames: func(row rowOf) []scripted.Raw {
			return []scripted.Raw{
				scripted.Object("version", 1, "stream", "begin", "statements", 1),
				scripted.Object("values", []any{row(1)}, "stream", "rows", "index", 0),
				scripted.Object("stream", "rows", "values", []any{row(2)}, "index", 0),
				scripted.Object("type", scripted.None, "time", "1ms", "stream", "finished", "single", false, "index", 0),
				scripted.Object("time", "1ms", "stream", "end", "results", 1),
			}
		}},
		{name: "unknown keys", rows: []any{int64(1), int64(2)}, frames: func(row rowOf) []scripted.Raw {
			return []scripted.Raw{
				scripted.Object("capabilities", []any{"x"}, "statements", 1, "stream", "begin", "version", 1),
				scripted.Object("cursor", map[string]any{"values": []any{7}}, "index", 0, "more", true, "stream", "rows", "values", []any{row(1), row(2)}, "zone", nil),
				scripted.Object("index", 0, "rows", 2, "single", false, "stream", "finished", "time", "1ms", "type", scripted.None, "warnings", []any{}),
				scripted.Object("results", 1, "stream", "end", "time", "1ms", "trace", "x"),
			}
		}},
		{name: "frames of an unknown kind", rows: []any{int64(1), int64(2)}, frames: func(row rowOf) []scripted.Raw {
			return []scripted.Raw{begun, unknown, scripted.StreamRows(0, row(1)), unknown, scripted.StreamRows(0, row(2)), unknown, finished, unknown, ended}
		}},
		{name: "errors that are null", rows: []any{int64(1)}, frames: func(row rowOf) []scripted.Raw {
			return []scripted.Raw{
				begun, scripted.StreamRows(0, row(1)),
				scripted.Object("error", nil, "index", 0, "single", false, "stream", "finished", "time", "1ms"),
				scripted.Object("error", nil, "results", 1, "stream", "end", "time", "1ms"),
			}
		}},
		{name: "as few keys as can be", rows: []any{int64(1)}, frames: func(row rowOf) []scripted.Raw {
			return []scripted.Raw{
				begun, scripted.StreamRows(0, row(1)),
				scripted.Object("index", 0, "stream", "finished"),
				scripted.Object("stream", "end"),
			}
		}},
		{name: "objects and arrays of open length", rows: []any{int64(1), int64(2)}, frames: func(row rowOf) []scripted.Raw {
			open := scripted.Raw{0xBF}
			for _, item := range []any{"index", 0, "stream", "rows", "values", slices.Concat(scripted.Raw{0x9F}, scripted.Value(row(1)), scripted.Value(row(2)), []byte{0xFF})} {
				if b, ok := item.(scripted.Raw); ok {
					open = append(open, b...)
				} else {
					open = append(open, scripted.Value(item)...)
				}
			}
			return []scripted.Raw{begun, append(open, 0xFF), finished, ended}
		}},
	}
}

func failedFrames() []odd {
	type rowOf = func(int) any
	oneRow := func(row rowOf) scripted.Raw { return scripted.StreamRows(0, row(1)) }
	then := func(frames ...scripted.Raw) func(rowOf) []scripted.Raw {
		return func(row rowOf) []scripted.Raw { return append([]scripted.Raw{begun, oneRow(row)}, frames...) }
	}
	list := []odd{
		{name: "a failure", fails: "late", frames: answer(begun, scripted.StreamFailed(0, "late"), ended)},
		{name: "a failure after rows", rows: []any{int64(1)}, fails: "late", frames: then(scripted.StreamFailed(0, "late"), ended)},
		{name: "a failure after rows that were none", fails: "late", frames: answer(begun, scripted.StreamRows(0), scripted.StreamFailed(0, "late"), ended)},
		{name: "an end that failed in place of the statement's", rows: []any{int64(1)}, fails: "gave out", frames: then(scripted.StreamBroken(0, "gave out"))},
		{name: "an end that failed before anything came", fails: "gave out", frames: answer(begun, scripted.StreamBroken(0, "gave out"))},
		{name: "an end that failed although all had finished", rows: []any{int64(1)}, fails: "never deliver", frames: then(finished, scripted.StreamBroken(1, "it will never deliver"))},
		{name: "an end that was stopped by somebody else", rows: []any{int64(1)}, fails: "stopped before it completed", frames: then(scripted.StreamStopped(0))},
		{name: "a failure and an end that failed", rows: []any{int64(1)}, fails: "late", frames: then(scripted.StreamFailed(0, "late"), scripted.StreamBroken(1, "gave out"))},
	}
	for name, v := range oddValues() {
		if name == "null" || name == "invalid UTF-8" { // no error, and one of the connection
			continue
		}
		list = append(list,
			odd{name: "a failure whose error is " + name, rows: []any{int64(1)}, fails: " ", frames: then(scripted.Object("error", v, "index", 0, "single", false, "stream", "finished", "time", "1ms"), ended)},
			odd{name: "an end whose error is " + name, rows: []any{int64(1)}, fails: " ", frames: then(finished, scripted.Object("error", v, "results", 1, "stream", "end"))},
		)
	}
	return list
}

func forbiddenFrames() []odd {
	type rowOf = func(int) any
	oneRow := func(row rowOf) scripted.Raw { return scripted.StreamRows(0, row(1)) }
	then := func(frames ...scripted.Raw) func(rowOf) []scripted.Raw {
		return func(row rowOf) []scripted.Raw { return append([]scripted.Raw{begun, oneRow(row)}, frames...) }
	}
	atIndex := func(v any) func(rowOf) []scripted.Raw {
		return func(row rowOf) []scripted.Raw {
			return []scripted.Raw{begun, scripted.Object("index", v, "stream", "rows", "values", []any{row(1)}), finished, ended}
		}
	}
	list := []odd{
		{name: "an end without the statement's", frames: then(ended)},
		{name: "rows after the statement's end", frames: then(finished, scripted.StreamRows(0, 2), ended)},
		{name: "a value after the statement's end", frames: then(finished, scripted.StreamValue(0, 2), ended)},
		{name: "two ends of the statement", frames: then(finished, finished, ended)},
		{name: "a failure after the statement's end", frames: then(finished, scripted.StreamFailed(0, "late"), ended)},
		{name: "a value after rows", frames: then(scripted.StreamValue(0, 2), scripted.StreamSingle(0), ended)},
		{name: "rows after a value", frames: answer(begun, scripted.StreamValue(0, 2), scripted.StreamRows(0, 3), scripted.StreamSingle(0), ended)},
		{name: "two values", frames: answer(begun, scripted.StreamValue(0, 2), scripted.StreamValue(0, 3), scripted.StreamSingle(0), ended)},
		{name: "rows of a statement that was not announced", counts: true, frames: then(scripted.StreamRows(1, 2), scripted.StreamFinished(1), finished, scripted.StreamEnd(2))},
		{name: "an end of a statement that was not announced", counts: true, frames: then(scripted.StreamFinished(7), finished, scripted.StreamEnd(2))},
		{name: "rows before the beginning", frames: func(row rowOf) []scripted.Raw { return []scripted.Raw{oneRow(row), begun, finished, ended} }},
		{name: "no beginning", frames: func(row rowOf) []scripted.Raw { return []scripted.Raw{oneRow(row), finished, ended} }},
		{name: "an end before the beginning", frames: answer(ended, begun)},
		{name: "a statement's end before the beginning", frames: answer(finished, begun, ended)},
		{name: "two beginnings", frames: answer(begun, begun, finished, ended)},
		{name: "a beginning after rows", frames: then(begun, finished, ended)},
		{name: "rows without an index", frames: answer(begun, scripted.Object("stream", "rows", "values", []any{1}), finished, ended)},
		{name: "a statement's end without an index", frames: then(scripted.Object("single", false, "stream", "finished"), ended)},
		{name: "the second version", fails: "revision 2", frames: answer(scripted.Object("statements", 1, "stream", "begin", "version", 2), finished, ended)},
		{name: "rows without values", frames: answer(begun, scripted.Object("index", 0, "stream", "rows"), finished, ended)},
		{name: "a frame of no kind", frames: then(scripted.Object("index", 0), finished, ended)},
		{name: "the entries of a query", frames: answer(scripted.Raw(scripted.Entries(scripted.OK([]any{1}))))},
		{name: "entries after the beginning", frames: answer(begun, scripted.Raw(scripted.Entries(scripted.OK([]any{1}))), finished, ended)},
		{name: "nesting without end", frames: answer(begun, scripted.Object("index", 0, "stream", "rows", "values", scripted.Raw(scripted.Nested(100_000))), finished, ended)},
	}
	for _, n := range []int{-1, math.MinInt32, 1, 2, 1 << 20, math.MaxInt32} {
		list = append(list, odd{name: fmt.Sprintf("rows of statement %d", n), frames: atIndex(n)})
	}
	for name, v := range oddValues() {
		list = append(list,
			odd{name: "a frame that is " + name, frames: then(scripted.Value(v), finished, ended)},
			odd{name: "a kind that is " + name, frames: then(scripted.Object("index", 0, "stream", v), finished, ended)},
			odd{name: "an index that is " + name, frames: atIndex(v)},
			odd{name: "a version that is " + name, frames: answer(scripted.Object("statements", 1, "stream", "begin", "version", v), finished, ended)},
		)
		if _, array := v.([]any); !array {
			list = append(list, odd{name: "values that are " + name, frames: answer(begun, scripted.Object("index", 0, "stream", "rows", "values", v), finished, ended)})
		}
	}
	for i := range list {
		list[i].broken = true
	}
	return list
}

// texts are those with which an odd answer is read: how rows are laid out decides how
// they are read.
var oddTexts = map[string]func(n int) any{
	streamed:           func(n int) any { return n },
	"SELECT n FROM x":  func(n int) any { return map[string]any{"n": n} },
	"SELECT * FROM x":  func(n int) any { return map[string]any{"n": n} },
	"RETURN fn::all()": func(n int) any { return map[string]any{"n": n} },
	"CREATE x":         func(n int) any { return map[string]any{"n": n} },
}

func TestFramesInEveryOrderAreReadOrRefused(t *testing.T) {
	t.Parallel()
	for _, o := range slices.Concat(allowedFrames(), failedFrames(), forbiddenFrames()) {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			for text, row := range oddTexts {
				srv := streaming(t, func(c *scripted.Conn, id uint64) { c.Stream(id, o.frames(row)...) }, text)
				for _, a := range askings() {
					o.meets(t, a, srv, text)
				}
				srv.HangUp()
			}
		})
	}
}

// meets asks in one way, and then for something else.
func (o odd) meets(t *testing.T, a asking, srv *scripted.Server, text string) {
	t.Helper()
	what := fmt.Sprintf("%s of %q", a.name, text)
	db := streams(t, srv)
	before := srv.Connections()
	var got []any
	var err error
	within(t, what, func() { got, err = a.ask(t.Context(), db, text) })
	switch {
	case o.counts && a.rows == 0: // Exec needs no columns, so it takes what the server says
	case o.broken || o.fails != "":
		require.Error(t, err, "%s gave %v", what, got)
		require.False(t, errors.Is(err, sql.ErrNoRows), "%s: an error is lost", what)
		require.ErrorContains(t, err, o.fails, what)
		if a.rows == 1 {
			require.Empty(t, got, "%s: no row of a statement that failed", what)
		}
	case a.rows == 1 && len(o.rows) == 0:
		if text != "RETURN fn::all()" { // which is one row of an empty list
			require.ErrorIs(t, err, sql.ErrNoRows, what)
		}
	default:
		require.NoError(t, err, what)
		if a.rows != 0 && (len(o.rows) > 0 || text != "RETURN fn::all()") {
			want := o.rows
			if a.rows > 0 {
				want = want[:1]
			}
			require.Equal(t, want, got, what)
		}
	}
	if o.broken && !o.counts {
		require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown, what)
	}
	require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"), "%s: the next caller", what)
	want := 1
	if o.broken {
		want = 2
	}
	if !o.counts {
		require.Equal(t, before+want, srv.Connections(), "%s: connections", what)
	}
	require.NoError(t, db.Close())
}
