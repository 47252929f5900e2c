package surrealsql

import (
	"database/sql/driver"
	"errors"
)

// result is what Exec returns: the number of records that its statements
// touched.
type result int64

var _ driver.Result = result(0)

func (r result) RowsAffected() (int64, error) { return int64(r), nil }

// LastInsertId has no answer: SurrealDB's ids are records, not integers.
func (r result) LastInsertId() (int64, error) {
	return 0, errors.New("surrealsql: SurrealDB has no integer insert id: add RETURN to the statement and use QueryRow, as in `CREATE person … RETURN VALUE id`")
}
