package surrealql

// Statement is one statement of a text.
type Statement struct {
	Kind Kind
	// Pos is the offset of its first byte, and End that after its last; the semicolon
	// is not part of it.
	Pos, End int
	// MayWrite tells that it may change data or schema: it is or holds a writing
	// statement, USE (which makes what is not there) or a call of anything but the
	// functions that are known to read, or the analysis has lost its way in it.
	MayWrite bool
	// Yields tells that its result is a result set. LET, USE, BEGIN, COMMIT,
	// CANCEL and OPTION have none; see Query.Align for their entries.
	Yields bool
	// Returning tells that a writing statement says RETURN.
	Returning bool
	// Explained tells that the statement ends in EXPLAIN and answers a plan.
	Explained bool
	// BuildsIndex tells that it is or holds a DEFINE INDEX or REBUILD INDEX that is answered
	// once the index is built: one without CONCURRENTLY.
	BuildsIndex bool
	// OneTable tells that it is a SELECT from a table that it names, and from nothing else.
	OneTable bool
	// Diff tells that it is a LIVE SELECT DIFF, which gives patches in place of records.
	Diff bool
	// Projection says how the result is laid out; of a LIVE SELECT that of each of its
	// notifications.
	Projection Projection

	// BareField is the name of a field that is all of the statement, perhaps in
	// parentheses; else "". A field has no value where there is no record: the server
	// answers NONE to ROLLBACK, VACUUM and every typo of one word.
	BareField string
	// BlockTxWord is a word about transactions that is all of a statement in a block of
	// this one, as in IF $bad { CANCEL }, where the server reads the name of a field;
	// else "".
	BlockTxWord string

	returnPos   int     // where a RETURN clause belongs, or -1
	pastReturn  bool    // a clause that stands after that place was seen
	returning   keyword // what its RETURN says, if that is NONE, NULL, BEFORE, AFTER or DIFF
	ran         bool    // EXPLAIN tells the plan of a statement that ran
	inParens    bool    // it stands in parentheses
	afterImport bool    // it stands after OPTION IMPORT

	lost bool // it was not followed to its end, or a block in it was not
	// holdsReturn tells that it holds a RETURN, which ends a transaction block.
	holdsReturn bool
	held        Counting // of the statement that a RETURN or parentheses hold
}

// Lost reports whether the statement has syntax that the analysis does not know, and
// passed over: what it is may be a guess.
func (s *Statement) Lost() bool { return s.lost }

// Kind is what a statement does, told by the keyword it begins with.
type Kind uint8

// The kinds of statements.
const (
	Expression Kind = iota // an expression that is none of the below
	Access
	Alter
	Begin
	Block
	Break
	Cancel
	Commit
	Continue
	Create
	Define
	Delete
	Explain // EXPLAIN before a statement; one that ends in EXPLAIN keeps its kind
	For
	If
	Info
	Insert
	Kill
	Let
	Live
	Option
	Rebuild
	Relate
	Remove
	Return
	Select
	Show
	Sleep
	Throw
	Update
	Upsert
	Use
)

var kindNames = [...]string{
	"expression", "ACCESS", "ALTER", "BEGIN", "block", "BREAK", "CANCEL", "COMMIT", "CONTINUE", "CREATE",
	"DEFINE", "DELETE", "EXPLAIN", "FOR", "IF", "INFO", "INSERT", "KILL", "LET", "LIVE", "OPTION", "REBUILD",
	"RELATE", "REMOVE", "RETURN", "SELECT", "SHOW", "SLEEP", "THROW", "UPDATE", "UPSERT", "USE",
}

// String returns the keyword of the kind.
func (k Kind) String() string { return nameOf(kindNames[:], int(k)) }

// is sets what a statement is; a nil statement keeps nothing.
func (s *Statement) is(k Kind, f Form, sh Shape) {
	if s == nil {
		return
	}
	s.Kind = k
	s.Projection.Form, s.Projection.Shape = f, sh
}

// silent makes s a statement without a result set.
func (s *Statement) silent(k Kind) {
	s.is(k, Nothing, AsIs)
	s.Yields = false
}

// setReturnPos notes where a RETURN clause belongs.
func (s *Statement) setReturnPos(pos int) {
	if s != nil && s.returnPos < 0 && !s.Returning {
		s.returnPos = pos
	}
}

// explained notes that the statement answers its plan.
func (s *Statement) explained() {
	if s == nil {
		return
	}
	s.returnPos = -1
	s.Explained = true
	s.Projection = Projection{Form: Dynamic, Shape: AsIs}
}
