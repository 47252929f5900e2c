//go:build !go1.27

package surrealsql

// located is of use since Go 1.27, where columns are scanned from a row one by
// one. Before, Next decodes them all.
type located struct{}

func (located) detach()           {}
func (located) reusable() located { return located{} }
