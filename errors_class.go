package surrealsql

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// What kind of error a server's error is: by its kind and details, where these say it, then
// by its code, then by its text. Codes tell little: a statement's error has none, and 3.0.2
// answers a conflict at commit, an unknown access method and a junk token all with code
// -32000 and kind Internal; 2.x sends no kind at all. The text is read by the patterns of
// textRules: values of users stand in the middle of messages.

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

	// For the driver's own use.
	classCollateral // another statement of the transaction failed, and this one for it
	classNoMethod   // the server lacks the RPC method, as 2.x lacks begin
	classDenied     // it does not let this client call it (SURREAL_CAPS_DENY_RPC)
	classNoTxn      // the transaction is gone
	classUnknown    // the server cannot say whether it took place
	classTurnedAway // the server takes no requests for now, and has run nothing of this one
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
	c := classByKind(e.Kind, detailKinds(e.Details))
	if c == 0 {
		c = classByCode[e.Code]
	}
	if c == 0 && slices.Contains(opaqueKinds, e.Kind) || e.Kind == "NotFound" {
		rule, _ := ruleOf(e.Message)
		c |= rule.class
	}
	return c
}

// isOf reports whether a server's error is of the class.
func isOf(err error, c errorClass) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.class()&c != 0
}

// withoutMessage says what the error is by its statement, its position and its
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

// classByCode are the codes that say one thing in all versions that have them (2.6.5 to
// 4.0.0-beta.1, source).
var classByCode = map[int64]errorClass{
	-32601: classNoMethod,
	-32002: classAuth,
	-32004: classTimeout,
	-32009: classConflict, // since 3.3
}

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
	// Not of the data. 3.0.2 says of a transaction that is gone: Validation,
	// InvalidParams.
	case "NotFound/Method":
		return classNoMethod
	case "NotAllowed/Method":
		return classDenied
	case "NotFound/Transaction":
		return classNoTxn
	case "NotFound/Session", "AlreadyExists/Session":
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

func isCollateral(err error) bool { return isOf(err, classCollateral) }

func isUnknownMethod(err error) bool { return isOf(err, classNoMethod) }

func isDeniedMethod(err error) bool { return isOf(err, classDenied) }

// isNoSession reports whether the session that a request names is not there.
func isNoSession(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.whole && strings.HasPrefix(e.Message, "Session not found")
}

func isUnknownTxn(err error) bool { return isOf(err, classNoTxn) }

// isTurnedAway reports whether the server answered a request that it takes none for now:
// it is being shut down, or has no memory left. It says so to any method, commit too,
// before it looks at what is asked for (source, 3.3.5 and 4.0.0-beta.1), so nothing has
// run: not a part of a text, and no commit. Only a whole request is answered so: in the
// error of a statement these words mean nothing.
func isTurnedAway(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.whole && e.class()&classTurnedAway != 0
}

// isSessionExpired reports whether signing in again is the remedy.
func isSessionExpired(err error) bool { return errors.Is(err, ErrExpired) }

// hasRun reports whether a text that failed as a whole may have run in part. One
// that could not be sent, or not be parsed, or was turned away, has not.
func hasRun(err error) bool {
	var answered *Error
	var lost *ConnError
	var givenUp *givenUpError
	return errors.As(err, &answered) && !IsParse(err) && !isTurnedAway(err) || errors.As(err, &lost) || errors.As(err, &givenUp)
}
