package failing

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"

	"github.com/surrealsql/surrealsql"
)

// bun takes a dialect of its own, of an interface that leaves the words of a statement to bun:
// each table has an alias, and values are written into the text.

type person struct {
	ID   string    `bun:"id,pk"`
	Name string    `bun:"name"`
	Born time.Time `bun:"born"`
}

func dialects() map[string]schema.Dialect {
	return map[string]schema.Dialect{"pg": pgdialect.New(), "mysql": mysqldialect.New()}
}

func TestBunWritesStatementsThatSurrealDBDoesNotParse(t *testing.T) {
	t.Parallel()
	db := open(t)
	for name, dialect := range dialects() {
		b := bun.NewDB(db, dialect)
		var all []person
		err := b.NewSelect().Model(&all).Where("name = ?", "Ada").Scan(t.Context())
		require.True(t, surrealsql.IsParse(err), "%s: %v", name, err)
		_, err = b.NewUpdate().Model(&person{}).Set("name = ?", "x").Where("id = ?", "kim").Exec(t.Context())
		require.True(t, surrealsql.IsParse(err), "%s: %v", name, err)
		_, err = b.NewInsert().Model(&person{ID: "kim", Name: "K'im"}).Exec(t.Context())
		require.True(t, surrealsql.IsParse(err), "%s: %v", name, err)
	}
}

// What is parsed is no better.
func TestBunIsSilentlyWrongWhereItIsParsed(t *testing.T) {
	t.Parallel()
	b := bun.NewDB(open(t), pgdialect.New())
	read := func(query interface {
		Scan(context.Context, ...any) error
	}) (names []string) {
		require.NoError(t, query.Scan(t.Context(), &names))
		return names
	}
	require.Equal(t, []string{"Ada"}, read(b.NewRaw(`SELECT VALUE name FROM person WHERE name = ?`, "Ada")))

	// A name in double quotes is a string.
	require.Equal(t, []string{"name"}, read(b.NewSelect().TableExpr("person").Column("name").Where("name = ?", "Ada")))
	// A time and an id become strings, which no datetime and no id is equal to.
	require.Empty(t, read(b.NewRaw(`SELECT VALUE name FROM person WHERE born < ?`, time.Now())))
	require.Empty(t, read(b.NewRaw(`SELECT VALUE name FROM person WHERE id = ?`, surrealsql.RecordID("person:ada"))))
}

// The worst of it: bun escapes a value as PostgreSQL reads it, where a backslash is nothing
// special. In SurrealQL it takes the quote after it into the string, and the next value is
// read as a part of the statement.
func TestBunLetsValuesBeReadAsSurrealQL(t *testing.T) {
	t.Parallel()
	b := bun.NewDB(open(t), pgdialect.New())
	var names []string
	err := b.NewRaw(`SELECT VALUE name FROM person WHERE name = ? AND secret = ?`, `\`, ` OR true --`).Scan(t.Context(), &names)
	require.NoError(t, err)
	require.Equal(t, []string{"Ada"}, names, "nobody has that name and that secret")
}
