package surrealsql

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Numbers that are exact: what is a decimal or an integer of SurrealDB's, and what is not; and
// numbers that have a width.

// sizedTags are the tags of Go's kinds that SurrealDB 4.0 has a type of the same width for.
var sizedTags = map[reflect.Kind]uint64{
	reflect.Int8: wire.TagI8, reflect.Int16: wire.TagI16, reflect.Int32: wire.TagI32,
	reflect.Uint8: wire.TagU8, reflect.Uint16: wire.TagU16, reflect.Uint32: wire.TagU32, reflect.Uint64: wire.TagU64,
	reflect.Float32: wire.TagF32,
}

// sizedEncoder encodes numbers that keep their width where they are to, and go as int and
// float elsewhere, as they always went.
func sizedEncoder(kind reflect.Kind) encodeFunc {
	tag := sizedTags[kind]
	return func(b []byte, v reflect.Value, enc encoding, _ int) ([]byte, error) {
		if enc.keepWidth {
			b = cbor.AppendTag(b, tag)
		}
		switch {
		case v.CanInt():
			return cbor.AppendInt(b, v.Int()), nil
		case v.CanFloat():
			return cbor.AppendFloat(b, v.Float()), nil
		case enc.keepWidth:
			return cbor.AppendUint(b, v.Uint()), nil
		}
		return appendUint(b, v.Uint(), enc)
	}
}

func appendDecimal(b []byte, s string) ([]byte, error) {
	text, err := literal.PlainDecimal(s)
	return cbor.AppendText(cbor.AppendTag(b, wire.TagDecimal), text), err
}

// appendBigInt sends an integer as one if it fits in 64 bits, else as a decimal.
func appendBigInt(b []byte, v *big.Int) ([]byte, error) {
	if v.IsInt64() {
		return cbor.AppendInt(b, v.Int64()), nil
	}
	return appendDecimal(b, v.String())
}

// appendBigRat sends a fraction as the decimal that it is, or not at all.
func appendBigRat(b []byte, v *big.Rat) ([]byte, error) {
	digits, exact := 0, v.IsInt()
	if !exact && v.Denom().BitLen() <= maxDecimalBits {
		digits, exact = v.FloatPrec()
	}
	if !exact || digits > maxScale || v.Num().BitLen() > 2*maxDecimalBits {
		return b, fmt.Errorf("the fraction %s is no decimal of SurrealDB's exactly: round it, as by surrealsql.Decimal(v.FloatString(10)), or send its text", shorten(v.String()))
	}
	return appendDecimal(b, v.FloatString(digits))
}

const (
	maxScale       = 28 // digits after the point of a decimal
	maxDecimalBits = 97 // of what is before or after it

	// A big.Float of so many bits tells all of SurrealDB's decimals from each other.
	decimalPrec = 104
)

// appendBigFloat sends a float as the decimal that it is, or not at all. One that is so
// precise that it can be the nearest to one decimal only, as those that Into makes are,
// is that decimal: most decimals are no binary fraction.
func appendBigFloat(b []byte, v *big.Float) ([]byte, error) {
	low := v.MantExp(nil) - int(v.MinPrec()) // of its last bit
	switch {
	case v.IsInf() || v.MantExp(nil) > maxDecimalBits:
	case low >= -maxScale:
		exact, _ := v.Rat(nil)
		return appendBigRat(b, exact)
	case v.Prec() >= decimalPrec && v.MantExp(nil) > -maxDecimalBits:
		if text, err := literal.PlainDecimal(v.Text('e', -1)); err == nil {
			return appendDecimal(b, text)
		}
	}
	text := v.Text('p', 0)
	if e := v.MantExp(nil); e > -1000 && e < 1000 { // else the decimal takes long to write
		text = v.Text('g', 20)
	}
	return b, fmt.Errorf("the big.Float %s of %d bits is no decimal of SurrealDB's exactly: send surrealsql.Decimal(v.Text('f', 10)), or its text", shorten(text), v.Prec())
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
	if !utf8.Valid(text) { // encoding/json would read other characters in their place
		return b, fmt.Errorf("the text is not JSON, because it is not UTF-8: %.40q", text)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return b, fmt.Errorf("the text is not JSON: %w", err)
	}
	return appendAny(b, v, enc, depth)
}
