package surrealql

import "strings"

// Aligner tells which statement each entry of the server's answer belongs to.
//
// Outside of a BEGIN … COMMIT block each statement has one entry, except that
// 2.x has none for OPTION. Inside, measured on 3.0.2, 3.3.5 and 4.0.0-beta.1 and
// read in the source of 2.6:
//
//	                         2.6      3.0.2    3.3.5, 4.0
//	BEGIN                    none     NONE     NONE
//	COMMIT                   none     NONE     NONE
//	COMMIT, block failed     none     none     error "Cannot COMMIT: …"
//	CANCEL                   none     NONE     NONE
//	CANCEL, block failed     none     none     none
//	OPTION                   none     NONE     NONE
//	LET, USE                 NONE     NONE     NONE
//	before a RETURN          none     theirs   theirs
//	between RETURN and end   none     none     none in 3.3.5, theirs in 4.0
//
// (USE answers the names in use since 3.0.) Before 4.0 a RETURN that succeeds ends
// the block early; a statement that fails leaves an error in each entry of it.
type Aligner struct {
	statements []Statement
	old        bool // 2.x
	missing    int  // entries that statements lack, as far as the count tells
	next       int
	open       bool // inside a block
	erred      bool // an entry of the block was an error
	failed     bool // and the block was not merely cancelled
}

// Align returns an Aligner for an answer of n entries from a server of the
// given major version.
func (q *Query) Align(major, n int) *Aligner {
	a := &Aligner{statements: q.Statements, old: major < 3}
	for i := range a.statements {
		if a.has(i) {
			a.missing++
		}
	}
	a.missing -= n
	return a
}

// has reports whether a statement has an entry when nothing fails.
func (a *Aligner) has(i int) bool {
	if !a.old {
		return true
	}
	switch a.statements[i].Kind {
	case Begin, Commit, Cancel, Option:
		return false
	}
	return true
}

// Next returns the index of the statement that the next entry belongs to; ok
// is false when there is none left. failed tells that the entry is an error,
// and message is its text.
func (a *Aligner) Next(failed bool, message string) (index int, ok bool) {
	for ; a.next < len(a.statements); a.next++ {
		i := a.next
		if a.skips(i, message) {
			continue
		}
		if !failed {
			i = a.overReturn(a.overCancelled(i))
		}
		a.next = i + 1
		a.took(i, failed, message)
		return i, true
	}
	return 0, false
}

// overCancelled moves to the CANCEL of a block that a RETURN ended: where
// statements before it have errors, no result but its own is left.
func (a *Aligner) overCancelled(i int) int {
	if end := a.end(i); a.open && a.erred && !a.failed && !a.old && end < len(a.statements) {
		a.missing -= end - i
		return end
	}
	return i
}

// overReturn moves to the RETURN whose result alone a 2.x server answers for a
// block that it ended.
func (a *Aligner) overReturn(i int) int {
	if !a.old || !a.open || a.failed || a.missing <= 0 {
		return i
	}
	for r := i; r < a.end(i); r++ {
		if a.statements[r].Kind == Return {
			a.missing -= r - i
			return r
		}
	}
	return i
}

// skips follows the block and reports whether statement i has no entry.
func (a *Aligner) skips(i int, message string) bool {
	switch a.statements[i].Kind {
	case Begin:
		a.open, a.erred, a.failed = true, false, false
	case Commit, Cancel:
		lost := a.open && a.failed && a.missing > 0 && !strings.HasPrefix(message, "Cannot COMMIT")
		a.open = false
		if lost && !a.old {
			a.missing--
			return true
		}
	}
	return !a.has(i)
}

// took notes the entry of statement i, and moves to the end of the block if the
// statement has ended it.
func (a *Aligner) took(i int, failed bool, message string) {
	if !a.open {
		return
	}
	s := &a.statements[i]
	if s.Kind == Commit || s.Kind == Cancel {
		a.open = false // moved to, so that skips has not seen it
		return
	}
	if failed {
		// A block that was cancelled has only such entries; one that failed has
		// also the error that it failed of.
		a.erred = true
		a.failed = a.failed || !strings.Contains(message, "cancelled transaction")
		return
	}
	if a.missing <= 0 || s.Kind == Begin {
		return
	}
	end := a.end(i)
	left := end - i - 1
	if left > 0 && (s.Kind == Return && left <= a.missing || s.holdsReturn && left == a.missing) {
		a.missing -= left
		a.next = end
	}
}

// end is the index of the COMMIT or CANCEL that ends the block of statement i.
func (a *Aligner) end(i int) int {
	for ; i < len(a.statements); i++ {
		if k := a.statements[i].Kind; k == Commit || k == Cancel {
			break
		}
	}
	return i
}
