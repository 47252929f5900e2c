package ws

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// What is offered, and what servers and proxies make of it.

func TestDialOffersSubprotocolsInTheirOrder(t *testing.T) {
	offered := make(chan []string, 1)
	srv := scripted.New(t, func(c *scripted.Conn) { offered <- c.Offered() })
	o := to(srv)
	o.Protocols = []string{"shaped", "cbor.2", "cbor"}
	connect(t, o)
	require.Equal(t, o.Protocols, <-offered)
}

func TestConnTellsWhichSubprotocolTheServerTook(t *testing.T) {
	for _, took := range []string{"shaped", "cbor.2", "cbor"} {
		srv := scripted.New(t, nil).UseProtocols("json", took, "flatbuffers", "shaped")
		o := to(srv)
		o.Protocols = []string{"shaped", "cbor.2", "cbor"}
		require.Equal(t, took, connect(t, o).Protocol())
	}
}

func TestUpgradeRefusesWhatWasNotOffered(t *testing.T) {
	const header = "\r\nSec-WebSocket-Protocol: "
	list := []string{"shaped", "cbor.2", "cbor"}
	for name, tc := range map[string]struct {
		offer []string
		took  string // as the header's value, or more lines
		want  SubprotocolError
		text  string
	}{
		"none": {[]string{"cbor"}, "", SubprotocolError{},
			`the server agreed to no subprotocol, expected "cbor": is this a SurrealDB server that speaks it, and does no proxy drop the header Sec-WebSocket-Protocol?`},
		"none of a list": {list, "", SubprotocolError{},
			`agreed to no subprotocol, expected one of "shaped", "cbor.2", "cbor": is`},
		"another": {list, "json", SubprotocolError{Agreed: []string{"json"}},
			`the server agreed to subprotocol "json", expected one of "shaped", "cbor.2", "cbor": is this a SurrealDB server, and does no proxy change the header Sec-WebSocket-Protocol?`},
		"one that is invented":     {list, "shaped.2", SubprotocolError{Agreed: []string{"shaped.2"}}, `"shaped.2", expected one of`},
		"one in upper case":        {list, "CBOR", SubprotocolError{Agreed: []string{"CBOR"}}, `"CBOR", expected`},
		"all that was offered":     {list, "shaped, cbor.2, cbor", SubprotocolError{Agreed: []string{"shaped, cbor.2, cbor"}}, `"shaped, cbor.2, cbor", expected`},
		"two headers":              {list, "cbor" + header + "shaped", SubprotocolError{Agreed: []string{"cbor", "shaped"}}, `"cbor", "shaped", expected`},
		"the same twice":           {list, "cbor" + header + "cbor", SubprotocolError{Agreed: []string{"cbor", "cbor"}}, `"cbor", "cbor", expected`},
		"an offered one in quotes": {list, `"cbor"`, SubprotocolError{Agreed: []string{`"cbor"`}}, `"\"cbor\"", expected`},
		"one that is no text":      {list, "a\xff\x00", SubprotocolError{Agreed: []string{"a\xff\x00"}}, `"a\xff\x00", expected`},
		"a long one": {list, strings.Repeat("x", 5000), SubprotocolError{Agreed: []string{strings.Repeat("x", 5000)}},
			`"` + strings.Repeat("x", 40) + `", expected`},
		"very many": {list, "a" + strings.Repeat(header+"a", 99), SubprotocolError{Agreed: slices.Repeat([]string{"a"}, 100)},
			`subprotocol "a", "a", "a", "a", expected`},
	} {
		t.Run(name, func(t *testing.T) {
			srv := scripted.Listen(t, func(c *scripted.Conn) {
				c.UpgradeAs(tc.took)
				_ = c.AwaitEnd()
			})
			o := to(srv)
			o.Protocols = tc.offer
			_, err := Dial(context.Background(), o)
			var refused *SubprotocolError
			require.ErrorAs(t, err, &refused)
			tc.want.Offered = tc.offer
			require.Equal(t, tc.want, *refused)
			require.ErrorContains(t, err, tc.text)
			require.Less(t, len(err.Error()), 500)
			var protocol *ProtocolError
			require.ErrorAs(t, err, &protocol)
			require.Equal(t, err.Error(), protocol.Error())
			srv.AwaitOpen(0)
		})
	}
}

func TestUpgradeThatRefusesTheSubprotocolKeepsNothingOfWhatCameWithIt(t *testing.T) {
	srv := scripted.Listen(t, func(c *scripted.Conn) {
		c.UpgradeAs("", []byte("\r\nSec-WebSocket-Protocol: cbor\r\n\r\n")...) // frames, not headers
		_ = c.AwaitEnd()
	})
	_, err := Dial(context.Background(), to(srv))
	require.ErrorContains(t, err, "no subprotocol")
}
