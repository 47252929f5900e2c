package literal

import (
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// What stands in braces: objects, sets, and the objects that are geometries.

// braces reads an object or a set: what a colon follows is an object's key.
// {} is an object, {,} is the empty set, {1,} the set of 1. {1} is a block on the
// server, and no literal. An object with the shape of a geometry is one where
// geometries says so: everywhere but as the key of a record.
func (p *parser) braces(geometries bool) error {
	start, pos := len(p.out), p.pos
	p.space()
	if p.eat(",") {
		p.space()
		if !p.eat("}") {
			return p.failure("}")
		}
		p.out = cbor.AppendArrayHeader(cbor.AppendTag(p.out, wire.TagSet), 0)
		return nil
	}
	if p.peek() != '}' {
		if _, err := p.objectKey(); err != nil || !p.eatSpaced(":") {
			p.pos = pos
			return p.set(start)
		}
	}
	p.pos = pos
	if err := p.object(start); err != nil || !geometries {
		return err
	}
	if shape, ok := geometryOf(p.out[start:]); ok {
		p.out = append(p.out[:start], shape...)
	}
	return nil
}

func (p *parser) set(start int) error {
	if err := p.list(start, cbor.AppendTag(nil, wire.TagSet), '}'); err != nil {
		return err
	}
	var d cbor.Decoder
	d.Reset(p.out[start+2:]) // after the tag, which takes two bytes
	if n, err := d.ArrayLen(); err != nil || n > 1 {
		return err
	}
	for i := p.pos - 2; i >= 0; i-- {
		switch p.s[i] {
		case ' ', '\t', '\r', '\n':
			continue
		case ',':
			return nil
		}
		break
	}
	return fmt.Errorf("expected a comma before the } at byte %d: a set of one is {1,}", p.pos-1)
}

// object reads up to the closing brace. Of a key that comes twice the last value
// counts, as on the server.
func (p *parser) object(start int) error {
	type entry struct{ from, to int }
	var entries []entry
	places := map[string]int{}
	for done := false; !done; {
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
		from := len(p.out)
		p.out = cbor.AppendText(p.out, key)
		if err := p.rangeOrValue(); err != nil {
			return err
		}
		if i, twice := places[key]; twice {
			entries[i] = entry{from, len(p.out)}
		} else {
			places[key] = len(entries)
			entries = append(entries, entry{from, len(p.out)})
		}
		if done = p.eatSpaced("}"); !done && !p.eatSpaced(",") {
			return p.failure("a comma or }")
		}
	}
	object := cbor.AppendMapHeader(nil, len(entries))
	for _, e := range entries {
		object = append(object, p.out[e.from:e.to]...)
	}
	p.out = append(p.out[:start], object...)
	return nil
}

func (p *parser) objectKey() (string, error) {
	if c := p.peek(); c == '\'' || c == '"' {
		p.pos++
		return p.quoted(string(c))
	}
	return p.ident()
}
