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

// SurrealDB's decimals: a coefficient of 96 bits and a scale of at most 28.
const maxScale = 28

var maxCoefficient = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 96), big.NewInt(1))

func badDecimal(s string) error {
	return fmt.Errorf("%q is no decimal number: expected one such as -12.50", s)
}

// plainDecimal checks that the server can hold the number exactly and writes it
// without exponent, which the server does not read (3.0.2). Zeros at the end of
// the fraction go, as they do there.
func plainDecimal(s string) (string, error) {
	sign, digits := "", s
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, digits = strings.TrimPrefix(s[:1], "+"), s[1:]
	}
	mantissa, exponent := digits, 0
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.Atoi(digits[i+1:]); err != nil {
			return "", badDecimal(s)
		}
		mantissa = digits[:i]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	coefficient := whole + fraction
	if coefficient == "" || strings.Trim(coefficient, "0123456789") != "" {
		return "", badDecimal(s)
	}
	coefficient = strings.TrimLeft(coefficient, "0")
	if coefficient == "" {
		return "0", nil
	}
	trimmed := strings.TrimRight(coefficient, "0")
	scale := len(fraction) - exponent - (len(coefficient) - len(trimmed))
	text, ok := placePoint(trimmed, scale)
	if !ok {
		return "", fmt.Errorf("the decimal %s does not fit in SurrealDB's, which have 96 bits and at most %d digits behind the point: send it as a string", shorten(s), maxScale)
	}
	return sign + text, nil
}

// placePoint writes digits × 10^-scale. The digits have no zeros around them.
func placePoint(digits string, scale int) (string, bool) {
	if scale > maxScale || scale < -maxScale-1 || len(digits) > maxScale+1 {
		return "", false
	}
	if scale < 0 {
		digits += strings.Repeat("0", -scale)
		scale = 0
	}
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok || n.Cmp(maxCoefficient) > 0 {
		return "", false
	}
	if scale == 0 {
		return digits, true
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	point := len(digits) - scale
	return digits[:point] + "." + digits[point:], true
}

func shorten(s string) string {
	if len(s) > 64 {
		return s[:32] + "…"
	}
	return s
}

func appendDecimal(b []byte, s string) ([]byte, error) {
	text, err := plainDecimal(s)
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
