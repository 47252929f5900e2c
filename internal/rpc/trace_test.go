package rpc

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Which trace contexts are sent, and how.

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestRequestCarriesItsTraceContext(t *testing.T) {
	srv := scripted.New(t, echo)
	c := connect(t, srv)
	for _, trace := range []TraceContext{
		ParseTraceContext(parent, "a=1,b=2"),
		ParseTraceContext(parent, ""),
		NoTrace,
	} {
		for _, txn := range []TxnID{NoTxn, {1}} {
			c.End(append(c.Start("query", txn, trace, 1), scripted.Value("a text")...))
			_, err := c.RoundTrip(t.Context())
			require.NoError(t, err)
		}
	}
	got := srv.Requests()
	for i, want := range []map[string]string{
		{"traceparent": parent, "tracestate": "a=1,b=2"}, {"traceparent": parent}, nil,
	} {
		outside, inside := got[2*i], got[2*i+1]
		require.Equal(t, want, outside.TraceContext)
		require.Nil(t, outside.Txn)
		require.Equal(t, want, inside.TraceContext)
		require.NotNil(t, inside.Txn)
		require.Equal(t, "a text", inside.Text)
	}
}

func TestMalformedTraceparentIsNone(t *testing.T) {
	for _, s := range []string{
		parent,
		strings.Replace(parent, "-01", "-00", 1),
		strings.Replace(parent, "-01", "-ff", 1),
		"cc" + parent[2:],
		"cc" + parent[2:] + "-what-comes-later",
	} {
		require.Equal(t, TraceContext{parent: s}, ParseTraceContext(s, ""), s)
	}
	for _, s := range []string{
		"", "rubbish", strings.Repeat("-", len(parent)), parent[1:], parent[:len(parent)-1], parent + "0",
		parent + "-00",    // of version 00
		"ff" + parent[2:], // no version
		"cc" + parent[2:] + "0",
		"cc" + parent[2:] + "-\n",
		strings.ToUpper(parent),
		strings.ReplaceAll(parent, "-", "_"),
		strings.Replace(parent, "0af7651916cd43dd8448eb211c80319c", strings.Repeat("0", 32), 1),
		strings.Replace(parent, "b7ad6b7169203331", strings.Repeat("0", 16), 1),
		strings.Replace(parent, "b7ad6b7169203331", "b7ad6b716920333g", 1),
		strings.Replace(parent, "-01", "-0x", 1),
		strings.Replace(parent, "00", "0é", 1),
		" " + parent, parent + "\n",
	} {
		require.Equal(t, NoTrace, ParseTraceContext(s, "a=b"), "%q", s)
	}
}

func TestMalformedTracestateIsLeftOut(t *testing.T) {
	member := strings.Repeat("k", 256) + "=" + strings.Repeat("v", 256)
	full := make([]string, maxMembers)
	for i := range full {
		full[i] = string(rune('a'+i%26)) + strings.Repeat("x", i) + "=1"
	}
	for _, s := range []string{
		"", "a=1", "a=1,b=2", "a=1 , \tb=2", "a=1,,b=2", "1a@b-c_d*/e=x y!~", member, strings.Join(full, ","),
	} {
		require.Equal(t, TraceContext{parent, s}, ParseTraceContext(parent, s), "%q", s)
	}
	for _, s := range []string{
		"a", "a=", "=1", "A=1", "a=1,b", "a=1,a=2", "a=b=c", "_a=1", "a b=1", "a=\n", "a=é", "é=1", "a=1;b=2\x00",
		"k" + member, member + "v", strings.Join(full, ",") + ",z=1",
	} {
		require.Equal(t, TraceContext{parent: parent}, ParseTraceContext(parent, s), "%q", s)
	}
}
