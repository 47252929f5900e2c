package surrealsql

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

func shorten(s string) string {
	if len(s) > 64 {
		return s[:32] + "…"
	}
	return s
}

func appendDecimal(b []byte, s string) ([]byte, error) {
	text, err := literal.PlainDecimal(s)
	return cbor.AppendText(cbor.AppendTag(b, literal.TagDecimal), text), err
}

// appendBigInt sends an integer as one if it fits in 64 bits, else as a decimal.
func appendBigInt(b []byte, v *big.Int) ([]byte, error) {
	if v.IsInt64() {
		return cbor.AppendInt(b, v.Int64()), nil
	}
	return appendDecimal(b, v.String())
}

// appendJSONNumber takes a number as JSON has it: an integer, one too large for
// that as a decimal, all others as floats.
func appendJSONNumber(b []byte, s string) ([]byte, error) {
	if v, err := strconv.ParseInt(s, 10, 64); err == nil {
		return cbor.AppendInt(b, v), nil
	}
	if !strings.ContainsAny(s, ".eExXpP_nN") {
		return appendDecimal(b, s)
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || strings.ContainsAny(s, "xXpP_nN") {
		return b, fmt.Errorf("%q is no number of JSON that fits in a float", shorten(s))
	}
	return cbor.AppendFloat(b, v), nil
}

// appendJSON sends what a JSON text says.
func appendJSON(b []byte, text []byte, enc encoding, depth int) ([]byte, error) {
	if text == nil {
		return enc.appendNil(b), nil
	}
	if !json.Valid(text) {
		return b, fmt.Errorf("the text is not JSON: %.40q", text)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return b, fmt.Errorf("the text is not JSON: %w", err)
	}
	return appendAny(b, v, enc, depth)
}
