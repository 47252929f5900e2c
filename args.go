package surrealsql

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// Arguments become variables of the request. A named one keeps its name; the
// nth of the others becomes $_n, because `$1` does not lex on the server, and
// `$1` in the text is rewritten to it. The server binds NONE to a name that has
// no value and says nothing, so every mismatch is refused here.

// checkVariable refuses names that cannot be a variable's. The caller's name
// goes before what it says.
func checkVariable(name string) error {
	switch {
	case name == "":
		return errors.New("a variable needs a name")
	case surrealql.IsSpecial(name):
		return fmt.Errorf("the name $%s is SurrealDB's own and cannot be bound: choose another one", name)
	case !isVariable(name):
		return fmt.Errorf("%q cannot be a variable's name: expected letters, digits and _, not beginning with a digit, without the $", name)
	case surrealql.IsOrdinal(name):
		return fmt.Errorf("the name $%s is what the argument $%s is sent as: choose another one", name, name[1:])
	}
	return nil
}

func isVariable(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// few is up to how many arguments are compared one by one, which needs no
// memory.
const few = 16

// checkArgs compares the arguments with what the text asks for.
func checkArgs(q *analysis, args []driver.NamedValue) error {
	ordinals := 0
	var given []bool // by their place in q.Params
	for i := range args {
		name := args[i].Name
		if name == "" {
			ordinals++
			continue
		}
		if err := checkVariable(name); err != nil {
			return fmt.Errorf("surrealsql: %w", err)
		}
		twice := false
		at := q.Param(name)
		switch {
		case len(args) <= few:
			twice = hasArg(args[:i], name)
		case at >= 0:
			if given == nil {
				given = make([]bool, len(q.Params))
			}
			twice, given[at] = given[at], true
		}
		if twice {
			return fmt.Errorf("surrealsql: argument %q is given twice", name)
		}
		if at < 0 {
			return fmt.Errorf("surrealsql: argument %q is not used: the text has %s", name, listParams(q))
		}
	}
	if err := checkOrdinals(q, ordinals); err != nil {
		return err
	}
	return checkKept(q, args)
}

func hasArg(args []driver.NamedValue, name string) bool {
	for i := range args {
		if args[i].Name == name {
			return true
		}
	}
	return false
}

func checkOrdinals(q *analysis, given int) error {
	switch {
	case given > 0 && q.Ordinals == 0 && q.Question >= 0:
		return fmt.Errorf("surrealsql: %s, but `?` (at byte %d) is an operator of SurrealQL: write $1, $2, …", countPositional(given), q.Question)
	case given > 0 && q.Ordinals == 0 && q.Zero >= 0:
		return fmt.Errorf("surrealsql: %s, but the text has no $1: the first one is $1, not %s (at byte %d)", countPositional(given), zeroOf(q), q.Zero)
	case given > 0 && q.Ordinals == 0:
		return fmt.Errorf("surrealsql: %s, but the text has no $1: it has %s", countPositional(given), listParams(q))
	case given != q.Ordinals && q.Zero >= 0:
		return fmt.Errorf("surrealsql: the text uses $1 to $%d, but %s given: the first one is $1, not %s (at byte %d)", q.Ordinals, areGiven(given), zeroOf(q), q.Zero)
	case given != q.Ordinals:
		return fmt.Errorf("surrealsql: the text uses $1 to $%d, but %s given", q.Ordinals, areGiven(given))
	case q.Unused > 0:
		return fmt.Errorf("surrealsql: argument %d is not used: the text has no $%d", q.Unused, q.Unused)
	}
	return nil
}

// zeroOf is the $0 or $01 of a text.
func zeroOf(q *analysis) string {
	rest := q.Text[q.Zero+1:]
	return "$" + rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
}

func countPositional(n int) string {
	if n == 1 {
		return "1 positional argument"
	}
	return strconv.Itoa(n) + " positional arguments"
}

func areGiven(n int) string {
	if n == 1 {
		return "1 positional argument is"
	}
	return countPositional(n) + " are"
}

func listParams(q *analysis) string {
	const most = 20
	switch n := len(q.Params); {
	case n == 0:
		return "no parameters"
	case n > most:
		return "$" + strings.Join(q.Params[:most], ", $") + fmt.Sprintf(" and %d more", n-most)
	}
	return "$" + strings.Join(q.Params, ", $")
}

// checkKept refuses arguments that a definition would keep by their name, to
// mean something else, or nothing, when it is used.
func checkKept(q *analysis, args []driver.NamedValue) error {
	if len(q.Stale) > 0 {
		return fmt.Errorf("surrealsql: a definition keeps $%s by its name, and not the value that the text gives it: %s", q.Stale[0], insteadOfKept)
	}
	if len(q.Kept) == 0 || len(args) == 0 {
		return nil
	}
	names := make(map[string]bool, len(args))
	ordinal := 0
	for i := range args {
		name := args[i].Name
		if name == "" {
			ordinal++
			name = "_" + strconv.Itoa(ordinal)
		}
		names[name] = true
	}
	for _, name := range q.Kept {
		if names[name] {
			return fmt.Errorf("surrealsql: argument $%s stands in what a definition keeps, which would be its name and not its value: %s", strings.TrimPrefix(name, "_"), insteadOfKept)
		}
	}
	return nil
}

const insteadOfKept = "write the value into the text, as surrealsql.Literal renders it, or define it with DEFINE PARAM"

// appendArgs appends the variables of a request: a map.
func appendArgs(b []byte, args []driver.NamedValue, enc encoding) ([]byte, error) {
	b = cbor.AppendMapHeader(b, len(args))
	ordinal := 0
	for i := range args {
		name := args[i].Name
		if name == "" {
			ordinal++
			b = appendOrdinalName(b, ordinal)
		} else {
			b = cbor.AppendText(b, name)
		}
		var err error
		if b, err = appendValue(b, args[i].Value, enc); err != nil {
			if name == "" {
				name = strconv.Itoa(ordinal)
			}
			return b, &unsendable{"argument $" + name, args[i].Value, err}
		}
	}
	return b, nil
}

func appendOrdinalName(b []byte, n int) []byte {
	var name [24]byte
	return cbor.AppendText(b, strconv.AppendInt(append(name[:0], '_'), int64(n), 10))
}
