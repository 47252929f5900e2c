package errtext

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A parse error's message ends in drawings, one per place (read in the server's
// source, 2.6 to 3.0.5; the same on the wire of 3.0.2):
//
//	Parse error: Unexpected token `==`, expected an expression
//	 --> [2:8]
//	  |
//	2 | a ==== 3;
//	  |     ^^
//
// Lines and columns count from 1, columns in characters. The first drawing is
// the place of the error; a second shows, say, the bracket that was not closed.

// ParsePrefix is what the message of every parse error begins with.
const ParsePrefix = "Parse error: "

// Position is where in a query text a parse error is, from 1, the column in characters, and
// the server's drawing of it. The zero Position is an unknown one.
type Position struct {
	Line, Column int
	Snippet      string
}

// ReadPosition reads the first position out of a parse error's message.
func ReadPosition(message string) (p Position) {
	for rest := message; ; {
		before, after, ok := strings.Cut(rest, "--> [")
		if !ok {
			return Position{}
		}
		rest = after
		// Only at a line's start: the text of the query may hold an arrow too.
		if i := strings.LastIndexByte(before, '\n'); i < 0 || strings.Trim(before[i:], "\n ") != "" {
			continue
		}
		numbers, drawing, ok := strings.Cut(after, "]\n")
		line, column, ok2 := strings.Cut(numbers, ":")
		if !ok || !ok2 {
			continue
		}
		var err, err2 error
		p.Line, err = strconv.Atoi(line)
		p.Column, err2 = strconv.Atoi(column)
		if err != nil || err2 != nil || p.Line < 1 || p.Column < 1 {
			return Position{}
		}
		p.Snippet = trimDrawing(drawing)
		return p
	}
}

// trimDrawing drops the lines that hold nothing: the frame's first, and those
// at the end.
func trimDrawing(drawing string) string {
	if first, rest, ok := strings.Cut(drawing, "\n"); ok && strings.Trim(first, " |") == "" {
		drawing = rest
	}
	return strings.TrimRight(drawing, " \n")
}

// Headline is a message's first line, without the list mark that a chain of
// causes begins with.
func Headline(message string) string {
	line, _, _ := strings.Cut(message, "\n")
	return strings.Replace(strings.TrimRight(line, " \r"), ParsePrefix+"- ", ParsePrefix, 1)
}

// OffsetAt is the byte offset of a line and column, or the nearest there is.
func OffsetAt(text string, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return len(text)
		}
		at += i + 1
	}
	for ; column > 1 && at < len(text); column-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}

// PositionAt is the line and column of a byte offset.
func PositionAt(text string, at int) (line, column int) {
	before := text[:at]
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
}
