package surrealgoqu_test

import (
	"context"
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/doug-martin/goqu/v9"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	surrealgoqu "github.com/surrealsql/surrealsql/integrations/goqu"
)

// What comes of the dialect on SurrealDB.

type address struct {
	City string `db:"city"`
}

type person struct {
	ID      surrealsql.RecordID `db:"id"`
	Name    string              `db:"name"`
	Age     *int                `db:"age"`
	Born    time.Time           `db:"born"`
	Address address             `db:"address"`
}

// people is a database with three persons.
func people(t *testing.T) *goqu.Database {
	t.Helper()
	db := goqu.New(surrealgoqu.Dialect, open(t))
	_, err := db.ExecContext(t.Context(), `
		DEFINE TABLE person; DEFINE INDEX email ON person FIELDS email UNIQUE; DEFINE TABLE town;
		CREATE town:london SET name = "London", country = "England";
		CREATE person:ada SET name = "Ada", age = 36, born = d"1815-12-10T00:00:00Z", address = { city: "London" }, home = town:london;
		CREATE person:grace SET name = "Grace", age = 85, born = d"1906-12-09T00:00:00Z", address = { city: "New York" }, email = "g@example.com";
		CREATE person:kim SET name = "Kim", age = NULL, born = d"2019-01-01T00:00:00Z", address = { city: "London" }`)
	require.NoError(t, err)
	return db
}

func names(t *testing.T, ds *goqu.SelectDataset) (list []string) {
	t.Helper()
	require.NoError(t, ds.Select("name").Order(goqu.C("name").Asc()).ScanValsContext(t.Context(), &list))
	return list
}

func TestDatasetsFindWhatTheyAskFor(t *testing.T) {
	t.Parallel()
	from := people(t).From("person")
	all := []string{"Ada", "Grace", "Kim"}
	for _, c := range []struct {
		where goqu.Expression
		want  []string
	}{
		{goqu.C("name").In("Ada", "Kim"), []string{"Ada", "Kim"}},
		{goqu.C("name").NotIn([]string{"Ada", "Kim"}), []string{"Grace"}},
		{goqu.C("age").In(36, 85), []string{"Ada", "Grace"}}, // (36, 85) would be a point
		{goqu.C("id").Eq(surrealsql.RecordID("person:ada")), []string{"Ada"}},
		{goqu.C("id").In(surrealsql.RecordID("person:ada"), surrealsql.RecordID("person:kim")), []string{"Ada", "Kim"}},
		{goqu.C("born").Lt(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)), []string{"Ada"}},
		{goqu.C("born").Between(goqu.Range(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Now())), []string{"Grace", "Kim"}},
		{goqu.I("address.city").Eq("London"), []string{"Ada", "Kim"}},
		{goqu.I("home.country").Eq("England"), []string{"Ada"}},
		{goqu.C("age").IsNull(), []string{"Kim"}},
		{goqu.C("email").IsNull(), []string{"Ada", "Kim"}}, // which is not there
		{goqu.C("email").IsNotNull(), []string{"Grace"}},
		{goqu.C("name").Like(regexp.MustCompile("^[AG]")), []string{"Ada", "Grace"}},
		{goqu.I("address.city").In(goqu.From("town").Select("name")), []string{"Ada", "Kim"}},
		{goqu.Or(goqu.C("name").Eq("Ada"), goqu.C("age").Gt(80)), []string{"Ada", "Grace"}},
		{goqu.And(goqu.L("age > 30 OR name = 'Kim'"), goqu.C("name").Neq("Grace")), []string{"Ada", "Kim"}},
		{goqu.Ex{}, all},
	} {
		require.Equal(t, c.want, names(t, from.Where(c.where)), "%v", c.where)
	}
}

func TestDatasetsAreScannedIntoStructs(t *testing.T) {
	t.Parallel()
	db := people(t)
	var all []person
	require.NoError(t, db.From("person").Order(goqu.C("name").Desc()).Limit(1).Offset(1).ScanStructsContext(t.Context(), &all))
	age := 85
	require.Equal(t, []person{{
		ID: "person:grace", Name: "Grace", Age: &age, Born: time.Date(1906, 12, 9, 0, 0, 0, 0, time.UTC), Address: address{"New York"},
	}}, all)

	var one person
	found, err := db.From(goqu.V(surrealsql.RecordID("person:kim"))).ScanStructContext(t.Context(), &one)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "Kim", one.Name)
	require.Nil(t, one.Age)
	found, err = db.From("person").Where(goqu.C("name").Eq("Nobody")).ScanStructContext(t.Context(), &one)
	require.NoError(t, err)
	require.False(t, found)
}

func TestDatasetsAreCountedAndGrouped(t *testing.T) {
	t.Parallel()
	db := people(t)
	n, err := db.From("person").Where(goqu.I("address.city").Eq("London")).CountContext(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	n, err = db.From("person").Where(goqu.C("name").Eq("Nobody")).CountContext(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)

	type city struct {
		City string `db:"city"`
		N    int    `db:"n"`
		Aged int    `db:"aged"`
		Sum  int    `db:"sum"`
	}
	grouped := db.From("person").Select(goqu.I("address.city").As("city"), goqu.COUNT("*").As("n"), goqu.COUNT("age").As("aged"), goqu.SUM("age").As("sum")).
		GroupBy("city")
	var cities []city
	require.NoError(t, grouped.Order(goqu.C("city").Asc()).ScanStructsContext(t.Context(), &cities))
	require.Equal(t, []city{{"London", 2, 1, 36}, {"New York", 1, 1, 85}}, cities)

	// A condition on groups, which SQL calls HAVING.
	cities = nil
	require.NoError(t, db.From(grouped).Where(goqu.C("n").Gt(1)).ScanStructsContext(t.Context(), &cities))
	require.Equal(t, []city{{"London", 2, 1, 36}}, cities)
}

func TestDatasetsWrite(t *testing.T) {
	t.Parallel()
	db := people(t)
	ctx := t.Context()
	var ids []surrealsql.RecordID
	err := db.Insert("person").Rows(
		goqu.Record{"name": "Lee", "age": 8, "best": surrealsql.RecordID("person:kim")},
		goqu.Record{"name": "Max", "age": 9, "best": surrealsql.RecordID("person:kim")},
	).Returning("id").Executor().ScanValsContext(ctx, &ids)
	require.NoError(t, err)
	require.Len(t, ids, 2)
	require.Equal(t, []string{"Lee", "Max"}, names(t, db.From("person").Where(goqu.I("best.name").Eq("Kim"))))

	res, err := db.Update("person").Set(goqu.Record{"address.city": "Paris", "age": goqu.L("? + ?", goqu.COALESCE(goqu.C("age"), 0), 1)}).
		Where(goqu.C("id").In(ids)).Executor().ExecContext(ctx)
	require.NoError(t, err)
	affected, err := res.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 2, affected)
	require.Equal(t, []string{"Lee", "Max"}, names(t, db.From("person").Where(goqu.I("address.city").Eq("Paris"), goqu.C("age").Lt(11))))

	var gone []string
	require.NoError(t, db.Delete("person").Where(goqu.C("name").Eq("Max")).Returning("name").Executor().ScanValsContext(ctx, &gone))
	require.Equal(t, []string{"Max"}, gone)

	// The constraint, as the driver's error, and what is done instead.
	kim := goqu.Record{"name": "Kim", "email": "g@example.com"}
	_, err = db.Insert("person").Rows(kim).Executor().ExecContext(ctx)
	require.True(t, surrealsql.IsDuplicate(err), "%v", err)
	_, err = db.Insert("person").Rows(kim).OnConflict(goqu.DoNothing()).Executor().ExecContext(ctx)
	require.NoError(t, err)
	_, err = db.Insert("person").Rows(kim).OnConflict(goqu.DoUpdate("", goqu.Record{"name": goqu.L("'again ' + $input.name")})).Executor().ExecContext(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"again Kim"}, names(t, db.From("person").Where(goqu.C("email").Eq("g@example.com"))))

	_, err = db.Truncate("person").Executor().ExecContext(ctx)
	require.NoError(t, err)
	require.Empty(t, names(t, db.From("person")))
}

func TestDatasetsWriteStructs(t *testing.T) {
	t.Parallel()
	db := people(t)
	ctx := t.Context()
	age := 8
	lee := person{ID: "person:lee", Name: "Lee", Age: &age, Born: time.Date(2018, 1, 1, 0, 0, 0, 1, time.UTC), Address: address{"Paris"}}
	_, err := db.Insert("person").Rows(lee, person{ID: "person:max", Name: "Max"}).Executor().ExecContext(ctx)
	require.NoError(t, err)
	read := func() (got person) {
		found, err := db.From(goqu.V(lee.ID)).ScanStructContext(ctx, &got)
		require.NoError(t, err)
		require.True(t, found)
		return got
	}
	require.Equal(t, lee, read())

	// A struct within a struct is a path, in what is set too.
	lee.Address.City = "Lyon"
	_, err = db.Update("person").Set(struct {
		Address address `db:"address"`
	}{lee.Address}).Where(goqu.C("id").Eq(lee.ID)).Executor().ExecContext(ctx)
	require.NoError(t, err)
	require.Equal(t, lee, read())
}

func TestDatasetsRunInTransactions(t *testing.T) {
	t.Parallel()
	db := people(t)
	enough := errors.New("enough")
	rename := func(ctx context.Context, tx *goqu.TxDatabase) error {
		_, err := tx.Update("person").Set(goqu.Record{"name": "Ada L."}).Where(goqu.C("id").Eq(surrealsql.RecordID("person:ada"))).Executor().ExecContext(ctx)
		return err
	}
	require.ErrorIs(t, db.WithTx(func(tx *goqu.TxDatabase) error {
		return errors.Join(rename(t.Context(), tx), enough)
	}), enough)
	require.Contains(t, names(t, db.From("person")), "Ada")
	require.NoError(t, db.WithTx(func(tx *goqu.TxDatabase) error { return rename(t.Context(), tx) }))
	require.Contains(t, names(t, db.From("person")), "Ada L.")
}

// Why there is a dialect: without one goqu writes names in double quotes, which are strings.
func TestDoubleQuotesCompareStringsInSilence(t *testing.T) {
	t.Parallel()
	db := people(t)
	text, args, err := goqu.Dialect("a name that nobody registered").From(goqu.L("person")).
		Where(goqu.C("name").Eq("Ada")).ToSQL()
	require.NoError(t, err)
	require.Equal(t, `SELECT * FROM person WHERE ("name" = 'Ada')`, text)
	require.Empty(t, args)
	rows, err := db.QueryContext(t.Context(), text)
	require.NoError(t, err)
	require.False(t, rows.Next(), "Ada is there, and is not found")
	require.NoError(t, rows.Err())
	require.NoError(t, rows.Close())
	require.Equal(t, []string{"Ada"}, names(t, db.From("person").Where(goqu.C("name").Eq("Ada"))))
}
