package literal

import (
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Values of every kind, and ranges of them.

// Parse reads one literal, all of s, and appends it as CBOR.
func Parse(b []byte, s string) ([]byte, error) {
	return parseAll(b, s, "a literal", func(p *parser) error {
		p.sized = true
		return p.rangeOrValue()
	})
}

// ParseRange reads a range such as 1..5 or 'a'>..=[1, 2] and appends it with
// its tag. sized says whether numbers in it may have a width, as in 1i8..5i8.
func ParseRange(b []byte, s string, sized bool) ([]byte, error) {
	return parseAll(b, s, "a range such as 1..5, 1>..=5 or ..", func(p *parser) error {
		p.sized = sized
		start := len(p.out)
		if err := p.rangeOrValue(); err != nil {
			return err
		}
		if tag, ok := wire.TagOf(p.out[start:]); !ok || tag != wire.TagRange {
			return p.failure("..")
		}
		return nil
	})
}

// rangeOrValue reads a value, or a range whose bounds are values.
func (p *parser) rangeOrValue() error { return p.bounds((*parser).value) }

// bounds reads one item, or two or less with .. between them.
func (p *parser) bounds(item func(*parser) error) error {
	start := len(p.out)
	var head []byte
	head = cbor.AppendArrayHeader(cbor.AppendTag(head, wire.TagRange), 2)
	if strings.HasPrefix(p.s[p.pos:], "..") {
		head = cbor.AppendNull(head)
	} else {
		if err := item(p); err != nil {
			return err
		}
		switch {
		case p.eat(">.."):
			head = cbor.AppendTag(head, wire.TagExcluded)
			p.pos -= 2
		case strings.HasPrefix(p.s[p.pos:], ".."):
			head = cbor.AppendTag(head, wire.TagIncluded)
		default:
			return nil
		}
	}
	p.insert(start, head)
	p.pos += len("..")
	switch {
	case p.eat("="):
		p.out = cbor.AppendTag(p.out, wire.TagIncluded)
	case p.pos == len(p.s) || strings.IndexByte(" \t\r\n,]})", p.peek()) >= 0:
		p.out = cbor.AppendNull(p.out)
		return nil
	default:
		p.out = cbor.AppendTag(p.out, wire.TagExcluded)
	}
	return item(p)
}

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
	case c == '<':
		return p.cast()
	case isDigit(c) && p.recordAhead():
		return p.named()
	case isDigit(c) || c == '-' || c == '+':
		return p.number()
	}
	return p.named()
}

// list reads items up to end and puts tag and their number before them.
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
