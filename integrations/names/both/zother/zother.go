// Package zother is another driver that calls itself "surrealdb", as there may be some: it
// panics, as most do, where the name is taken. It imports this one to be initialised after it;
// for others that follows from the paths and the imports of both.
package zother

import (
	"database/sql"
	"database/sql/driver"
	"errors"

	_ "github.com/surrealsql/surrealsql"
)

func init() { sql.Register("surrealdb", other{}) }

type other struct{}

func (other) Open(string) (driver.Conn, error) { return nil, errors.New("this is the other driver") }
