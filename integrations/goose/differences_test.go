package surrealgoose_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What SurrealQL makes different for migrations, as the README says.

func TestDefinitionsAreTransactional(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	run(t, db, `DEFINE TABLE kept; CREATE kept:1 SET n = 1`)
	before := query[map[string]any](t, db, `RETURN { v: (INFO FOR DB) }`)
	kept := query[map[string]any](t, db, `RETURN { v: (INFO FOR TABLE kept) }`)
	_, err := newProvider(t, db, files("1_x.sql", `-- +goose Up
DEFINE ANALYZER simple TOKENIZERS blank;
DEFINE TABLE a SCHEMAFULL;
DEFINE FIELD n ON a TYPE int;
DEFINE INDEX n ON a FIELDS n UNIQUE;
DEFINE INDEX n ON kept FIELDS n;
DEFINE EVENT e ON a THEN { CREATE b };
DEFINE FUNCTION fn::f($x: int) { RETURN $x };
DEFINE PARAM $p VALUE 1;
DEFINE SEQUENCE s;
DEFINE USER u ON DATABASE PASSWORD 'x' ROLES VIEWER;
DEFINE ACCESS acc ON DATABASE TYPE RECORD SIGNIN (SELECT * FROM a);
DEFINE TABLE OVERWRITE kept SCHEMAFULL;
REMOVE TABLE kept;
THROW 'the end';
`)).Up(t.Context())
	require.True(t, surrealsql.IsThrown(err), "%v", err)
	after := query[map[string]any](t, db, `RETURN { v: (INFO FOR DB) }`)
	for _, info := range []map[string]any{before, after} {
		for name := range info["tables"].(map[string]any) {
			if strings.HasPrefix(name, "goose_") {
				delete(info["tables"].(map[string]any), name)
			}
		}
	}
	require.Equal(t, before, after)
	require.Equal(t, kept, query[map[string]any](t, db, `RETURN { v: (INFO FOR TABLE kept) }`))
	require.Equal(t, 1, query[int](t, db, `RETURN count(SELECT * FROM kept WHERE n = 1)`))
}

func TestDefinitionsOfWhatIsThereAreErrorsUnlessTheySayOtherwise(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	run(t, db, `DEFINE TABLE a SCHEMAFULL`)
	_, err := newProvider(t, db, files("1_a.sql", "-- +goose Up\nDEFINE TABLE a;\n")).Up(t.Context())
	require.ErrorContains(t, err, "already exists")
	require.Equal(t, []int64{1, 2}, up(t, newProvider(t, db, files(
		"1_a.sql", "-- +goose Up\nDEFINE TABLE IF NOT EXISTS a SCHEMALESS;\n",
		"2_a.sql", "-- +goose Up\nREMOVE TABLE IF EXISTS b;\nDEFINE TABLE OVERWRITE b;\n"))))
	definition := query[string](t, db, `RETURN (INFO FOR DB).tables.a`)
	require.Contains(t, definition, "SCHEMAFULL", "IF NOT EXISTS leaves what is there")
}

// An index without CONCURRENTLY has the records that were committed. 4.0 says so.
func TestIndexIsDefinedBeforeWritesOfItsTransactionOrInAnother(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	inOne := "-- +goose Up\nDEFINE TABLE a;\nCREATE a SET n = 1;\nDEFINE INDEX n ON a FIELDS n;\n"
	_, err := newProvider(t, db, files("1_a.sql", inOne)).Up(t.Context())
	if strings.HasPrefix(surrealtest.Version(t), "4.") {
		require.ErrorContains(t, err, "this transaction has written records")
	} else {
		require.NoError(t, err)
		require.Zero(t, query[int](t, db, `RETURN count(SELECT * FROM a WHERE n = 1)`), "the index is whole: the README can say so")
		run(t, db, `REBUILD INDEX n ON a`)
		require.Equal(t, 1, query[int](t, db, `RETURN count(SELECT * FROM a WHERE n = 1)`))
	}

	db = newDB(t)
	require.Equal(t, []int64{1, 2, 3}, up(t, newProvider(t, db, files(
		"1_before.sql", "-- +goose Up\nDEFINE TABLE a;\nDEFINE INDEX n ON a FIELDS n;\nCREATE a SET n = 1;\n",
		"2_records.sql", "-- +goose Up\nDEFINE TABLE b;\nCREATE b SET n = 1;\n",
		"3_index.sql", "-- +goose Up\nDEFINE INDEX n ON b FIELDS n;\n"))))
	require.Equal(t, 1, query[int](t, db, `RETURN count(SELECT * FROM a WHERE n = 1)`))
	require.Equal(t, 1, query[int](t, db, `RETURN count(SELECT * FROM b WHERE n = 1)`))
}

// With goose's ENVSUB each $name is one of the environment's, and none is an empty text.
func TestVariablesOfTheEnvironmentReplaceThoseOfSurrealQL(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	require.Equal(t, []int64{1}, up(t, newProvider(t, db, files("1_a.sql",
		"-- +goose Up\n-- +goose ENVSUB ON\nDEFINE TABLE a COMMENT '$SURREALGOOSE_NO_SUCH_VARIABLE!';\n"+
			"-- +goose ENVSUB OFF\nDEFINE FIELD n ON a ASSERT $value > 0;\n"))))
	require.Contains(t, query[string](t, db, `RETURN (INFO FOR DB).tables.a`), "'!'")
	require.Contains(t, query[string](t, db, `RETURN (INFO FOR TABLE a).fields.n`), "$value > 0")
}

// A live query goes on while its table is defined anew.
func TestLiveQueryOutlivesADefinition(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	run(t, db, `DEFINE TABLE a`)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rows, err := db.QueryContext(ctx, `LIVE SELECT * FROM a`)
	require.NoError(t, err)
	defer rows.Close()
	up(t, newProvider(t, db, files("1_a.sql", "-- +goose Up\nDEFINE TABLE OVERWRITE a SCHEMAFULL;\nDEFINE FIELD n ON a TYPE int;\n")))
	run(t, db, `CREATE a:1 SET n = 1`)
	require.True(t, rows.Next(), "%v", rows.Err())
}
