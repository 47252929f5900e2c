package literal

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

func isInteger(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

func parseInt(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }

func (p *parser) value() error {
	if err := p.descend(); err != nil {
		return err
	}
	defer func() { p.depth++ }()
	switch c := p.peek(); {
	case c == '[':
		p.pos++
		return p.list(len(p.out), nil, ']')
	case c == '{':
		p.pos++
		return p.braces(true)
	case c == '(':
		p.pos++
		return p.point()
	case c == '\'' || c == '"':
		p.pos++
		s, err := p.quoted(string(c))
		p.out = cbor.AppendText(p.out, s)
		return err
	case isDigit(c) && p.recordAhead():
		return p.named()
	case isDigit(c) || c == '-' || c == '+':
		return p.number()
	}
	return p.named()
}

// recordAhead tells whether a word with a colon is next: a table may begin with
// a digit.
func (p *parser) recordAhead() bool {
	start := p.pos
	p.word()
	colon := p.peek() == ':'
	p.pos = start
	return colon
}

// list reads items up to end and puts their number before them, behind tag.
func (p *parser) list(start int, tag []byte, end byte) error {
	count := 0
	for {
		p.space()
		if p.peek() == end {
			p.pos++
			break
		}
		if err := p.rangeOrValue(); err != nil {
			return err
		}
		count++
		if !p.eatSpaced(",") && !p.eatSpaced(string(end)) {
			return p.failure("a comma or " + string(end))
		} else if p.s[p.pos-1] == end {
			break
		}
	}
	p.insert(start, cbor.AppendArrayHeader(tag, count))
	return nil
}

func (p *parser) point() error {
	p.out = cbor.AppendArrayHeader(cbor.AppendTag(p.out, TagPoint), 2)
	for i, end := range []string{",", ")"} {
		p.space()
		v, err := parseFloat(p.floatText())
		if err != nil {
			return p.failure("a coordinate, number " + strconv.Itoa(i+1))
		}
		p.out = cbor.AppendFloat(p.out, v)
		if !p.eatSpaced(end) {
			return p.failure(end)
		}
	}
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
	text := p.s[start:p.pos]
	switch suffix := p.suffix(); {
	case suffix == "f":
		return p.float(text, start)
	case suffix == "dec":
		return p.decimal(text)
	case suffix != "":
		return p.duration(start)
	case p.pos == whole:
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

// digits consumes digits and, behind the first, underscores, which stand for
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
	p.out = cbor.AppendText(cbor.AppendTag(p.out, TagDecimal), plain)
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
	p.out = AppendDurationCBOR(p.out, s, ns)
	return nil
}

// AppendDurationCBOR appends a duration with its tag, in the server's form.
func AppendDurationCBOR(b []byte, seconds uint64, nanos uint32) []byte {
	b = cbor.AppendTag(b, TagDuration)
	switch {
	case nanos > 0:
		return cbor.AppendUint(cbor.AppendUint(cbor.AppendArrayHeader(b, 2), seconds), uint64(nanos))
	case seconds > 0:
		return cbor.AppendUint(cbor.AppendArrayHeader(b, 1), seconds)
	}
	return cbor.AppendArrayHeader(b, 0)
}
