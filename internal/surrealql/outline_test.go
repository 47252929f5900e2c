package surrealql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What texts do in a few words, and texts without the values in them.

func TestOutlineHasTheKeywordAndTheTablesOfEachStatement(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`SELECT name, (SELECT * FROM inner) FROM ONLY person:ada WHERE x = 1`: `SELECT person`,
		"select * from `odd name`, person, b:1, person LIMIT 1":               `SELECT odd name person b`,
		`SELECT * FROM type::table($t)`:                                       `SELECT`,
		`SELECT * FROM fn::all()`:                                             `SELECT`,
		`SELECT * FROM $1`:                                                    `SELECT`,
		`SELECT * FROM (SELECT * FROM person)`:                                `SELECT`,
		`SELECT * FROM person:1..5`:                                           `SELECT person`,
		`SELECT * FROM person:[1, 2], b`:                                      `SELECT person`,
		`CREATE ONLY person:1 SET a = 1`:                                      `CREATE person`,
		`CREATE person CONTENT { from: 1 }`:                                   `CREATE person`,
		`UPDATE person, dog SET a = 1`:                                        `UPDATE person dog`,
		`UPSERT person:1`:                                                     `UPSERT person`,
		`DELETE FROM ONLY person:1`:                                           `DELETE person`,
		`DELETE person WHERE a`:                                               `DELETE person`,
		`INSERT IGNORE INTO person (a) VALUES (1)`:                            `INSERT person`,
		`INSERT RELATION INTO likes { in: a:1, out: b:2 }`:                    `INSERT likes`,
		`INSERT { id: person:1 }`:                                             `INSERT`,
		`RELATE ONLY person:1->likes->person:2`:                               `RELATE likes`,
		`RELATE (SELECT * FROM a->b->c)->likes:1->$x`:                         `RELATE likes`,
		`LIVE SELECT DIFF FROM person`:                                        `LIVE person`,
		`DEFINE TABLE IF NOT EXISTS person SCHEMAFULL`:                        `DEFINE TABLE person`,
		`DEFINE TABLE OVERWRITE person`:                                       `DEFINE TABLE person`,
		`REMOVE TABLE IF EXISTS person`:                                       `REMOVE TABLE person`,
		`define field name on person TYPE string`:                             `DEFINE FIELD`,
		`RETURN 1`:                  `RETURN`,
		`fn::greet("Ada")`:          `RETURN`,
		`{ LET $x = 1; RETURN $x }`: `RETURN`,
		`LET $x = 1; UPDATE a SET b = $x; SELECT * FROM a`: `LET; UPDATE a; SELECT a`,
		`USE NS a DB b`:      `USE`,
		`INFO FOR TABLE a`:   `INFO`,
		`SELECT * FROM ONLY`: `SELECT`,
		``:                   ``,
	} {
		var got []string
		for _, o := range Analyze(text).Outlines() {
			got = append(got, strings.Join(append([]string{o.Operation}, o.Tables...), " "))
		}
		require.Equal(t, want, strings.Join(got, "; "), text)
	}
}

func TestLiteralsAreHidden(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`SELECT name FROM person WHERE age > 18 AND name = "s3cret"  LIMIT $1`:    `SELECT name FROM person WHERE age > ? AND name = ? LIMIT $1`,
		`SELECT * FROM person:s3cret`:                                             `SELECT * FROM person:?`,
		`SELECT * FROM person:⟨s3cret⟩, person:123, r'person:s3cret'`:             `SELECT * FROM person:?, person:?, ?`,
		"SELECT * FROM `odd name`:`s3cret`":                                       "SELECT * FROM `odd name`:?",
		`CREATE a SET t = d'2020-01-01T00:00:00Z', d = 1h30m, n = -1.5dec`:        `CREATE a SET t = ?, d = ?, n = -?`,
		"SELECT 1 -- s3cret\n, 2 /* s3cret */ # s3cret":                           `SELECT ? , ?`,
		`RETURN /it's s3cret/ = 's3cret' + a / b / c`:                             `RETURN ? = ? + a / b / c`,
		"RETURN function($a, { b: '}' }) { return `s3cret ${a}` + 's3cret' } + 1": `RETURN function($a, { b: ? }) ? + ?`,
		`DEFINE FUNCTION fn::a($x: string) { RETURN 's3cret' + $x }`:              `DEFINE FUNCTION fn::a($x: string) { RETURN ? + $x }`,
		`DEFINE USER u ON ROOT PASSWORD 's3cret' ROLES OWNER`:                     `DEFINE USER u ON ROOT PASSWORD ? ROLES OWNER`,
		`DEFINE USER u ON ROOT PASSWORD 's3cret`:                                  `DEFINE USER u ON ROOT PASSWORD ?`,
		`SELECT * FROM person:s3..s3cret, person:s3>..=s3cret, person:..s3cret`:   `SELECT * FROM person:?..?, person:?>..=?, person:..?`,
		"SELECT * FROM person:1..=`s3cret` WHERE a":                               "SELECT * FROM person:?..=? WHERE a",
		`SELECT * FROM person:s3cret.. WHERE a = 1..b`:                            `SELECT * FROM person:?.. WHERE a = ?..b`,
		`SELECT * FROM a WHERE b = c AND name = 'O's3cret' AND d`:                 `SELECT * FROM a WHERE b = c AND name = ?`,
		`SELECT * FROM a WHERE name = 'O' s3cret'`:                                `SELECT * FROM a WHERE name = ?`,
		`SELECT * FROM a WHERE name = 'O's3cret' AND b = 'O's3cret'`:              `SELECT * FROM a WHERE name = ?`,
		`SELECT * FROM a WHERE name = 'x' AND b = ⟨c`:                             `SELECT * FROM a WHERE name = ? AND b = ?`,
		`SELECT b.value / 2 FROM a WHERE u = 'http://s3cret'`:                     `SELECT b.value / ? FROM a WHERE u = ?`,
		`UPDATE a SET n = limit / total, u = 'a/b s3cret'`:                        `UPDATE a SET n = limit / total, u = ?`,
		`UPDATE a SET u = "s3cret", n = value / 2, v = 'a/b s3cret'`:              `UPDATE a SET u = ?, n = value / ?, v = ?`,
		`SELECT * FROM a WHERE b = 'x' AND /it's s3cret/ = c`:                     `SELECT * FROM a WHERE b = ? AND ? = c`,
		`SELECT start / 2, 'x/y', "s3cret / s3cret" FROM a`:                       `SELECT start / ?, ?, ? FROM a`,
		`SELECT start / 2, /s3cret/ FROM a`:                                       `SELECT start ?`,
		`RETURN math::sum([1, 2])`:                                                `RETURN math::sum([?, ?])`,
		`RETURN { a: b, "s3cret": true }`:                                         `RETURN { a: b, ?: true }`,
		``:                                                                        ``,
	} {
		require.Equal(t, want, HideLiterals(text), text)
	}
}

func FuzzLiteralsAreHiddenAndOutlinesNeverPanic(f *testing.F) {
	seedTexts(f)
	f.Add("a.b / 2; value / 'c/d', limit / /e/")
	f.Fuzz(func(t *testing.T, text string) {
		if shown := HideLiterals(text + "; RETURN 's3cret'"); !strings.ContainsAny(text, `'"`) {
			require.NotContains(t, shown, "s3cret")
		}
		q := Analyze(text)
		require.Len(t, q.Outlines(), len(q.Statements))
	})
}
