package surrealgoqu_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/doug-martin/goqu/v9"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	surrealgoqu "github.com/surrealsql/surrealsql/integrations/goqu"
)

// The glue that README.md shows.

// Londoner is a record of person.
type Londoner struct {
	ID      surrealsql.RecordID `db:"id"`
	Name    string              `db:"name"`
	Address struct {
		City string `db:"city"`
	} `db:"address"`
}

func londoners(ctx context.Context, sqlDB *sql.DB) (people []Londoner, err error) {
	db := goqu.New(surrealgoqu.Dialect, sqlDB)
	err = db.From("person").
		Where(goqu.I("address.city").Eq("London"), goqu.C("name").In("Ada", "Kim", "Lee")).
		Order(goqu.C("name").Asc()).
		Limit(10).
		ScanStructsContext(ctx, &people)
	return people, err
}

func TestReadmeOfGoquShowsWhatWorks(t *testing.T) {
	t.Parallel()
	list, err := londoners(t.Context(), people(t).Db.(*sql.DB))
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "Kim", list[1].Name)
	require.Equal(t, "London", list[1].Address.City)
}
