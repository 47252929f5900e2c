package rpc

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Messages of the server, well-formed and odd.

func TestErrorIsReadHoweverOddItIs(t *testing.T) {
	details := map[string]any{"kind": "Record", "details": map[string]any{"id": "x:1"}}
	for name, tc := range map[string]struct {
		in   any
		want ServerError
	}{
		"of 2.x": {map[string]any{"code": -32000, "message": "no"}, ServerError{Code: -32000, Message: "no"}},
		"of 3.x": {map[string]any{"code": -32002, "message": "no", "kind": "AlreadyExists", "details": details, "cause": []any{1, "x"}},
			ServerError{Code: -32002, Message: "no", Kind: "AlreadyExists", Details: scripted.Value(details)}},
		"without anything":               {map[string]any{}, ServerError{}},
		"without a message":              {map[string]any{"code": 1}, ServerError{Code: 1}},
		"with null for each":             {map[string]any{"code": nil, "message": nil, "kind": nil}, ServerError{}},
		"with NONE for each":             {map[string]any{"code": scripted.None, "message": scripted.None, "kind": scripted.None}, ServerError{}},
		"with a code that is none":       {map[string]any{"code": "x", "message": "no"}, ServerError{Message: "no"}},
		"with a code of a float":         {map[string]any{"code": 1.5, "message": "no"}, ServerError{Message: "no"}},
		"with a code above int64":        {map[string]any{"code": scripted.Raw("\x1B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), "message": "no"}, ServerError{Message: "no"}},
		"with a message that is no text": {map[string]any{"message": []any{1}, "kind": map[string]any{"a": 1}}, ServerError{}},
		"with unknown fields":            {map[string]any{"message": "no", "zzz": []any{nil, 1.5}}, ServerError{Message: "no"}},
		"with the error underneath": {map[string]any{"message": "no", "cause": map[string]any{"code": -32009, "kind": "Query", "message": "why", "details": details}},
			ServerError{Message: "no", Cause: &ServerError{Code: -32009, Message: "why", Kind: "Query", Details: scripted.Value(details)}}},
		"with a text underneath":   {map[string]any{"message": "no", "cause": "why"}, ServerError{Message: "no", Cause: &ServerError{Message: "why"}}},
		"with no error underneath": {map[string]any{"message": "no", "cause": nil}, ServerError{Message: "no"}},
		"with NONE underneath":     {map[string]any{"cause": scripted.None, "message": "no"}, ServerError{Message: "no"}},
		"a text":                   {"no", ServerError{Message: "no"}},
		"a number":                 {5, ServerError{Message: "an error that is an integer, expected an object"}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := parse(new(cbor.Decoder), message("id", 5, "error", tc.in))
			require.NoError(t, err)
			require.True(t, e.hasID)
			require.EqualValues(t, 5, e.ID)
			require.Equal(t, &tc.want, e.Err)
			require.Equal(t, tc.want.Message, e.Err.Error())
			require.Nil(t, e.Result)
		})
	}
}

func TestErrorBesideAResultIsTheReply(t *testing.T) {
	e, err := parse(new(cbor.Decoder), message("id", 5, "result", "x", "error", "no"))
	require.NoError(t, err)
	require.Equal(t, "no", e.Err.Message)
	require.Nil(t, e.Result)

	e, err = parse(new(cbor.Decoder), message("id", 5, "result", "x", "error", nil))
	require.NoError(t, err)
	require.Nil(t, e.Err, "null is no error")
	require.Equal(t, scripted.Value("x"), e.Result)
}

func TestReplySkipsUnknownFields(t *testing.T) {
	e, err := parse(new(cbor.Decoder), message("id", 5, "session", []any{1}, "result", nil, "type", "live"))
	require.NoError(t, err)
	require.Equal(t, scripted.Value(nil), e.Result)
}

func TestReplyOfOpenLengthIsRead(t *testing.T) {
	e, err := parse(new(cbor.Decoder), []byte("\xBF\x62id\x05\x66result\x01\xFF"))
	require.NoError(t, err)
	require.EqualValues(t, 5, e.ID)
	require.Equal(t, []byte{1}, e.Result)
}

func TestErrorDetailsAreACopy(t *testing.T) {
	msg := message("error", map[string]any{"details": "abc"})
	e, err := parse(new(cbor.Decoder), msg)
	require.NoError(t, err)
	clear(msg)
	require.Equal(t, scripted.Value("abc"), e.Err.Details)
}

func TestErrorHasItsCausesUpToABound(t *testing.T) {
	var in any
	for range 100 {
		in = map[string]any{"message": "no", "cause": in}
	}
	e, err := parse(new(cbor.Decoder), message("id", 5, "error", in))
	require.NoError(t, err)
	n := 0
	for c := e.Err.Cause; c != nil; c = c.Cause {
		require.Equal(t, "no", c.Message)
		n++
	}
	require.Equal(t, maxCauses, n)
}

func FuzzParse(f *testing.F) {
	for _, msg := range [][]byte{
		scripted.Result(1, scripted.Entries(scripted.OK([]any{1, "x"}), scripted.Failed("no"))),
		scripted.Error(1, -32000, "Internal", "no"),
		scripted.NamelessError(-32700, "no"),
		scripted.Notification(map[string]any{"action": "CREATE"}),
		message("id", scripted.None, "error", "no"),
		message("id", 1, "error", map[string]any{"cause": map[string]any{"cause": "why", "message": "no"}}),
		message("id", scripted.Raw{0xC9, 1}, "error", map[string]any{"details": nil}),
		scripted.Nested(100),
		[]byte("\xBF\x62id\x05\x66result\x01\xFF"),
	} {
		f.Add(msg)
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		c := &Conn{waiting: []uint64{1}, pingID: 2}
		e, err := parse(&c.dec, msg)
		if err != nil {
			return
		}
		require.NotEqual(t, e.Err == nil, e.Result == nil, "an answer is a result or an error")
		require.LessOrEqual(t, len(e.Result), len(msg))
		if ours, err := c.claim(&e); err == nil && ours {
			require.EqualValues(t, 1, e.ID)
			require.Empty(t, c.waiting)
		}
	})
}
