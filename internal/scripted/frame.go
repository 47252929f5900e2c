package scripted

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// Frames of WebSocket, the bad ones included.

// Opcodes of frames.
const (
	OpContinuation = byte(ws.OpContinuation)
	OpText         = byte(ws.OpText)
	OpBinary       = byte(ws.OpBinary)
	OpClose        = byte(ws.OpClose)
	OpPing         = byte(ws.OpPing)
	OpPong         = byte(ws.OpPong)
)

// Frame is one whole frame as a server sends it: final and unmasked.
func Frame(op byte, payload []byte) []byte { return frame(op, true, payload) }

// Binary is Frame(OpBinary, payload): a message.
func Binary(payload []byte) []byte { return Frame(OpBinary, payload) }

// Fragment is a frame without the FIN bit.
func Fragment(op byte, payload []byte) []byte { return frame(op, false, payload) }

// Fragments is a binary message in frames of the given sizes, and a last one
// with the rest of the payload.
func Fragments(payload []byte, sizes ...int) []byte {
	var b []byte
	op := OpBinary
	for _, n := range sizes {
		b = append(b, Fragment(op, payload[:n])...)
		payload, op = payload[n:], OpContinuation
	}
	return append(b, Frame(op, payload)...)
}

// Masked is a binary frame with a mask, which a server must not send.
func Masked(payload []byte) []byte {
	return ws.MustCompileFrame(ws.MaskFrameWith(ws.NewBinaryFrame(payload), [4]byte{1, 2, 3, 4}))
}

// Claim is only the head of a final frame that announces length bytes, in the
// longest form.
func Claim(op byte, length uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{0x80 | op, 127}, length)
}

// CloseFrame is a Close frame; code 0 makes one without a payload.
func CloseFrame(code uint16, reason string) []byte {
	if code == 0 {
		return Frame(OpClose, nil)
	}
	return Frame(OpClose, ws.NewCloseFrameBody(ws.StatusCode(code), reason))
}

func frame(op byte, fin bool, payload []byte) []byte {
	return ws.MustCompileFrame(ws.NewFrame(ws.OpCode(op), fin, payload))
}
