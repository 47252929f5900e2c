package pool_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/surrealsql/surrealsql/surrealtest"
)

// What the examples share.

// exampleDSN is the DSN of an empty database on the tests' engine, which done
// removes.
func exampleDSN() (dsn string, done func()) {
	e := new(exampleT)
	return surrealtest.DSN(e), func() {
		for _, f := range slices.Backward(e.cleanups) {
			f()
		}
	}
}

// exampleT stands in for the *testing.T that an Example has not.
type exampleT struct {
	testing.TB // only what surrealtest calls is there
	cleanups   []func()
}

func (*exampleT) Helper()                   {}
func (*exampleT) Name() string              { return "example" }
func (e *exampleT) Cleanup(f func())        { e.cleanups = append(e.cleanups, f) }
func (*exampleT) Fatal(args ...any)         { panic(fmt.Sprint(args...)) }
func (*exampleT) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func (*exampleT) Errorf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}
