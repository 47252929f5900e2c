package surrealsql

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// questions are the functions one asks of an error.
var questions = map[string]func(error) bool{
	"conflict": IsConflict, "retryable": IsRetryable, "duplicate": IsDuplicate, "notfound": IsNotFound, "parse": IsParse,
	"timeout": IsTimeout, "auth": IsAuth, "thrown": IsThrown, "connectivity": IsConnectivity,
	"invalid": IsInvalid, "expired": isSessionExpired, "collateral": isCollateral, "nomethod": isUnknownMethod, "notxn": isUnknownTxn,
	"denied": isDeniedMethod, "unknown": func(err error) bool { return errors.Is(err, ErrOutcomeUnknown) },
}

// yesTo lists the questions that are answered with yes.
func yesTo(err error) (answered []string) {
	for name, is := range questions {
		if is(err) {
			answered = append(answered, name)
		}
	}
	slices.Sort(answered)
	return answered
}

// detailsOf builds what 3.x sends: {kind, details: {kind, details: …}}.
func detailsOf(kinds ...string) any {
	var d any = map[string]any{"name": "x"}
	for _, kind := range slices.Backward(kinds) {
		d = map[string]any{"kind": kind, "details": d}
	}
	return d
}

func TestServerErrorsAnswerTheirQuestions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from    string // where the answer was seen
		code    int64
		kind    string
		details any
		message string
		want    []string
	}{
		// Conflicts.
		{"3.0.2 commit", -32000, "Internal", nil, "Transaction conflict: Write conflict, retry the transaction. This transaction can be retried", []string{"conflict", "retryable"}},
		{"3.0.2 BEGIN … COMMIT", 0, "Internal", nil, "Query not executed: Transaction conflict: Write conflict, retry the transaction. This transaction can be retried", []string{"conflict", "retryable"}},
		{"3.0.5 statement (source)", 0, "Query", detailsOf("NotExecuted"), "Transaction conflict: Resource busy. This transaction can be retried", []string{"conflict", "retryable"}},
		{"3.0.5 (source)", 0, "Query", detailsOf("TransactionConflict"), "anything", []string{"conflict", "retryable"}},
		{"3.0.5 (source)", -32009, "Query", "TransactionConflict", "anything", []string{"conflict", "retryable"}},
		{"2.6.5 (source)", 0, "", nil, "The query was not executed due to a failed transaction. Failed to commit transaction due to a read or write conflict. This transaction can be retried", []string{"conflict", "retryable"}},
		{"2.6.5 RPC (source)", -32000, "", nil, "There was a problem with the database: Failed to commit transaction due to a read or write conflict. This transaction can be retried", []string{"conflict", "retryable"}},
		{"3.3.5 BEGIN … COMMIT (source)", 0, "Query", detailsOf("TransactionConflict"), "Cannot COMMIT: Transaction conflict: Write conflict. This transaction can be retried", []string{"conflict", "retryable"}},
		{"3.3.5 (source)", 0, "Internal", nil, "There was a problem with the datastore: Transaction conflict: x. This transaction can be retried", []string{"conflict", "retryable"}},
		{"3.3.5 (source)", 0, "Internal", nil, "The sequence was redefined or removed while a value was being allocated from it. This transaction can be retried", []string{"conflict", "retryable"}},
		// A user's words at the end of a message are none of the server's.
		{"3.3.5", 0, "Internal", nil, "Problem with embedded script function. An exception occurred: This transaction can be retried\n", nil},
		{"3.3.5", 0, "Internal", nil, "Problem with embedded script function. An exception occurred: Transaction conflict: x. This transaction can be retried\n", nil},
		{"3.3.5", 0, "Internal", nil, "Cannot execute statement using value: This transaction can be retried", []string{"invalid"}},
		{"3.3.5", 0, "Internal", nil, "Incorrect arguments for function f(). This transaction can be retried", []string{"invalid"}},
		// What became of the commit is not known to the server itself.
		{"3.3.5 (source)", -32000, "Internal", nil, "The transaction's commit outcome is unknown; it may or may not have been applied: disk", []string{"unknown"}},
		{"3.3.5 (source)", 0, "Query", nil, "Cannot COMMIT: The transaction's commit outcome is unknown; it may or may not have been applied: 'x does not exist", []string{"unknown"}},
		{"3.3.5 (source)", 0, "Query", nil, "The transaction's commit outcome is unknown, so whether this query was applied is undetermined", []string{"unknown"}},
		// Within an event or a clause 3.x forgets the kind.
		{"3.3.5", 0, "Internal", nil, "Error while processing event e: An error occurred: The table 'x' does not exist", []string{"thrown"}},
		{"3.3.5", 0, "Internal", nil, "Error while processing event e: Error while processing event f: Could not cast into `int` using input `'x'`", []string{"invalid"}},
		{"3.3.5", 0, "Internal", nil, "Error while processing event e: Database record `a:1` already exists", []string{"duplicate"}},
		{"3.3.5", 0, "Internal", nil, "Failed to evaluate LIMIT/START: Could not cast into `int` using input `'x'`", []string{"invalid"}},
		{"3.3.5", 0, "Internal", nil, "Invalid range: Expected `int` but found `'x'` when coercing an element of `range<int>`", []string{"invalid"}},
		// Duplicates.
		{"3.0.2", 0, "AlreadyExists", detailsOf("Record"), "Database record `p:1` already exists", []string{"duplicate"}},
		{"2.6.5 (source)", 0, "", nil, "Database record `p:1` already exists", []string{"duplicate"}},
		{"3.0.2", 0, "Internal", nil, "Database index `i` already contains 'a', with record `p:2`", []string{"duplicate"}},
		{"3.0.2", 0, "AlreadyExists", detailsOf("Table"), "The table 'p' already exists", []string{"duplicate"}},
		{"3.0.2", 0, "Internal", nil, "The field 'x' already exists", []string{"duplicate"}},
		{"3.0.5 (source)", 0, "Internal", nil, "The user 'u' already exists in the database 'd'", []string{"duplicate"}},
		{"3.0.5 (source)", 0, "Internal", nil, "Database index `i` is currently building", nil},
		{"3.0.5 (source)", -32000, "AlreadyExists", detailsOf("Session"), "Session already exists: x", nil},
		// Parse errors.
		{"3.0.2", -32000, "Validation", nil, "Parse error: Unexpected token `;`, expected FROM\n --> [1:32]\n  |\n1 | SELECT FROM;\n  |            ^\n", []string{"parse"}},
		{"2.6.5 (source)", -32000, "", nil, "There was a problem with the database: Parse error: Unexpected token `;`, expected FROM\n --> [1:12]\n", []string{"parse"}},
		{"a request the server cannot read", -32700, "Validation", detailsOf("Parse"), "Parse error", nil},
		// Timeouts.
		{"3.0.2", 0, "Query", detailsOf("TimedOut"), "The query was not executed because it exceeded the timeout: 1ms", []string{"timeout"}},
		{"2.6.5 (source)", 0, "", nil, "The query was not executed because it exceeded the timeout", []string{"timeout"}},
		{"3.0.5 (source)", 0, "Internal", nil, "The transaction was not completed because it exceeded the timeout: 1s", []string{"timeout"}},
		// Not found.
		{"3.0.2", 0, "NotFound", detailsOf("Table"), "The table 'nope' does not exist", []string{"notfound"}},
		{"2.6.5 (source)", 0, "", nil, "The table 'nope' does not exist", []string{"notfound"}},
		{"3.0.2", 0, "Internal", nil, "The field 'zzz' does not exist", []string{"notfound"}},
		{"3.0.2", 0, "Internal", nil, "Function 'fn::nope' not found: The function 'fn::nope' does not exist", []string{"notfound"}},
		{"3.0.5 (source)", 0, "Internal", nil, "The access method 'a' does not exist in the database 'd'", []string{"notfound"}},
		{"3.0.5 (source)", 0, "Internal", nil, "The access grant 'g' does not exist for 'a' in the namespace 'n'", []string{"notfound"}},
		{"3.0.2", -32601, "NotFound", detailsOf("Method"), "Method not found", []string{"nomethod"}},
		{"2.6.5 (source)", -32601, "", nil, "Method not found", []string{"nomethod"}},
		{"3.0.2", -32000, "NotFound", detailsOf("Session"), "Session not found: x", nil},
		{"3.0.2", -32603, "Validation", "InvalidParams", "Transaction not found", []string{"notxn"}},
		{"3.0.5 (source)", -32000, "NotFound", "Transaction", "Transaction not found", []string{"notxn"}},
		{"3.0.2", -32000, "NotFound", detailsOf("Table"), "The table 'Method not found' does not exist", []string{"notfound"}},
		{"3.0.2", -32602, "NotAllowed", detailsOf("Method"), "Method not allowed", []string{"denied"}},
		{"2.6.5 (source)", -32602, "", nil, "Method not allowed", []string{"denied"}},
		{"3.0.2", 0, "Thrown", nil, "Method not allowed", []string{"thrown"}},
		// Authentication.
		{"3.0.2", -32002, "NotAllowed", detailsOf("Auth", "InvalidAuth"), "There was a problem with authentication", []string{"auth"}},
		{"3.0.2", -32002, "NotAllowed", detailsOf("Auth", "MissingUserOrPass"), "Username or Password was not provided", []string{"auth"}},
		{"3.0.2", 0, "NotAllowed", detailsOf("Auth", "NotAllowed"), "IAM error: Not enough permissions to perform this action", []string{"auth"}},
		{"3.0.2", -32000, "Internal", nil, "The access method does not exist", []string{"auth"}},
		{"3.0.2", -32000, "Internal", nil, "InvalidToken", []string{"auth"}},
		{"3.0.2", -32000, "Internal", nil, "No record was returned", []string{"auth"}},
		{"3.0.5 (source)", -32000, "NotFound", nil, "No record was returned", []string{"auth", "notfound"}},
		{"3.0.2", -32000, "Internal", nil, "The record access signin query failed", []string{"auth"}},
		{"3.0.5 (source)", -32000, "Query", nil, "The record access signin query failed", []string{"auth"}},
		{"3.0.2", -32000, "Internal", nil, "This record access method does not allow signin", []string{"auth"}},
		{"3.0.2", -32000, "Internal", nil, "This bearer access method requires a key to be provided", []string{"auth"}},
		{"2.6.5 (source)", -32000, "", nil, "There was a problem with the database: There was a problem with authentication", []string{"auth"}},
		{"2.6.5 (source)", 0, "", nil, "IAM error: Not enough permissions to perform this action", []string{"auth"}},
		{"3.0.2", -32000, "NotAllowed", detailsOf("Auth", "SessionExpired"), "The session has expired", []string{"auth", "expired"}},
		{"3.0.2", -32002, "NotAllowed", detailsOf("Auth", "TokenExpired"), "The token has expired", []string{"auth", "expired"}},
		{"2.6.5 (source)", -32000, "", nil, "There was a problem with the database: The session has expired", []string{"auth", "expired"}},
		{"3.0.5 (source)", -32602, "NotAllowed", detailsOf("Function"), "Function 'x' is not allowed to be executed", nil},
		// Thrown: a user's words, whatever they are.
		{"3.0.2", 0, "Thrown", nil, "An error occurred: boom", []string{"thrown"}},
		{"3.0.2", 0, "Thrown", nil, "An error occurred: This transaction can be retried", []string{"thrown"}},
		{"2.6.5 (source)", 0, "", nil, "An error occurred: This transaction can be retried", []string{"thrown"}},
		{"2.6.5 RPC (source)", -32000, "", nil, "There was a problem with the database: An error occurred: x", []string{"thrown"}},
		// Collateral.
		{"3.0.2", 0, "Query", "NotExecuted", "The query was not executed due to a failed transaction", []string{"collateral"}},
		{"3.0.2", 0, "Query", detailsOf("Cancelled"), "The query was not executed due to a cancelled transaction", []string{"collateral"}},
		{"2.6.5 (source)", 0, "", nil, "The query was not executed due to a failed transaction", []string{"collateral"}},
		{"2.6.5 (source)", 0, "", nil, "The query was not executed due to a failed transaction. Missing COMMIT statement", nil},
		// Others, with users' values inside.
		{"3.0.2", 0, "Internal", nil, "Couldn't coerce value for field `x` of `p:77`: Expected `int` but found `'This transaction can be retried'`", []string{"invalid"}},
		{"3.0.2", 0, "Internal", nil, "Found 'The table \\'x\\' does not exist' for field `x`, with record `p:1`, but field must conform to: false", []string{"invalid"}},
		{"3.0.2", 0, "Validation", nil, "Cannot perform subtraction with 'a' and '1'", []string{"invalid"}},
		// Invalid data.
		{"4.0.0-beta.1", 0, "Validation", detailsOf("InvalidRequest"), "Couldn't coerce value for field `n` of `s:1`: Expected `none | int` but found `'x'`", []string{"invalid"}},
		{"4.0.0-beta.1 (source)", 0, "Validation", detailsOf("InvalidRequest"), "Couldn't coerce value for the record id component `time` of `reading`: Expected `datetime` but found `1`", []string{"invalid"}},
		{"4.0.0-beta.1 (source)", 0, "Validation", detailsOf("InvalidRequest"), "Found 'Paris' for the `city` field, but it is part of the record id of `reading` and does not match it", []string{"invalid"}},
		{"4.0.0-beta.1 (source)", 0, "Validation", detailsOf("InvalidRequest"), "The record id of `reading` has the components [city, time], but 1 value was given", []string{"invalid"}},
		{"4.0.0-beta.1 (source)", 0, "Validation", detailsOf("InvalidRequest"), "Cannot create a record in `reading` without the record id component `city`: set `city`, give the record id, or define a DEFAULT on the `id` field", []string{"invalid"}},
		{"4.0.0-beta.1 (source)", 0, "Validation", detailsOf("InvalidRequest"), "Cannot change the `in` or `out` endpoint of an existing edge", []string{"invalid"}},
		{"4.0.0-beta.1 (source)", 0, "Validation", detailsOf("InvalidRequest"), "Cannot delete `p:1` as it is referenced by another record with an ON DELETE REJECT clause", []string{"invalid"}},
		{"4.0.0-beta.1 (source)", 0, "Validation", detailsOf("InvalidRequest"), "Database index `i` already contains a conflicting value in another record", []string{"duplicate"}},
		{"4.0.0-beta.1 (source)", 0, "Validation", nil, "The value is nested too deeply. A value may be nested at most 256 levels; reduce the nesting or split the data across records", []string{"invalid"}},
		{"4.0.0-beta.1 (source)", 0, "Internal", nil, "Found x but the LIMIT clause must evaluate to a positive integer", []string{"invalid"}},
		{"4.0.0-beta.1 (source)", 0, "Validation", detailsOf("InvalidRequest"), "Cannot define field `a.b`: the field `a` it is nested in is not defined. Define `a` first", nil},
		{"3.3.5 (source)", 0, "Internal", nil, "Found 5 for the `in` field, which does not match the existing field value", []string{"invalid"}},
		{"3.3.5", 0, "Internal", nil, "Cannot generate a record id of type `int` for the `uu` table; specify an explicit record id, or declare the `id` field as `uuid` or `string` to auto-generate one.", []string{"invalid"}},
		{"3.3.5", 0, "Internal", nil, "Found 1.5f for the Record ID but this is not a valid id", []string{"invalid"}},
		{"3.0.2", 0, "Validation", map[string]any{"kind": "InvalidContent", "details": map[string]any{"value": "'x'"}}, "Cannot use 'x' in a CONTENT clause", []string{"invalid"}},
		{"3.0.2", 0, "NotFound", detailsOf("Record"), "The record 'person:77' does not exist", []string{"invalid", "notfound"}},
		{"3.0.2", 0, "Internal", nil, "Incorrect arguments for function string::len(). Expected 1 argument", nil},
		{"a code alone says nothing", -32002, "Internal", nil, "something", nil},
		{"an unknown kind is not guessed at", 0, "Fancy", nil, "The table 'x' does not exist", nil},
	} {
		err := newError(c.code, c.kind, c.message, c.details)
		require.Zero(t, err.Statement)
		for _, e := range []error{err, fmt.Errorf("wrapped: %w", err), errors.Join(errors.New("first"), err)} {
			require.Equal(t, c.want, yesTo(e), "%s: %s", c.from, c.message)
		}
	}
}

// Who sees "retry" must not see "the data is wrong", too.
func TestAConflictIsOfNoOtherClass(t *testing.T) {
	t.Parallel()
	for _, r := range textRules {
		if r.class&classConflict != 0 {
			require.Equal(t, classConflict, r.class)
		}
	}
}

func TestNilAndForeignErrorsAnswerNo(t *testing.T) {
	t.Parallel()
	for _, err := range []error{nil, errors.New("This transaction can be retried"), ErrReadOnly} {
		require.Empty(t, yesTo(err))
	}
}

func TestTheCauseOfAnErrorIsAskedToo(t *testing.T) {
	t.Parallel()
	err := newError(-32000, "Internal", "commit failed", nil)
	require.NoError(t, errors.Unwrap(err))
	err.Cause = newError(0, "Query", "", detailsOf("TransactionConflict"))
	require.True(t, IsConflict(err))
}

func TestHostileDetailsAreNoTrouble(t *testing.T) {
	t.Parallel()
	loop := map[string]any{"kind": "Auth"}
	loop["details"] = loop
	for _, d := range []any{loop, map[string]any{}, map[string]any{"kind": 1}, []any{1}, 7, map[string]any{"kind": "x", "details": nil}} {
		require.NotPanics(t, func() { yesTo(newError(0, "Query", "", d)) })
	}
}

// The drawings are the engine's, 3.0.2.
func TestParseErrorsSayWhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		message      string
		line, column int
		snippet      string
		text         string
	}{
		{"Parse error: Unexpected token `an identifier`, expected Eof\n --> [1:14]\n  |\n1 | SELEC * FROM x\n  |              ^\n",
			1, 14, "1 | SELEC * FROM x\n  |              ^",
			"surrealdb: Parse error: Unexpected token `an identifier`, expected Eof (line 1, column 14)"},
		{"Parse error: Unexpected token `$`, expected an expression\n  --> [11:9]\n   |\n11 | SELECT $1;\n   |        ^\n",
			11, 9, "11 | SELECT $1;\n   |        ^",
			"surrealdb: Parse error: Unexpected token `$`, expected an expression (line 11, column 9)"},
		{"Parse error: Unexpected token `;` expected delimiter `|`\n --> [1:15]\n  |\n1 | CREATE |p:1..4;\n  |               ^\n --> [1:8]\n  |\n1 | CREATE |p:1..4;\n  |        ^ expected this delimiter to close\n",
			1, 15, "1 | CREATE |p:1..4;\n  |               ^\n --> [1:8]\n  |\n1 | CREATE |p:1..4;\n  |        ^ expected this delimiter to close",
			"surrealdb: Parse error: Unexpected token `;` expected delimiter `|` (line 1, column 15)"},
		{"Parse error: - first\ncaused by:\n    - third\n --> [2:3]\n  |\n2 | x\n  | ^\n",
			2, 3, "2 | x\n  | ^", "surrealdb: Parse error: first (line 2, column 3)"},
		{"There was a problem with the database: Parse error: a --> [9:9]\n --> [2:3]\n",
			2, 3, "", "surrealdb: There was a problem with the database: Parse error: a --> [9:9] (line 2, column 3)"},
		{"Parse error: no place", 0, 0, "", "surrealdb: Parse error: no place"},
		{"Parse error: x\n --> [0:1]\n", 0, 0, "", "surrealdb: Parse error: x"},
		{"Parse error: x\n --> [a:b]\n", 0, 0, "", "surrealdb: Parse error: x"},
		{"Parse error: x\n --> [1]\n", 0, 0, "", "surrealdb: Parse error: x"},
		{"Parse error: x\n --> [99999999999999999999:1]\n", 0, 0, "", "surrealdb: Parse error: x"},
		{"Parse error: x\n --> [1:", 0, 0, "", "surrealdb: Parse error: x"},
	} {
		err := newError(-32000, "Validation", c.message, nil)
		if c.text[:20] == "surrealdb: There was" {
			err = newError(-32000, "", c.message, nil)
		}
		require.Equal(t, c.line, err.Line, c.message)
		require.Equal(t, c.column, err.Column, c.message)
		require.Equal(t, c.snippet, err.Snippet, c.message)
		require.EqualError(t, err, c.text)
	}
}

func TestErrorsOfLaterStatementsSayWhich(t *testing.T) {
	t.Parallel()
	err := newError(0, "Thrown", "An error occurred: a\nb", nil)
	require.EqualError(t, err, "surrealdb: An error occurred: a")
	err.Statement = 1
	require.EqualError(t, err, "surrealdb: An error occurred: a")
	err.Statement = 3
	require.EqualError(t, err, "surrealdb: statement 3: An error occurred: a")
	require.Equal(t, "An error occurred: a\nb", err.Message)
	require.Zero(t, err.Line)
}

func FuzzParseErrorMessages(f *testing.F) {
	f.Add("Internal", "Parse error: x\n --> [1:2]\n  |\n1 | x\n  | ^\n")
	f.Add("", "There was a problem with the database: Query not executed: ")
	f.Fuzz(func(t *testing.T, kind, message string) {
		err := newError(0, kind, message, message)
		yesTo(err)
		require.NotContains(t, err.Error(), "\n")
		require.Equal(t, err.Line > 0, err.Column > 0)
	})
}
