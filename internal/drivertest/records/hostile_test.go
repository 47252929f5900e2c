package records

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// Records that do not fit, and types that misbehave.

func TestRecordThatDoesNotFitIsAnErrorThatNamesTheField(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(people(t))
	type narrow struct {
		Past []struct {
			Home struct{ Zip int8 }
		}
	}
	for text, want := range map[string]string{
		"RETURN { past: [{ home: { zip: 1 } }, { home: { zip: 300 } }] }": "Past[1].Home.Zip: 300 does not fit in a int8",
		"RETURN { Past: [{ Home: { Zip: 'x' } }] }":                       `Past[0].Home.Zip: "x" does not fit in a int8`,
		"RETURN { Past: 1 }":                   "Past: a SurrealDB int does not fit in a []struct",
		"RETURN 'text'":                        "a SurrealDB string does not fit in a records.narrow",
		"SELECT VALUE id FROM ONLY person:ada": "a SurrealDB record does not fit in a records.narrow",
	} {
		_, err := surrealsql.One[narrow](t.Context(), db, text)
		require.ErrorContains(t, err, "surrealsql: storing into a records.narrow: ", text)
		require.ErrorContains(t, err, want, text)
	}
	_, err := surrealsql.All[int](t.Context(), db, "SELECT name, age FROM person")
	require.ErrorContains(t, err, "a record of 2 fields does not fit in a int: name one of them, or SELECT VALUE")
	seen := 0
	for _, err := range surrealsql.Stream[int](t.Context(), db, "SELECT VALUE [1, 2, 'x'][n] FROM [{ n: 0 }, { n: 1 }, { n: 2 }, { n: 0 }]") {
		if seen++; seen < 3 {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, `"x" does not fit in a int`)
		}
	}
	require.Equal(t, 3, seen)
	require.NoError(t, db.Ping()) // the only connection is free
}

func TestUnknownFieldsAreDroppedOrRefused(t *testing.T) {
	t.Parallel()
	db := people(t)
	type place struct{ City string }
	type partial struct {
		Name  string
		Home  *place
		Homes map[string][]surrealsql.Value[place]
	}
	const known = "SELECT name, { city: home.city } AS home, { a: [{ city: 'x' }] } AS homes FROM ONLY person:ada"
	const unknown = "SELECT name, { a: [{ city: 'x', zip: 1 }] } AS homes FROM ONLY person:ada"
	strict := surrealsql.WithStrictFields(t.Context())
	for ctx, text := range map[context.Context]string{strict: known, t.Context(): unknown} {
		p, err := surrealsql.One[partial](ctx, db, text)
		require.NoError(t, err)
		require.Equal(t, "x", p.Homes["a"][0].V.City)
	}
	_, err := surrealsql.One[partial](strict, db, unknown)
	require.ErrorContains(t, err, "Homes.a[0].zip: a records.place has no field for it")
	_, err = surrealsql.All[partial](strict, db, "SELECT * FROM person")
	require.ErrorContains(t, err, ": a records.partial has no field for it")
}

// asking is decoded by a method that uses the transaction which the records come from.
type asking struct{ Name string }

var asks = make(chan func() error, 10)

func (a *asking) UnmarshalJSON(text []byte) error {
	var object struct{ Name string }
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	a.Name = object.Name
	select {
	case ask := <-asks:
		return ask()
	default:
		return nil
	}
}

func TestMethodsOfTheProgramMayUseTheConnectionAndPanic(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(people(t))
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	type holder struct {
		Name string
		Sub  asking `json:"home"`
	}
	asks <- func() error {
		_, err := surrealsql.One[int](t.Context(), tx, "RETURN 1")
		return err
	}
	all, err := surrealsql.All[holder](t.Context(), tx, "SELECT name, { Name: name } AS home FROM person ORDER BY name")
	require.NoError(t, err)
	require.Equal(t, "Kim", all[1].Sub.Name)
	asks <- func() error { panic("as the program pleases") }
	require.PanicsWithValue(t, "as the program pleases", func() {
		_, _ = surrealsql.All[holder](t.Context(), tx, "SELECT name, { Name: name } AS home FROM person")
	})
	asks <- func() error { return fmt.Errorf("refused") }
	_, err = surrealsql.All[*asking](t.Context(), tx, "SELECT name AS Name FROM person")
	require.ErrorContains(t, err, "refused")
	require.NoError(t, tx.Rollback())
	require.NoError(t, db.Ping())
}

func TestStatementThatFailsIsTheErrorOfItsRecords(t *testing.T) {
	t.Parallel()
	for _, mode := range []surrealsql.StreamMode{surrealsql.StreamAlways, surrealsql.StreamNever} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			db := drivertest.Solo(drivertest.NewDB(t))
			drivertest.MustExec(t, db, "FOR $i IN 0..3000 { CREATE type::record('item', $i) SET n = $i }")
			ctx := surrealsql.WithStream(t.Context(), mode)
			const text = "SELECT n, (IF n >= 2900 { THROW 'enough' } ELSE { 1 }) AS ok FROM item"
			all, err := surrealsql.All[map[string]any](ctx, db, text)
			require.ErrorContains(t, err, "enough")
			require.Nil(t, all)
			var last error
			for _, last = range surrealsql.Stream[map[string]any](ctx, db, text) {
			}
			require.ErrorContains(t, last, "enough")
			_, err = surrealsql.One[int](ctx, db, "RETURN 1; THROW 'later'")
			require.ErrorContains(t, err, "later")
			require.NoError(t, db.Ping())
		})
	}
}

func TestTextWhoseColumnsCannotBeToldApartIsReadAsRecords(t *testing.T) {
	t.Parallel()
	db := people(t)
	const text = "SELECT string::len(name), string::len(role) FROM ONLY person:ada"
	_, err := db.QueryContext(t.Context(), text)
	if err == nil {
		t.Skip("this server's columns can be told apart")
	}
	require.ErrorIs(t, err, surrealsql.ErrAmbiguousColumns)
	got, err := surrealsql.One[map[string]int](t.Context(), db, text)
	require.NoError(t, err)
	require.NotEmpty(t, got)
}
