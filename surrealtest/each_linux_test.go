package surrealtest

import "testing"

// What Linux alone does where the run on several servers is killed.

func TestEachServersTestsEndWithAKilledBinary(t *testing.T) {
	t.Parallel()
	killHelperWhileServing(t, listed("npm", "npm")...)
}
