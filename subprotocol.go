package surrealsql

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/surrealsql/surrealsql/internal/ws"
)

// Which WebSocket subprotocol a connection speaks: what is offered to a server, and what the
// connector has learnt of its hosts by that.

// Protocol is a WebSocket subprotocol of SurrealDB: it says how the messages on a connection
// are encoded.
type Protocol string

// The protocols of [Config].Protocol. The zero value is ProtocolAuto.
const (
	// ProtocolAuto offers the others, the first of them most wanted.
	ProtocolAuto   Protocol = "auto"
	ProtocolShaped Protocol = "shaped" // rows in blocks, whose columns are announced once (SurrealDB 4.0)
	ProtocolCBOR2  Protocol = "cbor.2" // CBOR in which numbers keep their width (4.0)
	ProtocolCBOR   Protocol = "cbor"   // CBOR as all versions speak it
)

// sized reports whether numbers of less than 64 bits, and unsigned ones, keep their type.
func (p Protocol) sized() bool { return p == ProtocolShaped || p == ProtocolCBOR2 }

// offeredByAuto is what ProtocolAuto offers, the most wanted first.
var offeredByAuto = []Protocol{ProtocolShaped, ProtocolCBOR2, ProtocolCBOR}

// A server takes the first of its own list that it is offered, and not the client's first.
// The list of 4.0.0-beta.1 is json, cbor.2, cbor, flatbuffers, shaped: it takes shaped where
// neither cbor.2 nor cbor is offered beside it, and an offer of all three ends with cbor.2.
// So a server that takes cbor.2 is dialled once more, before anybody has signed in, and
// offered shaped alone. Before 4.0 servers take cbor by the first offer. By shaped alone
// 3.3.5 upgrades without a subprotocol, which is of no use: what is known of a host is
// forgotten then, and the connect goes on as if it were a new one.

// hostOffer is what is known of a host.
type hostOffer int

const (
	hostUnknown   hostOffer = iota // it gets the whole offer, as one does that takes its first or cbor
	hostTakesOne                   // it took cbor.2, and gets the most wanted alone
	hostTakesLess                  // it took cbor.2, and refused the most wanted alone: that is all it has
)

// offers are the hosts that do not take what is wanted most by the whole offer. The zero
// value has none. It is safe for concurrent use.
type offers struct {
	mu sync.Mutex
	of map[string]learntOffer // by host:port
}

type learntOffer struct {
	hostOffer
	generation uint64 // in which it was learnt
}

// known is what is known of a host. One that refused is asked again after it seemed to be
// gone, for another version may have come back.
func (o *offers) known(addr string, generation uint64) hostOffer {
	o.mu.Lock()
	defer o.mu.Unlock()
	learnt := o.of[addr]
	if learnt.hostOffer == hostTakesLess && learnt.generation != generation {
		return hostUnknown
	}
	return learnt.hostOffer
}

// learn notes what is known of a host now.
func (o *offers) learn(addr string, what hostOffer, generation uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if what == hostUnknown {
		delete(o.of, addr)
		return
	}
	if o.of == nil {
		o.of = make(map[string]learntOffer)
	}
	o.of[addr] = learntOffer{what, generation}
}

// dial makes the socket of a connection. The server has agreed to p, or to one of those that
// ProtocolAuto stands for. options say where it is and how it is reached; sockets that are
// given up on the way linger.
func (o *offers) dial(ctx context.Context, p Protocol, options ws.Options, generation uint64, l *lingering) (*ws.Conn, error) {
	options.GaveUp = l.add
	offering := func(offer ...Protocol) (*ws.Conn, error) {
		if err := l.await(ctx); err != nil {
			return nil, err
		}
		options.Protocols = namesOf(offer)
		return ws.Dial(ctx, options)
	}
	var socket *ws.Conn
	var err error
	if p == ProtocolAuto {
		socket, err = o.negotiate(options.Addr, generation, l, offering)
	} else {
		socket, err = offering(p)
	}
	if err != nil {
		return nil, explainedOffer(p, err)
	}
	return socket, nil
}

// negotiate is dial by ProtocolAuto. It dials a host once as a rule, and three times at most:
// with shaped alone, if that is what the host is known to take, with the whole offer, and with
// shaped alone where that has not just been refused.
func (o *offers) negotiate(addr string, generation uint64, l *lingering, dial func(...Protocol) (*ws.Conn, error)) (*ws.Conn, error) {
	host := o.known(addr, generation)
	for {
		offer := offeredByAuto
		if host == hostTakesOne {
			offer = offer[:1]
		}
		socket, err := dial(offer...)
		switch {
		case host == hostTakesOne && isOfferRefused(err):
			host = hostTakesLess // as far as is known; nothing of this is noted if it takes cbor
			o.learn(addr, hostUnknown, generation)
		case err != nil:
			return nil, err
		case Protocol(socket.Protocol()) != ProtocolCBOR2 || offer[0] == ProtocolCBOR2:
			return socket, nil
		case host == hostTakesLess:
			o.learn(addr, hostTakesLess, generation)
			return socket, nil
		default:
			host = hostTakesOne
			o.learn(addr, hostTakesOne, generation) // now, for those that come meanwhile
			l.giveUp(socket)
		}
	}
}

func namesOf(offer []Protocol) []string {
	names := make([]string, len(offer))
	for i, p := range offer {
		names[i] = string(p)
	}
	return names
}

// isOfferRefused reports whether the other side has agreed to nothing that was offered. The
// status 400 is how servers and proxies refuse that speak only what is on a list of theirs.
func isOfferRefused(err error) bool {
	if _, ok := errors.AsType[*ws.SubprotocolError](err); ok {
		return true
	}
	refused, ok := errors.AsType[*ws.HandshakeError](err)
	return ok && refused.Status == http.StatusBadRequest
}

// explainedOffer adds to the error of a dial what the protocol of the Config has to do with
// it.
func explainedOffer(p Protocol, err error) error {
	_, strange := errors.AsType[*ws.SubprotocolError](err)
	switch {
	case p == ProtocolAuto && strange:
		return fmt.Errorf("%w A proxy that takes only one subprotocol may take protocol=cbor", err)
	case p.sized() && isOfferRefused(err):
		return fmt.Errorf("protocol is %s: %w; servers speak it from SurrealDB 4.0 on, and protocol=auto takes what the server has", p, err)
	}
	return err
}
