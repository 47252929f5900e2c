package literal

import (
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
		return p.braces()
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

// braces reads an object or a set: what a colon follows is an object's key.
// {} is an object, {,} is the empty set.
func (p *parser) braces() error {
	start, pos := len(p.out), p.pos
	p.space()
	if p.eat(",") {
		p.space()
		if !p.eat("}") {
			return p.failure("}")
		}
		p.out = cbor.AppendArrayHeader(cbor.AppendTag(p.out, TagSet), 0)
		return nil
	}
	if p.peek() != '}' {
		if _, err := p.objectKey(); err != nil || !p.eatSpaced(":") {
			p.pos = pos
			return p.list(start, cbor.AppendTag(nil, TagSet), '}')
		}
	}
	p.pos = pos
	return p.object(start)
}

func (p *parser) object(start int) error {
	count := 0
	for {
		p.space()
		if p.eat("}") {
			break
		}
		key, err := p.objectKey()
		if err != nil {
			return err
		}
		if !p.eatSpaced(":") {
			return p.failure("a colon")
		}
		p.space()
		p.out = cbor.AppendText(p.out, key)
		if err := p.rangeOrValue(); err != nil {
			return err
		}
		count++
		if !p.eatSpaced(",") && !p.eatSpaced("}") {
			return p.failure("a comma or }")
		} else if p.s[p.pos-1] == '}' {
			break
		}
	}
	p.insert(start, cbor.AppendMapHeader(nil, count))
	return nil
}

func (p *parser) objectKey() (string, error) {
	if c := p.peek(); c == '\'' || c == '"' {
		p.pos++
		return p.quoted(string(c))
	}
	return p.ident()
}

func (p *parser) point() error {
	p.out = cbor.AppendArrayHeader(cbor.AppendTag(p.out, TagPoint), 2)
	for i, end := range []string{",", ")"} {
		p.space()
		v, err := strconv.ParseFloat(p.floatText(), 64)
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

// floatText consumes what a coordinate is made of, NaN and Infinity too.
func (p *parser) floatText() string {
	start := p.pos
	for p.pos < len(p.s) && (isWord(p.s[p.pos]) || strings.IndexByte("+-.", p.s[p.pos]) >= 0) {
		p.pos++
	}
	text := p.s[start:p.pos]
	if w := strings.TrimLeft(text, "+-"); w != "NaN" && w != "Infinity" && (w == "" || !isDigit(w[0]) || strings.ContainsAny(w, "xX_pP")) {
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
		p.out = cbor.AppendText(cbor.AppendTag(p.out, TagDecimal), text)
		return nil
	case suffix != "":
		return p.duration(start)
	case p.pos == whole:
		v, err := parseInt(text)
		if err != nil {
			p.pos = start
			return p.failure("an integer within 64 bits")
		}
		p.out = cbor.AppendInt(p.out, v)
		return nil
	}
	return p.float(text, start)
}

func (p *parser) digits() {
	for isDigit(p.peek()) {
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

func (p *parser) float(text string, start int) error {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		p.pos = start
		return p.failure("a float")
	}
	p.out = cbor.AppendFloat(p.out, v)
	return nil
}

func (p *parser) duration(start int) error {
	s, ns, err := ParseDuration(p.s[start:p.pos])
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
