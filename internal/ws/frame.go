package ws

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/gobwas/ws"
)

// Frames, RFC 6455 section 5.2.

const (
	opContinuation = byte(ws.OpContinuation)
	opText         = byte(ws.OpText)
	opBinary       = byte(ws.OpBinary)
	opClose        = byte(ws.OpClose)
	opPing         = byte(ws.OpPing)
	opPong         = byte(ws.OpPong)

	finBit  = 0x80
	rsvBits = 0x70
	maskBit = 0x80

	maxHeader  = 14  // 2 + 8 bytes of length + 4 of mask
	maxControl = 125 // payload of a control frame
)

// closeNormal is the payload of a Close frame with code 1000.
var closeNormal = []byte{0x03, 0xE8}

// header is the head of a frame from the server.
type header struct {
	op     byte
	fin    bool
	size   int    // bytes of the header itself
	length uint64 // bytes of payload
}

// parseHeader reads a header from the beginning of b. need is how many bytes
// it wants to see when b is too short.
func parseHeader(b []byte) (h header, need int, err error) {
	if len(b) < 2 {
		return h, 2, nil
	}
	h = header{op: b[0] & 0x0F, fin: b[0]&finBit != 0, size: 2, length: uint64(b[1] &^ maskBit)}
	switch {
	case b[0]&rsvBits != 0:
		return h, 0, &ProtocolError{"reserved bits are set, but no extension was agreed on"}
	case b[1]&maskBit != 0:
		return h, 0, &ProtocolError{"the server masked a frame"}
	}
	switch h.length {
	case 126:
		if h.size = 4; len(b) < h.size {
			return h, h.size, nil
		}
		h.length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if h.size = 10; len(b) < h.size {
			return h, h.size, nil
		}
		h.length = binary.BigEndian.Uint64(b[2:])
	}
	return h, 0, h.check()
}

func (h header) check() error {
	switch h.op {
	case opContinuation, opBinary:
		return nil
	case opText:
		return &ProtocolError{"a text message; the agreed subprotocol sends binary ones"}
	case opClose, opPing, opPong:
		if !h.fin || h.length > maxControl {
			return &ProtocolError{"a fragmented or oversized control frame"}
		}
		return nil
	}
	return &ProtocolError{"an unknown opcode"}
}

// appendHeader appends the header of a final client frame and returns the mask
// that its payload must get.
func appendHeader(b []byte, op byte, length int) ([]byte, [4]byte) {
	b = append(b, finBit|op)
	switch {
	case length < 126:
		b = append(b, maskBit|byte(length))
	case length < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, maskBit|126), uint16(length))
	default:
		b = binary.BigEndian.AppendUint64(append(b, maskBit|127), uint64(length))
	}
	var mask [4]byte
	// The top-level generator is ChaCha8 seeded by the system: unpredictable to
	// a peer, as section 10.3 asks, and without a lock.
	binary.NativeEndian.PutUint32(mask[:], rand.Uint32())
	return append(b, mask[:]...), mask
}
