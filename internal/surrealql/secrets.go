package surrealql

import (
	"slices"
	"strings"
)

// secretWords are the clauses whose value the server takes from the text only, or mostly:
// DEFINE USER … PASSWORD 'x', PASSHASH 'x' and, since 3.3, PASSSCRAM 'x', DEFINE ACCESS … KEY 'x'.
var secretWords = []string{"PASSWORD", "PASSHASH", "PASSSCRAM", "KEY"}

// HideSecrets replaces the passwords and keys of a text's definitions by an ellipsis. The
// text need not be one that the server understands. Whether a slash begins a regex is not
// always to be told here, and a quote in one changes what all that follows is: so the text is
// read both ways, until neither finds anything more.
func HideSecrets(text string) string {
	for {
		hidden, twofold := hideSecrets(text, false)
		if !twofold {
			return hidden
		}
		hidden, _ = hideSecrets(hidden, true)
		if hidden == text {
			return text
		}
		text = hidden
	}
}

// hideSecrets reads the text once, with or without regexes and scripts in it. twofold tells that
// this makes a difference.
func hideSecrets(text string, regexes bool) (hidden string, twofold bool) {
	var b strings.Builder
	kept := 0 // b has the text up to here
	secret := false
	prev := token{kind: tSemicolon}
	var f functionHead
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
		switch {
		case secret && (t.kind == tString || t.kind == tInvalid):
			b.WriteString(text[kept:t.pos])
			b.WriteString("'…'")
			kept = t.end
		case secret && (t.kind == tLParen || t.kind == tRParen || t.kind == tPlus):
			// KEY ('x' + 'y')
		default:
			secret = t.isSecretWord(text)
		}
		f.next(prev, t)
		prev = t
	}
	if kept == 0 {
		return text, twofold
	}
	return b.String() + text[kept:], twofold
}

func (t token) isSecretWord(text string) bool {
	return t.kind == tWord && slices.ContainsFunc(secretWords, func(w string) bool {
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
