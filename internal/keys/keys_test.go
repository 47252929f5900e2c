package keys_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/keys"
	"github.com/surrealsql/surrealsql/internal/keys/keystest"
)

// A list of keys of every kind.

type settings struct {
	Name, Secret, Side string
	On                 bool
	Count, Size        int
	Pause, Limit, Wait time.Duration
}

var list = keys.List[settings]{
	{Name: "name", Field: "Name", Doc: "d", Value: keys.Text(func(s *settings) *string { return &s.Name })},
	{Name: "secret", Field: "Secret", Doc: "d", Secret: true, Value: keys.Text(func(s *settings) *string { return &s.Secret })},
	{Name: "side", Field: "Side", Doc: "d", Value: keys.OneOf(func(s *settings) *string { return &s.Side }, "left", "right", "both")},
	{Name: "on", Field: "On", Doc: "d", Value: keys.Bool(func(s *settings) *bool { return &s.On })},
	{Name: "off", Retired: true, Doc: "d", Value: keys.Not(func(s *settings) *bool { return &s.On })},
	{Name: "count", Field: "Count", Doc: "d", Value: keys.Count(func(s *settings) *int { return &s.Count }, 1)},
	{Name: "size", Field: "Size", Doc: "d", Default: "1MB", Value: keys.Size(func(s *settings) *int { return &s.Size }, 1<<10, 2047<<20)},
	{Name: "pause", Field: "Pause", Doc: "d", Default: "1s", Value: keys.Duration(func(s *settings) *time.Duration { return &s.Pause }, -1)},
	{Name: "limit", Field: "Limit", Doc: "d", Default: "0s", Value: keys.Duration(func(s *settings) *time.Duration { return &s.Limit }, 0)},
	{Name: "wait", Field: "Wait", Former: []string{"patience", "delay"}, Doc: "d", Value: keys.Positive(func(s *settings) *time.Duration { return &s.Wait }, "5s")},
}

func TestValuesAreReadAndWritten(t *testing.T) {
	t.Parallel()
	keystest.RequireSound(t, list)
	for _, c := range []struct {
		key, text string
		want      settings
		written   string
	}{
		{"name", "é", settings{Name: "é"}, "é"},
		{"side", "both", settings{Side: "both"}, "both"},
		{"on", "T", settings{On: true}, "true"},
		{"on", "0", settings{}, ""},
		{"count", "+2147483647", settings{Count: 1<<31 - 1}, "2147483647"},
		{"pause", "90s", settings{Pause: 90 * time.Second}, "1m30s"},
		{"pause", "0", settings{Pause: -1}, "0s"},
		{"limit", "0", settings{}, ""},
		{"wait", "1ns", settings{Wait: 1}, "1ns"},
		{"size", "1024", settings{Size: 1024}, "1KiB"},
		{"size", "1kib", settings{Size: 1024}, "1KiB"},
		{"size", "2kB", settings{Size: 2000}, "2000"},
		{"size", "1025B", settings{Size: 1025}, "1025"},
		{"size", "64MiB", settings{Size: 64 << 20}, "64MiB"},
		{"size", "64MB", settings{Size: 64e6}, "62500KiB"},
		{"size", "1GiB", settings{Size: 1 << 30}, "1GiB"},
		{"size", "1GB", settings{Size: 1e9}, "1000000000"},
		{"size", "2047MiB", settings{Size: 2047 << 20}, "2047MiB"},
	} {
		var got settings
		require.NoError(t, list.Named(c.key).Set(&got, "", c.text))
		require.Equal(t, c.want, got, "%s=%s", c.key, c.text)
		require.Equal(t, c.written, list.Named(c.key).Get(&got), "%s=%s", c.key, c.text)
		require.NoError(t, list.Check(&got))
	}
}

func TestValuesThatAreWrongAreRefusedAndNotStored(t *testing.T) {
	t.Parallel()
	const duration = "a duration such as 500ms or 1m30s, or 0 for off"
	const size = "a size from 1KiB to 2047MiB, such as 64MiB, 64MB or 67108864"
	for _, c := range []struct{ key, text, want string }{
		{"name", "", `got "", expected text in UTF-8 that is not empty`},
		{"secret", "\xff", "got a value that is not shown, expected text in UTF-8 that is not empty"},
		{"side", "Left", `got "Left", expected left, right or both`},
		{"on", "yes", `got "yes", expected true or false`},
		{"count", "0", `got "0", expected a whole number from 1 to 2147483647`},
		{"count", "2147483648", `got "2147483648", expected a whole number from 1 to 2147483647`},
		{"pause", "-1s", `got "-1s", expected ` + duration},
		{"pause", "5", `got "5", expected ` + duration},
		{"wait", "0", `got "0", expected a duration above 0, such as 5s`},
		{"size", "1023", `got "1023", expected ` + size},
		{"size", "2GiB", `got "2GiB", expected ` + size},
		{"size", "9223372036854775807GiB", `got "9223372036854775807GiB", expected ` + size},
		{"size", "MiB", `got "MiB", expected ` + size},
		{"size", "1.5MiB", `got "1.5MiB", expected ` + size},
		{"size", "-1KiB", `got "-1KiB", expected ` + size},
	} {
		var got settings
		require.EqualError(t, list.Named(c.key).Set(&got, "HERE", c.text), "keys_test: HERE: "+c.want)
		require.Zero(t, got)
	}
	require.EqualError(t, list.Check(&settings{Wait: -1}), `keys_test: settings.Wait: got "-1ns", expected a duration above 0, such as 5s`)
}

func TestFormerNamesAreRead(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"wait", "patience", "delay"} {
		require.Equal(t, "wait", list.Named(name).Name)
	}
	require.Nil(t, list.Named("waits"))

	env := map[string]string{"SURREALDB_PATIENCE": "1s", "SURREALDB_DELAY": "2s"}
	getenv := func(name string) string { return env[name] }
	var got settings
	require.NoError(t, list.FromEnv(&got, getenv))
	require.Equal(t, settings{Wait: 2 * time.Second}, got)

	env["SURREALDB_WAIT"] = "3s"
	require.NoError(t, list.FromEnv(&got, getenv))
	require.Equal(t, settings{Wait: 3 * time.Second}, got)

	env["SURREALDB_PATIENCE"] = "long"
	require.EqualError(t, list.FromEnv(&got, getenv), `keys_test: SURREALDB_PATIENCE: got "long", expected a duration above 0, such as 5s`)
}

func TestRetiredKeysAreReadAndNotShown(t *testing.T) {
	t.Parallel()
	off := list.Named("off")
	var got settings
	require.NoError(t, off.Set(&got, "", "false"))
	require.Equal(t, settings{On: true}, got)
	require.Empty(t, off.Get(&got))
	require.Equal(t, "true", list.Named("on").Get(&got))
	require.NoError(t, off.Set(&got, "", "1"))
	require.Zero(t, got)
	require.EqualError(t, off.Set(&got, "HERE", "no"), `keys_test: HERE: got "no", expected true or false`)
	require.NotContains(t, list.Unknown("something_else").Error(), "off")
	require.Nil(t, list.Nearest("off"))
}

func TestFormerNamesAreNotSuggested(t *testing.T) {
	t.Parallel()
	require.EqualError(t, list.Unknown("patienze"), "keys_test: DSN key patienze: unknown, did you mean wait (a duration above 0, such as 5s)?")
	require.NotContains(t, list.Unknown("something_else").Error(), "patience")
}
