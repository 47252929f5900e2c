package schema_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/schema"
)

func TestMain(m *testing.M) { drivertest.Main(m) }

const definitions = `
	DEFINE ANALYZER simple TOKENIZERS blank FILTERS lowercase;
	DEFINE FUNCTION fn::greet($n: string) { RETURN 'hi ' + $n } PERMISSIONS FULL;
	DEFINE PARAM $rate VALUE 3;
	DEFINE ACCESS account ON DATABASE TYPE RECORD SIGNIN (SELECT * FROM person WHERE name = $name) DURATION FOR SESSION 2h;
	DEFINE USER reader ON DATABASE PASSWORD 'secret-password' ROLES VIEWER;
	DEFINE TABLE person SCHEMAFULL COMMENT 'people' CHANGEFEED 1h INCLUDE ORIGINAL PERMISSIONS FOR select FULL FOR update WHERE id = $auth.id;
	DEFINE FIELD name ON person TYPE option<string> DEFAULT 'x' ASSERT $value != '' COMMENT 'given' PERMISSIONS FOR select FULL FOR update NONE;
	DEFINE FIELD friends ON person TYPE array<record<person>, 10>;
	DEFINE FIELD made ON person TYPE datetime VALUE time::now() READONLY;
	DEFINE FIELD vec ON person TYPE array<float>;
	DEFINE INDEX name ON person FIELDS name, made UNIQUE;
	DEFINE INDEX vec ON person FIELDS vec HNSW DIMENSION 3 DIST COSINE;
	DEFINE INDEX made ON person FIELDS made;
	DEFINE EVENT made ON person WHEN $event = 'CREATE' THEN (CREATE log);
	DEFINE TABLE knows TYPE RELATION IN person OUT person;
	DEFINE TABLE people AS SELECT count() FROM person GROUP ALL;
	DEFINE TABLE ` + "`a table`" + `;`

func TestReadTableTellsItsDefinition(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, definitions)
	table, err := schema.ReadTable(t.Context(), db, "person")
	require.NoError(t, err)
	require.Equal(t, "person", table.Name)
	require.Equal(t, "people", table.Comment)
	require.True(t, table.Schemafull)
	require.Equal(t, &schema.Changefeed{Expiry: time.Hour, Original: true}, table.Changefeed)
	require.Equal(t, schema.Full, table.Permissions.Select)
	require.Equal(t, schema.None, table.Permissions.Create)
	require.Equal(t, schema.Permission("id = $auth.id"), table.Permissions.Update)

	fields := map[string]schema.Field{}
	for _, f := range table.Fields {
		require.NotEmpty(t, f.Raw)
		f.Raw = nil
		fields[f.Name] = f
	}
	require.Equal(t, schema.Field{
		Name: "name", Type: "none | string", Default: "'x'", Assert: "$value != ''", Comment: "given",
		Permissions: schema.Permissions{Select: schema.Full, Create: schema.Full, Update: schema.None},
	}, fields["name"])
	require.Equal(t, "array<record<person>, 10>", fields["friends"].Type)
	require.Equal(t, "record<person>", fields["friends.*"].Type)
	require.True(t, fields["made"].Readonly)
	require.Equal(t, "time::now()", fields["made"].Value)

	indexes := map[string]schema.Index{}
	for _, i := range table.Indexes {
		indexes[i.Name] = i
	}
	require.Equal(t, "UNIQUE", indexes["name"].Kind)
	require.Equal(t, []string{"name", "made"}, indexes["name"].Columns)
	require.Equal(t, "HNSW", indexes["vec"].Kind)
	require.Contains(t, indexes["vec"].Definition, "DIMENSION 3")
	require.Empty(t, indexes["made"].Kind)
	require.Len(t, table.Events, 1)
	require.Equal(t, "$event = 'CREATE'", table.Events[0].When)
	require.Len(t, table.Events[0].Then, 1)
	require.Equal(t, "CREATE log", strings.Trim(table.Events[0].Then[0], "()"))
	require.Len(t, table.Views, 1)
	require.Equal(t, "people", table.Views[0].Name)

	relation, err := schema.ReadTable(t.Context(), db, "knows")
	require.NoError(t, err)
	require.Equal(t, schema.TableKind{Kind: "RELATION", In: []string{"person"}, Out: []string{"person"}}, relation.Kind)
	quoted, err := schema.ReadTable(t.Context(), db, "a table")
	require.NoError(t, err)
	require.Equal(t, "a table", quoted.Name)
	_, err = schema.ReadTable(t.Context(), db, "missing")
	require.ErrorIs(t, err, surrealsql.ErrNotFound)
}

func TestReadDatabaseTellsWhatItHolds(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, definitions)
	got, err := schema.ReadDatabase(t.Context(), db)
	require.NoError(t, err)
	require.Equal(t, drivertest.QueryOne[string](t, db, `RETURN session::db()`), got.Name)
	require.Len(t, got.Tables, 4)
	require.Contains(t, got.Raw, "tables")
	require.Equal(t, "greet", got.Functions[0].Name)
	require.Equal(t, [][]string{{"n", "string"}}, got.Functions[0].Args)
	require.Equal(t, schema.Full, got.Functions[0].Permission)
	require.Equal(t, "3", got.Params[0].Value)
	require.Equal(t, []string{"LOWERCASE"}, got.Analyzers[0].Filters)
	require.Equal(t, "RECORD", got.Accesses[0].Kind.Kind)
	require.Contains(t, got.Accesses[0].Kind.Signin, "SELECT * FROM person")
	require.Equal(t, 2*time.Hour, *got.Accesses[0].Duration.Session)
	require.Equal(t, "reader", got.Users[0].Name)
	require.Equal(t, time.Hour, *got.Users[0].Duration.Token)
	require.NotContains(t, got.Users[0].Raw, "hash")
}

func TestReadNamespaceAndRootTellWhatTheyHold(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	ns, err := schema.ReadNamespace(t.Context(), db)
	require.NoError(t, err)
	require.Equal(t, drivertest.QueryOne[string](t, db, `RETURN session::ns()`), ns.Name)
	require.NotEmpty(t, ns.Databases)
	root, err := schema.ReadRoot(t.Context(), db)
	require.NoError(t, err)
	require.NotEmpty(t, root.Namespaces)
	require.NotEmpty(t, root.Users)
}

func TestReadIndexTellsHowFarItIsBuilt(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, definitions)
	drivertest.MustExec(t, db, `DEFINE INDEX later ON person FIELDS friends CONCURRENTLY`)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		building, err := schema.ReadIndex(t.Context(), db, "person", "later")
		require.NoError(t, err)
		if building.Status == "ready" {
			break
		}
		require.True(t, time.Now().Before(deadline), "%+v", building)
	}
	_, err := schema.ReadIndex(t.Context(), db, "person", "missing")
	require.Error(t, err)
}

// An expression may stand where the names do: 1st would be a number, 1h a duration.
func TestReadTakesAnyNameForATableAndAnIndex(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, name := range []string{"1st", "1h", "select", "none", "value", "an index", "_"} {
		drivertest.MustExec(t, db, "DEFINE TABLE `"+name+"`; DEFINE INDEX `"+name+"` ON `"+name+"` FIELDS f")
		table, err := schema.ReadTable(t.Context(), db, name)
		require.NoError(t, err, name)
		require.Equal(t, name, table.Name)
		building, err := schema.ReadIndex(t.Context(), db, name, name)
		require.NoError(t, err, name)
		require.Equal(t, "ready", building.Status, name)
	}
}

func TestReadByWhoMayNotAskIsTheServersRefusal(t *testing.T) {
	t.Parallel()
	dsn, _, _ := drivertest.NewDBWithUsers(t)
	db := drivertest.PlainDB(t, dsn, drivertest.As(surrealsql.AuthDatabase, "d", "db-pass"))
	_, err := schema.ReadDatabase(t.Context(), db)
	require.NoError(t, err)
	_, err = schema.ReadRoot(t.Context(), db)
	require.True(t, surrealsql.IsAuth(err), "%v", err)
}
