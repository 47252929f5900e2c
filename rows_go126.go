//go:build !go1.27 || purego

package surrealsql

import "database/sql/driver"

// located is of use since Go 1.27, where columns are scanned from a row one by
// one. Before, Next decodes them all.
type located struct{}

func (*located) detach() {}
func (*located) reuse()  {}

// scanState is of use since Go 1.27, too.
type scanState struct{}

func (scanState) leave(*cursor) {}

func handOut(r *rows) driver.Rows { return r }

func handOutLive(r *liveRows) driver.Rows { return r }
