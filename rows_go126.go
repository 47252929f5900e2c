//go:build !go1.27 || purego

package surrealsql

import "database/sql/driver"

// located is of use since Go 1.27, where columns are scanned from a row one by
// one. Before, Next decodes them all.
type located struct{}

func (located) detach()           {}
func (located) reusable() located { return located{} }

// midway is of use since Go 1.27, too.
type midway struct{}

func (midway) leave() {}

func handOut(r *rows) driver.Rows { return r }
