package surrealsql

import (
	"database/sql"
	"database/sql/driver"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type Base struct {
	ID      RecordID `json:"id"`
	Created time.Time
	Shadow  string
}

type Deep struct{ Base2 }
type Base2 struct{ Level int }
type lender struct{ Seen int }
type Left struct{ Twice, Once int }
type Right struct {
	Twice int
	Tag   int `json:"once_tagged"`
}

func TestStructsAreObjectsByTheirTags(t *testing.T) {
	t.Parallel()
	name := "x"
	for _, c := range []struct {
		in   any
		want map[string]any
	}{
		{struct {
			A int `surreal:"a" json:"b"`
			B int `json:"c"`
			C int
			D int `json:"-"`
			E int `surreal:"-" json:"e"`
			g int
			H int `json:",omitempty"`
		}{g: 1}, map[string]any{"a": int64(0), "c": int64(0), "C": int64(0)}},
		{struct {
			S  string           `json:"s,omitempty"`
			P  *string          `json:"p,omitempty"`
			L  []int            `json:"l,omitempty"`
			M  map[string]int   `json:"m,omitempty"`
			I  any              `json:"i,omitempty"`
			T  time.Time        `json:"t,omitempty"`
			Z  time.Time        `json:"z,omitzero"`
			ZP *time.Time       `json:"zp,omitzero"`
			N  sql.Null[string] `json:"n,omitzero"`
			A  [0]int           `json:"a,omitempty"`
		}{}, map[string]any{"t": time.Time{}}},
		{struct {
			P *string `json:"p,omitempty"`
			L []int   `json:"l"`
		}{P: &name}, map[string]any{"p": "x", "l": nil}},
		{struct {
			Base
			Shadow int
		}{Base: Base{ID: "p:1"}}, map[string]any{"id": RecordID("p:1"), "Created": time.Time{}, "Shadow": int64(0)}},
		{struct{ *Base }{}, map[string]any{}},
		{struct{ *Deep }{&Deep{Base2{3}}}, map[string]any{"Level": int64(3)}},
		{struct {
			Base2 `json:"base"`
		}{}, map[string]any{"base": map[string]any{"Level": int64(0)}}},
		{struct{ lender }{lender{1}}, map[string]any{"Seen": int64(1)}},
		{struct {
			Left
			Right
		}{}, map[string]any{"Once": int64(0), "once_tagged": int64(0)}},
		{struct {
			Left
			Twice int
		}{Twice: 1}, map[string]any{"Once": int64(0), "Twice": int64(1)}},
		{&struct{ X any }{[]any{1}}, map[string]any{"X": []any{int64(1)}}},
	} {
		require.Equal(t, c.want, sent(t, c.in), "%T", c.in)
	}
}

func TestArgsNamesTheEntries(t *testing.T) {
	t.Parallel()
	want := []any{sql.Named("age", 3), sql.Named("name", "x")}
	require.Equal(t, want, Args(map[string]any{"name": "x", "age": 3}))
	person := struct {
		Name string `json:"name"`
		Age  int    `surreal:"age"`
		Zip  string `json:"zip,omitempty"`
	}{"x", 3, ""}
	require.Equal(t, want, Args(person))
	require.Equal(t, want, Args(&person))
	require.Equal(t, []any{sql.Named("a", RecordID("p:1"))}, Args(map[aliasString]RecordID{"a": "p:1"}))
	require.Empty(t, Args(map[string]any(nil)))
}

func TestArgsOfSomethingElseFailTheQuery(t *testing.T) {
	t.Parallel()
	for _, v := range []any{nil, 1, "x", []any{1}, map[int]int{}, time.Time{}, (*Base)(nil)} {
		args := Args(v)
		require.Len(t, args, 1)
		require.ErrorContains(t, checkArg(args[0]), "Args takes a map with string keys or a struct", "%T", v)
	}
}

func checkArg(v any) error { return checkNamedValue(&driver.NamedValue{Value: v}) }
