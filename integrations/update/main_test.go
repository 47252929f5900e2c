package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUpdateAsksForWhatAModuleRequiresItself(t *testing.T) {
	t.Parallel()
	args, err := newestOf([]byte(`{"Require": [
		{"Path": "github.com/surrealsql/surrealsql", "Version": "v0.0.0"},
		{"Path": "github.com/jmoiron/sqlx", "Version": "v1.4.0"},
		{"Path": "go.yaml.in/yaml/v3", "Version": "v3.0.5", "Indirect": true}
	]}`))
	require.NoError(t, err)
	require.Equal(t, []string{"github.com/jmoiron/sqlx@latest"}, args)
}

func TestUpdateFindsEachModule(t *testing.T) {
	t.Parallel()
	folders, err := modules("..")
	require.NoError(t, err)
	require.Contains(t, folders, "..")
}
