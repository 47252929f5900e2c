package surrealmigrate_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/stretchr/testify/require"
)

// migrateUp is what a program does when it starts: migrations is an embed.FS, or os.DirFS("migrations").
func migrateUp(dsn string, migrations fs.FS) (err error) {
	source, err := iofs.New(migrations, ".")
	if err != nil {
		return err
	}
	m, err := migrate.NewWithSourceInstance("iofs", source, dsn)
	if err != nil {
		return err
	}
	if err := m.Up(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
		return errors.Join(err, errors.Join(m.Close()))
	}
	return errors.Join(m.Close())
}

const customers = `DEFINE TABLE customer SCHEMAFULL;
DEFINE FIELD name ON customer TYPE string;
DEFINE INDEX name ON customer FIELDS name UNIQUE;
DEFINE EVENT welcome ON customer WHEN $event = 'CREATE' THEN {
	CREATE mail SET to = $after.id, text = 'welcome';
	CREATE log SET what = 'customer', who = $after.id;
};
`

func TestExampleMigrates(t *testing.T) {
	t.Parallel()
	dsn, db := newDB(t)
	migrations := files("1_customers.up.sql", customers, "1_customers.down.sql", "REMOVE TABLE customer;")
	require.NoError(t, migrateUp(dsn, migrations))
	require.NoError(t, migrateUp(dsn, migrations))
	run(t, db, `DEFINE TABLE mail; DEFINE TABLE log; CREATE customer:ada SET name = 'Ada'`)
	require.Equal(t, "welcome", query[string](t, db, `SELECT VALUE text FROM mail`))
}

func ExampleDriver() {
	err := migrateUp("surrealdb://root:root@localhost:8000/shop/shop", files("1_customers.up.sql", customers))
	if err != nil {
		fmt.Println(err)
	}
}
