package failing

import (
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

// ent has a fixed list of dialects, which its generated code asks for by name, and reads the
// schema from their catalogues to migrate it. This is its builder, as generated code uses it.

func TestEntWritesStatementsThatSurrealDBRefuses(t *testing.T) {
	t.Parallel()
	drv := sql.OpenDB(dialect.Postgres, open(t))
	pg := sql.Dialect(dialect.Postgres)
	table := pg.Table("person")

	var rows sql.Rows
	text, args := pg.Select(table.C("name")).From(table).Where(sql.EQ(table.C("name"), "Ada")).Query()
	require.Equal(t, `SELECT "person"."name" FROM "person" WHERE "person"."name" = $1`, text)
	err := drv.Query(t.Context(), text, args, &rows)
	require.True(t, surrealsql.IsParse(err), "%v", err)

	text, args = pg.Insert("person").Columns("name").Values("Kim").Query()
	err = drv.Exec(t.Context(), text, args, nil)
	require.True(t, surrealsql.IsParse(err), "%v", err)
	text, args = pg.Update("person").Set("name", "Kim").Where(sql.EQ("name", "Ada")).Query()
	err = drv.Exec(t.Context(), text, args, nil)
	require.True(t, surrealsql.IsParse(err), "%v", err)
	text, args = pg.Delete("person").Where(sql.EQ("name", "Ada")).Query()
	require.Error(t, drv.Exec(t.Context(), text, args, nil))

	mysql := sql.Dialect(dialect.MySQL)
	text, args = mysql.Select("name").From(mysql.Table("person")).Where(sql.EQ("name", "Ada")).Query()
	require.ErrorContains(t, drv.Query(t.Context(), text, args, &rows), "write $1")
}

// Strings are compared, and no record is read.
func TestEntIsSilentlyWrongWhereItIsParsed(t *testing.T) {
	t.Parallel()
	drv := sql.OpenDB(dialect.Postgres, open(t))
	pg := sql.Dialect(dialect.Postgres)
	text, args := pg.Select("name").From(sql.Table("person")).Where(sql.EQ("name", "Ada")).Query()
	require.Equal(t, `SELECT "name" FROM "person" WHERE "name" = $1`, text)
	var rows sql.Rows
	require.NoError(t, drv.Query(t.Context(), text, args, &rows))
	require.False(t, rows.Next(), "Ada is there")
	require.NoError(t, rows.Err())
	require.NoError(t, rows.Close())
}
