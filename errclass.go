package surrealsql

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// What kind of error a server's error is. Codes tell little: 3.0.2 answers a
// conflict at commit, an unknown access method and a junk token all with code
// -32000 and kind Internal, and 2.x sends no kind at all. So kind and details
// come first and the text after, by the patterns of textRules: values of users
// stand in the middle of messages.

type errorClass uint16

const (
	classConflict errorClass = 1 << iota
	classDuplicate
	classNotFound
	classParse
	classTimeout
	classAuth
	classExpired
	classThrown
	classInvalid
)

var errorClasses = []struct {
	target error
	bit    errorClass
}{
	{ErrConflict, classConflict}, {ErrDuplicate, classDuplicate}, {ErrNotFound, classNotFound},
	{ErrParse, classParse}, {ErrTimeout, classTimeout}, {ErrAuth, classAuth},
	{ErrExpired, classExpired}, {ErrThrown, classThrown}, {ErrInvalid, classInvalid},
}

func (e *Error) class() errorClass {
	if e.Kind == "Thrown" {
		return classThrown // whatever its text says: a user wrote it
	}
	if c := classByKind(e.Kind, detailKinds(e.Details)); c != 0 {
		if e.Message == noRecord {
			c |= classAuth
		}
		return c
	}
	if slices.Contains(opaqueKinds, e.Kind) {
		rule, _ := ruleOf(e.Message)
		return rule.class
	}
	return 0
}

// withoutMessage says what the error is by its statement, its place and its
// class, or by its message without its values, or by its kind.
func (e *Error) withoutMessage() string {
	return e.located(cmp.Or(className(e), e.withoutValues(), e.Kind, "an error of no known class"))
}

// className is the name of the error's first class, "" if it has none.
func className(err error) string {
	for _, c := range errorClasses {
		if errors.Is(err, c.target) {
			return strings.TrimPrefix(c.target.Error(), "surrealsql: ")
		}
	}
	return ""
}

// opaqueKinds say nothing certain about the class: none at all (2.x), or one
// under which 3.x sends several. Query has its conflicts with details
// NotExecuted and the commit's message (source), Validation its parse errors.
var opaqueKinds = []string{"", "Internal", "Query", "Validation", "NotAllowed", "Context"}

func classByKind(kind string, details []string) errorClass {
	detail := ""
	if len(details) > 0 {
		detail = details[0]
	}
	switch kind + "/" + detail {
	case "Query/TransactionConflict":
		return classConflict
	case "Query/TimedOut":
		return classTimeout
	case "Validation/InvalidContent", "Validation/InvalidMerge":
		return classInvalid
	// Only RELATE says so, of an end that an ENFORCED relation wants (3.0.2 to 4.0.0-beta.1).
	case "NotFound/Record":
		return classNotFound | classInvalid
	case "NotAllowed/Auth":
		if slices.Contains(details, "SessionExpired") || slices.Contains(details, "TokenExpired") {
			return classAuth | classExpired
		}
		return classAuth
	// Not of the data: a method the server lacks, a session or transaction
	// that is gone.
	case "NotFound/Method", "NotFound/Session", "NotFound/Transaction", "AlreadyExists/Session":
		return 0
	}
	switch kind {
	case "AlreadyExists":
		return classDuplicate
	case "NotFound":
		return classNotFound
	}
	return 0
}

// detailKinds are the kinds along details, outermost first: Auth, SessionExpired.
func detailKinds(details any) (kinds []string) {
	for range 8 { // deeper than any server nests them
		switch d := details.(type) {
		case string:
			return append(kinds, d)
		case map[string]any:
			kind, ok := d["kind"].(string)
			if !ok {
				return kinds
			}
			kinds, details = append(kinds, kind), d["details"]
		default:
			return kinds
		}
	}
	return kinds
}

// wrappers are what servers put before an inner error's text: the first at RPC
// level on 2.x, the others where a commit fails.
var wrappers = []string{
	"There was a problem with the database: ",
	"There was a problem with the key-value store: ",
	"Query not executed: ",
	collateralFailed + ". ",
}

func bareText(message string) string {
	for {
		before := message
		for _, w := range wrappers {
			message = strings.TrimPrefix(message, w)
		}
		if message == before {
			return message
		}
	}
}

// The errors of statements that failed because a neighbour in their
// transaction did.
const (
	collateralFailed    = "The query was not executed due to a failed transaction"
	collateralCancelled = "The query was not executed due to a cancelled transaction"
)

// isCollateral reports whether the error only says that another statement's
// failed: that one is the root. With more after it, as in "… failed
// transaction. Missing COMMIT statement", the text is the root's (2.6.5).
func isCollateral(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	text := strings.TrimSuffix(e.Message, ".")
	return text == collateralFailed || text == collateralCancelled
}

// isUnknownMethod reports whether the server lacks the RPC method: 2.x answers
// with code -32601 and this text, 3.x with details as well.
func isUnknownMethod(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Kind == "NotFound" || e.Kind == "") && e.Message == "Method not found"
}

// isDeniedMethod reports whether the server does not let this client call the method
// (SURREAL_CAPS_DENY_RPC). The text is that of 2.x and 3.x.
func isDeniedMethod(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Message == "Method not allowed"
}

// isUnknownTxn reports whether the transaction is gone. Measured on 3.0.2:
// kind Validation, details InvalidParams; the source after 3.0.5 has kind
// NotFound, details Transaction.
func isUnknownTxn(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && strings.HasPrefix(e.Message, "Transaction not found")
}

// isSessionExpired reports whether signing in again is the remedy.
func isSessionExpired(err error) bool { return errors.Is(err, ErrExpired) }
