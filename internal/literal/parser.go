package literal

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/surrealsql/surrealsql/internal/wire"
)

// parser reads a text from left to right and writes CBOR. The grammar stands on it:
// strings and numbers, then values, objects and records, which hold each other.
type parser struct {
	s     string
	pos   int    // of the next byte in s
	out   []byte // what was read, as CBOR
	depth int    // how many values more may lie in each other
	sized bool   // whether numbers may have a width
}

// parseAll reads all of s. What it should have been is said in errors.
func parseAll(b []byte, s, what string, parse func(*parser) error) ([]byte, error) {
	if !utf8.ValidString(s) {
		return b, fmt.Errorf("%q is not %s: it is not UTF-8", s, what)
	}
	p := parser{s: s, out: b, depth: wire.MaxDepth}
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

// failure says what was expected where the parser stands.
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

// insert puts what head appends before everything written since start. Only so
// the number of items can be known.
func (p *parser) insert(start int, head []byte) {
	p.out = append(p.out, head...)
	copy(p.out[start+len(head):], p.out[start:])
	copy(p.out[start:], head)
}

// descend enters a value that others may lie in; the caller gives the level back.
func (p *parser) descend() error {
	if p.depth--; p.depth < 0 {
		return wire.ErrDepth
	}
	return nil
}
