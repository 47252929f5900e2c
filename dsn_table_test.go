package surrealsql

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/keys/keystest"
)

func TestDocumentedKeysAreTheOnesThatWork(t *testing.T) {
	t.Parallel()
	keystest.RequireDocumented(t, dsnKeys)
}

func TestEveryKeyIsDocumentedAndItsDefaultIsAValueOfIt(t *testing.T) {
	t.Parallel()
	keystest.RequireSound(t, dsnKeys)
}
