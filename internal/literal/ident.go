package literal

// How names and strings are written, and the bytes they are made of.

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isInteger(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

func isWord(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

// plain tells whether s needs no quotes as a table or the key of a record:
// letters, digits and _ only, but at least one letter, and no float's name.
func plain[S ~string | ~[]byte](s S) bool {
	letter := false
	for i := range len(s) {
		c := s[i]
		if !isWord(c) {
			return false
		}
		letter = letter || !isDigit(c) && c != '_'
	}
	return letter && string(s) != "NaN" && string(s) != "Infinity"
}

// AppendIdent appends s as the table or the key of a record: bare where that
// is possible, else in back quotes.
func AppendIdent[S ~string | ~[]byte](b []byte, s S) []byte {
	if plain(s) {
		return append(b, s...)
	}
	return appendQuoted(b, '`', s)
}

// AppendName appends s as a name within a statement, such as that of a table or a field. There a
// leading digit needs quotes, which the table of a record does not.
func AppendName(b []byte, s string) []byte {
	if s != "" && isDigit(s[0]) {
		return AppendQuotedName(b, s)
	}
	return AppendIdent(b, s)
}

// AppendQuotedName appends s as a name where an expression could stand as well, which a word of
// the language would begin.
func AppendQuotedName(b []byte, s string) []byte { return appendQuoted(b, '`', s) }

// appendObjectKey appends s as the key of an object. There a leading digit
// needs quotes, and _ alone needs none.
func appendObjectKey(b []byte, s string) []byte {
	bare := s != "" && !isDigit(s[0]) && s != "NaN" && s != "Infinity"
	for i := range len(s) {
		bare = bare && isWord(s[i])
	}
	if bare {
		return append(b, s...)
	}
	return appendQuoted(b, '"', s)
}

// AppendString appends s as a string: in single quotes unless it has one.
func AppendString(b []byte, s string) []byte {
	for i := range len(s) {
		if s[i] == '\'' {
			return appendQuoted(b, '"', s)
		}
	}
	return appendQuoted(b, '\'', s)
}

// escapes are the characters with a short form; backspace has only the long one.
var escapes = [...]string{0: `\0`, '\b': `\u{8}`, '\t': `\t`, '\n': `\n`, '\f': `\f`, '\r': `\r`, '\\': `\\`}

func appendQuoted[S ~string | ~[]byte](b []byte, quote byte, s S) []byte {
	b = append(b, quote)
	for i := range len(s) {
		switch c := s[i]; {
		case c == quote:
			b = append(b, '\\', c)
		case int(c) < len(escapes) && escapes[c] != "":
			b = append(b, escapes[c]...)
		default:
			b = append(b, c)
		}
	}
	return append(b, quote)
}
