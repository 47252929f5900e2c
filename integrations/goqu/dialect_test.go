package surrealgoqu_test

import (
	"database/sql"
	"regexp"
	"testing"
	"time"

	"github.com/doug-martin/goqu/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	surrealgoqu "github.com/surrealsql/surrealsql/integrations/goqu"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What the dialect writes, what it refuses, and that SurrealDB parses what it writes.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var dialect = goqu.Dialect(surrealgoqu.Dialect)

// query is what all datasets are.
type query interface{ ToSQL() (string, []any, error) }

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open(surrealsql.DriverName, surrealtest.DSN(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

var when = time.Date(2026, 11, 27, 3, 0, 0, 123456789, time.UTC)

var written = []struct {
	query query
	text  string
	args  []any
}{
	{dialect.From("person"), "SELECT * FROM `person`", nil},
	{dialect.From("person").Select("name", goqu.I("address.city").As("city"), goqu.C("a`b\\")),
		"SELECT `name`, `address`.`city` AS `city`, `a\\`b\\\\` FROM `person`", nil},
	{dialect.From(goqu.V(surrealsql.RecordID("person:ada"))), "SELECT * FROM $1", []any{surrealsql.RecordID("person:ada")}},
	{dialect.From("person").Where(goqu.Ex{"age": goqu.Op{"gte": 18}, "name": []string{"Ada", "Kim"}}),
		"SELECT * FROM `person` WHERE ((`age` >= $1) AND (`name` IN [$2, $3]))", []any{18, "Ada", "Kim"}},
	{dialect.From("person").Where(goqu.ExOr{"age": 1, "b": true}),
		"SELECT * FROM `person` WHERE ((`age` = $1) OR (`b` = $2))", []any{1, true}},
	{dialect.From("person").Where(goqu.C("name").NotIn("Ada"), goqu.C("age").In([]int{})),
		"SELECT * FROM `person` WHERE ((`name` NOT IN [$1]) AND (`age` IN []))", []any{"Ada"}},
	{dialect.From("person").Where(goqu.C("city").In(goqu.From("town").Select("name").Where(goqu.C("big").IsTrue()))),
		"SELECT * FROM `person` WHERE (`city` IN (SELECT VALUE `name` FROM `town` WHERE (`big` = $1)))", []any{true}},
	{dialect.From("person").Where(goqu.C("age").IsNull(), goqu.C("name").IsNotNull()),
		"SELECT * FROM `person` WHERE (((`age` ?? NONE) = NONE) AND ((`name` ?? NONE) != NONE))", nil},
	{dialect.From("person").Where(goqu.C("born").Between(goqu.Range(when, when)), goqu.C("n").NotBetween(goqu.Range(1, 2))),
		"SELECT * FROM `person` WHERE ((`born` >= $1 AND `born` <= $2) AND (`n` < $3 OR `n` > $4))", []any{when, when, 1, 2}},
	{dialect.From("person").Where(goqu.C("name").Like(regexp.MustCompile("^A")), goqu.C("name").RegexpNotILike("b$")),
		"SELECT * FROM `person` WHERE (string::matches(`name`, $1) AND !string::matches(`name`, $2))", []any{"^A", "(?i)b$"}},
	{dialect.From("person").Where(goqu.Func("string::starts_with", goqu.C("name"), "A").IsTrue()),
		"SELECT * FROM `person` WHERE (string::starts_with(`name`, $1) = $2)", []any{"A", true}},
	{dialect.From("person").Where(goqu.L("age ?? 0 > 1"), goqu.L("n > ?", 2)),
		"SELECT * FROM `person` WHERE ((age ?? 0 > 1) AND (n > $1))", []any{2}},
	{dialect.From("person").Order(goqu.C("age").Desc(), goqu.C("name").Asc()).Limit(10).Offset(20),
		"SELECT * FROM `person` ORDER BY `age` DESC, `name` ASC LIMIT $1 START $2", []any{uint(10), uint(20)}},
	{dialect.From("person").LimitAll(), "SELECT * FROM `person`", nil},
	{dialect.From("person").Select(goqu.COUNT("*").As("n"), goqu.COUNT("age"), goqu.SUM("age").As("s")),
		"SELECT count() AS `n`, count((`age` ?? NONE) != NONE), math::sum(`age`) AS `s` FROM `person` GROUP ALL", nil},
	{dialect.From("person").Select("city", goqu.AVG("age").As("mean")).GroupBy("city"),
		"SELECT `city`, math::mean(`age`) AS `mean` FROM `person` GROUP BY `city`", nil},
	{dialect.From("person").Select(goqu.I("address.city").As("city"), goqu.MAX("age")).GroupBy(goqu.C("city")),
		"SELECT `address`.`city` AS `city`, math::max(`age`) FROM `person` GROUP BY `city`", nil},
	{dialect.From(dialect.From("person").Select("city", goqu.COUNT("*").As("n")).GroupBy("city")).Where(goqu.C("n").Gt(1)),
		"SELECT * FROM (SELECT `city`, count() AS `n` FROM `person` GROUP BY `city`) WHERE (`n` > $1)", []any{1}},
	{dialect.From("person").Select(goqu.Case().When(goqu.C("age").Lt(18), "child").Else(goqu.C("job")).As("is"), goqu.Cast(goqu.C("age"), "string").As("t")),
		"SELECT (IF ((`age` < $1)) { $2 } ELSE { `job` }) AS `is`, (<string>(`age`)) AS `t` FROM `person`", []any{18, "child"}},
	{dialect.From("person").Select(goqu.Case().Value(goqu.C("age")).When(1, 2).When(3, 4).As("is"), goqu.COALESCE(goqu.C("nick"), goqu.C("name")).As("n")),
		"SELECT (IF (`age` = $1) { $2 } ELSE IF (`age` = $3) { $4 }) AS `is`, (`nick` ?? `name`) AS `n` FROM `person`", []any{1, 2, 3, 4}},

	{dialect.Insert("person").Rows(goqu.Record{"name": "Ada", "tags": []string{"math"}, "best": surrealsql.RecordID("person:kim")}),
		"INSERT INTO `person` (`best`, `name`, `tags`) VALUES ($1, $2, $3)", []any{surrealsql.RecordID("person:kim"), "Ada", []string{"math"}}},
	{dialect.Insert("person").Cols("name", "age").Vals(goqu.Vals{"Ada", goqu.Default()}, goqu.Vals{"Kim", nil}).Returning("id", "name"),
		"INSERT INTO `person` (`name`, `age`) VALUES ($1, NONE), ($2, $3) RETURN `id`, `name`", []any{"Ada", "Kim", nil}},
	{dialect.Insert("person"), "INSERT INTO `person` {}", nil},
	{dialect.Insert("person").FromQuery(goqu.From("guest").Select("name")), "INSERT INTO `person` (SELECT `name` FROM `guest`)", nil},
	{dialect.Insert("person").Rows(goqu.Record{"id": "ada"}).OnConflict(goqu.DoNothing()),
		"INSERT IGNORE INTO `person` (`id`) VALUES ($1)", []any{"ada"}},
	{dialect.Insert("person").Rows(goqu.Record{"id": "ada", "n": 1}).OnConflict(goqu.DoUpdate("", goqu.Record{"n": goqu.L("(n ?? 0) + $input.n")})),
		"INSERT INTO `person` (`id`, `n`) VALUES ($1, $2) ON DUPLICATE KEY UPDATE `n` = (n ?? 0) + $input.n", []any{"ada", 1}},

	{dialect.Update("person").Set(goqu.Record{"address.city": "Paris", "age": goqu.L("? + ?", goqu.COALESCE(goqu.C("age"), 0), 1)}).Where(goqu.C("name").Eq("Ada")).Returning(goqu.Star()),
		"UPDATE `person` SET `address`.`city` = $1, `age` = (`age` ?? $2) + $3 WHERE (`name` = $4) RETURN AFTER", []any{"Paris", 0, 1, "Ada"}},
	{dialect.Update(goqu.V(surrealsql.RecordID("person:ada"))).Set(goqu.C("age").Set(1)),
		"UPDATE $1 SET `age` = $2", []any{surrealsql.RecordID("person:ada"), 1}},
	{dialect.Delete("person").Where(goqu.C("id").Eq(surrealsql.RecordID("person:ada"))).Returning("id", goqu.I("address.city")),
		"DELETE `person` WHERE (`id` = $1) RETURN $before.`id` AS `id`, $before.`address`.`city`", []any{surrealsql.RecordID("person:ada")}},
	{dialect.Delete("person").Returning(goqu.Star()), "DELETE `person` RETURN BEFORE", nil},
	{dialect.Truncate("person", "town"), "DELETE `person`, `town`", nil},
}

func TestDialectWritesSurrealQLThatIsParsed(t *testing.T) {
	t.Parallel()
	db := open(t)
	_, err := db.ExecContext(t.Context(), `DEFINE TABLE person; DEFINE TABLE town; DEFINE TABLE guest`)
	require.NoError(t, err)
	for _, w := range written {
		text, args, err := w.query.ToSQL()
		require.NoError(t, err, w.text)
		require.Equal(t, w.text, text)
		require.Equal(t, append([]any{}, w.args...), args, text)
		_, err = db.ExecContext(t.Context(), text, args...)
		require.NoError(t, err, text)
	}
}

// Where goqu would interpolate values, they are arguments all the same.
func TestDialectWritesNoValueIntoItsText(t *testing.T) {
	t.Parallel()
	for _, prepared := range []bool{false, true} {
		text, args, err := dialect.From("person").Prepared(prepared).Where(goqu.C("name").Eq("'; DELETE person; '")).ToSQL()
		require.NoError(t, err)
		require.Equal(t, "SELECT * FROM `person` WHERE (`name` = $1)", text)
		require.Equal(t, []any{"'; DELETE person; '"}, args)
	}
}

var refused = []struct {
	query query
	says  string
}{
	{dialect.From("person").Join(goqu.T("town"), goqu.On(goqu.Ex{"a": 1})), "no JOIN"},
	{dialect.From("person", "town"), "all pairs"},
	{dialect.From(goqu.T("person").As("p")), "no alias for a table"},
	{dialect.From(goqu.S("shop").Table("person")), "named alone"},
	{dialect.From(goqu.I("shop.person")), "named alone"},
	{dialect.From(), "no table"},
	{dialect.From("person").Distinct(), "no DISTINCT"},
	{dialect.From("person").Select(goqu.DISTINCT("name")), "no DISTINCT"},
	{dialect.From("person").Select("city", goqu.COUNT("*")).GroupBy("city").Having(goqu.COUNT("*").Gt(1)), "no HAVING"},
	{dialect.From("person").Union(dialect.From("town")), "no UNION"},
	{dialect.From("person").With("p", dialect.From("town")), "no WITH"},
	{dialect.From(goqu.Lateral(dialect.From("town"))), "no LATERAL"},
	{dialect.From("person").ForUpdate(goqu.Wait), "locks no rows"},
	{dialect.From("person").Window(goqu.W("w")), "no window functions"},
	{dialect.From("person").Select(goqu.ROW_NUMBER().Over(goqu.W())), "no window functions"},
	{dialect.From("person").Where(goqu.C("name").Like("A%")), "string::starts_with"},
	{dialect.From("person").Where(goqu.C("name").NotILike("A%")), "no LIKE"},
	{dialect.From("person").Where(goqu.C("n").BitwiseAnd(1).Gt(0)), "bits of a number"},
	{dialect.From("person").Where(goqu.C("n").Gt(nil)), "nothing is gt NULL"},
	{dialect.From("person").Where(goqu.C("id").Eq("person:ada")), "pass a surrealsql.RecordID"},
	{dialect.From("person").Where(goqu.C("id").In("person:ada", "person:kim")), "pass a surrealsql.RecordID"},
	{dialect.From("person").Where(goqu.C("id").Neq(42)), "the number 42"},
	{dialect.From("person").Where(goqu.C("id").NotIn(uint8(1))), "pass a surrealsql.RecordID"},
	{dialect.From("person").Where(goqu.C("n").Gt((*int)(nil))), "nothing is gt NULL"},
	{dialect.Delete("person").Where(goqu.Ex{"n": goqu.Op{"gte": sql.NullInt64{}}}), "nothing is gte NULL"},
	{dialect.From("person").Where(goqu.C("n").Between(goqu.Range((*int)(nil), 3))), "nothing is between NULL"},
	{dialect.From("person").Where(goqu.C("n").NotBetween(goqu.Range(3, nil))), "nothing is between NULL"},
	{dialect.From("person").Where(goqu.T("person").Col("name").Eq("Ada")), `goqu.C("name")`},
	{dialect.From("person").Select(goqu.T("person").All()), "a * without a table"},
	{dialect.From(dialect.From("person").As("p")).Where(goqu.I("p.name").Eq("Ada")), `goqu.C("name")`},
	{dialect.From("person").Where(goqu.C("city").In(goqu.From("town"))), "select one column"},
	{dialect.From("person").Where(goqu.C("n").Gt(dialect.From("town").Select(goqu.COUNT("*")))), "a list of records"},
	{dialect.From("person").Where(goqu.L("a = ? AND b = ?", 1)), "2 question marks for 1 values"},
	{dialect.From("person").Where(goqu.SUM("n").Gt(1)), "column of a selection"},
	{dialect.From("person").Select("name", goqu.COUNT("*")), "neither grouped by"},
	{dialect.From("person").Select("name", goqu.COUNT("*")).GroupBy("city"), "neither grouped by"},
	{dialect.From("person").Select(goqu.Func("UPPER", goqu.C("name"))), "no function UPPER"},
	{dialect.From("person").Select(goqu.FIRST("name")), "no function FIRST"},
	{dialect.From("person").Order(goqu.C("name").Asc().NullsLast()), "NULLS FIRST and LAST"},
	{dialect.From("person").Select(goqu.Case()), "no WHEN"},
	{dialect.From("person").Where(goqu.Or(goqu.And(), goqu.C("").Eq(1))), "a name is empty"},

	{dialect.Update("person").Set(goqu.Record{"n": 1}).Limit(1), "no ORDER BY and LIMIT for UPDATE"},
	{dialect.Update("person").Set(goqu.Record{"n": 1}).Order(goqu.C("n").Asc()), "no ORDER BY and LIMIT for UPDATE"},
	{dialect.Update("person").Set(goqu.Record{"n": 1}).From("town"), "one table"},
	{dialect.Update("person").Set(goqu.Record{}), "nothing is to be set"},
	{dialect.Update("person"), "nothing is to be set"},
	{dialect.Update("person").With("p", dialect.From("town")).Set(goqu.Record{"n": 1}), "no WITH"},
	{dialect.Delete("person").Limit(1), "no ORDER BY and LIMIT for DELETE"},
	{dialect.Delete("person").Returning(goqu.L("1 + 1")), "a DELETE returns fields"},
	{dialect.Insert("person").Rows(goqu.Record{"n": 1}).OnConflict(goqu.DoUpdate("n", goqu.Record{"n": 1})), "any unique index"},
	{dialect.Insert("person").Rows(goqu.Record{"n": 1}).OnConflict(goqu.DoUpdate("", goqu.Record{"n": 1}).Where(goqu.C("n").Gt(1))), "no condition"},
	{dialect.Insert("person").Rows(goqu.Record{"n": 1}).As("new"), "no alias"},
	{dialect.Insert("person").Cols("n").FromQuery(dialect.From("town")), "names its columns there"},
	{dialect.Insert("person").Cols("n", "m").Vals(goqu.Vals{1}), "1 values for 2 columns"},
	{dialect.Insert("person").Vals(goqu.Vals{1}), "no columns"},
	{dialect.Truncate("person").Cascade(), "no options"},
}

func TestDialectRefusesWhatSurrealQLHasNot(t *testing.T) {
	t.Parallel()
	for _, r := range refused {
		text, _, err := r.query.ToSQL()
		require.ErrorContains(t, err, "surrealgoqu: ", "%s: %s", r.says, text)
		require.ErrorContains(t, err, r.says)
		require.Empty(t, text)
	}
}
