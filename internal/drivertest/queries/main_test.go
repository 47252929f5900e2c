// Package queries tests texts and their arguments, result sets, rows and columns,
// writes and what they count, errors, and the query log.
package queries

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/drivertest"
)

func TestMain(m *testing.M) { drivertest.Main(m) }
