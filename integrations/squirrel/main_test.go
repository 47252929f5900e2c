package main

import (
	"bytes"
	"database/sql"
	"testing"

	sq "github.com/Masterminds/squirrel"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The tour, and what squirrel writes that SurrealDB takes for something else.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTourOfSquirrelWorksOnTheRealEngine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), surrealtest.DSN(t), &out))
	require.Equal(t, story, out.String())
}

const story = `
Insert, Update, Delete
  records: 4
  records: 1
  records: 1

Select
  SELECT name FROM person WHERE address.city = $1 ORDER BY name
    Ada
    Kim
  SELECT name FROM person WHERE name IN $1 ORDER BY name
    Ada
    Grace
  SELECT name FROM person WHERE (age >= $1 OR (age ?? NONE) = NONE) ORDER BY name
    Grace
    Kim
  SELECT name FROM person ORDER BY name LIMIT $1 START $2
    Grace
  SELECT address.city AS city, count() AS n FROM person GROUP BY city ORDER BY city
    London 2
    New York 1
`

// names runs a query on a database with three persons.
func names(t *testing.T, query sq.SelectBuilder) (list []string, err error) {
	t.Helper()
	db, err := sql.Open(surrealsql.DriverName, surrealtest.DSN(t))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	_, err = db.ExecContext(t.Context(), `
		CREATE person:a SET name = "Ada"; CREATE person:b SET name = "Adam"; CREATE person:c SET name = "Kim", age = NULL`)
	require.NoError(t, err)
	rows, err := sq.QueryContextWith(t.Context(), db, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		list = append(list, name)
	}
	return list, rows.Err()
}

var all = builder.Select("name").From("person").OrderBy("name")

// What squirrel's own words mean to SurrealDB in silence, and the helpers' answers. Whoever
// changes that makes the sentences of tools.md untrue.
func TestSquirrelsOwnConditionsMeanSomethingElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		where sq.Sqlizer
		want  []string
	}{
		{sq.Eq{"name": []string{"Adam"}}, []string{"Ada", "Adam"}}, // "Ada" is part of "Adam"
		{in("name", []string{"Adam"}), []string{"Adam"}},
		{sq.Eq{"id": surrealsql.RecordID("person:a")}, nil},
		{is("id", surrealsql.RecordID("person:a")), []string{"Ada"}},
		{sq.Eq{"age": nil}, []string{"Kim"}}, // the others have none
		{absent("age"), []string{"Ada", "Adam", "Kim"}},
		{sq.Eq{"name": []string{}}, nil},
	} {
		got, err := names(t, all.Where(c.where))
		require.NoError(t, err)
		require.Equal(t, c.want, got, "%v", c.where)
	}
}

func TestSquirrelsOtherWordsAreErrorsThatSayWhatToWrite(t *testing.T) {
	t.Parallel()
	for says, query := range map[string]sq.SelectBuilder{
		"write [$1, $2]":       all.Where(sq.Eq{"name": []string{"Adam", "Ada"}}),
		"OFFSET is START here": all.Limit(1).Offset(1),
		"there is no LIKE":     all.Where(sq.Like{"name": "A%"}),
		"there is no JOIN":     all.Join("town ON a = b"),
		"there is no DISTINCT": all.Distinct(),
	} {
		_, err := names(t, query)
		require.ErrorContains(t, err, says)
		require.True(t, surrealsql.IsParse(err))
	}
}
