package shaped_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/shaped"
	"github.com/surrealsql/surrealsql/internal/shaped/shapedtest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What a real server has sent (4.0.0-beta.1): the bytes of its answers as they were recorded,
// and what the same texts gave in CBOR. With -update both are recorded anew.

var update = flag.Bool("update", false, "record what this server answers anew")

// recording is the answers to a text. Its file is a list of scopes, each the items that
// share one: the result of a statement, or all results of a stream or a live query.
type recording struct {
	name string
	how  func(t *testing.T, c *shapedtest.Client, text string) (scopes [][][]byte)
	text string
}

// queried records each statement's result.
func queried(_ *testing.T, c *shapedtest.Client, text string) (scopes [][][]byte) {
	for _, result := range c.Query(text) {
		scopes = append(scopes, [][]byte{result})
	}
	return scopes
}

// streamed records the frames of a stream.
func streamed(_ *testing.T, c *shapedtest.Client, text string) [][][]byte {
	return [][][]byte{c.Stream(text)}
}

// notified records what a live query of table live tells of the text's statements.
func notified(t *testing.T, c *shapedtest.Client, text string) [][][]byte {
	c.Query("LIVE SELECT * FROM live")
	results := [][]byte{}
	for i := range len(c.Query(text)) {
		results = append(results, shapedtest.Field(t, c.Notifications(i + 1)[i], "result"))
	}
	return [][][]byte{results}
}

func file(name, ext string) string { return filepath.Join("testdata", "recorded", name+ext) }

// items reads an item to what it is a list of, or to itself.
func items(t *testing.T, scope *shaped.Scope, item []byte) (all [][]byte) {
	t.Helper()
	var d cbor.Decoder
	d.Reset(item)
	if shaped.IsBlock(&d) {
		all, err := readIn(&d, scope)
		require.NoError(t, err)
		require.NoError(t, d.Tail())
		return all
	}
	if kind, _ := d.PeekKind(); kind == cbor.KindArray {
		return shapedtest.Elements(t, item)
	}
	return [][]byte{item}
}

// told writes out what each scope holds, one a line.
func told(t *testing.T, scopes [][][]byte) string {
	t.Helper()
	var lines strings.Builder
	for _, scope := range scopes {
		var shapes shaped.Scope
		var all [][]byte
		for _, item := range scope {
			all = append(all, items(t, &shapes, item)...)
		}
		lines.WriteString(show(all) + "\n")
	}
	return lines.String()
}

func TestReaderReadsWhatAServerHasSent(t *testing.T) {
	t.Parallel()
	if *update {
		record(t)
	}
	for _, r := range recordings {
		want, err := os.ReadFile(file(r.name, ".txt"))
		require.NoError(t, err)
		require.Equal(t, string(want), told(t, recorded(t, r.name)), r.name)
	}
}

// recorded are the scopes of a recording.
func recorded(t *testing.T, name string) (scopes [][][]byte) {
	t.Helper()
	b, err := os.ReadFile(file(name, ".cbor"))
	require.NoError(t, err)
	for _, scope := range shapedtest.Elements(t, b) {
		scopes = append(scopes, shapedtest.Elements(t, scope))
	}
	return scopes
}

// record asks a server, in its own format and in CBOR.
func record(t *testing.T) {
	t.Helper()
	surrealtest.Needs(t, "4.0")
	require.NoError(t, os.MkdirAll(filepath.Join("testdata", "recorded"), 0o755))
	dsn := surrealtest.DSN(t)
	for _, text := range setup {
		shapedtest.Dial(t, dsn, "cbor.2").Query(text)
	}
	for _, r := range recordings {
		var all []any
		for _, scope := range r.how(t, shapedtest.Dial(t, dsn, "shaped"), r.text) {
			var raw []any
			for _, item := range scope {
				raw = append(raw, shapedtest.Raw(item))
			}
			all = append(all, raw)
		}
		require.NoError(t, os.WriteFile(file(r.name, ".cbor"), shapedtest.AppendCBOR(nil, all), 0o644))
		want := told(t, r.how(t, shapedtest.Dial(t, dsn, "cbor.2"), r.text))
		require.NoError(t, os.WriteFile(file(r.name, ".txt"), []byte(want), 0o644))
	}
}

// seen is what recordings have in them.
type seen map[any]bool

// note looks at the rows of an item.
func (s seen) note(t *testing.T, scope *shaped.Scope, item []byte) {
	t.Helper()
	var d cbor.Decoder
	d.Reset(item)
	if !shaped.IsBlock(&d) {
		s["no block"] = true
		return
	}
	var r shaped.Rows
	require.NoError(t, open(&r, &d, scope))
	batches := 0
	for ; ; batches++ {
		n, err := r.Batch(&d)
		require.NoError(t, err)
		if n == 0 {
			break
		}
		s.shape(r.Shape())
		for range n {
			row, err := r.Row(&d)
			require.NoError(t, err)
			s.row(t, row)
			r.Take(&d, row)
		}
	}
	s["an empty block"] = s["an empty block"] || batches == 0
	s["several shapes"] = s["several shapes"] || batches > 1
}

func (s seen) shape(shape *shaped.Shape) {
	s["single values"] = s["single values"] || shape.Single
	s["an open root"] = s["an open root"] || !shape.Single && shape.Rest >= 0
	s["no columns"] = s["no columns"] || !shape.Single && len(shape.Columns) == 0
	s["4,096 columns"] = s["4,096 columns"] || len(shape.Columns) == 4096
	for i, c := range shape.Columns {
		s[c.Kind] = true
		s[c.Flags] = true
		if c.Kind == shaped.Array {
			s[[1]shaped.Kind{c.Elem}] = true
		}
		s["an open object"] = s["an open object"] || c.Kind == shaped.Object && c.Rest >= 0
		s["a record of any table"] = s["a record of any table"] || c.Kind == shaped.Record && c.Table == ""
		s["a record of one table"] = s["a record of one table"] || c.Table != ""
		s["slots not in order"] = s["slots not in order"] || i > 0 && c.Slot >= 0 && c.Slot < shape.Columns[i-1].Slot
	}
}

func (s seen) row(t *testing.T, row shaped.Row) {
	t.Helper()
	s["an empty row"] = s["an empty row"] || len(row.Bytes) == 0
	for i := 0; i < len(row.Shape.Columns); i++ {
		c := &row.Shape.Columns[i]
		state := row.State(c)
		s[state] = true
		switch {
		case state != shaped.Value:
			i = c.Next - 1
		case c.Kind == shaped.Record:
			id, err := row.RecordID(c)
			require.NoError(t, err)
			s[id.Kind] = true
		case c.Kind == shaped.DatetimeNs || c.Kind == shaped.DurationNs:
			s[[2]any{"overflow", c.Kind}] = s[[2]any{"overflow", c.Kind}] || len(row.Var(c.Rest)) > 0
		}
	}
}

// The recordings would show little if they lacked something that a server sends.
func TestRecordingsHaveAllThatAServerSends(t *testing.T) {
	t.Parallel()
	s := seen{}
	for _, r := range recordings {
		for _, scope := range recorded(t, r.name) {
			var shapes shaped.Scope
			for _, item := range scope {
				s.note(t, &shapes, item)
			}
		}
	}
	for _, kind := range shapedtest.Kinds {
		require.True(t, s[shaped.Kind(kind)], "kind %#x", kind)
	}
	for _, kind := range shapedtest.ElementKinds {
		require.True(t, s[[1]shaped.Kind{shaped.Kind(kind)}], "elements of kind %#x", kind)
	}
	for i := range 4 {
		require.True(t, s[shaped.Flags(i)], "flags %d", i)
		require.True(t, s[shaped.State(i)], "state %d", i)
		require.True(t, s[shaped.KeyKind(i)], "key of kind %d", i)
	}
	for _, what := range []any{
		"no block", "an empty block", "several shapes", "single values", "an open root", "an open object", "no columns", "an empty row",
		"a record of any table", "a record of one table", "slots not in order", "4,096 columns",
		[2]any{"overflow", shaped.DatetimeNs}, [2]any{"overflow", shaped.DurationNs},
	} {
		require.True(t, s[what], what)
	}
}
