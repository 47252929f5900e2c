package literal

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

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
		p.out = cbor.AppendTag(p.out, TagRecord)
		return p.record(name)
	}
	if !bare {
		p.out = cbor.AppendText(cbor.AppendTag(p.out, TagTable), name)
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
		p.out = cbor.AppendNull(cbor.AppendTag(p.out, TagNone))
	default:
		return p.keyword(name)
	}
	return nil
}

func (p *parser) keyword(name string) error {
	if name == "NaN" || name == "Infinity" {
		return p.float(name, p.pos)
	}
	p.out = cbor.AppendText(cbor.AppendTag(p.out, TagTable), name)
	return nil
}

// prefixed reads the string behind a prefix: b for bytes, d for a datetime, u
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
		p.out = cbor.AppendBytes(cbor.AppendTag(p.out, TagUUID), u[:])
	case "d":
		t, err := ParseDatetime(text)
		if err != nil {
			return err
		}
		p.out = AppendDatetimeCBOR(p.out, t)
	case "r":
		p.out, err = ParseRecord(cbor.AppendTag(p.out, TagRecord), text)
		return err
	default:
		return fmt.Errorf("no string begins with %s%s: expected one of b d f r s u", prefix, quote)
	}
	return nil
}

// ParseUUID reads 32 hexadecimal digits, with hyphens in their places or none.
func ParseUUID(s string) (u [16]byte, err error) {
	digits := s
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		digits = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	if len(digits) != 32 {
		return u, badUUID(s)
	}
	if _, err := hex.Decode(u[:], []byte(digits)); err != nil {
		return u, badUUID(s)
	}
	return u, nil
}

func badUUID(s string) error {
	return fmt.Errorf("%q is no UUID: expected one like 0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55", s)
}

// quoted reads up to end, which was opened before.
func (p *parser) quoted(end string) (string, error) {
	var text strings.Builder
	for {
		rest := p.s[p.pos:]
		i := strings.IndexAny(rest, end+`\`)
		if i < 0 {
			return "", p.failure(end)
		}
		text.WriteString(rest[:i])
		p.pos += i
		if p.eat(end) {
			return text.String(), nil
		}
		if err := p.escape(&text, end); err != nil {
			return "", err
		}
	}
}

func (p *parser) escape(text *strings.Builder, end string) error {
	start := p.pos
	p.pos++ // the backslash
	if p.eat(end) {
		text.WriteString(end)
		return nil
	}
	c := p.peek()
	p.pos++
	switch c {
	case '\\', '\'', '"', '`', '/':
		text.WriteByte(c)
	case 'n':
		text.WriteByte('\n')
	case 'r':
		text.WriteByte('\r')
	case 't':
		text.WriteByte('\t')
	case 'f':
		text.WriteByte('\f')
	case 'b':
		text.WriteByte('\b')
	case '0':
		text.WriteByte(0)
	case 'u':
		if r, ok := p.codePoint(); ok {
			text.WriteRune(r)
			return nil
		}
		fallthrough
	default:
		p.pos = start
		return p.failure(`an escape such as \n, \' or \u{1F600}`)
	}
	return nil
}

// codePoint reads {hex digits} or four of them.
func (p *parser) codePoint() (rune, bool) {
	digits := p.s[p.pos:min(p.pos+4, len(p.s))]
	size := 4
	if p.eat("{") {
		end := strings.IndexByte(p.s[p.pos:], '}')
		if end < 1 || end > 6 {
			return 0, false
		}
		digits, size = p.s[p.pos:p.pos+end], end+1
	} else if len(digits) < 4 {
		return 0, false
	}
	v, err := strconv.ParseUint(digits, 16, 32)
	if err != nil {
		return 0, false
	}
	p.pos += size
	return rune(v), v <= 0x10ffff && (v < 0xd800 || v > 0xdfff)
}

// file reads the text of a file up to the quote; a backslash takes the next
// character as it is.
func (p *parser) file(quote string) error {
	start := p.pos
	for p.pos < len(p.s) && p.s[p.pos] != quote[0] {
		if p.s[p.pos] == '\\' {
			p.pos++
		}
		p.pos++
	}
	if p.pos >= len(p.s) {
		p.pos = len(p.s)
		return p.failure(quote)
	}
	text := p.s[start:p.pos]
	p.pos++
	var err error
	p.out, err = ParseFile(p.out, text)
	return err
}

// SplitFile takes the text of a file apart and unescapes both halves. The key
// begins with a slash.
func SplitFile(s string) (bucket, key string, err error) {
	var parts [2]strings.Builder
	part, escaped := 0, false
	for _, r := range s {
		switch {
		case escaped:
			escaped = false
			parts[part].WriteRune(r)
		case r == '\\':
			escaped = true
		case r == ':' && part == 0:
			part = 1
		default:
			parts[part].WriteRune(r)
		}
	}
	bucket, key = parts[0].String(), parts[1].String()
	if bucket == "" || key == "" || key[0] != '/' || escaped {
		return "", "", fmt.Errorf("%q is no file: expected bucket:/key", s)
	}
	return bucket, key, nil
}
