package surrealql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// In these texts ^ marks where Exec asks for a null in place of each record.
func TestExecTextAsksForNullsAtRightPlace(t *testing.T) {
	t.Parallel()
	for _, marked := range []string{
		"CREATE t^",
		"CREATE t^;",
		"create t:1, |u:3|, $x^ ; ",
		"CREATE ONLY t SET a = 1, b = 'RETURN x'^",
		"CREATE t CONTENT { RETURN: 1 }^ TIMEOUT 1s",
		"CREATE t SET a = (SELECT * FROM u)^ PARALLEL",
		"CREATE t SET a = 1^ VERSION d'2020-01-01T00:00:00Z'",
		"CREATE t^ -- RETURN NONE\n",
		"CREATE t /* x */ SET a = $_1^ /* RETURN NONE */ TIMEOUT 1s",
		"CREATE t SET a = { RETURN 1 }^",
		"CREATE t SET a = IF b THEN (CREATE u RETURN NONE) ELSE 2 END^",
		"CREATE type::record('t', 1)^",
		"INSERT INTO t {}^",
		"INSERT INTO t [{ id: 1 }, { id: 2 }]^",
		"INSERT INTO t (a, b) VALUES (1, 'RETURN'), (2, ')')^",
		"INSERT INTO t (SELECT * FROM u)^",
		"INSERT INTO $t $rows^ TIMEOUT 5s",
		"INSERT IGNORE INTO t {}^",
		"INSERT RELATION INTO t {}^",
		"INSERT RELATION IGNORE INTO t {}^",
		"INSERT INTO t {} ON DUPLICATE KEY UPDATE a += 1, b = $input.b^",
		"INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a += 1^ TIMEOUT 1s",
		"INSERT [{ id: t:1 }]^",
		"UPDATE t^",
		"UPDATE t SET a = 1 WHERE b = 2^",
		"UPDATE t SET a = 1 WHERE b = 2^ TIMEOUT 1s",
		"UPDATE t MERGE { a: 1 } WHERE b^",
		"UPDATE t UNSET a, b WHERE c^",
		"UPDATE t PATCH [{ op: 'add', path: '/a', value: 1 }]^",
		"UPDATE t REPLACE { a: 1 }^",
		"UPDATE t WITH NOINDEX SET a = 1^",
		"UPDATE (SELECT * FROM t) SET a = 1^",
		"UPDATE ONLY t:1 SET a = 1^",
		"UPSERT t:1 SET a = 1 WHERE b^",
		"RELATE a:1->k->b:1^",
		"RELATE a:1->k:5->b:1 SET x = 1^",
		"RELATE $a->k->$b CONTENT {}^ TIMEOUT 1s",
		"RELATE [a:1, a:2]->k->(SELECT * FROM b)^",
		"RELATE b:1<-k<-a:1 UNIQUE^",
		"RELATE (SELECT * FROM a)->type::table('k')->b:1^",
		"RELATE ONLY a:1->k->b:1^",
		"DELETE t^",
		"DELETE FROM t^",
		"DELETE t WHERE a = 'RETURN'^ TIMEOUT 1s",
		"DELETE t:1, t:2^",
		"DELETE ONLY t:1^",
		"DELETE a->k WHERE out = b:1^",
		"DELETE $this->k^",
		"LET $x = 1; CREATE t SET a = $x^; UPDATE t^; SELECT * FROM t; DELETE t^",
		"BEGIN; CREATE t^; COMMIT",

		"CREATE t RETURN NONE",
		"CREATE t RETURN AFTER TIMEOUT 1s",
		"UPDATE t SET a = 1 RETURN DIFF",
		"DELETE t RETURN BEFORE",
		"INSERT INTO t {} RETURN id",
		"RELATE a:1->k->b:1 RETURN NONE",
		"CREATE ONLY t RETURN VALUE none",
		"(CREATE t RETURN NONE)",
		"LET $x = CREATE t RETURN NONE",
		"UPDATE t EXPLAIN",
		"DELETE t WHERE a EXPLAIN FULL",
		"EXPLAIN CREATE t",
		"(CREATE t)",
		"RETURN CREATE t",
		"RETURN (CREATE t)",
		"LET $x = CREATE t",
		"LET $x = (CREATE t); RETURN $x",
		"{ CREATE t }",
		"{ CREATE t; DELETE u; }",
		"IF a { CREATE t } ELSE { DELETE t }",
		"IF a THEN CREATE t ELSE DELETE t END",
		"FOR $x IN [1] { CREATE t }",
		"SELECT * FROM (CREATE t)",
		"THROW (CREATE t)",
		"SELECT * FROM t",
		"DEFINE EVENT e ON t THEN (CREATE u)",
		"DEFINE FUNCTION fn::a() { CREATE t }",
		"LIVE SELECT * FROM t",
		"RETURN 'CREATE t'",
		"-- CREATE t\n",
		"CREATE t SET a = 1 SOMETHING new",
		"UPDATE t SET a = (",
		"create",
	} {
		text := strings.ReplaceAll(marked, "^", "")
		want := strings.ReplaceAll(marked, "^", " RETURN NULL")
		require.Equal(t, want, Analyze(text).ExecText(), text)
	}
}

func TestExecTextRewritesPlaceholdersToo(t *testing.T) {
	t.Parallel()
	q := Analyze("CREATE t SET a = $1, b = $2; DELETE u WHERE c = $1; SELECT $2")
	require.Equal(t, "CREATE t SET a = $_1, b = $_2 RETURN NULL; DELETE u WHERE c = $_1 RETURN NULL; SELECT $_2", q.ExecText())
	require.Equal(t, 2, q.Ordinals)
}

func TestOffsetLeadsBackToAuthorsText(t *testing.T) {
	t.Parallel()
	text := "CREATE t SET a = $1, b = $2; DELETE u WHERE c = $1; SELECT $2"
	q := Analyze(text)
	for _, sent := range []struct {
		text string
		exec bool
	}{{q.Rewritten, false}, {q.ExecText(), true}} {
		for i, word := range []string{"CREATE", "SET", "b =", "DELETE", "WHERE", "SELECT"} {
			require.Equal(t, strings.Index(text, word), q.Offset(strings.Index(sent.text, word), sent.exec), "%d %s", i, word)
		}
		require.Equal(t, len(text), q.Offset(len(sent.text), sent.exec))
		require.Equal(t, len(text), q.Offset(len(sent.text)+100, sent.exec))
		require.Equal(t, 0, q.Offset(-1, sent.exec))
	}
	require.Equal(t, strings.Index(text, ";"), q.Offset(strings.Index(q.ExecText(), "RETURN"), true))
}
