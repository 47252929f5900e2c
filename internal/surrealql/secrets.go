package surrealql

import "strings"

// secretWords are the clauses whose value the server takes from the text only, or mostly:
// DEFINE USER … PASSWORD 'x' and PASSHASH 'x', DEFINE ACCESS … KEY 'x'.
var secretWords = []string{"PASSWORD", "PASSHASH", "KEY"}

// HideSecrets replaces the passwords and keys of a text's definitions by an ellipsis. The
// text need not be one that the server understands.
func HideSecrets(text string) string {
	var b strings.Builder
	kept := 0 // b has the text up to here
	secret := false
	for l := (lexer{text: text}); ; {
		t := l.next()
		if t.kind == tEOF {
			break
		}
		word := text[t.pos:t.end]
		if secret && (t.kind == tString || t.kind == tInvalid) {
			b.WriteString(text[kept:t.pos])
			b.WriteString("'…'")
			kept = t.end
		}
		secret = false
		for _, w := range secretWords {
			secret = secret || t.kind == tWord && strings.EqualFold(word, w)
		}
	}
	if kept == 0 {
		return text
	}
	return b.String() + text[kept:]
}
