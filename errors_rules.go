package surrealsql

import (
	"strings"

	"github.com/surrealsql/surrealsql/internal/errtext"
)

// textRule is the form of a server's message, what class of error it tells of where its
// kind does not say, and what its places hold: {table}, {field}, {index}, {param},
// {type} and {name} are names of the schema or the text, {record} is a record id,
// {value} a user's value as SurrealQL writes it, {hidden} one in another form, {check}
// and {text} may have values in them.
type textRule struct {
	form  *errtext.Pattern
	class errorClass
}

// textRules are tried in order. The texts are those of 2.6.5, 3.0.2, 3.0.5, 3.3.5 and
// 4.0.0-beta.1, of which the first and third were read in the source.
var textRules = compileRules([]ruleText{
	{"An error occurred: {hidden}", classThrown},
	{errtext.ParsePrefix + "{parse}", classParse},
	// All of the text: a user's words may end like this, too. The first is for errors that a
	// test makes up.
	{"This transaction can be retried", classConflict},
	{"Transaction conflict: {hidden}. This transaction can be retried", classConflict},
	{"Failed to commit transaction due to a read or write conflict. This transaction can be retried", classConflict}, // 2.x
	{"The sequence was redefined or removed while a value was being allocated from it. This transaction can be retried", classConflict},
	{"The transaction's commit outcome is unknown; it may or may not have been applied: {hidden}", classUnknown},
	{"The transaction's commit outcome is unknown, so whether this query was applied is undetermined", classUnknown},
	// After it come a script's own words, which may be those of any message.
	{"Problem with embedded script function. {hidden}", 0},

	{"Database index `{index}` already contains {value}, with record `{record}`", classDuplicate},
	{"Database index `{index}` already contains {value}", classDuplicate}, // 4.0, where the record may not be seen
	{"Database record `{record}` already exists", classDuplicate},
	{"The access method does not exist", classAuth}, // at sign-in; elsewhere it is named
	{"The access method cannot be used in the requested operation", classAuth},
	{"The table '{table}' already exists", classDuplicate},
	{"The {name} already exists", classDuplicate},
	{"The {name}' already exists in the {name}'", classDuplicate},
	{"The record '{record}' does not exist", classNotFound | classInvalid}, // an end that an ENFORCED relation wants
	{"The table '{table}' does not exist", classNotFound},
	{"The {name} does not exist", classNotFound},
	{"The {name}' does not exist in the {name}'", classNotFound},
	{"The access grant '{name}' does not exist for '{name}'", classNotFound},
	{"Function '{name}' not found: {name} does not exist", classNotFound},

	{"The query was not executed because it exceeded the timeout{hidden}", classTimeout},
	{"The transaction timed out: {hidden}", classTimeout}, // a block, 3.3
	{"The transaction was not completed because it exceeded the timeout{hidden}", classTimeout},

	{"The session has expired{text}", classAuth | classExpired},
	{"The token has expired{text}", classAuth | classExpired},
	{"There was a problem with authentication{text}", classAuth},
	{"There was an unexpected error while performing authentication{text}", classAuth},
	{"IAM error: {text}", classAuth},
	{"Not enough permissions to perform this action{text}", classAuth},
	{"You don't have permission to {text}", classAuth},
	{"InvalidToken{hidden}", classAuth}, // 3.0.2 to a token that is none, as the next three
	{"Base64 error: {hidden}", classAuth},
	{"JSON error: {hidden}", classAuth},
	{"Utf8 error: {hidden}", classAuth},
	{"Username or Password was not provided{text}", classAuth},
	{"The password did not verify{text}", classAuth},
	{"No signin target to {text}", classAuth},
	{"No record was returned{text}", classAuth}, // of SIGNIN: kind Internal on 3.0.2, NotFound in the source after 3.0.5
	{"The record access signin query failed{text}", classAuth},
	{"The signin query failed{text}", classAuth},
	{"This record access method does not allow sign{text}", classAuth},
	{"This bearer access {text}", classAuth},
	{"This access grant {text}", classAuth},

	// Data that a field, a table or a function does not take.
	{"Found {value} for field `{field}`, with record `{record}`, but field must conform to: {check}", classInvalid},
	{"Found {value} for field `{field}`, with record `{record}`, but expected a {type}", classInvalid}, // 2.6.0
	{"Found changed value for field `{field}`, with record `{record}`, but field is readonly", classInvalid},
	{"Found field '{field}', but no such field exists for table '{table}'", classInvalid},
	{"Couldn't coerce value for field `{field}` of `{record}`: {coerce}", classInvalid},
	{"Couldn't coerce value for the record id component `{field}` of `{table}`: {coerce}", classInvalid}, // 4.0
	{"Tried to set `{param}`, but couldn't coerce value: {coerce}", classInvalid},
	{"Couldn't coerce return value from function `{name}`: {coerce}", classInvalid},
	{"Incorrect arguments for function {name}(). Argument {position} was the wrong type. {coerce}", classInvalid},
	{"Incorrect arguments for method {name}(). Argument {position} was the wrong type. {coerce}", classInvalid},
	{"Incorrect arguments for function {name}(). Failed to coerce argument `{param}`: {coerce}", classInvalid},
	{"Incorrect arguments for function {name}(). Expected a value of type '{type}' for argument {param}", classInvalid},
	// Too many or too few are the text's fault, not the data's.
	{"Incorrect arguments for function {name}(). Expected {position} argument", 0},
	{"Incorrect arguments for function {name}(). Expected {position} arguments", 0},
	{"Incorrect arguments for function {name}(). The function expects {position} argument", 0},
	{"Incorrect arguments for function {name}(). The function expects {position} arguments", 0},
	{"Incorrect arguments for method {name}(). Expected {position} argument", 0},
	{"Incorrect arguments for method {name}(). Expected {position} arguments", 0},
	// Some have the argument without quotes in them, or in quotes that it may have, too:
	// object::remove, time::format.
	{"Incorrect arguments for function {name}(). {hidden}", classInvalid},
	{"Incorrect arguments for method {name}(). {hidden}", classInvalid},
	{"Function '{name}' expects a {type} argument, got: {type}", classInvalid},
	{"Unable to set datetime to {hidden}", classInvalid},
	{"Invalid field path '{hidden}': Parse error: {hidden}", classInvalid}, // type::field, type::fields
	{"Invalid timeout value", classInvalid},
	{"The string could not be parsed into a bytesize", classInvalid},
	{"The string could not be parsed into a path: {hidden}", classInvalid},
	{"Expected object, got {type}", classInvalid}, // the functions of api
	{"A duration can only be divided by a {text}", classInvalid},
	{"Cannot multiply a duration with a {text}", classInvalid},
	{"Resulting duration {text}", classInvalid},
	{"{coerce}", classInvalid},
	{"Casting range `{value}` to an array would create an array larger then the max allocation limit", classInvalid},
	{"Cannot perform {name} with '{hidden}' and '{hidden}'", classInvalid},
	{"Cannot raise the value '{hidden}' with '{hidden}'", classInvalid},
	{"Cannot negate the value '{hidden}'", classInvalid},
	{"Cannot extend '{hidden}' as it is not an array", classInvalid},
	{"Cannot convert from '{hidden}' to '{type}'", classInvalid},
	{`Failed to compute: "{hidden}", as the operation results in {text}`, classInvalid},
	{"Timestamp arithmetic error: {hidden}", classInvalid},
	{"Invalid regular expression: {value}", classInvalid},
	{"The URL `{hidden}` is invalid", classInvalid},
	{"Incorrect vector dimension ({hidden}). Expected a vector of {hidden} dimension", classInvalid},
	{"The value cannot be converted to a vector: {hidden}", classInvalid},
	{"Unable to compute distance.{hidden}", classInvalid},
	{"Invalid query: The KNN query vector must be {hidden}", classInvalid},
	{"Found {hidden} but the {name} clause must evaluate to a positive integer", classInvalid},
	{"LIMIT/START must be {hidden}", classInvalid}, // this and the next two: 3.x
	{"LIMIT must be {hidden}", classInvalid},
	{"START must be {hidden}", classInvalid},
	{"Found {value} on FETCH CLAUSE, but FETCH expects an idiom, a string or fields", classInvalid},
	{"Found {hidden} for bound but expected {hidden}", classInvalid},

	// Data that makes no record, or no such one.
	{"Cannot execute {statement} statement where property '{field}' is: {value}", classInvalid},
	{"Cannot execute KILL statement using id: {hidden}", classInvalid},
	{"Cannot execute {statement} statement using value: {value}", classInvalid},
	{"Cannot execute statement using value: {hidden}", classInvalid},
	{"Cannot use {value} in a CONTENT clause", classInvalid},
	{"Cannot use {value} in a MERGE clause", classInvalid},
	{"The JSON Patch contains invalid operations. {hidden}", classInvalid},
	{"Given test operation failed for JSON Patch. Expected {hidden}, but got {hidden} instead", classInvalid},
	{"Found {value} for the Record ID but this is not a valid {name}", classInvalid},
	{"Found {value} for the `{field}` field, but a specific record has been specified", classInvalid},
	{"Found {value} for the `{field}` field, which does not match the existing field value", classInvalid},
	{"Found {value} for the `{field}` field, but it is part of the record id of `{table}` and does not match it", classInvalid}, // 4.0
	{"Cannot create a record in `{table}` without the record id component `{field}`: {text}", classInvalid},                     // 4.0
	{"The record id of `{table}` has the components {text}, but {hidden} given", classInvalid},                                  // 4.0
	{"Cannot change the `in` or `out` endpoint of an existing edge", classInvalid},                                              // 4.0
	{"Cannot change the `{field}` endpoint of an existing edge", classInvalid},                                                  // 4.0
	{"Cannot generate a record id of type `{type}` for the `{table}` table; {text}", classInvalid},
	{"Found record: `{record}` which is a relation, but expected a {type}", classInvalid},
	{"Found record: `{record}` which is not a relation, but expected a {type}", classInvalid},
	{"Cannot delete `{record}` as it is referenced by `{record}` with an ON DELETE REJECT clause", classInvalid},
	{"Cannot delete `{record}` as it is referenced by another record with an ON DELETE REJECT clause", classInvalid}, // 4.0, where it may not be seen
	{"Found {value} in a record id or an indexed value, but an object there cannot have an empty field name", classInvalid},
	{"The value is nested too deeply. {text}", classInvalid},

	// Of no class, but with nothing in them that must not be seen.
	{"Specify a namespace to use", 0},
	{"Specify a database to use", 0},
	{"Expected a single result output when using the ONLY keyword", 0},
	{"Cannot write to the `{table}` table, as it is a view{text}", 0},
	{"Cannot define field `{field}`: {text}", 0}, // this and the next three: 4.0
	{"Cannot change field `{field}` of table `{table}`: {text}", 0},
	{"Cannot migrate field `{field}` of table `{table}`: {text}", 0},
	{"The {name} clause must not have effects: {text}", 0},
	{"There was a problem running the {name}() function. {hidden}", 0},
	{"Function '{name}' is not allowed to be executed", 0},
	{collateralFailed, classCollateral},
	{"The query was not executed due to a cancelled transaction", classCollateral},
	{"Method not found", classNoMethod},
	{"Method not allowed", classDenied},
	{"Transaction not found{hidden}", classNoTxn},
	{"Too many open transactions", 0},
	{"Too many concurrent streaming queries", 0},
	{"Transaction exceeded the maximum number of key writes ({position}). {text}", 0},
	{"Transaction range operation exceeded the maximum key count of {position}", 0},
	{"The query was not executed due to the memory threshold being reached", 0},
	{"Reached excessive computation depth due to functions, subqueries, or computed values", 0},
	{"Exceeded the idiom recursion limit of {position}", 0},
	{"The server is gracefully shutting down", classTurnedAway},
	{"The server is unable to handle the request", classTurnedAway},
	// Of `begin` alone in 3.3.5, of any request in flight in versions before it (source).
	{"The request was cancelled because the WebSocket is closing", classUnknown},
})

// coercions are the endings that {coerce} stands for.
var coercions = []string{
	"Expected `{type}` but found `{value}` when coercing {where}",
	"Expected `{type}` but found `{value}`",
	"Expected `{type}` but found a collection of length `{length}`{where}",
	"Could not cast into `{type}` using input `{value}` when casting {where}",
	"Could not cast into `{type}` using input `{value}` when coercing {where}", // 3.0.2
	"Could not cast into `{type}` using input `{value}`",
}

// collateralFailed is the error of a statement whose neighbour in the transaction failed:
// that one is the root. With more after it, as in "… Missing COMMIT statement", the
// text is the root's (2.6.5).
const collateralFailed = "The query was not executed due to a failed transaction"

// wrappers are what servers put before another error's text, whose class and parts count:
// the first two at RPC level on 2.x, the next three where a commit fails, the others on
// 3.x, which forgets the kind then.
var wrappers = compileWrappers(
	"There was a problem with the database: ",
	"There was a problem with the key-value store: ",
	"Query not executed: ",
	"Cannot COMMIT: ",
	collateralFailed+". ",
	"There was a problem with the datastore: ",
	"There was a problem with a transaction: ",
	"Error while processing event {name}: ",
	"Failed to evaluate LIMIT/START: ",
	"Failed to evaluate LIMIT: ",
	"Failed to evaluate START: ",
	"Failed to evaluate predicate: ",
	"Failed to check permission: ",
	"Invalid range: ",
)

func compileWrappers(texts ...string) (forms []*errtext.Pattern) {
	for _, text := range texts {
		forms = append(forms, errtext.Compile(text+"{rest}"))
	}
	return forms
}

// bareText is the message without its wrappers and the point at its end.
func bareText(message string) string {
	for i := 0; i < len(wrappers); i++ {
		if m, ok := wrappers[i].Match(message, false); ok {
			message, i = m.Part("rest"), -1
		}
	}
	return strings.TrimSuffix(message, ".")
}

type ruleText struct {
	text  string
	class errorClass
}

func compileRules(texts []ruleText) (rules []textRule) {
	for _, t := range texts {
		before, _, coerces := strings.Cut(t.text, "{coerce}")
		if !coerces {
			rules = append(rules, textRule{errtext.Compile(t.text), t.class})
			continue
		}
		for _, c := range coercions {
			rules = append(rules, textRule{errtext.Compile(before + c), t.class})
		}
	}
	return rules
}

// ruleOf is the rule of a message and what of the message it fits; the zero rule if
// there is none.
func ruleOf(message string) (textRule, errtext.Match) {
	text := bareText(message)
	for _, sure := range []bool{true, false} {
		for _, r := range textRules {
			if m, ok := r.form.Match(text, sure); ok {
				return r, m
			}
		}
	}
	return textRule{}, errtext.Match{}
}

// readParts fills what the message names.
func (e *Error) readParts(m errtext.Match) {
	if !m.Sure {
		return
	}
	e.Record, e.Value = m.Part("record"), m.Part("value")
	e.Table, e.Field = errtext.Unquote(m.Part("table")), errtext.Unquote(m.Part("field"))
	if e.Table == "" {
		e.Table = errtext.Table(e.Record)
	}
}

// withoutValues is the message with an ellipsis for each value, "" for a message whose
// form is not known: there is no telling then what in it is a value.
func (e *Error) withoutValues() string {
	if e.Kind == "Thrown" {
		return "" // whatever its form: a user wrote it
	}
	rule, m := ruleOf(e.Message)
	if rule.form == nil {
		return ""
	}
	return m.Render(func(place, part string) string {
		if !m.Sure {
			return "…"
		}
		switch place {
		case "table", "field", "index", "param", "name", "statement", "position":
			return part
		case "record":
			if table := errtext.Table(part); table != "" {
				return table + ":…"
			}
		case "check", "text", "type":
			return errtext.Blank(part)
		case "parse":
			return errtext.Headline(strings.TrimPrefix(part, "- "))
		case "where":
			if part == "" {
				return ""
			}
		}
		return "…"
	})
}
