package surrealsql

import (
	"database/sql/driver"

	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// The texts of a batch go to the server as one, in one call of database/sql, which knows no
// results that fail one by one. So what is wanted travels in the context of the call, which
// every wrapper of a driver passes on, and so does what came of each statement: the rows that
// the driver gives are the result sets of the statements that have succeeded.

// batchRequest asks the driver for the outcome of each statement of a text. One call of the
// program makes it and reads it, in one goroutine.
type batchRequest struct {
	callRequest
	statements []batchStatement
	ends       []int // of each query of the batch: how many statements there are up to its end
	answered   bool

	records *recordRequest // of who reads the result set that is opened next, or nil
}

// batchStatement is a statement of a batch, and what came of it.
type batchStatement struct {
	text   string
	own    *surrealql.Statement // as its query has it: what other queries do is not its concern
	number int                  // in its query, from 1

	hidden bool // it is a DELETE, which gives its query no rows: those that come are counted

	err    error // with the statement's number in its query
	rows   bool  // it has a result set
	spoilt error // what is wrong with that; it ends there
	count  driver.Result
}

// claim takes the request for a call with a text, or returns nil.
func (b *batchRequest) claim(text string) *batchRequest {
	if b == nil || !b.claimFor(text) {
		return nil
	}
	return b
}

// unclaim is for a call that gives no rows: database/sql may make it again.
func (b *batchRequest) unclaim() {
	if b != nil {
		b.claimed.Store(false)
	}
}
