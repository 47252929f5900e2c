package literal

import (
	"strings"
	"unicode/utf8"
)

// Strings, names and files up to what ends them.

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
	rest := p.s[p.pos+1:] // after the backslash
	if strings.HasPrefix(rest, end) {
		text.WriteString(end)
		p.pos += 1 + len(end)
		return nil
	}
	r, n := Escape(rest)
	if n == 0 || !utf8.ValidRune(r) {
		return p.failure(`an escape such as \n, \' or \u{1F600}`)
	}
	text.WriteRune(r)
	p.pos += 1 + n
	return nil
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
