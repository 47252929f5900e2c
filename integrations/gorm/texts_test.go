package surrealgorm

// Texts of the program beside what GORM adds to them, and what would be found in silence otherwise.

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

func TestCommentsInTextsHideNoOtherCondition(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Employee{})
	require.NoError(t, db.Create([]Employee{{Name: "Ada", Age: 36}, {Name: "Kim", Age: 7}}).Error)
	require.NoError(t, db.Where("name = 'Ada'").Delete(&Employee{}).Error)
	for _, text := range []string{"age > 1 -- all", "age > 1 # all", "age > 1 // all", "age > 1 /* all */"} {
		var names []string
		require.NoError(t, db.Model(&Employee{}).Where(text).Pluck("name", &names).Error, text)
		require.Equal(t, []string{"Kim"}, names, "%s: the deleted one stays so", text)
	}
}

// A name that a request brings, as in a filter, is a name and nothing else.
func TestNamesInConditionsAreNoTexts(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{})
	require.NoError(t, db.Create([]Company{{Name: "a"}, {Name: "b"}}).Error)
	for _, name := range []string{"1 = 1 OR name", "name` = 'a' OR `name", "a\\` = 1 OR 1 = 1 OR `name", "count()", "` OR true OR `.name"} {
		for kind, condition := range map[string]any{
			"Eq": clause.Eq{Column: name, Value: "x"}, "Neq": clause.Not(clause.Neq{Column: name, Value: "x"}),
			"IN": clause.IN{Column: name, Values: []any{"x", "y"}}, "Gt": clause.Gt{Column: name, Value: "x"},
			"Like": clause.Like{Column: name, Value: "x"}, "map": map[string]any{name: "x"},
		} {
			var found []Company
			_ = db.Where(condition).Find(&found).Error // such as that of a path in a model that has none
			require.Empty(t, found, "%s by %s", name, kind)
		}
		var all []Company
		require.NoError(t, db.Order(clause.OrderByColumn{Column: clause.Column{Name: "name"}}).Find(&all).Error)
		require.Len(t, all, 2)
		_ = db.Model(&Company{}).Where("name = ?", "a").Updates(map[string]any{name: "x"}).Error
		require.NoError(t, db.Where("name = ?", "b").First(&Company{}).Error, "%s changed another record", name)
	}
}

// Beside a record's id that stands in the text the column is an id, too, and no key.
func TestTextsCompareRecordsIDs(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{}, &Visit{})
	require.NoError(t, db.Create([]Company{{Name: "a"}, {Name: "b"}, {Name: "c"}}).Error)
	one := uint(1)
	require.NoError(t, db.Create([]Visit{{CompanyID: &one}, {}}).Error)
	for text, want := range map[string][]uint{
		"id = companies:1":                               {1},
		"id != companies:1":                              {2, 3},
		"id = r'companies:1'":                            {1},
		"id = type::record('companies', 2)":              {2},
		"id = companies:1 OR companies.id > companies:2": {1, 3},
		"id IN [companies:1, companies:3]":               {1, 3},
		"id NOT IN [ companies:1 ]":                      {2, 3},
		"id IN [1, 3]":                                   {1, 3},
		"id NOT IN [1]":                                  {2, 3},
	} {
		var ids []uint
		require.NoError(t, db.Model(&Company{}).Where(text).Order("id").Pluck("id", &ids).Error, text)
		require.Equal(t, want, ids, text)
	}
	for _, text := range []string{"company_id = companies:1", "company_id IN [companies:1]", "company_id IN [1]"} {
		var ids []uint
		require.NoError(t, db.Model(&Visit{}).Where(text).Pluck("id", &ids).Error, text)
		require.Equal(t, []uint{1}, ids, text)
	}
}

func TestTextsHaveSurrealQLsStrings(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Employee{})
	require.NoError(t, db.Create([]Employee{{Name: "Ada", Age: 36}, {Name: "d'x", Age: 6}}).Error)
	for _, text := range []string{
		"created_at > d'2020-01-01T00:00:00Z' AND name = 'Ada'", `created_at < d"2999-01-01T00:00:00Z" AND age = 36`,
		"name = s'Ada'", "string::matches(name, /^A.a$/)", "name = /^A[a-z]+$/", "age / 2 = 18 AND age /2 / 2 = 9",
		"name != s'd\\'x'",
	} {
		var names []string
		require.NoError(t, db.Model(&Employee{}).Where(text).Pluck("name", &names).Error, text)
		require.Equal(t, []string{"Ada"}, names, text)
	}
}

// GORM makes IN ($1, $2) of a slice, and the program may write IN ($names) of its own.
func TestListsByNameStayLists(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Company{})
	require.NoError(t, db.Create([]Company{{Name: "a"}, {Name: "b"}}).Error)
	var found []Company
	require.NoError(t, db.Raw("LET $names = ['a']; SELECT * FROM companies WHERE name IN ($names)").Find(&found).Error)
	require.Equal(t, []Company{{1, "a"}}, found)
}

// In SQL no record is found by a comparison with NULL. In SurrealDB age > NONE is true of each that
// has an age.
func TestOrderComparisonsWithNothingDeleteNothing(t *testing.T) {
	t.Parallel()
	db := newDB(t, &Employee{})
	require.NoError(t, db.Create([]Employee{{Name: "Ada", Age: 36}, {Name: "Kim", Age: 7}}).Error)
	var none *int
	for what, tx := range map[string]*gorm.DB{
		"a text": db.Where("age > ?", nil), "a text and a pointer": db.Where("age >= ?", none),
		"<": db.Where("age < ? OR name = 'x'", none), "a function": db.Where("math::abs(age) > ?", none),
		"a name": db.Where("age > @age", map[string]any{"age": none}), "BETWEEN": db.Where("age BETWEEN ? AND ?", none, 99),
		"a clause": db.Where(clause.Gte{Column: "age", Value: none}), "Not": db.Not(clause.Lt{Column: "age", Value: none}),
	} {
		require.ErrorIs(t, tx.Session(&gorm.Session{}).Delete(&Employee{}).Error, gorm.ErrNotImplemented, what)
	}
	var left int64
	require.NoError(t, db.Model(&Employee{}).Count(&left).Error)
	require.EqualValues(t, 2, left)
}
