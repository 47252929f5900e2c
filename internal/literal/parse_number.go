package literal

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// What begins with a digit or a sign: numbers and durations, and the coordinates of a
// point.

func parseInt(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }

func (p *parser) point() error {
	var place [2]float64
	for i, end := range []string{",", ")"} {
		p.space()
		v, err := parseFloat(p.floatText())
		if err != nil {
			return p.failure("a coordinate, number " + strconv.Itoa(i+1))
		}
		place[i] = v
		if !p.eatSpaced(end) {
			return p.failure(end)
		}
	}
	p.out = wire.AppendPoint(p.out, place[0], place[1])
	return nil
}

// floatText consumes what a coordinate is made of, NaN and infinities too, which
// the server writes as inf there and reads as Infinity.
func (p *parser) floatText() string {
	start := p.pos
	for p.pos < len(p.s) && (isWord(p.s[p.pos]) || strings.IndexByte("+-.", p.s[p.pos]) >= 0) {
		p.pos++
	}
	text := p.s[start:p.pos]
	if w := strings.TrimLeft(text, "+-"); w != "NaN" && w != "Infinity" && w != "inf" && (w == "" || !isDigit(w[0]) || strings.ContainsAny(w, "xXpP")) {
		return ""
	}
	return text
}

// number reads an integer, a float, a decimal or a duration. A single point
// belongs to it, two begin a range.
func (p *parser) number() error {
	start := p.pos
	if !p.eat("-") {
		p.eat("+")
	}
	if w := p.s[p.pos:]; strings.HasPrefix(w, "Infinity") || strings.HasPrefix(w, "NaN") {
		p.word()
		return p.float(p.s[start:p.pos], start)
	}
	digits := p.pos
	p.digits()
	if p.pos == digits {
		return p.failure("digits")
	}
	whole := p.pos
	if rest := p.s[p.pos:]; len(rest) > 1 && rest[0] == '.' && isDigit(rest[1]) {
		p.pos++
		p.digits()
	}
	p.exponent()
	text, end := p.s[start:p.pos], p.pos
	switch suffix := p.suffix(); {
	case suffix == "f":
		return p.float(text, start)
	case suffix == "dec":
		return p.decimal(text)
	case suffix != "":
		if known, err := p.withWidth(text, suffix, end == whole); known {
			return err
		}
		return p.duration(start)
	case end == whole:
		v, err := parseInt(strings.ReplaceAll(text, "_", ""))
		if err != nil {
			p.pos = start
			return p.failure("an integer within 64 bits")
		}
		p.out = cbor.AppendInt(p.out, v)
		return nil
	}
	return p.float(text, start)
}

// withWidth writes a number whose suffix is a width.
func (p *parser) withWidth(text, suffix string, whole bool) (known bool, err error) {
	start := len(p.out)
	p.out, known, err = parseSized(p.out, strings.ReplaceAll(text, "_", ""), suffix, whole)
	if _, tagged := wire.TagOf(p.out[start:]); tagged && !p.sized {
		err = errUnsized
	}
	return known, err
}

// cast reads what the server writes for an f16 or an f32 that has no digits: <f32>NaN,
// <f16>-Infinity.
func (p *parser) cast() error {
	start := p.pos
	p.pos++
	tag, ok := wire.SizedTag(p.word())
	if !ok || !wire.IsSizedFloat(tag) || !p.eat(">") {
		p.pos = start
		return p.failure("a literal")
	}
	if !p.sized {
		return errUnsized
	}
	sign := p.pos
	p.eat("-")
	if w := p.word(); w != "NaN" && w != "Infinity" {
		return p.failure("NaN or Infinity, up to here")
	}
	p.out = cbor.AppendTag(p.out, tag)
	return p.float(p.s[sign:p.pos], start)
}

// digits consumes digits and, after the first, underscores, which stand for
// nothing wherever they are: 1_000, 1__0, 1_.
func (p *parser) digits() {
	if !isDigit(p.peek()) {
		return
	}
	for isDigit(p.peek()) || p.peek() == '_' {
		p.pos++
	}
}

func (p *parser) exponent() {
	rest := strings.TrimLeft(p.s[p.pos:], "eE")
	if len(rest)+1 != len(p.s[p.pos:]) || rest == "" {
		return
	}
	if rest[0] == '+' || rest[0] == '-' {
		rest = rest[1:]
	}
	if rest != "" && isDigit(rest[0]) {
		p.pos = len(p.s) - len(rest)
		p.digits()
	}
}

// suffix consumes letters, among them the µ of µs.
func (p *parser) suffix() string {
	start := p.pos
	for p.word() != "" || p.eat("µ") || p.eat("μ") {
	}
	return p.s[start:p.pos]
}

// decimal writes what the server makes of a decimal: without zeros at the end of
// the fraction. It keeps the sign of a negative zero, as 3.0.2 and 3.3.5 do; 4.0
// (beta 1) drops it. Digits beyond those it has are refused here and by 4.0; the
// older ones round.
func (p *parser) decimal(text string) error {
	plain, err := PlainDecimal(strings.ReplaceAll(text, "_", ""))
	if err != nil {
		return err
	}
	if plain == "0" && text[0] == '-' {
		plain = "-0"
	}
	p.out = cbor.AppendText(cbor.AppendTag(p.out, wire.TagDecimal), plain)
	return nil
}

func (p *parser) float(text string, start int) error {
	v, err := parseFloat(text)
	if err != nil {
		p.pos = start
		return p.failure("a float")
	}
	p.out = cbor.AppendFloat(p.out, v)
	return nil
}

// parseFloat reads a float as the server does, which makes an infinity of what is
// too large, and knows a NaN with a sign.
func parseFloat(text string) (float64, error) {
	if strings.TrimLeft(text, "+-") == "NaN" {
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if errors.Is(err, strconv.ErrRange) {
		err = nil
	}
	return v, err
}

// duration reads one whose numbers may have underscores: 1_0h, not 1h_30m.
func (p *parser) duration(start int) error {
	text := make([]byte, 0, p.pos-start)
	for _, c := range []byte(p.s[start:p.pos]) {
		if c != '_' || len(text) == 0 || !isDigit(text[len(text)-1]) {
			text = append(text, c)
		}
	}
	s, ns, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	p.out = wire.AppendDuration(p.out, s, ns)
	return nil
}
