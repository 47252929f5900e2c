package surrealql

import (
	"slices"
	"strings"
)

// ofTransactions are words that begin a statement about transactions, here or in other
// databases.
var ofTransactions = []string{"BEGIN", "COMMIT", "CANCEL", "ROLLBACK", "START", "SAVEPOINT", "ABORT", "RELEASE", "END"}

// OfTransactions reports whether the word begins a statement about transactions, here
// or in other databases.
func OfTransactions(word string) bool {
	return slices.ContainsFunc(ofTransactions, func(w string) bool { return strings.EqualFold(w, word) })
}

// lone returns the text of an expression that is names of fields and nothing else,
// without the parentheses around it; else "".
func (p *parser) lone(e *expr) string {
	if e.shape != shapeIdiom || len(e.parts) == 0 || e.multi {
		return ""
	}
	for _, pt := range e.parts {
		if pt.kind != partField {
			return ""
		}
	}
	end := e.parts[len(e.parts)-1].end
	behind := lexer{text: p.src(end, p.last)}
	for t := behind.next(); t.kind != tEOF; t = behind.next() {
		if t.kind != tRParen {
			return ""
		}
	}
	return p.src(e.parts[0].pos, end)
}

// idles notes a word about transactions that is all of a statement in a block, where
// the server reads the name of a field, unless it may be that of a record.
func (p *parser) idles(t token) {
	if p.ofText && p.idle == "" && t.kind == tWord && p.last == t.end && OfTransactions(p.text(t)) {
		p.idle = p.text(t)
	}
}

// here reports whether the statement at hand, whose first word is taken, is one of the
// list of statements at hand, and not a part of an expression.
func (p *parser) here() bool { return p.depth == p.listDepth+2 }
