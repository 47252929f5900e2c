package errtext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Who comes from SQL writes what SurrealQL says otherwise, or has not. The server's
// complaint ("Unexpected token `an identifier`, expected Eof") and the words at its place
// tell what was meant. The tables are of what was tried on 3.0.2, 3.3.5 and
// 4.0.0-beta.1.

// hintAtWord is for the word that the parser stopped at.
var hintAtWord = map[string]string{
	"OFFSET":    "OFFSET is START here: LIMIT 10 START 20",
	"JOIN":      noJoin,
	"HAVING":    "there is no HAVING: SELECT … FROM (SELECT … GROUP BY …) WHERE …",
	"LIKE":      noLike,
	"ILIKE":     noLike,
	"REGEXP":    noLike,
	"RLIKE":     noLike,
	"SIMILAR":   noLike,
	"BETWEEN":   "there is no BETWEEN: n >= $1 AND n <= $2",
	"ISNULL":    "write IS NULL, or IS NONE for a field that is not there",
	"UNION":     "there is no UNION: SELECT … FROM a, b reads both tables",
	"RETURNING": "RETURNING is RETURN here: … RETURN VALUE id",
	"NULLS":     "there is no NULLS FIRST or LAST",
	"CONFLICT":  "ON CONFLICT is ON DUPLICATE KEY UPDATE here; INSERT IGNORE does nothing then, UPSERT replaces",
}

const (
	noJoin = "there is no JOIN: follow a link (owner.name), FETCH it, or walk an edge (->likes->person)"
	noLike = "there is no LIKE: string::contains(name, $1), string::starts_with(name, $1), or string::matches(name, $1) for a regex"
)

// hintAfterWords is for the words that a statement begins with, where the parser stopped
// at the last of them or at a word after it.
var hintAfterWords = []struct{ words, hint string }{
	{"CREATE TABLE", "a table is made by DEFINE TABLE, its fields by DEFINE FIELD name ON person TYPE string"},
	{"CREATE UNIQUE", "an index is made by DEFINE INDEX i ON person FIELDS name UNIQUE"},
	{"CREATE INDEX", "an index is made by DEFINE INDEX i ON person FIELDS name"},
	{"CREATE DATABASE", "a database is made by DEFINE DATABASE"},
	{"CREATE SCHEMA", "a namespace is made by DEFINE NAMESPACE, a database by DEFINE DATABASE"},
	{"CREATE NAMESPACE", "a namespace is made by DEFINE NAMESPACE"},
	{"CREATE USER", "a user is made by DEFINE USER"},
	{"CREATE VIEW", "a view is made by DEFINE TABLE v AS SELECT …"},
	{"CREATE FUNCTION", "a function is made by DEFINE FUNCTION fn::name($a: int) { … }"},
	{"CREATE OR REPLACE FUNCTION", "it is made anew by DEFINE … OVERWRITE"},
	{"CREATE SEQUENCE", "a sequence is made by DEFINE SEQUENCE"},
	{"CREATE TRIGGER", "a trigger is made by DEFINE EVENT"},
	{"DROP", "DROP is REMOVE here: REMOVE TABLE person"},
	{"TRUNCATE", "all records of a table are deleted by DELETE person"},
	{"REPLACE INTO", "a record is written whether it is there or not by UPSERT person:1 CONTENT { … }"},
	{"MERGE INTO", "a record is written whether it is there or not by UPSERT person:1 MERGE { … }"},
	{"WITH", "a result is named by LET: LET $x = (SELECT …); SELECT … FROM $x"},
	{"SAVEPOINT", "there are no savepoints"},
	{"SET", "a variable is set by LET $x = 1"},
	{"DECLARE", "a variable is set by LET $x = 1"},
	{"SHOW TABLES", "tables are listed by INFO FOR DB"},
	{"SHOW DATABASES", "databases are listed by INFO FOR NS, namespaces by INFO FOR ROOT"},
	{"SHOW COLUMNS", "fields are listed by INFO FOR TABLE person"},
	{"SHOW INDEX", "indexes are listed by INFO FOR TABLE person"},
	{"DESCRIBE", "fields are listed by INFO FOR TABLE person"},
	{"DESC", "fields are listed by INFO FOR TABLE person"},
	{"USE", "write USE NS namespace DB database; it lasts for its text only: see Conn.Use and the DSN"},
	{"GRANT", "what a user may do is said by DEFINE USER … ROLES, and by PERMISSIONS of tables and fields"},
	{"REVOKE", "what a user may do is said by DEFINE USER … ROLES, and by PERMISSIONS of tables and fields"},
	{"CALL", "a function is called by RETURN fn::name($1)"},
}

// hintFunction is for functions that are called by SQL's names.
var hintFunction = map[string]string{
	"NOW": "time::now()", "CURRENT_TIMESTAMP": "time::now()", "GETDATE": "time::now()",
	"SUM": "math::sum", "MAX": "math::max", "MIN": "math::min", "AVG": "math::mean",
	"ABS": "math::abs", "ROUND": "math::round", "FLOOR": "math::floor", "CEIL": "math::ceil", "SQRT": "math::sqrt",
	"UPPER": "string::uppercase", "LOWER": "string::lowercase", "TRIM": "string::trim", "LENGTH": "string::len", "LEN": "string::len",
	"CONCAT": "string::concat", "SUBSTRING": "string::slice", "SUBSTR": "string::slice", "REVERSE": "string::reverse",
	"GROUP_CONCAT": "array::join", "STRING_AGG": "array::join", "ARRAY_AGG": "array::group",
	"COALESCE": "a ?? b", "IFNULL": "a ?? b", "NVL": "a ?? b", "ISNULL": "a ?? b",
	"CAST": "<int>a", "CONVERT": "<int>a",
	"UUID": "rand::uuid()", "GEN_RANDOM_UUID": "rand::uuid()", "RANDOM": "rand()",
	"LAST_INSERT_ID": "RETURN id at the end of the CREATE or INSERT", "EXISTS": "record::exists(id), or count((SELECT …)) > 0",
}

// ParseHint is the hint for a parse error at that place of a text, "" if there is none.
func ParseHint(text string, line, column int, message string) string {
	if line == 0 {
		return ""
	}
	at := OffsetAt(text, line, column)
	before := text[strings.LastIndexByte(text[:at], ';')+1 : at]
	words := words(before)
	last := func(n int) string { // the nth word before the place, from 1
		if n > len(words) {
			return ""
		}
		return words[len(words)-n]
	}
	here := wordAt(text[at:])
	switch {
	case strings.Contains(message, "Invalid function/constant path"):
		return pathHint(text[at:], here, last(1))
	case strings.Contains(message, "Unexpected end of file, expected FROM"):
		return "SELECT needs FROM; a value that comes from no table is asked for by RETURN: RETURN 1 + 1"
	case here != "" && hintAtWord[here] != "" && last(1) != "FROM":
		return hintAtWord[here]
	case (here == "LIMIT" || here == "ORDER" || here == "START") && len(words) > 0 && (words[0] == "UPDATE" || words[0] == "DELETE" || words[0] == "UPSERT"):
		return words[0] + " takes no " + here + ": " + words[0] + " (SELECT VALUE id FROM person ORDER BY … LIMIT 10) …"
	}
	if hint := symbolHint(text[at:], before, message, words); hint != "" {
		return hint
	}
	switch {
	case last(1) == "TOP" || last(1) == "FIRST" && last(2) == "FETCH":
		return "write LIMIT 10"
	case here == "":
		return ""
	}
	start := strings.Join(append(words, here), " ") + " "
	for _, h := range hintAfterWords {
		if strings.HasPrefix(start, h.words+" ") && len(words) <= strings.Count(h.words, " ")+1 &&
			(!mayBeTable[h.words] || strings.Contains(before, h.words)) {
			return h.hint
		}
	}
	return wordHint(here, wordAt(strings.TrimLeft(text[at+len(here):], " \t\r\n")), last)
}

// mayBeTable are beginnings whose last word is as likely a table's name, unless it is
// written in capitals.
var mayBeTable = map[string]bool{"CREATE USER": true, "CREATE VIEW": true, "CREATE SEQUENCE": true, "CREATE SCHEMA": true, "CREATE TRIGGER": true, "CREATE FUNCTION": true}

// symbolHint is for what is no word.
func symbolHint(rest, before, message string, words []string) string {
	begins := func(mark string) bool { return strings.HasPrefix(rest, mark) }
	first, last := "", ""
	if len(words) > 0 {
		first, last = words[0], words[len(words)-1]
	}
	space := strings.TrimRight(before, " \t\r\n")
	switch {
	case begins("?") && strings.Contains(message, "expected an expression"):
		return "placeholders are $1, $2, …; ? is an operator"
	case begins(":") && strings.Contains(message, "expected an expression") && wordAt(rest[1:]) != "":
		return "parameters are written $name, and bound by sql.Named"
	case begins("@") || strings.HasSuffix(before, "@"):
		if wordAt(strings.TrimPrefix(rest, "@")) != "" && !strings.Contains(lastField(before), ":") {
			return "parameters are written $name, and bound by sql.Named"
		}
	case begins(">") && strings.HasSuffix(before, "<"):
		return "<> is != here"
	case strings.HasSuffix(space, "*") && wordAt(rest) == "EXCEPT":
		return "columns are left out by OMIT: SELECT * OMIT password FROM person"
	case begins("~"):
		return noLike
	case begins("*") && strings.HasSuffix(strings.ToUpper(space), "COUNT("):
		return "rows are counted by count(), without a *, and GROUP ALL: SELECT count() FROM person GROUP ALL"
	case begins("*") && first == "DELETE" && last == "DELETE":
		return "DELETE takes no *: DELETE person"
	case begins("{") && (first == "CREATE" || first == "UPDATE" || first == "UPSERT"):
		return "an object is given by CONTENT: " + first + " person CONTENT { … }"
	case begins("{") && first == "INSERT" && !strings.Contains(strings.ToUpper(before), "INTO"):
		return "write INSERT INTO person { … }"
	case begins(",") && len(words) > 0 && strings.Contains(" "+strings.Join(words, " ")+" ", " LIMIT "):
		return "write LIMIT 10 START 20"
	case begins("'") && strings.HasSuffix(before, "'"):
		return `a ' in a string is written \', or the string in "…"`
	case strings.Contains(message, "unexpected character") && strings.Contains(lastField(before), ":"):
		return "a key that is no plain word or number is written in backticks, as in person:`018f-a`, or passed as a surrealsql.RecordID"
	}
	return ""
}

// wordHint is for a word that is known by those around it.
func wordHint(here, next string, last func(int) string) string {
	switch {
	case next == "JOIN" || next == "OUTER":
		return noJoin
	case last(1) == "NOT":
		return "NOT is ! here: !(name = $1)"
	case last(3) == "ALTER" && last(2) == "TABLE" && (here == "ADD" || here == "RENAME" || here == "MODIFY"):
		return "a field is made or changed by DEFINE FIELD OVERWRITE name ON person TYPE string"
	case last(1) == "DISTINCT":
		return "there is no DISTINCT: SELECT name FROM person GROUP BY name"
	case here == "WHEN" && last(1) == "CASE":
		return "there is no CASE: IF a { b } ELSE { c }"
	case here == "VALUES" && last(2) == "CREATE":
		return "write CREATE person SET name = $1, or INSERT INTO person (name) VALUES ($1)"
	case last(2) == "FROM" && (here == "AS" || next == "" || next == "WHERE" || next == "JOIN"):
		return "tables have no other names here: write name, not p.name"
	case (last(1) == "UPSERT" || last(1) == "CREATE" || last(1) == "INTO" && (last(2) == "UPSERT" || last(2) == "CREATE")) && here != "":
		return "INTO is for INSERT only: " + last(2) + " person …"
	case last(1) == "SET" && last(3) == "INTO":
		return "write INSERT INTO person { name: $1 }, or CREATE person SET name = $1"
	case here == "SELECT" && last(3) == "INTO":
		return "write INSERT INTO person (SELECT name FROM pet)"
	}
	return ""
}

// pathHint is for a name that is called and is no function.
func pathHint(rest, here, last string) string {
	switch {
	case here == "VALUES":
		return "write INSERT INTO person (name, age) VALUES ($1, $2), with the fields' names"
	case last == "CREATE" || last == "UPDATE" || last == "UPSERT":
		return "write " + last + " person SET name = $1, or INSERT INTO person (name) VALUES ($1)"
	case hintFunction[here] != "":
		return here + " is here: " + hintFunction[here]
	case strings.HasPrefix(rest[len(here):], "::") && isType[wordAt(rest[len(here)+2:])]:
		return "a cast is written before its value: <" + strings.ToLower(wordAt(rest[len(here)+2:])) + ">" + strings.ToLower(here)
	}
	return ""
}

var isType = map[string]bool{"INT": true, "FLOAT": true, "TEXT": true, "STRING": true, "DECIMAL": true, "DATETIME": true, "UUID": true, "BOOL": true, "BYTES": true}

// wordAt is the word that s begins with, in capitals.
func wordAt(s string) string {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return strings.ToUpper(s[:i])
		}
	}
	return strings.ToUpper(s)
}

// words are the words of s, in capitals. Strings and comments count as if they were
// text: a hint may be missed for them, not misled, since it takes the place as well.
func words(s string) (found []string) {
	for s != "" {
		if w := wordAt(s); w != "" {
			found = append(found, w)
			s = s[len(w):]
			continue
		}
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return found
}

// lastField is what stands before the place without a space.
func lastField(s string) string {
	return s[strings.LastIndexAny(s, " \t\r\n(,")+1:]
}
