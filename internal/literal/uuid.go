package literal

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// UUIDs as text.

// ParseUUID reads 32 hexadecimal digits, with hyphens in their places or none.
func ParseUUID(s string) (u [16]byte, err error) {
	digits := s
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		digits = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	if len(digits) != 32 {
		return u, badUUID(s)
	}
	if _, err := hex.Decode(u[:], []byte(digits)); err != nil {
		return u, badUUID(s)
	}
	return u, nil
}

func badUUID(s string) error {
	return fmt.Errorf("%q is no UUID: expected one like 0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55", s)
}

// AppendUUID appends the usual form with hyphens.
func AppendUUID(b []byte, u [16]byte) []byte {
	n := len(b)
	b = append(b, "00000000-0000-0000-0000-000000000000"...)
	text := b[n : n+36]
	middle := [2]uint64{hexDigits(u[4:]), hexDigits(u[8:])}
	binary.BigEndian.PutUint64(text, hexDigits(u[:]))
	binary.BigEndian.PutUint32(text[9:], uint32(middle[0]>>32))
	binary.BigEndian.PutUint32(text[14:], uint32(middle[0]))
	binary.BigEndian.PutUint32(text[19:], uint32(middle[1]>>32))
	binary.BigEndian.PutUint32(text[24:], uint32(middle[1]))
	binary.BigEndian.PutUint64(text[28:], hexDigits(u[12:]))
	return b
}

// hexDigits returns the eight digits of the first four bytes of b, all at once: byte by byte
// a UUID takes twice as long, and is half of what its column costs.
func hexDigits(b []byte) uint64 {
	v := uint64(binary.BigEndian.Uint32(b))
	v = (v<<16 | v) & 0x0000ffff0000ffff
	v = (v<<8 | v) & 0x00ff00ff00ff00ff
	v = (v<<4 | v) & 0x0f0f0f0f0f0f0f0f // a digit in each byte
	letters := (v + 0x0606060606060606) >> 4 & 0x0101010101010101
	return v + 0x3030303030303030 + letters*('a'-'0'-10)
}
