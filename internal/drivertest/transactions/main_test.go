// Package transactions tests that a transaction ends as its program was told,
// whatever happens to it: a server that refuses, a connection that is lost, a context
// that ends.
package transactions

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/drivertest"
)

func TestMain(m *testing.M) { drivertest.Main(m) }
