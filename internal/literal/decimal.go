package literal

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Decimals as text. SurrealDB's have a coefficient of 96 bits and a scale of at most 28.

const maxScale = 28

var maxCoefficient = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 96), big.NewInt(1))

func badDecimal(s string) error {
	return fmt.Errorf("%q is no decimal number: expected one such as -12.50", s)
}

// PlainDecimal checks that the server can hold the number exactly and writes it
// without exponent, which the server does not read (3.0.2). Zeros at the end of
// the fraction go, as they do there.
func PlainDecimal(s string) (string, error) {
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
	text, ok := insertPoint(trimmed, scale)
	if !ok {
		return "", fmt.Errorf("the decimal %.40s does not fit in SurrealDB's, which have 96 bits and at most %d digits after the point: send it as a string", s, maxScale)
	}
	return sign + text, nil
}

// insertPoint writes digits × 10^-scale. The digits have no zeros around them.
func insertPoint(digits string, scale int) (string, bool) {
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
