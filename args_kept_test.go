package surrealsql_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

func TestAnArgumentThatADefinitionWouldKeepIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	db, proxy := proxied(t)
	for _, c := range []struct {
		text string
		args []any
	}{
		{"DEFINE FIELD tier ON account DEFAULT $1", []any{"basic"}},
		{"DEFINE FIELD tier ON account DEFAULT $tier", []any{sql.Named("tier", "basic")}},
		{"DEFINE FIELD tier ON account VALUE $_1", []any{"basic"}},
		{"DEFINE FIELD tier ON account TYPE string ASSERT $value IN $1", []any{[]string{"a"}}},
		{"DEFINE FIELD tier ON account COMPUTED $1", []any{"basic"}},
		{"DEFINE FIELD tier ON account PERMISSIONS FOR select WHERE owner = $1", []any{"basic"}},
		{"DEFINE EVENT e ON account THEN { CREATE log SET v = $1 }", []any{"basic"}},
		{"DEFINE FUNCTION fn::f() { RETURN $1 }", []any{"basic"}},
		{"DEFINE TABLE v AS SELECT * FROM account WHERE tier = $1", []any{"basic"}},
		{"DEFINE ACCESS a ON DATABASE TYPE RECORD SIGNIN (SELECT * FROM user WHERE name = $name)", []any{sql.Named("name", "x")}},
		{"ALTER FIELD tier ON account DEFAULT $1", []any{"basic"}},
		{"DEFINE PARAM $p VALUE $1 PERMISSIONS WHERE $auth.a = $2", []any{1, 2}},
		{"IF true { DEFINE FIELD tier ON account DEFAULT $1 }", []any{"basic"}},
		{"FOR $f IN ['a'] { DEFINE FIELD tier ON account DEFAULT $1 }", []any{"basic"}},
		{"BEGIN; DEFINE FIELD tier ON account DEFAULT $1; COMMIT", []any{"basic"}},
		{"CREATE account SET tier = $1; DEFINE FIELD tier ON account DEFAULT $1", []any{"basic"}},
	} {
		requireUnsent(t, db, proxy, c.text, c.args, "surrealsql.Literal")
	}
	requireUnsent(t, db, proxy, "LET $tier = 'basic'; DEFINE FIELD tier ON account DEFAULT $tier", nil, "keeps $tier by its name")
	requireUnsent(t, db, proxy, "FOR $tier IN ['basic'] { DEFINE FIELD tier ON account DEFAULT $tier }", nil, "keeps $tier by its name")
}

func TestAnArgumentThatADefinitionComputesAtOnceIsTaken(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	mustExec(t, db, "DEFINE TABLE account")
	mustExec(t, db, "DEFINE FIELD tier ON account COMMENT $1", "what they pay")
	mustExec(t, db, "DEFINE PARAM $limit VALUE { most: $1 } COMMENT $2", 5, "x")
	require.Equal(t, 5, queryOne[int](t, db, "RETURN $limit.most"))
	mustExec(t, db, "CREATE account:1 SET tier = $1", "basic")
	mustExec(t, db, "REMOVE TABLE $1", "account")
	require.Equal(t, 0, queryOne[int](t, db, "RETURN count(object::keys((INFO FOR DB).tables))"))
}

func TestADefinitionWithALiteralMeansItsValue(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	tier, err := surrealsql.Literal(`ba"s'ic`)
	require.NoError(t, err)
	mustExec(t, db, "DEFINE TABLE account; DEFINE FIELD tier ON account DEFAULT "+tier)
	require.Equal(t, `ba"s'ic`, queryOne[string](t, db, "CREATE ONLY account SET name = $1 RETURN VALUE tier", "Bob"))
}
