package surrealsql

import (
	"database/sql/driver"
	"errors"
)

// result is what Exec returns: the number of records that its statements
// touched.
type result int64

// uncounted is what Exec returns where that number is not known.
type uncounted struct{ why error }

var (
	_ driver.Result = result(0)
	_ driver.Result = uncounted{}
)

func (r result) RowsAffected() (int64, error) { return int64(r), nil }

func (u uncounted) RowsAffected() (int64, error) { return 0, u.why }

// LastInsertId has no answer: SurrealDB's ids are records, not integers.
func (r result) LastInsertId() (int64, error) { return 0, errNoInsertID }

func (u uncounted) LastInsertId() (int64, error) { return 0, errNoInsertID }

var errNoInsertID = errors.New("surrealsql: SurrealDB has no integer insert id: add RETURN to the statement and use QueryRow, as in `CREATE person … RETURN VALUE id`")
