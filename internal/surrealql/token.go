package surrealql

// tokenKind says what a token is. Words are not split into keywords and names
// here: in SurrealQL nearly every keyword may also be a name, and only the
// place decides. A word carries its keyword (or none) beside its kind.
type tokenKind uint8

const (
	tEOF         tokenKind = iota
	tInvalid               // bytes no token starts with, or a string that does not end
	tWord                  // a bare word: name or keyword
	tQuoted                // `name` or ⟨name⟩
	tParam                 // $name
	tQuotedParam           // $`name` or $⟨name⟩
	tOrdinal               // $1, which the server cannot lex: ours to rewrite
	tDollar                // $ alone, as in [$]
	tString                // '…' or "…" with an optional prefix s r u d b f
	tNumber                // 12, 1.5, 1e3, 2dec, 5i8, 1h30m
	tRegex                 // /…/, only where an expression may start
	tScript                // the {…} of function() {…}
	tLBrace
	tRBrace
	tLBracket
	tRBracket
	tLParen
	tRParen
	tSemicolon
	tComma
	tAt
	tDot
	tDots     // ..
	tEllipsis // ... or …
	tColon
	tPath // ::
	tQuestion
	tVert
	tOrOr
	tAndAnd
	tLess
	tGreater
	tKnn // <|
	tArrow
	tMinus
	tPlus
	tSlash
	tStar
	tEqual
	tInfix  // any other operator that only ever stands between two operands
	tBang   // !
	tAssign // += -= +?=
)

// token is a span of the text. An adjacent token follows with nothing between.
type token struct {
	kind tokenKind
	kw   keyword
	pos  int
	end  int
}

func (t token) is(k keyword) bool { return t.kind == tWord && t.kw == k }

// name reports whether the token can name a field or a table.
func (t token) name() bool { return t.kind == tWord || t.kind == tQuoted }

// plainOperand reports whether the token is an operand and can be nothing else.
func (t token) plainOperand() bool {
	switch t.kind {
	case tWord:
		return t.kw == noKeyword
	case tQuoted, tParam, tQuotedParam, tOrdinal, tString, tNumber:
		return true
	}
	return false
}

// adjacent reports whether b starts where a ends.
func adjacent(a, b token) bool { return a.end == b.pos }

// closes reports whether the token ends whatever encloses it.
func (t token) closes() bool {
	switch t.kind {
	case tEOF, tSemicolon, tRParen, tRBracket, tRBrace:
		return true
	}
	return false
}

// operandAfter reports whether an operand is due after the token, so that a slash
// there begins a regex.
func (t token) operandAfter() bool {
	switch t.kind {
	case tQuoted, tParam, tQuotedParam, tOrdinal, tString, tNumber, tRegex, tScript,
		tRParen, tRBracket, tRBrace, tDollar, tStar:
		return false
	case tWord:
		return t.kw != noKeyword && t.kw != kwTrue && t.kw != kwFalse && t.kw != kwNull && t.kw != kwNone
	}
	return true
}

// endsRange reports whether the token can begin the operand after the dots of a range.
func (t token) endsRange() bool {
	switch t.kind {
	case tWord:
		switch t.kw {
		case kwAs, kwAnd, kwOr, kwIs, kwThen, kwElse, kwEnd, kwWhere, kwLimit,
			kwContains, kwInside, kwIn, kwNot:
			return false
		}
		return true
	case tQuoted, tParam, tQuotedParam, tOrdinal, tString, tNumber,
		tLParen, tLBrace, tLBracket, tVert, tOrOr, tQuestion:
		return true
	}
	return false
}
