package failing

import (
	"os"
	"path/filepath"
	"testing"

	"ariga.io/atlas/sql/migrate"
	atlasmysql "ariga.io/atlas/sql/mysql"
	atlaspostgres "ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"
	atlassqlite "ariga.io/atlas/sql/sqlite"
	"github.com/go-jet/jet/v2/postgres"
	"github.com/go-testfixtures/testfixtures/v3"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

// jet puts the table before each column and PostgreSQL's types behind its arguments. Its
// generator reads the catalogues of the databases that it knows.
func TestJetWritesStatementsThatSurrealDBDoesNotParse(t *testing.T) {
	t.Parallel()
	name := postgres.StringColumn("name")
	person := postgres.NewTable("", "person", "", name)
	var all []struct{ Name string }
	err := person.SELECT(name).WHERE(name.EQ(postgres.String("Ada"))).QueryContext(t.Context(), open(t), &all)
	require.True(t, surrealsql.IsParse(err), "%v", err)
}

// testfixtures asks the database for its tables and constraints in the words of each dialect.
func TestTestfixturesFindsNoDialectThatSurrealDBParses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "person.yml"), []byte("- id: kim\n  name: Kim\n"), 0o600))
	db := open(t)
	for _, dialect := range []string{"postgresql", "mysql", "sqlite", "sqlserver", "clickhouse"} {
		loader, err := testfixtures.New(testfixtures.Database(db), testfixtures.Dialect(dialect),
			testfixtures.Directory(folder), testfixtures.DangerousSkipTestDatabaseCheck())
		if err == nil {
			err = loader.Load()
		}
		require.True(t, surrealsql.IsParse(err), "%s: %v", dialect, err)
	}
}

// atlas reads the catalogue of the databases that it knows.
func TestAtlasReadsNoSchemaOfSurrealDB(t *testing.T) {
	t.Parallel()
	db := open(t)
	for name, connect := range map[string]func(atlas.ExecQuerier) (migrate.Driver, error){
		"postgres": atlaspostgres.Open, "mysql": atlasmysql.Open, "sqlite": atlassqlite.Open,
	} {
		driver, err := connect(db)
		if err == nil {
			_, err = driver.InspectRealm(t.Context(), nil)
		}
		require.Error(t, err, name)
	}
}
