package surrealsql

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// Arguments become variables of the request. A named one keeps its name; the
// nth of the others becomes $_n, because `$1` does not lex on the server, and
// `$1` in the text is rewritten to it. The server binds NONE to a name that has
// no value and says nothing, so every mismatch is refused here.

// reserved are the names that cannot be bound: the server protects some and
// gives the others a meaning of their own.
var reserved = []string{
	"access", "auth", "session", "token",
	"after", "before", "event", "input", "parent", "self", "this", "value",
}

// checkVariable refuses names that cannot be a variable's.
func checkVariable(name string) error {
	if slices.Contains(reserved, name) {
		return fmt.Errorf("surrealsql: the name $%s is SurrealDB's own and cannot be bound: choose another one", name)
	}
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return fmt.Errorf("surrealsql: %q cannot be a variable's name: expected letters, digits and _, not beginning with a digit, without the $", name)
		}
	}
	if name == "" {
		return fmt.Errorf("surrealsql: a variable needs a name")
	}
	return nil
}

// checkArgs compares the arguments with what the text asks for.
func checkArgs(q *analysis, args []driver.NamedValue) error {
	given := 0
	for i := range args {
		if args[i].Name == "" {
			given++
		} else if err := checkNamed(q, args, i); err != nil {
			return err
		}
	}
	return checkOrdinals(q, given)
}

func checkNamed(q *analysis, args []driver.NamedValue, i int) error {
	name := args[i].Name
	if err := checkVariable(name); err != nil {
		return err
	}
	for j := range i {
		if args[j].Name == name {
			return fmt.Errorf("surrealsql: argument %q is given twice", name)
		}
	}
	if !slices.Contains(q.Params, name) {
		return fmt.Errorf("surrealsql: argument %q is not used: the text has %s", name, listParams(q))
	}
	return nil
}

func checkOrdinals(q *analysis, given int) error {
	if given > 0 && q.Ordinals == 0 {
		if q.Question >= 0 {
			return fmt.Errorf("surrealsql: %d positional arguments, but `?` (at byte %d) is an operator of SurrealQL: write $1, $2, …", given, q.Question)
		}
		return fmt.Errorf("surrealsql: %d positional arguments, but the text has no $1: it has %s", given, listParams(q))
	}
	if given != q.Ordinals {
		return fmt.Errorf("surrealsql: the text uses $1 to $%d, but %d positional arguments are given", q.Ordinals, given)
	}
	for n := 1; n <= given; n++ {
		if !slices.ContainsFunc(q.Placeholders, func(p surrealql.Placeholder) bool { return p.N == n }) {
			return fmt.Errorf("surrealsql: argument %d is not used: the text has no $%d", n, n)
		}
	}
	return nil
}

func listParams(q *analysis) string {
	if len(q.Params) == 0 {
		return "no parameters"
	}
	return "$" + strings.Join(q.Params, ", $")
}

// checkParams refuses a text with a parameter that has no value anywhere. It
// may still be one of the database's own (DEFINE PARAM), so the server is asked
// which there are, once for each database and name. What a definition stores by
// name needs no value yet: the $user and $pass in the SIGNIN of an access have
// theirs when somebody signs in. A text that says USE may mean parameters of
// another database; they are left to the server.
func (c *Conn) checkParams(ctx context.Context, q *analysis, args []driver.NamedValue) error {
	if len(q.Params) == 0 || slices.ContainsFunc(q.Statements, func(s surrealql.Statement) bool { return s.Kind == surrealql.Use }) {
		return nil
	}
	for _, name := range q.Params {
		if _, set := c.now.variables[name]; set || slices.Contains(q.Stored, name) || slices.ContainsFunc(args, func(a driver.NamedValue) bool { return a.Name == name }) {
			continue
		}
		if !c.connector.params.known(c.now, name) && !c.askParam(ctx, name) {
			return fmt.Errorf("surrealsql: no value for $%s: pass sql.Named(%q, …); the server would take NONE silently", name, name)
		}
	}
	return nil
}

// askParam asks the server whether the database defines $name. Where that
// cannot be found out, as for users who may not see the definitions, the text
// gets the benefit of the doubt.
func (c *Conn) askParam(ctx context.Context, name string) bool {
	if c.now.ns == "" || c.now.db == "" {
		return true
	}
	a := answer{conn: c}
	if err := c.send(ctx, &a.reply, "INFO FOR DB", nil, false); err != nil {
		return !c.rpc.Broken()
	}
	if err := a.parse(false); err != nil || len(a.entries) != 1 || a.entries[0].failed {
		return true
	}
	defined, err := definedParams(a.last().result)
	if err != nil {
		return true
	}
	c.connector.params.learn(c.now, defined)
	return slices.Contains(defined, name)
}

// definedParams reads the keys of `params` in the answer to INFO FOR DB.
func definedParams(info []byte) ([]string, error) {
	var d cbor.Decoder
	d.Reset(info)
	v, err := decodeValue(&d)
	if err != nil {
		return nil, err
	}
	object, _ := v.(map[string]any)
	params, ok := object["params"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("INFO FOR DB tells no params")
	}
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	return names, nil
}

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
				name = "$" + strconv.Itoa(ordinal)
			}
			return b, &unsendable{"argument " + name, args[i].Value, err}
		}
	}
	return b, nil
}

func appendOrdinalName(b []byte, n int) []byte {
	var name [24]byte
	return cbor.AppendText(b, strconv.AppendInt(append(name[:0], '_'), int64(n), 10))
}
