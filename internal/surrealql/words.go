package surrealql

import (
	"slices"
	"strings"
)

// The words that begin a statement, and where such a word is a name all the same.

// txWords are words that begin a statement about transactions, here or in other
// databases.
var txWords = []string{
	"BEGIN", "COMMIT", "CANCEL", "ROLLBACK", "START", "SAVEPOINT", "ABORT", "RELEASE", "END",
}

// IsTxWord reports whether the word begins a statement about transactions, here
// or in other databases.
func IsTxWord(word string) bool {
	return slices.ContainsFunc(txWords, func(w string) bool { return strings.EqualFold(w, word) })
}

// writesAtStart reports whether a statement that begins with the keyword
// changes data or schema.
func writesAtStart(k keyword) bool {
	switch k {
	case kwCreate, kwInsert, kwUpdate, kwUpsert, kwDelete, kwRelate, kwDefine, kwRemove, kwAlter, kwRebuild:
		return true
	}
	return false
}

// statementWord reports whether the word begins a statement for 3.x wherever an
// operand is due.
func statementWord(k keyword) bool {
	switch k {
	case kwSelect, kwReturn, kwThrow, kwIf, kwInfo, kwExplain, kwLet, kwFor, kwBreak, kwContinue:
		return true
	}
	return writesAtStart(k)
}

// joins reports whether the keyword joins what is before it to an operand.
func joins(k keyword) bool {
	switch k {
	case kwAs, kwFrom, kwAnd, kwOr, kwIs, kwIn,
		kwInside, kwNotInside, kwAllInside, kwAnyInside, kwNoneInside, kwOutside, kwIntersects,
		kwContains, kwContainsAll, kwContainsAny, kwContainsNone, kwContainsNot,
		kwThen, kwElse, kwWhere, kwLimit, kwStart, kwGroup, kwOrder, kwSplit, kwFetch, kwOmit:
		return true
	}
	return false
}

// isStatement reports whether the word, where an operand is due, begins a statement.
func (c *cursor) isStatement(t token) bool {
	switch t.kw {
	case kwSelect, kwReturn, kwThrow, kwIf, kwInfo, kwExplain:
		return c.begins(t) || t.kw == kwSelect && c.peekAt(1).kind == tStar
	case kwLet, kwFor:
		k := c.peekAt(1).kind
		return k == tParam || k == tQuotedParam || k == tOrdinal
	case kwSleep:
		k := c.peekAt(1).kind
		return k == tNumber || k == tParam || k == tOrdinal
	case kwBreak, kwContinue:
		return c.peekAt(1).closes()
	}
	return writesAtStart(t.kw) && c.begins(t)
}

// begins reports whether the keyword at hand begins a statement where an operand is
// due. The server (2.6 to 4.0.0-beta.1) takes each of them for one there, whatever
// follows, and any word for the name of its table. So it is a name, for grammars that
// know better, only where the server would refuse the statement: before what begins no
// operand (SELECT delete, update), and before an operator or a clause with an operand
// of its own (WHERE update AND x, SELECT update FROM t). In a block the operand may be
// the next statement, since the first needs no semicolon after it: { CREATE or x }.
func (c *cursor) begins(t token) bool {
	n := c.peekAt(1)
	switch n.kind {
	case tQuoted, tParam, tQuotedParam, tOrdinal, tString, tNumber,
		tLParen, tLBrace, tLBracket, tVert, tOrOr, tQuestion, tLess, tArrow, tMinus, tPlus, tBang,
		tSlash, tAt, tDots, tEllipsis, tKnn, tDollar, tInvalid:
		return true
	case tWord:
		return !joins(n.kw) || c.blocks > 0 || n.kw == kwFrom && t.kw == kwDelete || !c.peekAt(2).plainOperand()
	}
	return false
}
