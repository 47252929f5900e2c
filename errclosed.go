package surrealsql

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// errorOfClosedDB gets the error from a closed sql.DB.
func errorOfClosedDB() error {
	db := sql.OpenDB(nowhere{})
	_ = db.Close()
	return cmp.Or(db.Ping(), errors.New("surrealsql: closed"))
}

// nowhere connects to nothing.
type nowhere struct{}

func (nowhere) Connect(context.Context) (driver.Conn, error) { return nil, driver.ErrBadConn }
func (nowhere) Driver() driver.Driver                        { return Driver{} }

// errConnectorClosed says whose end it is.
var errConnectorClosed = fmt.Errorf("surrealsql: the connector is closed: %w", ErrClosed)
