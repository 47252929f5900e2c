package surrealql

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// needs lists what a text must have values for: name, or name@n after n USE.
func needs(text string) string {
	var list []string
	for _, n := range Analyze(text).Needs {
		s := n.Name
		if n.Uses > 0 {
			s = fmt.Sprintf("%s@%d", s, n.Uses)
		}
		if n.Removed {
			s += "!"
		}
		list = append(list, s)
	}
	return strings.Join(list, " ")
}

func TestScopeOfNameIsWhereServerSeesIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"LET $x = 5; UPDATE t SET n = $x":                                        "",
		"(LET $x = 5); UPDATE t SET n = $x":                                      "",
		"BEGIN; LET $x = 5; COMMIT; RETURN $x":                                   "",
		"BEGIN; LET $x = 5; CANCEL; RETURN $x":                                   "x", // 4.0
		"BEGIN; LET $x = 5; UPDATE t SET n = $x; CANCEL":                         "",
		"{ LET $x = 5 }; UPDATE t SET n = $x":                                    "x",
		"{ LET $x = 5; { UPDATE t SET n = $x } }":                                "",
		"{ { LET $x = 5 }; UPDATE t SET n = $x }":                                "x",
		"LET $x = 1; { LET $x = 2 }; UPDATE t SET n = $x":                        "",
		"IF true { LET $x = 5 }; UPDATE t SET n = $x":                            "x",
		"IF true { LET $x = 5 } ELSE { UPDATE t SET n = $x }":                    "x",
		"IF true { 1 } ELSE IF false { LET $x = 5 } ELSE { RETURN $x }":          "x",
		"IF true THEN LET $x = 5 END; UPDATE t SET n = $x":                       "x",
		"IF true THEN { LET $x = 5 } END; UPDATE t SET n = $x":                   "x",
		"FOR $i IN [1] { LET $x = $i }; UPDATE t SET n = [$x, $i]":               "x i",
		"FOR $i IN [1] { UPDATE t SET n = $x; LET $x = $i }":                     "x",
		"FOR $i IN [1] { FOR $j IN [$i] { RETURN $j } RETURN $j }":               "j",
		"LET $f = |$a| { LET $x = $a; RETURN $x }; UPDATE t SET n = $x":          "x",
		"RETURN [1].map(|$a| $a); UPDATE t SET n = $a":                           "a",
		"RETURN LET $x = 5; UPDATE t SET n = $x":                                 "x",
		"RETURN { a: { LET $x = 4; $x }, b: $x }":                                "x",
		"CREATE t SET n = { LET $x = 4; RETURN $x }; UPDATE t SET n = $x":        "x",
		"SELECT * FROM { LET $x = 4; RETURN [$x] } WHERE a = $x":                 "x",
		"UPDATE t SET n = $x; LET $x = 5":                                        "x",
		"LET $x = $x; RETURN $x":                                                 "x",
		"LET $x: int = 5; RETURN $x":                                             "",
		"EXPLAIN LET $x = 5; RETURN $x":                                          "x",
		"UPDATE t SET n = $a; USE DB o; UPDATE t SET n = [$a, $b, $a]":           "a a@1 b@1",
		"USE NS a; USE DB o; RETURN $a":                                          "a@2",
		"USE NS $a DB $b":                                                        "a b",
		"LET $x = 1; USE DB o; RETURN $x":                                        "",
		"DEFINE PARAM $p VALUE 1; RETURN $p":                                     "",
		"BEGIN; DEFINE PARAM $p VALUE 1; CANCEL; RETURN $p":                      "p",
		"DEFINE PARAM $p VALUE 1; USE DB o; RETURN $p":                           "p@1",
		"IF true { DEFINE PARAM $p VALUE 1 }; RETURN $p":                         "p",
		"RETURN $p; REMOVE PARAM $p; RETURN $p":                                  "p p!",
		"REMOVE PARAM IF EXISTS $p; UPDATE t SET n = $p":                         "p!",
		"DEFINE PARAM $p VALUE 1; REMOVE PARAM $p; RETURN $p":                    "p!",
		"REMOVE PARAM $p; DEFINE PARAM $p VALUE 2; RETURN $p":                    "",
		"DEFINE FUNCTION fn::f($a: int) { RETURN $a }; UPDATE t SET n = $a":      "a",
		"UPDATE t SET n = $value, m = $event, o = $input":                        "value event input",
		"RETURN [1].map(|$value| $value)":                                        "",
		"LET $value = 1; RETURN $value":                                          "",
		"INSERT INTO t $rows ON DUPLICATE KEY UPDATE n = $input.n":               "rows",
		"INSERT INTO t $rows ON DUPLICATE KEY UPDATE n = $value":                 "rows value",
		"LIVE SELECT * FROM t WHERE $event = 'CREATE' AND $value.a = $a":         "a",
		"DEFINE EVENT e ON t WHEN $event = 'x' THEN { CREATE l SET v = $value }": "",
		"UPDATE t SET n = 1 RETURN $before.n, $after.n":                          "",
		"UPDATE t SET n = 1 RETURN VALUE [1].map(|$v| { $before.n })":            "",
		"RETURN (UPDATE t SET n = 1 RETURN VALUE $before.n)":                     "",
		"DELETE t RETURN VALUE (SELECT VALUE $before.n FROM [1])":                "",
		"INSERT INTO t $rows RETURN VALUE $after.n":                              "rows",
		"RELATE a:1->e->b:1 RETURN VALUE $after.n":                               "",
		"UPDATE t SET n = $before.n RETURN $after":                               "before",
		"UPDATE t SET n = 1 WHERE $after.n = 2":                                  "after",
		"UPDATE t SET n = 1 RETURN $before; UPDATE t SET n = $before.n":          "before",
		"INSERT INTO t $rows ON DUPLICATE KEY UPDATE n = $before.n":              "rows before",
		"SELECT * FROM t WHERE $before.n = 1":                                    "before",
		"LET $before = 1; UPDATE t SET n = $before":                              "",
		"FOR $after IN [1] { UPDATE t SET n = $after }":                          "",
		"DEFINE TABLE t PERMISSIONS FOR update WHERE $before.n = $after.n":       "",
		"RETURN [$auth, $session.ip, $token, $access, $this, $parent]":           "",
	} {
		require.Equal(t, want, needs(text), text)
	}
}

// keeps lists what a definition keeps, and what of it the text gives a value.
func keeps(text string) string {
	q := Analyze(text)
	s := strings.Join(q.Kept, " ")
	if len(q.Stale) > 0 {
		s += " stale " + strings.Join(q.Stale, " ")
	}
	return s
}

func TestDefinitionKeepsWhatItDoesNotCompute(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		// $1 and $2 are kept, $8 and $9 computed.
		"DEFINE FIELD a ON t DEFAULT $1":                                                                                           "_1",
		"DEFINE FIELD a ON t DEFAULT ALWAYS $1":                                                                                    "_1",
		"define field overwrite a on table t type string default $1 comment $9":                                                    "_1",
		"DEFINE FIELD a ON t TYPE option<string | record<token>> VALUE $1 ASSERT $2":                                               "_1 _2",
		"DEFINE FIELD a ON t TYPE { key: int } COMPUTED [1, { a: $1 }]":                                                            "_1",
		"DEFINE FIELD a ON t VALUE comment + key + $1 COMMENT $9":                                                                  "_1",
		"DEFINE FIELD a ON t PERMISSIONS FOR select, create WHERE a = $1 FOR update FULL":                                          "_1",
		"DEFINE FIELD a ON t PERMISSIONS WHERE $1 COMMENT $9":                                                                      "_1",
		"DEFINE FIELD a ON t TYPE record<x> REFERENCE ON DELETE THEN { UPDATE x SET a = $1 }":                                      "_1",
		"DEFINE FIELD $9 ON TABLE $8 DEFAULT $_1":                                                                                  "_1",
		"DEFINE FIELD comment ON token DEFAULT $1":                                                                                 "_1",
		"DEFINE FIELD default ON TABLE value TYPE int COMMENT $9":                                                                  "",
		"DEFINE FIELD a.*.b ON t DEFAULT $x":                                                                                       "x",
		"DEFINE FIELD a ON t VALUE <future> { $1 }":                                                                                "_1",
		"DEFINE TABLE $9 COMMENT $8":                                                                                               "",
		"DEFINE TABLE t AS SELECT count() FROM u WHERE a = $1 GROUP ALL":                                                           "_1",
		"DEFINE TABLE t AS (SELECT a FROM u WHERE a = $1) COMMENT $9":                                                              "_1",
		"DEFINE TABLE t SCHEMAFULL CHANGEFEED 1h PERMISSIONS FOR select WHERE u = $x":                                              "x",
		"DEFINE EVENT $9 ON t WHEN $event = $1 THEN { CREATE l SET a = $2 } COMMENT $8":                                            "_1 _2",
		"DEFINE EVENT e ON t THEN (CREATE l SET a = $1), { RETURN $2 }":                                                            "_1 _2",
		"DEFINE EVENT e ON t THEN { LET $y = 1; RETURN [$y, $after, $x] }":                                                         "x",
		"DEFINE FUNCTION fn::f($a: int, $b: option<string>) -> { c: int } { RETURN $a + $b + $1 } COMMENT $9 PERMISSIONS WHERE $2": "_1 _2",
		"DEFINE FUNCTION fn::f($a: int) { RETURN [$a].map(|$v| $v + $x) }":                                                         "x",
		"DEFINE FUNCTION fn::f() { DEFINE FIELD a ON t DEFAULT $x COMMENT $y }":                                                    "x y",
		"DEFINE PARAM $p VALUE $9":                                                                                                 "",
		"DEFINE PARAM $p VALUE { a: [$9] } COMMENT $8 PERMISSIONS WHERE $1":                                                        "_1",
		"DEFINE PARAM $1 VALUE 5":                                                                                                  "_1",
		"DEFINE PARAM IF NOT EXISTS $p VALUE $x":                                                                                   "",
		"ALTER PARAM $p VALUE $9":                                                                                                  "",
		"ALTER PARAM $p PERMISSIONS WHERE $1":                                                                                      "_1",
		"REMOVE PARAM $p":                                                                                                          "p",
		"REMOVE TABLE $9; REMOVE FIELD $8 ON t; REMOVE PARAM IF EXISTS $1":                                                         "_1",
		"DEFINE INDEX $9 ON $8 FIELDS a, b.c UNIQUE COMMENT $x":                                                                    "",
		"DEFINE INDEX i ON t FIELDS a COUNT WHERE a = $1":                                                                          "_1",
		"DEFINE ANALYZER $9 TOKENIZERS blank FILTERS lowercase COMMENT $8":                                                         "",
		"DEFINE USER $9 ON ROOT PASSWORD 'x' ROLES owner DURATION FOR TOKEN $8, FOR SESSION $x":                                    "",
		"DEFINE ACCESS a ON DATABASE TYPE RECORD SIGNUP (CREATE u SET a = $1) SIGNIN (SELECT * FROM u WHERE a = $2) DURATION FOR TOKEN $9": "_1 _2",
		"DEFINE ACCESS a ON DATABASE TYPE RECORD AUTHENTICATE { $1 } CONTEXT { $2 }":                                                       "_1 _2",
		"DEFINE ACCESS a ON DATABASE TYPE JWT ALGORITHM HS512 KEY $9 WITH ISSUER KEY $8":                                                   "",
		"DEFINE ACCESS a ON DATABASE TYPE JWT URL $9":                                                                                      "",
		"DEFINE SEQUENCE s BATCH $9 START $8 TIMEOUT $x":                                                                                   "",
		"DEFINE API $9 FOR get, post MIDDLEWARE api::timeout($8) PERMISSIONS WHERE $1 THEN { $2 } COMMENT $x":                              "_1 _2",
		"DEFINE BUCKET $9 BACKEND $8 PERMISSIONS WHERE $1":                                                                                 "_1",
		"DEFINE CONFIG API MIDDLEWARE api::timeout($9) PERMISSIONS WHERE $1":                                                               "_1",
		"DEFINE NAMESPACE $9; DEFINE DATABASE $8 COMMENT $x":                                                                               "",
		"ALTER FIELD a ON t DEFAULT $1":                                                                                                    "_1",
		"ALTER FIELD IF EXISTS a ON t DROP DEFAULT COMMENT $9":                                                                             "",
		"ALTER TABLE t PERMISSIONS FOR select WHERE a = $1":                                                                                "_1",
		"ALTER FUNCTION fn::f PERMISSIONS WHERE $1":                                                                                        "_1",
		"ALTER SYSTEM QUERY_TIMEOUT $9":                                                                                                    "",
		"DEFINE SOMETHING new WITH $1":                                                                                                     "_1", // unknown
		// Wherever the definition stands.
		"IF $9 { DEFINE FIELD a ON t DEFAULT $1 }":                                          "_1",
		"IF $9 THEN DEFINE FIELD a ON t DEFAULT $1 ELSE DEFINE FIELD a ON t DEFAULT $2 END": "_1 _2",
		"BEGIN; CREATE t SET a = $9; DEFINE FIELD a ON t DEFAULT $1; COMMIT":                "_1",
		"{ { DEFINE FIELD a ON t DEFAULT $1 } }":                                            "_1",
		"RETURN { a: { DEFINE FIELD a ON t DEFAULT $1 } }":                                  "_1",
		"CREATE t SET a = $x; DEFINE FIELD a ON t DEFAULT $x":                               "x",
		"LET $f = || { DEFINE FIELD a ON t DEFAULT $1 }":                                    "_1",
		"(DEFINE FIELD a ON t DEFAULT $1)":                                                  "_1",
		"SOMETHING new DEFINE FIELD a ON t DEFAULT $1":                                      "_1",
		"CREATE t SET a = $9, define = $8":                                                  "",
		// A LET outside does not reach it.
		"LET $x = 5; DEFINE FIELD a ON t DEFAULT $x":                     "x stale x",
		"FOR $i IN [1] { DEFINE FIELD a ON t DEFAULT $i }":               "i stale i",
		"LET $x = 5; DEFINE FUNCTION fn::f($x: int) { RETURN $x }":       "",
		"LET $x = 5; DEFINE FIELD a ON t COMMENT $x":                     "",
		"LET $x = 5; DEFINE EVENT e ON t THEN { LET $x = 1; RETURN $x }": "",
		"DEFINE PARAM $p VALUE 1; DEFINE FIELD a ON t DEFAULT $p":        "",
	} {
		require.Equal(t, want, keeps(text), text)
	}
}

func TestParamsAreUsedOnesThatTextDoesNotAssign(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want []string
	}{
		{"SELECT * FROM t WHERE a = $a AND b = $b AND c = $a", []string{"a", "b"}},
		{"RETURN [$`odd name`, $⟨other⟩, $Case, $case]", []string{"odd name", "other", "Case", "case"}},
		{"RETURN '$a' + \"$b\" -- $c\n + `$d` + /$e/", nil},
		{"LET $x = $y; RETURN $x + $z", []string{"y", "z"}},
		{"LET $x = $x + 1; RETURN $x", []string{"x"}},
		{"RETURN $x; LET $x = 1", []string{"x"}},
		{"LET $x: int | string = 1; RETURN $x", nil},
		{"FOR $i IN $list { CREATE t SET a = $i, b = $c }", []string{"list", "c"}},
		{"FOR $i IN $i { RETURN $i }", []string{"i"}},
		{"RETURN $list.map(|$x, $i: int| $x + $i + $y)", []string{"list", "y"}},
		{"RETURN [|$x| $x, $x]", []string{"x"}},
		{"DEFINE FUNCTION fn::a($x: int, $y: option<string>) { RETURN $x + $y + $z }", []string{"z"}},
		{"DEFINE FUNCTION OVERWRITE fn::a::b($x: int) -> int { RETURN $x }", nil},
		{"DEFINE PARAM $p VALUE $q", []string{"q"}},
		{"DEFINE PARAM IF NOT EXISTS $p VALUE 1", nil},
		{"DEFINE PARAM $p VALUE [1].map(|$x: int| { LET $y = $x; RETURN $y })", nil},
		{"SELECT *, $this.a, $self, $parent.b, $value, $input, $before, $after, $event FROM t", nil},
		{"RETURN [$auth, $token, $session, $access]", nil},
		{"IF $a { RETURN $b } ELSE { LET $c = 1; RETURN $c }", []string{"a", "b"}},
		{"SELECT a[$i], b.{ c: $d }, ->(k WHERE $e)->x FROM type::record($tb, $id) LIMIT $n START $o TIMEOUT $t", []string{"i", "d", "e", "tb", "id", "n", "o", "t"}},
		{"INSERT INTO $t $rows ON DUPLICATE KEY UPDATE a = $b", []string{"t", "rows", "b"}},
		{"RELATE $a->$k->$b", []string{"a", "k", "b"}},
		{"UPDATE t SET a.b = $x, c += $y WHERE d = $z RETURN VALUE $w", []string{"x", "y", "z", "w"}},
		{"RETURN function($x) { return $y; }", []string{"x"}},
		{"KILL $id", []string{"id"}},
		{"USE NS $a DB $b", []string{"a", "b"}},
		{"RETURN $1 + $_2 + $c", []string{"c"}},
	} {
		require.Equal(t, c.want, Analyze(c.text).Params, c.text)
	}
	require.True(t, IsReserved("auth"))
	require.False(t, IsReserved("name"))
}

func TestParamsThatDefinitionStoresNeedNoValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"DEFINE ACCESS a ON DATABASE TYPE RECORD SIGNUP (CREATE user SET name = $user) SIGNIN (SELECT * FROM user WHERE name = $user AND crypto::argon2::compare(hash, $pass))": {"user", "pass"},
		"DEFINE FUNCTION fn::a($x: int) { RETURN $x + $y }":                           {"y"},
		"DEFINE EVENT e ON t WHEN $event = 'CREATE' THEN (CREATE log SET by = $user)": {"user"},
		"DEFINE FIELD f ON t VALUE $a ASSERT $value > $b":                             {"a", "b"},
		"ALTER FIELD f ON t DEFAULT $a":                                               {"a"},
		"REMOVE PARAM IF EXISTS $p":                                                   {"p"},
		"IF $a { DEFINE FIELD f ON t VALUE $b }; RETURN $c":                           {"b"},
		"DEFINE PARAM $p VALUE $q":                                                    nil,
		"DEFINE FIELD f ON t VALUE $a; RETURN $a":                                     nil,
		"DEFINE FIELD f ON t VALUE $a; LET $a = 1; RETURN $a":                         {"a"},
		"RETURN $a; DEFINE FIELD f ON t VALUE $a":                                     nil,
	} {
		q := Analyze(text)
		require.ElementsMatch(t, want, withoutNeed(q), text)
		require.Subset(t, q.Params, want)
	}
}

// withoutNeed are the parameters that only definitions use.
func withoutNeed(q *Query) []string {
	return slices.DeleteFunc(slices.Clone(q.Params), func(name string) bool {
		return slices.ContainsFunc(q.Needs, func(n Need) bool { return n.Name == name })
	})
}
