package literal

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Parse reads one literal, all of s, and appends it as CBOR.
func Parse(b []byte, s string) ([]byte, error) {
	return parseAll(b, s, "a literal", (*parser).rangeOrValue)
}

// ParseRecord reads a record id or a range of them and appends the [table,
// key] that belongs behind the tag.
func ParseRecord(b []byte, s string) ([]byte, error) {
	if table, key, ok := strings.Cut(s, ":"); ok && plain(table) && plain(key) {
		b = cbor.AppendText(cbor.AppendArrayHeader(b, 2), table) // the usual case, at once
		return cbor.AppendText(b, key), nil
	}
	return parseAll(b, s, "a record id such as person:tobie, person:1 or person:⟨a b⟩", func(p *parser) error {
		table, err := p.ident()
		if err != nil {
			return err
		}
		return p.record(table)
	})
}

// ParseRange reads a range such as 1..5 or 'a'>..=[1, 2] and appends it with
// its tag.
func ParseRange(b []byte, s string) ([]byte, error) {
	return parseAll(b, s, "a range such as 1..5, 1>..=5 or ..", func(p *parser) error {
		start := len(p.out)
		if err := p.rangeOrValue(); err != nil {
			return err
		}
		if rest := p.out[start:]; len(rest) < 2 || rest[0] != 0xd8 || rest[1] != TagRange {
			return p.failure("..")
		}
		return nil
	})
}

// ParseFile reads the text of a file, bucket:/key, and appends it with its tag.
func ParseFile(b []byte, s string) ([]byte, error) {
	bucket, key, err := SplitFile(s)
	if err != nil {
		return b, err
	}
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, TagFile), 2)
	return cbor.AppendText(cbor.AppendText(b, bucket), key), nil
}

func parseAll(b []byte, s, what string, parse func(*parser) error) ([]byte, error) {
	if !utf8.ValidString(s) {
		return b, fmt.Errorf("%q is not %s: it is not UTF-8", s, what)
	}
	p := parser{s: s, out: b, depth: MaxDepth}
	p.space()
	err := parse(&p)
	if err == nil {
		p.space()
		if p.pos < len(s) {
			err = p.failure("its end")
		}
	}
	if err != nil {
		return b, fmt.Errorf("%q is not %s: %w", s, what, err)
	}
	return p.out, nil
}

type parser struct {
	s     string
	pos   int
	out   []byte
	depth int
}

func (p *parser) failure(want string) error {
	return fmt.Errorf("expected %s at byte %d", want, p.pos)
}

func (p *parser) space() {
	for p.pos < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.pos]) >= 0 {
		p.pos++
	}
}

// peek returns the next byte, 0 at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.s) {
		return p.s[p.pos]
	}
	return 0
}

// eat consumes what if it is next.
func (p *parser) eat(what string) bool {
	if strings.HasPrefix(p.s[p.pos:], what) {
		p.pos += len(what)
		return true
	}
	return false
}

// eatSpaced is eat after any space; space alone is not consumed.
func (p *parser) eatSpaced(what string) bool {
	start := p.pos
	p.space()
	if p.eat(what) {
		return true
	}
	p.pos = start
	return false
}

// word consumes letters, digits and underscores.
func (p *parser) word() string {
	start := p.pos
	for p.pos < len(p.s) && isWord(p.s[p.pos]) {
		p.pos++
	}
	return p.s[start:p.pos]
}

func (p *parser) ident() (string, error) {
	switch {
	case p.eat("`"):
		return p.quoted("`")
	case p.eat("⟨"):
		return p.quoted("⟩")
	}
	if w := p.word(); w != "" {
		return w, nil
	}
	return "", p.failure("a name")
}

// insert puts what head appends before everything written since start. Only so
// the number of items can be known.
func (p *parser) insert(start int, head []byte) {
	p.out = append(p.out, head...)
	copy(p.out[start+len(head):], p.out[start:])
	copy(p.out[start:], head)
}

func (p *parser) descend() error {
	if p.depth--; p.depth < 0 {
		return errDepth
	}
	return nil
}

// record reads what follows a table's name: the colon and the key, which may
// be a range of keys.
func (p *parser) record(table string) error {
	if !p.eat(":") {
		return p.failure("a colon")
	}
	if table == "" {
		return fmt.Errorf("expected a table's name before the colon")
	}
	if err := p.descend(); err != nil {
		return err
	}
	defer func() { p.depth++ }()
	p.out = cbor.AppendText(cbor.AppendArrayHeader(p.out, 2), table)
	return p.bounds((*parser).key)
}

// rangeOrValue reads a value, or a range whose bounds are values.
func (p *parser) rangeOrValue() error { return p.bounds((*parser).value) }

// bounds reads one item, or two or less with .. between them.
func (p *parser) bounds(item func(*parser) error) error {
	start := len(p.out)
	var head []byte
	head = cbor.AppendArrayHeader(cbor.AppendTag(head, TagRange), 2)
	if strings.HasPrefix(p.s[p.pos:], "..") {
		head = cbor.AppendNull(head)
	} else {
		if err := item(p); err != nil {
			return err
		}
		switch {
		case p.eat(">.."):
			head = cbor.AppendTag(head, TagExcluded)
			p.pos -= 2
		case strings.HasPrefix(p.s[p.pos:], ".."):
			head = cbor.AppendTag(head, TagIncluded)
		default:
			return nil
		}
	}
	p.insert(start, head)
	p.pos += len("..")
	switch {
	case p.eat("="):
		p.out = cbor.AppendTag(p.out, TagIncluded)
	case p.pos == len(p.s) || strings.IndexByte(" \t\r\n,]})", p.peek()) >= 0:
		p.out = cbor.AppendNull(p.out)
		return nil
	default:
		p.out = cbor.AppendTag(p.out, TagExcluded)
	}
	return item(p)
}

// key reads the key of a record. It differs from a value in that a word is a
// text, also where it begins with a digit.
func (p *parser) key() error {
	switch c := p.peek(); {
	case c == '[':
		return p.value()
	case c == '{':
		p.pos++
		if err := p.descend(); err != nil {
			return err
		}
		defer func() { p.depth++ }()
		return p.braces(false)
	case c == 'u' && p.pos+1 < len(p.s) && (p.s[p.pos+1] == '\'' || p.s[p.pos+1] == '"'):
		return p.value()
	case c == '`' || strings.HasPrefix(p.s[p.pos:], "⟨"):
		name, err := p.ident()
		p.out = cbor.AppendText(p.out, name)
		return err
	}
	start := p.pos
	if !p.eat("-") {
		p.eat("+")
	}
	w := p.word()
	switch {
	case w == "":
		return p.failure("a key")
	case p.peek() == '(':
		return fmt.Errorf("%s() makes a new key on the server and stands for none here", w)
	}
	return p.wordKey(p.s[start:p.pos], w)
}

// wordKey writes an integer where the word is one. Digits that do not fit in
// 64 bits are a text, as on the server, and so are digits with underscores, unless
// there is a sign.
func (p *parser) wordKey(signed, word string) error {
	if signed != word && isDigit(word[0]) {
		signed, word = strings.ReplaceAll(signed, "_", ""), strings.ReplaceAll(word, "_", "")
	}
	if isInteger(word) {
		if v, err := parseInt(signed); err == nil {
			p.out = cbor.AppendInt(p.out, v)
			return nil
		}
		signed = strings.TrimPrefix(signed, "+")
	} else if signed != word {
		return p.failure("digits after the sign, up to here")
	}
	p.out = cbor.AppendText(p.out, signed)
	return nil
}
