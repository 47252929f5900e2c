package literal

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// What begins with a name: record ids first of all, tables, keywords, and strings with a
// prefix.

// ParseRecord reads a record id or a range of them and appends the [table,
// key] that belongs after the tag. sized says whether numbers within its key may have a
// width, as in p:[5i8].
func ParseRecord(b []byte, s string, sized bool) ([]byte, error) {
	if table, key, ok := strings.Cut(s, ":"); ok && plain(table) && plain(key) {
		b = cbor.AppendText(cbor.AppendArrayHeader(b, 2), table) // the usual case, at once
		return cbor.AppendText(b, key), nil
	}
	return parseAll(b, s, "a record id such as person:tobie, person:1 or person:⟨a b⟩", func(p *parser) error {
		p.sized = sized
		table, err := p.ident()
		if err != nil {
			return err
		}
		return p.record(table)
	})
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

// named reads what begins with a letter or a quoted name: a keyword, a string
// with a prefix, a record id or a table.
func (p *parser) named() error {
	start := p.pos
	bare := isWord(p.peek())
	name, err := p.ident()
	if err != nil {
		p.pos = start
		return p.failure("a literal")
	}
	if p.peek() == ':' {
		p.out = cbor.AppendTag(p.out, wire.TagRecord)
		return p.record(name)
	}
	if !bare {
		p.out = cbor.AppendText(cbor.AppendTag(p.out, wire.TagTable), name)
		return nil
	}
	if c := p.peek(); c == '\'' || c == '"' {
		p.pos++
		return p.prefixed(name, string(c))
	}
	switch strings.ToUpper(name) {
	case "TRUE", "FALSE":
		p.out = cbor.AppendBool(p.out, len(name) == len("TRUE"))
	case "NULL":
		p.out = cbor.AppendNull(p.out)
	case "NONE":
		p.out = wire.AppendNone(p.out)
	default:
		return p.keyword(name)
	}
	return nil
}

func (p *parser) keyword(name string) error {
	if name == "NaN" || name == "Infinity" {
		return p.float(name, p.pos)
	}
	p.out = cbor.AppendText(cbor.AppendTag(p.out, wire.TagTable), name)
	return nil
}

// prefixed reads the string after a prefix: b for bytes, d for a datetime, u
// for a UUID, r for a record id, f for a file, s for a plain string.
func (p *parser) prefixed(prefix, quote string) error {
	if prefix == "f" {
		return p.file(quote)
	}
	text, err := p.quoted(quote)
	if err != nil {
		return err
	}
	switch prefix {
	case "s":
		p.out = cbor.AppendText(p.out, text)
	case "b":
		raw, err := hex.DecodeString(text)
		if err != nil {
			return fmt.Errorf("%q are no bytes: expected hexadecimal digits", text)
		}
		p.out = cbor.AppendBytes(p.out, raw)
	case "u":
		u, err := ParseUUID(text)
		if err != nil {
			return err
		}
		p.out = wire.AppendUUID(p.out, u)
	case "d":
		t, err := ParseDatetime(text)
		if err != nil {
			return err
		}
		p.out = wire.AppendDatetime(p.out, t)
	case "r":
		p.out, err = ParseRecord(cbor.AppendTag(p.out, wire.TagRecord), text, p.sized)
		return err
	default:
		return fmt.Errorf("no string begins with %s%s: expected one of b d f r s u", prefix, quote)
	}
	return nil
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
