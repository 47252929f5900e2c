package surrealql

import (
	"slices"
	"strings"
)

// secretWords are the clauses whose value the server takes from the text only, or mostly:
// DEFINE USER … PASSWORD 'x', PASSHASH 'x' and, since 3.3, PASSSCRAM 'x', DEFINE ACCESS … KEY 'x'.
var secretWords = []string{"PASSWORD", "PASSHASH", "PASSSCRAM", "KEY"}

// definers begin statements that have such clauses, and clauseWords begin the clauses that may
// stand after one.
var (
	definers    = []string{"DEFINE", "ALTER"}
	clauseWords = []string{"ROLES", "COMMENT", "DURATION", "WITH", "AUTHENTICATE", "TYPE", "FOR", "SIGNIN", "SIGNUP"}
)

// HideSecrets replaces the passwords and keys of a text's definitions by an ellipsis. The
// text need not be one that the server understands. Whether a slash begins a regex is not
// always to be told here, and a quote in one changes what all that follows is: so the text is
// read both ways, until neither finds anything more. Where a quote is at fault both ways (SET
// name = 'O'Brien'), what seems to be between strings may be in one, and so from the first such
// clause on all is hidden.
func HideSecrets(text string) string {
	for range maxReadings {
		hidden, twofold, faulty := hideSecrets(text, false)
		if twofold {
			again, _, alsoFaulty := hideSecrets(hidden, true)
			hidden, faulty = again, faulty && alsoFaulty
		}
		switch {
		case twofold && hidden != text:
			text = hidden
		case faulty:
			return cutSecrets(hidden)
		default:
			return hidden
		}
	}
	return cutSecrets(text)
}

// maxReadings is after how many readings both ways a text counts as one whose quotes are at
// fault: what one of them hides may move the other one's quotes for ever.
const maxReadings = 8

// hideSecrets reads the text once, with or without regexes and scripts in it. twofold tells that
// this makes a difference, and faulty that strings end or begin where none should.
func hideSecrets(text string, regexes bool) (hidden string, twofold, faulty bool) {
	var b strings.Builder
	kept := 0 // b has the text up to here
	prev := token{kind: tSemicolon}
	var f functionHead
	var c secretClause
	for l := (lexer{text: text}); ; {
		t := l.next()
		if f.opensLiteral(prev, t) {
			if twofold = true; regexes {
				t = l.literal(t)
			}
		}
		if t.kind == tEOF {
			break
		}
		faulty = faulty || t.kind == tInvalid && t.end == len(text)
		if c.next(t, text) {
			b.WriteString(text[kept:t.pos])
			if prev.kind == tWord && adjacent(prev, t) {
				b.WriteByte(' ') // or the word would be the prefix of the string
			}
			b.WriteString("'…'")
			kept = t.end
			t.kind = tString
		}
		faulty = faulty || prev.kind == tString && adjacent(prev, t) && (t.kind == tString || t.name() && t.kw == noKeyword)
		f.next(prev, t)
		prev = t
	}
	if kept == 0 {
		return text, twofold, faulty
	}
	return b.String() + text[kept:], twofold, faulty
}

// secretClause is where a clause with a secret stands. Its value may be an expression: KEY
// string::concat('x', 'y'), PASSWORD 'x' ?? 'y' (3.3.5, 4.0.0-beta.1).
type secretClause struct {
	defining bool // in a definition
	in       bool // in the value of a clause
	depth    int  // of brackets in that
}

// next reports whether the token is to be hidden.
func (c *secretClause) next(t token, text string) bool {
	switch {
	case t.isSecretWord(text):
		c.in, c.depth = true, 0
		return false
	case t.isOneOf(text, definers):
		c.defining, c.in = true, false
		return false
	case c.in && (t.kind == tString || t.kind == tQuoted || t.kind == tInvalid):
		return true
	}
	switch t.kind {
	case tLParen, tLBracket, tLBrace:
		c.depth++
	case tRParen, tRBracket, tRBrace:
		c.depth--
	case tSemicolon:
		if c.depth <= 0 {
			*c = secretClause{}
		}
	}
	beside := t.kind == tLParen || t.kind == tRParen || t.kind == tPlus // KEY ('x' + 'y')
	c.in = c.in && (beside || c.defining && (c.depth > 0 || !t.isOneOf(text, clauseWords)))
	return false
}

// cutSecrets hides all that comes after the first word of such a clause in a definition.
func cutSecrets(text string) string {
	defining := false
	for at := 0; at < len(text); {
		if !isWordStart(text[at]) {
			at++
			continue
		}
		end := at
		for end < len(text) && isWordByte(text[end]) {
			end++
		}
		word := token{kind: tWord, pos: at, end: end}
		if defining && word.isSecretWord(text) {
			return text[:end] + " '…'"
		}
		defining = defining || word.isOneOf(text, definers)
		at = end
	}
	return text
}

func (t token) isSecretWord(text string) bool { return t.isOneOf(text, secretWords) }

// isOneOf reports whether the token is one of these words.
func (t token) isOneOf(text string, words []string) bool {
	return t.kind == tWord && slices.ContainsFunc(words, func(w string) bool {
		return strings.EqualFold(text[t.pos:t.end], w)
	})
}

// functionHead finds the brace after function(…), where a script begins.
type functionHead struct {
	depth int  // of the parentheses
	over  bool // the last one was that of the function
}

func (f *functionHead) next(prev, t token) {
	f.over = false
	switch {
	case t.kind == tLParen && (f.depth > 0 || prev.is(kwFunction)):
		f.depth++
	case t.kind == tRParen && f.depth > 0:
		f.depth--
		f.over = f.depth == 0
	}
}

// opensLiteral reports whether a regex, or the body of a script, begins with the token.
func (f *functionHead) opensLiteral(prev, t token) bool {
	return t.kind == tSlash && prev.operandAfter() || t.kind == tLBrace && f.over
}

// literal reads the regex or script that begins with the token.
func (l *lexer) literal(t token) token {
	if t.kind == tSlash {
		return l.regex(t.pos)
	}
	return l.script(t.pos)
}
