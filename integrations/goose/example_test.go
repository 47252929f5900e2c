package surrealgoose_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	surrealgoose "github.com/surrealsql/surrealsql/integrations/goose"
)

// migrate is what a program does when it starts: migrations is an embed.FS, or os.DirFS("migrations").
func migrate(ctx context.Context, db *sql.DB, migrations fs.FS) error {
	store := surrealgoose.New(nil)
	provider, err := goose.NewProvider(goose.DialectCustom, db, migrations,
		goose.WithStore(store), goose.WithLocker(store))
	if err != nil {
		return err
	}
	results, err := provider.Up(ctx)
	for _, r := range results {
		fmt.Println(r)
	}
	return err
}

const customers = `-- +goose Up
DEFINE TABLE customer SCHEMAFULL;
DEFINE FIELD name ON customer TYPE string;
DEFINE INDEX name ON customer FIELDS name UNIQUE;

-- +goose StatementBegin
DEFINE EVENT welcome ON customer WHEN $event = 'CREATE' THEN {
	CREATE mail SET to = $after.id, text = 'welcome';
	CREATE log SET what = 'customer', who = $after.id;
};
-- +goose StatementEnd

-- +goose Down
REMOVE TABLE customer;
`

func TestExampleMigrates(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	migrations := files("00001_customers.sql", customers)
	require.NoError(t, migrate(t.Context(), db, migrations))
	require.NoError(t, migrate(t.Context(), db, migrations))
	run(t, db, `DEFINE TABLE mail; DEFINE TABLE log; CREATE customer:ada SET name = 'Ada'`)
	require.Equal(t, "welcome", query[string](t, db, `SELECT VALUE text FROM mail`))
	require.Equal(t, []string{"customer", "log", "mail"}, tables(t, db))
}

func ExampleNew() {
	db, err := sql.Open("surrealdb", "surrealdb://root:root@localhost:8000/test/test")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	if err := migrate(context.Background(), db, files("00001_customers.sql", customers)); err != nil {
		fmt.Println(err)
	}
}
