package queries

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Rows by the subprotocol shaped (SurrealDB 4.0) are those by cbor.2, whose values go through
// the decoder of all versions: columns, values, types and errors, whatever the tables hold.

// fieldTypes are types of fields, with values of each.
var fieldTypes = map[string][]string{
	"bool": {"true", "false"}, "int": {"0", "-1", "9223372036854775807", "-9223372036854775808"}, "float": {"0.0f", "-1.5", "1e300", "0.1"},
	"number": {"1", "1.5", "1.5dec"}, "decimal": {"1.5dec", "0dec", "79228162514264337593543950335dec"}, "string": {"''", "'a'", "'é \" `'"},
	"bytes":    {"<bytes>''", "<bytes>'ab'"},
	"datetime": {"d'1970-01-01T00:00:00Z'", "d'-262143-01-01T00:00:00Z'", "d'+262142-12-31T23:59:59.999999999Z'", "d'1677-09-21T00:12:43.145224192Z'", "d'2262-04-11T23:47:16.854775807Z'", "d'1969-12-31T23:59:59.9Z'"},
	"duration": {"0ns", "1s1ns", "584y", "5849424173y", "1w2d"}, "uuid": {"u'018f7f3e-0000-7000-8000-000000000000'"},
	"record": {"link:1", "link:a", "link:['a', 1]", "link:{a: 1}", "link:u'018f7f3e-0000-7000-8000-000000000000'", "link:⟨a b⟩", "link:⟨1⟩"}, "record<link>": {"link:1", "link:⟨⟩"}, "record<link | other>": {"other:1", "link:2"},
	"object": {"{}", "{ a: 1 }", "{ a: { b: [1, NONE, NULL] }, c: 'x' }"}, "array": {"[]", "[1, 'a', NULL, { a: NONE }]"}, "array<int>": {"[]", "[1, -1]"}, "array<string>": {"['']", "['a', 'é']"},
	"array<bool>": {"[true, false]"}, "array<datetime>": {"[d'2024-01-01T00:00:00Z']"}, "array<record<link>>": {"[link:1]"}, "array<float>": {"[1.5]"}, "array<uuid>": {"[u'018f7f3e-0000-7000-8000-000000000000']"},
	"array<decimal>": {"[1.5dec]"}, "array<duration>": {"[1s, 5849424173y]"}, "array<bytes>": {"[<bytes>'a']"}, "array<u8>": {"[1, 255]"}, "array<f32>": {"[1.5]"},
	"set<int>": {"<set>[1, 2]"}, "geometry": {"(1.5, -2.5)", "{ type: 'LineString', coordinates: [[1, 2], [3, 4]] }"}, "any": {"1", "'a'", "NULL", "1..=3", "[1..3]", "{ a: 1 }", "f'bucket:/key'", "type::table('link')"},
	"i8": {"-128", "127"}, "u8": {"255"}, "i16": {"-1"}, "u16": {"65535"}, "i32": {"-1"}, "u32": {"4294967295"}, "u64": {"0", "18446744073709551615u64"}, "f32": {"0.1", "-1e30"}, "f16": {"1.5", "-65504"},
}

// randomTable defines a table with fields by chance and makes records in it.
func randomTable(r *rand.Rand, name string, full bool) (text string, fields []string) {
	types := slices.Sorted(func(yield func(string) bool) {
		for t := range fieldTypes {
			if !yield(t) {
				return
			}
		}
	})
	text = "DEFINE TABLE " + name + " SCHEMALESS; "
	if full {
		text = "DEFINE TABLE " + name + " SCHEMAFULL; "
	}
	values := map[string][]string{}
	for i := range 1 + r.IntN(9) {
		field, typ := fmt.Sprintf("f%d", i), types[r.IntN(len(types))]
		if i > 0 && r.IntN(5) == 0 {
			field = "o." + field
		}
		values[field] = fieldTypes[typ]
		switch r.IntN(4) {
		case 0:
			typ, values[field] = "option<"+typ+">", append([]string{"NONE"}, values[field]...)
		case 1:
			if typ != "any" {
				typ, values[field] = typ+" | null", append([]string{"NULL"}, values[field]...)
			}
		case 2:
			if typ != "any" {
				typ, values[field] = "option<"+typ+" | null>", append([]string{"NONE", "NULL"}, values[field]...)
			}
		}
		if strings.HasPrefix(field, "o.") && !strings.Contains(text, "FIELD o ON") {
			text += "DEFINE FIELD o ON " + name + " TYPE object; "
		}
		if full || r.IntN(3) == 0 {
			text += "DEFINE FIELD " + field + " ON " + name + " TYPE " + typ + "; "
		}
		fields = append(fields, field)
	}
	for i := range r.IntN(40) {
		text += fmt.Sprintf("CREATE %s:%d SET ", name, i)
		if strings.Contains(text, "FIELD o ON") {
			text += "o = {}, "
		}
		for j, field := range fields {
			if full || j == 0 || r.IntN(4) > 0 {
				text += field + " = " + values[field][r.IntN(len(values[field]))] + ", "
			}
		}
		text = strings.TrimSuffix(text, ", ") + "; "
	}
	return text, fields
}

// randomReads are texts that read the tables.
func randomReads(r *rand.Rand, a, b string, fields []string) (texts []string) {
	some := func() string {
		chosen := make([]string, 1+r.IntN(3))
		for i := range chosen {
			chosen[i] = fields[r.IntN(len(fields))]
		}
		slices.Sort(chosen)
		return strings.Join(slices.Compact(chosen), ", ")
	}
	for _, text := range []string{
		"SELECT * FROM #a", "SELECT * FROM #a, #b", "SELECT * FROM #b", "SELECT #f FROM #a", "SELECT id, #f FROM #a, #b", "SELECT #f FROM #a WHERE id != #a:1", "SELECT * FROM #a WHERE false", "SELECT #f FROM #a WHERE false",
		"SELECT VALUE f0 FROM #a", "SELECT VALUE id FROM #a", "SELECT VALUE o FROM #a", "SELECT * FROM ONLY #a:0", "SELECT #f FROM ONLY #a:0", "SELECT #f FROM #a:0", "SELECT *, 1 AS one FROM #a", "SELECT * OMIT f0 FROM #a",
		"SELECT * FROM #a LIMIT 3 START 1", "SELECT f0, id FROM #a ORDER BY id DESC", "SELECT count() FROM #a GROUP ALL", "SELECT f0, count() AS n FROM #a GROUP BY f0", "SELECT #f AS x, id FROM #a", "SELECT [#f] AS l, { a: f0 } AS o FROM #a",
		"SELECT * FROM #a; SELECT #f FROM #b; RETURN 1; SELECT id FROM #a", "RETURN (SELECT * FROM #a)", "RETURN (SELECT VALUE f0 FROM #a)", "LET $x = (SELECT * FROM #a); SELECT * FROM $x", "SELECT (SELECT #f FROM #b) AS below FROM #a LIMIT 2",
		"SELECT * FROM [{ a: 1 }, { a: 'x', b: NONE }, { b: NULL }]", "SELECT a, b FROM [{ a: 1 }, { a: 'x', b: NONE }, { b: NULL }]", "RETURN [1, { a: 1 }, 'x', NONE, NULL]", "SELECT * FROM #a; THROW 'an error'; SELECT * FROM #a",
		"UPDATE #a SET touched = 1 RETURN id", "SELECT VALUE [id, #f] FROM #a",
	} {
		texts = append(texts, strings.NewReplacer("#a", a, "#b", b, "#f", some()).Replace(text))
	}
	return texts
}

// destination makes what a value is scanned into, and gives the pointer to where it is then.
type destination func() (dest, pointer any)

func into[T any]() (dest, pointer any) { p := new(T); return p, p }

// destinations are ways to read a value.
var destinations = map[string]destination{
	"any":   into[any],
	"exact": func() (dest, pointer any) { p := new(any); return surrealsql.Into(p), p },
	"text":  into[sql.NullString], "int": into[sql.NullInt64], "float": into[sql.NullFloat64], "bool": into[sql.NullBool], "time": into[sql.NullTime],
	"int8": into[int8], "uint64": into[uint64], "float32": into[float32], "bytes": into[[]byte], "raw bytes": into[sql.RawBytes],
	"a record id": into[surrealsql.Value[surrealsql.RecordID]], "a duration": into[surrealsql.Value[time.Duration]], "a UUID": into[surrealsql.Value[[16]byte]],
	"a list": into[surrealsql.Value[[]any]], "an object": into[surrealsql.Value[map[string]any]], "a struct": into[surrealsql.Value[struct{ A, F0, F1 any }]],
}

// readAs reads all result sets of a text: their columns, their rows, and every error.
func readAs(t *testing.T, db *sql.DB, text string, to destination) (told []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text)
	if err != nil {
		return []string{err.Error()}
	}
	defer rows.Close()
	for {
		columns, err := rows.Columns()
		told = append(told, fmt.Sprint(columns, err))
		for rows.Next() {
			dest, held := make([]any, len(columns)), make([]any, len(columns))
			for i := range dest {
				dest[i], held[i] = to()
			}
			err := rows.Scan(dest...)
			for i := range held {
				held[i] = fmt.Sprintf("%#v", reflect.ValueOf(held[i]).Elem().Interface())
			}
			told = append(told, fmt.Sprint(held, err))
		}
		if !rows.NextResultSet() {
			break
		}
	}
	return append(told, fmt.Sprint(rows.Err()), fmt.Sprint(rows.Close()))
}

// protocolDBs are databases of one namespace by several ways: by cbor.2, as a whole, first.
func protocolDBs(t *testing.T) (names []string, dbs []*sql.DB) {
	t.Helper()
	surrealtest.Needs(t, "4.0")
	dsn := surrealtest.DSN(t)
	for _, protocol := range []surrealsql.Protocol{surrealsql.ProtocolCBOR2, surrealsql.ProtocolShaped} {
		for _, stream := range []surrealsql.StreamMode{surrealsql.StreamNever, surrealsql.StreamAlways} {
			names = append(names, fmt.Sprintf("%s, stream %s", protocol, stream))
			dbs = append(dbs, drivertest.OpenDB(t, dsn, func(cfg *surrealsql.Config) { cfg.Protocol, cfg.Stream = protocol, stream }))
		}
	}
	return names, dbs
}

func TestRowsAtRandomAreTheSameByEveryProtocol(t *testing.T) {
	t.Parallel()
	names, dbs := protocolDBs(t)
	random, rows := rand.New(rand.NewPCG(4, 0)), 0
	for i := range drivertest.FromEnv(t, "SURREALSQL_TEST_TABLES", 3) {
		a, b := fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i)
		full, fields := randomTable(random, a, true)
		less, others := randomTable(random, b, false)
		for _, text := range []string{full, less} { // a record that the schema refuses is not made
			_ = drivertest.Exec(t.Context(), dbs[0], text)
		}
		for _, text := range randomReads(random, a, b, append(fields, others...)) {
			for kind, to := range destinations {
				want := readAs(t, dbs[0], text, to)
				rows += len(want)
				for i := 1; i < len(dbs); i++ {
					require.Equal(t, want, readAs(t, dbs[i], text, to), "%s into %s by %s, after %s%s", text, kind, names[i], full, less)
				}
			}
		}
	}
	require.Greater(t, rows, 5_000, "there is little to compare")
}
